"""Two weeks of patterns as a page draws them: a bar for each day and tier, and in words what is not covered once."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alongside.accounts.models import Organisation
from alongside.rota import queries, rules
from alongside.rota.rules import changeover
from alongside.rota.rules.framing import InForce
from alongside.rota.rules.patterns import DAY, DAY_MINUTES
from alongside.rota.views.pattern_words import fault_words
from alongside.rota.views.plan_words import PLACES

SHOWN = 14
MINUTE = timedelta(minutes=1)
# By the clock on the wall.
Piece = tuple[datetime, datetime, str]


def two_weeks(
    organisation: Organisation, placed: Sequence[InForce], tiers: Sequence[int], first: date, begins_on: date
) -> dict[str, Any]:
    """Return what the page shows: days with their bars, faults in words, and what the change-over on a day cuts."""
    zone = ZoneInfo(organisation.time_zone)
    seen = queries.preview(placed, tiers, first, SHOWN, zone)
    pieces = {tier: list(_pieces(seen, tier, zone)) for tier in tiers}
    starts = {changeover.takes_over(one, tier) for one in placed for tier in tiers if one.begins_on == begins_on}
    return {
        "days": [
            {
                "day": day,
                "begins": day == begins_on,
                "cells": [_cell(day, PLACES[tier], pieces[tier]) for tier in tiers],
            }
            for day in (first + number * DAY for number in range(SHOWN))
        ],
        "places": [PLACES[tier] for tier in tiers],
        "since": seen.starts_at.astimezone(zone).replace(tzinfo=None)
        if seen.starts_at > rules.start_of(first, zone)
        else "",
        "faults": fault_words(seen.faults, zone),
        "left": [{"label": PLACES[one.tier], "span": one} for one in changeover.leftovers(placed, begins_on)],
        "takes_over": sorted(starts),
    }


def _pieces(seen: queries.Preview, tier: int, zone: ZoneInfo) -> Iterator[Piece]:
    for at, one in enumerate(one for one in seen.spans if one.tier == tier):
        yield one.begin, one.end, "even" if at % 2 else "odd"
    for fault in seen.faults:
        if fault.tier == tier:
            begin, end = (moment.astimezone(zone).replace(tzinfo=None) for moment in (fault.starts_at, fault.ends_at))
            yield begin, end, "hole"


def _cell(day: date, label: Any, pieces: Iterable[Piece]) -> dict[str, Any]:
    drawn = [piece for one in pieces if (piece := _within(day, *one))]
    return {
        "label": label,
        "pieces": drawn,
        "hand_overs": [one["begins"] for one in drawn if one["begins"] and one["kind"] != "hole"],
        "hole": any(one["kind"] == "hole" for one in drawn),
    }


def _within(day: date, begin: datetime, end: datetime, kind: str) -> dict[str, Any] | None:
    """Return what of a piece lies on a day, in minutes of it."""
    midnight = datetime.combine(day, datetime.min.time())
    start, stop = max(0, (begin - midnight) // MINUTE), min(DAY_MINUTES, (end - midnight) // MINUTE)
    if start >= stop:
        return None
    begins = f"{begin:%H:%M}" if begin.date() == day else ""
    return {"x": start, "width": stop - start, "kind": kind, "begins": begins}
