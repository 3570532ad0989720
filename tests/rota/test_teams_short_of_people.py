"""Caps are no unfairness, and a gap is filled also where many must each change a little for it."""

import random
import uuid
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from ortools.sat.python import cp_model

from alongside.rota import rules
from alongside.rota.rules.fairness import MEASURES, Weighing, carried, spread
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.patterns import Block, Pattern, slots
from alongside.rota.rules.problem import Away, Limits, Member, Plan, Problem, Why
from alongside.rota.solver import searching, solve
from tests.rota import problems
from tests.rota.problems import MONDAY, local

UTC = ZoneInfo("UTC")
CHAIN = 8
DAYS = Pattern(MONDAY, 1, (Block(1, 0, 8 * 60, 8 * 60),), {})


def chain() -> tuple[Problem, Plan]:
    """Return days of which each can be had by two people alone, everybody once, and a plan in which all have the later
    of their two: the first day is filled only if all of them change.
    """
    found = slots(DAYS, MONDAY, CHAIN, UTC)
    people = []
    for number in range(CHAIN):
        mine = {number, number + 1}
        others = [MONDAY + timedelta(days=day) for day in range(CHAIN + 1) if day not in mine]
        away = tuple(Away(local(day, UTC), local(day + timedelta(days=1), UTC), Why.BLACKOUT) for day in others)
        people.append(Member(uuid.UUID(int=number + 1), away, most_in_28_days=1))
    return Problem(tuple(found), tuple(people), limits=Limits(rest=timedelta(hours=8))), (None, *range(CHAIN - 1))


def search(problem: Problem, plan: Plan) -> searching._Search:
    """Return a search that has come to a plan."""
    way = searching._Way(10, 1, random.Random(1), lambda _: None, lambda: False)
    one = searching._Search(problem, way)
    one.plan, one.points = plan, one.weighing.points(plan, pairs=False)
    return one


@pytest.mark.req("D-01")
def test_a_gap_that_is_filled_only_if_many_change_is_filled_by_the_days_around_it() -> None:
    problem, plan = chain()
    assert rules.violations(replace(problem, slots=problem.slots[1:]), plan[1:]) == []
    one = search(problem, plan)
    for _ in range(5):
        one.improve(one.group(searching.FEW), 5, False)
    assert None in one.plan
    one.improve_days(5)
    assert rules.violations(problem, one.plan) == []


def test_each_day_without_anybody_is_tried_once_until_a_slot_is_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, _ = chain()
    one, solved = search(problem, (None,) * CHAIN), []
    monkeypatch.setattr(searching.cp_model.CpSolver, "solve", lambda *_: solved.append(1) or cp_model.UNKNOWN)
    for _ in range(2 * CHAIN):
        one.improve_days(5)
    assert len(solved) == CHAIN
    monkeypatch.undo()
    one.tried.clear()
    one.improve_days(5)
    assert None not in one.plan
    assert one.tried == set()


@pytest.mark.req("D-01", "D-03")
def test_whoever_has_a_cap_is_not_behind_and_the_others_share_the_rest_evenly() -> None:
    problem = problems.team(10, 8, away=0, wishes=0)
    capped = tuple(replace(one, most_in_28_days=2) if at < 3 else one for at, one in enumerate(problem.people))
    problem = replace(problem, people=capped, aims=replace(problem.aims, pair=0))
    weighing = Weighing(Grid(problem))
    outcome = solve(problem, seconds=20)
    assert rules.violations(problem, outcome.plan) == []
    assert outcome.points == weighing.points(outcome.plan) == 0
    for measure in MEASURES:
        amounts = carried(problem, outcome.plan, measure)
        assert spread(amounts[3:]) <= 12 * 60, measure
