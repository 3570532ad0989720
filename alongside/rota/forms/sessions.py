"""What a coordinator types about a session and the debriefs after it: times on the wall clock of the organisation."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from alongside.rota import rules
from alongside.rota.forms.shifts import instant
from alongside.rota.rules import sessions

KINDS = [
    (sessions.Kind.GROUP.value, _("Support group, in work hours")),
    (sessions.Kind.CREW.value, _("Support group for a crew that works at these hours")),
    (sessions.Kind.INCIDENT.value, _("After a critical incident, at any hour")),
]
LATER, SET = "later", "set"
YEARS = (2000, 2200)


def _is_near(day: date) -> None:
    # At the ends of the calendar a day has no moment in every time zone.
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise ValidationError(_("Is the year right?"))


def _day(label: Any, **more: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, validators=[_is_near], **more)


def _time(label: Any, **more: Any) -> forms.TimeField:
    return forms.TimeField(label=label, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **more)


class SessionForm(forms.Form):
    """When who leads what; nothing of who comes, where, or why."""

    kind = forms.ChoiceField(label=_("What it is"), choices=KINDS, widget=forms.RadioSelect, initial=KINDS[0][0])
    leader = forms.ChoiceField(label=_("Led by"))
    other = forms.ChoiceField(label=_("And by"), required=False)
    from_day = _day(_("Begins on"))
    from_time = _time(_("at"))
    to_day = _day(_("Ends on"))
    to_time = _time(_("at"))

    def __init__(self, *args: Any, leaders: Iterable[tuple[str, str]], zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, second = self.fields["leader"], self.fields["other"]
        assert isinstance(first, forms.ChoiceField)  # noqa: S101
        assert isinstance(second, forms.ChoiceField)  # noqa: S101
        people = list(leaders)
        first.choices, second.choices = people, [("", _("Nobody else")), *people]
        self.zone = zone
        self.span: sessions.Span | None = None
        self.twice: list[datetime] = []

    @property
    def leaders(self) -> list[str]:
        """Return the chosen leaders of a form that is valid."""
        return [one for one in (self.cleaned_data["leader"], self.cleaned_data["other"]) if one]

    def clean(self) -> dict[str, Any]:
        """Turn wall-clock times into instants: `span`."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        if cleaned["leader"] == cleaned["other"]:
            self.add_error("other", _("This is the same person. Choose somebody else, or nobody."))
        begin, end = (datetime.combine(cleaned[f"{one}_day"], cleaned[f"{one}_time"]) for one in ("from", "to"))
        self.twice = [one for one in (begin, end) if rules.happens_twice(one, self.zone)]
        self.span = instant(begin, self.zone), instant(end, self.zone)
        return cleaned


class DebriefForm(forms.Form):
    """With whom and when the leader of a session talks about it after; or that this is not known yet."""

    # What is required is not so where the debrief is not given yet.
    use_required_attribute = False

    leader = forms.CharField(widget=forms.HiddenInput)
    when = forms.ChoiceField(
        label=_("When"),
        choices=[(SET, _("At this time")), (LATER, _("Not yet: it stays on the rota page until it is given"))],
        widget=forms.RadioSelect,
        initial=SET,
    )
    listener = forms.ChoiceField(
        label=_("With whom"), error_messages={"required": _("Say with whom, or that it is not given yet.")}
    )
    day = _day(_("On"), error_messages={"required": _("Say on which day, or that it is not given yet.")})
    at = _time(_("at"), error_messages={"required": _("Say at what time, or that it is not given yet.")})
    minutes = forms.IntegerField(
        label=_("For how many minutes"),
        min_value=sessions.SHORTEST_DEBRIEF,
        max_value=sessions.LONGEST_DEBRIEF,
    )

    def __init__(self, *args: Any, listeners: Iterable[tuple[str, str]], zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["listener"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [("", _("Choose somebody")), *listeners]
        self.zone = zone
        self.span: sessions.Span | None = None
        self.twice: list[datetime] = []

    def clean(self) -> dict[str, Any]:
        """Turn day, time and length into instants: `span`; none where the debrief is not given yet."""
        cleaned = super().clean() or {}
        if cleaned.get("when") != SET:
            # What was typed besides does not count, so it cannot be wrong.
            for name in ("listener", "day", "at", "minutes"):
                self.errors.pop(name, None)
            return cleaned
        if not self.errors:
            begin = datetime.combine(cleaned["day"], cleaned["at"])
            self.twice = [begin] if rules.happens_twice(begin, self.zone) else []
            starts_at = instant(begin, self.zone)
            self.span = starts_at, starts_at + timedelta(minutes=cleaned["minutes"])
        return cleaned


def shown(moment: datetime, zone: ZoneInfo) -> Mapping[str, date | time]:
    """Return a moment as the forms show it."""
    local = moment.astimezone(zone)
    return {"day": local.date(), "time": local.time().replace(second=0, microsecond=0)}
