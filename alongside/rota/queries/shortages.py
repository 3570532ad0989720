"""What a plan leaves with nobody: its slots, with what would fill them, and hours that are no slot of any shift."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alongside.rota import rules
from alongside.rota.models import Proposal, ProposedShift
from alongside.rota.queries.proposals import OpenPlan
from alongside.rota.queries.shifts import serving_between, tiers_of
from alongside.rota.rules import shortage
from alongside.rota.rules.duties import NOBODY, Duty, Gap
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.judging import Rule
from alongside.rota.rules.problem import Why

Span = tuple[int, datetime, datetime]


@dataclass(frozen=True)
class Uncovered:
    """Slots near each other that nobody has, as (tier, begin, end), and the facts without which all could be covered,
    as (kind, name, how often).

    `proven` where no smaller set of facts would do; `by_hand` where a coordinator took somebody out. What the slots
    have in `common` is None where the problem of today has other slots, and `kept` where the plan is older than today's
    facts.
    """

    slots: tuple[Span, ...]
    facts: tuple[tuple[str, str, int], ...] = ()
    proven: bool = False
    by_hand: bool = False
    common: shortage.Common | None = None
    kept: shortage.Kept | None = None


def uncovered(opened: OpenPlan) -> list[Uncovered]:
    """Return the slots that nobody has: first those that the planner could not cover, then those left by hand."""
    grid = Grid(opened.problem)
    place = {(slot.tier, slot.starts_at): at for at, slot in enumerate(opened.problem.slots)}
    empty = {(one.tier, one.starts_at): one.ends_at for one in opened.shifts if one.supporter_id is None}
    found = []
    for gap in opened.row.gaps:
        keys = [(tier, datetime.fromisoformat(begin)) for tier, begin, _end in gap["slots"]]
        if spans := tuple((*key, empty.pop(key)) for key in keys if key in empty):
            facts = tuple(_facts(opened, gap["facts"]))
            found.append(_uncovered(opened, grid, place, spans, facts=facts, proven=bool(gap["proven"])))
    if not all(key in place for key in empty):
        return [*found, _uncovered(opened, grid, place, tuple((*key, end) for key, end in empty.items()), by_hand=True)]
    for group in shortage.groups(grid, {place[key] for key in empty}):
        slots = [opened.problem.slots[at] for at in group]
        spans = tuple((slot.tier, slot.starts_at, slot.ends_at) for slot in slots)
        found.append(_uncovered(opened, grid, place, spans, by_hand=True))
    return found


def takers_of_slot(opened: OpenPlan, slot: ProposedShift) -> set[uuid.UUID]:
    """Return everybody who could have a slot of a plan as it stands, by the rules and by what they said; nobody where
    the problem of today has no such slot.
    """
    slots, people = opened.problem.slots, opened.problem.people
    at = next((at for at, one in enumerate(slots) if (one.tier, one.starts_at) == (slot.tier, slot.starts_at)), None)
    return set() if at is None else {people[who].id for who in shortage.takers(Grid(opened.problem), opened.plan, at)}


def _uncovered(
    opened: OpenPlan, grid: Grid, place: dict[tuple[int, datetime], int], spans: tuple[Span, ...], **more: Any
) -> Uncovered:
    places = [place[tier, begin] for tier, begin, _end in spans if (tier, begin) in place]
    if len(places) < len(spans):
        return Uncovered(spans, **more)
    # What is published since, or made from other facts, is not what keeps people today.
    today = opened.row.state == Proposal.State.DONE and opened.current
    return Uncovered(
        spans,
        common=shortage.common(opened.problem.slots, places),
        kept=shortage.kept(grid, opened.plan, places) if today else None,
        **more,
    )


def _facts(opened: OpenPlan, facts: list[list[str | None]]) -> list[tuple[str, str, int]]:
    names = {str(key): name for key, name in opened.names.items()}
    # Days in a row and a cap count duties in other organisations too: nobody here is told of those.
    unsaid = {str(one.id) for one in opened.problem.people if one.elsewhere}
    counted: dict[tuple[str, str], int] = {}
    for kind, supporter in facts:
        said = Why.BUSY if supporter in unsaid and kind in (Rule.ROW, Rule.CAP) else kind
        key = (str(said), names.get(supporter, "") if supporter else "")
        counted[key] = counted.get(key, 0) + 1
    return [(kind, name, count) for (kind, name), count in counted.items()]


def unplanned(opened: OpenPlan) -> list[Gap]:
    """Return the hours of a plan's days that would be on nobody's rota and are no slot of the plan either: the pattern
    has no shift there, or a shift that began before these days was never published (D-01).
    """
    organisation = opened.row.organisation
    zone = ZoneInfo(organisation.time_zone)
    first, days = opened.row.first_day, timedelta(days=opened.row.days)
    start, end = rules.start_of(first, zone), rules.start_of(first + days, zone)
    duties = serving_between(organisation.id, start, end)
    # What was freed is a slot, or stays with whoever had it.
    duties += [Duty(one.tier, NOBODY, one.starts_at, one.ends_at) for one in opened.shifts]
    return rules.gaps(duties, start, end, tiers_of(organisation.id))
