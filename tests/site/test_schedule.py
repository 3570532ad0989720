"""The loop of timed jobs: paced by the monotonic clock, stopped by nothing but its word."""

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import OperationalError

from alongside.anonymous.models import Cell
from alongside.kernel import clock as kernel_clock
from alongside.notify.models import Notice
from alongside.sealing import actions as sealing
from alongside.sealing import rules as seals
from alongside.sealing.models import KeyRing
from alongside.site import schedule
from alongside.site.schedule import JOBS, Job, Loop
from alongside.team import actions as team
from alongside.team import rules as serving
from alongside.team.models import Supporter
from tests import age_reader
from tests.sealing.devices import words_publication
from tests.world import NOW, World


def give_keys(serving: Supporter, *, weeks: int) -> None:
    """Publish receiving keys for so many weeks from this one on, as the supporter's device would."""
    _identity, wrap_recipient = age_reader.wrap_keys(serving.id.bytes)
    mondays = seals.weeks_from(seals.monday_of(kernel_clock.now()), weeks)
    made = {week: age_reader.new_identity() for week in mondays}
    keys = {week: (public, age_reader.wrap(identity, wrap_recipient)) for week, (identity, public) in made.items()}
    sealing.publish(serving.person_id, words_publication(serving.person_id, wrap_recipient, keys), weeks=mondays)


class Machine:
    """A monotonic clock in the test's hand, and how far the wall clock is from it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 1000.0
        self.wall = time.time() - self.at
        monkeypatch.setattr(schedule.time, "monotonic", lambda: self.at)
        monkeypatch.setattr(schedule.time, "time", lambda: self.wall + self.at)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.mark.django_db
def test_each_job_runs_at_its_own_pace(machine: Machine) -> None:
    ran: list[str] = []
    loop = Loop((Job("often", 1, lambda _: ran.append("often")), Job("seldom", 60, lambda _: ran.append("seldom"))))
    for _ in range(120):
        loop.turn()
        machine.at += 0.5
    assert (ran.count("often"), ran.count("seldom")) == (60, 1)
    loop.turn()
    assert ran.count("seldom") == 2


@pytest.mark.req("A-03")
@pytest.mark.django_db
@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)])
def test_a_wall_clock_that_jumps_changes_no_pace(machine: Machine, clock: Any, jump: timedelta) -> None:
    seen: list[datetime] = []
    loop = Loop((Job("often", 1, seen.append),))
    for _ in range(10):
        loop.turn()
        machine.at += 1
        kernel_clock.shift(jump)
    assert len(seen) == 10
    assert seen[-1] == NOW + 9 * jump


@pytest.mark.req("A-03", "K-22")
@pytest.mark.django_db
@pytest.mark.parametrize("hours", [-500_000, -30, 30, 800])
def test_for_an_hour_after_the_clock_leapt_nothing_is_deleted_by_it_and_ladders_climb(
    machine: Machine, settings: Any, tmp_path: Path, hours: int
) -> None:
    settings.DATA = tmp_path
    ran: list[str] = []
    loop = Loop(
        (Job("purge", 1, lambda _: ran.append("purge"), purges=True), Job("climb", 1, lambda _: ran.append("climb")))
    )

    def turn(after: float) -> list[str]:
        ran.clear()
        machine.at += after
        loop.leaps.look(schedule._marked_at())
        loop.turn()
        return list(ran)

    assert turn(1) == ["purge", "climb"]
    assert turn(7200) == ["purge", "climb"]
    machine.wall += hours * 3600
    assert turn(1) == ["climb"]
    assert turn(3500) == ["climb"]
    assert turn(200) == ["purge", "climb"]
    # Right again: another leap, another hour.
    machine.wall -= hours * 3600
    assert turn(1) == ["climb"]
    assert turn(3700) == ["purge", "climb"]


@pytest.mark.req("A-03", "K-22")
@pytest.mark.django_db
@pytest.mark.parametrize(("away", "ran"), [(600, ["purge"]), (-600, ["purge"]), (90_000, []), (-90_000, [])])
def test_a_loop_that_starts_far_from_its_last_mark_deletes_nothing_for_an_hour(
    machine: Machine, settings: Any, tmp_path: Path, away: float, ran: list[str]
) -> None:
    settings.DATA = tmp_path
    mark = tmp_path / "tick"
    mark.touch()
    os.utime(mark, (time.time() - away,) * 2)
    found: list[str] = []
    loop = Loop((Job("purge", 1, lambda _: found.append("purge"), purges=True),))
    loop.leaps.look(schedule._marked_at())
    loop.turn()
    assert found == ran


def test_only_what_needs_no_clock_goes_on_after_a_leap() -> None:
    held = {job.name for job in JOBS if schedule._deletes_by_the_clock(job)}
    purging = {job.name for job in JOBS if job.purges}
    assert purging - held == {"forget when codes were used", "settle the database"}
    assert held - purging == {"turn tally periods"}


@pytest.mark.req("A-03", "K-26")
@pytest.mark.django_db
def test_a_job_that_fails_stops_no_other_and_is_tried_again(machine: Machine, caplog: Any) -> None:
    ran: list[int] = []

    def fail(now: datetime) -> None:
        ran.append(1)
        raise OperationalError("database is gone: marker@pine.example")

    loop = Loop((Job("broken", 1, fail), Job("whole", 1, lambda _: ran.append(2))))
    for _ in range(3):
        loop.turn()
        machine.at += 1
    assert ran == [1, 2, 1, 2, 1, 2]
    assert caplog.text.count("job failed and is tried again: broken") == 3


@pytest.mark.django_db
def test_the_loop_says_how_old_its_last_turn_is(machine: Machine) -> None:
    loop = Loop((Job("nothing", 1, lambda _: None),))
    assert loop.age() is None
    loop.turn()
    machine.at += 7
    assert loop.age() == 7


def test_the_loop_ends_when_it_is_told_to(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    loop = Loop((Job("nothing", 0.01, lambda _: None),))
    stop = threading.Event()
    thread = threading.Thread(target=loop.run_forever, args=(stop,))
    thread.start()
    while loop.age() is None:
        time.sleep(0.01)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    age = schedule.seconds_since_mark()
    assert age is not None
    assert age < 60


def test_a_machine_without_a_loop_has_no_mark(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    assert schedule.seconds_since_mark() is None


def test_every_job_has_a_name_of_its_own_and_the_pager_comes_first() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
    pager = [job for job in JOBS if job.name.startswith(("call ", "climb ", "deliver "))]
    assert tuple(pager) == JOBS[: len(pager)]
    assert all(job.every <= 1 for job in pager)


@pytest.mark.req("A-03")
def test_a_ladder_and_each_kind_of_notice_have_a_turn_of_their_own() -> None:
    alone = [job.lane for job in JOBS if job.lane != "upkeep"]
    assert sorted(alone) == ["apprise", "calendars", "calls", "cover", "email", "ladders", "push"]


@pytest.mark.req("A-03", "K-22")
def test_every_job_runs_on_a_real_database_and_leaves_the_organisations_their_cells(world: World) -> None:
    schedule.run_all(NOW)
    assert set(Cell.objects.values_list("organisation", flat=True)) == {world.pine.id, world.lake.id}


@pytest.mark.req("K-22", "K-24")
def test_purge_forgets_sessions_notices_and_when_codes_were_used(world: World) -> None:
    # By the machine's own clock, not by one that the demonstration moved.
    today = datetime.fromtimestamp(time.time(), UTC)
    Session.objects.create(session_key="old", session_data="x", expire_date=today)
    Session.objects.create(session_key="live", session_data="x", expire_date=today + timedelta(hours=1))
    Notice.objects.create(kind="email", address="a@b.example", message="test", due_at=NOW, expires_at=NOW)
    Authenticator.objects.filter(user=world.hana).update(last_used_at=NOW)
    schedule.purge(NOW)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["live"]
    assert not Notice.objects.exists()
    assert not Authenticator.objects.filter(last_used_at__isnull=False).exists()


@pytest.mark.django_db
def test_purge_does_not_hide_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(now: datetime) -> None:
        raise OperationalError("locked")

    monkeypatch.setattr(schedule, "JOBS", (Job("broken", 1, fail, purges=True),))
    with pytest.raises(OperationalError):
        schedule.purge(NOW)


@pytest.mark.req("K-34")
def test_a_supporter_is_told_once_that_keys_run_out(world: World) -> None:
    give_keys(world.renee, weeks=1)
    give_keys(world.marcus, weeks=4)
    assert KeyRing.objects.get(person=world.renee.person).warned_for is None
    assert team.warn_of_keys(NOW) == 1
    assert team.warn_of_keys(NOW + timedelta(hours=1)) == 0
    assert team.warn_of_keys(NOW + timedelta(days=2)) == 0
    (notice,) = Notice.objects.all()
    assert (notice.address, notice.message, notice.values) == (world.renee.person.email, "keys_soon", {"days": 7})
    # New keys, and the warning that belongs to them.
    give_keys(world.renee, weeks=2)
    assert team.warn_of_keys(NOW) == 0
    assert team.warn_of_keys(NOW + timedelta(days=8)) == 1


@pytest.mark.req("K-34", "B-10")
def test_nobody_on_leave_is_told(world: World) -> None:
    give_keys(world.renee, weeks=1)
    team.go_on_leave(world.renee.id)
    assert team.warn_of_keys(NOW) == 0


@pytest.mark.req("K-34")
@pytest.mark.parametrize(("day", "left"), [(-1, 7), (0, 7), (6, 1), (7, None), (30, None)])
def test_the_warning_counts_the_days_of_the_last_week(day: int, left: int | None) -> None:
    monday = NOW.date()
    assert serving.days_to_warn_of(monday, monday + timedelta(days=day), 7) == (left if day >= 0 else None)
    assert serving.days_to_warn_of(None, monday, 7) is None
