"""After signing in: the page of one's role, the places one may go, and nothing about anybody's request."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from alongside.site.templatetags.signed_in import PLACES
from alongside.site.urls import COORDINATE
from tests.help_requests.sealed import ask, later, sealed_world
from tests.world import World, sign_in, supporter

pytestmark = pytest.mark.django_db
HOMES = {
    "renee": "in_inbox",
    "hana": "in_board",
    "priya": "in_operate",
    "anne": "in_lead",
    "imani": "in_lead",
    "okafor": "in_manage",
}


@pytest.mark.parametrize(("name", "home"), HOMES.items())
def test_home_leads_to_the_page_of_the_role(world: World, name: str, home: str) -> None:
    answer = sign_in(Client(), world.everybody()[name]).get(reverse("in_home"))
    assert (answer.status_code, answer["Location"]) == (302, reverse(home))


def test_a_coordinator_who_also_serves_begins_with_what_waits_and_sees_both_hats(world: World) -> None:
    supporter(world.hana, world.patrol)
    client = sign_in(Client(), world.hana)
    assert client.get(reverse("in_home"))["Location"] == reverse("in_inbox")
    page = client.get(reverse("in_inbox")).content.decode()
    assert f'href="{reverse("in_board")}"' in page
    assert f'<a href="{reverse("in_inbox")}" aria-current="page">' in page


def test_somebody_without_a_role_is_told_so_kindly(world: World) -> None:
    answer = sign_in(Client(), world.nico).get(reverse("in_home"))
    assert answer.status_code == 404
    assert "There is nothing here for you right now." in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "shown", "hidden"),
    [
        ("renee", ["in_inbox", "in_keys"], ["in_board", "in_rota", "in_operate", "in_lead"]),
        ("hana", ["in_board", "in_rota", "in_team", "in_settings", "in_audit"], ["in_inbox", "in_keys", "in_operate"]),
        ("anne", ["in_lead"], ["in_inbox", "in_board", "in_settings", "in_audit"]),
        ("okafor", ["in_manage"], ["in_inbox", "in_board", "in_lead"]),
    ],
)
def test_the_tabs_are_those_of_the_role(world: World, name: str, shown: list[str], hidden: list[str]) -> None:
    person = world.everybody()[name]
    page = sign_in(Client(), person).get(reverse(HOMES[name])).content.decode()
    tabs = page[page.index('<nav class="tabs"') : page.index("<main")]
    assert all(f'href="{reverse(place)}"' in tabs for place in shown)
    assert not any(f'href="{reverse(place)}"' in tabs for place in hidden)


# Pages of the coordinator that have no tab of their own, and the tab they are reached from.
BELOW = {
    "in_briefings": "in_board",
    "in_rota_enter": "in_rota",
    "in_invite": "in_team",
    "in_resource_add": "in_resources",
    "in_resource_again": "in_resources",
    "in_programme": "in_settings",
    "in_law": "in_settings",
    "in_law_choice": "in_settings",
    "in_partners": "in_settings",
    "in_setting": "in_settings",
    "in_poster": "in_signing",
    "in_witness": "in_signing",
}
ARGUMENTS = {"in_law_choice": ["duty:no-recording"], "in_setting": ["urgent_contact"]}


def test_every_page_of_the_coordinator_lights_the_tab_it_is_reached_from(world: World) -> None:
    client = sign_in(Client(), world.hana, fresh=True)
    tabs = {name for _may, name, _label in PLACES}
    for pattern in COORDINATE:
        arguments = ARGUMENTS.get(pattern.name, [])
        if "<" in str(pattern.pattern) and not arguments:
            continue
        answer = client.get(reverse(pattern.name, args=arguments))
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        above = [tab for tab in tabs if reverse(pattern.name, args=arguments).startswith(f"{reverse(tab)}/")]
        name = pattern.name if pattern.name in tabs else BELOW.get(pattern.name) or max(above, key=len)
        lit = re.findall(r'<a href="([^"]+)" aria-current="page">', answer.content.decode())
        assert lit == [reverse(name)], pattern.name


@pytest.mark.req("A-25", "D-04", "D-09")
@pytest.mark.parametrize("name", HOMES.keys() - {"priya"})
def test_the_crisis_numbers_are_one_tap_away_on_every_page(world: World, name: str) -> None:
    page = sign_in(Client(), world.everybody()[name]).get(reverse(HOMES[name])).content.decode()
    top = page[page.index("<header") : page.index("</header>")]
    assert 'href="tel:911"' in top
    assert 'href="tel:988"' in top
    assert ("Crisis card" in top) == (name == "renee")


@pytest.mark.req("M-06", "K-14", "B-35")
@pytest.mark.parametrize(("name", "page"), [("anne", "in_lead"), ("imani", "in_lead"), ("okafor", "in_manage")])
def test_leaders_clinicians_and_managers_see_the_same_page_whatever_was_asked(
    clock: object, db: None, name: str, page: str
) -> None:
    world, _ring = sealed_world()
    client = sign_in(Client(), world.everybody()[name])
    before = main_of(client.get(reverse(page)).content.decode())
    ask(world, words="marker 5157")
    later(minutes=30)
    assert main_of(client.get(reverse(page)).content.decode()) == before
    assert "called after 5 minutes" in before


def main_of(page: str) -> str:
    """Return the page's own part; the token of a form is new each time."""
    main = page[page.index("<main") : page.index("</main>")]
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", main)


@pytest.mark.parametrize("name", HOMES.keys() - {"priya"})
def test_every_page_gives_its_script_a_token_and_runs_no_inline_script(world: World, name: str) -> None:
    page = sign_in(Client(), world.everybody()[name]).get(reverse(HOMES[name])).content.decode()
    assert '<meta name="csrf-token" content="' in page
    assert " style=" not in page
    assert " onclick=" not in page
    assert "<script>" not in page


def test_signing_out_is_a_form_that_the_script_recognises_to_take_the_key_away(world: World) -> None:
    page = sign_in(Client(), world.renee).get(reverse("in_inbox")).content.decode()
    assert f'<form method="post" action="{reverse("account_logout")}" data-sign-out>' in page
    assert "build/signed_in.js" in page
