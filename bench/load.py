"""A load client that costs little: prepared bytes over kept connections, one thread for each client."""

import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
PATIENCE = 30.0


@dataclass
class Taken:
    """What a run of load got: the status and the seconds of each answer, and how long the run was."""

    seconds: float = 0.0
    statuses: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def rate(self, *good: int) -> float:
        """Return the answers with one of these statuses in each second."""
        return sum(status in good for status in self.statuses) / self.seconds

    def quantile(self, share: float) -> float:
        """Return the time, in seconds, within which this share of the answers came."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Line:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket: socket.socket | None = None

    def ask(self, data: bytes) -> int:
        """Send one prepared request and return the status of its answer; a lost connection is opened anew once."""
        try:
            return self._ask(data)
        except OSError:
            self.close()
            return self._ask(data)

    def close(self) -> None:
        """Hang up."""
        if self._socket:
            self._socket.close()
        self._socket = None

    def _ask(self, data: bytes) -> int:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = self._socket
        line.sendall(data)
        answer = b""
        while (end := answer.find(HEAD_END)) < 0:
            answer += _more(line)
        head = answer[:end].lower()
        at = head.find(LENGTH)
        length = int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        missing = end + len(HEAD_END) + length - len(answer)
        while missing > 0:
            missing -= len(_more(line))
        return int(answer[9:12])


def _more(line: socket.socket) -> bytes:
    data = line.recv(1 << 16)
    if not data:
        raise ConnectionError
    return data


def post(path: str, body: bytes) -> bytes:
    """Return a post as a browser on our own page sends it."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def get(path: str) -> bytes:
    """Return a request for a page."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br\r\n\r\n".encode()


def as_fast_as_possible(ports: Sequence[int], clients: int, seconds: float, make: Callable[[], bytes]) -> Taken:
    """Let each client ask again as soon as it is answered; clients take turns at the ports."""
    return _run(ports, clients, seconds, make, pause=None)


def at_pace(ports: Sequence[int], clients: int, seconds: float, make: Callable[[], bytes], rate: float) -> Taken:
    """Offer `rate` requests a second at random moments, whatever the answers do; a time counts from the moment at
    which the request was due, so that waiting for a free client counts as well.
    """
    return _run(ports, clients, seconds, make, pause=clients / rate)


def _run(ports: Sequence[int], clients: int, seconds: float, make: Callable[[], bytes], pause: float | None) -> Taken:
    taken, lock = Taken(), threading.Lock()
    start = time.monotonic() + 0.2
    stop = start + seconds

    def client(number: int) -> None:
        chance = random.Random(number)
        line, statuses, times = Line(ports[number % len(ports)]), [], []
        due = start + (chance.expovariate(1 / pause) if pause else 0.0)
        while due < stop:
            time.sleep(max(0.0, due - time.monotonic()))
            statuses.append(line.ask(make()))
            times.append(time.monotonic() - due)
            due = due + chance.expovariate(1 / pause) if pause else time.monotonic()
        line.close()
        with lock:
            taken.statuses += statuses
            taken.times += times

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken.seconds = time.monotonic() - start
    return taken
