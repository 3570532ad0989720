"""The coordinator's page of the team: who is ready, what is missing, who is invited."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts import queries as accounts
from alongside.accounts.models import Invitation, Office
from alongside.sealing.models import KeyWrap
from alongside.team import actions, queries, rules
from alongside.team.models import Supporter
from tests.sealing.devices import give_key_rows
from tests.world import NOW, World, make_world, sign_in, supporter, unknown_id

MONDAY = date(2026, 11, 23)


def give_key(serving: Supporter, week: date) -> None:
    give_key_rows(serving.person_id, [week])


def problems(world: World) -> dict[str, tuple[str, ...]]:
    return {place.name.split()[0]: place.problems for place in queries.roster(world.pine.id, NOW)}


@pytest.mark.req("C-15", "K-34")
def test_the_roster_tells_what_keeps_each_supporter_from_being_called(world: World) -> None:
    give_key(world.renee, MONDAY + timedelta(days=7))
    give_key(world.marcus, MONDAY)
    give_key(world.ana, MONDAY - timedelta(days=7))
    supporter("Zoe Hart", world.jail, agreement_version=0, agreed_on=None)
    supporter("Gus Moreau", world.jail, status="on_leave", agreement_version=0, agreed_on=None)
    assert problems(world) == {
        "Renée": (),
        "Marcus": ("keys-soon",),
        "Ana": ("no-keys",),
        "Zoe": ("agreement", "no-keys"),
        "Gus": (),
    }


def test_a_key_whose_private_half_is_gone_does_not_count(world: World) -> None:
    give_key(world.renee, MONDAY + timedelta(days=7))
    KeyWrap.objects.all().delete()
    assert problems(world)["Renée"] == ("no-keys",)


@pytest.mark.req("C-18")
def test_the_page_shows_everybody_in_their_state_and_never_why(world: World, client: Client) -> None:
    give_key(world.renee, MONDAY + timedelta(days=14))
    actions.go_on_leave(world.ana.id)
    sign_in(client, world.hana, fresh=True)
    client.post(reverse("in_invite"), {"name": "Jo Marsh", "email": "jo@pine.example", "roles": ["supporter"]})
    page = client.get(reverse("in_team")).content.decode()
    for text in (
        "One supporter is not ready.",
        "no key for this week",
        "on leave",
        "Jo Marsh",
        "Imani Reyes",
        "the aim for this organisation is 9",
    ):
        assert text in page, text
    assert "Lena Moss" not in page
    assert "Lars Holm" not in page


def test_an_empty_team_says_how_to_begin(world: World, client: Client) -> None:
    Supporter.objects.all().delete()
    sign_in(client, world.hana)
    page = client.get(reverse("in_team")).content.decode()
    assert "Nobody serves yet." in page
    assert "inviting the first supporter" in page


@pytest.mark.req("M-06", "M-24", "M-21")
def test_nobody_but_the_coordinator_sees_the_roster_or_changes_the_team(world: World) -> None:
    people = world.everybody()
    del people["hana"], people["lars"]
    form = {"name": "Eve", "email": "eve@pine.example", "roles": ["coordinator"]}
    for who in people.values():
        client = sign_in(Client(), who, fresh=True)
        assert client.get(reverse("in_team")).status_code == 404
        assert client.post(reverse("in_invite"), form).status_code == 404
        assert client.post(reverse("in_end", args=[world.renee.id])).status_code == 404
        assert client.post(reverse("in_revoke", args=[world.okafor.id]), {"role": "manager"}).status_code == 404
    stranger = Client()
    assert stranger.get(reverse("in_team")).url.startswith(reverse("account_login"))
    assert stranger.post(reverse("in_invite"), form).status_code == 403
    assert not Invitation.objects.exists()


def test_an_invitation_is_refused_beside_its_field(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    for wrong in (
        {"email": "no address"},
        {"roles": []},
        {"roles": ["operator"]},
        {"name": ""},
        {"office": str(unknown_id())},
    ):
        form = {"name": "Jo", "email": "jo@pine.example", "roles": ["supporter"], **wrong}
        answer = client.post(reverse("in_invite"), form)
        assert answer.status_code == 422, wrong
        assert b"errorlist" in answer.content
    assert not Invitation.objects.exists()


def test_somebody_with_an_account_is_made_a_supporter_by_the_coordinators_side_too(world: World) -> None:
    seat = accounts.permit(world.hana, "team.change")
    made = actions.designate(seat, world.hana, world.patrol.id)
    assert made.person == world.hana
    assert accounts.permit(world.hana, "team.serve").organisation == world.pine
    assert not rules.may_serve(made.facts(), 1)


def test_the_cast_can_be_given_keys_by_a_test(db: None) -> None:
    given: list[str] = []
    make_world(keys=lambda one: given.append(one.person.name))
    assert given == ["Renée Dubois", "Marcus Bell", "Ana Ruiz", "Lena Moss"]
    assert Office.objects.count() == 4


@pytest.mark.req("K-24")
def test_an_unattended_session_invites_nobody(world: World, client: Client) -> None:
    """Whoever comes in this way can open what is asked from then on, so the password or a code is asked for again."""
    sign_in(client, world.hana)
    form = {"name": "Eve", "email": "eve@pine.example", "roles": ["supporter"], "office": str(world.jail.id)}
    answer = client.post(reverse("in_invite"), form)
    assert answer.status_code == 302
    assert "/in/enter/" in answer.headers["Location"]
    assert not Invitation.objects.filter(email="eve@pine.example").exists()
