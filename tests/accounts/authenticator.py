"""An authenticator in software: makes and uses passkeys as a phone does, and misbehaves where a test asks it to."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

HOST, ORIGIN = "localhost", "http://localhost:8000"
FLAG = AuthenticatorData.FLAG
# What the maker's chip calls its model; nothing of it may be kept.
MODEL = Aaguid(bytes.fromhex("fbfc3007154e4ecc8c0b6e020557d7bd"))


@dataclass
class Phone:
    """One device with one passkey; its facts can be set to what a stolen, strange or hostile one would say."""

    origin: str = ORIGIN
    host: str = HOST
    verified: bool = True
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    handle: bytes = b""
    counter: int = 41

    def make(self, question: dict[str, Any]) -> dict[str, Any]:
        """Answer the question for a new passkey."""
        self.handle = websafe_decode(question["user"]["id"])
        made = AttestedCredentialData.create(MODEL, self.id, ES256.from_cryptography_key(self.key.public_key()))
        data = AuthenticatorData.create(self._host_hash(), self._flags() | FLAG.AT, self.counter, made)
        return self._credential(
            clientDataJSON=self._client_data("webauthn.create", question),
            attestationObject=AttestationObject.create("none", data, {}),
        ) | {"clientExtensionResults": {"credProps": {"rk": True}}}

    def use(self, question: dict[str, Any]) -> dict[str, Any]:
        """Answer the question who is there."""
        self.counter += 1
        data = AuthenticatorData.create(self._host_hash(), self._flags(), self.counter)
        client = self._client_data("webauthn.get", question)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            clientDataJSON=client, authenticatorData=data, signature=signature, userHandle=self.handle
        )

    def _credential(self, **response: bytes) -> dict[str, Any]:
        name = websafe_encode(self.id)
        parts = {key: websafe_encode(value) for key, value in response.items()}
        return {"id": name, "rawId": name, "type": "public-key", "response": parts, "clientExtensionResults": {}}

    def _client_data(self, kind: str, question: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": question["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _host_hash(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()

    def _flags(self) -> AuthenticatorData.FLAG:
        return FLAG.UP | (FLAG.UV if self.verified else FLAG(0))


def post(client: Client, name: str, body: object, *args: object, query: str = "") -> Any:
    """Post JSON to a door as a page does."""
    return client.post(reverse(name, args=args) + query, json.dumps(body), content_type="application/json")


def look(client: Client, path: str) -> str:
    """Return a page as it is at the installation's own address, where passkeys work."""
    return str(client.get(path, headers={"host": ORIGIN.removeprefix("http://")}).content.decode())


def add(client: Client, phone: Phone, name: str = "my phone") -> Any:
    """Add a passkey to whoever is signed in; return the answer."""
    question = post(client, "in_passkey_add_question", {"name": name}).json()
    return post(client, "in_passkey_add", {"name": name, "credential": phone.make(question)})


def enter(client: Client, phone: Phone, query: str = "") -> Any:
    """Sign in with a passkey; return the answer."""
    question = post(client, "in_passkey_question", {}).json()
    return post(client, "in_passkey", {"credential": phone.use(question)}, query=query)
