"""A debrief is proposed within work hours, after the session, when nobody is busy; in every zone, on every day."""

import uuid
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.rota.rules.sessions import QUARTER, Slot, Work, first_free, in_work_hours, meets, seal

ZONES = ("America/Chicago", "America/St_Johns", "Pacific/Auckland", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: BEGIN + timedelta(minutes=minutes))
works = st.builds(
    Work,
    begins=st.integers(0, 12),
    ends=st.integers(13, 24),
    days=st.integers(1, 7),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    holidays=st.frozensets(st.dates(BEGIN.date(), (BEGIN + timedelta(days=730)).date()), max_size=8),
)


@pytest.mark.req("G-22")
@given(
    after=moments,
    hours=st.integers(0, 240),
    minutes=st.integers(10, 240),
    work=works,
    busy=st.lists(st.tuples(st.integers(-600, 14400), st.integers(1, 2000)), max_size=6),
)
def test_a_proposal_is_free_in_work_hours_and_the_first_of_its_kind(
    after: datetime, hours: int, minutes: int, work: Work, busy: list[tuple[int, int]]
) -> None:
    until, length = after + timedelta(hours=hours), timedelta(minutes=minutes)
    spans = [(after + timedelta(minutes=at), after + timedelta(minutes=at + long)) for at, long in busy]

    def fits(begin: datetime) -> bool:
        span = (begin, begin + length)
        return begin >= after and span[1] <= until and in_work_hours(span, work) and not meets(span, spans)

    # An independent search: every quarter of an hour there is, one after the other.
    first = after + (-(after - BEGIN) % QUARTER)
    every = (first + QUARTER * number for number in range(int((until - after) / QUARTER) + 1))
    assert first_free(after, until, length, work, spans) == next((one for one in every if fits(one)), None)


@pytest.mark.req("G-08")
def test_work_hours_are_those_of_the_wall_also_on_days_with_a_changed_clock() -> None:
    zone = ZoneInfo("America/Chicago")
    work = Work(0, 24, 7, zone)
    spring, autumn = (datetime(2026, month, day, tzinfo=zone) for month, day in ((3, 8), (11, 1)))
    lengths = [work.on(one.date()) for one in (spring, autumn)]
    assert [(end - begin) / timedelta(hours=1) for begin, end in filter(None, lengths)] == [23, 25]


@pytest.mark.req("G-22")
def test_the_digest_of_a_session_changes_with_everything_in_it_and_with_nothing_else() -> None:
    leader, listener, span = uuid.uuid4(), uuid.uuid4(), (BEGIN, BEGIN + timedelta(hours=1))
    slots = [
        Slot(leader),
        Slot(listener),
        Slot(leader, listener, BEGIN, BEGIN + timedelta(minutes=30)),
        Slot(leader, listener, BEGIN, BEGIN + timedelta(minutes=31)),
        Slot(leader, leader, BEGIN, BEGIN + timedelta(minutes=30)),
    ]
    seals = [seal("group", span, [one]) for one in slots]
    seals += [seal("crew", span, slots[:1]), seal("group", (BEGIN, BEGIN + timedelta(hours=2)), slots[:1])]
    assert all(one != other for one, other in pairwise(sorted(seals)))
    assert seal("group", span, slots) == seal("group", span, slots[::-1])
