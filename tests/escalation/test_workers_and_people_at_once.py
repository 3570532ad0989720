"""Workers and people in the same instant, each with a connection of their own: nothing fails, nothing is left behind.

On PostgreSQL these really run side by side; there a row that points at one just deleted would only fail at the commit.
"""

import os
from collections.abc import Callable

import pytest

from alongside.accounts.queries import Seat
from alongside.escalation import rules
from alongside.escalation.models import Alert, Ladder
from alongside.escalation.queries import able_of, may_open
from alongside.help_requests import actions
from alongside.help_requests.models import HandedOn, Message, Request
from alongside.help_requests.rules import Gone, HandOn, NotTaker, TakenBySomebody
from alongside.kernel import clock as product
from alongside.notify.models import Notice
from alongside.sealing import actions as sealing
from alongside.sealing import rules as seals
from alongside.team import actions as team
from alongside.team.models import Supporter
from tests import world as cast
from tests.conftest import Clock
from tests.escalation.programme import CONTACT
from tests.help_requests.frames import ONE, TWELVE, WRAP, Frame, frame_for, give_keys, public_key
from tests.help_requests.test_many_at_once import at_once
from tests.sealing import devices
from tests.world import World, timedelta

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 5


@pytest.fixture
def pine(clock: Clock) -> World:
    made = cast.make_world()
    give_keys([made.renee, made.marcus, made.ana])
    return made


def sent(world: World) -> tuple[Frame, Request]:
    frame = frame_for(world.pine)
    assert actions.open_request(world.pine, bytes(frame), product.now())
    stored = frame.stored()
    assert stored is not None
    return frame, stored


def climb() -> int:
    return actions.climb(product.now())


def left() -> int:
    return sum(model._default_manager.count() for model in (Ladder, Alert, Request, HandedOn, Message, Notice))


@pytest.mark.req("A-10", "K-22", "K-35")
def test_a_request_cancelled_while_workers_call_people_for_it_leaves_nothing(pine: World) -> None:
    for _ in range(TIMES):
        frame, _request = sent(pine)
        outcomes = at_once(climb, climb, lambda: actions.cancel(pine.pine, frame.token))  # noqa: B023
        assert [one for one in outcomes if not isinstance(one, int)] == [None]
        assert left() == 0


@pytest.mark.req("A-03", "B-16")
def test_all_who_were_called_pass_while_workers_climb_and_each_rung_is_called_once(pine: World) -> None:
    for _ in range(TIMES):
        _frame, request = sent(pine)
        climb()
        product.shift(timedelta(minutes=5))
        passing: Callable[[], object] = lambda: actions.pass_on(pine.renee.id, request.id)  # noqa: B023, E731
        outcomes = at_once(climb, passing, climb)
        assert all(one is None or isinstance(one, int) for one in outcomes)
        climb()
        ladder = Ladder.objects.get()
        calls = list(ladder.alerts.values_list("supporter_id", "round", "rung"))
        assert len(calls) == len(set(calls))
        assert rules.owner(ladder.facts(frozenset({pine.renee.id, pine.marcus.id, pine.ana.id}))) == "called"
        actions.cancel(pine.pine, _frame.token)


@pytest.mark.req("A-03")
def test_of_contact_made_and_its_time_being_over_one_holds_and_nothing_fails(pine: World) -> None:
    for _ in range(TIMES):
        frame, request = sent(pine)
        climb()
        actions.accept(pine.renee.id, request.id)
        product.shift(timedelta(minutes=15))
        contact: Callable[[], object] = lambda: actions.made_contact(pine.renee.id, request.id)  # noqa: B023, E731
        outcomes = at_once(climb, contact, climb)
        assert set(outcomes) <= {None, NotTaker, 0, 1, 2, 3}
        climb()
        ladder = Ladder.objects.get()
        assert (ladder.state, ladder.round) == (("connected", 1) if None in outcomes else ("alerted", 2))
        actions.cancel(pine.pine, frame.token)


@pytest.mark.req("K-22", "K-35")
def test_a_message_written_while_the_taker_closes_is_kept_with_neither(pine: World) -> None:
    for _ in range(TIMES):
        frame, request = sent(pine)
        climb()
        actions.accept(pine.renee.id, request.id)
        write: Callable[[], object] = lambda: actions.write_back(  # noqa: E731
            pine.pine,
            frame.token,  # noqa: B023
            os.urandom(16),
            TWELVE,
        )
        close: Callable[[], object] = lambda: actions.close(pine.renee.id, request.id, CONTACT)  # noqa: B023, E731
        outcomes = at_once(write, close, write)
        assert outcomes[1] is None
        assert set(outcomes) <= {None, True, Gone}
        assert left() == 0


@pytest.mark.req("A-03", "B-16")
def test_given_back_and_not_called_in_the_same_instant_it_comes_back_once(pine: World) -> None:
    for _ in range(TIMES):
        frame, request = sent(pine)
        climb()
        actions.accept(pine.renee.id, request.id)
        outcomes = at_once(
            lambda: actions.give_back(pine.renee.id, request.id),  # noqa: B023
            lambda: actions.not_called(pine.pine, frame.token, product.now()),  # noqa: B023
            climb,
        )
        assert all(one in (None, NotTaker) or isinstance(one, int) for one in outcomes)
        climb()
        ladder = Ladder.objects.get()
        assert (ladder.state, ladder.taker_id, ladder.round) == ("alerted", None, 2)
        actions.cancel(pine.pine, frame.token)


def copy_for(serving: Supporter, purpose: str = rules.TAKE) -> HandOn:
    return HandOn(serving.id, purpose, ONE)


def on_leave_when_asked(world: World) -> Supporter:
    """Return somebody with keys who is no recipient of what is asked before they come back."""
    gus = cast.supporter("Gus Test", world.jail)
    give_keys([world.renee, world.marcus, world.ana, gus])
    team.go_on_leave(gus.id)
    return gus


@pytest.mark.req("A-10", "D-10")
def test_of_two_who_were_asked_and_accept_at_once_one_is_the_taker(pine: World) -> None:
    gus = on_leave_when_asked(pine)
    for _ in range(TIMES):
        team.go_on_leave(gus.id)
        frame, request = sent(pine)
        climb()
        team.come_back(gus.id)
        actions.accept(pine.renee.id, request.id)
        for one in (gus, pine.marcus):
            assert actions.hand_on(pine.renee.id, request.id, copy_for(one))
        outcomes = at_once(
            lambda: actions.accept(gus.id, request.id),  # noqa: B023
            climb,
            lambda: actions.accept(pine.marcus.id, request.id),  # noqa: B023
        )
        assert {outcomes[0], outcomes[2]} == {None, TakenBySomebody}
        taker = gus if outcomes[0] is None else pine.marcus
        assert Ladder.objects.get().taker_id == taker.id
        actions.cancel(pine.pine, frame.token)
        assert left() == 0


@pytest.mark.req("A-10", "B-16")
def test_handed_over_and_given_back_at_once_somebody_has_it_or_everybody_is_called(pine: World) -> None:
    gus = on_leave_when_asked(pine)
    for _ in range(TIMES):
        team.go_on_leave(gus.id)
        frame, request = sent(pine)
        climb()
        team.come_back(gus.id)
        actions.accept(pine.renee.id, request.id)
        actions.hand_on(pine.renee.id, request.id, copy_for(gus))
        outcomes = at_once(
            lambda: actions.accept(gus.id, request.id),  # noqa: B023
            lambda: actions.give_back(pine.renee.id, request.id),  # noqa: B023
            climb,
        )
        assert set(outcomes[:2]) <= {None, TakenBySomebody, NotTaker, Gone}
        climb()
        ladder = Ladder.objects.get()
        assert (ladder.state, ladder.taker_id) in [("accepted", gus.id), ("alerted", None)]
        assert rules.owner(ladder.facts(able_of(pine.pine.id, product.now()))) in ("taker", "called")
        actions.cancel(pine.pine, frame.token)


@pytest.mark.req("C-17", "K-34")
def test_handed_on_to_somebody_whose_service_ends_in_that_instant_no_copy_is_left_and_ending_never_fails(
    pine: World,
) -> None:
    seat = Seat(pine.hana, pine.pine, frozenset({"coordinator"}))
    for number in range(TIMES):
        gus = cast.supporter(f"Gus{number} Test", pine.jail)
        give_keys([pine.renee, pine.marcus, pine.ana])
        team.go_on_leave(gus.id)
        frame, request = sent(pine)
        climb()
        team.come_back(gus.id)
        give_key(gus, number)
        actions.accept(pine.renee.id, request.id)
        outcomes = at_once(
            lambda: actions.hand_on(pine.renee.id, request.id, copy_for(gus, rules.BACKUP)),  # noqa: B023
            lambda: team.end(seat, gus.id),  # noqa: B023
            climb,
        )
        assert outcomes[0] in (True, rules.CannotBeAsked)
        assert outcomes[1] is None
        assert not HandedOn.objects.exists()
        assert not may_open(Ladder.objects.get(), gus.id)
        actions.cancel(pine.pine, frame.token)


def give_key(serving: Supporter, number: int) -> None:
    """Publish one key of this week for one more supporter."""
    week = seals.monday_of(product.now())
    keys = {week: (public_key(9000 + 2 * number), WRAP)}
    sent = devices.words_publication(serving.person_id, public_key(9001 + 2 * number), keys)
    sealing.publish(serving.person_id, sent, weeks=[week])


@pytest.mark.req("D-10")
def test_two_who_were_called_pass_it_to_the_same_person_at_once_who_is_called_once(pine: World) -> None:
    gus = on_leave_when_asked(pine)
    for _ in range(TIMES):
        team.go_on_leave(gus.id)
        frame, request = sent(pine)
        climb()
        product.shift(timedelta(minutes=5))
        climb()
        team.come_back(gus.id)
        outcomes = at_once(
            lambda: actions.hand_on(pine.renee.id, request.id, copy_for(gus)),  # noqa: B023
            lambda: actions.hand_on(pine.marcus.id, request.id, copy_for(gus)),  # noqa: B023
        )
        assert sorted(map(str, outcomes)) == sorted(map(str, [True, rules.CannotBeAsked]))
        assert HandedOn.objects.count() == 1
        assert Alert.objects.filter(supporter=gus).count() == 1
        actions.cancel(pine.pine, frame.token)
        assert left() == 0
