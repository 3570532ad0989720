"""Pages of the rota, and a person's own page, which shows their next shifts."""

import uuid
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.models import ContactPoint
from alongside.accounts.queries import Seat
from alongside.content import guides
from alongside.kernel import clock
from alongside.notify import queries as notify
from alongside.notify import rules as notices
from alongside.rota import actions, queries, rules
from alongside.rota.forms import ShiftForm
from alongside.rota.rules import Rule
from alongside.rota.rules.exchanging import Why
from alongside.rota.views.plan_words import BROKEN, PLACES
from alongside.sealing import queries as sealing
from alongside.sealing import rules as seals
from alongside.team import queries as team

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SHIFTS_ON_MY_PAGE = 6
DAYS_SHOWN = 4
UNREADY: "dict[str, StrOrPromise]" = {
    "training": _("%(name)s cannot be on call yet: no crisis training is written down for them."),
    "phone": _("%(name)s cannot be on call yet: no telephone for duty that you called is written down for them."),
}
# Whose push service carries it, as people know it.
MAKERS = {
    "googleapis.com": "Chrome, Android",
    "mozilla.com": "Firefox",
    "apple.com": "iPhone, iPad, Safari",
    "windows.com": "Edge, Windows",
}


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Enter a shift, or the same one again every so many days."""
    seat = accounts.permit(request.user, "rota.change")
    zone, now = ZoneInfo(seat.organisation.time_zone), clock.now()
    able = {one.id for one in team.eligible_at(seat.organisation.id, now)}
    places = team.roster(seat.organisation.id, now)
    # A link from the calendar may name a tier that is entered besides those of policy.
    tiers = queries.tiers_of(seat.organisation.id, queries.tiers_entered(seat.organisation.id, now))
    lacking = queries.lacking(seat.organisation.id)
    form = ShiftForm(
        request.POST or None,
        initial=_wished(request, tiers),
        serving=[(str(one.id), _choice(one.name, lacking.get(one.id))) for one in places if one.id in able],
        zone=zone,
        now=now,
        tiers=tiers,
    )
    refused: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        names = {one.id: one.name for one in places}
        refused = _enter(seat, form, names, request.POST.get("seen", ""))
        if not refused and not form.errors:
            _say(request, form, names[uuid.UUID(form.cleaned_data["supporter"])])
            day = form.cleaned_data["from_day"].isoformat()
            return redirect(f"{reverse('in_rota')}?{urlencode({'from': day})}#d{day}")
    context = {
        "seat": seat,
        "zone": zone,
        "form": form,
        "unable": [one for one in places if one.id not in able and one.status != "ended"],
        **refused,
    }
    return render(request, "coordinate/rota_enter.html", context, status=422 if form.errors or refused else 200)


def _choice(name: str, missing: Collection[str] | None) -> str:
    return gettext("%(name)s (not ready for duty)") % {"name": name} if missing else name


def _wished(request: HttpRequest, tiers: Collection[int]) -> dict[str, Any]:
    """Return what a link to the form fills in: tier, and wall-clock times as they stand on the rota."""
    found: dict[str, Any] = {}
    if request.GET.get("tier") in {str(tier) for tier in tiers}:
        found["tier"] = int(request.GET["tier"])
    for name in ("from", "to"):
        try:
            moment = parse_datetime(request.GET.get(name, ""))
        except ValueError:
            continue
        if moment:
            found |= {f"{name}_day": moment.date(), f"{name}_time": moment.time()}
    return found


def _enter(seat: Seat, form: ShiftForm, names: dict[uuid.UUID, str], seen: str) -> dict[str, Any]:
    """Enter what the form says; put into the form why not, and return what the page shows of it."""
    chosen = form.cleaned_data
    who = uuid.UUID(chosen["supporter"])
    try:
        actions.enter_shifts(seat, who, chosen["tier"], form.spans, seen=seen)
    except (actions.NotEligible, team.NotASupporter):
        form.add_error("supporter", _("This person cannot be on call at present."))
    except actions.Unready as refused:
        for missing in refused.missing:
            form.add_error("supporter", UNREADY[missing] % {"name": names[who]})
        # Who may not write it down is led to no closed door.
        return {"unready": True, "records": seat.person.id in accounts.holders("team.change", seat.organisation.id)}
    except actions.SpokenAgainst as refused:
        return {"against": _against(refused.found, form, names[who]), "seal": refused.found.seal, "asked_again": seen}
    except rules.BadSpan:
        form.add_error("to_day", _("The shift ends before it begins."))
    except rules.Overlap as clash:
        form.add_error(
            None, _("%(name)s is already on call in this place, from %(from)s to %(to)s.") % _clash(clash, form, names)
        )
    except rules.SamePerson as clash:
        form.add_error(
            "supporter",
            _(
                "%(name)s is on call in another place (%(place)s) from %(from)s to %(to)s. "
                "Each place needs a different person."
            )
            % _clash(clash, form, names),
        )
    return {}


def _against(found: queries.Judged, form: ShiftForm, name: str) -> list[dict[str, str]]:
    """Return a sentence for each rule that is broken; of several shifts with the days of those that break it."""
    days: dict[Why, list[str]] = {}
    for duty, why in found.against:
        day = formats.date_format(duty.starts_at.astimezone(form.zone), str(_("D j M")))
        # A day stays on one line.
        days.setdefault(why, []).append(day.replace(" ", "\N{NO-BREAK SPACE}"))
    return [
        {
            "text": str(BROKEN[Rule(why.value)]) % {"name": name},
            "days": _some(on) if len(form.spans) > 1 else "",
        }
        for why, on in days.items()
    ]


def _some(days: list[str]) -> str:
    """Return days as a line of text, however many."""
    more = len(days) - DAYS_SHOWN
    text = ", ".join(days[:DAYS_SHOWN])
    return text if more < 1 else text + ngettext(" and %(count)d more", " and %(count)d more", more) % {"count": more}


def _clash(clash: rules.Clash, form: ShiftForm, names: dict[uuid.UUID, str]) -> dict[str, str]:
    return {
        "name": names.get(clash.other.supporter, ""),
        "place": str(PLACES[clash.other.tier]),
        "from": formats.date_format(clash.other.starts_at.astimezone(form.zone), str(_("D j M, H:i"))),
        "to": formats.date_format(clash.other.ends_at.astimezone(form.zone), str(_("D j M, H:i"))),
    }


def _say(request: HttpRequest, form: ShiftForm, name: str) -> None:
    text = ngettext("Entered. %(name)s is told.", "Entered: %(count)d shifts. %(name)s is told.", len(form.spans))
    messages.success(request, text % {"count": len(form.spans), "name": name})
    for local in form.twice[:3]:
        messages.warning(
            request,
            _("On %(day)s the clocks go back and %(time)s comes twice. The first one is meant.")
            % {"day": formats.date_format(local, "DATE_FORMAT"), "time": formats.time_format(local.time())},
        )


# --- one's own page ----------------------------------------------------------------------------------------------


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Show somebody their own page: agreement, leave, next shifts, keys; for everybody where they are alerted."""
    seat = accounts.permit(request.user, "me.change")
    points = accounts.contact_points_of(seat.person.id)
    context = {
        "seat": seat,
        "contacts": [_contact(one, clock.now()) for one in points],
        "reached": accounts.reach_of([seat.person.id])[seat.person.id],
        "push_key": notify.push_key(),
        **_service(seat),
    }
    return render(request, "account/me.html", context)


def _contact(one: ContactPoint, now: datetime) -> dict[str, Any]:
    tested = one.test_until is not None and one.test_until > now
    endpoint = one.address.partition(" ")[0] if one.kind == ContactPoint.Kind.PUSH else ""
    return {"row": one, "shown": _shown(one.kind, one.address), "tested": tested, "endpoint": endpoint}


def _shown(kind: str, address: str) -> str:
    """Return an address without the secrets that an Apprise address or a push subscription holds."""
    if kind == ContactPoint.Kind.EMAIL:
        return address
    if kind == ContactPoint.Kind.PUSH:
        host = notices.push_service(address)
        return next((maker for ending, maker in MAKERS.items() if host.endswith(ending)), host)
    return address.partition("://")[0] + "://…" + address[-4:]


def _places(seat: Seat, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield every organisation in which somebody serves, with their next shifts there."""
    for one in accounts.seats(seat.person):
        with suppress(team.NotASupporter):
            if one.of and "supporter" in one.roles:
                facts = team.supporter_of(seat.person.id, one.of.id)
                coming = queries.next_shifts_of(facts.id, now, SHIFTS_ON_MY_PAGE)
                yield {
                    "facts": facts,
                    "organisation": one.of,
                    "zone": ZoneInfo(one.of.time_zone),
                    "shifts": [
                        {"duty": duty, "label": PLACES[duty.tier], "now": duty.starts_at <= now} for duty in coming
                    ],
                }


def _service(seat: Seat) -> dict[str, Any]:
    """Return what concerns a supporter; nothing for somebody who does not serve."""
    now = clock.now()
    places = list(_places(seat, now))
    if not places:
        return {}
    facts = places[0]["facts"]
    return {
        "facts": facts,
        "signed": facts.agreement_version >= guides.agreement_version(),
        "places": places,
        "on_call": any(one["now"] for place in places for one in place["shifts"]),
        "keys_until": sealing.keys_until(seat.person.id, seals.monday_of(now)),
    }
