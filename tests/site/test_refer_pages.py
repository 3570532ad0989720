"""The pages for a worry about somebody else: limits first, two things needed, no place for a reason or a story."""

import re
from pathlib import Path

import pytest
from django.test import Client

from alongside.content import asking
from alongside.rota.models import Shift
from alongside.sealing.models import KeyWrap
from tests.help_requests.sealed import sealed_world
from tests.site.test_member_asking import Elements, texts_of
from tests.world import World

pytestmark = pytest.mark.django_db
PAGES = Path(__file__).resolve().parents[2] / "browser" / "src" / "pages"
KINDS = ("colleague", "manager")
OWN = ("fields", "refer_form", "referral", "submission")
# Keys put together at run time, by their beginning.
MADE = {
    "their.": ("call", "text", "email"),
    "problem.": (
        "who-missing",
        "reach-missing",
        "reach-phone",
        "reach-email",
        "by-missing",
        "not-attested",
        "nobody-left",
    ),
    "sending.": (
        "sealing",
        "sending",
        "lost",
        "busy",
        "work",
        "work.begun",
        "stopped",
        "closed",
        "refused",
        "unsealed",
    ),
}


@pytest.fixture
def cast(clock: object, db: None) -> World:
    return sealed_world()[0]


def page_of(name: str, language: str = "en") -> str:
    answer = Client().get(f"/ask/pine/{language}/{name}")
    assert answer.status_code == 200
    return answer.content.decode()


def form_of(kind: str) -> str:
    return page_of(f"{kind}/refer").split("data-form", 1)[1].split("</form>")[0]


@pytest.mark.req("A-24", "A-31")
@pytest.mark.parametrize("kind", KINDS)
def test_the_limits_and_what_becomes_of_it_come_before_anything_is_asked_for(kind: str, cast: World) -> None:
    page = page_of(f"{kind}/refer")
    limits, form, received = (page.index(f'data-step="{step}"') for step in ("limits", "form", "received"))
    assert limits < page.index("When a peer must speak up") < form < page.index('id="who"') < received
    first = page[limits:form]
    assert "Call 911 first" in first
    assert "They will not be told it was you, unless you tick that they may." in first
    assert "They may say no, or not answer at all." in first
    assert re.findall(r'<section data-step="(\w+)"[^>]*\shidden>', page) == ["form", "kept", "received"]


@pytest.mark.req("A-02", "A-16")
@pytest.mark.parametrize("kind", KINDS)
def test_the_form_has_no_place_for_a_reason_or_a_story(kind: str, cast: World) -> None:
    elements = Elements(form_of(kind))
    assert not elements.of("textarea", "select")
    typed = {one["id"] for one in elements.of("input") if one["type"] not in ("radio", "checkbox")}
    assert typed == {"who", "reach", "by"}
    assert all(one["maxlength"] == "80" for one in elements.of("input") if one.get("id") in typed)
    clinical = r"diagnos|symptom|treatment|medicat|depress|ptsd|disorder|clinic|therap|patholog|illness"
    assert not re.search(clinical, form_of(kind), re.IGNORECASE)


@pytest.mark.req("K-22", "K-34")
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_typed_can_be_sent_by_the_browser_itself(kind: str, cast: World) -> None:
    elements = Elements(page_of(f"{kind}/refer"))
    (form,) = elements.of("form")
    assert (form["method"], form["autocomplete"]) == ("dialog", "off")
    assert "action" not in form
    for field in elements.of("input"):
        assert "name" not in field or field["type"] == "radio"
        if field.get("type") not in ("radio", "checkbox"):
            assert field["autocomplete"] == "off"


@pytest.mark.req("A-02", "A-05")
def test_what_decides_is_unticked_until_somebody_ticks_it(cast: World) -> None:
    for kind in KINDS:
        boxes = [one for one in Elements(form_of(kind)).of("input") if one["type"] == "checkbox"]
        assert boxes
        assert not [one for one in boxes if "checked" in one]
        assert [one["id"] for one in boxes if one.get("id") == "attested"] == (
            ["attested"] if kind == "manager" else []
        )


@pytest.mark.req("A-05", "A-20")
def test_a_manager_is_not_offered_job_matters(cast: World) -> None:
    offered = {kind: set(re.findall(r'value="(\w+)" data-topic', form_of(kind))) for kind in KINDS}
    assert offered["colleague"] == {topic.key for topic in asking.topics("en")}
    assert offered["manager"] == offered["colleague"] - {"job_matter"}


@pytest.mark.req("A-04")
def test_what_is_said_after_sending_is_the_same_for_ever(cast: World) -> None:
    said = {"colleague": "Your worry was received.", "manager": "Received, thank you."}
    for kind, words in said.items():
        received = page_of(f"{kind}/refer").split('data-step="received"', 1)[1].split("</section>")[0]
        assert words in received
        assert "data-day" in received
        assert not re.search("data-(progress|words|ladder|repl|receipt)", received)


@pytest.mark.req("A-09")
def test_the_times_on_the_form_are_those_of_the_policy(cast: World, clock) -> None:  # type: ignore[no-untyped-def]
    from alongside.policy.models import Change

    assert "the next after 30 minutes" in form_of("colleague")
    Change.objects.create(organisation=cast.pine, key="routine_second", value=45, version=1, changed_at=clock.now())
    clock.forward(seconds=30)
    assert "the next after 45 minutes" in form_of("colleague")
    assert 'data-routine-second="45"' in page_of("manager/refer")


@pytest.mark.req("D-01")
def test_with_nobody_on_call_the_page_says_that_all_are_alerted(cast: World) -> None:
    Shift.objects.all().delete()
    page = page_of("colleague/refer")
    assert "Nobody is on call at this moment. All 3 peers are alerted at once." in page
    assert "Everybody who can open it is alerted at once" in page


@pytest.mark.req("K-34", "A-25")
@pytest.mark.parametrize("kind", KINDS)
def test_without_a_single_key_there_is_no_form_at_all(kind: str, cast: World) -> None:
    KeyWrap.objects.all().delete()
    page = page_of(f"{kind}/refer")
    assert "Nobody can be asked here right now." in page
    assert "<form" not in page
    assert "build/refer.js" not in page
    assert "tel:+15550100199" in page


@pytest.mark.req("A-13")
@pytest.mark.parametrize("name", ["ask", "colleague"])
def test_retired_former_volunteer_and_civilian_people_ask_by_the_same_steps(name: str, cast: World) -> None:
    """One page for everybody: it says so, and nothing on it asks what somebody is."""
    page = page_of(name)
    assert "retired, former, volunteer and civilian too. The steps are the same." in page
    assert not re.search(r'name="(status|employment|badge|member)|employee number|badge number', page, re.IGNORECASE)


@pytest.mark.req("A-22", "B-29")
def test_the_guide_comes_before_the_door_and_asks_directly(cast: World) -> None:
    page = page_of("colleague")
    assert page.index("Are you thinking about killing yourself?") < page.index("/ask/pine/en/colleague/refer")


@pytest.mark.req("M-13", "A-05")
def test_managers_find_their_page_from_the_first_one_and_what_it_is_not(cast: World) -> None:
    assert 'href="/ask/pine/en/manager"' in page_of("")
    page = page_of("manager")
    assert "a step in discipline, coaching or a performance plan. It never takes their place." in page
    assert 'href="/ask/pine/en/manager/refer"' in page
    assert 'href="/in/manage/"' in page


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_text_the_scripts_ask_for_stands_on_the_page(kind: str, language: str, cast: World) -> None:
    texts = texts_of(page_of(f"{kind}/refer", language))
    code = "".join((PAGES / "member" / f"{name}.ts").read_text() for name in OWN) + (PAGES / "refer.ts").read_text()
    plain = set(re.findall(r'(?<![#\w])(?:text|tell)\("([\w.-]+)"', code)) | {"named", "unnamed"}
    counted = set(re.findall(r'counted\("([\w.-]+)"', code))
    made = {beginning + end for beginning, ends in MADE.items() for end in ends}
    assert plain | made <= set(texts)
    assert all(key in texts or {f"{key}.one", f"{key}.other"} <= set(texts) for key in counted)
    assert not [key for key, words in texts.items() if not words.strip()]


@pytest.mark.parametrize("kind", KINDS)
def test_every_element_the_scripts_ask_for_stands_on_the_page(kind: str, cast: World) -> None:
    page = page_of(f"{kind}/refer")
    code = (PAGES / "member" / "refer_form.ts").read_text() + (PAGES / "refer.ts").read_text()
    wanted = set(re.findall(r'one(?:<\w+>)?\("(?:\w+)?\[(data-[\w-]+)\]', code))
    fields = {"who", "reach", "by"} | ({"attested"} if kind == "manager" else set())
    wanted |= {f'id="{name}"' for name in fields} | {f'id="{name}-error"' for name in fields}
    assert len(wanted) > 15
    assert not [mark for mark in wanted if mark not in page]
