"""Pages of the rota."""

from alongside.rota.views.exchanges import asked, cover, hand_over, my_shift, my_shifts, note, swap
from alongside.rota.views.planning import (
    plan,
    plan_discard,
    plan_edit,
    plan_publish,
    plan_stop,
    plans,
    plans_compare,
)
from alongside.rota.views.shifts import (
    enter,
    me,
    remove,
    rota,
)

__all__ = [
    "asked",
    "cover",
    "enter",
    "hand_over",
    "me",
    "my_shift",
    "my_shifts",
    "note",
    "plan",
    "plan_discard",
    "plan_edit",
    "plan_publish",
    "plan_stop",
    "plans",
    "plans_compare",
    "remove",
    "rota",
    "swap",
]
