"""Web push to a supporter's browser: RFC 8030 (delivery), RFC 8291 (sealing), RFC 8292 (who sends).

The push service of the browser's maker carries it: it sees a device's address, a length that is always the same and
when. What a letter says is sealed for the device alone. The clock here is the machine's own, since the push service
compares it with its own.
"""

import base64
import hashlib
import hmac
import json
import os
import time
from email.utils import parseaddr
from functools import cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from alongside.notify import rules
from alongside.notify.channels.down import AddressGone, ChannelDown
from alongside.notify.rules import Letter, Subscription

CURVE = ec.SECP256R1()
RECORD = 4096
PADDED = 1024  # bytes of every plaintext, so that the length tells nothing
TOKEN_SECONDS = 12 * 3600  # a sender's token; RFC 8292 allows a day
# The same for every letter: what is left of a call's own time would tell the push service which letters are about one
# request, and to the minute when it was sent.
TTL = 86400
CONNECT_SECONDS, READ_SECONDS = 5, 10
GONE = (404, 410)


def public_key() -> str:
    """Return the public half of this installation's sender key, as a browser wants it for subscribing."""
    return _text(_point(_sender(settings.ALONGSIDE_VAPID_KEY).public_key()))


def send(letter: Letter) -> None:
    """Hand one letter to the push service of its subscription; raises AddressGone when that has ended, else
    ChannelDown.
    """
    import requests

    try:
        to = rules.subscription(letter.address, settings.ALONGSIDE_PUSH_HOSTS)
    except rules.BadSubscription:
        raise ChannelDown from None
    answer = requests.post(
        to.endpoint,
        data=seal(_payload(letter), to, ec.generate_private_key(CURVE), os.urandom(16)),
        headers=_headers(letter, to),
        timeout=(CONNECT_SECONDS, READ_SECONDS),
        # A push service has no reason to send us elsewhere; an address inside the network would be one.
        allow_redirects=False,
        stream=True,
    )
    answer.close()
    if answer.status_code in GONE:
        raise AddressGone
    if not 200 <= answer.status_code < 300:  # noqa: PLR2004
        raise ChannelDown


def _headers(letter: Letter, to: Subscription) -> dict[str, str]:
    return {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL),
        "Urgency": "high" if letter.message in rules.URGENT else "normal",
        "Topic": topic(letter, to),
        "Authorization": f"vapid t={token(to.endpoint, int(time.time()))}, k={public_key()}",
    }


def topic(letter: Letter, to: Subscription) -> str:
    """Return what folds a letter into an earlier one like it that the device has not fetched: opaque to the service."""
    said = f"{letter.message} {to.endpoint}".encode()
    return _text(hmac.new(settings.ALONGSIDE_VAPID_KEY.encode(), said, hashlib.sha256).digest()[:24])


def _payload(letter: Letter) -> bytes:
    return json.dumps({"title": letter.subject, "body": letter.words, "link": letter.link}).encode()


def seal(plain: bytes, to: Subscription, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Return the body of a push message: one record of `aes128gcm` (RFC 8291), padded."""
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, to.key)
    here = _point(own.public_key())
    shared = _derive(own.exchange(ec.ECDH(), theirs), to.secret, b"WebPush: info\0" + to.key + here, 32)
    key = _derive(shared, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(shared, salt, b"Content-Encoding: nonce\0", 12)
    padding = b"\2" + bytes(max(0, PADDED - len(plain) - 1))
    sealed = AESGCM(key).encrypt(nonce, plain + padding, None)
    return salt + RECORD.to_bytes(4, "big") + bytes([len(here)]) + here + sealed


def token(endpoint: str, at: int) -> str:
    """Return the signed token that says who sends, to the one push service it is for (RFC 8292). `at` is the present
    in seconds since 1970.
    """
    url = urlsplit(endpoint)
    claims = {
        "aud": f"{url.scheme}://{url.netloc}",
        "exp": at + TOKEN_SECONDS,
        "sub": _whom_to_ask(),
    }
    parts = [
        _text(json.dumps(part, separators=(",", ":")).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims)
    ]
    signed = ".".join(parts)
    r, s = decode_dss_signature(_sender(settings.ALONGSIDE_VAPID_KEY).sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"{signed}.{_text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _whom_to_ask() -> str:
    """Return whom a push service may write to about what it is sent."""
    address = str(settings.ALONGSIDE_ADDRESS)
    return address if address.startswith("https://") else f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"


@cache
def _sender(key: str) -> ec.EllipticCurvePrivateKey:
    scalar = int.from_bytes(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)), "big")
    return ec.derive_private_key(scalar, CURVE)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
