"""What people type about the team."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from alongside.accounts import rules as accounts
from alongside.accounts.models import Office

ROLES = (
    ("supporter", _("Supporter: answers members")),
    ("coordinator", _("Coordinator: leads the team, sees that requests wait but not what they say")),
    ("crisis_team", _("Crisis team: makes the rota; sees nothing of requests")),
    ("clinician", _("Clinician: advises; sees totals only")),
    ("leader", _("Leader: sees totals only")),
    ("manager", _("Manager: sees guides and own tasks only")),
)


class OfficeField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of offices by name."""

    def label_from_instance(self, obj: Any) -> str:
        """Show the name."""
        return str(obj.name)


class CoordinatorForm(forms.Form):
    """Who is to lead a programme."""

    name = forms.CharField(label=_("Name"), max_length=80)
    email = forms.EmailField(label=_("E-mail address"), max_length=254)


class InviteForm(CoordinatorForm):
    """Who is to join the team, and as what."""

    roles = forms.MultipleChoiceField(
        label=_("Role"), choices=ROLES, initial=["supporter"], widget=forms.CheckboxSelectMultiple
    )
    office = OfficeField(
        label=_("Office"),
        queryset=Office.objects.none(),
        required=False,
        empty_label=_("No office"),
        help_text=_("Members can leave an office out, so that nobody from there is asked."),
    )

    def __init__(self, *args: Any, offices: Iterable[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["office"]
        assert isinstance(field, OfficeField)  # noqa: S101
        field.queryset = Office.objects.filter(id__in=[office.id for office in offices])

    def clean_roles(self) -> list[str]:
        """Refuse roles that must stay with different people."""
        roles: list[str] = self.cleaned_data["roles"]
        try:
            accounts.check_roles(roles)
        except accounts.RolesApart:
            raise ValidationError(
                _("A clinician advises the team and is never a supporter. Choose one of the two.")
            ) from None
        return roles


class AskedForm(forms.Form):
    """In which office somebody asked a supporter to tell, or in none that is to be named."""

    office = OfficeField(
        label=_("In which office?"),
        queryset=Office.objects.none(),
        required=False,
        empty_label=_("I name none"),
        help_text=_("Where the question was asked, not where anybody works whom it was about."),
    )

    def __init__(self, *args: Any, offices: Iterable[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["office"]
        assert isinstance(field, OfficeField)  # noqa: S101
        field.queryset = Office.objects.filter(id__in=[office.id for office in offices])
