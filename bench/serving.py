"""What serving costs: memory, the time to start, and the first page beside fixed bytes from the same server."""

import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.request import Request, urlopen

from bench import load, places
from bench.accepting import ORGANISATIONS, TEAM, Members
from bench.figures import Figure
from tools.ports import free_port

IDLE_MB, LOAD_MB, START_S = 150, 200, 1.5
STARTS, SECONDS, CLIENTS = 5, 5.0, 16
IDLE = 15
HOME = "/ask/bench0/en/"


def measure() -> list[Figure]:
    """Return rss.idle_mb, rss.load_mb, start.s and home.rate."""
    with places.filled("sqlite", ORGANISATIONS, TEAM) as env:
        start = statistics.median(_start(env) for _ in range(STARTS))
        idle, loaded, home = _memory(env)
        fixed = _fixed(env)
    share = round(home / fixed, 2)
    return [
        Figure("rss.idle_mb", round(idle), "MB, PSS of all processes", f"<= {IDLE_MB}", idle <= IDLE_MB),
        Figure("rss.load_mb", round(loaded), "MB, PSS, most of 10 s of requests", f"<= {LOAD_MB}", loaded <= LOAD_MB),
        Figure("start.s", round(start, 2), "s to the first answer, median", f"< {START_S}", start < START_S),
        Figure("home.rate", share, f"of fixed bytes ({home:.0f}/s, fixed {fixed:.0f}/s)", "none", True),
    ]


def _start(env: Mapping[str, str]) -> float:
    begun = time.monotonic()
    with places.product(env):
        return time.monotonic() - begun


def _memory(env: Mapping[str, str]) -> tuple[float, float, float]:
    """Return the memory of a server left alone, at most under requests, and its first pages a second."""
    port = free_port()
    command = ["alongside", "serve", "--port", str(port)]
    settings = {**env, "ALONGSIDE_ADDRESS": f"http://localhost:{port}"}
    with places.running(settings, *command, port=port, path="/health") as server:
        time.sleep(IDLE)
        idle = places.memory(server.pid)
        members = Members(port)
        most = idle
        for _ in range(10):
            load.as_fast_as_possible([port], CLIENTS, 1.0, members.request)
            most = max(most, places.memory(server.pid))
        page = load.get(HOME)
        load.as_fast_as_possible([port], CLIENTS, 1.0, lambda: page)
        return idle, most, load.as_fast_as_possible([port], CLIENTS, SECONDS, lambda: page).rate(200)


def _fixed(env: Mapping[str, str]) -> float:
    """Return how many answers a second the same server gives that does nothing but hand out the same bytes."""
    with tempfile.NamedTemporaryFile() as file:
        with places.product(env) as (port,):
            asked = Request(f"http://localhost:{port}{HOME}", headers={"Accept-Encoding": "br"})
            with urlopen(asked) as answer:
                Path(file.name).write_bytes(answer.read())
        with places.granian({**env, "BENCH_STATIC": file.name}, "bench.minimal:static") as ports:
            page = load.get("/")
            load.as_fast_as_possible(ports, CLIENTS, 1.0, lambda: page)
            return load.as_fast_as_possible(ports, CLIENTS, SECONDS, lambda: page).rate(200)
