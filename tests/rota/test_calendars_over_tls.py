"""A supporter's own calendar is read over TLS by the real client: the other side shows who it is, and only the place
that was looked at is asked.
"""

import datetime
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from alongside.rota import ics
from alongside.rota.ics import fetching
from tests.rota import calendars
from tests.rota.calendars import calendar, event, whole

NAME = "calendar.example.org"
ADDRESS = f"https://{NAME}/own.ics"
GOOD = calendar(event(1, "DTSTART;VALUE=DATE:20261224"))
DAY = datetime.timedelta(days=1)


class Authority:
    """Whoever says that a server is who it says it is."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        found = self._begin(self.name, self.key.public_key(), 30).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.file.write_bytes(found.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def _begin(self, subject: x509.Name, key: Any, days: int) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 40 * DAY)
            .not_valid_after(now + days * DAY)
        )

    def vouch(self, host: str, days: int = 10) -> Path:
        """Return the file of a certificate and its key for a host."""
        key = ec.generate_private_key(ec.SECP256R1())
        found = self._begin(x509.Name([]), key.public_key(), days).add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True
        )
        file = self.folder / f"{host}-{days}.pem"
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + found.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)
        )
        return file


class Resolver:
    """Answers names as a test wants, one answer after the other; `asked` holds them."""

    def __init__(self, **places: list[list[str]]) -> None:
        self.places = {name.replace("_", "."): answers for name, answers in places.items()}
        self.asked: list[str] = []
        self.real = socket.getaddrinfo

    def __call__(self, host: Any, port: Any, *given: Any, **named: Any) -> Any:
        """Answer."""
        if host not in self.places:
            return self.real(host, port, *given, **named)
        self.asked.append(host)
        answers = self.places[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port)) for place in found]


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Be known to this machine, as the operator's own authority is."""
    found = Authority(tmp_path, "known")
    monkeypatch.setenv("SSL_CERT_FILE", str(found.file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    return found


@contextmanager
def server(
    monkeypatch: pytest.MonkeyPatch,
    file: Path | None,
    answer: Callable[[socket.socket], None],
    place: str = "127.0.0.1",
) -> Iterator[calendars.Server]:
    """Serve over TLS on the port where calendars are asked for."""

    def over_tls(line: socket.socket) -> None:
        if file is None:
            answer(line)
            return
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        with context.wrap_socket(line, server_side=True) as inner:
            found.asked.append(inner.recv(65536))
            answer(inner)

    found = calendars.Server(over_tls, place=place, listens=file is not None)
    monkeypatch.setattr(fetching, "_TLS", found.port)
    with calendars.running(found):
        yield found


def names(monkeypatch: pytest.MonkeyPatch, **places: list[list[str]]) -> Resolver:
    """Let names lead where a test says."""
    found = Resolver(**places)
    monkeypatch.setattr(fetching.socket, "getaddrinfo", found)
    return found


def code(seconds: float = 3.0) -> str:
    """Return what becomes of asking."""
    with pytest.raises(ics.Unread) as refused:
        fetching.fetch(ADDRESS, loopback=True, seconds=seconds)
    return refused.value.code


def test_a_calendar_is_read_from_a_server_that_shows_who_it_is(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver = names(monkeypatch, calendar_example_org=[["127.0.0.1"]])
    with server(monkeypatch, authority.vouch(NAME), whole(GOOD)) as one:
        assert fetching.fetch(ADDRESS, loopback=True) == GOOD
    (asked,) = one.asked
    assert asked.startswith(b"GET /own.ics HTTP/1.1\r\nHost: calendar.example.org")
    assert resolver.asked == [NAME]


@pytest.mark.parametrize("wrong", ["unknown authority", "another name", "over", "no TLS"])
def test_who_cannot_show_it_is_told_nothing(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wrong: str
) -> None:
    files = {
        "unknown authority": lambda: Authority(tmp_path, "strange").vouch(NAME),
        "another name": lambda: authority.vouch("other.example.org"),
        "over": lambda: authority.vouch(NAME, days=-1),
        "no TLS": lambda: None,
    }
    names(monkeypatch, calendar_example_org=[["127.0.0.1"]])
    with server(monkeypatch, files[wrong](), whole(GOOD)) as one:
        assert code() == "not-safe"
    # Not even the path was said, which is a secret of its own with most calendars.
    assert not any(b"own.ics" in asked for asked in one.asked)


@pytest.mark.parametrize("place", ["10.0.0.7", "169.254.169.254", "192.168.0.1", "100.64.0.1", "0.0.0.0"])  # noqa: S104
def test_a_redirect_into_a_private_network_is_not_followed_over_tls_either(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    names(monkeypatch, calendar_example_org=[["127.0.0.1"]], inside_example_org=[[place]])
    tried: list[str] = []
    real = socket.create_connection
    monkeypatch.setattr(
        fetching.socket, "create_connection", lambda to, **more: (tried.append(to[0]), real(to, **more))[1]
    )
    moved = calendars.status(302, "Location: https://inside.example.org/latest/meta-data/")
    with server(monkeypatch, authority.vouch(NAME), moved):
        assert code() == "private"
    assert tried == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("http://calendar.example.org/own.ics", "address"),
        ("https://calendar.example.org:22/own.ics", "address"),
        ("https://name:word@calendar.example.org/", "address"),
        ("https://[::1", "address"),
        ("//[x]/", "address"),
        ("https://localhost/own.ics", "not-safe"),
        ("/again.ics", "unreachable"),
    ],
)
def test_where_a_redirect_never_leads(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, where: str, says: str
) -> None:
    names(monkeypatch, calendar_example_org=[["127.0.0.1"]])
    with server(monkeypatch, authority.vouch(NAME), calendars.status(301, f"Location: {where}")) as one:
        assert code() == says
    assert len([asked for asked in one.asked if asked]) <= fetching._REDIRECTS + 1


def test_the_place_that_was_looked_at_is_the_one_that_is_asked(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A name that leads to a public machine when it is looked at and into the network when it is asked (rebinding).
    resolver = names(monkeypatch, calendar_example_org=[["127.0.0.1"], ["127.0.0.2"]])
    file = authority.vouch(NAME)
    with server(monkeypatch, file, whole(GOOD)) as looked_at:
        other = calendars.Server(whole(b"inside"), place="127.0.0.2", port=looked_at.port)
        with calendars.running(other):
            assert fetching.fetch(ADDRESS, loopback=True) == GOOD
            assert (len(looked_at.asked), other.asked) == (1, [])
    assert resolver.asked == [NAME]


def test_of_a_name_that_leads_to_both_kinds_only_the_public_one_is_asked(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, calendar_example_org=[["10.0.0.7", "192.168.1.1", "127.0.0.1"]])
    tried: list[str] = []
    real = socket.create_connection
    monkeypatch.setattr(
        fetching.socket, "create_connection", lambda to, **more: (tried.append(to[0]), real(to, **more))[1]
    )
    with server(monkeypatch, authority.vouch(NAME), whole(GOOD)):
        assert fetching.fetch(ADDRESS, loopback=True) == GOOD
    assert tried == ["127.0.0.1"]


def test_every_redirect_is_looked_up_and_looked_at_anew(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    # The same name, public at first and private when it leads back to itself.
    resolver = names(monkeypatch, calendar_example_org=[["127.0.0.1"], ["10.0.0.7"]])
    with server(monkeypatch, authority.vouch(NAME), calendars.status(302, f"Location: {ADDRESS}")) as one:
        assert code() == "private"
    assert (len(one.asked), resolver.asked) == (1, [NAME, NAME])


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (calendars.drip, "slow"),
        (calendars.drip_head, "slow"),
        (calendars.silent, "slow"),
        (calendars.endless, "too-large"),
        (calendars.endless_continue, "too-large"),
        (calendars.bomb, "too-large"),
        (calendars.shut, "unreachable"),
    ],
)
def test_a_hostile_server_costs_no_more_over_tls(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, answer: Any, says: str
) -> None:
    names(monkeypatch, calendar_example_org=[["127.0.0.1"]])
    begun = time.monotonic()
    with server(monkeypatch, authority.vouch(NAME), answer):
        assert code(seconds=1.5) == says
    assert time.monotonic() - begun < 4


def test_a_server_that_never_shakes_hands_holds_nobody_up(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, calendar_example_org=[["127.0.0.1"]])
    begun = time.monotonic()
    with server(monkeypatch, None, calendars.silent):
        assert code(seconds=1.0) == "slow"
    with server(monkeypatch, None, calendars.drip_handshake):
        assert code(seconds=1.0) == "slow"
    assert time.monotonic() - begun < 4
