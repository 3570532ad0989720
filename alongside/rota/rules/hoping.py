"""Wishes beside the slots they are about: each is met or missed once, whatever number of slots touch its span."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil

from alongside.rota.rules.grid import Grid
from alongside.rota.rules.problem import Plan, Wish


@dataclass(frozen=True)
class Hope:
    """A wish of a person and the slots, by place, that a plan may give them within its span.

    One to be on call is met by having at least one of them, one to be free by having none.
    """

    who: int
    on_call: bool
    places: tuple[int, ...]
    starts_at: datetime
    ends_at: datetime

    def missed(self, plan: Plan) -> bool:
        """Say whether a plan does not meet it."""
        return any(plan[at] == self.who for at in self.places) is not self.on_call


def hopes_of(grid: Grid) -> tuple[Hope, ...]:
    """Return the wishes that a plan decides: what nobody could meet, or what is published meets already, is none."""
    slots, held = grid.problem.slots, grid.problem.held
    longest = max((slot.ends_at - slot.starts_at for slot in slots), default=timedelta(0))
    could: dict[int, list[int]] = defaultdict(list)
    for at in grid.order:
        for who in grid.could[at]:
            could[who].append(at)
    found = []
    for who, person in enumerate(grid.problem.people):
        begins = [slots[at].starts_at for at in could[who]] if person.wishes else []
        for wish in person.wishes:
            first, last = bisect_left(begins, wish.starts_at - longest), bisect_left(begins, wish.ends_at)
            touched = [at for at in could[who][first:last] if wish.starts_at < slots[at].ends_at]
            places = tuple(at for at in touched if at not in held)
            met = wish.on_call and (len(places) < len(touched) or _served(wish, person.around))
            if places and not met:
                found.append(Hope(who, wish.on_call, places, wish.starts_at, wish.ends_at))
    return tuple(found)


def _served(wish: Wish, around: Sequence[tuple[datetime, datetime, object]]) -> bool:
    return any(start < wish.ends_at and wish.starts_at < end for start, end, _day in around)


def least_missed(grid: Grid, hopes: Sequence[Hope]) -> int:
    """Return how many wishes every plan without more gaps than must be misses, at least, by counting alone."""
    return _taken_by_somebody(grid, hopes) + _too_few_slots(hopes)


def _taken_by_somebody(grid: Grid, hopes: Sequence[Hope]) -> int:
    """Count wishes to be free where everybody who could take a slot has one: each that is missed gives its owner
    the slots that go together within its span, and no more.
    """
    touching: dict[tuple[int, int], list[Hope]] = defaultdict(list)
    for hope in hopes:
        for at in () if hope.on_call else hope.places:
            touching[at, hope.who].append(hope)
    least = {
        at: min((len(touching.get((at, who), ())) for who in who_could), default=0)
        for at, who_could in enumerate(grid.could)
    }
    most: dict[int, int] = defaultdict(int)
    for hope in hopes:
        if not hope.on_call:
            places = [at for at in hope.places if least[at]]
            for at in places:
                beside = [other for other in places if other != at and other not in grid.both_ways[at]]
                most[at] = max(most[at], 1 + sum(1 for _ in _together(grid, beside)))
    shares = Counter[int]()
    for at, together in most.items():
        shares[together] += least[at]
    return ceil(sum((Fraction(count, together) for together, count in shares.items()), Fraction(0)))


def _together(grid: Grid, places: Sequence[int]) -> Iterator[int]:
    """Yield the most slots that one person could have: where a duty may go on, all that do not overlap."""
    limits, free_at = grid.problem.limits, None
    rest = timedelta(0) if limits.goes_on else limits.rest
    for at in sorted(places, key=lambda at: grid.problem.slots[at].ends_at):
        slot = grid.problem.slots[at]
        if free_at is None or slot.starts_at >= free_at:
            free_at = slot.ends_at + rest
            yield at


def _too_few_slots(hopes: Sequence[Hope]) -> int:
    """Count wishes of different people to be on call in one span with fewer slots than people."""
    people: dict[tuple[datetime, datetime], set[int]] = defaultdict(set)
    slots: dict[tuple[datetime, datetime], set[int]] = defaultdict(set)
    for hope in hopes:
        if hope.on_call:
            people[hope.starts_at, hope.ends_at].add(hope.who)
            slots[hope.starts_at, hope.ends_at].update(hope.places)
    return sum(max(0, len(some) - len(slots[span])) for span, some in people.items())
