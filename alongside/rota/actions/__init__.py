"""Every change of the rota: shifts, patterns, wishes, plans, exchanges and feeds."""

from alongside.rota.actions.cover import climb, on_leave, on_return, purge_exchanges
from alongside.rota.actions.exchanges import answer, find_cover, hand_over, offer_swap, take, withdraw
from alongside.rota.actions.shifts import (
    CHECK_WITHIN,
    NotEligible,
    check_reach,
    enter_shift,
    enter_shifts,
    remove_shift,
)
from alongside.rota.actions.weekly import tell_the_week, want_week_note

__all__ = [
    "CHECK_WITHIN",
    "NotEligible",
    "answer",
    "check_reach",
    "climb",
    "enter_shift",
    "enter_shifts",
    "find_cover",
    "hand_over",
    "offer_swap",
    "on_leave",
    "on_return",
    "purge_exchanges",
    "remove_shift",
    "take",
    "tell_the_week",
    "want_week_note",
    "withdraw",
]
