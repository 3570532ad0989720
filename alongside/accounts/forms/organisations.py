"""What people type about organisations, and who leads them."""

from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from alongside.accounts import rules
from alongside.accounts.models import Organisation
from alongside.content import crisis, law

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PHONE = RegexValidator(
    r"^\+?[0-9][0-9 ().\-]{2,28}$", _("Write a telephone number with digits, such as +1 218 555 0100.")
)
SLUG = RegexValidator(
    r"^[a-z][a-z0-9\-]{1,38}[a-z0-9]$", _("Use small letters, digits and hyphens, such as pine-county.")
)
NEAR = (
    "America/New_York",
    "America/Toronto",
    "America/Chicago",
    "America/Winnipeg",
    "America/Denver",
    "America/Edmonton",
    "America/Phoenix",
    "America/Regina",
    "America/Los_Angeles",
    "America/Vancouver",
    "America/Halifax",
    "America/St_Johns",
    "America/Anchorage",
    "Pacific/Honolulu",
)


def time_zones() -> list[Any]:
    """Return the choices of time zones: those of the United States and Canada first."""
    others = sorted(
        zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/") and zone not in NEAR
    )
    return [
        (_("United States and Canada"), [(zone, _readable(zone)) for zone in NEAR]),
        (_("Elsewhere"), [(zone, _readable(zone)) for zone in others]),
    ]


def _readable(zone: str) -> str:
    return zone.split("/", 1)[1].replace("_", " ").replace("/", ", ")


def _number(label: "StrOrPromise", help_text: "StrOrPromise") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=30,
        required=False,
        validators=[PHONE],
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
        help_text=help_text,
    )


class OrganisationForm(forms.Form):
    """What an organisation is called and reached by."""

    name = forms.CharField(label=_("Name of the organisation"), max_length=120)
    neutral_title = forms.CharField(
        label=_("Title on screens and in notices"),
        max_length=40,
        initial="Shift info",
        help_text=_("Somebody may look over a shoulder: choose words that do not tell what it is."),
    )
    on_call_number = _number(
        _("On-call telephone number"),
        _("The programme's own number, forwarded to whoever is on call. Members see it. Empty if there is none."),
    )
    clinical_number = _number(
        _("Telephone number for clinical advice"),
        _(
            "For supporters, in a crisis. It stands on the crisis path, which opens without sign-in: enter a duty "
            "line, nobody's private number."
        ),
    )
    coordinator_number = _number(
        _("Telephone number of the coordinator"),
        _("For supporters, in a crisis. As above: a duty line."),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)
    language = forms.ChoiceField(label=_("First language"), choices=lambda: settings.LANGUAGES)
    headcount = forms.IntegerField(
        label=_("People in the organisation, about"),
        min_value=1,
        max_value=1_000_000,
        help_text=_("For the aim of supporters and for how often counts may be published."),
    )
    offices = forms.CharField(
        label=_("Offices, one on each line"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Stations, districts, shifts: parts that a member may want to leave out. They can be added later."),
    )

    def clean_offices(self) -> list[str]:
        """Split the lines."""
        names = [line.strip() for line in self.cleaned_data["offices"].splitlines() if line.strip()]
        if any(len(name) > 80 for name in names):  # noqa: PLR2004
            raise ValidationError(_("The name of an office has 80 characters at most."))
        return names


def _days() -> list[tuple[str, str]]:
    words = crisis.hour_words((get_language() or "en")[:2])
    return [("", "—"), *((key, words[key][:1].upper() + words[key][1:]) for key in rules.DAYS)]


def _clock(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label, required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "step": "60"})
    )


class HoursForm(forms.Form):
    """One line of the hours in which clinical advice can be had. A line that stood there goes with its days."""

    days = forms.ChoiceField(label=_("Days"), choices=_days, required=False)
    starts = _clock(_("From"))
    ends = _clock(_("To"))

    def clean(self) -> dict[str, Any]:
        """Take a whole line or none."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        days, starts, ends = (cleaned.get(name) for name in ("days", "starts", "ends"))
        if not days and not self.initial and (starts or ends):
            self.add_error("days", _("Choose the days, or empty both times."))
        for name, value in (("starts", starts), ("ends", ends)):
            if days and value is None:
                self.add_error(name, _("Fill in both times."))
        return cleaned


class _Hours(forms.BaseFormSet):  # type: ignore[type-arg]
    def lines(self) -> list[list[str]] | None:
        """Return the lines that are whole as they are kept; None where there are none."""
        whole = [one.cleaned_data for one in self if one.cleaned_data.get("days")]
        return [[row["days"], f"{row['starts']:%H:%M}", f"{row['ends']:%H:%M}"] for row in whole] or None


_HoursForms = forms.formset_factory(
    HoursForm, _Hours, extra=2, max_num=rules.MOST_HOURS, absolute_max=rules.MOST_HOURS, validate_max=True
)


def hours_forms(data: Any, lines: Any) -> _Hours:
    """Return the lines to be filled in: those there are, and two empty ones."""
    shown = [dict(zip(("days", "starts", "ends"), line, strict=True)) for line in lines or ()]
    made = _HoursForms(data, initial=shown, prefix="hours")
    assert isinstance(made, _Hours)  # noqa: S101
    return made


class PackForm(forms.Form):
    """Whose law an organisation's pages tell. The operator's: a coordinator may be stricter, not elsewhere (K-31)."""

    pack = forms.ChoiceField(
        label=_("Law and hotlines of"),
        choices=lambda: [(key, law.pack(key, get_language() or "en").name) for key in law.packs()],
    )


class NewOrganisationForm(PackForm, OrganisationForm):
    """A further organisation on this server."""

    slug = forms.CharField(
        label=_("Short name in addresses"),
        max_length=40,
        validators=[SLUG],
        help_text=_("Part of the address on posters, such as pine-county. It cannot be changed later."),
    )
    field_order = ("name", "slug", "neutral_title", "on_call_number", "time_zone", "language", "pack", "headcount")

    def clean_slug(self) -> str:
        """Refuse a name in use."""
        slug: str = self.cleaned_data["slug"]
        if Organisation.objects.filter(slug=slug).exists():
            raise ValidationError(_("Another organisation has this short name."))
        return slug


class OperatorForm(forms.Form):
    """Who is to operate the installation, too."""

    name = forms.CharField(label=_("Name"), max_length=80)
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
