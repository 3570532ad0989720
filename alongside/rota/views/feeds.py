"""Calendars of supporters: the file itself, without sign-in, and the page on which its addresses are made."""

import hashlib
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.rota import actions, queries
from alongside.rota.forms import CalendarForm
from alongside.team import queries as team
from alongside.team import rules as teams

# Why a calendar could not be read, for its owner.
PROBLEMS = {
    "address": _("We do not ask this address. It must begin with https:// and hold no name and password."),
    "private": _("This address leads into a private network. Only calendars on the public internet can be read."),
    "not-safe": _("The other side could not show that it is who it says. Is the address right?"),
    "unreachable": _("Nobody answers at this address. We try again every six hours."),
    "gone": _(
        "There is no calendar at this address any more, or it is not shared. Share it again and enter the new one."
    ),
    "slow": _("The calendar did not come within ten seconds. We try again every six hours."),
    "too-large": _("The calendar is larger than one megabyte. Share a smaller one, for example of this year only."),
    "too-many": _("The calendar holds more than 2,000 events. Share a smaller one, for example of this year only."),
    "too-much": _("The calendar could not be worked out in a few seconds. Share a simpler one."),
    "not-a-calendar": _("What stands at this address is no calendar. Is it the address that ends in .ics?"),
}


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Answer a calendar programme with the shifts of whoever made this address; anything else is not found."""
    now = clock.now()
    found = queries.followed(token, now)
    if found is None:
        return _plainly(HttpResponse(status=404))
    # Not above: a server whose supporters follow no calendar never loads what writes them.
    from alongside.rota.ics import writing

    zone = ZoneInfo(found.organisation.time_zone)
    with translation.override(found.language):
        events = [
            writing.Event(f"{found.supporter} {one.tier}", _label(one.tier), one.starts_at, one.ends_at)
            for one in found.duties
        ]
        said = translation.gettext("appointment")
        events += [writing.Event(f"{found.supporter} -", said, *span) for span in found.spans]
    body = writing.write(found.organisation.neutral_title, events, zone, now.date())
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    answer.headers["ETag"] = etag
    return _plainly(get_conditional_response(request, etag=etag, response=answer) or answer)


def _plainly(answer: HttpResponseBase) -> HttpResponseBase:
    """Let nobody who passes the file on learn or list the address."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _label(tier: int) -> str:
    # Said without what for: others look at one's calendar (K-36).
    return {1: translation.gettext("first"), 2: translation.gettext("second")}.get(tier, str(tier))


def _me(request: HttpRequest) -> tuple[Seat, teams.Facts]:
    """Return the seat in which somebody serves and their facts there; Http404 for everybody else."""
    seat = accounts.permit(request.user, "team.serve", accounts.organisation_at(request.GET.get("of", "")))
    try:
        return seat, team.supporter_of(seat.person.id, seat.organisation.id)
    except team.NotASupporter:
        raise Http404 from None


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Show the addresses of one's calendar, and how one's own is read."""
    seat, facts = _me(request)
    return _page(request, seat, facts)


def _page(request: HttpRequest, seat: Seat, facts: teams.Facts, **more: Any) -> HttpResponse:
    reading = queries.reading_of(facts.id)
    context = {
        "seat": seat,
        "feeds": queries.feeds_of(facts.id),
        "reading": reading,
        "problem": PROBLEMS.get(reading.problem, PROBLEMS["not-a-calendar"]) if reading and reading.problem else "",
        "zone": ZoneInfo(seat.organisation.time_zone),
        "form": CalendarForm(),
        "first": _label(1),
        **more,
    }
    return render(request, "team/calendar.html", context, status=422 if context["form"].errors else 200)


@require_POST
def make_feed(request: HttpRequest) -> HttpResponse:
    """Make an address and show it, this once."""
    seat, facts = _me(request)
    try:
        token = actions.make_feed(seat.organisation.id, facts.id)
    except actions.TooManyFeeds:
        messages.error(request, _("You have six addresses already. Revoke one that you no longer use."))
        return _back(request)
    made = request.build_absolute_uri(reverse("in_feed", args=[token]))
    # What calendars on phones and computers take as "subscribe to this".
    return _page(request, seat, facts, made=made, webcal="webcal" + made[made.index(":") :])


@require_POST
def revoke_feed(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Revoke an address."""
    _seat, facts = _me(request)
    if not actions.revoke_feed(facts.id, id):
        raise Http404
    messages.success(
        request,
        _(
            "Revoked. That address shows nothing any more. Take the calendar out of your programme too: it may go on "
            "showing what it had."
        ),
    )
    return _back(request)


@require_http_methods(["POST"])
def keep_calendar(request: HttpRequest) -> HttpResponse:
    """Keep the address of one's own calendar."""
    seat, facts = _me(request)
    form = CalendarForm(request.POST)
    if form.is_valid():
        try:
            actions.keep_calendar(seat.organisation.id, facts.id, form.cleaned_data["address"])
        except actions.BadAddress:
            form.add_error("address", PROBLEMS["address"])
        else:
            messages.success(request, _("Kept. Your busy times are read within minutes, then every six hours."))
            return _back(request)
    return _page(request, seat, facts, form=form)


@require_POST
def forget_calendar(request: HttpRequest) -> HttpResponse:
    """Forget one's own calendar, with everything that was read from it."""
    _seat, facts = _me(request)
    actions.forget_calendar(facts.id)
    messages.success(request, _("Forgotten, with every busy time that was read from it."))
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    query = request.GET.urlencode()
    return redirect(reverse("in_calendar") + (f"?{query}" if query else ""))
