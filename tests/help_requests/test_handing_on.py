"""A request goes on to one more supporter: sealed for them alone, by who may, to whom it may; the original stays."""

import json
import uuid
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from alongside.accounts.queries import Seat
from alongside.escalation.models import Alert, Ladder
from alongside.help_requests import actions
from alongside.help_requests.models import HandedOn, Message, Request
from alongside.help_requests.rules import HandOn, Refused, parse_hand_on
from alongside.kernel import clock
from alongside.notify.models import Notice
from alongside.sealing import actions as sealing
from alongside.sealing.models import ReceivingKey
from alongside.team import actions as team
from alongside.team.models import Supporter
from tests import age_reader
from tests import world as cast_of
from tests.escalation.programme import CONTACT
from tests.escalation.steps import notices
from tests.help_requests.device import post as from_device
from tests.help_requests.sealed import Keyring, Member, ask, ladder_of, later
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db
BACKUP, TAKE = 1, 2
OCTETS = "application/octet-stream"


@pytest.fixture
def gus(cast: tuple[World, Keyring]) -> Supporter:
    """Return a supporter with keys who is on leave when anybody asks, and so no recipient."""
    world, ring = cast
    made = cast_of.supporter("Gus Test", world.patrol)
    ring.publish(made)
    team.go_on_leave(made.id)
    return made


@pytest.fixture
def asked(cast: tuple[World, Keyring], gus: Supporter) -> Member:
    """Return a request whose taker is Renée; Gus is back from leave."""
    member = ask(cast[0], words="a long night", left_out=["Jail"])
    team.come_back(gus.id)
    actions.accept(cast[0].renee.id, member.request.id)
    Notice.objects.all().delete()
    return member


def frame(target: Supporter | uuid.UUID, purpose: int, sealed: bytes) -> bytes:
    number = target if isinstance(target, uuid.UUID) else target.id
    return number.bytes + bytes([purpose]) + sealed


def get(me: Supporter, name: str, member: Member, query: str = "") -> HttpResponse:
    return sign_in(Client(), me).get(reverse(name, args=[member.id]) + query)


def hand(me: Supporter, member: Member, body: bytes, content_type: str = OCTETS) -> int:
    client = sign_in(Client(), me)
    return client.post(reverse("in_hand_on", args=[member.id]), data=body, content_type=content_type).status_code


def copy_for(ring: Keyring, target: Supporter, text: str = '{"v":1,"how":"call","reach":"1"}') -> bytes:
    return age_reader.seal_to_box(ring.recipients[target.id], text)


def step(me: Supporter, name: str, member: Member) -> int:
    return sign_in(Client(), me).post(reverse(name, args=[member.id])).status_code


# --- to help -----------------------------------------------------------------------------------------------------


@pytest.mark.req("D-10", "K-34")
def test_somebody_who_was_no_recipient_is_called_to_help_and_opens_their_own_copy(
    cast: tuple[World, Keyring], gus: Supporter, asked: Member
) -> None:
    world, ring = cast
    original = Request.objects.get().envelope
    assert hand(world.renee, asked, frame(gus, BACKUP, copy_for(ring, gus))) == 201
    assert notices("backup") == ["gus"]
    sealed = get(gus, "in_envelope", asked).content
    assert json.loads(age_reader.open_with(ring.identities[gus.id], sealed))["reach"] == "1"
    assert bytes(Request.objects.get().envelope or b"") == bytes(original or b"")
    for other in (world.renee, world.marcus):
        with pytest.raises(age_reader.CannotOpenError):
            age_reader.open_with(ring.identities[other.id], sealed)
    assert get(world.renee, "in_envelope", asked).content == bytes(original or b"")
    assert "Backup wanted" in get_inbox(gus)
    assert ladder_of(asked).taker_id == world.renee.id
    assert step(gus, "in_accept", asked) == 410


def get_inbox(me: Supporter) -> str:
    return sign_in(Client(), me).get(reverse("in_inbox")).content.decode()


@pytest.mark.req("D-10")
def test_the_same_post_again_calls_nobody_twice(cast: tuple[World, Keyring], gus: Supporter, asked: Member) -> None:
    world, ring = cast
    body = frame(gus, BACKUP, copy_for(ring, gus))
    assert [hand(world.renee, asked, body) for _ in range(3)] == [201] * 3
    assert notices("backup") == ["gus"]
    assert HandedOn.objects.count() == 1


@pytest.mark.req("K-34")
def test_a_copy_never_stands_between_a_recipient_and_the_original(cast: tuple[World, Keyring], asked: Member) -> None:
    world, ring = cast
    original = bytes(Request.objects.get().envelope or b"")
    rubbish = copy_for(ring, world.renee, "rubbish for somebody else")
    assert hand(world.renee, asked, frame(world.marcus, BACKUP, rubbish)) == 201
    assert get(world.marcus, "in_envelope", asked).content == original
    assert get(world.marcus, "in_envelope", asked, "?spare").content == rubbish
    assert "?spare" in get(world.marcus, "in_request", asked).content.decode()
    # A second copy takes the place of the first, so that a good one can follow a bad one.
    good = copy_for(ring, world.marcus)
    assert hand(world.renee, asked, frame(world.marcus, BACKUP, good)) == 201
    assert get(world.marcus, "in_envelope", asked, "?spare").content == good
    assert get(world.marcus, "in_envelope", asked).content == original


# --- to take over ------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "A-10")
def test_what_is_offered_stays_with_the_taker_until_it_is_accepted(
    cast: tuple[World, Keyring], gus: Supporter, asked: Member
) -> None:
    world, ring = cast
    assert hand(world.renee, asked, frame(gus, TAKE, copy_for(ring, gus))) == 201
    ladder = ladder_of(asked)
    assert (ladder.state, ladder.taker_id) == ("accepted", world.renee.id)
    assert "asks you to take it over" in get_inbox(gus)
    assert "Gus Test, to take it over" in get(world.renee, "in_request", asked).content.decode()
    later(minutes=10)
    assert step(gus, "in_accept", asked) == 302
    ladder = ladder_of(asked)
    assert (ladder.state, ladder.taker_id) == ("accepted", gus.id)
    # The new taker has the whole time to make contact; the former one is out of it.
    later(minutes=10)
    assert ladder_of(asked).taker_id == gus.id
    assert get(world.renee, "in_envelope", asked).status_code == 410
    assert get(gus, "in_envelope", asked).status_code == 200
    later(minutes=6)
    assert ladder_of(asked).taker_id is None
    assert Alert.objects.filter(supporter=gus, round=2).exists()
    assert not Alert.objects.filter(supporter=world.renee, round=2).exists()


@pytest.mark.req("A-03")
def test_the_takers_clock_runs_while_nobody_accepts(cast: tuple[World, Keyring], gus: Supporter, asked: Member) -> None:
    world, ring = cast
    assert hand(world.renee, asked, frame(gus, TAKE, copy_for(ring, gus))) == 201
    later(minutes=15)
    ladder = ladder_of(asked)
    assert (ladder.state, ladder.taker_id, ladder.round) == ("alerted", None, 2)
    called = set(Alert.objects.filter(round=2).values_list("supporter_id", flat=True))
    assert gus.id in called, "whoever can open it is called with everybody"
    assert step(gus, "in_accept", asked) == 302


@pytest.mark.req("A-03")
def test_contact_that_was_made_stays_made(cast: tuple[World, Keyring], gus: Supporter, asked: Member) -> None:
    world, ring = cast
    actions.made_contact(world.renee.id, asked.request.id)
    assert hand(world.renee, asked, frame(gus, TAKE, copy_for(ring, gus))) == 201
    assert step(gus, "in_accept", asked) == 302
    assert (ladder_of(asked).state, ladder_of(asked).taker_id) == ("connected", gus.id)


@pytest.mark.req("A-10")
def test_of_two_who_were_asked_the_second_is_told_and_can_read_no_more(
    cast: tuple[World, Keyring], gus: Supporter, asked: Member
) -> None:
    world, ring = cast
    assert hand(world.renee, asked, frame(gus, TAKE, copy_for(ring, gus))) == 201
    assert hand(world.renee, asked, frame(world.marcus, TAKE, copy_for(ring, world.marcus))) == 201
    assert get(world.marcus, "in_envelope", asked).status_code == 200
    assert step(gus, "in_accept", asked) == 302
    assert step(world.marcus, "in_accept", asked) == 410
    assert get(world.marcus, "in_envelope", asked).status_code == 410


@pytest.mark.req("B-16")
def test_whoever_is_asked_may_pass_and_the_taker_sees_it(
    cast: tuple[World, Keyring], gus: Supporter, asked: Member
) -> None:
    world, ring = cast
    assert hand(world.renee, asked, frame(gus, TAKE, copy_for(ring, gus))) == 201
    assert step(gus, "in_pass", asked) == 302
    assert get(gus, "in_envelope", asked).status_code == 410
    page = get(world.renee, "in_request", asked).content.decode()
    assert "passed" in page
    assert "Gus Test, to take it over" in page
    assert ladder_of(asked).taker_id == world.renee.id
    assert hand(world.renee, asked, frame(gus, BACKUP, copy_for(ring, gus))) == 409


@pytest.mark.req("D-10")
def test_a_helper_can_be_asked_to_take_it_over_and_is_called_again_for_that(
    cast: tuple[World, Keyring], gus: Supporter, asked: Member
) -> None:
    world, ring = cast
    for purpose in (BACKUP, TAKE):
        assert hand(world.renee, asked, frame(gus, purpose, copy_for(ring, gus))) == 201
    assert notices("backup") == ["gus", "gus"]
    assert step(gus, "in_accept", asked) == 302
    assert ladder_of(asked).taker_id == gus.id


@pytest.mark.req("B-16", "A-03")
def test_somebody_called_passes_it_to_a_person_while_it_waits(cast: tuple[World, Keyring], gus: Supporter) -> None:
    world, ring = cast
    member = ask(world)
    team.come_back(gus.id)
    Notice.objects.all().delete()
    assert hand(world.renee, member, frame(gus, BACKUP, copy_for(ring, gus))) == 409
    assert hand(world.renee, member, frame(gus, TAKE, copy_for(ring, gus))) == 201
    assert notices("waiting_now") == ["gus"]
    assert get(world.renee, "in_envelope", member).status_code == 410
    assert "passed this one to you" in get_inbox(gus)
    # Nobody waits for Renée; the ladder climbs at its time.
    assert ladder_of(member).rung == 1
    later(minutes=5)
    assert ladder_of(member).rung == 2
    assert step(gus, "in_accept", member) == 302
    assert ladder_of(member).taker_id == gus.id


# --- whom ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("K-34", "M-06")
def test_the_list_names_who_may_be_asked_with_the_key_to_seal_for_and_nobody_else(
    cast: tuple[World, Keyring], gus: Supporter, asked: Member
) -> None:
    world, ring = cast
    cast_of.supporter("Keyless Test", world.jail)
    found = get(world.renee, "in_peers", asked).json()["peers"]
    names = [one["name"].split()[0] for one in found]
    assert names[0] == "Marcus", "who is on call comes first"
    assert sorted(names) == ["Ana", "Gus", "Marcus"]
    [one] = [one for one in found if one["name"] == "Gus Test"]
    assert one["key"] == ring.recipients[gus.id]
    assert one["purposes"] == ["backup", "take"]
    team.go_on_leave(gus.id)
    assert "Gus Test" not in [one["name"] for one in get(world.renee, "in_peers", asked).json()["peers"]]
    assert get(world.marcus, "in_peers", asked).status_code == 404
    assert get(world.lena, "in_peers", asked).status_code == 404


@pytest.mark.req("M-06")
@pytest.mark.parametrize("who", ["on leave", "ended", "of another organisation", "without keys", "nobody", "oneself"])
def test_who_cannot_be_asked_is_refused_and_nothing_is_kept(
    cast: tuple[World, Keyring], gus: Supporter, asked: Member, who: str
) -> None:
    world, ring = cast
    target: Supporter | uuid.UUID = gus
    status = 409
    match who:
        case "on leave":
            team.go_on_leave(gus.id)
        case "ended":
            team.end(Seat(world.hana, world.pine, frozenset({"coordinator"})), gus.id)
        case "of another organisation":
            target, status = world.lena, 404
        case "without keys":
            sealing.drop_keys(gus.person_id)
        case "nobody":
            target, status = uuid.uuid4(), 404
        case _:
            target = world.renee
    before = ladder_of(asked).rungs
    for purpose in (BACKUP, TAKE):
        assert hand(world.renee, asked, frame(target, purpose, copy_for(ring, world.marcus))) == status
    assert not HandedOn.objects.exists()
    assert not Notice.objects.filter(message="backup").exists()
    assert ladder_of(asked).rungs == before


@pytest.mark.req("M-06")
def test_only_the_taker_hands_on_what_is_taken(cast: tuple[World, Keyring], gus: Supporter, asked: Member) -> None:
    world, ring = cast
    body = frame(gus, TAKE, copy_for(ring, gus))
    assert hand(world.marcus, asked, body) == 404
    assert hand(world.lena, asked, body) == 404
    assert hand(world.renee, asked, frame(world.marcus, BACKUP, copy_for(ring, world.marcus))) == 201
    assert hand(world.marcus, asked, body) == 409
    assert sign_in(Client(), world.hana).post(reverse("in_hand_on", args=[asked.id]), body, OCTETS).status_code in (
        403,
        404,
    )
    assert HandedOn.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda body: body[:-1], "wrong-size"),
        (lambda body: body + b"x", "wrong-size"),
        (lambda body: body[:17], "wrong-size"),
        (lambda body: body[:16] + b"\x00" + body[17:], "bad-purpose"),
        (lambda body: body[:16] + b"\x03" + body[17:], "bad-purpose"),
        (lambda body: body[:17] + bytes(len(body) - 17), "not-age"),
        (lambda body: body.replace(b"mlkem768x25519", b"mlkem768x25518"), "classical-recipient"),
    ],
)
def test_what_is_no_copy_is_refused_and_nothing_is_kept(
    cast: tuple[World, Keyring], gus: Supporter, asked: Member, change: Callable[[bytes], bytes], code: str
) -> None:
    world, ring = cast
    body = change(frame(gus, BACKUP, copy_for(ring, gus)))
    with pytest.raises(Refused) as refused:
        parse_hand_on(body)
    assert refused.value.code == code
    assert hand(world.renee, asked, body) == 422
    assert hand(world.renee, asked, frame(gus, BACKUP, copy_for(ring, gus)), "text/plain") == 415
    assert not HandedOn.objects.exists()
    assert not Notice.objects.filter(message="backup").exists()


def test_a_post_without_the_token_of_the_page_is_refused(
    cast: tuple[World, Keyring], gus: Supporter, asked: Member
) -> None:
    client = sign_in(Client(enforce_csrf_checks=True), cast[0].renee)
    body = frame(gus, BACKUP, copy_for(cast[1], gus))
    assert client.post(reverse("in_hand_on", args=[asked.id]), body, OCTETS).status_code == 403
    assert client.get(reverse("in_hand_on", args=[asked.id])).status_code == 405


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
    assert from_device("messages", member.receipt.token + age_reader.os.urandom(16) + sealed).status_code == 201


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


def test_a_hand_on_is_read_to_the_byte() -> None:
    sealed = age_reader.seal_to_box(age_reader.new_identity()[1], "x")
    target = uuid.uuid4()
    assert parse_hand_on(frame(target, TAKE, sealed)) == HandOn(target, "take", sealed)
