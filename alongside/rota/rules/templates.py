"""Patterns to begin with: how a day or a week is cut into shifts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from alongside.rota.rules.patterns import DAY_MINUTES, Block, Pattern

WEEK, SATURDAY = 7, 5


class Kind(StrEnum):
    """How shifts lie in a day or a week."""

    HALVES = "halves"
    DAYS = "days"
    WEEKS = "weeks"
    SPLIT = "split"
    THIRDS = "thirds"


@dataclass(frozen=True)
class _Shape:
    """Days of a cycle, and its shifts as (day, share of a day after the hand-over, length), both in minutes."""

    days: int
    shifts: tuple[tuple[int, int, int], ...]


SHAPES = {
    Kind.HALVES: _Shape(1, ((0, 0, 720), (0, 720, 720))),
    Kind.DAYS: _Shape(1, ((0, 0, DAY_MINUTES),)),
    Kind.WEEKS: _Shape(WEEK, ((0, 0, WEEK * DAY_MINUTES),)),
    Kind.SPLIT: _Shape(WEEK, ((0, 0, SATURDAY * DAY_MINUTES), (SATURDAY, 0, (WEEK - SATURDAY) * DAY_MINUTES))),
    Kind.THIRDS: _Shape(1, tuple((0, begin, 480) for begin in range(0, DAY_MINUTES, 480))),
}


def pattern(kind: Kind, minute: int, begins_on: date, tiers: Iterable[int]) -> Pattern:
    """Return a pattern without holes in which every tier hands over at this minute of the day.

    Whole weeks change on the weekday of the first day; weekdays and weekends on Monday and Saturday, whichever it is.
    """
    shape = SHAPES[kind]
    anchor = begins_on - timedelta(days=begins_on.weekday()) if kind == Kind.SPLIT else begins_on
    blocks = tuple(
        Block(tier, day, (minute + after) % DAY_MINUTES, minutes)
        for tier in tiers
        for day, after, minutes in shape.shifts
    )
    return Pattern(anchor, shape.days, blocks)


def lengthened(old: Pattern, days: int, begins_on: date) -> Pattern:
    """Return a pattern with another number of days: a multiple of what it has repeats its shifts, so that every day has
    them; any other number leaves them where they are.

    What was the same every day gets days of the week where the new number is whole weeks.
    """
    times = days // old.days if days % old.days == 0 else 1
    blocks = tuple(
        Block(one.tier, one.day + number * old.days, one.minute, one.minutes)
        for number in range(times)
        for one in old.blocks
    )
    anchor = old.anchor
    if old.days == 1:
        anchor = begins_on if days % WEEK else begins_on - timedelta(days=begins_on.weekday())
    return Pattern(anchor, days, blocks, old.percent)
