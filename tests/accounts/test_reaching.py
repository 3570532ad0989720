"""Ways to be reached: their order, tests that only a tap confirms, ways that died, quiet hours, push of a browser."""

import json
import re
import uuid
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts import actions, queries
from alongside.accounts.models import ContactPoint, Person
from alongside.notify import actions as notify
from alongside.notify.models import Notice
from alongside.policy import actions as policy
from alongside.rota import actions as rota
from alongside.rota.models import Shift
from tests.notify.push_service import text
from tests.world import NOW, World, shift, sign_in, unknown_id

PUSH = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
    "p256dh": "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
    "auth": "AAAAAAAAAAAAAAAAAAAAAA",
}


def points(person: Person) -> list[str]:
    return [one.address for one in queries.contact_points_of(person.id)]


def link_of(address: str) -> str:
    values = Notice.objects.get(address=address).values
    return str(values["link"]).removeprefix("http://localhost:8000")


def state_of(address: str) -> str:
    return ContactPoint.objects.get(address=address).state


# --- order -------------------------------------------------------------------------------------------------------


def test_ways_are_moved_by_buttons_and_keep_their_order(world: World, client: Client) -> None:
    renee = world.renee.person
    for name in ("two", "three"):
        actions.add_contact_point(renee, "email", f"{name}@home.example")
    assert points(renee) == ["renee@pine.example", "two@home.example", "three@home.example"]
    sign_in(client, renee)
    last = ContactPoint.objects.get(address="three@home.example")
    client.post(reverse("in_contact_move", args=[last.id]), {"to": "earlier"})
    client.post(reverse("in_contact_move", args=[last.id]), {"to": "earlier"})
    client.post(reverse("in_contact_move", args=[last.id]), {"to": "earlier"})
    assert points(renee) == ["three@home.example", "renee@pine.example", "two@home.example"]
    client.post(reverse("in_contact_move", args=[last.id]), {"to": "later"})
    assert points(renee) == ["renee@pine.example", "three@home.example", "two@home.example"]
    assert [address for _kind, address in queries.addresses_of(renee.id)] == points(renee)


def test_nobody_moves_somebody_elses(world: World, client: Client) -> None:
    point = ContactPoint.objects.get(person=world.renee.person)
    sign_in(client, world.ana)
    for one in (point.id, unknown_id()):
        assert client.post(reverse("in_contact_move", args=[one]), {"to": "later"}).status_code == 404


def test_there_is_an_end_to_the_ways_of_one_person(world: World, client: Client) -> None:
    sign_in(client, world.renee)
    for number in range(12):
        answer = client.post(reverse("in_contact_add"), {"kind": "email", "address": f"{number}@home.example"})
    assert answer.status_code == 422
    assert b"enough ways" in answer.content
    assert len(points(world.renee.person)) == 8
    assert client.post(reverse("in_push_add"), json.dumps(PUSH), content_type="application/json").status_code == 409


# --- tests -------------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03")
def test_only_a_tap_says_that_a_test_arrived_and_it_works_once(world: World, client: Client) -> None:
    actions.add_contact_point(world.renee.person, "email", "renee@home.example")
    sign_in(client, world.renee)
    client.post(reverse("in_test"))
    assert Notice.objects.filter(message="test").count() == 2
    link, stranger = link_of("renee@home.example"), Client()
    for _ in range(3):
        # A mail scanner opens every link, also by HEAD, and follows what it finds.
        assert stranger.get(link).status_code == 200
        assert stranger.head(link).status_code == 200
    assert state_of("renee@home.example") == "unconfirmed"
    assert b"This way works" in stranger.post(link).content
    assert state_of("renee@home.example") == "confirmed"
    assert stranger.get(link).status_code == stranger.post(link).status_code == 410


def test_a_tap_from_elsewhere_needs_the_pages_own_form(world: World) -> None:
    actions.try_every_way(world.renee.person)
    careful = Client(enforce_csrf_checks=True)
    link = link_of("renee@pine.example")
    ContactPoint.objects.update(state="unconfirmed")
    assert careful.post(link).status_code == 403
    assert state_of("renee@pine.example") == "unconfirmed"
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', careful.get(link).content.decode())
    assert token
    assert careful.post(link, {"csrfmiddlewaretoken": token[1]}).status_code == 200
    assert state_of("renee@pine.example") == "confirmed"


def test_a_token_ends_after_a_day_and_a_newer_test_replaces_it(world: World, client: Client, clock: Any) -> None:
    actions.try_every_way(world.renee.person)
    first = link_of("renee@pine.example")
    Notice.objects.all().delete()
    actions.try_every_way(world.renee.person)
    second = link_of("renee@pine.example")
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200
    clock.forward(hours=25)
    assert client.post(second).status_code == 410
    actions.purge_tests(clock.now())
    point = ContactPoint.objects.get(address="renee@pine.example")
    assert (point.test_hash, point.test_until) == (None, None)
    assert client.get(reverse("in_reached", args=["x" * 43])).status_code == 410


@pytest.mark.req("K-36", "K-35")
def test_neither_the_page_nor_what_is_kept_tells_who_it_is_for_or_when(world: World, client: Client) -> None:
    actions.try_every_way(world.renee.person)
    page = client.get(link_of("renee@pine.example")).content.decode()
    for word in ("Renée", "Pine County", "renee@", "peer", "support"):
        assert word not in page
    client.post(link_of("renee@pine.example"))
    row = ContactPoint.objects.filter(address="renee@pine.example").values().get()
    assert set(row) == {"id", "person_id", "kind", "address", "position", "state", "test_hash", "test_until"}
    assert (row["test_hash"], row["test_until"]) == (None, None)


def test_a_test_is_not_queued_twice_at_a_time(world: World) -> None:
    for _ in range(3):
        actions.try_every_way(world.renee.person)
    assert Notice.objects.count() == 1


@pytest.mark.req("K-33")
def test_the_link_of_a_test_is_not_readable_in_the_database(world: World) -> None:
    from django.db import connection

    actions.try_every_way(world.renee.person)
    token = link_of("renee@pine.example").rpartition("/")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM notify_notice")
        row = cursor.fetchone()
        cursor.execute("SELECT * FROM accounts_contactpoint WHERE address = %s", ["renee@pine.example"])
        row += cursor.fetchone()
    for value in row:
        raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        assert token.encode() not in raw


# --- what the outbox learns --------------------------------------------------------------------------------------


@pytest.mark.req("A-03")
def test_a_dead_way_is_told_to_its_owner_and_the_coordinator_without_the_address(world: World, client: Client) -> None:
    actions.learn([("email", "renee@pine.example"), ("email", "ana@pine.example")], [])
    ContactPoint.objects.filter(address="marcus@pine.example").update(state="unconfirmed")
    board = sign_in(client, world.hana).get(reverse("in_board")).content.decode()
    assert "Ana Ruiz, Renée Dubois: no message reaches them any more. Phone them." in board
    assert "Marcus Bell: no confirmed way to be reached." in board
    assert "@pine.example" not in board.replace("hana@pine.example", "")
    mine = Client()
    assert "does not work" in sign_in(mine, world.renee).get(reverse("in_me")).content.decode()
    assert "Nobody can call you" in mine.get(reverse("in_inbox")).content.decode()
    found = queries.reach()
    assert (found.unconfirmed - 3, found.unreachable) == (0, 2)


def test_a_way_that_works_again_is_known_to_and_confirmed_ones_stay(world: World) -> None:
    actions.learn([("email", "renee@pine.example")], [])
    actions.learn([], [("email", "renee@pine.example"), ("email", "ana@pine.example")])
    assert (state_of("renee@pine.example"), state_of("ana@pine.example")) == ("unconfirmed", "confirmed")


def test_a_push_that_ended_is_not_tried_a_dead_mailbox_is_tried_last(world: World) -> None:
    renee = world.renee.person
    actions.add_contact_point(renee, "push", " ".join(PUSH.values()))
    actions.add_contact_point(renee, "email", "renee@home.example")
    actions.learn([("push", " ".join(PUSH.values())), ("email", "renee@pine.example")], [])
    assert queries.addresses_of(renee.id) == [("email", "renee@home.example"), ("email", "renee@pine.example")]
    again = actions.add_contact_point(renee, "push", " ".join(PUSH.values()))
    assert ContactPoint.objects.get(id=again.id).state == "unconfirmed", "subscribed anew"


# --- a browser ---------------------------------------------------------------------------------------------------


def add_push(client: Client, **other: object) -> Any:
    return client.post(reverse("in_push_add"), json.dumps({**PUSH, **other}), content_type="application/json")


def test_a_browser_becomes_a_way_and_its_secrets_are_shown_to_its_owner_only(world: World, client: Client) -> None:
    sign_in(client, world.renee)
    assert add_push(client).status_code == add_push(client).status_code == 204
    point = ContactPoint.objects.get(kind="push")
    assert point.address == " ".join(PUSH.values())
    page = client.get(reverse("in_me")).content.decode()
    assert "Chrome, Android" in page
    assert PUSH["auth"] not in page
    assert PUSH["p256dh"] not in page


@pytest.mark.req("K-24")
@pytest.mark.parametrize(
    "other",
    [
        {"endpoint": "https://10.0.0.1/x"},
        {"endpoint": "http://fcm.googleapis.com/x"},
        {"endpoint": "https://fcm.googleapis.com/x y"},
        {"endpoint": ["https://fcm.googleapis.com/x"]},
        {"endpoint": None},
        {"p256dh": text(bytes(65))},
        {"p256dh": ""},
        {"auth": text(bytes(17))},
        {"auth": "AAAAAAAAAAAAAAAAAAAAAA x"},
    ],
)
def test_what_is_no_browser_is_refused(world: World, client: Client, other: dict[str, object]) -> None:
    sign_in(client, world.renee)
    assert add_push(client, **other).status_code == 422
    assert not ContactPoint.objects.filter(kind="push").exists()


@pytest.mark.parametrize("body", ["", "[]", "null", "{", "x" * 5000, '{"endpoint": {"a": 1}}'])
def test_a_body_that_is_none_is_refused(world: World, client: Client, body: str) -> None:
    sign_in(client, world.renee)
    assert client.post(reverse("in_push_add"), body, content_type="application/json").status_code == 422
    assert client.post(reverse("in_push_add"), PUSH).status_code == 422


def test_a_push_address_cannot_be_typed(world: World, client: Client) -> None:
    sign_in(client, world.renee)
    sent = {"kind": "push", "address": " ".join(PUSH.values())}
    assert client.post(reverse("in_contact_add"), sent).status_code == 422


# --- quiet hours -------------------------------------------------------------------------------------------------


def quiet(client: Client, starts: str, ends: str) -> Any:
    return client.post(reverse("in_quiet"), {"starts": starts, "ends": ends})


@pytest.mark.req("B-38")
def test_quiet_hours_are_set_shown_and_ended(world: World, client: Client) -> None:
    sign_in(client, world.renee)
    assert quiet(client, "22:00", "06:30").url == reverse("in_me")
    person = Person.objects.get(id=world.renee.person_id)
    assert (person.quiet_from, person.quiet_to) == (time(22), time(6, 30))
    found = queries.quiet_of(person)
    assert found is not None
    assert found.zone == "America/Chicago"
    assert "From 22:00 to 06:30" in client.get(reverse("in_me")).content.decode()
    assert 'value="22:00"' in client.get(reverse("in_quiet")).content.decode()
    quiet(client, "", "")
    assert queries.quiet_of(Person.objects.get(id=person.id)) is None


@pytest.mark.parametrize(
    ("starts", "ends"),
    [("22:00", ""), ("", "6:00"), ("6:00", "6:00"), ("06:00", "18:01"), ("25:00", "6:00"), ("x", "y")],
)
def test_quiet_hours_that_are_none_are_refused(world: World, client: Client, starts: str, ends: str) -> None:
    sign_in(client, world.renee)
    assert quiet(client, starts, ends).status_code == 422
    assert Person.objects.get(id=world.renee.person_id).quiet_from is None


def test_a_warning_of_keys_waits_for_the_morning(world: World) -> None:
    actions.set_quiet_hours(world.renee.person, time(7), time(9))
    renee = Person.objects.get(id=world.renee.person_id)
    assert queries.after_quiet(renee, NOW) == NOW + timedelta(minutes=55)
    assert queries.after_quiet(world.marcus.person, NOW) == NOW


# --- at the beginning of a shift ---------------------------------------------------------------------------------


@pytest.mark.req("A-03")
def test_a_test_page_is_sent_once_when_a_shift_begins(world: World, client: Client, clock: Any) -> None:
    Shift.objects.all().delete()
    shift(world.ana, 1, NOW + timedelta(minutes=10), NOW + timedelta(hours=10))
    assert rota.check_reach(clock.now()) == 0
    assert b"Your shift begins" not in sign_in(client, world.ana).get(reverse("in_inbox")).content
    clock.forward(minutes=11)
    assert [rota.check_reach(clock.now()) for _ in range(3)] == [1, 0, 0]
    assert list(Notice.objects.values_list("message", "address")) == [("shift_check", "ana@pine.example")]
    assert b"Your shift begins" in client.get(reverse("in_inbox")).content
    clock.forward(hours=3)
    assert b"Your shift begins" not in client.get(reverse("in_inbox")).content


def test_policy_switches_it_off_and_whoever_is_on_leave_is_left_alone(world: World, clock: Any) -> None:
    Shift.objects.all().delete()
    shift(world.ana, 1, NOW, NOW + timedelta(hours=10))
    shift(world.marcus, 2, NOW, NOW + timedelta(hours=10))
    from alongside.team import actions as team

    team.go_on_leave(world.marcus.id)
    seat = queries.seats(world.hana)[0]
    policy.change(seat, "shift_check", 0)
    assert rota.check_reach(clock.now()) == 0
    assert not Notice.objects.exists()


def test_a_shift_that_began_while_the_machine_was_off_long_ago_wakes_nobody(world: World, clock: Any) -> None:
    clock.forward(hours=3)
    assert rota.check_reach(clock.now()) == 0


def test_a_removed_way_takes_its_test_along(world: World) -> None:
    added = actions.add_contact_point(world.renee.person, "email", "renee@home.example")
    actions.try_every_way(world.renee.person)
    actions.remove_contact_point(world.renee.person, added.id)
    assert list(Notice.objects.values_list("address", flat=True)) == ["renee@pine.example"]
    assert notify.forget(uuid.uuid4()) == 0
