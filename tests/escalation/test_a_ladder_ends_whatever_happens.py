"""A ladder on paper under any events: whatever people do and however the clock runs, it comes to rest, calls nobody
twice, always has an owner, and ends.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.escalation import rules
from alongside.escalation.rules import SetRight, Terms
from tests.escalation.effort import effort
from tests.escalation.walk import PEOPLE, Walk, facts_for, minutes

EXAMPLES = effort(250, soak=10_000)
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
        if walk.gave_up_from in rules.WAITING:
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
    # The moment of sending is brought down once the clock has stood there for the hold after the last rung.
    believed = min(back, facts.rungs[-1].after + terms.connect + terms.hold)
    walk.run_until(walk.now + minutes(terms.limit + terms.hold + believed) + rules.SKEW)
    assert walk.ended


@pytest.mark.req("A-03", "K-22")
@EXAMPLES
@given(
    walk=walks(),
    events=st.lists(EVENTS, max_size=12),
    back=st.integers(1, 30_000_000),
    stays=st.integers(0, 14),
)
def test_a_clock_that_is_wrong_for_less_than_the_hold_ends_nothing_and_moves_no_end(
    walk: Walk, events: list[tuple[str, object]], back: int, stays: int
) -> None:
    for event in events:
        happen(walk, event)
    if walk.ended or walk.now >= walk.facts.ends_at:
        return
    right, ends_at = walk.now, walk.facts.ends_at
    walk.sleep_until(right - minutes(back))
    walk.run_until(walk.now + minutes(stays))
    walk.sleep_until(right)
    assert not walk.ended
    assert walk.facts.ends_at == ends_at


@pytest.mark.req("A-03", "K-22")
def test_a_connected_request_outlives_a_clock_that_leaps_past_its_end_and_comes_back() -> None:
    walk = Walk(facts_for(rules.plan([("primary", PEOPLE[0])], (5, 10, 20)), Terms(15, 240, 60, 4320)))
    walk.settle()
    walk.accept(PEOPLE[0])
    walk.contact()
    right, ends_at = walk.now, walk.facts.ends_at
    walk.sleep_until(right + minutes(4 * 1440))
    walk.run_until(walk.now + minutes(59))
    assert not walk.ended
    walk.sleep_until(right)
    assert walk.facts.ends_at == ends_at
    # A machine that was really off for so long: an hour more, and not another one.
    walk.sleep_until(right + minutes(4 * 1440))
    walk.run_until(walk.now + minutes(60))
    assert walk.ended == "finished"


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
def test_setting_right_leaves_no_step_in_the_future_and_is_needed_once(
    walk: Walk, events: list[tuple[str, object]], back: int
) -> None:
    for event in events:
        happen(walk, event)
    now = walk.now - minutes(back)
    right = replace(walk.facts, **rules.set_right(walk.facts, now))  # type: ignore[arg-type]
    assert not isinstance(rules.next_step(right, now), SetRight)
    assert all(at is None or at <= now for at in (right.round_at, right.rung_at, right.taken_at, right.alarmed_at))
    assert right.ends_at <= walk.facts.ends_at
    assert rules.set_right(right, now) == rules.set_right(walk.facts, now)
