"""A file from an address that somebody typed: public machines only, little, and within seconds."""

import http.client
import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

LARGEST = 1_000_000
SECONDS = 10.0
LONGEST_ADDRESS = 900
_HEADERS = 64_000
_REDIRECTS = 3
_LOOPBACK = frozenset({"localhost", "127.0.0.1"})
_TLS, _OK, _MOVED, _GONE = 443, 200, {301, 302, 303, 307, 308}, {401, 403, 404, 410}
# What Python counts as public, at least in some releases, and is not: networks of a site, of a provider, of papers.
_NOT_PUBLIC = [ipaddress.ip_network(one) for one in ("192.0.0.0/24", "168.63.129.16/32", "fec0::/10", "3fff::/20")]
# Names that lead to this machine or its network wherever they are asked for, and never to a public one (RFC 6761, 6762,
# 8375, ICANN's .internal, and endings that are promised to nobody because so many networks use them).
_NOT_PUBLIC_NAMES = frozenset(
    ["localhost", "local", "internal", "home.arpa", "lan", "home", "corp", "intranet", "private"]
)
# Ways to write an address of the old kind within one of the new kind: what is behind it cannot be judged here.
_WRAPPED = [ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")]


class Unread(ValueError):
    """A calendar that cannot be read: `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def refuse(address: str, *, loopback: bool = False) -> None:
    """Refuse an address that is never fetched, as far as it says so itself; raises Unread.

    Where a name leads is looked at when it is fetched: it may lead elsewhere by then.
    """
    host = (_target(address, loopback=loopback).hostname or "").rstrip(".")
    if loopback and host in _LOOPBACK:
        return
    if (number := _number(host)) is not None:
        if not is_public(number):
            raise Unread("private")
    elif "." not in host or any(f".{host}".endswith(f".{one}") for one in _NOT_PUBLIC_NAMES):
        raise Unread("private")


def _number(host: str) -> str | None:
    """Return the address that a host is written as, in any way that a resolver reads; None for a name."""
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        # One number, hexadecimal, octal, with parts left out.
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def fetch(address: str, *, loopback: bool = False, seconds: float = SECONDS) -> bytes:
    """Return the file at an address. Raises Unread.

    `loopback` lets tests serve from this machine, where plain http is enough.
    """
    ends_at = time.monotonic() + seconds
    for _ in range(_REDIRECTS + 1):
        try:
            target = _target(address, loopback=loopback)
        except Unread:
            # What was typed passed the form: this is where it leads, and nothing that its owner could spell otherwise.
            raise Unread("address") from None
        try:
            status, headers, body = _ask(target, ends_at, loopback=loopback)
        except TimeoutError:
            raise Unread("slow") from None
        except ssl.SSLError:
            raise Unread("not-safe") from None
        except (OSError, http.client.HTTPException):
            raise Unread("unreachable") from None
        if status in _MOVED and (onward := headers.get("location")):
            address = _onward(address, onward)
        elif status == _OK:
            return _plain(body, headers.get("content-encoding", ""))
        else:
            raise Unread("gone" if status in _GONE else "unreachable")
    raise Unread("unreachable")


def _onward(address: str, onward: str) -> str:
    try:
        return urljoin(address, onward)
    except ValueError:
        raise Unread("address") from None


def _target(address: str, *, loopback: bool) -> SplitResult:
    """Return the parts of an address; raises Unread for one that is never asked."""
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname or ""
        host.encode("idna")
    except (ValueError, UnicodeError):
        raise Unread("address") from None
    plain = not address.isascii() or any(sign <= " " or sign == "\x7f" for sign in address)
    if plain or len(address) > LONGEST_ADDRESS:
        raise Unread("address")
    if loopback and parts.scheme == "http" and host in _LOOPBACK:
        return parts
    if parts.scheme != "https":
        raise Unread("scheme" if parts.scheme else "address")
    if "@" in parts.netloc:
        raise Unread("password")
    if not host:
        raise Unread("address")
    if port not in {None, _TLS}:
        raise Unread("port")
    return parts


def _ask(target: SplitResult, ends_at: float, *, loopback: bool) -> tuple[int, dict[str, str], bytes]:
    host = target.hostname or ""
    port = target.port or (_TLS if target.scheme == "https" else 80)
    with _connect(_places(host, port, ends_at, loopback=loopback), port, ends_at) as raw:
        line = raw
        if target.scheme == "https":
            raw.settimeout(_left(ends_at))
            line = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
        try:
            path = (target.path or "/") + (f"?{target.query}" if target.query else "")
            named = host if target.port in {None, _TLS} else f"{host}:{port}"
            said = f"GET {path} HTTP/1.1\r\nHost: {named}\r\nAccept: text/calendar, */*;q=0.1\r\n"
            line.settimeout(_left(ends_at))
            line.sendall(f"{said}Accept-Encoding: identity\r\nConnection: close\r\n\r\n".encode())
            return _answer(line, ends_at)
        finally:
            line.close()


def _answer(line: socket.socket, ends_at: float) -> tuple[int, dict[str, str], bytes]:
    answer = http.client.HTTPResponse(_Bounded(line, ends_at), method="GET")  # type: ignore[arg-type]
    answer.begin()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    if answer.status != _OK:
        return answer.status, headers, b""
    body = answer.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise Unread("too-large")
    return answer.status, headers, body


@dataclass
class _Bounded:
    """A connection that the HTTP library reads from: to a deadline, and no more than so many bytes in all."""

    line: socket.socket
    ends_at: float

    def makefile(self, *_: Any) -> io.BufferedReader:
        """Return what the library reads."""
        return io.BufferedReader(_Raw(self.line, self.ends_at))


class _Raw(io.RawIOBase):
    def __init__(self, line: socket.socket, ends_at: float) -> None:
        self.line, self.ends_at, self.taken = line, ends_at, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there. A trickle meets the deadline, a flood the bound."""
        self.line.settimeout(_left(self.ends_at))
        count = self.line.recv_into(buffer)
        self.taken += count
        if self.taken > 2 * LARGEST + _HEADERS:
            raise Unread("too-large")
        return count


def _left(ends_at: float) -> float:
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _places(host: str, port: int, ends_at: float, *, loopback: bool) -> list[str]:
    """Return where a name leads, as far as we go there. Raises Unread."""
    names = within(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), _left(ends_at))
    found = [str(one[4][0]) for one in names]
    allowed = [one for one in found if is_public(one) or (loopback and ipaddress.ip_address(one).is_loopback)]
    if not allowed:
        raise Unread("private")
    return allowed


def is_public(address: str) -> bool:
    """Say whether an address is one of the public network, and not of this machine, its network or its cloud."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return is_public(str(found.ipv4_mapped))
        if any(found in net for net in _WRAPPED):
            return False
    if any(found in net for net in _NOT_PUBLIC):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _connect(places: list[str], port: int, ends_at: float) -> socket.socket:
    """Connect to an address that was looked at: the name is not looked up again."""
    for place in places[:-1]:
        try:
            return socket.create_connection((place, port), timeout=min(_left(ends_at), SECONDS / 4))
        except OSError:
            continue
    return socket.create_connection((places[-1], port), timeout=_left(ends_at))


def within(ask: Callable[[], Any], seconds: float) -> Any:
    """Return what a call answers that has no deadline of its own; raises TimeoutError, or what it raised."""
    answers: queue.Queue[tuple[Any, OSError | None]] = queue.Queue()

    def run() -> None:
        try:
            answers.put((ask(), None))
        except (OSError, UnicodeError) as error:
            answers.put((None, error if isinstance(error, OSError) else OSError()))

    threading.Thread(target=run, daemon=True).start()
    try:
        found, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error:
        raise error
    return found


def _plain(body: bytes, encoding: str) -> bytes:
    """Return a body unpacked, as far as one may be large; nothing packed was asked for."""
    if encoding.strip().lower() in {"", "identity"}:
        return body
    if encoding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        raise Unread("not-a-calendar")
    unpacking = zlib.decompressobj(47)
    try:
        found = unpacking.decompress(body, LARGEST + 1)
    except zlib.error:
        raise Unread("not-a-calendar") from None
    if len(found) > LARGEST:
        raise Unread("too-large")
    return found
