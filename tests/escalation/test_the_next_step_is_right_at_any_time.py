"""The next step of a ladder, on paper: who is called when, who is told, and how it ends."""

import uuid
from datetime import timedelta
from itertools import pairwise

import pytest

from alongside.escalation import rules
from alongside.escalation.rules import Alarm, Climb, ComeBack, Finish, GiveUp, Join, SetRight, Terms, Wait
from tests.escalation.walk import PEOPLE, START, Walk, facts_for, minutes

RENEE, MARCUS, HANA, ANA, LENA, SAM = PEOPLE
ROUTE = [("primary", RENEE), ("backup", MARCUS), ("coordinator", HANA), ("further", ANA)]
URGENT = Terms(connect=15, alarm=240, hold=60, limit=72 * 60)


def urgent(route: list[tuple[str, uuid.UUID]] | None = None) -> Walk:
    return Walk(facts_for(rules.plan(route or ROUTE, (5, 10, 20)), URGENT))


# --- the way up ------------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "A-09", "D-21")
def test_an_urgent_request_nobody_answers_climbs_at_0_5_10_and_20_minutes_and_ends_after_72_hours() -> None:
    walk = urgent()
    walk.run_until(START + timedelta(hours=73))
    climbs = [(step.number, step.who) for step in walk.steps if isinstance(step, Climb)]
    assert climbs == [(1, (RENEE,)), (2, (MARCUS,)), (3, (HANA,)), (4, (RENEE, MARCUS, HANA, ANA))]
    assert walk.ended == "unanswered"
    assert isinstance(walk.steps[-1], GiveUp)


@pytest.mark.req("A-03")
def test_the_coordinator_is_told_at_every_missed_rung_and_every_four_hours_after_the_last() -> None:
    walk = urgent()
    walk.run_until(START + timedelta(hours=73))
    missed, again = walk.alarms[:3], walk.alarms[3:]
    assert missed == [START + minutes(each) for each in (5, 10, 20)]
    assert again[0] == START + minutes(20 + 240)
    assert all(after - before == minutes(240) for before, after in pairwise(again))
    assert START + timedelta(hours=72) - again[-1] <= minutes(240)


@pytest.mark.req("A-03")
@pytest.mark.parametrize("early", [0, 1, 4])
def test_a_rung_is_not_called_before_its_time(early: int) -> None:
    walk = urgent()
    walk.run_until(START + minutes(early))
    assert walk.calls == [(1, 1, RENEE)]
    assert walk.settle() == Wait(START + minutes(5))


@pytest.mark.req("A-03", "B-16")
def test_when_all_who_were_called_have_passed_the_next_rung_is_called_at_once() -> None:
    walk = urgent()
    walk.run_until(START + minutes(1))
    walk.pass_on(RENEE)
    walk.settle()
    assert walk.calls[-1] == (1, 2, MARCUS)
    assert walk.now == START + minutes(1)


@pytest.mark.req("A-03", "C-18")
def test_somebody_on_leave_is_skipped_and_the_next_rung_called_at_once() -> None:
    walk = urgent()
    walk.leave(RENEE)
    walk.settle()
    assert walk.calls == [(1, 2, MARCUS)]


@pytest.mark.req("A-03", "B-16")
def test_when_everybody_has_passed_the_coordinator_owns_it_and_is_told_every_hour() -> None:
    walk = urgent()
    walk.run_until(START + minutes(30))
    for one in (RENEE, MARCUS, HANA, ANA):
        walk.pass_on(one)
    walk.settle()
    assert rules.owner(walk.facts) == "coordinator"
    told = len(walk.alarms)
    walk.run_until(START + minutes(30 + 180))
    assert len(walk.alarms) == told + 3


@pytest.mark.req("A-03")
def test_with_nobody_able_to_serve_the_coordinator_is_told_in_the_first_minute() -> None:
    for route in (ROUTE, [("further", ANA)]):
        walk = urgent(route)
        for one in PEOPLE:
            walk.leave(one)
        walk.settle()
        assert walk.calls == []
        assert START in walk.alarms
        assert rules.owner(walk.facts) == "coordinator"


@pytest.mark.req("A-03", "C-18")
def test_who_comes_back_after_everybody_was_called_is_called_then() -> None:
    walk = urgent()
    for one in PEOPLE:
        walk.leave(one)
    walk.run_until(START + timedelta(hours=2))
    walk.come_back(ANA)
    walk.settle()
    assert walk.calls == [(1, 4, ANA)]
    assert isinstance(walk.steps[-1], Join)
    walk.leave(ANA)
    walk.come_back(ANA)
    walk.settle()
    assert walk.calls == [(1, 4, ANA)]


# --- taken -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03")
def test_a_taker_who_makes_no_contact_in_time_loses_it_and_everybody_is_called() -> None:
    walk = urgent()
    walk.run_until(START + minutes(3))
    assert walk.accept(RENEE)
    walk.run_until(START + minutes(17))
    assert walk.facts.taker == RENEE
    walk.run_until(START + minutes(18))
    assert walk.facts.taker is None
    assert [one for number, _, one in walk.calls if number == 2] == [RENEE, MARCUS, HANA, ANA]
    assert walk.alarms[-1] == START + minutes(18)


@pytest.mark.req("A-03", "B-16")
def test_a_taker_who_gives_back_is_not_called_again_but_everybody_else_is() -> None:
    walk = urgent()
    walk.settle()
    walk.accept(RENEE)
    walk.pass_on(RENEE)
    walk.settle()
    assert [one for number, _, one in walk.calls if number == 2] == [MARCUS, HANA, ANA]


@pytest.mark.req("A-03", "C-18")
@pytest.mark.parametrize("connected", [False, True])
def test_a_taker_who_goes_on_leave_loses_it(connected: bool) -> None:
    walk = urgent()
    walk.settle()
    walk.accept(RENEE)
    if connected:
        walk.contact()
    walk.leave(RENEE)
    assert rules.owner(walk.facts) == "ladder"
    walk.settle()
    assert any(isinstance(step, ComeBack) for step in walk.steps)
    assert rules.listening(walk.facts) == {MARCUS, HANA, ANA}


@pytest.mark.req("A-10", "K-22")
def test_a_request_with_contact_made_is_finished_at_its_limit_without_a_word() -> None:
    walk = urgent()
    walk.settle()
    walk.accept(RENEE)
    walk.contact()
    walk.run_until(START + timedelta(hours=80))
    assert walk.ended == "finished"
    assert walk.alarms == []
    assert isinstance(walk.steps[-1], Finish)


# --- the end ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "K-22")
def test_who_accepts_in_the_last_minute_still_has_the_time_to_make_contact() -> None:
    walk = urgent()
    walk.run_until(START + timedelta(hours=72) - minutes(1))
    assert walk.accept(ANA)
    walk.run_until(START + timedelta(hours=72) + minutes(13))
    assert not walk.ended
    walk.run_until(START + timedelta(hours=72) + minutes(14))
    assert walk.ended == "unanswered"


@pytest.mark.req("A-03", "K-22")
def test_a_long_time_to_make_contact_does_not_outlast_the_hold() -> None:
    terms = Terms(connect=240, alarm=240, hold=60, limit=72 * 60)
    walk = Walk(facts_for(rules.plan(ROUTE, (30, 120, 480)), terms))
    limit = START + timedelta(hours=72)
    walk.run_until(limit - minutes(1))
    assert walk.accept(ANA)
    assert rules.contact_by(walk.facts) == limit + minutes(60)
    walk.run_until(limit + minutes(59))
    assert not walk.ended
    walk.run_until(limit + minutes(60))
    assert walk.ended == "unanswered"


@pytest.mark.req("A-03", "K-22")
def test_a_taker_before_everybody_was_called_leaves_time_to_call_them() -> None:
    terms = Terms(connect=240, alarm=240, hold=60, limit=12 * 60)
    walk = Walk(facts_for(rules.plan(ROUTE, (30, 120, 24 * 60)), terms))
    walk.run_until(START + minutes(10 * 60))
    assert walk.accept(MARCUS)
    assert rules.contact_by(walk.facts) == START + minutes(11 * 60)
    walk.run_until(START + minutes(11 * 60))
    assert {one for number, _, one in walk.calls if number == 2} == {RENEE, MARCUS, HANA, ANA}
    walk.run_until(START + minutes(12 * 60))
    assert walk.ended == "unanswered"


@pytest.mark.req("A-03", "K-22")
def test_a_request_given_back_near_its_end_is_held_open_for_an_hour_and_no_longer() -> None:
    walk = urgent()
    limit = START + timedelta(hours=72)
    walk.run_until(limit - minutes(20))
    walk.accept(ANA)
    walk.run_until(limit - minutes(10))
    walk.pass_on(ANA)
    walk.run_until(limit + minutes(45))
    assert not walk.ended
    walk.accept(MARCUS)
    walk.run_until(limit + minutes(49))
    walk.pass_on(MARCUS)
    walk.run_until(limit + minutes(59))
    assert not walk.ended
    walk.run_until(limit + minutes(60))
    assert walk.ended == "unanswered"


@pytest.mark.req("A-03")
def test_a_machine_that_slept_past_the_end_still_calls_everybody_and_waits_an_hour() -> None:
    walk = urgent()
    walk.settle()
    walk.sleep_until(START + timedelta(days=9))
    assert {one for _, _, one in walk.calls} == {RENEE, MARCUS, HANA, ANA}
    walk.run_until(walk.now + minutes(59))
    assert not walk.ended
    walk.run_until(walk.now + minutes(1))
    assert walk.ended == "unanswered"


@pytest.mark.req("A-03")
def test_a_machine_that_slept_while_contact_was_due_calls_everybody_before_giving_up() -> None:
    walk = urgent()
    walk.settle()
    walk.accept(RENEE)
    walk.sleep_until(START + timedelta(days=9))
    assert [one for number, _, one in walk.calls if number == 2] == [RENEE, MARCUS, HANA, ANA]
    walk.run_until(walk.now + minutes(60))
    assert walk.ended == "unanswered"


@pytest.mark.req("A-03", "K-22")
def test_with_a_short_limit_the_last_rung_is_called_early_enough_to_be_heard() -> None:
    terms = Terms(connect=240, alarm=240, hold=60, limit=12 * 60)
    walk = Walk(facts_for(rules.plan(ROUTE, (30, 120, 24 * 60)), terms))
    walk.run_until(START + minutes(11 * 60))
    assert walk.calls[-1] == (1, 4, ANA)
    walk.run_until(START + minutes(12 * 60))
    assert walk.ended == "unanswered"


@pytest.mark.req("A-03")
def test_the_first_rung_is_called_at_once_whatever_the_clock_says() -> None:
    walk = urgent()
    walk.sleep_until(START - minutes(2))
    assert walk.calls == [(1, 1, RENEE)]


@pytest.mark.req("A-03")
def test_two_machines_that_differ_by_a_minute_do_not_set_each_other_right() -> None:
    walk = urgent()
    walk.settle()
    assert walk.settle() == Wait(START + minutes(5))
    assert rules.next_step(walk.facts, START - minutes(1)) == Wait(START + minutes(5))
    assert rules.next_step(walk.facts, START - minutes(3)) == SetRight(START - minutes(3))


@pytest.mark.req("A-10")
def test_an_unanswered_request_has_no_next_step_and_the_coordinator_owns_it() -> None:
    walk = urgent()
    walk.run_until(START + timedelta(hours=73))
    assert rules.next_step(walk.facts, START + timedelta(days=30)) == Wait(None)
    assert rules.owner(walk.facts) == "coordinator"


@pytest.mark.req("K-26")
def test_no_moment_of_a_request_is_finer_than_a_minute() -> None:
    assert rules.minute_of(START.replace(second=59, microsecond=999_999)) == START


def test_every_kind_of_step_was_walked() -> None:
    """Guard the tests above: a walk that never alarms or joins would prove nothing about it."""
    walk = urgent()
    walk.leave(ANA)
    walk.run_until(START + minutes(21))
    walk.come_back(ANA)
    walk.run_until(START + timedelta(hours=5))
    walk.sleep_until(START + timedelta(hours=1))
    walk.accept(RENEE)
    walk.run_until(walk.now + minutes(16))
    walk.accept(RENEE)
    walk.contact()
    walk.run_until(walk.now + timedelta(hours=80))
    kinds = {type(step) for step in walk.steps}
    assert kinds == {Climb, Join, Alarm, SetRight, ComeBack, Finish}
