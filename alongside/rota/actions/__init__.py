"""Every change of the rota: shifts, patterns, wishes, plans, exchanges and feeds."""

from alongside.rota.actions.shifts import (
    CHECK_WITHIN,
    NotEligible,
    check_reach,
    enter_shift,
    enter_shifts,
    remove_shift,
)

__all__ = [
    "CHECK_WITHIN",
    "NotEligible",
    "check_reach",
    "enter_shift",
    "enter_shifts",
    "remove_shift",
]
