"""Where requests come in: judged by their head, read to the end, and only then given to a thread.

Granian calls `application` (RSGI) in one event loop. A head that is no request of ours is answered there; a body is
read there against a deadline, so that a slow or silent client holds a socket and never a thread. Django's WSGI handler
runs in a small pool, entered by lanes (lanes.py). When there is no room the answer is a short 503 that needs neither a
thread nor a database and shows the numbers (docs/decisions/0017).
"""

import asyncio
import contextlib
import gc
import io
import logging
import re
import socket
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.urls import resolve

from alongside.kernel import clock
from alongside.site import refusals
from alongside.site.lanes import Full, Lane, Places, Width
from alongside.site.lately import Lately, key_of
from alongside.site.visitors import Visitors
from alongside.site.wsgi import application as django

log = logging.getLogger(__name__)

THREADS = 10
LANES = {
    # The rest is for pages: they come from memory and must always find a thread.
    "pages": Width(running=THREADS, share=THREADS - 2, waiting=256),
    "asking": Width(running=4, share=3, waiting=128),
    "team": Width(running=3, share=2, waiting=128),
    # Each may cost a password hash: 100 MB and all processors for a tenth of a second.
    "enter": Width(running=2, share=1, waiting=32),
}
LONGEST_PATH, LONGEST_QUERY, MOST_HEADERS = 1000, 2000, 64
LARGEST_ASK, LARGEST_TEAM = 48_000, 200_000
READ_SECONDS = 60.0
"""From the head of a request to the last byte of its body: 42 kB at 6 kbit/s."""
FAIR_SECONDS = 10.0
MOST_READING = 1000
UNREAD_SECONDS = 60
"""After so long without taking a byte of an answer a connection is cut by the kernel."""
HELD = {"/in/enter/password/reset/": 0.6, "/in/enter/login/": 0.6}
"""Seconds before which these answers do not leave: their true time would tell whether an address has an account."""

# Answers that only an organisation that exists can give.
_OF_REAL_ONES = frozenset({200, 201, 304, 409, 410})
HOME = str(settings.ALONGSIDE_ADDRESS).rpartition("/")[2]
_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_ASKING = re.compile(r"/ask/([^/]{1,60})/")
Headers = list[tuple[str, str]]


class _Scope(Protocol):
    client: str
    server: str
    scheme: str
    method: str
    path: str
    query_string: str
    headers: Any


class _Wire(Protocol):
    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...
    async def __call__(self) -> bytes: ...


@dataclass(frozen=True)
class Head:
    """What the first lines of a request say, and how long its body is."""

    method: str
    path: str
    lane: str
    organisation: str
    length: int


def lane_of(method: str, path: str) -> tuple[str, str]:
    """Return the lane of a request, and the organisation it names or an empty text."""
    if path.startswith("/in/"):
        return ("enter" if path.startswith("/in/enter/") and method == "POST" else "team"), ""
    found = _ASKING.match(path)
    return ("asking" if found and method == "POST" else "pages"), (found[1] if found else "")


def judge(method: str, path: str, query: str, headers: Iterable[tuple[str, str]]) -> Head:
    """Return the head of a request; raises refusals.Refused for one that no browser of ours would send."""
    named: dict[str, list[str]] = {}
    for name, value in headers:
        named.setdefault(name, []).append(value)
    if len(path) > LONGEST_PATH or len(query) > LONGEST_QUERY:
        raise refusals.Refused(414)
    if sum(map(len, named.values())) > MOST_HEADERS:
        raise refusals.Refused(431)
    if len(named.get("host", [])) != 1 or len(named.get("content-length", [])) > 1:
        raise refusals.Refused(400)
    if method not in _BODY:
        return Head(method, path, *lane_of(method, path), 0)
    # A length said beforehand is what the limits below rest on; every browser says it for what our pages send.
    if "transfer-encoding" in named or "content-length" not in named:
        raise refusals.Refused(411)
    length = int(named["content-length"][0])
    if length > (LARGEST_TEAM if path.startswith("/in/") else LARGEST_ASK):
        raise refusals.Refused(413)
    return Head(method, path, *lane_of(method, path), length)


class Application:
    """The site as Granian calls it."""

    def __init__(self) -> None:
        self._lanes = {name: Lane(width) for name, width in LANES.items()}
        self._places = Places(MOST_READING, FAIR_SECONDS)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="web")
        self._known: set[str] = set()
        self._visitors = Visitors()
        self._lately = Lately()
        self._begun: set[asyncio.Task[None]] = set()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Prepare what is to be ready before the first request."""
        refusals.prepare()
        # Every page is loaded before the first is asked for. What is here by now stays: to look through it again, for
        # garbage, would hold up whatever page is being made.
        resolve("/health")
        gc.freeze()
        self._begun.add(loop.create_task(_cut_the_unread()))

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let requests under way end."""
        self._pool.shutdown(wait=True)

    async def __rsgi__(self, scope: _Scope, wire: _Wire) -> None:
        """Answer one request."""
        try:
            status, headers, body = await self._answer(scope, wire)
        except refusals.Refused as refused:
            status, headers, body = refusals.answer(refused.status, scope.method, scope.path)
        except ConnectionError:
            return
        except Exception:
            log.exception("a request could not be answered")
            status, headers, body = refusals.answer(500, scope.method, scope.path)
        # Whoever left is not there to be answered.
        with contextlib.suppress(Exception):
            wire.response_bytes(status, headers, body)

    async def _answer(self, scope: _Scope, wire: _Wire) -> tuple[int, Headers, bytes]:
        headers = scope.headers.items()
        head = judge(scope.method, scope.path, scope.query_string, headers)
        key = key_of(HOME, scope.method, scope.path, scope.query_string, headers)
        if key and (kept := self._lately.find(key, clock.now())):
            return kept
        body = await self._read(wire, head.length) if head.length else b""
        environ = _environ(scope, headers, body)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        answer = await self._in_turn(head, scope, environ)
        if key:
            self._lately.keep(key, answer, clock.now())
        if head.method == "POST" and (held := HELD.get(head.path)):
            await asyncio.sleep(max(0.0, begun + held - loop.time()))
        return answer

    async def _in_turn(self, head: Head, scope: _Scope, environ: dict[str, Any]) -> tuple[int, Headers, bytes]:
        # Made-up names stand in one queue together: with one of their own each they would get all the turns.
        lane, queue = self._lanes[head.lane], head.organisation if head.organisation in self._known else ""
        said = {"cookie": environ.get("HTTP_COOKIE", ""), "x-forwarded-for": environ.get("HTTP_X_FORWARDED_FOR", "")}
        if head.path.startswith("/in/"):
            queue = self._visitors.queue(scope.client, said)
        try:
            await lane.enter(queue)
        except Full:
            raise refusals.Refused(503) from None
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._pool, _run, environ)
        finally:
            lane.leave(queue)
        if head.organisation and answer[0] in _OF_REAL_ONES:
            self._known.add(head.organisation)
        if head.path.startswith("/in/"):
            self._visitors.learn(head.path, said, answer[0])
        return answer

    async def _read(self, wire: _Wire, length: int) -> bytes:
        """Return the whole body; raises refusals.Refused for one that comes too slowly, ConnectionError for one that
        never comes.
        """
        try:
            with self._places.one():
                async with asyncio.timeout(READ_SECONDS):
                    body = await wire()
        except Full:
            raise refusals.Refused(503) from None
        except (TimeoutError, asyncio.CancelledError):
            raise refusals.Refused(408) from None
        except Exception as error:
            raise ConnectionError from error
        if len(body) != length:
            raise refusals.Refused(400)
        return body


def _environ(scope: _Scope, headers: Iterable[tuple[str, str]], body: bytes) -> dict[str, Any]:
    """Return the request as WSGI has it."""
    host, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers:
        # `sec_fetch_site` and `sec-fetch-site` would be one name from here on; only the second is checked by proxies.
        if "_" in name:
            continue
        key = "HTTP_" + name.upper().replace("-", "_")
        if name == "cookie" and key in environ:
            environ[key] += "; " + value
        else:
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    return environ


def _run(environ: dict[str, Any]) -> tuple[int, Headers, bytes]:
    """Let Django answer, in a thread."""
    begun: list[Any] = []

    def start(status: str, headers: Headers, _info: object = None) -> Callable[[bytes], object]:
        begun[:] = [int(status[:3]), headers]
        return lambda _data: None

    response = django(environ, start)
    try:
        body = b"".join(response)
    finally:
        close = getattr(response, "close", None)
        if close:
            close()
    status, headers = begun
    return status, [(name.lower(), value) for name, value in headers if name.lower() != "content-length"], body


async def _cut_the_unread() -> None:
    """Tell the kernel, at every listening socket, to cut connections that take nothing of their answer."""
    option: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is None:
        return
    for _ in range(50):
        found = list(_listening())
        for one in found:
            one.setsockopt(socket.IPPROTO_TCP, option, UNREAD_SECONDS * 1000)
            one.close()
        if found:
            return
        await asyncio.sleep(0.1)


def _listening() -> Iterable[socket.socket]:
    folder = Path("/proc/self/fd")
    for entry in list(folder.iterdir()) if folder.exists() else []:
        with contextlib.suppress(OSError, ValueError):
            copy = socket.fromfd(int(entry.name), socket.AF_INET, socket.SOCK_STREAM)
            if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and copy.family != socket.AF_UNIX:
                yield copy
            else:
                copy.close()


application = Application()
