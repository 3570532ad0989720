"""Bodies of requests, byte by byte, and supporters with keys that a browser could seal to.

The envelope is a sealed example of `vectors/`: the server cannot tell who can open it, so one serves every test that
does not open it.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

from alongside.accounts.models import Organisation
from alongside.directory import actions as directory
from alongside.help_requests.models import Request
from alongside.kernel import clock, ids
from alongside.sealing import actions as sealing
from alongside.sealing import rules as seals
from alongside.team.models import Supporter
from tests import age_reader
from tests.sealing import devices, vectors

TWELVE = vectors.sealed("twelve")
TWENTY_FOUR = vectors.sealed("twenty-four")
ONE = vectors.sealed("one")
WRAP = vectors.sealed("wrap")
URGENCIES = {"now": 1, "today": 2}


@cache
def public_key(number: int) -> str:
    """Return one of any number of sound public keys, the same each time."""
    return age_reader.new_identity(number.to_bytes(32, "big"))[1]


def give_keys(supporters: Iterable[Supporter], weeks: Iterable[date] | None = None, *, first: int = 1) -> None:
    """Publish a key for each week (this one without `weeks`) for each supporter, as their devices would; who gets keys
    in a second call takes numbers from another `first` on.
    """
    weeks = list(weeks or [seals.monday_of(clock.now())])
    for number, serving in enumerate(supporters, start=first):
        keys = {week: (public_key(1000 * number + place), WRAP) for place, week in enumerate(weeks, start=1)}
        sent = devices.words_publication(serving.person_id, public_key(1000 * number), keys)
        sealing.publish(serving.person_id, sent, weeks=weeks)


@dataclass(frozen=True)
class Frame:
    """A request as a device sends it; `replace` changes a part, `bytes` writes it."""

    list_id: bytes
    route: tuple[int, ...]
    urgency: int = 1
    attempt: bytes = field(default_factory=lambda: os.urandom(16))
    token: bytes = field(default_factory=lambda: os.urandom(16))
    envelope: bytes = TWELVE
    version: int = 1
    chosen: tuple[int, int] | None = None

    def __bytes__(self) -> bytes:
        chosen = b"\xff\xff\xff" if self.chosen is None else self.chosen[0].to_bytes(2) + bytes([self.chosen[1]])
        return b"".join(
            [
                bytes([self.version, self.urgency]),
                self.list_id,
                self.attempt,
                ids.digest(self.token),
                bytes(self.route).ljust(24, b"\xff"),
                chosen if self.version > 1 else b"",
                self.envelope,
            ]
        )

    def but(self, **parts: object) -> "Frame":
        """Return the frame with other parts."""
        return replace(self, **parts)  # type: ignore[arg-type]

    def stored(self) -> Request | None:
        """Return the request that lives under this frame's token."""
        rows = Request.objects.filter(progress_hash=ids.digest(self.token))
        return rows.select_related("ladder").first()


def frame_for(organisation: Organisation, route: tuple[int, ...] | None = None, urgency: str = "now") -> Frame:
    """Return a request to everybody on the list of now, or to some places of it."""
    listing = directory.current_list(organisation, clock.now())
    everybody = tuple(range(len(listing.candidates)))
    return Frame(listing.id.bytes, everybody if route is None else route, URGENCIES[urgency])
