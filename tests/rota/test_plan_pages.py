"""The planner's pages: asked, watched without script, looked at, compared, published with one button."""

import uuid
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from alongside.kernel import clock
from alongside.rota import actions
from alongside.rota.models import Blackout, Proposal, ProposedShift, Shift
from alongside.team.models import Supporter
from tests.rota.planned import FIRST, made, pattern, seat, team
from tests.world import NOW, World, sign_in, timedelta

State = Proposal.State
CHICAGO = ZoneInfo("America/Chicago")
ASKED = {"first_day": "2026-12-01", "days": "14", "seconds": "5", "published": "keep"}


@pytest.fixture
def hana(world: World, client: Client) -> Client:
    """Hana, who can plan."""
    pattern(world)
    team(world, 9)
    return sign_in(client, world.hana)


@pytest.mark.req("D-02")
def test_a_plan_is_asked_for_and_its_page_looks_again_by_itself(world: World, hana: Client) -> None:
    answer = hana.post(reverse("in_plans"), ASKED)
    row = Proposal.objects.get()
    assert answer.url == reverse("in_plan", args=[row.id])
    assert (row.days, row.seconds, row.state, row.free) == (14, 5, State.WAITING, [])
    page = hana.get(answer.url)
    assert page["Refresh"] == "3"
    assert "begins in a moment" in page.content.decode()
    job = actions.claim(NOW)
    assert job is not None
    actions.store_progress(job, NOW, points=2_000_123, bound=45, took=3)
    page = hana.get(answer.url)
    text = page.content.decode()
    assert page["Refresh"] == "3"
    assert "3 of 5 seconds" in text
    assert '<dd class="number">2</dd>' in text
    hana.post(reverse("in_plan_stop", args=[row.id]))
    assert actions.store_progress(job, NOW, points=1, bound=1, took=4)
    actions.store_failure(job, "crashed")
    page = hana.get(answer.url)
    assert "Refresh" not in page
    assert "Nothing was changed" in page.content.decode()


@pytest.mark.req("D-01", "D-02")
def test_a_plan_is_looked_at_week_by_week_and_published_after_a_question(world: World, hana: Client) -> None:
    proposal = made(world, 56)
    path = reverse("in_plan", args=[proposal])
    page = hana.get(path).content.decode()
    assert page.count("Week of") >= 8
    assert "?from=4#weeks" in page
    assert "Refresh" not in hana.get(path)
    for odd in ("9999", "-1", "x", "７", "4"):
        assert hana.get(path, {"from": odd}).status_code == 200
    question = hana.get(reverse("in_plan_publish", args=[proposal])).content.decode()
    assert "Publish this plan?" in question
    seen = question.partition('name="seen" value="')[2].partition('"')[0]
    done = hana.post(reverse("in_plan_publish", args=[proposal]), {"seen": seen}, follow=True)
    assert "Published. People told:" in done.content.decode()
    assert "This plan is published." in done.content.decode()
    assert Shift.objects.filter(organisation=world.pine).count() == 2 + 56 * 4
    again = hana.post(reverse("in_plan_publish", args=[proposal]), {"seen": seen})
    assert again.status_code == 409
    assert "perhaps by another coordinator" in again.content.decode()


@pytest.mark.req("D-01")
def test_an_older_state_is_said_in_words_and_leads_to_a_new_plan(world: World, hana: Client) -> None:
    proposal = made(world)
    question = hana.get(reverse("in_plan_publish", args=[proposal])).content.decode()
    seen = question.partition('name="seen" value="')[2].partition('"')[0]
    Blackout.objects.create(supporter=world.ana, first_day=FIRST, last_day=FIRST)
    answer = hana.post(reverse("in_plan_publish", args=[proposal]), {"seen": seen})
    assert answer.status_code == 409
    assert "Nothing was published" in answer.content.decode()
    assert reverse("in_plans") in answer.content.decode()
    assert "has changed since" in hana.get(reverse("in_plan", args=[proposal])).content.decode()
    assert Shift.objects.filter(organisation=world.pine).count() == 2


def test_a_post_without_what_was_seen_publishes_nothing(world: World, hana: Client) -> None:
    proposal = made(world)
    assert hana.post(reverse("in_plan_publish", args=[proposal])).status_code == 409
    assert Proposal.objects.get().state == State.DONE


def change(client: Client, proposal: uuid.UUID, slot: uuid.UUID, supporter: str) -> Any:
    """Open the page of a slot and choose somebody, as a form does."""
    path = reverse("in_plan_edit", args=[proposal, slot])
    seen = client.get(path).content.decode().partition('name="seen" value="')[2].partition('"')[0]
    return client.post(path, {"supporter": supporter, "seen": seen})


def test_a_slot_is_changed_by_hand_or_refused_with_the_reason(world: World, hana: Client) -> None:
    proposal = made(world)
    slot = ProposedShift.objects.filter(proposal_id=proposal)[0]
    partner = ProposedShift.objects.get(proposal_id=proposal, starts_at=slot.starts_at, tier=3 - slot.tier)
    path = reverse("in_plan_edit", args=[proposal, slot.id])
    assert "Nobody: leave a gap" in hana.get(path).content.decode()
    refused = change(hana, proposal, slot.id, str(partner.supporter_id))
    assert refused.status_code == 422
    assert "in two places at once" in refused.content.decode()
    assert hana.post(path, {"supporter": "no-such"}).status_code == 422
    assert hana.post(path, {"supporter": str(world.lena.id)}).status_code == 422
    assert hana.post(path, {"supporter": ""}).status_code == 422
    assert change(hana, proposal, slot.id, "").url == reverse("in_plan", args=[proposal])
    assert "1 shift has nobody" in hana.get(reverse("in_plan", args=[proposal])).content.decode()


def test_two_plans_stand_side_by_side(world: World, hana: Client) -> None:
    one, other = made(world, 14), made(world, 28)
    listed = hana.get(reverse("in_plans")).content.decode()
    assert "Compare the two" in listed
    assert "Two plans are open" in listed
    page = hana.get(reverse("in_plans_compare"), {"one": one, "other": other}).content.decode()
    assert "They name somebody else in" in page
    assert "Nights: hours between most and least" in page
    for bad in ({}, {"one": one}, {"one": one, "other": "x"}, {"one": one, "other": world.pine.id}):
        assert hana.get(reverse("in_plans_compare"), bad).status_code == 404


@pytest.mark.req("D-01", "D-02")
def test_published_shifts_of_chosen_people_and_days_are_freed_and_no_others(world: World, hana: Client) -> None:
    actions.publish(seat(world), made(world, 14))
    some = {**ASKED, "published": "some"}
    row = Shift.objects.filter(supporter=world.ana, starts_at__gt=NOW + timedelta(days=7))
    answer = hana.post(reverse("in_plans"), {**some, "people": [str(world.ana.id)]})
    assert answer.status_code == 302, answer.content.decode()
    freed = Proposal.objects.get(state=State.WAITING)
    assert freed.free == sorted(str(one.id) for one in row)
    assert freed.free
    freed.delete()
    hana.post(reverse("in_plans"), {**some, "free_from": "2026-12-03", "free_until": "2026-12-03"})
    freed = Proposal.objects.get(state=State.WAITING)
    assert len(freed.free) == 4
    days = {one.starts_at.astimezone(CHICAGO).date() for one in Shift.objects.filter(id__in=freed.free)}
    assert [one.isoformat() for one in days] == ["2026-12-03"]
    freed.delete()
    for refused, said in (
        (some, "Choose people, or days"),
        ({**some, "free_from": "2026-12-04", "free_until": "2026-12-03"}, "comes before the first"),
        ({**some, "people": [str(world.lena.id)]}, "not one of the available choices"),
        ({**some, "people": ["x"]}, "not one of the available choices"),
    ):
        answer = hana.post(reverse("in_plans"), refused)
        assert answer.status_code == 422
        assert said in answer.content.decode()


@pytest.mark.req("D-01")
def test_who_goes_on_leave_is_replaced_and_nobody_else_is_moved(world: World, hana: Client) -> None:
    actions.publish(seat(world), made(world, 14))
    gone = set(Shift.objects.filter(supporter=world.ana, starts_at__gt=NOW).values_list("id", flat=True))
    Supporter.objects.filter(id=world.ana.id).update(status=Supporter.Status.ON_LEAVE)
    others = set(Shift.objects.exclude(id__in=gone).values_list("id", "supporter_id", "starts_at", "ends_at"))
    proposal = made(world, 14)
    actions.publish(seat(world), proposal)
    assert others <= set(Shift.objects.values_list("id", "supporter_id", "starts_at", "ends_at"))
    assert not Shift.objects.filter(id__in=gone, starts_at__gt=NOW + timedelta(days=8)).exists()


def test_a_gap_left_by_hand_is_listed_and_nothing_is_said_to_be_proven(world: World, hana: Client) -> None:
    proposal = made(world)
    slot = ProposedShift.objects.filter(proposal_id=proposal)[0]
    change(hana, proposal, slot.id, "")
    text = hana.get(reverse("in_plan", args=[proposal])).content.decode()
    assert "Left without anybody by hand." in text
    assert "It was changed by hand." in text
    assert "no plan can have less" not in text
    assert Proposal.objects.get().bound is None
    other = made(world, 28)
    assert hana.get(reverse("in_plans_compare"), {"one": proposal, "other": other}).status_code == 200


@pytest.mark.req("D-02")
def test_what_comes_first_is_said_before_anything_is_asked(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    bare = client.get(reverse("in_plans")).content.decode()
    assert "needs a pattern of shifts" in bare
    # What would be refused is not asked for.
    assert 'name="first_day"' not in bare
    pattern(world)
    text = client.get(reverse("in_plans")).content.decode()
    assert "3 people serve, and nobody is ready for duty yet" in text
    assert reverse("in_readiness") in text
    answer = client.post(reverse("in_plans"), ASKED)
    assert answer.status_code == 422
    assert "Nobody is ready for duty" in answer.content.decode()
    team(world, 2)
    text = client.get(reverse("in_plans")).content.decode()
    assert "nobody is ready" not in text
    assert "needs a pattern" not in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"first_day": "2026-11-23"}, "begins tomorrow or later"),
        ({"first_day": "2029-01-01"}, "Is the year right?"),
        ({"first_day": "soon"}, "date"),
        ({"days": "13"}, "not one of the available choices"),
        ({"seconds": "9999"}, "less than or equal to 60"),
        ({"seconds": "1"}, "greater than or equal to 5"),
    ],
)
def test_what_makes_no_sense_is_refused(hana: Client, changes: dict[str, str], said: str) -> None:
    answer = hana.post(reverse("in_plans"), {**ASKED, **changes})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Proposal.objects.exists()


def test_without_a_pattern_it_says_what_comes_first(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    assert "No pattern of shifts" in client.post(reverse("in_plans"), ASKED).content.decode()


@pytest.mark.req("K-14", "K-34")
def test_a_coordinator_of_another_organisation_finds_nothing(world: World, hana: Client) -> None:
    proposal = made(world)
    slot = ProposedShift.objects.filter(proposal_id=proposal)[0].id
    lars = sign_in(Client(), world.lars)
    for name, ids in (
        ("in_plan", [proposal]),
        ("in_plan_publish", [proposal]),
        ("in_plan_edit", [proposal, slot]),
    ):
        assert lars.get(reverse(name, args=ids)).status_code == 404
    for name, ids in (
        ("in_plan_stop", [proposal]),
        ("in_plan_discard", [proposal]),
        ("in_plan_publish", [proposal]),
        ("in_plan_edit", [proposal, slot]),
    ):
        assert lars.post(reverse(name, args=ids)).status_code == 404
    assert lars.get(reverse("in_plans_compare"), {"one": proposal, "other": proposal}).status_code == 404
    # A slot of another plan is none of this one.
    other = made(world, 28)
    assert hana.get(reverse("in_plan_edit", args=[other, slot])).status_code == 404
    assert sign_in(Client(), world.renee).get(reverse("in_plans")).status_code in (403, 404)
    assert Proposal.objects.filter(state=State.DONE).count() == 2


def test_what_ended_meanwhile_is_said(world: World, hana: Client) -> None:
    proposal = made(world)
    said = hana.post(reverse("in_plan_stop", args=[proposal]), follow=True).content.decode()
    assert "had ended already" in said
    actions.publish(seat(world), proposal)
    said = hana.post(reverse("in_plan_discard", args=[proposal]), follow=True).content.decode()
    assert "not published can be thrown away" in said
    clock.shift(timedelta(days=40))
    assert "This plan is published." in hana.get(reverse("in_plan", args=[proposal])).content.decode()
