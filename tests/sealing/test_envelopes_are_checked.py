"""The server takes envelopes of one exact shape and refuses everything else, without opening any."""

import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.sealing import rules
from tests.sealing import vectors

CASES: list[dict[str, Any]] = vectors.read("envelope_cases.json")
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
TWELVE = vectors.sealed("twelve")
TWENTY_FOUR = vectors.sealed("twenty-four")
ONE = vectors.sealed("one")
HEADER = {1: 1627, 12: 18754, 24: 37438}
INTRO, STANZA = 22, 1557


def digits_allowed(stanzas: int) -> dict[int, bytes]:
    """Return, for each place of the header that holds a base64 digit, the digits that may stand there."""
    allowed: dict[int, bytes] = {}
    for number in range(stanzas):
        share = INTRO + number * STANZA + 18
        body = share + 1494 + 1
        allowed |= dict.fromkeys(range(share, share + 1493), ALPHABET) | {share + 1493: ALPHABET[::16]}
        allowed |= dict.fromkeys(range(body, body + 42), ALPHABET) | {body + 42: ALPHABET[::4]}
    mac = INTRO + stanzas * STANZA + 4
    return allowed | dict.fromkeys(range(mac, mac + 42), ALPHABET) | {mac + 42: ALPHABET[::4]}


def is_accepted(data: bytes, stanzas: int) -> bool:
    try:
        return rules.check_envelope(data, frozenset({stanzas})) == stanzas
    except rules.BadEnvelope:
        return False


def with_byte(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes([value]) + data[at + 1 :]


@pytest.mark.req("K-24")
@pytest.mark.parametrize(
    ("name", "stanzas", "size"),
    [("twelve", 12, 22_882), ("twelve-full", 12, 22_882), ("twenty-four", 24, 41_566)],
)
def test_a_sealed_request_is_accepted(name: str, stanzas: int, size: int) -> None:
    data = vectors.sealed(name)
    assert len(data) == size == rules.ENVELOPE_BYTES[stanzas]
    assert rules.check_envelope(data) == stanzas
    assert rules.check_envelope(data, frozenset({stanzas})) == stanzas


@pytest.mark.req("K-24")
def test_a_reply_and_a_wrap_have_their_own_sizes() -> None:
    wrap = vectors.sealed("wrap")
    rules.check_box_reply(ONE)
    rules.check_wrap(wrap)
    assert (len(ONE), len(wrap)) == (rules.BOX_REPLY_BYTES, rules.WRAP_BYTES) == (5_755, 1_736)
    for check, data in [(rules.check_box_reply, wrap), (rules.check_wrap, ONE), (rules.check_wrap, wrap + b"\0")]:
        with pytest.raises(rules.BadEnvelope):
            check(data)


@pytest.mark.req("K-24")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_changed_envelope_is_refused_with_its_code(case: dict[str, Any]) -> None:
    base = vectors.sealed(case["base"])
    data = vectors.edited(base, case["edits"])
    assert data != base or not case["edits"], "the edits change nothing"
    slots = frozenset(case.get("slots", rules.STANZAS))
    if case["code"] is None:
        assert rules.check_envelope(data, slots) in slots
    else:
        with pytest.raises(rules.BadEnvelope) as refused:
            rules.check_envelope(data, slots)
        assert refused.value.code == case["code"]


@pytest.mark.req("K-24")
def test_every_code_of_the_check_has_a_case() -> None:
    documented = set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", (rules.check_envelope.__doc__ or "").split("Raises")[1]))
    assert documented == {case["code"] for case in CASES} - {None}


@pytest.mark.req("K-24")
@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, HEADER[12] - 1), value=st.integers(0, 255))
def test_a_changed_header_byte_is_accepted_only_as_another_canonical_digit(at: int, value: int) -> None:
    """Any byte of the header, any other value: refused, or a base64 digit that keeps the text canonical.

    Such a digit makes another share, body or MAC of the same shape: only opening can tell, and does, by the MAC.
    """
    data = with_byte(TWELVE, at, value)
    assert is_accepted(data, 12) is (data == TWELVE or value in digits_allowed(12).get(at, b""))


@pytest.mark.req("K-24")
@pytest.mark.parametrize(("data", "stanzas"), [(ONE, 1), (TWELVE, 12)])
def test_every_structural_byte_is_checked_against_every_other_value(data: bytes, stanzas: int) -> None:
    """Of the first and the last stanza and the MAC line: all that is no digit, and the last digit of each text."""
    allowed = digits_allowed(stanzas)
    places = [
        at
        for at in range(HEADER[stanzas])
        if len(allowed.get(at, b"")) != len(ALPHABET) and (at < INTRO + STANZA or at >= INTRO + (stanzas - 1) * STANZA)
    ]
    assert len(places) >= INTRO + 22 + 6
    for at in places:
        taken = {value for value in range(256) if is_accepted(with_byte(data, at, value), stanzas)}
        assert taken == (set(allowed[at]) if at in allowed else {data[at]})


@pytest.mark.req("K-24")
@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, len(TWELVE)), size=st.integers(1, 4000), fill=st.binary(min_size=1, max_size=8))
def test_an_insertion_or_a_loss_anywhere_is_refused(at: int, size: int, fill: bytes) -> None:
    put = (fill * size)[:size]
    for data in (TWELVE[:at] + put + TWELVE[at:], TWELVE[: max(0, at - size)] + TWELVE[max(at, 1) :]):
        with pytest.raises(rules.BadEnvelope):
            rules.check_envelope(data)


@pytest.mark.req("K-24")
@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=7000), st.binary(max_size=200).map(lambda tail: TWELVE[:INTRO] + tail)))
def test_arbitrary_bytes_are_refused_and_nothing_else_happens(data: bytes) -> None:
    for check in (rules.check_envelope, rules.check_box_reply, rules.check_wrap, rules.parse_frame):
        with pytest.raises(rules.BadEnvelope):
            check(data)


@pytest.mark.req("K-24")
def test_no_input_makes_the_check_slow() -> None:
    """Work grows with size only, also for what is refused late: no input makes the grammar search."""
    worst = vectors.edited(
        TWENTY_FOUR, [{"at": INTRO + 23 * STANZA, "remove": 4, "insert": "-> "}, {"at": None, "insert": "a"}]
    )
    costs = []
    for data in (TWENTY_FOUR, worst, TWENTY_FOUR[:INTRO] + b"-> " + b"a " * 20_000, TWENTY_FOUR[:-1]):
        begun = time.process_time()
        for _ in range(50):
            is_accepted(data, 24)
        costs.append((time.process_time() - begun) / 50)
    assert max(costs) < 0.02


@pytest.mark.req("K-34")
def test_the_refusal_quotes_nothing_of_what_came() -> None:
    with pytest.raises(rules.BadEnvelope) as refused:
        rules.check_envelope(b"Sergeant Marsh needs help" * 300)
    assert str(refused.value) == "not-age"
