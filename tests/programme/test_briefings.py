"""Units are briefed, managers read their rules; of requests, talks and people nothing is here (M-13)."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.urls import reverse

from alongside.accounts.models import AuditEntry, Office, Role
from alongside.accounts.queries import permit
from alongside.content import guides, load
from alongside.policy import actions as policy
from alongside.programme import actions, queries, rules
from alongside.programme.models import Acknowledgement, Briefing, OwnUnit
from tests.help_requests.sealed import ask, later, sealed_world
from tests.world import NOW, World, person, sign_in, unknown_id

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def okafor(world: World) -> Client:
    """Return the manager's browser."""
    return sign_in(Client(), world.okafor)


def briefing(unit: Office, /, **change: Any) -> dict[str, Any]:
    typed = {"office": str(unit.id), "held_on": "2026-11-20", "whole": "on", **change}
    return {key: value for key, value in typed.items() if value is not None}


def main_of(client: Client, route: str, *arguments: Any) -> str:
    page = client.get(reverse(route, args=arguments)).content.decode()
    return page[page.index("<main") : page.index("</main>")]


# --- rules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ago", "state"), [(None, "missing"), (0, "good"), (165, "good"), (166, "soon"), (180, "soon"), (181, "late")]
)
def test_until_when_a_briefing_is_due(ago: int | None, state: str) -> None:
    last = None if ago is None else TODAY - timedelta(days=ago)
    assert rules.due(last, 180, TODAY).state == state


def test_a_changed_text_is_to_be_read_at_once() -> None:
    found = rules.acknowledged(1, TODAY, current=2, every=365, today=TODAY)
    assert (found.state, found.by) == ("missing", None)
    assert rules.acknowledged(2, TODAY, current=2, every=365, today=TODAY).state == "good"


# --- a manager -------------------------------------------------------------------------------------------------------


@pytest.mark.req("I-17", "I-31")
def test_a_manager_chooses_units_and_records_a_briefing_without_a_name(world: World, okafor: Client) -> None:
    assert "Say which units you lead" in main_of(okafor, "in_manage")
    okafor.post(reverse("in_manage_units"), {"units": [str(world.jail.id), str(world.patrol.id)]})
    page = main_of(okafor, "in_manage")
    assert "3 tasks are open" in page
    assert "Brief Jail." in page
    assert okafor.post(reverse("in_manage_briefing"), briefing(world.jail)).status_code == 302
    page = main_of(okafor, "in_manage")
    assert "Last on 20 November 2026, due by 19 May 2027." in page
    assert "2 tasks are open" in page
    row = Briefing.objects.get()
    assert (row.office, row.recorded_by) == (world.jail, world.okafor)


@pytest.mark.req("I-18")
def test_a_manager_reads_and_acknowledges_the_version_that_is_there(
    world: World, okafor: Client, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, version = reverse("in_managers_rules"), guides.managers_rules_version()
    assert f'name="version" value="{version}"' in main_of(okafor, "in_managers_rules")
    assert okafor.post(address, {"version": str(version)})["Location"] == reverse("in_manage")
    assert "Nothing is open." in main_of(okafor, "in_manage")
    assert queries.readers(world.pine, NOW) == queries.Readers(1, 1)
    monkeypatch.setattr(guides, "managers_rules_version", lambda: version + 1)
    assert "One task is open." in main_of(okafor, "in_manage")
    assert queries.readers(world.pine, NOW) == queries.Readers(0, 1)
    answer = okafor.post(address, {"version": str(version)}, follow=True)
    assert "The text has changed meanwhile" in answer.content.decode()
    assert Acknowledgement.objects.get().version == version


@pytest.mark.req("I-18")
def test_after_a_year_the_rules_are_read_again(world: World, okafor: Client, clock: Any) -> None:
    actions.acknowledge(permit(world.okafor, "manage.change"), guides.managers_rules_version())
    assert queries.readers(world.pine, NOW + timedelta(days=365)) == queries.Readers(1, 1)
    assert queries.readers(world.pine, NOW + timedelta(days=366)) == queries.Readers(0, 1)
    policy.change(permit(world.hana, "policy.change"), "acknowledge_every", 90)
    assert queries.readers(world.pine, NOW + timedelta(days=91)) == queries.Readers(0, 1)


@pytest.mark.parametrize("typed", ["", "0", "2", "-1", "1e3", "١", "999999999999999999999", "1 or 1=1"])
def test_a_made_up_version_is_not_acknowledged(world: World, okafor: Client, typed: str) -> None:
    okafor.post(reverse("in_managers_rules"), {"version": typed})
    assert not Acknowledgement.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"held_on": "2026-11-24"}, {"held_on": "2025-11-01"}, {"held_on": "yesterday"}, {"held_on": None},
        {"whole": None}, {"office": ""}, {"office": "all"}, {"office": unknown_id()},
    ],
)  # fmt: skip
def test_a_bad_briefing_is_refused_with_words(world: World, okafor: Client, change: dict[str, Any]) -> None:
    for client, route in ((okafor, "in_manage_briefing"), (sign_in(Client(), world.hana), "in_briefing_record")):
        answer = client.post(reverse(route), briefing(world.jail, **change))
        assert answer.status_code == 422
        assert "errorlist" in answer.content.decode()
    assert not Briefing.objects.exists()


@pytest.mark.req("I-31")
def test_the_same_day_twice_is_one_briefing_and_says_so(world: World, okafor: Client) -> None:
    hana = sign_in(Client(), world.hana)
    first = okafor.post(reverse("in_manage_briefing"), briefing(world.jail), follow=True).content.decode()
    assert "Written down. No name is kept." in first
    for client, route in ((okafor, "in_manage_briefing"), (hana, "in_briefing_record")):
        page = client.post(reverse(route), briefing(world.jail), follow=True).content.decode()
        assert "A briefing of Jail on 20 November 2026 stands there already." in page
        assert "No name is kept" not in page
    assert Briefing.objects.count() == 1
    # What changed nothing is no change.
    assert not AuditEntry.objects.filter(what="briefing.recorded").exists()


@pytest.mark.req("M-24", "K-14")
def test_hand_made_posts_for_another_organisations_unit_are_refused(world: World, okafor: Client) -> None:
    theirs = Office.objects.get(organisation=world.lake)
    assert okafor.post(reverse("in_manage_briefing"), briefing(theirs)).status_code == 422
    assert okafor.post(reverse("in_manage_units"), {"units": [str(theirs.id)]}).status_code == 422
    hana = sign_in(Client(), world.hana)
    assert hana.post(reverse("in_briefing_record"), briefing(theirs)).status_code == 422
    seat = permit(world.okafor, "manage.change")
    with pytest.raises(actions.NoSuchUnit):
        actions.record_briefing(seat, theirs.id, TODAY)
    with pytest.raises(actions.NoSuchUnit):
        actions.choose_units(seat, [world.jail.id, theirs.id])
    assert not Briefing.objects.exists()
    assert not OwnUnit.objects.exists()


def test_one_takes_back_only_what_one_recorded(world: World, okafor: Client) -> None:
    okafor.post(reverse("in_manage_briefing"), briefing(world.jail))
    row = Briefing.objects.get()
    other = sign_in(Client(), person("Mona Reed", world.pine, "manager"))
    assert other.post(reverse("in_manage_take_back", args=[row.id])).status_code == 404
    assert okafor.post(reverse("in_manage_take_back", args=[row.id])).status_code == 302
    assert not Briefing.objects.exists()


@pytest.mark.req("I-31", "K-24")
def test_a_coordinator_takes_back_any_briefing_of_the_own_organisation_and_it_is_written_down(
    world: World, okafor: Client
) -> None:
    hana, lars = sign_in(Client(), world.hana), sign_in(Client(), world.lars)
    okafor.post(reverse("in_manage_briefing"), briefing(world.jail))
    hana.post(reverse("in_briefing_record"), briefing(world.patrol))
    assert "2 of 3 units were briefed in time." in main_of(hana, "in_briefings")
    for row in Briefing.objects.all():
        address = reverse("in_briefing_take_back", args=[row.id])
        assert address in main_of(hana, "in_briefings")
        for client in (okafor, lars, Client()):
            assert client.post(address).status_code in (403, 404)
            assert Briefing.objects.filter(id=row.id).exists(), "only their own coordinator"
        assert hana.post(address).url == reverse("in_briefings")
        assert hana.post(address).status_code == 404
    assert not Briefing.objects.exists()
    assert "0 of 3 units were briefed in time." in main_of(hana, "in_briefings")
    entries = AuditEntry.objects.filter(what="briefing.removed")
    assert {(entry.person, entry.detail["office"]) for entry in entries} == {
        (world.hana, "Jail"),
        (world.hana, "Patrol"),
    }
    assert "took back the briefing of Jail" in main_of(hana, "in_audit")
    # Whoever recorded it is named on no page of the team.
    assert world.okafor.name not in main_of(hana, "in_briefings")


# --- a coordinator ---------------------------------------------------------------------------------------------------


@pytest.mark.req("I-31", "I-18")
def test_a_coordinator_sees_which_units_were_briefed_and_how_many_managers_read(world: World, okafor: Client) -> None:
    okafor.post(reverse("in_manage_briefing"), briefing(world.jail))
    hana = sign_in(Client(), world.hana)
    page = main_of(hana, "in_briefings")
    assert "1 of 3 units were briefed in time." in page
    assert "0 of 1 have read version 1" in page
    assert world.okafor.name not in page
    okafor.post(reverse("in_managers_rules"), {"version": str(guides.managers_rules_version())})
    assert "1 of 1 have read version 1" in main_of(hana, "in_briefings")
    assert "1 of 3 units briefed in time. 1 of 1 manager has read the rules." in main_of(hana, "in_board")
    # Who is no manager any more counts no more.
    Role.objects.filter(person=world.okafor).delete()
    assert "Nobody has the role of a manager yet" in main_of(hana, "in_briefings")


# --- what managers never see -------------------------------------------------------------------------------------


@pytest.mark.req("M-13", "M-06", "K-14")
def test_nothing_of_a_request_shows_on_a_managers_or_the_briefings_pages(clock: object, db: None) -> None:
    world, _ring = sealed_world()
    manager, hana = sign_in(Client(), world.okafor), sign_in(Client(), world.hana)
    routes = [(manager, name, ()) for name in ("in_manage", "in_manage_units", "in_managers_rules", "in_directory")]
    routes += [(manager, "in_manage_guide", (key,)) for key in guides.MANAGER_GUIDES]
    routes.append((hana, "in_briefings", ()))

    def seen() -> list[str]:
        return [without_tokens(main_of(client, name, *arguments)) for client, name, arguments in routes]

    before = seen()
    for _ in range(3):
        ask(world)
    later(minutes=30)
    assert seen() == before


def without_tokens(page: str) -> str:
    return "".join(line for line in page.splitlines() if "csrfmiddlewaretoken" not in line)


@pytest.mark.req("M-13")
def test_a_manager_gets_into_no_page_of_requests_or_of_the_team(world: World, okafor: Client) -> None:
    for route in ("in_board", "in_inbox", "in_team", "in_rota", "in_briefings", "in_audit", "in_lead", "in_resources"):
        assert okafor.get(reverse(route)).status_code == 404
    held = {name for name, roles in load.capabilities().items() if "manager" in roles}
    assert held == {"home.see", "me.change", "policy.see", "manage.see", "manage.change", "resources.see"}


@pytest.mark.req("M-13", "K-35")
def test_the_tables_relate_to_units_and_people_of_the_team_only() -> None:
    related = {
        field.related_model
        for model in apps.get_app_config("programme").get_models()
        for field in model._meta.local_concrete_fields
        if field.is_relation
    }
    assert {model._meta.label for model in related if not isinstance(model, str)} == {
        "accounts.Office",
        "accounts.Person",
        "accounts.Organisation",
    }
    texts = [
        field
        for model in apps.get_app_config("programme").get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, models.CharField | models.TextField | models.JSONField)
    ]
    assert texts == []


# --- without sign-in -------------------------------------------------------------------------------------------------


@pytest.mark.req("L-14", "L-15", "L-16", "L-17", "I-19")
@pytest.mark.parametrize("language", load.LANGUAGES)
@pytest.mark.parametrize("key", guides.MANAGER_GUIDES)
def test_managers_guides_need_no_sign_in(world: World, key: str, language: str) -> None:
    answer = Client().get(f"/ask/pine/{language}/guides/{key}")
    assert answer.status_code == 200
    assert guides.guide(key, language).title in answer.content.decode()
    assert "Set-Cookie" not in answer.headers
    assert 'href="tel:911"' in answer.content.decode()


@pytest.mark.req("A-22", "L-14", "L-15", "L-16", "L-17")
@pytest.mark.parametrize("language", load.LANGUAGES)
def test_every_guide_without_sign_in_is_led_to_from_the_pages_where_one_would_look(world: World, language: str) -> None:
    """From the first page what is for members, from the managers' page what is for them and what they hand out."""
    for page, keys in (
        ("", ("early-signs", "what-a-peer-is", "after-a-hard-call")),
        ("manager", ("open-the-talk", "after-a-hard-call", *guides.MANAGER_GUIDES)),
    ):
        shown = Client().get(f"/ask/pine/{language}/{page}").content.decode()
        for key in keys:
            assert f'href="/ask/pine/{language}/guides/{key}"' in shown, (page, key)
            assert key == "open-the-talk" or guides.guide(key, language).title in shown


def test_no_other_text_is_served_as_a_guide(world: World) -> None:
    for key in ("manager-rules", "agreement", "guide-first-words", "nothing"):
        assert Client().get(f"/ask/pine/en/guides/{key}").status_code == 404
    okafor = sign_in(Client(), world.okafor)
    assert okafor.get(reverse("in_manage_guide", args=["agreement"])).status_code == 404
