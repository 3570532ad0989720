"""Calendar periods of the tally: month, quarter or year, named by their first day."""

from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

Period = Literal["month", "quarter", "year"]
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def start_of(period: Period, moment: datetime, zone: str) -> date:
    """Return the first day of the period in which `moment` lies, in the organisation's time zone."""
    local = moment.astimezone(ZoneInfo(zone)).date()
    length = _MONTHS[period]
    return date(local.year, (local.month - 1) // length * length + 1, 1)


def after(period: Period, start: date) -> date:
    """Return the first day of the period that follows the one beginning at `start`."""
    months = start.year * 12 + start.month - 1 + _MONTHS[period]
    return date(months // 12, months % 12 + 1, 1)
