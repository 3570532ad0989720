"""What may happen to a request, and all that leaves its seal."""

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from alongside.directory import rules as cards
from alongside.escalation.rules import BACKUP, CHOSEN, TAKE
from alongside.sealing import rules as seals
from alongside.sealing.rules import SMALL_POOL, STANZAS

Urgency = Literal["now", "today"]


@dataclass(frozen=True)
class OpenFacts:
    """All that is known outside the seal while a request lives; docs/threat-model.md quotes this list. Nothing else
    may be added.
    """

    organisation: uuid.UUID
    urgency: Urgency
    route: tuple[uuid.UUID, ...]
    minute: datetime


class Refused(Exception):
    """A request was not taken; `code` says why and is safe to show to a script."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Reseal(Exception):
    """The candidate list is not valid any more: fetch the new one and seal again."""


class Busy(Exception):
    """Too many requests at once: keep it on the device, show the numbers, try again soon."""


class WorkNeeded(Exception):
    """So many ask that a sender's device shall do some work first: `bits` of it."""

    def __init__(self, bits: int) -> None:
        super().__init__(bits)
        self.bits = bits


class Gone(Exception):
    """There is no such request any more, or never was."""


class NotAlerted(Exception):
    """This supporter was not called for this request."""


class NotTaker(Exception):
    """Only the supporter who accepted may do this."""


class TakenBySomebody(Gone):
    """Another supporter accepted first."""


class Full(Exception):
    """The box or the request holds as many messages as it may."""


@dataclass(frozen=True)
class Clock:
    """The minutes of a ladder for one urgency: second, third and last rung, and by when the taker makes contact."""

    times: tuple[int, int, int]
    connect: int


def chosen_of(chosen: tuple[int, int] | None, directory: Sequence[uuid.UUID]) -> uuid.UUID | None:
    """Return the supporter at a block and place of a list's directory; None when nobody was chosen.

    Raises Refused: `unknown-block`, `bad-place`.
    """
    if chosen is None:
        return None
    block, place = chosen
    members = cards.block(directory, block)
    if not members:
        raise Refused("unknown-block")
    if place >= len(members):
        raise Refused("bad-place")
    return members[place]


def route_of(
    positions: Sequence[int],
    candidates: Sequence[tuple[str, uuid.UUID]],
    chosen: uuid.UUID | None = None,
) -> list[tuple[str, uuid.UUID]]:
    """Return (rank, supporter): the chosen person first, then the positions a device chose in the list's own order.

    Raises Refused for nobody at all, a position that is not in the list, any order but the list's, and more people than
    the envelope of this list has room for: nobody's place on the ladder but the chosen one's is the sender's choice.
    """
    if not positions and chosen is None:
        raise Refused("no-route")
    if list(positions) != sorted(set(positions)) or (positions and positions[-1] >= len(candidates)):
        raise Refused("bad-route")
    rest = [candidates[position] for position in positions]
    if chosen is None:
        return rest
    route = [(CHOSEN, chosen), *((rank, one) for rank, one in rest if one != chosen)]
    if len(route) > slots_for(len(candidates)):
        raise Refused("too-many")
    return route


HAND_ON_HEAD_BYTES = 17
_PURPOSES = {1: BACKUP, 2: TAKE}


@dataclass(frozen=True)
class HandOn:
    """What a supporter's device sends to hand a request on: for whom, what for, and the copy sealed for them."""

    target: uuid.UUID
    purpose: str
    envelope: bytes


def parse_hand_on(body: bytes) -> HandOn:
    """Take the body apart: supporter 16 bytes | purpose 1 (1 backup, 2 take over) | envelope of one stanza.

    Raises Refused: `wrong-size`, `bad-purpose`, and what the envelope is refused for.
    """
    if len(body) != HAND_ON_HEAD_BYTES + seals.BOX_REPLY_BYTES:
        raise Refused("wrong-size")
    purpose = _PURPOSES.get(body[HAND_ON_HEAD_BYTES - 1])
    if purpose is None:
        raise Refused("bad-purpose")
    envelope = body[HAND_ON_HEAD_BYTES:]
    try:
        # The shape of a reply to a box: one stanza around the padded text.
        seals.check_box_reply(envelope)
    except seals.BadEnvelope as error:
        raise Refused(error.code) from error
    return HandOn(uuid.UUID(bytes=body[: HAND_ON_HEAD_BYTES - 1]), purpose, envelope)


def on_duty_first(
    route: Sequence[tuple[str, uuid.UUID]], on_call: Mapping[int, uuid.UUID]
) -> list[tuple[str, uuid.UUID]]:
    """Return the route with the ranks of those on call (tier -> supporter) when it is sent: a shift may have changed
    since the list was made, and whoever went off duty is called with everybody.
    """
    # Whoever is on call behind the backup is called with the backup.
    duties = {who: "primary" if tier == 1 else "backup" for tier, who in sorted(on_call.items(), reverse=True)}
    return [(_rank_now(rank, duties.get(one)), one) for rank, one in route]


def _rank_now(rank: str, duty: str | None) -> str:
    if rank == CHOSEN:
        return rank
    return duty or ("further" if rank in ("primary", "backup") else rank)


WISH_BYTES = 1024
_LANGUAGES = {1: "en", 2: "fr"}


@dataclass(frozen=True)
class Wish:
    """What a member's device sends to be told when something is new: of which request, in which language, and where;
    an empty address turns it off.
    """

    token: bytes
    language: str
    address: str


def parse_wish(body: bytes) -> Wish:
    """Take the body apart: token 16 bytes | language 1 (1 English, 2 French) | length 2, big-endian | address, then
    zeros.

    Raises Refused: `wrong-size`, `bad-language`, `bad-address`.
    """
    if len(body) != WISH_BYTES:
        raise Refused("wrong-size")
    token, language, length, rest = body[:16], _LANGUAGES.get(body[16]), int.from_bytes(body[17:19]), body[19:]
    if language is None:
        raise Refused("bad-language")
    if length > len(rest) or any(rest[length:]) or not (rest[:length].isascii()):
        raise Refused("bad-address")
    return Wish(token, language, rest[:length].decode("ascii"))


def slots_for(candidates: int) -> int:
    """Return how many stanzas every envelope of this list must have: length never tells who was left out."""
    small, large = STANZAS
    return small if candidates <= SMALL_POOL else large


def routine_last(opened_at: datetime, third: int, latest: int, next_change: datetime | None) -> int:
    """Return the minute of the last rung of a request for today: the next change of shift after the third rung,
    `latest` at most.
    """
    if next_change is None or next_change > opened_at + timedelta(minutes=latest):
        return latest
    return max(third + 1, int((next_change - opened_at).total_seconds() // 60))


# --- work --------------------------------------------------------------------------------------------------------

WORK_PARTS = 16
"""Small puzzles in one work: many small ones take a more even time than a large one (browser/src/core/work.ts)."""
LEAST_WORK_BITS, MOST_WORK_BITS = 10, 17
"""Zero bits of each part. The most is two million tries: some ten seconds on a phone four times slower than a desk."""
URGENT_BITS_LESS = 2
"""An urgent sender does a quarter of the work."""
WORK_GRACE = 1
"""What was enough when a device began is enough when it is done: so many bits may be missing."""
_NONCES = re.compile(f"[0-9a-f]{{{WORK_PARTS * 8}}}")


def work_bits(attempts: int, urgency: str, *, calm: int, most: int) -> int:
    """Return how hard the next sender of an organisation has to work; 0 is not at all.

    `attempts` were stored under lists that are valid now, each of which cost its sender; up to `calm` nothing is asked,
    and at `most`, where requests are delayed, the hardest. Posts that were refused count for nothing: they cost nothing
    and must not make it harder for others.
    """
    if attempts < calm:
        return 0
    steps, span = MOST_WORK_BITS - LEAST_WORK_BITS, max(1, most - calm)
    bits = LEAST_WORK_BITS + steps * min(attempts - calm, span) // span
    return max(LEAST_WORK_BITS, bits - URGENT_BITS_LESS) if urgency == "now" else bits


def work_done(list_id: bytes, body: bytes, work: str) -> int:
    """Return how many zero bits every part of a work for this list and this body has; 0 for what is no work at all.

    `work` is the nonces of the parts, 8 hexadecimal digits each. It cannot be used again: the body holds the attempt,
    which is stored once while its list is valid.
    """
    if _NONCES.fullmatch(work) is None:
        return 0
    seed = hashlib.sha256(b"alongside-work-v1\n" + list_id + hashlib.sha256(body).digest()).digest()
    nonces = bytes.fromhex(work)
    parts = (seed + bytes([part]) + nonces[4 * part : 4 * part + 4] for part in range(WORK_PARTS))
    return min(_zero_bits(hashlib.sha256(part).digest()) for part in parts)


def _zero_bits(digest: bytes) -> int:
    return 8 * len(digest) - int.from_bytes(digest).bit_length()
