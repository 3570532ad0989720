"""What a member's device may learn and do afterwards: how its request stands, never who; messages; its reply box."""

import base64
import os
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model

from alongside.accounts.models import Office, Organisation, Person
from alongside.escalation.models import Alert, Ladder
from alongside.help_requests import actions
from alongside.help_requests.models import BoxReply, Message, Request
from alongside.kernel import clock as product
from alongside.notify.models import Notice
from alongside.policy.models import Change
from alongside.team.models import Supporter
from tests import age_reader
from tests.conftest import Clock
from tests.escalation.programme import CONTACT
from tests.help_requests import sealed
from tests.help_requests.device import nothing, post, rows
from tests.help_requests.frames import ONE, TWELVE, Frame, frame_for, give_keys
from tests.help_requests.sealed import Keyring
from tests.world import NOW, World

UNKNOWN = {"state": "unknown"}


@pytest.fixture
def pine(world: World) -> World:
    """Return the cast, every supporter with a key for this week."""
    give_keys([world.renee, world.marcus, world.ana, world.lena])
    return world


@pytest.fixture
def frame(pine: World) -> Frame:
    """Return a request for now that was stored; nobody is called yet."""
    made = frame_for(pine.pine)
    assert post("requests", made).status_code == 201
    return made


def id_of(frame: Frame) -> uuid.UUID:
    stored = frame.stored()
    assert stored is not None
    return stored.id


def climb(**later: float) -> None:
    product.shift(timedelta(**later))
    actions.climb(product.now())


def stands(frame: Frame, path: str = "progress") -> dict[str, Any]:
    """Return how the request stands for its device, which learns of nobody by it."""
    answer = post(path, frame.token)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    said = answer.content.decode()
    for secret in names_and_ids():
        assert secret not in said
    found: dict[str, Any] = answer.json()
    return found


def names_and_ids() -> set[str]:
    """Return everything that could tell somebody apart."""
    tables: tuple[type[Model], ...] = (Person, Supporter, Office, Organisation, Ladder, Alert, Request, Notice)
    found = {str(row.pk) for model in tables for row in model._default_manager.all()}
    found |= {key.replace("-", "") for key in found}
    for person in Person.objects.all():
        found |= {person.name, *person.name.split(), person.email}
    return found | {office.name for office in Office.objects.all()}


def at(minutes: int) -> str:
    return (NOW + timedelta(minutes=minutes)).isoformat()


# --- how it stands -----------------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "A-10", "K-26")
def test_before_anybody_is_called_it_is_open_with_its_whole_plan(frame: Frame) -> None:
    assert stands(frame) == {
        "state": "open",
        "urgency": "now",
        "opened_at": at(0),
        "round": 1,
        "rungs": [
            {"kind": "primary", "count": 1, "due": at(0), "done": False},
            {"kind": "backup", "count": 1, "due": at(5), "done": False},
            {"kind": "all", "count": 3, "due": at(10), "done": False},
        ],
        "recipients": 3,
        "next_by": at(0),
        "contact_by": None,
        "taken": False,
        "ends_at": at(72 * 60),
        "zone": "America/Chicago",
        "can": ["cancel"],
    }


@pytest.mark.req("A-03", "A-10", "K-26")
def test_while_rungs_are_called_it_says_which_and_when_the_next_is(frame: Frame) -> None:
    climb()
    said = stands(frame)
    assert (said["state"], said["next_by"]) == ("alerted", at(5))
    assert [rung["done"] for rung in said["rungs"]] == [True, False, False]
    climb(minutes=10)
    said = stands(frame)
    assert (said["state"], said["next_by"]) == ("alerted", None)
    assert [rung["done"] for rung in said["rungs"]] == [True, True, True]


@pytest.mark.req("A-03", "A-10", "K-26")
def test_once_accepted_it_says_by_when_contact_is_made_and_not_by_whom(frame: Frame, pine: World) -> None:
    climb()
    product.shift(timedelta(minutes=3))
    actions.accept(pine.renee.id, id_of(frame))
    said = stands(frame)
    assert (said["state"], said["taken"], said["next_by"], said["contact_by"]) == ("accepted", True, None, at(18))
    assert said["can"] == ["not_called", "cancel"]
    actions.made_contact(pine.renee.id, id_of(frame))
    said = stands(frame)
    assert (said["state"], said["taken"], said["contact_by"]) == ("connected", True, None)
    assert said["can"] == ["not_called", "cancel"]


@pytest.mark.req("A-03", "A-10", "K-22")
def test_unanswered_it_says_so_and_nothing_else_is_left_to_say(frame: Frame) -> None:
    for _ in range(10):
        climb(hours=8)
    said = stands(frame)
    assert (said["state"], said["rungs"], said["recipients"]) == ("unanswered", [], 0)
    assert (said["next_by"], said["contact_by"], said["can"]) == (None, None, ["cancel"])
    stored = frame.stored()
    assert stored is not None
    assert stored.envelope is None


@pytest.mark.req("K-22", "K-35")
def test_closed_is_the_same_answer_as_never_sent(frame: Frame, pine: World) -> None:
    climb()
    actions.accept(pine.renee.id, id_of(frame))
    actions.close(pine.renee.id, id_of(frame), CONTACT)
    assert stands(frame) == stands(frame.but(token=os.urandom(16))) == UNKNOWN
    for path in ("progress/not-called", "progress/cancel"):
        assert stands(frame, path) == UNKNOWN


@pytest.mark.req("M-24", "K-26")
def test_a_token_is_worth_nothing_in_another_organisation(frame: Frame) -> None:
    before, version = rows(), Ladder.objects.get().version
    for path in ("progress", "progress/not-called", "progress/cancel"):
        assert post(path, frame.token, "lake").json() == UNKNOWN
    assert post("messages", frame.token + os.urandom(16) + TWELVE, "lake").status_code == 404
    assert rows() == before
    assert Ladder.objects.get().version == version


# --- not called, cancelled ---------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "A-10")
@pytest.mark.parametrize("connected", [False, True])
def test_a_member_whom_nobody_called_brings_the_request_back_to_everybody(
    connected: bool, frame: Frame, pine: World
) -> None:
    climb()
    actions.accept(pine.renee.id, id_of(frame))
    if connected:
        actions.made_contact(pine.renee.id, id_of(frame))
    product.shift(timedelta(minutes=2))
    said = stands(frame, "progress/not-called")
    assert (said["state"], said["round"], said["taken"], said["contact_by"]) == ("open", 2, False, None)
    assert (said["next_by"], said["can"]) == (at(2), ["cancel"])
    assert Notice.objects.filter(message="board", address=pine.hana.email).exists()
    climb()
    called = set(Alert.objects.filter(round=2).values_list("supporter_id", flat=True))
    assert called == {pine.renee.id, pine.marcus.id, pine.ana.id}
    actions.accept(pine.marcus.id, id_of(frame))
    assert stands(frame)["state"] == "accepted"


@pytest.mark.req("A-10")
def test_saying_so_twice_or_while_nobody_has_it_changes_nothing(frame: Frame, pine: World) -> None:
    assert stands(frame, "progress/not-called")["round"] == 1
    climb()
    assert stands(frame, "progress/not-called")["state"] == "alerted"
    actions.accept(pine.renee.id, id_of(frame))
    assert [stands(frame, "progress/not-called")["round"] for _ in range(2)] == [2, 2]


@pytest.mark.req("K-22", "K-35")
@pytest.mark.parametrize("state", ["open", "alerted", "accepted", "connected"])
def test_cancelling_deletes_every_row_whatever_the_state(state: str, frame: Frame, pine: World) -> None:
    if state != "open":
        climb()
    if state in ("accepted", "connected"):
        actions.accept(pine.renee.id, id_of(frame))
        post("messages", frame.token + os.urandom(16) + TWELVE)
    if state == "connected":
        actions.made_contact(pine.renee.id, id_of(frame))
    assert stands(frame)["state"] == state
    assert stands(frame, "progress/cancel") == UNKNOWN
    # The hash of the attempt stays until its list is over, so that a late retry does not ask again.
    assert rows() == {**nothing(), "Attempt": 1}
    assert stands(frame, "progress/cancel") == UNKNOWN


@pytest.mark.req("A-03", "K-22")
def test_cancelling_what_went_unanswered_leaves_the_broken_promise_on_the_board(frame: Frame) -> None:
    for _ in range(10):
        climb(hours=8)
    assert stands(frame, "progress/cancel") == UNKNOWN
    assert not Request.objects.exists()
    assert Ladder.objects.get().state == "unanswered"


# --- writing back ------------------------------------------------------------------------------------------------


def write(frame: Frame, attempt: bytes | None = None, envelope: bytes = TWELVE) -> Any:
    return post("messages", frame.token + (attempt or os.urandom(16)) + envelope)


@pytest.mark.req("K-22")
def test_a_message_is_kept_once_for_each_attempt_up_to_the_limit(frame: Frame, pine: World) -> None:
    Change.objects.create(organisation=pine.pine, key="messages_limit", value=5, version=1, changed_at=NOW)
    attempts = [os.urandom(16) for _ in range(6)]
    answers = [write(frame, one) for one in [*attempts[:2], *attempts]]
    assert [one.status_code for one in answers] == [201, 201, 200, 200, 201, 201, 201, 429]
    assert [one.json()["state"] for one in answers] == ["stored"] * 7 + ["full"]
    assert list(Message.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4, 5]
    # What is there already is still answered as stored.
    assert write(frame, attempts[0]).status_code == 200


@pytest.mark.req("K-34")
def test_what_is_not_sealed_is_no_message(frame: Frame) -> None:
    answer = write(frame, envelope=b"Please call".ljust(len(TWELVE)))
    assert (answer.status_code, answer.json()) == (422, {"state": "refused", "code": "not-age"})
    assert not Message.objects.exists()


@pytest.mark.req("K-22", "K-35")
def test_nobody_can_write_to_what_is_over(frame: Frame, pine: World) -> None:
    answer = write(frame.but(token=os.urandom(16)))
    assert (answer.status_code, answer.json()) == (404, UNKNOWN)
    write(frame)
    for _ in range(10):
        climb(hours=8)
    answer = write(frame)
    assert (answer.status_code, answer.json()) == (422, {"state": "refused", "code": "ended"})
    assert not Message.objects.exists()
    stands(frame, "progress/cancel")
    assert write(frame).status_code == 404


# --- the box -----------------------------------------------------------------------------------------------------


def replies(address: bytes, organisation: str = "pine") -> list[bytes]:
    answer = post("box", address, organisation)
    assert answer.status_code == 200
    assert set(answer.json()) == {"replies"}
    return [base64.b64decode(one, validate=True) for one in answer.json()["replies"]]


def answered(frame: Frame, pine: World, count: int) -> tuple[bytes, list[bytes]]:
    """Return the address of a box and what a supporter put there."""
    climb()
    actions.accept(pine.renee.id, id_of(frame))
    address, letters = os.urandom(16), [ONE[:-1] + bytes([number]) for number in range(count)]
    for letter in letters:
        actions.reply(pine.renee.id, id_of(frame), address, letter)
    return address, letters


@pytest.mark.req("K-22", "K-34")
def test_a_reply_reaches_the_device_that_has_the_words_and_opens_there(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = sealed.ask(world)
    actions.accept(world.renee.id, member.request.id)
    letter = age_reader.seal_to_box(member.receipt.recipient, '{"v":1,"text":"Today at six?"}')
    actions.reply(world.renee.id, member.request.id, member.receipt.address, letter)
    (found,) = replies(member.receipt.address)
    assert age_reader.open_with(member.receipt.identity, found) == '{"v":1,"text":"Today at six?"}'


@pytest.mark.req("K-22")
def test_replies_come_in_the_order_they_were_written_until_they_are_erased(frame: Frame, pine: World) -> None:
    address, letters = answered(frame, pine, 4)
    assert replies(address) == replies(address) == letters
    other = os.urandom(16)
    actions.reply(pine.renee.id, id_of(frame), other, ONE)
    answer = post("box/erase", address)
    assert (answer.status_code, answer.json()) == (200, {"state": "erased"})
    assert replies(address) == []
    assert replies(other) == [ONE]
    assert post("box/erase", address).json() == {"state": "erased"}
    actions.reply(pine.renee.id, id_of(frame), address, letters[0])
    assert replies(address) == [letters[0]]


@pytest.mark.req("K-22", "K-35")
def test_a_reply_outlives_its_request_and_is_gone_on_its_day(frame: Frame, pine: World, clock: Clock) -> None:
    address, letters = answered(frame, pine, 2)
    actions.close(pine.renee.id, id_of(frame), CONTACT)
    assert rows() == {**nothing(), "Attempt": 1, "BoxReply": 2}
    # Seven days of policy, to the day: no hour is kept.
    clock.set(NOW.replace(hour=23, minute=59) + timedelta(days=6))
    assert actions.purge(clock.now()) == 0
    assert replies(address) == letters
    clock.forward(minutes=1)
    assert actions.purge(clock.now()) == 2
    assert replies(address) == []
    assert not BoxReply.objects.exists()


@pytest.mark.req("K-26", "K-35")
def test_a_box_points_at_nothing_and_its_address_opens_nothing_else(frame: Frame, pine: World) -> None:
    address, _letters = answered(frame, pine, 1)
    assert {field.name for field in BoxReply._meta.fields} == {"id", "box_hash", "number", "envelope", "gone_on"}
    assert address not in bytes(BoxReply.objects.get().box_hash)
    for path in ("progress", "progress/not-called", "progress/cancel"):
        assert post(path, address).json() == UNKNOWN
    assert post("messages", address + os.urandom(16) + TWELVE).status_code == 404
    assert replies(frame.token) == replies(os.urandom(16)) == []
    assert post("box/erase", frame.token).json() == {"state": "erased"}
    assert len(replies(address)) == 1
    assert stands(frame)["state"] == "accepted"
