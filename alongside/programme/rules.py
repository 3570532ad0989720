"""When a unit is to be briefed, and when managers read their rules again."""

from dataclasses import dataclass
from datetime import date, timedelta

# What was longer ago is no news; a day further back is more likely a slip of the year.
OLDEST = timedelta(days=366)
# From then on a task is called near.
SOON = timedelta(days=14)


class NotYet(ValueError):
    """A day that has not come."""


class TooLongAgo(ValueError):
    """A day too far back to be meant."""


@dataclass(frozen=True)
class Due:
    """Until when something is to be done: `state` is "missing" (never done), "late", "soon" or "good"."""

    last: date | None
    by: date | None
    state: str


def check_held(held_on: date, today: date) -> None:
    """Refuse a briefing that is still to come (NotYet), or of more than a year ago (TooLongAgo)."""
    if held_on > today:
        raise NotYet
    if today - held_on > OLDEST:
        raise TooLongAgo


def due(last: date | None, every: int, today: date) -> Due:
    """Return until when something that comes again `every` days is to be done."""
    if last is None:
        return Due(None, None, "missing")
    by = last + timedelta(days=every)
    if by < today:
        return Due(last, by, "late")
    return Due(last, by, "soon" if by - today <= SOON else "good")


def acknowledged(version: int | None, on: date | None, *, current: int, every: int, today: date) -> Due:
    """Return until when a manager reads their rules again: at once when the text has changed since."""
    return due(on if version == current else None, every, today)
