"""What pages show of proposals: plans, who carries how much, two side by side."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from alongside.accounts.models import Organisation
from alongside.rota import rules
from alongside.rota.models import Proposal, ProposedShift, Shift
from alongside.rota.queries.planning import frame_for, problem_for
from alongside.rota.queries.shifts import tiers_of
from alongside.rota.rules import fairness, framing, proposing
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.hoping import hopes_of
from alongside.rota.rules.problem import Plan, Problem, Why
from alongside.team import queries as team

MINUTES = 60


def plans_of(organisation_id: uuid.UUID) -> list[Proposal]:
    """Return an organisation's plans, the last asked first."""
    return list(Proposal.objects.filter(organisation_id=organisation_id).order_by("-asked_at", "id"))


def plan_in(organisation_id: uuid.UUID, proposal_id: uuid.UUID) -> Proposal:
    """Return a plan of an organisation. Raises Proposal.DoesNotExist for any other id."""
    return Proposal.objects.select_related("organisation").get(id=proposal_id, organisation_id=organisation_id)


def waiting_plans(now: datetime) -> QuerySet[Proposal]:
    """Return the plans that nobody works on: asked for, or left by a process that died."""
    silent = Q(alive_at__lt=now - proposing.ABANDONED) | Q(alive_at__gt=now + proposing.AHEAD)
    left = Q(state=Proposal.State.RUNNING) & silent
    return Proposal.objects.filter(Q(state=Proposal.State.WAITING) | left)


def plan_waits(now: datetime) -> bool:
    """Say whether a planning process has something to do."""
    return waiting_plans(now).exists()


def is_planning() -> bool:
    """Say whether a planning process has taken a plan up, also one that died over it."""
    return Proposal.objects.filter(state=Proposal.State.RUNNING).exists()


def free_shifts(
    organisation: Organisation,
    first_day: date,
    days: int,
    now: datetime,
    *,
    people: Collection[uuid.UUID] | None = None,
) -> list[uuid.UUID]:
    """Return the published shifts that a plan of these days may change: those that begin then, and not before now; only
    of these people where they are named.
    """
    zone = ZoneInfo(organisation.time_zone)
    start, end = rules.start_of(first_day, zone), rules.start_of(first_day + timedelta(days=days), zone)
    rows = Shift.objects.filter(organisation=organisation, starts_at__gte=max(start, now), starts_at__lt=end)
    if people is not None:
        rows = rows.filter(supporter_id__in=people)
    return list(rows.values_list("id", flat=True))


def first_free_day(organisation: Organisation, now: datetime) -> date:
    """Return the first day from tomorrow on with a gap: where the next plan begins."""
    zone = ZoneInfo(organisation.time_zone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    start, end = rules.start_of(tomorrow, zone), rules.start_of(tomorrow + proposing.FURTHEST, zone)
    rows = Shift.objects.filter(organisation=organisation, starts_at__lt=end, ends_at__gt=start)
    missing = rules.gaps([row.facts() for row in rows], start, end, tiers_of(organisation.id))
    return missing[0].starts_at.astimezone(zone).date() if missing else tomorrow


@dataclass(frozen=True)
class Beginnings:
    """What a first plan needs: whether a pattern is in force on a day or after it, how many serve and how many of them
    are ready for duty.
    """

    pattern: bool
    serving: int
    ready: int


def beginnings(organisation: Organisation, now: datetime) -> Beginnings:
    """Return whether anything can be planned."""
    frame = frame_for(organisation, now.astimezone(ZoneInfo(organisation.time_zone)).date(), 1, now)
    in_force = any(one.ends_on is None or one.ends_on >= frame.first for one in frame.patterns)
    serving = [one for one in frame.people if one.serves]
    return Beginnings(in_force, len(serving), sum(one.ready for one in serving))


@dataclass(frozen=True)
class OpenPlan:
    """A plan with the problem as it is today; `current` while nothing that it was made from has changed."""

    row: Proposal
    problem: Problem
    shifts: tuple[ProposedShift, ...]

    @cached_property
    def plan(self) -> Plan:
        """Who has which slot of the problem, by place."""
        return proposing.plan_of(self.problem, [one.facts() for one in self.shifts])

    @property
    def current(self) -> bool:
        """Say whether it would be made from the same facts today."""
        return self.row.made_for == framing.fingerprint(self.problem)

    @property
    def seal(self) -> str:
        """A digest of who has which slot."""
        return proposing.seal([one.facts() for one in self.shifts])

    @cached_property
    def freed(self) -> dict[uuid.UUID, rules.Duty]:
        """The published shifts that it may change, by id."""
        rows = Shift.objects.filter(id__in=_free(self.row), organisation_id=self.row.organisation_id)
        return {one.id: one.facts() for one in rows}

    @cached_property
    def change(self) -> proposing.Change:
        """What publishing it would do."""
        return proposing.change([one.facts() for one in self.shifts], self.freed)

    def has_begun(self, now: datetime) -> bool:
        """Say whether a shift that it would make or take away has begun."""
        moments = [one.starts_at for one in self.change.new] + [self.freed[one].starts_at for one in self.change.gone]
        return any(moment <= now for moment in moments)

    @cached_property
    def names(self) -> dict[uuid.UUID, str]:
        """Names of everybody who is planned."""
        return {one.id: one.name for one in team.roster(self.row.organisation_id, self.row.asked_at)}

    @cached_property
    def measures(self) -> list["Measure"]:
        """Who carries how much, before and with the plan, measure by measure."""
        return [_measure(self, name) for name in fairness.MEASURES]


def named_in(row: Proposal) -> set[uuid.UUID]:
    """Return everybody who has a slot of a plan, or a published shift that it may change."""
    freed = Shift.objects.filter(id__in=_free(row), organisation_id=row.organisation_id)
    found = {*row.shifts.values_list("supporter_id", flat=True), *freed.values_list("supporter_id", flat=True)}
    return {one for one in found if one is not None}


def _free(row: Proposal) -> set[uuid.UUID]:
    return {uuid.UUID(one) for one in row.free or ()}


def open_plan(row: Proposal) -> OpenPlan:
    """Return a plan beside the problem of today, framed for the moment at which it was asked for."""
    problem, _people = problem_for(row.organisation, row.first_day, row.days, row.asked_at, free=_free(row))
    return OpenPlan(row, problem, tuple(row.shifts.order_by("starts_at", "tier")))


# --- who carries how much ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Carried:
    """Weighted hours of one person over the rolling year: before the plan, and with it. `able` says whether they could
    be planned at all: who is on leave or not ready is compared with nobody.
    """

    supporter: uuid.UUID
    name: str
    able: bool
    before: int
    after: int


@dataclass(frozen=True)
class Measure:
    """One measure of fairness: everybody's hours, by name."""

    name: str
    people: tuple[Carried, ...]

    @property
    def spread_before(self) -> int:
        """Hours between the most and the least, before the plan."""
        return fairness.spread([one.before for one in self.people if one.able])

    @property
    def spread(self) -> int:
        """Hours between the most and the least, with the plan."""
        return fairness.spread([one.after for one in self.people if one.able])


def _measure(opened: OpenPlan, name: str) -> Measure:
    after = fairness.carried(opened.problem, opened.plan, name)
    people = [
        Carried(
            person.id,
            opened.names.get(person.id, ""),
            not any(away.why in (Why.NOT_READY, Why.LEAVE) for away in person.away),
            round(person.served.get(name, 0) / MINUTES),
            round(with_it / MINUTES),
        )
        for person, with_it in zip(opened.problem.people, after, strict=True)
    ]
    return Measure(name, tuple(sorted(people, key=lambda one: (one.name, str(one.supporter)))))


# --- two side by side --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """One of two plans: what a coordinator weighs them by."""

    opened: OpenPlan
    gaps: int
    wishes_missed: int


def compared(one: OpenPlan, other: OpenPlan) -> tuple[Side, Side, int]:
    """Return two plans side by side, and in how many slots that both have they name somebody else."""
    mine = {(slot.tier, slot.starts_at, slot.ends_at): slot.supporter_id for slot in one.shifts}
    theirs = {(slot.tier, slot.starts_at, slot.ends_at): slot.supporter_id for slot in other.shifts}
    differ = sum(mine[key] != theirs[key] for key in mine.keys() & theirs.keys())
    return _side(one), _side(other), differ


def _side(opened: OpenPlan) -> Side:
    missed = sum(hope.missed(opened.plan) for hope in hopes_of(Grid(opened.problem)))
    return Side(opened, sum(slot.supporter_id is None for slot in opened.shifts), missed)
