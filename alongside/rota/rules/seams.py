"""The slots of patterns that follow on each other: where one takes over there is neither a gap nor a double."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

from alongside.rota.rules.duties import start_of
from alongside.rota.rules.patterns import LONGEST_CYCLE, Pattern, slots
from alongside.rota.rules.problem import Slot

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
CYCLE = timedelta(days=LONGEST_CYCLE)
NONE: Mapping[int, int] = {}
# What is left between two patterns is added to the duty before when it is shorter; else somebody is planned for it.
SHORT = timedelta(hours=4)


@dataclass(frozen=True)
class InForce:
    """A pattern with the days, both included, from and until which it is in force."""

    pattern: Pattern
    begins_on: date
    ends_on: date | None


def slots_of(
    patterns: Sequence[InForce],
    first: date,
    days: int,
    zone: tzinfo,
    *,
    holidays: Collection[date] = (),
    percent: Mapping[int, int] = NONE,
) -> list[Slot]:
    """Return the slots that begin on one of `days` calendar days from `first`, of whichever pattern is in force.

    A pattern rules from its first day on. A duty of the one before runs on until the new one's first duty begins; where
    it ends sooner, what the new pattern would have had running by then is filled. A slot without length, in an hour
    that the clock skips, is none.
    """
    last = first + timedelta(days=days - 1)
    begin, end = first, last
    if any(first - 2 * CYCLE <= one.begins_on <= last + CYCLE for one in patterns[1:]):
        # As far as duties reach: so one plan and two that meet on any day see the same.
        begin, end = first - 2 * CYCLE, last + CYCLE
    found: dict[int, list[Slot]] = defaultdict(list)
    before = None
    for one in patterns:
        new = _Ruling(replace(one, pattern=replace(one.pattern, percent=dict(percent))), zone, holidays)
        follows = before is not None and before.ends_on is not None and before.ends_on + DAY == one.begins_on
        _take_over(found, new, begin, end, follows=follows and begin < one.begins_on <= end)
        before = one
    every = (slot for some in found.values() for slot in some)
    return [slot for slot in every if first <= slot.day <= last and slot.starts_at < slot.ends_at]


@dataclass(frozen=True)
class _Ruling:
    """A pattern in force in a time zone."""

    row: InForce
    zone: tzinfo
    holidays: Collection[date]

    def between(self, first: date, last: date) -> dict[int, list[Slot]]:
        """Return by tier, in order, the slots that begin on these days while it is in force."""
        begin = max(first, self.row.begins_on)
        end = last if self.row.ends_on is None else min(last, self.row.ends_on)
        return self._of(begin, (end - begin).days + 1)

    def running(self) -> dict[int, Slot]:
        """Return by tier what would have been running when it came in force."""
        midnight = start_of(self.row.begins_on, self.zone)
        before = self._of(self.row.begins_on - CYCLE, CYCLE.days)
        return {tier: some[-1] for tier, some in before.items() if some[-1].ends_at > midnight}

    def _of(self, first: date, days: int) -> dict[int, list[Slot]]:
        found: dict[int, list[Slot]] = defaultdict(list)
        for slot in sorted(
            slots(self.row.pattern, first, max(0, days), self.zone, holidays=self.holidays),
            key=lambda slot: (slot.starts_at, slot.ends_at),
        ):
            found[slot.tier].append(slot)
        return found


def _take_over(found: dict[int, list[Slot]], new: _Ruling, begin: date, end: date, *, follows: bool) -> None:
    coming, running = new.between(begin, end), new.running() if follows else {}
    for tier in sorted({*found, *coming, *running}):
        some, then = found[tier], coming.get(tier, [])
        starts_at = then[0].starts_at if then else None
        if tier in running:
            _fill(some, running[tier], start_of(new.row.begins_on, new.zone), starts_at, new.zone)
        while starts_at is not None and some and some[-1].ends_at > starts_at:
            cut = some.pop()
            if cut.starts_at < starts_at:
                some.append(piece(cut, cut.starts_at, starts_at, new.zone))
        some += then


def _fill(some: list[Slot], running: Slot, midnight: datetime, starts_at: datetime | None, zone: tzinfo) -> None:
    """Cover what lies between the last duty before and the first one after by what would have been running."""
    ends_at = max(midnight, some[-1].ends_at) if some else midnight
    until = min(running.ends_at, starts_at or running.ends_at)
    if ends_at >= until:
        return
    if some and some[-1].ends_at == ends_at and until - ends_at < SHORT:
        some[-1] = piece(some[-1], some[-1].starts_at, until, zone)
    else:
        some.append(piece(running, ends_at, until, zone))


def piece(slot: Slot, start: datetime, end: datetime, zone: tzinfo) -> Slot:
    """Return a slot with another begin and end, weighed by how long it then is."""
    if (start, end) == (slot.starts_at, slot.ends_at):
        return slot
    minutes = slot.minutes * ((end - start) // MINUTE) // max(1, (slot.ends_at - slot.starts_at) // MINUTE)
    return replace(slot, starts_at=start, ends_at=end, day=start.astimezone(zone).date(), minutes=max(1, minutes))
