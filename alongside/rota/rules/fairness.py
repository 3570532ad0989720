"""Who carries how much, what would be fair, and what a plan weighs (docs/algorithms/rota.md)."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from alongside.rota.rules.grid import Grid
from alongside.rota.rules.hoping import Hope, hopes_of, least_missed
from alongside.rota.rules.problem import Mark, Plan, Problem

# A level is found by halving, so it may miss a whole number by this.
NEAR = 1e-6
MEASURES = ("load", *(mark.value for mark in Mark))
# One span without anybody weighs more than everything else together.
GAP = 1_000_000
# Days.
MONTH = 28


@dataclass(frozen=True)
class Share:
    """What would be fair for each person in one measure, in units of `unit` weighted minutes.

    `step` units are the lightest span; `before` was served already; between `low` and `high` nothing is lost. Every
    unit outside costs `price`, and once more from a whole step outside on.
    """

    measure: str
    unit: int
    step: int
    price: int
    gives: tuple[int, ...]
    before: tuple[int, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]

    def cost(self, who: int, amount: int) -> int:
        """Return what it costs that a person carries this many units."""
        off = max(0, amount - self.high[who], self.low[who] - amount)
        return self.price * (off + max(0, off - self.step))


@dataclass(frozen=True)
class Weighing:
    """A grid with fair shares: what plans are compared by."""

    grid: Grid

    @cached_property
    def shares(self) -> tuple[Share, ...]:
        """Fair shares of every measure that some slot counts for."""
        return tuple(share for measure in MEASURES if (share := _share(self.grid, measure)))

    @cached_property
    def hopes(self) -> tuple[Hope, ...]:
        """Wishes that a plan decides."""
        return hopes_of(self.grid) if self.grid.problem.aims.wish else ()

    @cached_property
    def touching(self) -> dict[tuple[int, int], list[Hope]]:
        """Wishes of a person that a slot touches."""
        found: dict[tuple[int, int], list[Hope]] = defaultdict(list)
        for hope in self.hopes:
            for at in hope.places:
                found[at, hope.who].append(hope)
        return dict(found)

    def points(self, plan: Plan, *, pairs: bool = True) -> int:
        """Return what a plan weighs; less is better, and 0 is a plan in which every aim is met."""
        problem = self.grid.problem
        total = sum(GAP for who in plan if who is None)
        for share in self.shares:
            amounts = list(share.before)
            for gives, who in zip(share.gives, plan, strict=True):
                if who is not None:
                    amounts[who] += gives
            total += sum(share.cost(who, amount) for who, amount in enumerate(amounts))
        total += problem.aims.wish * sum(hope.missed(plan) for hope in self.hopes)
        total += self.changes() - self.hand_over() * sum(
            plan[at] is not None and plan[at] == plan[then] for at, then in self.grid.followers.items()
        )
        return total + (problem.aims.pair * repeats(self.grid, plan) if pairs else 0)

    def hoped(self) -> int:
        """Return what all wishes to be on call weigh as long as none is met."""
        return self.grid.problem.aims.wish * sum(hope.on_call for hope in self.hopes)

    def hand_over(self) -> int:
        """Return what a hand-over weighs; 0 where nobody may go on, so that none can be spared."""
        return self.grid.problem.aims.hand_over if self.grid.problem.limits.goes_on else 0

    def changes(self) -> int:
        """Return what it weighs when nobody goes on anywhere."""
        return self.hand_over() * len(self.grid.followers)

    def least(self, *, pairs: bool = True) -> int:
        """Return what no plan can be below, by counting alone: slots that nobody could take, wishes that collide."""
        total = GAP * sum(not people for people in self.grid.could)
        total += self.grid.problem.aims.wish * least_missed(self.grid, self.hopes)
        return total + (self.grid.problem.aims.pair * least_repeats(self.grid) if pairs else 0)


def _share(grid: Grid, measure: str) -> Share | None:
    problem = grid.problem
    gives = [slot.weight if measure == "load" or measure in slot.marks else 0 for slot in problem.slots]
    own = [weight for weight in gives if weight]
    if not own or not problem.people:
        return None
    unit = math.gcd(*own)
    before = [round(person.served.get(measure, 0) / unit) for person in problem.people]
    step = min(own) // unit
    most = _most(grid, [weight // unit for weight in gives])
    level = _level(before, most, sum(own) // unit)
    low = math.floor(level - (step - 1) / 2 + NEAR)
    # Where everybody can carry exactly as much, nothing else is fair.
    high = low if step == 1 and level - low <= NEAR else low + step
    price = max(1, round(getattr(problem.aims, measure) / step)) if getattr(problem.aims, measure) else 0
    return Share(
        measure,
        unit,
        step,
        price,
        tuple(weight // unit for weight in gives),
        tuple(before),
        tuple(min(low, have + room) for have, room in zip(before, most, strict=True)),
        tuple(max(high, have) for have in before),
    )


def _most(grid: Grid, gives: Sequence[int]) -> list[int]:
    """Return the units each person could take at most, about: their free slots one after the other, with rest and
    within their cap.
    """
    could: dict[int, list[int]] = defaultdict(list)
    for at in sorted(grid.order, key=lambda at: grid.problem.slots[at].ends_at):
        for who in grid.could[at]:
            could[who].append(at)
    return [
        sum(gives[at] for at in _apart(grid, [at for at in could[who] if gives[at]], person.most_in_28_days))
        for who, person in enumerate(grid.problem.people)
    ]


def _apart(grid: Grid, places: Sequence[int], cap: int | None) -> Iterator[int]:
    slots, rest, free_at, taken = grid.problem.slots, grid.problem.limits.rest, None, list[date]()
    for at in places:
        within = cap is None or sum((slots[at].day - day).days < MONTH for day in taken[-cap:] if cap) < cap
        if within and (free_at is None or slots[at].starts_at >= free_at):
            free_at = slots[at].ends_at + rest
            taken.append(slots[at].day)
            yield at


def _level(before: Sequence[int], most: Sequence[int], total: int) -> float:
    """Return the level to which `total` fills what was served, like water, nobody by more than they can take."""
    low, high = float(min(before)), float(max(before) + total)
    if sum(most) <= total:
        return high
    for _ in range(80):
        middle = (low + high) / 2
        filled = sum(min(max(0.0, middle - have), room) for have, room in zip(before, most, strict=True))
        low, high = (middle, high) if filled < total else (low, middle)
    return (low + high) / 2


def carried(problem: Problem, plan: Plan, measure: str) -> list[int]:
    """Return weighted minutes by person: what was served before and what the plan gives."""
    total = [person.served.get(measure, 0) for person in problem.people]
    for slot, who in zip(problem.slots, plan, strict=True):
        if who is not None and (measure == "load" or measure in slot.marks):
            total[who] += slot.weight
    return total


def spread(amounts: Sequence[int]) -> int:
    """Return the difference between the most and the least."""
    return max(amounts) - min(amounts) if amounts else 0


def repeats(grid: Grid, plan: Plan) -> int:
    """Return how often two people share a duty again who shared one within the same 28 days."""
    met: dict[tuple[int, int, int], int] = defaultdict(int)
    for at, then in grid.beside:
        one, other = plan[at], plan[then]
        if one is not None and other is not None:
            met[min(one, other), max(one, other), month_of(grid, at)] += 1
    return sum(count - 1 for count in met.values())


def least_repeats(grid: Grid) -> int:
    """Return how many repeats there must be, because fewer pairs of people could share a duty than are shared."""
    shared: dict[int, int] = defaultdict(int)
    pairs: dict[int, set[tuple[int, int]]] = defaultdict(set)
    people = len(grid.problem.people)
    for at, then in grid.beside:
        # What one person was given twice, by hand, is shared by nobody.
        if len(grid.could[at]) == 1 and grid.could[at] == grid.could[then]:
            continue
        month = month_of(grid, at)
        shared[month] += 1
        if len(pairs[month]) < people * (people - 1) // 2:
            pairs[month] |= {
                (min(one, other), max(one, other))
                for one in grid.could[at]
                for other in grid.could[then]
                if one != other
            }
    return sum(max(0, count - len(pairs[month])) for month, count in shared.items())


def month_of(grid: Grid, at: int) -> int:
    """Return the number of the 28 days, from the first slot on, in which a slot begins."""
    slots = grid.problem.slots
    return (slots[at].day - slots[grid.order[0]].day).days // MONTH
