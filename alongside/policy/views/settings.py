"""Pages of the settings."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.content import load
from alongside.policy import actions, queries, rules, values
from alongside.policy.forms import SettingForm

UNITS = {
    "minutes": _("minutes"),
    "hours": _("hours"),
    "seconds": _("seconds"),
    "points": _("points"),
    "percent": _("percent"),
    "choice": _("1 or 0"),
    "clock": _("o’clock"),
    "days": _("days"),
    "weeks": _("weeks"),
    "people": _("people"),
    "replies": _("replies"),
    "messages": _("messages"),
    "requests": _("requests"),
    "version": _("version"),
}


@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """Show every setting with the sentence it makes true, its value, bounds, default and source."""
    seat = accounts.permit(request.user, "policy.see")
    rows = [
        _row(values.setting(key), value, sentence) for key, value, sentence in queries.sentences(seat.organisation.id)
    ]
    context = {
        "seat": seat,
        "rows": rows,
        "changed": sum(row["is_changed"] for row in rows),
        "may_change": not seat.roles.isdisjoint(load.capabilities()["policy.change"]),
    }
    return render(request, "coordinate/settings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def setting(request: HttpRequest, key: str) -> HttpResponse:
    """Change one setting."""
    seat = accounts.permit(request.user, "policy.change")
    try:
        entry = values.setting(key)
    except KeyError:
        raise Http404 from None
    in_force: int = getattr(queries.in_force(seat.organisation.id), key)
    form = SettingForm(
        request.POST or None, setting=entry, label=UNITS[entry.unit].capitalize(), initial={"value": in_force}
    )
    if request.method == "POST" and form.is_valid():
        response: HttpResponse = _change(request, seat, entry, form)
        return response
    return _page(request, seat, entry, form)


@reauthentication_required
def _change(request: HttpRequest, seat: Seat, entry: values.Setting, form: SettingForm) -> HttpResponse:
    try:
        actions.change(seat, entry.key, form.cleaned_data["value"])
    except rules.OutOfOrder:
        form.add_error(
            "value",
            _("Rungs follow each other: this one must come after the one before it and before the next."),
        )
        return _page(request, seat, entry, form)
    except rules.OutOfBounds:
        form.add_error("value", _("This lies outside the bounds."))
        return _page(request, seat, entry, form)
    messages.success(request, _("Changed. It holds from now on; requests under way keep their terms."))
    return redirect("in_settings")


def _page(request: HttpRequest, seat: Seat, entry: values.Setting, form: SettingForm) -> HttpResponse:
    in_force: int = getattr(queries.in_force(seat.organisation.id), entry.key)
    row = _row(entry, in_force, values.sentence(entry.key, in_force))
    context = {"seat": seat, "form": form, "row": row}
    return render(request, "coordinate/setting.html", context, status=422 if form.errors else 200)


def _row(entry: values.Setting, value: int, sentence: str) -> dict[str, Any]:
    return {
        "entry": entry,
        "value": value,
        "sentence": sentence,
        "unit": UNITS[entry.unit],
        "is_changed": value != entry.default,
    }
