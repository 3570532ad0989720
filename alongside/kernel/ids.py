"""Opaque random ids: they say nothing of order, time or how many there were."""

import hashlib
import uuid


def new() -> uuid.UUID:
    """Return a random 122-bit id (UUID version 4); never a time-ordered one."""
    return uuid.uuid4()


def digest(value: bytes) -> bytes:
    """Return the SHA-256 under which a random token is kept: only its holder can name the row."""
    return hashlib.sha256(value).digest()
