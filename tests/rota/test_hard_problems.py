"""Problems that cannot be solved, or hardly: too few people, caps that cannot be, nights in which clocks change."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from alongside.rota import rules
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.patterns import Block, Pattern, slots
from alongside.rota.rules.problem import Member, Problem
from alongside.rota.solver import explain, solve
from tests.rota import problems


def short(tiers: int, people: int, **facts: int) -> Problem:
    """Return a week of whole days in so many tiers for so many people."""
    pattern = Pattern(problems.MONDAY, 1, tuple(Block(tier + 1, 0, 480, 1440) for tier in range(tiers)))
    found = tuple(slots(pattern, problems.MONDAY, 7, ZoneInfo("UTC")))
    some = tuple(Member(problems.uuid.UUID(int=number + 1), **facts) for number in range(people))  # type: ignore[arg-type]
    return Problem(found, some)


@pytest.mark.req("D-01", "D-02")
@pytest.mark.parametrize(("tiers", "people"), [(1, 1), (2, 1), (2, 2), (3, 2), (4, 3), (2, 0)])
def test_too_few_people_leave_gaps_that_are_all_explained(tiers: int, people: int) -> None:
    problem = short(tiers, people)
    outcome = solve(problem, seconds=5, workers=1)
    assert {one.rule for one in rules.violations(problem, outcome.plan)} == {rules.Rule.COVERED}
    empty = {at for at, who in enumerate(outcome.plan) if who is None}
    found = explain(Grid(problem), outcome.plan, seconds=10)
    assert {at for one in found for at in one.slots} == empty
    assert all(one.facts for one in found)
    # Two tiers of one minute are never one person: where people are fewer than tiers, somebody new is needed.
    if people < tiers:
        assert any(fact.kind is None for one in found for fact in one.facts)


@pytest.mark.req("D-01")
@pytest.mark.parametrize("cap", [0, 1])
def test_caps_that_cannot_be_are_kept_and_named(cap: int) -> None:
    problem = short(2, 4, most_in_28_days=cap)
    outcome = solve(problem, seconds=5, workers=1)
    assert {one.rule for one in rules.violations(problem, outcome.plan)} == {rules.Rule.COVERED}
    assert sum(who is not None for who in outcome.plan) == 4 * cap
    found = explain(Grid(problem), outcome.plan, seconds=10)
    assert {fact.kind for one in found for fact in one.facts} & {rules.Rule.CAP, None}


@pytest.mark.req("D-01")
@pytest.mark.parametrize(
    ("name", "day", "minutes"),
    [
        ("Australia/Sydney", date(2026, 10, 4), 23 * 60),
        ("Australia/Sydney", date(2027, 4, 4), 25 * 60),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23 * 60 + 30),
        ("Australia/Lord_Howe", date(2027, 4, 4), 24 * 60 + 30),
        ("America/Toronto", date(2027, 3, 14), 23 * 60),
        ("America/Toronto", date(2026, 11, 1), 25 * 60),
        ("Africa/Cairo", date(2027, 4, 30), 23 * 60),
        ("Africa/Cairo", date(2026, 10, 29), 25 * 60),
        ("America/Toronto", date(2028, 2, 29), 24 * 60),
    ],
)
def test_every_minute_of_a_night_in_which_clocks_change_has_two_people(name: str, day: date, minutes: int) -> None:
    zone = ZoneInfo(name)
    start, end = rules.start_of(day, zone), rules.start_of(day + timedelta(days=1), zone)
    assert end - start == timedelta(minutes=minutes)
    for pattern in (
        problems.days_and_nights(),
        Pattern(day, 1, tuple(Block(t, 0, h * 60, 480) for t in (1, 2) for h in (0, 8, 16))),
    ):
        first = day - timedelta(days=2)
        people = tuple(Member(problems.uuid.UUID(int=number + 1)) for number in range(8))
        problem = Problem(tuple(slots(pattern, first, 5, zone)), people)
        problem = replace(problem, limits=replace(problem.limits, rest=timedelta(hours=8)))
        outcome = solve(problem, seconds=5)
        assert rules.violations(problem, outcome.plan) == []
        duties = [
            rules.Duty(slot.tier, people[who].id, slot.starts_at, slot.ends_at)
            for slot, who in zip(problem.slots, outcome.plan, strict=True)
            if who is not None
        ]
        assert rules.gaps(duties, start, end) == []
        moment = start
        while moment < end:
            assert len(set(rules.on_call(duties, moment).values())) == 2
            moment += timedelta(minutes=1)
