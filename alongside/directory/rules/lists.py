"""Who is on a candidate list, in which order, and how the directory is cut into blocks."""

import hashlib
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from alongside.sealing import rules as seals

RANKS = ("primary", "backup", "coordinator", "further")


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
    """What a supporter's device sealed with the poster code: name and details, or neither."""

    reference: bytes
    name: bytes | None
    details: bytes | None


@dataclass(frozen=True)
class Candidate:
    """A supporter who may be asked now. `key` is their public key for the running week, `proof` what the coordinator
    and their own device signed about it; None where nobody has.
    """

    supporter: uuid.UUID
    rank: str
    office: uuid.UUID | None
    key: str
    proof: bytes | None = None


def rank_of(supporter: uuid.UUID, on_call: Mapping[int, uuid.UUID], coordinators: Collection[uuid.UUID]) -> str:
    """Return a supporter's place on tonight's ladder."""
    if on_call.get(1) == supporter:
        return "primary"
    if on_call.get(2) == supporter:
        return "backup"
    return "coordinator" if supporter in coordinators else "further"


def order(candidates: Sequence[Candidate], *, limit: int, week: date) -> tuple[Candidate, ...]:
    """Return at most `limit` candidates in ladder order.

    Those without a duty are taken in turn from each office, so that leaving one office out leaves somebody while there
    are two; within an office the order changes with the week, so that nobody is always called first.
    """
    named = [one for rank in RANKS[:3] for one in candidates if one.rank == rank]
    offices: dict[str, list[Candidate]] = {}
    for one in sorted(candidates, key=lambda one: _draw(one, week)):
        if one.rank == "further":
            offices.setdefault(str(one.office), []).append(one)
    queues = sorted(offices.values(), key=lambda queue: _draw(queue[0], week))
    turns = [queue[turn] for turn in range(max(map(len, queues), default=0)) for queue in queues if turn < len(queue)]
    chosen, others = (named + turns)[:limit], (named + turns)[limit:]
    if len({one.office for one in chosen}) == 1:
        chosen[-1:] = [one for one in others if one.office != chosen[0].office][:1] or chosen[-1:]
    return tuple(chosen)


def _draw(one: Candidate, week: date) -> bytes:
    return hashlib.sha256(f"{week}{one.supporter}".encode()).digest()


def oldest_week_in_use(now: datetime, *, list_valid: int, request_limit: int, last_hold: int) -> date:
    """Return the Monday (UTC) of the oldest week whose keys may still be needed.

    Something can be sealed to a week's key until the week is over and a list made in it has expired (`list_valid`,
    minutes), and lives for `request_limit` hours and `last_hold` minutes at most.
    """
    moment = now - timedelta(minutes=list_valid + last_hold, hours=request_limit)
    return seals.monday_of(moment)


def valid_until(now: datetime, minutes: int) -> datetime:
    """Return until when a list handed out now is valid: times of a fixed grid, half of `minutes` apart.

    A list is handed out for one half of its time and still taken for the other, whoever looked first and when.
    """
    half = timedelta(minutes=minutes) / 2
    begun = now - (now - datetime.fromtimestamp(0, UTC)) % half
    return begun + 2 * half


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
