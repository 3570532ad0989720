"""Whoever comes back from a long time away has nothing to catch up on."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.rota.rules import Duty, framing
from alongside.rota.rules.crediting import breaks, credits_of
from alongside.rota.rules.problem import Aims, Limits
from alongside.rota.solver import solve
from tests.rota import problems

DAY = timedelta(days=1)
ZONE = ZoneInfo("America/Chicago")
PEOPLE = tuple(uuid.UUID(int=number + 1) for number in range(6))
BEGIN = datetime.combine(problems.MONDAY, datetime.min.time(), ZONE).astimezone(UTC) - framing.YEAR


def served(*, gone: tuple[int, int], person: int = 0) -> list[Duty]:
    """Return a year in which six take turns of a day, one of them not from one day to another."""
    found, at = [], 0
    for day in range(framing.YEAR.days):
        who = at % len(PEOPLE)
        if who == person and gone[0] <= day < gone[1]:
            at += 1
            who = at % len(PEOPLE)
        at += 1
        found.append(Duty(1, PEOPLE[who], BEGIN + day * DAY, BEGIN + (day + 1) * DAY))
    return found


def since() -> dict[uuid.UUID, datetime]:
    return dict.fromkeys(PEOPLE, BEGIN)


@pytest.mark.req("C-18", "D-01")
def test_months_without_a_duty_are_a_break_and_weeks_are_none() -> None:
    away = breaks(served(gone=(100, 220)), since())
    assert 110 <= away[PEOPLE[0]] <= 120
    assert set(away.values()) == {0, away[PEOPLE[0]]}
    assert set(breaks(served(gone=(100, 140)), since()).values()) == {0}
    # From the beginning, and until today.
    assert breaks(served(gone=(0, 90)), since())[PEOPLE[0]] > 80
    assert breaks(served(gone=(250, 365)), since())[PEOPLE[0]] > 100


def test_where_nobody_had_a_duty_nobody_was_away() -> None:
    late = [one for one in served(gone=(0, 0)) if one.starts_at > BEGIN + 300 * DAY]
    assert set(breaks(late, since()).values()) == {0}
    assert breaks([], since()) == dict.fromkeys(PEOPLE, 0)
    assert breaks(late, {}) == {}


def test_in_a_large_team_the_time_between_two_duties_is_no_break() -> None:
    many = {uuid.UUID(int=number + 1): BEGIN for number in range(129)}
    turns = [Duty(1, uuid.UUID(int=day % 129 + 1), BEGIN + day * DAY, BEGIN + (day + 1) * DAY) for day in range(365)]
    assert set(breaks(turns, many).values()) == {0}


@given(st.dictionaries(st.sampled_from(PEOPLE), st.integers(0, 365), min_size=1), st.integers(0, 10_000))
def test_a_credit_is_never_more_a_day_than_those_served_who_were_there(away: dict[uuid.UUID, int], each: int) -> None:
    own = {who: {"load": each} for who in away}
    found = credits_of(away, own, 365, ["load"])
    there = {who for who, gone in away.items() if gone < 365}
    for who, gone in away.items():
        assert found[who]["load"] >= 0
        if there:
            days = sum(365 - away[one] for one in there)
            assert found[who]["load"] <= each * len(there) * gone / days
        else:
            assert found[who]["load"] == 0


@pytest.mark.req("C-18", "D-01")
def test_a_plan_gives_whoever_was_away_for_months_no_more_than_the_others() -> None:
    row = framing.InForce(problems.days_and_nights(), problems.MONDAY, None)
    people = tuple(framing.Standing(one) for one in PEOPLE)
    made = framing.Frame(ZONE, problems.MONDAY, 42, (row,), people, Limits(), Aims())
    away = replace(made, published=tuple(served(gone=(120, 330))))
    problem = framing.frame_problem(away)
    plan = solve(problem, seconds=6, workers=2).plan
    hers = sum(who == 0 for who in plan)
    assert None not in plan
    # A little more, because the others carried hers meanwhile; without any credit it would be three times that.
    assert hers <= 1.4 * len(plan) / len(PEOPLE)
    # Without the credit all that was missed would be hers now.
    bare = framing.members(away)[PEOPLE[0]].served["load"]
    others = [framing.members(away)[one].served["load"] for one in PEOPLE[1:]]
    assert min(others) * 0.85 <= bare <= max(others) * 1.15
