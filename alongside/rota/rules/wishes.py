"""What supporters may say of when they can be on call."""

from collections.abc import Collection
from datetime import date, timedelta

from alongside.rota.rules.patterns import DAY_MINUTES

AHEAD = timedelta(days=400)
# "Within a month" for what is over.
KEPT = timedelta(days=30)
MOST_LINES = 200
MOST_SHIFTS = 56
SUNDAY = 6


class BadDays(ValueError):
    """Days that are over, too far away, or end before they begin: `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BadHours(ValueError):
    """No day of the week, or a span that is none."""


class BadCap(ValueError):
    """A number of shifts nobody can mean."""


class TooMany(ValueError):
    """More lines than anybody needs."""


def check_days(first: date, last: date, today: date) -> None:
    """Refuse days that end before they begin, are all over, or lie more than a year ahead. Raises BadDays."""
    if last < first:
        raise BadDays("order")
    # A day of grace: today differs from place to place.
    if last < today - timedelta(days=1):
        raise BadDays("over")
    if last > today + AHEAD:
        raise BadDays("far")


def check_hours(weekdays: Collection[int], minute: int, minutes: int) -> None:
    """Refuse hours that are none, begin on no day or last longer than a day. Raises BadHours."""
    if not weekdays or not all(0 <= day <= SUNDAY for day in weekdays):
        raise BadHours
    if not (0 <= minute < DAY_MINUTES and 0 < minutes <= DAY_MINUTES):
        raise BadHours


def check_cap(most: int) -> None:
    """Refuse a number of shifts in 28 days that nobody can mean. Raises BadCap."""
    if not 0 <= most <= MOST_SHIFTS:
        raise BadCap
