"""When a notice is due, how often it is tried, where it may go, and what it says."""

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from string import Formatter
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric import ec

# Pauses after a failed try: quick at first, since a request may wait; then longer, since the far end is down. After
# the last one
# (about three days in all) the notice is given up and the board says so.
PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 86400)
)
MOST_TRIES = len(PAUSES) + 1
# How long a worker may hold a notice: longer than any try may take, so that nobody else tries it meanwhile.
LEASE = timedelta(seconds=120)
TRY_SECONDS = 20.0

# One lane each: a stalled mail server holds up neither push nor text messages (docs/decisions/0014).
EMAIL, PUSH, APPRISE = "email", "push", "apprise"
KINDS = (EMAIL, PUSH, APPRISE)
# What is handed over first, and what may break into a silent telephone.
_RANKS = {
    "waiting_now": 0,
    "backup": 0,
    "waiting": 1,
    "board": 1,
    "shift_asked_now": 1,
    "reset": 2,
    "invitation": 2,
    "test": 3,
}
LAST_RANK = 4
URGENT = frozenset({"waiting_now", "backup", "board", "test", "shift_check", "shift_asked_now"})
# What tells a supporter that somebody waits.
CALLS = ("waiting", "waiting_now", "backup")
# To a member's device, which has no page below /in/; that it did not arrive is told to nobody.
FOR_MEMBERS = frozenset({"news"})
# Nobody may silence a whole day: somebody off duty stays within reach for calls that can wait.
LONGEST_QUIET = timedelta(hours=12)

_PATH = re.compile(r"/in/[A-Za-z0-9/_-]*")
# Services whose host is fixed, so that nobody can make the server call an address inside the organisation's network.
SERVICES = frozenset(
    [
        "46elks",
        "bulksms",
        "burstsms",
        "clicksend",
        "d7sms",
        "discord",
        "elks",
        "kavenegar",
        "msgbird",
        "nexmo",
        "plivo",
        "pover",
        "sinch",
        "slack",
        "sns",
        "tgram",
        "threema",
        "twilio",
        "voipms",
        "vonage",
        "whatsapp",
        "wxteams",
    ]
)
LONGEST = 300  # characters of an address or of one value
LONGEST_PUSH = 1000  # characters of a push subscription: an address of its own and two keys
# The push services of the browsers in use. Their hosts are fixed, so a subscription cannot make the server call an
# address inside the organisation's network.
PUSH_HOSTS = frozenset(["fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com"])
PUSH_DOMAINS = (".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com")
_POINT, _SECRET = 65, 16  # bytes of a subscription's two keys (RFC 8291)


class UnknownMessage(KeyError):
    """There is no notice of that name."""


class NotNeutral(ValueError):
    """A notice was asked to carry something it has no place for."""


class BadSubscription(ValueError):
    """A push subscription is malformed, or leads to a host that is not a known push service."""


@dataclass(frozen=True)
class Letter:
    """One notice ready to be handed over. `words` are the body without its link."""

    kind: str
    address: str
    subject: str
    body: str
    words: str
    link: str
    message: str
    language: str
    expires_at: datetime
    # The same for every try, so that a mail program can fold a repeat into the first.
    reference: str


@dataclass(frozen=True)
class Subscription:
    """Where a browser is reached by push, and the two keys that only it can open with."""

    endpoint: str
    key: bytes
    secret: bytes


@dataclass(frozen=True)
class Quiet:
    """Hours of the day in which a person wants no notice that can wait, by the clock of a time zone."""

    starts: time
    ends: time
    zone: str


# --- when --------------------------------------------------------------------------------------------------------


def rank_of(message: str) -> int:
    """Return the place of a notice in the queue: calls first, then what somebody is waiting for, then the rest."""
    return _RANKS.get(message, LAST_RANK)


def spread(count: int, start: datetime, gap: timedelta, expires_at: datetime) -> list[datetime]:
    """Return when each of `count` ways is tried: the first at `start`, each further one a `gap` later; at `start` too
    where it would come after the notice is of no use.
    """
    moments = [start + number * gap for number in range(count)]
    return [moment if moment < expires_at else start for moment in moments]


def quiet_until(quiet: Quiet | None, now: datetime) -> datetime | None:
    """Return when the quiet hours that are running end; None when none are.

    Where clocks change, a time that comes twice is taken at its first coming: nobody is left alone longer than asked.
    """
    if quiet is None or quiet.starts == quiet.ends:
        return None
    zone = ZoneInfo(quiet.zone)
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        begins = _at(day, quiet.starts, zone)
        ends = _at(day if quiet.ends > quiet.starts else day + timedelta(days=1), quiet.ends, zone)
        if begins <= now < ends:
            return ends
    return None


def _at(day: date, moment: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, moment, zone).astimezone(UTC)


def length_of(starts: time, ends: time) -> timedelta:
    """Return how long quiet hours are by the clock."""
    minutes = (ends.hour - starts.hour) * 60 + ends.minute - starts.minute
    return timedelta(minutes=minutes % (24 * 60))


def pages(*, urgent: bool, on_duty: bool, duty_hears: bool) -> bool:
    """Say whether a call goes out whatever the quiet hours: to somebody on duty, for an urgent request, or when nobody
    on duty was called who can still answer (A-03).
    """
    return urgent or on_duty or not duty_hears


def due(quiet_end: datetime | None, *, page: bool, now: datetime, expires_at: datetime) -> datetime:
    """Return when a notice is due: after the quiet hours that run until `quiet_end`, but at once for a page and for
    what would be of no use by then.
    """
    if page or quiet_end is None or not now < quiet_end < expires_at:
        return now
    return quiet_end


def next_try(attempts: int, now: datetime, expires_at: datetime) -> datetime | None:
    """Return when to try again after `attempts` failed tries; None when it is to be given up: tried enough, or of no
    use by then.
    """
    if attempts < 1 or attempts >= MOST_TRIES:
        return None
    moment = now + PAUSES[attempts - 1]
    return moment if moment < expires_at else None


# --- what it says ------------------------------------------------------------------------------------------------


def fields_of(subject: str, body: str) -> frozenset[str]:
    """Return the names that a text leaves open."""
    return frozenset(name for _, name, _, _ in Formatter().parse(subject + body) if name)


def check_values(fields: frozenset[str], values: Mapping[str, object], origin: str) -> None:
    """Refuse (NotNeutral) values the text has no place for, so that nothing about a request can ride along (K-36).

    `link` may lead to a page below /in/ of `origin`; every other value is a short text or a number, on one line.
    """
    if set(values) | {"link"} != fields | {"link"}:
        raise NotNeutral("values")
    link = str(values.get("link", origin + "/in/"))
    if not link.startswith(origin) or not _PATH.fullmatch(link.removeprefix(origin)):
        raise NotNeutral("link")
    if any(len(str(value)) > LONGEST or not str(value).isprintable() for value in values.values()):
        raise NotNeutral("value")


def render(text: str, values: Mapping[str, object], origin: str) -> str:
    """Fill in a text; without a `link` of its own it leads to the sign-in page of `origin`, the public address.

    An empty value becomes the host's name: an operator's invitation comes from no organisation.
    """
    host = origin.partition("://")[2]
    filled = {name: str(value) or host for name, value in values.items()}
    return text.format(**{"link": origin + "/in/", **filled})


# --- where it goes -----------------------------------------------------------------------------------------------


def push_address(endpoint: str, key: str, secret: str) -> str:
    """Return a browser's subscription as one address, as it is kept."""
    return f"{endpoint} {key} {secret}"


def subscription(address: str, more: Collection[str] = ()) -> Subscription:
    """Read a kept subscription; raises BadSubscription.

    Only https to the known push services, on the usual port and without a user's name; `more` are further hosts (with
    their port where it is not 443) that the operator allows.
    """
    parts = address.split(" ")
    if len(parts) != 3 or len(address) > LONGEST_PUSH or not (address.isascii() and address.isprintable()):  # noqa: PLR2004
        raise BadSubscription("form")
    endpoint, key, secret = parts[0], _unbase64(parts[1], _POINT), _unbase64(parts[2], _SECRET)
    if not _is_push_service(endpoint, more):
        raise BadSubscription("host")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except ValueError:
        raise BadSubscription("key") from None
    return Subscription(endpoint, key, secret)


_HOST = re.compile(r"[a-z0-9.-]+")


def _is_push_service(endpoint: str, more: Collection[str]) -> bool:
    try:
        url = urlsplit(endpoint)
        host, port = url.hostname or "", url.port
    except ValueError:
        return False
    # A backslash or an @ makes two readers see two different hosts; so may any letter that no host name has.
    if url.scheme != "https" or url.fragment or url.username is not None or "\\" in endpoint or not url.path:
        return False
    if not _HOST.fullmatch(host):
        return False
    if (host if port in (None, 443) else f"{host}:{port}") in more:
        return True
    return port in (None, 443) and (host in PUSH_HOSTS or host.endswith(PUSH_DOMAINS))


def _unbase64(text: str, length: int) -> bytes:
    try:
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadSubscription("base64") from None
    if len(value) != length:
        raise BadSubscription("length")
    return value


def push_service(address: str) -> str:
    """Return the host of a subscription, for a person to tell their devices apart."""
    return urlsplit(address.partition(" ")[0]).hostname or ""


def is_address(kind: str, address: str, more: Collection[str] = ()) -> bool:
    """Say whether a person may type an address: one e-mail address, or an Apprise address of a service with a fixed
    host. A browser's subscription is judged by `subscription`.

    `more` are the further services that the operator allows; they may call any host.
    """
    if not address.isprintable() or len(address) > LONGEST:
        return False
    if kind == EMAIL:
        return bool(re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+", address))
    service, separator, rest = address.partition("://")
    # Apprise reads several addresses out of one text: a second one could lead anywhere.
    alone = bool(separator and rest) and not re.search(r"[\s,;]|://", rest)
    return kind == APPRISE and alone and service.lower() in SERVICES | set(more)
