"""What is typed about briefings."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from alongside.accounts.models import Office
from alongside.programme import rules


class BriefingForm(forms.Form):
    """A unit was briefed on a day. There is no place for a name."""

    office = forms.ChoiceField(label=_("Unit"))
    held_on = forms.DateField(label=_("Held on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    whole = forms.BooleanField(
        label=_("It said what peer support is, how to reach a peer, and when a peer must speak up."),
        error_messages={"required": _("Only a briefing that said all three counts.")},
    )

    def __init__(self, *args: Any, offices: Iterable[Office], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.initial.setdefault("held_on", today)
        field = self.fields["office"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [(str(one.id), one.name) for one in offices]

    def clean_held_on(self) -> date:
        """Refuse a day to come, and one of long ago."""
        day: date = self.cleaned_data["held_on"]
        try:
            rules.check_held(day, self.today)
        except rules.NotYet:
            raise ValidationError(_("This day is still to come.")) from None
        except rules.TooLongAgo:
            raise ValidationError(_("This is more than a year ago. Is the year right?")) from None
        return day


class UnitsForm(forms.Form):
    """Which units are a manager's own."""

    units = forms.MultipleChoiceField(
        label=_("The units you lead"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, offices: Iterable[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["units"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101
        field.choices = [(str(one.id), one.name) for one in offices]
