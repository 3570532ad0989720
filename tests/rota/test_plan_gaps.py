"""What a plan leaves with nobody is said with what keeps people; an edit is held against what its editor saw."""

import threading
import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django import db
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from alongside.accounts.models import AuditEntry
from alongside.rota import actions, queries
from alongside.rota.models import Blackout, Cap, Pattern, PatternBlock, Proposal, ProposedShift
from alongside.rota.rules import proposing
from alongside.rota.rules.grid import Grid
from alongside.rota.solver import as_data, explain
from alongside.team.models import Supporter
from tests.rota.planned import FIRST, made, pattern, seat, team
from tests.rota.test_plan_pages import change
from tests.world import World, shift, sign_in

MONDAY = FIRST + timedelta(days=6)
CHICAGO = ZoneInfo("America/Chicago")


@pytest.fixture
def hana(world: World, client: Client) -> Client:
    """Hana, who can plan."""
    return sign_in(client, world.hana)


def explained(world: World, days: int = 7) -> uuid.UUID:
    """Make a plan from Monday on and explain its gaps as the planning process does."""
    proposal = made(world, days, first=MONDAY)
    opened = queries.open_plan(queries.plan_in(world.pine.id, proposal))
    found = explain(Grid(opened.problem), opened.plan)
    Proposal.objects.filter(id=proposal).update(gaps=as_data(opened.problem, found))
    return proposal


def page(client: Client, proposal: uuid.UUID) -> str:
    return client.get(reverse("in_plan", args=[proposal])).content.decode()


@pytest.mark.req("D-01", "D-02")
def test_a_gap_is_headed_by_what_it_is_and_what_keeps_people(world: World, hana: Client) -> None:
    made_of = Pattern.objects.create(
        organisation=world.pine, name="Nights", anchor=MONDAY, days=1, begins_on=MONDAY - timedelta(days=90)
    )
    for tier in (1, 2):
        for minute in (7 * 60, 19 * 60):
            PatternBlock.objects.create(pattern=made_of, tier=tier, day=0, minute=minute, minutes=12 * 60)
    people = team(world, 4)
    for one in people:
        Blackout.objects.create(
            supporter=one, first_day=MONDAY + timedelta(days=2), last_day=MONDAY + timedelta(days=3)
        )
    proposal = explained(world, 3)
    text = page(hana, proposal)
    assert "What nobody could cover" in text
    assert "4 people are ready for duty, and none of them can be on call then: 4 named the day as impossible." in text
    assert "The least that would cover all of it: if" in text or "It could all be covered if" in text
    assert "in week 50" in text or "on Wed" in text
    # Somebody is not planned any more: the counts of an older state are not said of today.
    Blackout.objects.filter(supporter=people[0]).delete()
    text = page(hana, proposal)
    assert "It cannot be published." in text
    assert "are ready for duty" not in text


@pytest.mark.req("D-02")
def test_one_person_is_said_as_one(world: World, hana: Client) -> None:
    pattern(world)
    (only,) = team(world, 1)
    Blackout.objects.create(supporter=only, first_day=MONDAY, last_day=MONDAY + timedelta(days=30))
    text = page(hana, explained(world))
    assert "Only 1 person is ready for duty, and cannot be on call then: 1 named the day as impossible." in text
    assert "(s)" not in text


@pytest.mark.req("D-02")
def test_nobody_is_named_as_on_leave_and_no_reason_of_a_leave_is_shown(world: World, hana: Client) -> None:
    pattern(world)
    people = team(world, 3)
    for one in people[:2]:
        one.status = Supporter.Status.ON_LEAVE
        one.save()
    proposal = made(world, 7, first=MONDAY)
    text = page(hana, proposal)
    assert "3 people are ready for duty" in text
    assert "2 are on leave" in text


@pytest.mark.req("D-01", "D-02")
def test_a_gap_left_by_hand_says_who_could_take_it(world: World, hana: Client) -> None:
    pattern(world)
    team(world, 9)
    Cap.objects.all().delete()
    proposal = made(world, 14)
    slot = ProposedShift.objects.filter(proposal_id=proposal, tier=2)[3]
    change(hana, proposal, slot.id, "")
    (one,) = queries.uncovered(queries.open_plan(queries.plan_in(world.pine.id, proposal)))
    assert one.by_hand
    assert one.kept is not None
    assert one.kept.able >= 1
    text = page(hana, proposal)
    assert f"9 people are ready for duty, and {one.kept.able} of them could be on call then." in text
    assert "Left without anybody by hand." in text
    # As many as it says are taken by the action; the others are refused. The page of the slot names them apart.
    edit = hana.get(reverse("in_plan_edit", args=[proposal, slot.id])).content.decode()
    able, cannot = edit.partition('label="Can be on call then"')[2].split('label="Cannot be on call then"')
    took = 0
    for person in queries.open_plan(queries.plan_in(world.pine.id, proposal)).problem.people:
        try:
            actions.edit_proposed(seat(world), proposal, {slot.id: person.id})
        except actions.Breaks:
            assert str(person.id) in cannot
            continue
        assert str(person.id) in able
        took += 1
        # Whoever has it could still have it.
        edit = hana.get(reverse("in_plan_edit", args=[proposal, slot.id])).content.decode()
        assert str(person.id) in edit.partition('label="Cannot be on call then"')[0]
        actions.edit_proposed(seat(world), proposal, {slot.id: None})
    assert took == one.kept.able


@pytest.mark.req("D-01")
def test_hours_that_no_shift_covers_are_named_before_a_plan_is_published(world: World, hana: Client) -> None:
    made_of = Pattern.objects.create(
        organisation=world.pine, name="No backup", anchor=MONDAY, days=7, begins_on=MONDAY - timedelta(days=90)
    )
    for day in range(7):
        for minute in (0, 12 * 60):
            PatternBlock.objects.create(pattern=made_of, tier=1, day=day, minute=minute, minutes=12 * 60)
            if day < 5:
                PatternBlock.objects.create(pattern=made_of, tier=2, day=day, minute=minute, minutes=12 * 60)
    people = team(world, 9)
    proposal = made(world, 14, first=MONDAY)
    opened = queries.open_plan(queries.plan_in(world.pine.id, proposal))
    begins = [one.starts_at.astimezone(CHICAGO) for one in queries.unplanned(opened)]
    assert [(one.weekday(), one.hour) for one in begins] == [(5, 0), (5, 0)]
    assert {one.tier for one in queries.unplanned(opened)} == {2}
    question = hana.get(reverse("in_plan_publish", args=[proposal])).content.decode()
    assert "Hours without any shift" in question
    assert "2 gaps" in question
    assert "Sat 12 Dec, 00:00" in question
    assert "Hours without any shift" in page(hana, proposal)
    # Entered by hand, it is a gap no more.
    first = queries.unplanned(opened)[0]
    shift(people[0], 2, first.starts_at, first.ends_at)
    again = queries.open_plan(queries.plan_in(world.pine.id, proposal))
    assert len(queries.unplanned(again)) == 1


@pytest.mark.req("D-01")
def test_a_pattern_without_holes_is_said_to_have_none(world: World, hana: Client) -> None:
    pattern(world, hours=12)
    PatternBlock.objects.all().delete()
    for tier in (1, 2):
        PatternBlock.objects.create(pattern=Pattern.objects.get(), tier=tier, day=0, minute=0, minutes=24 * 60)
    team(world, 9)
    proposal = made(world, 7, first=MONDAY)
    question = hana.get(reverse("in_plan_publish", args=[proposal])).content.decode()
    assert "Publish this plan?" in question
    assert "Hours without any shift" not in question


# --- two at once -------------------------------------------------------------------------------------------------


@pytest.mark.req("D-01", "D-02")
def test_who_edits_a_shift_that_somebody_changed_meanwhile_sees_how_it_is_now(world: World, hana: Client) -> None:
    pattern(world)
    team(world, 9)
    proposal = made(world)
    slot = ProposedShift.objects.filter(proposal_id=proposal)[0]
    other = ProposedShift.objects.filter(proposal_id=proposal)[9]
    path = reverse("in_plan_edit", args=[proposal, slot.id])
    opened = queries.open_plan(queries.plan_in(world.pine.id, proposal))
    assert slot.supporter_id is not None
    assert escape(f"{opened.names[slot.supporter_id]} has it now.") in hana.get(path).content.decode()
    seen = proposing.seal([slot.facts()])
    # Another shift of the plan may change: that is no reason to refuse.
    actions.edit_proposed(seat(world), proposal, {other.id: None})
    actions.edit_proposed(seat(world), proposal, {slot.id: None})
    refused = hana.post(path, {"supporter": str(slot.supporter_id), "seen": seen})
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "Somebody changed this shift meanwhile." in text
    assert "Nobody has it now." in text
    slot.refresh_from_db()
    assert slot.supporter_id is None
    # What was looked at then is what is held against it the next time.
    fresh = text.partition('name="seen" value="')[2].partition('"')[0]
    assert fresh == proposing.seal([slot.facts()]) != seen
    for bad in ("", "x", seen):
        assert hana.post(path, {"supporter": "", "seen": bad}).status_code == 422
    assert hana.post(path, {"supporter": "", "seen": fresh}).status_code == 302


@pytest.mark.req("D-01")
def test_of_two_coordinators_who_edit_one_shift_at_once_one_is_refused(transactional_db: None, world: World) -> None:
    pattern(world)
    team(world, 9)
    proposal = made(world)
    slot = ProposedShift.objects.filter(proposal_id=proposal)[0]
    seen, had = proposing.seal([slot.facts()]), slot.supporter_id
    start, said = threading.Barrier(2), []
    ProposedShift.objects.filter(proposal_id=proposal).exclude(id=slot.id).update(supporter=None)
    people = [one.id for one in queries.open_plan(queries.plan_in(world.pine.id, proposal)).problem.people]
    able = [one for one in people if one != had][:2]

    def edit(who: uuid.UUID) -> None:
        start.wait()
        try:
            actions.edit_proposed(seat(world), proposal, {slot.id: who}, seen=seen)
            said.append(("done", who))
        except actions.Edited:
            said.append(("told", who))
        finally:
            db.connections.close_all()

    both = [threading.Thread(target=edit, args=(who,)) for who in able]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(word for word, _who in said) == ["done", "told"]
    slot.refresh_from_db()
    assert ("done", slot.supporter_id) in said
    assert AuditEntry.objects.filter(what="plan.edited").count() == 1
