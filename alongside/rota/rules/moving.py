"""Moving a published duty by hand: to another slot, where two exchange or a gap is filled, or to another person."""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from alongside.rota.rules.calendar import Item
from alongside.rota.rules.duties import LONGEST_SHIFT, Duty
from alongside.rota.rules.patterns import boundary

PERSON = "p"
STAMP = "%Y%m%dT%H%M%SZ"
MOST_TIERS = 4
_PARTS_OF_A_GAP = 3


@dataclass(frozen=True)
class ToShift:
    """Onto the shift of somebody: the two exchange."""

    shift: uuid.UUID


@dataclass(frozen=True)
class ToGap:
    """Into a span of a tier in which nobody is on call."""

    tier: int
    starts_at: datetime
    ends_at: datetime
    planned: bool = False


@dataclass(frozen=True)
class ToPerson:
    """The shift stays where it is, and somebody else has it."""

    supporter: uuid.UUID


Target = ToShift | ToGap | ToPerson


def key(target: Target) -> str:
    """Return a target as it stands in addresses and forms; `target` reads it."""
    match target:
        case ToShift():
            return str(target.shift)
        case ToPerson():
            return f"{PERSON}.{target.supporter}"
        case ToGap():
            begin, end = (moment.astimezone(UTC).strftime(STAMP) for moment in (target.starts_at, target.ends_at))
            return f"{target.tier}{'p' if target.planned else ''}.{begin}.{end}"


def key_of(item: Item) -> str:
    """Return what names an item of the calendar as a target."""
    if item.shift is not None:
        return key(ToShift(item.shift))
    return key(ToGap(item.tier, item.starts_at, item.ends_at, item.planned))


def target(text: str) -> Target:
    """Read a target; raises ValueError for what is none."""
    parts = text.split(".")
    if len(parts) == _PARTS_OF_A_GAP and parts[0][:1].isdigit() and parts[0][1:] in ("", "p"):
        tier = int(parts[0][0])
        begin, end = (datetime.strptime(part, STAMP).replace(tzinfo=UTC) for part in parts[1:])
        if not 1 <= tier <= MOST_TIERS or not timedelta(0) < end - begin <= LONGEST_SHIFT:
            raise ValueError(text)
        return ToGap(tier, begin, end, planned=parts[0].endswith("p"))
    if parts[0] == PERSON:
        return ToPerson(uuid.UUID(".".join(parts[1:])))
    return ToShift(uuid.UUID(text))


def landing(duty: Duty, gap: ToGap, beside: Iterable[Duty], now: datetime, zone: tzinfo) -> Duty:
    """Return the duty as it would be in a gap beside other duties, and nothing of it in the past.

    A gap that a pattern planned is filled whole. Elsewhere the duty keeps its hours by the clock on the wall, until the
    next duty begins; where the gap lies outside those hours, it is filled whole.
    """
    minute = now.replace(second=0, microsecond=0)
    start, end = gap.starts_at, gap.ends_at
    if not gap.planned:
        begin, over = (moment.astimezone(zone).replace(tzinfo=None) for moment in (duty.starts_at, duty.ends_at))
        moved = datetime.combine(start.astimezone(zone).date(), begin.time())
        hours = boundary(moved, zone), boundary(moved + (over - begin), zone)
        if hours[0] < end and start < hours[1]:
            start, end = max(start, hours[0]), hours[1]
            later = [one.starts_at for one in beside if one.tier == gap.tier and one.starts_at > start]
            end = min([end, *later])
    return replace(duty, tier=gap.tier, starts_at=max(start, minute), ends_at=end)


def seal(*about: object) -> str:
    """Return a digest of what a page showed: what was looked at is what is changed."""
    return hashlib.sha256(repr(about).encode()).hexdigest()[:32]


def in_the_way(duty: Duty, others: Iterable[Duty]) -> list[Duty]:
    """Return the duties that overlap one in its tier."""
    return [
        one for one in others if one.tier == duty.tier and one.starts_at < duty.ends_at and duty.starts_at < one.ends_at
    ]
