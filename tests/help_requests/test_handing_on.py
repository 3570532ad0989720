"""A request goes on to one more supporter: sealed for them alone, by who may, to whom it may; the original stays."""

import json
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts.queries import Seat
from alongside.escalation.models import Alert
from alongside.help_requests import actions
from alongside.help_requests.models import HandedOn, Request
from alongside.help_requests.rules import HandOn, Refused, parse_hand_on
from alongside.notify.models import Notice
from alongside.sealing import actions as sealing
from alongside.team import actions as team
from alongside.team.models import Supporter
from tests import age_reader
from tests import world as cast_of
from tests.escalation.steps import notices
from tests.help_requests.handing import BACKUP, OCTETS, TAKE, copy_for, frame, get, get_inbox, hand, step
from tests.help_requests.sealed import Keyring, Member, ask, ladder_of, later
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db


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


@pytest.mark.req("D-10")
def test_passed_to_somebody_while_it_waited_and_called_to_help_later_is_no_offer(
    cast: tuple[World, Keyring], gus: Supporter
) -> None:
    world, ring = cast
    member = ask(world)
    team.come_back(gus.id)
    later(minutes=5)
    assert hand(world.renee, member, frame(gus, TAKE, copy_for(ring, gus))) == 201
    assert step(world.marcus, "in_accept", member) == 302
    assert get(gus, "in_envelope", member).status_code == 410
    assert hand(world.marcus, member, frame(gus, BACKUP, copy_for(ring, gus))) == 201
    assert "Backup wanted" in get_inbox(gus)
    assert reverse("in_accept", args=[member.id]) not in get(gus, "in_request", member).content.decode()
    assert step(gus, "in_accept", member) == 410


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


def test_a_hand_on_is_read_to_the_byte() -> None:
    sealed = age_reader.seal_to_box(age_reader.new_identity()[1], "x")
    target = uuid.uuid4()
    assert parse_hand_on(frame(target, TAKE, sealed)) == HandOn(target, "take", sealed)
