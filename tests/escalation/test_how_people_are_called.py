"""A call goes by a person's ways in their order, stops when they look, and no page waits for anybody's sleep."""

from datetime import datetime, time, timedelta

import pytest

from alongside.accounts import actions as accounts
from alongside.accounts.models import ContactPoint, Person
from alongside.escalation import actions, queries
from alongside.escalation.models import Ladder
from alongside.escalation.rules import Rung, Terms
from alongside.help_requests import actions as help_requests
from alongside.kernel import clock as product
from alongside.notify.models import Notice
from alongside.rota.models import Shift
from alongside.team.models import Supporter
from tests.world import NOW, World

TERMS = Terms(connect=15, alarm=240, hold=60, limit=72 * 60)
MINUTE = timedelta(minutes=1)


def ladder(world: World, urgency: str, *rungs: tuple[Supporter, ...]) -> Ladder:
    made = [Rung("further", 5 * number, tuple(one.id for one in who)) for number, who in enumerate(rungs)]
    row = actions.new_ladder(organisation_id=world.pine.id, urgency=urgency, rungs=made, terms=TERMS, now=product.now())
    row.save(force_insert=True)
    return row


def turn(made: Ladder) -> None:
    for _ in range(9):
        actions.take_step(made.id, product.now())


def ways(person: Person, *addresses: str) -> None:
    for address in addresses:
        kind = "apprise" if "://" in address else "email"
        ContactPoint.objects.create(person=person, kind=kind, address=address, position=9, state="confirmed")


def due(serving: Supporter) -> dict[str, datetime]:
    """Return when each of a person's notices is due."""
    addresses = list(ContactPoint.objects.filter(person=serving.person).values_list("address", flat=True))
    return dict(Notice.objects.filter(address__in=addresses).values_list("address", "due_at"))


def sleeps(serving: Supporter, hours: int = 8) -> None:
    """Give somebody quiet hours that began an hour ago by their clock: it is 8:05 in Pine County."""
    accounts.set_quiet_hours(serving.person, time(7, 5), time(7 + hours - 1, 5))


@pytest.mark.req("A-03")
def test_the_first_way_is_tried_at_once_and_the_next_some_minutes_later(world: World) -> None:
    ways(world.renee.person, "renee@home.example", "tgram://1:a/2")
    turn(ladder(world, "now", (world.renee,), (world.renee, world.marcus)))
    assert sorted(due(world.renee).values()) == [NOW, NOW + 2 * MINUTE, NOW + 4 * MINUTE]
    assert due(world.renee)["renee@pine.example"] == NOW


@pytest.mark.req("A-03")
def test_everybody_is_called_by_every_way_at_once_on_the_last_rung(world: World) -> None:
    ways(world.renee.person, "renee@home.example")
    turn(ladder(world, "now", (world.renee,)))
    assert set(due(world.renee).values()) == {NOW}


def test_for_today_the_next_way_waits_longer(world: World) -> None:
    ways(world.renee.person, "renee@home.example")
    turn(ladder(world, "today", (world.renee,)))
    assert sorted(due(world.renee).values()) == [NOW, NOW + 15 * MINUTE]


def test_a_way_that_failed_is_tried_last(world: World) -> None:
    ways(world.renee.person, "renee@home.example")
    ContactPoint.objects.filter(address="renee@pine.example").update(state="dead")
    turn(ladder(world, "now", (world.renee,), (world.marcus,)))
    assert due(world.renee)["renee@home.example"] == NOW
    assert due(world.renee)["renee@pine.example"] == NOW + 2 * MINUTE


@pytest.mark.req("A-03")
def test_somebody_whom_no_way_reaches_shows_on_the_board(world: World) -> None:
    ContactPoint.objects.filter(person=world.renee.person).update(kind="push", state="dead")
    made = ladder(world, "now", (world.renee,), (world.marcus,))
    turn(made)
    from alongside.notify import queries as outbox

    assert outbox.failed_about([made.id]) == {made.id}


@pytest.mark.req("B-16")
def test_whoever_looks_or_passes_is_tried_no_further_and_others_are(world: World) -> None:
    for serving in (world.renee, world.ana):
        ways(serving.person, f"{serving.person.name[:3]}@home.example")
    made = ladder(world, "now", (world.renee, world.ana), (world.marcus,))
    turn(made)
    actions.looked(made.id, world.renee.id)
    assert due(world.renee) == {}
    assert len(due(world.ana)) == 2
    claimed = actions.claim(made.id)
    assert claimed is not None
    actions.pass_on(claimed, world.ana.id, NOW)
    assert due(world.ana) == {}


def test_a_coordinator_who_serves_and_looks_still_hears_of_the_board(world: World) -> None:
    from tests.world import supporter

    hana = supporter(world.hana, world.patrol)
    made = ladder(world, "now", (hana,), (world.marcus,))
    turn(made)
    actions.tell_coordinators(made, NOW)
    actions.looked(made.id, hana.id)
    assert list(Notice.objects.filter(address=world.hana.email).values_list("message", flat=True)) == ["board"]


@pytest.mark.req("B-38", "A-03")
def test_a_call_for_today_lets_somebody_off_duty_sleep_when_another_on_duty_was_called(world: World) -> None:
    sleeps(world.ana)
    ways(world.ana.person, "ana@home.example")
    turn(ladder(world, "today", (world.renee, world.ana)))
    assert due(world.renee) == {"renee@pine.example": NOW}
    quiet_ends = NOW.replace(hour=20)  # 14:05 in Pine County
    assert sorted(due(world.ana).values()) == [quiet_ends, quiet_ends + 15 * MINUTE]


@pytest.mark.req("A-03")
def test_somebody_on_duty_is_called_whatever_their_quiet_hours(world: World) -> None:
    sleeps(world.renee)
    turn(ladder(world, "today", (world.renee,)))
    assert set(due(world.renee).values()) == {NOW}


@pytest.mark.req("A-03")
def test_a_call_for_now_wakes_everybody_called(world: World) -> None:
    for serving in (world.renee, world.marcus, world.ana):
        sleeps(serving)
    turn(ladder(world, "now", (world.renee, world.marcus, world.ana)))
    assert set(due(world.ana).values()) == {NOW}


@pytest.mark.req("A-03")
def test_with_nobody_on_duty_called_a_call_for_today_wakes_too(world: World) -> None:
    sleeps(world.ana)
    turn(ladder(world, "today", (world.ana,), (world.renee,)))
    assert set(due(world.ana).values()) == {NOW}


@pytest.mark.req("A-03")
def test_somebody_on_duty_who_passed_lets_nobody_sleep(world: World) -> None:
    sleeps(world.ana)
    made = ladder(world, "today", (world.renee,), (world.ana, world.renee))
    turn(made)
    claimed = actions.claim(made.id)
    assert claimed is not None
    actions.pass_on(claimed, world.renee.id, NOW)
    turn(made)
    assert set(due(world.ana).values()) == {NOW}


@pytest.mark.req("A-03")
def test_without_any_shift_nobody_sleeps_through_a_call(world: World) -> None:
    Shift.objects.all().delete()
    sleeps(world.ana)
    turn(ladder(world, "today", (world.ana, world.renee)))
    assert set(due(world.ana).values()) == {NOW}


@pytest.mark.req("A-03")
def test_quiet_hours_change_no_step_of_a_ladder(world: World) -> None:
    def steps() -> list[tuple[object, ...]]:
        product.freeze(NOW)
        made = ladder(world, "today", (world.renee,), (world.ana,), (world.renee, world.ana, world.marcus))
        seen: list[tuple[object, ...]] = []
        for _ in range(80):
            actions.take_step(made.id, product.now())
            row = Ladder.objects.get(id=made.id)
            seen.append((row.state, row.rung, row.rung_at, row.ends_at, row.alarmed_at))
            product.shift(timedelta(minutes=61))
        actions.forget(made.id)
        return seen

    awake = steps()
    for serving in (world.renee, world.ana, world.marcus):
        sleeps(serving, 12)
    assert steps() == awake


@pytest.mark.req("A-03")
def test_a_call_that_ends_before_the_night_does_is_not_slept_through(world: World) -> None:
    sleeps(world.ana)
    made = ladder(world, "today", (world.renee, world.ana))
    Ladder.objects.filter(id=made.id).update(ends_at=NOW + 2 * timedelta(hours=1))
    turn(made)
    assert set(due(world.ana).values()) == {NOW}


def test_nothing_says_afterwards_who_looked(world: World) -> None:
    made = ladder(world, "now", (world.renee, world.ana), (world.marcus,))
    turn(made)
    before = list(Ladder.objects.values()), list(queries.called_on(world.renee.id))
    help_requests.looked(world.renee.id, made.id)
    actions.looked(made.id, world.renee.id)
    assert (list(Ladder.objects.values()), list(queries.called_on(world.renee.id))) == before
