"""Counting contacts so that nothing points at anybody.

Cells begin at noise, so that one copy of the database in the middle of a period shows no exact count; when the period
ends every cell, also an empty one, gets fresh noise, and that number is the only one that remains. Two copies of the
live database inside one period do show, by subtraction, what was counted between them: a stated limit.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import cast

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When

from alongside.accounts.models import Organisation
from alongside.anonymous import noise, rules
from alongside.anonymous.models import Cell
from alongside.content import load
from alongside.kernel import months

TRIES = 3


class NoPeriod(RuntimeError):
    """The period was closed again and again while a contact was being counted."""


@transaction.atomic
def count(organisation_id: uuid.UUID, contact: rules.Contact, *, now: datetime, zone: str, headcount: int) -> None:
    """Move the running period's cells by one contact, in the caller's transaction; nothing else is kept of it.

    Every cell is written, moved or not, so that which rows changed last says nothing. Raises rules.UnknownKey.
    """
    moved = rules.cells_of(contact, _categories())
    for _ in range(TRIES):
        period = _open(organisation_id, now, zone, headcount)
        cells = _cells(organisation_id, period).filter(closed=False)
        if not _take(cells):
            continue
        step = Case(When(key__in=moved, then=Value(1)), default=Value(0))
        cells.update(value=F("value") + step)
        return
    raise NoPeriod


def open_periods(now: datetime) -> None:
    """Give every organisation the cells of its running period, at noise: that they are there tells of no contact."""
    for organisation in Organisation.objects.all():
        _open(organisation.id, now, organisation.time_zone, organisation.headcount)


def close_periods(now: datetime) -> int:
    """Add fresh noise to every cell of each period that is over, exactly once; return how many periods were closed."""
    zones = dict(Organisation.objects.values_list("id", "time_zone"))
    running = Cell.objects.filter(closed=False).values_list("organisation_id", "length", "period").distinct()
    closed = 0
    for organisation_id, length, start in list(running.order_by("period")):
        period = rules.Period(cast(months.Period, length), start)
        if period.is_over(now, zones[organisation_id]):
            closed += _close(organisation_id, period)
    return closed


@transaction.atomic
def start_again(now: datetime) -> None:
    """Begin the running periods anew, after a restore: what was counted in them is gone, and that must be said."""
    Cell.objects.filter(closed=False).delete()
    open_periods(now)


def _open(organisation_id: uuid.UUID, now: datetime, zone: str, headcount: int) -> rules.Period:
    newest = Cell.objects.filter(organisation_id=organisation_id).order_by("-period", "closed").first()
    before = rules.Period(cast(months.Period, newest.length), newest.period, newest.closed) if newest else None
    period = rules.running(before, now, zone, rules.length_for(headcount))
    _complete(organisation_id, period)
    return period


def _complete(organisation_id: uuid.UUID, period: rules.Period) -> None:
    """Make the cells that are missing, each at noise; somebody else making them at the same moment is no harm."""
    there = set(_cells(organisation_id, period).values_list("key", flat=True))
    missing = [key for key in rules.keys(_categories()) if key not in there]
    Cell.objects.bulk_create(
        (
            Cell(organisation_id=organisation_id, period=period.start, length=period.length, key=key, value=value)
            for key, value in zip(missing, _noise(missing), strict=True)
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def _close(organisation_id: uuid.UUID, period: rules.Period) -> bool:
    _complete(organisation_id, period)
    cells = _cells(organisation_id, period).filter(closed=False)
    if not _take(cells):
        return False
    found = dict(cells.values_list("id", "key"))
    fresh = dict(zip(found, _noise(found.values()), strict=True))
    step = Case(*(When(id=cell, then=Value(value)) for cell, value in fresh.items()))
    return cells.filter(id__in=found).update(value=F("value") + step, closed=True) > 0


def _take(cells: QuerySet[Cell]) -> bool:
    """Wait for whoever else writes these cells; False when the period was closed meanwhile."""
    return cells.select_for_update(no_key=True).filter(key=rules.FIRST_CELL).first() is not None


def _cells(organisation_id: uuid.UUID, period: rules.Period) -> QuerySet[Cell]:
    return Cell.objects.filter(organisation_id=organisation_id, length=period.length, period=period.start)


def _categories() -> dict[str, tuple[str, ...]]:
    return {question: tuple(entry.key for entry in entries) for question, entries in load.tally().items()}


def _noise(keys: Iterable[str]) -> list[int]:
    return noise.draw([rules.share_of(key) for key in keys])
