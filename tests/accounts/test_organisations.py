"""The operator makes organisations and says who leads them; nothing else inside is the operator's."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from alongside.accounts import actions, queries
from alongside.accounts.models import AuditEntry, Invitation, Office, Organisation, Role
from alongside.notify.models import Notice
from tests.conftest import Clock
from tests.world import World, sign_in, unknown_id

NEW = {
    "name": "St. Brigid Hospital",
    "slug": "st-brigid",
    "neutral_title": "Info",
    "on_call_number": "+1 204 555 0100",
    "time_zone": "America/Winnipeg",
    "language": "fr",
    "pack": "generic-ca",
    "headcount": "4000",
    "offices": "North\n  South \n\nNorth\n",
}


@pytest.mark.req("M-21")
def test_the_operator_makes_an_organisation_and_invites_its_coordinator(world: World, client: Client) -> None:
    sign_in(client, world.priya, fresh=True)
    answer = client.post(reverse("in_organisations"), NEW)
    assert answer.url == reverse("in_operate_invite", args=["st-brigid"])
    made = Organisation.objects.get(slug="st-brigid")
    assert (made.time_zone, made.language, made.headcount, made.open) == ("America/Winnipeg", "fr", 4000, True)
    assert [office.name for office in queries.offices_of(made)] == ["North", "South"]
    client.post(answer.url, {"name": "Maud Roy", "email": "maud@brigid.example"})
    invitation = Invitation.objects.get()
    assert (invitation.organisation, invitation.roles) == (made, ["coordinator"])
    assert Notice.objects.get().language == "fr"
    assert b"Maud Roy" in client.get(reverse("in_organisations")).content


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "pine"},
        {"slug": "St Brigid"},
        {"slug": "-x"},
        {"time_zone": "Mars/Olympus"},
        {"headcount": "0"},
        {"on_call_number": "call us"},
        {"language": "tlh"},
        {"pack": "nowhere"},
        {"offices": "x" * 81},
        {"name": ""},
    ],
)
def test_what_cannot_be_used_is_refused_beside_its_field_and_nothing_is_made(
    world: World, client: Client, wrong: dict[str, str]
) -> None:
    sign_in(client, world.priya)
    answer = client.post(reverse("in_organisations"), {**NEW, **wrong})
    assert answer.status_code == 422
    assert b"errorlist" in answer.content
    assert Organisation.objects.count() == 2


def test_the_action_itself_refuses_a_time_zone_or_short_name_that_cannot_be(world: World) -> None:
    with pytest.raises(ValueError, match="Mars"):
        actions.make_organisation(None, slug="x-y", name="X", time_zone="Mars/Olympus")
    with pytest.raises(ValidationError):
        actions.make_organisation(None, slug="no spaces please", name="X", time_zone="America/Chicago", headcount=1)
    with pytest.raises(ValidationError):
        actions.make_organisation(None, slug="pine", name="X", time_zone="America/Chicago", headcount=1)


@pytest.mark.req("M-21", "M-24", "M-06")
def test_nobody_but_the_operator_reaches_these_pages(world: World) -> None:
    people = world.everybody()
    del people["priya"]
    for who in people.values():
        client = sign_in(Client(), who, fresh=True)
        for path in (reverse("in_organisations"), reverse("in_operate_invite", args=["pine"])):
            assert client.get(path).status_code == 404
            assert client.post(path, NEW).status_code == 404
        assert client.post(reverse("in_operate_open", args=["lake"]), {"open": "no"}).status_code == 404
        assert client.post(reverse("in_operate_revoke", args=["pine", world.hana.id])).status_code == 404
    assert Client().get(reverse("in_organisations")).url.startswith(reverse("account_login"))
    assert Organisation.objects.filter(open=True).count() == 2


@pytest.mark.req("M-21")
def test_the_operator_reaches_no_page_inside_an_organisation(world: World, client: Client) -> None:
    sign_in(client, world.priya, fresh=True)
    for name in (
        "in_team",
        "in_invite",
        "in_rota",
        "in_rota_enter",
        "in_settings",
        "in_audit",
        "in_programme",
        "in_agreement",
    ):
        assert client.get(reverse(name)).status_code == 404, name


def test_closing_and_opening_an_organisation_is_written_down_there(world: World, client: Client, clock: Clock) -> None:
    sign_in(client, world.priya)
    client.post(reverse("in_operate_open", args=["pine"]), {"open": "no"})
    world.pine.refresh_from_db()
    assert not world.pine.open
    clock.forward(seconds=2)
    client.post(reverse("in_operate_open", args=["pine"]), {"open": "yes"})
    world.pine.refresh_from_db()
    assert world.pine.open
    sign_in(client, world.hana)
    page = client.get(reverse("in_audit")).content.decode()
    assert page.index("opened the organisation") < page.index("closed the organisation")
    assert "Priya Nair" in page


def test_the_last_coordinator_stays_until_there_is_another(world: World, client: Client) -> None:
    sign_in(client, world.priya, fresh=True)
    path = reverse("in_operate_revoke", args=["pine", world.hana.id])
    assert b"at least one coordinator" in client.post(path, follow=True).content
    assert Role.objects.filter(person=world.hana).exists()
    Role.objects.create(person=world.okafor, organisation=world.pine, name="coordinator")
    client.post(path)
    world.hana.refresh_from_db()
    assert not world.hana.is_active
    assert client.post(reverse("in_operate_revoke", args=["pine", unknown_id()])).status_code == 404
    assert client.post(reverse("in_operate_revoke", args=["nowhere", world.hana.id])).status_code == 404


def test_a_coordinator_changes_the_number_and_adds_offices(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    page = client.get(reverse("in_programme"))
    assert b"+1 555 010 0199" in page.content
    form = {**NEW, "name": "Pine County", "on_call_number": "+1 218 555 0111", "offices": "Harbour\nJail"}
    assert client.post(reverse("in_programme"), form).status_code == 302
    world.pine.refresh_from_db()
    assert (world.pine.on_call_number, world.pine.slug) == ("+1 218 555 0111", "pine")
    assert {office.name for office in queries.offices_of(world.pine)} == {"Jail", "Patrol", "Dispatch", "Harbour"}
    entry = AuditEntry.objects.get(what="organisation.changed")
    assert entry.detail["offices"] == ["Harbour"]
    assert Office.objects.filter(organisation=world.lake).count() == 1


def test_a_wrong_number_is_refused_and_the_old_one_stays(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    assert client.post(reverse("in_programme"), {**NEW, "on_call_number": "ring"}).status_code == 422
    world.pine.refresh_from_db()
    assert world.pine.on_call_number == "+1 555 010 0199"
