"""Why a slot has nobody, and the least that would have to change (docs/algorithms/rota.md)."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ortools.sat.python import cp_model

from alongside.rota.rules.fairness import MONTH
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.judging import Rule
from alongside.rota.rules.problem import Away, Plan, Why
from alongside.rota.rules.shortage import groups

# How much is asked of somebody by setting a fact aside: less is proposed first.
ASKS = {
    Why.HOURS: 1,
    Why.BLACKOUT: 2,
    Why.BUSY: 2,
    Rule.CAP: 2,
    Rule.HELD: 2,
    Why.WORK: 3,
    Why.NOT_READY: 4,
    Rule.ROW: 6,
    Rule.REST: 8,
    Why.LEAVE: 9,
}
SOMEBODY_NEW = 20
# Seconds that any group gets.
LEAST = 0.2


@dataclass(frozen=True)
class Fact:
    """Something that stands in the way: of a person, by place, with the span it is about where it has one.

    Of `HELD` it is the slot's span. Neither `kind` nor person: one more supporter is needed.
    """

    kind: Why | Rule | None
    person: int | None = None
    away: int | None = None
    slot: int | None = None


@dataclass(frozen=True)
class Explanation:
    """Slots that nobody has, near each other, and the smallest set of facts without which all could be covered."""

    slots: tuple[int, ...]
    facts: tuple[Fact, ...]
    proven: bool


def explain(
    grid: Grid, plan: Plan, *, seconds: float = 5, stop: Callable[[], bool] = lambda: False
) -> list[Explanation]:
    """Return for each group of neighbouring gaps what would fix them, gaps in order of time.

    Groups for which no time is left, or that come after somebody stopped it, stay without any facts.
    """
    empty = {at for at, who in enumerate(plan) if who is None}
    end, found, apart = time.monotonic() + seconds, list[Explanation](), list(groups(grid, empty))
    for number, group in enumerate(apart):
        left = end - time.monotonic()
        if left <= 0 or stop():
            found.append(Explanation(group, (), proven=False))
        else:
            found.append(_fix(grid, plan, group, max(LEAST, left / (len(apart) - number))))
    return found


def _inside(grid: Grid, plan: Plan, gaps: Sequence[int]) -> Iterator[int]:
    """Yield the slots that may change hands: around the gaps, and what somebody with a cap has within its 28 days."""
    slots, people = grid.problem.slots, grid.problem.people
    margin, month = timedelta(days=grid.problem.limits.days_in_a_row + 1), timedelta(days=MONTH)
    begin, end = min(slots[at].starts_at for at in gaps), max(slots[at].ends_at for at in gaps)
    close = {other for at in gaps for other in grid.both_ways[at]}
    for at in grid.order:
        who = plan[at]
        reach = month if who is not None and people[who].most_in_28_days is not None else margin
        if at in close or (slots[at].starts_at < end + reach and begin - reach < slots[at].ends_at):
            yield at


class _Lifting:
    """A model of the days around some gaps in which every fact can be set aside at a price."""

    def __init__(self, grid: Grid, plan: Plan, gaps: Sequence[int]) -> None:
        self.grid, self.plan, self.cp = grid, plan, cp_model.CpModel()
        self.lifted: dict[Fact, cp_model.IntVar] = {}
        self.inside = list(_inside(grid, plan, gaps))
        self.has: dict[int, list[int]] = defaultdict(list)
        for at, who in enumerate(plan):
            if who is not None:
                self.has[who].append(at)
        self.takes: dict[tuple[int, int], cp_model.IntVar] = {}
        self.away = [list(self._near(person.away)) for person in grid.problem.people]
        for at in self.inside:
            # What nobody has and is not asked about stays so.
            if plan[at] is not None or at in gaps:
                self._cover(at)
        for who in range(len(grid.problem.people)):
            self._limits(who)
        self.cp.minimize(sum(_asks(fact) * variable for fact, variable in self.lifted.items()))

    def lift(self, fact: Fact) -> cp_model.IntVar:
        """Return the variable that says that a fact is set aside."""
        if fact not in self.lifted:
            self.lifted[fact] = self.cp.new_bool_var(str(len(self.lifted)))
        return self.lifted[fact]

    def _near(self, spans: Iterable[Away]) -> Iterator[tuple[int, Away]]:
        slots = [self.grid.problem.slots[at] for at in self.inside]
        begin, end = min(slot.starts_at for slot in slots), max(slot.ends_at for slot in slots)
        for number, away in enumerate(spans):
            if away.starts_at < end and begin < away.ends_at:
                yield number, away

    def _cover(self, at: int) -> None:
        problem = self.grid.problem
        slot = problem.slots[at]
        some = []
        for who, person in enumerate(problem.people):
            takes = self.takes[at, who] = self.cp.new_bool_var(f"{at}:{who}")
            some.append(takes)
            if problem.held.get(at) == who:
                continue
            if at in problem.held:
                self.cp.add_implication(takes, self.lift(Fact(Rule.HELD, slot=at)))
            for number, away in self.away[who]:
                if away.starts_at < slot.ends_at and slot.starts_at < away.ends_at:
                    self.cp.add_implication(takes, self.lift(Fact(away.why, who, number)))
            for number, (start, end, _) in enumerate(person.around):
                # A duty elsewhere is nobody's here to set aside, and nobody here is told of it.
                rest = problem.limits.rest if number >= len(person.around) - person.elsewhere else timedelta(0)
                if start < slot.ends_at + rest and slot.starts_at < end + rest:
                    self.cp.add(takes == 0)
                elif start < slot.ends_at + problem.limits.rest and slot.starts_at < end + problem.limits.rest:
                    self.cp.add_implication(takes, self.lift(Fact(Rule.REST, who)))
        if self.plan[at] is None:
            some.append(self.lift(Fact(None, slot=at)))
        self.cp.add_exactly_one(some)

    def _limits(self, who: int) -> None:
        mine = [at for at in self.inside if (at, who) in self.takes]
        outside = [at for at in self.has[who] if (at, who) not in self.takes]
        for one in mine:
            for other in self.grid.collisions[one]:
                if (other, who) in self.takes:
                    self._collide(one, other, who)
            for other in self.grid.both_ways[one]:
                if self.plan[other] == who and (other, who) not in self.takes:
                    self._beside(one, other, who)
        self._row(who, mine, outside)
        self._cap(who, mine, outside)

    def _collide(self, one: int, other: int, who: int) -> None:
        slots, pair = self.grid.problem.slots, [self.takes[one, who], self.takes[other, who]]
        held = self.grid.problem.held
        if held.get(one) == who == held.get(other):
            return
        if slots[other].starts_at < slots[one].ends_at:
            self.cp.add_at_most_one(pair)
        else:
            self.cp.add(sum(pair) <= 1 + self.lift(Fact(Rule.REST, who)))

    def _beside(self, one: int, outside: int, who: int) -> None:
        slots, takes = self.grid.problem.slots, self.takes[one, who]
        if slots[one].starts_at < slots[outside].ends_at and slots[outside].starts_at < slots[one].ends_at:
            self.cp.add(takes == 0)
        elif self.grid.problem.held.get(one) != who:
            self.cp.add_implication(takes, self.lift(Fact(Rule.REST, who)))

    def _row(self, who: int, mine: Sequence[int], outside: Sequence[int]) -> None:
        slots, most = self.grid.problem.slots, self.grid.problem.limits.days_in_a_row
        known = {day.toordinal() for _, _, day in self.grid.problem.people[who].around}
        known |= {slots[at].day.toordinal() for at in outside}
        days: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        for at in mine:
            days[slots[at].day.toordinal()].append(self.takes[at, who])
        # What was published may be more than is allowed: that is no gap's fault.
        held = {slots[at].day.toordinal() for at in mine if self.grid.problem.held.get(at) == who}
        busy: dict[int, cp_model.IntVar] = {}
        for day, some in days.items():
            busy[day] = self.cp.new_bool_var(f"day{day}:{who}")
            self.cp.add_max_equality(busy[day], [*some, int(day in known)])
        for first in sorted({start for day in busy for start in range(day - most, day + 1)}):
            window = range(first, first + most + 1)
            there = sum(day in known for day in window if day not in busy)
            some = [busy[day] for day in window if day in busy]
            if there + len(some) > most:
                room = max(most - there, len(held.intersection(window)))
                self.cp.add(sum(some) <= room + (most + 1) * self.lift(Fact(Rule.ROW, who)))

    def _cap(self, who: int, mine: Sequence[int], outside: Sequence[int]) -> None:
        cap, slots = self.grid.problem.people[who].most_in_28_days, self.grid.problem.slots
        holds = self.grid.problem.held
        if cap is None:
            return
        known = [slots[at].day for at in outside] + [day for _, _, day in self.grid.problem.people[who].around]
        for first in sorted({*known, *(slots[at].day for at in mine)}):
            last = first + timedelta(days=MONTH - 1)
            some = [self.takes[at, who] for at in mine if first <= slots[at].day <= last]
            there = sum(first <= day <= last for day in known)
            held = sum(holds.get(at) == who and first <= slots[at].day <= last for at in mine)
            if some and there + len(some) > cap:
                self.cp.add(sum(some) <= max(held, cap - there) + len(some) * self.lift(Fact(Rule.CAP, who)))


def _asks(fact: Fact) -> int:
    return ASKS[fact.kind] if fact.kind else SOMEBODY_NEW


def _fix(grid: Grid, plan: Plan, gaps: tuple[int, ...], seconds: float) -> Explanation:
    model = _Lifting(grid, plan, gaps)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds, solver.parameters.num_workers = seconds, 2
    status = solver.solve(model.cp)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Explanation(gaps, (), proven=False)
    facts = tuple(fact for fact, variable in model.lifted.items() if solver.value(variable))
    return Explanation(gaps, facts, status == cp_model.OPTIMAL)
