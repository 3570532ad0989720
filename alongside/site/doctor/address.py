"""Looks at the way in from outside: the address people type, its certificate, the proxies in front."""

import http.client
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from alongside.site.doctor.finding import Finding

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PATIENCE = 10.0  # seconds
DAYS_LEFT = 14
# An address for documentation (RFC 5737): nobody's, so it can only come from us.
PRETENDED = "203.0.113.7"
PURPOSE, TOKEN_VALID = "doctor looks at itself", 60
TOO_FAR = 5  # seconds


def address(now: datetime) -> Iterator[Finding]:
    """Look whether people can ask at the address that is set."""
    parts = urlsplit(settings.ALONGSIDE_ADDRESS)
    host = str(parts.hostname)
    if parts.scheme != "https" and host not in LOOPBACK:
        text = _(
            "%s is not https: browsers then refuse to seal, and nobody can ask. Set up HTTPS and ALONGSIDE_ADDRESS."
        )
        yield Finding("address", "failure", text % settings.ALONGSIDE_ADDRESS)
    elif _is_number(host) and host not in LOOPBACK:
        text = _("%s is a number, not a name: passkeys do not work there, and it may change. Use a host name.")
        yield Finding("address", "failure", text % settings.ALONGSIDE_ADDRESS)
    elif host not in settings.ALLOWED_HOSTS:
        text = _("ALONGSIDE_HOSTS does not name %s, so every page would be refused.")
        yield Finding("address", "failure", text % host)
    elif parts.scheme == "https" and not settings.SESSION_COOKIE_SECURE:
        yield Finding("address", "failure", _("Set ALONGSIDE_HTTPS=yes, so that sign-ins never travel without HTTPS."))
    else:
        yield Finding("address", "ok", _("People reach this installation at %s.") % settings.ALONGSIDE_ADDRESS)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


# --- the certificate ---------------------------------------------------------------------------------------------


def certificate(now: datetime) -> Iterator[Finding]:
    """Fetch the certificate from the public address and judge it as a browser would."""
    parts = urlsplit(settings.ALONGSIDE_ADDRESS)
    if parts.scheme != "https":
        return
    host, port = str(parts.hostname), parts.port or 443
    try:
        with (
            socket.create_connection((host, port), PATIENCE) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as safe,
        ):
            shown: dict[str, Any] = dict(safe.getpeercert() or {})
    except ssl.SSLCertVerificationError as error:
        yield Finding("certificate", "failure", _refused(error) % host)
        return
    except OSError:
        text = _("Nothing answers at %s:%s from this machine. Is the web server in front running, and the name right?")
        yield Finding("certificate", "failure", text % (host, port))
        return
    ends, begins = (ssl.cert_time_to_seconds(str(shown[key])) for key in ("notAfter", "notBefore"))
    left = ends - time.time()
    if left < min(DAYS_LEFT * 86400, (ends - begins) / 6):
        text = _("The certificate of %s ends in %s days and was not renewed. Look into the web server's log.")
        yield Finding("certificate", "warning", text % (host, max(0, int(left // 86400))))
    else:
        yield Finding("certificate", "ok", _("The certificate of %s is good for %s days.") % (host, int(left // 86400)))


def _refused(error: ssl.SSLCertVerificationError) -> str:
    expired, not_yet, other_name = 10, 9, 62
    return {
        expired: _("The certificate of %s has ended: browsers show a warning instead of the pages. Renew it now."),
        not_yet: _("The certificate of %s is not valid yet. Is this machine's clock right?"),
        other_name: _("The certificate is not for %s. Get one for that name."),
    }.get(
        error.verify_code,
        _("The certificate of %s is not signed by anybody whom browsers know. Get one from a public authority."),
    )


# --- proxies -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """What arrives of a request that we send to ourselves."""

    secure: bool
    hosted: bool
    forwarded: list[str]
    pretended: str


def proxies(now: datetime) -> Iterator[Finding]:
    """Ask ourselves through the public address, with a false address in hand, and look what arrives of it."""
    parts = urlsplit(settings.ALONGSIDE_ADDRESS)
    if parts.scheme != "https" and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return
    token = signing.dumps(PRETENDED, salt=PURPOSE)
    try:
        seen, apart = _ask(parts.scheme, str(parts.hostname), parts.port, reverse("in_looking", args=[token]))
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        text = _(
            "Alongside does not answer itself at %s. Is it running, with this secret, behind the web server in front?"
        )
        yield Finding("proxies", "failure", text % settings.ALONGSIDE_ADDRESS)
        return
    wrong = list(_misled(seen))
    for text in wrong:
        yield Finding("proxies", "failure", text)
    if apart > TOO_FAR:
        text = _("The clock of the server at the address is %s seconds off from this machine's.")
        yield Finding("proxies", "failure", text % round(apart))
    if not wrong and apart <= TOO_FAR:
        yield Finding("proxies", "ok", _("The web server in front passes on what it should, and nothing false."))


def answers_with_another_secret() -> bool:
    """Say whether the server at the public address runs and does not know this process's secret."""
    parts = urlsplit(settings.ALONGSIDE_ADDRESS)
    try:
        _ask(
            parts.scheme,
            str(parts.hostname),
            parts.port,
            reverse("in_looking", args=[signing.dumps(PRETENDED, salt=PURPOSE)]),
        )
    except (ValueError, KeyError, TypeError):
        return True
    except (OSError, http.client.HTTPException):
        return False
    return False


def _misled(seen: Seen) -> Iterator[str]:
    count = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    if settings.ALONGSIDE_ADDRESS.startswith("https") and not seen.secure:
        yield _("The web server in front does not say that people come over HTTPS: X-Forwarded-Proto is missing.")
    if not seen.hosted:
        yield _("The web server in front changes the host name. Let it pass on the one that people typed.")
    if seen.forwarded == [seen.pretended]:
        if count or settings.ALONGSIDE_ADDRESS.startswith("https"):
            yield _(
                "Whoever guesses passwords can pretend to come from anywhere: the web server in front passes on a "
                "false X-Forwarded-For. Let it set its own."
            )
    elif count == 0 and seen.forwarded:
        yield _(
            "A web server stands in front, and ALONGSIDE_PROXIES is 0: one guesser locks everybody out. Set it to %s."
        ) % (len([one for one in seen.forwarded if one != seen.pretended]) or 1)
    elif count and len(seen.forwarded) < count:
        yield _("ALONGSIDE_PROXIES is %s, but only %s stand in front: set it to that.") % (count, len(seen.forwarded))
    elif count and seen.forwarded[-count] == seen.pretended:
        yield _("ALONGSIDE_PROXIES is %s, which is one too many: a false address is believed.") % count


def _ask(scheme: str, host: str, port: int | None, path: str) -> tuple[Seen, float]:
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    door = kind(host, port, timeout=PATIENCE)
    try:
        door.request("GET", path, headers={"X-Forwarded-For": PRETENDED})
        answer = door.getresponse()
        facts = json.loads(answer.read(10_000))
        date = answer.headers.get("Date")
    finally:
        door.close()
    apart = abs(parsedate_to_datetime(date).timestamp() - time.time()) if date else 0.0
    return Seen(**facts), apart


def seen_of(request: HttpRequest, token: str) -> dict[str, object] | None:
    """Return what arrived of the doctor's own request; None for anybody else's."""
    try:
        pretended = signing.loads(token, salt=PURPOSE, max_age=TOKEN_VALID)
    except signing.BadSignature:
        return None
    forwarded = [one.strip() for one in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if one.strip()]
    return {
        "secure": request.is_secure(),
        "hosted": request.get_host() == urlsplit(settings.ALONGSIDE_ADDRESS).netloc,
        # Which addresses they are is nobody's business: only how many, and whether ours is among them.
        "forwarded": [one if one == pretended else "-" for one in forwarded],
        "pretended": pretended,
    }
