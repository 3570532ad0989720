"""Slots that nobody has, in numbers: what they have in common, how many people could be asked, and what keeps them."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from alongside.rota.rules.drafting import Hand, hands_of, over_the_cap, too_many_in_a_row
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.judging import Rule
from alongside.rota.rules.problem import Around, Away, Mark, Plan, Slot, Why

# Gaps that are explained together: a season without anybody is gone through bit by bit.
MOST = 24
# Of several things that keep somebody, the first of these is said.
REASONS: tuple[Why | Rule, ...] = (
    Why.LEAVE,
    Why.BLACKOUT,
    Why.BUSY,
    Why.WORK,
    Why.HOURS,
    Rule.TWICE,
    Rule.REST,
    Rule.ROW,
    Rule.CAP,
)


class Kind(StrEnum):
    """What slots have in common that not all slots of the problem have."""

    HOLIDAY = "holiday"
    WEEKEND_NIGHT = "weekend-night"
    WEEKEND = "weekend"
    NIGHT = "night"
    DAY = "day"
    ANY = "any"


@dataclass(frozen=True)
class Common:
    """What slots have in common; `tier` where they are all of one and the problem has others."""

    kind: Kind
    tier: int | None
    first: date
    last: date


@dataclass(frozen=True)
class Kept:
    """How many people are `ready`, how many of them could take one of some slots as the plan stands, and how many of
    the others are kept by what: each counted once, by what keeps them from most of the slots.
    """

    ready: int
    able: int
    reasons: tuple[tuple[Why | Rule, int], ...]


def groups(grid: Grid, places: Collection[int]) -> Iterator[tuple[int, ...]]:
    """Yield slots that lie no further apart than days in a row go, in order of time; MOST together at most."""
    near, group = timedelta(days=grid.problem.limits.days_in_a_row), list[int]()
    for at in grid.order:
        if at not in places:
            continue
        apart = bool(group) and grid.problem.slots[at].day - grid.problem.slots[group[-1]].day > near
        if apart or len(group) == MOST:
            yield tuple(group)
            group = []
        group.append(at)
    if group:
        yield tuple(group)


def common(slots: Sequence[Slot], places: Sequence[int]) -> Common:
    """Return what these slots have in common among all."""
    some, days = [slots[at] for at in places], sorted(slots[at].day for at in places)
    tiers = {one.tier for one in some}
    one_of_many = len(tiers) == 1 and len({one.tier for one in slots}) > 1
    return Common(_kind(slots, some), tiers.pop() if one_of_many else None, days[0], days[-1])


def _kind(slots: Sequence[Slot], some: Sequence[Slot]) -> Kind:
    # Where every slot of a pattern is a night, as whole weeks are, "nights" would say nothing.
    marks = {mark for mark in Mark if all(mark in one.marks for one in some)}
    telling = {mark for mark in marks if not all(mark in one.marks for one in slots)}
    if Mark.HOLIDAY in telling:
        return Kind.HOLIDAY
    if Mark.WEEKEND in telling:
        return Kind.WEEKEND_NIGHT if Mark.NIGHT in telling else Kind.WEEKEND
    if Mark.NIGHT in telling:
        return Kind.NIGHT
    nights = [Mark.NIGHT in one.marks for one in slots]
    return Kind.DAY if any(nights) and not any(Mark.NIGHT in one.marks for one in some) else Kind.ANY


def kept(grid: Grid, plan: Plan, places: Sequence[int]) -> Kept:
    """Return how many people could take one of these slots, which nobody has, and what keeps the others (D-02)."""
    hands, problem = _hands(grid, plan), grid.problem
    ready = [
        who
        for who, person in enumerate(problem.people)
        if not any(
            away.why is Why.NOT_READY and _meets(away, problem.slots[at]) for away in person.away for at in places
        )
    ]
    able, reasons = 0, Counter[Why | Rule]()
    for who in ready:
        found = [keeps(grid, plan, hands[who], who, at) for at in places]
        if None in found:
            able += 1
        else:
            often = Counter(one for one in found if one is not None)
            reasons[min(often, key=lambda one: (-often[one], REASONS.index(one)))] += 1
    by_number = sorted(reasons.items(), key=lambda one: (-one[1], REASONS.index(one[0])))
    return Kept(len(ready), able, tuple(by_number))


def takers(grid: Grid, plan: Plan, at: int) -> list[int]:
    """Return who could take a slot as the plan stands, also whoever has it."""
    without = tuple(None if place == at else who for place, who in enumerate(plan))
    hands = _hands(grid, without)
    return [who for who, hand in enumerate(hands) if keeps(grid, without, hand, who, at) is None]


def _hands(grid: Grid, plan: Plan) -> list[Hand]:
    hands = hands_of(grid.problem)
    for at, who in enumerate(plan):
        if who is not None:
            hands[who].take(grid.problem.slots[at].day.toordinal())
    return hands


def keeps(grid: Grid, plan: Plan, hand: Hand, who: int, at: int) -> Why | Rule | None:
    """Return what keeps somebody, who has what the plan says, from a slot that nobody has; None for nothing.

    Whoever is on call in another organisation is busy: nobody here is told of what.
    """
    problem, person = grid.problem, grid.problem.people[who]
    slot, rest = problem.slots[at], grid.problem.limits.rest
    own = len(person.around) - person.elsewhere
    whys = {away.why for away in person.away if _meets(away, slot)}
    if _close(person.around[own:], slot, rest):
        whys.add(Why.BUSY)
    if whys:
        return min(whys, key=lambda why: REASONS.index(why) if why in REASONS else len(REASONS))
    beside = [problem.slots[other] for other in grid.both_ways[at] if plan[other] == who]
    spans = [(one.starts_at, one.ends_at) for one in beside]
    near = _close(person.around[:own], slot, rest)
    if any(start < slot.ends_at and slot.starts_at < end for start, end in (*spans, *near)):
        return Rule.TWICE
    if spans or near:
        return Rule.REST
    if too_many_in_a_row(grid, hand, slot.day.toordinal()):
        return Why.BUSY if person.elsewhere else Rule.ROW
    if over_the_cap(grid, hand, who, slot.day.toordinal()):
        return Why.BUSY if person.elsewhere else Rule.CAP
    return None


def _close(around: Iterable[Around], slot: Slot, rest: timedelta) -> list[tuple[datetime, datetime]]:
    return [(start, end) for start, end, _day in around if start < slot.ends_at + rest and slot.starts_at < end + rest]


def _meets(away: Away, slot: Slot) -> bool:
    return away.starts_at < slot.ends_at and slot.starts_at < away.ends_at
