"""Which way is tried when: order, gaps, quiet hours; and that quiet hours never silence a page on duty."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.notify import rules

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ZONES = ("America/Chicago", "America/St_Johns", "America/Regina", "Australia/Lord_Howe", "UTC", "Pacific/Kiritimati")
clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
quiets = st.builds(rules.Quiet, clocks, clocks, st.sampled_from(ZONES))
# Two years, so that every change of clocks is in it.
moments = st.integers(0, 2 * 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(st.integers(0, 9), st.integers(0, 60), st.integers(1, 500))
def test_ways_follow_each_other_and_none_comes_too_late(count: int, gap: int, lasts: int) -> None:
    expires = NOW + timedelta(minutes=lasts)
    found = rules.spread(count, NOW, timedelta(minutes=gap), expires)
    assert len(found) == count
    assert all(NOW <= moment < expires for moment in found)
    assert found[:1] == [NOW][:count]
    in_time = [moment for number, moment in enumerate(found) if NOW + number * timedelta(minutes=gap) < expires]
    assert in_time == [NOW + number * timedelta(minutes=gap) for number in range(len(in_time))]


@pytest.mark.req("B-38")
@given(quiets, moments)
def test_quiet_hours_end_when_the_persons_own_clock_says_so(quiet: rules.Quiet, now: datetime) -> None:
    ends = rules.quiet_until(quiet, now)
    if ends is None:
        return
    assert now < ends <= now + timedelta(hours=25)
    zone = ZoneInfo(quiet.zone)
    wall = ends.astimezone(zone)
    # A time that the clocks jump over comes as many minutes later as they jump.
    skipped = wall.replace(fold=0).utcoffset() != (wall - timedelta(hours=3)).utcoffset()
    assert skipped or wall.time() == quiet.ends
    assert rules.quiet_until(quiet, ends) is None or quiet.starts == quiet.ends


@pytest.mark.req("B-38")
@given(quiets, moments)
def test_a_moment_is_quiet_when_the_clock_on_the_wall_stands_between_the_two_times(
    quiet: rules.Quiet, now: datetime
) -> None:
    zone = ZoneInfo(quiet.zone)
    around = {(now + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in range(-26, 27)}
    if len(around) > 1:
        return
    wall = now.astimezone(zone).time()
    inside = (
        quiet.starts <= wall < quiet.ends if quiet.starts <= quiet.ends else wall >= quiet.starts or wall < quiet.ends
    )
    assert (rules.quiet_until(quiet, now) is not None) is inside


@pytest.mark.parametrize(
    ("zone", "now", "ends"),
    [
        # 22:00 to 2:30. In spring the clocks jump from 2 to 3, so 2:30 is 3:30; in autumn 1:30 comes twice.
        ("America/Chicago", "2026-03-08T05:00:00+00:00", "2026-03-08T08:30:00+00:00"),
        ("America/Chicago", "2026-11-01T05:00:00+00:00", "2026-11-01T08:30:00+00:00"),
        ("America/Regina", "2026-03-08T05:00:00+00:00", "2026-03-08T08:30:00+00:00"),
        ("America/St_Johns", "2026-07-01T03:00:00+00:00", "2026-07-01T05:00:00+00:00"),
    ],
)
def test_changes_of_clocks_and_half_hours_are_known(zone: str, now: str, ends: str) -> None:
    quiet = rules.Quiet(time(22), time(2, 30), zone)
    assert rules.quiet_until(quiet, datetime.fromisoformat(now)) == datetime.fromisoformat(ends)


def test_a_time_that_comes_twice_ends_the_quiet_at_its_first_coming() -> None:
    quiet = rules.Quiet(time(22), time(1, 30), "America/Chicago")
    first = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert rules.quiet_until(quiet, first - timedelta(minutes=1)) == first
    assert rules.quiet_until(quiet, first + timedelta(minutes=30)) is None


@pytest.mark.req("A-03")
@given(st.tuples(*[st.booleans()] * 3), quiets, moments, st.integers(1, 80 * 60))
def test_no_page_is_ever_held_back(
    facts: tuple[bool, bool, bool], quiet: rules.Quiet, now: datetime, lasts: int
) -> None:
    urgent, on_duty, duty_hears = facts
    page = rules.pages(urgent=urgent, on_duty=on_duty, duty_hears=duty_hears)
    assert page is (urgent or on_duty or not duty_hears)
    expires = now + timedelta(minutes=lasts)
    due = rules.due(rules.quiet_until(quiet, now), page=page, now=now, expires_at=expires)
    assert now <= due < expires
    if page:
        assert due == now
    else:
        assert due == now or rules.quiet_until(quiet, due) is None


def test_quiet_hours_are_as_long_as_the_clock_says() -> None:
    assert rules.length_of(time(22), time(6)) == timedelta(hours=8)
    assert rules.length_of(time(6), time(22)) == timedelta(hours=16)
    assert rules.length_of(time(6, 30), time(6)) == timedelta(hours=23, minutes=30)


@pytest.mark.req("A-03")
def test_calls_go_before_tests_and_tests_before_notes() -> None:
    order = sorted(("keys_soon", "test", "waiting", "shift_check", "waiting_now", "backup", "reset"), key=rules.rank_of)
    assert order[:2] == ["waiting_now", "backup"]
    assert order.index("waiting") < order.index("test") < order.index("keys_soon")
