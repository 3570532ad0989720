"""Who is on call and where nobody is; patterns, plans, exchanges and what everybody carries."""

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

__all__ = [
    "Entry",
    "StripCell",
    "StripDay",
    "gaps_between",
    "has_just_begun",
    "next_change_after",
    "next_shifts_of",
    "on_call_at",
    "serving_between",
    "shifts_between",
    "strip",
]
