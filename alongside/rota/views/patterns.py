"""Pages of the patterns: which holds when, what two weeks of it cover, a new one, changes to one that is to come."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.rota import actions, queries
from alongside.rota.forms import PatternFactsForm, PatternForm, SpansForm
from alongside.rota.forms.patterns import NAMES
from alongside.rota.models import Pattern
from alongside.rota.queries import Standing
from alongside.rota.rules import patterns as rules
from alongside.rota.rules import templates
from alongside.rota.rules.framing import InForce
from alongside.rota.rules.patterns import DAY, BadPattern
from alongside.rota.rules.templates import Kind
from alongside.rota.views.pattern_preview import SHOWN, two_weeks
from alongside.rota.views.pattern_words import DAYS, block_words, day_name, numbers, refusal
from alongside.rota.views.plan_words import PLACES

BEFORE = 3
CHANGED = _(
    "Another coordinator changed the patterns after you opened this page. Nothing of yours was saved. Look at them as "
    "they are now; what you typed stands below."
)
LISTS = (
    ("now", _("In force"), _("in force")),
    ("coming", _("To come"), _("to come")),
    ("past", _("Over"), _("over")),
)
ENOUGH = _("That is more than can be kept. Remove what you no longer need.")


def _tiers(seat: Seat) -> range:
    return range(1, policy.in_force(seat.organisation.id).on_call_tiers + 1)


def _today(seat: Seat) -> date:
    return clock.now().astimezone(ZoneInfo(seat.organisation.time_zone)).date()


@require_safe
def patterns(request: HttpRequest) -> HttpResponse:
    """List the patterns, and the numbers that the planner obeys and weighs."""
    seat = accounts.permit(request.user, "rota.plan")
    rows = queries.pattern_rows(seat.organisation.id)
    listed = [_listed(seat, one) for one in queries.standings(rows, _today(seat))]
    context = {
        "seat": seat,
        **{state: [one for one in listed if one["standing"].state == state] for state in ("now", "coming")},
        "lists": [
            {"key": key, "title": title, "chip": chip, "rows": [one for one in listed if one["standing"].state == key]}
            for key, title, chip in LISTS
        ],
        "holidays": len(queries.holidays_of(seat.organisation.id, _today(seat).year)),
        "year": _today(seat).year,
        "kinds": [{"key": kind, "name": name} for kind, name in NAMES.items()],
        **numbers(seat.organisation.id),
    }
    return render(request, "coordinate/patterns.html", context)


def _listed(seat: Seat, one: Standing) -> dict[str, Any]:
    return {
        "standing": one,
        "row": one.row,
        "holes": len(rules.holes(one.facts, _tiers(seat))),
        "shifts": len({(block.day, block.minute) for block in one.facts.blocks}),
    }


# --- one pattern -------------------------------------------------------------------------------------------------


@require_safe
def pattern(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Show a pattern: its shifts, two weeks of it, and every minute that they do not cover once."""
    seat = accounts.permit(request.user, "rota.plan")
    rows, one = _found(seat, id)
    context = {"seat": seat, **_about(seat, rows, one), "uses": queries.uses_of(seat.organisation, one.row, rows)}
    return render(request, "coordinate/pattern.html", context)


def _found(seat: Seat, pattern_id: uuid.UUID) -> tuple[list[Pattern], Standing]:
    rows = queries.pattern_rows(seat.organisation.id)
    one = next((one for one in queries.standings(rows, _today(seat)) if one.row.id == pattern_id), None)
    if one is None:
        raise Http404
    return rows, one


def _about(seat: Seat, rows: list[Pattern], one: Standing) -> dict[str, Any]:
    today = _today(seat)
    first = {"now": today, "coming": one.row.begins_on - BEFORE * DAY}.get(
        one.state, max(one.row.begins_on, (one.last_day or today) - (SHOWN - 1) * DAY)
    )
    return {
        "standing": one,
        "row": one.row,
        "zone": ZoneInfo(seat.organisation.time_zone),
        "shifts": _shifts(one.facts),
        "before": _before(rows, one.row.begins_on, one.row.id),
        **two_weeks(seat.organisation, queries.placed(rows), _tiers(seat), first, one.row.begins_on),
    }


def _before(rows: Sequence[Pattern], begins_on: date, own: uuid.UUID | None = None) -> Pattern | None:
    """Return the pattern from which one takes over that begins on a day."""
    earlier = [one for one in rows if one.begins_on < begins_on and one.id != own]
    last = earlier[-1] if earlier else None
    return last if last and (last.ends_on is None or last.ends_on >= begins_on - DAY) else None


def _shifts(facts: rules.Pattern) -> list[dict[str, Any]]:
    """Return the shifts of a cycle as they are read, each with the tiers that have it."""
    found: dict[rules.Block, list[int]] = {}
    for block in sorted(facts.blocks, key=lambda one: (one.day, one.minute, one.minutes, one.tier)):
        found.setdefault(replace(block, tier=0), []).append(block.tier)
    return [
        {"words": block_words(facts, block), "tiers": [PLACES[tier] for tier in tiers], "key": _key(block)}
        for block, tiers in found.items()
    ]


def _key(block: rules.Block) -> str:
    return f"{block.day}-{block.minute}-{block.minutes}"


# --- a new one ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def pattern_new(request: HttpRequest) -> HttpResponse:
    """Choose a template, look at two weeks of it, and start it: it takes over from the pattern before."""
    seat = accounts.permit(request.user, "rota.plan")
    rows = queries.pattern_rows(seat.organisation.id)
    today = _today(seat)
    form = PatternForm(
        request.POST or None,
        initial={"kind": request.GET.get("kind", Kind.HALVES), "first_day": _monday(today)},
        others=[(str(row.id), row.name) for row in rows],
    )
    seen, shown, changed = queries.patterns_seal(rows), {}, False
    if request.method == "POST" and form.is_valid():
        facts = _chosen(form, rows, _tiers(seat))
        if "look" in request.POST:
            shown = _looked_at(seat, form, rows, facts)
        else:
            try:
                made = actions.make_pattern(
                    seat, _name(form, rows), facts, form.cleaned_data["first_day"], seen=request.POST.get("seen", "")
                )
            except actions.PatternsChanged:
                changed = True
                form.add_error(None, CHANGED)
            except (BadPattern, actions.BadDay, actions.DayTaken, actions.TooManyBlocks) as refused:
                _refuse(form, refused, facts)
            else:
                messages.success(request, _("Made. Nobody is told: it is what the planner fills from that day on."))
                return redirect("in_pattern", made)
    context = {
        "seat": seat,
        "form": form,
        "seen": seen,
        "first": not rows,
        "zone": ZoneInfo(seat.organisation.time_zone),
        **shown,
    }
    status = 409 if changed else 422 if form.errors else 200
    return render(request, "coordinate/pattern_new.html", context, status=status)


def _monday(today: date) -> date:
    """Return the next Monday after today."""
    return today + (7 - today.weekday()) * DAY


def _chosen(form: PatternForm, rows: Sequence[Pattern], tiers: range) -> rules.Pattern:
    chosen = form.cleaned_data["kind"]
    like = next((row for row in rows if str(row.id) == chosen), None)
    if like is not None:
        return queries.facts_of(like)
    return templates.pattern(Kind(chosen), form.minute(), form.cleaned_data["first_day"], tiers)


def _name(form: PatternForm, rows: Sequence[Pattern]) -> str:
    chosen = form.cleaned_data["kind"]
    like = next((row.name for row in rows if str(row.id) == chosen), "")
    return str(form.cleaned_data["name"] or like or NAMES[Kind(chosen)])


def _looked_at(seat: Seat, form: PatternForm, rows: Sequence[Pattern], facts: rules.Pattern) -> dict[str, Any]:
    """Return two weeks around the first day, as they would be; what would be refused is said at once."""
    day, today = form.cleaned_data["first_day"], _today(seat)
    taken = next((row for row in rows if row.begins_on == day), None)
    if taken is not None:
        _refuse(form, actions.DayTaken(taken.name), facts)
    elif not today < day <= today + actions.FURTHEST:
        _refuse(form, actions.BadDay("soon" if day <= today else "far"), facts)
    if form.errors:
        return {}
    before = _before(rows, day)
    placed = [*queries.placed(rows), InForce(facts, day, None)]
    return {
        "looked": True,
        "begins_on": day,
        "before": before,
        "ends": day - DAY,
        "next": next((row for row in rows if row.begins_on > day), None),
        "published": queries.published_from(seat.organisation, day),
        "plans": queries.plans_from(seat.organisation, day),
        **two_weeks(seat.organisation, placed, _tiers(seat), day - BEFORE * DAY if before else day, day),
    }


def _refuse(form: Any, refused: Exception, facts: rules.Pattern) -> None:
    """Put into a form why a pattern was not kept."""
    if isinstance(refused, actions.BadDay):
        form.add_error("first_day", DAYS[refused.code])
    elif isinstance(refused, actions.DayTaken):
        text = _("“%(name)s” begins on this day already. Choose another day, or change or remove that one.")
        form.add_error("first_day", text % {"name": refused.name})
    elif isinstance(refused, BadPattern):
        form.add_error(None, refusal(refused, facts))
    else:
        form.add_error(None, ENOUGH)


# --- changes to one that is to come ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def pattern_change(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Change a pattern that is not in force yet: its name and days, or which shifts it has."""
    seat = accounts.permit(request.user, "rota.plan")
    rows, one = _found(seat, id)
    if one.state != "coming":
        messages.warning(request, _("This pattern has begun. Start a new one that takes over from it instead."))
        return redirect("in_pattern", id)
    kind = request.POST.get("kind", "") if request.method == "POST" else ""
    facts = one.facts
    about = {"name": one.row.name, "first_day": one.row.begins_on, "days": one.row.days}
    form = PatternFactsForm(request.POST if kind == "facts" else None, initial=about)
    spans = SpansForm(
        request.POST if kind == "add" else None,
        days=[(day, day_name(facts, day)) for day in range(facts.days)],
        tiers=[(tier, PLACES[tier]) for tier in _tiers(seat)],
        initial={"tiers": list(_tiers(seat))},
    )
    bound = {"facts": form, "add": spans}.get(kind)
    if kind and (bound is None or bound.is_valid()) and _keep(request, seat, one, kind, bound or form):
        return redirect("in_pattern_change", id)
    failed = bool(form.errors or spans.errors)
    context = {
        "seat": seat,
        "form": form,
        "spans": spans,
        "seen": queries.patterns_seal(rows),
        "published": queries.uses_of(seat.organisation, one.row, rows).shifts,
        **_about(seat, rows, one),
    }
    return render(request, "coordinate/pattern_change.html", context, status=422 if failed else 200)


def _keep(request: HttpRequest, seat: Seat, one: Standing, kind: str, form: Any) -> bool:
    """Keep what one of the forms says; say why not."""
    facts = one.facts
    new, more = _changed(request, facts, kind, form)
    try:
        actions.change_pattern(seat, one.row.id, seen=request.POST.get("seen", ""), repeats=new, **more)
    except actions.PatternsChanged:
        messages.error(request, CHANGED)
    except (actions.HasBegun, Pattern.DoesNotExist):
        messages.error(request, _("This pattern has begun meanwhile, or it was removed. Nothing was changed."))
    except (BadPattern, actions.BadDay, actions.DayTaken, actions.TooManyBlocks) as refused:
        if kind == "remove":
            messages.error(request, refusal(refused, facts) if isinstance(refused, BadPattern) else ENOUGH)
        else:
            _refuse(form, refused, new or facts)
    else:
        messages.success(request, _("Changed. Nobody is told: published shifts stay as they are."))
        return True
    return False


def _changed(
    request: HttpRequest, facts: rules.Pattern, kind: str, form: Any
) -> tuple[rules.Pattern | None, dict[str, Any]]:
    """Return what the pattern becomes, and its new name and day."""
    if kind == "add":
        return replace(facts, blocks=(*facts.blocks, *form.blocks())), {}
    if kind == "remove":
        gone = set(request.POST.getlist("shift"))
        return replace(facts, blocks=tuple(one for one in facts.blocks if _key(one) not in gone)), {}
    if kind != "facts":
        raise Http404
    chosen = form.cleaned_data
    more = {"name": chosen["name"], "begins_on": chosen["first_day"]}
    if chosen["days"] == facts.days:
        return None, more
    return templates.lengthened(facts, chosen["days"], chosen["first_day"]), more


@require_POST
def pattern_remove(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Remove a pattern that nothing was made by."""
    seat = accounts.permit(request.user, "rota.plan")
    _found(seat, id)
    try:
        actions.remove_pattern(seat, id)
    except Pattern.DoesNotExist:
        raise Http404 from None
    except actions.InUse as refused:
        for sentence in _used(refused.uses):
            messages.error(request, sentence)
        return redirect("in_pattern", id)
    messages.success(request, _("Removed. The pattern before it goes on in its place, if there is one."))
    return redirect("in_patterns")


def _used(uses: queries.Uses) -> list[str]:
    said = []
    if uses.shifts:
        text = _(
            "It was not removed: %(count)s published shifts follow it. Start another pattern that takes over instead."
        )
        said.append(str(text) % {"count": formats.number_format(uses.shifts)})
    if uses.plans:
        said.append(
            str(_("It was not removed: a plan is open for its days. Publish that plan or throw it away first."))
        )
    return said
