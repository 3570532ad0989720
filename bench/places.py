"""Installations to measure: filled, served as an agency serves them, and gone afterwards."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.e2e.conftest import ROOT, clean_environment
from tools import postgres
from tools.ports import free_port

BACKENDS = ("sqlite", "postgres")
STARTING = 60.0


@contextmanager
def database(backend: str, folder: Path) -> Iterator[dict[str, str]]:
    """Yield the settings of an empty database with full durability in a folder of its own."""
    if backend == "sqlite":
        yield {"DATABASE_URL": f"sqlite:///{folder / 'bench.sqlite3'}"}
        return
    with postgres.server(durable=True) as url:
        yield {"DATABASE_URL": url}


@contextmanager
def filled(backend: str, organisations: int, team: int) -> Iterator[dict[str, str]]:
    """Yield the environment of an installation with organisations of one size each."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alongside-bench-")))
        env = clean_environment() | {"ALONGSIDE_DATA": str(folder), "PYTHONPATH": str(ROOT)}
        env |= stack.enter_context(database(backend, folder))
        fill = [sys.executable, "-m", "bench.fill", str(organisations), str(team)]
        subprocess.run(fill, cwd=ROOT, env=env, check=True)
        yield env


@contextmanager
def running(env: Mapping[str, str], *command: str, port: int, path: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server until the block ends; wait until it answers on a path."""
    server = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=ROOT, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, path)
        yield server
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(port: int, path: str) -> None:
    """Return when a server answers on a path with anything at all."""
    until = time.monotonic() + STARTING
    while time.monotonic() < until:
        try:
            with urlopen(f"http://localhost:{port}{path}", timeout=2):
                return
        except URLError as error:
            if hasattr(error, "code"):
                return
        except OSError:
            pass
        time.sleep(0.01)
    raise TimeoutError(path)


@contextmanager
def product(env: Mapping[str, str], nodes: int = 1, *, tick: bool = True, **more: str) -> Iterator[list[int]]:
    """Serve the product on so many ports and yield them; `tick` leaves the timed jobs in the first."""
    with ExitStack() as stack:
        ports = [free_port() for _ in range(nodes)]
        for place, port in enumerate(ports):
            flags = [] if tick and place == 0 else ["--no-tick"]
            settings = {**env, **more, "ALONGSIDE_ADDRESS": f"http://localhost:{port}"}
            command = ["alongside", "serve", "--port", str(port), *flags]
            stack.enter_context(running(settings, *command, port=port, path="/health"))
        yield ports


@contextmanager
def granian(env: Mapping[str, str], application: str, nodes: int = 1) -> Iterator[list[int]]:
    """Serve a WSGI application as plainly as the product's own server does, one worker of eight threads a port."""
    with ExitStack() as stack:
        ports = [free_port() for _ in range(nodes)]
        for port in ports:
            command = ["granian", "--interface", "wsgi", "--port", str(port), "--blocking-threads", "8"]
            command += ["--backpressure", "256", "--log-level", "error", "--no-ws", application]
            stack.enter_context(running(env, *command, port=port, path="/"))
        yield ports


def children(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += children(int(child))
    return found


def memory(pid: int) -> float:
    """Return the proportional set size of a process and all below it, in MB (PSS of /proc/PID/smaps_rollup)."""
    total = 0
    for one in children(pid):
        lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024
