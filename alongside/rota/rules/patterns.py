"""Shift patterns: what repeats, and the slots it gives on the calendar of one time zone."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from alongside.rota.rules.duties import LONGEST_SHIFT
from alongside.rota.rules.problem import Mark, Slot

DAY = timedelta(days=1)
DAY_MINUTES = 24 * 60
LONGEST_CYCLE = 56
# From midnight on: whoever is on call through most of it had a night.
NIGHT_MINUTES = 6 * 60
SATURDAY = 5


@dataclass(frozen=True)
class Block:
    """One recurring span of one tier, by the clock on the wall: on which day of the cycle (0 is the first), at which
    minute of that day it begins, and how many minutes it lasts.
    """

    tier: int
    day: int
    minute: int
    minutes: int


@dataclass(frozen=True)
class Pattern:
    """Blocks that repeat every `days` days, counted from `anchor`; `percent` is what a minute of a tier weighs."""

    anchor: date
    days: int
    blocks: tuple[Block, ...]
    percent: dict[int, int] = field(default_factory=dict)


class BadPattern(ValueError):
    """A pattern that cannot be: `code` says why, `blocks` which."""

    def __init__(self, code: str, *blocks: Block) -> None:
        super().__init__(code)
        self.code = code
        self.blocks = blocks


@dataclass(frozen=True)
class Hole:
    """Minutes of the cycle in which a tier has no block."""

    tier: int
    minute: int
    minutes: int


def check(pattern: Pattern) -> None:
    """Refuse a cycle or a block that cannot be, and two blocks of a tier that overlap. Raises BadPattern."""
    if not 1 <= pattern.days <= LONGEST_CYCLE:
        raise BadPattern("cycle")
    if not pattern.blocks:
        raise BadPattern("empty")
    for block in pattern.blocks:
        if not (0 <= block.day < pattern.days and 0 <= block.minute < DAY_MINUTES and block.tier >= 1):
            raise BadPattern("outside", block)
        if not 0 < block.minutes <= min(pattern.days * DAY_MINUTES, LONGEST_SHIFT // timedelta(minutes=1)):
            raise BadPattern("length", block)
    for blocks in _by_tier(pattern).values():
        for one, then in pairwise([*blocks, blocks[0]]):
            over = pattern.days * DAY_MINUTES if then is blocks[0] else 0
            if _begin(one) + one.minutes > _begin(then) + over:
                raise BadPattern("overlap", one, then)


def holes(pattern: Pattern, tiers: Iterable[int]) -> list[Hole]:
    """Return where these tiers have no block (D-01: gaps are listed, never papered over)."""
    whole, found, by_tier = pattern.days * DAY_MINUTES, [], _by_tier(pattern)
    for tier in tiers:
        blocks = by_tier.get(tier)
        if not blocks:
            found.append(Hole(tier, 0, whole))
            continue
        for one, then in pairwise([*blocks, blocks[0]]):
            end = _begin(one) + one.minutes
            length = _begin(then) + (whole if then is blocks[0] else 0) - end
            if length > 0:
                found.append(Hole(tier, end % whole, length))
    return found


def _begin(block: Block) -> int:
    return block.day * DAY_MINUTES + block.minute


def _by_tier(pattern: Pattern) -> dict[int, list[Block]]:
    found: dict[int, list[Block]] = {}
    for block in sorted(pattern.blocks, key=_begin):
        found.setdefault(block.tier, []).append(block)
    return found


def slots(
    pattern: Pattern, first: date, days: int, zone: tzinfo, *, holidays: Collection[date] = frozenset()
) -> Iterator[Slot]:
    """Yield the slots that begin on one of `days` calendar days from `first`, in no order.

    A boundary in an hour that the clock skips is the moment of the jump; one that happens twice is the first. So blocks
    that meet on the wall meet in time, and a day with a changed clock is as long as it really is.
    """
    for number in range(days):
        day = first + timedelta(days=number)
        place = (day - pattern.anchor).days % pattern.days
        for block in pattern.blocks:
            if block.day == place:
                begin = datetime.combine(day, time(0)) + timedelta(minutes=block.minute)
                end = begin + timedelta(minutes=block.minutes)
                percent = pattern.percent.get(block.tier, 100)
                yield slot(block.tier, begin, end, zone, percent=percent, holidays=holidays)


def slot(
    tier: int,
    begin: datetime,
    end: datetime,
    zone: tzinfo,
    *,
    percent: int = 100,
    holidays: Collection[date] = frozenset(),
) -> Slot:
    """Return the slot of a span by the clock on the wall."""
    return Slot(
        tier=tier,
        starts_at=boundary(begin, zone),
        ends_at=boundary(end, zone),
        day=begin.date(),
        minutes=(end - begin) // timedelta(minutes=1),
        percent=percent,
        marks=frozenset(marks(begin, end, holidays)),
    )


def boundary(local: datetime, zone: tzinfo) -> datetime:
    """Return the instant of a local time: the first of two, or the jump where the clock skips it."""
    early = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=None) == local:
        return early
    late = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    # `late` lies before the jump and `early` after it: look for the moment between them.
    low, high = min(early, late), max(early, late)
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high.replace(microsecond=0)


def marks(begin: datetime, end: datetime, holidays: Collection[date]) -> Iterator[Mark]:
    """Yield what a span counts as, by local time: a night through most of midnight to six; a weekend or holiday when
    half of it, or half a day, falls on one.
    """
    days = [begin.date() + timedelta(days=number) for number in range((end.date() - begin.date()).days + 1)]
    if any(2 * shared(begin, end, day, NIGHT_MINUTES) > NIGHT_MINUTES for day in days):
        yield Mark.NIGHT
    enough = min((end - begin) / 2, DAY / 2) // timedelta(minutes=1)
    if sum(shared(begin, end, day) for day in days if day.weekday() >= SATURDAY) >= enough:
        yield Mark.WEEKEND
    if sum(shared(begin, end, day) for day in days if day in holidays) >= enough:
        yield Mark.HOLIDAY


def shared(begin: datetime, end: datetime, day: date, minutes: int = DAY_MINUTES) -> int:
    """Return how many of the first `minutes` of a day a span has, by local time."""
    start = datetime.combine(day, time(0))
    length = min(end, start + timedelta(minutes=minutes)) - max(begin, start)
    return max(0, length // timedelta(minutes=1))
