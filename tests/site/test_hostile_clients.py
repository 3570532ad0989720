"""A real server and clients that mean it no good, on real sockets: somebody else is answered meanwhile, always."""

import http.client
import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from alongside.sealing.rules import FRAME_HEAD_BYTES
from alongside.site import entrance
from tests.e2e.installation import Installation, installed
from tests.help_requests.frames import TWELVE

pytestmark = pytest.mark.e2e

# Nothing is measured here: a machine with much else to do is slow, a hanging server never answers.
PATIENCE = 15
HOME = "/ask/pine-county/en/"
SIZE = FRAME_HEAD_BYTES + len(TWELVE)


@pytest.fixture(scope="module")
def pine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for all of these."""
    with installed(tmp_path_factory.mktemp("hostile")) as made:
        made.start()
        yield made


def connect(pine: Installation) -> socket.socket:
    return socket.create_connection(("127.0.0.1", pine.port), timeout=PATIENCE)


@contextmanager
def holding(pine: Installation, count: int, said: bytes = b"") -> Iterator[list[socket.socket]]:
    """Open many connections and say the same on each, but never all of it."""
    with ExitStack() as stack:
        held = [stack.enter_context(connect(pine)) for _ in range(count)]
        for one in held:
            one.sendall(said)
        time.sleep(0.5)
        yield held


def head(pine: Installation, method: str, path: str, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{pine.port}", *more, "", ""]
    return "\r\n".join(lines).encode()


def said_back(pine: Installation, data: bytes) -> bytes:
    """Send bytes and return all that comes back until the server hangs up or is silent for a second."""
    with connect(pine) as wire:
        wire.sendall(data)
        wire.settimeout(1)
        got = b""
        try:
            while more := wire.recv(65536):
                got += more
        except TimeoutError:
            return got
        except ConnectionResetError:
            pass
        return got + b"<hung up>"


def get(pine: Installation, path: str = HOME) -> int:
    """Ask like anybody on a connection of one's own."""
    wire = http.client.HTTPConnection("localhost", pine.port, timeout=PATIENCE)
    wire.request("GET", path)
    status = wire.getresponse().status
    wire.close()
    return status


def post(pine: Installation, path: str, body: bytes) -> tuple[int, dict[str, object]]:
    wire = http.client.HTTPConnection("localhost", pine.port, timeout=PATIENCE)
    headers = {"Content-Type": "application/octet-stream", "Sec-Fetch-Site": "same-origin"}
    wire.request("POST", f"/ask/pine-county/{path}", body, headers)
    answer = wire.getresponse()
    found = answer.status, json.loads(answer.read())
    wire.close()
    return found


def is_well(pine: Installation) -> None:
    """Hold that pages, the list and posts are answered."""
    assert get(pine) == 200
    # Not from memory: a page that no cache keeps.
    assert get(pine, f"{HOME}?{time.monotonic_ns()}") == 200
    assert get(pine, "/ask/pine-county/candidates.json?1") == 200
    assert post(pine, "progress", bytes(16)) == (200, {"state": "unknown"})


def fake_post(pine: Installation, length: int = SIZE) -> bytes:
    return head(
        pine,
        "POST",
        "/ask/pine-county/requests",
        "Sec-Fetch-Site: same-origin",
        "Content-Type: application/octet-stream",
        f"Content-Length: {length}",
    )


@pytest.mark.req("A-25")
def test_bodies_that_never_come_hold_up_nobody(pine: Installation) -> None:
    with holding(pine, 60, fake_post(pine) + b"x" * 100) as held:
        is_well(pine)
        for wire in held:
            wire.sendall(b"x")
        is_well(pine)


@pytest.mark.req("A-25")
def test_three_hundred_idle_connections_hold_up_nobody(pine: Installation) -> None:
    with holding(pine, 300):
        is_well(pine)


@pytest.mark.req("A-25")
def test_heads_that_never_end_hold_up_nobody_and_are_hung_up_on(pine: Installation) -> None:
    with holding(pine, 100, head(pine, "GET", HOME)[:-4]) as held:
        is_well(pine)
        began = time.monotonic()
        held[0].settimeout(40)
        # A byte now and then buys no more time.
        held[0].sendall(b"\r\nX: 1")
        assert held[0].recv(100) == b""
        assert time.monotonic() - began < 40


@pytest.mark.req("A-25")
def test_clients_that_never_read_their_answer_hold_up_nobody(pine: Installation) -> None:
    script = re.search(rb'src="(/static/[^"]+\.js)"', said_back(pine, head(pine, "GET", HOME + "ask")))
    assert script
    many = head(pine, "GET", script[1].decode() + "?1") * 20
    with holding(pine, 40, many):
        is_well(pine)


@pytest.mark.req("A-03")
def test_a_body_that_comes_in_drops_is_taken_while_others_come_in(pine: Installation) -> None:
    with connect(pine) as wire, holding(pine, 30, fake_post(pine)):
        wire.sendall(head(pine, "POST", "/ask/pine-county/progress", "Sec-Fetch-Site: same-origin",
                          "Content-Type: application/octet-stream", "Content-Length: 16"))  # fmt: skip
        for _ in range(16):
            wire.sendall(b"\0")
            time.sleep(0.1)
        assert wire.recv(1000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("both-lengths", b"411"),
        ("chunked", b"411"),
        ("no-length", b"411"),
        ("two-lengths", b"400"),
        ("no-number", b"400"),
        ("negative", b"400"),
        ("too-long", b"413"),
        ("much-too-long", b"413"),
        ("two-hosts", b"400"),
        ("no-host", b"400"),
        ("strange-host", b"400"),
        ("long-path", b"414"),
        ("long-query", b"414"),
        ("huge-head", b"431"),
        ("many-heads", b"431"),
        ("many-small-heads", b"431"),
    ],
)
def test_what_no_browser_sends_is_refused_and_nothing_behind_it_is_read(
    pine: Installation, name: str, status: bytes
) -> None:
    ours = ["Sec-Fetch-Site: same-origin", "Content-Type: application/octet-stream"]
    path = "/ask/pine-county/progress"
    length = "Content-Length: "
    sent = {
        "both-lengths": head(pine, "POST", path, *ours, length + "16", "Transfer-Encoding: chunked"),
        "chunked": head(pine, "POST", path, *ours, "Transfer-Encoding: chunked"),
        "no-length": head(pine, "POST", path, *ours),
        "two-lengths": head(pine, "POST", path, *ours, length + "16", length + "17"),
        "no-number": head(pine, "POST", path, *ours, length + "0x10"),
        "negative": head(pine, "POST", path, *ours, length + "-1"),
        "too-long": head(pine, "POST", path, *ours, length + "50000"),
        "much-too-long": head(pine, "POST", path, *ours, length + "9" * 18),
        "two-hosts": head(pine, "GET", HOME, "Host: localhost"),
        "no-host": f"GET {HOME} HTTP/1.1\r\n\r\n".encode(),
        "strange-host": f"GET {HOME} HTTP/1.1\r\nHost: evil.example\r\n\r\n".encode(),
        "long-path": head(pine, "GET", HOME + "a" * 2000),
        "long-query": head(pine, "GET", HOME + "?" + "a" * 3000),
        "huge-head": head(pine, "GET", HOME, "Accept-Language: " + "a" * 100_000),
        "many-heads": head(pine, "GET", HOME, *[f"X-{number}: {'a' * 500}" for number in range(500)]),
        "many-small-heads": head(pine, "GET", HOME, *[f"X-{number}: a" for number in range(80)]),
    }[name]
    behind = b"0\r\n\r\n" + head(pine, "GET", "/health")
    got = said_back(pine, sent + (behind if status != b"400" else b""))
    assert got.startswith(b"HTTP/1.1 " + status), got[:200]
    assert got.count(b"HTTP/1.1 ") == 1, got
    assert b"database" not in got
    is_well(pine)


def test_a_body_shorter_than_said_stores_nothing_and_one_that_ends_early_harms_nobody(pine: Installation) -> None:
    for _ in range(20):
        with connect(pine) as wire:
            wire.sendall(fake_post(pine) + b"x" * 1000)
    is_well(pine)


def test_requests_in_one_go_are_answered_in_order(pine: Installation) -> None:
    got = said_back(pine, head(pine, "GET", HOME) + head(pine, "GET", "/health") + head(pine, "GET", "/nowhere"))
    assert re.findall(rb"HTTP/1.1 (\d+)", got) == [b"200", b"200", b"404"]


def test_the_second_version_of_the_protocol_is_not_spoken(pine: Installation) -> None:
    got = said_back(pine, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9))
    assert b"HTTP/2" not in got
    is_well(pine)


def test_a_name_with_an_underscore_is_not_taken_for_one_with_a_hyphen(pine: Installation) -> None:
    said = ["Sec_Fetch_Site: same-origin", "Content-Type: application/octet-stream", "Content-Length: 16"]
    got = said_back(pine, head(pine, "POST", "/ask/pine-county/progress", *said) + bytes(16))
    assert got.startswith(b"HTTP/1.1 403")


@pytest.mark.req("K-24", "K-26")
@pytest.mark.parametrize("path", sorted(entrance.HELD))
def test_no_answer_that_could_tell_who_has_an_account_leaves_early(pine: Installation, path: str) -> None:
    """Whatever it took to look: known, unknown and nonsense leave no sooner than the same moment."""
    with httpx.Client(base_url=f"http://localhost:{pine.port}", timeout=PATIENCE) as client:
        page = client.get(path).text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        for address in ("tran@pine.example", "nobody@pine.example", "x", ""):
            fields = {"csrfmiddlewaretoken": token[1], "email": address, "login": address, "password": "wrong"}
            began = time.monotonic()
            answer = client.post(path, data=fields)
            assert time.monotonic() - began >= entrance.HELD[path], address
            assert answer.status_code in {200, 302}, address


def test_nothing_of_all_this_is_in_the_log(pine: Installation) -> None:
    log = Path(pine.log).read_text()
    assert "Traceback" not in log
    assert "127.0.0.1:" not in log.replace(f"127.0.0.1:{pine.port}", "")


@pytest.mark.req("K-24")
def test_whoever_hammers_at_the_sign_in_page_keeps_nobody_else_from_it(pine: Installation) -> None:
    path = "/in/enter/login/"
    with ExitStack() as stack:
        for _ in range(400):
            one = socket.create_connection(("127.0.0.1", pine.port), PATIENCE, source_address=("127.0.0.9", 0))
            stack.enter_context(one).sendall(head(pine, "GET", path))
        visitor = http.client.HTTPConnection("127.0.0.1", pine.port, timeout=PATIENCE)
        visitor.request("GET", path, headers={"Host": f"localhost:{pine.port}"})
        assert visitor.getresponse().status == 200
        visitor.close()
