"""A problem looked up many times: who could take which slot, and which slots exclude each other for one person."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from alongside.rota.rules.problem import Limits, Problem, Slot


def collide(one: Slot, other: Slot, limits: Limits) -> bool:
    """Say whether one person cannot have both: they overlap, or leave too little rest between them."""
    first, then = sorted((one, other), key=lambda slot: (slot.starts_at, slot.ends_at))
    if limits.goes_on and first.tier == then.tier and first.ends_at == then.starts_at:
        return False
    return then.starts_at < first.ends_at + limits.rest


def merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return spans in order, those that touch or overlap made one."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


@dataclass(frozen=True)
class Grid:
    """A problem with what follows from it, worked out once."""

    problem: Problem

    @cached_property
    def order(self) -> list[int]:
        """Places of slots by beginning, end and tier."""
        slots = self.problem.slots
        return sorted(range(len(slots)), key=lambda at: (slots[at].starts_at, slots[at].ends_at, slots[at].tier))

    @cached_property
    def could(self) -> list[list[int]]:
        """For each slot who is not away and has rest from duties around it; for a held one its holder alone."""
        problem = self.problem
        found: list[list[int]] = [[] for _ in problem.slots]
        for who in range(len(problem.people)):
            for at in self._free(who):
                found[at].append(who)
        for at, who in problem.held.items():
            found[at] = [who]
        return found

    def _free(self, who: int) -> Iterator[int]:
        person, rest = self.problem.people[who], self.problem.limits.rest
        taken = [(one.starts_at, one.ends_at) for one in person.away]
        taken = merged([*taken, *((start - rest, end + rest) for start, end, _ in person.around)])
        ends = [end for _, end in taken]
        for at in self.order:
            slot = self.problem.slots[at]
            # The first span that is not over yet when the slot begins.
            position = bisect_right(ends, slot.starts_at)
            if position == len(taken) or slot.ends_at <= taken[position][0]:
                yield at

    @cached_property
    def collisions(self) -> list[list[int]]:
        """For each slot the later ones, in order, that its holder cannot have too."""
        slots, limits = self.problem.slots, self.problem.limits
        begins = [slots[at].starts_at for at in self.order]
        found: list[list[int]] = [[] for _ in slots]
        for position, at in enumerate(self.order):
            end = bisect_left(begins, slots[at].ends_at + limits.rest)
            found[at] = [then for then in self.order[position + 1 : end] if collide(slots[at], slots[then], limits)]
        return found

    @cached_property
    def by_day(self) -> dict[int, list[int]]:
        """Places of slots by the ordinal of the day on which they begin."""
        found: dict[int, list[int]] = defaultdict(list)
        for at in self.order:
            found[self.problem.slots[at].day.toordinal()].append(at)
        return dict(found)

    @cached_property
    def followers(self) -> dict[int, int]:
        """For each slot the one of the same tier that begins when it ends, where there is one."""
        begins = {(slot.tier, slot.starts_at): at for at, slot in enumerate(self.problem.slots)}
        return {
            at: begins[slot.tier, slot.ends_at]
            for at, slot in enumerate(self.problem.slots)
            if (slot.tier, slot.ends_at) in begins
        }

    @cached_property
    def beside(self) -> list[tuple[int, int]]:
        """Pairs of slots of two tiers whose spans meet: their holders work together."""
        slots = self.problem.slots
        longest = max((slot.ends_at - slot.starts_at for slot in slots), default=timedelta(0))
        begins = [slots[at].starts_at for at in self.order]
        pairs = []
        for position, at in enumerate(self.order):
            end = bisect_left(begins, min(slots[at].ends_at, slots[at].starts_at + longest))
            pairs += [
                (at, then) if slots[at].tier < slots[then].tier else (then, at)
                for then in self.order[position + 1 : end]
                if slots[then].tier != slots[at].tier
            ]
        return pairs

    @cached_property
    def collision_sets(self) -> list[set[int]]:
        """The same as sets."""
        return [set(later) for later in self.collisions]

    @cached_property
    def both_ways(self) -> list[list[int]]:
        """For each slot all others, earlier and later, that its holder cannot have too."""
        found = [list(later) for later in self.collisions]
        for at, later in enumerate(self.collisions):
            for then in later:
                found[then].append(at)
        return found
