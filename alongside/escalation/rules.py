"""The next step of a ladder, from facts and the present moment alone.

docs/algorithms/escalation.md draws it. Nothing here waits or remembers: a worker that was killed, a second worker or
a clock that jumped asks the same question of the same rows and gets an answer that is still right.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

# The order in which people are called; whoever else can open the request is called with everybody on the last rung.
CHOSEN = "chosen"
RANKS = (CHOSEN, "primary", "backup", "coordinator", "further")
# A stored moment this far in the future means that the clock was set back, not that two machines differ a little.
SKEW = timedelta(minutes=2)
WAITING = ("open", "alerted")
HELD = ("accepted", "connected")
# What an alert is for: the ladder's own call; a peer's call for help beside them, or to take the request over; and such
# an offer after somebody else accepted it.
CALL, BACKUP, TAKE, OVER = "call", "backup", "take", "over"


class CannotBeAsked(Exception):
    """This supporter cannot be asked for this now: on leave, passed, has it, or was called anyway."""


class NotTheirs(Exception):
    """Only the taker may ask for backup, and only the taker or somebody called while it waits may pass a request to
    somebody.
    """


@dataclass(frozen=True)
class Rung:
    """Whom to call `after` minutes of a round."""

    kind: str
    after: int
    who: tuple[uuid.UUID, ...]

    def row(self) -> dict[str, Any]:
        """Return the rung as it is stored."""
        return {"kind": self.kind, "after": self.after, "who": [str(one) for one in self.who]}

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Rung":
        """Read a stored rung."""
        return cls(row["kind"], row["after"], tuple(uuid.UUID(one) for one in row["who"]))


@dataclass(frozen=True)
class Terms:
    """The numbers in force when the request was sent, in minutes; `limit` is how long a request lives."""

    connect: int
    alarm: int
    hold: int
    limit: int


@dataclass(frozen=True)
class Facts:
    """What the next step depends on.

    `called` are those called in the running round, `here` those called on its running rung, `passed` those who ever
    said not me, `able` those who may serve now. Of the running round too: `helping` were called as backup by the taker,
    `offered` were asked to take it over.
    """

    state: str
    rungs: tuple[Rung, ...]
    terms: Terms
    opened_at: datetime
    ends_at: datetime
    round_at: datetime
    rung: int
    rung_at: datetime | None
    taker: uuid.UUID | None
    taken_at: datetime | None
    alarmed_at: datetime | None
    called: frozenset[uuid.UUID]
    here: frozenset[uuid.UUID]
    passed: frozenset[uuid.UUID]
    able: frozenset[uuid.UUID]
    helping: frozenset[uuid.UUID] = frozenset()
    offered: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True)
class Wait:
    """Nothing to do before `until`; None when nothing will ever be due."""

    until: datetime | None


@dataclass(frozen=True)
class Climb:
    """Call `who` as rung `number` (from 1), and with `alarm` tell the coordinator: the rung before went unanswered, or
    nobody can be called on the last one.
    """

    number: int
    who: tuple[uuid.UUID, ...]
    alarm: bool
    ends_at: datetime


@dataclass(frozen=True)
class Join:
    """Call `who` too: they could not serve when everybody was called, and now they can."""

    who: tuple[uuid.UUID, ...]
    ends_at: datetime


@dataclass(frozen=True)
class Alarm:
    """Tell the coordinator again that nobody has answered."""


@dataclass(frozen=True)
class ComeBack:
    """Take the request from a taker who did not connect or may no longer serve, and call everybody."""

    ends_at: datetime


@dataclass(frozen=True)
class GiveUp:
    """Nobody could answer: the content goes, the broken promise stays on the board."""


@dataclass(frozen=True)
class Finish:
    """Contact was made and the time is over: the request is closed."""


@dataclass(frozen=True)
class Stay:
    """Contact was made and the time is long over: the machine slept, or its clock leapt. It stays for `hold` more."""

    ends_at: datetime


@dataclass(frozen=True)
class SetRight:
    """The clock was set back: bring stored moments down to `now`, so that no step waits longer than its own time."""

    now: datetime


Step = Wait | Climb | Join | Alarm | ComeBack | GiveUp | Finish | Stay | SetRight


def plan(route: Sequence[tuple[str, uuid.UUID]], times: tuple[int, int, int]) -> tuple[Rung, ...]:
    """Return the rungs for a route of (rank, supporter) and the minutes of the second, third and last rung (A-03,
    D-01).

    Whoever the sender chose, primary, backup, coordinator, then everybody together. An empty rung is left out and those
    after it move up to its time; with nobody on call everybody but the chosen one is called together. Raises ValueError
    for an empty route.
    """
    if not route:
        raise ValueError("a ladder needs somebody to call")
    everybody = tuple(one for _, one in route)
    ranks = {rank for rank, _ in route}
    kinds = [kind for kind in RANKS[: 4 if ranks & {"primary", "backup"} else 1] if kind in ranks]
    due = _due_times(len(kinds), times)
    rungs = [
        Rung(kind, after, tuple(one for rank, one in route if rank == kind))
        for kind, after in zip(kinds, due[:-1], strict=False)
    ]
    return (*rungs, Rung("all", due[len(rungs)], everybody))


def _due_times(named: int, times: tuple[int, int, int]) -> tuple[int, ...]:
    """Return when each rung is due, the last one included. A fourth named rung comes halfway before the last one, which
    keeps its time; where there is no minute for it, those on it are called with everybody.
    """
    second, third, last = times
    halfway = (third + last) // 2
    if named <= len(times) or not third < halfway < last:
        return (0, second, third, last)
    return (0, second, third, halfway, last)


def next_step(facts: Facts, now: datetime) -> Step:
    """Return what to do now (A-03, A-10).

    Asking again after doing it leads to Wait in a few steps more than there are rungs.
    """
    if facts.state == "unanswered":
        return Wait(None)
    if _is_ahead(facts, now):
        return SetRight(now)
    step = _held(facts, now) if facts.state in HELD else _waiting(facts, now)
    if isinstance(step, Wait) and step.until and facts.opened_at > now + SKEW:
        return Wait(min(step.until, _stands_from(facts)))
    return step


def _is_ahead(facts: Facts, now: datetime) -> bool:
    latest = max(facts.opened_at + timedelta(minutes=facts.terms.limit), now + _hold(facts))
    return (
        any(at > now + SKEW for at in _steps(facts))
        or facts.ends_at > latest + SKEW
        or (facts.opened_at > now + SKEW and now >= _stands_from(facts))
    )


def _steps(facts: Facts) -> list[datetime]:
    return [facts.round_at, *_done(facts)]


def _done(facts: Facts) -> list[datetime]:
    """Return when something really happened; the start of a round may be reckoned back from its rung."""
    return [at for at in (facts.rung_at, facts.taken_at, facts.alarmed_at) if at is not None]


def _stands_from(facts: Facts) -> datetime:
    """Return from when on it is believed that a moment of sending in the future is wrong: when the clock has stood
    there for `hold`. One that was wrong for less must not end a request when it is right again.
    """
    return max(facts.rung_at or facts.round_at, facts.taken_at or facts.round_at) + _hold(facts)


def _held(facts: Facts, now: datetime) -> Step:
    left, due, end = facts.taker not in facts.able, contact_by(facts), end_of(facts)
    if facts.state == "connected":
        if now >= (facts.ends_at if left else end):
            # Nobody looked for a whole `hold`: perhaps it is the clock that is wrong.
            return Stay(now + _hold(facts)) if now >= max(facts.ends_at, end) + _hold(facts) else Finish()
        return ComeBack(facts.ends_at) if left else Wait(end)
    if due < facts.ends_at <= now:
        # Nobody looked when contact was due: everybody is called once before it ends.
        return ComeBack(now + _hold(facts))
    if now >= end:
        return GiveUp()
    return ComeBack(facts.ends_at) if left or now >= due else Wait(due)


def _waiting(facts: Facts, now: datetime) -> Step:
    if facts.rung < len(facts.rungs):
        due = rung_due(facts, facts.rung)
        # An open round has called nobody yet: its first rung is due whatever the clock says.
        if facts.state != "open" and now < due and listening(facts):
            return Wait(due)
        who, number = _callable(facts, facts.rungs[facts.rung]), facts.rung + 1
        alarm = facts.state == "alerted" or (number == len(facts.rungs) and not who)
        return Climb(number, who, alarm, _end_for_climbers(facts, now))
    end, everybody = end_of(facts), _callable(facts, facts.rungs[-1])
    if now >= end:
        # Somebody who came back while the machine slept is called once before it ends.
        never = tuple(one for one in everybody if one not in facts.called)
        return Join(never, now + _hold(facts)) if never else GiveUp()
    if late := tuple(one for one in everybody if one not in facts.here):
        return Join(late, facts.ends_at)
    again = alarm_due(facts)
    return Alarm() if now >= again else Wait(min(end, again))


def _callable(facts: Facts, rung: Rung) -> tuple[uuid.UUID, ...]:
    return tuple(one for one in rung.who if one in facts.able and one not in facts.passed)


def listening(facts: Facts) -> frozenset[uuid.UUID]:
    """Return who was called in this round and can still answer; waiting for nobody would be waiting for nothing."""
    return facts.called & facts.able - facts.passed


def _end_for_climbers(facts: Facts, now: datetime) -> datetime:
    """Return when the request ends if a rung is called now: later only if the machine slept past its end."""
    overslept = now >= facts.ends_at and (facts.rung_at is None or facts.rung_at < facts.ends_at)
    return now + _hold(facts) if overslept else facts.ends_at


def _hold(facts: Facts) -> timedelta:
    return timedelta(minutes=facts.terms.hold)


def rung_due(facts: Facts, index: int) -> datetime:
    """Return when the rung with this index (from 0) is due in the running round, at least `hold` before the end."""
    own = facts.round_at + timedelta(minutes=facts.rungs[index].after)
    return min(own, facts.ends_at - _hold(facts))


def alarm_due(facts: Facts) -> datetime:
    """Return when the coordinator is told again after the last rung: sooner when nobody is left who could answer."""
    told = facts.alarmed_at or facts.rung_at or facts.round_at
    if listening(facts):
        return told + timedelta(minutes=facts.terms.alarm)
    return told + min(timedelta(minutes=facts.terms.alarm), _hold(facts)) if facts.alarmed_at else told


def is_everybody_gone(facts: Facts) -> bool:
    """Say whether the last rung was called and nobody who was can answer any more: the coordinator alone is left."""
    return facts.state in WAITING and facts.rung >= len(facts.rungs) and not listening(facts)


def contact_by(facts: Facts) -> datetime:
    """Return by when the taker must have made contact: early enough to call everybody before the end, unless they have
    been called.
    """
    own = (facts.taken_at or facts.round_at) + timedelta(minutes=facts.terms.connect)
    everybody_called = facts.rung >= len(facts.rungs)
    return min(own, facts.ends_at + _hold(facts) if everybody_called else facts.ends_at - _hold(facts))


def end_of(facts: Facts) -> datetime:
    """Return when the request ends in its present state, at most the terms' `hold` after `ends_at`.

    It is later than `ends_at` only so that everybody who was called has that time to answer, and a taker the time to
    make contact.
    """
    ends = [facts.ends_at]
    if facts.state in HELD:
        ends.append(contact_by(facts))
    # A taker who makes no contact takes nothing of the time that the others who were called have.
    if facts.state in (*WAITING, "accepted") and facts.rung >= len(facts.rungs) and facts.rung_at is not None:
        ends.append(min(facts.rung_at, facts.ends_at) + _hold(facts))
    return max(ends)


def may_ask(facts: Facts, me: uuid.UUID, purpose: str) -> bool:
    """Say whether somebody who can open the request may ask one more person for BACKUP, or to TAKE it over (D-10): the
    taker for either, whoever was called while it waits only to take it, a helper for nothing.
    """
    return facts.taker == me if facts.state in HELD else facts.state in WAITING and purpose == TAKE


def askable(facts: Facts, me: uuid.UUID, purpose: str) -> frozenset[uuid.UUID]:
    """Return whom they may ask, also who is no recipient: nobody who may not serve, has passed, has it, or stands
    called for that already. A helper may be asked to take it over.
    """
    if not may_ask(facts, me, purpose):
        return frozenset()
    if facts.state in WAITING:
        return facts.able - facts.passed - facts.called - {me}
    asked = facts.offered if purpose == TAKE else facts.offered | facts.helping
    return facts.able - facts.passed - asked - {me}


def with_one_more(rungs: Sequence[Rung], one: uuid.UUID) -> tuple[Rung, ...]:
    """Return the rungs with somebody on the last one, which names everybody who can open the request: whoever it was
    sealed for on the way is called with everybody when it comes back.
    """
    *before, last = rungs
    return (*before, last if one in last.who else Rung(last.kind, last.after, (*last.who, one)))


def owner(facts: Facts) -> str:
    """Say who answers for the request now (A-10): the taker, those called, the coordinator, or the ladder, which then
    has something to do at once.
    """
    if facts.state in HELD:
        return "taker" if facts.taker in facts.able else "ladder"
    if facts.state == "unanswered" or is_everybody_gone(facts):
        return "coordinator"
    return "called" if listening(facts) else "ladder"


def set_right(facts: Facts, now: datetime) -> dict[str, datetime | None]:
    """Return the stored moments after the clock was set back to `now`: no step of the ladder lies ahead any more.

    The running rung starts its time again. The moment of sending, and with it the end, follows when the clock has stood
    there for `hold`. The end is no later than if it was sent then, or everybody called now.
    """
    climbed = facts.rungs[min(facts.rung, len(facts.rungs)) - 1].after if facts.rung else 0
    opened = min(facts.opened_at, now, *_done(facts)) if now >= _stands_from(facts) else facts.opened_at
    return {
        "opened_at": opened,
        "ends_at": min(facts.ends_at, max(opened + timedelta(minutes=facts.terms.limit), now + _hold(facts))),
        "round_at": min(facts.round_at, now - timedelta(minutes=climbed)),
        "rung_at": facts.rung_at and min(facts.rung_at, now),
        "taken_at": facts.taken_at and min(facts.taken_at, now),
        "alarmed_at": facts.alarmed_at and min(facts.alarmed_at, now),
    }


def minute_of(moment: datetime) -> datetime:
    """Return the whole minute of a moment: the finest time that is kept of a request."""
    return moment.replace(second=0, microsecond=0)
