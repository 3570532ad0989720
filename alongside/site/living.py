"""Where the rota meets the rest: leave frees shifts, and a change of shift hands over what is open."""

import contextlib
import uuid
from zoneinfo import ZoneInfo

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from alongside.accounts import actions as accounts
from alongside.accounts import queries as people
from alongside.accounts.queries import Seat
from alongside.escalation import queries as escalation
from alongside.kernel import clock
from alongside.rota import actions as rota
from alongside.rota import queries as shifts
from alongside.team import actions as team
from alongside.team import queries, rules


def _serving(seat: Seat) -> rules.Facts:
    try:
        return queries.supporter_of(seat.person.id, seat.organisation.id)
    except queries.NotASupporter:
        raise Http404 from None


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Go on leave in one tap, wherever one serves; no reason is asked, and cover is sought for what was planned."""
    for seat, me in _everywhere(request):
        go_on_leave(seat.organisation.id, me.id)
    return redirect("in_me")


def _everywhere(request: HttpRequest) -> list[tuple[Seat, rules.Facts]]:
    """Return every seat in which somebody serves; Http404 for somebody who does not. Whoever is away is away for all,
    and nobody remembers a second organisation when they are ill.
    """
    first = people.permit(request.user, "team.serve")
    found = []
    for seat in people.seats(first.person):
        with contextlib.suppress(Http404):
            if "supporter" in seat.roles and seat.of:
                found.append((seat, _serving(seat)))
    if not found:
        raise Http404
    return found


@transaction.atomic
def go_on_leave(organisation_id: uuid.UUID, supporter_id: uuid.UUID) -> None:
    """Put a supporter on leave and seek cover for their shifts, both or neither."""
    # Held first, as everybody does who gives shifts away: nobody waits for somebody who waits for them.
    accounts.hold(organisation_id)
    team.go_on_leave(supporter_id)
    rota.on_leave(organisation_id, supporter_id, clock.now())


@require_POST
def come_back(request: HttpRequest) -> HttpResponse:
    """Come back in one tap; what nobody has taken is theirs again."""
    for seat, me in _everywhere(request):
        end_leave(seat.organisation.id, me.id)
    return redirect("in_me")


@transaction.atomic
def end_leave(organisation_id: uuid.UUID, supporter_id: uuid.UUID) -> None:
    """End a supporter's leave; what nobody has taken is theirs again."""
    accounts.hold(organisation_id)
    team.come_back(supporter_id)
    rota.on_return(organisation_id, supporter_id)


@require_safe
def change_of_shift(request: HttpRequest) -> HttpResponse:
    """Show whoever comes and whoever goes how many requests are open, and how they stand; of each one nothing."""
    people.permit(request.user, "shifts.exchange")
    found = [
        (seat, change)
        for seat, me in _everywhere(request)
        if queries.may_serve(me.id) and (change := shifts.change_of(me.id, clock.now()))
    ]
    if not found:
        return redirect("in_shifts")
    # Where somebody serves in two places, what changes hands next.
    seat, change = min(found, key=lambda one: abs(one[1].at - clock.now()))
    waiting, held = escalation.standing(seat.organisation.id)
    zone = ZoneInfo(seat.organisation.time_zone)
    with timezone.override(zone):
        context = {"seat": seat, "zone": zone, "change": change, "waiting": waiting, "held": held}
        return render(request, "team/change.html", context)
