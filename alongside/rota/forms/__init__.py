"""What pages of the rota send."""

from alongside.rota.forms.exchanges import (
    HandOverForm,
    SwapForm,
)
from alongside.rota.forms.patterns import HolidayForm, PatternFactsForm, PatternForm, SpansForm
from alongside.rota.forms.planning import PlanForm, SlotForm
from alongside.rota.forms.sessions import DebriefForm, SessionForm
from alongside.rota.forms.shifts import (
    ShiftForm,
)
from alongside.rota.forms.taking import SpanForm, written
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
    "DebriefForm",
    "HandOverForm",
    "HolidayForm",
    "HoursForm",
    "PatternFactsForm",
    "PatternForm",
    "PlanForm",
    "ReadyForm",
    "SessionForm",
    "ShiftForm",
    "SlotForm",
    "SpanForm",
    "SpansForm",
    "SwapForm",
    "WishForm",
    "written",
]
