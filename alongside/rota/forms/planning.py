"""What a coordinator asks of the planner, and whom they put into a slot by hand."""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from alongside.rota.rules import proposing

LEAST_SECONDS = 5
KEEP, SOME, MAY_CHANGE = "keep", "some", "change"


class PlanForm(forms.Form):
    """Which days, how long the planner may search, and whether published shifts may change."""

    first_day = forms.DateField(
        label=_("From"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    days = forms.TypedChoiceField(
        label=_("For"),
        choices=[
            (7, _("1 week")),
            (14, _("2 weeks")),
            (28, _("4 weeks")),
            (56, _("8 weeks")),
            (91, _("13 weeks")),
            (182, _("26 weeks")),
            (364, _("52 weeks")),
        ],
        coerce=int,
        initial=28,
    )
    seconds = forms.IntegerField(
        label=_("Search for so many seconds at most"),
        help_text=_("A first plan is there within seconds. More time makes it fairer. You can stop it at any time."),
        min_value=LEAST_SECONDS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "short"}),
    )
    published = forms.ChoiceField(
        label=_("Shifts that are published already"),
        choices=[
            (KEEP, _("stay as they are")),
            (SOME, _("may change for the people and days named below, and nobody else’s")),
            (MAY_CHANGE, _("may all change in these days")),
        ],
        help_text=_("Whoever’s shifts change is told when you publish, and nobody before."),
        initial=KEEP,
        widget=forms.RadioSelect,
    )
    people = forms.MultipleChoiceField(
        label=_("Whose shifts may change"), required=False, widget=forms.CheckboxSelectMultiple
    )
    free_from = forms.DateField(
        label=_("Only from"),
        help_text=_("Leave both days empty for all days of the plan."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    free_until = forms.DateField(
        label=_("until, this day included"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(
        self, *args: Any, today: date, most_seconds: int, people: Iterable[tuple[str, str]] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].choices = list(people)  # type: ignore[attr-defined]
        self.today = today
        self.fields["seconds"].max_value = most_seconds  # type: ignore[attr-defined]
        self.fields["seconds"].validators.append(forms.IntegerField(max_value=most_seconds).validators[-1])
        self.fields["seconds"].widget.attrs["max"] = most_seconds

    def clean_first_day(self) -> date:
        """Refuse a day that is over, or too far ahead."""
        day: date = self.cleaned_data["first_day"]
        if day <= self.today:
            raise forms.ValidationError(_("A plan begins tomorrow or later. What is nearer is changed by hand."))
        if day > self.today + proposing.FURTHEST:
            raise forms.ValidationError(_("This is more than a year ahead. Is the year right?"))
        return day

    def clean(self) -> dict[str, Any]:
        """Refuse to free the shifts of nobody in particular, and days that end before they begin."""
        asked = super().clean() or self.cleaned_data
        if asked.get("published") == SOME:
            begin, end = asked.get("free_from"), asked.get("free_until")
            if not asked.get("people") and begin is None and end is None and not self.errors:
                self.add_error("people", _("Choose people, or days, whose shifts may change."))
            if begin and end and end < begin:
                self.add_error("free_until", _("This day comes before the first."))
        return asked

    def frees(self) -> tuple[frozenset[uuid.UUID] | None, date | None, date | None]:
        """Return whose published shifts may change, None for everybody's, and from and until which day."""
        if self.cleaned_data["published"] != SOME:
            return None, None, None
        people = frozenset(uuid.UUID(one) for one in self.cleaned_data["people"])
        return people or None, self.cleaned_data["free_from"], self.cleaned_data["free_until"]


class SlotForm(forms.Form):
    """Who takes a slot; nobody leaves a gap."""

    supporter = forms.ChoiceField(label=_("Who"), required=False)

    def __init__(
        self, *args: Any, able: Iterable[tuple[str, str]], others: Iterable[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["supporter"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        groups = ((_("Can be on call then"), list(able)), (_("Cannot be on call then"), list(others)))
        field.choices = [("", _("Nobody: leave a gap")), *((label, some) for label, some in groups if some)]

    def chosen(self) -> uuid.UUID | None:
        """Return who was chosen."""
        return uuid.UUID(self.cleaned_data["supporter"]) if self.cleaned_data["supporter"] else None
