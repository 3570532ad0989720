"""Whom a supporter may ask to help or to take over, on paper alone: every state, every role in it, every person."""

import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.escalation import rules
from alongside.escalation.rules import BACKUP, TAKE
from tests.escalation.effort import effort
from tests.escalation.walk import PEOPLE, facts_for

TERMS = rules.Terms(connect=15, alarm=240, hold=60, limit=4320)
TAKER, HELPER, ASKED, GONE, PASSED, STRANGER = PEOPLE
RUNGS = (rules.Rung("primary", 0, (TAKER,)), rules.Rung("all", 20, (TAKER, HELPER, GONE)))
HELD = replace(
    facts_for(RUNGS, TERMS),
    state="accepted",
    taker=TAKER,
    called=frozenset({TAKER}),
    able=frozenset(PEOPLE) - {GONE},
    passed=frozenset({PASSED}),
    helping=frozenset({HELPER}),
    offered=frozenset({ASKED}),
)
people = st.sampled_from(PEOPLE)
some = st.frozensets(people)


@pytest.mark.req("D-10")
@pytest.mark.parametrize("state", ["accepted", "connected"])
def test_the_taker_asks_for_help_or_to_be_relieved_and_nobody_else_does(state: str) -> None:
    held = replace(HELD, state=state)
    assert rules.askable(held, TAKER, BACKUP) == {STRANGER}
    # A helper can be asked to take it over; whoever is asked already is not asked twice.
    assert rules.askable(held, TAKER, TAKE) == {STRANGER, HELPER}
    for other in (HELPER, ASKED, PASSED, STRANGER, GONE):
        assert not rules.askable(held, other, BACKUP) | rules.askable(held, other, TAKE)
        assert not rules.may_ask(held, other, TAKE)


@pytest.mark.req("B-16")
@pytest.mark.parametrize("state", ["open", "alerted"])
def test_what_waits_can_be_passed_to_somebody_who_was_not_called_and_gets_no_helper(state: str) -> None:
    waiting = replace(HELD, state=state, taker=None, helping=frozenset(), offered=frozenset())
    assert rules.askable(waiting, TAKER, TAKE) == {HELPER, ASKED, STRANGER}
    assert rules.askable(waiting, TAKER, BACKUP) == frozenset()


def test_nobody_is_asked_for_what_went_unanswered() -> None:
    over = replace(HELD, state="unanswered", taker=None)
    assert not any(rules.askable(over, me, purpose) for me in PEOPLE for purpose in (BACKUP, TAKE))


@effort(200, soak=5000)
@given(
    state=st.sampled_from(["open", "alerted", "accepted", "connected", "unanswered"]),
    me=people,
    taker=people,
    sets=st.tuples(some, some, some, some, some),
    purpose=st.sampled_from([BACKUP, TAKE]),
)
def test_never_somebody_on_leave_who_passed_has_it_or_asks(
    state: str, me: uuid.UUID, taker: uuid.UUID, sets: tuple[frozenset[uuid.UUID], ...], purpose: str
) -> None:
    able, passed, called, helping, offered = sets
    facts = replace(
        HELD,
        state=state,
        taker=taker if state in rules.HELD else None,
        able=able,
        passed=passed,
        called=called,
        helping=helping,
        offered=offered,
    )
    found = rules.askable(facts, me, purpose)
    assert found <= able - passed - {me} - ({facts.taker} if facts.taker else set())
    assert not found or rules.may_ask(facts, me, purpose)


@pytest.mark.req("A-03")
def test_whoever_is_asked_is_called_with_everybody_later_and_stands_there_once() -> None:
    more = rules.with_one_more(RUNGS, STRANGER)
    assert more[:-1] == RUNGS[:-1]
    assert more[-1].who == (*RUNGS[-1].who, STRANGER)
    assert rules.with_one_more(more, STRANGER) == more
