"""The busy spans of a foreign calendar, worked out by a process of its own (parsing.py).

A file may be made to cost hours or all memory, and a library may keep what it once read. The process knows nothing of
this installation, has seconds and some memory, writes nothing, and ends.
"""

import json
import os
import subprocess
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from alongside.rota.ics.fetching import Unread

WALL_SECONDS = 15.0
PROGRAM = "alongside.rota.ics.parsing"

Span = tuple[datetime, datetime]


def read(data: bytes, zone: ZoneInfo, begin: datetime, end: datetime) -> list[Span]:
    """Return the busy spans within [begin, end), in order, those that touch made one. Raises Unread.

    `zone` is the zone of whole days, and of times that name none.
    """
    told = json.dumps([zone.key, begin.isoformat(), end.isoformat()]).encode()
    try:
        done = subprocess.run(  # noqa: S603 - a module of our own
            [sys.executable, "-B", "-m", PROGRAM],
            input=told + b"\n" + data,
            capture_output=True,
            timeout=WALL_SECONDS,
            # Nothing of this installation's environment: its secret and its database are named there.
            env={"PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, sys.path))), "PYTHONUTF8": "1"},
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unread("too-much") from None
    try:
        found = json.loads(done.stdout)
    except ValueError:
        # Ended by the kernel, or by what no file should do to a parser.
        raise Unread("too-much" if done.returncode < 0 else "not-a-calendar") from None
    if isinstance(found, str):
        raise Unread(found)
    return [(datetime.fromisoformat(start), datetime.fromisoformat(stop)) for start, stop in found]
