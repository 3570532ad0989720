"""Shifts change hands when both sides say yes, and only while they may."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from alongside.accounts import queries as accounts
from alongside.notify.models import Notice
from alongside.rota import actions, queries
from alongside.rota.models import Blackout, Cap, Exchange, Shift
from alongside.rota.rules.exchanging import Refused, Why
from alongside.team import actions as service
from alongside.team.models import Ready
from tests.conftest import Clock
from tests.rota.exchanging import DAWN, DAY, HOUR, NEXT, answer, day, holder, only, ready, state, team
from tests.world import NOW, World, make_world, shift, unknown_id


def refused(why: Why) -> pytest.RaisesExc[Refused]:
    return pytest.raises(Refused, check=lambda error: error.why is why)


def messages(who: object) -> list[str]:
    address = who.person.email  # type: ignore[attr-defined]
    return list(Notice.objects.filter(address=address).order_by("due_at").values_list("message", flat=True))


@pytest.mark.req("D-13")
def test_a_shift_is_handed_over_when_the_other_one_says_yes(world: World) -> None:
    team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    assert holder(one) == world.ana.id
    assert messages(world.renee) == ["shift_asked"]
    answer(world.renee, yes=True)
    assert holder(one) == world.renee.id
    assert state(one) == "agreed"
    assert messages(world.ana) == ["shift_answered"]
    assert messages(world.renee) == []


@pytest.mark.req("D-13")
def test_a_no_leaves_the_shift_where_it_is_and_asks_nobody_why(world: World) -> None:
    team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    answer(world.renee, yes=False)
    assert (holder(one), state(one)) == (world.ana.id, "refused")


@pytest.mark.req("D-13")
def test_two_shifts_are_swapped_both_at_once(world: World) -> None:
    team(world)
    one, other = day(world.ana), day(world.renee, 2)
    actions.offer_swap(world.pine.id, world.ana.id, one.id, other.id)
    answer(world.renee, yes=True)
    assert (holder(one), holder(other)) == (world.renee.id, world.ana.id)


@pytest.mark.req("D-13")
def test_a_swap_of_one_day_counts_rest_without_the_shift_that_is_given(world: World) -> None:
    team(world)
    one = day(world.ana)
    other = day(world.renee, hours=12, start=DAWN + 12 * HOUR)
    actions.offer_swap(world.pine.id, world.ana.id, one.id, other.id)
    answer(world.renee, yes=True)
    assert (holder(one), holder(other)) == (world.renee.id, world.ana.id)


@pytest.mark.req("D-01", "D-13")
def test_what_breaks_a_limit_of_the_one_who_takes_is_refused(world: World) -> None:
    team(world)
    one = day(world.ana)
    twice, rest = day(world.renee, tier=2), day(world.marcus, start=DAWN - 20 * HOUR)
    Blackout.objects.create(supporter=world.marcus, first_day=DAWN.date(), last_day=DAWN.date())
    for who in (world.renee, world.marcus):
        with refused(Why.CANNOT):
            actions.hand_over(world.pine.id, world.ana.id, one.id, who.id)
    Blackout.objects.all().delete()
    with refused(Why.CANNOT):
        actions.hand_over(world.pine.id, world.ana.id, one.id, world.marcus.id)
    rest.delete()
    twice.delete()
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.marcus.id)
    Cap.objects.create(supporter=world.marcus, most_in_28_days=1)
    day(world.marcus, 5)
    with refused(Why.CAP):
        answer(world.marcus, yes=True)
    assert holder(one) == world.ana.id


@pytest.mark.req("D-03", "D-12")
def test_nobody_untrained_or_without_a_telephone_takes_a_shift(world: World) -> None:
    team(world)
    one = day(world.ana)
    for missing in ("crisis_trained_on", "phone_checked_on"):
        ready(world.renee)
        Ready.objects.filter(supporter=world.renee).update(**{missing: None})
        with refused(Why.CANNOT):
            actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)


def test_more_days_in_a_row_than_policy_allows_are_refused(world: World) -> None:
    team(world)
    for number in (-3, -2, -1, 1, 2):
        day(world.renee, number)
    one = day(world.ana)
    with refused(Why.CANNOT):
        actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)


@pytest.mark.req("D-13")
def test_what_was_answered_or_taken_back_is_not_accepted_again(world: World) -> None:
    team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    asked = only()
    actions.withdraw(world.pine.id, world.ana.id, asked)
    with refused(Why.ANSWERED):
        actions.answer(world.pine.id, world.renee.id, asked, yes=True)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    asked = only()
    actions.answer(world.pine.id, world.renee.id, asked, yes=True)
    for yes in (True, False):
        with refused(Why.ANSWERED):
            actions.answer(world.pine.id, world.renee.id, asked, yes=yes)
    with refused(Why.ANSWERED):
        actions.withdraw(world.pine.id, world.ana.id, asked)
    assert holder(one) == world.renee.id


def test_a_shift_that_changed_hands_since_is_not_taken_from_whoever_has_it(world: World) -> None:
    zoe = team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    Shift.objects.filter(id=one.id).update(supporter=zoe)
    with refused(Why.CHANGED):
        answer(world.renee, yes=True)
    assert holder(one) == zoe.id


def test_of_a_swap_neither_half_happens_when_the_other_half_changed_hands(world: World) -> None:
    zoe = team(world)
    one, other = day(world.ana), day(world.renee, 2)
    actions.offer_swap(world.pine.id, world.ana.id, one.id, other.id)
    Shift.objects.filter(id=other.id).update(supporter=zoe)
    with refused(Why.CHANGED):
        answer(world.renee, yes=True)
    assert (holder(one), holder(other)) == (world.ana.id, zoe.id)


def test_a_shift_that_has_begun_is_neither_offered_nor_accepted(world: World, clock: Clock) -> None:
    team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    clock.set(one.starts_at)
    with refused(Why.BEGUN):
        answer(world.renee, yes=True)
    actions.withdraw(world.pine.id, world.ana.id, only())
    with refused(Why.BEGUN):
        actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)


def test_one_thing_at_a_time_is_asked_about_a_shift(world: World) -> None:
    team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    with refused(Why.ASKED_ALREADY):
        actions.hand_over(world.pine.id, world.ana.id, one.id, world.marcus.id)
    actions.withdraw(world.pine.id, world.ana.id, only())
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    for again in (
        lambda: actions.find_cover(world.pine.id, world.ana.id, one.id),
        lambda: actions.hand_over(world.pine.id, world.ana.id, one.id, world.marcus.id),
    ):
        with refused(Why.ASKED_ALREADY):
            again()


@pytest.mark.req("C-18", "D-13")
def test_somebody_sick_while_a_swap_is_open_needs_to_take_nothing_back_first(world: World) -> None:
    team(world)
    one, other = day(world.ana), day(world.renee, 2)
    actions.offer_swap(world.pine.id, world.ana.id, one.id, other.id)
    swap = only()
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    assert Exchange.objects.get(id=swap).state == "withdrawn"
    assert "shift_answered" in messages(world.renee)
    assert Exchange.objects.get(state="open").kind == "cover"
    with refused(Why.ANSWERED):
        actions.answer(world.pine.id, world.renee.id, swap, yes=True)
    assert (holder(one), holder(other)) == (world.ana.id, world.renee.id)


def test_what_nobody_answered_before_the_shift_began_ends_and_cover_can_be_sought(world: World, clock: Clock) -> None:
    team(world)
    one, other, third = day(world.ana), day(world.renee, 2), day(world.ana, 4)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    actions.offer_swap(world.pine.id, world.ana.id, third.id, other.id)
    clock.set(one.starts_at)
    actions.climb(clock.now())
    assert (state(one), state(third)) == ("withdrawn", "open")
    assert messages(world.ana)[-1] == "shift_answered"
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    clock.set(other.starts_at)
    actions.climb(clock.now())
    assert state(third) == "withdrawn"


def test_a_swap_of_a_shift_that_a_plan_or_coordinator_took_away_changes_nothing(world: World) -> None:
    team(world)
    one, other = day(world.ana), day(world.renee, 2)
    actions.offer_swap(world.pine.id, world.ana.id, one.id, other.id)
    swap = only()
    actions.remove_shift(accounts.permit(world.hana, "rota.change"), other.id)
    with pytest.raises(Exchange.DoesNotExist):
        actions.answer(world.pine.id, world.renee.id, swap, yes=True)
    assert holder(one) == world.ana.id
    assert not Notice.objects.filter(message="shift_asked").exists()
    actions.find_cover(world.pine.id, world.ana.id, one.id)


def test_whatever_else_was_open_about_a_swapped_shift_ends_with_it(world: World) -> None:
    zoe = team(world)
    one, other = day(world.ana), day(world.renee, 2)
    actions.offer_swap(world.pine.id, world.ana.id, one.id, other.id)
    swap = only()
    actions.hand_over(world.pine.id, world.renee.id, other.id, zoe.id)
    actions.answer(world.pine.id, world.renee.id, swap, yes=True)
    assert state(other) == "withdrawn"
    assert messages(zoe) == ["shift_answered"]


@pytest.mark.req("C-18")
def test_leave_during_a_swap_ends_it_and_nobody_loses_a_shift(world: World) -> None:
    team(world)
    one, other = day(world.ana), day(world.renee, 2)
    actions.offer_swap(world.pine.id, world.ana.id, one.id, other.id)
    swap = only()
    service.go_on_leave(world.renee.id)
    actions.on_leave(world.pine.id, world.renee.id, DAWN - 5 * DAY)
    # Whoever asked reads the same as after a no.
    assert Exchange.objects.get(id=swap).state == "refused"
    assert (holder(one), holder(other)) == (world.ana.id, world.renee.id)
    with refused(Why.ANSWERED):
        actions.answer(world.pine.id, world.renee.id, swap, yes=True)


@pytest.mark.req("C-18")
def test_what_somebody_on_leave_once_asked_is_not_accepted(world: World) -> None:
    team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    service.go_on_leave(world.ana.id)
    with refused(Why.LEAVE):
        answer(world.renee, yes=True)
    service.come_back(world.ana.id)
    service.go_on_leave(world.renee.id)
    with refused(Why.CANNOT):
        answer(world.renee, yes=True)


@pytest.mark.req("M-24")
def test_nothing_of_another_organisation_is_named(world: World) -> None:
    team(world)
    one, theirs = day(world.ana), day(world.lena)
    with refused(Why.CANNOT):
        actions.hand_over(world.pine.id, world.ana.id, one.id, world.lena.id)
    for strange in (theirs.id, unknown_id()):
        with pytest.raises(Shift.DoesNotExist):
            actions.offer_swap(world.pine.id, world.ana.id, one.id, strange)
        with pytest.raises(Shift.DoesNotExist):
            actions.hand_over(world.pine.id, world.ana.id, strange, world.renee.id)
        with pytest.raises(Shift.DoesNotExist):
            actions.find_cover(world.pine.id, world.ana.id, strange)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    search = only()
    for step in (actions.take, actions.withdraw):
        with pytest.raises(Exchange.DoesNotExist):
            step(world.lake.id, world.lena.id, search)
    with pytest.raises(Exchange.DoesNotExist):
        actions.answer(world.lake.id, world.lena.id, search, yes=True)
    assert queries.questions(world.lake.id, world.lena.id, DAWN - 5 * DAY) == []


def test_nobody_answers_takes_back_or_gives_away_for_somebody_else(world: World) -> None:
    team(world)
    one = day(world.ana)
    with pytest.raises(Shift.DoesNotExist):
        actions.hand_over(world.pine.id, world.marcus.id, one.id, world.renee.id)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    asked = only()
    for who in (world.ana, world.marcus):
        with pytest.raises(Exchange.DoesNotExist):
            actions.answer(world.pine.id, who.id, asked, yes=True)
        with pytest.raises(Exchange.DoesNotExist):
            actions.take(world.pine.id, who.id, asked)
    with pytest.raises(Exchange.DoesNotExist):
        actions.withdraw(world.pine.id, world.renee.id, asked)


@pytest.mark.req("D-01")
def test_a_night_in_which_clocks_change_keeps_its_length_and_its_rest(world: World, clock: Clock) -> None:
    team(world)
    # Clocks go forward on 14 March 2027 at 2:00 in Chicago; the night of 13 March lasts eleven hours.
    clock.set(datetime(2027, 3, 10, 15, tzinfo=UTC))
    night = shift(world.ana, 1, datetime(2027, 3, 14, 1, tzinfo=UTC), datetime(2027, 3, 14, 12, tzinfo=UTC))
    # Eleven hours of rest by the hands of a watch, whatever the clock on the wall shows.
    near = shift(world.renee, 1, datetime(2027, 3, 14, 22, 59, tzinfo=UTC), datetime(2027, 3, 15, 11, tzinfo=UTC))
    with refused(Why.CANNOT):
        actions.hand_over(world.pine.id, world.ana.id, night.id, world.renee.id)
    Shift.objects.filter(id=near.id).update(starts_at=datetime(2027, 3, 14, 23, tzinfo=UTC))
    actions.hand_over(world.pine.id, world.ana.id, night.id, world.renee.id)
    answer(world.renee, yes=True)
    moved = Shift.objects.get(id=night.id)
    assert (moved.supporter_id, moved.ends_at - moved.starts_at) == (world.renee.id, timedelta(hours=11))


@pytest.mark.django_db(transaction=True)
def test_an_exchange_accepted_twice_at_once_is_made_once(clock: Clock) -> None:
    world = make_world()
    team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    asked, start, found = only(), threading.Barrier(2), list[str]()

    def say_yes() -> None:
        start.wait()
        try:
            actions.answer(world.pine.id, world.renee.id, asked, yes=True)
            found.append("made")
        except Refused as error:
            found.append(error.why)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=say_yes) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["answered", "made"]
    assert holder(one) == world.renee.id
    assert Shift.objects.filter(starts_at=NEXT + 7 * HOUR).count() == 1


@pytest.mark.req("C-17", "D-13")
def test_nobody_waits_for_an_answer_of_somebody_whose_service_has_ended(world: World) -> None:
    team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.marcus.id)
    service.end(accounts.permit(world.hana, "team.change"), world.marcus.id)
    actions.climb(NOW)
    assert state(one) == "refused", "as if they had said no: that they have left is nothing to tell"
    assert messages(world.ana) == ["shift_answered"]
    assert actions.climb(NOW) == 0
