"""Who is on a candidate list, and in which order."""

import hashlib
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from alongside.sealing import rules as seals

RANKS = ("primary", "backup", "coordinator", "further")


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
