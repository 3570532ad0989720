"""A number is shown when somebody called it lately, and never otherwise."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from alongside.accounts.models import AuditEntry, Organisation
from alongside.accounts.queries import permit
from alongside.content import resources as content
from alongside.directory import actions, queries
from alongside.directory.models import ListedResource
from alongside.kernel import clock as kernel
from alongside.policy import actions as policy
from alongside.site.doctor import programme
from tests.directory.outside import call, own
from tests.world import NOW, World, sign_in

pytestmark = pytest.mark.django_db
COPLINE = ("in_resource", ["copline"])


def members_page(language: str = "en", slug: str = "pine") -> str:
    """Return what a member sees now, not what was kept a moment ago."""
    caches["pages"].clear()
    return Client().get(f"/ask/{slug}/{language}/resources").content.decode()


def numbers(page: str) -> set[str]:
    """Return which numbers stand in the entries of a page."""
    return set(re.findall(r'class="button(?: plain)?" href="(?:tel|sms):([^"]+)"', page))


@pytest.fixture
def hana(world: World) -> Client:
    """Return the coordinator's browser."""
    return sign_in(Client(), world.hana, fresh=True)


def post(client: Client, route: str, arguments: list[Any], data: dict[str, Any]) -> Any:
    return client.post(reverse(route, args=arguments), data)


# --- what is shown -----------------------------------------------------------------------------------------------


@pytest.mark.req("A-25", "A-33")
@pytest.mark.parametrize("language", ["en", "fr"])
def test_before_any_call_members_see_911_and_988_and_are_told_why(world: World, language: str) -> None:
    page = members_page(language)
    assert numbers(page) == {"911", "988"}
    assert "COPLINE" not in page
    assert '<p class="notice">' in page
    assert "data-filter" not in page
    team = sign_in(Client(), world.renee.person).get(reverse("in_directory")).content.decode()
    assert numbers(team) == {"911", "988"}


@pytest.mark.req("A-27", "A-28", "A-33")
def test_a_confirmed_number_is_shown_with_all_its_facts(world: World, hana: Client) -> None:
    assert post(hana, *COPLINE, call()).status_code == 302
    page = members_page()
    assert "+18002675463" in numbers(page)
    for said in ("Any hour", "Free", "Danger to a life", "23 November 2026", 'href="https://www.copline.org/"'):
        assert said in page
    assert '<h2 id="group-outside"' in page
    family = page[page.index('id="group-family"') :]
    assert '<a href="#copline">COPLINE</a>' in family[: family.index("</section>")]
    assert world.hana.name not in page
    assert "Hana" not in page


@pytest.mark.req("A-33", "A-29")
def test_what_is_missing_in_one_language_is_shown_in_the_other_and_marked(world: World, hana: Client) -> None:
    post(hana, *COPLINE, call())
    page = members_page("fr")
    assert "Services policiers et familles" in page
    assert '<dd lang="en">Any hour</dd>' in page


@pytest.mark.req("A-33")
def test_it_is_hidden_the_day_after_its_time_and_the_board_says_so_before(
    world: World, hana: Client, clock: Any
) -> None:
    post(hana, *COPLINE, call())
    clock.set(NOW + timedelta(days=151))
    assert "+18002675463" in numbers(members_page())
    assert "To be called again soon" in sign_in(hana, world.hana).get(reverse("in_board")).content.decode()
    clock.set(NOW + timedelta(days=180))
    assert "+18002675463" in numbers(members_page())
    clock.set(NOW + timedelta(days=181))
    assert numbers(members_page()) == {"911", "988"}
    team = sign_in(Client(), world.renee.person).get(reverse("in_directory")).content.decode()
    assert numbers(team) == {"911", "988"}
    assert "nobody called again in time: COPLINE" in sign_in(hana, world.hana).get(reverse("in_board")).content.decode()


@pytest.mark.req("A-33")
def test_the_self_test_names_what_is_to_be_called_and_where(world: World, hana: Client, clock: Any) -> None:
    def said() -> list[tuple[str, str]]:
        return [(one.level, one.says) for one in programme.outside_help(kernel.now())]

    post(hana, *COPLINE, call())
    assert [level for level, _says in said()] == ["ok"]
    clock.set(NOW + timedelta(days=151))
    assert said() == [("warning", "Pine County Sheriff: to be called again soon by its coordinator: COPLINE.")]
    clock.set(NOW + timedelta(days=181))
    assert said() == [("warning", "Pine County Sheriff: hidden from members until somebody calls again: COPLINE.")]


@pytest.mark.req("A-33")
def test_a_shorter_time_set_later_hides_at_once(world: World, hana: Client, clock: Any) -> None:
    post(hana, *COPLINE, call())
    clock.set(NOW + timedelta(days=40))
    assert "+18002675463" in numbers(members_page())
    policy.change(permit(world.hana, "policy.change"), "resource_valid", 30)
    assert numbers(members_page()) == {"911", "988"}
    policy.change(permit(world.hana, "policy.change"), "resource_valid", 180)
    assert "+18002675463" in numbers(members_page())


@pytest.mark.req("A-33")
def test_what_was_called_is_shown_also_after_an_update_of_the_list(
    world: World, hana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(hana, *COPLINE, call(dial="1 218 555 0177"))
    assert "+12185550177" in numbers(members_page())
    assert "another number by now" in hana.get(reverse("in_resources")).content.decode()
    monkeypatch.setattr(content, "of_country", lambda _country: ())
    assert numbers(members_page()) == set()
    # An entry that the software lists no more becomes one of their own, and can be removed.
    monkeypatch.setattr(content, "shipped", lambda: ())
    assert numbers(members_page()) == {"+12185550177"}
    assert post(hana, "in_resource_remove", ["copline"], {}).status_code == 302
    assert not ListedResource.objects.exists()


@pytest.mark.req("M-24", "K-14")
def test_what_one_organisation_confirmed_shows_at_no_other(world: World, hana: Client) -> None:
    post(hana, *COPLINE, call())
    assert numbers(members_page(slug="lake")) == {"911", "988"}


def test_the_country_decides_which_list(world: World) -> None:
    Organisation.objects.filter(slug="lake").update(pack="generic-ca")
    page = members_page(slug="lake")
    assert "9-8-8 Suicide Crisis Helpline" in page
    assert "988lifeline" not in page


@pytest.mark.req("A-25")
def test_switching_off_hides_and_911_and_988_cannot_be_switched_off(world: World, hana: Client) -> None:
    post(hana, *COPLINE, call())
    assert post(hana, "in_resource_switch", ["copline"], {"off": "yes"}).status_code == 302
    assert numbers(members_page()) == {"911", "988"}
    post(hana, "in_resource_switch", ["copline"], {"off": "no"})
    assert "+18002675463" in numbers(members_page())
    for key in ("emergency", "crisis-988-us", "nothing", "crisis-988-ca"):
        assert post(hana, "in_resource_switch", [key], {"off": "yes"}).status_code == 404
        assert post(hana, "in_resource", [key], call()).status_code == 404
        assert post(hana, "in_resource_remove", [key], {}).status_code == 404
    assert {"911", "988"} <= numbers(members_page())


# --- an organisation's own ---------------------------------------------------------------------------------------


@pytest.mark.req("A-33")
def test_an_entry_of_ones_own_is_hidden_until_it_was_called_and_can_be_removed(world: World, hana: Client) -> None:
    answer = post(hana, "in_resource_add", [], own())
    key = str(ListedResource.objects.get().id)
    assert answer["Location"] == reverse("in_resource", args=[key])
    assert numbers(members_page()) == {"911", "988"}
    assert post(hana, "in_resource", [key], call(name_en="Northwoods", dial="(218) 555-0142")).status_code == 302
    assert "+12185550142" in numbers(members_page())
    other = sign_in(Client(), world.lars, fresh=True)
    for route, data in (("in_resource", call()), ("in_resource_switch", {"off": "yes"}), ("in_resource_remove", {})):
        assert post(other, route, [key], data).status_code == 404
    assert other.get(reverse("in_resource", args=[key])).status_code == 404
    assert post(hana, "in_resource_remove", [key], {}).status_code == 302
    assert numbers(members_page()) == {"911", "988"}
    assert [entry.what for entry in AuditEntry.objects.all()].count("resource.removed") == 1


def test_there_is_an_end_to_how_many_one_may_add(world: World, monkeypatch: pytest.MonkeyPatch, hana: Client) -> None:
    monkeypatch.setattr(actions.resources, "MOST_OWN", 1)
    post(hana, "in_resource_add", [], own())
    answer = hana.post(reverse("in_resource_add"), own(name_en="Second"), follow=True)
    assert "Remove one first" in answer.content.decode()
    assert ListedResource.objects.count() == 1


# --- bad input ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"dial": "javascript:alert(1)"}, {"dial": "911"}, {"dial": "1 900 555 0142"}, {"sms": "12"},
        {"site": "javascript:alert(1)"}, {"site": "http://x.org"}, {"site": "https://u:p@x.org/"},
        {"dial": "", "site": ""}, {"called_on": "2026-11-24"}, {"called_on": "2026-10-01"}, {"called_on": "soon"},
        {"called_on": None}, {"answered": None}, {"confirmed": ["everything"]}, {"groups": []}, {"groups": ["nowhere"]},
        {"languages": []}, {"needs": ["riches"]}, {"name_en": ""}, {"name_en": "x" * 81}, {"hours_en": ""},
        {"cost_en": ""}, {"limits_en": ""}, {"who_en": "free\u202eeerf"}, {"who_fr": "x" * 201}, {"name_en": "a\x00b"},
    ],
)  # fmt: skip
def test_a_bad_entry_is_refused_and_loses_nothing(world: World, hana: Client, change: dict[str, Any]) -> None:
    answer = post(hana, *COPLINE, call(**{"steps_en": "Press 3, then wait", **change}))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Press 3, then wait" in page
    assert "errorlist" in page
    assert not ListedResource.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("change", [{"dial": ""}, {"name_en": ""}, {"site": "data:text/html,x"}, {"groups": None}])
def test_a_bad_entry_of_ones_own_is_refused(world: World, hana: Client, change: dict[str, Any]) -> None:
    assert post(hana, "in_resource_add", [], own(**change)).status_code == 422
    assert not ListedResource.objects.exists()


def test_markup_in_an_entry_is_shown_as_text(world: World, hana: Client) -> None:
    post(hana, *COPLINE, call(name_en="<script>alert(1)</script>", who_en='"><img src=x onerror=alert(1)>'))
    for page in (members_page(), hana.get(reverse("in_resources")).content.decode()):
        assert "<script>alert" not in page
        assert "<img" not in page
    team = sign_in(Client(), world.renee.person).get(reverse("in_directory")).content.decode()
    assert "<script>alert" not in team
    assert "<img" not in team


@pytest.mark.req("M-06", "M-13", "K-14")
@pytest.mark.parametrize("name", ["renee", "imani", "anne", "okafor", "priya", "nico"])
def test_only_a_coordinator_decides_what_is_shown(world: World, name: str) -> None:
    client = sign_in(Client(), world.everybody()[name], fresh=True)
    for route, arguments, data in (
        ("in_resource", ["copline"], call()),
        ("in_resource_add", [], own()),
        ("in_resource_switch", ["copline"], {"off": "yes"}),
        ("in_resource_remove", ["copline"], {}),
    ):
        assert post(client, route, arguments, data).status_code == 404
    assert client.get(reverse("in_resources")).status_code == 404
    assert not ListedResource.objects.exists()


@pytest.mark.req("A-33", "K-24")
def test_a_session_left_open_cannot_send_members_elsewhere_and_loses_nothing(world: World) -> None:
    stale = sign_in(Client(), world.hana)
    answer = post(stale, *COPLINE, call(dial="218 555 0199", steps_en="Press 3"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "confirm first that it is you" in page
    assert 'value="218 555 0199"' in page
    assert "Press 3" in page
    assert not ListedResource.objects.exists()
    key = actions.add_resource(permit(world.hana, "resources.change"), content.shipped()[4].entry)
    assert post(stale, "in_resource", [key], call()).status_code == 422
    assert numbers(members_page()) == {"911", "988"}
    # What the list has, as it has it, needs no more than the session.
    assert post(stale, *COPLINE, call()).status_code == 302
    again = reverse("in_resource_again")
    assert f'href="{again}" target="_blank"' in page
    assert stale.get(again)["Location"].startswith("/in/enter/")
    sign_in(stale, world.hana, fresh=True)
    assert "It is you." in stale.get(again).content.decode()
    assert post(stale, *COPLINE, call(dial="218 555 0199")).status_code == 302
    assert "+12185550199" in numbers(members_page())


# --- who called ------------------------------------------------------------------------------------------------------


@pytest.mark.req("A-33", "K-24")
def test_who_called_stands_in_the_audit_entry_alone(world: World, hana: Client) -> None:
    post(hana, *COPLINE, call())
    row = ListedResource.objects.get()
    assert row.verified_by == "coordinator"
    assert str(world.hana.id) not in str(vars(row))
    entry = AuditEntry.objects.get(what="resource.verified")
    assert (entry.person, entry.detail["name"]) == (world.hana, "COPLINE")


# --- passing on ------------------------------------------------------------------------------------------------------


@pytest.mark.req("A-30", "B-30")
def test_a_supporter_passes_an_entry_on_without_sending_anything(world: World, hana: Client) -> None:
    post(hana, *COPLINE, call())
    page = sign_in(Client(), world.renee.person).get(reverse("in_directory")).content.decode()
    entry = page[page.index('id="copline"') :]
    entry = entry[: entry.index("</article>")]
    assert "mailto:?subject=Information&amp;body=COPLINE%0A1%20800%20267-5463" in entry
    assert "sms:?&amp;body=COPLINE" in entry
    assert "<form" not in entry
    assert 'method="post"' not in page[page.index("<main") :]
    member = members_page()
    assert "mailto:" not in member
    assert "data-copy" not in member


@pytest.mark.req("A-30")
@pytest.mark.parametrize("name", ["renee", "hana", "imani", "anne", "okafor"])
def test_everybody_of_the_team_may_look_up_what_to_pass_on(world: World, name: str) -> None:
    client = sign_in(Client(), world.everybody()[name])
    assert client.get(reverse("in_directory")).status_code == 200
    assert "Milliard" in client.get(reverse("in_library")).content.decode()


@pytest.mark.req("L-27")
def test_members_read_the_library(world: World) -> None:
    page = Client().get("/ask/pine/fr/library").content.decode()
    assert "https://doi.org/10.3389/fpsyg.2020.01686" in page
    assert "CC BY 4.0" in page
    assert page.count('rel="noreferrer noopener"') >= 8


def test_entries_stand_in_full_once(world: World) -> None:
    seat = permit(world.hana, "resources.change")
    for one in content.of_country("us"):
        if not one.always:
            actions.verify_resource(seat, one.key, one.entry, date(2026, 11, 23), [])
    groups = queries.grouped(queries.shown(world.pine, NOW), "en")
    ids = [one.id for group in groups for one in group.entries]
    assert len(ids) == len(set(ids)) == len(content.of_country("us"))
    page = members_page()
    assert page.count("<article") == len(ids)
    assert len(page.encode()) < 50_000
