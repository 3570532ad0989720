"""What a plan breaks, found by its words alone: it judges plans of the solver and of hands alike."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations

from alongside.rota.rules.grid import collide
from alongside.rota.rules.problem import Plan, Problem


class Rule(StrEnum):
    """A rule that no plan may break."""

    COVERED = "covered"
    AWAY = "away"
    TWICE = "twice"
    REST = "rest"
    ROW = "row"
    CAP = "cap"
    HELD = "held"


@dataclass(frozen=True)
class Violation:
    """A broken rule: the slots it is about, by place, and the person, None where nobody is."""

    rule: Rule
    slots: tuple[int, ...]
    person: int | None


def violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Return everything a plan breaks; an empty list for a sound one that leaves no gap (D-01, D-03, D-12)."""
    found = [Violation(Rule.COVERED, (at,), None) for at, who in enumerate(plan) if who is None]
    found += [Violation(Rule.HELD, (at,), who) for at, who in problem.held.items() if plan[at] != who]
    duties: dict[int, list[int]] = defaultdict(list)
    for at, who in enumerate(plan):
        if who is not None:
            duties[who].append(at)
    for who, places in duties.items():
        found += _of(problem, who, places)
    return found


def _of(problem: Problem, who: int, places: list[int]) -> Iterator[Violation]:
    person, slots, limits = problem.people[who], problem.slots, problem.limits
    for at in places:
        if at in problem.held and problem.held[at] == who:
            continue
        if any(one.starts_at < slots[at].ends_at and slots[at].starts_at < one.ends_at for one in person.away):
            yield Violation(Rule.AWAY, (at,), who)
        for start, end, _ in person.around:
            if start < slots[at].ends_at + limits.rest and slots[at].starts_at < end + limits.rest:
                yield Violation(Rule.REST, (at,), who)
    for one, other in combinations(sorted(places, key=lambda at: slots[at].starts_at), 2):
        if slots[other].starts_at >= slots[one].ends_at + limits.rest:
            continue
        if collide(slots[one], slots[other], limits) and not _all_held(problem, who, (one, other)):
            overlap = slots[one].starts_at < slots[other].ends_at and slots[other].starts_at < slots[one].ends_at
            yield Violation(Rule.TWICE if overlap else Rule.REST, (one, other), who)
    yield from _too_many(problem, who, places)


def _all_held(problem: Problem, who: int, places: Iterable[int]) -> bool:
    """Say whether somebody has all of these by what was published: that is not the plan's doing."""
    return all(problem.held.get(at) == who for at in places)


def _too_many(problem: Problem, who: int, places: list[int]) -> Iterator[Violation]:
    slots, most = problem.slots, problem.limits.days_in_a_row
    days = sorted({slots[at].day for at in places} | {day for _, _, day in problem.people[who].around})
    for first, last in zip(days, days[most:], strict=False):
        span = tuple(at for at in places if first <= slots[at].day <= last)
        if (last - first).days == most and not _all_held(problem, who, span):
            yield Violation(Rule.ROW, span, who)
    cap = problem.people[who].most_in_28_days
    if cap is not None:
        yield from _over_the_cap(problem, who, places, cap)


def _over_the_cap(problem: Problem, who: int, places: list[int], cap: int) -> Iterator[Violation]:
    slots, before = problem.slots, [day for _, _, day in problem.people[who].around]
    for first in sorted({*before, *(slots[at].day for at in places)}):
        last: date = first + timedelta(days=27)
        within = tuple(at for at in places if first <= slots[at].day <= last)
        if len(within) + sum(first <= day <= last for day in before) > cap and not _all_held(problem, who, within):
            yield Violation(Rule.CAP, within, who)
