"""What many ask for in the same moment, made once for all of them and kept as long as it is right."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

PATIENCE = 10.0
"""How many seconds somebody waits for another thread that makes the same thing; then TimeoutError."""


def slot(seconds: float) -> object:
    """Return a state that is the same for everybody within a slot of this many seconds; with 0 it is never the same."""
    return int(time.monotonic() // seconds) if seconds else object()


Thing = TypeVar("Thing")


class Latest(Generic[Thing]):
    """Things by name, each made once for everybody who asks while it is made, and kept for some seconds after that.

    While one thread makes something, those who ask for the same wait for it; whoever asks for something else does not.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, Thing]] = {}
        self._making: dict[Hashable, Future[Thing]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._kept)

    def get(self, name: Hashable, seconds: float, make: Callable[[], Thing]) -> Thing:
        """Return what was made under `name` less than so many seconds ago, or what `make` returns; with 0 always that.

        What it raises is raised for everybody who waited, and TimeoutError for whoever waited too long.
        """
        if not seconds:
            return make()
        with self._lock:
            kept = self._kept.get(name)
            if kept is not None and time.monotonic() - kept[0] < seconds:
                return kept[1]
            running = self._making.get(name)
            mine: Future[Thing] = Future()
            if running is None:
                self._making[name] = mine
        if running is not None:
            return running.result(PATIENCE)
        try:
            made = make()
        except BaseException as error:
            self._done(name)
            mine.set_exception(error)
            raise
        self._done(name, made)
        mine.set_result(made)
        return made

    def _done(self, name: Hashable, *made: Thing) -> None:
        with self._lock:
            del self._making[name]
            for one in made:
                self._kept[name] = (time.monotonic(), one)


class Once:
    """Bytes by name, each with the state it was made of; the oldest go when there are more than `most_bytes`.

    While one thread makes something, those who ask for the same wait for it; whoever asks for something else does not.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, tuple[object, bytes]] = OrderedDict()
        self._making: dict[tuple[Hashable, object], Future[bytes]] = {}
        self._size = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._kept)

    @property
    def size(self) -> int:
        """How many bytes are kept."""
        return self._size

    def get(self, name: Hashable, state: object, make: Callable[[], bytes]) -> bytes:
        """Return what is kept under `name` for this state, or what `make` returns, which is then kept. What it raises
        is raised for everybody who waited, and TimeoutError for whoever waited too long.
        """
        with self._lock:
            kept = self._kept.get(name)
            if kept is not None and kept[0] == state:
                return kept[1]
            running = self._making.get((name, state))
            mine: Future[bytes] = Future()
            if running is None:
                self._making[name, state] = mine
        if running is not None:
            return running.result(PATIENCE)
        return self._make(name, state, make, mine)

    def _make(self, name: Hashable, state: object, make: Callable[[], bytes], mine: Future[bytes]) -> bytes:
        try:
            made = make()
        except BaseException as error:
            self._done(name, state)
            mine.set_exception(error)
            raise
        self._done(name, state, made)
        mine.set_result(made)
        return made

    def _done(self, name: Hashable, state: object, made: bytes | None = None) -> None:
        with self._lock:
            del self._making[name, state]
            if made is None:
                return
            former = self._kept.pop(name, None)
            self._kept[name] = (state, made)
            self._size += len(made) - (len(former[1]) if former else 0)
            while self._size > self._most_bytes:
                self._size -= len(self._kept.popitem(last=False)[1][1])
