"""The process that plans a rota: one plan, at low priority, apart from whoever serves pages and calls."""

import argparse
import contextlib
import logging
import os
import resource
import threading
import time
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from alongside.cli.stop import set_up

if TYPE_CHECKING:
    from alongside.rota.actions import Claimed
    from alongside.rota.solver import Progress

log = logging.getLogger(__name__)
NICE = 10
# Of two processes the kernel ends this one first when memory runs out.
FIRST_TO_GO = "800"
# All of 129 people for a year at one table takes a third of it. Who serves pages and calls is on the same machine.
MOST_MEMORY = 2 * 1024**3
# Seconds of a processor, for each second of search and besides: the search itself ends by the clock.
CPU, CPU_BESIDES = 4, 600
BEAT = 1.0
EXPLAINING = 5.0


def about(plan: argparse.ArgumentParser) -> None:
    """Say what `alongside plan` takes."""
    plan.add_argument("--parent", type=int, metavar="NUMBER", help="end with the process of this number")
    plan.add_argument("--ahead", type=int, default=0, metavar="SECONDS", help="how far the clock was moved")


def plan(args: argparse.Namespace) -> None:
    """Take up one plan that waits, make it, and end; do nothing when none waits."""
    from alongside.site import orphans

    if args.parent:
        orphans.end_with_parent(args.parent)
    _step_back()
    set_up()
    from alongside.kernel import clock
    from alongside.rota import actions as rota

    clock.shift(timedelta(seconds=args.ahead))
    job = rota.claim(clock.now())
    if job is not None:
        _at_most(resource.RLIMIT_CPU, CPU * job.seconds + CPU_BESIDES)
        _make(job)


def _step_back() -> None:
    """Let whoever serves go first, in time and in memory."""
    # A service manager may forbid either: then it plans beside the others.
    with contextlib.suppress(OSError):
        os.nice(NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO, encoding="ascii")
    _at_most(resource.RLIMIT_DATA, MOST_MEMORY)


def _at_most(what: int, most: int) -> None:
    """Bound what this process may take; a lower bound that it was started with stays."""
    _soft, hard = resource.getrlimit(what)
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (bound, hard))


def _make(job: "Claimed") -> None:
    from django.db import DatabaseError

    from alongside.rota import actions as rota

    try:
        _search(job)
    except rota.Lost:
        log.warning("a plan was taken over by another process, or is gone")
    except DatabaseError:
        # Nothing can be written now. The plan is taken up again by the next process.
        raise
    except Exception:
        log.exception("a plan failed")
        rota.store_failure(job, "crashed")


def _search(job: "Claimed") -> None:
    # Loaded here: a planner that cannot be loaded fails this plan with a sentence.
    from alongside.rota import actions as rota
    from alongside.rota import queries, solver
    from alongside.rota.rules.grid import Grid

    with _Heart(job) as heart:
        problem, _people = queries.problem_for(
            job.organisation, job.first_day, job.days, job.asked_at, free=set(job.free)
        )
        found = solver.solve(problem, seconds=job.seconds, tell=heart.tell, stop=heart.stopped.is_set)
        gaps = []
        if None in found.plan:
            why = solver.explain(Grid(problem), found.plan, seconds=EXPLAINING, stop=heart.stopped.is_set)
            gaps = solver.as_data(problem, why)
    rota.store_plan(job, problem, found.plan, points=found.points, bound=found.bound, took=found.seconds, gaps=gaps)


class _Heart:
    """Says every second that this process lives and how far it is, and hears whether somebody stopped it."""

    def __init__(self, job: "Claimed") -> None:
        self.job = job
        self.stopped = threading.Event()
        self._over = threading.Event()
        self._best: Progress | None = None
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="heart")

    def tell(self, progress: "Progress") -> None:
        """Take it from the search how far it is."""
        self._best = progress

    def __enter__(self) -> "_Heart":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        from django import db

        from alongside.rota import actions as rota

        try:
            while not self._over.wait(BEAT):
                try:
                    if self._say():
                        self.stopped.set()
                except rota.Lost:
                    self.stopped.set()
                    return
                except db.DatabaseError:
                    log.warning("the database did not take how far a plan is; it is told again")
                    db.close_old_connections()
        finally:
            db.connections.close_all()

    def _say(self) -> bool:
        from alongside.kernel import clock
        from alongside.rota import actions as rota

        best, took = self._best, time.monotonic() - self._began
        points, bound = (best.points, best.bound) if best else (None, None)
        return rota.store_progress(self.job, clock.now(), points=points, bound=bound, took=took)
