"""What pages of the rota send."""

from alongside.rota.forms.shifts import (
    ShiftForm,
)

__all__ = [
    "ShiftForm",
]
