"""Serves the site: Granian before the entrance (entrance.py), and the loop of timed jobs beside it."""

import fcntl
import gc
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

MOST_CONNECTIONS = 10_000  # idle ones too; more wait at the door until others time out
FILES_ELSEWHERE = 256
HEAD_MS = 20_000
"""How long a connection may be silent, before its first request and between two, and how long a head may take."""
LARGEST_HEAD = 32_768


class AlreadyServed(Exception):
    """Another process serves this SQLite file; two would work against each other's locks."""


@contextmanager
def only_server() -> Iterator[None]:
    """Hold the lock of this installation's SQLite file while serving; raises AlreadyServed. PostgreSQL takes many
    servers.
    """
    if "sqlite" not in str(settings.DATABASES["default"]["ENGINE"]):
        yield
        return
    path = Path(str(settings.DATABASES["default"]["NAME"]) + ".serving")
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServed from None
        yield


def serve(host: str, port: int, *, tick: bool, greeting: str = "") -> None:
    """Serve until stopped. With `tick` the worker process also runs the timed jobs; a worker that dies is started
    again.
    """
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings

    os.environ["ALONGSIDE_TICK"] = "yes" if tick else "no"
    with only_server():
        print(greeting, flush=True)
        # Where processes start by fork, the worker is one of this process: what the collector looked at there would be
        # in memory twice. Where they start otherwise (the rule since Python 3.14), this does nothing for it.
        gc.collect()
        gc.freeze()
        Granian(
            "alongside.site.entrance:application",
            address=host,
            port=port,
            interface=Interfaces.RSGI,
            workers=1,
            # One way of talking only: what stands in front of a server (and every browser) speaks it too.
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=HEAD_MS, max_buffer_size=LARGEST_HEAD),
            backlog=2048,
            backpressure=_connections(),
            respawn_failed_workers=True,
            respawn_interval=0.5,
            websockets=False,
            log_access=False,
            log_level="warning",  # type: ignore[arg-type]
        ).serve()


def _connections() -> int:
    """Return how many connections this process may hold: each is an open file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY:
        wanted = MOST_CONNECTIONS + FILES_ELSEWHERE
        soft = wanted if hard == resource.RLIM_INFINITY else max(soft, min(hard, wanted))
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(FILES_ELSEWHERE, min(MOST_CONNECTIONS, soft - FILES_ELSEWHERE))
    return MOST_CONNECTIONS


def start_loop() -> None:
    """Start the timed jobs as a thread of this process, where `serve` asked for it."""
    if os.environ.get("ALONGSIDE_TICK") != "yes":
        return
    from alongside.site import schedule

    threading.Thread(target=schedule.loop.run_forever, args=(threading.Event(),), daemon=True, name="tick").start()
