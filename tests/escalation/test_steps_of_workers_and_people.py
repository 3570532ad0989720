"""One request at a time, step by step: what each step writes, whom it calls and what it takes back."""

from datetime import timedelta

import pytest

from alongside.escalation import actions as escalation
from alongside.escalation import queries as ladders
from alongside.escalation import rules
from alongside.escalation.models import Alert, Ladder
from alongside.help_requests import actions, queries
from alongside.help_requests.models import Request
from alongside.help_requests.rules import Gone, NotTaker, TakenBySomebody
from alongside.kernel import clock as product
from alongside.notify.models import Notice
from alongside.policy.models import Change
from alongside.sealing.models import ReceivingKey
from alongside.site import schedule
from alongside.team import actions as team
from alongside.team.models import Supporter
from tests.conftest import Clock
from tests.escalation.crashes import snapshot
from tests.escalation.programme import CONTACT
from tests.escalation.steps import called, notices, turn
from tests.help_requests.frames import TWELVE, frame_for
from tests.world import NOW, World

# --- up the ladder -----------------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "A-09", "D-21")
def test_each_rung_calls_its_people_once_and_tells_the_coordinator_of_the_one_missed(asked: Request) -> None:
    assert (called(1), notices()) == ({"Renée"}, ["renee"])
    turn(minutes=4)
    assert notices() == ["renee"]
    turn(minutes=1)
    assert (called(2), notices("waiting_now"), notices("board")) == ({"Marcus"}, ["marcus", "renee"], ["hana"])
    turn(minutes=5)
    assert called(3) == {"Hana"}
    turn(minutes=10)
    assert called(4) == {"Renée", "Marcus", "Hana", "Ana"}
    assert notices("board") == ["hana"] * 3
    for _ in range(3):
        turn(seconds=20)
    assert Alert.objects.count() == 7
    assert len(notices()) == 10


@pytest.mark.req("A-03")
def test_after_the_last_rung_the_coordinator_is_told_every_four_hours(asked: Request) -> None:
    for _ in range(4):
        turn(minutes=20)
    Notice.objects.all().delete()
    turn(minutes=0)
    assert notices() == []
    turn(minutes=180)
    turn(minutes=0)
    assert notices() == ["hana"]


@pytest.mark.req("A-03", "A-09")
def test_a_change_of_policy_changes_no_promise_already_made(asked: Request, pine: World) -> None:
    for version, (key, value) in enumerate({"urgent_second": 2, "urgent_contact": 5, "request_limit": 12}.items(), 1):
        Change.objects.create(organisation=pine.pine, key=key, value=value, version=version, changed_at=NOW)
    turn(minutes=4)
    assert called(2) == set()
    turn(minutes=1)
    assert called(2) == {"Marcus"}
    actions.accept(pine.marcus.id, asked.id)
    assert turn(minutes=14).state == "accepted"
    assert turn(minutes=1).round == 2
    assert turn(hours=20).ends_at == asked.ladder.opened_at + timedelta(hours=72)


@pytest.mark.req("K-26")
def test_no_moment_kept_of_a_request_is_finer_than_a_minute(asked: Request, pine: World, clock: Clock) -> None:
    clock.forward(minutes=5, seconds=31, milliseconds=7)
    turn()
    actions.accept(pine.renee.id, asked.id)
    actions.give_back(pine.renee.id, asked.id)
    clock.forward(seconds=13)
    actions.accept(pine.marcus.id, asked.id)
    row = Ladder.objects.values().get()
    moments = [value for name, value in row.items() if name.endswith("_at") and value]
    moments += [notice.due_at for notice in Notice.objects.all()]
    assert len(moments) >= 6
    assert all((at.second, at.microsecond) == (0, 0) for at in moments)


@pytest.mark.req("A-03", "C-17", "C-18")
def test_who_left_since_the_list_was_made_is_skipped(pine: World, clock: Clock) -> None:
    frame = frame_for(pine.pine)
    team.go_on_leave(pine.renee.id)
    Supporter.objects.filter(id=pine.marcus.id).update(status="ended", ended_on=NOW.date())
    assert actions.open_request(pine.pine, bytes(frame), product.now())
    turn()
    # With nobody on call who may serve, everybody is called at once.
    assert called(1) == {"Hana", "Ana"}


@pytest.mark.req("A-03", "C-18")
def test_who_goes_on_leave_is_skipped_and_the_next_called_in_the_same_turn(asked: Request, pine: World) -> None:
    team.go_on_leave(pine.renee.id)
    team.go_on_leave(pine.marcus.id)
    turn()
    assert (called(2), called(3)) == (set(), {"Hana"})
    assert notices("board") == ["hana"]


@pytest.mark.req("A-03")
def test_one_person_alone_is_called_and_called_again(pine: World) -> None:
    frame = frame_for(pine.pine, route=(0,))
    assert actions.open_request(pine.pine, bytes(frame), product.now())
    turn()
    turn(minutes=5)
    assert (called(1), called(2)) == ({"Renée"}, {"Renée"})
    stored = frame.stored()
    assert stored is not None
    product.shift(timedelta(minutes=1))
    Notice.objects.all().delete()
    actions.pass_on(pine.renee.id, stored.id)
    assert notices() == ["hana"]
    assert rules.owner(ladders.facts_of(Ladder.objects.get(), product.now())) == "coordinator"


# --- taken and given back ----------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "K-36")
def test_accepting_takes_back_every_notice_and_the_others_are_told_that_somebody_has_it(
    asked: Request, pine: World
) -> None:
    turn(minutes=5)
    actions.accept(pine.marcus.id, asked.id)
    assert notices() == []
    actions.accept(pine.marcus.id, asked.id)
    for step in (actions.accept, actions.pass_on, queries.envelope_for):
        with pytest.raises(TakenBySomebody):
            step(pine.renee.id, asked.id)


@pytest.mark.req("D-10")
def test_backup_is_called_one_by_one_may_read_and_cannot_take_it_over(asked: Request, pine: World) -> None:
    actions.accept(pine.renee.id, asked.id)
    assert [actions.get_backup(pine.renee.id, asked.id) for _ in range(4)] == [True, True, True, False]
    assert notices("backup") == ["ana", "hana", "marcus"]
    assert notices("board") == ["hana"]
    assert queries.envelope_for(pine.marcus.id, asked.id) == TWELVE
    with pytest.raises(TakenBySomebody):
        actions.accept(pine.marcus.id, asked.id)
    for step in (actions.made_contact, actions.give_back, actions.get_backup):
        with pytest.raises(NotTaker):
            step(pine.marcus.id, asked.id)
    with pytest.raises(NotTaker):
        actions.close(pine.marcus.id, asked.id, CONTACT)
    assert Ladder.objects.get().taker_id == pine.renee.id


@pytest.mark.req("D-10", "B-16")
def test_a_backup_who_passes_is_not_asked_again_and_the_taker_keeps_it(asked: Request, pine: World) -> None:
    actions.accept(pine.renee.id, asked.id)
    actions.get_backup(pine.renee.id, asked.id)
    actions.pass_on(pine.marcus.id, asked.id)
    assert Ladder.objects.get().taker_id == pine.renee.id
    with pytest.raises(Gone):
        queries.envelope_for(pine.marcus.id, asked.id)
    assert actions.get_backup(pine.renee.id, asked.id)
    assert notices("backup") == ["hana"]


@pytest.mark.req("A-03", "D-10")
def test_calls_for_backup_end_when_the_request_comes_back(asked: Request, pine: World) -> None:
    actions.accept(pine.renee.id, asked.id)
    actions.get_backup(pine.renee.id, asked.id)
    turn(minutes=15)
    assert notices("backup") == []
    assert called(4, number=2) == {"Renée", "Marcus", "Hana", "Ana"}


@pytest.mark.req("A-03", "B-16")
def test_given_back_everybody_else_is_called_and_the_coordinator_told_once(asked: Request, pine: World) -> None:
    actions.accept(pine.renee.id, asked.id)
    actions.give_back(pine.renee.id, asked.id)
    assert called(4, number=2) == {"Marcus", "Hana", "Ana"}
    assert notices("board") == ["hana"]
    with pytest.raises(Gone):
        queries.envelope_for(pine.renee.id, asked.id)


@pytest.mark.req("A-03", "C-17", "C-18")
@pytest.mark.parametrize("state", ["accepted", "connected"])
@pytest.mark.parametrize("leaves", ["leave", "end"])
def test_a_taker_who_leaves_can_open_nothing_at_once_and_the_next_turn_calls_everybody(
    state: str, leaves: str, asked: Request, pine: World
) -> None:
    actions.accept(pine.renee.id, asked.id)
    if state == "connected":
        actions.made_contact(pine.renee.id, asked.id)
    if leaves == "leave":
        team.go_on_leave(pine.renee.id)
    else:
        Supporter.objects.filter(id=pine.renee.id).update(status="ended", ended_on=NOW.date())
    with pytest.raises(Gone):
        queries.envelope_for(pine.renee.id, asked.id)
    assert queries.inbox(pine.renee.id, product.now()) == []
    turn()
    assert called(4, number=2) == {"Marcus", "Hana", "Ana"}


@pytest.mark.req("C-18")
def test_on_leave_nobody_can_accept_what_they_were_called_for(asked: Request, pine: World) -> None:
    team.go_on_leave(pine.renee.id)
    with pytest.raises(Gone):
        actions.accept(pine.renee.id, asked.id)
    assert queries.inbox(pine.renee.id, product.now()) == []
    team.come_back(pine.renee.id)
    assert [entry.request_id for entry in queries.inbox(pine.renee.id, product.now())] == [asked.id]
    actions.accept(pine.renee.id, asked.id)


# --- the end -----------------------------------------------------------------------------------------------------


def unanswered() -> Ladder:
    for _ in range(4):
        turn(minutes=5)
    return turn(hours=72)


@pytest.mark.req("A-03", "K-22")
def test_unanswered_leaves_one_line_on_the_board_without_route_content_or_notice(asked: Request, pine: World) -> None:
    ladder = unanswered()
    assert (ladder.state, ladder.rungs, ladder.taker_id) == ("unanswered", [], None)
    assert Request.objects.get().envelope is None
    assert not Alert.objects.exists()
    assert notices() == ["hana"]
    (row,) = ladders.board(pine.pine.id, product.now())
    assert (row.state, row.late, row.acknowledged) == ("unanswered", True, False)
    with pytest.raises(Gone):
        queries.envelope_for(pine.renee.id, asked.id)


@pytest.mark.req("A-03", "K-22")
@pytest.mark.parametrize(("acknowledged", "days"), [(True, 1), (False, 7)])
def test_the_broken_promise_is_forgotten_a_day_after_it_was_seen_or_after_a_week(
    acknowledged: bool, days: int, asked: Request, pine: World
) -> None:
    ladder = unanswered()
    if acknowledged:
        assert escalation.acknowledge(pine.pine.id, ladder.id)
    product.freeze(ladder.ends_at + timedelta(days=days) - timedelta(seconds=1))
    actions.purge(product.now())
    assert Ladder.objects.exists()
    product.shift(timedelta(seconds=1))
    actions.purge(product.now())
    assert not Ladder.objects.exists()
    assert not Request.objects.exists()
    assert not Notice.objects.exists()


@pytest.mark.req("A-10", "K-22")
def test_with_contact_made_the_limit_closes_it_and_nothing_is_left(asked: Request, pine: World) -> None:
    actions.accept(pine.renee.id, asked.id)
    actions.made_contact(pine.renee.id, asked.id)
    product.shift(timedelta(hours=72))
    actions.climb(product.now())
    assert {name for name, rows in snapshot().items() if rows} == {"Attempt"}


# --- the machine slept -------------------------------------------------------------------------------------------


@pytest.mark.req("A-03")
def test_who_is_back_before_the_machine_finds_everybody_called_and_an_hour_to_answer(
    asked: Request, pine: World
) -> None:
    product.shift(timedelta(days=9))
    actions.accept(pine.renee.id, asked.id)
    ladder = Ladder.objects.get()
    assert called(4) == {"Renée", "Marcus", "Hana", "Ana"}
    assert (ladder.taker_id, ladder.ends_at) == (pine.renee.id, rules.minute_of(product.now()) + timedelta(hours=1))
    assert turn(minutes=14).state == "accepted"
    assert turn(minutes=1).round == 2


@pytest.mark.req("A-03")
def test_a_device_that_is_back_before_the_machine_is_not_told_a_wrong_end(asked: Request, pine: World) -> None:
    actions.accept(pine.renee.id, asked.id)
    product.shift(timedelta(days=9))
    token = b"t" * 16
    Request.objects.update(progress_hash=actions.asking.ids.digest(token))
    actions.not_called(pine.pine, token, product.now())
    assert called(4, number=2) == {"Renée", "Marcus", "Hana", "Ana"}
    assert turn(minutes=59).state == "alerted"
    assert turn(minutes=1).state == "unanswered"


@pytest.mark.req("A-03", "C-18")
def test_who_came_back_while_the_machine_slept_is_called_before_it_ends(asked: Request, pine: World) -> None:
    team.go_on_leave(pine.ana.id)
    for _ in range(4):
        turn(minutes=5)
    assert called(4) == {"Renée", "Marcus", "Hana"}
    team.come_back(pine.ana.id)
    turn(days=9)
    assert called(4) == {"Renée", "Marcus", "Hana", "Ana"}
    assert turn(minutes=59).state == "alerted"
    assert turn(minutes=1).state == "unanswered"


@pytest.mark.req("A-03", "K-34")
def test_keys_of_a_request_that_outlived_its_week_stay_until_it_is_over(asked: Request, pine: World) -> None:
    product.shift(timedelta(days=30))
    schedule._purge_keys(product.now())
    assert ReceivingKey.objects.count() == 4
    assert turn().state == "alerted"
    assert turn(minutes=60).state == "unanswered"
    schedule._purge_keys(product.now())
    assert not ReceivingKey.objects.exists()


# --- the board ----------------------------------------------------------------------------------------------------


@pytest.mark.req("M-06", "A-03")
def test_the_board_says_state_and_lateness_and_nothing_of_who(asked: Request, pine: World) -> None:
    (row,) = ladders.board(pine.pine.id, product.now())
    assert (row.urgency, row.state, row.waiting_minutes, row.late) == ("now", "alerted", 0, False)
    turn(minutes=5)
    (row,) = ladders.board(pine.pine.id, product.now())
    assert (row.waiting_minutes, row.late) == (5, True)
    actions.accept(pine.marcus.id, asked.id)
    (row,) = ladders.board(pine.pine.id, product.now())
    assert (row.state, row.late) == ("accepted", False)
    turn(minutes=15)
    (row,) = ladders.board(pine.pine.id, product.now())
    assert row.late
    serving = {str(one) for one in Supporter.objects.values_list("id", flat=True)}
    assert not serving & {str(value) for value in vars(row).values()}
    assert ladders.board(pine.lake.id, product.now()) == []
