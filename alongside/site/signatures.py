"""What is signed with Ed25519, word for word, and whether a signature fits.

It stands here because `sealing` may hold no cryptographic code. Devices check everything again; the server refuses what
does not fit only so that one broken device cannot stop the pages of everybody (docs/decisions/0019).
"""

import uuid
from datetime import date

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from alongside.sealing.rules import base64url


def key_statement(week: date, public_key: str) -> bytes:
    """Return what a supporter's device signs for each weekly key."""
    return _lines("alongside key v1", week.isoformat(), public_key)


def peer_statement(organisation_id: uuid.UUID, epoch: int, until: date, vouch: bytes, office: str) -> bytes:
    """Return what a coordinator signs for each supporter."""
    parts = (organisation_id.hex, str(epoch), until.isoformat(), base64url(vouch), office)
    return _lines("alongside peer v1", *parts)


def root_statement(organisation_id: uuid.UUID, old: bytes, new: bytes) -> bytes:
    """Return what the old root and its witness sign under a new root."""
    return _lines("alongside root v1", organisation_id.hex, base64url(old), base64url(new))


def witness_statement(organisation_id: uuid.UUID, root: bytes, witness: bytes) -> bytes:
    """Return what a root signs to name its witness."""
    return _lines("alongside witness v1", organisation_id.hex, base64url(root), base64url(witness))


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def fits(public_key: bytes, statement: bytes, signature: bytes) -> bool:
    """Say whether a signature was made over a statement by the holder of a key."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, statement)
    except (InvalidSignature, ValueError):
        return False
    return True
