"""Pure decisions about shifts, against a minute-by-minute brute force and across changed clocks."""

import uuid
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.rota import rules

PEOPLE = [uuid.UUID(int=number) for number in range(1, 5)]
CHICAGO = ZoneInfo("America/Chicago")
# Clocks go back on 1 November 2026 and forward on 14 March 2027 in Chicago.
BEGIN = datetime(2026, 10, 31, 12, tzinfo=UTC)
HOURS = 60

duties = st.lists(
    st.builds(
        lambda tier, person, start, length: rules.Duty(
            tier, person, BEGIN + timedelta(minutes=start), BEGIN + timedelta(minutes=start + length)
        ),
        st.sampled_from(rules.TIERS),
        st.sampled_from(PEOPLE),
        st.integers(-600, HOURS * 60),
        st.integers(1, 1500),
    ),
    max_size=8,
)


def minutes(start: datetime, end: datetime) -> list[datetime]:
    return [start + timedelta(minutes=number) for number in range(int((end - start) / timedelta(minutes=1)))]


@pytest.mark.req("D-01", "D-02")
@given(duties, st.integers(0, HOURS * 60), st.integers(0, 900))
def test_a_minute_lies_in_a_gap_exactly_when_nobody_has_that_tier(
    plan: list[rules.Duty], offset: int, length: int
) -> None:
    start = BEGIN + timedelta(minutes=offset)
    end = start + timedelta(minutes=length)
    found = rules.gaps(plan, start, end)
    for tier in rules.TIERS:
        for minute in minutes(start, end):
            nobody = not any(one.tier == tier and one.starts_at <= minute < one.ends_at for one in plan)
            assert nobody == any(gap.tier == tier and gap.starts_at <= minute < gap.ends_at for gap in found)


@pytest.mark.req("D-01")
@given(duties)
def test_gaps_of_a_tier_never_touch_and_lie_inside_the_span(plan: list[rules.Duty]) -> None:
    end = BEGIN + timedelta(hours=HOURS)
    for tier in rules.TIERS:
        found = [gap for gap in rules.gaps(plan, BEGIN, end) if gap.tier == tier]
        assert all(BEGIN <= gap.starts_at < gap.ends_at <= end for gap in found)
        assert all(one.ends_at < two.starts_at for one, two in pairwise(found))


@pytest.mark.req("D-01")
@given(duties)
def test_shifts_taken_one_by_one_never_give_a_minute_to_two_people_or_a_person_to_two_tiers(
    plan: list[rules.Duty],
) -> None:
    accepted: list[rules.Duty] = []
    refused = 0
    for one in plan:
        try:
            rules.check(one, accepted)
        except (rules.Clash, rules.BadSpan):
            refused += 1
        else:
            accepted.append(one)
    assert len(accepted) + refused == len(plan)
    for minute in minutes(BEGIN, BEGIN + timedelta(hours=HOURS))[::7]:
        here = [one for one in accepted if one.starts_at <= minute < one.ends_at]
        assert len({one.tier for one in here}) == len(here) == len({one.supporter for one in here})


@pytest.mark.req("D-01")
@given(duties)
def test_a_refused_shift_names_one_that_really_is_in_the_way(plan: list[rules.Duty]) -> None:
    if not plan:
        return
    new, others = plan[0], plan[1:]
    meets = [one for one in others if one.starts_at < new.ends_at and new.starts_at < one.ends_at]
    bad = [one for one in meets if one.tier == new.tier or one.supporter == new.supporter]
    if not bad:
        rules.check(new, others)
        return
    with pytest.raises(rules.Clash) as refusal:
        rules.check(new, others)
    assert refusal.value.other in bad


def test_back_to_back_shifts_of_one_person_in_both_tiers_are_fine() -> None:
    first = rules.Duty(1, PEOPLE[0], BEGIN, BEGIN + timedelta(hours=8))
    then = rules.Duty(2, PEOPLE[0], BEGIN + timedelta(hours=8), BEGIN + timedelta(hours=16))
    rules.check(then, [first])


@pytest.mark.parametrize("length", [timedelta(0), timedelta(minutes=-1), rules.LONGEST_SHIFT + timedelta(minutes=1)])
def test_a_shift_without_length_or_longer_than_a_month_is_refused(length: timedelta) -> None:
    with pytest.raises(rules.BadSpan):
        rules.check(rules.Duty(1, PEOPLE[0], BEGIN, BEGIN + length), [])


@given(st.integers(0, 600), st.integers(1, 600), st.integers(0, 900), st.integers(1, 900))
def test_cutting_a_span_out_of_a_shift_leaves_exactly_its_other_minutes(
    start: int, length: int, cut_start: int, cut_length: int
) -> None:
    old = rules.Duty(1, PEOPLE[0], BEGIN + timedelta(minutes=start), BEGIN + timedelta(minutes=start + length))
    span = (BEGIN + timedelta(minutes=cut_start), BEGIN + timedelta(minutes=cut_start + cut_length))
    left = {minute for part in rules.cut(old, *span) for minute in minutes(part.starts_at, part.ends_at)}
    wanted = {minute for minute in minutes(old.starts_at, old.ends_at) if not span[0] <= minute < span[1]}
    assert left == wanted


# --- the clock on the wall ---------------------------------------------------------------------------------------


@pytest.mark.req("D-02")
@pytest.mark.parametrize(("day", "hours"), [(date(2026, 11, 1), 25), (date(2027, 3, 14), 23), (date(2026, 11, 2), 24)])
def test_a_day_is_as_long_as_it_really_is_when_clocks_change(day: date, hours: int) -> None:
    (found,) = rules.days([], day, 1, CHICAGO)
    assert found.ends_at - found.starts_at == timedelta(hours=hours)
    assert found.empty == {1: timedelta(hours=hours), 2: timedelta(hours=hours)}


@pytest.mark.req("D-02")
def test_a_year_of_twelve_hour_shifts_on_the_wall_clock_has_no_gap_and_no_overlap() -> None:
    plan: list[rules.Duty] = []
    local = datetime(2026, 7, 1, 7)  # noqa: DTZ001
    for number in range(2 * 365):
        start, end = local + timedelta(hours=12 * number), local + timedelta(hours=12 * (number + 1))
        for tier in rules.TIERS:
            new = rules.Duty(
                tier, PEOPLE[(number + tier) % 4], rules.instant(start, CHICAGO), rules.instant(end, CHICAGO)
            )
            rules.check(new, plan[-4:])
            plan.append(new)
    assert rules.gaps(plan, plan[0].starts_at, plan[-1].ends_at) == []


@pytest.mark.req("D-02")
def test_shifts_that_meet_in_the_hour_that_comes_twice_neither_overlap_nor_leave_a_gap() -> None:
    meeting = datetime(2026, 11, 1, 1, 30)  # noqa: DTZ001
    middle = rules.instant(meeting, CHICAGO)
    assert rules.happens_twice(meeting, CHICAGO)
    assert middle == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    night = rules.Duty(1, PEOPLE[0], middle - timedelta(hours=8), middle)
    morning = rules.Duty(1, PEOPLE[1], middle, middle + timedelta(hours=8))
    rules.check(morning, [night])
    gaps = rules.gaps([night, morning], night.starts_at, morning.ends_at)
    assert [gap for gap in gaps if gap.tier == 1] == []


def test_a_time_that_the_clock_jumps_over_is_refused() -> None:
    with pytest.raises(rules.NoSuchTime):
        rules.instant(datetime(2027, 3, 14, 2, 30), CHICAGO)  # noqa: DTZ001


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31)))  # noqa: DTZ001
def test_an_instant_shows_the_same_time_on_the_wall_again(local: datetime) -> None:
    try:
        moment = rules.instant(local, CHICAGO)
    except rules.NoSuchTime:
        return
    assert moment.astimezone(CHICAGO).replace(tzinfo=None, fold=0) == local


def test_a_repeated_shift_keeps_its_time_on_the_wall_and_stops_at_its_last_day() -> None:
    start, end = datetime(2026, 10, 30, 19), datetime(2026, 10, 31, 7)  # noqa: DTZ001
    pairs = rules.repeated(start, end, every_days=7, until=date(2026, 11, 13))
    assert [one.isoformat() for one, _ in pairs] == [
        "2026-10-30T19:00:00",
        "2026-11-06T19:00:00",
        "2026-11-13T19:00:00",
    ]
    assert rules.repeated(start, end, every_days=0, until=date(2027, 1, 1)) == [(start, end)]


@given(duties)
def test_a_day_shows_whom_the_minutes_of_that_day_show(plan: list[rules.Duty]) -> None:
    for day in rules.days(plan, date(2026, 10, 31), 3, CHICAGO):
        for tier in rules.TIERS:
            seen = {
                one.supporter
                for minute in minutes(day.starts_at, day.ends_at)
                for one in plan
                if one.tier == tier and one.starts_at <= minute < one.ends_at
            }
            assert set(day.on_call[tier]) == seen
