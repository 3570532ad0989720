"""A plan becomes the rota only as it was looked at, for the facts it was made from, and everybody concerned is told."""

import itertools
import threading
import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django import db
from django.test import Client
from django.urls import reverse

from alongside.accounts.models import AuditEntry
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.notify.models import Notice
from alongside.rota import actions, queries
from alongside.rota.models import Blackout, Cap, Exchange, Proposal, ProposedShift, Shift
from alongside.rota.queries import OpenPlan
from alongside.rota.rules.judging import Rule
from alongside.team import queries as roster
from alongside.team.models import Supporter
from tests.rota.planned import FIRST, made, pattern, seat, team
from tests.world import NOW, World, shift, sign_in

State = Proposal.State
FIRST_MORNING = NOW.replace(hour=13, minute=0) + timedelta(days=8)


@pytest.fixture
def people(world: World) -> list[Supporter]:
    """Nine people who are ready, and a pattern."""
    pattern(world)
    return team(world, 9)


def opened(world: World, proposal: uuid.UUID) -> OpenPlan:
    return queries.open_plan(queries.plan_in(world.pine.id, proposal))


def rota(world: World) -> set[tuple[int, uuid.UUID, datetime, datetime]]:
    rows = Shift.objects.filter(organisation=world.pine)
    return set(rows.values_list("tier", "supporter_id", "starts_at", "ends_at"))


@pytest.mark.req("D-01", "K-36", "K-24")
def test_publishing_makes_shifts_tells_everybody_and_writes_it_down(world: World, people: list[Supporter]) -> None:
    before = rota(world)
    proposal = made(world)
    slots = {(one.tier, one.supporter_id, one.starts_at, one.ends_at) for one in opened(world, proposal).shifts}
    done = actions.publish(seat(world), proposal, seen=opened(world, proposal).seal)
    assert rota(world) == before | slots
    assert (done.shifts, done.gaps, done.told) == (56, 0, len({one[1] for one in slots}))
    assert Proposal.objects.get().state == State.PUBLISHED
    notices = Notice.objects.filter(message="rota_published")
    planned = {one[1] for one in slots}
    assert {one.address for one in notices} == {one.person.email for one in people if one.id in planned}
    # Neutral: a link to one's own page, no name, no day.
    assert {str(one.values) for one in notices} == {"{'link': 'http://localhost:8000/in/team/shifts'}"}
    entry = AuditEntry.objects.get(what="plan.published")
    assert entry.detail == {"days": 14, "day": "2026-12-01", "count": 56, "people": done.told}
    # Once.
    with pytest.raises(actions.NotReady):
        actions.publish(seat(world), proposal)


@pytest.mark.req("D-01")
def test_a_plan_for_an_older_state_is_refused_and_changes_nothing(world: World, people: list[Supporter]) -> None:
    proposal = made(world)
    before = rota(world)
    Blackout.objects.create(supporter=people[3], first_day=FIRST, last_day=FIRST)
    with pytest.raises(actions.Stale):
        actions.publish(seat(world), proposal)
    assert rota(world) == before
    assert Proposal.objects.get().state == State.DONE
    assert not Notice.objects.filter(message="rota_published").exists()
    Blackout.objects.all().delete()
    actions.publish(seat(world), proposal)


def test_of_two_plans_for_the_same_days_one_can_be_published(world: World, people: list[Supporter]) -> None:
    one, other = made(world), made(world)
    actions.publish(seat(world), one)
    with pytest.raises(actions.Stale):
        actions.publish(seat(world), other)


def test_a_plan_whose_first_shift_has_begun_is_refused(world: World, people: list[Supporter]) -> None:
    proposal = made(world)
    clock.shift(timedelta(days=9))
    with pytest.raises(actions.Stale):
        actions.publish(seat(world), proposal)


def test_who_looked_at_it_before_somebody_changed_it_is_told(world: World, people: list[Supporter]) -> None:
    proposal = made(world)
    seen = opened(world, proposal)
    slot = next(one for one in seen.shifts)
    actions.edit_proposed(seat(world), proposal, {slot.id: None})
    with pytest.raises(actions.Edited):
        actions.publish(seat(world), proposal, seen=seen.seal)
    done = actions.publish(seat(world), proposal, seen=opened(world, proposal).seal)
    # A gap is published as a gap.
    assert done.gaps == 1
    assert (done.shifts, Shift.objects.count()) == (55, 57)


@pytest.mark.req("D-01", "D-03", "D-12")
def test_a_plan_that_breaks_a_rule_is_refused(world: World, people: list[Supporter]) -> None:
    proposal = made(world)
    first = opened(world, proposal).shifts[0]
    # Past the door: a row that no action would have written.
    ProposedShift.objects.filter(proposal_id=proposal, starts_at=first.starts_at).update(supporter=people[0])
    with pytest.raises(actions.Breaks) as refused:
        actions.publish(seat(world), proposal)
    assert Rule.TWICE in {one.rule for one in refused.value.found}
    assert Proposal.objects.get().state == State.DONE


# --- what is published already -----------------------------------------------------------------------------------


@pytest.mark.req("D-01")
def test_published_shifts_stay_unless_they_were_freed(world: World, people: list[Supporter]) -> None:
    actions.publish(seat(world), made(world, 14))
    before = rota(world)
    with pytest.raises(actions.NothingToPlan):
        actions.ask_for_plan(seat(world), FIRST, 14, 5)
    longer = made(world, 28)
    assert sum(one.held for one in opened(world, longer).shifts) == 56
    actions.publish(seat(world), longer)
    assert before <= rota(world)
    assert len(rota(world)) == len(before) + 56


def test_freed_shifts_change_and_only_those_whose_shifts_change_are_told(world: World, people: list[Supporter]) -> None:
    actions.publish(seat(world), made(world, 7))
    Notice.objects.all().delete()
    before = rota(world)
    ids = queries.free_shifts(world.pine, FIRST, 7, clock.now())
    assert len(ids) == 28
    # Somebody cannot any more: only freed shifts make room.
    Blackout.objects.create(supporter=people[0], first_day=FIRST, last_day=FIRST + timedelta(days=6))
    again = made(world, 7, ids)
    done = actions.publish(seat(world), again)
    after = rota(world)
    assert not {one for one in after if one[1] == people[0].id and one[2] > NOW + timedelta(days=7)}
    changed = {one[1] for one in before ^ after}
    addresses = {one.person.email for one in people if one.id in changed}
    assert {one.address for one in Notice.objects.filter(message="rota_published")} == addresses
    assert done.told == len(changed)
    # What came out as it was kept its row.
    same = {one for one in before & after if one[2] > NOW + timedelta(days=7)}
    assert Shift.objects.filter(id__in=ids).count() == len(same)


@pytest.mark.req("C-18", "K-36")
def test_who_is_on_leave_is_neither_told_that_their_shifts_went_nor_counted(
    world: World, people: list[Supporter]
) -> None:
    actions.publish(seat(world), made(world, 7))
    Notice.objects.all().delete()
    ids = queries.free_shifts(world.pine, FIRST, 7, clock.now())
    away = Shift.objects.filter(id__in=ids).select_related("supporter__person")[0].supporter
    Supporter.objects.filter(id=away.id).update(status=Supporter.Status.ON_LEAVE)
    again, before = made(world, 7, ids), rota(world)
    page = sign_in(Client(), world.hana, fresh=True).get(reverse("in_plan_publish", args=[again]))
    done = actions.publish(seat(world), again)
    assert away.id in {one[1] for one in before ^ rota(world)}
    addresses = {one.address for one in Notice.objects.filter(message="rota_published")}
    assert away.person.email not in addresses
    assert done.told == len(addresses) == len(page.context["told"]) > 0


@pytest.mark.req("C-18")
def test_a_shift_of_somebody_on_leave_gives_way_and_what_is_left_of_it_stays(
    world: World, people: list[Supporter]
) -> None:
    end = NOW.replace(hour=1) + timedelta(days=30)
    shift(people[2], 1, NOW + timedelta(days=7), end)
    people[2].status = Supporter.Status.ON_LEAVE
    people[2].save()
    proposal = made(world, 7)
    actions.publish(seat(world), proposal)
    left = Shift.objects.filter(supporter=people[2]).order_by("starts_at")
    spans = [(one.starts_at, one.ends_at) for one in left]
    assert (spans[0][0], spans[-1][1]) == (NOW + timedelta(days=7), end)
    for one in Shift.objects.filter(organisation=world.pine, tier=1).exclude(supporter=people[2]):
        assert not left.filter(starts_at__lt=one.ends_at, ends_at__gt=one.starts_at).exists()


def test_a_published_shift_of_somebody_who_serves_but_is_not_ready_is_not_taken_away(
    world: World, people: list[Supporter]
) -> None:
    unready = Supporter.objects.create(
        organisation=world.pine,
        person=world.nico,
        office=world.patrol,
        agreement_version=1,
        agreed_on=NOW.date(),
        designated_on=NOW.date(),
    )
    shift(unready, 1, NOW + timedelta(days=10), NOW + timedelta(days=11))
    before = rota(world)
    proposal = made(world, 14)
    held = [one for one in opened(world, proposal).shifts if one.held]
    assert {one.supporter_id for one in held} == {unready.id}
    actions.publish(seat(world), proposal)
    assert before <= rota(world)
    # Nobody else stands in that tier at that time: neither a gap nor two.
    begin = NOW + timedelta(days=10)
    others = Shift.objects.filter(organisation=world.pine, tier=1, starts_at__lt=begin + timedelta(days=1))
    assert not others.filter(ends_at__gt=begin).exclude(supporter=unready).exists()
    assert not [one for one in queries.gaps_between(world.pine.id, begin, begin + timedelta(days=1)) if one.tier == 1]
    assert not Notice.objects.filter(message="rota_published", address=world.nico.email).exists()


@pytest.mark.req("D-01")
def test_freed_shifts_that_changed_hands_meanwhile_make_the_plan_old(world: World, people: list[Supporter]) -> None:
    actions.publish(seat(world), made(world, 7))
    ids = queries.free_shifts(world.pine, FIRST, 7, clock.now())
    again = made(world, 7, ids)
    # Two people agree on a hand-over: what both were told is not undone by a plan from before.
    one = Shift.objects.get(id=ids[0])
    Shift.objects.filter(id=one.id).update(supporter=next(who for who in people if who.id != one.supporter_id))
    with pytest.raises(actions.Stale):
        actions.publish(seat(world), again)
    Shift.objects.filter(id=one.id).update(supporter=one.supporter)
    one.delete()
    with pytest.raises(actions.Stale):
        actions.publish(seat(world), again)


@pytest.mark.req("D-01")
def test_a_freed_shift_that_goes_on_after_the_plan_is_not_lost(world: World, people: list[Supporter]) -> None:
    begin = NOW.replace(hour=13, minute=0) + timedelta(days=14)
    long = shift(people[0], 1, begin, begin + timedelta(days=3))
    proposal = made(world, 7, [long.id])
    actions.publish(seat(world), proposal)
    left = Shift.objects.get(tier=1, ends_at=begin + timedelta(days=3))
    assert left.supporter == people[0]
    end = begin + timedelta(days=3)
    assert not [one for one in queries.gaps_between(world.pine.id, FIRST_MORNING, end) if one.tier == 1]
    rows = Shift.objects.filter(tier=1, starts_at__gte=FIRST_MORNING).order_by("starts_at")
    assert all(one.ends_at == then.starts_at for one, then in itertools.pairwise(rows))


# --- by hand -----------------------------------------------------------------------------------------------------


@pytest.mark.req("D-01")
def test_a_hand_may_do_what_the_rules_allow_and_nothing_else(world: World, people: list[Supporter]) -> None:
    proposal = made(world)
    Cap.objects.all().delete()
    plan = opened(world, proposal)
    first = plan.shifts[0]
    partner = next(one for one in plan.shifts if one.starts_at == first.starts_at and one.tier != first.tier)
    with pytest.raises(actions.Breaks) as refused:
        actions.edit_proposed(seat(world), proposal, {first.id: partner.supporter_id})
    assert {one.rule for one in refused.value.found} == {Rule.TWICE}
    # The two change places.
    changed = {first.id: partner.supporter_id, partner.id: first.supporter_id}
    actions.edit_proposed(seat(world), proposal, changed)
    after = {one.id: one.supporter_id for one in opened(world, proposal).shifts}
    assert {key: after[key] for key in changed} == changed
    row = Proposal.objects.get()
    assert not row.proven
    assert row.points is not None
    actions.publish(seat(world), proposal)


def test_what_is_published_is_not_changed_through_a_proposal(world: World, people: list[Supporter]) -> None:
    actions.publish(seat(world), made(world, 7))
    longer = made(world, 14)
    held = next(one for one in opened(world, longer).shifts if one.held)
    with pytest.raises(actions.Breaks) as refused:
        actions.edit_proposed(seat(world), longer, {held.id: None})
    assert {one.rule for one in refused.value.found} == {Rule.HELD}


# --- who asks for what -------------------------------------------------------------------------------------------


@pytest.mark.req("K-14", "K-34")
def test_nothing_of_another_organisation_can_be_reached(world: World, people: list[Supporter]) -> None:
    proposal = made(world)
    slot = ProposedShift.objects.filter(proposal_id=proposal)[0]
    lars = Seat(world.lars, world.lake, frozenset(["coordinator"]))
    for act in (
        lambda: actions.publish(lars, proposal),
        lambda: actions.stop_plan(lars, proposal),
        lambda: actions.discard_plan(lars, proposal),
        lambda: actions.edit_proposed(lars, proposal, {slot.id: None}),
        lambda: actions.publish(seat(world), uuid.uuid4()),
    ):
        with pytest.raises(Proposal.DoesNotExist):
            act()
    with pytest.raises(roster.NotASupporter):
        actions.edit_proposed(seat(world), proposal, {slot.id: world.lena.id})
    with pytest.raises(ProposedShift.DoesNotExist):
        actions.edit_proposed(seat(world), proposal, {uuid.uuid4(): people[0].id})
    theirs = shift(world.lena, 1, NOW + timedelta(days=9), NOW + timedelta(days=10))
    with pytest.raises(Shift.DoesNotExist):
        actions.ask_for_plan(seat(world), FIRST, 14, 5, free=[theirs.id])
    assert Proposal.objects.get().state == State.DONE


def test_what_cannot_be_planned_is_refused_when_it_is_asked(world: World) -> None:
    team(world)
    with pytest.raises(actions.NoPattern):
        actions.ask_for_plan(seat(world), FIRST, 14, 5)
    pattern(world)
    for first, days in (
        (NOW.date(), 7),
        (NOW.date() - timedelta(days=1), 7),
        (FIRST, 0),
        (FIRST, 367),
        (NOW.date() + timedelta(days=500), 7),
    ):
        with pytest.raises(actions.BadSpanOfDays):
            actions.ask_for_plan(seat(world), first, days, 5)
    for _ in range(2):
        actions.ask_for_plan(seat(world), FIRST, 14, 100_000)
    assert set(Proposal.objects.values_list("seconds", flat=True)) == {60}
    with pytest.raises(actions.TooManyPlans):
        actions.ask_for_plan(seat(world), FIRST, 14, 5)


# --- two at once -------------------------------------------------------------------------------------------------


def test_of_two_coordinators_at_once_one_publishes_and_one_is_told(transactional_db: None, world: World) -> None:
    pattern(world)
    team(world, 9)
    proposal = made(world)
    start, said = threading.Barrier(2), []

    def publish() -> None:
        start.wait()
        try:
            actions.publish(seat(world), proposal)
            said.append("done")
        except actions.NotReady:
            said.append("told")
        finally:
            db.connections.close_all()

    both = [threading.Thread(target=publish) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(said) == ["done", "told"]
    assert Shift.objects.filter(organisation=world.pine).count() == 58
    assert AuditEntry.objects.filter(what="plan.published").count() == 1


@pytest.mark.req("D-02", "K-36")
def test_a_question_about_a_shift_that_a_plan_gives_away_is_taken_back(world: World, people: list[Supporter]) -> None:
    begins = datetime(FIRST.year, FIRST.month, FIRST.day, 7, tzinfo=ZoneInfo(world.pine.time_zone))
    asks, answers, *_others = people
    given = shift(asks, 1, begins, begins + timedelta(hours=12))
    actions.hand_over(world.pine.id, asks.id, given.id, answers.id)
    assert Notice.objects.filter(message="shift_asked").exists()
    Blackout.objects.create(supporter=asks, first_day=FIRST, last_day=FIRST)
    actions.publish(seat(world), made(world, free=[given.id]))
    assert not Shift.objects.filter(id=given.id).exists()
    assert not Exchange.objects.exists()
    assert not Notice.objects.filter(message="shift_asked").exists()


@pytest.mark.req("D-01")
def test_two_coordinators_who_edit_at_once_cannot_put_somebody_in_two_places(
    transactional_db: None, world: World
) -> None:
    pattern(world)
    team(world, 9)
    proposal = made(world)
    plan = opened(world, proposal)
    first = plan.shifts[0]
    partner = next(one for one in plan.shifts if one.starts_at == first.starts_at and one.id != first.id)
    # Whoever has nothing near: they could take either, and never both.
    near = {one.supporter_id for one in plan.shifts if one.starts_at < first.ends_at + timedelta(days=6)}
    able = [one.id for one in plan.problem.people if one.id not in near]
    if not able:
        able = [plan.shifts[-1].supporter_id or uuid.uuid4()]
        ProposedShift.objects.filter(proposal_id=proposal, supporter_id=able[0]).update(supporter=None)
    start, said = threading.Barrier(2), []

    def edit(slot: uuid.UUID) -> None:
        start.wait()
        try:
            actions.edit_proposed(seat(world), proposal, {slot: able[0]})
            said.append("done")
        except actions.Breaks as refused:
            assert {one.rule for one in refused.found} == {Rule.TWICE}
            said.append("refused")
        finally:
            db.connections.close_all()

    both = [threading.Thread(target=edit, args=(one.id,)) for one in (first, partner)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(said) == ["done", "refused"]
    assert AuditEntry.objects.filter(what="plan.edited").count() == 1
