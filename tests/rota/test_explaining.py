"""What would fill a gap is the smallest set of facts: beside every other set there is."""

import itertools
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings

from alongside.rota import rules
from alongside.rota.rules.drafting import draft
from alongside.rota.rules.fairness import Weighing
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.patterns import slots as slots_of
from alongside.rota.rules.problem import Away, Member, Plan, Problem, Why
from alongside.rota.solver import Explanation, Fact, explain, solve
from alongside.rota.solver.explaining import ASKS, SOMEBODY_NEW
from tests.rota import problems
from tests.rota.test_planning import sound

FEW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def price(facts: Iterator[Fact] | set[Fact] | tuple[Fact, ...]) -> int:
    return sum(ASKS[fact.kind] if fact.kind else SOMEBODY_NEW for fact in facts)


def needed(problem: Problem, plan: Plan) -> set[Fact] | None:
    """Return the facts that a plan sets aside by the words of the judge alone; None where nothing could allow it."""
    found = set()
    for one in rules.violations(problem, plan):
        if one.rule is rules.Rule.TWICE:
            return None
        if one.rule is rules.Rule.COVERED:
            found.add(Fact(None, slot=one.slots[0]))
        elif one.rule is rules.Rule.HELD:
            found.add(Fact(rules.Rule.HELD, slot=one.slots[0]))
        elif one.rule is rules.Rule.AWAY:
            slot = problem.slots[one.slots[0]]
            assert one.person is not None
            for number, away in enumerate(problem.people[one.person].away):
                if away.starts_at < slot.ends_at and slot.starts_at < away.ends_at:
                    found.add(Fact(away.why, one.person, number))
        else:
            found.add(Fact(one.rule, one.person))
    return found


@pytest.mark.req("D-02")
@FEW
@given(problems.problems())
def test_no_set_of_facts_that_would_fill_the_gaps_asks_for_less(problem: Problem) -> None:
    small = replace(
        problem,
        slots=problem.slots[:5],
        people=problem.people[:3],
        held={at: who for at, who in problem.held.items() if at < 5 and who < 3},
    )
    assume(small.slots and sound(small))
    plan = solve(small, seconds=2, workers=1).plan
    assume(None in plan)
    found = explain(Grid(small), plan, seconds=20)
    assume(len(found) == 1)
    choices = [[*range(len(small.people)), *([None] if has is None else [])] for has in plan]
    sets = (needed(small, other) for other in itertools.product(*choices))
    least = min(price(one) for one in sets if one is not None)
    assert found[0].proven
    assert price(found[0].facts) == least


def test_a_published_shift_is_not_given_to_somebody_who_would_be_in_two_places() -> None:
    zone = ZoneInfo("America/Chicago")
    day = tuple(slots_of(problems.days_and_nights(), problems.MONDAY, 1, zone))
    first = tuple(one for one in day if one.starts_at == day[0].starts_at)
    leave = Away(first[0].starts_at, first[0].ends_at, Why.LEAVE)
    people = tuple(Member(uuid.UUID(int=number + 1)) for number in range(3))
    # Two hold the two tiers; a third slot of that time has nobody, and the third person is on leave.
    third = replace(first[0], tier=3)
    problem = Problem((*first, third), (*people[:2], replace(people[2], away=(leave,))), {0: 0, 1: 1})
    (found,) = explain(Grid(problem), (0, 1, None))
    assert found.facts == (Fact(Why.LEAVE, 2, 0),)


@pytest.mark.req("D-02")
def test_a_year_without_anybody_is_gone_through_in_the_time_there_is() -> None:
    problem = problems.team(129, 52)
    away = Away(
        problem.slots[0].starts_at - timedelta(days=2), problem.slots[-1].ends_at + timedelta(days=2), Why.LEAVE
    )
    problem = replace(problem, people=tuple(replace(one, away=(*one.away, away)) for one in problem.people))
    began = time.monotonic()
    grid = Grid(problem)
    found = explain(grid, (None,) * len(problem.slots), seconds=5)
    assert time.monotonic() - began < 60
    assert sorted(at for one in found for at in one.slots) == list(range(len(problem.slots)))
    assert {fact.kind for fact in found[0].facts} <= {Why.LEAVE, Why.BLACKOUT, None}
    # Whoever stops it gets the gaps all the same.
    stopped = explain(grid, (None,) * len(problem.slots), seconds=5, stop=lambda: True)
    assert stopped[0] == Explanation(stopped[0].slots, (), proven=False)


def test_somebody_with_more_than_is_allowed_by_what_was_published_is_not_the_reason() -> None:
    zone = ZoneInfo("UTC")
    slots = tuple(slots_of(problems.days_and_nights(date(2026, 6, 1)), date(2026, 6, 1), 8, zone))
    days = [at for at, slot in enumerate(slots) if slot.tier == 1 and "night" not in slot.marks]
    kept = tuple(slots[at] for at in days)
    people = (
        Member(uuid.UUID(int=1)),
        Member(uuid.UUID(int=2), away=(Away(kept[7].starts_at, kept[7].ends_at, Why.HOURS),)),
    )
    problem = Problem(kept, people, dict.fromkeys(range(7), 0))
    plan = draft(Weighing(Grid(problem)))
    assert plan[7] is None
    (found,) = explain(Grid(problem), plan)
    assert found.facts == (Fact(Why.HOURS, 1, 0),)
