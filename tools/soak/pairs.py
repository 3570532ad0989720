"""Two workers on one database: both at work on everything, and one that stands still while the other takes over."""

import random
import signal
import time

from tools.soak.account import account
from tools.soak.devices import Crowd, Line
from tools.soak.kills import handed_over
from tools.soak.machine import Machine, Program, machine, postgres_server
from tools.soak.post import post_office
from tools.soak.results import Budget, Result, say

LEAST = 12  # seconds of load


def at_once(budget: Budget) -> Result:
    """Two workers do every job at the same time, on PostgreSQL and on SQLite."""
    found = Result("two workers", "two workers on one database do every job at once, on both databases")
    with postgres_server() as url:
        for server in (url, ""):
            with machine(server=server, clock=True) as made:
                found.add(_run(made, budget, paused=False, seconds=max(LEAST, budget.seconds * 0.2)))
    if found.counts["repeats"]:
        found.doubled += found.counts["repeats"]
        found.faults.append("letters were handed over twice although nobody was killed or paused")
    return found


def paused(budget: Budget) -> Result:
    """One of two workers stands still at random instants while the clock goes on; then it goes on where it was."""
    found = Result("worker paused", "one of two workers stopped (SIGSTOP) for 3 minutes again and again, then let go")
    with postgres_server() as url, machine(server=url, clock=True) as made:
        found.add(_run(made, budget, paused=True, seconds=max(LEAST, budget.seconds * 0.5)))
    return found


def _run(made: Machine, budget: Budget, *, paused: bool, seconds: float) -> Result:
    made.fill()
    chance = budget.chance(f"pairs {paused}")
    with post_office(made.mail_port) as post:
        web, first, _second = made.web(tick=False), made.tick(), made.tick()
        made.wait()
        noise = made.rows().tally()
        crowd = Crowd([web.port], list(made.facts["sessions"].values())[:4], chance)
        crowd.start(0.4)
        pauses, minutes = _pause(made, first, chance, seconds) if paused else (0, 0.0)
        if not paused:
            time.sleep(seconds)
        ended = crowd.finish()
        found = account(made.rows(), crowd.ledger, noise, Line([web.port], chance))
        found.faults += crowd.errors
        if not ended:
            found.faults.append("a device never got its answer")
        if not paused:
            # With the clock as it is: a leap while letters are on their way would outrun the hold on them.
            handed_over(made, found, minutes=0)
            found.counts["repeats"] = post.repeats
        handed_over(made, found, minutes=max(minutes, 60) + 6)
        if paused:
            found.counts = {"pauses": pauses, **found.counts}
        found.counts = {"repeats": post.repeats, **found.counts, "letters": len(post.letters)}
    say(f"{found.counts['accepted']} accepted, {found.lost} lost, {found.doubled} doubled, {post.repeats} repeats")
    return found


def _pause(made: Machine, worker: Program, chance: random.Random, seconds: float) -> tuple[int, float]:
    """Stop a worker again and again, each time for longer than the lease of a notice as the clock has it."""
    ends, pauses, minutes = time.monotonic() + seconds, 0, 0.0
    while time.monotonic() < ends:
        time.sleep(chance.uniform(0.1, 1.0))
        worker.signal(signal.SIGSTOP)
        pauses, minutes = pauses + 1, minutes + 3
        made.clock(minutes=minutes)
        time.sleep(chance.uniform(0.3, 1.5))
        worker.signal(signal.SIGCONT)
    return pauses, minutes
