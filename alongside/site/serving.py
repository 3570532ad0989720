"""Serves the site: Granian with threads, and the loop of timed jobs beside it."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

THREADS = 8
MOST_WAITING = 256  # requests that the server takes in at once; more wait at the door


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
    from granian.constants import Interfaces

    os.environ["ALONGSIDE_TICK"] = "yes" if tick else "no"
    with only_server():
        print(greeting, flush=True)
        Granian(
            "alongside.site.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=1,
            blocking_threads=THREADS,
            backpressure=MOST_WAITING,
            respawn_failed_workers=True,
            respawn_interval=0.5,
            websockets=False,
            log_access=False,
            log_level="warning",  # type: ignore[arg-type]
        ).serve()


def start_loop() -> None:
    """Start the timed jobs as a thread of this process, where `serve` asked for it."""
    if os.environ.get("ALONGSIDE_TICK") != "yes":
        return
    from alongside.site import schedule

    threading.Thread(target=schedule.loop.run_forever, args=(threading.Event(),), daemon=True, name="tick").start()
