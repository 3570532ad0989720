"""Who is on call, and where nobody is."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alongside.policy import queries as policy
from alongside.rota import rules
from alongside.rota.models import Shift
from alongside.team import queries as team


@dataclass(frozen=True)
class Entry:
    """One shift as the rota shows it; `serving` is false when the supporter may not serve at present."""

    id: uuid.UUID
    tier: int
    supporter: uuid.UUID
    name: str
    starts_at: datetime
    ends_at: datetime
    serving: bool


def on_call_at(organisation_id: uuid.UUID, moment: datetime) -> dict[int, uuid.UUID]:
    """Return tier -> supporter of who is on call and may serve at a moment (D-01). A tier without anybody is left
    out.
    """
    rows = Shift.objects.filter(organisation_id=organisation_id, starts_at__lte=moment, ends_at__gt=moment)
    return rules.on_call(_serving(organisation_id, [row.facts() for row in rows], moment), moment)


def gaps_between(organisation_id: uuid.UUID, start: datetime, end: datetime) -> list[rules.Gap]:
    """Return the spans in which a tier has nobody who may serve; a shift of somebody on leave is a gap too (D-01,
    C-18).
    """
    return rules.gaps(serving_between(organisation_id, start, end), start, end, tiers_of(organisation_id))


def tiers_of(organisation_id: uuid.UUID, also: Collection[int] = ()) -> tuple[int, ...]:
    """Return the tiers that must be covered by policy, and those that are entered or planned besides."""
    return tuple(sorted({*range(1, policy.in_force(organisation_id).on_call_tiers + 1), *also}))


def serving_between(organisation_id: uuid.UUID, start: datetime, end: datetime) -> list[rules.Duty]:
    """Return the duties that touch [start, end), without those of supporters who may not serve at its beginning."""
    rows = _between(organisation_id, start, end).values_list("tier", "supporter_id", "starts_at", "ends_at")
    return _serving(organisation_id, [rules.Duty(*row) for row in rows], start)


def shifts_between(organisation_id: uuid.UUID, start: datetime, end: datetime) -> list[Entry]:
    """Return every shift that touches [start, end), also those of people who may not serve, by beginning and tier."""
    able = {one.id for one in team.eligible_at(organisation_id, start)}
    rows = _between(organisation_id, start, end)
    # Pages ask this of months of a large team: three rows for each shift cost several times their values.
    values = rows.values_list("id", "tier", "supporter_id", "supporter__person__name", "starts_at", "ends_at")
    return [
        Entry(id, tier, who, name, starts_at, ends_at, who in able)
        for id, tier, who, name, starts_at, ends_at in values
    ]


@dataclass(frozen=True)
class StripCell:
    """One tier on one day: first names of who is on call, and the spans still to come in which nobody is, as "7–19"."""

    tier: int
    names: tuple[str, ...]
    empty: tuple[str, ...]


@dataclass(frozen=True)
class StripDay:
    """One day of the strip that board and rota draw."""

    day: date
    cells: tuple[StripCell, ...]


def strip(organisation_id: uuid.UUID, zone: ZoneInfo, now: datetime, count: int) -> list[StripDay]:
    """Return the coming `count` days in the organisation's time zone; what of today is over shows no gap."""
    first = now.astimezone(zone).date()
    start, end = rules.start_of(first, zone), rules.start_of(first + timedelta(days=count), zone)
    duties = serving_between(organisation_id, start, end)
    names = {one.supporter: one.name.split(maxsplit=1)[0] for one in shifts_between(organisation_id, start, end)}
    tiers = tiers_of(organisation_id)
    missing = rules.gaps(duties, now, end, tiers)
    return [
        StripDay(one.day, tuple(_cell(tier, one, names, missing, zone) for tier in tiers))
        for one in rules.days(duties, first, count, zone, tiers)
    ]


def _cell(
    tier: int, day: rules.Day, names: dict[uuid.UUID, str], missing: list[rules.Gap], zone: ZoneInfo
) -> StripCell:
    empty = [gap for gap in missing if gap.tier == tier and gap.starts_at < day.ends_at and day.starts_at < gap.ends_at]
    return StripCell(
        tier,
        tuple(names.get(one, "") for one in day.on_call[tier]),
        tuple(
            f"{_clock(max(gap.starts_at, day.starts_at), zone)}–"
            f"{'24' if gap.ends_at >= day.ends_at else _clock(gap.ends_at, zone)}"
            for gap in empty
        ),
    )


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.hour}:{local.minute:02}" if local.minute else str(local.hour)


def next_shifts_of(supporter_id: uuid.UUID, moment: datetime, count: int) -> list[rules.Duty]:
    """Return a supporter's running and next shifts."""
    rows = Shift.objects.filter(supporter_id=supporter_id, ends_at__gt=moment).order_by("starts_at")[:count]
    return [row.facts() for row in rows]


def has_just_begun(supporter_id: uuid.UUID, hours: int, moment: datetime) -> bool:
    """Say whether a shift of a supporter began within the last `hours` and still runs."""
    rows = Shift.objects.filter(supporter_id=supporter_id, ends_at__gt=moment, starts_at__lte=moment)
    return rows.filter(starts_at__gt=moment - timedelta(hours=hours)).exists()


def next_change_after(organisation_id: uuid.UUID, moment: datetime) -> datetime | None:
    """Return the next moment at which a shift begins or ends, or None when none is planned."""
    rows = Shift.objects.filter(organisation_id=organisation_id)
    begins = rows.filter(starts_at__gt=moment).order_by("starts_at").values_list("starts_at", flat=True).first()
    ends = rows.filter(ends_at__gt=moment).order_by("ends_at").values_list("ends_at", flat=True).first()
    return min((one for one in (begins, ends) if one), default=None)


def _between(organisation_id: uuid.UUID, start: datetime, end: datetime):  # type: ignore[no-untyped-def]
    return Shift.objects.filter(organisation_id=organisation_id, starts_at__lt=end, ends_at__gt=start)


def _serving(organisation_id: uuid.UUID, duties: list[rules.Duty], moment: datetime) -> list[rules.Duty]:
    able = {one.id for one in team.eligible_at(organisation_id, moment)}
    return [one for one in duties if one.supporter in able]
