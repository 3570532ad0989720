"""What the device tells the server of a supporter's keys, and what it gets back: nobody else's."""

import base64
import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from alongside.directory import actions as directory
from alongside.kernel import clock
from alongside.policy import actions as policy
from alongside.policy.models import Change
from alongside.sealing.models import KeyRing, KeyWrap, ReceivingKey
from alongside.site.demo.words import supporters as known
from tests import age_reader
from tests.sealing.devices import Device
from tests.world import World, sign_in, timedelta

pytestmark = pytest.mark.django_db
WEEKS = ["2026-11-23", "2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21", "2026-12-28", "2027-01-04", "2027-01-11"]


def made(words: bytes | None = None, weeks: list[str] | None = None) -> dict[str, Any]:
    """Return what a device publishes at enrolment."""
    return Device(words or os.urandom(16)).enrolling(weeks or WEEKS[:2])


def publish(client: Client, body: object) -> HttpResponse:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(reverse("in_keys_publish"), data=text, content_type="application/json")


@pytest.mark.req("K-34")
def test_before_the_first_visit_there_is_nothing_but_the_weeks_to_make(world: World) -> None:
    state = sign_in(Client(), world.renee).get(reverse("in_keys_state")).json()
    assert state == {"ring": None, "passkeys": [], "weeks": WEEKS, "until": None, "keys": []}


@pytest.mark.req("K-34")
def test_published_keys_come_back_to_their_owner_and_can_be_unwrapped_with_the_words(world: World) -> None:
    secret = os.urandom(16)
    client = sign_in(Client(), world.renee)
    assert publish(client, made(secret)).status_code == 204
    state = client.get(reverse("in_keys_state")).json()
    identity, recipient = age_reader.wrap_keys(secret)
    assert state["ring"]["listed"] == age_reader.ring_text([("words", "-", recipient)])
    ring_key = age_reader.open_ring_key(base64.b64decode(state["ring"]["keys"]["words"]), "words", secret)
    assert base64.b64decode(state["ring"]["mac"]) == age_reader.ring_mac(ring_key, state["ring"]["listed"])
    assert [key["week"] for key in state["keys"]] == WEEKS[:2]
    unwrapped = age_reader.unwrap(base64.b64decode(state["keys"][0]["wraps"]["words"]), identity)
    assert age_reader.recipient_of(unwrapped) == state["keys"][0]["public_key"]


@pytest.mark.req("K-34", "A-03")
def test_with_keys_a_supporter_is_on_the_list_that_members_seal_for(world: World) -> None:
    assert directory.current_list(world.pine, clock.now()).candidates == ()
    publish(sign_in(Client(), world.renee), made())
    assert [one.supporter for one in directory.current_list(world.pine, clock.now()).candidates] == [world.renee.id]


@pytest.mark.req("M-24")
def test_nobody_gets_the_keys_of_somebody_else(world: World) -> None:
    publish(sign_in(Client(), world.renee), made())
    assert sign_in(Client(), world.marcus).get(reverse("in_keys_state")).json()["keys"] == []


@pytest.mark.req("M-06", "M-12", "M-21")
@pytest.mark.parametrize("name", ["hana", "imani", "anne", "okafor", "priya", "nico"])
def test_only_supporters_have_keys(world: World, name: str) -> None:
    client = sign_in(Client(), world.everybody()[name])
    assert client.get(reverse("in_keys")).status_code == 404
    assert client.get(reverse("in_keys_state")).status_code == 404
    assert publish(client, made()).status_code == 404


def test_keys_made_with_other_words_are_told_apart_and_change_nothing(world: World) -> None:
    client = sign_in(Client(), world.renee)
    publish(client, made(None, WEEKS[:1]))
    before = client.get(reverse("in_keys_state")).json()
    assert publish(client, made(None, WEEKS[1:2])).status_code == 409
    assert client.get(reverse("in_keys_state")).json() == before


def test_a_week_that_has_a_key_keeps_it(world: World) -> None:
    client, device = sign_in(Client(), world.renee), Device()
    body = device.enrolling(WEEKS[:1])
    publish(client, body)
    device.published(body)
    before = client.get(reverse("in_keys_state")).json()["keys"]
    device.identities.clear()
    assert publish(client, device.body([device.week(WEEKS[0])])).status_code == 204
    assert client.get(reverse("in_keys_state")).json()["keys"] == before


@pytest.mark.req("K-34")
def test_a_week_whose_private_half_is_gone_counts_as_missing_and_can_be_made_anew(world: World) -> None:
    client, device = sign_in(Client(), world.renee), Device()
    body = device.enrolling(WEEKS[:1])
    publish(client, body)
    device.published(body)
    KeyWrap.objects.all().delete()
    assert client.get(reverse("in_keys_state")).json()["keys"] == []
    device.identities.clear()
    again = device.body([device.week(WEEKS[0])])
    assert publish(client, again).status_code == 204
    assert client.get(reverse("in_keys_state")).json()["keys"] == again["keys"]


def test_my_service_and_my_keys_name_the_same_last_day(world: World) -> None:
    client = sign_in(Client(), world.renee)
    assert "None for this week." in client.get(reverse("in_me")).content.decode()
    publish(client, made(None, [WEEKS[0], WEEKS[1], WEEKS[3]]))
    assert client.get(reverse("in_keys_state")).json()["until"] == "2026-12-06"
    assert "Ready until Sunday 6 December." in client.get(reverse("in_me")).content.decode()


def test_the_weeks_move_with_the_clock_and_their_number_is_policy(world: World) -> None:
    client = sign_in(Client(), world.renee)
    clock.shift(timedelta(days=7))
    assert client.get(reverse("in_keys_state")).json()["weeks"][:2] == WEEKS[1:3]
    Change.objects.create(organisation=world.pine, key="key_weeks", value=3, version=1, changed_at=clock.now())
    assert policy.queries.in_force(world.pine.id).key_weeks == 3
    assert client.get(reverse("in_keys_state")).json()["weeks"] == WEEKS[1:4]


def with_key(body: dict[str, Any], **parts: object) -> dict[str, Any]:
    return {**body, "keys": [{**body["keys"][0], **parts}]}


def with_ring(body: dict[str, Any], **parts: object) -> dict[str, Any]:
    return {**body, "ring": {**body["ring"], **parts}}


DEEP = 100_000 // 2
IDENTITY = base64.b64encode(age_reader.new_identity()[0].encode()).decode()
BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "no object": lambda body: [body],
    "no JSON": lambda _body: "{",
    "no text": lambda _body: b"\xff\xfe",
    "a number": lambda _body: 5,
    "a number without end": lambda _body: "9" * 50_000,
    "lists in lists in lists": lambda _body: "[" * DEEP + "]" * DEEP,
    "objects in objects in objects": lambda _body: '{"a":' * 20_000 + "1" + "}" * 20_000,
    "lists in the keys": lambda _body: '{"on":null,"ring":null,"keys":' + "[" * DEEP + "]" * DEEP + "}",
    "a field missing": lambda body: {"keys": body["keys"], "ring": body["ring"]},
    "a field too many": lambda body: {**body, "identity": "AGE-SECRET-KEY-PQ-1"},
    "what it was made on of another type": lambda body: {**body, "on": 5},
    "what it was made on too long": lambda body: {**body, "on": base64.b64encode(bytes(33)).decode()},
    "no ring at the first visit": lambda body: {**body, "ring": None},
    "a ring of another type": lambda body: {**body, "ring": "words"},
    "a ring with a field too many": lambda body: with_ring(body, words="legal winner"),
    "a list of another type": lambda body: with_ring(body, listed=["words"]),
    "a list in another order": lambda body: with_ring(body, listed=body["ring"]["listed"][::-1]),
    "a recipient of another kind": lambda body: with_ring(body, listed=f"alongside ring v1\nwords - age1{'q' * 58}\n"),
    "a list with half a character": lambda body: with_ring(body, listed="alongside ring v1\nwords - \ud800\n"),
    "a MAC too short": lambda body: with_ring(body, mac=base64.b64encode(bytes(31)).decode()),
    "a MAC of another type": lambda body: with_ring(body, mac=None),
    "no sealed key of the ring": lambda body: with_ring(body, keys={}),
    "a sealed key of the ring too short": lambda body: with_ring(body, keys={"words": "QUJD"}),
    "a bare key of the ring": lambda body: with_ring(body, keys={"words": base64.b64encode(bytes(32)).decode()}),
    "sealed keys for somebody unlisted": lambda body: with_ring(
        body, keys={**body["ring"]["keys"], "A" * 43: body["ring"]["keys"]["words"]}
    ),
    "sealed keys for a crowd": lambda body: with_ring(body, keys={str(number): "QUJD" for number in range(100)}),
    "keys of another type": lambda body: {**body, "keys": "none"},
    "a key of another type": lambda body: {**body, "keys": ["none"]},
    "a key with a field too many": lambda body: with_key(body, secret="x"),
    "a key with a number": lambda body: with_key(body, week=20261123),
    "a week that is no day": lambda body: with_key(body, week="soon"),
    "a week spelled otherwise": lambda body: with_key(body, week="20261123"),
    "a week that is no Monday": lambda body: with_key(body, week="2026-11-24"),
    "a week long gone": lambda body: with_key(body, week="2026-11-16"),
    "a week too far ahead": lambda body: with_key(body, week="2027-01-18"),
    "the same week twice": lambda body: {**body, "keys": [body["keys"][0], body["keys"][0]]},
    "a broken public key": lambda body: with_key(body, public_key="age1pq1" + "q" * 1952),
    "a public key of another type": lambda body: with_key(body, public_key=None),
    "a key without a MAC": lambda body: with_key(body, mac=None),
    "wraps of another type": lambda body: with_key(body, wraps=[]),
    "a wrap of another type": lambda body: with_key(body, wraps={"words": {}}),
    "a wrap that is no base64": lambda body: with_key(body, wraps={"words": "***"}),
    "a wrap cut short": lambda body: with_key(body, wraps={"words": body["keys"][0]["wraps"]["words"][:-4]}),
    "a bare identity for a wrap": lambda body: with_key(body, wraps={"words": IDENTITY}),
    "wraps for a crowd": lambda body: with_key(body, wraps={str(number): "QUJD" for number in range(100)}),
}


@pytest.mark.parametrize("how", BROKEN)
def test_anything_but_what_our_page_makes_is_refused_and_nothing_is_kept(world: World, how: str) -> None:
    client = sign_in(Client(), world.renee)
    answer = publish(client, BROKEN[how](made()))
    assert answer.status_code == 422, answer.content
    assert not ReceivingKey.objects.exists()
    assert not KeyRing.objects.exists()


def test_a_form_post_and_a_flood_of_bytes_are_refused(world: World) -> None:
    client = sign_in(Client(), world.renee)
    assert client.post(reverse("in_keys_publish"), {"wrap_recipient": "x"}).status_code == 422
    for size in (190_001, 250_000, 5_000_000):
        answer = publish(client, '{"keys": "'.ljust(size - 2, "x") + '"}')
        assert (answer.status_code, answer.json()["code"]) == (413, "too-long")
    assert client.get(reverse("in_keys_publish")).status_code == 405


def test_keys_are_not_taken_from_another_site(world: World) -> None:
    strict = sign_in(Client(enforce_csrf_checks=True), world.renee)
    assert publish(strict, made()).status_code == 403
    token = str(strict.get(reverse("in_keys")).context["csrf_token"])
    answer = strict.post(
        reverse("in_keys_publish"),
        data=json.dumps(made()),
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )
    assert answer.status_code == 204


@pytest.mark.req("K-34")
def test_the_words_that_everybody_knows_are_refused_outside_the_demonstration(world: World) -> None:
    demo = known()[0]
    body = with_key(made(), public_key=demo.public_key, wraps={"words": demo.wrap})
    words = with_ring(made(), listed=age_reader.ring_text([("words", "-", demo.wrap_recipient)]))
    assert publish(sign_in(Client(), world.renee), words).json() == {"state": "refused", "code": "demonstration"}
    assert publish(sign_in(Client(), world.renee), body).json() == {"state": "refused", "code": "demonstration"}
