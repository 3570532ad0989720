"""Pages of the rota."""

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
    "enter",
    "me",
    "plan",
    "plan_discard",
    "plan_edit",
    "plan_publish",
    "plan_stop",
    "plans",
    "plans_compare",
    "remove",
    "rota",
]
