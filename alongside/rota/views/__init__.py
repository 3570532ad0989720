"""Pages of the rota."""

from alongside.rota.views.covering import find_cover, stop_cover
from alongside.rota.views.exchanges import asked, cover, hand_over, my_shift, my_shifts, note, swap
from alongside.rota.views.feeds import calendar, feed, forget_calendar, keep_calendar, make_feed, revoke_feed
from alongside.rota.views.holidays import holiday_remove, holidays, holidays_statutory
from alongside.rota.views.moving import move
from alongside.rota.views.patterns import pattern, pattern_change, pattern_new, pattern_remove, patterns
from alongside.rota.views.planning import (
    plan,
    plan_discard,
    plan_edit,
    plan_publish,
    plan_stop,
    plans,
    plans_compare,
)
from alongside.rota.views.removing import remove
from alongside.rota.views.schedule import rota, team_rota
from alongside.rota.views.sessions import session, session_new, session_remove, sessions
from alongside.rota.views.shifts import enter, me
from alongside.rota.views.taking import gaps, take_gap
from alongside.rota.views.wishes import availability, readiness, take_back

__all__ = [
    "asked",
    "availability",
    "calendar",
    "cover",
    "enter",
    "feed",
    "find_cover",
    "forget_calendar",
    "gaps",
    "hand_over",
    "holiday_remove",
    "holidays",
    "holidays_statutory",
    "keep_calendar",
    "make_feed",
    "me",
    "move",
    "my_shift",
    "my_shifts",
    "note",
    "pattern",
    "pattern_change",
    "pattern_new",
    "pattern_remove",
    "patterns",
    "plan",
    "plan_discard",
    "plan_edit",
    "plan_publish",
    "plan_stop",
    "plans",
    "plans_compare",
    "readiness",
    "remove",
    "revoke_feed",
    "rota",
    "session",
    "session_new",
    "session_remove",
    "sessions",
    "stop_cover",
    "swap",
    "take_back",
    "take_gap",
    "team_rota",
]
