"""From what an organisation and its people said to a problem that can be planned."""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo

from alongside.rota.rules import changeover
from alongside.rota.rules.duties import Duty, start_of
from alongside.rota.rules.fairness import MEASURES
from alongside.rota.rules.patterns import Pattern, boundary, marks
from alongside.rota.rules.patterns import slot as slot_of
from alongside.rota.rules.problem import Aims, Away, Limits, Member, Problem, Slot, Why, Wish

YEAR = timedelta(days=365)
MINUTE = timedelta(minutes=1)
WEEK = 7


@dataclass(frozen=True)
class InForce:
    """A pattern with the days, both included, from and until which it is in force."""

    pattern: Pattern
    begins_on: date
    ends_on: date | None


@dataclass(frozen=True)
class Weekly:
    """A weekly span by the clock on the wall; weekday 0 is Monday."""

    weekday: int
    minute: int
    minutes: int


@dataclass(frozen=True)
class Standing:
    """What one supporter said, and whether they may be planned. Days are both included.

    `free` holds the only hours in which they can be on call; empty means any. `away_days` counts the days of the
    rolling year on which they did not serve: they are credited with what the team carried on such days.
    """

    id: uuid.UUID
    ready: bool = True
    on_leave: bool = False
    blackouts: tuple[tuple[date, date], ...] = ()
    free: tuple[Weekly, ...] = ()
    works: tuple[Weekly, ...] = ()
    busy: tuple[tuple[datetime, datetime], ...] = ()
    wishes: tuple[tuple[date, bool], ...] = ()
    most_in_28_days: int | None = None
    away_days: int = 0


@dataclass(frozen=True)
class Frame:
    """Everything a problem is made from. `published` are the shifts of the year before and of the days around."""

    zone: tzinfo
    first: date
    days: int
    patterns: tuple[InForce, ...]
    people: tuple[Standing, ...]
    limits: Limits
    aims: Aims
    published: tuple[Duty, ...] = ()
    holidays: frozenset[date] = frozenset()
    percent: Mapping[int, int] = field(default_factory=dict)

    @property
    def starts_at(self) -> datetime:
        """The instant at which the first day begins."""
        return start_of(self.first, self.zone)

    @property
    def ends_at(self) -> datetime:
        """The instant at which the last day is over."""
        return start_of(self.first + timedelta(days=self.days), self.zone)


def frame_problem(frame: Frame) -> Problem:
    """Return the problem: slots of the patterns in force, cut where a published shift covers a part of one.

    A published shift of somebody who may serve is held; one of somebody who may not is a gap to be filled (C-18).
    """
    place = {one.id: number for number, one in enumerate(frame.people)}
    able = {one.id for one in frame.people if one.ready and not one.on_leave}
    standing = [duty for duty in frame.published if duty.supporter in able]
    found: list[Slot] = []
    held: dict[int, int] = {}
    for slot in _slots(frame):
        for part, supporter in _parts(slot, standing, frame.zone):
            if supporter is not None:
                held[len(found)] = place[supporter]
            found.append(part)
    served = _served(frame)
    mine: dict[int, set[tuple[int, datetime]]] = defaultdict(set)
    for at, who in held.items():
        mine[who].add((found[at].tier, found[at].starts_at))
    people = tuple(_member(frame, one, mine[number], served) for number, one in enumerate(frame.people))
    return Problem(tuple(found), people, held, frame.limits, frame.aims)


def members(frame: Frame) -> dict[uuid.UUID, Member]:
    """Return everybody by id with what keeps them from spans of the frame's days and what they served; `around` is
    empty.
    """
    served = _served(frame)
    # Without any published shift nobody has one around: looking for them takes longer than all else together.
    bare = replace(frame, published=())
    return {one.id: _member(bare, one, (), served) for one in frame.people}


def empty(frame: Frame) -> list[Slot]:
    """Return the parts of slots for which there is no published shift, whoever's, by beginning and tier."""
    near = [one for one in frame.published if one.ends_at > frame.starts_at]
    parts = [part for slot in _slots(frame) for part, who in _parts(slot, near, frame.zone) if who is None]
    return sorted(parts, key=lambda one: (one.starts_at, one.tier))


def _slots(frame: Frame) -> Iterator[Slot]:
    for one in changeover.spans(frame.patterns, frame.first, frame.days):
        percent = frame.percent.get(one.tier, 100)
        yield slot_of(one.tier, one.begin, one.end, frame.zone, percent=percent, holidays=frame.holidays)


def _parts(slot: Slot, published: Iterable[Duty], zone: tzinfo) -> Iterator[tuple[Slot, uuid.UUID | None]]:
    """Yield the slot in pieces: each published part with its holder, and what is left with nobody."""
    over = [
        one
        for one in published
        if one.tier == slot.tier and one.starts_at < slot.ends_at and slot.starts_at < one.ends_at
    ]
    at = slot.starts_at
    for one in sorted(over, key=lambda one: one.starts_at):
        begin, end = max(one.starts_at, at), min(one.ends_at, slot.ends_at)
        if begin > at:
            yield _piece(slot, at, begin, zone), None
        if end > begin:
            yield _piece(slot, begin, end, zone), one.supporter
            at = end
    if at < slot.ends_at:
        yield _piece(slot, at, slot.ends_at, zone), None


def _piece(slot: Slot, start: datetime, end: datetime, zone: tzinfo) -> Slot:
    if (start, end) == (slot.starts_at, slot.ends_at):
        return slot
    minutes = slot.minutes * ((end - start) // MINUTE) // max(1, (slot.ends_at - slot.starts_at) // MINUTE)
    return replace(slot, starts_at=start, ends_at=end, day=start.astimezone(zone).date(), minutes=max(1, minutes))


def _served(frame: Frame) -> dict[uuid.UUID, dict[str, int]]:
    """Return weighted minutes of the rolling year before, by supporter and measure."""
    found: dict[uuid.UUID, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    since = frame.starts_at - YEAR
    for one in frame.published:
        if not since <= one.starts_at < frame.starts_at:
            continue
        begin, end = (moment.astimezone(frame.zone).replace(tzinfo=None) for moment in (one.starts_at, one.ends_at))
        weight = (end - begin) // MINUTE * frame.percent.get(one.tier, 100) // 100
        for measure in ("load", *marks(begin, end, frame.holidays)):
            found[one.supporter][measure] += weight
    return found


def credit(frame: Frame, one: Standing, served: Mapping[uuid.UUID, Mapping[str, int]]) -> dict[str, int]:
    """Return what somebody is credited with for days on which they did not serve: the team's average.

    Their own service counts in it: else, where all are new, whoever served least would be credited with most.
    """
    serving = [other for other in frame.people if other.away_days < YEAR.days]
    days = sum(YEAR.days - other.away_days for other in serving)
    if not days or not one.away_days:
        return dict.fromkeys(MEASURES, 0)
    return {
        measure: sum(served[other.id][measure] for other in serving if other.id in served) * one.away_days // days
        for measure in MEASURES
    }


def _member(
    frame: Frame, one: Standing, mine: Collection[tuple[int, datetime]], served: Mapping[uuid.UUID, Mapping[str, int]]
) -> Member:
    more = credit(frame, one, served)
    own = served.get(one.id, {})
    return Member(
        id=one.id,
        away=tuple(_away(frame, one)),
        wishes=tuple(_wishes(frame, one)),
        served={measure: own.get(measure, 0) + more[measure] for measure in MEASURES},
        around=tuple(_around(frame, one, mine)),
        most_in_28_days=one.most_in_28_days,
    )


def _around(
    frame: Frame, one: Standing, mine: Collection[tuple[int, datetime]]
) -> Iterator[tuple[datetime, datetime, date]]:
    margin = max(frame.limits.rest, timedelta(days=frame.limits.days_in_a_row + 1))
    for duty in frame.published:
        near = frame.starts_at - margin < duty.ends_at and duty.starts_at < frame.ends_at + margin
        if duty.supporter == one.id and near and (duty.tier, duty.starts_at) not in mine:
            yield duty.starts_at, duty.ends_at, duty.starts_at.astimezone(frame.zone).date()


def _away(frame: Frame, one: Standing) -> Iterator[Away]:
    # A slot may begin on the last day and end after it.
    begin, end = frame.starts_at, frame.ends_at + timedelta(days=31)
    if not one.ready:
        yield Away(begin, end, Why.NOT_READY)
    if one.on_leave:
        yield Away(begin, end, Why.LEAVE)
    for first, last in one.blackouts:
        yield Away(start_of(first, frame.zone), start_of(last + timedelta(days=1), frame.zone), Why.BLACKOUT)
    for start, stop in one.busy:
        yield Away(start, stop, Why.BUSY)
    for start, stop in _weekly(frame, one.works):
        yield Away(start, stop, Why.WORK)
    if one.free:
        at = begin
        for start, stop in sorted(_weekly(frame, one.free)):
            if start > at:
                yield Away(at, start, Why.HOURS)
            at = max(at, stop)
        if at < end:
            yield Away(at, end, Why.HOURS)


def _weekly(frame: Frame, spans: Sequence[Weekly]) -> Iterator[tuple[datetime, datetime]]:
    for number in range(-WEEK, frame.days + 31):
        day = frame.first + timedelta(days=number)
        for one in spans:
            if one.weekday == day.weekday():
                begin = datetime.combine(day, time(0)) + timedelta(minutes=one.minute)
                yield boundary(begin, frame.zone), boundary(begin + timedelta(minutes=one.minutes), frame.zone)


def _wishes(frame: Frame, one: Standing) -> Iterator[Wish]:
    for day, on_call in one.wishes:
        yield Wish(start_of(day, frame.zone), start_of(day + timedelta(days=1), frame.zone), on_call)


def fingerprint(problem: Problem) -> str:
    """Return a digest of everything a plan was made from: it changes with any fact that could change the plan."""
    text = repr(
        (
            [(s.tier, s.starts_at, s.ends_at, s.minutes, s.percent, sorted(s.marks)) for s in problem.slots],
            [
                (
                    str(p.id),
                    sorted(map(repr, p.away)),
                    sorted(map(repr, p.wishes)),
                    sorted(p.served.items()),
                    sorted(map(repr, p.around)),
                    p.most_in_28_days,
                )
                for p in problem.people
            ],
            sorted(problem.held.items()),
            problem.limits,
            problem.aims,
        )
    )
    return hashlib.sha256(text.encode()).hexdigest()
