"""Ports for servers of our own, which nobody else takes between being chosen and being listened on, nor while a server
is stopped and started again.
"""

import fcntl
import os
import secrets
import socket
import tempfile
from pathlib import Path

# From the range that systems hand out by themselves, any connection outwards may get a port at any time.
HANDED_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")
FIRST, LAST = 12_000, 32_000  # browsers refuse some lower ones
CLAIMS = Path(tempfile.gettempdir()) / f"alongside-ports-{os.getuid()}"
_claimed: dict[int, int] = {}
"""What this process has given out, each with the process that did: a child begins with none."""
_file = os.open(CLAIMS, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def free_port() -> int:
    """Return a port that nobody listens on and that no other process gets from here while this one lives."""
    among = range(FIRST, _last())
    start = secrets.randbelow(len(among))
    for place in range(len(among)):
        port = among[(start + place) % len(among)]
        if _claimed.get(port) != os.getpid() and _claim(port) and is_free(port):
            return port
    raise OSError("there is no free port")


def is_free(port: int) -> bool:
    """Say whether a server could listen on a port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _claim(port: int) -> bool:
    """Lock the byte of a common file that stands for a port: the system frees it when this process ends."""
    try:
        fcntl.lockf(_file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _claimed[port] = os.getpid()
    return True


def _last() -> int:
    """Return where to stop: before the ports that the system hands out, if that leaves some."""
    try:
        first = int(HANDED_OUT.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return LAST
    return min(LAST, first) if first > FIRST + 1000 else LAST
