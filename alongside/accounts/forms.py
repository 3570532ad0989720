"""What people type about organisations, themselves and their way in."""

from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from allauth.account import forms as library
from allauth.mfa.base import forms as codes
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from alongside.accounts import rules
from alongside.accounts.models import ContactPoint, Organisation, Person
from alongside.content import crisis, law
from alongside.notify import queries as outbox
from alongside.notify import rules as notify

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

GOOD_PASSWORD = _("At least 12 characters. Four or five words in a row are easy to remember and hard to guess.")
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


class NewPersonForm(forms.Form):
    """Name and password of somebody who was invited."""

    name = forms.CharField(label=_("Your name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("E-mail address"),
        disabled=True,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        help_text=_("You sign in with this address."),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": "12"}),
        help_text=GOOD_PASSWORD,
    )

    def clean(self) -> dict[str, Any]:
        """Judge the password together with name and address: it must not repeat them."""
        cleaned = super().clean() or {}
        if password := cleaned.get("password"):
            person = Person(name=cleaned.get("name", ""), email=self.initial.get("email", ""))
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


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


class ContactPointForm(forms.Form):
    """A place where somebody is alerted."""

    kind = forms.ChoiceField(
        label=_("How"),
        choices=[
            (ContactPoint.Kind.EMAIL, _("E-mail")),
            (ContactPoint.Kind.APPRISE, _("Text message, voice call or chat (Apprise address)")),
        ],
        widget=forms.RadioSelect,
        initial=ContactPoint.Kind.EMAIL,
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
        help_text=_("An e-mail address, or an Apprise address such as twilio://… or tgram://…"),
    )

    def clean(self) -> dict[str, Any]:
        """Judge the address by its kind."""
        cleaned = super().clean() or {}
        address = cleaned.get("address", "")
        if address and not notify.is_address(cleaned.get("kind", ""), address):
            if cleaned.get("kind") == ContactPoint.Kind.EMAIL:
                self.add_error("address", _("This is not an e-mail address."))
            else:
                self.add_error(
                    "address", _("Notices cannot be sent there. The address begins with the service's name and ://.")
                )
        return cleaned


class PushForm(forms.Form):
    """A browser's push subscription, as its script sends it."""

    endpoint = forms.CharField(max_length=800, strip=False)
    p256dh = forms.CharField(max_length=100, strip=False)
    auth = forms.CharField(max_length=40, strip=False)
    address = ""

    def clean(self) -> dict[str, Any]:
        """Judge the three together."""
        cleaned = super().clean() or {}
        if not self.errors:
            self.address = notify.push_address(cleaned["endpoint"], cleaned["p256dh"], cleaned["auth"])
            if not outbox.is_subscription(self.address):
                raise ValidationError(_("Notices cannot be sent there."))
        return cleaned


class QuietForm(forms.Form):
    """Hours in which somebody wants no notice that can wait; both empty for none."""

    starts = forms.TimeField(
        label=_("From"), required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    ends = forms.TimeField(
        label=_("To"), required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )

    def clean(self) -> dict[str, Any]:
        """Take both or none, and no longer than a night."""
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if self.errors:
            return cleaned
        if (starts is None) != (ends is None):
            self.add_error("ends" if ends is None else "starts", _("Fill in both times, or empty both."))
        elif starts is not None and ends is not None and starts == ends:
            self.add_error("ends", _("Both times are the same. Empty both if you want no quiet hours."))
        elif starts is not None and ends is not None and notify.length_of(starts, ends) > notify.LONGEST_QUIET:
            self.add_error("ends", _("Quiet hours last 12 hours at most."))
        return cleaned


class _Code:
    """Mixin: how a one-time code is typed, and that its use leaves no time behind."""

    fields: dict[str, forms.Field]

    def ask_for(self, label: Any, hint: Any) -> None:
        field = self.fields["code"]
        field.label, field.help_text = label, hint
        field.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}


class CodeForm(_Code, codes.AuthenticateForm):
    """The second step of sign-in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_for(_("Code"), _("The six digits your app shows now, or one of your eight-digit recovery codes."))

    def save(self) -> None:
        """Sign in, and forget when the app was last used: nobody's hours are kept (K-26)."""
        super().save()
        Authenticator.objects.filter(user=self.user).update(last_used_at=None)


class NoCredentialForm(forms.Form):
    """Where the library would take a passkey as a mere second step: refused. A passkey signs in alone, at one door that
    looks at what comes along with it.
    """

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:  # noqa: ARG002
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Refuse whatever it is, without looking at it."""
        raise ValidationError(_("A passkey cannot be sent this way. Use the button, or type a code."))


class FreshCodeForm(_Code, codes.ReauthenticateForm):
    """The second step again, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_for(_("Code"), _("The six digits your app shows now, or one of your eight-digit recovery codes."))

    def save(self) -> None:
        """Go on, and forget when the app was last used."""
        super().save()
        Authenticator.objects.filter(user=self.user).update(last_used_at=None)


class FirstCodeForm(_Code, ActivateTOTPForm):
    """The first code of an app that is being set up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_for(_("Code"), _("The six digits your app shows now."))
        # The page is read from the top: a picture to scan comes before the code.
        del self.fields["code"].widget.attrs["autofocus"]


class SignInForm(library.LoginForm):
    """The first step of sign-in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label, password.help_text = _("E-mail address"), ""
        login.widget.attrs = {"autocomplete": "username", "autofocus": True, "maxlength": 254}
        password.widget.attrs = {"autocomplete": "current-password"}


class FreshPasswordForm(library.ReauthenticateForm):
    """The password again, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs = {"autocomplete": "current-password", "autofocus": True}


class ForgottenForm(library.ResetPasswordForm):
    """The address of somebody who has forgotten the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].widget.attrs = {"autocomplete": "username", "autofocus": True}


class NewPasswordForm(library.ResetPasswordKeyForm):
    """A new password, after a link by e-mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress_new_password(self)


class ChangePasswordForm(library.ChangePasswordForm):
    """A new password, by somebody who knows the old one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Present password")
        self.fields["oldpassword"].help_text = ""
        self.fields["oldpassword"].widget.attrs = {"autocomplete": "current-password"}
        _dress_new_password(self)


def _dress_new_password(form: forms.Form) -> None:
    new, again = form.fields["password1"], form.fields["password2"]
    new.label, again.label = _("New password"), _("The same again")
    new.help_text, again.help_text = GOOD_PASSWORD, ""
    for field in (new, again):
        field.widget.attrs = {"autocomplete": "new-password", "minlength": "12"}
