"""Patterns and holidays: made, changed, removed. Nobody is told: what is published stays as it is."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from alongside.accounts import actions as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.rota import queries
from alongside.rota.models import Holiday, Pattern, PatternBlock
from alongside.rota.rules import patterns as rules
from alongside.rota.rules.patterns import Block

DAY = timedelta(days=1)
FURTHEST = timedelta(days=400)
# Days in which a holiday may be entered, before and after today: the rolling year, and what is planned ahead.
HOLIDAYS_BEFORE, HOLIDAYS_AHEAD = timedelta(days=400), timedelta(days=1100)
MOST_BLOCKS = 150
MOST_PATTERNS = 60


class BadDay(ValueError):
    """A day on which nothing of this can begin: `code` is "soon" or "far"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class DayTaken(ValueError):
    """Something stands on this day already: `name`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class PatternsChanged(ValueError):
    """Somebody changed the patterns since they were looked at."""


class HasBegun(ValueError):
    """The pattern is in force, or was: what people were planned by stays as it was."""


class InUse(ValueError):
    """Published shifts or open plans were made by the pattern: `uses`."""

    def __init__(self, uses: queries.Uses) -> None:
        super().__init__()
        self.uses = uses


class TooManyBlocks(ValueError):
    """More blocks, or patterns, than anybody needs."""


# --- patterns ----------------------------------------------------------------------------------------------------


@transaction.atomic
def make_pattern(
    seat: Seat, name: str, repeats: rules.Pattern, begins_on: date, *, seen: str | None = None
) -> uuid.UUID:
    """Start a pattern on a day; the one in force until then ends the day before. Return its id.

    `seen` is the digest of the patterns as the coordinator looked at them (queries.patterns_seal). Raises BadDay,
    DayTaken, PatternsChanged, TooManyBlocks and rules.BadPattern.
    """
    rows = _held(seat, seen)
    if len(rows) >= MOST_PATTERNS:
        raise TooManyBlocks
    _check(seat, repeats, begins_on, rows)
    row = Pattern.objects.create(
        organisation=seat.organisation, name=name, anchor=repeats.anchor, days=repeats.days, begins_on=begins_on
    )
    _write(row, repeats.blocks)
    _settle(seat)
    accounts.note_change(seat, "pattern.made", {"name": name, "day": begins_on.isoformat()})
    return row.id


@transaction.atomic
def change_pattern(
    seat: Seat,
    pattern_id: uuid.UUID,
    *,
    seen: str | None = None,
    name: str | None = None,
    begins_on: date | None = None,
    repeats: rules.Pattern | None = None,
) -> None:
    """Change a pattern that is not in force yet: its name, its first day, what repeats.

    Raises Pattern.DoesNotExist, HasBegun and what make_pattern raises; then nothing has changed.
    """
    rows = _held(seat, seen)
    row = _coming(seat, rows, pattern_id)
    if name is not None:
        row.name = name
    if repeats is not None:
        row.anchor, row.days = repeats.anchor, repeats.days
    new = repeats or queries.facts_of(row)
    first = begins_on or row.begins_on
    _check(seat, new, first, [one for one in rows if one.id != row.id])
    if first != row.begins_on:
        _close_up(rows, row)
        row.begins_on, row.ends_on = first, None
    row.save()
    if repeats is not None:
        PatternBlock.objects.filter(pattern=row).delete()
        _write(row, repeats.blocks)
    _settle(seat)
    accounts.note_change(seat, "pattern.changed", {"name": row.name, "day": row.begins_on.isoformat()})


@transaction.atomic
def remove_pattern(seat: Seat, pattern_id: uuid.UUID) -> None:
    """Remove a pattern by which nothing was published or planned; the one before goes on in its place.

    Raises Pattern.DoesNotExist and InUse.
    """
    rows = _held(seat, None)
    row = _own(rows, pattern_id)
    uses = queries.uses_of(seat.organisation, row, queries.pattern_rows(seat.organisation.id))
    if uses.shifts or uses.plans:
        raise InUse(uses)
    _close_up(rows, row)
    row.delete()
    _settle(seat)
    accounts.note_change(seat, "pattern.removed", {"name": row.name, "day": row.begins_on.isoformat()})


def _held(seat: Seat, seen: str | None) -> list[Pattern]:
    """Return the patterns, which nobody else changes until this transaction ends."""
    accounts.hold(seat.organisation.id)
    rows = queries.pattern_rows(seat.organisation.id)
    if seen is not None and seen != queries.patterns_seal(rows):
        raise PatternsChanged
    return rows


def _own(rows: Iterable[Pattern], pattern_id: uuid.UUID) -> Pattern:
    row = next((one for one in rows if one.id == pattern_id), None)
    if row is None:
        raise Pattern.DoesNotExist
    return row


def _coming(seat: Seat, rows: Iterable[Pattern], pattern_id: uuid.UUID) -> Pattern:
    row = _own(rows, pattern_id)
    if row.begins_on <= _today(seat):
        raise HasBegun
    return row


def _today(seat: Seat) -> date:
    return clock.now().astimezone(ZoneInfo(seat.organisation.time_zone)).date()


def _check(seat: Seat, repeats: rules.Pattern, begins_on: date, others: Iterable[Pattern]) -> None:
    rules.check(repeats)
    if len(repeats.blocks) > MOST_BLOCKS:
        raise TooManyBlocks
    today = _today(seat)
    if begins_on <= today:
        raise BadDay("soon")
    if begins_on > today + FURTHEST:
        raise BadDay("far")
    taken = next((one for one in others if one.begins_on == begins_on), None)
    if taken is not None:
        raise DayTaken(taken.name)


def _write(row: Pattern, blocks: Iterable[Block]) -> None:
    PatternBlock.objects.bulk_create(
        PatternBlock(pattern=row, tier=one.tier, day=one.day, minute=one.minute, minutes=one.minutes) for one in blocks
    )


def _close_up(rows: Sequence[Pattern], gone: Pattern) -> None:
    """Let the pattern that ended because of another go on in its place."""
    for one in rows:
        if one.ends_on == gone.begins_on - DAY:
            Pattern.objects.filter(id=one.id).update(ends_on=gone.ends_on)


def _settle(seat: Seat) -> None:
    """End every pattern the day before the next begins, if it would not have ended by then."""
    rows = list(Pattern.objects.filter(organisation=seat.organisation).order_by("begins_on"))
    for at, row in enumerate(rows[:-1]):
        last = rows[at + 1].begins_on - DAY
        if row.ends_on is None or row.ends_on > last:
            Pattern.objects.filter(id=row.id).update(ends_on=last)


# --- holidays ----------------------------------------------------------------------------------------------------


@transaction.atomic
def add_holiday(seat: Seat, day: date, name: str) -> None:
    """Count a day as a holiday. Raises BadDay and DayTaken."""
    accounts.hold(seat.organisation.id)
    today = _today(seat)
    if day < today - HOLIDAYS_BEFORE:
        raise BadDay("soon")
    if day > today + HOLIDAYS_AHEAD:
        raise BadDay("far")
    taken = Holiday.objects.filter(organisation=seat.organisation, day=day).first()
    if taken is not None:
        raise DayTaken(taken.name)
    Holiday.objects.create(organisation=seat.organisation, day=day, name=name)
    accounts.note_change(seat, "holiday.added", {"name": name, "day": day.isoformat()})


@transaction.atomic
def add_holidays(seat: Seat, days: Iterable[tuple[date, str]], year: int) -> int:
    """Count these days of a year as holidays, too; those that are in the list stay as they are. Return how many are
    new.
    """
    accounts.hold(seat.organisation.id)
    known = set(Holiday.objects.filter(organisation=seat.organisation).values_list("day", flat=True))
    new = [Holiday(organisation=seat.organisation, day=day, name=name) for day, name in days if day not in known]
    Holiday.objects.bulk_create(new)
    if new:
        accounts.note_change(seat, "holidays.added", {"count": len(new), "year": year})
    return len(new)


@transaction.atomic
def remove_holiday(seat: Seat, holiday_id: uuid.UUID) -> date:
    """Count a day as an ordinary one again; return it. Raises Holiday.DoesNotExist."""
    row = Holiday.objects.get(id=holiday_id, organisation=seat.organisation)
    row.delete()
    accounts.note_change(seat, "holiday.removed", {"name": row.name, "day": row.day.isoformat()})
    return row.day
