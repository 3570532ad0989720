"""Pages of the planner: ask for a plan, watch it, look at it week by week, compare two, publish one."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.rota import actions, queries
from alongside.rota.forms import PlanForm, SlotForm
from alongside.rota.forms.planning import KEEP
from alongside.rota.models import Proposal, ProposedShift
from alongside.rota.queries import OpenPlan
from alongside.rota.rules import fairness, proposing
from alongside.rota.rules.judging import Violation
from alongside.rota.views import plan_gaps
from alongside.rota.views.plan_words import BROKEN, FAILURES, IN_THE_WAY, MEASURES, PLACES
from alongside.team import queries as team

State = Proposal.State
# A page that waits is loaded anew by the browser itself, with or without script.
AGAIN = 3
WEEKS_ON_A_PAGE = 4
# People up to which the first table of who carries how much is open from the start.
MANY = 30


@require_http_methods(["GET", "HEAD", "POST"])
def plans(request: HttpRequest) -> HttpResponse:
    """List the plans, and ask for one."""
    seat = accounts.permit(request.user, "rota.plan")
    now = clock.now()
    most = policy.in_force(seat.organisation.id).plan_seconds
    people = [(str(one.id), one.name) for one in team.roster(seat.organisation.id, now) if one.status != "ended"]
    form = PlanForm(
        request.POST or None,
        people=people,
        initial={"first_day": queries.first_free_day(seat.organisation, now), "seconds": most},
        today=now.astimezone(ZoneInfo(seat.organisation.time_zone)).date(),
        most_seconds=most,
    )
    if request.method == "POST" and form.is_valid() and (made := _ask(seat, form)):
        return redirect("in_plan", made)
    rows = queries.plans_of(seat.organisation.id)
    finished = [row for row in rows if row.state == State.DONE]
    context = {
        "seat": seat,
        "form": form,
        "first": queries.beginnings(seat.organisation, now),
        "plans": [_listed(row) for row in rows],
        "two": finished[:2] if len(finished) > 1 else (),
        "full": sum(row.state in actions.OPEN for row in rows) >= proposing.MOST_OPEN,
    }
    with timezone.override(ZoneInfo(seat.organisation.time_zone)):
        return render(request, "coordinate/plans.html", context, status=422 if form.errors else 200)


def _ask(seat: Seat, form: PlanForm) -> uuid.UUID | None:
    """Ask for what the form says; put into the form why not."""
    asked = form.cleaned_data
    first, days = asked["first_day"], asked["days"]
    try:
        return actions.ask_for_plan(seat, first, days, asked["seconds"], free=_freed(seat, form))
    except actions.BadSpanOfDays:
        form.add_error("first_day", _("These days cannot be planned. Is the day right?"))
    except actions.NoPattern:
        form.add_error("first_day", _("No pattern of shifts is in force in these days. Make one first."))
    except actions.NothingToPlan:
        form.add_error("first_day", _("Every shift in these days is published already, and none of them may change."))
    except actions.NobodyReady:
        form.add_error(None, _("Nobody is ready for duty. See who lacks what on the team’s page."))
    except actions.TooManyPlans:
        form.add_error(None, _("Two plans are open. Publish one or throw one away first."))
    return None


def _freed(seat: Seat, form: PlanForm) -> list[uuid.UUID]:
    """Return the published shifts that the form lets change."""
    asked = form.cleaned_data
    if asked["published"] == KEEP:
        return []
    people, begin, until = form.frees()
    end = asked["first_day"] + timedelta(days=asked["days"])
    first = max(asked["first_day"], begin) if begin else asked["first_day"]
    last = min(end, until + timedelta(days=1)) if until else end
    days = max(0, (last - first).days)
    return queries.free_shifts(seat.organisation, first, days, clock.now(), people=people)


def _listed(row: Proposal) -> dict[str, Any]:
    points, gaps = row.points or 0, 0
    gaps = points // fairness.GAP
    return {
        "row": row,
        "last_day": row.first_day + timedelta(days=row.days - 1),
        "gaps": gaps,
        "busy": row.state in (State.WAITING, State.RUNNING),
        "failure": FAILURES.get(row.problem, FAILURES["crashed"]) if row.state == State.FAILED else "",
        "weight": points - gaps * fairness.GAP,
        "bound": None if row.bound is None else max(0, row.bound - gaps * fairness.GAP),
    }


@require_safe
def plan(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Show how far a plan is; once it is made, its weeks, its gaps and who carries how much."""
    seat = accounts.permit(request.user, "rota.plan")
    row = _plan(seat, id)
    context: dict[str, Any] = {"seat": seat, "again": AGAIN, **_listed(row)}
    if row.state not in (State.DONE, State.PUBLISHED):
        response = render(request, "coordinate/plan_waits.html", context)
        if context["busy"]:
            response["Refresh"] = str(AGAIN)
        return response
    opened, zone = queries.open_plan(row), ZoneInfo(seat.organisation.time_zone)
    current = row.state == State.PUBLISHED or opened.current
    context |= {
        "zone": zone,
        "now": clock.now(),
        "current": current,
        "can_change": row.state == State.DONE and current,
        "explained": plan_gaps.explained(opened),
        "unplanned": plan_gaps.unplanned(opened) if row.state == State.DONE and current else [],
        "many": len(opened.problem.people) > MANY,
        "measures": _measures(opened),
        **_weeks(request, opened, zone),
    }
    with timezone.override(zone):
        return render(request, "coordinate/plan.html", context)


def _plan(seat: Seat, proposal_id: uuid.UUID) -> Proposal:
    try:
        return queries.plan_in(seat.organisation.id, proposal_id)
    except Proposal.DoesNotExist:
        raise Http404 from None


def _weeks(request: HttpRequest, opened: OpenPlan, zone: ZoneInfo) -> dict[str, Any]:
    """Return the weeks of one page, each with its days, and where the pages before and after begin."""
    wanted = request.GET.get("from", "")
    total = -(-opened.row.days // 7)
    first = min(int(wanted), total - 1) if wanted.isascii() and wanted.isdigit() and len(wanted) < 4 else 0  # noqa: PLR2004
    last = min(first + WEEKS_ON_A_PAGE, total)
    tiers = sorted({slot.tier for slot in opened.shifts})
    days: dict[date, dict[tuple[datetime, datetime], dict[int, Any]]] = {}
    for slot in opened.shifts:
        shown = {"slot": slot, "label": PLACES[slot.tier], "name": opened.names.get(slot.supporter_id, "")}  # type: ignore[arg-type]
        rows = days.setdefault(slot.starts_at.astimezone(zone).date(), {})
        rows.setdefault((slot.starts_at, slot.ends_at), {})[slot.tier] = shown

    def of(day: date) -> list[tuple[datetime, datetime, list[Any]]]:
        spans = sorted(days.get(day, {}).items())
        return [(begin, end, [cells.get(tier) for tier in tiers]) for (begin, end), cells in spans]

    begins = [opened.row.first_day + timedelta(days=7 * number) for number in range(first, last)]
    pages = [(number, opened.row.first_day + timedelta(days=7 * number)) for number in range(0, total, WEEKS_ON_A_PAGE)]
    return {
        "labels": [PLACES[tier] for tier in tiers],
        "columns": len(tiers) + 1,
        "pages": pages if len(pages) > 1 else [],
        "from": first,
        "weeks": [
            [(begin + timedelta(days=day), of(begin + timedelta(days=day))) for day in range(7)] for begin in begins
        ],
        "before": max(0, first - WEEKS_ON_A_PAGE) if first else None,
        "after": last if last < total else None,
    }


def _measures(opened: OpenPlan) -> list[dict[str, Any]]:
    return [
        {"label": MEASURES[one.name], "measure": one} for one in opened.measures if any(who.after for who in one.people)
    ]


@require_POST
def plan_stop(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Stop a search with what it has, or take back a plan that waits."""
    seat = accounts.permit(request.user, "rota.plan")
    row = _plan(seat, id)
    try:
        actions.stop_plan(seat, id)
    except (actions.NotReady, Proposal.DoesNotExist):
        messages.warning(request, _("This plan had ended already."))
    else:
        messages.success(request, _("Taken back.") if row.state == State.WAITING else _("It stops within seconds."))
    exists = any(one.id == id for one in queries.plans_of(seat.organisation.id))
    return redirect("in_plan", id) if exists else redirect("in_plans")


@require_POST
def plan_discard(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Throw a plan away."""
    seat = accounts.permit(request.user, "rota.plan")
    _plan(seat, id)
    try:
        actions.discard_plan(seat, id)
    except (actions.NotReady, Proposal.DoesNotExist):
        messages.warning(request, _("Only a plan that is made and not published can be thrown away."))
    else:
        messages.success(request, _("Thrown away. Nobody had been told of it."))
    return redirect("in_plans")


# --- by hand -----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def plan_edit(request: HttpRequest, id: uuid.UUID, slot: uuid.UUID) -> HttpResponse:
    """Give one slot to somebody else."""
    seat = accounts.permit(request.user, "rota.plan")
    row = _plan(seat, id)
    opened, zone = queries.open_plan(row), ZoneInfo(seat.organisation.time_zone)
    one = next((shown for shown in opened.shifts if shown.id == slot), None)
    if one is None:
        raise Http404
    free, initial = queries.takers_of_slot(opened, one), {"supporter": str(one.supporter_id or "")}
    able, others = _named(opened, free), _named(opened, {person.id for person in opened.problem.people} - free)
    form = SlotForm(request.POST or None, initial=initial, able=able, others=others)
    if request.method == "POST" and form.is_valid() and _edit(request, seat, opened, one, form):
        messages.success(request, _("Changed. Nobody is told until you publish."))
        return redirect("in_plan", id)
    # As it is now: somebody may have changed it, or thrown the plan away, since it was opened above.
    one = row.shifts.filter(id=slot).first() or one
    context = {
        "seat": seat,
        "row": row,
        "slot": one,
        "label": PLACES[one.tier],
        "now": opened.names.get(one.supporter_id, "") if one.supporter_id else "",
        "seal": proposing.seal([one.facts()]),
        "form": form,
    }
    with timezone.override(zone):
        return render(request, "coordinate/plan_edit.html", context, status=422 if form.errors else 200)


def _named(opened: OpenPlan, some: set[uuid.UUID]) -> list[tuple[str, str]]:
    return sorted(((str(key), name) for key, name in opened.names.items() if key in some), key=lambda each: each[1])


def _edit(request: HttpRequest, seat: Seat, opened: OpenPlan, slot: ProposedShift, form: SlotForm) -> bool:
    """Change a slot; put into the form why not."""
    try:
        actions.edit_proposed(seat, opened.row.id, {slot.id: form.chosen()}, seen=request.POST.get("seen", ""))
    except actions.Edited:
        form.add_error(
            None, _("Somebody changed this shift meanwhile. Nothing of yours was done. Look at who has it now.")
        )
    except actions.Breaks as refused:
        for sentence in _broken(opened, refused.found):
            form.add_error("supporter", sentence)
    except (actions.NotReady, Proposal.DoesNotExist, ProposedShift.DoesNotExist):
        form.add_error(None, _("This plan cannot be changed any more."))
    except (actions.Stale, team.NotASupporter):
        form.add_error(None, _("Something that this plan was made from has changed since. Ask for a new plan."))
    else:
        return True
    return False


def _broken(opened: OpenPlan, found: Iterable[Violation]) -> list[str]:
    """Return why rules refuse a plan, each sentence once."""
    sentences = []
    for one in found:
        person = opened.problem.people[one.person].id if one.person is not None else None
        sentences.append(str(BROKEN[one.rule]) % {"name": opened.names.get(person, "") if person else ""})
    return list(dict.fromkeys(sentences))


# --- two side by side, and publishing ----------------------------------------------------------------------------


@require_safe
def plans_compare(request: HttpRequest) -> HttpResponse:
    """Show two plans side by side."""
    seat = accounts.permit(request.user, "rota.plan")
    try:
        ids = [uuid.UUID(request.GET.get(name, "")) for name in ("one", "other")]
    except ValueError:
        raise Http404 from None
    rows = [_plan(seat, one) for one in ids]
    if any(row.state not in (State.DONE, State.PUBLISHED) for row in rows):
        raise Http404
    one, other, differ = queries.compared(*(queries.open_plan(row) for row in rows))
    theirs = {measure.name: measure for measure in other.opened.measures}
    measures = [
        {"label": MEASURES[mine.name], "one": mine, "other": theirs[mine.name]}
        for mine in one.opened.measures
        if any(who.after for who in (*mine.people, *theirs[mine.name].people))
    ]
    context = {
        "seat": seat,
        "sides": [{**_listed(side.opened.row), "side": side} for side in (one, other)],
        "differ": differ,
        "measures": measures,
        "people": _beside(one.opened, other.opened),
    }
    with timezone.override(ZoneInfo(seat.organisation.time_zone)):
        return render(request, "coordinate/plans_compare.html", context)


def _beside(one: OpenPlan, other: OpenPlan) -> list[tuple[str, int | None, int | None]]:
    """Return everybody's hours with either plan."""
    mine, theirs = ({who.supporter: who for who in opened.measures[0].people} for opened in (one, other))
    everybody = {**theirs, **mine}
    return sorted(
        (who.name, mine[key].after if key in mine else None, theirs[key].after if key in theirs else None)
        for key, who in everybody.items()
    )


@require_http_methods(["GET", "HEAD", "POST"])
def plan_publish(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Say what publishing does, and do it."""
    seat = accounts.permit(request.user, "rota.plan")
    row = _plan(seat, id)
    opened = queries.open_plan(row)
    if request.method == "POST" and _publish(request, seat, opened):
        return redirect("in_plan", id)
    told = opened.change.told(opened.freed) - team.absent(seat.organisation.id)
    context = {
        **_listed(row),
        "seat": seat,
        "new": len(opened.change.new),
        "gone": len(opened.change.gone),
        "told": sorted(opened.names.get(one, "") for one in told),
        "empty": sum(slot.supporter_id is None for slot in opened.shifts),
        "unplanned": plan_gaps.unplanned(opened),
        "seal": opened.seal,
        "ready": row.state == State.DONE and opened.current and not opened.has_begun(clock.now()),
    }
    with timezone.override(ZoneInfo(seat.organisation.time_zone)):
        return render(request, "coordinate/plan_publish.html", context, status=200 if request.method != "POST" else 409)


def _publish(request: HttpRequest, seat: Seat, opened: OpenPlan) -> bool:
    """Publish; say why not."""
    try:
        done = actions.publish(seat, opened.row.id, seen=request.POST.get("seen", ""))
    except (actions.NotReady, Proposal.DoesNotExist):
        messages.error(request, _("This plan was published or thrown away meanwhile, perhaps by another coordinator."))
    except actions.Stale:
        messages.error(
            request,
            _("Something that this plan was made from has changed since. Nothing was published. Ask for a new plan."),
        )
    except actions.Edited:
        messages.error(
            request,
            _("Somebody changed this plan after you opened this page. Nothing was published. Look at it again."),
        )
    except actions.Breaks as refused:
        for sentence in _broken(opened, refused.found):
            messages.error(request, sentence)
    except actions.InTheWay as refused:
        zone = ZoneInfo(seat.organisation.time_zone)
        for duty in refused.found:
            messages.error(
                request,
                IN_THE_WAY
                % {
                    "name": opened.names.get(duty.supporter, ""),
                    "from": formats.date_format(duty.starts_at.astimezone(zone), str(_("D j M, H:i"))),
                    "to": formats.date_format(duty.ends_at.astimezone(zone), str(_("D j M, H:i"))),
                },
            )
    else:
        messages.success(request, _("Published. People told: %(count)s.") % {"count": done.told})
        return True
    return False
