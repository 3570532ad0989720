"""A worker ends with the server that watches over it.

Without that, killing the watching process alone leaves a worker that nobody restarts when it dies, and that holds the
port and the lock of the database file, so that the service manager cannot start the server again.
"""

import ctypes
import os
import signal
import sys

SET_SIGNAL_AT_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)


def end_with_parent(parent: int | None = None) -> None:
    """Ask Linux to end this process as soon as the one that started it is gone; elsewhere do nothing.

    Who knows the number of the `parent` gives it: it may have gone before this is called.
    """
    if not sys.platform.startswith("linux"):
        return
    parent = parent or os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(SET_SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
    if os.getppid() != parent:
        # It went before, or between the two calls.
        os.kill(os.getpid(), signal.SIGKILL)
