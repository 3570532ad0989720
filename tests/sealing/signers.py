"""A coordinator's and a witness's browser in Python: what they sign, in the form in which their pages post it."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from django.urls import reverse

from alongside.site import signatures
from tests import age_reader


@dataclass
class Signer:
    """Somebody with signing words; what they post may be bent by a test."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public(self) -> bytes:
        """The public half."""
        return self.key.public_key().public_bytes_raw()

    @property
    def text(self) -> str:
        """The public half as pages carry it."""
        return age_reader.base64url(self.public)

    def over(self, statement: bytes) -> str:
        """Return a signature as pages post it."""
        return age_reader.base64url(self.key.sign(statement))

    def signed(self, state: dict[str, Any], **change: Any) -> dict[str, Any]:
        """Return the signed list for what the page was handed; `change` takes the place of parts before signing."""
        facts = {**state, **change}
        organisation, until = _uuid(facts["organisation"]), date.fromisoformat(facts["until"])
        certificates = {}
        for one in facts["people"]:
            vouch = age_reader.from_base64url(one["vouch"])
            statement = signatures.peer_statement(organisation, facts["epoch"], until, vouch, one["office"])
            certificates[one["id"]] = self.over(statement)
        named = None
        if facts["witness"] and not facts["named"]:
            witness = age_reader.from_base64url(facts["witness"])
            named = self.over(signatures.witness_statement(organisation, self.public, witness))
        kept = {name: facts[name] for name in ("epoch", "until", "seen")}
        return {**kept, "root": self.text, "named": named, "certificates": certificates}


def state(client: Client) -> dict[str, Any]:
    """Return what a coordinator's browser is handed."""
    found: dict[str, Any] = client.get(reverse("in_signing_state")).json()
    return found


def sign(client: Client, signer: Signer, **change: Any) -> Any:
    """Sign and post; `posted` takes the place of parts after signing."""
    posted = change.pop("posted", {})
    body = {**signer.signed(state(client), **change), **posted}
    return client.post(reverse("in_sign"), {"signed": json.dumps(body)})


def _uuid(text: str) -> uuid.UUID:
    return uuid.UUID(text)
