"""Whether slots cover every minute of a tier once: where nobody is asked for, and where two people are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from alongside.rota.rules.problem import Slot


@dataclass(frozen=True)
class Fault:
    """A span in which a tier is not covered by exactly one slot: by none, or, with `twice`, by more than one."""

    starts_at: datetime
    tier: int
    ends_at: datetime
    twice: bool = False


def faults(slots: Iterable[Slot], tiers: Iterable[int], start: datetime, end: datetime) -> list[Fault]:
    """Return the faults within [start, end), by beginning, then tier (D-01: listed, never papered over)."""
    by_tier: dict[int, list[Slot]] = {tier: [] for tier in tiers}
    for one in sorted(slots, key=lambda one: one.starts_at):
        if one.tier in by_tier and one.starts_at < end and start < one.ends_at:
            by_tier[one.tier].append(one)
    found = [fault for tier, mine in by_tier.items() for fault in _faults_of(tier, mine, start, end)]
    return sorted(found, key=lambda one: (one.starts_at, one.tier, one.twice))


def _faults_of(tier: int, slots: Iterable[Slot], start: datetime, end: datetime) -> list[Fault]:
    found, covered = [], start
    for one in slots:
        begin, until = max(one.starts_at, start), min(one.ends_at, end)
        if begin > covered:
            found.append(Fault(covered, tier, begin))
        elif begin < min(covered, until):
            found.append(Fault(begin, tier, min(covered, until), twice=True))
        covered = max(covered, until)
    if covered < end:
        found.append(Fault(covered, tier, end))
    return found
