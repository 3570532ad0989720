"""Two web servers and two workers on one PostgreSQL behind Caddy, as deploy/ has it. One of each is killed."""

import base64
import contextlib
import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests import age_reader
from tests.e2e.acts import CALLS
from tests.e2e.conftest import ROOT, wait_for
from tests.e2e.fronted import Front, caddy_is_here, fronted
from tests.e2e.installation import installed
from tests.notify.receivers import MailBox, mail_server
from tools.ports import free_port

SERVER = os.environ.get("E2E_POSTGRES", "")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not SERVER, reason="needs E2E_POSTGRES, which make test sets"),
    pytest.mark.skipif(not caddy_is_here(), reason="needs Caddy: apt install caddy"),
]
REQUESTS, AT_ONCE, TRIES = 40, 6, 40
FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/octet-stream"}


@dataclass
class Shape:
    """The running programme: its processes by name, and what they were started with."""

    env: dict[str, str]
    folder: Path
    ports: list[int]
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start `web0`, `web1`, `tick0` or `tick1`, each with a data folder of its own as on a machine of its own."""
        kind, number = name[:-1], int(name[-1])
        words = ["serve", "--no-tick", "--port", str(self.ports[number])] if kind == "web" else ["tick"]
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "alongside", *words],
                cwd=ROOT,
                env=self.env | {"ALONGSIDE_DATA": str(self.folder / f"data-{name}")},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if kind == "web":
            wait_for(f"http://localhost:{self.ports[number]}", self.running[name], log)

    def kill(self, name: str) -> None:
        """End a process and its children at once, so that nothing can tidy up."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def database() -> Iterator[str]:
    """Make an empty database."""
    name = f"nodes_{secrets.token_hex(4)}"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    yield SERVER.replace("/postgres?", f"/{name}?")
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture
def mail(settings: Any) -> Iterator[tuple[MailBox, int]]:
    """A mail server that keeps what it takes."""
    port = free_port()
    with mail_server(settings, MailBox(), port) as box:
        yield box, port


@pytest.fixture
def shape(tmp_path: Path, database: str, mail: tuple[MailBox, int]) -> Iterator[tuple[Shape, Front]]:
    """Start everything."""
    ports, public = [free_port(), free_port()], free_port()
    more = {
        "DATABASE_URL": database,
        "ALONGSIDE_SECRET_KEY": secrets.token_urlsafe(48),
        "ALONGSIDE_HTTPS": "yes",
        "ALONGSIDE_PROXIES": "1",
        "ALONGSIDE_HOSTS": "localhost",
        "ALONGSIDE_SMTP_URL": f"smtp://127.0.0.1:{mail[1]}",
    }
    with installed(tmp_path, demo=False, **more) as made:
        # So many at once would have to work for it, which is another story (test_flood.py).
        made.policy(work_after=REQUESTS + 1)
        one = Shape(made.env | {"ALONGSIDE_ADDRESS": f"https://localhost:{public}"}, tmp_path, ports)
        try:
            for name in ("web0", "web1", "tick0", "tick1"):
                one.start(name)
            with fronted(tmp_path, "two.Caddyfile", ports, port=public) as front:
                yield one, front
        finally:
            for name in list(one.running):
                one.kill(name)


def frame_for(listing: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return what a member's device sends for a list, and the token by which it asks afterwards."""
    receipt = age_reader.receipt(os.urandom(16))
    box = {"address": _base64url(receipt.address), "recipient": receipt.recipient}
    text = json.dumps({"v": 1, "how": "call", "reach": "218 555 0146", "box": box})
    keys = [one["key"] for one in listing["candidates"]][:12]
    sealed = age_reader.seal_for(keys, text, 12)
    head = bytes([1, 1]) + bytes.fromhex(listing["list"]) + os.urandom(16)
    return head + hashlib.sha256(receipt.token).digest() + bytes(range(len(keys))).ljust(
        24, b"\xff"
    ) + sealed, receipt.token


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def send(front: Front, frame: bytes) -> list[int]:
    """Send as a browser does: the same bytes again until the server says that it has them. Return every answer."""
    said: list[int] = []
    with front.client() as device:
        for _ in range(TRIES):
            try:
                answer = device.post("/ask/pine-county/requests", content=frame, headers=FROM_OUR_PAGE)
            except httpx.HTTPError:
                said.append(0)
            else:
                said.append(answer.status_code)
                if answer.status_code in {200, 201}:
                    return said
            time.sleep(0.5)
    raise AssertionError(said)


def rows(database: str, query: str) -> list[tuple[Any, ...]]:
    """Ask the database."""
    with psycopg.connect(database, autocommit=True) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


@pytest.mark.req("A-03", "A-25")
def test_nothing_is_lost_or_doubled_when_a_server_and_a_worker_die(
    shape: tuple[Shape, Front], database: str, mail: tuple[MailBox, int]
) -> None:
    running, front = shape
    with front.client() as visitor:
        listing = visitor.get("/ask/pine-county/candidates.json").json()
    frames = [frame_for(listing) for _ in range(REQUESTS)]
    said: list[list[int]] = []
    half = threading.Event()

    def one(frame: bytes) -> None:
        said.append(send(front, frame))
        if len(said) >= REQUESTS // 3:
            half.set()

    with ThreadPoolExecutor(AT_ONCE) as devices:
        for frame, _token in frames:
            devices.submit(one, frame)
        assert half.wait(60)
        running.kill("web0")
        running.kill("tick0")
    assert len(said) == REQUESTS
    assert sum(answers[-1] in {200, 201} for answers in said) == REQUESTS

    # Every request once; each one's first rung once, whoever of the two workers called it.
    _until(lambda: _called(database) == REQUESTS)
    assert rows(database, "SELECT count(*) FROM help_requests_request") == [(REQUESTS,)]
    doubled = "SELECT count(*) FROM escalation_alert GROUP BY ladder_id, supporter_id, round, rung HAVING count(*) > 1"
    assert rows(database, doubled) == []
    _until(lambda: not rows(database, "SELECT 1 FROM notify_notice WHERE NOT failed AND due_at < now() LIMIT 1"))
    # A worker killed between handing over and noting it hands that one over again: at least once, and hardly more.
    calls = [letter for _to, letter in mail[0].taken if letter["Subject"] in CALLS]
    assert REQUESTS <= len(calls) <= REQUESTS + 10

    # The same bytes again, to whoever is left and to whoever comes back, store nothing more.
    running.start("web0")
    running.start("tick0")
    assert {send(front, frame)[-1] for frame, _token in frames[:10]} == {200}
    with front.client() as device:
        for _frame, token in frames:
            answer = device.post("/ask/pine-county/progress", content=token, headers=FROM_OUR_PAGE)
            assert (answer.status_code, answer.json()["state"] != "unknown") == (200, True)
    assert rows(database, "SELECT count(*) FROM help_requests_request") == [(REQUESTS,)]


def _called(database: str) -> int:
    return int(rows(database, "SELECT count(DISTINCT ladder_id) FROM escalation_alert")[0][0])


def _until(true: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.3)


@pytest.mark.req("A-25")
def test_pages_come_from_whoever_is_left_and_show_the_numbers_when_nobody_is(shape: tuple[Shape, Front]) -> None:
    running, front = shape
    with front.client() as visitor:
        running.kill("web0")
        assert [visitor.get("/ask/pine-county/en/").status_code for _ in range(8)] == [200] * 8
        running.kill("web1")
        gone = visitor.get("/ask/pine-county/en/")
        assert gone.status_code == 502
        assert 'href="tel:988"' in gone.text
        running.start("web1")
        with contextlib.suppress(AssertionError):
            _until(lambda: visitor.get("/ask/pine-county/en/").status_code == 200, 15)
        assert visitor.get("/ask/pine-county/en/").status_code == 200
