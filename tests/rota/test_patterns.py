"""Patterns on the calendar: every minute of a year, in zones whose clocks jump in every way there is."""

import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.rota import rules
from alongside.rota.rules import framing
from alongside.rota.rules.patterns import BadPattern, Block, Pattern, boundary, check, holes, marks, slots
from alongside.rota.rules.problem import Aims, Limits, Mark
from tests.rota import problems

CHICAGO = ZoneInfo("America/Chicago")
PEOPLE = [uuid.UUID(int=number) for number in range(1, 4)]


@pytest.mark.req("D-01", "D-02")
@pytest.mark.parametrize("zone", problems.ZONES)
@pytest.mark.parametrize("made", [problems.days_and_nights, problems.weeks, problems.weekdays_and_weekends])
@pytest.mark.parametrize("year", [2027, 2028])
def test_a_pattern_without_holes_covers_every_minute_of_a_year(zone: str, made, year: int) -> None:  # type: ignore[no-untyped-def]
    pattern, place = made(), ZoneInfo(zone)
    assert holes(pattern, (1, 2)) == []
    first, last = date(year, 1, 1), date(year + 1, 1, 1)
    days = (last - first).days + 8
    found = list(slots(pattern, first - timedelta(days=8), days + 8, place))
    for tier in (1, 2):
        mine = sorted((one for one in found if one.tier == tier), key=lambda one: one.starts_at)
        assert all(one.ends_at == then.starts_at for one, then in pairwise(mine)), "no gap and no overlap"
        assert mine[0].starts_at <= rules.start_of(first, place)
        assert mine[-1].ends_at >= rules.start_of(last, place)


@given(
    st.sampled_from(problems.ZONES),
    st.datetimes(datetime.fromisoformat("2026-01-01T00:00"), datetime.fromisoformat("2030-01-01T00:00")).map(
        lambda one: one.replace(second=0, microsecond=0)
    ),
    st.integers(0, 3000),
)
def test_later_on_the_wall_is_never_earlier_in_time(zone: str, local: datetime, minutes: int) -> None:
    place = ZoneInfo(zone)
    assert boundary(local, place) <= boundary(local + timedelta(minutes=minutes), place)


def test_an_hour_that_is_skipped_is_the_moment_of_the_jump_and_one_that_comes_twice_the_first() -> None:
    jump = boundary(datetime.fromisoformat("2027-03-14T02:30"), CHICAGO)
    assert jump == boundary(datetime.fromisoformat("2027-03-14T03:00"), CHICAGO)
    assert jump.isoformat() == "2027-03-14T08:00:00+00:00"
    assert boundary(datetime.fromisoformat("2026-11-01T01:30"), CHICAGO).isoformat() == "2026-11-01T06:30:00+00:00"


def test_a_night_in_which_clocks_change_weighs_like_any_other() -> None:
    found = [one for one in slots(problems.days_and_nights(), date(2027, 3, 13), 1, CHICAGO) if Mark.NIGHT in one.marks]
    assert {one.ends_at - one.starts_at for one in found} == {timedelta(hours=11)}
    assert sorted(one.weight for one in found) == [360, 720]


@pytest.mark.parametrize(
    ("begin", "hours", "expected"),
    [
        (datetime.fromisoformat("2026-11-23T19:00"), 12, {Mark.NIGHT}),
        (datetime.fromisoformat("2026-11-23T07:00"), 12, set()),
        (datetime.fromisoformat("2026-11-27T19:00"), 12, {Mark.NIGHT, Mark.WEEKEND}),
        (datetime.fromisoformat("2026-11-29T19:00"), 12, {Mark.NIGHT}),
        (datetime.fromisoformat("2026-11-28T07:00"), 12, {Mark.WEEKEND}),
        (datetime.fromisoformat("2026-12-25T07:00"), 12, {Mark.HOLIDAY}),
        (datetime.fromisoformat("2026-11-23T08:00"), 24 * 7, {Mark.NIGHT, Mark.WEEKEND}),
        (datetime.fromisoformat("2026-11-23T22:00"), 4, set()),
    ],
)
def test_what_a_span_counts_as(begin: datetime, hours: int, expected: set[Mark]) -> None:
    assert set(marks(begin, begin + timedelta(hours=hours), {date(2026, 12, 25)})) == expected


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        (Pattern(problems.MONDAY, 0, (Block(1, 0, 0, 60),)), "cycle"),
        (Pattern(problems.MONDAY, 57, (Block(1, 0, 0, 60),)), "cycle"),
        (Pattern(problems.MONDAY, 7, ()), "empty"),
        (Pattern(problems.MONDAY, 7, (Block(1, 7, 0, 60),)), "outside"),
        (Pattern(problems.MONDAY, 7, (Block(1, 0, 1440, 60),)), "outside"),
        (Pattern(problems.MONDAY, 1, (Block(1, 0, 0, 1441),)), "length"),
        (Pattern(problems.MONDAY, 7, (Block(1, 0, 480, 720), Block(1, 0, 600, 60))), "overlap"),
        (Pattern(problems.MONDAY, 7, (Block(1, 6, 480, 1500), Block(1, 0, 60, 60))), "overlap"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused_by_name(pattern: Pattern, code: str) -> None:
    with pytest.raises(BadPattern) as refused:
        check(pattern)
    assert refused.value.code == code


def test_holes_are_listed_also_across_the_end_of_the_cycle() -> None:
    pattern = Pattern(problems.MONDAY, 7, (Block(1, 1, 480, 60), Block(1, 6, 1380, 120)))
    check(pattern)
    found = {(one.minute, one.minutes) for one in holes(pattern, (1,))}
    assert found == {(60, 1440 + 480 - 60), (1440 + 540, 6 * 1440 + 1380 - 1440 - 540)}
    assert [one.minutes for one in holes(pattern, (2,))] == [7 * 1440]


duties = st.lists(
    st.builds(
        lambda tier, who, start, length: rules.Duty(
            tier,
            who,
            rules.start_of(problems.MONDAY, CHICAGO) + timedelta(minutes=start),
            rules.start_of(problems.MONDAY, CHICAGO) + timedelta(minutes=start + length),
        ),
        st.sampled_from((1, 2)),
        st.sampled_from(PEOPLE),
        st.integers(-2000, 6 * 1440),
        st.integers(30, 2000),
    ),
    max_size=6,
)


@pytest.mark.req("D-01", "C-18")
@settings(deadline=None)
@given(duties, st.booleans())
def test_published_shifts_are_held_minute_by_minute_and_the_rest_is_open(
    published: list[rules.Duty], leave: bool
) -> None:
    people = tuple(framing.Standing(one, on_leave=leave and one == PEOPLE[0]) for one in PEOPLE)
    frame = framing.Frame(
        CHICAGO,
        problems.MONDAY,
        5,
        (framing.InForce(problems.days_and_nights(), problems.MONDAY, None),),
        people,
        Limits(),
        Aims(),
        tuple(published),
    )
    problem = framing.frame_problem(frame)
    whole = list(slots(problems.days_and_nights(), problems.MONDAY, 5, CHICAGO))
    for tier in (1, 2):
        parts = sorted((one for one in problem.slots if one.tier == tier), key=lambda one: one.starts_at)
        assert all(one.ends_at == then.starts_at for one, then in pairwise(parts))
        assert parts[0].starts_at == min(one.starts_at for one in whole)
        assert parts[-1].ends_at == max(one.ends_at for one in whole)
    for at, slot in enumerate(problem.slots):
        able = [one for one in published if not (leave and one.supporter == PEOPLE[0]) and one.tier == slot.tier]
        over = [one for one in able if one.starts_at < slot.ends_at and slot.starts_at < one.ends_at]
        assert bool(over) == (at in problem.held)
        if over:
            assert people[problem.held[at]].id in {one.supporter for one in over}


def test_the_digest_changes_with_every_fact() -> None:
    people = tuple(framing.Standing(one) for one in PEOPLE)
    frame = framing.Frame(
        CHICAGO,
        problems.MONDAY,
        5,
        (framing.InForce(problems.days_and_nights(), problems.MONDAY, None),),
        people,
        Limits(),
        Aims(),
    )
    start = rules.start_of(problems.MONDAY, CHICAGO)
    others = [
        replace(frame, days=6),
        replace(frame, people=(replace(people[0], on_leave=True), *people[1:])),
        replace(frame, people=(replace(people[0], blackouts=((problems.MONDAY, problems.MONDAY),)), *people[1:])),
        replace(frame, people=(replace(people[0], wishes=((problems.MONDAY, True),)), *people[1:])),
        replace(frame, people=people[1:]),
        replace(frame, limits=Limits(days_in_a_row=4)),
        replace(frame, aims=Aims(load=1)),
        replace(frame, percent={2: 50}),
        replace(frame, holidays=frozenset({problems.MONDAY})),
        replace(frame, published=(rules.Duty(1, PEOPLE[0], start + timedelta(hours=7), start + timedelta(hours=19)),)),
    ]
    digests = [framing.fingerprint(framing.frame_problem(one)) for one in [frame, *others]]
    assert len(set(digests)) == len(digests)
    assert framing.fingerprint(framing.frame_problem(frame)) == digests[0]
