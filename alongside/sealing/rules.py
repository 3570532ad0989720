"""The shape of what browsers seal: sizes, the strict grammar of envelopes and keys, the frame of a request.

Everything here judges bytes from outside and can open none of them. The sizes are protocol constants:
`vectors/` holds examples that the browser's tests read too, and `browser/src/core/` states them once more.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Literal

# Keys belong to weeks: whoever judges keys finds both here.
from alongside.kernel.weeks import last_day as last_day  # noqa: PLC0414
from alongside.kernel.weeks import monday_of as monday_of  # noqa: PLC0414
from alongside.kernel.weeks import weeks_from as weeks_from  # noqa: PLC0414

PADDED_BYTES = 4096
MAX_TEXT_BYTES = PADDED_BYTES - 2
SMALL_POOL = 12
"""The largest pool of candidates whose requests have 12 stanzas; a larger one has 24, whoever is left out."""
STANZAS = (12, 24)
BOX_STANZAS = 1
MAX_CANDIDATES = 24
IDENTITY_CHARACTERS = 77
TOKEN_BYTES = 16
WORDS = "words"
"""The name of a person's 12 words in their ring; every other name in it is the id of a passkey."""
MAX_RING = 5
"""The most that unlocks one person's keys: their words and four passkeys. More would not fit into one publication."""
MAC_BYTES = 32
RING_KEY_BYTES = 12 + 32 + 16
"""A ring's key as it is kept: nonce, key and tag of AES-256-GCM, sealed for one member of the ring."""
VOUCH_BYTES = 32
SIGNATURE_BYTES = 64
"""Ed25519 keys and signatures: a vouching key, the root, a witness; what each of them signs."""
EPOCHS_AHEAD = 1000
"""How far the numbers of signings go on after a restore, besides one for each minute since the backup: no phone may
take what is signed next for older than what it saw last."""

CARD_REFERENCE_BYTES = 16
"""What a device draws anew each time it seals a card: names the card, and is the nonce of what is sealed with it."""
CARD_NAME_BYTES = 20 + 16
"""A card's name, padded to 20 bytes, and the tag of AES-256-GCM; the nonce is the first 12 bytes of the reference."""
CARD_DETAILS_BYTES = 2560 + 16
"""A card's number, address and picture, padded to one size, and the tag."""

_INTRO = b"age-encryption.org/v1\n"
_STANZA_BYTES = 1557
_MAC_LINE_BYTES = 48
_NONCE_AND_TAG_BYTES = 32


def sealed_bytes(stanzas: int, plain_bytes: int = PADDED_BYTES) -> int:
    """Return the exact size of an age file: `stanzas` hybrid recipients, one chunk of `plain_bytes`."""
    return _header_bytes(stanzas) + _NONCE_AND_TAG_BYTES + plain_bytes


def _header_bytes(stanzas: int) -> int:
    return len(_INTRO) + stanzas * _STANZA_BYTES + _MAC_LINE_BYTES


ENVELOPE_BYTES = {stanzas: sealed_bytes(stanzas) for stanzas in STANZAS}
BOX_REPLY_BYTES = sealed_bytes(BOX_STANZAS)
WRAP_BYTES = sealed_bytes(1, IDENTITY_CHARACTERS)


class BadEnvelope(ValueError):
    """Not an envelope of ours. `code` says why and quotes nothing of what came."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BadKey(BadEnvelope):
    """Not a public key that a browser could seal for."""


class BadRing(BadEnvelope):
    """Not a list of what unlocks a person's keys."""


class BadFrame(BadEnvelope):
    """Not the body of a request."""


# The last digit of each base64 text carries unused bits, which must be zero: one file, one spelling.
_DIGIT = rb"[A-Za-z0-9+/]"
_OF_32 = _DIGIT + rb"{42}[AEIMQUYcgkosw048]"
_OURS = rb"-> mlkem768x25519 " + _DIGIT + rb"{1493}[AQgw]\n" + _OF_32 + rb"\n"
_MAC = rb"--- " + _OF_32 + rb"\n"
_STANZA = re.compile(_OURS)
_LAST_LINE = re.compile(_MAC)
_FOREIGN_STANZA = re.compile(
    rb"-> (?!mlkem768x25519[ \n])[!-~]+(?: [!-~]+)*\n(?:%b{64}\n)*%b{0,63}\n" % (_DIGIT, _DIGIT)
)
_HEADERS = {
    stanzas: re.compile(re.escape(_INTRO) + rb"(?:%b){%d}%b" % (_OURS, stanzas, _MAC))
    for stanzas in (BOX_STANZAS, *STANZAS)
}


def check_envelope(data: bytes, slots: frozenset[int] = frozenset(STANZAS)) -> int:
    """Return the number of stanzas of a request's envelope, which must be one of `slots`.

    Accepts exactly: age-encryption.org/v1 (C2SP), binary, only `mlkem768x25519` stanzas, canonical base64,
    one chunk of 4,096 bytes of plaintext, and not a byte more. Whether anybody can open it cannot be seen
    from here (K-34). `slots` is a choice of 1, 12 and 24.

    Raises BadEnvelope: `too-short` and `too-long` (than any envelope), `not-age` (also armored),
    `classical-recipient` (a stanza of any other kind, also mixed among ours), `wrong-stanza-count`,
    `unpadded` (a sound header before a payload of another size), `malformed`.
    """
    for stanzas in slots:
        if _is_sealed(data, stanzas, PADDED_BYTES):
            return stanzas
    raise BadEnvelope(_why_refused(data, slots, PADDED_BYTES))


def check_box_reply(data: bytes) -> None:
    """Refuse all but an envelope for one reply box: one stanza. Raises BadEnvelope like `check_envelope`."""
    check_envelope(data, frozenset({BOX_STANZAS}))


def check_wrap(data: bytes) -> None:
    """Refuse all but a wrapped identity: one stanza, 77 bytes of plaintext. Raises BadEnvelope."""
    if not _is_sealed(data, 1, IDENTITY_CHARACTERS):
        raise BadEnvelope(_why_refused(data, frozenset({1}), IDENTITY_CHARACTERS))


def _is_sealed(data: bytes, stanzas: int, plain_bytes: int) -> bool:
    if len(data) != sealed_bytes(stanzas, plain_bytes):
        return False
    return _HEADERS[stanzas].fullmatch(data, 0, _header_bytes(stanzas)) is not None


def _why_refused(data: bytes, slots: frozenset[int], plain_bytes: int) -> str:
    if len(data) < sealed_bytes(1, plain_bytes):
        return "too-short"
    if len(data) > sealed_bytes(MAX_CANDIDATES, plain_bytes):
        return "too-long"
    if not data.startswith(_INTRO):
        return "not-age"
    at, stanzas = len(_INTRO), 0
    while ours := _STANZA.match(data, at):
        at, stanzas = ours.end(), stanzas + 1
    if not _LAST_LINE.match(data, at):
        return "classical-recipient" if _FOREIGN_STANZA.match(data, at) else "malformed"
    return "unpadded" if stanzas in slots else "wrong-stanza-count"


_KEY_HEAD = "age1pq1"
_KEY_BYTES = 1216
_KEY_CHARACTERS = 1959
_BECH32 = {character: value for value, character in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
_CHECKSUM_CHARACTERS = 6
# BIP-173's generator, worked out for each value of the five bits that leave the register.
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_FEEDBACK = [
    (g0 if top & 1 else 0)
    ^ (g1 if top & 2 else 0)
    ^ (g2 if top & 4 else 0)
    ^ (g3 if top & 8 else 0)
    ^ (g4 if top & 16 else 0)
    for g0, g1, g2, g3, g4 in [_GENERATOR]
    for top in range(32)
]
_ML_KEM_VECTOR_BYTES = 1152
_ML_KEM_PRIME = 3329
_CURVE_PRIME = 2**255 - 19
_SMALL_ORDER = frozenset(
    {
        0,
        1,
        _CURVE_PRIME - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    }
)


def check_public_key(text: str) -> None:
    """Refuse all but a hybrid recipient `age1pq1...` for which browsers can seal and whose owner can open.

    One key with an X25519 point of small order (RFC 7748, 6.1) would stop the sealing for everybody on its
    list. ML-KEM-768 coefficients must be below the prime (FIPS 203, 7.2), which the browser's library does
    not notice. Raises BadKey: `not-hybrid`, `wrong-length`, `malformed`, `bad-checksum`, `unusable`.
    """
    if not text.startswith(_KEY_HEAD):
        raise BadKey("not-hybrid")
    if len(text) != _KEY_CHARACTERS:
        raise BadKey("wrong-length")
    try:
        values = [_BECH32[character] for character in text[len(_KEY_HEAD) :]]
    except KeyError:
        raise BadKey("malformed") from None
    if not _is_checksum_right(values):
        raise BadKey("bad-checksum")
    key = _key_bytes(values[:-_CHECKSUM_CHARACTERS])
    if not _is_usable(key):
        raise BadKey("unusable")


def _is_checksum_right(values: list[int]) -> bool:
    prefix = _KEY_HEAD[:-1].encode()
    register = 1
    for value in [*(octet >> 5 for octet in prefix), 0, *(octet & 31 for octet in prefix), *values]:
        register = (register & 0x1FFFFFF) << 5 ^ value ^ _FEEDBACK[register >> 25]
    return register == 1


def _key_bytes(values: list[int]) -> bytes:
    whole = int("".join(f"{value:05b}" for value in values), 2)
    spare = len(values) * 5 - _KEY_BYTES * 8
    if whole & (1 << spare) - 1:
        raise BadKey("malformed")
    return (whole >> spare).to_bytes(_KEY_BYTES, "big")


def _is_usable(key: bytes) -> bool:
    vector, point = key[:_ML_KEM_VECTOR_BYTES], key[-32:]
    for low, middle, high in zip(vector[::3], vector[1::3], vector[2::3], strict=True):
        if (low | (middle & 15) << 8) >= _ML_KEM_PRIME or (middle >> 4 | high << 4) >= _ML_KEM_PRIME:
            return False
    u = int.from_bytes(point, "little") & (1 << 255) - 1
    return u % _CURVE_PRIME not in _SMALL_ORDER


@dataclass(frozen=True)
class Member:
    """What unlocks a person's keys: their words or a passkey (`name`), made at `host`, and what wraps for it."""

    name: str
    host: str
    recipient: str


_RING_HEAD = "alongside ring v1"
_NO_HOST = "-"
# Credential ids have 16 to 1,023 bytes (WebAuthn), in base64url without padding.
_PASSKEY = re.compile(r"[A-Za-z0-9_-]{22,1364}")
_HOST = re.compile(r"(?!-)[a-z0-9.-]{1,253}")


def write_ring(members: Iterable[Member]) -> str:
    """Return the one spelling of a list of members: a line each, words first, passkeys by name."""
    lines = [" ".join((one.name, one.host, one.recipient)) for one in sorted(members, key=_place_in_ring)]
    return "".join(f"{line}\n" for line in (_RING_HEAD, *lines))


def words_member(recipient: str) -> Member:
    """Return the member that stands for a person's 12 words."""
    return Member(WORDS, _NO_HOST, recipient)


def read_ring(text: str) -> tuple[Member, ...]:
    """Read a list of members, which has one spelling only. Whether its MAC fits can only its owner's device see.

    Raises BadRing: `too-long` (more than MAX_RING), `malformed` (also another order, a repeat, a broken name or
    host), `no-words`. The recipients are still unchecked.
    """
    head, *lines = text.split("\n")
    last = lines.pop() if lines else "unended"
    if len(lines) > MAX_RING:
        raise BadRing("too-long")
    parts = [line.split(" ") for line in lines]
    if head != _RING_HEAD or last or any(len(part) != len(fields(Member)) for part in parts):
        raise BadRing("malformed")
    members = tuple(Member(*part) for part in parts)
    if not members or members[0].name != WORDS or members[0].host != _NO_HOST:
        raise BadRing("no-words")
    if not all(is_passkey(one.name) and _HOST.fullmatch(one.host) for one in members[1:]):
        raise BadRing("malformed")
    if len({one.name for one in members}) != len(members) or write_ring(members) != text:
        raise BadRing("malformed")
    return members


def is_passkey(name: str) -> bool:
    """Say whether a name can be a passkey's: its credential id in base64url."""
    return _PASSKEY.fullmatch(name) is not None


def _place_in_ring(one: Member) -> tuple[bool, str]:
    return one.name != WORDS, one.name


Urgency = Literal["now", "today"]
FRAME_HEAD_BYTES = 90
CHOSEN_BYTES = 3
"""What version 2 of the frame has more than version 1: the block and place of one chosen person, or all ones."""
_FRAME_HEADS = {1: FRAME_HEAD_BYTES, 2: FRAME_HEAD_BYTES + CHOSEN_BYTES}
FRAME_BYTES = frozenset(head + size for head in _FRAME_HEADS.values() for size in ENVELOPE_BYTES.values())
"""Every size that the body of a request may have."""
_NOBODY_CHOSEN = b"\xff" * CHOSEN_BYTES
_URGENCIES: dict[int, Urgency] = {1: "now", 2: "today"}
_FILLER = 0xFF


@dataclass(frozen=True)
class Frame:
    """The body of a request: all of its open facts, and the envelope, which is still unchecked.

    `chosen` is the block and place, in the directory of the list, of whoever is called before all others.
    """

    urgency: Urgency
    list_id: bytes
    attempt: bytes
    progress_hash: bytes
    route: tuple[int, ...]
    envelope: bytes
    chosen: tuple[int, int] | None = None


def parse_frame(body: bytes) -> Frame:
    """Take a request's body apart.

    version 1 byte | urgency 1 | list id 16 | attempt 16 | progress hash 32 | route 24, then 0xFF
    | version 2 only: block 2, big end first, and place 1 of the chosen person, or 0xFF 0xFF 0xFF | envelope

    Raises BadFrame: `too-short`, `too-long`, `bad-length` (between the two sizes), `bad-version`,
    `bad-urgency`, `bad-chosen` (a place beyond 23), `bad-route` (empty with nobody chosen, not strictly rising, a gap,
    a place beyond 23, or more places than the envelope has stanzas).
    """
    version = body[0] if body else 0
    head = _FRAME_HEADS.get(version, FRAME_HEAD_BYTES)
    stanzas = _stanzas_for(len(body) - head)
    if version not in _FRAME_HEADS:
        raise BadFrame("bad-version")
    if body[1] not in _URGENCIES:
        raise BadFrame("bad-urgency")
    chosen = _chosen(body[FRAME_HEAD_BYTES:head])
    return Frame(
        urgency=_URGENCIES[body[1]],
        list_id=body[2:18],
        attempt=body[18:34],
        progress_hash=body[34:66],
        route=_route(body[66:FRAME_HEAD_BYTES], stanzas, may_be_empty=chosen is not None),
        envelope=body[head:],
        chosen=chosen,
    )


def _chosen(written: bytes) -> tuple[int, int] | None:
    if written in (b"", _NOBODY_CHOSEN):
        return None
    block, place = int.from_bytes(written[:2]), written[2]
    if place >= MAX_CANDIDATES:
        raise BadFrame("bad-chosen")
    return block, place


def _stanzas_for(envelope_bytes: int) -> int:
    for stanzas, size in ENVELOPE_BYTES.items():
        if envelope_bytes == size:
            return stanzas
    if envelope_bytes < min(ENVELOPE_BYTES.values()):
        raise BadFrame("too-short")
    raise BadFrame("too-long" if envelope_bytes > max(ENVELOPE_BYTES.values()) else "bad-length")


def _route(places: bytes, stanzas: int, *, may_be_empty: bool) -> tuple[int, ...]:
    route = places.rstrip(bytes([_FILLER]))
    rising = all(before < after for before, after in pairwise(route))
    beyond = bool(route) and route[-1] >= MAX_CANDIDATES
    if (not route and not may_be_empty) or not rising or beyond or len(route) > stanzas:
        raise BadFrame("bad-route")
    return tuple(route)


def read_base64(text: str, most_bytes: int) -> bytes:
    """Read padded, canonical base64 of at most `most_bytes`. Raises BadEnvelope: `too-long`, `malformed`."""
    if len(text) > (most_bytes + 2) // 3 * 4:
        raise BadEnvelope("too-long")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise BadEnvelope("malformed") from None
    if base64.b64encode(data).decode() != text:
        raise BadEnvelope("malformed")
    return data


def base64url(data: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_base64url(text: str, count: int) -> bytes:
    """Read exactly `count` bytes of canonical base64url. Raises BadEnvelope: `malformed`."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if text.isascii() else b""
    if len(data) != count or base64url(data) != text:
        raise BadEnvelope("malformed")
    return data
