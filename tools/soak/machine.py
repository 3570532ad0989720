"""An installation in a folder of its own, and its processes: to be killed, paused and served by a clock that lies."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tools import postgres
from tools.ports import free_port, is_free
from tools.soak.results import CannotRun
from tools.soak.rows import Rows

ROOT = Path(__file__).resolve().parents[2]
CLOCKS = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1", "/usr/lib64/faketime/*.so.1")


def lying_clock() -> str | None:
    """Return the library through which a process sees another time, or None."""
    found = [path for pattern in CLOCKS for path in Path("/").glob(pattern.lstrip("/"))]
    return str(found[0]) if found else None


def until(holds: Callable[[], bool], seconds: float, pause: float = 0.1) -> float | None:
    """Wait until something holds; return how long that took, or None when it never did."""
    begun = time.monotonic()
    while not (so := holds()) and time.monotonic() - begun < seconds:
        time.sleep(pause)
    return time.monotonic() - begun if so else None


@dataclass
class Program:
    """One `alongside ...` of an installation, started again whenever it has ended, as a service manager would."""

    machine: "Machine"
    arguments: tuple[str, ...]
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None
    starts: int = 0

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.process and self.process.poll() is None:
            return
        with self.machine.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "alongside", *self.arguments],
                cwd=ROOT,
                env=self.machine.env,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.starts += 1

    @property
    def runs(self) -> bool:
        """Say whether its first process lives."""
        return self.process is not None and self.process.poll() is None

    def workers(self) -> list[int]:
        """Return the processes that its first process has made."""
        assert self.process
        with contextlib.suppress(OSError):
            listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
            return [int(pid) for pid in listed.split()]
        return []

    def kill_worker(self) -> bool:
        """Kill the process that answers, not the one that watches over it; False where there is none."""
        workers = self.workers()
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(workers)

    def kill_first(self) -> None:
        """Kill the process that watches, and nothing else."""
        assert self.process
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_all(self) -> None:
        """Kill every process of it at once."""
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()
        if self.port:
            # Its workers end a moment after it, and hold the port until then.
            until(lambda: is_free(self.port), 20, 0.02)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of its processes."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def stop(self) -> None:
        """Stop it as a person would; kill what does not stop."""
        if self.runs and self.process:
            self.signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill_all()
        self.signal(signal.SIGKILL)

    def answers(self) -> bool:
        """Say whether its pages answer and the database behind them does."""
        try:
            with urllib.request.urlopen(f"http://localhost:{self.port}/health", timeout=2) as response:
                return bool(json.loads(response.read())["database"])
        except (OSError, ValueError):
            return False


@dataclass
class Machine:
    """An installation: its folder, its database, its processes."""

    folder: Path
    env: dict[str, str]
    database: str
    mail_port: int
    port: int
    facts: dict[str, Any] = field(default_factory=dict)
    programs: list[Program] = field(default_factory=list)
    lies: str = ""

    @property
    def log(self) -> Path:
        """Where its processes write."""
        return self.folder / "log"

    @property
    def sqlite(self) -> Path | None:
        """Return its SQLite file, where it has one."""
        return None if self.database else self.folder / "data" / "alongside.sqlite3"

    def rows(self) -> Rows:
        """Open its rows."""
        return Rows(self.database, self.sqlite)

    def fill(self, **options: object) -> None:
        """Fill it with Pine County and signed-in supporters; see fill.py."""
        self.facts |= json.loads(self.python("tools.soak.fill", json.dumps(options)).splitlines()[-1])

    def python(self, module: str, *arguments: str) -> str:
        """Run a module in the installation's environment, at the real time, and return what it printed."""
        env = {key: value for key, value in self.env.items() if key != "LD_PRELOAD"}
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        return done.stdout

    def web(self, *, tick: bool = True, port: int = 0) -> Program:
        """Add a web server."""
        port = port or self.port
        more = () if tick else ("--no-tick",)
        return self._program(Program(self, ("serve", "--port", str(port), *more), port))

    def tick(self) -> Program:
        """Add a worker for the timed jobs."""
        return self._program(Program(self, ("tick",)))

    def _program(self, program: Program) -> Program:
        self.programs.append(program)
        program.start()
        return program

    def wait(self, seconds: float = 60) -> float:
        """Wait until every web server answers; return how long it took."""
        took = until(lambda: all(one.answers() for one in self.programs if one.port), seconds, 0.05)
        if took is None:
            raise RuntimeError(f"no answer: {self.log.read_text()[-2000:]}")
        return took

    def honest(self) -> None:
        """Start everything with the machine's own clock, until `lie`.

        Under libfaketime the watching process cannot sleep (EINVAL), so a killed worker would never come back.
        """
        self.lies = self.env.pop("LD_PRELOAD", "")

    def lie(self) -> None:
        """Start everything again with the clock of our own."""
        self.env["LD_PRELOAD"] = self.lies
        for program in self.programs:
            program.kill_all()
            program.start()
        self.wait()

    def clock(self, **by: float) -> None:
        """Let every process see the real time moved by `days`, `hours`, `minutes`, or as it is."""
        seconds = 86400 * by.get("days", 0) + 3600 * by.get("hours", 0) + 60 * by.get("minutes", 0)
        self._clock(f"{seconds:+.0f}")

    def clock_at(self, moment: str) -> None:
        """Let every process see this moment of local time, from which the clock runs on."""
        self._clock(f"@{moment}")

    def _clock(self, text: str) -> None:
        # At once for all readers: a half-written file would be a third time.
        fresh = self.folder / "clock.new"
        fresh.write_text(text)
        fresh.replace(self.folder / "clock")

    def stop(self) -> None:
        """Stop everything."""
        for program in self.programs:
            program.stop()


@contextmanager
def machine(*, server: str = "", clock: bool = False, prefix: str = "alongside-soak-") -> Iterator[Machine]:
    """Make an installation on SQLite, or in a new database of a PostgreSQL `server`; everything is gone afterwards.

    With `clock` its processes see a time of our own. Raises CannotRun.
    """
    library = lying_clock()
    if clock and not library:
        raise CannotRun("libfaketime is not installed (apt-get install faketime)")
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name, _database(server) as url:
        folder, port, mail_port = Path(name), free_port(), free_port()
        known = {key: value for key, value in os.environ.items() if not key.startswith(("ALONGSIDE_", "DATABASE_"))}
        env = known | {
            "ALONGSIDE_DATA": str(folder / "data"),
            "ALONGSIDE_ADDRESS": f"http://localhost:{port}",
            "ALONGSIDE_SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
            # Hours pass for these supporters who never go home.
            "ALONGSIDE_IDLE_MINUTES": "720",
            "ALONGSIDE_SESSION_HOURS": "24",
            "DJANGO_SETTINGS_MODULE": "alongside.site.settings",
            "PYTHONUNBUFFERED": "1",
        }
        made = Machine(folder, env, url, mail_port, port)
        made.clock()
        if url:
            env["DATABASE_URL"] = url
        if clock and library:
            env |= {
                "LD_PRELOAD": library,
                "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "NO_FAKE_STAT": "1",
            }
        try:
            yield made
        finally:
            made.stop()


@contextmanager
def _database(server: str) -> Iterator[str]:
    if not server:
        yield ""
        return
    name = f"soak_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    try:
        yield server.replace("/postgres?", f"/{name}?")
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a PostgreSQL server of our own, or use the one that was given; raises CannotRun."""
    if given := os.environ.get("ALONGSIDE_TEST_POSTGRES") or os.environ.get("E2E_POSTGRES"):
        yield given
        return
    if not postgres.program("initdb"):
        raise CannotRun("PostgreSQL is not installed (apt-get install postgresql)")
    with postgres.server() as url:
        yield url
