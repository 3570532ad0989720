"""A supporter's own card."""

import base64
import json
import uuid

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat, permit
from alongside.content import cards as choices
from alongside.directory import actions, queries, rules
from alongside.sealing import queries as sealing
from alongside.sealing import rules as seals
from alongside.team import actions as team_actions
from alongside.team import queries as team
from alongside.team.rules import Facts

MOST_CARD_BYTES = 8_000
MOST_OVER = 100


def _me(request: HttpRequest) -> tuple[Seat, Facts]:
    """Return the seat in which somebody serves and their facts there; Http404 for everybody else."""
    seat = permit(request.user, "team.serve")
    try:
        return seat, team.supporter_of(seat.person.id, seat.organisation.id)
    except team.NotASupporter:
        raise Http404 from None


@require_safe
def card(request: HttpRequest) -> HttpResponse:
    """Show a supporter their card, and what everybody sees of it beside what only holders of the poster see."""
    seat, me = _me(request)
    shown, language = queries.card_of(me.id), get_language() or "en"
    details = queries.details_of([me.id]).get(me.id, (b"", None))[1]
    offices = accounts.offices_of(seat.organisation)
    vouch = sealing.vouch_keys([seat.person.id]).get(seat.person.id)
    context = {
        "seat": seat,
        "card": shown.shown if shown else None,
        "facts": me,
        "offices": offices,
        "own_office": next((one for one in offices if one.id == me.office), None),
        "reference": shown.reference.hex() if shown else "",
        "sealed_name": base64.b64encode(shown.name).decode() if shown and shown.name else "",
        "sealed_details": base64.b64encode(details).decode() if details else "",
        "vouch": seals.base64url(vouch) if vouch else "",
        "shut": bool(shown and vouch and rules.opens_no_more(shown.bound_to, vouch)),
        **{kind: choices.choices(kind, language) for kind in choices.KINDS},
    }
    return render(request, "team/card.html", context)


@require_POST
def show_card(request: HttpRequest) -> HttpResponse:
    """Take a card that a supporter's device filled in and sealed: 204; 409 while on leave, 413, 422 with a code."""
    _seat, me = _me(request)
    try:
        if len(request.body) > MOST_CARD_BYTES:
            return _refused("too-long", 413)
        shown, sealed = _read_card(request)
        actions.show_card(me, shown, sealed)
    except RequestDataTooBig:
        return _refused("too-long", 413)
    except team_actions.NotNow:
        return _refused("on-leave", 409)
    except rules.BadCard as error:
        return _refused(error.code, 422)
    except (ValueError, RecursionError):
        return _refused("malformed", 422)
    return HttpResponse(status=204)


@require_POST
def take_card_away(request: HttpRequest) -> HttpResponse:
    """Delete the card in one tap."""
    actions.take_card_away(_me(request)[1].id)
    return redirect("in_card")


def _refused(code: str, status: int) -> JsonResponse:
    return JsonResponse({"state": "refused", "code": code}, status=status)


def _read_card(request: HttpRequest) -> tuple[rules.Shown, rules.Sealed]:
    """Return what a device sent; raises ValueError for anything but exactly the agreed fields."""
    if request.content_type != "application/json":
        raise ValueError("body")
    sent = json.loads(request.body)
    _exactly(sent, {"shown", "sealed"})
    shown, sealed = sent["shown"], sent["sealed"]
    _exactly(shown, {"discipline", "band", "office_shown", "languages", "gender", "tags", "channels", "over"})
    _exactly(sealed, {"reference", "name", "details", "vouch"})
    if not isinstance(shown["office_shown"], bool):
        raise ValueError("types")
    return (
        rules.Shown(
            discipline=_text(shown["discipline"]),
            band=_text(shown["band"]),
            office_shown=shown["office_shown"],
            languages=_texts(shown["languages"]),
            gender=_text(shown["gender"]),
            tags=_texts(shown["tags"]),
            channels=_texts(shown["channels"]),
            over=tuple(uuid.UUID(one) for one in _texts(shown["over"])),
        ),
        rules.Sealed(
            reference=seals.read_base64(_text(sealed["reference"]), seals.CARD_REFERENCE_BYTES),
            name=_bytes(sealed["name"], seals.CARD_NAME_BYTES),
            details=_bytes(sealed["details"], seals.CARD_DETAILS_BYTES),
            vouch=_bytes(sealed["vouch"], seals.VOUCH_BYTES),
        ),
    )


def _bytes(value: object, most: int) -> bytes | None:
    return None if value is None else seals.read_base64(_text(value), most)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_OVER:
        raise ValueError("types")
    return tuple(_text(one) for one in value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("types")
    return value


def _exactly(value: object, names: set[str]) -> None:
    if not isinstance(value, dict) or set(value) != names:
        raise ValueError("fields")
