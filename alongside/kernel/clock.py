"""The one clock of the product.

Actions and views ask `now()`; rules get the moment as an argument. The demonstration and the tests move this
clock forward through `shift()`, nobody else does.
"""

import threading
from datetime import UTC, datetime, timedelta

_lock = threading.Lock()
_shift = timedelta(0)
_fixed: datetime | None = None


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return (_fixed or datetime.now(UTC)) + _shift


def this_minute() -> datetime:
    """Return the present minute: the finest moment that a row about a request may hold."""
    return now().replace(second=0, microsecond=0)


def shift(by: timedelta) -> None:
    """Move the clock by `by` for this whole process, on top of earlier moves."""
    global _shift  # noqa: PLW0603
    with _lock:
        _shift += by


def freeze(at: datetime | None) -> None:
    """Stop the clock at `at`, or let it run again; moves made so far are forgotten."""
    global _fixed, _shift
    with _lock:
        _fixed, _shift = at, timedelta(0)
