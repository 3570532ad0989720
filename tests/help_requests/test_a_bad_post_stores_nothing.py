"""What is not a request of our own page is refused with a code that a script can act on, and leaves no row."""

import io
from typing import Any

import pytest
from django.test import Client

from alongside.sealing import rules as seals
from tests.help_requests.device import OCTETS, nothing, post, rows
from tests.help_requests.frames import ONE, TWELVE, TWENTY_FOUR, Frame, frame_for, give_keys
from tests.sealing import vectors
from tests.world import World

SMALL, LARGE = 90 + len(TWELVE), 90 + len(TWENTY_FOUR)
ENDPOINTS = ("requests", "progress", "progress/not-called", "progress/cancel", "messages", "box", "box/erase")
# Cases that are about another check than that of a request to a small team.
CASES = [case for case in vectors.read("envelope_cases.json") if "slots" not in case]


@pytest.fixture
def frame(world: World) -> Frame:
    """Return a request that would be stored; three people are on its list."""
    give_keys([world.renee, world.marcus, world.ana])
    return frame_for(world.pine)


def refused(answer: Any) -> tuple[int, str]:
    """Return status and code of a refusal, after which nothing is stored."""
    said = answer.json()
    assert set(said) == {"state", "code"}
    assert said["state"] == "refused"
    assert rows() == nothing()
    return answer.status_code, said["code"]


def expected(size: int, code: str) -> tuple[int, str]:
    """Return how a body of this size is refused: by its length alone, or by what is in it."""
    if size > max(seals.FRAME_BYTES):
        return 413, "too-long"
    return (422, code) if size in seals.FRAME_BYTES else (400, "wrong-size")


# --- what is in it -----------------------------------------------------------------------------------------------


@pytest.mark.req("K-24", "K-34")
@pytest.mark.parametrize("case", [case for case in CASES if case["code"]], ids=lambda case: case["name"])
def test_an_envelope_that_is_not_ours_is_refused(case: dict[str, Any], frame: Frame) -> None:
    envelope = vectors.edited(vectors.sealed(case["base"]), case["edits"])
    answer = post("requests", frame.but(envelope=envelope))
    assert refused(answer) == expected(90 + len(envelope), case["code"])


@pytest.mark.req("K-34")
@pytest.mark.parametrize("case", [case for case in CASES if not case["code"]], ids=lambda case: case["name"])
def test_what_only_opening_could_tell_is_taken_because_the_server_can_open_nothing(
    case: dict[str, Any], frame: Frame
) -> None:
    envelope = vectors.edited(vectors.sealed(case["base"]), case["edits"])
    assert post("requests", frame.but(envelope=envelope)).status_code == 201


@pytest.mark.req("K-24")
def test_enough_of_the_cases_reach_the_check_itself() -> None:
    codes = {
        expected(90 + len(vectors.edited(vectors.sealed(case["base"]), case["edits"])), case["code"])
        for case in CASES
        if case["code"]
    }
    assert {code for status, code in codes if status == 422} >= {
        "not-age",
        "classical-recipient",
        "wrong-stanza-count",
        "unpadded",
        "malformed",
    }
    assert {status for status, _ in codes} == {400, 413, 422}


@pytest.mark.req("K-24")
@pytest.mark.parametrize("case", vectors.read("frames.json")["bad"], ids=lambda case: case["name"])
def test_a_frame_that_is_not_ours_is_refused(case: dict[str, Any], frame: Frame) -> None:
    good = next(one for one in vectors.read("frames.json")["good"] if one["name"] == case["base"])
    body = vectors.edited(bytes.fromhex(good["head"]) + vectors.sealed(good["base"]), case["edits"])
    assert refused(post("requests", body)) == expected(len(body), case["code"])


@pytest.mark.req("A-03")
@pytest.mark.parametrize(
    ("route", "code"),
    [
        ((), "bad-route"),
        ((3,), "bad-route"),
        ((0, 1, 2, 3), "bad-route"),
        ((1, 0), "bad-route"),
        ((1, 1), "bad-route"),
        ((0, 0xFF, 2), "bad-route"),
        ((0xFF, 0), "bad-route"),
    ],
)
def test_nobodys_place_on_the_ladder_is_the_senders_choice(route: tuple[int, ...], code: str, frame: Frame) -> None:
    assert refused(post("requests", frame.but(route=route))) == (422, code)


@pytest.mark.req("A-03")
@pytest.mark.parametrize(
    ("at", "value", "code"),
    [(0, 0, "bad-version"), (0, 3, "bad-version"), (1, 0, "bad-urgency"), (1, 3, "bad-urgency")],
)
def test_another_version_or_urgency_is_refused(at: int, value: int, code: str, frame: Frame) -> None:
    body = bytearray(bytes(frame))
    body[at] = value
    assert refused(post("requests", bytes(body))) == (422, code)


@pytest.mark.req("A-03")
def test_the_same_attempt_can_be_tried_again_after_a_refusal(frame: Frame) -> None:
    assert refused(post("requests", frame.but(route=(9,)))) == (422, "bad-route")
    assert post("requests", frame).status_code == 201


@pytest.mark.req("K-24")
@pytest.mark.parametrize("envelope", [ONE, TWENTY_FOUR, TWELVE[:-1], TWELVE + b"\0", b""])
def test_a_message_has_one_size(envelope: bytes, frame: Frame) -> None:
    answer = post("messages", bytes(32) + envelope)
    assert refused(answer) == ((413, "too-long") if len(envelope) > len(TWELVE) else (400, "wrong-size"))


@pytest.mark.req("K-24")
@pytest.mark.parametrize("size", [0, 1, 15, 17, 32, 100_000])
def test_a_token_and_an_address_have_16_bytes(size: int, frame: Frame) -> None:
    for path in ("progress", "progress/not-called", "progress/cancel", "box", "box/erase"):
        assert refused(post(path, bytes(size))) == ((413, "too-long") if size > 16 else (400, "wrong-size"))


# --- where it comes from -----------------------------------------------------------------------------------------


@pytest.mark.req("K-26")
@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "", "Same-Origin"])
def test_a_post_that_the_browser_calls_somebody_elses_is_refused(site: str, frame: Frame) -> None:
    for path in ENDPOINTS:
        # An origin that looks right changes nothing about what the browser says.
        answer = post(path, frame, HTTP_SEC_FETCH_SITE=site, HTTP_ORIGIN="http://testserver")
        assert refused(answer) == (403, "other-site")


def without_the_header(frame: Frame, origin: str | None, *, secure: bool = False) -> Any:
    sent: dict[str, Any] = {} if origin is None else {"HTTP_ORIGIN": origin}
    return Client().post("/ask/pine/requests", bytes(frame), content_type=OCTETS, secure=secure, **sent)


@pytest.mark.req("K-26")
@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "http://elsewhere.example",
        "http://testserver.elsewhere.example",
        "http://testserver:8080",
        "https://testserver",
        "http://somebody@testserver",
        "//testserver",
        "testserver",
        "http://[::1",
    ],
)
def test_an_older_browser_must_name_our_origin(origin: str | None, frame: Frame) -> None:
    assert refused(without_the_header(frame, origin)) == (403, "other-site")


@pytest.mark.req("A-03")
def test_an_older_browser_that_names_our_origin_is_heard(frame: Frame) -> None:
    assert without_the_header(frame, "http://testserver").status_code == 201


@pytest.mark.req("A-03")
def test_over_https_the_origin_is_that_of_https(frame: Frame) -> None:
    assert refused(without_the_header(frame, "http://testserver", secure=True)) == (403, "other-site")
    assert without_the_header(frame, "https://testserver", secure=True).status_code == 201


@pytest.mark.req("K-26")
@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", ""],
)
def test_what_a_form_of_another_page_could_send_is_refused(kind: str, frame: Frame) -> None:
    assert refused(post("requests", frame, content_type=kind)) == (415, "content-type")


@pytest.mark.req("K-22")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_but_a_post_is_answered(method: str, frame: Frame) -> None:
    """A token in an address would be kept by histories and logs; it travels in bodies only."""
    for path in ENDPOINTS:
        answer = Client().generic(method, f"/ask/pine/{path}", HTTP_SEC_FETCH_SITE="same-origin")
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "POST"
    assert rows() == nothing()


# --- lengths that lie --------------------------------------------------------------------------------------------


@pytest.mark.req("A-03")
@pytest.mark.parametrize("length", ["", "0", "-1", "-22972", "16", "many", "22972.0", str(SMALL - 1)])
def test_a_length_that_no_request_has_is_refused_unread(length: str, frame: Frame) -> None:
    class Unread(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("read although its length was refused")

    answer = post("requests", frame, wire=Unread(), CONTENT_LENGTH=length)
    assert refused(answer) == (400, "wrong-size")


@pytest.mark.req("A-03")
def test_a_gigabyte_is_refused_unread(frame: Frame) -> None:
    assert refused(post("requests", frame, CONTENT_LENGTH=str(10**9))) == (413, "too-long")


@pytest.mark.req("A-03")
@pytest.mark.parametrize("sent", [0, 1, 90, SMALL - 1])
def test_less_than_was_announced_is_not_taken_for_the_whole(sent: int, frame: Frame) -> None:
    answer = post("requests", b"", wire=io.BytesIO(bytes(frame)[:sent]), CONTENT_LENGTH=str(SMALL))
    assert refused(answer) == (400, "cut-short")
    assert post("requests", frame).status_code == 201


@pytest.mark.req("A-03")
def test_a_connection_that_breaks_stores_nothing(frame: Frame) -> None:
    class Breaks(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise ConnectionResetError

    answer = post("requests", b"", wire=Breaks(), CONTENT_LENGTH=str(SMALL))
    assert refused(answer) == (400, "cut-short")


@pytest.mark.req("A-03")
def test_what_comes_after_the_announced_length_is_not_read(frame: Frame) -> None:
    wire = io.BytesIO(bytes(frame) + b"and more")
    assert post("requests", b"", wire=wire, CONTENT_LENGTH=str(SMALL)).status_code == 201
    stored = frame.stored()
    assert stored is not None
    assert bytes(stored.envelope or b"") == TWELVE
