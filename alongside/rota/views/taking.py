"""Shifts that nobody has, for a supporter to take."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.rota import actions, queries
from alongside.rota.forms import SpanForm, written
from alongside.rota.rules import Gap
from alongside.rota.rules.exchanging import Refused, Why
from alongside.rota.views.exchanges import REFUSED, unlike
from alongside.rota.views.plan_words import PLACES
from alongside.team import queries as team
from alongside.team import rules as serving

GONE = _("Somebody has taken it meanwhile, or it is over. Nothing was changed.")


def _me(request: HttpRequest) -> tuple[Seat, serving.Facts]:
    seat = accounts.permit(request.user, "shifts.exchange", accounts.organisation_at(request.GET.get("of", "")))
    try:
        return seat, team.supporter_of(seat.person.id, seat.organisation.id)
    except team.NotASupporter:
        raise Http404 from None


@require_safe
def gaps(request: HttpRequest) -> HttpResponse:
    """Show what somebody could take, week by week."""
    seat, me = _me(request)
    now, zone = clock.now(), ZoneInfo(seat.organisation.time_zone)
    free, others = queries.free_for(seat.organisation, me.id, now)
    with timezone.override(zone):
        context = {
            "seat": seat,
            "zone": zone,
            "facts": me,
            "weeks": [
                (monday, [offered(one, now) for one in found])
                for monday, found in groupby(free, key=lambda one: _monday(one.starts_at, zone))
            ],
            "count": len(free),
            "others": others,
            "days": policy.in_force(seat.organisation.id).gap_days,
        }
        return render(request, "team/gaps.html", context)


def _monday(moment: datetime, zone: ZoneInfo) -> Any:
    day = moment.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def offered(one: Gap, now: datetime) -> dict[str, Any]:
    """Return a span as a page offers it; in the time zone in force."""
    return {
        "span": one,
        "label": PLACES[one.tier],
        "now": one.starts_at <= now,
        "begins": written(one.starts_at),
        "ends": written(one.ends_at),
        "unlike": unlike(one.starts_at, one.ends_at),
    }


@require_POST
def take_gap(request: HttpRequest) -> HttpResponse:
    """Take a shift that nobody has."""
    seat, me = _me(request)
    form = SpanForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused(Why.CHANGED)
        said = form.cleaned_data
        duty = actions.take_gap(seat.organisation, me.id, said["tier"], said["begins"], said["ends"])
    except Refused as refused:
        messages.error(request, GONE if refused.why == Why.CHANGED else REFUSED[refused.why])
        return _back(request, "in_shift_gaps")
    begins = timezone.localtime(duty.starts_at, ZoneInfo(seat.organisation.time_zone))
    when = formats.date_format(begins, str(_("D j M, H:i")))
    messages.success(request, _("The shift from %(when)s is yours. Your coordinator is told.") % {"when": when})
    return _back(request, "in_shifts")


def _back(request: HttpRequest, page: str) -> HttpResponse:
    query = request.GET.urlencode()
    return redirect(reverse(page) + (f"?{query}" if query else ""))
