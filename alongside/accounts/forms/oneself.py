"""What people type about themselves and their way in."""

from typing import TYPE_CHECKING, Any

from allauth.account import forms as library
from allauth.mfa.base import forms as codes
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from alongside.accounts.models import ContactPoint, Person
from alongside.notify import queries as outbox
from alongside.notify import rules as notify

if TYPE_CHECKING:
    pass

GOOD_PASSWORD = _("At least 12 characters. Four or five words in a row are easy to remember and hard to guess.")


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
