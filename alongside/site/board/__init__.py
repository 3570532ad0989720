"""The coordinator's board: one page that answers "is anything wrong?".

It composes queries and decides nothing; its lines stand by subject in the files beside. Of requests it says state and
lateness, never what was asked, and never who was called (M-06).
"""

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.models import Organisation
from alongside.escalation import actions as ladders
from alongside.escalation import queries as escalation
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.programme import queries as programme
from alongside.rota import queries as rota
from alongside.site import debriefs
from alongside.site.board import duty, outside, people, requests
from alongside.site.board.tasks import Task
from alongside.team import actions as team_actions
from alongside.team import queries as team

STRIP_DAYS = 14


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show what needs the coordinator, who is on call, and how many requests wait."""
    seat = accounts.permit(request.user, "board.see")
    organisation, now = seat.organisation, clock.now()
    with timezone.override(ZoneInfo(organisation.time_zone)):
        return render(request, "coordinate/board.html", {"seat": seat, "now": now, **_page(organisation, now)})


@require_POST
def acknowledge(request: HttpRequest, ladder: uuid.UUID) -> HttpResponse:
    """Take a request that nobody answered off the board."""
    seat = accounts.permit(request.user, "board.acknowledge")
    if not ladders.acknowledge(seat.organisation.id, ladder):
        raise Http404
    notices.success(request, _("Acknowledged."))
    return redirect("in_board")


@require_POST
def acknowledge_asked(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Take it off the board that a supporter was asked to tell."""
    seat = accounts.permit(request.user, "board.acknowledge")
    if not team_actions.acknowledge_asked(seat.organisation.id, id):
        raise Http404
    notices.success(request, _("Acknowledged. Nothing of it is kept."))
    return redirect("in_board")


def _page(organisation: Organisation, now: datetime) -> dict[str, object]:
    values = policy.in_force(organisation.id)
    rows = [row for row in escalation.board(organisation.id, now) if not row.acknowledged]
    places = [place for place in team.roster(organisation.id, now) if place.status == "active"]
    gaps = rota.coming_gaps(organisation, now, values.gap_days)
    sought = rota.sought(organisation.id, now)
    tasks = [
        *requests.standing_still(now),
        *requests.late(rows),
        *requests.undelivered(rows),
        *duty.uncovered(organisation, gaps, sought),
        *duty.untaken(sought),
        *(Task(tone, _("Debrief"), *said, _("See to it")) for tone, said in debriefs.due(organisation, now)),
        *duty.nobody_ready(organisation, places, sought),
        *people.unready(places),
        *people.unsigned(organisation),
        *people.shut(organisation, places),
        *people.unreached(organisation, places),
        *outside.unreachable(organisation),
        *outside.uncalled(organisation, now),
        *outside.limits(organisation, now),
        *outside.lapsed(organisation),
        *people.asked(organisation),
        *outside.offered(organisation),
    ]
    units = programme.coverage(organisation, now)
    return {
        "units": len(units),
        "covered": sum(one.due.state in {"good", "soon"} for one in units),
        "readers": programme.readers(organisation, now),
        "heading": _heading(len(tasks)),
        "tasks": tasks,
        "waiting": sum(row.state in requests.WAITING for row in rows),
        "late": sum(row.late for row in rows if row.state in requests.WAITING),
        "held": sum(row.state not in (*requests.WAITING, "unanswered") for row in rows),
        "invitations": accounts.invitations_of(organisation.id, now),
        "serving": len(places),
        "wanted": -(-organisation.headcount // values.team_ratio),
        "ratio": values.team_ratio,
        "on_call": _on_call(organisation, {place.id: place.name for place in places}, now),
        "beyond": rota.left_beyond(organisation.id, now),
        "sought": [one.duty for one in sought if not one.nobody],
        "strip": rota.strip(organisation.id, ZoneInfo(organisation.time_zone), now, STRIP_DAYS),
    }


def _heading(tasks: int) -> str:
    if not tasks:
        return _("Nothing needs you.")
    return ngettext("One thing needs you.", "%(count)d things need you.", tasks) % {"count": tasks}


def _on_call(organisation: Organisation, names: dict[uuid.UUID, str], now: datetime) -> list[tuple[int, str]]:
    found = rota.on_call_at(organisation.id, now)
    return [(tier, names.get(found[tier], "") if tier in found else "") for tier in rota.tiers_of(organisation.id)]
