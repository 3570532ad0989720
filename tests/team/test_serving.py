"""Agreement, leave and the end of service: who may be called changes at once."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from alongside.accounts import queries as accounts
from alongside.accounts.models import AuditEntry, ContactPoint, Office, Person, Role
from alongside.content import guides
from alongside.kernel import clock as kernel_clock
from alongside.notify import actions as notify
from alongside.notify.models import Notice
from alongside.rota import queries as rota
from alongside.sealing.models import KeyRing, KeyWrap, ReceivingKey
from alongside.team import actions, queries, rules
from alongside.team.models import Supporter
from tests.conftest import Clock
from tests.sealing.devices import give_key_rows
from tests.world import NOW, World, sign_in, supporter, unknown_id


def eligible(world: World) -> set[str]:
    return {Supporter.objects.get(id=one.id).person.name.split()[0] for one in queries.eligible_at(world.pine.id, NOW)}


def seat(world: World) -> accounts.Seat:
    return accounts.permit(world.hana, "team.change")


def give_keys(person: Person) -> None:
    """Rows as a device leaves them; what they hold does not matter here."""
    give_key_rows(person.id, (NOW.date(), NOW.date().replace(day=30)))


# --- the agreement -----------------------------------------------------------------------------------------------


@pytest.mark.req("C-15", "B-10")
def test_nobody_may_be_called_before_signing_the_agreement(world: World, client: Client) -> None:
    new = supporter("Zoe Hart", world.jail, agreement_version=0, agreed_on=None)
    assert "Zoe" not in eligible(world)
    sign_in(client, new)
    page = client.get(reverse("in_agreement")).content.decode()
    assert "Three principles" in page
    assert "If I break this promise" in page
    client.post(reverse("in_agreement"))
    new.refresh_from_db()
    assert (new.agreement_version, new.agreed_on) == (1, NOW.date())
    assert "Zoe" in eligible(world)


@pytest.mark.req("C-15")
def test_a_new_agreement_is_signed_again_and_the_former_one_serves_until_the_text_says_otherwise(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number belongs to the text: a new text may leave time to sign it, or ask for it at once."""
    monkeypatch.setattr(guides, "agreement_version", lambda: 2)
    assert "Renée" in eligible(world)
    monkeypatch.setattr(guides, "oldest_agreement", lambda: 2)
    assert eligible(world) == set()
    sign_in(client, world.renee)
    client.post(reverse("in_agreement"))
    assert eligible(world) == {"Renée"}


@pytest.mark.req("C-15")
def test_both_languages_carry_the_same_version_of_the_agreement() -> None:
    english, french = guides.guide(guides.AGREEMENT, "en"), guides.guide(guides.AGREEMENT, "fr")
    assert english.version == french.version >= english.oldest_valid == french.oldest_valid >= 1


@pytest.mark.req("C-15")
@pytest.mark.parametrize(("language", "heading"), [("en", "Three principles"), ("fr", "Trois principes")])
def test_the_agreement_is_there_in_both_languages(language: str, heading: str) -> None:
    text = guides.guide(guides.AGREEMENT, language)
    assert heading in text.html
    assert text.html.count("<h2>") == 4


# --- leave -------------------------------------------------------------------------------------------------------


@pytest.mark.req("C-18")
def test_leave_begins_and_ends_in_one_tap_without_a_reason(world: World, client: Client) -> None:
    sign_in(client, world.renee)
    before = {name: Supporter.objects.filter(id=world.renee.id).values(name).get() for name in ("designated_on",)}
    answer = client.post(reverse("in_leave"), {"reason": "I am ill"}, follow=True)
    assert b"You are on leave." in answer.content
    assert b"reason" not in b"".join(line for line in answer.content.splitlines() if b"<input" in line)
    assert eligible(world) == {"Marcus", "Ana"}
    client.post(reverse("in_return"))
    assert eligible(world) == {"Renée", "Marcus", "Ana"}
    assert not AuditEntry.objects.exists(), "nothing remembers that there was a leave"
    assert before == {
        name: Supporter.objects.filter(id=world.renee.id).values(name).get() for name in ("designated_on",)
    }


@pytest.mark.req("C-18", "D-01")
def test_a_shift_of_somebody_on_leave_is_a_gap_from_that_moment(world: World) -> None:
    assert rota.on_call_at(world.pine.id, NOW) == {1: world.renee.id, 2: world.marcus.id}
    actions.go_on_leave(world.renee.id)
    assert rota.on_call_at(world.pine.id, NOW) == {2: world.marcus.id}
    (gap,) = rota.gaps_between(world.pine.id, NOW, NOW.replace(hour=20))
    assert (gap.tier, gap.starts_at, gap.ends_at) == (1, NOW, NOW.replace(hour=20))
    actions.come_back(world.renee.id)
    assert rota.on_call_at(world.pine.id, NOW)[1] == world.renee.id


def call(address: str) -> None:
    """Queue a call about some request, as a ladder does."""
    notify.queue(
        about=unknown_id(),
        to=[("email", address)],
        message="waiting",
        language="en",
        values={},
        now=NOW,
        expires_at=NOW + timedelta(hours=1),
    )


@pytest.mark.req("C-18", "A-03")
def test_leave_takes_back_ones_own_calls_and_nobody_elses(world: World) -> None:
    """Somebody could name another's mailbox as theirs and silence it by going on leave."""
    theirs = world.marcus.person.email
    ContactPoint.objects.create(person=world.renee.person, kind="email", address=theirs)
    call(world.renee.person.email)
    call(theirs)
    actions.go_on_leave(world.renee.id)
    assert list(Notice.objects.values_list("address", flat=True)) == [theirs]


@pytest.mark.req("C-18", "A-03")
@pytest.mark.parametrize("step", ["leave", "end"])
def test_who_serves_in_two_organisations_is_still_called_by_the_other(world: World, step: str) -> None:
    supporter(world.renee.person, Office.objects.get(organisation=world.lake))
    call(world.renee.person.email)
    if step == "leave":
        actions.go_on_leave(world.renee.id)
    else:
        actions.end(seat(world), world.renee.id)
    assert Notice.objects.count() == 1


@pytest.mark.req("C-18")
def test_a_second_tap_does_no_harm(world: World, client: Client) -> None:
    sign_in(client, world.renee)
    for name in ("in_leave", "in_leave", "in_return", "in_return"):
        assert client.post(reverse(name)).url == reverse("in_me")
    assert "Renée" in eligible(world)


@pytest.mark.parametrize("name", ["in_leave", "in_return"])
def test_leave_needs_a_tap_and_not_a_link(world: World, client: Client, name: str) -> None:
    sign_in(client, world.renee)
    assert client.get(reverse(name)).status_code == 405


@pytest.mark.req("M-06")
def test_nobody_else_sends_a_supporter_on_leave_or_signs_for_them(world: World) -> None:
    for who in (world.hana, world.okafor, world.anne, world.imani, world.priya, world.nico):
        client = sign_in(Client(), who)
        for name in ("in_leave", "in_return", "in_agreement"):
            assert client.post(reverse(name)).status_code == 404
    sign_in(client, world.lena)
    client.post(reverse("in_leave"))
    assert eligible(world) == {"Renée", "Marcus", "Ana"}


# --- the end -----------------------------------------------------------------------------------------------------


@pytest.mark.req("C-17", "K-34")
def test_ending_a_service_takes_access_sessions_and_keys_at_once(world: World) -> None:
    give_keys(world.renee.person)
    give_keys(world.marcus.person)
    theirs, marcus = sign_in(Client(), world.renee), sign_in(Client(), world.marcus)
    client = sign_in(Client(), world.hana, fresh=True)
    page = client.get(reverse("in_end", args=[world.renee.id])).content.decode()
    assert "End the service of Renée Dubois?" in page
    assert client.post(reverse("in_end", args=[world.renee.id])).url == reverse("in_team")
    assert eligible(world) == {"Marcus", "Ana"}
    assert not ReceivingKey.objects.filter(person=world.renee.person).exists()
    assert not KeyRing.objects.filter(person=world.renee.person).exists()
    assert KeyWrap.objects.count() == 2, "Marcus keeps his"
    assert not Role.objects.filter(person=world.renee.person).exists()
    assert theirs.get(reverse("in_me")).url.startswith(reverse("account_login"))
    assert marcus.get(reverse("in_me")).status_code == 200
    assert Session.objects.count() == 2
    ended = Supporter.objects.get(id=world.renee.id)
    assert (ended.status, ended.ended_on) == ("ended", NOW.date())
    assert AuditEntry.objects.get().detail == {"name": "Renée Dubois", "role": "supporter"}


@pytest.mark.req("C-17", "K-24")
def test_ending_asks_who_one_is_first(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    answer = client.post(reverse("in_end", args=[world.renee.id]))
    assert answer.url.startswith(reverse("account_reauthenticate"))
    assert "Renée" in eligible(world)


def test_a_coordinator_who_also_serves_stays_coordinator_when_the_service_ends(world: World) -> None:
    both = supporter(world.hana, world.patrol)
    actions.end(seat(world), both.id)
    world.hana.refresh_from_db()
    assert world.hana.is_active
    assert [role.name for role in Role.objects.filter(person=world.hana)] == ["coordinator"]


def test_keys_stay_where_somebody_still_serves_elsewhere(world: World) -> None:
    elsewhere = world.lena.office
    supporter(world.renee.person, elsewhere)
    give_keys(world.renee.person)
    actions.end(seat(world), world.renee.id)
    assert ReceivingKey.objects.filter(person=world.renee.person).count() == 2


def test_a_service_ends_once_and_there_is_no_leave_after_it(world: World, client: Client) -> None:
    actions.end(seat(world), world.renee.id)
    with pytest.raises(actions.NotNow):
        actions.end(seat(world), world.renee.id)
    for step in (actions.go_on_leave, actions.come_back, actions.sign_agreement):
        with pytest.raises(actions.NotNow):
            step(world.renee.id)
    sign_in(client, world.hana, fresh=True)
    assert client.get(reverse("in_end", args=[world.renee.id])).url == reverse("in_team")
    with pytest.raises(queries.NotASupporter):
        queries.supporter_of(world.renee.person_id, world.pine.id)


@pytest.mark.req("M-24")
def test_a_coordinator_ends_nobodys_service_in_another_organisation(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    for strange in (world.lena.id, unknown_id()):
        assert client.get(reverse("in_end", args=[strange])).status_code == 404
        assert client.post(reverse("in_end", args=[strange])).status_code == 404
        with pytest.raises(queries.NotASupporter):
            actions.end(seat(world), strange)
    assert Supporter.objects.get(id=world.lena.id).status == "active"


# --- rules -------------------------------------------------------------------------------------------------------


@pytest.mark.req("B-10", "C-15", "C-18")
@given(st.sampled_from(["active", "on_leave", "ended"]), st.integers(0, 5), st.integers(1, 5))
def test_only_the_active_with_the_agreement_in_force_may_serve(status: str, signed: int, in_force: int) -> None:
    facts = rules.Facts(unknown_id(), unknown_id(), None, status, signed)
    assert rules.may_serve(facts, in_force) == (status == "active" and signed >= in_force)


@pytest.mark.req("C-19")
@pytest.mark.parametrize(("headcount", "aim"), [(60, 9), (900, 129), (4000, 572), (12, 2), (1, 1), (0, 0)])
def test_the_aim_is_one_supporter_for_every_seven_people(headcount: int, aim: int) -> None:
    assert rules.team_aim(headcount, 7) == aim


def test_the_clock_of_the_tests_is_the_products(clock: Clock) -> None:
    assert kernel_clock.now() == clock.now() == NOW


@pytest.mark.req("D-03")
def test_who_serves_anew_is_ready_only_once_their_telephone_was_called_anew(world: World) -> None:
    seat = accounts.permit(world.hana, "team.change")
    facts = {"crisis_trained_on": NOW.date(), "phone_checked_on": NOW.date()}
    actions.set_ready(seat, world.ana.id, **facts, phone_issued=True, data_issued=True)
    actions.end(seat, world.ana.id)
    actions.designate(seat, world.ana.person, None)
    (ready,) = (one for one in queries.readiness(world.pine.id) if one.id == world.ana.id)
    assert (ready.crisis_trained, ready.phone_checked, ready.phone_issued, ready.data_issued) == (
        True,
        False,
        False,
        False,
    )
