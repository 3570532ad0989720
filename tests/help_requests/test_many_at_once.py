"""What many do in the same instant: a request is stored once, has one taker, and ends once. On either database."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from django.db import connections

from alongside.anonymous import actions as tally
from alongside.anonymous.models import Cell
from alongside.escalation.models import Alert, Ladder
from alongside.help_requests import actions
from alongside.help_requests.models import Attempt, BoxReply, Message, Request
from alongside.help_requests.rules import Gone, TakenBySomebody
from alongside.kernel import clock as product
from alongside.team.models import Supporter
from tests import world as cast
from tests.conftest import Clock
from tests.escalation.programme import CONTACT
from tests.help_requests.device import nothing, post, rows
from tests.help_requests.frames import ONE, TWELVE, Frame, frame_for, give_keys
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 8


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Let each deed be done by its own thread, all beginning together; return what each came to."""
    start, outcomes = threading.Barrier(len(deeds)), [object()] * len(deeds)

    def work(place: int, deed: Callable[[], object]) -> None:
        start.wait(20)
        try:
            outcomes[place] = deed()
        except Exception as error:
            outcomes[place] = type(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


@pytest.fixture
def pine(clock: Clock) -> World:
    """Return the cast; eight people of Pine County can be asked."""
    made = cast.make_world()
    peers = [cast.supporter(f"Peer{number} Test", made.jail) for number in range(MANY - 3)]
    give_keys([made.renee, made.marcus, made.ana, *peers])
    return made


def everybody_called(world: World) -> tuple[Frame, Request, list[Supporter]]:
    """Return a request for which everybody on its list was called."""
    frame = frame_for(world.pine)
    assert actions.open_request(world.pine, bytes(frame), product.now())
    product.shift(cast.timedelta(minutes=30))
    actions.climb(product.now())
    stored = frame.stored()
    assert stored is not None
    called = Supporter.objects.filter(id__in=Alert.objects.values("supporter_id"))
    assert len(called) == MANY
    return frame, stored, list(called)


def sent(frames: Sequence[Frame]) -> Counter[object]:
    return Counter(at_once(*(lambda one=one: post("requests", one).status_code for one in frames)))


@pytest.mark.req("A-03")
def test_the_same_post_by_many_connections_at_once_is_stored_once(pine: World) -> None:
    frame = frame_for(pine.pine)
    assert sent([frame] * MANY) == {201: 1, 200: MANY - 1}
    assert rows() == {**nothing(), "Ladder": 1, "Request": 1, "Attempt": 1}


@pytest.mark.req("A-03")
def test_new_attempts_of_one_receipt_at_once_are_stored_once(pine: World) -> None:
    frame = frame_for(pine.pine)
    assert sent([frame.but(attempt=os.urandom(16)) for _ in range(MANY)]) == {201: 1, 200: MANY - 1}
    assert rows() == {**nothing(), "Ladder": 1, "Request": 1, "Attempt": 1}


@pytest.mark.req("A-03")
def test_many_members_at_once_are_all_heard(pine: World) -> None:
    frame = frame_for(pine.pine)
    assert sent([frame.but(attempt=os.urandom(16), token=os.urandom(16)) for _ in range(MANY)]) == {201: MANY}
    assert Ladder.objects.count() == Request.objects.count() == Attempt.objects.count() == MANY


@pytest.mark.req("A-03", "A-10")
def test_of_many_supporters_who_accept_at_once_exactly_one_has_it(pine: World) -> None:
    _frame, request, called = everybody_called(pine)
    outcomes = at_once(*(lambda me=one: actions.accept(me.id, request.id) for one in called))
    assert Counter(outcomes) == {None: 1, TakenBySomebody: MANY - 1}
    ladder = Ladder.objects.get()
    assert (ladder.state, ladder.taker_id) == ("accepted", called[outcomes.index(None)].id)


@pytest.mark.req("A-03")
def test_workers_who_look_at_once_call_everybody_once(pine: World) -> None:
    frame = frame_for(pine.pine)
    assert actions.open_request(pine.pine, bytes(frame), product.now())
    for minutes in (0, 5, 5, 10):
        product.shift(cast.timedelta(minutes=minutes))
        outcomes = at_once(*[lambda: actions.climb(product.now())] * 4)
        assert all(isinstance(one, int) for one in outcomes)
        # Whoever lost the race looks again at the next turn.
        actions.climb(product.now())
    calls = Counter(Alert.objects.values_list("supporter_id", "round", "rung"))
    assert set(calls.values()) == {1}
    assert len({supporter for supporter, _, _ in calls}) == MANY


@pytest.mark.req("A-10", "K-22")
def test_who_cancels_while_somebody_accepts_is_rid_of_it_either_way(pine: World) -> None:
    frame, request, called = everybody_called(pine)
    deeds = [lambda me=one: actions.accept(me.id, request.id) for one in called[:3]]
    *accepted, cancelled = at_once(*deeds, lambda: post("progress/cancel", frame.token).status_code)
    assert cancelled == 200
    assert set(accepted) <= {None, TakenBySomebody, Gone}
    assert rows() == {**nothing(), "Attempt": 1}


@pytest.mark.req("B-36", "K-35")
def test_closing_many_times_at_once_counts_once(pine: World) -> None:
    frame, request, called = everybody_called(pine)
    actions.accept(called[0].id, request.id)
    tally.open_periods(product.now())
    cells = Cell.objects.filter(organisation=pine.pine)
    before = dict(cells.values_list("key", "value"))
    outcomes = at_once(*[lambda: actions.close(called[0].id, request.id, CONTACT)] * 4)
    assert Counter(outcomes) == {None: 1, Gone: 3}
    moved = [value - before[key] for key, value in cells.values_list("key", "value")]
    assert sorted(moved) == [0] * (len(before) - 5) + [1] * 5
    assert not Request.objects.exists()
    assert post("requests", frame).status_code == 200


@pytest.mark.req("K-22")
def test_the_same_message_by_many_connections_at_once_is_kept_once(pine: World) -> None:
    frame, _request, _called = everybody_called(pine)
    body = frame.token + os.urandom(16) + TWELVE
    outcomes = at_once(*[lambda: post("messages", body).status_code] * MANY)
    assert Counter(outcomes) == {201: 1, 200: MANY - 1}
    assert Message.objects.count() == 1


@pytest.mark.req("K-22")
def test_replies_sent_at_once_have_their_own_places_in_the_box(pine: World) -> None:
    _frame, request, called = everybody_called(pine)
    actions.accept(called[0].id, request.id)
    address = os.urandom(16)
    sealed = [ONE[:-1] + bytes([number]) for number in range(MANY)]
    outcomes = at_once(*(lambda one=one: actions.reply(called[0].id, request.id, address, one) for one in sealed))
    assert outcomes == [None] * MANY
    assert sorted(BoxReply.objects.values_list("number", flat=True)) == list(range(1, MANY + 1))
