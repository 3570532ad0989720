"""What a supporter says of when they can be on call, and what the coordinator knows of who is ready for duty."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.rota import actions, forms, queries
from alongside.rota.models import Hours
from alongside.rota.rules import wishes as rules
from alongside.team import actions as team_actions
from alongside.team import queries as team
from alongside.team import rules as teams

DAYS = {
    "order": _("The last day comes before the first."),
    "over": _("These days are over."),
    "far": _("This is more than a year ahead. Is the year right?"),
}
ENOUGH = _("That is more than can be kept. Remove lines that you no longer need.")
BAD_HOURS = _("Both times are the same. Choose two that differ.")
MISSING = {
    "agreed": _("agreement not signed"),
    "crisis_trained": _("no crisis training"),
    "phone_checked": _("telephone not called"),
    "phone_issued": _("no telephone issued"),
    "data_issued": _("no data plan issued"),
}


def _me(request: HttpRequest) -> tuple[Seat, teams.Facts]:
    """Return the seat in which somebody serves and their facts there; Http404 for everybody else."""
    seat = accounts.permit(request.user, "team.serve", accounts.organisation_at(request.GET.get("of", "")))
    try:
        return seat, team.supporter_of(seat.person.id, seat.organisation.id)
    except team.NotASupporter:
        raise Http404 from None


FORMS: dict[str, type[django_forms.Form]] = {
    "day-off": forms.DaysOffForm,
    "hours": forms.HoursForm,
    "wish": forms.WishForm,
    "cap": forms.CapForm,
}


@require_http_methods(["GET", "HEAD", "POST"])
def availability(request: HttpRequest) -> HttpResponse:
    """Show and take what a supporter says of themself; each form says which it is."""
    seat, facts = _me(request)
    zone = ZoneInfo(seat.organisation.time_zone)
    said = queries.availability_of(facts.id, clock.now().astimezone(zone).date())
    shown = {kind: form(prefix=kind) for kind, form in FORMS.items()}
    shown["cap"] = forms.CapForm(prefix="cap", initial={"most": said.most_in_28_days})
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        if kind not in FORMS:
            raise Http404
        shown[kind] = FORMS[kind](request.POST, prefix=kind)
        if shown[kind].is_valid() and _keep(kind, seat, facts, shown[kind]):
            messages.success(request, _("Kept."))
            return _back(request)
    context = {
        "seat": seat,
        "zone": zone,
        "said": said,
        "hours": [_line(one) for one in said.hours],
        "can": any(not one.works for one in said.hours),
        "has_shifts": bool(queries.next_shifts_of(facts.id, clock.now(), 1)),
        "days_off_form": shown["day-off"],
        "hours_form": shown["hours"],
        "wish_form": shown["wish"],
        "cap_form": shown["cap"],
    }
    return render(
        request, "team/availability.html", context, status=422 if any(f.errors for f in shown.values()) else 200
    )


def _line(one: Hours) -> dict[str, Any]:
    """Return weekly hours as they are read: the day, and both times by the clock on the wall."""
    end = (one.minute + one.minutes) % forms.WHOLE_DAY
    return {
        "row": one,
        "day": dict(forms.WEEKDAYS)[one.weekday],
        "from": f"{one.minute // 60:02}:{one.minute % 60:02}",
        "to": f"{end // 60:02}:{end % 60:02}",
        "next_day": one.minute + one.minutes > forms.WHOLE_DAY,
    }


def _keep(kind: str, seat: Seat, facts: teams.Facts, form: django_forms.Form) -> bool:
    """Keep what a form says; put into the form why not."""
    keep: Callable[[], None] = {
        "day-off": lambda: _keep_days(seat, facts, form),
        "hours": lambda: _keep_hours(seat, facts, form),
        "wish": lambda: actions.set_wish(
            seat.organisation.id, facts.id, form.cleaned_data["day"], on_call=form.cleaned_data["on_call"]
        ),
        "cap": lambda: actions.set_cap(seat.organisation.id, facts.id, form.cleaned_data["most"]),
    }[kind]
    try:
        keep()
    except rules.BadDays as bad:
        form.add_error("day" if kind == "wish" else "last" if bad.code == "order" else "first", DAYS[bad.code])
    except rules.BadHours:
        form.add_error(None, BAD_HOURS)
    except rules.TooMany:
        form.add_error(None, ENOUGH)
    else:
        return True
    return False


def _keep_days(seat: Seat, facts: teams.Facts, form: django_forms.Form) -> None:
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    actions.add_blackout(seat.organisation.id, facts.id, first, last or first)


def _keep_hours(seat: Seat, facts: teams.Facts, form: django_forms.Form) -> None:
    assert isinstance(form, forms.HoursForm)  # noqa: S101
    minute, minutes = form.span()
    if form.cleaned_data["starts"] == form.cleaned_data["ends"] and minute:
        raise rules.BadHours
    works = form.cleaned_data["works"]
    actions.add_hours(seat.organisation.id, facts.id, form.cleaned_data["weekdays"], minute, minutes, works=works)


@require_POST
def take_back(request: HttpRequest, kind: str, id: uuid.UUID) -> HttpResponse:
    """Remove one line of what a supporter said; a second tap finds it gone."""
    seat, facts = _me(request)
    if not actions.take_back(facts.id, kind, id):
        return render(request, "team/over.html", {"seat": seat, "gone": "in_availability"}, status=410)
    messages.success(request, _("Removed."))
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    query = request.GET.urlencode()
    return redirect(reverse("in_availability") + (f"?{query}" if query else ""))


# --- the coordinator's -------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def readiness(request: HttpRequest) -> HttpResponse:
    """Show what each supporter still needs before being on call, and take what the coordinator knows (D-03, D-12,
    B-39).
    """
    seat = accounts.permit(request.user, "team.change")
    today = clock.now().astimezone(ZoneInfo(seat.organisation.time_zone)).date()
    chosen = request.POST.get("supporter", "")
    form = forms.ReadyForm(request.POST, prefix=chosen) if request.method == "POST" else None
    lines = _lines(seat, chosen, form)
    if form is not None:
        known = next((one for one in lines if str(one["id"]) == chosen), None)
        if known is None:
            raise Http404
        if form.is_valid() and _ready(seat, known, form, today + timedelta(days=1)):
            messages.success(request, _("Kept."))
            return redirect("in_readiness")
    values = policy.in_force(seat.organisation.id)
    context = {
        "seat": seat,
        "lines": lines,
        "ready": sum(not one["missing"] for one in lines),
        "needs_training": values.rota_needs_training,
        "needs_phone": values.rota_needs_phone,
    }
    return render(
        request, "coordinate/readiness.html", context, status=422 if form is not None and form.errors else 200
    )


def _lines(seat: Seat, chosen: str, form: forms.ReadyForm | None) -> list[dict[str, Any]]:
    names = {one.id: one for one in team.roster(seat.organisation.id, clock.now())}
    rows = team.ready_rows(seat.organisation.id)
    found = []
    for one in team.readiness(seat.organisation.id):
        row, key = rows.get(one.id), str(one.id)
        fields = ("crisis_trained_on", "phone_checked_on", "phone_issued", "data_issued")
        initial = {name: getattr(row, name) for name in fields} if row else {}
        found.append(
            {
                "id": one.id,
                "name": names[one.id].name,
                "office": names[one.id].office,
                "on_leave": one.on_leave,
                "missing": [label for field, label in MISSING.items() if not getattr(one, field)],
                "open": key == chosen,
                "form": form if form is not None and key == chosen else forms.ReadyForm(prefix=key, initial=initial),
            }
        )
    return sorted(found, key=lambda line: (not line["missing"], line["name"]))


def _ready(seat: Seat, line: dict[str, Any], form: forms.ReadyForm, latest: Any) -> bool:
    for name in ("crisis_trained_on", "phone_checked_on"):
        if (day := form.cleaned_data[name]) and day > latest:
            form.add_error(name, _("This day is still to come."))
    if form.errors:
        return False
    team_actions.set_ready(seat, line["id"], **form.cleaned_data)
    return True
