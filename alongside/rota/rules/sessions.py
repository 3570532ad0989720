"""Sessions that supporters lead, and the debrief of each leader after one (G-22): what may be, and a first time."""

import hashlib
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from alongside.rota.rules.patterns import boundary

# Longer is a mistyped day.
LONGEST = timedelta(hours=24)
MOST_LEADERS = 2
SHORTEST_DEBRIEF, LONGEST_DEBRIEF = 10, 240
# Sessions and debriefs are deleted so long after both are over; what is older is not entered, no debrief lies later.
KEPT = timedelta(days=14)
FURTHEST = timedelta(days=400)
# So long before a session is deleted, a debrief that is still to be given presses.
PRESSING = timedelta(days=4)
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
Span = tuple[datetime, datetime]


class Kind(StrEnum):
    """What is led. A `crew` is a support group for people whose work hours are other ones (X-13)."""

    GROUP = "group"
    CREW = "crew"
    INCIDENT = "incident"


class Code(StrEnum):
    """What speaks against a session or a debrief."""

    ENDS_FIRST = "ends-first"
    TOO_LONG = "too-long"
    TOO_OLD = "too-old"
    TOO_FAR = "too-far"
    HOURS = "hours"
    LEADERS = "leaders"
    AWAY = "away"
    TWICE = "twice"
    ONESELF = "oneself"
    NO_LISTENER = "no-listener"
    BEFORE = "before"
    LATE = "late"
    LENGTH = "length"
    CHANGED = "changed"


class Wrong(ValueError):
    """A session or the debrief of its leader at `place` cannot be, because of `code`; None is the session itself."""

    def __init__(self, code: Code, place: int | None = None) -> None:
        super().__init__(code)
        self.code, self.place = code, place


@dataclass(frozen=True)
class Work:
    """When an organisation works: from one hour of its clock to another, on the first `days` days of the week."""

    begins: int
    ends: int
    days: int
    zone: tzinfo
    holidays: Collection[date] = frozenset()

    def on(self, day: date) -> Span | None:
        """Return from when to when a day is worked; None for a day that is not."""
        if day.weekday() >= self.days or day in self.holidays:
            return None
        midnight = datetime.combine(day, time(0))
        begin, end = (boundary(midnight + timedelta(hours=hour), self.zone) for hour in (self.begins, self.ends))
        return (begin, end) if begin < end else None


@dataclass(frozen=True)
class Slot:
    """What a leader has after a session: whom they talk to and when; nothing of both means "not yet"."""

    leader: uuid.UUID
    listener: uuid.UUID | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def span(self) -> Span | None:
        """Return when it is; None where none is given."""
        return (self.starts_at, self.ends_at) if self.starts_at and self.ends_at and self.listener else None


def check_session(kind: Kind, span: Span, leaders: Sequence[uuid.UUID], work: Work, now: datetime) -> None:
    """Refuse a session that cannot be. Raises Wrong.

    X-13: a support group is held in work hours; a session for a critical incident at any time.
    """
    begin, end = span
    if not 1 <= len(leaders) <= MOST_LEADERS or len(set(leaders)) != len(leaders):
        raise Wrong(Code.LEADERS)
    if end <= begin:
        raise Wrong(Code.ENDS_FIRST)
    if end - begin > LONGEST:
        raise Wrong(Code.TOO_LONG)
    if end <= now - KEPT:
        raise Wrong(Code.TOO_OLD)
    if begin > now + FURTHEST:
        raise Wrong(Code.TOO_FAR)
    if kind is Kind.GROUP and not in_work_hours(span, work):
        raise Wrong(Code.HOURS)


def in_work_hours(span: Span, work: Work) -> bool:
    """Say whether a span lies within the work hours of one day."""
    hours = work.on(span[0].astimezone(work.zone).date())
    return hours is not None and hours[0] <= span[0] and span[1] <= hours[1]


def check_debrief(slot: Slot, place: int, leader_person: uuid.UUID, session_ends: datetime) -> None:
    """Refuse a debrief that cannot be, whoever is free. Raises Wrong."""
    if slot.starts_at is None and slot.ends_at is None and slot.listener is None:
        return
    if slot.starts_at is None or slot.ends_at is None or slot.listener is None:
        raise Wrong(Code.NO_LISTENER, place)
    if slot.listener == leader_person:
        raise Wrong(Code.ONESELF, place)
    minutes = (slot.ends_at - slot.starts_at) // timedelta(minutes=1)
    if not SHORTEST_DEBRIEF <= minutes <= LONGEST_DEBRIEF:
        raise Wrong(Code.LENGTH, place)
    if slot.starts_at < session_ends:
        raise Wrong(Code.BEFORE, place)
    if slot.ends_at > session_ends + KEPT:
        raise Wrong(Code.LATE, place)


def deleted_at(session_ends: datetime, slots: Iterable[Slot]) -> datetime:
    """Return when a session is deleted with its debriefs."""
    return max([session_ends, *(one.ends_at for one in slots if one.ends_at)]) + KEPT


def meets(one: Span, others: Iterable[Span]) -> bool:
    """Say whether a span shares a minute with one of the others."""
    return any(begin < one[1] and one[0] < end for begin, end in others)


def first_free(
    after: datetime, until: datetime, length: timedelta, work: Work, busy: Sequence[Span]
) -> datetime | None:
    """Return the first quarter of an hour from which on nobody is busy for so long, within work hours, ending by
    `until`; None when there is none.
    """
    return next((at for at in _quarters(after, until, length, work) if not meets((at, at + length), busy)), None)


def _quarters(after: datetime, until: datetime, length: timedelta, work: Work) -> Iterator[datetime]:
    day, last = after.astimezone(work.zone).date(), until.astimezone(work.zone).date()
    while day <= last:
        if hours := work.on(day):
            at = _round_up(max(after, hours[0]))
            while at + length <= min(hours[1], until):
                yield at
                at += QUARTER
        day += DAY


def _round_up(moment: datetime) -> datetime:
    # Every zone in use is off by whole quarters of an hour.
    late = (moment - datetime.min.replace(tzinfo=UTC)) % QUARTER
    return moment + (QUARTER - late if late else timedelta(0))


def seal(kind: str, span: Span, slots: Iterable[Slot]) -> str:
    """Return a digest of a session and its debriefs: whoever changes it says which one they looked at."""
    text = repr((str(kind), [one.isoformat() for one in span], sorted(map(_said, slots))))
    return hashlib.sha256(text.encode()).hexdigest()


def _said(slot: Slot) -> tuple[str, ...]:
    moments = [one.astimezone(UTC).isoformat() if one else "" for one in (slot.starts_at, slot.ends_at)]
    return str(slot.leader), str(slot.listener), *moments
