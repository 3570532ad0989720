"""A supporter takes a shift that nobody has: by the same rules as every plan, and only one of two at once."""

import threading
import uuid
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from alongside.accounts.models import Organisation
from alongside.notify.models import Notice
from alongside.rota import actions, queries
from alongside.rota.forms import written
from alongside.rota.models import Blackout, Cap, Shift
from alongside.rota.queries.exchanges import spans_of
from alongside.rota.rules import NOBODY, Duty, Gap, start_of
from alongside.rota.rules.exchanging import Refused, Why
from alongside.rota.rules.patterns import Block, Pattern
from alongside.team.models import Ready, Supporter
from tests.conftest import Clock
from tests.rota import planned
from tests.rota.exchanging import DAY, HOUR, ready
from tests.world import NOW, World, make_world, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def empty(world: World, clock: Clock) -> World:
    """Pine County by its pattern, everybody ready, and not one shift."""
    return bare(world)


def bare(world: World) -> World:
    ready(world.renee, world.marcus, world.ana)
    planned.pattern(world)
    Shift.objects.all().delete()
    return world


def spans(world: World) -> list[Gap]:
    return queries.empty_spans(world.pine, NOW)


def coming(world: World, number: int = 0) -> Gap:
    """Return an empty span of the first tier that has not begun, so many on."""
    return [one for one in spans(world) if one.tier == 1 and one.starts_at > NOW + DAY][number]


def take(world: World, who: Supporter, one: Gap) -> None:
    actions.take_gap(world.pine, who.id, one.tier, one.starts_at, one.ends_at)


def refused(world: World, who: Supporter, one: Gap) -> Why:
    with pytest.raises(Refused) as error:
        take(world, who, one)
    return error.value.why


@pytest.mark.req("D-01", "D-13")
def test_a_gap_is_taken_in_one_step_and_is_no_gap_any_more(empty: World) -> None:
    before, one = spans(empty), coming(empty)
    take(empty, empty.renee, one)
    row = Shift.objects.get()
    assert (row.supporter_id, row.tier, row.starts_at, row.ends_at) == (empty.renee.id, 1, one.starts_at, one.ends_at)
    assert one not in spans(empty)
    assert len(spans(empty)) == len(before) - 1
    assert refused(empty, empty.ana, one) == Why.CHANGED


def test_gaps_reach_as_far_as_the_board_looks_and_hold_nothing_that_is_over(empty: World) -> None:
    found = spans(empty)
    assert all(one.ends_at > NOW for one in found)
    assert timedelta(days=59) < found[-1].starts_at - NOW < timedelta(days=61)
    assert {one.tier for one in found} == {1, 2}


def test_a_span_that_runs_is_taken_from_now_on(empty: World, clock: Clock) -> None:
    one = next(one for one in spans(empty) if one.starts_at <= NOW)
    assert one.starts_at == NOW.replace(second=0, microsecond=0)
    clock.forward(minutes=7)
    take(empty, empty.renee, one)
    row = Shift.objects.get()
    assert row.starts_at == (NOW + timedelta(minutes=7)).replace(second=0, microsecond=0)
    assert row.ends_at == one.ends_at
    assert queries.on_call_at(empty.pine.id, clock.now()) == {row.tier: empty.renee.id}


def test_a_part_that_somebody_has_is_no_gap(empty: World) -> None:
    one = coming(empty)
    Shift.objects.create(
        organisation=empty.pine, supporter=empty.ana, tier=1, starts_at=one.starts_at, ends_at=one.starts_at + 4 * HOUR
    )
    assert refused(empty, empty.renee, one) == Why.CHANGED
    rest = next(other for other in spans(empty) if other.tier == 1 and other.ends_at == one.ends_at)
    assert rest.starts_at == one.starts_at + 4 * HOUR
    take(empty, empty.renee, rest)


def test_the_shift_of_somebody_on_leave_is_sought_for_and_no_gap_to_take(empty: World) -> None:
    one = coming(empty)
    take(empty, empty.ana, one)
    empty.ana.status = "on_leave"
    empty.ana.save()
    assert one not in spans(empty)
    assert refused(empty, empty.renee, one) == Why.CHANGED


@pytest.mark.req("D-01")
def test_nobody_takes_both_places_or_skips_rest(empty: World) -> None:
    one = coming(empty)
    take(empty, empty.renee, one)
    beside = next(other for other in spans(empty) if other.tier == 2 and other.starts_at == one.starts_at)
    after = next(other for other in spans(empty) if other.tier == 2 and other.starts_at == one.ends_at)
    assert refused(empty, empty.renee, beside) == Why.TWICE
    assert refused(empty, empty.renee, after) == Why.REST
    assert Shift.objects.count() == 1


@pytest.mark.req("B-38", "D-12")
def test_limits_that_people_set_and_readiness_hold_here_too(empty: World) -> None:
    one = coming(empty)
    day = one.starts_at.date()
    Blackout.objects.create(supporter=empty.renee, first_day=day - DAY, last_day=day + DAY)
    assert refused(empty, empty.renee, one) == Why.AWAY
    Cap.objects.create(supporter=empty.ana, most_in_28_days=0)
    assert refused(empty, empty.ana, one) == Why.CAP
    Ready.objects.filter(supporter=empty.marcus).update(crisis_trained_on=None)
    assert refused(empty, empty.marcus, one) == Why.AWAY
    free, _others = queries.free_for(empty.pine, empty.ana.id, NOW)
    assert free == []


@pytest.mark.req("C-18")
def test_whoever_is_on_leave_takes_nothing(empty: World) -> None:
    one = coming(empty)
    empty.renee.status = "on_leave"
    empty.renee.save()
    assert refused(empty, empty.renee, one) == Why.AWAY
    assert queries.free_for(empty.pine, empty.renee.id, NOW)[0] == []


def test_what_is_offered_is_what_can_be_taken(empty: World) -> None:
    take(empty, empty.renee, coming(empty))
    free, others = queries.free_for(empty.pine, empty.renee.id, NOW)
    assert len(free) + others == len(spans(empty))
    offered = set(free)
    for one in spans(empty)[:12]:
        why = None
        if one not in offered:
            why = refused(empty, empty.renee, one)
            assert why in {Why.TWICE, Why.REST}
    for one in free[:1]:
        take(empty, empty.renee, one)


def test_spans_that_never_were_and_other_organisations_are_refused(empty: World) -> None:
    one = coming(empty)
    for wrong in (
        (3, one.starts_at, one.ends_at),
        (1, one.starts_at + HOUR, one.ends_at),
        (1, one.starts_at - HOUR, one.ends_at),
        (1, one.starts_at, one.ends_at + HOUR),
        (1, one.starts_at - 365 * DAY, one.ends_at - 365 * DAY),
    ):
        with pytest.raises(Refused) as error:
            actions.take_gap(empty.pine, empty.renee.id, *wrong)
        assert error.value.why == Why.CHANGED
    assert Shift.objects.count() == 0


@pytest.mark.req("D-01")
def test_a_plan_made_before_is_older_than_what_was_taken_and_is_not_published(empty: World) -> None:
    plan = planned.made(empty)
    open_ones = [one for one in spans(empty) if one.starts_at.date() > planned.FIRST + DAY]
    take(empty, empty.renee, open_ones[0])
    opened = queries.open_plan(queries.plan_in(empty.pine.id, plan))
    assert not opened.current
    with pytest.raises(actions.Stale):
        actions.publish(planned.seat(empty), plan)
    assert Shift.objects.count() == 1


@pytest.mark.req("K-36")
def test_coordinators_are_told_neutrally_and_not_at_night(empty: World) -> None:
    take(empty, empty.renee, coming(empty))
    told = Notice.objects.get(message="shift_answered")
    assert told.address == empty.hana.email
    assert told.values == {"link": "http://localhost:8000/in/coordinate/rota"}
    assert told.due_at == NOW


def test_a_night_in_which_clocks_change_is_one_span(world: World, clock: Clock) -> None:
    bare(world)
    Organisation.objects.filter(id=world.pine.id).update(time_zone="America/Chicago")
    world.pine.refresh_from_db()
    clock.set(datetime.fromisoformat("2027-03-10T12:00:00+00:00"))
    found = [one for one in queries.empty_spans(world.pine, clock.now()) if one.tier == 1]
    assert [(one.ends_at - one.starts_at) // HOUR for one in found[:10]].count(11) == 1
    assert all(one.ends_at == other.starts_at for one, other in pairwise(found))


@pytest.mark.req("D-01")
def test_where_a_pattern_follows_on_another_every_list_of_gaps_is_cut_alike(empty: World) -> None:
    # From seven to seven until the 7th; from the 8th on from nine to nine: that morning two hours are left over.
    halves = tuple(Block(tier, 0, minute, 720) for tier in (1, 2) for minute in (540, 1260))
    monday = date(2026, 12, 8)
    actions.make_pattern(planned.seat(empty), "From nine", Pattern(monday, 1, halves), monday)
    days = [monday - DAY, monday, monday + DAY]
    shown = queries.calendar_of(empty.pine, days, NOW)
    drawn = {piece.item for day in shown.days for piece in day.pieces if piece.item.planned}
    start, end = (start_of(day, ZoneInfo(empty.pine.time_zone)) for day in (days[0], days[-1]))
    within = {(one.tier, one.starts_at, one.ends_at) for one in drawn if start <= one.starts_at and one.ends_at <= end}
    offered = [one for one in queries.empty_spans(empty.pine, NOW) if start <= one.starts_at and one.ends_at <= end]
    assert within == {(one.tier, one.starts_at, one.ends_at) for one in offered}
    assert timedelta(hours=2) in {one.ends_at - one.starts_at for one in offered}
    (left,) = (one for one in offered if one.tier == 1 and one.ends_at - one.starts_at == timedelta(hours=2))
    around = [one for one in offered if one.tier == 1 and abs(one.starts_at - left.starts_at) <= timedelta(hours=14)]
    whole = Duty(1, NOBODY, min(one.starts_at for one in around), max(one.ends_at for one in around))
    pieces = spans_of(empty.pine, whole)
    assert [(one.starts_at, one.ends_at) for one in pieces] == [(one.starts_at, one.ends_at) for one in around]


def post(client: Client, one: Gap) -> str:
    data = {"tier": one.tier, "begins": written(one.starts_at), "ends": written(one.ends_at)}
    return str(client.post(reverse("in_gap_take"), data, follow=True).content.decode())


@pytest.mark.req("D-13")
def test_the_page_offers_what_is_free_and_takes_it_in_one_step(empty: World) -> None:
    renee, ana, one = sign_in(Client(), empty.renee), sign_in(Client(), empty.ana), coming(empty)
    count = len(queries.free_for(empty.pine, empty.renee.id, NOW)[0])
    assert (
        f"{count} shifts have nobody yet, and you could take them." in renee.get(reverse("in_shifts")).content.decode()
    )
    text = renee.get(reverse("in_shift_gaps")).content.decode()
    assert f"{count} shifts are free for you." in text
    assert f'value="{written(one.starts_at)}"' in text
    assert "is yours. Your coordinator is told." in post(renee, one)
    assert Shift.objects.get().supporter_id == empty.renee.id
    assert "Somebody has taken it meanwhile" in post(ana, one)
    assert "Somebody has taken it meanwhile" in post(renee, one)
    text = renee.get(reverse("in_shift_gaps")).content.decode()
    assert "are not shown" in text
    assert Shift.objects.count() == 1


def test_rubbish_takes_nothing_and_says_so(empty: World) -> None:
    renee = sign_in(Client(), empty.renee)
    for data in (
        {},
        {"tier": "1", "begins": "yesterday", "ends": "20261130T1900"},
        {"tier": "9", "begins": "20261130T1300", "ends": "20261201T0100"},
        {"tier": "1", "begins": "00000000T0000", "ends": "99999999T9999"},
        {"tier": "1", "begins": "20261130T1300" * 900, "ends": "20261201T0100"},
    ):
        answer = renee.post(reverse("in_gap_take"), data, follow=True)
        assert "Nothing was changed." in answer.content.decode()
    assert Shift.objects.count() == 0
    assert renee.get(reverse("in_gap_take")).status_code == 405


def test_a_rule_that_is_in_the_way_is_said_to_whoever_it_is_about(empty: World) -> None:
    renee, one = sign_in(Client(), empty.renee), coming(empty)
    post(renee, one)
    after = next(other for other in spans(empty) if other.tier == 2 and other.starts_at == one.ends_at)
    assert "too little rest" in post(renee, after)


def test_nobody_but_a_supporter_takes_a_shift(empty: World) -> None:
    hana, one = sign_in(Client(), empty.hana), coming(empty)
    assert hana.get(reverse("in_shift_gaps")).status_code == 404
    data = {"tier": one.tier, "begins": written(one.starts_at), "ends": written(one.ends_at)}
    assert hana.post(reverse("in_gap_take"), data).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_gap_at_once_one_has_it(clock: Clock) -> None:
    world = bare(make_world())
    one, start, found = coming(world), threading.Barrier(2), list[str]()

    def run(who: uuid.UUID) -> None:
        start.wait()
        try:
            actions.take_gap(world.pine, who, one.tier, one.starts_at, one.ends_at)
            found.append("taken")
        except Refused as error:
            found.append(error.why)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(who.id,)) for who in (world.ana, world.renee)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["changed", "taken"]
    assert Shift.objects.filter(starts_at=one.starts_at, tier=1).count() == 1
