"""The crisis path asks nobody to sign in, is the same for everybody, and shows what the law's pack says."""

import re
from typing import Any

import pytest
from django import db
from django.test import Client
from django.urls import reverse

from alongside.accounts.models import Organisation
from alongside.anonymous import rules as tally
from alongside.content import crisis, guides, law, load
from alongside.policy.models import LawChoice
from alongside.site import paths
from alongside.site.visitors import Visitors
from tests.world import NOW, World, sign_in

PATH = "/in/team/crisis/pine/en"
TYPED = re.compile(r"<(textarea|select|form|input (?!type=\"checkbox\"))")


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


# --- without sign-in, and the same for everybody ----------------------------------------------------------------------


@pytest.mark.req("D-14", "K-28", "B-17")
def test_signed_in_signed_out_and_strangers_get_the_same_bytes_and_no_cookie(world: World, client: Client) -> None:
    page = read(client, PATH)
    sign_in(client, world.renee)
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    answer = client.get(PATH, headers={"accept-language": "fr"})
    assert answer.content.decode() == page
    assert not answer.cookies
    assert {name: morsel.value for name, morsel in client.cookies.items()} == cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    for name in ("Renée", "Marcus", "Hana", "csrf"):
        assert name not in page


@pytest.mark.req("D-14")
def test_somebody_whose_second_step_is_missing_still_reads_it(world: World, client: Client) -> None:
    client.force_login(world.nico)
    assert client.get(PATH).status_code == 200
    assert client.get("/in/team/crisis").status_code == 302


@pytest.mark.req("D-14")
def test_the_short_address_leads_to_ones_own_programme_to_the_only_one_or_to_the_card(
    world: World, client: Client
) -> None:
    assert client.get("/in/team/crisis").headers["Location"] == "/in/team/crisis/card/generic-us/en"
    sign_in(client, world.lena)
    assert client.get("/in/team/crisis").headers["Location"] == "/in/team/crisis/lake/en"
    Organisation.objects.filter(slug="lake").update(open=False)
    assert Client().get("/in/team/crisis").headers["Location"] == PATH


@pytest.mark.req("D-14", "A-25")
def test_without_a_database_the_page_from_before_is_served_and_else_the_card(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = read(client, PATH)

    def broken(*_: Any) -> None:
        raise db.OperationalError

    monkeypatch.setattr("alongside.site.crisis._path", broken)
    monkeypatch.setattr("alongside.site.rendered.FRESH", NOW - NOW)
    assert read(client, PATH) == kept
    assert "Crisis card for peer supporters" in read(client, "/in/team/crisis/lake/en")
    assert "911" in read(client, "/in/team/crisis/card/generic-us/en")


def test_what_is_made_up_is_not_there_and_what_is_posted_is_refused(world: World, client: Client) -> None:
    for path in ("nowhere/en", "pine/de", f"{'x' * 60}/en", "card/nowhere/en", "card/mn/xx", "card/us-federal/en"):
        assert client.get(f"/in/team/crisis/{path}").status_code == 404, path
    for path in (PATH, "/in/team/crisis", "/in/team/crisis/card/mn/en"):
        assert client.post(path, {"words": "x"}).status_code == 405, path


def test_reading_it_makes_nobody_count_as_signed_in_and_opens_no_other_page(world: World, client: Client) -> None:
    visitors = Visitors()
    said = {"cookie": "in_session=made-up", "x-forwarded-for": ""}
    for path in (PATH, "/in/team/crisis", "/in/team/crisis/card/mn/en"):
        visitors.learn(path, said, 200)
    assert visitors.queue("192.0.2.7:1", said) == "192.0.2.7"
    for path in ("/in/team/crisis-x", "/in/team/crisisx/pine/en", "/in/team/crisi", "/in/team/crisis/../"):
        assert paths.is_open_to_all(path) == path.startswith(paths.CRISIS)
        assert client.get(path).status_code in {302, 404}, path
    assert client.get("/in/team/crisis/../keys").status_code == 404


# --- what stands on it ------------------------------------------------------------------------------------------------


@pytest.mark.req("D-17")
def test_nothing_can_be_typed_and_nothing_is_sent(world: World, client: Client) -> None:
    page = read(client, PATH)
    assert TYPED.search(page) is None
    assert TYPED.search('<input type="text">') is not None
    assert not re.findall(r"<input(?![^>]*autocomplete=\"off\")", page)


@pytest.mark.req("D-15")
@pytest.mark.parametrize("pack", law.packs())
@pytest.mark.parametrize("language", load.LANGUAGES)
def test_telling_comes_before_calling_and_is_left_out_only_with_the_tick(
    world: World, client: Client, pack: str, language: str
) -> None:
    Organisation.objects.filter(slug="pine").update(pack=pack)
    page = read(client, f"/in/team/crisis/pine/{language}")
    cases = crisis.cases(law.pack(pack, language), language)
    assert {case.outcome for case in cases} == {
        f"exception_{kind}" for kind in ("danger", "maltreatment", "law", "consent")
    }
    for case in cases:
        first, second = page.index(f'id="{case.place}"'), page.index(f'id="{case.place}-act"')
        telling, acting = page[first:second], page[second : page.index("</section>", second)]
        assert case.tell in telling.replace("&#x27;", "'")
        assert "tel:" not in telling
        # The only other way on is behind the tick.
        ways = re.findall(rf'<a class="([^"]*)" href="#{case.place}-act"', telling)
        assert [("go-on" in one) for one in ways] == ([False, True] if case.skip else [False])
        assert ('href="tel:911"' in acting) == (case.call == "911")


@pytest.mark.req("D-16", "D-22")
@pytest.mark.parametrize("pack", law.packs())
def test_911_is_for_a_life_in_danger_and_serious_self_harm_is_a_case_everywhere(pack: str) -> None:
    calls = {case.key: case.call for case in crisis.cases(law.pack(pack, "en"), "en")}
    assert calls["danger"] == calls["harm"] == "911"
    assert calls["maltreatment"] == "statutory"
    assert calls["asked"] == calls["consent"] == "none"


@pytest.mark.req("D-20", "K-06", "K-07")
def test_cases_lines_and_least_facts_come_from_the_law_as_it_holds_in_the_programme(
    world: World, client: Client
) -> None:
    Organisation.objects.filter(slug="pine").update(pack="on")
    pack = law.pack("on", "en")
    page = read(client, PATH).replace("&#x27;", "'")
    for rule in pack.exceptions:
        assert rule.short in page
    maltreatment = next(case for case in crisis.cases(pack, "en") if case.key == "maltreatment")
    assert maltreatment.lines
    for line in maltreatment.lines:
        assert (line.number or line.to) in page
        assert set(line.say) <= set(maltreatment.say)


@pytest.mark.req("K-12")
def test_a_case_that_the_programme_leaves_out_is_not_offered(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    optional = [(key, rule) for key in law.packs() for rule in law.pack(key, "en").exceptions if rule.optional]
    assert optional
    monkeypatch.setattr("alongside.site.rendered.FRESH", NOW - NOW)
    key, rule = optional[0]
    Organisation.objects.filter(slug="pine").update(pack=key)
    assert rule.short in read(client, PATH).replace("&#x27;", "'")
    LawChoice.objects.create(
        organisation=world.pine, key=f"exception:{rule.key}", value=False, version=1, changed_at=NOW
    )
    assert rule.short not in read(client, PATH).replace("&#x27;", "'")


@pytest.mark.req("D-17")
def test_each_exception_moves_one_cell_of_the_outcomes_and_costs_what_every_contact_costs() -> None:
    categories = {question: tuple(one.key for one in entries) for question, entries in load.tally().items()}
    rules = {rule.key: rule for key in law.packs() for rule in law.pack(key, "en").exceptions}
    assert len(rules) >= 5
    for rule in rules.values():
        contact = tally.Contact(True, "talk", "phone", "incident", crisis.outcome_of(rule))
        moved = tally.cells_of(contact, categories)
        assert [key for key in moved if key.startswith("outcome.")] == [f"outcome.{crisis.outcome_of(rule)}"]
        assert sum(tally.share_of(key) for key in moved) == tally.TOTAL


@pytest.mark.req("D-10", "D-11")
def test_whom_to_call_is_what_the_programme_entered(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alongside.site.rendered.FRESH", NOW - NOW)
    page = read(client, PATH)
    assert 'href="tel:+15550100199" data-part="backup"' in page
    assert "Clinical advice" not in page.split('id="backup"')[1].split("</section>")[0]
    Organisation.objects.filter(slug="pine").update(clinical_number="+1 555 010 0222", on_call_number="")
    page = read(client, PATH)
    assert 'href="tel:+15550100222" data-part="backup"' in page
    Organisation.objects.filter(slug="pine").update(clinical_number="")
    assert "entered no number" in read(client, PATH)


@pytest.mark.req("D-14", "K-36")
@pytest.mark.parametrize("language", load.LANGUAGES)
def test_the_card_to_print_says_nothing_of_any_team(world: World, client: Client, language: str) -> None:
    for pack in law.packs():
        page = read(client, f"/in/team/crisis/card/{pack}/{language}")
        for name in ("Pine", "Lakeshore", "555 010", '/in/team/"', "Alongside</span>"):
            assert name not in page, (pack, name)
        assert 'href="tel:911"' in page
        for case in crisis.cases(law.pack(pack, language), language):
            assert case.hear in page.replace("&#x27;", "'")


# --- guides -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("D-18", "D-19", "H-38", "D-08")
def test_the_crisis_guide_has_three_parts_and_says_when_and_how_to_raise_a_concern() -> None:
    for language, parts, words in (
        ("en", ("Identify", "Manage", "Report"), ("When.", "How.", "the same day")),
        ("fr", ("Reconnaître", "Agir", "Signaler"), ("Quand.", "Comment.", "le jour même")),
    ):
        html = guides.guide("guide-crisis-card", language).html
        headings = re.findall(r"<h2>([^<]*)</h2>", html)
        assert [heading.split("\u00a0")[0].split(":")[0] for heading in headings] == list(parts)
        assert all(word in html for word in words)


@pytest.mark.req("K-01", "K-32", "D-09")
def test_guides_are_one_tap_away_for_whoever_serves(world: World, client: Client) -> None:
    sign_in(client, world.renee)
    page = client.get(reverse("in_inbox")).content.decode()
    for key in ("guide-first-words", "guide-limits-aloud", "guide-levels"):
        assert f"<summary>{guides.guide(key, 'en').title}</summary>" in page
    assert f'href="{PATH}"' in page


@pytest.mark.req("D-09")
def test_who_does_not_serve_has_no_bar_but_a_way_there(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    page = client.get(reverse("in_board")).content.decode()
    assert "data-crisis" not in page
    assert 'href="/in/team/crisis"' in page
    assert 'href="/in/team/crisis"' in Client().get(reverse("account_login")).content.decode()
