"""A sentence on a gap: what its slots have in common, who could be asked, and what keeps whom, beside the judge."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from alongside.rota import rules
from alongside.rota.rules import shortage
from alongside.rota.rules.drafting import draft, hands_of
from alongside.rota.rules.fairness import Weighing
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.judging import Rule
from alongside.rota.rules.problem import Away, Member, Plan, Problem, Why
from alongside.rota.rules.shortage import Kind
from tests.rota import problems

MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def nights(problem: Problem, tier: int) -> list[int]:
    """Return the nights of a tier, in order."""
    slots = problem.slots
    return [at for at in Grid(problem).order if slots[at].tier == tier and "night" in slots[at].marks]


@pytest.mark.req("D-01", "D-02")
@MANY
@given(problems.problems())
def test_nothing_keeps_exactly_those_whom_the_judge_would_let_take_it(problem: Problem) -> None:
    # What is held may break rules by itself; then who holds it is let alone by the judge, and kept here.
    problem = replace(problem, held={})
    grid = Grid(problem)
    first = draft(Weighing(grid))
    # Every other slot is taken out again: so there are gaps that some could take.
    plan: Plan = tuple(None if at % 2 else who for at, who in enumerate(first))
    hands = hands_of(problem)
    for at, who in enumerate(plan):
        if who is not None:
            hands[who].take(problem.slots[at].day.toordinal())
    for at, has in enumerate(plan):
        for who in range(len(problem.people)) if has is None else ():
            tried = tuple(who if at == place else one for place, one in enumerate(plan))
            broken = {one.rule for one in rules.violations(problem, tried) if one.rule is not Rule.COVERED}
            why = shortage.keeps(grid, plan, hands[who], who, at)
            assert (why is None) == (not broken)
            if why is not None:
                assert (Rule.AWAY if isinstance(why, Why) else why) in broken


@pytest.mark.req("D-02")
@MANY
@given(problems.problems())
def test_everybody_who_is_ready_is_counted_once(problem: Problem) -> None:
    grid, nobody = Grid(problem), (None,) * len(problem.slots)
    for group in shortage.groups(grid, set(range(len(problem.slots)))):
        found = shortage.kept(grid, nobody, group)
        assert found.able + sum(count for _, count in found.reasons) == found.ready <= len(problem.people)
        assert all(why in shortage.REASONS and count for why, count in found.reasons)


@pytest.mark.req("D-02")
def test_nights_of_one_week_with_two_people_on_leave_are_said_as_such() -> None:
    problem = problems.team(3, 2, away=0, wishes=0)
    begin, end = problem.slots[0].starts_at - timedelta(days=1), problem.slots[-1].ends_at + timedelta(days=1)
    leave, unready = Away(begin, end, Why.LEAVE), Away(begin, end, Why.NOT_READY)
    people = tuple(
        replace(one, away=(away,)) for one, away in zip(problem.people, (leave, leave, unready), strict=True)
    )
    problem = replace(problem, people=people)
    gaps = nights(problem, 2)[:7]
    common = shortage.common(problem.slots, gaps)
    assert (common.kind, common.tier) == (Kind.NIGHT, 2)
    assert common.first.isocalendar().week == common.last.isocalendar().week == 48
    kept = shortage.kept(Grid(problem), (None,) * len(problem.slots), gaps)
    assert (kept.ready, kept.able, kept.reasons) == (2, 0, ((Why.LEAVE, 2),))


def test_what_all_slots_have_is_nothing_they_have_in_common() -> None:
    whole = problems.team(3, 4, away=0, wishes=0, pattern=problems.weeks()).slots
    assert shortage.common(whole, [0, 1]).kind is Kind.ANY
    assert shortage.common(whole, [0, 1]).tier is None
    problem = problems.team(3, 2, away=0, wishes=0)
    both = [nights(problem, 1)[0], nights(problem, 2)[0]]
    assert shortage.common(problem.slots, both).tier is None
    weekend = [at for at, slot in enumerate(problem.slots) if {"weekend", "night"} <= slot.marks]
    assert shortage.common(problem.slots, weekend).kind is Kind.WEEKEND_NIGHT
    days = [at for at, slot in enumerate(problem.slots) if not slot.marks]
    assert shortage.common(problem.slots, days).kind is Kind.DAY
    assert shortage.common(problem.slots, range(len(problem.slots))).kind is Kind.ANY


def test_each_reason_is_found() -> None:
    problem = problems.team(1, 1, away=0, wishes=0)
    order = Grid(problem).order
    at, grid = order[4], Grid(problem)
    slot = problem.slots[at]

    def of(person: Member, had: tuple[int, ...] = (), row: int = 5) -> Why | Rule | None:
        asked = replace(problem, people=(person,), limits=replace(problem.limits, days_in_a_row=row))
        plan: Plan = tuple(0 if place in had else None for place in range(len(problem.slots)))
        found = shortage.kept(Grid(asked), plan, [at])
        return found.reasons[0][0] if found.reasons else None

    me = Member(uuid.UUID(int=1))
    for why in Why:
        said = of(replace(me, away=(Away(slot.starts_at, slot.ends_at, why),)))
        assert said == (None if why is Why.NOT_READY else why)
    both = tuple(Away(slot.starts_at, slot.ends_at, why) for why in (Why.HOURS, Why.LEAVE))
    assert of(replace(me, away=both)) is Why.LEAVE
    beside = next(one for one in grid.both_ways[at] if problem.slots[one].starts_at == slot.starts_at)
    after = next(one for one in grid.both_ways[at] if problem.slots[one].starts_at == slot.ends_at)
    assert of(me, (beside,)) is Rule.TWICE
    assert of(me, (after,)) is Rule.REST
    day = timedelta(days=1)
    near = tuple((slot.starts_at + n * day, slot.ends_at + n * day, slot.day + n * day) for n in (1, 2))
    assert of(replace(me, around=near), row=2) is Rule.ROW
    assert of(replace(me, around=near, most_in_28_days=2)) is Rule.CAP
    assert of(replace(me, around=near)) is None
    # Of what is elsewhere nothing is said but that somebody is busy.
    assert of(replace(me, around=near, elsewhere=1), row=2) is Why.BUSY
    assert of(replace(me, around=near, elsewhere=1, most_in_28_days=2)) is Why.BUSY
    for shift in (timedelta(0), slot.ends_at - slot.starts_at):
        there = ((slot.starts_at + shift, slot.ends_at + shift, slot.day),)
        assert of(replace(me, around=there)) in (Rule.TWICE, Rule.REST)
        assert of(replace(me, around=there, elsewhere=1)) is Why.BUSY
    assert of(replace(me, around=near, elsewhere=2)) is None


def test_gaps_far_apart_are_told_apart() -> None:
    problem = problems.team(3, 8, away=0, wishes=0)
    some = nights(problem, 1)
    assert list(shortage.groups(Grid(problem), {some[0], some[3], some[30]})) == [(some[0], some[3]), (some[30],)]
