"""Whoever left opens nothing more, copies go with the request, and a message is for those who are there."""

import os

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts.queries import Seat
from alongside.escalation.models import Ladder
from alongside.help_requests import actions
from alongside.help_requests.models import HandedOn, Message
from alongside.kernel import clock
from alongside.sealing.models import ReceivingKey
from alongside.team import actions as team
from alongside.team.models import Supporter
from tests import age_reader
from tests import world as cast_of
from tests.escalation.programme import CONTACT
from tests.help_requests.device import post as from_device
from tests.help_requests.handing import BACKUP, TAKE, copy_for, frame, get, hand, step
from tests.help_requests.sealed import Keyring, Member, ask, later
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db

# --- leaving ------------------------------------------------------------------------------------------------------


@pytest.mark.req("C-17", "K-34", "K-22")
def test_whoever_left_can_fetch_nothing_and_their_copy_is_gone_at_once(
    cast: tuple[World, Keyring], gus: Supporter, asked: Member
) -> None:
    world, ring = cast
    assert hand(world.renee, asked, frame(gus, BACKUP, copy_for(ring, gus))) == 201
    client = sign_in(Client(), gus)
    team.end(Seat(world.hana, world.pine, frozenset({"coordinator"})), gus.id)
    assert not HandedOn.objects.exists()
    assert not ReceivingKey.objects.filter(person=gus.person_id).exists()
    answer = client.get(reverse("in_envelope", args=[asked.id]))
    assert answer.status_code in (302, 403, 404)
    assert ring.recipients[gus.id] not in present(asked)


@pytest.mark.req("C-17", "M-06")
def test_a_coordinator_who_serves_no_more_can_open_no_more_and_still_coordinates(cast: tuple[World, Keyring]) -> None:
    world, ring = cast
    hana = cast_of.supporter(world.hana, world.patrol)
    ring.publish(hana)
    team.go_on_leave(hana.id)
    member = ask(world)
    team.come_back(hana.id)
    actions.accept(world.renee.id, member.request.id)
    assert hand(world.renee, member, frame(hana, BACKUP, copy_for(ring, hana))) == 201
    assert get(hana, "in_envelope", member).status_code == 200
    other = cast_of.person("Second Coordinator", world.pine, "coordinator")
    team.end(Seat(other, world.pine, frozenset({"coordinator"})), hana.id)
    assert not HandedOn.objects.exists()
    client = sign_in(Client(), world.hana)
    assert client.get(reverse("in_envelope", args=[member.id])).status_code in (403, 404)
    assert client.get(reverse("in_board")).status_code == 200


@pytest.mark.req("C-17")
def test_somebody_who_serves_elsewhere_keeps_their_keys_and_loses_the_copy_by_the_next_turn(
    cast: tuple[World, Keyring], gus: Supporter, asked: Member
) -> None:
    world, ring = cast
    cast_of.supporter(gus.person, world.lena.office)
    assert hand(world.renee, asked, frame(gus, BACKUP, copy_for(ring, gus))) == 201
    team.end(Seat(world.hana, world.pine, frozenset({"coordinator"})), gus.id)
    assert ReceivingKey.objects.filter(person=gus.person_id).exists()
    assert get(gus, "in_envelope", asked).status_code in (404, 410)
    actions.climb(clock.now())
    assert not HandedOn.objects.exists()


@pytest.mark.req("K-22", "K-35")
@pytest.mark.parametrize("end", ["closed", "cancelled", "unanswered"])
def test_copies_go_with_the_request(cast: tuple[World, Keyring], gus: Supporter, asked: Member, end: str) -> None:
    world, ring = cast
    assert hand(world.renee, asked, frame(gus, BACKUP, copy_for(ring, gus))) == 201
    match end:
        case "closed":
            actions.close(world.renee.id, asked.request.id, CONTACT)
        case "cancelled":
            actions.cancel(world.pine, asked.receipt.token)
        case _:
            later(hours=74)
            later(hours=2)
            assert Ladder.objects.get().state == "unanswered"
    assert not HandedOn.objects.exists()


@pytest.mark.req("C-18")
def test_on_leave_they_open_nothing_and_back_again_they_do(
    cast: tuple[World, Keyring], gus: Supporter, asked: Member
) -> None:
    world, ring = cast
    assert hand(world.renee, asked, frame(gus, BACKUP, copy_for(ring, gus))) == 201
    team.go_on_leave(gus.id)
    assert get(gus, "in_envelope", asked).status_code == 410
    assert ring.recipients[gus.id] not in present(asked)
    team.come_back(gus.id)
    assert get(gus, "in_envelope", asked).status_code == 200


# --- writing back ------------------------------------------------------------------------------------------------


def present(member: Member) -> list[str]:
    """Return the keys that the member's device is told to seal for."""
    answer = from_device("progress/present", member.receipt.token)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    found = answer.json()["keys"]
    assert isinstance(found, list)
    return found


def write(member: Member, text: str) -> None:
    sealed = age_reader.seal_for(present(member), text, 12)
    assert from_device("messages", member.receipt.token + os.urandom(16) + sealed).status_code == 201


@pytest.mark.req("K-34", "K-22")
def test_a_message_is_for_those_who_are_on_it_when_it_is_written(
    cast: tuple[World, Keyring], gus: Supporter, asked: Member
) -> None:
    world, ring = cast
    key = ring.recipients
    assert present(asked) == [key[world.renee.id]]
    write(asked, "to Renée")
    assert hand(world.renee, asked, frame(gus, TAKE, copy_for(ring, gus))) == 201
    assert present(asked) == [key[world.renee.id], key[gus.id]]
    write(asked, "to both")
    assert step(gus, "in_accept", asked) == 302
    assert present(asked) == [key[gus.id]]
    write(asked, "to Gus")
    opens = {name: opened(ring.identities[serving.id]) for name, serving in (("renee", world.renee), ("gus", gus))}
    assert opens == {"renee": ["to Renée", "to both"], "gus": ["to both", "to Gus"]}
    assert len(get(gus, "in_messages", asked).json()["messages"]) == 3
    assert get(world.renee, "in_messages", asked).status_code == 410


def opened(identity: str) -> list[str]:
    """Return the messages that an identity opens, by the independent reader."""
    found = []
    for message in Message.objects.order_by("number"):
        try:
            found.append(age_reader.open_with(identity, bytes(message.envelope)))
        except age_reader.CannotOpenError:
            continue
    return found


@pytest.mark.req("K-34")
def test_while_nobody_has_it_a_message_is_for_those_called_and_for_nobody_once_they_are_gone(
    cast: tuple[World, Keyring], asked: Member
) -> None:
    world, ring = cast
    actions.give_back(world.renee.id, asked.request.id)
    called = [world.marcus, world.ana]
    assert sorted(present(asked)) == sorted(ring.recipients[one.id] for one in called)
    for one in called:
        team.go_on_leave(one.id)
    assert present(asked) == []


def test_only_the_device_that_asked_learns_who_is_there(cast: tuple[World, Keyring], asked: Member) -> None:
    assert from_device("progress/present", bytes(16)).json() == {"state": "unknown"}
    assert from_device("progress/present", asked.receipt.token, "lake").json() == {"state": "unknown"}
    assert from_device("progress/present", asked.receipt.token + b"x").status_code == 413
    actions.cancel(cast[0].pine, asked.receipt.token)
    assert from_device("progress/present", asked.receipt.token).json() == {"state": "unknown"}
