"""Coming in: an invitation works once, for the address it was sent to."""

import re
import threading
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from alongside.accounts import actions, queries
from alongside.accounts.models import ContactPoint, Invitation, Person, Role
from alongside.accounts.rules import RolesApart
from alongside.kernel import ids
from alongside.notify.models import Notice
from alongside.team import actions as team
from alongside.team.models import Supporter
from tests.conftest import Clock
from tests.world import World, code_now, person, sign_in, supporter

GOOD = "four calm geese walk"


def invite(world: World, email: str = "jo@pine.example", roles: tuple[str, ...] = ("supporter",)) -> str:
    seat = queries.permit(world.hana, "team.change")
    return team.invite(seat, email=email, name="Jo Marsh", roles=roles, office_id=world.jail.id)


def page(token: str) -> str:
    return reverse("in_invitation", args=[token])


@pytest.mark.req("K-24")
def test_somebody_invited_becomes_a_supporter_and_is_led_to_a_second_step(world: World, client: Client) -> None:
    token = invite(world)
    assert "Pine County Sheriff" in client.get(page(token)).content.decode()
    answer = client.post(page(token), {"name": "Jo Marsh", "password": GOOD})
    assert answer.url == reverse("mfa_activate_totp")
    jo = Person.objects.get(email="jo@pine.example")
    assert jo.check_password(GOOD)
    assert list(Role.objects.filter(person=jo).values_list("name", "organisation__slug")) == [("supporter", "pine")]
    assert ContactPoint.objects.get(person=jo).address == "jo@pine.example"
    serving = Supporter.objects.get(person=jo)
    assert (serving.office, serving.agreement_version) == (world.jail, 0)


@pytest.mark.req("K-24")
def test_until_the_second_step_is_set_up_no_other_page_opens(world: World, client: Client) -> None:
    client.post(page(invite(world)), {"name": "Jo Marsh", "password": GOOD})
    assert client.get(reverse("in_me")).url == reverse("mfa_activate_totp")
    form = client.get(reverse("mfa_activate_totp"))
    secret = re.search(r'class="key">([A-Z2-7]+)<', form.content.decode())
    assert secret
    assert client.post(reverse("mfa_activate_totp"), {"code": "000000"}).status_code == 200
    shown = totp.format_hotp_value(totp.hotp_value(secret[1], next(totp.yield_hotp_counters_from_time())))
    done = client.post(reverse("mfa_activate_totp"), {"code": shown})
    assert done.url == reverse("mfa_view_recovery_codes")
    codes = client.get(done.url).content.decode()
    assert len(re.findall(r"<li>\d{8}</li>", codes)) == 10
    assert client.get(reverse("in_me")).status_code == 200


@pytest.mark.req("K-24")
def test_only_a_hash_of_the_token_is_kept_and_the_link_goes_to_the_invited_address(world: World) -> None:
    token = invite(world)
    kept = Invitation.objects.get()
    assert bytes(kept.token_hash) == ids.digest(token.encode())
    assert len(token) >= 43
    notice = Notice.objects.get()
    assert (notice.kind, notice.address, notice.about) == ("email", "jo@pine.example", kept.id)
    assert notice.values["link"] == settings.ALONGSIDE_ADDRESS + page(token)
    assert "Pine" not in str(notice.values), "the notice names the neutral title only"


def test_an_invitation_works_once(world: World, client: Client) -> None:
    token = invite(world)
    client.post(page(token), {"name": "Jo Marsh", "password": GOOD})
    again = Client().post(page(token), {"name": "Eve", "password": GOOD})
    assert again.status_code == 410
    assert Person.objects.filter(email="jo@pine.example").count() == 1
    assert Notice.objects.count() == 0


def test_an_expired_forged_or_withdrawn_invitation_opens_nothing_and_does_not_say_which(
    world: World, client: Client, clock: Clock
) -> None:
    withdrawn, expiring = invite(world, "a@pine.example"), invite(world, "b@pine.example")
    sign_in(client, world.hana)
    row = Invitation.objects.get(email="a@pine.example")
    client.post(reverse("in_withdraw", args=[row.id]))
    clock.forward(days=7, minutes=1)
    answers = [Client().get(page(token)) for token in (withdrawn, expiring, "x" * 43)]
    assert [answer.status_code for answer in answers] == [410] * 3
    assert len({re.sub(rb'value="[^"]*"|content="[^"]*"', b"", answer.content) for answer in answers}) == 1
    for token in (withdrawn, expiring, "x" * 43):
        with pytest.raises(actions.NotInvited):
            actions.accept_invitation(token, "Eve", GOOD)


def test_a_new_invitation_replaces_the_one_before(world: World) -> None:
    first, second = invite(world), invite(world, "JO@pine.example")
    assert Invitation.objects.count() == Notice.objects.count() == 1
    assert Client().get(page(first)).status_code == 410
    assert Client().get(page(second)).status_code == 200


@pytest.mark.req("K-24")
@pytest.mark.parametrize("password", ["short", "password1234", "123456789012", "jo@pine.example", "Jo Marsh 1234"])
def test_a_weak_password_is_refused_and_the_invitation_stays(world: World, client: Client, password: str) -> None:
    token = invite(world)
    answer = client.post(page(token), {"name": "Jo Marsh", "password": password})
    assert answer.status_code == 422
    assert not Person.objects.filter(email="jo@pine.example").exists()
    assert client.get(page(token)).status_code == 200


def test_the_address_of_an_invitation_cannot_be_changed_by_the_invited(world: World, client: Client) -> None:
    client.post(page(invite(world)), {"name": "Jo", "email": "hana@pine.example", "password": GOOD})
    assert Person.objects.filter(email="jo@pine.example").exists()


def test_an_invitation_to_an_account_in_use_never_changes_its_password(world: World, client: Client) -> None:
    token = invite(world, world.hana.email)
    assert "account already" in client.get(page(token)).content.decode()
    answer = client.post(page(token), {"name": "Eve", "password": GOOD})
    assert b"account already" in answer.content
    world.hana.refresh_from_db()
    assert not world.hana.check_password(GOOD)
    with pytest.raises(actions.AlreadyHere):
        actions.accept_invitation(token, "Eve", GOOD)
    assert Invitation.objects.count() == 1, "a refused try does not use it up"


def test_an_account_in_use_takes_up_a_further_role_after_signing_in(world: World, client: Client) -> None:
    token = invite(world, world.hana.email)
    sign_in(client, world.hana)
    assert client.post(page(token)).url == reverse("in_home")
    assert set(Role.objects.filter(person=world.hana).values_list("name", flat=True)) == {"coordinator", "supporter"}
    assert Supporter.objects.filter(person=world.hana, organisation=world.pine).exists()
    assert client.post(page(token)).status_code == 410


def test_somebody_else_who_is_signed_in_cannot_take_up_the_invitation(world: World, client: Client) -> None:
    token = invite(world, world.hana.email)
    sign_in(client, world.okafor)
    client.post(page(token))
    with pytest.raises(actions.NotInvited):
        actions.join(world.okafor, token)
    assert list(Role.objects.filter(person=world.okafor).values_list("name", flat=True)) == ["manager"]


@pytest.mark.req("M-03")
def test_nobody_can_be_clinician_and_supporter(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    form = {"name": "Ida", "email": "ida@pine.example", "roles": ["clinician", "supporter"]}
    refused = client.post(reverse("in_invite"), form)
    assert refused.status_code == 422
    assert b"never a supporter" in refused.content
    refused = client.post(reverse("in_invite"), {**form, "email": world.imani.email, "roles": ["supporter"]})
    assert refused.status_code == 422
    assert not Invitation.objects.exists()
    with pytest.raises(RolesApart):
        team.designate(queries.permit(world.hana, "team.change"), world.imani, None)


@pytest.mark.req("M-03")
def test_a_role_gained_meanwhile_is_seen_when_the_invitation_is_taken_up(world: World, client: Client) -> None:
    token = invite(world, world.nico.email)
    Role.objects.create(person=world.nico, organisation=world.pine, name="clinician")
    sign_in(client, world.nico)
    client.post(page(token))
    assert not Supporter.objects.filter(person=world.nico).exists()


@pytest.mark.req("M-24")
def test_an_office_of_another_organisation_is_refused(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    foreign = world.lena.office_id
    form = {"name": "Ida", "email": "ida@pine.example", "roles": ["supporter"], "office": str(foreign)}
    assert client.post(reverse("in_invite"), form).status_code == 422


@pytest.mark.req("M-24", "M-21")
def test_only_the_organisations_own_coordinator_withdraws_an_invitation(world: World) -> None:
    invite(world)
    row = Invitation.objects.get()
    for stranger in (world.lars, world.priya, world.renee.person, world.okafor, world.nico):
        assert sign_in(Client(), stranger).post(reverse("in_withdraw", args=[row.id])).status_code == 404
    assert Invitation.objects.filter(id=row.id).exists()


def test_somebody_whose_service_ended_comes_back_with_a_new_invitation_and_begins_anew(world: World) -> None:
    seat = queries.permit(world.hana, "team.change")
    team.end(seat, world.renee.id)
    token = invite(world, world.renee.person.email)
    Client().post(page(token), {"name": "Renée Dubois", "password": GOOD})
    back = Supporter.objects.get(id=world.renee.id)
    assert (back.status, back.agreement_version, back.ended_on) == ("active", 0, None)
    assert Person.objects.get(id=world.renee.person_id).is_active


def test_expired_invitations_are_deleted(world: World, clock: Clock) -> None:
    invite(world)
    clock.forward(days=6)
    assert actions.purge_invitations() == 0
    clock.forward(days=1)
    assert actions.purge_invitations() == 1


def test_an_operators_invitation_belongs_to_no_organisation_and_to_no_other_role(world: World) -> None:
    token = actions.invite(None, None, email="op@host.example", name="Op", roles=["operator"])
    Client().post(page(token), {"name": "Op", "password": GOOD})
    made = Person.objects.get(email="op@host.example")
    assert queries.permit(made, "operate.change").of is None
    for roles, organisation in (
        (["operator"], world.pine),
        (["coordinator"], None),
        (["operator", "leader"], None),
        ([], world.pine),
    ):
        with pytest.raises(ValueError, match="roles"):
            actions.invite(None, organisation, email="x@host.example", name="X", roles=roles)


def test_a_signed_in_session_is_not_carried_into_the_new_account(world: World, client: Client) -> None:
    token = invite(world)
    sign_in(client, world.hana)
    before = client.session.session_key
    client.post(page(token), {"name": "Jo", "password": GOOD})
    assert client.session.session_key != before


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_the_same_invitation_at_once_one_gets_in(clock: Clock) -> None:
    token = actions.invite(None, None, email="op@host.example", name="Op", roles=["operator"])
    start, outcomes = threading.Barrier(2), []

    def accept(name: str) -> None:
        start.wait()
        try:
            actions.accept_invitation(token, name, GOOD)
            outcomes.append("in")
        except (actions.NotInvited, actions.AlreadyHere):
            outcomes.append("out")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=accept, args=(name,)) for name in ("A", "B")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", "out"]
    assert Person.objects.filter(email="op@host.example").count() == 1
    assert connection.vendor in {"sqlite", "postgresql"}


def test_the_casts_code_and_helpers_hold(world: World) -> None:
    """The helpers other tests stand on do what they say."""
    assert len(code_now()) == 6
    assert supporter("Zoe Hart", world.jail).person.email == "zoe@pine.example"
    assert timedelta(0) < timedelta(days=1)
    assert person("Kim Lo", world.lake, "leader").roles.get().name == "leader"
