"""The line in which the writers of one process wait for one SQLite file: nobody is passed over for long.

SQLite itself lets those who wait sleep and try again, so that under load somebody can be passed over for seconds, and
give up.
"""

import contextlib
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

WAITED_LONG = 0.25  # seconds
LOOK_EVERY = 1.0  # seconds between two looks whether whoever writes is still alive


class Place:
    """One connection's place: whose it is, whether the thread that took it still lives, whether it is its turn."""

    def __init__(self, wrapper: Any) -> None:
        self.wrapper = weakref.ref(wrapper)
        self.is_manned: Callable[[], bool] = lambda: True
        self.turn = threading.Event()
        self.since = 0.0

    def come(self) -> None:
        """Take the place for the thread of now."""
        self.is_manned = threading.current_thread().is_alive
        self.since = time.monotonic()
        self.turn.clear()


class Line:
    """Lets one place write at a time. Taking a turn twice is one turn; leaving without one does nothing.

    Whoever is running already may go before whoever must first be woken, which is three times faster; but not before
    somebody who has waited for WAITED_LONG.
    """

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
            place.come()
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
            called = place.turn.wait(min(left, LOOK_EVERY))
            with self._mutex:
                if not called:
                    self._clear_away()
                place.turn.clear()
                if self._writing is None and self._waiting[0] is place:
                    self._writing = self._waiting.popleft()
                if self._writing is place:
                    return True
        return False

    def _give_up(self, place: Place) -> bool:
        with self._mutex:
            if self._writing is place:
                return False
            self._step_out(place)
            return True

    def leave(self, place: Place) -> None:
        """End the turn of a place, or its waiting; whoever is next writes."""
        with self._mutex:
            if self._writing is place:
                self._call_next()
            elif place in self._waiting:
                self._step_out(place)

    def _step_out(self, place: Place) -> None:
        self._waiting.remove(place)
        if self._writing is None:
            # It may have been called just now.
            self._call_next()

    def _call_next(self) -> None:
        self._writing = None
        if not self._waiting:
            return
        first = self._waiting[0]
        if time.monotonic() - first.since > WAITED_LONG:
            self._writing = self._waiting.popleft()
        first.turn.set()

    def drop(self, place: Place) -> None:
        """Note that a connection was thrown away unclosed; locks nothing, as the garbage collector calls any time."""
        self._dropped.append(place)

    def _take_out_the_dropped(self) -> None:
        while self._dropped:
            if self._writing is self._dropped.popleft():
                self._call_next()

    def _clear_away(self) -> None:
        """Undo what a thread left half done when it ended, and call the next."""
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
    key = name if name.startswith("file:") else str(Path(name).resolve())
    with _opening:
        return _lines.setdefault(key, Line())
