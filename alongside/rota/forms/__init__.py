"""What pages of the rota send."""

from alongside.rota.forms.exchanges import (
    HandOverForm,
    SwapForm,
)
from alongside.rota.forms.planning import PlanForm, SlotForm
from alongside.rota.forms.shifts import (
    ShiftForm,
)

__all__ = [
    "HandOverForm",
    "PlanForm",
    "ShiftForm",
    "SlotForm",
    "SwapForm",
]
