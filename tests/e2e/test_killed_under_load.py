"""What `make soak` does for ten minutes, for some seconds: killed, paused and copied under load, then accounted for."""

import time

import pytest

from tests.e2e.test_danas_story_on_postgres import SERVER
from tools.soak import kills, mails, pairs, power
from tools.soak.machine import lying_clock, machine, until
from tools.soak.results import Budget

needs_clock = pytest.mark.skipif(not lying_clock(), reason="needs faketime, which make test installs")
needs_postgres = pytest.mark.skipif(not SERVER, reason="needs E2E_POSTGRES, which make test sets")
pytestmark = [pytest.mark.e2e]


@needs_clock
@pytest.mark.req("A-03", "D-21")
def test_servers_and_workers_killed_at_random_instants_lose_nothing_that_was_accepted() -> None:
    found = kills.on_sqlite(Budget(240, 0.1))
    assert found.holds, found
    assert found.counts["kills"] >= 8
    assert found.counts["accepted"] > 0


@needs_clock
@needs_postgres
@pytest.mark.req("A-03", "D-21")
def test_two_servers_and_two_workers_killed_on_postgresql_lose_nothing_that_was_accepted() -> None:
    found = kills.on_postgres(Budget(240, 0.1))
    assert found.holds, found
    assert found.counts["kills"] >= 14
    assert found.counts["accepted"] > 0


@needs_clock
@needs_postgres
@pytest.mark.req("A-03", "A-10")
def test_a_worker_that_stood_still_while_another_took_over_does_nothing_twice() -> None:
    found = pairs.paused(Budget(40, 0.1))
    assert found.holds, found
    assert found.counts["pauses"] > 2


@pytest.mark.req("A-03")
def test_a_copy_of_the_files_at_any_instant_holds_every_request_that_was_answered() -> None:
    found = power.cut(Budget(120, 0.2))
    assert found.holds, found
    assert found.counts["copies"] >= 2


@needs_clock
@pytest.mark.req("A-03")
def test_mail_that_refuses_hangs_or_lies_holds_up_no_rung() -> None:
    found = mails.misbehaving(Budget(240, 0.1))
    assert found.holds, found
    assert found.counts["swallowed by the liar"] > 0


@pytest.mark.req("A-03")
def test_when_the_watching_process_alone_is_killed_its_worker_ends_and_a_restart_works() -> None:
    with machine() as made:
        made.fill()
        server = made.web()
        made.wait()
        assert len(server.workers()) == 1
        server.kill_first()
        assert until(lambda: not server.answers(), 5) is not None, "a worker that nobody watches went on"
        server.start()
        made.wait()
        time.sleep(0.5)
        assert server.runs
