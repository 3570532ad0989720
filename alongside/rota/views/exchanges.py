"""A supporter's shifts, and what they ask and are asked about them."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.rota import actions, queries
from alongside.rota.forms import HandOverForm, SwapForm
from alongside.rota.models import Exchange, Shift
from alongside.rota.rules import carrying
from alongside.rota.rules.exchanging import Refused, Why
from alongside.rota.views.plan_words import PLACES
from alongside.team import queries as team
from alongside.team import rules as serving

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MEASURES: "dict[str, StrOrPromise]" = {
    "load": _("Hours"),
    "night": _("Nights"),
    "weekend": _("Weekend days"),
    "holiday": _("Holidays"),
}
# In hundredths of a bar's width, so that a mark at its end is whole.
BAR_BEGINS, BAR_ENDS = 4, 96
REFUSED: "dict[Why, StrOrPromise]" = {
    Why.ANSWERED: _("This is settled already, or was taken back. Nothing was changed."),
    Why.ASKED_ALREADY: _("Something is asked about this shift already. Take that back first."),
    Why.CHANGED: _("The shift has changed hands since. Nothing was changed."),
    Why.BEGUN: _("The shift has begun. Look for cover instead."),
    Why.OVER: _("The shift is over."),
    Why.LEAVE: _("The shift belongs to somebody who does not serve at present. Cover is sought for it."),
    Why.NOT_YOURS: _("This is your own shift already."),
    Why.CANNOT: _("This person cannot take it. Choose another one, or look for cover."),
    Why.AWAY: _("You cannot take it: you said that you are not free then, or something you need for duty is missing."),
    Why.TWICE: _("You cannot take it: you are on call then already."),
    Why.REST: _("You cannot take it: it leaves too little rest beside another shift of yours."),
    Why.ROW: _("You cannot take it: it makes too many days in a row."),
    Why.CAP: _("You cannot take it: it is more than you said you can take in four weeks."),
}
CHOSE_NOBODY = _("Choose somebody, or a shift, before you ask.")
# Another person or shift may do.
CHOOSE_ANEW = frozenset({Why.CANNOT, Why.AWAY, Why.TWICE, Why.REST, Why.ROW, Why.CAP})
SOUGHT = _("Cover is sought. The shift is yours until somebody takes it.")
SOUGHT_NOW = _("Cover is sought. You stay on call until somebody takes the shift.")
SAID: "dict[str, StrOrPromise]" = {
    "yes": _("Done. The rota is changed."),
    "take": _("Done. The shift is yours."),
    "no": _("Answered. No reason is asked."),
    "withdraw": _("Taken back. The shift is yours as before."),
}


def _me(request: HttpRequest, where: Callable[[], uuid.UUID | None] | None = None) -> tuple[Seat, serving.Facts]:
    """Return the seat in which somebody serves: where what they act on belongs, else in the organisation that the
    address names, else in their first one.
    """
    seat = accounts.permit(request.user, "shifts.exchange", accounts.organisation_at(request.GET.get("of", "")))
    # Looked up for who may exchange shifts, and for nobody else.
    if where and (there := where()):
        seat = accounts.permit(request.user, "shifts.exchange", there)
    try:
        return seat, team.supporter_of(seat.person.id, seat.organisation.id)
    except team.NotASupporter:
        raise Http404 from None


def _seat_of(
    request: HttpRequest, id: uuid.UUID, where: Callable[[uuid.UUID], uuid.UUID | None]
) -> tuple[Seat, serving.Facts]:
    """Return the seat in which a shift or a question is one's own; for one of somewhere else the same as for one that
    never was.
    """
    try:
        return _me(request, lambda: where(id))
    except Http404:
        return _me(request)


def unlike(start: datetime, end: datetime) -> int:
    """Return the minutes by which a span is longer than its clock times say, in the time zone in force: 60 in the night
    in which clocks go back, -60 in the other one.
    """
    before, after = (timezone.localtime(moment).utcoffset() or timedelta(0) for moment in (start, end))
    return (before - after) // timedelta(minutes=1)


@require_GET
def my_shifts(request: HttpRequest) -> HttpResponse:
    """Show somebody their shifts, what they asked about them and are asked, what is free, and what they carry."""
    seat, me = _me(request)
    now, zone = clock.now(), ZoneInfo(seat.organisation.time_zone)
    able = team.may_serve(me.id)
    asked = queries.questions(seat.organisation.id, me.id, now) if able else []
    others = [one for one in asked if not one.turn]
    # What would only be refused is not offered.
    fits = queries.could_take(seat.organisation, me.id, [one.duty for one in others], now)
    free, _others = queries.free_for(seat.organisation, me.id, now) if able else ([], 0)
    load = queries.load_of(seat.organisation, me.id, now)
    mine = queries.mine(me.id, now)
    with timezone.override(zone):
        context = {
            "seat": seat,
            "zone": zone,
            "facts": me,
            "able": able,
            "mine": [_mine(one, now) for one in mine],
            "sick_now": any(one.exchange and one.duty.starts_at <= now for one in mine) and me.status == "active",
            "noes": [_no(one) for one in queries.noes(me.id, now)],
            "turn": [_question(one, now) for one in asked if one.turn],
            "appointments": queries.appointments_of(seat.person.id, seat.organisation.id, now),
            "sought": [_question(one, now) for one, fit in zip(others, fits, strict=True) if fit],
            "free": len(free),
            "note": queries.wants_week_note(me.id) if policy.in_force(seat.organisation.id).week_note else None,
            "change": any(queries.change_of(one.id, now) for one in team.serving(team.supporters_of(seat.person.id))),
            "load": load,
            "bars": [_bar(one) for one in load.measures],
            "elsewhere": _elsewhere(seat, now),
        }
        return render(request, "team/shifts.html", context)


def _elsewhere(seat: Seat, now: datetime) -> list[dict[str, Any]]:
    """Return the other organisations in which the same person serves, and whether anything is asked or answered
    there.
    """
    found = []
    for one in accounts.seats(seat.person):
        if one.of is None or one.of == seat.of or "supporter" not in one.roles:
            continue
        try:
            me = team.supporter_of(seat.person.id, one.of.id)
        except team.NotASupporter:
            continue
        asked = team.may_serve(me.id) and any(ask.turn for ask in queries.questions(one.of.id, me.id, now))
        answered = bool(queries.noes(me.id, now))
        found.append({"slug": one.of.slug, "name": one.of.name, "asked": asked, "answered": answered})
    return found


def _mine(one: queries.Mine, now: datetime) -> dict[str, Any]:
    return {
        "shift": one,
        "label": PLACES[one.duty.tier],
        "now": one.duty.starts_at <= now,
        "unlike": unlike(one.duty.starts_at, one.duty.ends_at),
    }


def _no(one: queries.No) -> dict[str, Any]:
    return {"no": one, "label": PLACES[one.duty.tier], "unlike": unlike(one.duty.starts_at, one.duty.ends_at)}


def _question(one: queries.Question, now: datetime) -> dict[str, Any]:
    return {
        "asked": one,
        "label": PLACES[one.duty.tier],
        "now": one.duty.starts_at <= now,
        "other": PLACES[one.other.tier] if one.other else "",
        "unlike": unlike(one.duty.starts_at, one.duty.ends_at),
    }


def _bar(one: carrying.Measured) -> dict[str, Any]:
    """Return a measure in words, and where a team has a range as places on a bar that begins at nothing."""
    found: dict[str, Any] = {
        "label": MEASURES[one.measure],
        "own": one.own / carrying.WHOLE,
        "credit": one.credit / carrying.WHOLE,
        # Hours are whole; of nights and days a half is said.
        "decimals": "0" if one.measure == "load" else "-1",
    }
    if one.team:
        stretch = (BAR_ENDS - BAR_BEGINS) / one.team.highest
        amounts = {"own": one.own, **vars(one.team)}
        found["team"] = {name: amount / carrying.WHOLE for name, amount in amounts.items()}
        found["at"] = {name: f"{BAR_BEGINS + amount * stretch:.1f}%" for name, amount in amounts.items()}
        found["wide"] = f"{(one.team.highest - one.team.lowest) * stretch:.1f}%"
    return found


@require_GET
def my_shift(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Show the ways to give one shift away."""
    seat, me = _seat_of(request, id, queries.organisation_of_shift)
    one = _own(me, id)
    return _ways(request, seat, me, one) if one else _over(request, seat)


def _own(me: serving.Facts, id: uuid.UUID) -> queries.Mine | None:
    """Return one of the supporter's shifts; None for one that is over, somebody else's by now, or never was."""
    return next((one for one in queries.mine(me.id, clock.now()) if one.id == id), None)


def _ways(request: HttpRequest, seat: Seat, me: serving.Facts, one: queries.Mine) -> HttpResponse:
    now, zone = clock.now(), ZoneInfo(seat.organisation.time_zone)
    begun = one.duty.starts_at <= now
    with timezone.override(zone):
        context = {
            "seat": seat,
            "zone": zone,
            "one": one,
            "label": PLACES[one.duty.tier],
            "begun": begun,
            "unlike": unlike(one.duty.starts_at, one.duty.ends_at),
        }
        if not begun and not one.exchange:
            people, shifts = _people(seat, me, now), _shifts(seat, me, now)
            able = queries.may_take(seat.organisation, one.duty, now)
            fitting = queries.may_swap(seat.organisation, one.duty, shifts, now)
            context["hand_over"] = HandOverForm(people=[found for found in people if uuid.UUID(found[0]) in able])
            context["swap"] = SwapForm(shifts=_by_name(fitting))
        return render(request, "team/shift.html", context)


def _people(seat: Seat, me: serving.Facts, now: datetime) -> list[tuple[str, str]]:
    return [(str(id), name) for id, name in queries.may_be_given(seat.organisation.id, me.id, now)]


def _shifts(seat: Seat, me: serving.Facts, now: datetime) -> list[Shift]:
    until = now + timedelta(days=policy.in_force(seat.organisation.id).gap_days)
    return queries.others_shifts(seat.organisation.id, me.id, now, until)


def _by_name(rows: list[Shift]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return shifts as the choices of a list: under each name, by beginning."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in sorted(rows, key=lambda row: (row.supporter.person.name, row.starts_at)):
        found.setdefault(row.supporter.person.name, []).append((str(row.id), _line(row)))
    return list(found.items())


def _line(row: Shift) -> str:
    start, end = timezone.localtime(row.starts_at), timezone.localtime(row.ends_at)
    # Short, for a phone: a night that ends on the next day needs no second date.
    moment = str(_("D j M, H:i"))
    until = formats.date_format(end, "H:i" if row.ends_at - row.starts_at < timedelta(days=1) else moment)
    return f"{formats.date_format(start, moment)}–{until}, {PLACES[row.tier]}"


@require_POST
def hand_over(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Ask somebody by name to take a shift over."""
    seat, me = _seat_of(request, id, queries.organisation_of_shift)
    if _own(me, id) is None:
        return _over(request, seat)
    # Whoever serves may be named: what keeps somebody from it may have changed since the page was made.
    form = HandOverForm(request.POST, people=_people(seat, me, clock.now()))
    if not form.is_valid():
        return _unchosen(request, id) if not request.POST.get("to") else _say(request, seat, Why.CANNOT, "in_shift", id)
    to = uuid.UUID(form.cleaned_data["to"])
    step = lambda: actions.hand_over(seat.organisation.id, me.id, id, to)  # noqa: E731
    return _try(request, seat, step, _("Asked. The shift is yours until they say yes."), "in_shift", id)


@require_POST
def swap(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Ask somebody to swap a shift of theirs for one's own."""
    seat, me = _seat_of(request, id, queries.organisation_of_shift)
    if _own(me, id) is None:
        return _over(request, seat)
    form = SwapForm(request.POST, shifts=_by_name(_shifts(seat, me, clock.now())))
    if not form.is_valid():
        if not request.POST.get("other"):
            return _unchosen(request, id)
        return _say(request, seat, Why.CHANGED, "in_shift", id)
    other = uuid.UUID(form.cleaned_data["other"])
    step = lambda: actions.offer_swap(seat.organisation.id, me.id, id, other)  # noqa: E731
    return _try(request, seat, step, _("Asked. The shift is yours until they say yes."), "in_shift", id)


def _unchosen(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    messages.error(request, CHOSE_NOBODY)
    return redirect("in_shift", id)


@require_POST
def cover(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Look for cover, in fair order; for a running shift from everybody who can."""
    seat, me = _seat_of(request, id, queries.organisation_of_shift)
    if (one := _own(me, id)) is None:
        return _over(request, seat)
    said = SOUGHT_NOW if one.duty.starts_at <= clock.now() else SOUGHT
    return _try(request, seat, lambda: actions.find_cover(seat.organisation.id, me.id, id), said, "in_shift", id)


@require_http_methods(["GET", "HEAD", "POST"])
def asked(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Lead to what one is asked; answer it, take a shift that is sought for, take back what one asked oneself, or put a
    no away. What is over, is somebody else's or never was gets one and the same page.
    """
    seat, me = _seat_of(request, id, queries.organisation_of_exchange)
    where, say = seat.organisation.id, request.POST.get("say", "")
    if request.method != "POST":
        open_ones = queries.questions(where, me.id, clock.now())
        return _back(seat) if any(one.id == id for one in open_ones) else _over(request, seat)
    if say == "seen":
        actions.put_away(me.id, id)
        return _back(seat)
    steps: dict[str, Callable[[], None]] = {
        "yes": lambda: actions.answer(where, me.id, id, yes=True),
        "no": lambda: actions.answer(where, me.id, id, yes=False),
        "take": lambda: actions.take(where, me.id, id),
        "withdraw": lambda: actions.withdraw(where, me.id, id),
    }
    if say not in steps:
        raise Http404
    try:
        steps[say]()
    except Exchange.DoesNotExist:
        return _over(request, seat)
    except Refused as refused:
        return _over(request, seat) if refused.why == Why.ANSWERED else _say(request, seat, refused.why, "in_shifts")
    messages.success(request, SAID[say])
    return _back(seat)


def _over(request: HttpRequest, seat: Seat) -> HttpResponse:
    return render(request, "team/over.html", {"seat": seat, "shift": True}, status=410)


@require_POST
def note(request: HttpRequest) -> HttpResponse:
    """Want the weekly note, or want it no more."""
    seat, me = _me(request)
    actions.want_week_note(me.id, wanted=request.POST.get("wanted") == "yes")
    messages.success(request, _("Saved."))
    return _back(seat)


def _try(
    request: HttpRequest, seat: Seat, step: Callable[[], None], said: "StrOrPromise", back: str, *arguments: uuid.UUID
) -> HttpResponse:
    """Take a step and say how it went; who is refused is led back to where they can choose anew."""
    try:
        step()
    except Shift.DoesNotExist:
        return _over(request, seat)
    except Refused as refused:
        return _say(request, seat, refused.why, back, *arguments)
    messages.success(request, said)
    return _back(seat)


def _say(request: HttpRequest, seat: Seat, why: Why, back: str, *arguments: uuid.UUID) -> HttpResponse:
    messages.error(request, REFUSED[why])
    return redirect(back, *arguments) if why in CHOOSE_ANEW and arguments else _back(seat)


def _back(seat: Seat) -> HttpResponse:
    """Lead back to the shifts of the same organisation, which is named where somebody serves in more than one."""
    many = sum("supporter" in one.roles for one in accounts.seats(seat.person)) > 1
    return redirect(reverse("in_shifts") + (f"?{urlencode({'of': seat.organisation.slug})}" if many else ""))
