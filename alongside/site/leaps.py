"""A clock that moved, forward or back, by more than the time that passed: it may be wrong, and soon be set right."""

import logging
import time

log = logging.getLogger(__name__)
LEAP = 3600.0
WAIT = 3600.0


class Leaps:
    """Watches the machine's clock and says whether what is deleted by the clock has to wait."""

    def __init__(self) -> None:
        self._seen: tuple[float, float] | None = None
        self._holds_until = float("-inf")

    def look(self, marked_at: float | None) -> None:
        """Look at the clock; at the first look hold it against when a loop was last at work here, None if never."""
        now = (time.time(), time.monotonic())
        # Before the first look nothing is known of how much time passed: a long rest looks like a leap.
        wall, steady = self._seen or (marked_at or now[0], now[1])
        leap = (now[0] - wall) - (now[1] - steady)
        self._seen = now
        if abs(leap) > LEAP:
            self._holds_until = now[1] + WAIT
            log.warning(
                "the clock moved by %d hours since it was last seen; nothing is deleted for an hour", leap / 3600
            )

    @property
    def hold(self) -> bool:
        """Say whether deletions wait now."""
        return time.monotonic() < self._holds_until
