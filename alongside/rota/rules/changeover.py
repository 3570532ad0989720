"""One pattern after another on the calendar: who covers what where a new one takes over (docs/decisions/0036).

From its first hand-over on the day it begins, a pattern holds; until that minute, and no longer, the one before it goes
on. So a tier that both cover without a hole is covered once in every minute, wherever their blocks cross midnight.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from alongside.rota.rules.patterns import DAY, DAY_MINUTES, Block, Pattern


class InForce(Protocol):
    """A pattern with the days, both included, from and until which it is in force."""

    @property
    def pattern(self) -> Pattern:
        """What repeats."""

    @property
    def begins_on(self) -> date:
        """Its first day."""

    @property
    def ends_on(self) -> date | None:
        """Its last day, or None."""


@dataclass(frozen=True, order=True)
class Span:
    """A span of a tier by the clock on the wall."""

    begin: datetime
    tier: int
    end: datetime


def spans(patterns: Iterable[InForce], first: date, days: int) -> list[Span]:
    """Return what the patterns ask to be covered and what begins on one of `days` calendar days, by beginning.

    A block that a change-over cuts appears with what is left of it.
    """
    listed = sorted(patterns, key=lambda one: one.begins_on)
    window = (first, first + days * DAY)
    found: list[Span] = []
    for at, one in enumerate(listed):
        then = listed[at + 1] if at + 1 < len(listed) else None
        found += _spans_of(one, then, window)
    return sorted(found)


def takes_over(one: InForce, tier: int) -> datetime:
    """Return the local time at which a pattern takes over a tier: on its first day, at the time of day at which its
    next block of that tier begins; of a tier that it leaves empty, of any tier.
    """
    midnight = _minute_of(one.pattern, one.begins_on)
    whole = one.pattern.days * DAY_MINUTES
    blocks = [block for block in one.pattern.blocks if block.tier == tier] or one.pattern.blocks
    until = min(((block.day * DAY_MINUTES + block.minute - midnight) % whole for block in blocks), default=0)
    return _local(one.begins_on) + timedelta(minutes=until % DAY_MINUTES)


def leftovers(patterns: Sequence[InForce], day: date) -> list[Span]:
    """Return the spans that the change-over on a day cuts short, on either side of it."""
    whole = {
        (block.tier, begin, begin + timedelta(minutes=block.minutes))
        for one in patterns
        for block, begin in _turns(one.pattern, day - one.pattern.days * DAY, day + DAY)
    }
    around = spans(patterns, day - 1 * DAY, 2)
    cuts = {takes_over(one, tier) for one in patterns if one.begins_on == day for tier in tiers_of(patterns)}
    return [one for one in around if (one.tier, one.begin, one.end) not in whole and {one.begin, one.end} & cuts]


def tiers_of(patterns: Iterable[InForce]) -> list[int]:
    """Return the tiers that any of the patterns has blocks of."""
    return sorted({block.tier for one in patterns for block in one.pattern.blocks})


def _spans_of(one: InForce, then: InForce | None, window: tuple[date, date]) -> Iterator[Span]:
    first, after = window
    last = one.ends_on
    if then is not None:
        last = min(then.begins_on - DAY, last or then.begins_on)
    goes_on = then is not None and last == then.begins_on - DAY
    # What the first day cuts may have begun a whole cycle earlier.
    since = first if one.begins_on < first else one.begins_on - one.pattern.days * DAY
    until = after if last is None else min(after, last + 2 * DAY)
    starts = {tier: takes_over(one, tier) for tier in tiers_of([one])}
    stops = {tier: takes_over(then, tier) for tier in starts} if then else {}
    for block, begin in _turns(one.pattern, since, until):
        end = begin + timedelta(minutes=block.minutes)
        begins = max(begin, starts[block.tier])
        ends = min(end, stops.get(block.tier, end))
        inside = first <= begins.date() < after and (goes_on or last is None or begins.date() <= last)
        if begins < ends and inside:
            yield Span(begins, block.tier, ends)


def _turns(pattern: Pattern, since: date, until: date) -> Iterator[tuple[Block, datetime]]:
    """Yield each block with the local times at which it begins from one day until before another."""
    by_day: dict[int, list[Block]] = {}
    for block in pattern.blocks:
        by_day.setdefault(block.day, []).append(block)
    for number in range((until - since).days):
        day = since + number * DAY
        for block in by_day.get((day - pattern.anchor).days % pattern.days, ()):
            yield block, _local(day) + timedelta(minutes=block.minute)


def _minute_of(pattern: Pattern, day: date) -> int:
    return (day - pattern.anchor).days % pattern.days * DAY_MINUTES


def _local(day: date) -> datetime:
    return datetime.combine(day, time(0))
