"""Moving a published duty: to another slot or another person, as a page that asks before anybody is told."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.rota import actions, queries
from alongside.rota.models import Shift
from alongside.rota.queries import Calendar, Gain, Move
from alongside.rota.rules import Duty, moving
from alongside.rota.rules.exchanging import Why
from alongside.rota.views.plan_words import PLACES
from alongside.team import queries as team

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# The list without script offers slots so many days around the shift.
BEFORE, AFTER = timedelta(days=14), timedelta(days=42)
REFUSED: "dict[Why, StrOrPromise]" = {
    Why.BEGUN: _("A shift that has begun is not moved. Enter who takes over from now on instead."),
    Why.OVER: _("That time is over, or lies more than a year ahead."),
    Why.NOT_YOURS: _("Both are of the same person: nothing would change."),
    Why.CHANGED: _("Somebody is on call there by now, at least for a part of it."),
}
BROKEN: "dict[Why, StrOrPromise]" = {
    Why.CANNOT: _("%(name)s does not serve at present, or has not signed the agreement in force."),
    Why.AWAY: _("%(name)s cannot be on call then: they said so, or something they need for duty is missing."),
    Why.TWICE: _("%(name)s would be on call in two places at once. Each place needs a different person."),
    Why.REST: _("%(name)s would have less rest between two shifts than your organisation asks for."),
    Why.ROW: _("%(name)s would begin a shift on too many days in a row."),
    Why.CAP: _("%(name)s would have more shifts within 28 days than they said they can take."),
}
FORBIDDEN = 422
STALE = 409


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Ask where a duty goes; say what that changes and what speaks against it; do it and tell everybody concerned."""
    seat = accounts.permit(request.user, "rota.change")
    with timezone.override(ZoneInfo(seat.organisation.time_zone)):
        try:
            return _move(request, seat, id)
        except Shift.DoesNotExist:
            return gone(request, seat)


def _move(request: HttpRequest, seat: Seat, id: uuid.UUID) -> HttpResponse:
    sent = request.POST if request.method == "POST" else request.GET
    now, shift = clock.now(), queries.shift_in(seat.organisation.id, id)
    if not sent.get("to"):
        return _choose(request, seat, shift, now)
    try:
        to = moving.target(sent["to"])
    except ValueError:
        return _no_place(request, id)
    try:
        if request.method != "POST":
            return _ask(request, seat, queries.move_of(seat.organisation, id, to, now), to)
        return _do(request, seat, id, to)
    except team.NotASupporter:
        return _no_place(request, id)


def _do(request: HttpRequest, seat: Seat, id: uuid.UUID, to: moving.Target) -> HttpResponse:
    try:
        done = actions.move(seat, id, to, request.POST.get("seen", ""))
    except actions.Moved as refused:
        return _ask(request, seat, refused.now, to, STALE)
    except actions.Forbidden as refused:
        return _ask(request, seat, refused.found, to, FORBIDDEN)
    messages.success(request, _("Done. Everybody concerned is told."))
    return redirect(back_to(request, done.gains[0].duty.starts_at.astimezone(timezone.get_current_timezone()).date()))


def _no_place(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    messages.error(request, _("This is no place on the rota. Choose another one."))
    return redirect("in_rota_move", id)


def back_to(request: HttpRequest, day: date) -> str:
    """Return the rota as it was left: the list, or the calendar at a day."""
    view = (request.POST if request.method == "POST" else request.GET).get("view")
    if view == "list":
        return f"{reverse('in_rota')}?view=list"
    view = "week" if view == "week" else "month"
    query = urlencode({"view": view, "from": day.isoformat()})
    return f"{reverse('in_rota')}?{query}#d{day.isoformat()}"


def gone(request: HttpRequest, seat: Seat) -> HttpResponse:
    # The same for a shift that was removed and for one of another organisation.
    return render(request, "coordinate/rota_gone.html", {"seat": seat, "back": reverse("in_rota")}, status=404)


# --- choosing ----------------------------------------------------------------------------------------------------


def _choose(request: HttpRequest, seat: Seat, shift: Shift, now: datetime) -> HttpResponse:
    zone = ZoneInfo(seat.organisation.time_zone)
    day = shift.starts_at.astimezone(zone).date()
    first = max(day - BEFORE, now.astimezone(zone).date())
    days = [first + timedelta(days=number) for number in range(max(1, (day + AFTER - first).days))]
    begun = shift.starts_at <= now
    context = {
        "seat": seat,
        "zone": zone,
        "shift": shift,
        "label": PLACES[shift.tier],
        "begun": begun,
        "over": shift.ends_at <= now,
        "serves": any(one.id == shift.supporter_id for one in team.eligible_at(seat.organisation.id, now)),
        "asked": queries.open_about(shift).exists(),
        "slots": [] if begun else _slots(shift, queries.calendar_of(seat.organisation, days, now), now, zone),
        "people": [] if begun else queries.takers_of(seat.organisation, shift, now),
        "view": request.GET.get("view", ""),
        "back": back_to(request, day),
    }
    return render(request, "coordinate/rota_move.html", context, status=200 if request.method != "POST" else FORBIDDEN)


def _slots(shift: Shift, shown: Calendar, now: datetime, zone: ZoneInfo) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return where the shift could go, day by day: gaps, and shifts of others that have not begun."""
    found = []
    for day in shown.days:
        lines = []
        for piece in day.pieces:
            item = piece.item
            over = item.ends_at <= now or (item.supporter is not None and item.starts_at <= now)
            if piece.begins_before or over or item.supporter == shift.supporter_id:
                continue
            who = shown.names.get(item.supporter, "") if item.supporter else str(_("nobody"))
            span = span_words(item.starts_at, item.ends_at, zone, short=True)
            lines.append((moving.key_of(item), f"{span}, {PLACES[item.tier]}{_(': ')}{who}"))
        if lines:
            found.append((formats.date_format(day.day, str(_("D j M"))), lines))
    return found


def span_words(start: datetime, end: datetime, zone: ZoneInfo, *, short: bool = False) -> str:
    begin, over = start.astimezone(zone), end.astimezone(zone)
    first = formats.date_format(begin, "H:i" if short else str(_("D j M, H:i")))
    near = over.date() == begin.date() or over - begin < timedelta(days=1)
    return f"{first} – {formats.date_format(over, 'H:i' if near else str(_('D j M, H:i')))}"


# --- asking ------------------------------------------------------------------------------------------------------


def _ask(request: HttpRequest, seat: Seat, found: Move, to: moving.Target, status: int = 200) -> HttpResponse:
    """Show what a move would do; `status` says that it was tried and is refused."""
    zone = ZoneInfo(seat.organisation.time_zone)
    shift = found.shift
    context = {
        "seat": seat,
        "zone": zone,
        "shift": shift,
        "label": PLACES[shift.tier],
        "to": moving.key(to),
        "gains": [_gain(one, zone) for one in found.gains],
        "leaves": _slot(found.leaves, zone) if found.leaves else "",
        "asked": queries.open_about(*([shift, found.other] if found.other else [shift])).exists(),
        "exchange": found.other is not None,
        "problems": _problems(found),
        "seal": found.seal,
        "stale": status == STALE,
        "view": (request.POST if request.method == "POST" else request.GET).get("view", ""),
        "back": back_to(request, shift.starts_at.astimezone(zone).date()),
    }
    return render(request, "coordinate/rota_move_ask.html", context, status=status)


def _gain(one: Gain, zone: ZoneInfo) -> dict[str, str]:
    return {"name": one.name, "gets": _slot(one.duty, zone), "gives": _slot(one.gives, zone) if one.gives else ""}


def _slot(duty: Duty, zone: ZoneInfo) -> str:
    return f"{span_words(duty.starts_at, duty.ends_at, zone)}, {PLACES[duty.tier]}"


def _problems(found: Move) -> list[str]:
    whole = [str(REFUSED[found.why])] if found.why else []
    return [*whole, *_broken(found.gains)]


def _broken(gains: Iterable[Gain]) -> list[str]:
    return [str(BROKEN[one.why]) % {"name": one.name} for one in gains if one.why is not None]
