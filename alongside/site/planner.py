"""The planning process of this node: started when a plan waits, never two at once, gone when this process is."""

import os
import subprocess
import sys
import time
from datetime import datetime

from alongside.rota import actions, queries
from alongside.rota.rules import proposing

# After one that ended badly: whatever was wrong may pass, and the log is not filled meanwhile.
PAUSE = 30.0


class Planner:
    """Starts `alongside plan` and looks after it. Planning needs the solver, which no process that serves loads."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = float("-inf")
        self._vain = 0

    @property
    def is_busy(self) -> bool:
        """Say whether the process runs; one that ended is let go."""
        if self._process is None:
            return False
        status = self._process.poll()
        if status is None:
            return True
        self._process = None
        self._vain = self._vain + 1 if status and not queries.is_planning() else 0
        if status:
            self._not_before = time.monotonic() + PAUSE
        if self._vain >= proposing.MOST_TRIES:
            # It cannot even begin here: whoever asked is told, and not left to wait for ever.
            self._vain = 0
            actions.give_up_plans()
        return False

    def look(self, now: datetime) -> bool:
        """Start the process when something waits and none runs; return whether it was started."""
        if self.is_busy or time.monotonic() < self._not_before or not queries.plan_waits(now):
            return False
        # The demonstration moves its clock in this process only.
        ahead = round(now.timestamp() - time.time())
        command = [sys.executable, "-m", "alongside", "plan", "--parent", str(os.getpid()), "--ahead", str(ahead)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603
        return True

    def wait(self) -> None:
        """Wait until the process has ended, if one runs."""
        if self._process is not None:
            self._process.wait()


planner = Planner()
