"""How the sign-in library behaves here: no open sign-up, one-time-code secrets encrypted at rest, neutral mail
through the outbox.
"""

import base64
import time
from datetime import timedelta
from typing import Any

from allauth.account import app_settings as allauth_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest
from django.urls import reverse

from alongside.kernel import clock
from alongside.notify import actions as notify

# Said aloud by every sign-in; the page changes anyway.
UNSAID = {
    "account/messages/logged_in.txt",
    "account/messages/logged_out.txt",
    "mfa/messages/totp_activated.txt",
    "mfa/messages/recovery_codes_generated.txt",
}
RESET_LINK_VALID = timedelta(hours=1)


class AccountAdapter(DefaultAccountAdapter):
    """People come in by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Answer as if there were no such page."""
        raise Http404

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Take a sign-in of the last minutes for as fresh as one repeated for the occasion."""
        return bool(super().is_reauthentication_required(app=app, **kwargs)) and not _just_signed_in(self.request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002
        """Lead back to the page of one's sign-in."""
        return reverse("mfa_index")

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Leave out what the next page shows by itself."""
        if message_template not in UNSAID:
            super().add_message(request, level, message_template, *args, **kwargs)

    def send_password_reset_mail(self, user: AbstractBaseUser, email: str, context: dict[str, Any]) -> None:
        """Queue the link instead of mailing it at once: a page that waits for mail would tell who has an account."""
        if not user.is_active:
            return
        now = clock.now()
        notify.queue(
            about=None,
            to=[("email", email)],
            message="reset",
            language=getattr(user, "language", "en"),
            values={"link": context["password_reset_url"]},
            now=now,
            expires_at=now + RESET_LINK_VALID,
        )

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Build the link on the public address, never on the host name that the request claims."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return str(settings.ALONGSIDE_ADDRESS) + path.replace("UID-KEY", key)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing else: what the library would mail names the product or tells strangers that an address is
        unknown.
        """


class MfaAdapter(DefaultMFAAdapter):
    """One-time codes."""

    def get_totp_issuer(self) -> str:
        """Return the host name: what an app on a phone shows must not tell what the product is for (K-36)."""
        return str(settings.ALONGSIDE_ADDRESS).split("//")[-1]

    def encrypt(self, text: str) -> str:
        """Encrypt a secret for the database, so that a stolen copy signs nobody in."""
        return _safe().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt what `encrypt` made."""
        return _safe().decrypt(encrypted_text.encode()).decode()


def has_second_step(person: AbstractBaseUser) -> bool:
    """Say whether a person has a one-time-code app set up; without it, no page but its set-up opens."""
    return Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists()


# What the library keeps encrypted: the secret of a one-time-code app, the seed of recovery codes.
ENCRYPTED = ("secret", "seed")


def renewed(data: dict[str, Any]) -> dict[str, Any]:
    """Return the kept data of a second step with its secrets encrypted under the present secret."""
    safe = _safe()
    fresh = {key: safe.rotate(data[key].encode()).decode() for key in ENCRYPTED if key in data}
    codes = data.get("migrated_codes")
    return {**data, **fresh, **({"migrated_codes": [safe.rotate(c.encode()).decode() for c in codes]} if codes else {})}


def _safe() -> MultiFernet:
    """Return the cipher under a key derived from this installation's secret; former secrets still open."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derive(str(key))) for key in keys])


def _derive(secret: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=b"alongside one-time codes v1", info=b"fernet")
    return base64.urlsafe_b64encode(kdf.derive(secret.encode()))


def _just_signed_in(request: HttpRequest) -> bool:
    """Say whether this session began within the last minutes: with the password and every further step there was."""
    person = request.user
    if isinstance(person, AnonymousUser):
        return False
    limit = time.time() - allauth_settings.REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, person)
    return any(record["method"] == "password" and record["at"] > limit for record in records)
