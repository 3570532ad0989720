"""Pages of the settings."""

from typing import TYPE_CHECKING, Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.content import load
from alongside.policy import actions, queries, rules, values
from alongside.policy.forms import ChoiceForm, SettingForm

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

UNITS = {
    "minutes": _("minutes"),
    "hours": _("hours"),
    "seconds": _("seconds"),
    "points": _("points"),
    "percent": _("percent"),
    "clock": _("o’clock"),
    "days": _("days"),
    "weeks": _("weeks"),
    "people": _("people"),
    "replies": _("replies"),
    "messages": _("messages"),
    "requests": _("requests"),
    "version": _("version"),
}
# What is one of a few, by kind: what its page asks, and how each value is called in a line.
ASKED = {"switch": _("What shall hold?"), "weekday": _("On which day?")}
CALLED: "dict[str, dict[int, StrOrPromise]]" = {
    "switch": {1: _("on"), 0: _("off")},
    "weekday": {0: _("never"), **{day + 1: name for day, name in WEEKDAYS.items()}},
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
    form = _form(request, entry, in_force)
    if request.method == "POST" and form.is_valid():
        response: HttpResponse = _change(request, seat, entry, form)
        return response
    return _page(request, seat, entry, form)


def _form(request: HttpRequest, entry: values.Setting, in_force: int) -> SettingForm | ChoiceForm:
    given, initial = request.POST or None, {"value": in_force}
    if entry.unit not in CALLED:
        return SettingForm(given, setting=entry, label=UNITS[entry.unit].capitalize(), initial=initial)
    names = CALLED[entry.unit]
    if entry.unit == "switch":
        names = {value: values.sentence(entry.key, value) for value in names}
    choices = [(value, capfirst(name)) for value, name in names.items()]
    return ChoiceForm(given, label=ASKED[entry.unit], choices=choices, initial=initial)


@reauthentication_required
def _change(request: HttpRequest, seat: Seat, entry: values.Setting, form: SettingForm | ChoiceForm) -> HttpResponse:
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


def _page(request: HttpRequest, seat: Seat, entry: values.Setting, form: SettingForm | ChoiceForm) -> HttpResponse:
    in_force: int = getattr(queries.in_force(seat.organisation.id), entry.key)
    row = _row(entry, in_force, values.sentence(entry.key, in_force))
    context = {"seat": seat, "form": form, "row": row}
    return render(request, "coordinate/setting.html", context, status=422 if form.errors else 200)


def _row(entry: values.Setting, value: int, sentence: str) -> dict[str, Any]:
    return {
        "entry": entry,
        "now": _called(entry, value),
        "usual": _called(entry, entry.default),
        "sentence": sentence,
        "unit": UNITS.get(entry.unit, ""),
        "is_changed": value != entry.default,
    }


def _called(entry: values.Setting, value: int) -> str:
    """Return a value as a line shows it: by its name where it is one of a few."""
    if entry.unit in CALLED:
        return str(CALLED[entry.unit][value])
    return f"{value} {UNITS[entry.unit]}"
