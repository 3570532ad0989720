"""Looks at the clock: ladders climb by it."""

import ctypes
import ctypes.util
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from alongside.accounts.models import AuditEntry
from alongside.escalation.models import Ladder
from alongside.policy.models import Change
from alongside.site.doctor.finding import Finding

LATE = timedelta(minutes=5)
APART = 5.0  # seconds between two machines' clocks
UNSYNCHRONISED = 5  # adjtimex(2): the kernel was not told that anything sets the clock


def kept_right(now: datetime) -> Iterator[Finding]:
    """Look whether anything sets this machine's clock over the network."""
    state = _kernel_state()
    if state == UNSYNCHRONISED:
        text = _("Nothing keeps this machine's clock right. Ladders climb by it. Run: apt install systemd-timesyncd")
        yield Finding("time", "warning", text)
    elif state is not None:
        yield Finding("time", "ok", _("This machine's clock is kept right over the network."))


def _kernel_state() -> int | None:
    """Return what adjtimex(2) says of the clock, changing nothing; None where it cannot be asked."""
    try:
        library = ctypes.CDLL(ctypes.util.find_library("c") or "libc.so.6", use_errno=True)
        state = int(library.adjtimex(ctypes.create_string_buffer(512)))  # struct timex with modes=0 only reads
    except (OSError, AttributeError):
        return None
    return state if state >= 0 else None


def fits_the_rows(now: datetime) -> Iterator[Finding]:
    """Hold the clock against the database server's and against what was written before."""
    apart = _apart_from_server()
    moments = [
        AuditEntry.objects.aggregate(at=Max("at"))["at"],
        Change.objects.aggregate(at=Max("changed_at"))["at"],
        Ladder.objects.aggregate(at=Max("opened_at"))["at"],
    ]
    if any(moment is not None and moment > now + LATE for moment in moments):
        text = _(
            "There are rows from the future: this machine's clock is wrong, or was. Alerts may come at wrong times."
        )
        yield Finding("clock", "failure", text)
    elif apart > APART:
        text = _("The clocks of this machine and of the database server are %s seconds apart. Set both by the network.")
        yield Finding("clock", "failure", text % round(apart))
    else:
        yield Finding("clock", "ok", _("This machine's clock fits what is in the database."))


def _apart_from_server() -> float:
    """Return the seconds between the clocks of this machine and of PostgreSQL; SQLite has none of its own."""
    if connection.vendor != "postgresql":
        return 0.0
    before = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        theirs = float(cursor.fetchone()[0])
    return max(0.0, before - theirs, theirs - time.time())
