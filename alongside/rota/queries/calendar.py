"""The rota as a calendar: who is on call, where nobody is, which days are holidays, and who carries how much."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from alongside.accounts.models import Organisation
from alongside.policy import queries as policy
from alongside.rota import rules
from alongside.rota.models import Holiday, Shift
from alongside.rota.queries.exchanges import sought
from alongside.rota.queries.planning import frame_of, patterns_in_force
from alongside.rota.queries.shifts import Entry, shifts_between, tiers_of
from alongside.rota.rules import calendar, changeover, exchanging, framing
from alongside.rota.rules.calendar import Day, Item, Range
from alongside.rota.rules.fairness import MEASURES
from alongside.rota.rules.patterns import slot
from alongside.rota.rules.problem import Slot
from alongside.team import queries as team

MINUTES = 60


@dataclass(frozen=True)
class Calendar:
    """Days with what stands on each; names by supporter and holidays by day.

    `left` are the shifts of people who do not serve at present: what is still to come of them is a gap. `sought` holds
    (tier, beginning) of those for which cover is sought.
    """

    days: list[Day]
    tiers: tuple[int, ...]
    names: dict[uuid.UUID, str]
    holidays: dict[date, str]
    left: tuple[Entry, ...]
    sought: frozenset[tuple[int, datetime]]


def calendar_of(organisation: Organisation, days: Sequence[date], now: datetime) -> Calendar:
    """Return days that follow each other as a calendar; gaps are shown from now on (D-01, D-02)."""
    zone = ZoneInfo(organisation.time_zone)
    minute = now.replace(second=0, microsecond=0)
    planned = _planned(organisation, days, zone)
    # A slot that reaches over the edge of the page is whole: else it would be another one on the page beside it.
    edge = max((slot.ends_at - slot.starts_at for slot in planned), default=calendar.DAY)
    start = rules.start_of(days[0], zone) - edge
    end = rules.start_of(days[-1] + timedelta(days=1), zone) + edge
    entries = shifts_between(organisation.id, start, end)
    tiers = tiers_of(organisation.id, {one.tier for one in entries} | {one.tier for one in planned})
    left = tuple(one for one in entries if not one.serving and one.ends_at > minute)
    # What was served before now stays: who may serve today is no question of then.
    items = [item for one in entries if (item := _item(one, minute)) is not None]
    missing = _missing(entries, max(start, minute), end, tiers) if end > minute else []
    items += calendar.empty(missing, planned, zone)
    return Calendar(
        days=calendar.lay_out(items, days, zone),
        tiers=tiers,
        names={one.supporter: one.name for one in entries},
        holidays=dict(
            Holiday.objects.filter(organisation=organisation, day__gte=days[0], day__lte=days[-1]).values_list(
                "day", "name"
            )
        ),
        left=left,
        sought=frozenset((one.duty.tier, one.duty.starts_at) for one in sought(organisation.id, now)),
    )


def tiers_entered(organisation_id: uuid.UUID, now: datetime) -> set[int]:
    """Return the tiers of running and coming shifts."""
    rows = Shift.objects.filter(organisation_id=organisation_id, ends_at__gt=now).order_by()
    return set(rows.values_list("tier", flat=True).distinct())


@dataclass(frozen=True)
class ComingGap:
    """A span in which a tier has nobody, and into how many shifts the pattern in force cuts it; 0 without a pattern.

    `seekable` says that cover can be sought for it: what is longer, or later than the board looks, is for a plan.
    """

    gap: rules.Gap
    shifts: int
    seekable: bool


def has_shifts(organisation_id: uuid.UUID) -> bool:
    """Say whether any shift was ever entered."""
    return Shift.objects.filter(organisation_id=organisation_id).exists()


def coming_gaps(organisation: Organisation, now: datetime, days: int) -> list[ComingGap]:
    """Return every span of the coming days in which a tier has nobody who may serve, by beginning (D-01)."""
    start = now.replace(second=0, microsecond=0)
    return gaps_until(organisation, start, start + timedelta(days=days))


def gaps_until(organisation: Organisation, start: datetime, end: datetime) -> list[ComingGap]:
    """Return every span from `start`, which is this minute, to `end` in which a tier has nobody who may serve, by
    beginning (D-01).
    """
    zone = ZoneInfo(organisation.time_zone)
    missing = _missing(shifts_between(organisation.id, start, end), start, end, tiers_of(organisation.id))
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    planned, ahead = _planned(organisation, days, zone), policy.in_force(organisation.id).gap_days
    return [
        ComingGap(
            gap,
            sum(one.planned for one in calendar.empty([gap], planned, zone)),
            not (exchanging.too_long(_pieces(gap, planned)) or exchanging.too_far(gap.starts_at, start, ahead)),
        )
        for gap in missing
    ]


def _pieces(gap: rules.Gap, planned: Sequence[Slot]) -> list[tuple[datetime, datetime]]:
    """Return a gap in the pieces in which cover is sought: along the slots, whole where none is."""
    ends = {at for one in planned if one.tier == gap.tier for at in (one.starts_at, one.ends_at)}
    within = {at for at in ends if gap.starts_at < at < gap.ends_at}
    return list(pairwise(sorted({gap.starts_at, gap.ends_at} | within)))


def _planned(organisation: Organisation, days: Sequence[date], zone: ZoneInfo) -> list[Slot]:
    """Return the slots of the patterns in force that touch the days, as the planner has them (0036)."""
    # A slot that began before the first day reaches into it, and one may begin on the day after the last.
    first = days[0] - rules.LONGEST_SHIFT
    spans = changeover.spans(patterns_in_force(organisation), first, (days[-1] - first).days + 2)
    found = [slot(one.tier, one.begin, one.end, zone) for one in spans]
    start = rules.start_of(days[0], zone)
    return [one for one in found if start < one.ends_at]


def _item(entry: Entry, minute: datetime) -> Item | None:
    item = Item(entry.tier, entry.starts_at, entry.ends_at, entry.id, entry.supporter)
    if entry.serving or entry.ends_at <= minute:
        return item
    return calendar.cut_off(item, minute) if entry.starts_at < minute else None


def _missing(entries: Collection[Entry], start: datetime, end: datetime, tiers: Collection[int]) -> list[rules.Gap]:
    duties = [rules.Duty(one.tier, one.supporter, one.starts_at, one.ends_at) for one in entries if one.serving]
    return rules.gaps(duties, start, end, tiers)


# --- who carries how much ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LoadOf:
    """Weighted hours of one person over the rolling year, by measure, long times without a duty credited.

    `able` says whether they can be planned at all: who cannot is compared with nobody.
    """

    supporter: uuid.UUID
    name: str
    able: bool
    hours: dict[str, int]


@dataclass(frozen=True)
class Loads:
    """What everybody carries, by name, and the team's range of each measure that anybody carries."""

    people: tuple[LoadOf, ...]
    ranges: dict[str, Range]


def loads_of(organisation: Organisation, now: datetime) -> Loads:
    """Return what everybody carries over the year that ends today."""
    today = now.astimezone(ZoneInfo(organisation.time_zone)).date()
    frame = frame_of(organisation, today + timedelta(days=1), 1, now)
    names = {one.id: one.name for one in team.roster(organisation.id, now)}
    able = {one.id for one in frame.people if one.ready and not one.on_leave}
    people = [
        LoadOf(who, names.get(who, ""), who in able, {one: round(served.get(one, 0) / MINUTES) for one in MEASURES})
        for who, served in ((who, member.served) for who, member in framing.members(frame).items())
    ]
    return Loads(
        tuple(sorted(people, key=lambda one: (one.name.casefold(), str(one.supporter)))),
        {
            measure: Range(min(amounts), max(amounts))
            for measure in MEASURES
            if any(amounts := [one.hours[measure] for one in people if one.able])
        },
    )
