"""A supporter's own receiving keys: the page on which the device makes them, and the two answers its script needs.

It stands here and not in `sealing`, because how many weeks ahead keys are made is policy, which sealing must not know.
"""

import base64
import json
from collections.abc import Collection
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.sealing import actions as sealing
from alongside.sealing import queries as kept
from alongside.sealing import rules as seals
from alongside.sealing.actions import BadKeys, NewKey, OtherWords
from alongside.site.demo.words import known_keys

# A published week is about 4.3 kB; policy allows twelve of them.
MOST_BYTES = 100_000


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """Show the page; whether it makes keys, unlocks or says that all is well is decided on the device."""
    seat = accounts.permit(request.user, "team.serve")
    return render(request, "team/keys.html", {"seat": seat, "weeks": len(_weeks(seat))})


@require_safe
def state(request: HttpRequest) -> JsonResponse:
    """Say which weeks should have a key, and hand the person's own wraps to their device."""
    seat = accounts.permit(request.user, "team.serve")
    found = kept.key_state(seat.person.id)
    return JsonResponse(
        {
            "wrap_recipient": found.wrap_recipient,
            "weeks": [week.isoformat() for week in _weeks(seat)],
            # A key whose private half is gone can be used by nobody; the device makes that week anew.
            "keys": [
                {"week": week.isoformat(), "public_key": key, "wrap": base64.b64encode(wrap).decode()}
                for week, key, wrap in found.keys
                if wrap is not None
            ],
        }
    )


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Take new weekly keys: 204; 409 when they were made with other words than those on record; 422 for anything
    else.
    """
    seat = accounts.permit(request.user, "team.serve")
    try:
        recipient, new = _read(request)
        sealing.publish(seat.person.id, recipient, new, weeks=_weeks(seat), refused=_refused())
    except OtherWords:
        return JsonResponse({"state": "other-words"}, status=409)
    except ValueError as error:
        code = str(error) if isinstance(error, BadKeys) else "malformed"
        return JsonResponse({"state": "refused", "code": code}, status=422)
    return HttpResponse(status=204)


def _weeks(seat: Seat) -> tuple[date, ...]:
    ahead = policy.in_force(seat.organisation.id).key_weeks
    return seals.weeks_from(seals.monday_of(clock.now()), ahead)


def _refused() -> Collection[str]:
    return () if settings.DEMO else known_keys()


def _read(request: HttpRequest) -> tuple[str, list[NewKey]]:
    """Return what a device published; raises ValueError for anything but exactly the agreed fields."""
    if request.content_type != "application/json" or len(request.body) > MOST_BYTES:
        raise ValueError("body")
    sent = json.loads(request.body)
    _exactly(sent, {"wrap_recipient", "keys"})
    if not isinstance(sent["wrap_recipient"], str) or not isinstance(sent["keys"], list):
        raise ValueError("types")
    return sent["wrap_recipient"], [_key(entry) for entry in sent["keys"]]


def _key(entry: Any) -> NewKey:
    _exactly(entry, {"week", "public_key", "wrap"})
    if not all(isinstance(value, str) for value in entry.values()):
        raise ValueError("types")
    wrap = seals.read_base64(entry["wrap"], seals.WRAP_BYTES)
    return NewKey(date.fromisoformat(entry["week"]), entry["public_key"], wrap)


def _exactly(value: Any, names: set[str]) -> None:
    if not isinstance(value, dict) or set(value) != names:
        raise ValueError("fields")
