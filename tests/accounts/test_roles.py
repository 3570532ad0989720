"""Who may do what, and that taking a role away works at once."""

import uuid

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.http import Http404
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from alongside.accounts import actions, queries, rules
from alongside.accounts.models import AuditEntry, ContactPoint, Role
from alongside.content import load
from tests.world import PASSWORD, World, sign_in, unknown_id


@pytest.mark.req("M-06", "M-12", "M-13", "M-21")
def test_every_person_of_the_cast_gets_exactly_the_seats_that_the_register_gives_their_roles(world: World) -> None:
    for name, who in world.everybody().items():
        held = set(Role.objects.filter(person=who).values_list("name", flat=True))
        for capability, roles in load.capabilities().items():
            try:
                queries.permit(who, capability)
                allowed = True
            except Http404:
                allowed = False
            assert allowed == bool(held & roles), (name, capability)


@pytest.mark.req("M-24")
def test_a_seat_is_good_in_its_own_organisation_only(world: World) -> None:
    assert queries.permit(world.hana, "rota.change", world.pine).organisation == world.pine
    for place in (world.lake, world.lake.id, unknown_id()):
        with pytest.raises(Http404):
            queries.permit(world.hana, "rota.change", place)
    with pytest.raises(Http404):
        queries.permit(AnonymousUser(), "home.see")
    with pytest.raises(KeyError):
        queries.permit(world.hana, "no.such.capability")


@pytest.mark.req("M-03")
@given(st.lists(st.sampled_from(rules.ROLES)), st.lists(st.sampled_from(rules.ROLES)), st.booleans())
def test_no_way_of_giving_roles_makes_a_clinician_a_supporter(
    wanted: list[str], held: list[str], outside: bool
) -> None:
    try:
        rules.check_invitation(wanted, held=held, outside=outside)
    except ValueError:
        return
    assert not {"clinician", "supporter"} <= {*wanted, *held}
    assert ("operator" in wanted) == outside
    assert wanted


def test_a_role_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown"):
        rules.check_invitation(["superuser"], held=[], outside=False)


@pytest.mark.req("K-24")
def test_taking_the_last_role_away_closes_the_account_at_once(world: World) -> None:
    session = sign_in(Client(), world.okafor)
    kept = sign_in(Client(), world.anne)
    client = sign_in(Client(), world.hana, fresh=True)
    client.post(reverse("in_revoke", args=[world.okafor.id]), {"role": "manager"})
    world.okafor.refresh_from_db()
    assert not world.okafor.is_active
    assert not world.okafor.has_usable_password()
    assert not Authenticator.objects.filter(user=world.okafor).exists()
    assert not ContactPoint.objects.filter(person=world.okafor).exists()
    assert session.get(reverse("in_me")).url.startswith(reverse("account_login"))
    assert kept.get(reverse("in_me")).status_code == 200
    assert Session.objects.count() == 2
    entry = AuditEntry.objects.get(what="role.revoked")
    assert entry.detail == {"name": "Sam Okafor", "role": "manager"}


def test_with_another_role_left_the_account_stays(world: World) -> None:
    Role.objects.create(person=world.okafor, organisation=world.pine, name="leader")
    sign_in(Client(), world.hana, fresh=True).post(reverse("in_revoke", args=[world.okafor.id]), {"role": "manager"})
    world.okafor.refresh_from_db()
    assert world.okafor.is_active
    assert [role.name for role in Role.objects.filter(person=world.okafor)] == ["leader"]


@pytest.mark.req("K-24")
def test_taking_a_role_away_asks_who_one_is_first_and_then_goes_on(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    path = reverse("in_revoke", args=[world.okafor.id])
    asked = client.post(path, {"role": "manager"})
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert Role.objects.filter(person=world.okafor).exists()
    client.post(asked.url, {"password": PASSWORD, "next": path})
    assert not Role.objects.filter(person=world.okafor).exists()


@pytest.mark.req("M-24")
@pytest.mark.parametrize("role", ["supporter", "operator", "", "manager"])
def test_only_fitting_roles_of_ones_own_people_can_be_taken(world: World, client: Client, role: str) -> None:
    sign_in(client, world.hana, fresh=True)
    for who in (world.renee.person, world.priya, world.lars):
        assert client.post(reverse("in_revoke", args=[who.id]), {"role": role}).status_code == 404
    assert client.post(reverse("in_revoke", args=[world.lars.id]), {"role": "coordinator"}).status_code == 404
    assert Role.objects.filter(person=world.lars).exists()


def test_a_coordinator_cannot_leave_the_team_without_one(world: World) -> None:
    with pytest.raises(actions.LastCoordinator):
        actions.revoke(queries.permit(world.hana, "team.change"), world.hana.id, world.pine, "coordinator")


def test_ids_are_opaque(world: World) -> None:
    assert {uuid.UUID(str(who.id)).version for who in world.everybody().values()} == {4}
