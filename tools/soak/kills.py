"""kill -9 of web servers and workers at random instants under load, also while they start."""

import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tools.ports import free_port
from tools.soak.account import account
from tools.soak.devices import Crowd, Line
from tools.soak.machine import Machine, Program, machine, postgres_server, until
from tools.soak.post import Post, post_office
from tools.soak.results import Budget, Result, say

CALM = 45  # seconds within which everything that was left behind must be done
WAITING = "state IN ('open', 'alerted')"


@dataclass
class Killer:
    """Kills one program after the other and starts what a service manager would start again."""

    programs: list[Program]
    chance: random.Random
    killed: Counter[str] = field(default_factory=Counter)
    back: list[float] = field(default_factory=list)

    def run(self, kills: int, seconds: float) -> None:
        """Kill so many times, at random instants, or until the time is up."""
        ends = time.monotonic() + seconds
        for _ in range(kills):
            if time.monotonic() > ends:
                return
            if self.chance.random() < 0.5:
                # Half of the kills meet a server that has come up and works, the others one that is still starting.
                until(lambda: all(one.answers() for one in self.programs if one.port), 15, 0.05)
                time.sleep(self.chance.uniform(0, 1.2))
            else:
                time.sleep(self.chance.uniform(0, 0.6))
            self._kill(self.chance.choice(self.programs))

    def _kill(self, program: Program) -> None:
        if program.port and program.runs and self.chance.random() < 0.5 and program.kill_worker():
            self.killed["web worker"] += 1
        else:
            program.kill_all()
            self.killed["web, all of it" if program.port else "tick"] += 1
        if program.port and self.chance.random() < 0.2:
            threading.Thread(target=self._measure, args=(program,), daemon=True).start()
        self.keep_up()

    def _measure(self, program: Program) -> None:
        took = until(program.answers, 10, 0.02)
        if took is not None:
            self.back.append(took)

    def keep_up(self) -> None:
        """Start whatever has ended."""
        for program in self.programs:
            program.start()


def on_sqlite(budget: Budget) -> Result:
    """One process with its loop, then a web server and a worker apart, on one SQLite file."""
    found = Result("kill -9, SQLite", "web worker, whole server and tick killed under load")
    kills = budget.times(80)
    for split in (False, True):
        with machine(clock=True) as made:
            part = _run(made, budget, kills // 2, budget.seconds * 0.3, _apart if split else _alone)
            found.add(part)
    return found


def _alone(made: Machine) -> list[Program]:
    return [made.web()]


def _apart(made: Machine) -> list[Program]:
    return [made.web(tick=False), made.tick()]


def on_postgres(budget: Budget) -> Result:
    """Two web servers and two workers on PostgreSQL."""
    found = Result("kill -9, PostgreSQL", "two web servers and two workers killed under load")
    with postgres_server() as url, machine(server=url, clock=True) as made:
        found.add(_run(made, budget, budget.times(140), budget.seconds * 0.65, _two_of_each))
    return found


def _two_of_each(made: Machine) -> list[Program]:
    return [made.web(tick=False), made.web(tick=False, port=free_port()), made.tick(), made.tick()]


def _run(
    made: Machine, budget: Budget, kills: int, seconds: float, start: Callable[[Machine], list[Program]]
) -> Result:
    made.fill()
    made.honest()
    chance = budget.chance(f"kills {made.database[:8]} {seconds}")
    with post_office(made.mail_port) as post:
        programs = start(made)
        ports = [one.port for one in programs if one.port]
        first = made.wait()
        noise = made.rows().tally()
        crowd = Crowd(ports, list(made.facts["sessions"].values())[:4], chance)
        crowd.start()
        killer = Killer(programs, chance)
        killer.run(kills, seconds)
        ended = _calm(killer, crowd)
        made.wait()
        found = account(made.rows(), crowd.ledger, noise, Line(ports, chance))
        if not ended:
            found.faults.append("a device never got its answer")
        found.faults += crowd.errors
        made.lie()
        _climbs(made, post, found)
    number = sum(killer.killed.values())
    found.counts = {"kills": number, **found.counts, "letters": len(post.letters), "repeats": post.repeats}
    back = f", answers again after {statistics.median(killer.back):.1f} s" if killer.back else ""
    found.notes.append(f"{dict(killer.killed)}; first start {first:.1f} s{back}")
    found.notes.append(f"answers: {dict(sorted(crowd.ledger.answers.items()))}")
    say(f"{number} kills, {found.counts['accepted']} accepted, {found.lost} lost, {found.doubled} doubled")
    return found


def _calm(killer: Killer, crowd: Crowd) -> bool:
    """Let everybody finish while whatever ends is started again."""
    done = threading.Event()

    def keep() -> None:
        while not done.wait(0.2):
            killer.keep_up()

    keeper = threading.Thread(target=keep)
    keeper.start()
    ended = crowd.finish()
    killer.keep_up()
    done.set()
    keeper.join()
    return ended


def _climbs(made: Machine, post: Post, found: Result) -> None:
    """Let 25 minutes pass: every open request must have called everybody, and every call must be handed over."""
    rows = made.rows()
    below = f"SELECT count(*) FROM escalation_ladder WHERE state = 'open' OR ({WAITING} AND rung = 0)"
    if until(lambda: rows.count(below) == 0, CALM) is None:
        found.faults.append(f"{rows.count(below)} requests never called anybody")
    begun = time.monotonic()
    before = rows.count("SELECT count(*) FROM escalation_alert")
    made.clock(minutes=25)
    late = (
        "SELECT count(*) FROM escalation_ladder WHERE (urgency = 'now' AND state IN ('open', 'accepted')) "
        f"OR (urgency = 'now' AND {WAITING} AND rung < 3)"
    )
    took = until(lambda: rows.count(late) == 0, CALM)
    if took is None:
        found.faults.append(f"{rows.count(late)} requests did not climb on after the last kill")
    called = rows.count("SELECT count(*) FROM escalation_alert") - before
    handed_over(made, found, minutes=28)
    _everybody_got_a_letter(made, post, found, begun)
    found.notes.append(f"then 25 minutes pass: {called} calls more, everybody called within {took or -1:.1f} s")


def handed_over(made: Machine, found: Result, minutes: float) -> None:
    """Wait until the outbox is empty at that time: a notice whose worker died or stands still is held for two
    minutes, which must have passed.
    """
    made.clock(minutes=minutes)
    rows = made.rows()
    waiting = "SELECT count(*) FROM notify_notice WHERE NOT failed"
    if until(lambda: rows.count(waiting) == 0, CALM * 2) is None:
        found.faults.append(f"{rows.count(waiting)} notices were never handed over")
    if failed := rows.count("SELECT count(*) FROM notify_notice WHERE failed"):
        found.faults.append(f"{failed} notices were given up")


def _everybody_got_a_letter(made: Machine, post: Post, found: Result, since: float) -> None:
    waiting = (
        "SELECT DISTINCT supporter_id FROM escalation_alert a JOIN escalation_ladder l ON l.id = a.ladder_id "
        f"WHERE {WAITING}"
    )
    called = {made.facts["emails"][supporter] for (supporter,) in made.rows().all(waiting)}
    got = {letter.to for letter in post.letters if letter.at >= since}
    if missing := called - got:
        found.faults.append(f"{len(missing)} people were called and got no letter")
