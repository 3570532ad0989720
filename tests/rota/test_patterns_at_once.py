"""Two coordinators change the patterns in the same moment: they take turns, and never leave two in force on a day."""

import threading
from collections.abc import Callable
from datetime import date

import pytest
from django.db import OperationalError, connection, connections

from alongside.rota import actions, queries
from alongside.rota.models import Pattern
from alongside.rota.rules import templates
from alongside.rota.rules.patterns import DAY
from alongside.rota.rules.templates import Kind
from tests.conftest import Clock
from tests.rota.planned import seat
from tests.world import World, make_world

MONDAY = date(2026, 12, 7)


@pytest.fixture
def world(clock: Clock) -> World:
    """The cast, where transactions are real, and the clock stopped before the days of these tests."""
    return make_world()


def at_once(*works: Callable[[], object]) -> list[object]:
    """Let several go at once; return what each returned or refused with."""
    start, found = threading.Barrier(len(works)), [object()] * len(works)

    def run(at: int, work: Callable[[], object]) -> None:
        try:
            start.wait(10)
            found[at] = work()
        except (ValueError, OperationalError) as refused:
            found[at] = refused
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(at, work)) for at, work in enumerate(works)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    return found


def making(world: World, day: date, seen: str | None = None) -> Callable[[], object]:
    facts = templates.pattern(Kind.HALVES, 420, day, (1, 2))
    return lambda: actions.make_pattern(seat(world), "Days and nights", facts, day, seen=seen)


@pytest.mark.req("D-01")
@pytest.mark.django_db(transaction=True)
def test_of_two_patterns_made_at_once_for_the_same_day_one_is_refused(world: World) -> None:
    found = at_once(*(making(world, MONDAY) for _ in range(3)))
    assert Pattern.objects.count() == 1
    refused = [one for one in found if isinstance(one, Exception)]
    assert len(refused) == 2
    if connection.vendor == "postgresql":
        assert {type(one) for one in refused} == {actions.DayTaken}


@pytest.mark.req("D-01")
@pytest.mark.django_db(transaction=True)
def test_of_two_who_looked_at_the_same_state_the_second_is_refused(world: World) -> None:
    seen = queries.patterns_seal([])
    found = at_once(making(world, MONDAY, seen), making(world, MONDAY + 7 * DAY, seen))
    assert Pattern.objects.count() == 1
    refused = [one for one in found if isinstance(one, Exception)]
    assert len(refused) == 1
    if connection.vendor == "postgresql":
        assert isinstance(refused[0], actions.PatternsChanged)


@pytest.mark.req("D-01")
@pytest.mark.django_db(transaction=True)
def test_patterns_made_at_once_for_different_days_never_overlap(world: World) -> None:
    days = [MONDAY + number * 7 * DAY for number in (2, 0, 1)]
    at_once(*(making(world, day) for day in days))
    rows = queries.pattern_rows(world.pine.id)
    assert rows
    assert [row.ends_on for row in rows] == [*(row.begins_on - DAY for row in rows[1:]), None]
    if connection.vendor == "postgresql":
        assert len(rows) == 3
