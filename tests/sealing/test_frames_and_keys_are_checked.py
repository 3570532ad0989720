"""Requests' frames, public keys, base64 and weeks: taken when exactly right, refused with a code otherwise."""

import base64
import hashlib
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.sealing import rules
from tests import age_reader
from tests.sealing import vectors

FRAMES: dict[str, list[dict[str, Any]]] = vectors.read("frames.json")
KEYS: dict[str, Any] = vectors.read("keys.json")


def frame(case: dict[str, Any]) -> bytes:
    return bytes.fromhex(case["head"]) + vectors.sealed(case["base"])


@pytest.mark.req("K-24")
@pytest.mark.parametrize("case", FRAMES["good"], ids=lambda case: case["name"])
def test_a_frame_is_taken_apart(case: dict[str, Any]) -> None:
    parsed = rules.parse_frame(frame(case))
    assert parsed == rules.Frame(
        urgency=case["urgency"],
        list_id=bytes.fromhex(case["list"]),
        attempt=bytes.fromhex(case["attempt"]),
        progress_hash=hashlib.sha256(bytes.fromhex(case["token"])).digest(),
        route=tuple(case["positions"]),
        envelope=vectors.sealed(case["base"]),
        chosen=tuple(case["chosen"]) if case.get("chosen") else None,
    )


@pytest.mark.req("K-24")
@pytest.mark.parametrize("case", FRAMES["bad"], ids=lambda case: case["name"])
def test_a_changed_frame_is_refused_with_its_code(case: dict[str, Any]) -> None:
    base = next(good for good in FRAMES["good"] if good["name"] == case["base"])
    with pytest.raises(rules.BadFrame) as refused:
        rules.parse_frame(vectors.edited(frame(base), case["edits"]))
    assert refused.value.code == case["code"]


@pytest.mark.req("K-24")
@settings(max_examples=200, deadline=None)
@given(places=st.binary(min_size=24, max_size=24) | st.lists(st.integers(0, 25), max_size=24).map(bytes))
def test_a_route_is_rising_places_and_then_filler_or_nothing(places: bytes) -> None:
    field = places.ljust(24, b"\xff")
    body = frame(FRAMES["good"][4])
    expected = list(field[: len(field.rstrip(b"\xff"))])
    sound = expected and expected[-1] < 24 and all(before < after for before, after in pairwise(expected))
    try:
        assert list(rules.parse_frame(body[:66] + field + body[90:]).route) == expected
        assert sound
    except rules.BadFrame as refused:
        assert refused.code == "bad-route" and not sound


@pytest.mark.req("K-24")
def test_hybrid_keys_are_accepted() -> None:
    demo = vectors.read("demo.json")["supporters"].values()
    for key in [*KEYS["good"], *(supporter["public_key"] for supporter in demo), age_reader.new_identity()[1]]:
        rules.check_public_key(key)


@pytest.mark.req("K-24")
@pytest.mark.parametrize("case", vectors.read("key_cases.json"), ids=lambda case: case["name"])
def test_a_changed_key_is_refused_with_its_code(case: dict[str, Any]) -> None:
    key = vectors.edited(KEYS["good"][0].encode(), case["edits"]).decode()
    with pytest.raises(rules.BadKey) as refused:
        rules.check_public_key(key)
    assert refused.value.code == case["code"]


@pytest.mark.req("K-24")
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("classical recipient", "not-hybrid"),
        ("tag recipient", "not-hybrid"),
        ("one byte short", "wrong-length"),
        ("spare bits", "malformed"),
    ],
)
def test_a_well_spelled_key_of_another_kind_is_refused(name: str, code: str) -> None:
    with pytest.raises(rules.BadKey) as refused:
        rules.check_public_key(KEYS[name])
    assert refused.value.code == code


@pytest.mark.req("K-24")
@pytest.mark.parametrize("name", [*KEYS["unusable"], *KEYS["not_canonical"]])
def test_a_key_that_is_no_good_is_refused(name: str) -> None:
    """A small-order key in a list would stop everybody's request; the independent library refuses the same keys."""
    text = (KEYS["unusable"] | KEYS["not_canonical"])[name]
    with pytest.raises(rules.BadKey) as refused:
        rules.check_public_key(text)
    assert refused.value.code == "unusable"
    key = age_reader.from_bech32("age1pq", text)
    with pytest.raises(ValueError, match=r"."):
        seal_once(key)


def seal_once(key: bytes) -> None:
    MLKEM768PublicKey.from_public_bytes(key[:1184])
    X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(key[1184:]))


@pytest.mark.req("K-24")
@settings(max_examples=60, deadline=None)
@given(at=st.integers(7, 1958), digit=st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_a_slip_in_a_key_is_noticed(at: int, digit: str) -> None:
    key = KEYS["good"][0]
    changed = key[:at] + digit + key[at + 1 :]
    if changed != key:
        with pytest.raises(rules.BadKey):
            rules.check_public_key(changed)


@pytest.mark.req("K-24")
@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=60))
def test_base64_has_one_spelling(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert rules.read_base64(text, len(data)) == data
    for wrong in (text + "\n", text + "=", text.rstrip("=") + "!", " " + text, text + "é"):
        with pytest.raises(rules.BadEnvelope):
            rules.read_base64(wrong, 1_000)
    if data:
        with pytest.raises(rules.BadEnvelope) as refused:
            rules.read_base64(base64.b64encode(data * 4).decode(), len(data))
        assert refused.value.code == "too-long"


@pytest.mark.req("K-24")
def test_base64_that_is_not_canonical_is_refused() -> None:
    assert rules.read_base64("QQ==", 3) == b"A"
    with pytest.raises(rules.BadEnvelope):
        rules.read_base64("QR==", 3)


@given(moment=st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_week_begins_on_the_monday_before(moment: datetime) -> None:
    monday = rules.monday_of(moment)
    assert monday.weekday() == 0
    assert timedelta(0) <= moment - datetime(monday.year, monday.month, monday.day, tzinfo=UTC) < timedelta(7)


def test_weeks_are_those_of_universal_time_and_need_a_zone_and_a_monday() -> None:
    far_west = timezone(timedelta(hours=-11))
    assert rules.monday_of(datetime(2026, 11, 29, 12, 59, tzinfo=far_west)) == date(2026, 11, 23)
    assert rules.monday_of(datetime(2026, 11, 29, 13, 0, tzinfo=far_west)) == date(2026, 11, 30)
    assert rules.weeks_from(date(2026, 12, 21), 3) == (date(2026, 12, 21), date(2026, 12, 28), date(2027, 1, 4))
    with pytest.raises(ValueError, match="zone"):
        rules.monday_of(datetime(2026, 11, 29))  # noqa: DTZ001
    with pytest.raises(ValueError, match="Monday"):
        rules.weeks_from(date(2026, 12, 22), 1)


def test_keys_reach_up_to_the_last_day_before_a_week_without_one() -> None:
    monday = date(2026, 11, 23)
    weeks = [monday, *(monday + timedelta(weeks=number) for number in (1, 3))]
    assert rules.last_day(weeks, monday) == date(2026, 12, 6)
    assert rules.last_day(weeks, monday + timedelta(weeks=3)) == date(2026, 12, 20)
    assert rules.last_day(weeks, monday + timedelta(weeks=2)) is None
    assert rules.last_day([], monday) is None


RINGS: dict[str, Any] = vectors.read("rings.json")


@pytest.mark.req("K-34")
def test_the_list_of_a_ring_has_one_spelling() -> None:
    words, passkey = rules.read_ring(RINGS["listed"])
    assert words == rules.words_member(words.recipient)
    assert passkey == rules.Member(*(RINGS["passkey"][name] for name in ("name", "host", "wrap_recipient")))
    assert rules.write_ring([passkey, words]) == RINGS["listed"]
    rules.check_public_key(passkey.recipient)


@pytest.mark.req("K-34")
@pytest.mark.parametrize("case", vectors.read("ring_cases.json"), ids=lambda case: case["name"])
def test_a_changed_list_of_a_ring_is_refused_with_its_code(case: dict[str, Any]) -> None:
    changed = vectors.edited(RINGS["listed"].encode(), case["edits"]).decode()
    assert changed != RINGS["listed"]
    with pytest.raises(rules.BadRing) as refused:
        rules.read_ring(changed)
    assert refused.value.code == case["code"]


@pytest.mark.req("K-34")
@given(text=st.text(max_size=300) | st.text(max_size=80).map(lambda tail: RINGS["listed"] + tail))
def test_arbitrary_text_is_no_list_of_a_ring(text: str) -> None:
    if text != RINGS["listed"]:
        with pytest.raises(rules.BadRing):
            rules.read_ring(text)
