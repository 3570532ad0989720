"""How many sealed requests a second are accepted and kept, beside bare inserts and a minimal view of the same bytes.

Every figure of one database comes from one run on one disk. The ratio says what the product itself costs; the load
client takes part of the same processors, which weighs on both sides alike.
"""

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from urllib.request import urlopen

from bench import load, places
from bench.figures import Figure
from tests.e2e.conftest import ROOT
from tests.sealing import vectors

CLIENTS = (1, 16, 64)
ORGANISATIONS, TEAM = 30, 6
SECONDS = 5.0
REPLAYED = 300
GOAL, GOAL_P99_MS = 0.6, 50.0
STORED, AGAIN = 201, 200
COUNT = (
    "import django; django.setup(); from alongside.help_requests.models import Request; print(Request.objects.count())"
)


class Members:
    """Makes requests of many members, each an attempt of its own."""

    def __init__(self, port: int) -> None:
        self.lists = [_list(port, number) for number in range(ORGANISATIONS)]
        self._envelope = vectors.sealed("twelve")
        self._chance = random.Random(7)
        self._lock = threading.Lock()
        self.made: list[bytes] = []

    def request(self, organisation: int | None = None) -> bytes:
        """Return the bytes of one more request, to some organisation."""
        place = self._chance.randrange(len(self.lists)) if organisation is None else organisation
        slug, list_id, length = self.lists[place]
        route = bytes(range(length)).ljust(24, b"\xff")
        made = load.post(
            f"/ask/{slug}/requests", bytes([1, 1]) + list_id + os.urandom(16 + 32) + route + self._envelope
        )
        with self._lock:
            self.made.append(made)
        return made


def measure() -> list[Figure]:
    """Return accept.* of both databases."""
    return [figure for backend in places.BACKENDS for figure in _backend(backend)]


def _backend(backend: str) -> Iterator[Figure]:
    nodes = 2 if backend == "postgres" else 1
    with places.filled(backend, ORGANISATIONS, TEAM) as env:
        others = _others(env, nodes)
        with places.product(env, nodes, tick=False) as ports:
            members = Members(ports[0])
            runs = [load.as_fast_as_possible(ports, 4, 1.0, members.request)]
            for clients in CLIENTS:
                runs.append(load.as_fast_as_possible(ports, clients, SECONDS, members.request))
                yield _rate(backend, clients, runs[-1].rate(STORED), *others[clients])
            half = runs[2].rate(STORED) / 2
            runs.append(load.at_pace(ports, 16, 2 * SECONDS, members.request, half))
            p99 = round(runs[-1].quantile(0.99) * 1000, 1)
            name = "accept.p99_ms" if backend == "sqlite" else f"accept.p99_ms.{backend}"
            yield Figure(name, p99, f"ms at {half:.0f} requests a second", f"< {GOAL_P99_MS:.0f}", p99 < GOAL_P99_MS)
            stored = sum(run.statuses.count(STORED) for run in runs)
            yield from _accounted(backend, env, stored, _replayed(ports, members))


def _others(env: Mapping[str, str], nodes: int) -> dict[int, tuple[float, float]]:
    """Return, by number of clients, the rates of a minimal view and of bare inserts."""
    _minimal(env, "table")
    found = {}
    with places.granian(env, "bench.minimal:application", nodes) as ports:
        body = load.post("/insert", os.urandom(len(vectors.sealed("twelve")) + 90))
        views = {
            clients: load.as_fast_as_possible(ports, clients, SECONDS, lambda: body).rate(201) for clients in CLIENTS
        }
    for clients in CLIENTS:
        found[clients] = (views[clients], float(_minimal(env, "insert", str(clients), str(SECONDS))))
    return found


def _rate(backend: str, clients: int, product: float, view: float, bare: float) -> Figure:
    share = round(product / view, 2)
    unit = f"of a minimal view ({product:.0f}/s, view {view:.0f}/s, bare inserts {bare:.0f}/s)"
    goal, holds = (f">= {GOAL}", share >= GOAL) if clients == 16 else ("none", True)
    return Figure(f"accept.{backend}.{clients}", share, unit, goal, holds)


def _replayed(ports: Sequence[int], members: Members) -> list[int]:
    """Send some requests again, each by several clients at once; return how they were answered."""
    again = [one for one in members.made[-REPLAYED:] for _ in range(3)]
    answers: list[int] = []

    def client(number: int) -> None:
        line = load.Line(ports[number % len(ports)])
        answers.extend(line.ask(one) for one in again[number :: len(threads)])
        line.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _accounted(backend: str, env: Mapping[str, str], stored: int, replayed: Sequence[int]) -> Iterator[Figure]:
    rows = int(_python(env | {"DJANGO_SETTINGS_MODULE": "alongside.site.settings"}, "-c", COUNT))
    doubled = max(0, rows - stored) + sum(status != AGAIN for status in replayed)
    place = "" if backend == "sqlite" else f".{backend}"
    sent = f"of {stored:,} accepted"
    yield Figure(f"accept.doubled{place}", doubled, f"{sent}, {len(replayed)} sent again", "0", doubled == 0)
    yield Figure(f"accept.lost{place}", max(0, stored - rows), sent, "0", stored <= rows)


def _list(port: int, number: int) -> tuple[str, bytes, int]:
    with urlopen(f"http://localhost:{port}/ask/bench{number}/candidates.json") as answer:
        found = json.load(answer)
    return f"bench{number}", bytes.fromhex(found["list"]), len(found["candidates"])


def _minimal(env: Mapping[str, str], *arguments: str) -> str:
    return _python(env, "-m", "bench.minimal", *arguments)


def _python(env: Mapping[str, str], *arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=dict(env), check=True, capture_output=True, text=True).stdout
