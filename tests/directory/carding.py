"""Cards as supporters' devices make them: facts of their choice, name and details sealed with a poster code."""

import hashlib
import json
import os
from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from alongside.directory import actions, rules
from alongside.sealing import rules as seals
from alongside.team.models import Supporter

CODE = hashlib.sha256(b"a poster of the tests").digest()[:16]


def shown(**facts: Any) -> rules.Shown:
    """Return what a card shows, of somebody of the police who speaks English, unless said otherwise."""
    known: dict[str, Any] = {
        "discipline": "police",
        "band": "front",
        "office_shown": True,
        "languages": ("en",),
        "gender": "",
        "tags": (),
        "channels": ("call",),
        "over": (),
    }
    return rules.Shown(**{**known, **facts})


def sealed(name: str = "", code: bytes = CODE, **details: str) -> rules.Sealed:
    """Return the sealed part of a card: empty without a name."""
    reference = os.urandom(16)
    if not name:
        return rules.Sealed(reference, None, None)
    text = json.dumps({"name": name, "phone": "", "email": "", "picture": "", **details}).encode()
    return rules.Sealed(
        reference,
        _seal(code, "alongside card name v1", name.encode().ljust(20, b"\0"), reference),
        _seal(
            code,
            "alongside card details v1",
            (len(text).to_bytes(2) + text).ljust(seals.CARD_DETAILS_BYTES - 16, b"\0"),
            reference,
        ),
    )


def _seal(code: bytes, info: str, plain: bytes, reference: bytes) -> bytes:
    key = HKDF(SHA256(), 32, salt=None, info=info.encode()).derive(code)
    return AESGCM(key).encrypt(reference[:12], plain, reference)


def give_cards(supporters: Iterable[Supporter], **facts: Any) -> None:
    """Show a card for each supporter, with their first name sealed."""
    for one in supporters:
        actions.show_card(one.facts(), shown(**facts), sealed(one.person.name.split()[0]))
