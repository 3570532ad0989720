"""What a coordinator types about outside help."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from alongside.content import load
from alongside.content import resources as content
from alongside.directory import rules

TEXTS = {
    "name": (_("Name"), _("As they call themselves."), 80),
    "who": (_("Who it is for"), _("Such as: nurses and their families. Former staff too?"), 200),
    "hours": (_("Hours"), _("Such as: any hour, every day. Or: weekdays 8 to 16."), 80),
    "cost": (_("What it costs"), _("Such as: free. Or: six talks paid by the employer."), 80),
    "limits": (_("When they pass something on"), _("Ask them: what may you have to tell others, and whom?"), 300),
    "steps": (_("How to get in"), _("What to press, what they ask first, how long one waits."), 300),
}
LONGEST_LINE = 80
FIRST, SECOND = load.LANGUAGES
CONFIRMED = (
    ("hours", _("the hours")),
    ("cost", _("the cost")),
    ("who", _("who may call")),
    ("limits", _("what they may have to pass on")),
    ("languages", _("the languages")),
)


def _labels(kind: str) -> Callable[[], list[tuple[str, str]]]:
    return lambda: list(content.labels(kind, get_language() or FIRST).items())


class EntryForm(forms.Form):
    """Every fact of an entry: how it is reached, what it is sorted by, and its words in two languages."""

    dial = forms.CharField(
        label=_("Telephone number"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    sms = forms.CharField(
        label=_("Number for texts"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    site = forms.CharField(
        label=_("Site"),
        required=False,
        max_length=rules.LONGEST_SITE,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Begins with https://"),
    )
    groups = forms.MultipleChoiceField(
        label=_("Stands under"), choices=_labels("groups"), widget=forms.CheckboxSelectMultiple
    )
    needs = forms.MultipleChoiceField(
        label=_("Helps with"), choices=_labels("needs"), widget=forms.CheckboxSelectMultiple, required=False
    )
    languages = forms.MultipleChoiceField(
        label=_("They speak"), choices=_labels("languages"), widget=forms.CheckboxSelectMultiple
    )

    # Of the words in the organisation's first language these must be there.
    needed: tuple[str, ...] = ("name", "who")

    def __init__(self, *args: Any, entry: content.Entry | None = None, language: str = FIRST, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first = language if language in load.LANGUAGES else FIRST
        self.second = SECOND if self.first == FIRST else FIRST
        for spoken in (self.first, self.second):
            for name, (label, hint, most) in TEXTS.items():
                self.fields[f"{name}_{spoken}"] = forms.CharField(
                    label=label,
                    max_length=most,
                    required=spoken == self.first and name in self.needed,
                    help_text=hint if spoken == self.first else "",
                    widget=_field_for(most, spoken),
                )
        if entry is not None:
            ways = {"dial": rules.dialled(entry.dial), "sms": rules.dialled(entry.sms)}
            self.initial.update({**entry.as_data(), **ways})
            for spoken in load.LANGUAGES:
                self.initial.update({f"{name}_{spoken}": words for name, words in entry.said[spoken].items()})

    @property
    def words_first(self) -> list[forms.BoundField]:
        """The words in the first language of the organisation."""
        return [self[f"{name}_{self.first}"] for name in TEXTS]

    @property
    def words_second(self) -> list[forms.BoundField]:
        """The words in the other language."""
        return [self[f"{name}_{self.second}"] for name in TEXTS]

    @property
    def second_wrong(self) -> bool:
        """Whether something in the folded part is to be set right."""
        return any(field.errors for field in self.words_second)

    def clean_dial(self) -> str:
        """Refuse what a tap should not dial."""
        return _number(self.cleaned_data["dial"], rules.number)

    def clean_sms(self) -> str:
        """Refuse what cannot be written to."""
        return _number(self.cleaned_data["sms"], rules.text_number)

    def clean_site(self) -> str:
        """Refuse an address that leads anywhere but to a public site."""
        typed: str = self.cleaned_data["site"]
        try:
            return rules.site(typed) if typed else ""
        except rules.BadSite:
            raise ValidationError(
                _("Write the address of a public site, such as https://example.org/help. Nothing else can stand here.")
            ) from None

    def clean(self) -> dict[str, Any]:
        """Ask for one way at least, and for words without hidden characters."""
        cleaned = super().clean() or {}
        for spoken in load.LANGUAGES:
            for name in TEXTS:
                self._readable(f"{name}_{spoken}")
        if not self.errors and not (cleaned["dial"] or cleaned["sms"] or cleaned["site"]):
            self.add_error("dial", _("A number or a site is needed: one way at least."))
        return cleaned

    def _readable(self, field: str) -> None:
        try:
            self.cleaned_data[field] = rules.only_readable(self.cleaned_data.get(field, ""))
        except rules.BadWords:
            self.add_error(field, _("There is a character in this text that cannot be seen. Type the text anew."))

    @property
    def entry(self) -> content.Entry:
        """What was typed, once it is valid."""
        found = self.cleaned_data
        said = {spoken: {name: found[f"{name}_{spoken}"] for name in TEXTS} for spoken in load.LANGUAGES}
        return content.Entry.of({**found, "said": said})


class CallForm(EntryForm):
    """A test call: when, what was confirmed, and the entry as it is right now."""

    needed = ("name", "who", "hours", "cost", "limits")

    called_on = forms.DateField(label=_("Called on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    answered = forms.BooleanField(
        label=_("I called every number and opened the site. They are who this entry says."),
        error_messages={"required": _("Without a test call it cannot be shown.")},
    )
    confirmed = forms.MultipleChoiceField(
        label=_("They also confirmed"), choices=CONFIRMED, widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.initial.setdefault("called_on", today)

    def clean_called_on(self) -> date:
        """Refuse a call to come, and one of long ago."""
        day: date = self.cleaned_data["called_on"]
        try:
            rules.check_call(day, self.today)
        except rules.NotYet:
            raise ValidationError(_("This day is still to come.")) from None
        except rules.CallTooOld:
            raise ValidationError(_("This is more than 30 days ago. Call again.")) from None
        return day


def _field_for(most: int, spoken: str) -> forms.Widget:
    # What may be a sentence or two is seen whole; line breaks are taken out again.
    if most > LONGEST_LINE:
        return forms.Textarea(attrs={"lang": spoken, "rows": 2})
    return forms.TextInput(attrs={"lang": spoken})


def _number(typed: str, read: Callable[[str], str]) -> str:
    try:
        return read(typed) if typed.strip() else ""
    except rules.BadNumber:
        raise ValidationError(
            _(
                "Write a number as one dials it, such as 1 218 555 0100, or +44 and the rest abroad. "
                "No letters, no codes, no numbers that cost money; 911 and 988 stand on every page already."
            )
        ) from None
