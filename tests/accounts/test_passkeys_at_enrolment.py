"""Coming in by invitation with a passkey, and enrolling again after every way in was lost."""

import threading
import uuid
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connections
from django.test import Client
from django.urls import reverse

from alongside.accounts import actions, queries, sso
from alongside.accounts.models import AuditEntry, ContactPoint, Invitation, Person, Role
from alongside.kernel import clock as kernel_clock
from alongside.notify.models import Notice
from alongside.rota.models import Shift
from alongside.sealing.models import KeyRing, ReceivingKey
from alongside.team import actions as team
from alongside.team.models import Supporter
from tests.accounts.authenticator import Phone, add, enter, look, post
from tests.conftest import Clock
from tests.sealing.devices import give_key_rows
from tests.world import PASSWORD, World, make_world, person, sign_in

GOOD = "four calm geese walk"


def invite(world: World, email: str = "jo@pine.example", roles: tuple[str, ...] = ("supporter",)) -> str:
    seat = queries.permit(world.hana, "team.change")
    return team.invite(seat, email=email, name="Jo Marsh", roles=roles, office_id=world.jail.id)


def page(token: str) -> str:
    return reverse("in_invitation", args=[token])


def ask(client: Client, token: str, name: str = "Jo Marsh") -> Any:
    return post(client, "in_invitation_question", {"name": name}, token)


def enrol(client: Client, token: str, phone: Phone, name: str = "Jo Marsh") -> Any:
    """Take up an invitation with a passkey, as the page does."""
    question = ask(client, token, name)
    if question.status_code != 200:
        return question
    return post(client, "in_invitation_passkey", {"name": name, "credential": phone.make(question.json())}, token)


# --- an invitation -----------------------------------------------------------------------------------------------


@pytest.mark.req("K-24")
def test_a_passkey_makes_account_role_and_sign_in_in_one_and_needs_no_password(world: World, client: Client) -> None:
    token, phone = invite(world), Phone()
    shown = look(client, page(token))
    assert shown.index("With a passkey") < shown.index("With a password and a code app")
    answer = enrol(client, token, phone, "Jo  Marsh")
    assert answer.json() == {"next": reverse("mfa_view_recovery_codes")}
    jo = Person.objects.get(email="jo@pine.example")
    assert (jo.name, jo.has_usable_password(), jo.is_active) == ("Jo Marsh", False, True)
    assert phone.handle == str(jo.id).encode()
    assert queries.roles_held(jo.email, world.pine) == ["supporter"]
    assert Supporter.objects.get(person=jo).office == world.jail
    assert ContactPoint.objects.get(person=jo).address == "jo@pine.example"
    assert client.get(reverse("mfa_view_recovery_codes")).status_code == 200
    assert client.get(reverse("in_me")).status_code == 200
    assert client.session.get_expiry_age() > 3600
    assert not Invitation.objects.exists()
    assert not Notice.objects.exists()
    later = Client()
    assert enter(later, phone).status_code == 200
    assert later.session["_auth_user_id"] == str(jo.id)


@pytest.mark.req("K-24")
def test_a_refused_passkey_makes_no_account_and_leaves_the_invitation(world: World, client: Client) -> None:
    token = invite(world)
    question = ask(client, token).json()
    secret = {"clientExtensionResults": {"prf": {"results": {"first": "c2VjcmV0"}}}}
    answer = post(client, "in_invitation_passkey", {"name": "Jo", "credential": Phone().make(question) | secret}, token)
    assert answer.json() == {"code": "carries-secret"}
    assert enrol(client, token, Phone(verified=False)).json() == {"code": "not-verified"}
    assert enrol(client, token, Phone(origin="https://evil.example")).json() == {"code": "other-address"}
    assert not Person.objects.filter(email="jo@pine.example").exists()
    assert enrol(client, token, Phone()).status_code == 200


@pytest.mark.req("K-24")
def test_a_passkey_that_is_kept_already_leaves_neither_account_nor_used_invitation(
    world: World, client: Client
) -> None:
    taken = Phone()
    add(sign_in(Client(), world.hana, fresh=True), taken)
    token = invite(world)
    assert enrol(client, token, Phone(id=taken.id)).json() == {"code": "known"}
    assert not Person.objects.filter(email="jo@pine.example").exists()
    assert Invitation.objects.count() == Notice.objects.count() == 1


@pytest.mark.req("K-24")
def test_an_answer_belongs_to_the_invitation_it_was_asked_for(world: World, client: Client) -> None:
    jo, mo = invite(world), invite(world, "mo@pine.example")
    question = ask(client, jo).json()
    answer = post(client, "in_invitation_passkey", {"name": "Mo", "credential": Phone().make(question)}, mo)
    assert answer.json() == {"code": "expired"}
    stranger = post(Client(), "in_invitation_passkey", {"name": "Mo", "credential": Phone().make(question)}, mo)
    assert stranger.json() == {"code": "expired"}
    assert not Person.objects.filter(email__startswith="mo@").exists()


@pytest.mark.req("K-24")
def test_a_used_expired_forged_or_withdrawn_link_takes_no_passkey(world: World, client: Client, clock: Clock) -> None:
    used, withdrawn, expiring = invite(world), invite(world, "a@pine.example"), invite(world, "b@pine.example")
    waiting = Client()
    question = ask(waiting, used).json()
    assert enrol(client, used, Phone()).status_code == 200
    late = post(waiting, "in_invitation_passkey", {"name": "Eve", "credential": Phone().make(question)}, used)
    assert (late.status_code, late.json()) == (410, {"code": "not-invited"})
    actions.withdraw_invitation(
        queries.permit(world.hana, "team.change"), Invitation.objects.get(email__startswith="a@").id
    )
    clock.forward(days=7, minutes=1)
    for token in (used, withdrawn, expiring, "x" * 43):
        assert enrol(Client(), token, Phone()).status_code == 410
    assert Person.objects.filter(email__in=["a@pine.example", "b@pine.example"]).count() == 0


@pytest.mark.req("K-24")
def test_somebody_with_an_account_cannot_be_given_a_passkey_through_an_invitation(world: World) -> None:
    token = invite(world, world.okafor.email)
    assert enrol(Client(), token, Phone()).status_code == 410
    with pytest.raises(actions.AlreadyHere):
        actions.accept_invitation(token, "Eve", None, person_id=world.okafor.id)
    assert Authenticator.objects.filter(user=world.okafor, type="webauthn").count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_devices_that_take_up_one_invitation_one_gets_in() -> None:
    world = make_world()
    token, together, said = invite(world), threading.Barrier(2), []

    def come() -> None:
        client = Client()
        question = ask(client, token).json()
        credential = Phone().make(question)
        try:
            together.wait()
            said.append(
                post(client, "in_invitation_passkey", {"name": "Jo", "credential": credential}, token).status_code
            )
        finally:
            connections.close_all()

    threads = [threading.Thread(target=come) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [200, 410]
    jo = Person.objects.get(email="jo@pine.example")
    assert len(queries.passkeys_of(jo.id)) == 1


# --- enrolling again ---------------------------------------------------------------------------------------------


def give_keys(to: Person) -> None:
    give_key_rows(to.id, [kernel_clock.now().date()])


def again(client: Client, person_id: uuid.UUID) -> Any:
    return client.post(reverse("in_again", args=[person_id]))


def link() -> str:
    """Return the token of the one link that is on its way."""
    return str(Notice.objects.get(message="enrol_again").values["link"]).rpartition("/")[2]


@pytest.fixture
def coordinator(world: World) -> Client:
    return sign_in(Client(), world.hana, fresh=True)


@pytest.mark.req("K-24", "K-34")
def test_letting_somebody_enrol_again_ends_every_way_in_and_keeps_what_they_are(
    world: World, coordinator: Client
) -> None:
    renee, lost, device = world.renee.person, Phone(), Client()
    add(sign_in(Client(), renee, fresh=True), lost)
    enter(device, lost)
    give_keys(renee)
    shifts = Shift.objects.filter(supporter=world.renee).count()
    assert shifts
    shown = look(coordinator, reverse("in_again", args=[renee.id]))
    assert "signed out everywhere" in shown
    assert again(coordinator, renee.id).url == reverse("in_team")

    assert not Authenticator.objects.filter(user=renee).exists()
    renee.refresh_from_db()
    assert not renee.has_usable_password()
    assert renee.is_active
    assert device.get(reverse("in_me")).url.startswith(reverse("account_login"))
    assert not ReceivingKey.objects.filter(person=renee).exists()
    assert not KeyRing.objects.filter(person=renee).exists()
    assert enter(Client(), lost).json() == {"code": "unknown"}
    assert "_auth_user_id" not in log_in(renee).session
    assert queries.roles_held(renee.email, world.pine) == ["supporter"]
    assert Shift.objects.filter(supporter=world.renee).count() == shifts
    entry = AuditEntry.objects.get(what="person.afresh")
    assert (entry.person, entry.organisation, entry.detail) == (world.hana, world.pine, {"name": "Renée Dubois"})
    assert "let Renée Dubois enrol again" in look(coordinator, reverse("in_audit"))
    assert "enrols again" in look(coordinator, reverse("in_team"))


def log_in(who: Person) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": who.email, "password": PASSWORD})
    return client


@pytest.mark.req("K-24")
@pytest.mark.parametrize("way", ["passkey", "password"])
def test_the_link_makes_a_new_way_in_once_and_the_supporter_is_the_same(
    world: World, coordinator: Client, client: Client, way: str
) -> None:
    renee = world.renee.person
    Person.objects.filter(id=renee.id).update(language="fr")
    again(coordinator, renee.id)
    token = link()
    assert Notice.objects.get(message="enrol_again").language == "fr"
    assert "Enrol again." in look(client, page(token))
    if way == "passkey":
        assert enrol(client, token, Phone(), "Renée Dubois").status_code == 200
    else:
        answer = client.post(page(token), {"name": "Renée Dubois", "password": GOOD})
        assert answer.url == reverse("mfa_activate_totp")
    renee.refresh_from_db()
    assert (renee.language, renee.is_active, renee.has_usable_password()) == ("fr", True, way == "password")
    world.renee.refresh_from_db()
    assert (world.renee.status, world.renee.agreement_version) == ("active", 1)
    assert queries.roles_held(renee.email, world.pine) == ["supporter"]
    assert Person.objects.filter(email=renee.email).count() == 1
    assert client.get(page(token)).status_code == 410, "used"
    assert enrol(Client(), token, Phone()).status_code == 410


@pytest.mark.req("K-24")
def test_until_then_no_other_link_opens_the_account(world: World, coordinator: Client) -> None:
    renee = world.renee.person
    Client().post(reverse("account_reset_password"), {"email": renee.email})
    before = Notice.objects.get(message="reset").values["link"].removeprefix(settings.ALONGSIDE_ADDRESS)
    again(coordinator, renee.id)
    assert b"cannot be used" in Client().get(before, follow=True).content, "asked for before"
    Client().post(reverse("account_reset_password"), {"email": renee.email})
    assert Notice.objects.filter(message="reset").count() == 1, "asked for after"
    assert not sso.has_second_step(renee)


@pytest.mark.req("K-24")
def test_a_link_is_worth_nothing_after_its_days_or_when_the_service_ended_meanwhile(
    world: World, coordinator: Client, clock: Clock
) -> None:
    renee, ana = world.renee.person, world.ana.person
    again(coordinator, renee.id)
    first = link()
    team.end(queries.permit(world.hana, "team.change"), world.renee.id)
    assert not Invitation.objects.exists()
    assert Client().get(page(first)).status_code == enrol(Client(), first, Phone()).status_code == 410
    assert Supporter.objects.get(id=world.renee.id).status == "ended"
    again(coordinator, ana.id)
    second = link()
    clock.forward(days=7, minutes=1)
    assert enrol(Client(), second, Phone()).status_code == 410
    clock.forward(days=-7)
    Role.objects.filter(person=ana).delete()
    assert enrol(Client(), second, Phone()).status_code == 410, "no role any more, by whatever way"
    assert queries.roles_held(ana.email, world.pine) == []


@pytest.mark.req("K-24")
def test_a_second_link_ends_the_first_and_one_taken_back_opens_nothing(world: World, coordinator: Client) -> None:
    renee = world.renee.person
    again(coordinator, renee.id)
    first = link()
    again(coordinator, renee.id)
    second = link()
    assert first != second
    assert Client().get(page(first)).status_code == 410
    coordinator.post(reverse("in_withdraw", args=[Invitation.objects.get().id]))
    assert Client().get(page(second)).status_code == 410
    again(coordinator, renee.id)
    assert enrol(Client(), link(), Phone()).status_code == 200


@pytest.mark.req("K-24", "K-14")
def test_a_coordinator_lets_only_their_own_people_enrol_again_and_never_themselves_or_an_operator(
    world: World, coordinator: Client
) -> None:
    both = person("Omar Reed", world.pine, "leader")
    Role.objects.create(person=both, organisation=None, name="operator")
    for other in (world.lena.person.id, world.lars.id, world.priya.id, world.nico.id, uuid.uuid4()):
        assert coordinator.get(reverse("in_again", args=[other])).status_code == 404
        assert again(coordinator, other).status_code == 404
    for refused in (both.id, world.hana.id):
        assert again(coordinator, refused).status_code == 302
    seat = queries.permit(world.hana, "team.change")
    with pytest.raises(Role.DoesNotExist):
        actions.start_afresh(seat, world.lena.person.id, world.pine, valid_days=7)
    assert not Invitation.objects.exists()
    assert all(one.has_usable_password() for one in Person.objects.all())


@pytest.mark.req("K-24", "K-14")
@pytest.mark.parametrize("role", ["supporter", "coordinator", "leader"])
def test_one_organisation_takes_nobody_from_another_only_an_operator_does(
    world: World, coordinator: Client, role: str
) -> None:
    """An agency that reads its people's mail would otherwise come into the other one with the link."""
    lena = world.lena.person
    Role.objects.create(person=lena, organisation=world.pine, name=role)
    assert again(coordinator, lena.id).status_code == 302
    assert "Somebody else must do this" in look(coordinator, reverse("in_team"))
    assert not Invitation.objects.exists()
    lena.refresh_from_db()
    assert lena.has_usable_password() and sso.has_second_step(lena)
    operator = sign_in(Client(), world.priya, fresh=True)
    assert look(operator, reverse("in_organisations")).count("Lena Moss") >= 2
    answer = operator.post(reverse("in_operate_again", args=["lake", lena.id]))
    assert answer.url == reverse("in_organisations")
    assert Invitation.objects.get().email == lena.email
    assert not sso.has_second_step(lena)


@pytest.mark.req("K-24")
def test_it_takes_a_fresh_sign_in_and_a_coordinator(world: World) -> None:
    stale = sign_in(Client(), world.hana)
    assert again(stale, world.renee.person.id).url.startswith(reverse("account_reauthenticate"))
    assert again(sign_in(Client(), world.marcus, fresh=True), world.renee.person.id).status_code == 404
    assert not Invitation.objects.exists()


@pytest.mark.req("K-24")
def test_an_operator_lets_a_coordinator_enrol_again_and_nobody_else(world: World) -> None:
    operator = sign_in(Client(), world.priya, fresh=True)

    def post_for(slug: str, who: uuid.UUID) -> Any:
        return operator.post(reverse("in_operate_again", args=[slug, who]))

    for slug, who in (("pine", world.okafor.id), ("pine", world.lars.id), ("nowhere", world.hana.id)):
        assert post_for(slug, who).status_code == 404
    assert "Hana Vogel" in look(operator, reverse("in_operate_again", args=["pine", world.hana.id]))
    assert post_for("pine", world.hana.id).url == reverse("in_organisations")
    assert [one.name for one in queries.coordinators_of(world.pine.id)] == ["Hana Vogel"], "alarms still reach her"
    assert AuditEntry.objects.get(what="person.afresh").organisation == world.pine
    client = Client()
    assert enrol(client, link(), Phone(), "Hana Vogel").status_code == 200
    assert client.get(reverse("in_team")).status_code == 200
