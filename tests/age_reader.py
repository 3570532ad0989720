"""An independent reader and writer of what browsers seal, for tests only: the product can open nothing.

Written from the format (C2SP age, RFC 9180 HPKE, X-Wing) on `cryptography`; it shares no code with the browser,
so what one side seals and the other opens is sealed as the format says.
"""

import base64
import hashlib
import hmac as hmac_module
import random
import secrets
from dataclasses import dataclass
from itertools import pairwise

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PADDED_BYTES = 4096
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_INFO = b"age-encryption.org/mlkem768x25519"
_SHARE_BYTES = 1120
_ONLY_CHUNK = bytes(11) + b"\x01"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


class CannotOpenError(Exception):
    """No stanza fits the identity, or a byte was changed."""


@dataclass(frozen=True)
class Receipt:
    """What a member's 12 words stand for."""

    token: bytes
    address: bytes
    identity: str
    recipient: str


def new_identity(seed: bytes | None = None) -> tuple[str, str]:
    """Return an identity `AGE-SECRET-KEY-PQ-1...` and its recipient `age1pq1...`, random or from 32 bytes."""
    identity = to_bech32("age-secret-key-pq-", seed or secrets.token_bytes(32)).upper()
    return identity, recipient_of(identity)


def recipient_of(identity: str) -> str:
    """Return the recipient of an identity."""
    kem, curve = _halves(identity)
    public = kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return to_bech32("age1pq", public)


def seal_for(recipients: list[str], text: str, slots: int) -> bytes:
    """Seal text as the ask page does: padded, `slots` stanzas in random order."""
    everybody = recipients + [new_identity()[1] for _ in range(slots - len(recipients))]
    random.SystemRandom().shuffle(everybody)
    return encrypt(everybody, pad(text))


def seal_to_box(recipient: str, text: str) -> bytes:
    """Seal text as a reply for one box: padded, one stanza."""
    return encrypt([recipient], pad(text))


def open_with(identity: str, data: bytes) -> str:
    """Open a padded text. Raises CannotOpenError."""
    return unpad(decrypt(identity, data))


def wrap(identity: str, wrap_recipient: str) -> bytes:
    """Wrap an identity for a supporter's words."""
    return encrypt([wrap_recipient], identity.encode())


def unwrap(data: bytes, wrap_identity: str) -> str:
    """Return a wrapped identity. Raises CannotOpenError."""
    return decrypt(wrap_identity, data).decode()


def receipt(secret: bytes) -> Receipt:
    """Derive what a member's device keeps from the 16 bytes of a receipt."""
    salt = b"alongside receipt v1"
    identity, recipient = new_identity(_derived(secret, salt, b"box identity", 32))
    return Receipt(
        token=_derived(secret, salt, b"progress", 16),
        address=_derived(secret, salt, b"box address", 16),
        identity=identity,
        recipient=recipient,
    )


def wrap_keys(secret: bytes, name: str = "words") -> tuple[str, str]:
    """Derive a supporter's wrap identity and recipient from the secret of their words, or of the passkey `name`."""
    return new_identity(_derived(secret, _ring_salt(name), b"wrap", 32))


def ring_text(members: list[tuple[str, str, str]]) -> str:
    """Write the list of a ring: name, host and recipient of each member, words first."""
    lines = [" ".join(one) for one in sorted(members, key=lambda one: (one[0] != "words", one[0]))]
    return "\n".join(["alongside ring v1", *lines, ""])


def ring_mac(ring_key: bytes, listed: str) -> bytes:
    """Return the MAC of a ring's list."""
    return hmac_module.digest(ring_key, listed.encode(), "sha256")


def week_mac(ring_key: bytes, week: str, public_key: str) -> bytes:
    """Return the MAC that ties a public key to its week."""
    return hmac_module.digest(ring_key, f"alongside week v1\n{week}\n{public_key}\n".encode(), "sha256")


def base64url(data: bytes) -> str:
    """Write bytes as links carry them."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Read bytes as links carry them."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def vouching_key(ring_key: bytes) -> Ed25519PrivateKey:
    """Return the key that signs a person's weekly keys."""
    return Ed25519PrivateKey.from_private_bytes(_derived(ring_key, b"", b"alongside vouch v1", 32))


def signing_key(secret: bytes) -> Ed25519PrivateKey:
    """Return an organisation's root, from the secret of its signing words."""
    return Ed25519PrivateKey.from_private_bytes(_derived(secret, b"alongside signing v1", b"root", 32))


def poster_code(secret: bytes, number: int) -> bytes:
    """Return the code of a poster."""
    return _derived(secret, b"alongside signing v1", b"alongside poster v1 %d" % number, 16)


def seal_ring_key(ring_key: bytes, name: str, secret: bytes) -> bytes:
    """Seal a ring's key for the member whose secret this is."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(_ring_seal_key(name, secret)).encrypt(nonce, ring_key, _ring_bound(name))


def open_ring_key(sealed: bytes, name: str, secret: bytes) -> bytes:
    """Open a ring's key with a member's secret. Raises CannotOpenError."""
    try:
        return AESGCM(_ring_seal_key(name, secret)).decrypt(sealed[:12], sealed[12:], _ring_bound(name))
    except InvalidTag as refused:
        raise CannotOpenError from refused


def _ring_salt(name: str) -> bytes:
    return b"alongside supporter v1" if name == "words" else b"alongside passkey v1"


def _ring_seal_key(name: str, secret: bytes) -> bytes:
    return _derived(secret, _ring_salt(name), b"ring", 32)


def _ring_bound(name: str) -> bytes:
    return f"alongside ring v1\n{name}\n".encode()


def pad(text: str) -> bytes:
    """Pad text to 4,096 bytes. Raises ValueError when it is too long."""
    data = text.encode()
    if len(data) > PADDED_BYTES - 2:
        raise ValueError("too long")
    return (len(data).to_bytes(2, "big") + data).ljust(PADDED_BYTES, b"\0")


def unpad(padded: bytes) -> str:
    """Return the text of a padded block. Raises ValueError for any other block."""
    length = int.from_bytes(padded[:2], "big")
    if len(padded) != PADDED_BYTES or length > PADDED_BYTES - 2 or padded[2 + length :].strip(b"\0"):
        raise ValueError("bad padding")
    return padded[2 : 2 + length].decode()


def encrypt(recipients: list[str], plain: bytes) -> bytes:
    """Write an age file of one chunk with one hybrid stanza for each recipient."""
    file_key = secrets.token_bytes(16)
    header = b"age-encryption.org/v1\n"
    for recipient in recipients:
        public = from_bech32("age1pq", recipient)
        kem, curve = (
            MLKEM768PublicKey.from_public_bytes(public[:1184]),
            X25519PublicKey.from_public_bytes(public[1184:]),
        )
        sealed = _SUITE.encrypt(file_key, MLKEM768X25519PublicKey(kem, curve), _INFO)
        header += b"-> mlkem768x25519 " + _b64(sealed[:_SHARE_BYTES]) + b"\n" + _b64(sealed[_SHARE_BYTES:]) + b"\n"
    header += b"---"
    nonce = secrets.token_bytes(16)
    payload = ChaCha20Poly1305(_derived(file_key, nonce, b"payload", 32)).encrypt(_ONLY_CHUNK, plain, None)
    return header + b" " + _b64(_mac(file_key, header).finalize()) + b"\n" + nonce + payload


def decrypt(identity: str, data: bytes) -> bytes:
    """Open an age file of one chunk. Raises CannotOpenError."""
    start = data.index(b"\n--- ") + 4
    end = data.index(b"\n", start)
    kem, curve = _halves(identity)
    file_key = _file_key(data[:start].decode().splitlines(), MLKEM768X25519PrivateKey(kem, curve))
    try:
        _mac(file_key, data[:start]).verify(_unb64(data[start + 1 : end].decode()))
        nonce, payload = data[end + 1 : end + 17], data[end + 17 :]
        return ChaCha20Poly1305(_derived(file_key, nonce, b"payload", 32)).decrypt(_ONLY_CHUNK, payload, None)
    except (InvalidSignature, InvalidTag) as refused:
        raise CannotOpenError from refused


def _file_key(lines: list[str], key: MLKEM768X25519PrivateKey) -> bytes:
    for intro, body in pairwise(lines):
        if intro.startswith("-> mlkem768x25519 "):
            try:
                return _SUITE.decrypt(_unb64(intro.split(" ")[2]) + _unb64(body), key, _INFO)
            except InvalidTag:
                continue
    raise CannotOpenError


def _halves(identity: str) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    seed = hashlib.shake_256(from_bech32("age-secret-key-pq-", identity.lower())).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(seed[:64]), X25519PrivateKey.from_private_bytes(seed[64:])


def _mac(file_key: bytes, header: bytes) -> hmac.HMAC:
    mac = hmac.HMAC(_derived(file_key, b"", b"header", 32), hashes.SHA256())
    mac.update(header)
    return mac


def _derived(secret: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    return HKDF(hashes.SHA256(), size, salt, info).derive(secret)


def _b64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _unb64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def to_bech32(prefix: str, data: bytes) -> str:
    """Write bytes in Bech32 (BIP-173) without its limit of 90 characters."""
    bits = "".join(f"{octet:08b}" for octet in data)
    values = [int(bits[at : at + 5].ljust(5, "0"), 2) for at in range(0, len(bits), 5)]
    checksum = _polymod(prefix, [*values, 0, 0, 0, 0, 0, 0]) ^ 1
    values += [checksum >> 5 * (5 - at) & 31 for at in range(6)]
    return prefix + "1" + "".join(_BECH32[value] for value in values)


def from_bech32(prefix: str, text: str) -> bytes:
    """Read Bech32. Raises ValueError for another prefix, a wrong checksum or spare bits that are not zero."""
    head, _, tail = text.rpartition("1")
    values = [_BECH32.index(character) for character in tail]
    bits = "".join(f"{value:05b}" for value in values[:-6])
    size = len(bits) // 8
    if head != prefix or _polymod(prefix, values) != 1 or bits[size * 8 :].strip("0"):
        raise ValueError("not " + prefix)
    return int(bits[: size * 8], 2).to_bytes(size, "big")


def _polymod(prefix: str, values: list[int]) -> int:
    octets = prefix.encode()
    register = 1
    for value in [*(octet >> 5 for octet in octets), 0, *(octet & 31 for octet in octets), *values]:
        top, register = register >> 25, (register & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            register ^= generator if top >> bit & 1 else 0
    return register
