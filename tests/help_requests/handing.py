"""A supporter's device that hands a request on, as the server meets it."""

import uuid

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from alongside.team.models import Supporter
from tests import age_reader
from tests.help_requests.sealed import Keyring, Member
from tests.world import sign_in

BACKUP, TAKE = 1, 2
OCTETS = "application/octet-stream"


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


def get_inbox(me: Supporter) -> str:
    return sign_in(Client(), me).get(reverse("in_inbox")).content.decode()
