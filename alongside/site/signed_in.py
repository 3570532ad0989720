"""The first page after signing in, and the pages of roles that have little to do in this version."""

from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alongside.accounts import queries as accounts
from alongside.accounts import rules
from alongside.content import load
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.rota import queries as rota

# Whoever holds several goes to the first: what waits comes before what is planned.
HOMES = (
    ("team.serve", "in_inbox"),
    ("board.see", "in_board"),
    ("rota.change", "in_rota"),
    ("operate.see", "in_operate"),
    ("lead.see", "in_lead"),
    ("manage.see", "in_manage"),
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Lead everybody to the page of their role; say so kindly where there is none."""
    try:
        accounts.permit(request.user, "home.see")
    except Http404:
        return render(request, "in/no_role.html", status=404)
    seats = accounts.seats(request.user)  # type: ignore[arg-type]
    roles = frozenset(role for seat in seats for role in seat.roles)
    allowed = load.capabilities()
    return redirect(next((name for may, name in HOMES if rules.may(may, roles, allowed)), "in_me"))


@require_safe
def lead(request: HttpRequest) -> HttpResponse:
    """Show leaders and clinicians the programme's promises as they are in force; of requests nothing, ever."""
    seat = accounts.permit(request.user, "lead.see")
    sentences = [sentence for _key, _value, sentence in policy.sentences(seat.organisation.id)]
    version = policy.in_force(seat.organisation.id).version
    mine = rota.appointments_of(seat.person.id, seat.organisation.id, clock.now())
    with timezone.override(ZoneInfo(seat.organisation.time_zone)):
        context = {"seat": seat, "sentences": sentences, "version": version, "appointments": mine}
        return render(request, "in/lead.html", context)
