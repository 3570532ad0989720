"""What may happen to a request, and all that leaves its seal."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

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


def route_of(positions: Sequence[int], candidates: Sequence[tuple[str, uuid.UUID]]) -> list[tuple[str, uuid.UUID]]:
    """Return (rank, supporter) for the positions a device chose, in the list's own order.

    Raises Refused for none, one that is not in the list, or any order but the list's: nobody's place on the ladder is
    the sender's choice.
    """
    if not positions:
        raise Refused("no-route")
    if list(positions) != sorted(set(positions)) or positions[-1] >= len(candidates):
        raise Refused("bad-route")
    return [candidates[position] for position in positions]


def on_duty_first(
    route: Sequence[tuple[str, uuid.UUID]], on_call: Mapping[int, uuid.UUID]
) -> list[tuple[str, uuid.UUID]]:
    """Return the route with the ranks of those on call (tier -> supporter) when it is sent: a shift may have changed
    since the list was made, and whoever went off duty is called with everybody.
    """
    duties = {supporter: ("primary", "backup")[tier - 1] for tier, supporter in sorted(on_call.items(), reverse=True)}
    return [(duties.get(one, "further" if rank in ("primary", "backup") else rank), one) for rank, one in route]


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
