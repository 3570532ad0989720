"""Outside help: for the team to look up and share, for coordinators to confirm."""

from datetime import date
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.content import library as sources
from alongside.directory import actions, queries
from alongside.directory.forms.resources import CallForm, EntryForm
from alongside.kernel import clock
from alongside.policy import queries as policy

STANDINGS = {
    "shown": ("good", _("shown")),
    "soon": ("late", _("call again soon")),
    "expired": ("urgent", _("hidden: call again")),
    "unverified": ("plain", _("hidden: not called yet")),
    "off": ("plain", _("switched off")),
}
# What needs a call comes first.
ORDER = ("expired", "soon", "unverified", "shown", "off")


@require_safe
def directory(request: HttpRequest) -> HttpResponse:
    """Show what was confirmed, to be shared; of whom it is shared with nothing is sent or kept (A-30)."""
    seat = accounts.permit(request.user, "resources.see")
    found, language = queries.shown(seat.organisation, clock.now()), get_language() or "en"
    context = {
        "seat": seat,
        "language": language,
        "groups": queries.grouped(found, language),
        "needs": queries.needs_of(found, language),
        "confirmed": sum(one.standing != "always" for one in found),
    }
    return render(request, "team/resources.html", context)


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Show the sources behind the programme's texts (L-27)."""
    seat = accounts.permit(request.user, "resources.see")
    return render(request, "team/library.html", {"seat": seat, "works": sources.works(get_language() or "en")})


@require_safe
def kept(request: HttpRequest) -> HttpResponse:
    """Show a coordinator every entry with how it stands."""
    seat = accounts.permit(request.user, "resources.change")
    found = queries.every_resource(seat.organisation, clock.now())
    language, values = get_language() or "en", policy.in_force(seat.organisation.id)
    rows: list[dict[str, Any]] = [
        {"one": one, "said": one.says(language), "tone": STANDINGS[one.standing][0], "word": STANDINGS[one.standing][1]}
        for one in sorted(found, key=lambda one: ORDER.index(one.standing) if one.standing in ORDER else -1)
        if one.standing != "always"
    ]
    context = {
        "seat": seat,
        "rows": rows,
        "shown": sum(row["one"].is_shown for row in rows),
        "days": values.resource_valid,
    }
    return render(request, "coordinate/resources.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Add an entry of the organisation's own; it is called next."""
    seat = accounts.permit(request.user, "resources.change")
    form = EntryForm(request.POST or None, language=seat.organisation.language)
    if request.method == "POST" and form.is_valid():
        try:
            key = actions.add_resource(seat, form.entry)
        except actions.TooMany:
            messages.error(request, _("There are 100 entries of your own. Remove one first."))
            return redirect("in_resources")
        messages.success(request, _("Added. It is hidden until somebody called it."))
        return redirect("in_resource", key)
    return render(request, "coordinate/resource_add.html", {"seat": seat, "form": form}, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, resource: str) -> HttpResponse:
    """Confirm an entry by a test call, with what is to be corrected."""
    seat = accounts.permit(request.user, "resources.change")
    one, today = _one(seat, resource), _today(seat)
    form = CallForm(request.POST or None, entry=one.entry, language=seat.organisation.language, today=today)
    asks = request.method == "POST" and form.is_valid() and _leads_elsewhere(one, form) and _long_ago(request)
    if request.method == "POST" and form.is_valid() and not asks:
        called_on, confirmed = form.cleaned_data["called_on"], form.cleaned_data["confirmed"]
        try:
            actions.verify_resource(seat, resource, form.entry, called_on, confirmed)
        except actions.NoSuchResource:
            raise Http404 from None
        messages.success(request, _("Confirmed. Members and supporters see it now."))
        return redirect("in_resources")
    language = get_language() or "en"
    context = {
        "seat": seat,
        "one": one,
        "said": one.says(language),
        "doubt": one.shipped.doubt.get(language, "") if one.shipped else "",
        "standing": STANDINGS[one.standing],
        "form": form,
        "again": asks,
        "days": policy.in_force(seat.organisation.id).resource_valid,
    }
    return render(request, "coordinate/resource.html", context, status=422 if asks else _status(form))


@require_safe
def again(request: HttpRequest) -> HttpResponse:
    """Ask a coordinator who they are once more, in a window beside the form that they go on with."""
    seat = accounts.permit(request.user, "resources.change")
    response: HttpResponse = _again(request, seat)
    return response


@reauthentication_required
def _again(request: HttpRequest, seat: Seat) -> HttpResponse:
    return render(request, "coordinate/resource_again.html", {"seat": seat})


@require_POST
def switch(request: HttpRequest, resource: str) -> HttpResponse:
    """Hide an entry, or show it again."""
    seat = accounts.permit(request.user, "resources.change")
    off = request.POST.get("off") == "yes"
    try:
        actions.switch_resource(seat, resource, off=off)
    except actions.NoSuchResource:
        raise Http404 from None
    messages.success(request, _("Switched off. Nobody sees it now.") if off else _("Switched on."))
    return redirect("in_resources")


@require_POST
def remove(request: HttpRequest, resource: str) -> HttpResponse:
    """Remove an entry of the organisation's own."""
    seat = accounts.permit(request.user, "resources.change")
    try:
        actions.remove_resource(seat, resource)
    except actions.NoSuchResource:
        raise Http404 from None
    messages.success(request, _("Removed."))
    return redirect("in_resources")


def _leads_elsewhere(one: queries.Resource, form: CallForm) -> bool:
    """Say whether members would be sent to a number or site that the software's list does not have."""
    ours, theirs = form.entry, one.shipped.entry if one.shipped else None
    return theirs is None or (ours.dial, ours.sms, ours.site) != (theirs.dial, theirs.sms, theirs.site)


def _long_ago(request: HttpRequest) -> bool:
    # A call takes longer than a sign-in counts as new. So the form is kept and asks, instead of leading away from it.
    return is_reauthentication_required(request, app="")


def _one(seat: Seat, key: str) -> queries.Resource:
    found = queries.resource(seat.organisation, key, clock.now())
    if found is None:
        raise Http404
    return found


def _today(seat: Seat) -> date:
    return queries.today_of(seat.organisation, clock.now())


def _status(form: EntryForm) -> int:
    return 422 if form.errors else 200
