"""Workers and servers that die in the middle of a step, and workers that are slower than somebody else."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from alongside.escalation import actions as escalation
from alongside.escalation import queries as ladders
from alongside.escalation import rules
from alongside.escalation.models import Alert, Ladder
from alongside.help_requests import actions
from alongside.help_requests.actions import time as passing
from alongside.help_requests.models import Request
from alongside.kernel import clock as product
from tests.escalation.crashes import Killed, killed_at, snapshot
from tests.escalation.programme import CONTACT
from tests.escalation.steps import called, turn
from tests.help_requests.frames import frame_for
from tests.world import World

DAY = 24 * 60


def _accepted(pine: World, asked: Request) -> None:
    actions.accept(pine.renee.id, asked.id)


def _connected(pine: World, asked: Request) -> None:
    actions.accept(pine.renee.id, asked.id)
    actions.made_contact(pine.renee.id, asked.id)


def _all_called(pine: World, asked: Request) -> None:
    for _ in range(4):
        turn(minutes=5)


Case = tuple[str, Callable[[World, Request], None] | None, int, Any, str]
WORKERS: list[Case] = [
    ("a rung, at its first alert", None, 5, Alert.objects, "create"),
    ("a rung, at its first notice", None, 5, escalation.notify, "queue"),
    ("a rung, before its alarm", None, 5, escalation, "tell_coordinators"),
    ("coming back", _accepted, 15, escalation, "tell_coordinators"),
    ("coming back, at its notices", _accepted, 15, escalation.notify, "forget"),
    ("giving up, at its notices", _all_called, 3 * DAY, escalation.notify, "forget"),
    ("giving up, before its content goes", _all_called, 3 * DAY, passing, "_forget_content"),
    ("finishing", _connected, 3 * DAY, escalation, "forget"),
    ("finishing, in the middle", _connected, 3 * DAY, escalation.notify, "forget"),
]


@pytest.mark.req("A-03", "A-10")
@pytest.mark.parametrize("case", WORKERS, ids=lambda case: case[0])
def test_a_worker_killed_in_the_middle_leaves_nothing_of_its_step_and_the_next_does_it(
    case: Case, asked: Request, pine: World
) -> None:
    _name, before, minutes, place, point = case
    if before:
        before(pine, asked)
    product.shift(timedelta(minutes=minutes))
    rows = snapshot()
    with killed_at(place, point), pytest.raises(Killed):
        actions.climb(product.now())
    assert snapshot() == rows
    actions.climb(product.now())
    assert snapshot() != rows


PEOPLE: list[tuple[str, Callable[[World, Request], object], Any, str]] = [
    ("accepting", lambda pine, asked: actions.accept(pine.renee.id, asked.id), escalation.notify, "forget"),
    ("passing", lambda pine, asked: actions.pass_on(pine.renee.id, asked.id), escalation, "pass_on"),
    ("giving back", lambda pine, asked: actions.give_back(pine.renee.id, asked.id), escalation, "tell_coordinators"),
    ("calling backup", lambda pine, asked: actions.get_backup(pine.renee.id, asked.id), escalation.notify, "queue"),
    ("closing", lambda pine, asked: actions.close(pine.renee.id, asked.id, CONTACT), escalation, "forget"),
    (
        "closing, at its notices",
        lambda pine, asked: actions.close(pine.renee.id, asked.id, CONTACT),
        escalation.notify,
        "forget",
    ),
]


@pytest.mark.req("A-03", "K-35")
@pytest.mark.parametrize("case", PEOPLE, ids=lambda case: case[0])
def test_a_server_killed_under_somebodys_step_leaves_nothing_of_it(
    case: tuple[str, Callable[[World, Request], object], Any, str], asked: Request, pine: World
) -> None:
    name, step, place, point = case
    if name not in ("accepting", "passing"):
        actions.accept(pine.renee.id, asked.id)
    rows = snapshot()
    with killed_at(place, point), pytest.raises(Killed):
        step(pine, asked)
    assert snapshot() == rows
    step(pine, asked)
    assert snapshot() != rows


@pytest.mark.req("A-03")
def test_one_request_that_cannot_be_climbed_does_not_keep_the_others_waiting(asked: Request, pine: World) -> None:
    frame = frame_for(pine.pine)
    assert actions.open_request(pine.pine, bytes(frame), product.now())
    first = asked.ladder_id
    real = escalation.take_step

    def take_step(ladder_id: uuid.UUID, now: Any) -> rules.Step:
        if ladder_id == first:
            raise RuntimeError("this one is broken")
        return real(ladder_id, now)

    with mock.patch.object(escalation, "take_step", take_step):
        actions.climb(product.now())
    stored = frame.stored()
    assert stored is not None
    assert stored.ladder.state == "alerted"


@pytest.mark.req("A-03", "B-16")
def test_a_worker_that_read_before_somebody_passed_does_not_call_them(asked: Request, pine: World) -> None:
    """A pass changes alerts only; the ladder's version moves all the same, so the worker looks again."""
    turn(minutes=5)
    turn(minutes=5)
    product.shift(timedelta(minutes=10))
    read = ladders.facts_of

    def facts_of(ladder: Ladder, now: Any) -> rules.Facts:
        facts = read(ladder, now)
        with mock.patch.object(ladders, "facts_of", read), mock.patch.object(actions.serving, "climb_one"):
            actions.pass_on(pine.marcus.id, asked.id)
        return facts

    with mock.patch.object(ladders, "facts_of", facts_of):
        assert escalation.take_step(asked.ladder_id, product.now()) == rules.Wait(None)
    turn()
    assert called(4) == {"Renée", "Hana", "Ana"}


@pytest.mark.req("A-03")
def test_a_worker_does_not_finish_what_came_back_in_the_same_instant(asked: Request, pine: World) -> None:
    actions.accept(pine.renee.id, asked.id)
    actions.made_contact(pine.renee.id, asked.id)
    product.shift(timedelta(hours=72))
    read = ladders.facts_of

    def facts_of(ladder: Ladder, now: Any) -> rules.Facts:
        facts = read(ladder, now)
        with mock.patch.object(ladders, "facts_of", read):
            claimed = escalation.claim(ladder.id)
            assert claimed is not None
            escalation.come_back(claimed, now)
        return facts

    with mock.patch.object(ladders, "facts_of", facts_of):
        assert passing.climb_one(asked.ladder_id, product.now()) == 0
    assert Ladder.objects.get().state == "open"
    assert Request.objects.get().envelope is not None


@pytest.mark.req("A-03")
@pytest.mark.parametrize("read_at", [1, 2, 3])
def test_a_worker_with_an_old_row_changes_nothing(read_at: int, asked: Request) -> None:
    old = Ladder.objects.get()
    for _ in range(read_at):
        turn(minutes=5)
    rows = snapshot()
    facts = ladders.facts_of(old, product.now())
    with pytest.raises(escalation.LostRace):
        escalation._do(old, rules.next_step(facts, rules.minute_of(product.now())), product.now())
    assert snapshot() == rows
