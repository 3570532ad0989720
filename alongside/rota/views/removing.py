"""Removing a published duty, as a page that asks before anybody is told."""

import uuid
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.rota import actions, queries
from alongside.rota.models import Shift
from alongside.rota.queries import Removal
from alongside.rota.views.moving import STALE, back_to, gone, span_words
from alongside.rota.views.plan_words import PLACES


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Say who is told of a removal and what gap it leaves; remove the shift."""
    seat = accounts.permit(request.user, "rota.change")
    with timezone.override(ZoneInfo(seat.organisation.time_zone)):
        try:
            if request.method != "POST":
                return _ask(request, seat, queries.removal_of(seat.organisation, id, clock.now()))
            return _do(request, seat, id)
        except Shift.DoesNotExist:
            return gone(request, seat)


def _do(request: HttpRequest, seat: Seat, id: uuid.UUID) -> HttpResponse:
    shift = queries.shift_in(seat.organisation.id, id)
    try:
        told = actions.remove_shift(seat, id, seen=request.POST.get("seen", ""))
    except actions.Unlike as refused:
        return _ask(request, seat, refused.now, STALE)
    messages.success(request, _("Removed. Everybody concerned is told.") if told else _("Removed."))
    return redirect(back_to(request, shift.starts_at.astimezone(timezone.get_current_timezone()).date()))


def _ask(request: HttpRequest, seat: Seat, found: Removal, status: int = 200) -> HttpResponse:
    """Show what a removal would do; `status` says that it was tried as it stood before."""
    zone, shift = ZoneInfo(seat.organisation.time_zone), found.shift
    sent = request.POST if request.method == "POST" else request.GET
    context = {
        "seat": seat,
        "zone": zone,
        "found": found,
        "name": shift.supporter.person.name,
        "place": PLACES[shift.tier],
        "leaves": [span_words(one.starts_at, one.ends_at, zone) for one in found.leaves],
        "seekable": bool(found.leaves) and not found.asked and not found.sought,
        # Somebody looked at it as it stood before; without that, it was never asked.
        "stale": status == STALE and bool(sent.get("seen")),
        "view": sent.get("view", ""),
        "back": back_to(request, shift.starts_at.astimezone(zone).date()),
    }
    return render(request, "coordinate/rota_remove.html", context, status=status)
