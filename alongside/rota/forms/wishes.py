"""What supporters type about themselves: days off, hours, wishes, a cap, the address of their own calendar."""

from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from alongside.rota.rules import wishes as rules

DAY = {"type": "date"}
WEEKDAYS = (
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
)
HOUR, WHOLE_DAY = 60, 24 * 60


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"), **more)


def _time(label: Any) -> forms.TimeField:
    return forms.TimeField(label=label, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))


class DaysOffForm(forms.Form):
    """Days on which somebody cannot be on call."""

    first = _day(_("First day"))
    last = _day(_("Last day"), required=False, help_text=_("Leave empty for one day."))


class HoursForm(forms.Form):
    """Weekly hours."""

    works = forms.TypedChoiceField(
        label=_("In these hours"),
        choices=[("yes", _("I work and cannot be on call")), ("no", _("I can be on call, and at no other time"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="yes",
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On these days"), choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    starts = _time(_("From"))
    ends = _time(_("To"))

    def span(self) -> tuple[int, int]:
        """Return the minute of the day and the minutes from there; an end that is earlier is on the next day."""
        begin, end = (_minutes(self.cleaned_data[name]) for name in ("starts", "ends"))
        return begin, (end - begin) % WHOLE_DAY or WHOLE_DAY


def _minutes(clock: time) -> int:
    return clock.hour * HOUR + clock.minute


class WishForm(forms.Form):
    """A wish for one day."""

    day = _day(_("Day"))
    on_call = forms.TypedChoiceField(
        label=_("On that day I would like"),
        choices=[("no", _("to be free")), ("yes", _("to be on call"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="no",
    )


class CapForm(forms.Form):
    """How many shifts somebody takes at most."""

    most = forms.IntegerField(
        label=_("At most this many shifts in 28 days"),
        required=False,
        min_value=0,
        max_value=rules.MOST_SHIFTS,
        help_text=_("Leave empty for no limit of your own."),
    )


class CalendarForm(forms.Form):
    """The address of somebody's own calendar."""

    address = forms.CharField(
        label=_("Address of your calendar"),
        max_length=900,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("It begins with https:// or webcal://."),
    )


class ReadyForm(forms.Form):
    """What a coordinator knows of one supporter's readiness."""

    crisis_trained_on = _day(_("Crisis training completed on"), required=False)
    phone_checked_on = _day(_("Telephone for duty called on"), required=False)
    phone_issued = forms.BooleanField(label=_("A telephone is issued"), required=False)
    data_issued = forms.BooleanField(label=_("A data plan is issued"), required=False)
