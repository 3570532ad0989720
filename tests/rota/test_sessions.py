"""Whoever leads a session has a debrief after it; until it is given it stands as a thing to do (G-22, X-13)."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from alongside.accounts.models import AuditEntry, Role
from alongside.accounts.queries import Seat
from alongside.content import load
from alongside.notify.models import Notice
from alongside.policy import actions as policy
from alongside.rota import actions, queries
from alongside.rota.models import Blackout, Busy, Debrief, Exchange, Holiday, Session
from alongside.rota.queries.exchanges import field_of
from alongside.rota.queries.sessions import State
from alongside.rota.rules import Duty
from alongside.rota.rules.exchanging import Why
from alongside.rota.rules.sessions import Code, Kind, Slot, Wrong
from alongside.site import living, schedule
from alongside.team import actions as team
from tests import world as cast
from tests.conftest import Clock
from tests.rota.exchanging import ready
from tests.rota.leading import at, enter, free, given, only, slot, span, wanted
from tests.rota.planned import seat
from tests.world import NOW, World, make_world, sign_in, unknown_id

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def refused(world: World, *slots: Slot, **more: Any) -> Code:
    with pytest.raises(Wrong) as error:
        enter(world, *slots, **more)
    assert not Session.objects.exists()
    return error.value.code


def listed(world: World, now: datetime = NOW) -> queries.Listed:
    (one,) = queries.sessions_of(world.pine.id, now)
    return one


def told() -> set[str]:
    return {row.address for row in Notice.objects.filter(message="time_changed")}


# --- what a session is -------------------------------------------------------------------------------------------


@pytest.mark.req("G-22")
def test_a_leader_has_a_debrief_with_a_clinician_a_coordinator_or_a_supporter(world: World) -> None:
    for place, listener in enumerate((world.imani.id, world.hana.id, world.marcus.person_id)):
        enter(world, slot(world.ana, listener, at(24, 13 + place)), when=span(24, 8 + place, 0.5))
    assert {one.leads[0].listener for one in queries.sessions_of(world.pine.id, NOW)} == {
        "Imani Reyes",
        "Hana Vogel",
        "Marcus Bell",
    }
    assert queries.sessions_due(world.pine.id, NOW) == []


@pytest.mark.req("G-22")
def test_a_debrief_that_is_not_given_yet_stands_as_a_thing_to_do_until_it_is(world: World, client: Client) -> None:
    one = enter(world, slot(world.ana))
    sign_in(client, world.hana)
    for page in ("in_board", "in_rota", "in_sessions"):
        text = client.get(reverse(page)).content.decode()
        assert "ebrief missing" in text, page
        assert reverse("in_session", args=[one.id]) in text, page
    assert "Debrief missing for the session of 24 November." in client.get(reverse("in_board")).content.decode()
    change(world, slot(world.ana, world.imani.id, at(24, 14)))
    assert "ebrief missing" not in client.get(reverse("in_board")).content.decode()
    assert queries.sessions_due(world.pine.id, NOW) == []


@pytest.mark.req("G-22")
def test_one_that_was_never_given_presses_before_it_goes_unseen(world: World, clock: Clock) -> None:
    enter(world, slot(world.ana), slot(world.marcus, world.imani.id, at(25, 9)), when=span(24, 10))
    whole = timedelta(days=14)
    goes_at = at(25, 9, 45) + whole

    def board() -> str:
        page = sign_in(Client(), world.hana).get(reverse("in_board")).content.decode()
        return " ".join(page.split())

    said = "Debrief still missing for the session of 24 November. From 9 December on nothing here shows it any more."
    for moment, presses in ((goes_at - 4 * DAY - HOUR, False), (goes_at - 4 * DAY, True), (goes_at - HOUR, True)):
        clock.set(moment)
        actions.purge_sessions(moment)
        assert (said in board()) is presses
        assert ("Debrief missing for the session of 24 November." in board()) is not presses
    row = next(part for part in board().split("<li") if said in part)
    assert "urgent" in row
    assert "Ana" not in row
    actions.purge_sessions(goes_at)
    assert not Session.objects.exists()
    assert "session of 24 November" not in board()


def change(world: World, *slots: Slot, **more: Any) -> None:
    one = listed(world)
    actions.change_session(seat(world), one.id, one.seal, wanted(*slots, **more))


@pytest.mark.req("G-22")
def test_of_a_session_nothing_is_kept_but_who_leads_when_and_the_slot(world: World) -> None:
    for model in (Session, Debrief):
        assert {field.name for field in model._meta.get_fields()} <= {
            *("id", "organisation", "kind", "starts_at", "ends_at", "debriefs", "session", "leader", "listener")
        }


@pytest.mark.req("G-22")
def test_the_log_of_changes_names_the_day_and_nobody(world: World) -> None:
    one = given(world)
    change(world, slot(world.ana))
    actions.remove_session(seat(world), one.id)
    rows = AuditEntry.objects.order_by("what").values_list("what", "detail")
    assert list(rows) == [(f"session.{what}", {"day": "2026-11-24"}) for what in ("changed", "entered", "removed")]


@pytest.mark.req("G-22")
def test_two_weeks_after_both_are_over_session_and_debrief_are_gone(world: World, clock: Clock) -> None:
    given(world)
    late = enter(world, slot(world.marcus, world.hana.id, at(30, 9)), when=span(24, 12))
    (job,) = (one for one in schedule.JOBS if one.run == actions.purge_sessions)
    assert job.purges
    actions.purge_sessions(at(24, 11) + timedelta(days=14) - HOUR)
    assert Session.objects.count() == 2
    actions.purge_sessions(at(24, 14, 45) + timedelta(days=14))
    assert Session.objects.get() == late
    actions.purge_sessions(at(30, 9, 45) + timedelta(days=14))
    assert not Session.objects.exists()
    assert not Debrief.objects.exists()


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.req("G-08")
def test_a_support_group_is_held_in_work_hours_and_an_incident_is_exempt(world: World) -> None:
    Holiday.objects.create(organisation=world.pine, day=at(26, 0).date(), name="Thanksgiving")
    outside = (span(24, 7), span(24, 17, 2), span(28, 10), span(26, 10), (at(24, 22), at(25, 9)))
    for when in outside:
        assert refused(world, slot(world.ana), when=when) is Code.HOURS
        for kind in (Kind.CREW, Kind.INCIDENT):
            enter(world, slot(world.ana), when=when, kind=kind)
            Session.objects.all().delete()
    enter(world, slot(world.ana), when=(at(24, 8), at(24, 18)))


@pytest.mark.req("G-08")
def test_work_hours_are_the_organisations_own(world: World) -> None:
    for key, value in (("work_to", 22), ("work_days", 6)):
        policy.change(seat(world), key, value)
    enter(world, slot(world.ana), when=(at(28, 20), at(28, 22)))


@pytest.mark.req("G-22")
def test_a_session_that_cannot_be_is_refused(world: World) -> None:
    leader = slot(world.ana)
    assert refused(world, leader, when=(at(24, 11), at(24, 10))) is Code.ENDS_FIRST
    assert refused(world, leader, when=(at(24, 10), at(24, 10))) is Code.ENDS_FIRST
    assert refused(world, leader, when=(at(24, 10), at(26, 10))) is Code.TOO_LONG
    assert refused(world, leader, when=span(2)) is Code.TOO_OLD
    assert refused(world, leader, when=(NOW + timedelta(days=500), NOW + timedelta(days=500, hours=1))) is Code.TOO_FAR
    assert refused(world) is Code.LEADERS
    assert refused(world, leader, leader) is Code.LEADERS
    assert refused(world, leader, slot(world.marcus), slot(world.renee)) is Code.LEADERS


@pytest.mark.req("G-22")
def test_a_leader_of_elsewhere_or_who_does_not_serve_is_refused(world: World) -> None:
    assert refused(world, slot(world.lena)) is Code.LEADERS
    assert refused(world, Slot(unknown_id())) is Code.LEADERS
    living.go_on_leave(world.pine.id, world.ana.id)
    assert refused(world, slot(world.ana)) is Code.LEADERS


@pytest.mark.req("G-22")
def test_a_debrief_that_cannot_be_is_refused(world: World) -> None:
    def why(listener: Any, begin: datetime, minutes: int = 45) -> Code:
        return refused(world, slot(world.ana, listener, begin, minutes))

    imani = world.imani.id
    assert why(imani, at(24, 10, 30)) is Code.BEFORE
    assert why(imani, at(23, 10)) is Code.BEFORE
    assert why(world.ana.person_id, at(24, 14)) is Code.ONESELF
    assert why(world.lars.id, at(24, 14)) is Code.NO_LISTENER
    assert why(world.okafor.id, at(24, 14)) is Code.NO_LISTENER
    assert why(world.anne.id, at(24, 14)) is Code.NO_LISTENER
    assert why(unknown_id(), at(24, 14)) is Code.NO_LISTENER
    assert why(None, at(24, 14)) is Code.NO_LISTENER
    assert why(imani, at(24, 14), 0) is Code.LENGTH
    assert why(imani, at(24, 14), 300) is Code.LENGTH
    assert why(imani, at(20, 14, month=12)) is Code.LATE
    living.go_on_leave(world.pine.id, world.marcus.id)
    assert why(world.marcus.person_id, at(24, 14)) is Code.NO_LISTENER
    # At the very end of the session it may begin.
    enter(world, slot(world.ana, imani, at(24, 11)))


@pytest.mark.req("G-22")
def test_nobody_is_in_two_sessions_or_debriefs_at_once(world: World) -> None:
    given(world)

    def why(*slots: Slot, **more: Any) -> Code:
        with pytest.raises(Wrong) as error:
            enter(world, *slots, **more)
        return error.value.code

    assert why(slot(world.ana), when=span(24, 10)) is Code.TWICE
    assert why(slot(world.ana), when=span(24, 14)) is Code.TWICE
    assert why(slot(world.marcus, world.imani.id, at(24, 14, 30)), when=span(24, 12)) is Code.TWICE
    assert why(slot(world.marcus, world.ana.person_id, at(24, 14)), when=span(24, 12)) is Code.TWICE
    both = [slot(one, world.hana.id, at(24, 15)) for one in (world.marcus, world.renee)]
    assert why(*both, when=span(24, 12)) is Code.TWICE
    assert Session.objects.count() == 1
    # A change of itself is not in its own way.
    change(world, slot(world.ana, world.imani.id, at(24, 14, 15)))


# --- what happens after ------------------------------------------------------------------------------------------


@pytest.mark.req("G-22", "C-18")
def test_a_debrief_with_a_leader_on_leave_stands_as_a_thing_to_do_again(world: World) -> None:
    given(world)
    living.go_on_leave(world.pine.id, world.ana.id)
    one = listed(world)
    assert (one.leads[0].state, one.leads[0].serves) == (State.AWAY, False)
    assert queries.sessions_due(world.pine.id, NOW) == [one]
    # The same may be kept, a new one is not set, and it can be said that it is not given.
    change(world, slot(world.ana, world.imani.id, at(24, 14)))
    with pytest.raises(Wrong) as error:
        change(world, slot(world.ana, world.imani.id, at(24, 15)))
    assert error.value.code is Code.AWAY
    change(world, slot(world.ana))
    assert listed(world).leads[0].state is State.MISSING
    living.end_leave(world.pine.id, world.ana.id)
    change(world, slot(world.ana, world.imani.id, at(24, 14)))
    assert queries.sessions_due(world.pine.id, NOW) == []


@pytest.mark.req("G-22")
def test_a_debrief_with_somebody_who_left_or_went_on_leave_stands_as_a_thing_to_do_again(world: World) -> None:
    given(world)
    Role.objects.filter(person=world.imani).delete()
    assert listed(world).leads[0].state is State.NO_LISTENER
    change(world, slot(world.ana, world.marcus.person_id, at(24, 14)))
    assert queries.sessions_due(world.pine.id, NOW) == []
    living.go_on_leave(world.pine.id, world.marcus.id)
    assert listed(world).leads[0].state is State.NO_LISTENER
    world.marcus.person.delete()
    assert listed(world).leads[0].state is State.MISSING


@pytest.mark.req("G-22")
def test_a_leader_whose_service_ended_stands_as_a_thing_to_do_and_a_debrief_that_was_held_does_not(
    world: World,
) -> None:
    given(world)
    team.end(seat(world), world.ana.id)
    assert listed(world).needs(NOW)
    assert listed(world, at(24, 13)).needs(at(24, 13))
    assert not listed(world, at(24, 15)).needs(at(24, 15))


# --- who is busy -------------------------------------------------------------------------------------------------


@pytest.mark.req("G-22", "D-13")
def test_who_leads_or_listens_is_not_planned_asked_for_cover_or_given_a_shift_then(world: World) -> None:
    free(world)
    ready(world.renee, world.marcus, world.ana)
    enter(world, slot(world.ana, world.marcus.person_id, at(24, 14)))

    def why(who: Any, hour: int) -> Why | None:
        gets = Duty(1, who.id, at(24, hour), at(24, hour) + HOUR)
        return field_of(world.pine, [gets], NOW).broken(who.id, gets)

    assert [why(world.ana, hour) for hour in (9, 10, 11, 14)] == [None, Why.AWAY, None, Why.AWAY]
    assert [why(world.marcus, hour) for hour in (10, 14)] == [None, Why.AWAY]
    assert [why(world.renee, hour) for hour in (10, 14)] == [None, None]
    shift = cast.shift(world.renee, 1, at(24, 10), at(24, 15))
    actions.find_cover(world.pine.id, world.renee.id, shift.id)
    assert not Exchange.objects.get().asked.exists()


@pytest.mark.req("G-22")
def test_who_serves_in_two_places_is_busy_in_both(world: World) -> None:
    free(world)
    there = cast.supporter(world.ana.person, cast.Office.objects.get(organisation=world.lake))
    ready(world.ana, there)
    given(world)
    gets = Duty(1, there.id, at(24, 10), at(24, 11))
    assert field_of(world.lake, [gets], NOW).broken(there.id, gets) is Why.AWAY


@pytest.mark.req("G-22")
def test_the_proposed_time_is_the_first_in_work_hours_at_which_both_are_free(world: World) -> None:
    free(world)
    ends_at, both = at(24, 15, 20), [world.ana.person_id, world.marcus.person_id]

    def proposed() -> datetime | None:
        return queries.proposed(world.pine, both, ends_at, 45, NOW)

    assert proposed() == at(24, 15, 30)
    cast.shift(world.marcus, 2, at(24, 15), at(24, 16))
    assert proposed() == at(24, 16)
    Busy.objects.create(supporter=world.ana, starts_at=at(24, 16, 30), ends_at=at(24, 17, 30))
    # Half an hour is left until the day ends: not enough.
    assert proposed() == at(25, 8)
    Blackout.objects.create(supporter=world.ana, first_day=at(25, 0).date(), last_day=at(25, 0).date())
    assert proposed() == at(26, 8)
    enter(world, slot(world.renee, world.marcus.person_id, at(26, 8)), when=span(25, 9))
    assert proposed() == at(26, 8, 45)
    Holiday.objects.create(organisation=world.pine, day=at(26, 0).date(), name="Thanksgiving")
    assert proposed() == at(27, 8)
    cast.shift(world.ana, 1, at(27, 0), at(28, 0))
    assert proposed() is None


# --- who hears of it ---------------------------------------------------------------------------------------------


@pytest.mark.req("G-22", "K-36")
def test_everybody_who_has_part_in_it_is_told_neutrally_when_it_is_set_changed_or_cancelled(world: World) -> None:
    one = given(world)
    assert told() == {"ana@pine.example", "imani@pine.example"}
    links = {row.address: row.values["link"] for row in Notice.objects.all()}
    assert links["ana@pine.example"].endswith(reverse("in_shifts"))
    assert links["imani@pine.example"].endswith(reverse("in_lead"))
    Notice.objects.all().delete()
    change(world, slot(world.ana, world.imani.id, at(24, 14)))
    assert told() == set()
    change(world, slot(world.ana, world.marcus.person_id, at(24, 14)))
    assert told() == {"ana@pine.example", "imani@pine.example", "marcus@pine.example"}
    # What waits already says the same: nobody has two.
    actions.remove_session(seat(world), one.id)
    assert sorted(row.address for row in Notice.objects.all()) == [
        "ana@pine.example",
        "imani@pine.example",
        "marcus@pine.example",
    ]


@pytest.mark.req("G-22")
def test_the_coordinator_at_the_desk_and_who_has_no_part_hear_nothing(world: World) -> None:
    enter(world, slot(world.ana, world.hana.id, at(24, 14)))
    assert told() == {"ana@pine.example"}


@pytest.mark.req("G-22", "C-18")
def test_who_is_on_leave_hears_nothing_and_finds_it_when_they_are_back(world: World, client: Client) -> None:
    enter(world, slot(world.ana, world.marcus.person_id, at(24, 14)))
    living.go_on_leave(world.pine.id, world.ana.id)
    Notice.objects.all().delete()
    change(world, slot(world.ana))
    assert told() == {"marcus@pine.example"}
    living.end_leave(world.pine.id, world.ana.id)
    sign_in(client, world.ana)
    assert "Your debrief is not set yet." in client.get(reverse("in_shifts")).content.decode()


@pytest.mark.req("G-22")
def test_of_what_is_over_nobody_is_told(world: World, clock: Clock) -> None:
    given(world)
    Notice.objects.all().delete()
    clock.set(at(25, 9))
    actions.remove_session(seat(world), Session.objects.get().id)
    assert told() == set()


@pytest.mark.req("K-36")
def test_the_notice_says_nothing_that_a_stranger_could_use() -> None:
    for language in ("en", "fr"):
        message = load.messages(language)["time_changed"]
        text = f"{message.subject} {message.body}".lower()
        for word in ("peer", "support", "group", "session", "debrief", "incident", "alongside", "pair", "séance"):
            assert word not in text


# --- two at once -------------------------------------------------------------------------------------------------


@pytest.mark.req("G-22")
def test_of_two_coordinators_the_second_is_refused_who_looked_at_an_older_state(world: World) -> None:
    one = given(world)
    old = listed(world).seal
    change(world, slot(world.ana, world.hana.id, at(24, 15)))
    with pytest.raises(Wrong) as error:
        actions.change_session(seat(world), one.id, old, wanted(slot(world.ana)))
    assert error.value.code is Code.CHANGED
    assert only().listener_id == world.hana.id


@pytest.mark.req("G-22")
def test_a_session_of_elsewhere_is_neither_seen_nor_changed(world: World) -> None:
    one, theirs = given(world), Seat(world.lars, world.lake, frozenset(["coordinator"]))
    assert queries.sessions_of(world.lake.id, NOW) == []
    for step in (
        lambda: actions.remove_session(theirs, one.id),
        lambda: actions.change_session(theirs, one.id, listed(world).seal, wanted(slot(world.lena))),
    ):
        with pytest.raises(Session.DoesNotExist):
            step()


@pytest.mark.django_db(transaction=True)
@pytest.mark.req("G-22")
def test_two_at_once_never_put_somebody_into_two_sessions(clock: Clock) -> None:
    world = make_world()
    said: list[str] = []

    def run(number: int) -> None:
        try:
            enter(world, slot(world.ana, world.imani.id, at(24, 14, 15 * number)), when=span(24, 10))
            said.append("saved")
        except Wrong as wrong:
            said.append(wrong.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(said) == ["saved", "twice", "twice"]
    assert Session.objects.count() == 1
