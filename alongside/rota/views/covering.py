"""Cover that the coordinator has sought for a gap or for somebody's shift."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.rota import actions, queries, rules
from alongside.rota.models import Exchange, Shift
from alongside.rota.rules.exchanging import Refused, Why

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

REFUSED: "dict[Why, StrOrPromise]" = {
    Why.ANSWERED: _("This search has ended already. Nothing was changed."),
    Why.ASKED_ALREADY: _("Somebody is on call there, or cover is sought already."),
    Why.LEAVE: _("The shift is of somebody who does not serve at present: cover is sought until there is some."),
    Why.OVER: _("This is over."),
    Why.NO_GAP: _("There is no such gap in the days that the board looks at."),
    Why.TOO_LONG: _("This gap is too long for asking around: it is many shifts. Let a plan fill it."),
}
MISSING: "dict[str, StrOrPromise]" = {
    "training": _("Nobody can be asked yet: for nobody it is written down that they are trained for crises."),
    "phone": _("Nobody can be asked yet: for nobody it is written down that their telephone was checked."),
}


@require_POST
def find_cover(request: HttpRequest) -> HttpResponse:
    """Seek cover for somebody's `shift`, or for a gap: a `tier` from a moment to another one, as ISO texts."""
    seat = accounts.permit(request.user, "rota.change")
    try:
        count = _seek(request, seat)
    except (Shift.DoesNotExist, ValueError, OverflowError) as error:
        if not isinstance(error, Refused):
            raise Http404 from None
        messages.error(request, REFUSED[error.why])
    else:
        text = ngettext(
            "Cover is sought for one shift. Those who can are asked in fair order.",
            "Cover is sought for %(count)d shifts. Those who can are asked in fair order.",
            count,
        )
        messages.success(request, text % {"count": count})
        if missing := queries.missing_of_all(seat.organisation.id):
            messages.warning(request, MISSING[missing])
    return redirect("in_rota")


def _seek(request: HttpRequest, seat: Seat) -> int:
    asked = request.POST
    if "shift" in asked:
        actions.seek_cover(seat, uuid.UUID(asked["shift"]))
        return 1
    zone = ZoneInfo(seat.organisation.time_zone)
    starts_at, ends_at = (_moment(asked.get(name, ""), zone) for name in ("from", "to"))
    return actions.seek_for_gap(seat, int(asked.get("tier", "")), starts_at, ends_at)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """Return a moment; one that names no zone is of the organisation's clock. Raises ValueError."""
    found = parse_datetime(text)
    if found is None:
        raise ValueError(text)
    return found if found.tzinfo else rules.instant(found, zone)


@require_POST
def stop_cover(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """End a search for cover."""
    seat = accounts.permit(request.user, "rota.change")
    try:
        actions.stop_seeking(seat, id)
    except Exchange.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, REFUSED[refused.why])
    else:
        messages.success(request, _("Ended. Nobody is asked any more; the rota is as before."))
    return redirect("in_rota")
