"""Every address that needs no sign-in, with the worst that may be sent to it: few reads, no write, no memory."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver

from alongside.directory import actions as directory
from alongside.directory.views import lists
from alongside.help_requests.actions import standing
from alongside.kernel import clock
from alongside.kernel.once import Latest
from alongside.sealing import rules as seals
from alongside.site import lately, urls
from tests.directory.carding import give_cards
from tests.help_requests.device import post, rows
from tests.help_requests.frames import frame_for, give_keys
from tests.sealing.signers import Signer, sign
from tests.world import World, sign_in

WORST = {
    "HTTP_COOKIE": "; ".join(f"c{number}={'x' * 200}" for number in range(100)),
    "HTTP_ACCEPT_LANGUAGE": ",".join(f"x{number};q=0.{number % 10}" for number in range(4000)),
    "HTTP_ACCEPT_ENCODING": ",".join(f"x{number}" for number in range(4000)),
    "HTTP_RANGE": "bytes=" + ",".join(f"{number}-{number + 1}" for number in range(2000)),
    "HTTP_IF_NONE_MATCH": ",".join(f'"{number}"' for number in range(4000)),
    "HTTP_USER_AGENT": "x" * 20_000,
}
MOST_READS = 4
# Words for the parts of a path; long ones are refused at the entrance.
FILLED = {
    "organisation": ["pine", "x" * 300],
    "language": ["en", "fr", "zz"],
    "guide": ["what-a-peer-is", "made-up"],
    "token": ["made-up", "x" * 300],
    "pack": ["mn", "made-up"],
    "number": ["7"],
    "uidb36": ["0", "zzzzzzzzzzzz"],
    "key": ["set-password", "x-" + "y" * 300],
}


@pytest.fixture
def pine(world: World) -> World:
    give_keys([world.renee, world.marcus])
    directory.renew(clock.now())
    return world


def addresses(patterns: list[Any], before: str = "") -> Iterator[str]:
    for one in patterns:
        for path in filled(before + (one.pattern._route if hasattr(one.pattern, "_route") else RESET)):
            if isinstance(one, URLResolver):
                yield from addresses(one.url_patterns, path)
            elif isinstance(one, URLPattern):
                yield "/" + path


RESET = "password/reset/key/<x:uidb36>-<x:key>/"


def filled(route: str) -> list[str]:
    if "<" not in route:
        return [route]
    begin, _, rest = route.partition("<")
    name, _, rest = rest.partition(">")
    return [one for word in FILLED[name.partition(":")[2]] for one in filled(begin + word + rest)]


def open_addresses() -> list[str]:
    asking = [f"/ask/{slug}{path}" for slug in FILLED["organisation"] for path in addresses(urls.ASK)]
    crisis = [one for one in urls.TEAM if str(one.pattern).startswith("crisis")]
    signing_in = (f"/in/enter{path}" for path in addresses(urls.ENTER))
    calendars = [f"/in/rota/{token}.ics" for token in ("x" * 43, *FILLED["token"])]
    return [
        *addresses(urls.PUBLIC),
        *asking,
        *signing_in,
        *calendars,
        *(f"/in/team{path}" for path in addresses(crisis)),
    ]


def writes(asked: CaptureQueriesContext) -> list[str]:
    return [one["sql"] for one in asked.captured_queries if not one["sql"].startswith("SELECT")]


def test_this_looks_at_every_such_address() -> None:
    found = open_addresses()
    assert {"/", "/health", "/ask/pine/en/ask", "/ask/pine/candidates.json", "/in/enter/login/"} <= set(found)
    assert {"/in/team/crisis", "/in/team/crisis/pine/en", "/in/team/crisis/card/mn/fr"} <= set(found)
    assert any(path.startswith("/in/enter/password/reset/key/") for path in found)
    assert len(found) > 80


@pytest.mark.req("A-25")
def test_looking_writes_nothing_and_reads_little_whatever_is_sent_along(pine: World) -> None:
    # Once in calm: what is made once and kept is made.
    for path in open_addresses():
        Client().get(path)
    before = rows()
    for path in open_addresses():
        for extra in ({}, WORST):
            with CaptureQueriesContext(connection) as asked:
                answer = Client().get(path + "?" + "a=1&" * 150, **extra)
            assert answer.status_code < 500, path
            assert not writes(asked), (path, writes(asked))
            most = LISTED if path.endswith(("candidates.json", "directory.json")) else MOST_READS
            assert len(asked) <= most, (path, [one["sql"][:80] for one in asked.captured_queries])
    assert rows() == before
    assert not Session.objects.exists()


# Kept for a second by the entrance, and in whatever spelling for another one (ALONGSIDE_PUBLIC_SECONDS).
LISTED = 15


@pytest.mark.req("A-25")
def test_pages_of_members_come_from_memory_without_a_look_at_the_database(pine: World) -> None:
    members = ("/ask/pine/en/", "/ask/pine/fr/", "/kept", "/in/team/crisis/pine/", "/in/team/crisis/card/mn/")
    pages = [path for path in open_addresses() if path.startswith(members)]
    for path in pages:
        Client().get(path)
    for path in pages:
        with CaptureQueriesContext(connection) as asked:
            Client().get(path, **WORST)
        assert not asked.captured_queries, path


def test_made_up_addresses_fill_no_memory(pine: World) -> None:
    for path in open_addresses():
        Client().get(path, HTTP_ACCEPT_ENCODING="br")
        if path.endswith(("requests", "progress", "box")):
            post(path.removeprefix("/ask/").partition("/")[2], bytes(16), path.split("/")[2])

    def sizes() -> list[int]:
        kept = caches["pages"]._cache  # type: ignore[attr-defined]
        return [
            len(kept),
            len(lists._packed),
            len(lists._listings),
            len(standing._organisations),
            len(standing._standings),
        ]

    before = sizes()
    for number in range(20):
        for path in (f"/ask/made-up-{number}/en/", f"/ask/pine/x{number}/", f"/ask/pine/en/guides/g{number}"):
            Client().get(path)
        for path in (f"made-up-{number}/en", f"pine/x{number}", f"card/made-up-{number}/en"):
            Client().get(f"/in/team/crisis/{path}")
        Client().get(f"/ask/made-up-{number}/candidates.json", HTTP_ACCEPT_ENCODING=f"br, x{number}")
        Client().get("/ask/pine/candidates.json", HTTP_ACCEPT_ENCODING=f"br, x{number}")
        post("progress", os.urandom(16), f"made-up-{number}")
        post("box", os.urandom(16))
    assert sizes() == before
    assert caches["pages"]._max_entries <= 4_000  # type: ignore[attr-defined]


@pytest.mark.req("A-03")
def test_made_up_tokens_begin_no_transaction(pine: World) -> None:
    message = os.urandom(32) + frame_for(pine.pine).envelope
    for path in ("progress", "progress/not-called", "progress/cancel", "messages", "box", "box/erase"):
        body = message if path == "messages" else os.urandom(16)
        with CaptureQueriesContext(connection) as asked:
            assert post(path, body).status_code in {200, 404}
        assert not writes(asked), (path, writes(asked))
        assert len(asked) <= MOST_READS, path


@pytest.mark.req("A-03")
def test_what_is_no_request_of_ours_is_refused_before_the_database_is_asked(pine: World) -> None:
    right = bytes(frame_for(pine.pine))
    tries: list[tuple[bytes, dict[str, Any]]] = [
        (right[:-1], {}),
        (right + b"x", {}),
        (b"", {}),
        (right, {"HTTP_SEC_FETCH_SITE": "cross-site"}),
        (right, {"content_type": "application/json"}),
        (right, {"content_type": "multipart/form-data; boundary=x"}),
    ]
    for body, extra in tries:
        with CaptureQueriesContext(connection) as asked:
            assert post("requests", body, **extra).status_code in {400, 403, 413, 415}
        assert not asked.captured_queries, extra


@pytest.mark.req("A-03")
def test_a_frame_of_the_right_size_and_wrong_in_any_other_way_costs_a_few_reads(pine: World) -> None:
    right = frame_for(pine.pine)
    wrong = [os.urandom(len(bytes(right))), bytes(right.but(list_id=os.urandom(16))), bytes(right.but(route=()))]
    wrong += [
        bytes(right.but(envelope=os.urandom(len(right.envelope)))),
        bytes(right)[:90] + bytes(seals.sealed_bytes(12)),
    ]
    for body in wrong:
        with CaptureQueriesContext(connection) as asked:
            assert post("requests", body).status_code in {409, 422}
        assert not writes(asked)
        # What is read once a second for all is read each time in tests (tests/settings.py).
        assert len(asked) <= 22, [one["sql"][:90] for one in asked.captured_queries]


@pytest.mark.req("K-24")
def test_wrong_tries_to_sign_in_write_nothing(pine: World) -> None:
    tries = [
        ("/in/enter/login/", {"login": "nobody@pine.example", "password": "x" * 100_000}),
        ("/in/enter/login/", {"login": pine.hana.email, "password": "wrong"}),
        ("/in/enter/login/", {"login": "x" * 100_000, "password": "y"}),
        ("/in/enter/password/reset/", {"email": "nobody@pine.example"}),
        ("/in/enter/code/", {"code": "123456"}),
        ("/in/enter/invitation/made-up", {"name": "x", "password": "y"}),
        ("/in/enter/logout/", {}),
    ]
    for path, data in tries:
        with CaptureQueriesContext(connection) as asked:
            answer: HttpResponse = Client().post(path, data)  # type: ignore[assignment]
        assert answer.status_code < 500, path
        assert not [one for one in writes(asked) if "SAVEPOINT" not in one], (path, writes(asked))


def block(number: int, listed: str) -> str:
    return f"/ask/pine/blocks/{number}.json?list={listed}"


@pytest.mark.req("A-25")
def test_a_block_reads_of_its_own_people_only(pine: World) -> None:
    """Ana has keys and no card: she is in no block, and nobody who fetches one has her read."""
    give_keys([pine.ana], first=9)
    give_cards([pine.renee, pine.marcus])
    sign(sign_in(Client(), pine.hana, fresh=True), Signer())
    listed = Client().get("/ask/pine/directory.json").json()["list"]
    with CaptureQueriesContext(connection) as asked:
        body = Client().get(block(0, listed), **WORST).json()
    assert len(body["entries"]) == 2
    assert all(one["proof"] and one["details"] for one in body["entries"])
    said = " ".join(one["sql"] for one in asked.captured_queries)
    assert str(pine.renee.person_id) in said or pine.renee.person_id.hex in said
    for other in (str(pine.ana.person_id), pine.ana.person_id.hex):
        assert other not in said
    assert not [one for one in asked.captured_queries if "team_supporter" in one["sql"] and " IN (" not in one["sql"]]
    assert not writes(asked)
    assert len(asked) <= LISTED


@pytest.mark.req("A-25")
def test_a_block_is_made_once_in_a_while_whoever_fetches_it_and_however(pine: World, settings: Any) -> None:
    settings.ALONGSIDE_PUBLIC_SECONDS = 86_400.0
    give_cards([pine.renee, pine.marcus])
    listed = Client().get("/ask/pine/directory.json").json()["list"]
    first = Client().get(block(0, listed)).json()
    made = len(lists._packed)
    for extra in ({}, WORST):
        for query in ("", "&a=1", "&list=" + listed):
            with CaptureQueriesContext(connection) as asked:
                assert Client().get(block(0, listed) + query, **extra).json() == first
            assert not writes(asked)
            assert len(asked) <= MOST_READS, [one["sql"][:80] for one in asked.captured_queries]
    for number in (1, 7, 10**9):
        assert Client().get(block(number, listed)).status_code == 404
    for other in ("", "x", "0" * 32, listed + "0"):
        assert Client().get(block(0, other)).status_code == 409
    assert len(lists._packed) == made


@pytest.mark.req("A-25")
@pytest.mark.parametrize("name", ["candidates.json", "directory.json"])
def test_the_whole_team_is_read_once_in_a_while_however_the_list_is_asked_for(
    pine: World, settings: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    settings.ALONGSIDE_PUBLIC_SECONDS = 86_400.0
    monkeypatch.setattr(lists, "_listings", Latest())
    # Each compression is made once.
    for accepts in ("", "br"):
        Client().get(f"/ask/pine/{name}", HTTP_ACCEPT_ENCODING=accepts)
    for number, extra in enumerate(({}, WORST, {"HTTP_ACCEPT_ENCODING": "br;q=0.7, x"})):
        with CaptureQueriesContext(connection) as asked:
            assert Client().get(f"/ask/pine/{name}?a={number}", **extra).status_code == 200
        assert not writes(asked)
        assert len(asked) <= MOST_READS, [one["sql"][:80] for one in asked.captured_queries]
    assert len(lists._listings) == 1


@pytest.mark.req("A-25")
def test_the_root_that_a_phone_asks_for_costs_the_same_however_large_the_team(pine: World, settings: Any) -> None:
    sign(sign_in(Client(), pine.hana, fresh=True), Signer())
    with CaptureQueriesContext(connection) as asked:
        first = Client().get("/ask/pine/root.json?a=1").json()
    assert first["root"]
    assert len(asked) <= 3
    assert not [one for one in asked.captured_queries if "certificate" in one["sql"]]
    settings.ALONGSIDE_PUBLIC_SECONDS = 86_400.0
    Client().get("/ask/pine/root.json")
    with CaptureQueriesContext(connection) as asked:
        assert Client().get("/ask/pine/root.json?a=2", **WORST).json() == first
    assert len(asked) == 1


@pytest.mark.req("A-25")
def test_the_short_address_of_the_crisis_path_asks_for_one_programme(pine: World) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert Client().get("/in/team/crisis").status_code == 302
    assert len(asked) == 1
    assert "LIMIT 2" in asked.captured_queries[0]["sql"]


# --- what was said lately ----------------------------------------------------------------------------------------

HEADS = [("host", "localhost:8000"), ("accept-encoding", "gzip, deflate, br")]


def key(**change: Any) -> str:
    facts = {"home": "localhost:8000", "method": "GET", "path": "/ask/pine/en/", "query": "", "headers": HEADS}
    return lately.key_of(**{**facts, **change})


def test_only_what_is_public_and_asked_for_as_browsers_do_is_kept() -> None:
    assert key()
    assert not key(method="POST") and not key(method="HEAD")
    assert not key(query="a=1")
    assert not key(path="/in/enter/login/")
    assert not key(home="elsewhere")
    for name, value in (("range", "bytes=0-1"), ("if-none-match", '"a"'), ("x-forwarded-proto", "gopher")):
        assert not key(headers=[*HEADS, (name, value)])
    assert not key(headers=[("host", "localhost:8000"), ("accept-encoding", "br;q=0.7, x")])
    assert key(headers=HEADS) != key(headers=HEADS[:1]) != key(path="/ask/pine/fr/", headers=HEADS[:1])
    # Whoever says one thing twice must not choose what others get.
    for again in (("accept-encoding", "br"), ("accept-encoding", ""), ("x-forwarded-proto", "https")):
        assert not key(headers=[again, ("x-forwarded-proto", "http"), *HEADS])
    # Nothing of who asks is part of it.
    assert key(headers=[*HEADS, ("cookie", "a=b"), ("user-agent", "x")]) == key()


def test_what_is_kept_is_soon_forgotten_and_never_much() -> None:
    kept, now = lately.Lately(), clock.now()
    public, private = [("cache-control", "public, max-age=30")], [("cache-control", "no-store")]
    kept.keep("a", (200, public, b"x"), now)
    assert kept.find("a", now) == (200, public, b"x")
    assert kept.find("a", now + lately.FRESH) is None
    assert kept.find("a", now - lately.FRESH) is None
    for status, headers, body in ((404, public, b"x"), (200, private, b"x"), (200, public, bytes(lately.LARGEST + 1))):
        kept.keep("b", (status, headers, body), now)
        assert kept.find("b", now) is None
    for number in range(5000):
        kept.keep(f"c{number}", (200, public, bytes(50_000)), now)
        assert len(kept.kept) <= lately.MOST_ENTRIES
        assert sum(len(one[1][2]) for one in kept.kept.values()) == kept.size <= lately.MOST_BYTES
