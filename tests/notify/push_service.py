"""A push service on loopback, with real TLS, and a browser's half: it makes the subscription and opens what arrives.

The opening is done by http-ece, an implementation that has nothing in common with ours. A real push service (of Google,
Mozilla, Apple or Microsoft) was not reached: there is no internet where the tests run.
"""

import base64
import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import http_ece
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

from alongside.notify import rules


@dataclass
class Message:
    """One POST as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    """A push service's behaviour: keeps what it is sent and answers with `status`; `to` is where it redirects."""

    status: int = 201
    to: str = ""
    taken: list[Message] = field(default_factory=list)
    port: int = 0

    @property
    def origin(self) -> str:
        return f"https://127.0.0.1:{self.port}"


class Browser:
    """A browser's subscription, with the two private parts that never leave it."""

    def __init__(self, service: PushService, name: str = "device-1") -> None:
        self.endpoint = f"{service.origin}/push/{name}"
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.secret = b"sixteen bytes!!!"

    @property
    def key(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    @property
    def keys(self) -> dict[str, str]:
        return {"endpoint": self.endpoint, "p256dh": text(self.key), "auth": text(self.secret)}

    @property
    def address(self) -> str:
        return rules.push_address(self.endpoint, text(self.key), text(self.secret))

    def open(self, message: Message) -> dict[str, Any]:
        """Open what arrived, as the browser does before it wakes the service worker."""
        assert message.headers["Content-Encoding"] == "aes128gcm"
        plain = http_ece.decrypt(message.body, private_key=self.private, auth_secret=self.secret, version="aes128gcm")
        return dict(json.loads(plain))


def text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unbase64(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


def who_sends(message: Message) -> dict[str, Any]:
    """Return the claims of a message's token, its signature checked against the key that comes along (RFC 8292)."""
    scheme, _, rest = message.headers["Authorization"].partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    head, claims, signature = parts["t"].split(".")
    assert json.loads(unbase64(head)) == {"typ": "JWT", "alg": "ES256"}
    raw = unbase64(signature)
    assert len(raw) == 64
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unbase64(parts["k"]))
    key.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    return {**json.loads(unbase64(claims)), "key": parts["k"]}


@contextmanager
def push_service(settings: Any, monkeypatch: Any, folder: Path, service: PushService) -> Iterator[PushService]:
    """Run a push service and let the product know it as the operator would: by its host, and by its certificate."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.taken.append(Message(self.path, dict(self.headers), body))
            self.send_response(service.status)
            if service.to:
                self.send_header("Location", service.to)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            service.taken.append(Message(self.path, dict(self.headers), b""))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    certificate = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    service.port = server.server_port
    settings.ALONGSIDE_PUSH_HOSTS = [f"127.0.0.1:{service.port}"]
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _certificate(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "push service of the tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "push-service-certificate"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
