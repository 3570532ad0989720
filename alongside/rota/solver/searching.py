"""How a plan is searched for: a first one, then better ones among few people, then the whole with proof."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from ortools.sat.python import cp_model

from alongside.rota.rules.drafting import draft
from alongside.rota.rules.fairness import Weighing
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.problem import Plan, Problem
from alongside.rota.solver.model import Model, among, everything, finished, read, uncounted
from alongside.rota.solver.pairs import mixed, walked

FEW = 5
# Slots times people up to which the whole is solved at once.
SMALL = 10_000
# The share of the time that is kept for mixing who works together.
FOR_PAIRS = 0.15
# Days before and after an empty slot that everybody shares anew, and the seconds for it.
AROUND = 8
A_SPAN = 2.0


@dataclass(frozen=True)
class Progress:
    """How far the search is: seconds since it began, the best plan, what it weighs, and what none can be below."""

    seconds: float
    plan: Plan
    points: int
    bound: int


@dataclass(frozen=True)
class Outcome:
    """What was found; `proven` where no plan is better."""

    plan: Plan
    points: int
    bound: int
    seconds: float

    @property
    def proven(self) -> bool:
        """Say whether no plan is better."""
        return self.points <= self.bound


def solve(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 0,
    tell: Callable[[Progress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    workers: int = 2,
) -> Outcome:
    """Return the best plan found within `seconds`, what it weighs, and a bound that no plan is below.

    `tell` hears of every better plan and bound; `stop` is asked several times a second and ends the search.
    """
    return _Search(problem, _Way(seconds, workers, random.Random(seed), tell, stop)).run()  # noqa: S311


@dataclass(frozen=True)
class _Way:
    """How to search: for how long, with how much of the machine, with what chance, and who is told."""

    seconds: float
    workers: int
    chance: random.Random
    tell: Callable[[Progress], None]
    stop: Callable[[], bool]


class _Search:
    def __init__(self, problem: Problem, way: _Way) -> None:
        self.began = time.monotonic()
        self.weighing = Weighing(Grid(problem))
        self.problem, self.way, self.chance = problem, way, way.chance
        self.plan = draft(self.weighing)
        self.points = self.weighing.points(self.plan, pairs=False)
        self.bound = self.weighing.least(pairs=False)
        self.tried: set[date] = set()
        self._say()

    def run(self) -> Outcome:
        everybody = len(self.problem.people)
        size, stale = everybody if everybody * len(self.problem.slots) <= SMALL else min(FEW, everybody), 0
        while self.left() > self.way.seconds * FOR_PAIRS and self.points > self.bound:
            whole = size >= everybody
            before = self.points
            if None in self.plan and not whole:
                self.improve_days(min(self.left(), A_SPAN))
            optimal = self.improve(
                self.group(size),
                self.left() - self.way.seconds * FOR_PAIRS if whole else min(self.left(), 1 + size / 8),
                whole,
            )
            if whole and optimal:
                break
            stale = 0 if self.points < before else stale + 1
            if stale > 2 + everybody // size:
                size, stale = min(2 * size, everybody), 0
        return self.end()

    def end(self) -> Outcome:
        """Mix who works together in the time that is left, and weigh everything."""
        # Where slots stay empty, fewer duties are shared than were counted.
        least = 0 if None in self.plan else self.weighing.least() - self.weighing.least(pairs=False)
        if self.problem.aims.pair:
            seed = self.chance.randrange(1 << 30)
            self.plan = mixed(self.weighing, self.plan, self.left, seed=seed, workers=self.way.workers)
        ends_at, seed = self.bound + least, self.chance.randrange(1 << 30)
        self.plan = walked(self.weighing, self.plan, self.left, ends_at, seed=seed, workers=self.way.workers)
        points = self.weighing.points(self.plan)
        return Outcome(self.plan, points, self.bound + least, time.monotonic() - self.began)

    def left(self) -> float:
        """Return the seconds that are left; none when somebody stopped it."""
        return 0.0 if self.way.stop() else self.way.seconds - (time.monotonic() - self.began)

    def group(self, size: int) -> set[int]:
        """Return people to share anew: half of those who lose most by the plan, the others by chance."""
        people = range(len(self.problem.people))
        if size >= len(people):
            return set(people)
        lost = self._lost()
        worst = sorted(people, key=lambda who: (-lost[who], self.chance.random()))
        chosen = set(worst[: (size + 1) // 2])
        if None in self.plan:
            able = sorted(
                {who for at, has in enumerate(self.plan) if has is None for who in self.weighing.grid.could[at]}
            )
            chosen = set(self.chance.sample(able, min(len(able), (size + 1) // 2)))
        others = [who for who in people if who not in chosen]
        return chosen | set(self.chance.sample(others, size - len(chosen)))

    def _lost(self) -> Sequence[int]:
        lost = [0] * len(self.problem.people)
        for share in self.weighing.shares:
            amounts = list(share.before)
            for gives, who in zip(share.gives, self.plan, strict=True):
                if who is not None:
                    amounts[who] += gives
            for who, amount in enumerate(amounts):
                lost[who] += share.cost(who, amount)
        for hope in self.weighing.hopes:
            lost[hope.who] += self.problem.aims.wish * hope.missed(self.plan)
        return lost

    def improve(self, people: set[int], seconds: float, whole: bool) -> bool:
        """Solve among these people and keep what is better; say whether it was solved to the end."""
        model = among(self.weighing, self.plan, people)
        base = uncounted(model, self.weighing, self.plan)
        solver = self._solver(seconds)
        with _stopped_by(solver, self.way.stop):
            if whole:
                solver.best_bound_callback = lambda bound: self._raise(bound + base)
                status = solver.solve(model.cp, _Heard(self, model))
            else:
                status = solver.solve(model.cp)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            self._keep(read(model, solver.value, self.plan))
            if whole:
                self._raise(solver.best_objective_bound + base)
        return status == cp_model.OPTIMAL

    def improve_days(self, seconds: float) -> None:
        """Solve among everybody the days around an empty slot, each day once until a slot is filled: few people often
        cannot fill it where many by a little each can.
        """
        slots, grid, was = self.problem.slots, self.weighing.grid, self.plan.count(None)
        empty = {slots[at].day for at, who in enumerate(self.plan) if who is None and grid.could[at]}
        if not (days := sorted(empty - self.tried)):
            return
        around = self.chance.choice(days)
        self.tried.add(around)
        near = [at for at in grid.order if abs((slots[at].day - around).days) <= AROUND]
        free = [at for at in near if at not in self.problem.held]
        model = finished(everything(self.weighing, self.plan, free, table=False), self.plan)
        solver = self._solver(seconds)
        with _stopped_by(solver, self.way.stop):
            status = solver.solve(model.cp)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            self._keep(read(model, solver.value, self.plan))
        if self.plan.count(None) < was:
            self.tried.clear()

    def _solver(self, seconds: float) -> cp_model.CpSolver:
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = max(0.05, seconds)
        solver.parameters.num_workers = self.way.workers
        solver.parameters.random_seed = self.chance.randrange(1 << 30)
        return solver

    def _keep(self, plan: Plan) -> None:
        points = self.weighing.points(plan, pairs=False)
        if points < self.points:
            self.plan, self.points = plan, points
            self._say()

    def _raise(self, bound: float) -> None:
        # The solver's bound is a float just below a whole number.
        whole = int(-(-(bound - 1e-6) // 1))
        if whole > self.bound:
            self.bound = min(whole, self.points)
            self._say()

    def _say(self) -> None:
        self.way.tell(Progress(time.monotonic() - self.began, self.plan, self.points, self.bound))


class _Heard(cp_model.CpSolverSolutionCallback):
    """Keeps every better plan while the solver goes on."""

    def __init__(self, search: _Search, model: Model) -> None:
        super().__init__()
        self._search, self._model = search, model

    def on_solution_callback(self) -> None:
        self._search._keep(read(self._model, self.value, self._search.plan))


@contextmanager
def _stopped_by(solver: cp_model.CpSolver, stop: Callable[[], bool]) -> Iterator[None]:
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            if stop():
                solver.stop_search()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
