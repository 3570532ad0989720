"""Members' devices and supporters' devices under load, and the ledger of what the server answered them.

The server cannot open an envelope, so the last 32 bytes of each carry the mark of its request: that is how the ledger
knows one again. What a device does when there is no answer is what the page does (browser/src/pages/member/sender.ts),
with shorter pauses.
"""

import base64
import hashlib
import http.client
import json
import random
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.sealing import vectors

OCTETS = {"Content-Type": "application/octet-stream", "Sec-Fetch-Site": "same-origin"}
TWELVE, ONE = vectors.sealed("twelve"), vectors.sealed("one")
TOKEN = 32
CSRF = "s" * 32
CLOSING = "pair=first&kind=talk&channel=phone&topic={topic}&outcome={outcome}"
IN_INBOX = re.compile(r"/in/team/requests/([0-9a-f-]{36})")
STORED = (200, 201)


class Lost(Exception):
    """There was no answer; nothing is known of what arrived."""


@dataclass
class Asked:
    """One press of the button, and all that followed from it."""

    plan: str
    token: bytes
    attempt: bytes
    box: bytes
    sent: bool = False
    stored: bool = False
    cancel_sent: bool = False
    cancelled: bool = False
    close_sent: bool = False
    closed: bool = False
    written: dict[bytes, bool] = field(default_factory=dict)  # attempt of a message -> answered
    replies: dict[bytes, bool] = field(default_factory=dict)  # mark of a reply -> answered

    @property
    def mark(self) -> bytes:
        """Return what the envelope ends with; also the hash that the server keeps of the token."""
        return hashlib.sha256(self.token).digest()

    def is_in(self, envelope: bytes | None) -> bool:
        """Say whether this is its envelope."""
        return envelope is not None and envelope.endswith(self.mark)


class Ledger:
    """Everything that was asked of a server and what it answered."""

    def __init__(self) -> None:
        self.asked: dict[bytes, Asked] = {}
        self.answers: dict[str, int] = {}
        self._lock = threading.Lock()

    def ask(self, chance: random.Random) -> Asked:
        """Begin a new request; its plan says what its people will do with it."""
        plan = chance.choices(["close", "cancel", "wait", "take"], [35, 15, 30, 20])[0]
        made = Asked(plan, chance.randbytes(16), chance.randbytes(16), chance.randbytes(16))
        with self._lock:
            self.asked[made.mark] = made
        return made

    def count(self, what: str) -> None:
        """Count one answer."""
        with self._lock:
            self.answers[what] = self.answers.get(what, 0) + 1


@dataclass
class Line:
    """A connection to one of the web servers, another one each time."""

    ports: list[int]
    chance: random.Random
    patience: float = 12.0

    def send(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Return status and body; raises Lost."""
        line = http.client.HTTPConnection("localhost", self.chance.choice(self.ports), timeout=self.patience)
        try:
            line.request(method, path, body or None, headers or {})
            answer = line.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Lost from error
        finally:
            line.close()


class Device:
    """What both kinds of devices share: a line, and trying again."""

    def __init__(self, ports: list[int], ledger: Ledger, chance: random.Random) -> None:
        self.ledger, self.chance = ledger, chance
        self.line = Line(ports, chance)
        self.stop = threading.Event()

    def again(self, send: Callable[[], tuple[int, bytes]], what: str, tries: int = 400) -> tuple[int, bytes]:
        """Send until there is an answer that is not `busy`; raises Lost after so many tries."""
        for _ in range(tries):
            try:
                status, body = send()
            except Lost:
                self.ledger.count(f"{what} lost")
            else:
                self.ledger.count(f"{what} {status}")
                if status not in (429, 500, 502, 503):
                    return status, body
            time.sleep(self.chance.uniform(0.02, 0.3))
        raise Lost


class Member(Device):
    """A member's device."""

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Post bytes as the page does."""
        return self.line.send("POST", f"/ask/pine-county/{path}", body, OCTETS)

    def ask(self, asked: Asked) -> bool:
        """Send one request until it is stored; False when the device gave up, so that nothing is known."""
        gives_up = asked.plan == "wait" and self.chance.random() < 0.15
        for _ in range(20):
            frame = self._frame(asked)
            asked.sent = True
            try:
                status, _body = self.again(partial(self.post, "requests", frame), "ask", 1 if gives_up else 400)
            except Lost:
                return False
            if status in STORED:
                asked.stored = True
                return True
            if status != 409:
                raise RuntimeError(f"a sound request was answered with {status}")
        return False

    def _frame(self, asked: Asked) -> bytes:
        def fetch() -> tuple[int, bytes]:
            return self.line.send("GET", "/ask/pine-county/candidates.json")

        status, body = self.again(fetch, "list")
        if status != 200:
            raise RuntimeError(f"the list was answered with {status}")
        listing: dict[str, Any] = json.loads(body)
        route = bytes(range(len(listing["candidates"]))).ljust(24, b"\xff")
        urgency = bytes([1, self.chance.choice([1, 1, 1, 2])])
        return (
            urgency + uuid.UUID(listing["list"]).bytes + asked.attempt + asked.mark + route + marked(TWELVE, asked.mark)
        )

    def write_back(self, asked: Asked) -> None:
        """Send a message with the request, until it is stored or the request is gone."""
        attempt = self.chance.randbytes(16)
        asked.written[attempt] = False
        body = asked.token + attempt + marked(TWELVE, attempt)
        status, _ = self.again(lambda: self.post("messages", body), "message")
        asked.written[attempt] = status in STORED

    def cancel(self, asked: Asked) -> None:
        """Cancel, until that was answered."""
        asked.cancel_sent = True
        status, _ = self.again(lambda: self.post("progress/cancel", asked.token), "cancel")
        asked.cancelled = status == 200

    def box(self, asked: Asked) -> Counter[bytes]:
        """Return the mark of every reply that waits in the box of a request, and how often."""
        status, body = self.again(lambda: self.post("box", asked.box), "box")
        replies = json.loads(body)["replies"] if status == 200 else []
        return Counter(base64.b64decode(text)[-32:] for text in replies)

    def run(self, pause: float) -> None:
        """Ask, write back, look, cancel, until told to stop; what was begun is brought to its end."""
        while not self.stop.is_set():
            asked = self.ledger.ask(self.chance)
            if self.ask(asked):
                for _ in range(self.chance.choice([0, 0, 1, 2])):
                    self.write_back(asked)
                self.again(partial(self.post, "progress", asked.token), "progress")
                if asked.plan == "cancel":
                    self.stop.wait(self.chance.uniform(0, 2))
                    self.cancel(asked)
            self.stop.wait(self.chance.uniform(0, 2 * pause))


class Peer(Device):
    """A supporter's device, signed in."""

    def __init__(self, ports: list[int], ledger: Ledger, chance: random.Random, session: str) -> None:
        super().__init__(ports, ledger, chance)
        self.cookie = {"Cookie": f"{session}; in_csrf={CSRF}"}
        self.posting = self.cookie | {"X-CSRFToken": CSRF, "Sec-Fetch-Site": "same-origin"}

    def get(self, path: str) -> tuple[int, bytes]:
        """Get a page or bytes."""
        return self.again(lambda: self.line.send("GET", path, b"", self.cookie), "page")

    def act(self, request: str, step: str, body: str = "") -> int:
        """Press a button until it was answered; return the status."""
        headers = self.posting | {"Content-Type": "application/x-www-form-urlencoded"}
        path = f"/in/team/requests/{request}/{step}"
        return self.again(lambda: self.line.send("POST", path, body.encode() or b"-", headers), step)[0]

    def waiting(self) -> list[str]:
        """Return the ids of what the inbox shows."""
        status, body = self.get("/in/team/")
        if status != 200:
            raise RuntimeError(f"the inbox was answered with {status}")
        return sorted(set(IN_INBOX.findall(body.decode())))

    def open(self, request: str) -> Asked | None:
        """Fetch an envelope and know it again; None when it is gone or somebody else's."""
        status, envelope = self.get(f"/in/team/requests/{request}/envelope")
        if status != 200:
            return None
        return self.ledger.asked[envelope[-32:]]

    def reply(self, request: str, asked: Asked) -> None:
        """Put a reply into the box that the envelope names."""
        mark = self.chance.randbytes(32)
        asked.replies[mark] = False
        headers = self.posting | OCTETS
        body = asked.box + marked(ONE, mark)
        path = f"/in/team/requests/{request}/reply"
        status, _ = self.again(lambda: self.line.send("POST", path, body, headers), "reply")
        asked.replies[mark] = status == 201

    def close(self, request: str, asked: Asked) -> None:
        """Close with the tally, until that was answered."""
        asked.close_sent = True
        status = self.act(request, "close", CLOSING.format(**CHOICES))
        asked.closed = asked.closed or status == 302

    def deal_with(self, request: str) -> None:
        """Do with a request what its plan says, as far as this device may."""
        asked = self.open(request)
        if asked is None:
            return
        if asked.plan == "wait":
            if self.chance.random() < 0.1:
                self.act(request, "pass")
            return
        if self.act(request, "accept") != 302 or self.open(request) is None:
            return
        self.reply(request, asked)
        if asked.plan == "close" and self.act(request, "connected") == 302:
            self.close(request, asked)
        elif asked.plan == "take" and self.chance.random() < 0.3:
            self.act(request, "release")

    def run(self, pause: float) -> None:
        """Look at the inbox and deal with some of it, until told to stop."""
        while not self.stop.is_set():
            found = self.waiting()
            for request in self.chance.sample(found, min(2, len(found))):
                self.deal_with(request)
            self.stop.wait(self.chance.uniform(0, 2 * pause))


def marked(envelope: bytes, mark: bytes) -> bytes:
    """Return an envelope that ends with a mark; the server checks its shape, not what it cannot open."""
    return envelope[: -len(mark)] + mark


def _choices() -> dict[str, str]:
    from alongside.content import load

    return {question: entries[0].key for question, entries in load.tally().items()}


CHOICES = _choices()


class Crowd:
    """Many devices at once."""

    def __init__(self, ports: list[int], sessions: list[str], chance: random.Random, members: int = 4) -> None:
        self.ledger = Ledger()
        self.errors: list[str] = []
        self.members = [Member(ports, self.ledger, random.Random(chance.random())) for _ in range(members)]
        self.peers = [Peer(ports, self.ledger, random.Random(chance.random()), one) for one in sessions]
        self._threads: list[threading.Thread] = []

    def start(self, pause: float = 0.7) -> None:
        """Let all of them run."""
        for device in (*self.members, *self.peers):
            self._threads.append(threading.Thread(target=self._run, args=(device, pause), daemon=True))
            self._threads[-1].start()

    def _run(self, device: Member | Peer, pause: float) -> None:
        try:
            device.run(pause)
        except Exception as error:
            self.errors.append(f"a device was answered wrongly: {error!r}")

    def finish(self, seconds: float = 120) -> bool:
        """Let everybody end what they began; say whether they did in time."""
        for device in (*self.members, *self.peers):
            device.stop.set()
        ends = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.1, ends - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)
