"""Weeks, by their Mondays (UTC)."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta


def monday_of(moment: datetime) -> date:
    """Return the Monday (UTC) of the week of an aware `moment`. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def weeks_from(monday: date, count: int) -> tuple[date, ...]:
    """Return `count` Mondays, beginning with `monday`. Raises ValueError for any other day."""
    if monday.weekday() != 0:
        raise ValueError("not a Monday")
    return tuple(monday + timedelta(weeks=number) for number in range(count))


def last_day(weeks: Collection[date], this_week: date) -> date | None:
    """Return the last day (UTC) up to which no week from `this_week` on lacks a key; None when this one does."""
    week = this_week
    while week in weeks:
        week += timedelta(weeks=1)
    return None if week == this_week else week - timedelta(days=1)
