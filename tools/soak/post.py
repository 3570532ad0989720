"""A mail server with habits that change while it runs; it keeps what it took over and what it only pretended to."""

import contextlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes


@dataclass(frozen=True)
class Letter:
    """One letter as it arrived."""

    to: str
    subject: str
    reference: str
    at: float


class Post:
    """A mail server on loopback, by hand, so that it can misbehave at any point of the talk.

    Habits: good; drip (greets a byte a second); refuse (550); busy (451 after the text); cut (hangs up within the
    text); late (takes the letter and says so after 14 seconds, when the sender has gone); liar (says 250 and loses it);
    deaf (never says anything).
    """

    def __init__(self, port: int) -> None:
        self.habit: Callable[[str], str] = lambda _to: "good"
        self.letters: list[Letter] = []
        self.swallowed: list[Letter] = []
        self.talks: Counter[str] = Counter()
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=200)

    def behave(self, habit: str) -> None:
        """Be the same to everybody from now on."""
        self.habit = lambda _to: habit

    def run(self) -> None:
        """Take calls until told to stop."""
        while not self._over.is_set():
            with contextlib.suppress(OSError):
                line, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def stop(self) -> None:
        """Take no more calls."""
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def subjects(self, since: float = 0) -> Counter[tuple[str, str]]:
        """Return how many letters each address got of each subject, repeats of one letter left out."""
        once = {letter.reference: letter for letter in self.letters if letter.at >= since}
        return Counter((letter.to, letter.subject) for letter in once.values())

    @property
    def repeats(self) -> int:
        """Return how many letters were taken over more than once."""
        return len(self.letters) - len({letter.reference for letter in self.letters})

    def _talk(self, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError, ConnectionError):
            line.settimeout(60)
            habit = self.habit("")
            self.talks[habit] += 1
            if habit == "deaf":
                self._over.wait(60)
                return
            if habit == "drip":
                for byte in b"220 mail.example at your service, in a while\r\n":
                    line.sendall(bytes([byte]))
                    if self._over.wait(1):
                        return
            else:
                line.sendall(b"220 mail.example\r\n")
            self._commands(line)

    def _commands(self, line: socket.socket) -> None:
        to = ""
        with line.makefile("rb") as lines:
            for raw in lines:
                command = raw.strip().upper()
                if command.startswith(b"DATA"):
                    if not self._data(line, lines, to):
                        return
                elif command.startswith(b"RCPT"):
                    to = raw.decode().partition("<")[2].partition(">")[0]
                    line.sendall(b"550 nobody here\r\n" if self.habit(to) == "refuse" else b"250 ok\r\n")
                elif command.startswith(b"QUIT"):
                    line.sendall(b"221 bye\r\n")
                    return
                else:
                    line.sendall(b"250 ok\r\n")

    def _data(self, line: socket.socket, lines: Iterator[bytes], to: str) -> bool:
        habit = self.habit(to)
        line.sendall(b"354 go on\r\n")
        text = b""
        for part in lines:
            if part == b".\r\n":
                break
            text += part
            if habit == "cut":
                return False
        message = message_from_bytes(text)
        letter = Letter(to, str(message["Subject"]), str(message["Message-ID"]), time.monotonic())
        if habit == "busy":
            line.sendall(b"451 later\r\n")
        elif habit == "liar":
            self.swallowed.append(letter)
            line.sendall(b"250 taken, really\r\n")
        else:
            self.letters.append(letter)
            if habit == "late":
                self._over.wait(14)
            line.sendall(b"250 taken\r\n")
        return True


@contextmanager
def post_office(port: int) -> Iterator[Post]:
    """Run a mail server."""
    post = Post(port)
    threading.Thread(target=post.run, daemon=True).start()
    try:
        yield post
    finally:
        post.stop()
