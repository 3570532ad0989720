"""The last touch: who works together, changed so that it is not always the same two (docs/algorithms/rota.md)."""

import random
from collections import defaultdict
from collections.abc import Callable

from ortools.sat.python import cp_model

from alongside.rota.rules.fairness import Weighing, month_of
from alongside.rota.rules.problem import Plan
from alongside.rota.solver.model import Model, everything, finished, read, with_equal_shares

# Seconds for one table, and how often every table is tried in vain before it ends: with 6, three of four searches for
# nine people ended one repeat above a bound that they reach.
A_TABLE = 2.0
LONG = 40


def mixed(weighing: Weighing, plan: Plan, left: Callable[[], float], *, seed: int, workers: int) -> Plan:
    """Return the plan with backups changed hands, month by month, until nobody need meet the same partner again.

    What everybody carries stays as it is, and nothing else gets worse. Ends when no time is left.
    """
    grid = weighing.grid
    months: dict[tuple[int, int], list[int]] = defaultdict(list)
    for at in grid.order:
        slot = grid.problem.slots[at]
        if slot.tier > 1 and at not in grid.problem.held and plan[at] is not None:
            months[month_of(grid, at), slot.tier].append(at)
    for free in months.values():
        if (seconds := left()) <= 0:
            break
        model = with_equal_shares(weighing, plan, free)
        _count_pairs(model, weighing, plan)
        finished(model, plan)
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = min(seconds, 3)
        solver.parameters.num_workers, solver.parameters.random_seed = workers, seed
        if solver.solve(model.cp) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            found = read(model, solver.value, plan)
            if weighing.points(found) < weighing.points(plan):
                plan = found
    return plan


def walked(weighing: Weighing, plan: Plan, left: Callable[[], float], bound: int, *, seed: int, workers: int) -> Plan:
    """Return the plan with one tier of two months that follow on each other shared anew, again and again, by chance.

    Everything counts; what weighs the same is taken too, so that it does not stay where it is. Ends at the bound, when
    no time is left, or when nothing better comes for long.
    """
    grid, chance = weighing.grid, random.Random(seed)  # noqa: S311
    tables: dict[tuple[int, int], list[int]] = defaultdict(list)
    for at in grid.order:
        if at not in grid.problem.held and plan[at] is not None:
            tables[grid.problem.slots[at].tier, month_of(grid, at)].append(at)
    keys, points, stale = sorted(tables), weighing.points(plan), 0
    while keys and points > bound and stale < LONG * len(keys) and (seconds := left()) > 0:
        tier, month = chance.choice(keys)
        model = everything(weighing, plan, tables[tier, month] + tables.get((tier, month + 1), []))
        _count_pairs(model, weighing, plan)
        finished(model, plan)
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = min(seconds, A_TABLE)
        solver.parameters.num_workers, solver.parameters.random_seed = workers, chance.randrange(1 << 30)
        found = plan
        if solver.solve(model.cp) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            found = read(model, solver.value, plan)
        stale = 0 if weighing.points(found) < points else stale + 1
        if weighing.points(found) <= points:
            plan, points = found, weighing.points(found)
    return plan


def _count_pairs(model: Model, weighing: Weighing, plan: Plan) -> None:
    grid, free = weighing.grid, set(model.free)
    meets: dict[tuple[int, int, int], list[cp_model.LinearExprT]] = defaultdict(list)
    for at, then in grid.beside:
        month, one, other = month_of(grid, at), plan[at], plan[then]
        if at in free or then in free:
            slot, partner = (at, other) if at in free else (then, one)
            if partner is None or {at, then} <= free:
                continue
            for who in grid.could[slot]:
                if who != partner:
                    meets[min(who, partner), max(who, partner), month].append(model.takes[slot, who])
        elif one is not None and other is not None:
            meets[min(one, other), max(one, other), month].append(1)
    for key, found in meets.items():
        if len(found) > 1 and not all(isinstance(one, int) for one in found):
            again = model.cp.new_int_var(0, len(found) - 1, f"again{key}")
            model.cp.add(again >= sum(found) - 1)
            model.costs.append(grid.problem.aims.pair * again)
