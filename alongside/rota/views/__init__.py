"""Pages of the rota."""

from alongside.rota.views.feeds import calendar, feed, forget_calendar, keep_calendar, make_feed, revoke_feed
from alongside.rota.views.shifts import (
    enter,
    me,
    remove,
    rota,
)
from alongside.rota.views.wishes import availability, readiness, take_back

__all__ = [
    "availability",
    "calendar",
    "enter",
    "feed",
    "forget_calendar",
    "keep_calendar",
    "make_feed",
    "me",
    "readiness",
    "remove",
    "revoke_feed",
    "rota",
    "take_back",
]
