"""Whose turn it is below /in/: who signed in has a queue of their own, strangers one for each network address.

So a stranger who asks without end makes nobody wait but themselves, neither those who are signed in nor those who want
to be. What a queue is called is kept in the memory of this process alone: of a session its hash while it is open, of an
address nothing once its requests are answered.
"""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus

from allauth.core.internal.ratelimit import truncate_ip
from django.conf import settings
from django.http import parse_cookie

from alongside.site import paths

MOST_SESSIONS = 5_000


def address(client: str, forwarded: str) -> str:
    """Return the network address of who asks, as ALONGSIDE_PROXIES says it is found; of IPv6 the network."""
    passed = [one.strip() for one in forwarded.split(",")]
    count = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    if count:
        return truncate_ip(passed[-count]) if len(passed) >= count else ""
    return truncate_ip(client.rpartition(":")[0].strip("[]"))


def _session(cookies: str) -> bytes:
    found = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    return hashlib.sha256(found.encode()).digest() if found else b""


class Visitors:
    """The sessions that were seen to be signed in. For one event loop, not for threads."""

    def __init__(self) -> None:
        self._signed_in: dict[bytes, None] = {}

    def queue(self, client: str, said: Mapping[str, str]) -> str:
        """Return the name of the queue for a request with these headers."""
        session = _session(said.get("cookie", ""))
        if session in self._signed_in:
            return session.hex()
        return address(client, said.get("x-forwarded-for", ""))

    def learn(self, path: str, said: Mapping[str, str], status: int) -> None:
        """Take it from an answer whether its session is signed in: only then such a page is shown (SignedInOnly)."""
        if paths.is_open_to_all(path) or not (session := _session(said.get("cookie", ""))):
            return
        if status == HTTPStatus.OK:
            while len(self._signed_in) >= MOST_SESSIONS:
                self._signed_in.pop(next(iter(self._signed_in)))
            self._signed_in[session] = None
        elif status == HTTPStatus.FORBIDDEN:
            self._signed_in.pop(session, None)
