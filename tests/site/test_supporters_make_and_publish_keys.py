"""What the device tells the server of a supporter's keys, and what it gets back: nobody else's."""

import base64
import json
import os
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from alongside.directory import actions as directory
from alongside.kernel import clock
from alongside.policy import actions as policy
from alongside.policy.models import Change
from alongside.sealing.models import KeyWrap, ReceivingKey, WordsRecipient
from alongside.site.demo.words import supporters as known
from tests import age_reader
from tests.world import World, sign_in, timedelta

pytestmark = pytest.mark.django_db
WEEKS = ["2026-11-23", "2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21", "2026-12-28", "2027-01-04", "2027-01-11"]


def made(secret: bytes, weeks: list[str] | None = None) -> dict[str, Any]:
    """Return what a device publishes for its words."""
    _identity, recipient = age_reader.wrap_keys(secret)
    return {"wrap_recipient": recipient, "keys": [week_key(week, recipient) for week in weeks or WEEKS[:2]]}


def week_key(week: str, wrap_recipient: str) -> dict[str, str]:
    identity, public_key = age_reader.new_identity()
    wrap = base64.b64encode(age_reader.wrap(identity, wrap_recipient)).decode()
    return {"week": week, "public_key": public_key, "wrap": wrap}


def publish(client: Client, body: object) -> HttpResponse:
    text = body if isinstance(body, str) else json.dumps(body)
    return client.post(reverse("in_keys_publish"), data=text, content_type="application/json")


@pytest.mark.req("K-34")
def test_before_the_first_visit_there_is_nothing_but_the_weeks_to_make(world: World) -> None:
    state = sign_in(Client(), world.renee).get(reverse("in_keys_state")).json()
    assert state == {"wrap_recipient": None, "weeks": WEEKS, "keys": []}


@pytest.mark.req("K-34")
def test_published_keys_come_back_to_their_owner_and_can_be_unwrapped_with_the_words(world: World) -> None:
    secret = os.urandom(16)
    client = sign_in(Client(), world.renee)
    assert publish(client, made(secret)).status_code == 204
    state = client.get(reverse("in_keys_state")).json()
    identity, recipient = age_reader.wrap_keys(secret)
    assert state["wrap_recipient"] == recipient
    assert [key["week"] for key in state["keys"]] == WEEKS[:2]
    unwrapped = age_reader.unwrap(base64.b64decode(state["keys"][0]["wrap"]), identity)
    assert age_reader.recipient_of(unwrapped) == state["keys"][0]["public_key"]


@pytest.mark.req("K-34", "A-03")
def test_with_keys_a_supporter_is_on_the_list_that_members_seal_for(world: World) -> None:
    assert directory.current_list(world.pine, clock.now()).candidates == ()
    publish(sign_in(Client(), world.renee), made(os.urandom(16)))
    assert [one.supporter for one in directory.current_list(world.pine, clock.now()).candidates] == [world.renee.id]


@pytest.mark.req("M-24")
def test_nobody_gets_the_keys_of_somebody_else(world: World) -> None:
    publish(sign_in(Client(), world.renee), made(os.urandom(16)))
    assert sign_in(Client(), world.marcus).get(reverse("in_keys_state")).json()["keys"] == []


@pytest.mark.req("M-06", "M-12", "M-21")
@pytest.mark.parametrize("name", ["hana", "imani", "anne", "okafor", "priya", "nico"])
def test_only_supporters_have_keys(world: World, name: str) -> None:
    client = sign_in(Client(), world.everybody()[name])
    assert client.get(reverse("in_keys")).status_code == 404
    assert client.get(reverse("in_keys_state")).status_code == 404
    assert publish(client, made(os.urandom(16))).status_code == 404


def test_keys_made_with_other_words_are_told_apart_and_change_nothing(world: World) -> None:
    client = sign_in(Client(), world.renee)
    publish(client, made(os.urandom(16), WEEKS[:1]))
    before = client.get(reverse("in_keys_state")).json()
    assert publish(client, made(os.urandom(16), WEEKS[1:2])).status_code == 409
    assert client.get(reverse("in_keys_state")).json() == before


def test_a_week_that_has_a_key_keeps_it(world: World) -> None:
    client, secret = sign_in(Client(), world.renee), os.urandom(16)
    publish(client, made(secret, WEEKS[:1]))
    before = client.get(reverse("in_keys_state")).json()["keys"]
    assert publish(client, made(secret, WEEKS[:1])).status_code == 204
    assert client.get(reverse("in_keys_state")).json()["keys"] == before


@pytest.mark.req("K-34")
def test_a_week_whose_private_half_is_gone_counts_as_missing_and_can_be_made_anew(world: World) -> None:
    client, secret = sign_in(Client(), world.renee), os.urandom(16)
    publish(client, made(secret, WEEKS[:1]))
    KeyWrap.objects.all().delete()
    assert client.get(reverse("in_keys_state")).json()["keys"] == []
    again = made(secret, WEEKS[:1])
    assert publish(client, again).status_code == 204
    assert client.get(reverse("in_keys_state")).json()["keys"] == again["keys"]


def test_the_weeks_move_with_the_clock_and_their_number_is_policy(world: World) -> None:
    client = sign_in(Client(), world.renee)
    clock.shift(timedelta(days=7))
    assert client.get(reverse("in_keys_state")).json()["weeks"][:2] == WEEKS[1:3]
    Change.objects.create(organisation=world.pine, key="key_weeks", value=3, version=1, changed_at=clock.now())
    assert policy.queries.in_force(world.pine.id).key_weeks == 3
    assert client.get(reverse("in_keys_state")).json()["weeks"] == WEEKS[1:4]


BROKEN = {
    "no object": lambda body: [body],
    "no JSON": lambda _body: "{",
    "a number": lambda _body: 5,
    "a field missing": lambda body: {"keys": body["keys"]},
    "a field too many": lambda body: {**body, "identity": "AGE-SECRET-KEY-PQ-1"},
    "recipient of another type": lambda body: {**body, "wrap_recipient": 5},
    "recipient of another kind": lambda body: {**body, "wrap_recipient": "age1" + "q" * 58},
    "keys of another type": lambda body: {**body, "keys": "none"},
    "a key of another type": lambda body: {**body, "keys": ["none"]},
    "a key with a field too many": lambda body: {**body, "keys": [{**body["keys"][0], "secret": "x"}]},
    "a key with a number": lambda body: {**body, "keys": [{**body["keys"][0], "week": 20261123}]},
    "a week that is no day": lambda body: {**body, "keys": [{**body["keys"][0], "week": "soon"}]},
    "a week that is no Monday": lambda body: {**body, "keys": [{**body["keys"][0], "week": "2026-11-24"}]},
    "a week long gone": lambda body: {**body, "keys": [{**body["keys"][0], "week": "2026-11-16"}]},
    "a week too far ahead": lambda body: {**body, "keys": [{**body["keys"][0], "week": "2027-01-18"}]},
    "the same week twice": lambda body: {**body, "keys": [body["keys"][0], body["keys"][0]]},
    "a broken public key": lambda body: {**body, "keys": [{**body["keys"][0], "public_key": "age1pq1" + "q" * 1952}]},
    "a wrap that is no base64": lambda body: {**body, "keys": [{**body["keys"][0], "wrap": "***"}]},
    "a wrap cut short": lambda body: {**body, "keys": [{**body["keys"][0], "wrap": body["keys"][0]["wrap"][:-4]}]},
    "a bare identity for a wrap": lambda body: {
        **body,
        "keys": [{**body["keys"][0], "wrap": base64.b64encode(age_reader.new_identity()[0].encode()).decode()}],
    },
}


@pytest.mark.parametrize("how", BROKEN)
def test_anything_but_what_our_page_makes_is_refused_and_nothing_is_kept(world: World, how: str) -> None:
    client = sign_in(Client(), world.renee)
    assert publish(client, BROKEN[how](made(os.urandom(16)))).status_code == 422
    assert not ReceivingKey.objects.exists()
    assert not WordsRecipient.objects.exists()


def test_a_form_post_and_a_flood_of_bytes_are_refused(world: World) -> None:
    client = sign_in(Client(), world.renee)
    assert client.post(reverse("in_keys_publish"), {"wrap_recipient": "x"}).status_code == 422
    assert publish(client, '{"keys": "' + "x" * 150_000 + '"}').status_code == 422
    assert client.get(reverse("in_keys_publish")).status_code == 405


def test_keys_are_not_taken_from_another_site(world: World) -> None:
    strict = sign_in(Client(enforce_csrf_checks=True), world.renee)
    assert publish(strict, made(os.urandom(16))).status_code == 403
    token = str(strict.get(reverse("in_keys")).context["csrf_token"])
    answer = strict.post(
        reverse("in_keys_publish"),
        data=json.dumps(made(os.urandom(16))),
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )
    assert answer.status_code == 204


@pytest.mark.req("K-34")
def test_the_words_that_everybody_knows_are_refused_outside_the_demonstration(world: World) -> None:
    demo = known()[0]
    body = {
        "wrap_recipient": demo.wrap_recipient,
        "keys": [{"week": WEEKS[0], "public_key": demo.public_key, "wrap": demo.wrap}],
    }
    assert publish(sign_in(Client(), world.renee), body).json() == {"state": "refused", "code": "demonstration"}
