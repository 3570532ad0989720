"""A supporter's own receiving keys: the page on which the device makes them, and the two answers its script needs.

It stands here and not in `sealing`, because how many weeks ahead keys are made is policy, which sealing must not know.
"""

import base64
import json
from collections.abc import Collection
from datetime import date
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.models import Person
from alongside.accounts.queries import Seat
from alongside.directory import queries as directory
from alongside.directory import rules as cards
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.sealing import actions as sealing
from alongside.sealing import queries as kept
from alongside.sealing import rules as seals
from alongside.sealing.actions import BadKeys, Changed, NewKey, NewRing, OtherWords, Publication
from alongside.site import signatures
from alongside.site.demo.words import known_keys
from alongside.team import queries as team

# Twelve weeks, the most that policy allows, each with a wrap for every member of the largest ring, are about 170 kB.
MOST_BYTES = 190_000


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """Show the page; whether it makes keys, unlocks or says that all is well is decided on the device."""
    seat = accounts.permit(request.user, "team.serve")
    context = {"seat": seat, "weeks": len(_weeks(seat)), "card_shut": _card_shut(seat)}
    return render(request, "team/keys.html", context)


def _card_shut(seat: Seat) -> bool:
    """Say whether a person's card has to be saved again once they have keys: it was sealed together with others."""
    try:
        me = team.supporter_of(seat.person.id, seat.organisation.id)
    except team.NotASupporter:
        return False
    card = directory.card_of(me.id)
    vouch = kept.vouch_keys([seat.person.id]).get(seat.person.id)
    return card is not None and cards.opens_no_more(card.bound_to, vouch)


@require_safe
def state(request: HttpRequest) -> JsonResponse:
    """Say which weeks should have a key, and hand the person's own ring and wraps to their device."""
    seat = accounts.permit(request.user, "team.serve")
    found = kept.key_state(seat.person.id)
    weeks = _weeks(seat)
    until = kept.keys_until(seat.person.id, weeks[0])
    return JsonResponse(
        {
            "ring": found.ring and _told_ring(found.ring),
            "passkeys": _passkeys(seat.person),
            "weeks": [week.isoformat() for week in weeks],
            "until": until and until.isoformat(),
            # A key whose private half is gone can be used by nobody; the device makes that week anew.
            "keys": [_told_key(key) for key in found.keys if key.wraps],
        }
    )


def _told_ring(ring: kept.Ring) -> dict[str, Any]:
    keys = {name: _base64(sealed) for name, sealed in ring.keys.items()}
    return {"listed": ring.listed, "mac": _base64(ring.mac), "keys": keys, "vouch": _base64(ring.vouch)}


def _told_key(key: kept.WeekKey) -> dict[str, Any]:
    return {
        "week": key.week.isoformat(),
        "public_key": key.public_key,
        "mac": _base64(key.mac),
        "wraps": {name: _base64(wrap) for name, wrap in key.wraps.items()},
        "signature": _base64(key.signature),
    }


def _base64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _passkeys(person: Person) -> list[str]:
    """Return the ids of the passkeys with which somebody signs in: no other may join the ring of their keys."""
    rows = Authenticator.objects.filter(user_id=person.id, type="webauthn").values_list("data", flat=True)
    found = [(row.get("credential") or {}).get("id") for row in rows]
    return sorted(name for name in found if isinstance(name, str) and seals.is_passkey(name))


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Take a ring and weekly keys: 204; 409 when they were made with other words than those on record, or on top of
    something that has changed; 413 when there is too much of it; 422 for anything else.
    """
    seat = accounts.permit(request.user, "team.serve")
    try:
        if len(request.body) > MOST_BYTES:
            return _refused("too-long", 413)
    except RequestDataTooBig:
        return _refused("too-long", 413)
    try:
        _publish(seat, _read(request))
    except OtherWords:
        return JsonResponse({"state": "other-words"}, status=409)
    except Changed:
        return JsonResponse({"state": "changed"}, status=409)
    # JSON that is nested a thousand deep is the one input that makes the reader itself give up.
    except (ValueError, RecursionError) as error:
        return _refused(str(error) if isinstance(error, BadKeys) else "malformed", 422)
    return HttpResponse(status=204)


@transaction.atomic
def _publish(seat: Seat, sent: Publication) -> None:
    sealing.publish(seat.person.id, sent, weeks=_weeks(seat), passkeys=_passkeys(seat.person), refused=_known_to_all())
    # One key with a signature that does not fit would stop the sending of everybody who checks.
    for key in sent.keys:
        if not signatures.fits(sent.vouch, signatures.key_statement(key.week, key.public_key), key.signature):
            raise BadKeys("signature")


def _refused(code: str, status: int) -> JsonResponse:
    return JsonResponse({"state": "refused", "code": code}, status=status)


def _weeks(seat: Seat) -> tuple[date, ...]:
    ahead = policy.in_force(seat.organisation.id).key_weeks
    return seals.weeks_from(seals.monday_of(clock.now()), ahead)


def _known_to_all() -> Collection[str]:
    return () if settings.DEMO else known_keys()


def _read(request: HttpRequest) -> Publication:
    """Return what a device published; raises ValueError for anything but exactly the agreed fields."""
    if request.content_type != "application/json":
        raise ValueError("body")
    sent = json.loads(request.body)
    _exactly(sent, {"on", "vouch", "ring", "keys"})
    if not isinstance(sent["keys"], list):
        raise ValueError("types")
    return Publication(
        on=None if sent["on"] is None else _bytes(sent["on"], seals.MAC_BYTES),
        vouch=_bytes(sent["vouch"], seals.VOUCH_BYTES),
        ring=None if sent["ring"] is None else _ring(sent["ring"]),
        keys=[_key(entry) for entry in sent["keys"]],
    )


def _ring(sent: Any) -> NewRing:
    _exactly(sent, {"listed", "mac", "keys"})
    return NewRing(
        _text(sent["listed"]),
        _bytes(sent["mac"], seals.MAC_BYTES),
        _by_name(sent["keys"], seals.RING_KEY_BYTES),
    )


def _key(sent: Any) -> NewKey:
    _exactly(sent, {"week", "public_key", "mac", "wraps", "signature"})
    week = date.fromisoformat(_text(sent["week"]))
    if week.isoformat() != sent["week"]:
        raise ValueError("week")
    return NewKey(
        week,
        _text(sent["public_key"]),
        _bytes(sent["mac"], seals.MAC_BYTES),
        _by_name(sent["wraps"], seals.WRAP_BYTES),
        _bytes(sent["signature"], seals.SIGNATURE_BYTES),
    )


def _by_name(sent: Any, most_bytes: int) -> dict[str, bytes]:
    if not isinstance(sent, dict) or len(sent) > seals.MAX_RING:
        raise ValueError("fields")
    return {name: _bytes(value, most_bytes) for name, value in sent.items()}


def _bytes(value: Any, most_bytes: int) -> bytes:
    return seals.read_base64(_text(value), most_bytes)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("types")
    return value


def _exactly(value: Any, names: set[str]) -> None:
    if not isinstance(value, dict) or set(value) != names:
        raise ValueError("fields")
