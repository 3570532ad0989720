"""In calm nobody works; the more ask at once, the harder each next sender's device works, and nobody else's."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from alongside.help_requests import rules
from alongside.help_requests.actions import standing
from alongside.help_requests.models import Attempt, Request
from alongside.policy.models import Change
from alongside.policy.values import setting
from tests.conftest import Clock
from tests.help_requests.device import post, rows
from tests.help_requests.frames import Frame, frame_for, give_keys
from tests.world import NOW, World

EXAMPLES: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "vectors/work.json").read_text())
CALM = 3


def work_for(frame: Frame | bytes, bits: int) -> str:
    """Do the work as a device does it."""
    body = bytes(frame)
    seed = hashlib.sha256(b"alongside-work-v1\n" + body[2:18] + hashlib.sha256(body).digest()).digest()
    found = ""
    for part in range(16):
        nonce = 0
        while int.from_bytes(hashlib.sha256(seed + bytes([part]) + nonce.to_bytes(4)).digest()) >> (256 - bits):
            nonce += 1
        found += nonce.to_bytes(4).hex()
    return found


@pytest.fixture
def easy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make work that a test can do many times; how hard it is for a phone is measured in the browser."""
    monkeypatch.setattr(rules, "LEAST_WORK_BITS", 4)
    monkeypatch.setattr(rules, "MOST_WORK_BITS", 9)


@pytest.fixture
def pine(world: World) -> World:
    give_keys([world.renee, world.marcus])
    for number, (key, value) in enumerate([("work_after", CALM), ("requests_per_hour", 10)], start=1):
        Change.objects.create(organisation=world.pine, key=key, value=value, version=number, changed_at=NOW)
    return world


def another(frame: Frame) -> Frame:
    return frame.but(attempt=os.urandom(16), token=os.urandom(16))


def calm_over(world: World, urgency: str = "today") -> Frame:
    """Store what is stored in calm and return a request that comes too late for it."""
    frame = frame_for(world.pine, urgency=urgency)
    for _ in range(CALM):
        assert post("requests", another(frame)).status_code == 201
    return another(frame)


# --- the rules ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_server_takes_the_work_that_the_browser_does(example: dict[str, Any]) -> None:
    body, bits, work = bytes.fromhex(example["frame"]), example["bits"], example["work"]
    assert rules.work_done(body[2:18], body, work) >= bits
    assert work_for(body, bits) == work
    changed = bytes([*body[:40], body[40] ^ 1, *body[41:]])
    assert rules.work_done(body[2:18], changed, work) < bits
    assert rules.work_done(bytes(16), body, work) < bits
    parts = [work[at : at + 8] for at in range(0, 128, 8)]
    assert rules.work_done(body[2:18], body, "".join(reversed(parts))) < bits


@given(st.text(max_size=300) | st.from_regex(r"[0-9a-fA-F]{126,130}", fullmatch=True))
def test_whatever_else_stands_in_the_header_is_no_work_and_no_error(text: str) -> None:
    done = rules.work_done(bytes(16), bytes(90), text)
    assert 0 <= done < 12
    if len(text) != 128 or text != text.lower():
        assert done == 0


@pytest.mark.req("A-03")
@given(st.integers(0, 3000), st.integers(3, 500), st.integers(10, 1000))
def test_work_is_off_in_calm_grows_with_load_and_has_a_bound(attempts: int, calm: int, most: int) -> None:
    def bits(count: int, urgency: str = "today") -> int:
        return rules.work_bits(count, urgency, calm=calm, most=most)

    assert (bits(attempts) == 0) == (attempts < calm)
    assert bits(attempts) <= bits(attempts + 1) <= rules.MOST_WORK_BITS
    assert bits(attempts, "now") <= bits(attempts)
    if attempts >= calm:
        assert rules.LEAST_WORK_BITS <= bits(attempts, "now") <= rules.MOST_WORK_BITS - rules.URGENT_BITS_LESS


def test_at_the_cap_it_is_hardest_and_an_urgent_sender_does_a_quarter() -> None:
    usual = {"calm": setting("work_after").default, "most": setting("requests_per_hour").default}
    most = usual["most"]
    assert rules.work_bits(most, "today", **usual) == rules.MOST_WORK_BITS
    assert rules.work_bits(most, "now", **usual) == rules.MOST_WORK_BITS - 2
    assert rules.work_bits(usual["calm"], "today", **usual) == rules.LEAST_WORK_BITS


# --- the endpoint ------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03")
@pytest.mark.usefixtures("easy")
def test_after_the_calm_a_request_is_stored_once_its_device_has_worked(pine: World) -> None:
    frame = calm_over(pine)
    answer = post("requests", frame)
    bits = answer.json()["bits"]
    assert (answer.status_code, answer.json()) == (428, {"state": "work", "bits": bits})
    assert answer.headers["Cache-Control"] == "no-store"
    assert Request.objects.count() == Attempt.objects.count() == CALM
    assert post("requests", frame, HTTP_ALONGSIDE_WORK=work_for(frame, bits)).status_code == 201
    # A retry after a lost answer needs none.
    assert post("requests", frame).status_code == 200
    assert post("requests", frame_for(pine.lake), "lake").status_code in {201, 422}


@pytest.mark.req("A-03")
@pytest.mark.usefixtures("easy")
def test_work_for_one_request_opens_no_other(pine: World, clock: Clock) -> None:
    frame = calm_over(pine)
    bits = post("requests", frame).json()["bits"]
    work = work_for(frame, bits + 3)
    for other in (another(frame), frame.but(urgency=1), frame.but(route=frame.route[:1]), frame.but(token=bytes(16))):
        assert post("requests", other, HTTP_ALONGSIDE_WORK=work).status_code == 428
    for wrong in ("", "0" * 128, work[:-1], work + "0", work.upper() + "G", "é" * 128, work[:64]):
        assert post("requests", frame, HTTP_ALONGSIDE_WORK=wrong).status_code == 428
    assert post("requests", frame, HTTP_ALONGSIDE_WORK=work).status_code == 201
    assert post("requests", frame, HTTP_ALONGSIDE_WORK=work).status_code == 200
    assert Attempt.objects.count() == CALM + 1
    clock.forward(minutes=40)
    late = another(frame)
    assert post("requests", late, HTTP_ALONGSIDE_WORK=work_for(late, bits)).status_code == 409


@pytest.mark.req("A-03")
@pytest.mark.usefixtures("easy")
def test_it_gets_harder_with_each_that_was_stored_and_not_with_those_that_were_refused(pine: World) -> None:
    frame = calm_over(pine)
    asked = []
    for _ in range(10 - CALM):
        for _ in range(5):
            bits = post("requests", another(frame)).json()["bits"]
        asked.append(bits)
        paid = another(frame)
        assert post("requests", paid, HTTP_ALONGSIDE_WORK=work_for(paid, bits)).status_code == 201
    assert asked == sorted(asked)
    assert asked[0] < asked[-1] <= rules.MOST_WORK_BITS
    late = post("requests", another(frame))
    assert (late.status_code, late.json(), late.headers["Retry-After"]) == (503, {"state": "busy"}, "30")


@pytest.mark.req("A-03")
@pytest.mark.usefixtures("easy")
def test_what_was_enough_when_a_device_began_is_enough_when_it_is_done(pine: World) -> None:
    frame = calm_over(pine)
    bits = post("requests", frame).json()["bits"]
    work = work_for(frame, bits)
    while (now := post("requests", another(frame)).json()["bits"]) == bits:
        paid = another(frame)
        assert post("requests", paid, HTTP_ALONGSIDE_WORK=work_for(paid, now)).status_code == 201
    assert now == bits + 1
    assert post("requests", frame, HTTP_ALONGSIDE_WORK=work).status_code == 201


@pytest.mark.req("A-03")
@pytest.mark.usefixtures("easy")
def test_sending_and_cancelling_again_and_again_is_slowed_down_too(pine: World, clock: Clock) -> None:
    frame = frame_for(pine.pine)
    answers = []
    for _ in range(12):
        one = another(frame)
        answer = post("requests", one)
        if answer.status_code == 428:
            answer = post("requests", one, HTTP_ALONGSIDE_WORK=work_for(one, answer.json()["bits"]))
        answers.append(answer.status_code)
        post("progress/cancel", one.token)
    assert answers == [201] * 10 + [503] * 2
    assert Request.objects.count() == 0
    # The memory of attempts goes with its list.
    clock.forward(minutes=30)
    assert post("requests", frame_for(pine.pine)).status_code == 201


@pytest.mark.usefixtures("easy")
def test_what_is_refused_for_want_of_work_writes_nothing_and_asks_the_database_little(
    pine: World, settings: Any
) -> None:
    frame = calm_over(pine)
    settings.ALONGSIDE_STANDING_SECONDS = 60.0
    assert post("requests", another(frame)).status_code == 428
    before = rows()
    with CaptureQueriesContext(connection) as asked:
        assert post("requests", frame).status_code == 428
        assert post("requests", frame, HTTP_ALONGSIDE_WORK="0" * 128).status_code == 428
    assert rows() == before
    assert len(asked) <= 2 * 2, [one["sql"] for one in asked]
    assert all(one["sql"].startswith("SELECT") for one in asked)


def test_what_this_process_stored_is_counted_at_once(
    pine: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALONGSIDE_STANDING_SECONDS = 60.0
    monkeypatch.setattr(standing, "_organisations", {})
    frame = frame_for(pine.pine)
    answers = [post("requests", another(frame)).status_code for _ in range(CALM + 2)]
    assert answers == [201] * CALM + [428] * 2


@pytest.mark.usefixtures("easy")
def test_the_cheapest_checks_come_first(pine: World, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = calm_over(pine)

    def never(*_: object) -> Callable[[], None]:
        raise AssertionError("an envelope was looked at before work was done")

    monkeypatch.setattr("alongside.sealing.rules.check_envelope", never)
    assert post("requests", frame).status_code == 428
