"""When a notice is tried, how often, and what it says."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import Formatter

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


class UnknownMessage(KeyError):
    """There is no notice of that name."""


class NotNeutral(ValueError):
    """A notice was asked to carry something it has no place for."""


@dataclass(frozen=True)
class Letter:
    """One notice ready to be handed over."""

    kind: str
    address: str
    subject: str
    body: str
    # The same for every try, so that a mail program can fold a repeat into the first.
    reference: str


def next_try(attempts: int, now: datetime, expires_at: datetime) -> datetime | None:
    """Return when to try again after `attempts` failed tries; None when it is to be given up: tried enough, or of no
    use by then.
    """
    if attempts < 1 or attempts >= MOST_TRIES:
        return None
    moment = now + PAUSES[attempts - 1]
    return moment if moment < expires_at else None


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


def is_address(kind: str, address: str, more: Collection[str] = ()) -> bool:
    """Say whether an address may be kept: one e-mail address, or an Apprise address of a service with a fixed host.

    `more` are the further services that the operator allows; they may call any host.
    """
    if not address.isprintable() or len(address) > LONGEST:
        return False
    if kind == "email":
        return bool(re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+", address))
    service, separator, rest = address.partition("://")
    # Apprise reads several addresses out of one text: a second one could lead anywhere.
    alone = bool(separator and rest) and not re.search(r"[\s,;]|://", rest)
    return kind == "apprise" and alone and service.lower() in SERVICES | set(more)
