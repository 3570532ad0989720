"""Plans of the solver, judged by rules that share nothing with its model, and against every plan there is."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from ortools.sat.python import cp_model

from alongside.rota import rules
from alongside.rota.rules.drafting import draft
from alongside.rota.rules.fairness import GAP, MEASURES, Weighing, carried, spread
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.problem import Plan, Problem
from alongside.rota.solver import solve
from alongside.rota.solver.model import among, read, uncounted
from tests.rota import problems

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def broken(problem: Problem, plan: Plan) -> list[rules.Violation]:
    """Return what a plan breaks besides leaving gaps."""
    return [one for one in rules.violations(problem, plan) if one.rule is not rules.Rule.COVERED]


def sound(problem: Problem) -> bool:
    """Say whether what is held breaks nothing by itself, so that a sound plan can exist."""
    alone = tuple(problem.held.get(at) for at in range(len(problem.slots)))
    return not broken(problem, alone)


@pytest.mark.req("D-01", "D-12")
@FEW
@given(problems.problems())
def test_a_plan_breaks_nothing_and_leaves_alone_what_is_held(problem: Problem) -> None:
    assume(sound(problem))
    outcome = solve(problem, seconds=3, workers=1)
    assert broken(problem, outcome.plan) == []
    assert all(outcome.plan[at] == who for at, who in problem.held.items())
    assert outcome.bound <= outcome.points == Weighing(Grid(problem)).points(outcome.plan)


@pytest.mark.req("D-01")
@FEW
@given(problems.problems())
def test_the_first_plan_breaks_nothing_and_is_never_better_than_the_last(problem: Problem) -> None:
    assume(sound(problem))
    weighing = Weighing(Grid(problem))
    first = draft(weighing)
    assert broken(problem, first) == []
    assert solve(problem, seconds=3, workers=1).points <= weighing.points(first)


def every_plan(problem: Problem) -> Iterator[Plan]:
    """Yield every plan that breaks nothing, gaps allowed."""
    choices = [
        [problem.held[at]] if at in problem.held else [*range(len(problem.people)), None]
        for at in range(len(problem.slots))
    ]
    for plan in itertools.product(*choices):
        if not broken(problem, plan):
            yield plan


@FEW
@given(problems.problems())
def test_no_plan_at_all_is_better_than_a_proven_one_nor_below_the_bound(problem: Problem) -> None:
    small = replace(
        problem,
        slots=problem.slots[:5],
        people=problem.people[:3],
        held={at: who for at, who in problem.held.items() if at < 5 and who < 3},
    )
    assume(small.slots and sound(small))
    weighing = Weighing(Grid(small))
    best = min(weighing.points(plan, pairs=False) for plan in every_plan(small))
    outcome = solve(replace(small, aims=replace(small.aims, pair=0)), seconds=5, workers=1)
    assert outcome.bound <= best <= outcome.points
    assert outcome.points == best


def weighed(problem: Problem) -> tuple[int, int] | None:
    """Return what the best plan weighs by the model's aim and by the scale; None where no time was enough."""
    weighing = Weighing(Grid(problem))
    first = draft(weighing)
    model = among(weighing, first, set(range(len(problem.people))))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds, solver.parameters.num_workers = 2, 1
    if solver.solve(model.cp) != cp_model.OPTIMAL:
        return None
    best = read(model, solver.value, first)
    return round(solver.objective_value) + uncounted(model, weighing, first), weighing.points(best, pairs=False)


@pytest.mark.req("D-01")
@FEW
@given(problems.problems())
def test_the_model_of_everybody_weighs_a_plan_as_the_scale_does(problem: Problem) -> None:
    assume(sound(problem))
    found = weighed(problem)
    assume(found)
    assert found
    assert found[0] == found[1]


def test_the_model_knows_who_goes_on_between_two_slots_that_are_held() -> None:
    problem = problems.team(3, 1, away=0, wishes=0)
    few = tuple(problem.slots[at] for at in Grid(problem).order[:8])
    problem = replace(problem, slots=few, limits=replace(problem.limits, rest=timedelta(0), goes_on=True))
    first = Grid(problem).order[0]
    found = weighed(replace(problem, held={first: 0, Grid(problem).followers[first]: 0}))
    assert found
    assert found[0] == found[1]


def test_what_one_person_holds_twice_is_no_pair_that_repeats() -> None:
    problem = problems.team(2, 1, away=0, wishes=0)
    two = tuple(one for one in problem.slots if one.starts_at == problem.slots[0].starts_at)
    outcome = solve(replace(problem, slots=two, held={0: 0, 1: 0}), seconds=3, workers=1)
    assert outcome.bound == outcome.points


def test_the_judge_finds_each_kind_of_break() -> None:
    problem = problems.team(3, 1, away=0, wishes=0)
    order = Grid(problem).order
    plan: list[int | None] = [None] * len(problem.slots)
    first, beside, then = order[0], order[1], order[2]
    plan[first] = plan[beside] = plan[then] = 0
    found = {one.rule for one in rules.violations(problem, tuple(plan))}
    assert found == {rules.Rule.COVERED, rules.Rule.TWICE, rules.Rule.REST}
    row = replace(problem, limits=replace(problem.limits, days_in_a_row=2))
    days = [at for at in order if problem.slots[at].tier == 1 and not problem.slots[at].marks & {"night"}]
    plan = [0 if at in days[:3] else None for at in range(len(problem.slots))]
    assert rules.Rule.ROW in {one.rule for one in rules.violations(row, tuple(plan))}
    assert rules.Rule.ROW not in {one.rule for one in rules.violations(problem, tuple(plan))}
    capped = replace(problem, people=(replace(problem.people[0], most_in_28_days=2), *problem.people[1:]))
    assert rules.Rule.CAP in {one.rule for one in rules.violations(capped, tuple(plan))}
    held = replace(problem, held={days[0]: 1})
    assert rules.Rule.HELD in {one.rule for one in rules.violations(held, tuple(plan))}


@pytest.mark.req("D-01", "D-02")
def test_a_small_team_is_shared_out_evenly_in_every_measure() -> None:
    problem = problems.team(8, 4, seed=2)
    outcome = solve(problem, seconds=60)
    assert rules.violations(problem, outcome.plan) == []
    for measure in MEASURES:
        assert spread(carried(problem, outcome.plan, measure)) <= 12 * 60, measure


def test_what_was_served_before_counts() -> None:
    problem = problems.team(8, 4, away=0, wishes=0)
    served = 4 * 12 * 60
    problem = replace(problem, people=(replace(problem.people[0], served={"load": served}), *problem.people[1:]))
    outcome = solve(problem, seconds=30)
    loads = carried(problem, outcome.plan, "load")
    assert spread(loads) <= 12 * 60
    assert loads[0] - served < min(loads[1:])


def test_it_can_be_stopped_and_has_a_plan_at_once() -> None:
    problem = problems.team(40, 26)
    heard: list[int] = []
    outcome = solve(problem, seconds=600, tell=lambda one: heard.append(one.points), stop=lambda: len(heard) > 1)
    assert heard == sorted(heard, reverse=True)
    assert rules.violations(problem, outcome.plan) == []
    assert outcome.points < GAP


def test_nobody_at_all_leaves_gaps_and_says_so() -> None:
    problem = replace(problems.team(3, 1), people=())
    outcome = solve(problem, seconds=5)
    assert set(outcome.plan) == {None}
    assert solve(replace(problem, slots=()), seconds=5).plan == ()


def test_weeks_in_one_piece_go_round() -> None:
    problem = problems.team(6, 12, away=0, wishes=0, pattern=problems.weeks())
    outcome = solve(problem, seconds=20)
    assert rules.violations(problem, outcome.plan) == []
    assert spread(carried(problem, outcome.plan, "load")) == 0
    assert problem.slots[0].ends_at - problem.slots[0].starts_at >= timedelta(days=6)
