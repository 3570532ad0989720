"""From what an organisation and its people said to a problem that can be planned."""

import hashlib
import uuid
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache

from alongside.rota.rules import changeover
from alongside.rota.rules.crediting import breaks, credits_of
from alongside.rota.rules.duties import LONGEST_SHIFT, Duty, cut, start_of
from alongside.rota.rules.fairness import MEASURES, MONTH
from alongside.rota.rules.patterns import Pattern, boundary, marks
from alongside.rota.rules.patterns import slot as slot_of
from alongside.rota.rules.problem import Aims, Around, Away, Limits, Member, Problem, Slot, Why, Wish

YEAR = timedelta(days=365)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
WEEK = 7


@dataclass(frozen=True)
class Weekly:
    """A weekly span by the clock on the wall; weekday 0 is Monday."""

    weekday: int
    minute: int
    minutes: int


@dataclass(frozen=True)
class Standing:
    """What one supporter said, and whether they may be planned. Days are both included.

    Who `serves` keeps the shifts that were published, also where they are not `ready` to be given new ones. `free`
    holds the only hours in which they can be on call; empty means any. `away_days` counts the days of the rolling year
    before they served: they are credited with what the team carried on such days.
    """

    id: uuid.UUID
    ready: bool = True
    serves: bool = True
    on_leave: bool = False
    blackouts: tuple[tuple[date, date], ...] = ()
    free: tuple[Weekly, ...] = ()
    works: tuple[Weekly, ...] = ()
    busy: tuple[tuple[datetime, datetime], ...] = ()
    wishes: tuple[tuple[date, bool], ...] = ()
    most_in_28_days: int | None = None
    away_days: int = 0


@dataclass(frozen=True)
class InForce:
    """A pattern with the days, both included, from and until which it is in force."""

    pattern: Pattern
    begins_on: date
    ends_on: date | None


@dataclass(frozen=True)
class Frame:
    """Everything a problem is made from. `published` are the shifts of the year before and of the days around; those
    that may change are `freed` instead. `elsewhere` are duties of the same people in other organisations.
    """

    zone: tzinfo
    first: date
    days: int
    patterns: tuple[InForce, ...]
    people: tuple[Standing, ...]
    limits: Limits
    aims: Aims
    published: tuple[Duty, ...] = ()
    freed: tuple[Duty, ...] = ()
    holidays: frozenset[date] = frozenset()
    percent: Mapping[int, int] = field(default_factory=dict)
    elsewhere: Mapping[uuid.UUID, Sequence[Duty]] = field(default_factory=dict)

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

    A published shift of somebody who serves is held; one of somebody who may not is a gap to be filled (C-18). What a
    freed shift covers besides the slots stays with whoever has it.
    """
    place = {one.id: number for number, one in enumerate(frame.people)}
    serving = {one.id for one in frame.people if one.serves and not one.on_leave}
    standing: dict[int, list[Duty]] = defaultdict(list)
    for duty in sorted(frame.published, key=lambda duty: duty.starts_at):
        if duty.supporter in serving:
            standing[duty.tier].append(duty)
    found: list[Slot] = []
    held: dict[int, int] = {}
    whole = _slots(frame)
    for slot in whole:
        for part, supporter in _parts(slot, standing[slot.tier], frame.zone):
            if supporter is not None:
                held[len(found)] = place[supporter]
            found.append(part)
    around, elsewhere, carries = _around(frame, whole), _elsewhere(frame), _carries(frame)
    people = tuple(
        _member(frame, one, around.get(one.id, ()), elsewhere.get(one.id, ()), carries[one.id]) for one in frame.people
    )
    freed = tuple(sorted((one.tier, one.supporter, one.starts_at, one.ends_at) for one in frame.freed))
    return Problem(tuple(found), people, held, frame.limits, frame.aims, freed)


def members(frame: Frame) -> dict[uuid.UUID, Member]:
    """Return everybody by id with what keeps them from spans of the frame's days and what they served; `around` is
    empty.
    """
    carries = _carries(frame)
    return {one.id: _member(frame, one, (), (), carries[one.id]) for one in frame.people}


def empty(frame: Frame) -> list[Slot]:
    """Return the parts of slots for which there is no published shift, whoever's, by beginning and tier."""
    near: dict[int, list[Duty]] = defaultdict(list)
    for duty in sorted(frame.published, key=lambda duty: duty.starts_at):
        near[duty.tier].append(duty)
    parts = (part for slot in _slots(frame) for part, who in _parts(slot, near[slot.tier], frame.zone) if who is None)
    return sorted(parts, key=lambda one: (one.starts_at, one.tier))


def _slots(frame: Frame) -> list[Slot]:
    """Return what is to be covered; a slot without length, in an hour that the clock skips, is none."""
    found = [
        slot_of(
            one.tier,
            one.begin,
            one.end,
            frame.zone,
            percent=frame.percent.get(one.tier, 100),
            holidays=frame.holidays,
        )
        for one in changeover.spans(frame.patterns, frame.first, frame.days)
    ]
    return [slot for slot in found if slot.starts_at < slot.ends_at]


def _parts(slot: Slot, published: Sequence[Duty], zone: tzinfo) -> Iterator[tuple[Slot, uuid.UUID | None]]:
    """Yield the slot in pieces: each published part of its tier with its holder, and what is left with nobody."""
    at = slot.starts_at
    # No shift is longer than LONGEST_SHIFT, so that what began before cannot reach in.
    first = bisect_left(published, slot.starts_at - LONGEST_SHIFT, key=lambda one: one.starts_at)
    last = bisect_left(published, slot.ends_at, key=lambda one: one.starts_at)
    for one in published[first:last]:
        begin, end = max(one.starts_at, at), min(one.ends_at, slot.ends_at)
        if end > begin:
            if begin > at:
                yield piece(slot, at, begin, zone), None
            yield piece(slot, begin, end, zone), one.supporter
            at = end
    if at < slot.ends_at:
        yield piece(slot, at, slot.ends_at, zone), None


def piece(slot: Slot, start: datetime, end: datetime, zone: tzinfo) -> Slot:
    """Return a slot with another begin and end, weighed by how long it then is."""
    if (start, end) == (slot.starts_at, slot.ends_at):
        return slot
    minutes = slot.minutes * ((end - start) // MINUTE) // max(1, (slot.ends_at - slot.starts_at) // MINUTE)
    return replace(slot, starts_at=start, ends_at=end, day=start.astimezone(zone).date(), minutes=max(1, minutes))


def _carries(frame: Frame) -> dict[uuid.UUID, dict[str, int]]:
    """Return by supporter what they served in the rolling year and are credited with, by measure."""
    served = _served(frame)
    return {
        who: {measure: served.get(who, {}).get(measure, 0) + more[measure] for measure in MEASURES}
        for who, more in credited(frame, served).items()
    }


def _served(frame: Frame) -> dict[uuid.UUID, dict[str, int]]:
    """Return weighted minutes of the rolling year before, by supporter and measure."""

    @cache  # the same for all tiers
    def counts(*span: datetime) -> tuple[int, tuple[str, ...]]:
        begin, end = (moment.astimezone(frame.zone).replace(tzinfo=None) for moment in span)
        return (end - begin) // MINUTE, ("load", *marks(begin, end, frame.holidays))

    found: dict[uuid.UUID, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    since = frame.starts_at - YEAR
    for one in frame.published:
        if not since <= one.starts_at < frame.starts_at:
            continue
        minutes, measures = counts(one.starts_at, one.ends_at)
        weight = minutes * frame.percent.get(one.tier, 100) // 100
        for measure in measures:
            found[one.supporter][measure] += weight
    return found


def credited(frame: Frame, served: Mapping[uuid.UUID, Mapping[str, int]]) -> dict[uuid.UUID, dict[str, int]]:
    """Return by supporter what the days of the rolling year count for on which they did not serve, by measure."""
    since = frame.starts_at - YEAR
    began = {one.id: since + timedelta(days=one.away_days) for one in frame.people}
    pauses = breaks([one for one in frame.published if since <= one.starts_at < frame.starts_at], began)
    away = {one.id: min(YEAR.days, one.away_days + pauses[one.id]) for one in frame.people}
    return credits_of(away, served, YEAR.days, MEASURES)


def _member(
    frame: Frame, one: Standing, around: Sequence[Around], elsewhere: Sequence[Around], carries: Mapping[str, int]
) -> Member:
    return Member(
        id=one.id,
        away=tuple(_away(frame, one)),
        wishes=tuple(_wishes(frame, one)),
        served=carries,
        around=(*around, *elsewhere),
        most_in_28_days=one.most_in_28_days,
        elsewhere=len(elsewhere),
    )


def _around(frame: Frame, slots: Iterable[Slot]) -> dict[uuid.UUID, list[Around]]:
    """Return by supporter the published duties, and what is left of freed ones, outside the slots."""
    spans: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for slot in sorted(slots, key=lambda slot: (slot.starts_at, slot.ends_at)):
        spans[slot.tier].append((slot.starts_at, slot.ends_at))
    begin, end = _reach(frame)
    near = [one for one in (*frame.published, *frame.freed) if begin < one.ends_at and one.starts_at < end]
    return _near(frame, [(one.supporter, left) for one in near for left in outside(one, spans[one.tier])])


def _elsewhere(frame: Frame) -> dict[uuid.UUID, list[Around]]:
    """Return by supporter the duties of the same person in other organisations."""
    return _near(frame, [(who, one) for who, theirs in frame.elsewhere.items() for one in theirs])


def _near(frame: Frame, duties: Iterable[tuple[uuid.UUID, Duty]]) -> dict[uuid.UUID, list[Around]]:
    begin, end = _reach(frame)
    found: dict[uuid.UUID, list[Around]] = defaultdict(list)
    for who, one in duties:
        if begin < one.ends_at and one.starts_at < end:
            found[who].append((one.starts_at, one.ends_at, one.starts_at.astimezone(frame.zone).date()))
    return {who: sorted(spans) for who, spans in found.items()}


def _reach(frame: Frame) -> tuple[datetime, datetime]:
    """Return from when to when a frame looks at duties around it: as far as rest, days in a row and caps do."""
    margin = max(frame.limits.rest, timedelta(days=max(frame.limits.days_in_a_row + 1, MONTH)))
    return frame.starts_at - margin, frame.ends_at + margin


def outside(duty: Duty, spans: Sequence[tuple[datetime, datetime]]) -> tuple[Duty, ...]:
    """Return what is left of a duty outside slots, which stand by beginning."""
    left: tuple[Duty, ...] = (duty,)
    # Of a year only what is near is looked at: no slot is longer than LONGEST_SHIFT and the hour of a clock set back.
    first = bisect_left(spans, (duty.starts_at - LONGEST_SHIFT - DAY,))
    last = bisect_left(spans, (duty.ends_at,))
    for start, end in spans[first:last]:
        if start < duty.ends_at and duty.starts_at < end:
            left = tuple(part for one in left for part in cut(one, start, end))
    return left


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
    """Return a digest of everything a plan was made from: it changes with any fact that could change the plan.

    What somebody says of other days than those of the plan makes no plan old.
    """
    begin = min((slot.starts_at for slot in problem.slots), default=None)
    end = max((slot.ends_at for slot in problem.slots), default=None)

    def near(spans: Iterable[Away] | Iterable[Wish]) -> list[str]:
        if begin is None or end is None:
            return []
        return sorted(
            repr(replace(one, starts_at=max(one.starts_at, begin), ends_at=min(one.ends_at, end)))
            for one in spans
            if one.starts_at < end and begin < one.ends_at
        )

    text = repr(
        (
            [(s.tier, s.starts_at, s.ends_at, s.minutes, s.percent, sorted(s.marks)) for s in problem.slots],
            [
                (
                    str(p.id),
                    near(p.away),
                    near(p.wishes),
                    sorted(p.served.items()),
                    sorted(map(repr, p.around)),
                    p.most_in_28_days,
                )
                for p in problem.people
            ],
            sorted(problem.held.items()),
            problem.limits,
            problem.aims,
            problem.freed,
        )
    )
    return hashlib.sha256(text.encode()).hexdigest()
