"""Who waits for whom: requests stand in lanes, and in a lane each organisation has its own queue.

A lane lets a few in at once and takes turns between its queues, so that a flood on one organisation makes that
organisation wait and no other. A queue that is full or too slow sends its requests away at once (`Full`).
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LONGEST_WAIT = 8.0
"""Seconds a request waits for its turn; a page gives up after 20 (browser/src/pages/member/talk.ts)."""


class Full(Exception):
    """So many wait here already, or so long, that one more is better told to come again."""


@dataclass(frozen=True)
class Width:
    """How many requests of a lane run at once, how many of one queue of it, and how many may wait in each queue."""

    running: int
    share: int
    waiting: int


@dataclass
class Lane:
    """One lane. Everything runs in one event loop; nothing here is for threads."""

    width: Width
    running: int = 0
    inside: dict[str, int] = field(default_factory=dict)
    queues: dict[str, deque[asyncio.Future[None]]] = field(default_factory=dict)

    async def enter(self, key: str) -> None:
        """Wait for a turn in the queue `key`. Raises Full; whoever came in must call `leave`."""
        queue = self.queues.get(key)
        if queue is None and self._room(key):
            self._let_in(key)
            return
        if queue is not None and len(queue) >= self.width.waiting:
            raise Full
        await self._wait(key)

    async def _wait(self, key: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.queues.setdefault(key, deque()).append(turn)
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                # Let in at the very moment of giving up: the place goes to the next.
                self.leave(key)
            else:
                self._forget(key, turn)
            if isinstance(error, TimeoutError):
                raise Full from None
            raise

    def leave(self, key: str) -> None:
        """Give the place back, and let in whoever's turn it is."""
        self.running -= 1
        self.inside[key] -= 1
        if not self.inside[key]:
            del self.inside[key]
        self._call_next()

    def _call_next(self) -> None:
        # The queues take turns: one that was served goes behind the others.
        for key in list(self.queues):
            if self.running >= self.width.running:
                return
            if not self._room(key):
                continue
            queue = self.queues.pop(key)
            turn = queue.popleft()
            if queue:
                self.queues[key] = queue
            self._let_in(key)
            turn.set_result(None)

    def _room(self, key: str) -> bool:
        return self.running < self.width.running and self.inside.get(key, 0) < self.width.share

    def _let_in(self, key: str) -> None:
        self.running += 1
        self.inside[key] = self.inside.get(key, 0) + 1

    def _forget(self, key: str, turn: asyncio.Future[None]) -> None:
        queue = self.queues.get(key)
        if queue is not None and turn in queue:
            queue.remove(turn)
            if not queue:
                del self.queues[key]


@dataclass
class Places:
    """A bounded number of places for bodies on their way in. When all are taken, the one that has been there longest
    makes room, if it had its fair time.
    """

    most: int
    fair: float
    taken: dict[asyncio.Task[object], float] = field(default_factory=dict)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place while a body comes in. Raises Full when there is none; the holder is cancelled when it has to
        make room.
        """
        task, now = asyncio.current_task(), asyncio.get_running_loop().time()
        if task is None:
            raise RuntimeError("a place is held by a task")
        if len(self.taken) >= self.most and not self._make_room(now):
            raise Full
        self.taken[task] = now
        try:
            yield
        finally:
            self.taken.pop(task, None)

    def _make_room(self, now: float) -> bool:
        oldest = next(iter(self.taken), None)
        if oldest is None or now - self.taken[oldest] < self.fair:
            return False
        del self.taken[oldest]
        oldest.cancel()
        return True
