"""What pages of the rota send."""

from alongside.rota.forms.shifts import (
    ShiftForm,
)
from alongside.rota.forms.wishes import (
    WEEKDAYS,
    WHOLE_DAY,
    CalendarForm,
    CapForm,
    DaysOffForm,
    HoursForm,
    ReadyForm,
    WishForm,
)

__all__ = [
    "WEEKDAYS",
    "WHOLE_DAY",
    "CalendarForm",
    "CapForm",
    "DaysOffForm",
    "HoursForm",
    "ReadyForm",
    "ShiftForm",
    "WishForm",
]
