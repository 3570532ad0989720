"""The form behind "Take this shift": which span, as the page showed it."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

# Minutes of universal time, which no change of clocks makes ambiguous.
MINUTE = "%Y%m%dT%H%M"


class SpanForm(forms.Form):
    """One span of a tier."""

    tier = forms.IntegerField(min_value=1, max_value=4)
    begins = forms.CharField(max_length=13)
    ends = forms.CharField(max_length=13)

    def clean_begins(self) -> datetime:
        """Return the instant at which it begins."""
        return _instant(self.cleaned_data["begins"])

    def clean_ends(self) -> datetime:
        """Return the instant at which it ends."""
        return _instant(self.cleaned_data["ends"])


def written(moment: datetime) -> str:
    """Return an instant as the form takes it."""
    return moment.astimezone(UTC).strftime(MINUTE)


def _instant(text: Any) -> datetime:
    try:
        return datetime.strptime(text, MINUTE).replace(tzinfo=UTC)
    except ValueError:
        raise ValidationError("no moment") from None
