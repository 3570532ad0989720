"""A wish is met or missed once, whatever number of shifts touch its day, wherever a plan is weighed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings

from alongside.rota.rules.drafting import draft
from alongside.rota.rules.fairness import GAP, Weighing
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.hoping import least_missed
from alongside.rota.rules.problem import Aims, Plan, Problem, Wish
from alongside.rota.solver import solve
from tests.rota import problems
from tests.rota.test_planning import every_plan, sound

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ONLY_WISHES = Aims(load=0, night=0, weekend=0, holiday=0, hand_over=0, pair=0, wish=10)


def hoping(on_call: bool, *who: int, size: int = 6, day: int = 2) -> Problem:
    """Return a week of which some people wish one day."""
    problem = problems.team(size, 1, away=0, wishes=0)
    begin = problems.local(problems.MONDAY + timedelta(days=day), problems.ZoneInfo("America/Chicago"))
    wish = Wish(begin, begin + timedelta(days=1), on_call)
    people = tuple(replace(one, wishes=(wish,) if n in who else ()) for n, one in enumerate(problem.people))
    return replace(problem, people=people, aims=ONLY_WISHES)


def given_to(problem: Problem, who: int, count: int) -> Plan:
    """Return a plan with so many of the slots that touch the wish of somebody given to them."""
    (wish,) = problem.people[who].wishes
    touched = [
        at for at, slot in enumerate(problem.slots) if slot.starts_at < wish.ends_at and wish.starts_at < slot.ends_at
    ]
    assert len(touched) == 6
    return tuple(who if at in touched[:count] else (who + 1) % 6 for at in range(len(problem.slots)))


@pytest.mark.req("D-02", "B-38")
@pytest.mark.parametrize(("on_call", "weights"), [(True, (10, 0, 0, 0)), (False, (0, 10, 10, 10))])
def test_a_wish_weighs_once_and_nothing_when_it_is_met(on_call: bool, weights: tuple[int, ...]) -> None:
    problem = hoping(on_call, 0)
    weighing = Weighing(Grid(problem))
    assert tuple(weighing.points(given_to(problem, 0, count)) for count in range(4)) == weights
    assert weighing.least() == 0


@pytest.mark.req("D-02", "B-38")
@pytest.mark.parametrize("on_call", [True, False])
def test_a_plan_that_meets_every_wish_weighs_nothing_and_is_found(on_call: bool) -> None:
    outcome = solve(hoping(on_call, 0, 1), seconds=10)
    assert (outcome.points, outcome.bound) == (0, 0)


@pytest.mark.req("B-38")
def test_a_wish_that_a_published_shift_meets_weighs_nothing_any_more() -> None:
    problem = hoping(True, 0)
    (hope,) = Weighing(Grid(problem)).hopes
    held = replace(problem, held={hope.places[0]: 0})
    assert Weighing(Grid(held)).hopes == ()
    slot = problem.slots[hope.places[0]]
    around = replace(problem.people[0], around=((slot.starts_at, slot.ends_at, slot.day),))
    assert Weighing(Grid(replace(problem, people=(around, *problem.people[1:])))).hopes == ()
    # Of a day that is published against a wish, the plan still leaves the rest free.
    free = hoping(False, 0)
    (hope,) = Weighing(Grid(replace(free, held={hope.places[0]: 0}))).hopes
    assert not hope.on_call
    assert len(hope.places) < 6


@pytest.mark.req("D-02")
def test_wishes_that_cannot_all_be_met_are_counted_before_anything_is_searched() -> None:
    # Six wish to be free on a day of six slots: two may have both nights, and each of its days is one more.
    everybody = hoping(False, *range(6))
    assert least_missed(Grid(everybody), Weighing(Grid(everybody)).hopes) == 4
    outcome = solve(everybody, seconds=20)
    assert outcome.points == outcome.bound == 40
    # Eight wish to be on call on a day of six slots.
    many = hoping(True, *range(8), size=8)
    assert least_missed(Grid(many), Weighing(Grid(many)).hopes) == 2
    outcome = solve(many, seconds=20)
    assert outcome.points == outcome.bound == 20


@pytest.mark.req("D-02")
@FEW
@given(problems.problems())
def test_no_plan_misses_fewer_wishes_than_were_counted(problem: Problem) -> None:
    small = replace(
        problem,
        slots=problem.slots[:5],
        people=problem.people[:3],
        held={at: who for at, who in problem.held.items() if at < 5 and who < 3},
        aims=ONLY_WISHES,
    )
    assume(small.slots and sound(small) and any(one.wishes for one in small.people))
    weighing = Weighing(Grid(small))
    assert weighing.least() <= min(weighing.points(plan) for plan in every_plan(small))
    plan = draft(weighing)
    missed = sum(hope.missed(plan) for hope in weighing.hopes)
    assert weighing.points(plan) == GAP * sum(who is None for who in plan) + 10 * missed
