"""Every timed job, in plain loops: one for each lane, so that a far end that stalls holds up nobody else's turn.

A job claims its own rows, so two loops on two machines never do the same thing, and a crash loses nothing: whatever was
due is due again. One job's failure never stops another, and a missing database never ends a loop.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from allauth.mfa.models import Authenticator
from django import db
from django.conf import settings
from django.contrib.sessions.models import Session

from alongside.accounts import actions as accounts
from alongside.anonymous import actions as anonymous
from alongside.directory import actions as directory
from alongside.directory import rules as lists
from alongside.escalation import queries as escalation
from alongside.help_requests import actions as help_requests
from alongside.kernel import clock
from alongside.notify import actions as notify
from alongside.notify.rules import KINDS
from alongside.policy.values import REGISTER
from alongside.rota import actions as rota
from alongside.sealing import actions as sealing
from alongside.sealing.rules import monday_of
from alongside.site import keeping
from alongside.site.leaps import Leaps
from alongside.site.planner import planner
from alongside.team import actions as team

log = logging.getLogger(__name__)
PAUSE = 0.2
MARK_EVERY = 10.0
# A lane may wait for a far end for notify.rules.TRY_SECONDS; one that has not turned for so long hangs.
HANGS = 120.0
# The lane of everything that nobody waits for.
UPKEEP = "upkeep"


@dataclass(frozen=True)
class Job:
    """One timed job: `run(now)` every `every` seconds, in turn with the others of its lane. `alongside purge` runs
    those that purge, too.
    """

    name: str
    every: float
    run: Callable[[datetime], object]
    purges: bool = False
    lane: str = UPKEEP


def _purge_sessions(now: datetime) -> int:
    # Sessions live by the machine's own clock, also where the demonstration's clock was moved.
    return Session.objects.filter(expire_date__lte=datetime.fromtimestamp(time.time(), UTC)).delete()[0]


def _purge_invitations(now: datetime) -> int:
    return accounts.purge_invitations()


def _settle(now: datetime) -> None:
    keeping.settle()


def _purge_keys(now: datetime) -> int:
    """Delete keys that nothing alive can be sealed to, by the widest bounds any organisation may have set.

    A request that outlived them because this machine was off keeps its keys until somebody could answer it.
    """
    most = _widest()
    week = lists.oldest_week_in_use(
        now,
        list_valid=most["list_valid"],
        request_limit=most["request_limit"],
        last_hold=most["last_hold"],
    )
    if oldest := escalation.oldest_live():
        week = min(week, monday_of(oldest - timedelta(minutes=most["list_valid"])))
    return sealing.purge_keys(week)


def _forget_partners(now: datetime) -> int:
    """Forget ended mutual aid once nothing asked under it can be left, by the widest bounds either side may set."""
    most = _widest()
    days = lists.days_after_the_end(
        list_valid=most["list_valid"],
        request_limit=most["request_limit"],
        last_hold=most["last_hold"],
        box_kept=most["box_kept"],
    )
    return directory.forget_partners(now, days)


def _widest() -> dict[str, int]:
    """Return the upper bound of every setting: what is kept must not depend on a number that is changed meanwhile."""
    return {setting.key: setting.most for setting in REGISTER}


def _delivery(kind: str) -> Callable[[datetime], int]:
    return lambda now: notify.deliver(now, (kind,), learn=_learn)


def _learn(gone: Collection[tuple[str, str]], taken: Collection[tuple[str, str]]) -> None:
    accounts.learn(gone, taken)
    help_requests.learn(gone)


def _purge_rota(now: datetime) -> int:
    return rota.purge_feeds(now) + rota.purge_wishes(now)


def _forget_code_use(now: datetime) -> int:
    """Empty when a one-time code was last used, which the sign-in library notes: it tells when somebody was at work."""
    return Authenticator.objects.filter(last_used_at__isnull=False).update(last_used_at=None)


def _plan(now: datetime) -> bool:
    return planner.look(now)


def _turn_tally(now: datetime) -> None:
    anonymous.close_periods(now)
    anonymous.open_periods(now)


JOBS = (
    Job("call the first rungs", 0.2, help_requests.climb_new, lane="calls"),
    Job("climb the ladders", 1, help_requests.climb, lane="ladders"),
    *(Job(f"deliver notices: {kind}", 0.2, _delivery(kind), lane=kind) for kind in KINDS),
    Job("send test pages at the beginning of shifts", 60, rota.check_reach),
    Job("plan the rota", 2, _plan),
    Job("forget old plans", 3600, rota.purge_plans, purges=True),
    Job("seek cover for shifts", 15, rota.climb, lane="cover"),
    Job("tell the team who is on call", 300, rota.tell_the_week),
    Job("forget what is over", 60, help_requests.purge, purges=True),
    # In a lane of its own: far ends that stall make nobody else wait.
    Job("read supporters' own calendars", 60, rota.read_calendars, lane="calendars"),
    Job("forget calendars and wishes that are over", 300, _purge_rota, purges=True),
    Job("renew the lists", 20, directory.renew),
    Job("forget expired lists", 60, directory.purge, purges=True),
    Job("forget ended mutual aid", 3600, _forget_partners, purges=True),
    Job("forget expired notices", 300, notify.purge, purges=True),
    Job("forget expired test pages", 300, accounts.purge_tests, purges=True),
    Job("forget expired invitations", 300, _purge_invitations, purges=True),
    Job("forget that somebody asked", 3600, team.purge_asked, purges=True),
    Job("forget exchanges of shifts", 300, rota.purge_exchanges, purges=True),
    Job("forget sessions and debriefs", 3600, rota.purge_sessions, purges=True),
    Job("forget expired sessions", 300, _purge_sessions, purges=True),
    Job("forget old keys", 3600, _purge_keys, purges=True),
    Job("forget when codes were used", 3600, _forget_code_use, purges=True),
    Job("turn tally periods", 600, _turn_tally),
    Job("warn of keys that run out", 3600, team.warn_of_keys),
    # Last, so that what was just deleted leaves the journal in the same turn.
    Job("settle the database", 60, _settle, purges=True),
)


class Loop:
    """The loops of this process, one for each lane: which jobs ran when, by the machine's monotonic clock."""

    def __init__(self, jobs: tuple[Job, ...] = JOBS) -> None:
        self.jobs = jobs
        self.lanes = tuple(dict.fromkeys(job.lane for job in jobs))
        self.last: dict[str, float] = {}
        self.turned_at: dict[str, float] = {}
        self.leaps = Leaps()

    def turn(self, *lanes: str) -> None:
        """Run every job whose time has come, once; only those of the lanes, if any are named."""
        for lane in lanes or self.lanes:
            for job in self.jobs:
                if job.lane != lane or (self.leaps.hold and _deletes_by_the_clock(job)):
                    continue
                if time.monotonic() - self.last.get(job.name, float("-inf")) >= job.every:
                    self.last[job.name] = time.monotonic()
                    _run(job)
            self.turned_at[lane] = time.monotonic()

    def run_forever(self, stop: threading.Event) -> None:
        """Turn every lane until told to stop, each in a thread of its own."""
        self.leaps.look(_marked_at())
        others = [threading.Thread(target=self._run_lane, args=(lane, stop), daemon=True) for lane in self.lanes]
        for thread in others:
            thread.start()
        while not stop.wait(PAUSE if self.age() is None else MARK_EVERY):
            self._mark()
        self._mark()
        for thread in others:
            thread.join(timeout=PAUSE)

    def _mark(self) -> None:
        """Leave a mark that the loops turn; none while one of them hangs, so that `doctor` and the board notice."""
        age = self.age()
        if age is not None and age < HANGS:
            _leave_mark()

    def _run_lane(self, lane: str, stop: threading.Event) -> None:
        while not stop.is_set():
            # The one lane that deletes by the clock looks at it before each turn.
            if lane == UPKEEP:
                self.leaps.look(_marked_at())
            self.turn(lane)
            stop.wait(PAUSE)

    def age(self) -> float | None:
        """Return the seconds since every lane last turned; None before the first turn of each."""
        if len(self.turned_at) < len(self.lanes):
            return None
        return time.monotonic() - min(self.turned_at.values())


loop = Loop()


def purge(now: datetime) -> None:
    """Delete everything that is past its time, and take it out of the database's working files; raises any failure."""
    for job in JOBS:
        if job.purges:
            job.run(now)


def seconds_since_mark() -> float | None:
    """Return how long ago a loop on this machine last turned, in whatever process; None when none ever did."""
    marked = _marked_at()
    return None if marked is None else max(0.0, time.time() - marked)


def _deletes_by_the_clock(job: Job) -> bool:
    # A period that was closed too early is as final as a row that was deleted.
    return job.run is _turn_tally or (job.purges and job.run not in (_settle, _forget_code_use))


def _marked_at() -> float | None:
    try:
        return _mark().stat().st_mtime
    except OSError:
        return None


def _mark() -> Path:
    return Path(settings.DATA) / "tick"


def _leave_mark() -> None:
    with contextlib.suppress(OSError):
        _mark().touch()


def run_all(now: datetime) -> None:
    """Run every job once, now, whatever its pace; the demonstration does so after moving its clock."""
    for job in JOBS:
        job.run(now)


def _run(job: Job) -> None:
    try:
        job.run(clock.now())
    except Exception:
        log.exception("job failed and is tried again: %s", job.name)
    finally:
        db.close_old_connections()
