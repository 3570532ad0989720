"""What is published is held or freed, never lost: where it meets the slots of a plan and what lies around them."""

import itertools
import uuid
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from alongside.rota import rules
from alongside.rota.rules import framing, proposing
from alongside.rota.rules.judging import Rule, violations
from alongside.rota.rules.patterns import Block, Pattern
from alongside.rota.rules.problem import Aims, Limits, Problem
from alongside.rota.solver import solve
from tests.rota import problems

DAY = timedelta(days=1)
ZONES = (*problems.ZONES, "Australia/Sydney", "Africa/Cairo")
PEOPLE = tuple(uuid.UUID(int=number + 1) for number in range(3))


def test_a_slot_in_an_hour_that_the_clock_skips_is_none() -> None:
    zone, day = ZoneInfo("America/Toronto"), date(2027, 3, 14)
    hours = Pattern(day, 1, tuple(Block(1, 0, number * 60, 60) for number in range(24)))
    row = framing.InForce(hours, day, None)
    problem = framing.frame_problem(framing.Frame(zone, day, 1, (row,), (), Limits(), Aims()))
    found = problem.slots
    assert len(found) == 23
    assert all(one.ends_at == then.starts_at for one, then in itertools.pairwise(found))
    rows = proposing.rows_of(problem, (None,) * 23)
    assert proposing.plan_of(problem, rows) == (None,) * 23


# --- what is published around and across --------------------------------------------------------------------------


def frame(*published: rules.Duty, **facts: object) -> framing.Frame:
    """Return the frame of a week of days and nights in Chicago."""
    row = framing.InForce(problems.days_and_nights(), problems.MONDAY, None)
    people = tuple(framing.Standing(one) for one in PEOPLE)
    made = {"people": people, "limits": Limits(), "aims": Aims(), "published": published, **facts}
    return framing.Frame(ZoneInfo("America/Chicago"), problems.MONDAY, 7, (row,), **made)  # type: ignore[arg-type]


def duty(who: int, tier: int, day: int, hour: int, hours: int) -> rules.Duty:
    begin = problems.local(problems.MONDAY + day * DAY, ZoneInfo("America/Chicago"), hour)
    return rules.Duty(tier, PEOPLE[who], begin, begin + timedelta(hours=hours))


@pytest.mark.req("D-01")
def test_what_a_published_shift_covers_outside_the_slots_keeps_its_holder_from_other_duties() -> None:
    # First tier has a hole at night. A shift entered by hand goes through it; the backup's night is another person's.
    blocks = (Block(1, 0, 7 * 60, 12 * 60), Block(2, 0, 7 * 60, 12 * 60), Block(2, 0, 19 * 60, 12 * 60))
    row = framing.InForce(Pattern(problems.MONDAY, 1, blocks), problems.MONDAY, None)
    problem = framing.frame_problem(replace(frame(duty(0, 1, 1, 7, 24)), patterns=(row,)))
    night = next(
        at
        for at, slot in enumerate(problem.slots)
        if slot.tier == 2 and slot.starts_at == duty(0, 1, 1, 19, 1).starts_at
    )
    plan = tuple(problem.held.get(at, 0 if at == night else None) for at in range(len(problem.slots)))
    assert Rule.REST in {one.rule for one in violations(problem, plan)}


@pytest.mark.req("D-01")
def test_a_published_shift_of_somebody_who_serves_and_is_not_ready_is_held() -> None:
    people = (framing.Standing(PEOPLE[0], ready=False), *(framing.Standing(one) for one in PEOPLE[1:]))
    problem = framing.frame_problem(frame(duty(0, 1, 2, 7, 12), people=people))
    (at,) = problem.held
    assert (problem.held[at], problem.slots[at].starts_at) == (0, duty(0, 1, 2, 7, 12).starts_at)
    gone = (framing.Standing(PEOPLE[0], ready=False, serves=False), *people[1:])
    assert framing.frame_problem(frame(duty(0, 1, 2, 7, 12), people=gone)).held == {}


@pytest.mark.req("D-01")
def test_duties_before_the_plan_count_in_a_cap() -> None:
    people = (framing.Standing(PEOPLE[0], most_in_28_days=2), *(framing.Standing(one) for one in PEOPLE[1:]))
    before = [duty(0, 1, -20, 7, 12), duty(0, 1, -10, 7, 12)]
    problem = framing.frame_problem(frame(*before, people=people))
    for at in range(len(problem.slots)):
        plan = tuple(0 if at == one else None for one in range(len(problem.slots)))
        assert Rule.CAP in {one.rule for one in violations(problem, plan)} or problem.slots[at].day > (
            problems.MONDAY + 7 * DAY
        )
    assert solve_counts(problem) == 0


def solve_counts(problem: Problem) -> int:
    """Return how many duties the planner gives to the first person."""
    return sum(who == 0 for who in solve(problem, seconds=5, workers=1).plan)


def test_what_is_left_of_a_freed_shift_stays_with_whoever_had_it() -> None:
    # Freed, it begins on the last day of the plan and goes on for two days more.
    freed = duty(0, 1, 6, 19, 60)
    problem = framing.frame_problem(frame(freed=(freed,)))
    assert problem.held == {}
    left = problem.people[0].around
    assert [(begin, end) for begin, end, _ in left] == [(duty(0, 1, 7, 7, 1).starts_at, freed.ends_at)]
    rows = proposing.rows_of(problem, (1,) * len(problem.slots))
    change = proposing.change(rows, {PEOPLE[2]: freed})
    assert change.gone == (PEOPLE[2],)
    assert [(one.supporter, one.starts_at, one.ends_at) for one in change.left] == [
        (PEOPLE[0], duty(0, 1, 7, 7, 1).starts_at, freed.ends_at)
    ]


def test_who_keeps_every_minute_is_not_told() -> None:
    # One shift of a day becomes the day and the night of the same person.
    freed = duty(0, 1, 2, 7, 24)
    rows = [
        proposing.Row(1, PEOPLE[0], duty(0, 1, 2, hour, 12).starts_at, duty(0, 1, 2, hour, 12).ends_at, False)
        for hour in (7, 19)
    ]
    change = proposing.change(rows, {PEOPLE[2]: freed})
    assert len(change.new) == 2
    assert change.told({PEOPLE[2]: freed}) == frozenset()
    other = [proposing.Row(row.tier, PEOPLE[1], row.starts_at, row.ends_at, row.held) for row in rows[:1]] + rows[1:]
    assert proposing.change(other, {PEOPLE[2]: freed}).told({PEOPLE[2]: freed}) == {PEOPLE[0], PEOPLE[1]}


@pytest.mark.req("D-01")
def test_what_is_said_of_other_days_makes_no_plan_old() -> None:
    one = frame()
    later = problems.MONDAY + 30 * DAY
    same = replace(
        one,
        people=(
            framing.Standing(PEOPLE[0], blackouts=((later, later),), wishes=((later, True),)),
            *one.people[1:],
        ),
    )
    digest = framing.fingerprint(framing.frame_problem(one))
    assert framing.fingerprint(framing.frame_problem(same)) == digest
    freed = replace(one, freed=(duty(0, 1, 1, 7, 12),))
    handed_over = replace(one, freed=(duty(1, 1, 1, 7, 12),))
    digests = {framing.fingerprint(framing.frame_problem(each)) for each in (one, freed, handed_over)}
    assert len(digests) == 3
