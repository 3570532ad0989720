"""What a coordinator chooses for a pattern of shifts, and which days are holidays."""

from collections.abc import Iterable
from datetime import date, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from alongside.rota.rules.patterns import DAY_MINUTES, LONGEST_CYCLE, Block
from alongside.rota.rules.templates import Kind

HOUR = 60
MOST_LATER = 31
KINDS = {
    Kind.HALVES: _("Days and nights: two shifts of 12 hours"),
    Kind.DAYS: _("Whole days: one shift of 24 hours"),
    Kind.THIRDS: _("Three shifts of 8 hours"),
    Kind.WEEKS: _("Whole weeks: one shift of 7 days, from the weekday of the first day"),
    Kind.SPLIT: _("Weekdays and weekends: Monday to Saturday, Saturday to Monday"),
}
NAMES = {
    Kind.HALVES: _("Days and nights"),
    Kind.DAYS: _("Whole days"),
    Kind.THIRDS: _("Three shifts a day"),
    Kind.WEEKS: _("Whole weeks"),
    Kind.SPLIT: _("Weekdays and weekends"),
}


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


def _time(label: Any, **more: Any) -> forms.TimeField:
    return forms.TimeField(label=label, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **more)


def _name(**more: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}), **more
    )


class PatternForm(forms.Form):
    """A new pattern: from a template, or with the shifts of one that there is."""

    kind = forms.ChoiceField(label=_("How shifts lie"), widget=forms.RadioSelect, initial=Kind.HALVES)
    first_day = _day(_("First day"))
    hand_over = _time(_("Hand-over at"), initial=time(7))
    name = _name(required=False, help_text=_("Leave empty for the usual name."))

    def __init__(self, *args: Any, others: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [
            *KINDS.items(),
            *((key, _("The shifts of “%s”, to change them") % name) for key, name in others),
        ]

    def minute(self) -> int:
        """Return the hand-over as a minute of the day."""
        return minute_of(self.cleaned_data["hand_over"])


def minute_of(clock: time) -> int:
    """Return a time as a minute of the day."""
    return clock.hour * HOUR + clock.minute


class PatternFactsForm(forms.Form):
    """The name of a pattern that is not in force yet, its first day, and after how many days it repeats."""

    name = _name()
    first_day = _day(_("First day"))
    days = forms.IntegerField(
        label=_("Repeats after so many days"),
        min_value=1,
        max_value=LONGEST_CYCLE,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "short"}),
        help_text=_("1 for the same every day, 7 for a week; 56 at most."),
    )


class SpansForm(forms.Form):
    """Shifts to add to a pattern: the same hours on several days and in several tiers at once."""

    tiers = forms.TypedMultipleChoiceField(label=_("As"), coerce=int, widget=forms.CheckboxSelectMultiple)
    on_days = forms.TypedMultipleChoiceField(
        label=_("Begins on"), coerce=int, widget=forms.CheckboxSelectMultiple(attrs={"class": "many"})
    )
    starts = _time(_("From"))
    ends = _time(_("To"))
    later = forms.TypedChoiceField(label=_("Ends"), coerce=int, initial=0)

    def __init__(
        self, *args: Any, days: Iterable[tuple[int, Any]], tiers: Iterable[tuple[int, Any]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        listed = list(days)
        tier, day, later = self.fields["tiers"], self.fields["on_days"], self.fields["later"]
        tier.choices, day.choices = list(tiers), listed  # type: ignore[attr-defined]
        most = min(len(listed), MOST_LATER)
        later.choices = [(0, _("on the same day")), (1, _("on the next day"))] + [  # type: ignore[attr-defined]
            (number, _("%s days later") % number) for number in range(2, most + 1)
        ]
        if len(listed) == 1:
            del self.fields["on_days"]

    def blocks(self) -> list[Block]:
        """Return the blocks that were described."""
        chosen = self.cleaned_data
        begin = minute_of(chosen["starts"])
        minutes = minute_of(chosen["ends"]) + chosen["later"] * DAY_MINUTES - begin
        return [Block(tier, day, begin, minutes) for tier in chosen["tiers"] for day in chosen.get("on_days", (0,))]

    def clean(self) -> dict[str, Any]:
        """Refuse a shift that ends before it begins."""
        cleaned = super().clean() or {}
        if not self.errors and self.blocks()[0].minutes <= 0:
            self.add_error("later", _("The shift ends before it begins. Does it end on the next day?"))
        return cleaned


class HolidayForm(forms.Form):
    """A day that counts as a holiday."""

    day = _day(_("Day"))
    name = _name()


def year_of(asked: str, today: date) -> int:
    """Return the year that was asked for, within what can be planned; else this year."""
    known = range(today.year - 1, today.year + 3)
    return int(asked) if asked in {str(year) for year in known} else today.year
