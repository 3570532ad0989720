"""Who is on call and where nobody is; patterns, plans, exchanges and what everybody carries."""

from alongside.rota.queries.feeds import Followed, Reading, feeds_of, followed, reading_of
from alongside.rota.queries.shifts import (
    Entry,
    StripCell,
    StripDay,
    gaps_between,
    has_just_begun,
    next_change_after,
    next_shifts_of,
    on_call_at,
    serving_between,
    shifts_between,
    strip,
)
from alongside.rota.queries.wishes import Availability, availability_of

__all__ = [
    "Availability",
    "Entry",
    "Followed",
    "Reading",
    "StripCell",
    "StripDay",
    "availability_of",
    "feeds_of",
    "followed",
    "gaps_between",
    "has_just_begun",
    "next_change_after",
    "next_shifts_of",
    "on_call_at",
    "reading_of",
    "serving_between",
    "shifts_between",
    "strip",
]
