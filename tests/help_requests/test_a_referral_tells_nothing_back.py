"""Whatever becomes of a referral, who sent it gets the same bytes of every page and every endpoint (X-3, K-14)."""

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from alongside.accounts.models import Person
from alongside.anonymous.rules import Contact
from alongside.directory import actions as directory
from alongside.help_requests import actions
from alongside.help_requests.models import Request
from alongside.kernel import clock
from tests import age_reader
from tests.architecture.test_roles import routes
from tests.help_requests import device
from tests.help_requests.sealed import Keyring, later
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db

WHO, REACH = "Noor Haddadmarker", "218 555 9157"
TALK = Contact(first=True, kind="talk", channel="phone", topic="several", outcome="nothing_further")
ENDPOINTS = {"progress": 16, "progress/present": 16, "progress/not-called": 16, "progress/cancel": 16, "box": 16}


@dataclass
class Referred:
    """A referral as its page sent it; the page itself throws all of this away."""

    world: World
    frame: bytes
    request_id: object

    @property
    def taker(self) -> object:
        """Return who was called first."""
        return self.world.renee.id


def refer(cast: tuple[World, Keyring], kind: str) -> Referred:
    """Seal and post a referral from Pine County."""
    world, _ring = cast
    listing = directory.current_list(world.pine, clock.now())
    referral = {"kind": kind, "who": WHO} | ({"attested": True} if kind == "manager" else {})
    text = json.dumps({"v": 2, "how": "call", "reach": REACH, "referral": referral})
    token_hash = hashlib.sha256(os.urandom(16)).digest()
    frame = (
        bytes([1, 2])
        + listing.id.bytes
        + os.urandom(16)
        + token_hash
        + bytes(range(len(listing.candidates))).ljust(24, b"\xff")
        + age_reader.seal_for([one.key for one in listing.candidates], text, 12)
    )
    assert device.post("requests", frame).status_code == 201
    actions.climb(clock.now())
    return Referred(world, frame, Request.objects.get(progress_hash=token_hash).id)


def waiting(_sent: Referred) -> None:
    """Leave it as it is: somebody was called."""


def accepted(sent: Referred) -> None:
    """Take it."""
    actions.accept(sent.taker, sent.request_id)  # type: ignore[arg-type]


def in_touch(sent: Referred) -> None:
    """Make contact."""
    accepted(sent)
    actions.made_contact(sent.taker, sent.request_id)  # type: ignore[arg-type]


def declined(sent: Referred) -> None:
    """Close it without contact, as after a no or no answer."""
    accepted(sent)
    actions.close(sent.taker, sent.request_id, TALK)  # type: ignore[arg-type]


def talked(sent: Referred) -> None:
    """Close it after a talk."""
    in_touch(sent)
    actions.close(sent.taker, sent.request_id, TALK)  # type: ignore[arg-type]


def given_back(sent: Referred) -> None:
    """Take it and give it back."""
    accepted(sent)
    actions.give_back(sent.taker, sent.request_id)  # type: ignore[arg-type]


def passed_on(sent: Referred) -> None:
    """Say not me."""
    actions.pass_on(sent.taker, sent.request_id)  # type: ignore[arg-type]


STATES: tuple[Callable[[Referred], None], ...] = (waiting, accepted, in_touch, declined, talked, given_back, passed_on)


def all_that_can_be_asked(frame: bytes) -> dict[str, tuple[int, bytes, dict[str, str]]]:
    """Return every answer below /ask to somebody who has not the token, which the page has thrown away."""
    caches["pages"].clear()
    found = {}
    for path in member_paths():
        found[path] = told(Client().get(path))
    for path, size in ENDPOINTS.items():
        found[path] = told(device.post(path, bytes(range(size))))
    found["the same post again"] = told(device.post("requests", frame))
    return found


def told(answer: object) -> tuple[int, bytes, dict[str, str]]:
    """Return status, body and headers of an answer."""
    return answer.status_code, answer.content, dict(answer.headers)  # type: ignore[attr-defined]


def member_paths() -> list[str]:
    """Return every page and file below /ask of Pine County in both languages."""
    found = []
    for path, _pattern in routes():
        if path.startswith("ask/"):
            filled = "/" + path.replace("<slug:organisation>", "pine").replace("<slug:guide>", "open-the-talk")
            found += [filled.replace("<str:language>", language) for language in ("en", "fr")]
    return [path for path in sorted(set(found)) if "<" not in path]


@pytest.mark.req("K-14", "A-04", "A-31")
@pytest.mark.parametrize("kind", ["colleague", "manager"])
@pytest.mark.parametrize("becomes", STATES, ids=lambda state: state.__name__)
def test_every_page_and_endpoint_answers_the_same_whatever_became_of_it(
    becomes: Callable[[Referred], None], kind: str, cast: tuple[World, Keyring]
) -> None:
    sent = refer(cast, kind)
    before = all_that_can_be_asked(sent.frame)
    assert len(before) > 25
    assert before["the same post again"][:2] == (200, b'{"state": "stored"}')
    becomes(sent)
    assert all_that_can_be_asked(sent.frame) == before


@pytest.mark.req("K-14")
def test_nobody_answered_looks_the_same_too(cast: tuple[World, Keyring]) -> None:
    """Three days later the pages tell of another shift; so both looks are taken then.

    The same post again is left out: whoever kept its bytes, which the page does not, can tell by then whether it still
    stands (docs/decisions/0021).
    """
    sent = refer(cast, "manager")
    later(hours=74)
    again = "the same post again"
    before = {key: value for key, value in all_that_can_be_asked(sent.frame).items() if key != again}
    Request.objects.all().delete()
    after = {key: value for key, value in all_that_can_be_asked(sent.frame).items() if key != again}
    assert before == after


@pytest.mark.req("M-13", "K-14")
@pytest.mark.parametrize("becomes", STATES, ids=lambda state: state.__name__)
def test_a_signed_in_manager_leader_or_clinician_sees_the_same_pages(
    becomes: Callable[[Referred], None], cast: tuple[World, Keyring]
) -> None:
    people = cast[0].everybody()
    nothing = signed_in_pages(people)
    sent = refer(cast, "manager")
    assert signed_in_pages(people) == nothing
    becomes(sent)
    assert signed_in_pages(people) == nothing


def signed_in_pages(people: dict[str, Person]) -> dict[str, str]:
    """Return what a manager, a leader and a clinician see, without the marks that are new at each visit."""
    found = {}
    for name, page in (("okafor", "in_manage"), ("anne", "in_lead"), ("imani", "in_lead")):
        answer = sign_in(Client(), people[name]).get(reverse(page))
        assert answer.status_code == 200
        found[name] = re.sub(r'(name="csrf[\w-]+" (?:content|value)=)"\w+"', r"\1", answer.content.decode())
    return found


@pytest.mark.req("M-13", "M-06", "K-14", "K-34")
def test_of_a_referral_the_cast_gets_only_what_they_get_of_a_request(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    sent = refer(cast, "manager")
    for name, who in world.everybody().items():
        client = sign_in(Client(), who)
        for page in ("in_request", "in_envelope", "in_messages", "in_peers"):
            answer = client.get(reverse(page, args=[sent.request_id]))
            assert answer.status_code == (200 if name == "renee" else 404)
            assert WHO.encode() not in answer.content
            assert REACH.encode() not in answer.content
