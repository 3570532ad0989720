"""How the sign-in library behaves here: no open sign-up, one-time-code secrets encrypted at rest, neutral mail
through the outbox, and passkeys that prove who somebody is and hand this server nothing that unlocks (decision 0004).
"""

import base64
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.account import app_settings as allauth_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records, perform_login, record_authentication
from allauth.account.models import Login
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as webauthn
from cryptography.exceptions import InvalidSignature
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from fido2.cose import CoseKey
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    CollectedClientData,
    RegistrationResponse,
)

from alongside.accounts import rules
from alongside.accounts.rules import BadCredential
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
# How long a device may take to answer; a session that holds nothing but the question goes as soon.
QUESTION_VALID = 300
SECOND_STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class AccountAdapter(DefaultAccountAdapter):
    """People come in by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Answer as if there were no such page."""
        raise Http404

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Take a sign-in of the last minutes for as fresh as one repeated for the occasion."""
        return bool(super().is_reauthentication_required(app=app, **kwargs)) and not _just_signed_in(self.request)

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """Offer the passkey first where there is one."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return sorted(methods, key=lambda method: method["id"] != "mfa_reauthenticate:webauthn")

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Sign in, with a session that lasts as long as any other although it may have begun with a question only."""
        request.session.set_expiry(None)
        super().login(request, user)

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
        # Who must enrol again has the link of the coordinator; this one would let the mailbox alone be enough for ever.
        if not user.is_active or not (user.has_usable_password() or has_second_step(user)):
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
    """One-time codes and passkeys."""

    def get_totp_issuer(self) -> str:
        """Return the host name: what an app on a phone shows must not tell what the product is for (K-36)."""
        return str(settings.ALONGSIDE_ADDRESS).split("//")[-1]

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Bind passkeys to the address of this installation; lists on a device show its host name only (K-36)."""
        host = passkey_host()
        return {"id": host, "name": host}

    def get_public_key_credential_user_entity(self, user: AbstractBaseUser) -> dict[str, Any]:
        """Name the person as the device will list them; the handle is the random id of their row."""
        return {"id": str(user.pk).encode(), "name": user.get_username(), "display_name": getattr(user, "name", "")}

    def encrypt(self, text: str) -> str:
        """Encrypt a secret for the database, so that a stolen copy signs nobody in."""
        return _safe().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt what `encrypt` made."""
        return _safe().decrypt(encrypted_text.encode()).decode()


def has_second_step(person: AbstractBaseUser) -> bool:
    """Say whether a person has a one-time-code app or a passkey; without either, no page but their set-up opens.

    A passkey is possession and, since nobody gets past it unverified, a finger, face or PIN: two steps in one.
    """
    return Authenticator.objects.filter(user=person, type__in=SECOND_STEPS).exists()


# --- passkeys ----------------------------------------------------------------------------------------------------


def passkey_host() -> str:
    """Return the host name that passkeys made here are bound to; empty where there can be none."""
    return rules.passkey_host(str(settings.ALONGSIDE_ADDRESS))


def ask_to_add(person: AbstractBaseUser) -> dict[str, Any]:
    """Return the question for a new passkey, kept by the device itself and used by a verified person only.

    The person may still be unsaved: somebody invited makes passkey and account in one.
    """
    return _asked(lambda: webauthn.begin_registration(person, True))


def ask_to_prove() -> dict[str, Any]:
    """Return the question that any passkey of this address answers; which, its answer tells."""
    return _asked(lambda: webauthn.begin_authentication(None))


def added(credential: dict[str, Any]) -> dict[str, Any]:
    """Check the answer to `ask_to_add`; return what is kept of it: public key, id and address, nothing of the device.

    Raises BadCredential.
    """
    _check_question()
    try:
        rules.check_credential(credential, rules.ADDING)
        parsed = _parsed(RegistrationResponse, credential)
        _check_origin(parsed.response.client_data)
        shown = parsed.response.attestation_object.auth_data
        if not shown.is_user_verified():
            raise BadCredential("not-verified")
        if shown.credential_data is None or shown.credential_data.credential_id != parsed.raw_id:
            raise BadCredential("malformed")
        if not _checks_signatures(shown.credential_data.public_key):
            raise BadCredential("malformed")
        webauthn.complete_registration(credential)
    except ValidationError:
        raise BadCredential("unknown") from None
    finally:
        webauthn.clear_state()
    return {"credential": _least(parsed), "host": passkey_host()}


def proved(credential: dict[str, Any], person: AbstractBaseUser | None = None) -> Authenticator:
    """Check the answer to `ask_to_prove`; return the passkey that gave it, of the given person if there is one.

    Raises BadCredential.
    """
    _check_question()
    try:
        rules.check_credential(credential, rules.SIGNING_IN)
        parsed = _parsed(AuthenticationResponse, credential)
        _check_origin(parsed.response.client_data)
        if not parsed.response.authenticator_data.is_user_verified():
            raise BadCredential("not-verified")
        owner = webauthn.extract_user_from_response(credential)
        if person is not None and owner.pk != person.pk:
            raise BadCredential("unknown")
        return webauthn.complete_authentication(owner, credential)
    except ValidationError:
        raise BadCredential("unknown") from None
    finally:
        webauthn.clear_state()


def enter(request: HttpRequest, passkey: Authenticator) -> HttpResponse:
    """Sign in whom a passkey proved, and lead on. That it was used, and when, is written nowhere but in the session."""
    record_passkey(request, passkey.user, passwordless=True)
    return perform_login(request, Login(user=passkey.user))


def record_passkey(request: HttpRequest, person: AbstractBaseUser, **how: bool) -> None:
    """Note in the session that a passkey was used just now."""
    record_authentication(request, person, "mfa", type=Authenticator.Type.WEBAUTHN.value, **how)


def _asked(begin: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Begin a ceremony; a session that is there for nothing else does not last longer than the question."""
    session = context.request.session
    if session.is_empty():
        session.set_expiry(QUESTION_VALID)
    options = begin()
    webauthn.set_state({**(webauthn.get_state() or {}), "at": int(time.time())})
    return dict(options["publicKey"])


def _check_question() -> None:
    state = webauthn.get_state()
    if not state or time.time() - state.get("at", 0) > QUESTION_VALID:
        webauthn.clear_state()
        raise BadCredential("expired")


def _parsed(kind: type[Any], credential: dict[str, Any]) -> Any:
    """Read an answer; whatever the library stumbles over in bytes that anybody may have made up is malformed."""
    try:
        return kind.from_dict(credential)
    except Exception:
        raise BadCredential("malformed") from None


def _checks_signatures(key: CoseKey) -> bool:
    """Say whether a public key is one that can be used: it must refuse what nobody signed, and not break on it."""
    if key.get(3) not in CoseKey.supported_algorithms():
        return False
    try:
        key.verify(b"", b"")
    except InvalidSignature:
        return True
    except Exception:
        return False
    return False


def _check_origin(shown: CollectedClientData) -> None:
    """Take answers from pages of this very address only: the library would take those of every host below it too."""
    if shown.origin != rules.origin(str(settings.ALONGSIDE_ADDRESS)) or shown.cross_origin:
        raise BadCredential("other-address")


def _least(parsed: RegistrationResponse) -> dict[str, Any]:
    """Return a credential that says no more than is needed to check its signatures: no model of a device, no counter,
    no extension of any kind.
    """
    shown = parsed.response.attestation_object.auth_data
    made: AttestedCredentialData = shown.credential_data  # type: ignore[assignment]
    key = AttestedCredentialData.create(Aaguid.NONE, made.credential_id, made.public_key)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(shown.rp_id_hash, flags, 0, key)
    return dict(
        RegistrationResponse.from_dict(
            {
                "rawId": parsed.raw_id,
                "response": {
                    "clientDataJSON": CollectedClientData.create(
                        CollectedClientData.TYPE.CREATE, b"", parsed.response.client_data.origin
                    ),
                    "attestationObject": AttestationObject.create("none", data, {}),
                },
                "clientExtensionResults": {"credProps": {"rk": True}},
            }
        )
    )


# --- secrets at rest ---------------------------------------------------------------------------------------------


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
    """Say whether this session began within the last minutes: with a passkey, or with the password and every further
    step there was.
    """
    person = request.user
    if isinstance(person, AnonymousUser):
        return False
    limit = time.time() - allauth_settings.REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, person)
    return any(record["at"] > limit for record in records if record["method"] == "password" or _by_passkey(record))


def _by_passkey(record: dict[str, Any]) -> bool:
    return bool(record.get("type") == Authenticator.Type.WEBAUTHN.value and record.get("passwordless"))
