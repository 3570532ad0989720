"""Pages of the holidays: which days count, those of the law with one button."""

import uuid
from datetime import date
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.content import holidays as law
from alongside.kernel import clock
from alongside.rota import actions, queries
from alongside.rota.forms import HolidayForm
from alongside.rota.forms.patterns import year_of
from alongside.rota.models import Holiday

DAYS = {
    "soon": _("This is more than a year ago. Is the year right?"),
    "far": _("This is more than three years ahead. Is the year right?"),
}


def _today(seat: Seat) -> date:
    return clock.now().astimezone(ZoneInfo(seat.organisation.time_zone)).date()


@require_http_methods(["GET", "HEAD", "POST"])
def holidays(request: HttpRequest) -> HttpResponse:
    """List the holidays of a year, and add one."""
    seat = accounts.permit(request.user, "rota.plan")
    today = _today(seat)
    form = HolidayForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _add(seat, form):
        messages.success(request, _("Added. Who is on call on holidays is shared out on its own."))
        return _back(form.cleaned_data["day"].year)
    year = year_of(request.GET.get("year", ""), today)
    rows = queries.holidays_of(seat.organisation.id, year)
    offered = law.statutory(seat.organisation.pack, year, seat.organisation.language)
    known = {row.day for row in rows}
    context = {
        "seat": seat,
        "form": form,
        "year": year,
        "years": range(today.year, today.year + 3),
        "rows": rows,
        "today": today,
        "place": offered.place if offered else "",
        "missing": sum(day not in known for day, _name in offered.days) if offered else 0,
    }
    return render(request, "coordinate/holidays.html", context, status=422 if form.errors else 200)


def _add(seat: Seat, form: HolidayForm) -> bool:
    try:
        actions.add_holiday(seat, form.cleaned_data["day"], form.cleaned_data["name"])
    except actions.DayTaken as taken:
        form.add_error("day", _("This day is in the list already: %(name)s.") % {"name": taken.name})
    except actions.BadDay as bad:
        form.add_error("day", DAYS[bad.code])
    else:
        return True
    return False


def _back(year: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('in_holidays')}?year={year}")


@require_POST
def holidays_statutory(request: HttpRequest) -> HttpResponse:
    """Add the statutory holidays of a year; those that are in the list stay."""
    seat = accounts.permit(request.user, "rota.plan")
    year = year_of(request.POST.get("year", ""), _today(seat))
    offered = law.statutory(seat.organisation.pack, year, seat.organisation.language)
    if offered is None:
        raise Http404
    count = actions.add_holidays(seat, offered.days, year)
    if count:
        messages.success(request, _("Added: %(count)s.") % {"count": count})
    else:
        messages.info(request, _("All of them are in the list already."))
    return _back(year)


@require_POST
def holiday_remove(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Count a day as an ordinary one again."""
    seat = accounts.permit(request.user, "rota.plan")
    try:
        day = actions.remove_holiday(seat, id)
    except Holiday.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Removed."))
    return redirect(_back(day.year).url)
