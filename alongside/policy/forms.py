"""What a coordinator types about a setting."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from alongside.policy.values import Setting


class SettingForm(forms.Form):
    """A new value of one setting."""

    value = forms.IntegerField(label=_("New value"))

    def __init__(self, *args: Any, setting: Setting, label: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["value"]
        assert isinstance(field, forms.IntegerField)  # noqa: S101
        field.label = label
        field.min_value, field.max_value = setting.least, setting.most
        field.widget.attrs.update({"min": setting.least, "max": setting.most, "inputmode": "numeric"})
        field.help_text = _("From %(least)s to %(most)s.") % {"least": setting.least, "most": setting.most}
