"""Every change of the rota: shifts, patterns, wishes, plans, exchanges and feeds."""

from alongside.rota.actions.feeds import (
    BadAddress,
    forget_calendar,
    keep_calendar,
    make_feed,
    purge_feeds,
    read_calendars,
    revoke_feed,
)
from alongside.rota.actions.feeds import TooMany as TooManyFeeds
from alongside.rota.actions.shifts import (
    CHECK_WITHIN,
    NotEligible,
    check_reach,
    enter_shift,
    enter_shifts,
    remove_shift,
)
from alongside.rota.actions.wishes import add_blackout, add_hours, purge_wishes, set_cap, set_wish, take_back

__all__ = [
    "CHECK_WITHIN",
    "BadAddress",
    "NotEligible",
    "TooManyFeeds",
    "add_blackout",
    "add_hours",
    "check_reach",
    "enter_shift",
    "enter_shifts",
    "forget_calendar",
    "keep_calendar",
    "make_feed",
    "purge_feeds",
    "purge_wishes",
    "read_calendars",
    "remove_shift",
    "revoke_feed",
    "set_cap",
    "set_wish",
    "take_back",
]
