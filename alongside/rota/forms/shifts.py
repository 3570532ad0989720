"""What a coordinator types about a shift: times on the wall clock of the organisation."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alongside.rota import rules

# A rota further ahead is guesswork, and a typed year that is wrong would fill it.
FURTHEST = timedelta(days=400)


TIERS = [
    (1, _("First: called first")),
    (2, _("Backup: called when the first does not answer")),
    (3, _("Third: called after the backup")),
    (4, _("Fourth: called after the third")),
]


class ShiftForm(forms.Form):
    """One shift, or one that comes again every so many days."""

    supporter = forms.ChoiceField(label=_("Who"))
    tier = forms.TypedChoiceField(
        label=_("As"),
        choices=TIERS[:2],
        coerce=int,
        widget=forms.RadioSelect,
        initial=1,
    )
    from_day = forms.DateField(label=_("Begins on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    from_time = forms.TimeField(label=_("at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    to_day = forms.DateField(label=_("Ends on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    to_time = forms.TimeField(label=_("at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    every = forms.TypedChoiceField(
        label=_("Again"),
        choices=[
            (0, _("No, once")),
            (1, _("Every day")),
            (7, _("Every week")),
            (14, _("Every two weeks")),
            (28, _("Every four weeks")),
        ],
        coerce=int,
        initial=0,
    )
    until = forms.DateField(
        label=_("Last time begins by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(
        self,
        *args: Any,
        serving: Iterable[tuple[str, str]],
        zone: ZoneInfo,
        now: datetime,
        tiers: Collection[int] = (1, 2),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        field, places = self.fields["supporter"], self.fields["tier"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        assert isinstance(places, forms.ChoiceField)  # noqa: S101
        field.choices = list(serving)
        places.choices = [(tier, label) for tier, label in TIERS if tier in tiers]
        self.zone, self.now = zone, now
        self.spans: list[tuple[datetime, datetime]] = []
        self.twice: list[datetime] = []

    def clean(self) -> dict[str, Any]:
        """Turn wall-clock times into instants: `spans`; times that happen twice that night land in `twice`."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        starts = datetime.combine(cleaned["from_day"], cleaned["from_time"])
        ends = datetime.combine(cleaned["to_day"], cleaned["to_time"])
        every, until = cleaned["every"], cleaned["until"]
        if every and not until:
            self.add_error("until", _("Say until when the shift comes again."))
        elif ends <= starts:
            self.add_error("to_day", _("The shift ends before it begins."))
        elif ends.date() < self.now.date() - timedelta(days=2):
            # Far enough back no clock's time can be worked out any more.
            self.add_error("to_day", _("This shift is over already."))
        elif ends - starts > rules.LONGEST_SHIFT:
            self.add_error("to_day", _("A shift lasts 31 days at most. Is the month right?"))
        elif max(starts.date(), until or starts.date()) > self.now.date() + FURTHEST:
            self.add_error("until" if until else "from_day", _("This is more than a year ahead. Is the year right?"))
        else:
            pairs = rules.repeated(starts, ends, every_days=every, until=until or starts.date())
            self.spans = [(self._instant(start), self._instant(end)) for start, end in pairs]
            if self.spans[0][1] <= self.now:
                self.add_error("to_day", _("This shift is over already."))
        return cleaned

    def _instant(self, local: datetime) -> datetime:
        moment = instant(local, self.zone)
        if rules.happens_twice(local, self.zone):
            self.twice.append(local)
        return moment


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment at which a clock on the wall shows this; refuses, in words, a time that the clock skips."""
    try:
        return rules.instant(local, zone)
    except rules.NoSuchTime:
        raise ValidationError(
            gettext("On %(day)s the clocks go forward and %(time)s does not exist. Choose a time an hour later.")
            % {"day": formats.date_format(local, "DATE_FORMAT"), "time": formats.time_format(local.time())}
        ) from None
