"""What a card may say, and how the directory of all cards is cut into blocks."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alongside.sealing import rules as seals

BLOCK = seals.MAX_CANDIDATES
"""How many people one block of the directory holds: whoever fetches it could be after any of them."""
NEXT_ON_DAYS = 14
"""How far ahead the directory says when somebody is on call next."""


class BadCard(ValueError):
    """Not what a card may say. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Shown:
    """What a supporter lets everybody see: keys of choices, and the offices they lead."""

    discipline: str
    band: str
    office_shown: bool
    languages: tuple[str, ...]
    gender: str
    tags: tuple[str, ...]
    channels: tuple[str, ...]
    over: tuple[uuid.UUID, ...]


@dataclass(frozen=True)
class Sealed:
    """What a supporter's device sealed with the poster code: name and details, or neither.

    `vouch` is the vouching key that the device bound the details to, None before there is one. Empty says that the
    caller did not ask a device: then it is the one in force.
    """

    reference: bytes
    name: bytes | None
    details: bytes | None
    vouch: bytes | None = b""


def check_card(shown: Shown, sealed: Sealed, choices: Mapping[str, Collection[str]]) -> None:
    """Refuse a card that says what is on no list, or whose sealed parts have another size than everybody's.

    Raises BadCard: `unknown-choice`, `no-language`, `no-channel`, `wrong-size`.
    """
    for kind, said in (
        ("disciplines", (shown.discipline,)),
        ("bands", (shown.band,)),
        ("genders", (shown.gender,) if shown.gender else ()),
        ("languages", shown.languages),
        ("tags", shown.tags),
        ("channels", shown.channels),
    ):
        if len(set(said)) != len(said) or not set(said) <= set(choices[kind]):
            raise BadCard("unknown-choice")
    if not shown.languages:
        raise BadCard("no-language")
    sizes = (len(sealed.reference), len(sealed.name or b""), len(sealed.details or b""))
    full = (seals.CARD_REFERENCE_BYTES, seals.CARD_NAME_BYTES, seals.CARD_DETAILS_BYTES)
    if sizes not in (full, (full[0], 0, 0)):
        raise BadCard("wrong-size")


def opens_no_more(bound_to: bytes | None, vouch: bytes | None) -> bool:
    """Say whether the sealed details of a card open for nobody: sealed together with another vouching key than its
    supporter has now.
    """
    return bound_to is not None and bound_to != vouch


def block_start(block: int, people: int) -> int:
    """Return where a block begins: the last one reaches back, so that it is as full as the others."""
    return min(block * BLOCK, max(0, people - BLOCK))


def block(directory: Sequence[uuid.UUID], number: int) -> tuple[uuid.UUID, ...]:
    """Return the people of one block; empty when there is no such block."""
    if number < 0 or number * BLOCK >= len(directory):
        return ()
    start = block_start(number, len(directory))
    return tuple(directory[start : start + BLOCK])


def place_in(index: int, people: int) -> tuple[int, int]:
    """Return block and place of somebody by their index in the directory."""
    number = index // BLOCK
    return number, index - block_start(number, people)


def hour_of(moment: datetime) -> datetime:
    """Return the whole hour of a moment."""
    return moment.replace(minute=0, second=0, microsecond=0)


def hours_until(moment: datetime, now: datetime) -> int:
    """Return in how many hours something begins, rounded up, at least 1."""
    return max(1, -(-int((moment - now).total_seconds()) // 3600))


def bits(said: Collection[str], known: Sequence[str]) -> int:
    """Return several choices as the bits of one number; a key that is known no more is left out."""
    return sum(1 << number for number, key in enumerate(known) if key in said)
