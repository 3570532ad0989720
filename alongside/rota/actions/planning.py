"""Plans: asked for, made by a process of their own, changed by hand, published."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, QuerySet

from alongside.accounts import actions as accounts
from alongside.accounts.models import Organisation
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.rota import queries, rules
from alongside.rota.actions import giving, telling
from alongside.rota.actions.shifts import give_way, remove
from alongside.rota.models import Proposal, ProposedShift, Shift
from alongside.rota.rules import fairness, framing, judging, proposing
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.problem import Plan, Problem, Why
from alongside.team import queries as team

State = Proposal.State
OPEN = (State.WAITING, State.RUNNING, State.DONE)
LEAST_SECONDS = 5


class BadSpanOfDays(ValueError):
    """The days to plan are over, too far ahead, or too many."""


class NoPattern(ValueError):
    """No pattern of shifts is in force in these days."""


class NobodyReady(ValueError):
    """Nobody is ready for duty: there is nobody to plan."""


class NothingToPlan(ValueError):
    """Every shift in these days is published already, and none may change."""


class TooManyPlans(ValueError):
    """There are as many plans as may be open at once."""


class NotReady(ValueError):
    """The plan is not in the state for this: not made yet, or published already."""


class Stale(ValueError):
    """Something that the plan was made from has changed since, or its first shift has begun."""


class Edited(ValueError):
    """Somebody changed the plan, or the slot of it, since it was looked at."""


class Breaks(ValueError):
    """The plan would break rules: `found` says which."""

    def __init__(self, found: list[judging.Violation]) -> None:
        super().__init__()
        self.found = found


class InTheWay(ValueError):
    """Published shifts of people who serve, but are not planned, stand in the way: `found`."""

    def __init__(self, found: list[rules.Duty]) -> None:
        super().__init__()
        self.found = found


class Lost(Exception):
    """Another process has taken the proposal over, or it is gone: nothing more may be written to it."""


# --- asking ------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_for_plan(
    seat: Seat, first_day: date, days: int, seconds: int, *, free: Collection[uuid.UUID] = ()
) -> uuid.UUID:
    """Ask the planner for a plan of these days, searched for that long; return its id.

    `free` are published shifts that it may change (queries.free_shifts); Shift.DoesNotExist for any other id. Raises
    BadSpanOfDays, NoPattern, NobodyReady, NothingToPlan and TooManyPlans.
    """
    organisation, now = seat.organisation, clock.now()
    accounts.hold(organisation.id)
    today = now.astimezone(ZoneInfo(organisation.time_zone)).date()
    if not (today < first_day <= today + proposing.FURTHEST and 1 <= days <= proposing.MOST_DAYS):
        raise BadSpanOfDays
    if Proposal.objects.filter(organisation=organisation, state__in=OPEN).count() >= proposing.MOST_OPEN:
        raise TooManyPlans
    if not set(free) <= set(queries.free_shifts(organisation, first_day, days, now)):
        raise Shift.DoesNotExist
    problem, _people = queries.problem_for(organisation, first_day, days, now, free=set(free))
    if not problem.slots:
        raise NoPattern
    if len(problem.held) == len(problem.slots):
        raise NothingToPlan
    if all(any(away.why in (Why.NOT_READY, Why.LEAVE) for away in one.away) for one in problem.people):
        raise NobodyReady
    row = Proposal.objects.create(
        organisation=organisation,
        first_day=first_day,
        days=days,
        seconds=max(LEAST_SECONDS, min(seconds, policy.in_force(organisation.id).plan_seconds)),
        free=sorted(str(one) for one in free),
        asked_at=clock.this_minute(),
    )
    accounts.note_change(seat, "plan.asked", _days(row))
    return row.id


def _days(row: Proposal) -> dict[str, Any]:
    return {"days": row.days, "day": row.first_day.isoformat()}


@transaction.atomic
def stop_plan(seat: Seat, proposal_id: uuid.UUID) -> None:
    """Ask the planner to end the search with what it has; one that waits is taken back. Raises Proposal.DoesNotExist,
    and NotReady when it has ended already.
    """
    row = _own(seat, proposal_id)
    if Proposal.objects.filter(id=row.id, state=State.WAITING).delete()[0] == 0 and (
        Proposal.objects.filter(id=row.id, state=State.RUNNING).update(stop=True) != 1
    ):
        raise NotReady
    accounts.note_change(seat, "plan.stopped", _days(row))


@transaction.atomic
def discard_plan(seat: Seat, proposal_id: uuid.UUID) -> None:
    """Throw a plan away that was not published. Raises Proposal.DoesNotExist and NotReady."""
    row = _own(seat, proposal_id)
    if not Proposal.objects.filter(id=row.id, state__in=(State.DONE, State.FAILED)).delete()[0]:
        raise NotReady
    accounts.note_change(seat, "plan.discarded", _days(row))


def _own(seat: Seat, proposal_id: uuid.UUID) -> Proposal:
    return Proposal.objects.select_for_update(no_key=True).get(id=proposal_id, organisation=seat.organisation)


def purge_plans(now: datetime) -> int:
    """Delete plans 30 days after they were asked for; return how many."""
    return Proposal.objects.filter(asked_at__lte=now - proposing.KEPT).delete()[0]


# --- making: only the planning process calls these ---------------------------------------------------------------


@dataclass(frozen=True)
class Claimed:
    """A proposal that this process works on; `turn` is spent when another one takes it over."""

    id: uuid.UUID
    turn: int
    organisation: Organisation
    first_day: date
    days: int
    seconds: int
    asked_at: datetime
    free: frozenset[uuid.UUID]


def claim(now: datetime) -> Claimed | None:
    """Take up one proposal that waits, or whose process has died; None when there is none. No two get the same.

    One whose processes died too often is marked as failed.
    """
    waits = queries.waiting_plans(now).select_related("organisation").order_by("asked_at", "id")
    for row in waits:
        mine = Proposal.objects.filter(id=row.id, state=row.state, tries=row.tries, alive_at=row.alive_at)
        if row.tries >= proposing.MOST_TRIES:
            mine.update(state=State.FAILED, problem="died")
        elif mine.update(state=State.RUNNING, tries=F("tries") + 1, alive_at=now) == 1:
            free = frozenset(uuid.UUID(one) for one in row.free or ())
            return Claimed(
                row.id, row.tries + 1, row.organisation, row.first_day, row.days, row.seconds, row.asked_at, free
            )
    return None


def give_up_plans() -> int:
    """Mark the plans that wait as failed, because no planning process can begin here; return how many."""
    return Proposal.objects.filter(state=State.WAITING).update(state=State.FAILED, problem="crashed")


def _mine(job: Claimed) -> QuerySet[Proposal]:
    return Proposal.objects.filter(id=job.id, state=State.RUNNING, tries=job.turn)


def store_progress(job: Claimed, now: datetime, *, points: int | None, bound: int | None, took: float) -> bool:
    """Say that the process lives and how far it is; return whether somebody asked it to stop. Raises Lost."""
    if _mine(job).update(alive_at=now, points=points, bound=bound, took=round(took)) != 1:
        raise Lost
    return _mine(job).filter(stop=True).exists()


@transaction.atomic
def store_plan(
    job: Claimed,
    problem: Problem,
    plan: Plan,
    *,
    points: int,
    bound: int,
    took: float,
    gaps: list[dict[str, Any]],
) -> None:
    """Keep a plan that was found, whole or not at all. Raises Lost."""
    done = _mine(job).update(
        state=State.DONE,
        points=points,
        bound=bound,
        proven=points <= bound,
        took=round(took),
        gaps=gaps,
        made_for=framing.fingerprint(problem),
    )
    if done != 1:
        raise Lost
    ProposedShift.objects.filter(proposal_id=job.id).delete()
    ProposedShift.objects.bulk_create(
        ProposedShift(
            proposal_id=job.id,
            tier=row.tier,
            supporter_id=row.supporter,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            held=row.held,
        )
        for row in proposing.rows_of(problem, plan)
    )


def store_failure(job: Claimed, problem: str) -> None:
    """Mark a proposal as failed, with a code of why; nothing if it was taken over meanwhile."""
    _mine(job).update(state=State.FAILED, problem=problem)


# --- by hand -----------------------------------------------------------------------------------------------------


@transaction.atomic
def edit_proposed(
    seat: Seat,
    proposal_id: uuid.UUID,
    changes: Mapping[uuid.UUID, uuid.UUID | None],
    *,
    seen: str | None = None,
) -> None:
    """Give slots of a made plan, by id, to supporters or to nobody: one to assign, two at once to swap.

    `seen` is the digest of these slots as the coordinator looked at them (rules.proposing.seal). Raises
    Proposal.DoesNotExist, ProposedShift.DoesNotExist and team.queries.NotASupporter for ids of somewhere else,
    NotReady, Stale, Edited, and Breaks for what the rules refuse; gaps they allow.
    """
    accounts.hold(seat.organisation.id)
    row = _own(seat, proposal_id)
    if row.state != State.DONE:
        raise NotReady
    opened = queries.open_plan(row)
    if not opened.current:
        raise Stale
    slots = {slot.id: slot for slot in opened.shifts}
    if not changes.keys() <= slots.keys():
        raise ProposedShift.DoesNotExist
    if seen is not None and seen != proposing.seal([slots[slot_id].facts() for slot_id in changes]):
        raise Edited
    before, known = opened.plan, {person.id for person in opened.problem.people}
    for slot_id, supporter in changes.items():
        if supporter is not None and supporter not in known:
            raise team.NotASupporter
        slots[slot_id].supporter_id = supporter
    plan = proposing.plan_of(opened.problem, [slot.facts() for slot in opened.shifts])
    if found := proposing.breaks(opened.problem, plan, before):
        raise Breaks(found)
    for slot_id in changes:
        ProposedShift.objects.filter(id=slot_id).update(supporter_id=slots[slot_id].supporter_id)
    Proposal.objects.filter(id=row.id).update(
        points=fairness.Weighing(Grid(opened.problem)).points(plan),
        # What was proven was proven of the plan as it was made.
        bound=None,
        proven=False,
        gaps=[one for one in row.gaps if _still_a_gap(one, opened.shifts)],
    )
    accounts.note_change(seat, "plan.edited", {**_days(row), "count": len(changes)})


def _still_a_gap(gap: Mapping[str, Any], slots: Iterable[ProposedShift]) -> bool:
    empty = {(slot.tier, slot.starts_at) for slot in slots if slot.supporter_id is None}
    return any((tier, datetime.fromisoformat(begin)) in empty for tier, begin, _end in gap["slots"])


# --- publishing --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Published:
    """What publishing did, in numbers."""

    shifts: int
    told: int
    gaps: int


@transaction.atomic
def publish(seat: Seat, proposal_id: uuid.UUID, *, seen: str | None = None) -> Published:
    """Make a plan the rota and tell everybody whose shifts change (D-01, K-36).

    `seen` is the digest of what the coordinator looked at (queries.OpenPlan.seal). Raises Proposal.DoesNotExist,
    NotReady, Stale, Edited, Breaks and InTheWay: then nothing has changed. Two coordinators at once take turns, and the
    second is refused.
    """
    organisation, now = seat.organisation, clock.now()
    accounts.hold(organisation.id)
    row = _own(seat, proposal_id)
    if row.state != State.DONE:
        raise NotReady
    held = giving.hold(organisation.id, queries.named_in(row))
    opened = queries.open_plan(row)
    if not opened.current or opened.has_begun(now):
        raise Stale
    if seen is not None and seen != opened.seal:
        raise Edited
    if found := proposing.breaks(opened.problem, opened.plan):
        raise Breaks(found)
    done = opened.change
    freed = opened.freed
    had_part: set[uuid.UUID] = set()
    for shift in Shift.objects.filter(id__in=done.gone, organisation=organisation):
        had_part |= remove(shift)
    had_part |= _clear_the_way(organisation.id, done.new, now)
    giving.make(held, (*done.new, *done.left))
    Proposal.objects.filter(id=row.id).update(state=State.PUBLISHED)
    # Also who was asked about a shift that is gone: what they were told of it is no longer so. Who is away is not told.
    told = (done.told(freed) | had_part) - team.absent(organisation.id)
    for one in sorted(told):
        telling.tell(one, "rota_published", now)
    accounts.note_change(seat, "plan.published", {**_days(row), "count": len(done.new), "people": len(told)})
    return Published(len(done.new), len(told), sum(slot.supporter_id is None for slot in opened.shifts))


def _clear_the_way(organisation_id: uuid.UUID, new: Collection[rules.Duty], now: datetime) -> set[uuid.UUID]:
    """Cut shifts of people who may not serve out of the way (C-18); return who had part in what was open about them.
    Raises InTheWay for those of people who may.
    """
    if not new:
        return set()
    rows = Shift.objects.filter(
        organisation_id=organisation_id,
        starts_at__lt=max(one.ends_at for one in new),
        ends_at__gt=min(one.starts_at for one in new),
    )
    able = {one.id for one in team.eligible_at(organisation_id, now)}
    kept = [row.facts() for row in rows if row.supporter_id in able]
    if found := proposing.in_the_way(new, kept):
        raise InTheWay(found)
    had_part: set[uuid.UUID] = set()
    for row in rows:
        if row.supporter_id not in able:
            had_part |= give_way(row, new)
    return had_part
