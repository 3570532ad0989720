"""What would be left if the power went at a random instant: copies of the database files, and the proof of the sync.

A copy taken while every process stands still holds what was handed to the operating system. That it is also on the disk
cannot be shown by copying: the trace of system calls shows that it was asked for between the row and the answer.
"""

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.soak.account import live
from tools.soak.devices import Crowd, Ledger, Member
from tools.soak.machine import ROOT, Machine, Program, machine
from tools.soak.post import post_office
from tools.soak.results import Budget, Result, say
from tools.soak.rows import Rows

FILES = ("alongside.sqlite3", "alongside.sqlite3-wal", "secret_key")
TRACED = "trace=pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync"
TORN = 5


def cut(budget: Budget) -> Result:
    """Copy the files of a working server at random instants, look into each copy, and go on from it."""
    found = Result("power", "database files copied at random instants under load, each opened and gone on with")
    chance = budget.chance("power")
    with machine() as made, post_office(made.mail_port):
        made.fill()
        server = made.web()
        made.wait()
        found.add(_synced(made, server))
        crowd = Crowd([made.port], list(made.facts["sessions"].values())[:3], chance)
        crowd.start(0.3)
        copies: list[tuple[Path, set[bytes]]] = []
        for number in range(budget.times(20)):
            time.sleep(chance.uniform(0.1, 1.0))
            if budget.left < 0.4 * budget.seconds:
                break
            copies.append(_copy(made, server, crowd.ledger, number))
        crowd.finish()
        found.faults += crowd.errors
        promised = {one.mark: one for one in crowd.ledger.asked.values()}
        for folder, answered in copies:
            if budget.over:
                break
            _look(made, folder, answered, found)
        for place in range(TORN):
            folder, _ = chance.choice(copies)
            _tear(folder, chance.random(), place, found)
        found.counts["accepted"] = sum(one.stored for one in promised.values())
    return found


def _copy(made: Machine, server: Program, ledger: Ledger, number: int) -> tuple[Path, set[bytes]]:
    """Copy the files while nothing moves; return with them the requests that must be in the copy."""
    folder = made.folder / f"copy-{number}" / "data"
    folder.mkdir(parents=True)
    answered = {one.mark for one in list(ledger.asked.values()) if one.stored}
    with standing_still(server):
        ended = {one.mark for one in list(ledger.asked.values()) if one.close_sent or one.cancel_sent}
        for name in FILES:
            if (made.folder / "data" / name).exists():
                shutil.copyfile(made.folder / "data" / name, folder / name)
    return folder, answered - ended


@contextmanager
def standing_still(program: Program) -> Iterator[None]:
    """Stop every process of a program for a moment, wherever it is."""
    program.signal(signal.SIGSTOP)
    time.sleep(0.02)
    try:
        yield
    finally:
        program.signal(signal.SIGCONT)


def _look(made: Machine, folder: Path, answered: set[bytes], found: Result) -> None:
    env = {**made.env, "ALONGSIDE_DATA": str(folder)}
    once = [sys.executable, "-m", "alongside", "tick", "--once"]
    done = subprocess.run(once, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    found.counts["copies"] = found.counts.get("copies", 0) + 1
    path = folder / "alongside.sqlite3"
    if done.returncode or (wrong := _inconsistent(path)):
        found.faults.append(f"a copy could not be gone on with: {done.stderr[-200:] or wrong}")
        return
    rows = Rows("", path)
    there = live(rows)
    found.lost += len(answered - set(there))
    found.doubled += sum(number - 1 for number in there.values())
    if waiting := rows.count("SELECT count(*) FROM escalation_ladder WHERE state = 'open'"):
        found.faults.append(f"{waiting} requests of a copy called nobody")


def _inconsistent(path: Path) -> str:
    database = sqlite3.connect(path)
    try:
        said = database.execute("PRAGMA integrity_check").fetchone()[0]
        return "" if said == "ok" and not database.execute("PRAGMA foreign_key_check").fetchall() else str(said)
    finally:
        database.close()


def _tear(folder: Path, part: float, place: int, found: Result) -> None:
    """Cut the journal of a copy somewhere, as a disk that lost its last writes would: what is left must be whole."""
    torn = folder.parent / f"torn-{place}"
    shutil.copytree(folder, torn)
    journal = torn / FILES[1]
    if journal.exists():
        os.truncate(journal, int(journal.stat().st_size * part))
    found.counts["torn journals"] = found.counts.get("torn journals", 0) + 1
    if wrong := _inconsistent(torn / FILES[0]):
        found.faults.append(f"a torn journal left a broken database: {wrong}")


# --- the sync between the row and the answer ---------------------------------------------------------------------


def _synced(made: Machine, server: Program) -> Result:
    """Send a request to a server whose system calls are traced: the journal must be synced before the answer."""
    found = Result("")
    if not shutil.which("strace"):
        found.notes.append("strace is not installed: that the journal is synced before the answer was not shown")
        return found
    log = made.folder / "trace"
    member = Member([made.port], Ledger(), random.Random(1))
    tracer = subprocess.Popen(
        ["strace", "-f", "-y", "-s", "24", "-e", TRACED, "-o", str(log), "-p", str(server.workers()[0])],
        stderr=subprocess.PIPE,
    )
    try:
        time.sleep(1)
        asked = member.ledger.ask(member.chance)
        asked.plan = "power"
        member.ask(asked)
        time.sleep(0.3)
        member.cancel(asked)
    finally:
        tracer.send_signal(signal.SIGINT)
        said = (tracer.communicate(timeout=20)[1] or b"").decode()
    if "Operation not permitted" in said:
        found.notes.append("strace may not look at processes here: the sync before the answer was not shown")
        return found
    order = synced_before_answer(log.read_text())
    if order:
        found.notes.append(f"system calls of one request: {order}")
    else:
        found.faults.append("the journal was not synced between the row and the answer")
    say(f"power: {order or 'NOT SYNCED before the answer'}")
    return found


def synced_before_answer(trace: str) -> str:
    """Return the calls that matter if the journal was synced after its last row and before the answer, else nothing."""
    calls = []
    for line in trace.splitlines():
        if "HTTP/1.1 201" in line:
            calls.append("answer 201")
            break
        if found := re.search(r"(pwrite64|fdatasync|fsync)\(\d+<[^>]*sqlite3-wal>", line):
            calls.append("row" if found[1] == "pwrite64" else found[1])
    if calls[-1:] != ["answer 201"] or "row" not in calls:
        return ""
    after = calls[len(calls) - calls[::-1].index("row") :]
    return f"journal written, {after[0]}, answered 201" if after[0] in ("fsync", "fdatasync") else ""
