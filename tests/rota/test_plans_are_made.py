"""The planning process: one at a time, stopped when asked, taken over when it dies, never stuck."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from alongside.kernel import clock
from alongside.rota import actions, queries
from alongside.rota.models import Blackout, Proposal, ProposedShift, Shift
from alongside.rota.rules import framing, proposing
from alongside.rota.rules.judging import violations
from alongside.site import planner as planner_module
from alongside.site.planner import Planner
from tests.rota.planned import FIRST, PATIENCE, environment, pattern, run, seat, start, team
from tests.world import NOW, World

State = Proposal.State
ROUNDS = int(os.environ.get("ALONGSIDE_KILL_ROUNDS", "4"))


@pytest.fixture
def asked(transactional_db: None, world: World) -> Proposal:
    """A plan of two weeks that waits."""
    pattern(world)
    team(world)
    actions.ask_for_plan(seat(world), FIRST, 14, 5)
    return Proposal.objects.get()


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.req("D-01", "D-02")
def test_a_plan_that_waits_is_made_by_a_process_of_its_own(asked: Proposal, world: World) -> None:
    said = run()
    asked.refresh_from_db()
    assert said == ""
    assert (asked.state, asked.problem, asked.gaps, asked.tries) == (State.DONE, "", [], 1)
    assert asked.points is not None
    assert asked.bound is not None
    assert asked.bound <= asked.points
    opened = queries.open_plan(queries.plan_in(world.pine.id, asked.id))
    assert opened.current
    assert len(opened.shifts) == 14 * 2 * 2
    assert violations(opened.problem, opened.plan) == []
    # Nobody on call was touched, and nobody was told.
    assert Shift.objects.count() == 2


def test_with_nothing_to_do_the_process_ends_at_once(transactional_db: None, world: World) -> None:
    assert run() == ""
    assert not Planner().look(NOW)


@pytest.mark.req("D-02")
def test_what_cannot_be_covered_is_said_with_the_facts_that_would_help(asked: Proposal, world: World) -> None:
    for one in (world.renee, world.marcus, world.ana):
        Blackout.objects.create(supporter=one, first_day=FIRST, last_day=FIRST + timedelta(days=20))
    # The other three cannot cover four spans a day with eleven hours of rest.
    run()
    row = queries.plan_in(world.pine.id, asked.id)
    opened = queries.open_plan(row)
    gaps = queries.uncovered(opened)
    assert row.state == State.DONE
    empty = {(slot.tier, slot.starts_at) for slot in opened.shifts if slot.supporter_id is None}
    assert empty == {(tier, begin) for gap in gaps for tier, begin, _end in gap.slots}
    kinds = {(kind, name) for gap in gaps for kind, name, _count in gap.facts}
    assert kinds & {("blackout", "Renée Dubois"), ("blackout", "Marcus Bell"), ("blackout", "Ana Ruiz")}


def test_a_running_plan_is_stopped_and_keeps_what_it_has(transactional_db: None, world: World) -> None:
    pattern(world)
    team(world, 10)
    proposal = actions.ask_for_plan(seat(world), FIRST, 364, 60)
    process = start()
    until(lambda: Proposal.objects.filter(points__isnull=False).exists())
    began = time.monotonic()
    actions.stop_plan(seat(world), proposal)
    said, _ = process.communicate(timeout=PATIENCE)
    row = Proposal.objects.get()
    assert (process.returncode, said, row.state) == (0, "", State.DONE)
    assert time.monotonic() - began < 20
    assert row.took < 60
    assert ProposedShift.objects.count() == 364 * 4
    with pytest.raises(actions.NotReady):
        actions.stop_plan(seat(world), proposal)


def test_one_that_waits_is_taken_back(asked: Proposal, world: World) -> None:
    actions.stop_plan(seat(world), asked.id)
    assert not Proposal.objects.exists()
    assert run() == ""


def test_a_process_that_is_killed_loses_nothing_and_another_one_takes_over(asked: Proposal, world: World) -> None:
    # Long enough to be in the middle of it.
    Proposal.objects.update(seconds=60, days=364)
    process = start()
    until(lambda: Proposal.objects.filter(state=State.RUNNING, points__isnull=False).exists())
    process.send_signal(signal.SIGKILL)
    process.communicate()
    asked.refresh_from_db()
    assert asked.state == State.RUNNING
    assert ProposedShift.objects.count() == 0
    # Within the minute it may still live: nobody touches it.
    assert actions.claim(clock.now()) is None
    clock.shift(timedelta(seconds=120))
    assert queries.plan_waits(clock.now())
    Proposal.objects.update(alive_at=NOW - timedelta(minutes=2), seconds=5, days=14)
    run()
    asked.refresh_from_db()
    assert (asked.state, asked.tries) == (State.DONE, 2)
    assert ProposedShift.objects.count() == 14 * 4


def test_processes_killed_at_any_instant_leave_nothing_stuck_lost_or_published(asked: Proposal) -> None:
    chance, shifts = random.Random(5), Shift.objects.count()
    Proposal.objects.update(seconds=5)
    for _ in range(ROUNDS):
        process = start()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=chance.uniform(0, 8))
        process.kill()
        process.communicate()
        asked.refresh_from_db()
        whole = ProposedShift.objects.count()
        assert (asked.state == State.DONE and whole == 14 * 4) or (asked.state != State.DONE and whole == 0)
        assert Shift.objects.count() == shifts
        if asked.state in (State.DONE, State.FAILED):
            Proposal.objects.update(state=State.WAITING, tries=0, problem="")
            ProposedShift.objects.all().delete()
        else:
            # A minute later.
            Proposal.objects.filter(state=State.RUNNING).update(alive_at=NOW - timedelta(minutes=2))
            assert queries.plan_waits(NOW)
    Proposal.objects.update(tries=0)
    run()
    asked.refresh_from_db()
    assert (asked.state, ProposedShift.objects.count()) == (State.DONE, 14 * 4)


def test_a_clock_set_back_does_not_keep_a_plan_of_a_dead_process(asked: Proposal) -> None:
    assert actions.claim(NOW + timedelta(days=2)) is not None
    # The process is dead, and the clock shows the right time again.
    assert queries.plan_waits(NOW)
    assert actions.claim(NOW) is not None
    # Two machines whose clocks differ by some minutes leave each other alone.
    assert not queries.plan_waits(NOW - timedelta(minutes=5))


def test_a_plan_that_takes_too_much_memory_is_ended_and_said_to_be(asked: Proposal) -> None:
    Proposal.objects.update(tries=proposing.MOST_TRIES - 1)
    code = (
        "import sys\n"
        "from alongside.cli import planning\n"
        "planning.MOST_MEMORY = 100 * 1024**2\n"
        "from alongside.cli import main\n"
        f"sys.exit(main(['plan', '--ahead', '{round(NOW.timestamp() - time.time())}']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    asked.refresh_from_db()
    assert ProposedShift.objects.count() == 0, done.stderr
    if asked.state != State.FAILED:
        assert actions.claim(NOW + timedelta(minutes=2)) is None
        asked.refresh_from_db()
    assert asked.state == State.FAILED


def test_a_plan_that_kills_every_process_fails_at_last(asked: Proposal) -> None:
    now = NOW
    for _ in range(proposing.MOST_TRIES):
        assert actions.claim(now) is not None
        now += timedelta(minutes=2)
    assert actions.claim(now) is None
    asked.refresh_from_db()
    assert (asked.state, asked.problem) == (State.FAILED, "died")


def test_one_that_was_taken_over_writes_nothing_any_more(asked: Proposal, world: World) -> None:
    slow = actions.claim(NOW)
    other = actions.claim(NOW + timedelta(minutes=2))
    assert slow is not None
    assert other is not None
    problem, _ = queries.problem_for(world.pine, FIRST, 14, asked.asked_at)
    nothing = (None,) * len(problem.slots)
    with pytest.raises(actions.Lost):
        actions.store_progress(slow, NOW, points=1, bound=1, took=1)
    with pytest.raises(actions.Lost):
        actions.store_plan(slow, problem, nothing, points=1, bound=1, took=1, gaps=[])
    actions.store_failure(slow, "crashed")
    asked.refresh_from_db()
    assert asked.state == State.RUNNING
    assert ProposedShift.objects.count() == 0
    actions.store_plan(other, problem, nothing, points=1, bound=1, took=1, gaps=[])
    assert ProposedShift.objects.count() == len(problem.slots)


def test_no_two_processes_get_the_same_plan(asked: Proposal) -> None:
    processes = [start() for _ in range(3)]
    for one in processes:
        one.communicate(timeout=PATIENCE)
    asked.refresh_from_db()
    assert (asked.state, asked.tries) == (State.DONE, 1)


def test_a_planner_that_crashes_leaves_a_failed_plan(asked: Proposal) -> None:
    # A solver that cannot be loaded stands for everything that goes wrong in there.
    code = (
        "import sys; sys.modules['ortools'] = None\n"
        "from alongside.cli import main\n"
        f"sys.exit(main(['plan', '--ahead', '{round(NOW.timestamp() - time.time())}']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    asked.refresh_from_db()
    assert (done.returncode, asked.state, asked.problem) == (0, State.FAILED, "crashed"), done.stderr


def test_the_process_is_gone_when_whoever_started_it_is(asked: Proposal) -> None:
    Proposal.objects.update(seconds=60, days=364)
    code = (
        "import os, subprocess, sys, time\n"
        "one = subprocess.Popen([sys.executable, '-m', 'alongside', 'plan', '--parent', str(os.getpid()),"
        f" '--ahead', '{round(NOW.timestamp() - time.time())}'])\n"
        "print(one.pid, flush=True)\n"
        "one.wait()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], env=environment(), stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    number = int(parent.stdout.readline())
    until(lambda: Proposal.objects.filter(state=State.RUNNING).exists())
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    until(lambda: not _lives(number))


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    # One that ended and was not collected yet is gone, too.
    return "\nState:\tZ" not in Path(f"/proc/{number}/status").read_text(encoding="utf-8")


def test_the_loop_starts_one_process_and_no_second_one(asked: Proposal, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    planner = Planner()
    assert planner.look(NOW)
    assert planner.is_busy
    assert not planner.look(NOW)
    planner.wait()
    assert not planner.is_busy
    asked.refresh_from_db()
    assert asked.state == State.DONE
    assert not planner.look(NOW)


def test_where_no_process_can_begin_the_plan_fails_and_does_not_wait_for_ever(
    asked: Proposal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner_module, "PAUSE", 0.0)
    # What it may not read, no process can start with.
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.no_such_settings")
    planner = Planner()
    for _ in range(proposing.MOST_TRIES):
        asked.refresh_from_db()
        assert asked.state == State.WAITING
        assert planner.look(NOW)
        planner.wait()
        assert not planner.is_busy
    asked.refresh_from_db()
    assert (asked.state, asked.problem) == (State.FAILED, "crashed")
    assert not planner.look(NOW)


@pytest.mark.parametrize("forbidden", ["nice", "memory"])
def test_a_plan_is_made_where_the_service_manager_forbids_stepping_back(asked: Proposal, forbidden: str) -> None:
    refuse = "def no(*_, **__):\n    raise PermissionError(1, 'not permitted')\n"
    refuse += {"nice": "os.nice = no", "memory": "pathlib.Path.write_text = no"}[forbidden]
    code = (
        f"import os, pathlib, sys\n{refuse}\n"
        "from alongside.cli import main\n"
        f"sys.exit(main(['plan', '--ahead', '{round(NOW.timestamp() - time.time())}']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    asked.refresh_from_db()
    assert (done.returncode, asked.state) == (0, State.DONE), done.stderr


def test_nothing_that_serves_loads_the_solver() -> None:
    code = (
        "import sys, django\n"
        "django.setup()\n"
        "import alongside.site.entrance, alongside.site.urls, alongside.site.schedule, alongside.site.wsgi\n"
        "print([one for one in sys.modules if one.startswith(('ortools', 'alongside.rota.solver'))])"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_old_plans_are_forgotten(asked: Proposal) -> None:
    assert actions.purge_plans(asked.asked_at + proposing.KEPT - timedelta(minutes=1)) == 0
    assert actions.purge_plans(asked.asked_at + proposing.KEPT) > 0
    assert not Proposal.objects.exists()


def test_what_is_counted_by_days_does_not_make_a_plan_old_overnight(asked: Proposal, world: World) -> None:
    first, _ = queries.problem_for(world.pine, FIRST, 14, asked.asked_at)
    run()
    clock.shift(timedelta(days=2))
    assert queries.open_plan(queries.plan_in(world.pine.id, asked.id)).current
    assert framing.fingerprint(first) == Proposal.objects.get().made_for
