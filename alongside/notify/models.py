"""The outbox."""

import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

from alongside.kernel import ids

_NONCE = 12


class Sealed(models.BinaryField):  # type: ignore[type-arg]
    """A small mapping, encrypted under this installation's secret: invitations and new passwords travel in links.

    Nothing in it tells a time. Empty stays empty. What no known secret opens is read as None; former secrets still
    open.
    """

    def get_prep_value(self, value: Any) -> bytes:
        """Seal."""
        if not value:
            return b""
        nonce = os.urandom(_NONCE)
        return nonce + _ciphers()[0].encrypt(nonce, json.dumps(value).encode(), None)

    def from_db_value(self, value: Any, *_: Any) -> dict[str, Any] | None:
        """Open."""
        if not (raw := bytes(value)):
            return {}
        for cipher in _ciphers():
            try:
                return json.loads(cipher.decrypt(raw[:_NONCE], raw[_NONCE:], None))  # type: ignore[no-any-return]
            except InvalidTag:
                continue
        return None


def _ciphers() -> list[AESGCM]:
    return [AESGCM(_derive(str(secret))) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _derive(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"alongside outbox v1", info=b"aes-gcm").derive(secret.encode())


class Notice(models.Model):
    """One neutral message on its way to one address; gone when handed over or when its cause is gone.

    Notices of one call to one person by several ways share their `run`.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    about = models.UUIDField(null=True, db_index=True)
    run = models.UUIDField(null=True)
    kind = models.CharField(max_length=10)
    address = models.CharField(max_length=1000)
    message = models.CharField(max_length=40)
    language = models.CharField(max_length=5, default="en")
    values: Any = Sealed(default=dict)
    rank = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    failed = models.BooleanField(default=False)
