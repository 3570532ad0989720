"""A route becomes rungs: primary, backup, coordinator, then everybody who can open the request, together."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.escalation import rules
from tests.escalation.walk import PEOPLE

TIMES = (5, 10, 20)
RENEE, MARCUS, HANA, ANA, LENA, _ = PEOPLE


def shape(*route: tuple[str, uuid.UUID]) -> list[tuple[str, int, int]]:
    return [(rung.kind, rung.after, len(rung.who)) for rung in rules.plan(route, TIMES)]


@pytest.mark.req("A-03", "A-09", "D-01")
def test_a_full_ladder_calls_primary_backup_coordinator_and_then_everybody() -> None:
    route = (("primary", RENEE), ("backup", MARCUS), ("coordinator", HANA), ("further", ANA), ("further", LENA))
    assert shape(*route) == [("primary", 0, 1), ("backup", 5, 1), ("coordinator", 10, 1), ("all", 20, 5)]


@pytest.mark.req("A-03", "D-01")
@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ([("primary", RENEE), ("coordinator", HANA)], [("primary", 0, 1), ("coordinator", 5, 1), ("all", 10, 2)]),
        ([("backup", MARCUS), ("further", ANA)], [("backup", 0, 1), ("all", 5, 2)]),
        ([("primary", RENEE)], [("primary", 0, 1), ("all", 5, 1)]),
    ],
)
def test_an_empty_rung_is_left_out_and_those_after_it_move_up(
    route: list[tuple[str, uuid.UUID]], expected: list[tuple[str, int, int]]
) -> None:
    assert shape(*route) == expected


@pytest.mark.req("A-03")
def test_with_nobody_on_call_everybody_is_called_at_once() -> None:
    route = (("coordinator", HANA), ("further", ANA))
    assert shape(*route[1:]) == [("all", 0, 1)]
    assert shape(*route) == [("all", 0, len(route))]


@pytest.mark.req("A-06", "A-03")
def test_whoever_was_chosen_is_called_first_and_the_known_ladder_follows_and_ends_when_it_always_does() -> None:
    route = (("chosen", LENA), ("primary", RENEE), ("backup", MARCUS), ("coordinator", HANA), ("further", ANA))
    assert shape(*route) == [
        ("chosen", 0, 1),
        ("primary", 5, 1),
        ("backup", 10, 1),
        ("coordinator", 15, 1),
        ("all", 20, 5),
    ]


@pytest.mark.req("A-06", "A-03")
@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ([("chosen", LENA)], [("chosen", 0, 1), ("all", 5, 1)]),
        ([("chosen", LENA), ("coordinator", HANA), ("further", ANA)], [("chosen", 0, 1), ("all", 5, 3)]),
        ([("chosen", LENA), ("backup", MARCUS)], [("chosen", 0, 1), ("backup", 5, 1), ("all", 10, 2)]),
    ],
)
def test_a_chosen_person_needs_nobody_else_on_call(
    route: list[tuple[str, uuid.UUID]], expected: list[tuple[str, int, int]]
) -> None:
    assert shape(*route) == expected


def test_where_no_minute_lies_before_the_last_rung_the_coordinator_is_called_with_everybody() -> None:
    route = (("chosen", LENA), ("primary", RENEE), ("backup", MARCUS), ("coordinator", HANA))
    kinds = [(rung.kind, rung.after) for rung in rules.plan(route, (5, 10, 11))]
    assert kinds == [("chosen", 0), ("primary", 5), ("backup", 10), ("all", 11)]


@pytest.mark.req("A-03")
def test_a_ladder_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="somebody"):
        rules.plan([], TIMES)


@st.composite
def routes(draw: st.DrawFn) -> list[tuple[str, uuid.UUID]]:
    """Return routes as they are stored: at most one chosen, one primary and one backup, everybody once."""
    people = draw(st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True))
    ranks = draw(st.permutations(["chosen", "primary", "backup", "coordinator", "coordinator", "further", "further"]))
    return sorted(zip(ranks, people, strict=False), key=lambda one: rules.RANKS.index(one[0]))


@pytest.mark.req("A-03", "A-10")
@given(route=routes(), times=st.tuples(st.integers(1, 30), st.integers(1, 30), st.integers(1, 30)))
def test_any_ladder_begins_at_once_rises_in_time_and_ends_with_everybody(
    route: list[tuple[str, uuid.UUID]], times: tuple[int, int, int]
) -> None:
    due = (times[0], times[0] + times[1], sum(times))
    rungs = rules.plan(route, due)
    assert rungs[0].after == 0
    assert [rung.after for rung in rungs] == sorted({rung.after for rung in rungs})
    assert rungs[-1].kind == "all"
    assert set(rungs[-1].who) == {one for _, one in route}
    assert len(rungs[-1].who) == len(route)
    assert all(rung.who for rung in rungs)
    assert rungs[-1].after <= due[-1]


@pytest.mark.req("A-10")
@given(route=routes())
def test_a_rung_is_read_back_as_it_was_stored(route: list[tuple[str, uuid.UUID]]) -> None:
    for rung in rules.plan(route, TIMES):
        assert rules.Rung.of(rung.row()) == rung
