"""Pages of the rota."""

from alongside.rota.views.shifts import (
    enter,
    me,
    remove,
    rota,
)

__all__ = [
    "enter",
    "me",
    "remove",
    "rota",
]
