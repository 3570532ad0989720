"""Supporters with real keys and a member with a real device, for tests of pages: a browser could open all of it."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from functools import cache

from alongside.directory import actions as directory
from alongside.escalation.models import Ladder
from alongside.help_requests import actions
from alongside.help_requests.models import Request
from alongside.kernel import clock
from alongside.notify import actions as notify
from alongside.sealing import actions as sealing
from alongside.sealing import rules as seals
from alongside.team.models import Supporter
from tests import age_reader, world
from tests.sealing import devices

URGENCY = {"now": 1, "today": 2}


@dataclass
class Keyring:
    """The secrets that stay on supporters' devices: words, and this week's identity."""

    secrets: dict[object, bytes] = field(default_factory=dict)
    identities: dict[object, str] = field(default_factory=dict)
    recipients: dict[object, str] = field(default_factory=dict)

    def publish(self, serving: Supporter) -> None:
        """Make 12 words' worth of secret and publish a supporter's key for this week, as their device would."""
        made = self._publish(serving, clock.now())
        self.secrets[serving.id] = made.secret
        self.identities[serving.id] = made.identity
        self.recipients[serving.id] = made.recipient

    def publish_next(self, serving: Supporter) -> None:
        """Publish the supporter's key for next week as well."""
        self._publish(serving, clock.now() + world.timedelta(days=7))

    def _publish(self, serving: Supporter, moment: world.datetime) -> "Made":
        week = seals.monday_of(moment)
        made = make(serving.person.name, week.isoformat())
        keys = {week: (made.recipient, made.wrap)}
        sent = devices.words_publication(serving.person_id, made.wrap_recipient, keys)
        sealing.publish(serving.person_id, sent, weeks=[week])
        return made


@dataclass(frozen=True)
class Made:
    """What a device made: the words' secret and one week's key."""

    secret: bytes
    wrap_recipient: str
    identity: str
    recipient: str
    wrap: bytes


@cache
def make(name: str, week: str) -> Made:
    """Return the same keys for the same name and week all through a run: making them is slow."""
    secret = hashlib.sha256(name.encode()).digest()[:16]
    _identity, wrap_recipient = age_reader.wrap_keys(secret)
    identity, recipient = age_reader.new_identity(hashlib.sha256(f"{name} {week}".encode()).digest())
    return Made(secret, wrap_recipient, identity, recipient, age_reader.wrap(identity, wrap_recipient))


def sealed_world() -> tuple[world.World, Keyring]:
    """Return the cast, every supporter with a key."""
    ring = Keyring()
    return world.make_world(ring.publish), ring


@dataclass
class Member:
    """A member's device: what it wrote, and what it keeps to come back with."""

    receipt: age_reader.Receipt
    request: Request

    @property
    def id(self) -> object:
        """Return the request's id, which no member's device knows."""
        return self.request.id


def ask(
    cast: world.World,
    organisation: world.Organisation | None = None,
    *,
    urgency: str = "now",
    positions: list[int] | None = None,
    climb: bool = True,
    **payload: object,
) -> Member:
    """Send a request from Pine County, or another organisation, to everybody on its list, or to some, and let the
    first rung be called.
    """
    at, now = organisation or cast.pine, clock.now()
    listing = directory.current_list(at, now)
    route = list(range(len(listing.candidates))) if positions is None else positions
    receipt = age_reader.receipt(os.urandom(16))
    text = json.dumps(
        {
            "v": 1,
            "how": "call",
            "reach": "218 555 0146",
            "box": {"address": _base64url(receipt.address), "recipient": receipt.recipient},
            **payload,
        }
    )
    recipients = [listing.candidates[place].key for place in route]
    frame = (
        bytes([1, URGENCY[urgency]])
        + listing.id.bytes
        + os.urandom(16)
        + hashlib.sha256(receipt.token).digest()
        + bytes(route).ljust(24, b"\xff")
        + age_reader.seal_for(recipients, text, 12)
    )
    assert actions.open_request(at, frame, now)
    if climb:
        actions.climb(now)
    return Member(receipt, Request.objects.get(progress_hash=hashlib.sha256(receipt.token).digest()))


def ladder_of(member: Member) -> Ladder:
    """Return how the request's ladder stands now."""
    return Ladder.objects.get(id=member.request.ladder_id)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def later(**by: float) -> None:
    """Let time pass, let the ladders climb and the notices go out."""
    clock.shift(world.timedelta(**by))
    actions.climb(clock.now())
    notify.deliver(clock.now())
