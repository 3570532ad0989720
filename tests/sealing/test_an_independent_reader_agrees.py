"""What browsers seal, an independent reader opens; what it writes, the server takes and the browser's tests open.

The reader (tests/age_reader.py) follows the published formats and shares no code with the browser.
"""

import base64
import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.sealing import rules
from tests import age_reader
from tests.sealing import vectors

ENVELOPES: dict[str, Any] = vectors.read("envelopes.json")
PADDING: dict[str, Any] = vectors.read("padding.json")
RECEIPT = vectors.read("words.json")["receipts"][0]


@pytest.mark.req("K-24")
@pytest.mark.parametrize("name", ["twelve", "twelve-full", "twenty-four", "one"])
def test_every_recipient_opens_what_a_browser_sealed(name: str) -> None:
    example = ENVELOPES[name]
    for identity in example["identities"]:
        assert age_reader.open_with(identity, vectors.sealed(name)) == example["text"]


@pytest.mark.req("K-34")
def test_nobody_else_opens_it() -> None:
    with pytest.raises(age_reader.CannotOpenError):
        age_reader.open_with(ENVELOPES["twenty-four"]["identities"][0], vectors.sealed("twelve"))
    with pytest.raises(age_reader.CannotOpenError):
        age_reader.open_with(age_reader.new_identity()[0], vectors.sealed("one"))


@pytest.mark.req("K-24")
@pytest.mark.parametrize(
    "case",
    [case for case in vectors.read("envelope_cases.json") if case["code"] is None],
    ids=lambda case: case["name"],
)
def test_a_change_that_the_grammar_allows_is_noticed_on_opening(case: dict[str, Any]) -> None:
    data = vectors.edited(vectors.sealed(case["base"]), case["edits"])
    for identity in ENVELOPES[case["base"]]["identities"]:
        with pytest.raises(age_reader.CannotOpenError):
            age_reader.open_with(identity, data)


@pytest.mark.req("K-24")
def test_filler_stanzas_look_like_the_others() -> None:
    """3 of 12 and 12 of 12 people: same size, same grammar; only the identities tell."""
    assert len(ENVELOPES["twelve"]["identities"]) == 3
    assert len(ENVELOPES["twelve-full"]["identities"]) == 12
    shapes = {
        bytes(10 if octet == 10 else 65 for octet in vectors.sealed(name)[:18754]) for name in ("twelve", "twelve-full")
    }
    assert len(shapes) == 1


@pytest.mark.req("K-24")
def test_a_wrapped_key_opens_with_the_words_only() -> None:
    example = ENVELOPES["wrap"]
    assert age_reader.unwrap(vectors.sealed("wrap"), example["identities"][0]) == example["text"]
    with pytest.raises(age_reader.CannotOpenError):
        age_reader.unwrap(vectors.sealed("wrap"), example["text"])


@pytest.mark.req("K-24")
@pytest.mark.parametrize("case", vectors.read("words.json")["receipts"], ids=lambda case: case["secret"])
def test_a_receipt_stands_for_the_same_token_and_box(case: dict[str, str]) -> None:
    made = age_reader.receipt(bytes.fromhex(case["secret"]))
    assert (made.token.hex(), made.address.hex()) == (case["token"], case["address"])
    assert (made.identity, made.recipient) == (case["identity"], case["recipient"])


@pytest.mark.req("K-24")
@pytest.mark.parametrize("case", vectors.read("words.json")["supporters"], ids=lambda case: case["secret"])
def test_a_supporters_words_stand_for_the_same_wrap_keys(case: dict[str, str]) -> None:
    expected = (case["wrap_identity"], case["wrap_recipient"])
    assert age_reader.wrap_keys(bytes.fromhex(case["secret"])) == expected


@pytest.mark.req("K-34")
def test_a_ring_is_opened_and_marked_alike() -> None:
    ring = vectors.read("rings.json")
    key, passkey = bytes.fromhex(ring["ring_key"]), ring["passkey"]
    for name, one in (("words", ring["words"]), (passkey["name"], passkey)):
        sealed = base64.b64decode(one["sealed"])
        assert len(sealed) == rules.RING_KEY_BYTES
        assert age_reader.open_ring_key(sealed, name, bytes.fromhex(one["secret"])) == key
        with pytest.raises(age_reader.CannotOpenError):
            age_reader.open_ring_key(sealed, name, bytes(32))
    with pytest.raises(age_reader.CannotOpenError):
        age_reader.open_ring_key(
            base64.b64decode(ring["words"]["sealed"]), "p" * 43, bytes.fromhex(ring["words"]["secret"])
        )
    made = age_reader.wrap_keys(bytes.fromhex(passkey["secret"]), passkey["name"])
    assert made == (passkey["wrap_identity"], passkey["wrap_recipient"])
    words = age_reader.wrap_keys(bytes.fromhex(ring["words"]["secret"]))[1]
    listed = age_reader.ring_text([(passkey["name"], passkey["host"], made[1]), ("words", "-", words)])
    assert listed == ring["listed"]
    assert base64.b64decode(ring["mac"]) == age_reader.ring_mac(key, listed)
    week = ring["week"]
    assert base64.b64decode(week["mac"]) == age_reader.week_mac(key, week["week"], week["public_key"])


@pytest.mark.req("K-24")
def test_the_python_vector_is_what_the_server_takes() -> None:
    made = vectors.read("python.json")
    request, reply, wrap = (base64.b64decode(made[name]["sealed"]) for name in ("request", "reply", "wrap"))
    assert rules.check_envelope(request) == 12
    rules.check_box_reply(reply)
    rules.check_wrap(wrap)
    assert age_reader.open_with(made["request"]["identities"][1], request) == made["request"]["text"]


@pytest.mark.req("K-24")
@settings(max_examples=15, deadline=None)
@given(text=st.text(max_size=900), people=st.integers(1, 12), slots=st.sampled_from([12, 24]))
def test_whatever_is_written_has_one_size_and_comes_back(text: str, people: int, slots: int) -> None:
    keys = [age_reader.new_identity() for _ in range(people)]
    data = age_reader.seal_for([recipient for _, recipient in keys], text, slots)
    assert len(data) == rules.ENVELOPE_BYTES[slots]
    assert rules.check_envelope(data) == slots
    assert age_reader.open_with(keys[-1][0], data) == text


@pytest.mark.req("K-24")
@pytest.mark.parametrize("case", PADDING["good"], ids=lambda case: case["name"])
def test_padding_is_as_agreed(case: dict[str, Any]) -> None:
    text = case["text"] * case.get("times", 1)
    padded = age_reader.pad(text)
    assert len(padded) == rules.PADDED_BYTES
    assert padded.hex().startswith(case["head"])
    assert hashlib.sha256(padded).hexdigest() == case["sha256"]
    assert age_reader.unpad(padded) == text


@pytest.mark.req("K-24")
@pytest.mark.parametrize("case", PADDING["too_long"], ids=lambda case: case["name"])
def test_a_text_that_does_not_fit_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="too long"):
        age_reader.pad(case["text"] * case["times"])


@pytest.mark.req("K-24")
@pytest.mark.parametrize("case", PADDING["bad"], ids=lambda case: case["name"])
def test_a_block_that_is_not_padded_is_refused(case: dict[str, Any]) -> None:
    block = bytearray(bytes.fromhex(case["head"]).ljust(case["size"], b"\0"))
    if "last" in case:
        block[-1:] = bytes.fromhex(case["last"])
    with pytest.raises(ValueError, match=r"padding|utf-8"):
        age_reader.unpad(bytes(block))


@pytest.mark.req("K-24")
@pytest.mark.parametrize(
    "case", [case for case in vectors.read("payloads.json") if case["code"] is None], ids=lambda case: case["name"]
)
def test_good_payloads_fit_into_an_envelope(case: dict[str, Any]) -> None:
    address = base64.urlsafe_b64encode(bytes.fromhex(RECEIPT["address"])).decode().rstrip("=")
    text = case["text"].replace("$RECIPIENT", RECEIPT["recipient"]).replace("$ADDRESS", address)
    assert age_reader.open_with(RECEIPT["identity"], age_reader.seal_to_box(RECEIPT["recipient"], text)) == text


@pytest.mark.req("K-24")
def test_the_demonstrations_keys_fit_their_words() -> None:
    """The words' secrets are not in the file: each wrap is checked for shape here and opened by the browser's tests."""
    demo = vectors.read("demo.json")
    assert list(demo["supporters"]) == [f"supporter-{number}" for number in range(1, 22)]
    for supporter in demo["supporters"].values():
        rules.check_public_key(supporter["public_key"])
        rules.check_public_key(supporter["wrap_recipient"])
        rules.check_wrap(rules.read_base64(supporter["wrap"], rules.WRAP_BYTES))
        assert len(supporter["words"].split()) == 12
    distinct = {supporter["public_key"] for supporter in demo["supporters"].values()}
    assert len(distinct) == 21
