"""Who is on a list and in which order: those on call first, then the others, in turn from each office."""

import uuid
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.directory import rules
from alongside.directory.rules import Candidate
from alongside.sealing.rules import monday_of

WEEK = date(2026, 11, 23)
OFFICES = [uuid.UUID(int=number) for number in (1, 2, 3)]
LIMIT = 24


def candidate(number: int, rank: str = "further", office: uuid.UUID | None = None) -> Candidate:
    return Candidate(uuid.UUID(int=100 + number), rank, office, f"key {number}")


@st.composite
def teams(draw: st.DrawFn) -> list[Candidate]:
    """Return a team of up to forty over three offices; at most one primary and one backup."""
    ranks = ["primary", "backup", *draw(st.lists(st.sampled_from(["coordinator", "further", "further"]), max_size=38))]
    kept = ranks[draw(st.integers(0, 2)) :]
    return [candidate(number, rank, draw(st.sampled_from([*OFFICES, None]))) for number, rank in enumerate(kept)]


limits = st.integers(3, LIMIT)


@pytest.mark.req("A-03", "D-01")
@given(team=teams(), limit=limits)
def test_a_list_is_in_ladder_order_names_nobody_twice_and_is_no_longer_than_the_limit(
    team: list[Candidate], limit: int
) -> None:
    found = rules.order(team, limit=limit, week=WEEK)
    ranks = [rules.RANKS.index(one.rank) for one in found]
    assert ranks == sorted(ranks)
    assert len({one.supporter for one in found}) == len(found) == min(limit, len(team))
    assert set(found) <= set(team)


@pytest.mark.req("A-03", "D-01")
@given(team=teams(), limit=limits)
def test_those_on_call_are_always_on_the_list(team: list[Candidate], limit: int) -> None:
    found = rules.order(team, limit=limit, week=WEEK)
    assert {one for one in team if one.rank in ("primary", "backup")} <= set(found)


@pytest.mark.req("A-08")
@given(team=teams(), limit=limits)
def test_leaving_out_any_one_office_leaves_somebody_while_the_team_has_two(team: list[Candidate], limit: int) -> None:
    found = rules.order(team, limit=limit, week=WEEK)
    if len({one.office for one in team}) > 1:
        for office in {one.office for one in found}:
            assert [one for one in found if one.office != office]


@pytest.mark.req("A-08")
@given(team=teams())
def test_those_without_a_duty_are_taken_in_turn_from_each_office(team: list[Candidate]) -> None:
    further = [one for one in rules.order(team, limit=100, week=WEEK) if one.rank == "further"]
    sizes = Counter(one.office for one in further)
    taken: Counter[uuid.UUID | None] = Counter()
    for one in further:
        taken[one.office] += 1
        behind = [office for office, size in sizes.items() if taken[office] < min(size, taken[one.office] - 1)]
        assert not behind, "an office had two turns while another had none"


@pytest.mark.req("A-03")
@given(team=teams(), data=st.data())
def test_the_order_does_not_depend_on_who_is_named_first(team: list[Candidate], data: st.DataObject) -> None:
    further = [one for one in team if one.rank != "coordinator"]
    shuffled = data.draw(st.permutations(further))
    assert rules.order(further, limit=LIMIT, week=WEEK) == rules.order(shuffled, limit=LIMIT, week=WEEK)


@pytest.mark.req("A-03")
def test_nobody_is_always_called_first() -> None:
    team = [candidate(number, office=OFFICES[0]) for number in range(6)]
    first = [rules.order(team, limit=LIMIT, week=WEEK + timedelta(weeks=number))[0] for number in range(60)]
    assert set(first) == set(team)
    assert max(Counter(first).values()) <= 20


@pytest.mark.req("D-01")
@pytest.mark.parametrize(
    ("serving", "coordinating", "rank"),
    [("first", False, "primary"), ("second", True, "backup"), ("off", True, "coordinator"), ("off", False, "further")],
)
def test_a_duty_counts_more_than_an_office(serving: str, coordinating: bool, rank: str) -> None:
    me, other = uuid.UUID(int=1), uuid.UUID(int=2)
    on_call = {"first": {1: me, 2: other}, "second": {1: other, 2: me}, "off": {1: other}}[serving]
    assert rules.rank_of(me, on_call, {me} if coordinating else set()) == rank


# --- how long keys are needed -----------------------------------------------------------------------------------

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
BOUNDS = {"list_valid": 60, "request_limit": 72, "last_hold": 60}


@pytest.mark.req("K-22", "K-34")
@given(
    made=MOMENTS,
    after=st.timedeltas(timedelta(0), timedelta(minutes=60)),
    lives=st.timedeltas(timedelta(0), timedelta(hours=73)),
)
def test_a_key_is_kept_while_anything_sealed_to_it_can_live(made: datetime, after: timedelta, lives: timedelta) -> None:
    """A list is made in a week, a request is sealed to its keys at its last minute, and lives as long as any can."""
    assert rules.oldest_week_in_use(made + after + lives, **BOUNDS) <= monday_of(made)


@pytest.mark.req("K-22", "K-34")
@given(made=MOMENTS)
def test_a_key_goes_when_nothing_sealed_to_it_can_live(made: datetime) -> None:
    over = datetime.combine(monday_of(made) + timedelta(days=7), datetime.min.time(), UTC)
    last = over + timedelta(hours=72, minutes=60 + 60)
    assert rules.oldest_week_in_use(last - timedelta(seconds=1), **BOUNDS) == monday_of(made)
    assert rules.oldest_week_in_use(last, **BOUNDS) == monday_of(made) + timedelta(days=7)
