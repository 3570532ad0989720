"""A request exists for the supporters who were called for it, and for nobody else."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from alongside.escalation.models import Alert
from alongside.rota.models import Shift
from tests import age_reader
from tests.help_requests.sealed import Keyring, ask, later
from tests.world import NOW, World, shift, sign_in, supporter, unknown_id

pytestmark = pytest.mark.django_db
PAGES = ("in_request", "in_envelope", "in_messages")
STEPS = ("in_accept", "in_pass", "in_backup", "in_connected", "in_release", "in_close", "in_reply")


@pytest.mark.req("A-03")
def test_the_supporter_who_was_called_finds_the_request_waiting(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    page = sign_in(Client(), world.renee).get(reverse("in_inbox"))
    assert "One person is waiting." in page.content.decode()
    assert reverse("in_envelope", args=[member.id]) in page.content.decode()


@pytest.mark.req("M-06", "K-34")
def test_what_the_server_hands_out_opens_only_with_the_key_of_somebody_it_was_sealed_for(
    cast: tuple[World, Keyring],
) -> None:
    world, ring = cast
    member = ask(world, words="marker 5157")
    page = sign_in(Client(), world.renee).get(reverse("in_envelope", args=[member.id]))
    assert page["Content-Type"] == "application/octet-stream"
    assert b"marker" not in page.content
    opened = json.loads(age_reader.open_with(ring.identities[world.renee.id], page.content))
    assert opened["words"] == "marker 5157"
    with pytest.raises(age_reader.CannotOpenError):
        age_reader.open_with(ring.identities[world.lena.id], page.content)


@pytest.mark.req("M-06", "M-24")
@pytest.mark.parametrize("name", ["hana", "imani", "anne", "okafor", "lars", "priya", "nico", "lena", "marcus", "ana"])
def test_nobody_else_gets_anything_of_it(cast: tuple[World, Keyring], name: str) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.everybody()[name])
    for page in PAGES:
        assert client.get(reverse(page, args=[member.id])).status_code == 404
    for step in STEPS:
        assert client.post(reverse(step, args=[member.id])).status_code == 404
    member.request.ladder.refresh_from_db()
    assert member.request.ladder.state == "alerted"


def test_a_stranger_is_sent_to_sign_in_or_sees_nothing(cast: tuple[World, Keyring]) -> None:
    member = ask(cast[0])
    answer = Client().get(reverse("in_request", args=[member.id]))
    assert answer.status_code in {302, 404}
    assert answer.status_code == 404 or "/in/enter/" in answer["Location"]


def test_a_request_that_never_was_is_over_like_one_that_is_gone(cast: tuple[World, Keyring]) -> None:
    client = sign_in(Client(), cast[0].renee)
    assert client.get(reverse("in_request", args=[unknown_id()])).status_code == 410
    assert client.get(reverse("in_envelope", args=[unknown_id()])).json() == {"state": "gone"}


@pytest.mark.req("D-21", "A-09")
def test_the_backup_sees_it_when_the_second_rung_is_called_and_not_before(
    cast: tuple[World, Keyring], clock: object
) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.marcus)
    assert "Nobody is waiting." in client.get(reverse("in_inbox")).content.decode()
    later(minutes=5)
    page = client.get(reverse("in_inbox")).content.decode()
    assert "One person is waiting." in page
    assert "waiting 5 minutes" in page
    assert client.get(reverse("in_envelope", args=[member.id])).status_code == 200


@pytest.mark.req("A-10")
def test_once_taken_it_is_gone_for_the_others(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    later(minutes=20)
    sign_in(Client(), world.marcus).post(reverse("in_accept", args=[member.id]))
    renee = sign_in(Client(), world.renee)
    page = renee.get(reverse("in_request", args=[member.id]))
    assert page.status_code == 410
    assert "taken care of" in page.content.decode()
    assert renee.get(reverse("in_envelope", args=[member.id])).status_code == 410
    assert renee.get(reverse("in_messages", args=[member.id])).status_code == 410
    assert "Nobody is waiting." in renee.get(reverse("in_inbox")).content.decode()


@pytest.mark.req("A-03", "M-24")
def test_who_serves_in_two_organisations_opens_what_either_calls_them_for(cast: tuple[World, Keyring]) -> None:
    """Lena serves at the lake; called by Pine County too, she finds it in her inbox and can open it there."""
    world, _ring = cast
    client = Client()
    twice = supporter(world.lena.person, world.patrol)
    shift(twice, 1, NOW, NOW + timedelta(hours=1))
    Shift.objects.filter(supporter=world.renee).delete()
    asked = ask(world)
    assert Alert.objects.filter(supporter=twice).exists()
    sign_in(client, world.lena)
    assert str(asked.id) in client.get(reverse("in_inbox")).content.decode()
    assert client.get(reverse("in_envelope", args=[asked.id])).status_code == 200
