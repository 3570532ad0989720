"""What a proposal is beside the problem it was made for: its plan, what an edit would break, who has to be told."""

import hashlib
import uuid
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alongside.rota.rules.duties import Duty
from alongside.rota.rules.framing import outside
from alongside.rota.rules.grid import merged
from alongside.rota.rules.judging import Rule, Violation, violations
from alongside.rota.rules.problem import Plan, Problem

# A planning process says every second that it lives; one that did not for so long is gone.
ABANDONED = timedelta(minutes=1)
# Where the clock was set back, what was said lies ahead: further than clocks of two machines differ, it says nothing.
AHEAD = timedelta(minutes=10)
# Somebody whose process died this often would only see it die again.
MOST_TRIES = 3
MOST_OPEN = 2
MOST_DAYS = 366
FURTHEST = timedelta(days=400)
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Row:
    """One slot of a proposal as it is kept."""

    tier: int
    supporter: uuid.UUID | None
    starts_at: datetime
    ends_at: datetime
    held: bool


def rows_of(problem: Problem, plan: Plan) -> list[Row]:
    """Return a plan as rows. A slot without length, in an hour that the clock skips, is none."""
    return [
        Row(
            slot.tier,
            None if who is None else problem.people[who].id,
            slot.starts_at,
            slot.ends_at,
            at in problem.held,
        )
        for at, (slot, who) in enumerate(zip(problem.slots, plan, strict=True))
        if slot.starts_at < slot.ends_at
    ]


def plan_of(problem: Problem, rows: Iterable[Row]) -> Plan:
    """Return kept rows as a plan of the problem; a slot that no row is about, and a person unknown here, is nobody."""
    place = {person.id: number for number, person in enumerate(problem.people)}
    kept = {(row.tier, row.starts_at): row.supporter for row in rows}
    found = (kept.get((slot.tier, slot.starts_at)) for slot in problem.slots)
    return tuple(None if supporter is None else place.get(supporter) for supporter in found)


def breaks(problem: Problem, plan: Plan, before: Plan | None = None) -> list[Violation]:
    """Return what a plan breaks besides leaving gaps; with `before` only what that one did not break already.

    What only a duty in another organisation breaks is AWAY: nobody here is told of it.
    """
    known = set() if before is None else set(violations(problem, before))
    found = [one for one in violations(problem, plan) if one.rule != Rule.COVERED and one not in known]
    if not any(one.person is not None and problem.people[one.person].elsewhere for one in found):
        return found
    here = set(violations(replace(problem, people=tuple(one.here() for one in problem.people)), plan))
    return [one if one in here else replace(one, rule=Rule.AWAY) for one in found]


def seal(rows: Iterable[Row]) -> str:
    """Return a digest of rows: what was looked at is what is published."""
    text = repr(sorted((row.starts_at.timestamp(), row.tier, str(row.supporter)) for row in rows))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Change:
    """What publishing does: shifts that begin to be, freed ones, by id, that end to be, and what is `left` of those
    outside the slots of the plan: it stays with whoever had it.
    """

    new: tuple[Duty, ...]
    gone: tuple[uuid.UUID, ...]
    left: tuple[Duty, ...] = ()

    def told(self, freed: Mapping[uuid.UUID, Duty]) -> frozenset[uuid.UUID]:
        """Return the supporters for whom any minute changes."""
        before, after = _minutes(freed[one] for one in self.gone), _minutes((*self.new, *self.left))
        return frozenset(
            who for who, tier in before.keys() | after.keys() if before.get((who, tier)) != after.get((who, tier))
        )


def _minutes(duties: Iterable[Duty]) -> dict[tuple[uuid.UUID, int], list[tuple[datetime, datetime]]]:
    spans: dict[tuple[uuid.UUID, int], list[tuple[datetime, datetime]]] = defaultdict(list)
    for one in duties:
        spans[one.supporter, one.tier].append((one.starts_at, one.ends_at))
    return {key: merged(some) for key, some in spans.items()}


def change(rows: Sequence[Row], freed: Mapping[uuid.UUID, Duty]) -> Change:
    """Return what publishing these rows changes; a freed shift that comes out as it was is let be."""
    spans: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.starts_at, row.ends_at)):
        spans[row.tier].append((row.starts_at, row.ends_at))
    wanted = {
        Duty(row.tier, row.supporter, row.starts_at, row.ends_at)
        for row in rows
        if row.supporter is not None and not row.held
    }
    same = set(freed.values()) & wanted
    new = sorted(wanted - same, key=lambda one: (one.starts_at, one.tier))
    gone = {key: duty for key, duty in freed.items() if duty not in same}
    left = [part for duty in gone.values() for part in outside(duty, spans[duty.tier])]
    return Change(tuple(new), tuple(gone), tuple(left))


def in_the_way(new: Iterable[Duty], published: Iterable[Duty]) -> list[Duty]:
    """Return the published duties that overlap a new one in its tier; new ones of a tier do not overlap."""
    spans: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for duty in sorted(new, key=lambda one: one.starts_at):
        spans[duty.tier].append((duty.starts_at, duty.ends_at))
    found = []
    for one in published:
        at = bisect_right(spans[one.tier], one.starts_at, key=lambda span: span[1])
        if at < len(spans[one.tier]) and spans[one.tier][at][0] < one.ends_at:
            found.append(one)
    return found
