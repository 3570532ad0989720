"""A manager's own pages, and what a coordinator sees of briefings. Of requests nothing stands on either (M-13)."""

import uuid
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.content import guides
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.programme import actions, queries
from alongside.programme.forms import BriefingForm, UnitsForm
from alongside.programme.models import Briefing

STATES = {
    "missing": ("late", _("to do")),
    "late": ("urgent", _("overdue")),
    "soon": ("late", _("soon")),
    "good": ("good", _("done")),
}


@require_safe
def manage(request: HttpRequest) -> HttpResponse:
    """Show a manager their tasks, guides and what they may expect; of anybody who asked nothing."""
    return _manager_page(request, accounts.permit(request.user, "manage.see"))


@require_safe
def guide(request: HttpRequest, guide: str) -> HttpResponse:
    """Show one guide for managers; everybody else reads the same text on the members' pages."""
    seat = accounts.permit(request.user, "manage.see")
    if guide not in guides.MANAGER_GUIDES:
        raise Http404
    language = get_language() or "en"
    context = {"seat": seat, "guide": guides.guide(guide, language), "guide_language": language}
    return render(request, "manage/guide.html", context)


@require_POST
def record(request: HttpRequest) -> HttpResponse:
    """Write down a briefing of a unit."""
    seat = accounts.permit(request.user, "manage.change")
    form = _briefing_form(request, seat)
    if form.is_valid():
        _record(request, seat, form, noted=False)
        return redirect("in_manage")
    return _manager_page(request, seat, form)


@require_POST
def take_back(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Remove a briefing that one recorded oneself."""
    seat = accounts.permit(request.user, "manage.change")
    try:
        actions.remove_briefing(seat, id)
    except Briefing.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Removed."))
    return redirect("in_manage")


@require_http_methods(["GET", "HEAD", "POST"])
def units(request: HttpRequest) -> HttpResponse:
    """Choose which units are one's own."""
    seat = accounts.permit(request.user, "manage.change")
    chosen = [str(one.id) for one in queries.own_units(seat, clock.now())]
    form = UnitsForm(
        request.POST if request.method == "POST" else None,
        offices=accounts.offices_of(seat.organisation),
        initial={"units": chosen},
    )
    if request.method == "POST" and form.is_valid():
        actions.choose_units(seat, [uuid.UUID(one) for one in form.cleaned_data["units"]])
        messages.success(request, _("Kept."))
        return redirect("in_manage")
    return render(request, "manage/units.html", {"seat": seat, "form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def rules_for_managers(request: HttpRequest) -> HttpResponse:
    """Read the rules for managers and acknowledge them in one tap."""
    seat = accounts.permit(request.user, "manage.change")
    if request.method == "POST":
        try:
            actions.acknowledge(seat, _number(request.POST.get("version", "")))
        except actions.AnotherVersion:
            messages.warning(request, _("The text has changed meanwhile. Please read it as it stands now."))
            return redirect("in_managers_rules")
        messages.success(request, _("Thank you. It is written down that you have read them."))
        return redirect("in_manage")
    context = {
        "seat": seat,
        "text": guides.guide(guides.MANAGERS_RULES, get_language() or "en"),
        "due": queries.own_acknowledgement(seat, clock.now()),
        "sentences": _sentences(seat),
    }
    return render(request, "manage/rules.html", context)


# --- the coordinator ---------------------------------------------------------------------------------------------


@require_safe
def briefings(request: HttpRequest) -> HttpResponse:
    """Show which units were briefed when, and how many managers read their rules."""
    return _coordinator_page(request, accounts.permit(request.user, "briefings.see"))


@require_POST
def coordinator_records(request: HttpRequest) -> HttpResponse:
    """Write down a briefing that the team itself held (I-31)."""
    seat = accounts.permit(request.user, "briefings.record")
    form = _briefing_form(request, seat)
    if form.is_valid():
        _record(request, seat, form, noted=True)
        return redirect("in_briefings")
    return _coordinator_page(request, seat, form)


@require_POST
def coordinator_takes_back(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Remove a briefing that was written down by mistake, whoever did it."""
    seat = accounts.permit(request.user, "briefings.record")
    try:
        actions.strike_briefing(seat, id)
    except Briefing.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Removed. The list of changes says so."))
    return redirect("in_briefings")


def _coordinator_page(request: HttpRequest, seat: Seat, form: BriefingForm | None = None) -> HttpResponse:
    now = clock.now()
    found = queries.coverage(seat.organisation, now)
    context = {
        "seat": seat,
        "units": [_row(one) for one in found],
        "covered": sum(one.due.state in {"good", "soon"} for one in found),
        "recorded": queries.latest_briefings(seat.organisation),
        "readers": queries.readers(seat.organisation, now),
        "version": guides.managers_rules_version(),
        "values": policy.in_force(seat.organisation.id),
        "form": form or _briefing_form(None, seat),
    }
    return render(request, "coordinate/briefings.html", context, status=422 if form else 200)


# --- what both share ---------------------------------------------------------------------------------------------


def _manager_page(request: HttpRequest, seat: Seat, form: BriefingForm | None = None) -> HttpResponse:
    now = clock.now()
    mine = queries.own_units(seat, now)
    due = queries.own_acknowledgement(seat, now)
    context = {
        "seat": seat,
        "language": get_language() or "en",
        "units": [_row(one) for one in mine],
        "rules_due": due,
        "rules_state": STATES[due.state],
        "open": sum(one.due.state in {"missing", "late"} for one in mine) + (due.state in {"missing", "late"}),
        "recorded": queries.own_briefings(seat),
        "guides": [guides.guide(key, get_language() or "en") for key in guides.MANAGER_GUIDES],
        "sentences": _sentences(seat),
        "form": form or _briefing_form(None, seat),
    }
    return render(request, "manage/home.html", context, status=422 if form else 200)


def _row(one: queries.Unit) -> dict[str, Any]:
    tone, word = STATES[one.due.state]
    return {"unit": one, "due": one.due, "tone": tone, "word": word}


def _sentences(seat: Seat) -> list[str]:
    return [sentence for _key, _value, sentence in policy.sentences(seat.organisation.id)]


def _briefing_form(request: HttpRequest | None, seat: Seat) -> BriefingForm:
    offices, today = accounts.offices_of(seat.organisation), queries.today_of(seat.organisation, clock.now())
    mine = {one.id for one in queries.own_units(seat, clock.now())}
    # One's own units first: they are what is meant nearly always.
    offices.sort(key=lambda one: one.id not in mine)
    return BriefingForm(request.POST if request else None, offices=offices, today=today)


def _record(request: HttpRequest, seat: Seat, form: BriefingForm, *, noted: bool) -> None:
    held_on: date = form.cleaned_data["held_on"]
    if actions.record_briefing(seat, uuid.UUID(form.cleaned_data["office"]), held_on, noted=noted):
        messages.success(request, _("Written down. No name is kept."))
    else:
        said = _("A briefing of %(unit)s on %(day)s stands there already. Nothing was written down again.")
        unit = dict(form.fields["office"].choices)[form.cleaned_data["office"]]  # type: ignore[attr-defined]
        messages.warning(request, said % {"unit": unit, "day": date_format(held_on, "j F Y")})


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0  # noqa: PLR2004
