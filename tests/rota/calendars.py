"""A web server on this machine that serves calendars as badly as one likes."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\n"


def event(uid: object, *lines: str) -> str:
    """Return one event."""
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"]) + "\r\n"


def calendar(*parts: str) -> bytes:
    """Return a calendar."""
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + "".join(parts) + "END:VCALENDAR\r\n").encode()


def whole(body: bytes, head: bytes = HEAD) -> Callable[[socket.socket], None]:
    """Answer with a body of known length."""

    def answer(line: socket.socket) -> None:
        line.sendall(head + b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)

    return answer


def status(code: int, *headers: str) -> Callable[[socket.socket], None]:
    """Answer with a status and no body."""

    def answer(line: socket.socket) -> None:
        lines = [f"HTTP/1.1 {code} X", *headers, "Content-Length: 0", "", ""]
        line.sendall("\r\n".join(lines).encode())

    return answer


@cache
def packed() -> bytes:
    """Return 20 megabytes packed in 20 kilobytes, again and again."""
    once = gzip.compress(bytes(20_000_000), 9)
    return once * 100


def bomb(line: socket.socket) -> None:
    """Answer with a few kilobytes that unpack to far more than anybody has room for."""
    whole(packed()[:900_000], HEAD + b"Content-Encoding: gzip\r\n")(line)


def drip(line: socket.socket) -> None:
    """Answer one byte at a time, for ever."""
    line.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
    while True:
        line.sendall(b"B")
        time.sleep(0.05)


def drip_head(line: socket.socket) -> None:
    """Begin a head and never end it."""
    line.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        line.sendall(b"a")
        time.sleep(0.05)


def silent(line: socket.socket) -> None:
    """Say nothing."""
    time.sleep(30)


def endless(line: socket.socket) -> None:
    """Answer in chunks without end."""
    line.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        line.sendall(b"1000\r\n" + b"X" * 4096 + b"\r\n")


def endless_continue(line: socket.socket) -> None:
    """Say 100 Continue without end."""
    while True:
        line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def drip_handshake(line: socket.socket) -> None:
    """Begin to shake hands (TLS) and never end it: a long record, byte by byte."""
    line.sendall(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xf0")
    while True:
        line.sendall(b"\x00")
        time.sleep(0.05)


def shut(line: socket.socket) -> None:
    """Hang up."""


class Server:
    """Serves one answer at a time; `asked` holds the heads of requests."""

    def __init__(
        self, answer: Callable[[socket.socket], None], *, place: str = "127.0.0.1", port: int = 0, listens: bool = False
    ) -> None:
        self.answer, self.listens = answer, listens
        self.asked: list[bytes] = []
        self.listening = socket.create_server((place, port))
        self.port = self.listening.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/own.ics"

    def run(self) -> None:
        """Serve until closed."""
        with suppress(OSError):
            while True:
                line, _ = self.listening.accept()
                threading.Thread(target=self.serve, args=(line,), daemon=True).start()

    def serve(self, line: socket.socket) -> None:
        """Serve one request."""
        with suppress(OSError), line:
            # One that `listens` by itself reads the request inside of what it speaks.
            if not self.listens:
                self.asked.append(line.recv(65536))
            self.answer(line)


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[Server]:
    """Serve while inside."""
    with running(Server(answer)) as server:
        yield server


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Serve while inside."""
    threading.Thread(target=server.run, daemon=True).start()
    try:
        yield server
    finally:
        # A thread that waits in accept() holds the socket open; shutting it down wakes it.
        with suppress(OSError):
            server.listening.shutdown(socket.SHUT_RDWR)
        server.listening.close()
