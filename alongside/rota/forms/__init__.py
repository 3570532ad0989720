"""What pages of the rota send."""

from alongside.rota.forms.exchanges import (
    HandOverForm,
    SwapForm,
)
from alongside.rota.forms.shifts import (
    ShiftForm,
)

__all__ = [
    "HandOverForm",
    "ShiftForm",
    "SwapForm",
]
