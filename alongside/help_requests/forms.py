"""What a supporter ticks when closing a request: five lists, no free text, nothing about a person (B-36)."""

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from alongside.anonymous import rules as tally
from alongside.content import load

FIRST, AGAIN = "first", "again"
PAIR = ((FIRST, _("Our first talk")), (AGAIN, _("We have talked before")))
# What it mostly is, so that closing takes three taps; both can be changed.
USUAL = {"kind": "talk", "channel": "phone"}


class TallyForm(forms.Form):
    """The tally of one contact; a key that is not in content/tally.toml is refused."""

    pair = forms.ChoiceField(label=_("You and this person"), choices=PAIR, widget=forms.RadioSelect)
    topic = forms.ChoiceField(label=_("What it was about"), widget=forms.RadioSelect)
    outcome = forms.ChoiceField(label=_("How it ended"), widget=forms.RadioSelect)
    kind = forms.ChoiceField(label=_("What you did"), widget=forms.RadioSelect)
    channel = forms.ChoiceField(label=_("How you talked"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": USUAL, "label_suffix": "", **kwargs})
        for question, categories in load.tally().items():
            self.fields[question].choices = [(one.key, _label(one)) for one in categories]  # type: ignore[attr-defined]

    def contact(self) -> tally.Contact:
        """Return the contact of a valid form."""
        ticked = self.cleaned_data
        return tally.Contact(
            first=ticked["pair"] == FIRST,
            kind=ticked["kind"],
            channel=ticked["channel"],
            topic=ticked["topic"],
            outcome=ticked["outcome"],
        )


def _label(category: load.Category) -> SafeString | str:
    language = (get_language() or "en")[:2]
    spoken = language if language in load.LANGUAGES else "en"
    finer = ", ".join(words[spoken] for words in category.covers)
    return format_html("{}<small>{}</small>", category.label[spoken], finer) if finer else category.label[spoken]
