"""Shifts entered by hand: two people, no overlap, nobody who may not serve."""

import threading
import uuid
from datetime import datetime, timedelta

import pytest
from django.db import connections

from alongside.accounts import queries as accounts
from alongside.accounts.models import AuditEntry
from alongside.rota import actions, queries, rules
from alongside.rota.models import Shift
from alongside.team import actions as team
from alongside.team import queries as supporters
from tests.conftest import Clock
from tests.world import NOW, WEEK_BEGINS, World, make_world, ready, shift, supporter, unknown_id

NEXT = WEEK_BEGINS + timedelta(days=7)
HOUR = timedelta(hours=1)


@pytest.fixture
def world(world: World) -> World:
    """The cast, ready for duty."""
    ready(world.renee, world.marcus, world.ana, world.lena)
    return world


def seat(world: World) -> accounts.Seat:
    return accounts.permit(world.hana, "rota.change")


def enter(world: World, who: uuid.UUID, tier: int, start: datetime, hours: float = 12) -> None:
    actions.enter_shift(seat(world), who, tier, start, start + hours * HOUR)


@pytest.mark.req("D-01", "M-11")
def test_two_people_on_call_leave_no_gap_and_are_found_at_every_moment(world: World) -> None:
    zoe = supporter("Zoe Hart", world.patrol)
    ready(zoe)
    enter(world, world.ana.id, 1, NEXT)
    enter(world, zoe.id, 2, NEXT)
    assert queries.gaps_between(world.pine.id, NOW, NEXT + 12 * HOUR) == []
    assert queries.on_call_at(world.pine.id, NEXT) == {1: world.ana.id, 2: zoe.id}
    assert queries.on_call_at(world.pine.id, NEXT - timedelta(seconds=1)) == {1: world.renee.id, 2: world.marcus.id}
    assert queries.on_call_at(world.pine.id, NEXT + 12 * HOUR) == {}


@pytest.mark.req("D-01")
def test_a_second_person_in_the_same_tier_is_refused(world: World) -> None:
    enter(world, world.ana.id, 1, NEXT)
    for start, hours in ((NEXT, 12), (NEXT + HOUR, 1), (NEXT - HOUR, 2), (NEXT + 11.5 * HOUR, 3)):
        with pytest.raises(rules.Overlap):
            enter(world, world.renee.id, 1, start, hours)
    assert Shift.objects.filter(starts_at__gte=NEXT - HOUR).count() == 1


@pytest.mark.req("D-01")
def test_one_person_in_both_tiers_at_once_is_refused(world: World) -> None:
    enter(world, world.ana.id, 1, NEXT)
    with pytest.raises(rules.SamePerson):
        enter(world, world.ana.id, 2, NEXT + 11 * HOUR)


@pytest.mark.req("D-01")
@pytest.mark.parametrize("hours", [0, -1, 24 * 32])
def test_a_shift_that_ends_before_it_begins_or_never_is_refused(world: World, hours: int) -> None:
    with pytest.raises(rules.BadSpan):
        enter(world, world.ana.id, 1, NEXT, hours)


@pytest.mark.req("C-15", "C-18")
def test_nobody_on_leave_ended_or_without_the_agreement_is_put_on_call(world: World) -> None:
    team.go_on_leave(world.ana.id)
    unsigned = supporter("Zoe Hart", world.jail, agreement_version=0, agreed_on=None)
    team.end(seat(world), world.renee.id)
    for who in (world.ana, unsigned, world.renee):
        with pytest.raises(actions.NotEligible):
            enter(world, who.id, 1, NEXT)


@pytest.mark.req("M-24")
def test_nobody_of_another_organisation_is_put_on_call(world: World) -> None:
    for strange in (world.lena.id, unknown_id()):
        with pytest.raises(supporters.NotASupporter):
            enter(world, strange, 1, NEXT)


@pytest.mark.req("C-18", "D-01")
def test_a_shift_of_somebody_on_leave_gives_way_only_where_it_is_in_the_way(world: World) -> None:
    team.go_on_leave(world.renee.id)
    start = NOW.replace(minute=0) + 10 * HOUR
    enter(world, world.ana.id, 1, start)
    assert queries.on_call_at(world.pine.id, start)[1] == world.ana.id
    team.come_back(world.renee.id)
    assert queries.on_call_at(world.pine.id, start - HOUR)[1] == world.renee.id
    assert queries.on_call_at(world.pine.id, start)[1] == world.ana.id
    assert queries.on_call_at(world.pine.id, start + 12 * HOUR)[1] == world.renee.id
    assert queries.gaps_between(world.pine.id, NOW, NEXT) == []


@pytest.mark.req("D-01")
def test_of_several_shifts_all_are_entered_or_none(world: World) -> None:
    enter(world, world.ana.id, 1, NEXT + timedelta(days=2))
    spans = [(NEXT + timedelta(days=day), NEXT + timedelta(days=day) + 12 * HOUR) for day in range(4)]
    before = Shift.objects.count()
    with pytest.raises(rules.Overlap):
        actions.enter_shifts(seat(world), world.renee.id, 1, spans)
    assert Shift.objects.count() == before
    assert AuditEntry.objects.filter(what="shift.entered").count() == 1


def test_entering_and_removing_is_written_down_with_the_name(world: World) -> None:
    enter(world, world.ana.id, 1, NEXT)
    made = Shift.objects.get(starts_at=NEXT)
    actions.remove_shift(seat(world), made.id)
    entries = AuditEntry.objects.filter(organisation=world.pine)
    assert {entry.what for entry in entries} == {"shift.entered", "shift.removed"}
    assert {entry.detail["name"] for entry in entries} == {"Ana Ruiz"}
    assert not Shift.objects.filter(id=made.id).exists()


@pytest.mark.req("M-24")
def test_a_shift_of_another_organisation_cannot_be_removed(world: World) -> None:
    foreign = shift(world.lena, 1, NEXT, NEXT + HOUR)
    for strange in (foreign.id, unknown_id()):
        with pytest.raises(Shift.DoesNotExist):
            actions.remove_shift(seat(world), strange)
    assert Shift.objects.filter(id=foreign.id).exists()
    assert queries.on_call_at(world.pine.id, NEXT) == {}


def test_the_next_change_is_the_next_beginning_or_end(world: World) -> None:
    assert queries.next_change_after(world.pine.id, NOW) == NEXT
    shift(world.ana, 1, NEXT + HOUR, NEXT + 2 * HOUR)
    assert queries.next_change_after(world.pine.id, NEXT) == NEXT + HOUR
    assert queries.next_change_after(world.pine.id, NEXT + HOUR) == NEXT + 2 * HOUR
    assert queries.next_change_after(world.pine.id, NEXT + 2 * HOUR) is None
    assert queries.next_change_after(world.lake.id, NOW) is None


@pytest.mark.req("D-01")
@pytest.mark.django_db(transaction=True)
def test_of_two_coordinators_who_fill_the_same_gap_at_once_one_is_refused(clock: Clock) -> None:
    world = make_world()
    ready(world.ana, world.marcus)
    start, outcomes = threading.Barrier(2), []

    def fill(who: uuid.UUID) -> None:
        start.wait()
        try:
            # Half a day after Marcus's week: nothing but the other one speaks against it.
            enter(world, who, 1, NEXT + 12 * HOUR)
            outcomes.append("entered")
        except rules.Overlap:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=fill, args=(one.id,)) for one in (world.ana, world.marcus)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["entered", "refused"]
    assert Shift.objects.filter(starts_at=NEXT + 12 * HOUR).count() == 1
