"""What a coordinator types about a setting."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from alongside.content import law
from alongside.policy.values import Setting


class SettingForm(forms.Form):
    """A new value of one setting that is a number."""

    value = forms.IntegerField(label=_("New value"))

    def __init__(self, *args: Any, setting: Setting, label: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["value"]
        assert isinstance(field, forms.IntegerField)  # noqa: S101
        field.label = label
        field.min_value, field.max_value = setting.least, setting.most
        field.widget.attrs.update({"min": setting.least, "max": setting.most, "inputmode": "numeric"})
        field.help_text = _("From %(least)s to %(most)s.") % {"least": setting.least, "most": setting.most}


class ChoiceForm(forms.Form):
    """A new value of one setting that is one of a few: each choice says what it makes true."""

    value = forms.TypedChoiceField(coerce=int, widget=forms.RadioSelect)

    def __init__(self, *args: Any, label: Any, choices: list[tuple[int, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["value"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101
        field.label, field.choices = label, choices


class LawNumberForm(forms.Form):
    """The number of an office that takes reports; empty to take it back."""

    value = forms.CharField(
        label=_("Its telephone number"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text=_("Enter it after you called it yourself. Supporters see it on the crisis path and in the script."),
    )


class LawCounselForm(forms.Form):
    """Who in law agreed to an exception that the pack leaves off."""

    value = forms.CharField(
        label=_("Counsel who agreed to it, with the day"),
        min_length=3,
        max_length=law.LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Such as: Rivera and Lund, 3 December 2026. It stands on this page and in the list of changes."),
    )


class LawSwitchForm(forms.Form):
    """On or off, as the button of the page says."""

    value = forms.ChoiceField(choices=[("on", ""), ("off", "")], widget=forms.HiddenInput)
