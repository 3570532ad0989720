"""Forms of shifts that change hands."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class HandOverForm(forms.Form):
    """To whom a shift is offered."""

    to = forms.ChoiceField(label=_("To whom"))

    def __init__(self, *args: Any, people: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = _none_first(list(people), _("Choose a teammate"))


class SwapForm(forms.Form):
    """Which shift of somebody else is wanted for it; choices stand under the names of their holders."""

    other = forms.ChoiceField(label=_("For which shift"))

    def __init__(self, *args: Any, shifts: Iterable[tuple[str, list[tuple[str, str]]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["other"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = _none_first(list(shifts), _("Choose a shift"))


def _none_first(choices: list[Any], label: Any) -> list[Any]:
    """Put nobody before those who can be asked, so that no tap asks whoever comes first by the alphabet."""
    return [("", label), *choices] if choices else []
