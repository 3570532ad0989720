"""The next step of a ladder, on paper: whatever people do and however the clock runs, it comes to rest, calls nobody
twice, always has an owner, and ends.
"""

import uuid
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.escalation import rules
from alongside.escalation.rules import Alarm, Climb, ComeBack, Finish, GiveUp, Join, SetRight, Terms, Wait
from tests.escalation.effort import effort
from tests.escalation.walk import PEOPLE, START, Walk, facts_for, minutes

RENEE, MARCUS, HANA, ANA, LENA, SAM = PEOPLE
ROUTE = [("primary", RENEE), ("backup", MARCUS), ("coordinator", HANA), ("further", ANA)]
URGENT = Terms(connect=15, alarm=240, hold=60, limit=72 * 60)
EXAMPLES = effort(250, soak=10_000)


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


# --- whatever happens ------------------------------------------------------------------------------------------------

people = st.sampled_from(PEOPLE)
EVENTS = st.one_of(
    st.tuples(st.just("wait"), st.integers(0, 500)),
    st.tuples(st.sampled_from(["accept", "pass_on", "leave", "come_back"]), people),
    st.tuples(st.just("contact"), st.none()),
)
SLEEP = st.tuples(st.just("sleep"), st.integers(0, 9000))
CLOCKS = SLEEP | st.tuples(st.just("back"), st.integers(0, 9000))


@st.composite
def walks(draw: st.DrawFn) -> Walk:
    """Return a request of any route and terms that policy allows."""
    ranks = ["primary", "backup", "coordinator", "coordinator", "further", "further"]
    chosen = draw(st.lists(st.integers(0, 5), min_size=1, unique=True).map(sorted))
    second, third, last = sorted(draw(st.lists(st.integers(2, 1440), min_size=3, max_size=3, unique=True)))
    terms = Terms(
        connect=draw(st.integers(5, 1440)),
        alarm=draw(st.integers(15, 720)),
        hold=draw(st.integers(15, 720)),
        limit=draw(st.integers(12, 72)) * 60,
    )
    rungs = rules.plan([(ranks[each], PEOPLE[each]) for each in chosen], (second, third, last))
    return Walk(facts_for(rungs, terms))


def happen(walk: Walk, event: tuple[str, object]) -> None:
    """Let one thing happen, the machine awake before and after unless it sleeps."""
    name, value = event
    match name:
        case "wait":
            walk.run_until(walk.now + minutes(float(str(value))))
        case "sleep":
            walk.sleep_until(walk.now + minutes(float(str(value))))
        case "back":
            walk.sleep_until(walk.now - minutes(float(str(value))))
        case "contact":
            walk.contact()
        case _:
            getattr(walk, name)(value)


@pytest.mark.req("A-03", "A-10")
@EXAMPLES
@given(walk=walks(), events=st.lists(EVENTS | CLOCKS, max_size=25))
def test_it_comes_to_rest_has_an_owner_and_calls_nobody_twice_on_a_rung(
    walk: Walk, events: list[tuple[str, object]]
) -> None:
    for event in events:
        happen(walk, event)
        if walk.ended:
            break
        rest = walk.settle()
        owner = rules.owner(walk.facts)
        assert rest.until is not None, "a live request that waits for nothing"
        assert rest.until > walk.now
        assert owner != "ladder", "nobody answers for it, and nothing is due"
        assert owner != "taker" or walk.facts.taker in walk.facts.able
        assert owner != "called" or rules.listening(walk.facts)
        if owner == "coordinator":
            told = walk.facts.alarmed_at
            assert told is not None
            assert walk.now - told < minutes(min(walk.facts.terms.alarm, walk.facts.terms.hold)) + rules.SKEW
    assert len(set(walk.calls)) == len(walk.calls)


@pytest.mark.req("A-03", "K-22")
@EXAMPLES
@given(walk=walks(), events=st.lists(EVENTS, max_size=25))
def test_while_the_machine_is_awake_every_path_ends_by_the_limit_and_the_hold(
    walk: Walk, events: list[tuple[str, object]]
) -> None:
    limit = walk.facts.ends_at
    for event in events:
        happen(walk, event)
    assert walk.facts.ends_at == limit
    walk.run_until(limit + minutes(walk.facts.terms.hold))
    assert walk.ended


@pytest.mark.req("A-03")
@EXAMPLES
@given(walk=walks(), events=st.lists(EVENTS | SLEEP, max_size=25))
def test_nobody_gives_up_before_everybody_able_was_called_and_had_the_hold_to_answer(
    walk: Walk, events: list[tuple[str, object]]
) -> None:
    hold = minutes(walk.facts.terms.hold)
    for event in [*events, ("sleep", 9000), ("wait", 9000), ("wait", 9000)]:
        able, passed, ends_at = walk.facts.able, walk.facts.passed, walk.facts.ends_at
        happen(walk, event)
        if walk.ended:
            break
    assert walk.ended
    if walk.ended == "unanswered":
        called = {one for _, _, one in walk.calls}
        assert set(walk.facts.rungs[-1].who) & able - passed <= called
        assert walk.everybody_called_at is not None
        # What came back after its end was held for its last hour already; it is not held for ever.
        assert walk.ended_at - walk.everybody_called_at >= hold or walk.everybody_called_at >= ends_at


@pytest.mark.req("A-03")
@EXAMPLES
@given(walk=walks(), events=st.lists(EVENTS, max_size=12), back=st.integers(1, 200_000))
def test_a_clock_set_back_never_delays_a_step_by_more_than_its_own_time(
    walk: Walk, events: list[tuple[str, object]], back: int
) -> None:
    for event in events:
        happen(walk, event)
    if walk.ended:
        return
    expected = walk.settle().until
    assert expected is not None
    facts, terms = walk.facts, walk.facts.terms
    moments = (facts.opened_at, facts.rung_at, facts.taken_at, facts.alarmed_at)
    own = expected - max(at for at in moments if at is not None)
    walk.sleep_until(walk.now - minutes(back))
    rest = walk.settle()
    assert rest.until is not None
    wait = rest.until - walk.now - rules.SKEW
    if facts.state in rules.HELD:
        longest = minutes(terms.limit + terms.hold) if facts.state == "connected" else minutes(terms.connect)
    elif facts.rung < len(facts.rungs):
        before = facts.rungs[facts.rung - 1].after if facts.rung else 0
        longest = minutes(facts.rungs[facts.rung].after - before)
    else:
        longest = minutes(terms.alarm)
    assert wait <= max(longest, own)
    walk.run_until(walk.now + minutes(terms.limit + terms.hold) + rules.SKEW)
    assert walk.ended


@pytest.mark.req("A-03")
@EXAMPLES
@given(walk=walks(), events=st.lists(EVENTS, max_size=12), ahead=st.integers(1, 200_000))
def test_a_clock_that_jumps_ahead_and_is_set_right_loses_nothing_and_forgets_the_wrong_time(
    walk: Walk, events: list[tuple[str, object]], ahead: int
) -> None:
    for event in events:
        happen(walk, event)
    if walk.ended:
        return
    right = walk.now
    limit = walk.facts.opened_at + minutes(walk.facts.terms.limit)
    walk.sleep_until(right + minutes(ahead))
    if walk.ended:
        assert walk.ended == "finished" or ahead >= walk.facts.terms.hold or right + minutes(ahead) >= limit
        return
    walk.sleep_until(right)
    assert not walk.ended
    facts = walk.facts
    moments = (facts.opened_at, facts.round_at, facts.rung_at, facts.taken_at, facts.alarmed_at)
    assert all(at is None or at <= right + rules.SKEW for at in moments)
    assert facts.ends_at <= max(limit, right + minutes(facts.terms.hold)) + rules.SKEW


@pytest.mark.req("A-03")
@EXAMPLES
@given(walk=walks(), events=st.lists(EVENTS | CLOCKS, max_size=12), back=st.integers(0, 200_000))
def test_setting_right_leaves_no_moment_in_the_future_and_is_needed_once(
    walk: Walk, events: list[tuple[str, object]], back: int
) -> None:
    for event in events:
        happen(walk, event)
    now = walk.now - minutes(back)
    right = replace(walk.facts, **rules.set_right(walk.facts, now))  # type: ignore[arg-type]
    assert not isinstance(rules.next_step(right, now), SetRight)
    assert right.opened_at <= now
    assert right.ends_at <= walk.facts.ends_at
    assert rules.set_right(right, now) == rules.set_right(walk.facts, now)


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
