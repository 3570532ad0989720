"""The rota as a calendar: which days a page shows, and what of every shift and gap lies on each of them."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from alongside.rota.rules.duties import Gap, start_of
from alongside.rota.rules.problem import Slot

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
# A day is drawn in this many lines, half an hour each by the clock on the wall.
LINES = 48
HALF_AN_HOUR = 30
# No page goes further: what is typed into its address is no reason to work through a century.
NEAREST, FURTHEST = date(2000, 1, 1), date(2100, 1, 1)


class View(StrEnum):
    """How much a calendar shows at once."""

    MONTH = "month"
    WEEK = "week"


@dataclass(frozen=True)
class Period:
    """What one page shows: whole weeks from Monday on, of which those days count that lie in [first, last]."""

    view: View
    first: date
    last: date

    @property
    def days(self) -> list[date]:
        """Every day of the page, those of the months beside it too."""
        begin = self.first - timedelta(days=self.first.weekday())
        end = self.last + timedelta(days=6 - self.last.weekday())
        return [begin + timedelta(days=number) for number in range((end - begin).days + 1)]

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def period(view: View, day: date) -> Period:
    """Return the month or week in which a day lies."""
    day = min(max(day, NEAREST), FURTHEST)
    if view is View.WEEK:
        monday = day - timedelta(days=day.weekday())
        return Period(view, monday, monday + WEEK - DAY)
    first = day.replace(day=1)
    return Period(view, first, (first + 31 * DAY).replace(day=1) - DAY)


def before(one: Period) -> Period:
    """Return the month or week before."""
    return period(one.view, one.first - DAY)


def after(one: Period) -> Period:
    """Return the month or week after."""
    return period(one.view, one.last + DAY)


@dataclass(frozen=True)
class Item:
    """A shift, or a span in which a tier has nobody: then `shift` and `supporter` are None.

    `planned` says of a gap that it is as long as the pattern in force has it.
    """

    tier: int
    starts_at: datetime
    ends_at: datetime
    shift: uuid.UUID | None = None
    supporter: uuid.UUID | None = None
    planned: bool = False


@dataclass(frozen=True)
class Piece:
    """What of an item lies on one day, drawn from line `top` until just before line `bottom`."""

    item: Item
    begins_before: bool
    ends_after: bool
    top: int
    bottom: int


@dataclass(frozen=True)
class Day:
    """One day of a calendar; `hours` is 24 but for a day on which clocks change."""

    day: date
    hours: float
    pieces: tuple[Piece, ...]


def empty(gaps: Iterable[Gap], slots: Iterable[Slot], zone: tzinfo) -> list[Item]:
    """Return gaps cut as the pattern in force cuts that time; what no pattern has is cut at midnight."""
    planned = sorted(slots, key=lambda slot: slot.starts_at)
    found: list[Item] = []
    for gap in gaps:
        at = gap.starts_at
        for slot in planned:
            if slot.tier != gap.tier or slot.ends_at <= at or gap.ends_at <= slot.starts_at:
                continue
            begin, end = max(at, slot.starts_at), min(slot.ends_at, gap.ends_at)
            found += _by_day(gap.tier, at, begin, zone)
            found.append(Item(gap.tier, begin, end, planned=True))
            at = end
        found += _by_day(gap.tier, at, gap.ends_at, zone)
    return found


def _by_day(tier: int, start: datetime, end: datetime, zone: tzinfo) -> Iterator[Item]:
    while start < end:
        midnight = start_of(start.astimezone(zone).date() + DAY, zone)
        yield Item(tier, start, min(end, midnight))
        start = midnight


def lay_out(items: Iterable[Item], days: Sequence[date], zone: tzinfo) -> list[Day]:
    """Return days that follow each other with the pieces of each, by beginning, then tier (D-01)."""
    if not days:
        return []
    borders = [start_of(day, zone) for day in (*days, days[-1] + DAY)]
    pieces: list[list[Piece]] = [[] for _ in days]
    for item in items:
        local = max(item.starts_at, borders[0]).astimezone(zone).date()
        at = (local - days[0]).days
        while 0 <= at < len(days) and borders[at] < item.ends_at:
            pieces[at].append(_piece(item, borders[at], borders[at + 1], zone))
            at += 1
    return [
        Day(day, (borders[at + 1] - borders[at]) / HOUR, tuple(sorted(pieces[at], key=_order)))
        for at, day in enumerate(days)
    ]


def _order(piece: Piece) -> tuple[bool, datetime, int, datetime]:
    # What came over midnight stands first by tier, however long ago it began.
    begins = piece.item.ends_at if piece.begins_before else piece.item.starts_at
    return not piece.begins_before, begins, piece.item.tier, piece.item.ends_at


def _piece(item: Item, start: datetime, end: datetime, zone: tzinfo) -> Piece:
    top = 0 if item.starts_at <= start else _line(item.starts_at, zone)
    bottom = LINES if end <= item.ends_at else _line(item.ends_at, zone)
    # Where a clock goes back, an end can stand on the wall before its beginning.
    bottom = max(bottom, top + 1)
    return Piece(item, item.starts_at < start, end < item.ends_at, min(top, LINES - 1), min(bottom, LINES))


def _line(moment: datetime, zone: tzinfo) -> int:
    local = moment.astimezone(zone)
    return round((local.hour * 60 + local.minute) / HALF_AN_HOUR)


def cut_off(item: Item, moment: datetime) -> Item:
    """Return the part of an item that ends at a moment."""
    return replace(item, ends_at=min(item.ends_at, moment))


# --- who carries how much ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Range:
    """The least and the most that anybody who can be planned carries of a measure."""

    least: int
    most: int

    def place(self, amount: int) -> int:
        """Return how far an amount lies between the least, 0, and the most, 100."""
        if self.most <= self.least:
            return 50
        return min(100, max(0, round(100 * (amount - self.least) / (self.most - self.least))))
