"""The ask page: limits first, one thing needed, and nowhere for plaintext to go."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client

from alongside.content import asking
from alongside.sealing.models import KeyWrap
from tests.help_requests.sealed import sealed_world
from tests.world import World

pytestmark = pytest.mark.django_db
BROWSER = Path(__file__).resolve().parents[2] / "browser"
PAGES = BROWSER / "src" / "pages"
# Scripts of the page for a worry about somebody else, and of the directory: their texts stand there.
ELSEWHERE = {"refer_form.ts", "referral.ts", "submission.ts", "cards.ts"}
MEMBER = [file for file in sorted((PAGES / "member").glob("*.ts")) if file.name not in ELSEWHERE]
SOURCES = "".join(file.read_text() for file in [PAGES / "ask.ts", PAGES / "back.ts", *MEMBER])
CHOOSING = "".join((PAGES / name).read_text() for name in ("choose.ts", "member/cards.ts"))
# Keys put together at run time, by their beginning.
MADE = {
    "reach.": ("call", "text", "email"),
    "problem.": ("reach-missing", "reach-phone", "reach-email"),
    "sending.": ("sealing", "sending", "lost", "busy", "stopped", "closed", "refused"),
    "state.": ("open", "alerted", "again", "accepted", "connected", "unanswered", "cancelled", "erased"),
    "lead.": ("words", "device", "none", "back", "again", "connected", "unanswered", "cancelled", "erased"),
    "confirm.": tuple(f"{what}.{part}" for what in ("cancel", "done") for part in ("title", "text", "yes")),
    "rung.": tuple(
        f"{kind}.{tense}"
        for kind in ("chosen", "primary", "backup", "coordinator", "further")
        for tense in ("done", "later")
    )
    + tuple(f"all.{tense}.{form}" for tense in ("done", "later", "first") for form in ("one", "other")),
}


class Elements(HTMLParser):
    """Collects start tags with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]


@pytest.fixture
def cast(clock: object, db: None) -> World:
    return sealed_world()[0]


def page_of(name: str = "ask", language: str = "en") -> str:
    return Client().get(f"/ask/pine/{language}/{name}").content.decode()


def texts_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'<template data-text="([^"]+)">([^<]*)</template>', page))


@pytest.mark.req("A-24")
def test_the_limits_come_before_anything_is_asked_for(cast: World) -> None:
    page = page_of()
    limits, form, sent = (page.index(f'data-step="{step}"') for step in ("limits", "form", "sent"))
    assert limits < form < sent
    assert limits < page.index("When a peer must speak up") < form < page.index('id="reach"')
    hidden = re.findall(r'<section data-step="(\w+)"[^>]*\shidden>', page)
    assert hidden == ["form", "kept", "sent"]


@pytest.mark.req("A-01", "A-16")
def test_one_thing_is_needed_and_it_is_a_way_to_be_reached(cast: World) -> None:
    form = page_of().split("data-form", 1)[1].split("</form>")[0]
    assert form.index('id="reach"') < form.index("(optional)")
    # Everything that is optional starts folded or chosen; the scripts refuse for want of `reach` alone.
    problems = re.search(r"export type Problem = ([^;]+);", (PAGES / "member" / "draft.ts").read_text())
    assert problems
    assert set(re.findall(r'"([\w-]+)"', problems[1])) == {"reach-missing", "reach-phone", "reach-email"}
    for group in ("how", "urgency", "way"):
        choices = re.findall(rf'name="{group}" value="\w+"( checked)?', form)
        assert choices.count(" checked") == 1


@pytest.mark.req("K-22", "K-34")
@pytest.mark.parametrize("name", ["ask", "back"])
def test_nothing_typed_can_be_sent_by_the_browser_itself(name: str, cast: World) -> None:
    elements = Elements(page_of(name))
    forms = elements.of("form")
    assert forms
    for form in forms:
        assert form["method"] == "dialog"
        assert "action" not in form
    assert all(
        form.get("autocomplete") == "off" for form in forms if "data-confirm" not in form and "novalidate" in form
    )
    assert not [one for one in elements.of("button", "input") if "formaction" in one or one.get("type") == "image"]
    for field in elements.of("input", "textarea", "select"):
        assert "name" not in field or field["type"] == "radio"
        if field.get("type") not in ("radio", "checkbox"):
            assert field["autocomplete"] == "off"


@pytest.mark.req("A-16")
def test_nothing_on_the_form_asks_for_a_diagnosis(cast: World) -> None:
    clinical = r"diagnos|symptom|treatment|medicat|depress|ptsd|disorder|clinic|therap|patholog|illness"
    form = page_of().split("data-form", 1)[1].split("</form>")[0]
    assert not re.search(clinical, form, re.IGNORECASE)
    for language in ("en", "fr"):
        words = " ".join(topic.label + topic.hint for topic in asking.topics(language))
        assert not re.search(clinical, words, re.IGNORECASE)


@pytest.mark.req("A-11", "A-17", "A-18", "A-19", "A-21")
def test_what_it_is_about_is_a_free_choice_of_many(cast: World) -> None:
    keys = re.findall(r'value="(\w+)" data-topic', page_of())
    assert {"incident", "patient_safety", "work_stress", "cumulative", "personal", "day_to_day"} <= set(keys)
    assert "required" not in page_of().split("data-form", 1)[1].split("</form>")[0]


@pytest.mark.req("A-17", "A-18")
@pytest.mark.parametrize("page", ["ask", "colleague/refer", "manager/refer"])
@pytest.mark.parametrize(
    ("language", "defined"),
    [
        (
            "en",
            {
                "incident": ("Sudden", "nobody saw it coming", "On the job", "you or to others", "in body or in mind"),
                "patient_safety": ("did harm", "could have", "near miss"),
            },
        ),
        (
            "fr",
            {
                "incident": (
                    "Soudain et imprévisible",
                    "Au travail",
                    "vous ou pour d’autres",
                    "physique ou psychologique",
                ),
                "patient_safety": ("causé un préjudice", "auraient pu", "évité de justesse"),
            },
        ),
    ],
)
def test_what_is_meant_by_an_incident_is_said_beside_it(
    cast: World, page: str, language: str, defined: dict[str, tuple[str, ...]]
) -> None:
    form = Client().get(f"/ask/pine/{language}/{page}").content.decode()
    for key, words in defined.items():
        shown = re.search(rf'value="{key}" data-topic[^>]*><span>([^<]+)<small>([^<]+)</small>', form)
        assert shown, key
        assert all(word in shown[2] for word in words), shown[2]


@pytest.mark.req("A-20")
def test_a_job_matter_shows_where_it_belongs_and_still_offers_support(cast: World) -> None:
    page = page_of()
    note = re.search(r'id="boundary-job_matter"[^>]*hidden>([^<]+)<', page)
    assert note
    assert "ask your union or HR" in note[1]
    assert "still here" in note[1]


@pytest.mark.req("A-08")
def test_wishes_have_a_place_inside_the_seal_only(cast: World) -> None:
    page = page_of()
    assert set(re.findall(r'data-wish="(\w+)"', page)) == {"language", "discipline", "rank", "gender", "office"}
    payload = (BROWSER / "src" / "core" / "payload.ts").read_text()
    assert all(f"{wish}: [false, filled]" in payload for wish in asking.WISHES)


@pytest.mark.req("A-09")
def test_the_times_on_the_form_are_those_of_the_policy(cast: World, clock) -> None:  # type: ignore[no-untyped-def]
    from alongside.policy.models import Change

    assert "the next after 5 minutes" in page_of()
    Change.objects.create(organisation=cast.pine, key="urgent_second", value=7, version=1, changed_at=clock.now())
    clock.forward(seconds=30)
    page = page_of()
    assert "the next after 7 minutes" in page
    assert 'data-urgent-second="7"' in page


@pytest.mark.req("A-25")
def test_without_script_there_is_no_form_but_the_numbers(cast: World) -> None:
    page = page_of()
    first = page.split('data-step="limits"', 1)[1].split('data-step="form"')[0]
    assert "data-with-script hidden" in first
    assert "<form" not in first
    assert "tel:+15550100199" in first.split("data-without-script", 1)[1]
    assert re.search(r"data-words-form hidden", page_of("back"))


@pytest.mark.req("D-01")
def test_with_nobody_on_call_the_page_says_that_all_are_alerted(cast: World) -> None:
    from alongside.rota.models import Shift

    Shift.objects.all().delete()
    page = page_of()
    assert "Nobody is on call at this moment. All 3 peers are alerted at once." in page
    assert "Everybody who can open it is alerted at once" in page


@pytest.mark.req("K-34")
def test_without_a_single_key_there_is_no_form_at_all(cast: World) -> None:
    KeyWrap.objects.all().delete()
    page = page_of()
    assert "Nobody can be asked here right now." in page
    assert "<form" not in page
    assert "build/ask.js" not in page
    assert "tel:+15550100199" in page


@pytest.mark.parametrize("name", ["ask", "back"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_text_the_scripts_ask_for_stands_on_the_page(name: str, language: str, cast: World) -> None:
    texts = texts_of(page_of(name, language))
    plain = set(
        re.findall(r'(?:\btext|this\.#tell|this\.#fail|\btell)\("(\w[\w-]*\.[\w.-]+|by|zone|office|copied)"', SOURCES)
    )
    plain |= set(re.findall(r'[?:] "((?:state|lead|write|sending|reach-hint|way)\.[\w.-]+)"', SOURCES))
    counted = set(re.findall(r'counted\("([\w.-]+)"', SOURCES))
    made = {beginning + end for beginning, ends in MADE.items() for end in ends}
    assert len(plain) > 30
    assert plain | made <= set(texts)
    assert all(key in texts or {f"{key}.one", f"{key}.other"} <= set(texts) for key in counted)
    assert not [key for key, words in texts.items() if not words.strip()]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_text_of_the_cards_stands_on_the_page_of_the_directory(language: str, cast: World) -> None:
    texts = texts_of(page_of("choose", language))
    wanted = set(re.findall(r'(?:\btext|#say)\("([\w.-]+)"', CHOOSING))
    wanted |= {"code.none", "code.wrong", "code.some", "lost", "broken", "do.call", "do.text", "do.email"}
    counted = set(re.findall(r'counted\("([\w.-]+)"', CHOOSING))
    assert len(wanted) > 15
    assert wanted <= set(texts)
    assert all({f"{key}.one", f"{key}.other"} <= set(texts) for key in counted)
    assert not [key for key, words in texts.items() if not words.strip()]


@pytest.mark.parametrize("name", ["ask", "back"])
def test_every_element_the_scripts_ask_for_stands_on_the_page(name: str, cast: World) -> None:
    page = page_of(name)
    files = ["following", "picture", "replies"] + (["form", "receipt"] if name == "ask" else [])
    code = "".join((PAGES / "member" / f"{file}.ts").read_text() for file in files) + (PAGES / f"{name}.ts").read_text()
    wanted = set(re.findall(r'one(?:<\w+>)?\("(?:\w+)?\[(data-[\w-]+)\]', code))
    wanted |= {f'id="{element}"' for element in re.findall(r'one(?:<\w+>)?\("#([\w-]+)"', code)}
    assert len(wanted) > 15
    assert not [mark for mark in wanted if mark not in page]
