"""The line in which the writers of one process wait for one SQLite file: first come, first served.

SQLite itself lets those who wait sleep and try again, so under load somebody can be passed over until they give up.
"""

import contextlib
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOOK_EVERY = 1.0  # seconds between two looks whether whoever writes is still alive


class Place:
    """One connection's place: whose it is, whether the thread that took it still lives, whether it is its turn."""

    def __init__(self, wrapper: Any) -> None:
        self.wrapper = weakref.ref(wrapper)
        self.is_manned: Callable[[], bool] = lambda: True
        self.turn = threading.Event()


class Line:
    """Lets one place write at a time. Taking a turn twice is one turn; leaving without one does nothing."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[Place] = deque()
        self._writing: Place | None = None
        self._dropped: deque[Place] = deque()

    def wait(self, place: Place, patience: float) -> bool:
        """Wait for the turn of a place; False when it did not come within `patience` seconds."""
        with self._mutex:
            if self._writing is place:
                return True
            place.is_manned = threading.current_thread().is_alive
            place.turn.clear()
            self._take_out_the_dropped()
            if self._writing is None:
                self._writing = place
                return True
            self._waiting.append(place)
        try:
            if self._stand(place, time.monotonic() + patience):
                return True
        except BaseException:
            self.leave(place)
            raise
        return not self._give_up(place)

    def _stand(self, place: Place, until: float) -> bool:
        while (left := until - time.monotonic()) > 0:
            if place.turn.wait(min(left, LOOK_EVERY)):
                return True
            self._clear_away()
        return False

    def _give_up(self, place: Place) -> bool:
        with self._mutex:
            if self._writing is place:
                return False
            self._waiting.remove(place)
            return True

    def drop(self, place: Place) -> None:
        """Note that a connection was thrown away unclosed. Locks nothing: the garbage collector may call at any time."""
        self._dropped.append(place)

    def _take_out_the_dropped(self) -> None:
        while self._dropped:
            place = self._dropped.popleft()
            if self._writing is place:
                self._call_next()

    def leave(self, place: Place) -> None:
        """End the turn of a place, or its waiting; whoever came next writes."""
        with self._mutex:
            if self._writing is place:
                self._call_next()
            elif place in self._waiting:
                self._waiting.remove(place)

    def _call_next(self) -> None:
        self._writing = self._waiting.popleft() if self._waiting else None
        if self._writing:
            self._writing.turn.set()

    def _clear_away(self) -> None:
        """Undo what a thread left half done when it ended, and call the next."""
        with self._mutex:
            self._take_out_the_dropped()
            if self._writing is None or self._writing.is_manned():
                return
            wrapper = self._writing.wrapper()
            if wrapper is not None and wrapper.connection is not None:
                with contextlib.suppress(Exception):
                    wrapper.connection.rollback()
            self._call_next()

    def is_writing(self, place: Place) -> bool:
        """Say whether it is a place's turn now."""
        return self._writing is place

    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._waiting)


_lines: dict[str, Line] = {}
_opening = threading.Lock()


def line_of(name: str) -> Line:
    """Return the one line of a database file in this process."""
    key = name if name.startswith("file:") else str(Path(name).absolute())
    with _opening:
        return _lines.setdefault(key, Line())
