"""Who is on call when, where nobody is, and which shifts may stand beside each other."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

TIERS = (1, 2)
# Longer is a mistyped month or year, not a duty.
LONGEST_SHIFT = timedelta(days=31)
# Whose a duty is that is nobody's.
NOBODY = uuid.UUID(int=0)


class BadSpan(ValueError):
    """A shift ends before it begins, or lasts longer than LONGEST_SHIFT."""


class NoSuchTime(ValueError):
    """The clock jumps over this local time on that day."""


@dataclass(frozen=True)
class Duty:
    """One supporter on call in one tier, from `starts_at` until just before `ends_at`."""

    tier: int
    supporter: uuid.UUID
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Gap:
    """A span in which a tier has nobody."""

    tier: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Day:
    """One calendar day of the organisation: its moments, and per tier who is on call and for how long nobody is."""

    day: date
    starts_at: datetime
    ends_at: datetime
    on_call: dict[int, tuple[uuid.UUID, ...]]
    empty: dict[int, timedelta]


class Clash(ValueError):
    """A shift cannot stand beside another one, which is `other`."""

    def __init__(self, other: Duty) -> None:
        super().__init__()
        self.other = other


class Overlap(Clash):
    """Somebody is already on call in this tier at that time."""


class SamePerson(Clash):
    """The supporter is on call in the other tier at that time; primary and backup are two people (D-01)."""


def check(new: Duty, others: Iterable[Duty]) -> None:
    """Refuse a shift that cannot stand beside the others: BadSpan, Overlap or SamePerson.

    Back to back is fine: a shift ends just before the next begins.
    """
    if not timedelta(0) < new.ends_at - new.starts_at <= LONGEST_SHIFT:
        raise BadSpan
    for one in others:
        if new.ends_at <= one.starts_at or one.ends_at <= new.starts_at:
            continue
        if one.tier == new.tier:
            raise Overlap(one)
        if one.supporter == new.supporter:
            raise SamePerson(one)


def cut(old: Duty, start: datetime, end: datetime) -> tuple[Duty, ...]:
    """Return what is left of a duty when [start, end) is taken out of it: none, one or two duties."""
    before = replace(old, ends_at=min(old.ends_at, start))
    after = replace(old, starts_at=max(old.starts_at, end))
    return tuple(part for part in (before, after) if part.starts_at < part.ends_at)


def on_call(duties: Iterable[Duty], moment: datetime) -> dict[int, uuid.UUID]:
    """Return tier -> supporter for the duties that hold at a moment."""
    return {one.tier: one.supporter for one in duties if one.starts_at <= moment < one.ends_at}


def gaps(duties: Iterable[Duty], start: datetime, end: datetime, tiers: Iterable[int] = TIERS) -> list[Gap]:
    """Return every span within [start, end) in which a tier has nobody, by beginning, then tier (D-01, D-02).

    Moments are instants (UTC inside): a day with a changed clock is as long as it really is.
    """
    held = list(duties)
    found = [gap for tier in tiers for gap in _gaps_of(tier, held, start, end)]
    return sorted(found, key=lambda gap: (gap.starts_at, gap.tier))


def _gaps_of(tier: int, duties: Sequence[Duty], start: datetime, end: datetime) -> list[Gap]:
    found, covered = [], start
    for one in sorted((one for one in duties if one.tier == tier), key=lambda one: one.starts_at):
        if one.ends_at <= covered:
            continue
        if one.starts_at >= end:
            break
        if one.starts_at > covered:
            found.append(Gap(tier, covered, one.starts_at))
        covered = max(covered, one.ends_at)
    if covered < end:
        found.append(Gap(tier, covered, end))
    return found


def days(duties: Iterable[Duty], first: date, count: int, zone: tzinfo, tiers: Sequence[int] = TIERS) -> list[Day]:
    """Return `count` calendar days from `first` in the organisation's time zone with who is on call in each tier."""
    held = list(duties)
    return [_day(held, first + timedelta(days=number), zone, tiers) for number in range(count)]


def _day(duties: Sequence[Duty], day: date, zone: tzinfo, tiers: Sequence[int]) -> Day:
    start, end = start_of(day, zone), start_of(day + timedelta(days=1), zone)
    within = sorted(
        (one for one in duties if one.starts_at < end and start < one.ends_at), key=lambda one: one.starts_at
    )
    missing = gaps(within, start, end, tiers)
    return Day(
        day=day,
        starts_at=start,
        ends_at=end,
        on_call={tier: tuple(dict.fromkeys(one.supporter for one in within if one.tier == tier)) for tier in tiers},
        empty={
            tier: sum((gap.ends_at - gap.starts_at for gap in missing if gap.tier == tier), timedelta(0))
            for tier in tiers
        },
    )


def start_of(day: date, zone: tzinfo) -> datetime:
    """Return the instant (UTC) at which a calendar day begins; where the clock jumps over midnight, the jump."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def happens_twice(local: datetime, zone: tzinfo) -> bool:
    """Say whether a clock on the wall shows this time twice on that day (clocks go back)."""
    early, late = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return late > early


def instant(local: datetime, zone: tzinfo) -> datetime:
    """Return the instant (UTC) of a local time; of a time that happens twice the first.

    Always the first, for ends as for beginnings: so shifts that meet there neither overlap nor leave a gap. Raises
    NoSuchTime.
    """
    moment = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchTime(local)
    return moment


def repeated(starts: datetime, ends: datetime, *, every_days: int, until: date) -> list[tuple[datetime, datetime]]:
    """Return local (start, end) pairs: the first and one every `every_days` days whose start lies on `until` or
    before.
    """
    step, number, found = timedelta(days=every_days), 0, []
    while number == 0 or (starts + number * step).date() <= until:
        found.append((starts + number * step, ends + number * step))
        number += 1
        if every_days < 1:
            break
    return found
