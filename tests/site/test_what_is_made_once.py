"""What many ask for at once is made once; whoever waits for a slow organisation holds nobody else up."""

import gzip
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django import db
from django.test import Client, RequestFactory

from alongside.accounts.models import Organisation
from alongside.directory.views import lists
from alongside.kernel import once
from alongside.kernel.once import Latest, Once
from tests.world import World


def test_it_is_kept_while_its_state_is_the_same() -> None:
    kept, made = Once(1000), iter((b"a", b"b", b"c"))
    assert [kept.get("x", state, lambda: next(made)) for state in (1, 1, 2, 2, 1)] == [b"a", b"a", b"b", b"b", b"c"]


def test_what_lasts_no_time_is_made_each_time_and_a_slot_is_the_same_for_all() -> None:
    assert once.slot(0) != once.slot(0)
    # The slot may end between the first two, but not between the second two as well.
    first, second, third = (once.slot(3600.0) for _ in range(3))
    assert second in {first, third}


def test_many_at_once_have_it_made_once() -> None:
    kept, going, made = Once(1000), threading.Event(), []

    def make() -> bytes:
        made.append(1)
        going.wait(10)
        return b"x"

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(kept.get, "x", 1, make) for _ in range(8)]
        threading.Timer(0.2, going.set).start()
        assert [one.result(10) for one in asked] == [b"x"] * 8
    assert made == [1]


@pytest.mark.parametrize("lasts", [0.01, 60.0])
def test_what_takes_longer_than_it_lasts_is_still_made_once_for_all_who_came_meanwhile(lasts: float) -> None:
    kept: Latest[bytes] = Latest()
    going, made = threading.Event(), []

    def make() -> bytes:
        made.append(1)
        going.wait(10)
        return b"x"

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(kept.get, "x", lasts, make) for _ in range(8)]
        threading.Timer(0.2, going.set).start()
        assert [one.result(10) for one in asked] == [b"x"] * 8
    assert made == [1]
    assert kept.get("x", 60.0, lambda: b"y") == b"x"
    assert kept.get("x", 0, lambda: b"y") == b"y", "what lasts no time is made each time"


def test_what_went_wrong_is_told_to_all_who_waited_and_is_tried_again() -> None:
    kept: Latest[bytes] = Latest()

    def fail() -> bytes:
        raise LookupError

    with pytest.raises(LookupError):
        kept.get("x", 60.0, fail)
    assert kept.get("x", 60.0, lambda: b"x") == b"x"


@pytest.mark.req("A-25")
def test_whoever_asks_for_something_else_waits_for_nobody() -> None:
    kept, going, begun = Once(1000), threading.Event(), threading.Event()

    def slow() -> bytes:
        begun.set()
        going.wait(10)
        return b"slow"

    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(kept.get, "slow", 1, slow)
        assert begun.wait(5)
        assert kept.get("quick", 1, lambda: b"quick") == b"quick"
        assert kept.get("slow", 2, lambda: b"newer") == b"newer"
        assert not asked.done()
        going.set()
        assert asked.result(10) == b"slow"


@pytest.mark.req("A-25")
def test_a_slow_organisation_stops_no_other(rf: RequestFactory) -> None:
    """Through the answers that members' pages fetch, whose memory is one for all organisations."""
    going, begun = threading.Event(), threading.Event()
    one, other = Organisation(id=uuid.uuid4()), Organisation(id=uuid.uuid4())

    def slow() -> bytes:
        begun.set()
        going.wait(10)
        return b"slow"

    def asked(organisation: Organisation, body: Callable[[], bytes]) -> bytes:
        return lists._cacheable(rf.get("/"), organisation, "directory", 1, body).content

    with ThreadPoolExecutor(2) as threads:
        stuck = threads.submit(asked, one, slow)
        assert begun.wait(5)
        try:
            assert threads.submit(asked, other, lambda: b"quick").result(5) == b"quick"
            assert not stuck.done()
        finally:
            going.set()
        assert stuck.result(10) == b"slow"


def test_what_goes_wrong_goes_wrong_for_all_who_waited_and_is_tried_again() -> None:
    kept, going, begun = Once(1000), threading.Event(), threading.Event()

    def fail() -> bytes:
        begun.set()
        going.wait(10)
        raise db.OperationalError

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(kept.get, "x", 1, fail)
        assert begun.wait(5)
        second = threads.submit(kept.get, "x", 1, fail)
        threading.Timer(0.2, going.set).start()
        for each in (first, second):
            with pytest.raises(db.OperationalError):
                each.result(10)
    assert kept.get("x", 1, lambda: b"again") == b"again"


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "PATIENCE", 0.05)
    kept, going, begun = Once(1000), threading.Event(), threading.Event()

    def slow() -> bytes:
        begun.set()
        going.wait(10)
        return b"x"

    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(kept.get, "x", 1, slow)
        assert begun.wait(5)
        with pytest.raises(TimeoutError):
            kept.get("x", 1, slow)
        going.set()
        assert asked.result(10) == b"x"


def test_it_holds_so_many_bytes_and_the_oldest_go_first() -> None:
    kept = Once(100)
    for number in range(50):
        kept.get(number, 1, lambda: bytes(30))
        kept.get(49, number, lambda: bytes(20))
        assert kept.size <= 100
    assert len(kept) <= 4
    assert kept.get(49, 49, lambda: b"") != b""
    assert kept.get("large", 1, lambda: bytes(1000)) == bytes(1000)
    assert (kept.size, len(kept)) == (0, 0)


@pytest.mark.req("A-25")
def test_an_answer_that_cannot_be_made_now_is_said_to_be_busy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise db.OperationalError

    def late(*_: object) -> None:
        raise TimeoutError

    for trouble in (broken, late):
        with monkeypatch.context() as patched:
            patched.setattr("alongside.site.signing.told_roots", trouble)
            patched.setattr("alongside.directory.actions.current_list", trouble)
            for path in ("root.json", "candidates.json", "directory.json"):
                answer = Client().get(f"/ask/pine/{path}")
                assert (answer.status_code, answer.json()) == (503, {"state": "busy"}), path
                assert "public" not in answer.headers.get("Cache-Control", "")
    assert Client().get("/ask/pine/root.json").json()["root"] is None


def test_each_compression_is_kept_by_itself(rf: RequestFactory) -> None:
    organisation = Organisation(id=uuid.uuid4())
    for accepts in ("", "gzip", "br", "gzip"):
        answer = lists._cacheable(
            rf.get("/", headers={"Accept-Encoding": accepts}), organisation, "x", 1, lambda: b"body" * 100
        )
        assert answer.headers.get("Content-Encoding", "") == accepts
        if accepts == "gzip":
            assert gzip.decompress(answer.content) == b"body" * 100
