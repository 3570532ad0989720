"""The whole rota under everything at once: real rows, real actions, any order.

Coordinators plan, publish, move, enter, remove and change patterns; supporters swap, hand over, cover, take, fall ill,
come back and leave; clocks change. After each step the same things hold: two different people in every minute or a gap
that is listed, nothing published changes but what somebody freed, nobody is given what they cannot have, and nobody is
told who is not concerned. What judges it (whatever.py) reads rows and shares no line with what it judges.
"""

import itertools
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from alongside.accounts.models import ContactPoint, Office, Role
from alongside.kernel import clock
from alongside.policy import actions as policy
from alongside.rota import actions, queries, rules
from alongside.rota.models import CoverAsk, Exchange, Pattern, PatternBlock, Proposal, ProposedShift, Shift
from alongside.rota.queries.exchanges import SEEKING
from alongside.rota.rules import moving
from alongside.rota.rules.drafting import draft
from alongside.rota.rules.fairness import Weighing
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.patterns import Block
from alongside.rota.rules.patterns import Pattern as Repeats
from alongside.site import living
from alongside.team import actions as team
from alongside.team.models import Ready, Supporter
from tests import world as cast
from tests.escalation.effort import effort
from tests.rota import whatever
from tests.rota.whatever import Changed, Judged
from tests.world import World, make_world, ready

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Clocks that jump within days, by an hour or half of one, at midnight or not; a leap day; a day that was skipped.
PLACES = [
    ("America/Chicago", datetime(2027, 3, 12, 14, 5, tzinfo=UTC)),
    ("America/Santiago", datetime(2027, 4, 1, 14, 5, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2027, 4, 1, 3, 5, tzinfo=UTC)),
    ("Europe/Dublin", datetime(2026, 10, 22, 14, 5, tzinfo=UTC)),
    ("Pacific/Chatham", datetime(2026, 9, 23, 20, 5, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 28, 1, 5, tzinfo=UTC)),
    ("America/Toronto", datetime(2028, 2, 27, 3, 5, tzinfo=UTC)),
]
# How many days the gaps and the calendar are looked at.
AHEAD = 12

number = st.integers(0, 40)
who = st.integers(0, 5)


class Rota(RuleBasedStateMachine, Judged):
    """One run: a team of six, a pattern, then anything."""

    cast: ClassVar[tuple[World, list[Supporter], Supporter]]

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        Judged.__init__(self, *self.cast)
        self.undo = transaction.atomic()
        self.undo.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @initialize(place=st.sampled_from(PLACES), tiers=st.sampled_from([2, 2, 3]), hours=st.sampled_from([8, 12, 24]))
    def the_stage(self, place: tuple[str, datetime], tiers: int, hours: int) -> None:
        self.zone = ZoneInfo(place[0])
        clock.freeze(place[1])
        self.began = place[1]
        self.pine.time_zone = place[0]
        self.pine.save()
        Supporter.objects.update(designated_on=self.today - 60 * DAY)
        if tiers != 2:
            policy.change(self.seat, "on_call_tiers", tiers)
        first = self.today - 30 * DAY
        made = Pattern.objects.create(organisation=self.pine, name="First", anchor=first, days=1, begins_on=first)
        for tier, begin in itertools.product(range(1, tiers + 1), range(7, 31, hours)):
            PatternBlock.objects.create(pattern=made, tier=tier, day=0, minute=begin % 24 * 60, minutes=hours * 60)
        self.plan(1, 4, frees=False)
        self.publish(0)

    # --- the planner -------------------------------------------------------------------------------------------------

    @rule(offset=st.integers(1, 8), days=st.integers(1, 4), frees=st.booleans())
    def a_plan_is_made(self, offset: int, days: int, frees: bool) -> None:
        self.plan(offset, days, frees=frees)

    def plan(self, offset: int, days: int, *, frees: bool) -> Any:
        first = self.today + offset * DAY
        free = queries.free_shifts(self.pine, first, days, clock.now()) if frees else []
        proposal = self.do(lambda: actions.ask_for_plan(self.seat, first, days, 5, free=free[::2]))
        job = actions.claim(clock.now())
        if job is not None:
            self.do(lambda: self._make(job))
        return proposal

    def _make(self, job: actions.Claimed) -> None:
        """Make a plan by the planner's first pass; the solver is tried elsewhere."""
        problem, _people = queries.problem_for(job.organisation, job.first_day, job.days, job.asked_at, free=job.free)
        weighing = Weighing(Grid(problem))
        plan = draft(weighing)
        points = weighing.points(plan)
        actions.store_plan(job, problem, plan, points=points, bound=0, took=1, gaps=[])

    @precondition(lambda _: Proposal.objects.filter(state="done").exists())
    @rule(at=number)
    def a_plan_is_published(self, at: int) -> None:
        self.publish(at)

    def publish(self, at: int) -> None:
        rows = list(Proposal.objects.filter(state="done").order_by("asked_at", "first_day"))
        row = rows[at % len(rows)]
        free = list(Shift.objects.filter(id__in=[uuid.UUID(one) for one in row.free or ()]))
        freed = self.within(*free)
        self.do(lambda: actions.publish(self.seat, row.id), lambda one: self.nobodys(one) or freed(one))
        if Proposal.objects.get(id=row.id).state == "done":
            actions.discard_plan(self.seat, row.id)

    @rule(offset=st.integers(1, 8), days=st.integers(1, 4), frees=st.booleans())
    def a_plan_is_made_and_published(self, offset: int, days: int, frees: bool) -> None:
        if self.plan(offset, days, frees=frees):
            self.publish(Proposal.objects.filter(state="done").count() - 1)

    @precondition(lambda _: Proposal.objects.filter(state="done").exists())
    @rule(at=number, person=st.none() | who)
    def a_plan_is_edited(self, at: int, person: int | None) -> None:
        slots = list(ProposedShift.objects.filter(proposal__state="done").order_by("starts_at", "tier"))
        slot = slots[at % len(slots)]
        for turn in range(len(self.people)):
            to = None if person is None else self.people[(person + turn) % len(self.people)].id
            self.do(partial(actions.edit_proposed, self.seat, slot.proposal_id, {slot.id: to}))

    # --- by a coordinator's hand -------------------------------------------------------------------------------------

    @rule(
        person=who,
        tier=st.integers(1, 3),
        begin=st.integers(-20, 200),
        hours=st.sampled_from([1, 5, 12, 24, 60]),
        anyway=st.booleans(),
    )
    def a_shift_is_entered(self, person: int, tier: int, begin: int, hours: int, anyway: bool) -> None:
        # Only a hand that means it reaches into the past, or over what speaks against it.
        start = clock.now().replace(minute=0) + (begin if anyway else abs(begin) + 1) * HOUR
        end = start + hours * HOUR
        if end <= clock.now():
            return

        def allowed(one: Changed) -> bool:
            inside = one.tier == tier and start <= one.start and one.end <= end
            return inside and self.nobodys(one) and one.now == self.people[person].id

        def enter() -> None:
            seen, spans = "", [(start, end)]
            if anyway:
                try:
                    with transaction.atomic():
                        actions.enter_shifts(self.seat, self.people[person].id, tier, spans)
                except actions.SpokenAgainst as refused:
                    seen = refused.found.seal
                else:
                    return
            actions.enter_shifts(self.seat, self.people[person].id, tier, spans, seen=seen)

        self.do(enter, allowed, by_hand=anyway)

    @rule(at=number)
    def a_shift_is_removed(self, at: int) -> None:
        if row := self.shift(at):
            mine = self.within(row)
            self.do(
                lambda: actions.remove_shift(self.seat, row.id), lambda one: mine(one) and one.now is None, by_hand=True
            )

    @rule(at=number, onto=number, person=who, way=st.sampled_from(["gap", "gap", "shift", "person", "anything"]))
    def a_shift_is_moved(self, at: int, onto: int, person: int, way: str) -> None:
        row, other = self.shift(at), self.shift(at + onto)
        if row is None or other is None:
            return
        days = [self.today + offset * DAY for offset in range(AHEAD)]
        shown = queries.calendar_of(self.pine, days, clock.now())
        items = list(dict.fromkeys(piece.item for day in shown.days for piece in day.pieces))
        gaps = [one for one in items if one.shift is None]
        to: moving.Target = moving.ToPerson(self.people[person].id)
        if way == "shift":
            to = moving.ToShift(other.id)
        elif way != "person" and (found := gaps if way == "gap" else items):
            to = moving.target(moving.key_of(found[onto % len(found)]))
        theirs = self.within(row, other if isinstance(to, moving.ToShift) and to.shift == other.id else None)
        if isinstance(to, moving.ToShift):
            theirs = self.within(row, Shift.objects.get(id=to.shift))

        def step() -> None:
            seal = queries.move_of(self.pine, row.id, to, clock.now()).seal
            actions.move(self.seat, row.id, to, seal)

        self.do(step, lambda one: theirs(one) or (isinstance(to, moving.ToGap) and self.nobodys(one)))

    @rule(at=number, gap=st.booleans())
    def cover_is_sought_by_the_coordinator(self, at: int, gap: bool) -> None:
        now = clock.now()
        if not gap:
            if row := self.shift(at):
                self.do(lambda: actions.seek_cover(self.seat, row.id))
        elif found := queries.gaps_between(self.pine.id, now, now + 5 * DAY):
            one = found[at % len(found)]
            self.do(lambda: actions.seek_for_gap(self.seat, one.tier, one.starts_at, one.ends_at))

    @rule(at=number)
    def a_search_is_stopped(self, at: int) -> None:
        if row := self.exchange(at):
            self.do(lambda: actions.stop_seeking(self.seat, row.id))

    @rule(offset=st.integers(1, 6), hours=st.sampled_from([6, 12, 24]), begin=st.integers(0, 23))
    def the_pattern_changes(self, offset: int, hours: int, begin: int) -> None:
        blocks = [Block(tier, 0, (begin + at) % 24 * 60, hours * 60) for tier in (1, 2) for at in range(0, 24, hours)]
        day = self.today + offset * DAY
        repeats = Repeats(day, 1, tuple(blocks))
        self.do(lambda: actions.make_pattern(self.seat, f"From {day}", repeats, day))

    @precondition(lambda _: Pattern.objects.count() > 1)
    @rule(at=number)
    def a_pattern_is_removed(self, at: int) -> None:
        if rows := list(Pattern.objects.order_by("begins_on")):
            self.do(lambda: actions.remove_pattern(self.seat, rows[at % len(rows)].id))

    # --- between supporters ------------------------------------------------------------------------------------------

    @rule(at=number, onto=number, person=who, way=st.sampled_from(["hand over", "swap", "swap", "cover"]))
    def somebody_asks(self, at: int, onto: int, person: int, way: str) -> None:
        row, other = self.shift(at), self.shift(at + onto)
        if row is None or other is None:
            return
        me, pine = row.supporter_id, self.pine.id
        match way:
            case "hand over":
                self.do(lambda: actions.hand_over(pine, me, row.id, self.people[person].id))
            case "swap":
                fits = queries.may_swap(
                    self.pine, row.facts(), list(Shift.objects.filter(organisation=self.pine)), clock.now()
                )
                to = fits[onto % len(fits)] if fits else other
                self.do(lambda: actions.offer_swap(pine, me, row.id, to.id))
            case _:
                self.do(lambda: actions.find_cover(pine, me, row.id))

    @precondition(lambda _: Exchange.objects.exists())
    @rule(
        at=number,
        person=who,
        deed=st.sampled_from(["yes", "yes", "yes", "no", "take", "withdraw"]),
        right=st.booleans(),
    )
    def somebody_answers(self, at: int, person: int, deed: str, right: bool) -> None:
        row = self.exchange(at)
        assert row is not None
        me, pine = self.people[person].id, self.pine.id
        if right:
            asked = CoverAsk.objects.filter(exchange=row).order_by("place").values_list("supporter_id", flat=True)
            me = row.answers_id or asked.first() or me
            me = row.asks_id or me if deed == "withdraw" else me
        theirs = self.within(row.shift, row.other_shift)

        def allowed(one: Changed) -> bool:
            if row.opening:
                return one.was is None and one.tier == row.opening.tier and one.now == me
            return theirs(one) and {one.was, one.now} <= {row.asks_id, me}

        match deed:
            case "yes":
                self.do(lambda: actions.answer(pine, me, row.id, yes=True), allowed, by=me)
            case "no":
                self.do(lambda: actions.answer(pine, me, row.id, yes=False))
            case "take":
                self.do(lambda: actions.take(pine, me, row.id), allowed, by=me)
            case _:
                self.do(lambda: actions.withdraw(pine, me, row.id))

    @rule(at=number, person=who)
    def somebody_takes_a_gap(self, at: int, person: int) -> None:
        me, now = self.people[person].id, clock.now()
        free, _others = queries.free_for(self.pine, me, now)
        found = free or queries.empty_spans(self.pine, now)
        if found:
            one = found[at % len(found)]

            def allowed(changed: Changed) -> bool:
                inside = changed.tier == one.tier and one.starts_at <= changed.start and changed.end <= one.ends_at
                return inside and changed.was is None and changed.now == me

            self.do(lambda: actions.take_gap(self.pine, me, one.tier, one.starts_at, one.ends_at), allowed, by=me)

    # --- people and time ---------------------------------------------------------------------------------------------

    @rule(person=who, deed=st.sampled_from(["leave", "leave", "back", "back", "end", "again"]))
    def somebody_goes_or_comes(self, person: int, deed: str) -> None:
        one = self.people[person]
        match deed:
            case "leave":
                self.do(lambda: living.go_on_leave(self.pine.id, one.id))
            case "back":
                self.do(lambda: living.end_leave(self.pine.id, one.id))
            case "end" if person > 3:
                self.do(lambda: team.end(self.seat, one.id))
                # What is open about their shifts ends with the next turn, within seconds.
                self.do(lambda: actions.climb(clock.now()))
            case "again" if Supporter.objects.get(id=one.id).status == "ended":
                self.do(lambda: team.designate(self.seat, one.person, one.office_id))
                self.do(lambda: team.sign_agreement(one.id))
                assert not Ready.objects.get(supporter=one).phone_checked_on
                ContactPoint.objects.create(person=one.person, kind="email", address=one.person.email)
                ready(one)

    @rule(person=who, offset=st.integers(0, 8), days=st.integers(0, 2), cap=st.sampled_from([None, None, 1, 3]))
    def somebody_says_when_they_can(self, person: int, offset: int, days: int, cap: int | None) -> None:
        one, first = self.people[person].id, self.today + offset * DAY
        if cap is None:
            self.do(lambda: actions.add_blackout(self.pine.id, one, first, first + days * DAY))
        else:
            self.do(lambda: actions.set_cap(self.pine.id, one, cap))

    @rule(begin=st.integers(1, 150), hours=st.sampled_from([6, 12, 30]))
    def somebody_is_on_call_elsewhere(self, begin: int, hours: int) -> None:
        start = clock.now().replace(minute=0) + begin * HOUR
        # A row alone: what their own coordinator does and tells them is no business of this house.
        cast.shift(self.there, 1, start, start + hours * HOUR)

    @rule(minutes=st.sampled_from([1, 5, 31, 60, 240, 720, 1440, -5, -120]), awake=st.booleans())
    def time_passes(self, minutes: int, awake: bool) -> None:
        if minutes > 0 or clock.now() + timedelta(minutes=minutes) > self.began:
            clock.shift(timedelta(minutes=minutes, seconds=7))
        if awake:
            self.do(lambda: actions.climb(clock.now()))

    # --- what always holds -------------------------------------------------------------------------------------------

    @invariant()
    def two_different_people_or_a_gap_that_is_listed(self) -> None:
        rows = list(whatever.look(self.pine.id).shifts.values())
        assert whatever.overlapping(rows, lambda one: one.tier) == []
        assert whatever.overlapping(rows, lambda one: one.who) == []
        now = clock.now()
        start = now.replace(second=0, microsecond=0)
        may = whatever.able(self.pine.id)
        there = [one for one in rows if one.who in may]
        tiers = queries.tiers_of(self.pine.id)
        end = rules.start_of(self.today + AHEAD * DAY, self.zone)
        missing = {tier: whatever.uncovered(there, tier, start, end) for tier in tiers}
        listed = queries.gaps_between(self.pine.id, start, end)
        assert {tier: self._of(tier, listed, start, end) for tier in tiers} == missing
        coming = [one.gap for one in queries.coming_gaps(self.pine, now, AHEAD + 2)]
        assert {tier: self._of(tier, coming, start, end) for tier in tiers} == missing
        shown = queries.calendar_of(self.pine, [self.today + offset * DAY for offset in range(AHEAD)], now)
        items = dict.fromkeys(piece.item for day in shown.days for piece in day.pieces)
        drawn = [one for one in items if one.shift is None]
        assert {tier: self._of(tier, drawn, start, end) for tier in tiers} == missing
        on_call = {one.tier: one.who for one in there if one.start <= now < one.end}
        assert queries.on_call_at(self.pine.id, now) == on_call
        for one in queries.empty_spans(self.pine, now):
            assert whatever.uncovered(rows, one.tier, one.starts_at, one.ends_at) == [(one.starts_at, one.ends_at)]

    def _of(self, tier: int, found: Iterable[Any], start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        spans = ((max(one.starts_at, start), min(one.ends_at, end)) for one in found if one.tier == tier)
        return whatever.joined((a, b) for a, b in spans if a < b)

    @invariant()
    def whatever_is_open_has_its_cause(self) -> None:
        may = whatever.able(self.pine.id)
        for row in Exchange.objects.filter(state__in=SEEKING).select_related("shift", "other_shift"):
            assert row.is_current, "asked about a shift that is somebody else's by now"
            if row.kind != Exchange.Kind.COVER:
                assert row.asks_id in may
                assert row.answers_id in may
                assert row.other_shift is None or row.other_shift.supporter_id == row.answers_id
        seeking = Exchange.objects.filter(state__in=SEEKING)
        waits = set(CoverAsk.objects.filter(yes=None, exchange__in=seeking).values_list("supporter_id", flat=True))
        open_ones = set(seeking.values_list("id", flat=True))
        for notice in whatever.look(self.pine.id).notices.values():
            if notice.message.startswith("shift_asked"):
                assert notice.about in waits | open_ones, "a question that nobody asks any more waits to be told"


@pytest.mark.req("C-18", "D-01", "D-02", "D-13", "K-36")
@pytest.mark.django_db
def test_whatever_happens_two_different_people_are_on_call_or_a_gap_is_listed() -> None:
    world = make_world()
    Shift.objects.all().delete()
    people = [world.renee, world.marcus, world.ana]
    people += [cast.supporter(name, world.patrol) for name in ("Cy Novak", "Dee Okoro", "Eli Hart")]
    Role.objects.create(person=world.renee.person, organisation=world.lake, name="supporter")
    there = cast.supporter(world.renee.person, Office.objects.get(organisation=world.lake))
    ready(*people, there)
    # Somebody sleeps at night, and is told in the morning.
    world.marcus.person.quiet_from, world.marcus.person.quiet_to = time(22), time(7)
    world.marcus.person.save()

    class Here(Rota):
        cast = (world, people, there)

    run_state_machine_as_test(Here, settings=effort(10, soak=300, steps=25))
