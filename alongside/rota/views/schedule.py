"""The rota as a calendar, by month and by week: for coordinators, who change it, and for the team, who read it."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.models import Organisation
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.rota import queries, rules
from alongside.rota.queries import Calendar, ComingGap
from alongside.rota.rules import calendar, moving
from alongside.rota.rules.calendar import Day, Period, Piece, View
from alongside.rota.views.plan_words import MEASURES, PLACES
from alongside.rota.views.sessions import line
from alongside.team import queries as team

SPANS = (14, 28)
LIST = "list"
WHOLE_DAY = 24
# In the week a column is drawn for each tier as long as a name fits into it.
MOST_COLUMNS = 2


@require_safe
def rota(request: HttpRequest) -> HttpResponse:
    """Show the rota by month or week, or as a list; gaps, and who carries how much."""
    seat = accounts.permit(request.user, "rota.change")
    if request.GET.get("view") == LIST:
        return _list(request, seat)
    organisation, now = seat.organisation, clock.now()
    zone = ZoneInfo(organisation.time_zone)
    horizon = policy.in_force(organisation.id).gap_days
    gaps = queries.coming_gaps(organisation, now, horizon)
    sought = queries.sought(organisation.id, now)
    on_call = queries.on_call_at(organisation.id, now)
    shown = _calendar(request, organisation, now, reverse("in_rota"))
    names = {one.id: one.name for one in team.roster(organisation.id, now)}
    context = {
        "seat": seat,
        **shown,
        "horizon": horizon,
        "gaps": [{**_coming(one, zone), "sought": queries.is_sought(one.gap, sought)} for one in gaps],
        "sought": [{"is": one, "label": PLACES.get(one.duty.tier, "")} for one in sought],
        "beyond": queries.left_beyond(organisation.id, now),
        "entered": queries.has_shifts(organisation.id),
        "repeats": bool(queries.patterns_in_force(organisation)),
        "due": [line(one, now) for one in queries.sessions_due(organisation.id, now)],
        "on_call": [
            (tier, names.get(on_call[tier], "") if tier in on_call else "")
            for tier in queries.tiers_of(organisation.id)
        ],
        "loads": _loads(organisation, now),
        "movable": True,
    }
    with timezone.override(zone):
        return render(request, "coordinate/rota.html", context)


@require_safe
def team_rota(request: HttpRequest) -> HttpResponse:
    """Show a supporter the team's rota, their own duties marked."""
    seat = accounts.permit(request.user, "shifts.exchange")
    try:
        me = team.supporter_of(seat.person.id, seat.organisation.id)
    except team.NotASupporter:
        raise Http404 from None
    shown = _calendar(request, seat.organisation, clock.now(), reverse("in_team_rota"), me.id)
    with timezone.override(ZoneInfo(seat.organisation.time_zone)):
        return render(request, "team/rota.html", {"seat": seat, **shown})


# --- a page of the calendar --------------------------------------------------------------------------------------


def _calendar(
    request: HttpRequest, organisation: Organisation, now: datetime, page: str, me: uuid.UUID | None = None
) -> dict[str, Any]:
    """Return what month and week show, with the ways to those beside them."""
    zone = ZoneInfo(organisation.time_zone)
    today = now.astimezone(zone).date()
    view = View.WEEK if request.GET.get("view") == View.WEEK else View.MONTH
    period = calendar.period(view, _day(request.GET.get("from", "")) or today)
    shown = queries.calendar_of(organisation, period.days, now)
    # Switching the view stays where one is: at today, where the page shows it.
    anchor = today if today in period else period.first

    def of(one: str, day: date) -> str:
        return f"{page}?{urlencode({'view': str(one), 'from': day.isoformat()})}"

    return {
        "zone": zone,
        "now": now,
        "period": period,
        "weeks": _weeks(Look(shown, period, now, zone, me)),
        "tiers": [(tier, PLACES.get(tier, tier)) for tier in shown.tiers],
        "columns": view is View.WEEK and len(shown.tiers) <= MOST_COLUMNS,
        "views": [
            (_("Month"), of("month", anchor), view is View.MONTH),
            (_("Week"), of("week", anchor), view is View.WEEK),
        ],
        "before": of(view, calendar.before(period).first),
        "after": of(view, calendar.after(period).first),
        "now_here": today in period,
        "to_today": of(view, today),
        "mine": me,
    }


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Look:
    """Who looks at a calendar, and when."""

    shown: Calendar
    period: Period
    now: datetime
    zone: ZoneInfo
    me: uuid.UUID | None


def _weeks(look: Look) -> list[list[dict[str, Any]]]:
    days = [_shown_day(one, look) for one in look.shown.days]
    return [days[begin : begin + 7] for begin in range(0, len(days), 7)]


def _shown_day(one: Day, look: Look) -> dict[str, Any]:
    today = look.now.astimezone(look.zone).date()
    begins = {(piece.item.tier, piece.item.starts_at) for piece in one.pieces}
    return {
        "day": one.day,
        "outside": one.day not in look.period,
        "today": one.day == today,
        "past": one.day < today,
        "holiday": look.shown.holidays.get(one.day, ""),
        "hours": f"{one.hours:g}" if one.hours != WHOLE_DAY else "",
        "longer": one.hours > WHOLE_DAY,
        "pieces": [
            # What came over midnight is met where somebody, or a gap, follows it on the same day.
            {**_piece(piece, look), "met": piece.begins_before and (piece.item.tier, piece.item.ends_at) in begins}
            for piece in one.pieces
        ],
    }


def _piece(piece: Piece, look: Look) -> dict[str, Any]:
    item, now = piece.item, look.now
    gap = item.supporter is None
    return {
        "piece": piece,
        "item": item,
        "gap": gap,
        "label": PLACES.get(item.tier, item.tier),
        "name": look.shown.names.get(item.supporter, "") if item.supporter else "",
        "mine": item.supporter is not None and item.supporter == look.me,
        "key": moving.key_of(item),
        "over": item.ends_at <= now,
        "movable": not gap and item.starts_at > now,
        "runs": not gap and item.starts_at <= now < item.ends_at,
        "whole": not piece.begins_before and piece.top == 0 and _is_midnight(item.ends_at, look.zone),
        "target": item.starts_at > now or (gap and item.ends_at > now),
        "long": item.ends_at - item.starts_at > calendar.DAY,
        "left": _left(piece, look.shown) if gap else [],
        "fill": fill(rules.Gap(item.tier, item.starts_at, item.ends_at), look.zone) if gap else "",
    }


def _is_midnight(moment: datetime, zone: ZoneInfo) -> bool:
    local = moment.astimezone(zone)
    return (local.hour, local.minute) == (0, 0)


def _left(piece: Piece, shown: Calendar) -> list[dict[str, Any]]:
    """Return whose shift a gap was, and whether cover is sought for it."""
    item = piece.item
    return [
        {"name": one.name, "sought": (one.tier, one.starts_at) in shown.sought}
        for one in shown.left
        if one.tier == item.tier and one.starts_at < item.ends_at and item.starts_at < one.ends_at
    ]


# --- gaps and loads ----------------------------------------------------------------------------------------------


def _coming(one: ComingGap, zone: ZoneInfo) -> dict[str, Any]:
    """Return a gap of the list: the form that fills it; where it is several shifts, the week in which they begin."""
    day = one.gap.starts_at.astimezone(zone).date()
    week = f"{reverse('in_rota')}?{urlencode({'view': View.WEEK, 'from': day.isoformat()})}#d{day.isoformat()}"
    many = one.shifts > 1
    return {
        "gap": one.gap,
        "label": PLACES.get(one.gap.tier, one.gap.tier),
        "shifts": one.shifts,
        "seekable": one.seekable,
        "fill": "" if many else fill(one.gap, zone),
        "week": week,
    }


def fill(gap: rules.Gap, zone: ZoneInfo) -> str:
    """Return the address of the form that fills a gap."""
    end = min(gap.ends_at, gap.starts_at + rules.LONGEST_SHIFT)
    query: dict[str, str | int] = {"tier": gap.tier, "from": _wall(gap.starts_at, zone), "to": _wall(end, zone)}
    return f"{reverse('in_rota_enter')}?{urlencode(query)}"


def _wall(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _loads(organisation: Organisation, now: datetime) -> dict[str, Any]:
    """Return everybody's load by name, each beside the team's range; nobody is ranked."""
    found = queries.loads_of(organisation, now)
    return {
        "measures": [
            {"label": MEASURES[name], "least": one.least, "most": one.most} for name, one in found.ranges.items()
        ],
        "people": [
            {
                "name": one.name,
                "able": one.able,
                "cells": [
                    {"label": MEASURES[name], "hours": one.hours[name], "at": 6 + range_.place(one.hours[name])}
                    for name, range_ in found.ranges.items()
                ],
            }
            for one in found.people
        ],
    }


# --- as a list ---------------------------------------------------------------------------------------------------


def _list(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show who is on call in the coming days, where nobody is, and every shift, to look at or remove."""
    organisation, zone, now = seat.organisation, ZoneInfo(seat.organisation.time_zone), clock.now()
    count = SPANS[1] if request.GET.get("days") == str(SPANS[1]) else SPANS[0]
    first = now.astimezone(zone).date()
    start, end = rules.start_of(first, zone), rules.start_of(first + timedelta(days=count), zone)
    shifts = queries.shifts_between(organisation.id, start, end)
    minute = now.replace(second=0, microsecond=0)
    gaps = queries.gaps_until(organisation, minute, end)
    strip = queries.strip(organisation.id, zone, now, count)
    sought = queries.sought(organisation.id, now)
    context = {
        "seat": seat,
        "zone": zone,
        "entered": queries.has_shifts(organisation.id),
        "repeats": bool(queries.patterns_in_force(organisation)),
        "count": count,
        "other_count": SPANS[0] if count == SPANS[1] else SPANS[1],
        "strips": [strip[begin : begin + SPANS[0]] for begin in range(0, count, SPANS[0])],
        "gaps": [
            {**_coming(one, zone), "fill": fill(one.gap, zone), "sought": queries.is_sought(one.gap, sought)}
            for one in gaps
        ],
        "sought": [{"is": one, "label": PLACES.get(one.duty.tier, "")} for one in sought],
        "shifts": [
            {
                "shift": one,
                "label": PLACES[one.tier],
                "now": one.starts_at <= now < one.ends_at,
                "begun": one.starts_at <= now,
            }
            for one in shifts
            if one.ends_at > now
        ],
    }
    with timezone.override(zone):
        return render(request, "coordinate/rota_list.html", context)
