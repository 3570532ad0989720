"""Log lines that name nobody: no request object, no path, no local values, no address (K-26)."""

import logging
import traceback
from types import TracebackType

from django.db.utils import DatabaseError, InterfaceError

from alongside.site import reasons

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class NamesNobody(logging.Filter):
    """Drops what a log record carries about a request before any handler can print it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Strip the record; keep it."""
        if record.name.startswith("django"):
            record.msg = f"{record.name}: {getattr(record, 'status_code', '') or 'error'}"
            record.args = ()
        for attribute in ("request", "status_code"):
            record.__dict__.pop(attribute, None)
        return True


class Plain(logging.Formatter):
    """One line per record; of an error its kind and where in our code, never its text, which may quote what was
    typed.
    """

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s %(message)s")

    def formatException(self, ei: ErrorInfo) -> str:  # noqa: N802
        """Return the kind of the error and the lines of code, without its message or values."""
        kind, error, trace = ei
        frames = traceback.extract_tb(trace)[-6:]
        name = kind.__name__ if kind else "error"
        why = reasons.of(error) if isinstance(error, DatabaseError | InterfaceError) else ""
        return f"{name}{f': {why},' if why else ''} at " + " < ".join(
            f"{frame.name}:{frame.lineno}" for frame in reversed(frames)
        )
