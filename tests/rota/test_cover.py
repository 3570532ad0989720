"""Cover is sought in fair order, all together when it is urgent; leave seeks it without a reason."""

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connections

from alongside.accounts import actions as accounts
from alongside.accounts import queries as people
from alongside.notify.models import Notice
from alongside.policy import actions as policy
from alongside.rota import actions, queries
from alongside.rota.actions import cover
from alongside.rota.models import Blackout, CoverAsk, Exchange, Shift
from alongside.rota.rules.exchanging import Refused, Why
from alongside.site import living, schedule
from alongside.team import actions as service
from tests.conftest import Clock
from tests.rota.exchanging import DAWN, DAY, HOUR, answer, asked, day, holder, only, state, team
from tests.rota.test_exchanges import messages, refused
from tests.world import NOW, World, make_world, shift


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.req("D-13")
def test_whoever_carried_least_is_asked_first_then_whoever_waited_longest(world: World) -> None:
    zoe = team(world)
    one = day(world.ana)
    day(world.renee, -40)
    day(world.renee, -60)
    day(zoe, -60)
    day(world.marcus, -80)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    assert asked(one) == [world.marcus.id]
    answer(world.marcus, yes=False)
    assert asked(one) == [world.marcus.id, zoe.id]
    answer(zoe, yes=False)
    assert asked(one) == [world.marcus.id, zoe.id, world.renee.id]
    answer(world.renee, yes=True)
    assert (holder(one), state(one)) == (world.renee.id, "agreed")


@pytest.mark.req("D-13")
def test_an_hour_as_backup_counts_less_than_one_as_first(world: World) -> None:
    zoe = team(world)
    one = day(world.ana)
    day(world.renee, -20, 1)
    day(world.marcus, -20, 2, hours=18)
    day(zoe, -30, 1)
    day(zoe, -25, 1)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    assert asked(one) == [world.marcus.id]


@pytest.mark.req("D-13")
def test_the_next_one_is_asked_after_the_minutes_of_policy(world: World, clock: Clock) -> None:
    team(world)
    one = day(world.ana)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    clock.forward(minutes=59)
    assert actions.climb(clock.now()) == 0
    clock.forward(minutes=2)
    assert actions.climb(clock.now()) == 1
    assert actions.climb(clock.now()) == 0
    assert len(asked(one)) == 2


@pytest.mark.req("D-13")
def test_within_a_day_everybody_has_a_quarter_of_that(world: World, clock: Clock) -> None:
    team(world)
    one = day(world.ana)
    clock.set(DAWN - 23 * HOUR)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    clock.forward(minutes=14)
    assert actions.climb(clock.now()) == 0
    clock.forward(minutes=2)
    assert actions.climb(clock.now()) == 1


@pytest.mark.req("D-13")
def test_within_two_hours_all_are_asked_together_and_whoever_says_yes_first_has_it(world: World, clock: Clock) -> None:
    zoe = team(world)
    one = day(world.ana)
    clock.set(DAWN - 2 * HOUR)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    assert set(asked(one)) == {world.renee.id, world.marcus.id, zoe.id}
    assert messages(zoe) == ["shift_asked_now"]
    search = only()
    actions.answer(world.pine.id, zoe.id, search, yes=True)
    with refused(Why.ANSWERED):
        actions.answer(world.pine.id, world.renee.id, search, yes=True)
    assert holder(one) == zoe.id
    assert messages(world.renee) == []


@pytest.mark.req("D-13")
def test_a_search_that_becomes_urgent_waits_for_nobodys_turn(world: World, clock: Clock) -> None:
    team(world)
    one = day(world.ana)
    clock.set(DAWN - 2 * HOUR - minutes(1))
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    assert len(asked(one)) == 1
    clock.forward(minutes=1)
    actions.climb(clock.now())
    assert len(asked(one)) == 3


@pytest.mark.req("C-18", "D-13")
def test_somebody_sick_on_call_is_relieved_from_the_minute_somebody_says_yes(world: World, clock: Clock) -> None:
    zoe = team(world)
    one = day(world.ana)
    clock.set(DAWN + 3 * HOUR + timedelta(seconds=40))
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    clock.forward(minutes=4)
    actions.take(world.pine.id, zoe.id, only())
    now = clock.now()
    assert queries.on_call_at(world.pine.id, now)[1] == zoe.id
    rows = list(Shift.objects.filter(tier=1).order_by("starts_at").values_list("supporter_id", "starts_at", "ends_at"))
    minute = now.replace(second=0)
    assert rows == [(world.ana.id, DAWN, minute), (zoe.id, minute, DAWN + 12 * HOUR)]
    assert not [gap for gap in queries.gaps_between(world.pine.id, DAWN, DAWN + 12 * HOUR) if gap.tier == 1]


@pytest.mark.req("D-01", "D-13")
def test_when_nobody_can_the_coordinator_is_told_once_and_a_late_yes_still_counts(world: World, clock: Clock) -> None:
    zoe = team(world)
    one = day(world.ana)
    for who in (world.renee, world.marcus, zoe):
        Blackout.objects.create(supporter=who, first_day=DAWN.date(), last_day=DAWN.date())
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    assert (state(one), asked(one)) == ("nobody", [])
    told = [row.message for row in Notice.objects.filter(address=world.hana.email)]
    assert told == ["board"]
    assert messages(world.ana) == ["shift_answered"]
    clock.forward(hours=2)
    actions.climb(clock.now())
    assert Notice.objects.filter(address=world.hana.email).count() == 1
    assert [line.nobody for line in queries.sought(world.pine.id, clock.now())] == [True]
    Blackout.objects.filter(supporter=zoe).delete()
    actions.take(world.pine.id, zoe.id, Exchange.objects.get().id)
    assert holder(one) == zoe.id
    assert queries.sought(world.pine.id, clock.now()) == []


def test_when_all_were_asked_and_are_silent_the_coordinator_is_told(world: World, clock: Clock) -> None:
    team(world)
    one = day(world.ana)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    for _ in range(3):
        clock.forward(minutes=61)
        actions.climb(clock.now())
    assert (len(asked(one)), state(one)) == (3, "nobody")
    assert Notice.objects.filter(address=world.hana.email, message="board").exists()


@pytest.mark.req("C-18", "D-13")
def test_when_the_one_who_is_asked_goes_on_leave_the_next_one_is_asked_at_once(world: World) -> None:
    team(world)
    one = day(world.ana)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    first = asked(one)[0]
    living.go_on_leave(world.pine.id, first)
    assert len(asked(one)) == 2
    with refused(Why.CANNOT):
        actions.answer(world.pine.id, first, only(), yes=True)


@pytest.mark.req("C-18", "D-13")
def test_leave_seeks_cover_for_every_shift_at_once_and_touches_nobody_elses(world: World) -> None:
    team(world)
    theirs = [day(world.ana, number) for number in (0, 3, 6)]
    others = [day(world.renee, 0, 2), day(world.marcus, 3, 2)]
    living.go_on_leave(world.pine.id, world.ana.id)
    assert [state(one) for one in theirs] == ["open", "open", "open"]
    assert [holder(one) for one in others] == [world.renee.id, world.marcus.id]
    assert len(queries.sought(world.pine.id, NOW)) == 3
    # What somebody was asked for already counts, so one person is not asked for everything.
    first = [asked(one)[0] for one in theirs]
    assert len(set(first)) == 3
    # Somebody on leave is told nothing about it.
    assert messages(world.ana) == []


@pytest.mark.req("C-18")
def test_who_comes_back_has_what_nobody_took(world: World) -> None:
    team(world)
    one, other = day(world.ana), day(world.ana, 4)
    living.go_on_leave(world.pine.id, world.ana.id)
    search = Exchange.objects.get(shift=one)
    actions.take(world.pine.id, world.renee.id, search.id)
    service.come_back(world.ana.id)
    actions.on_return(world.pine.id, world.ana.id)
    assert (holder(one), holder(other)) == (world.renee.id, world.ana.id)
    assert state(other) == "withdrawn"
    assert queries.sought(world.pine.id, NOW) == []


@pytest.mark.req("C-17", "D-13")
def test_for_the_shifts_of_somebody_who_left_cover_is_sought_by_the_next_turn(world: World, clock: Clock) -> None:
    team(world)
    one = day(world.ana)
    service.end(people.permit(world.hana, "team.change"), world.ana.id)
    assert actions.climb(clock.now()) >= 1
    assert (state(one), len(asked(one))) == ("open", 1)
    assert actions.climb(clock.now()) == 0


def test_a_shift_far_ahead_is_a_gap_for_the_planner_until_the_board_shows_it(world: World, clock: Clock) -> None:
    team(world)
    far = day(world.ana, 80)
    living.go_on_leave(world.pine.id, world.ana.id)
    assert not Exchange.objects.exists()
    clock.forward(days=40)
    actions.climb(clock.now())
    assert state(far) == "open"


def test_quiet_hours_hold_a_question_back_and_the_time_to_answer_with_it(world: World, clock: Clock) -> None:
    zoe = team(world)
    day(world.renee, -20)
    day(world.marcus, -20, 2)
    one = day(world.ana)
    accounts.set_quiet_hours(zoe.person, time(22), time(7))
    # 23:00 in Pine County.
    clock.set(datetime(2026, 11, 25, 5, tzinfo=UTC))
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    morning = datetime(2026, 11, 25, 13, tzinfo=UTC)
    assert Notice.objects.get(address=zoe.person.email).due_at == morning
    clock.set(morning + minutes(59))
    assert actions.climb(clock.now()) == 0
    clock.forward(minutes=2)
    assert actions.climb(clock.now()) == 1


def test_a_shift_that_ended_without_cover_ends_its_search_and_both_are_forgotten(world: World, clock: Clock) -> None:
    zoe = team(world)
    one = day(world.ana)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    search = only()
    clock.set(DAWN + 12 * HOUR)
    actions.climb(clock.now())
    assert not Exchange.objects.filter(state="open").exists()
    with refused(Why.OVER):
        actions.take(world.pine.id, zoe.id, search)
    with refused(Why.OVER):
        actions.find_cover(world.pine.id, world.ana.id, one.id)
    clock.forward(days=14)
    assert actions.purge_exchanges(clock.now())
    assert not Exchange.objects.exists()
    assert not CoverAsk.objects.exists()


def test_a_search_that_fails_holds_up_no_other(world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    team(world)
    bad, good = day(world.ana), day(world.ana, 4)
    for one in (bad, good):
        actions.find_cover(world.pine.id, world.ana.id, one.id)
    before = cover.step

    def fail(search: Exchange, now: datetime) -> bool:
        if search.shift_id == bad.id:
            raise RuntimeError("broken")
        return before(search, now)

    monkeypatch.setattr(cover, "step", fail)
    clock.forward(minutes=61)
    actions.climb(clock.now())
    assert (len(asked(bad)), len(asked(good))) == (1, 2)


@pytest.mark.req("K-36")
def test_the_weekly_note_says_who_is_on_and_who_is_next_once_and_to_whom_wants_it(world: World, clock: Clock) -> None:
    zoe = team(world)
    # Monday, 8:05 in Pine County: not nine yet.
    shift(world.renee, 1, NOW, NOW + 8 * DAY)
    shift(world.marcus, 2, NOW, NOW + 7 * DAY)
    shift(world.ana, 1, NOW + 8 * DAY, NOW + 14 * DAY)
    actions.want_week_note(zoe.id, wanted=False)
    assert actions.tell_the_week(clock.now()) == 0
    clock.forward(hours=1)
    assert actions.tell_the_week(clock.now()) == 3
    assert actions.tell_the_week(clock.now()) == 0
    assert messages(zoe) == []
    notice = Notice.objects.get(address=world.ana.person.email)
    link = "http://localhost:8000/in/team/shifts"
    assert notice.values == {"now": "Renée, Marcus", "next": "Renée, Ana", "link": link}
    clock.forward(days=1)
    assert actions.tell_the_week(clock.now()) == 0
    policy.change(people.permit(world.hana, "policy.change"), "week_note", 0)
    clock.forward(days=6)
    assert actions.tell_the_week(clock.now()) == 0


def test_a_clock_that_was_wrong_silences_no_weekly_note(world: World, clock: Clock) -> None:
    team(world)
    shift(world.renee, 1, NOW, NOW + 60 * DAY)
    clock.forward(hours=1, days=21)
    assert actions.tell_the_week(clock.now()) == 4
    clock.set(NOW + HOUR)
    assert actions.tell_the_week(clock.now()) == 4
    assert actions.tell_the_week(clock.now()) == 0


def test_the_timed_jobs_climb_searches_and_forget_them() -> None:
    jobs = {job.run: job for job in schedule.JOBS}
    assert jobs[actions.climb].every <= 20
    assert jobs[actions.purge_exchanges].purges
    assert actions.tell_the_week in jobs


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_shift_at_once_one_has_it(clock: Clock) -> None:
    world = make_world()
    zoe = team(world)
    one = day(world.ana)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    search, start, found = only(), threading.Barrier(2), list[str]()

    def take(who: object) -> None:
        start.wait()
        try:
            actions.take(world.pine.id, who, search)  # type: ignore[arg-type]
            found.append("taken")
        except Refused as error:
            found.append(error.why)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=(who.id,)) for who in (zoe, world.renee)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["answered", "taken"]
    assert holder(one) in {zoe.id, world.renee.id}


@pytest.mark.django_db(transaction=True)
def test_leave_and_a_yes_at_once_leave_no_shift_with_somebody_on_leave_unsought(clock: Clock) -> None:
    world = make_world()
    team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    asked_for, start = only(), threading.Barrier(2)

    def run(step: object) -> None:
        start.wait()
        try:
            step()  # type: ignore[operator]
        except Refused:
            pass
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(lambda: living.go_on_leave(world.pine.id, world.renee.id),)),
        threading.Thread(
            target=run, args=(lambda: actions.answer(world.pine.id, world.renee.id, asked_for, yes=True),)
        ),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if holder(one) == world.renee.id:
        assert Exchange.objects.filter(shift=one, kind="cover", state="open").exists()
    else:
        # Who asked still has it, and reads of a leave as of a no.
        assert state(one) == "refused"
    assert not Exchange.objects.filter(kind="hand_over", state="open").exists()


@pytest.mark.req("D-02", "D-13")
def test_in_a_team_that_just_began_whoever_served_least_is_still_asked_first(world: World, clock: Clock) -> None:
    zoe = team(world)
    clock.forward(days=5)
    day(world.renee, -6)
    day(world.renee, -4)
    day(world.marcus, -5)
    one = day(world.ana, 4)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    answer(zoe, yes=False)
    answer(world.marcus, yes=False)
    assert asked(one) == [zoe.id, world.marcus.id, world.renee.id]


@pytest.mark.req("B-38", "D-13")
def test_with_less_than_a_day_left_who_sleeps_is_asked_after_who_does_not(world: World, clock: Clock) -> None:
    zoe = team(world)
    day(world.renee, -20)
    day(world.marcus, -20, 2)
    one = day(world.ana)
    for who in (zoe, world.marcus):
        accounts.set_quiet_hours(who.person, time(19), time(7))
    # 20:00 in Pine County on the evening before.
    clock.set(datetime(2026, 11, 30, 2, tzinfo=UTC))
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    assert asked(one) == [world.renee.id]
    answer(world.renee, yes=False)
    # The shift begins as their quiet hours end: that would be too late.
    assert asked(one) == [world.renee.id, zoe.id]
    assert Notice.objects.get(address=zoe.person.email).due_at == clock.now()


def test_many_shifts_that_nobody_can_take_are_one_alarm(world: World) -> None:
    zoe = team(world)
    for who in (world.renee, world.marcus, zoe):
        Blackout.objects.create(supporter=who, first_day=DAWN.date(), last_day=(DAWN + 9 * DAY).date())
    shifts = [day(world.ana, number) for number in range(0, 8, 2)]
    living.go_on_leave(world.pine.id, world.ana.id)
    assert {state(one) for one in shifts} == {"nobody"}
    assert Notice.objects.filter(address=world.hana.email, message="board").count() == 1


def test_a_shift_that_the_coordinator_removes_takes_its_questions_along(world: World) -> None:
    team(world)
    one = day(world.ana)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    actions.remove_shift(people.permit(world.hana, "rota.change"), one.id)
    assert not Exchange.objects.exists()
    assert not Notice.objects.filter(message="shift_asked").exists()
