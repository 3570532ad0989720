"""Supporters' devices in Python: what they publish, made by the independent writer, in the form the server takes."""

import base64
import hashlib
import os
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alongside.sealing import queries
from alongside.sealing import rules as seals
from alongside.sealing.actions import NewKey, NewRing, Publication
from alongside.sealing.models import KeyRing, KeyWrap, ReceivingKey, WrapRecipient
from alongside.site.signatures import key_statement
from tests import age_reader

MAC = bytes(32)
HOST = "help.example.org"


def words_publication(
    person_id: uuid.UUID, words_recipient: str, keys: Mapping[date, tuple[str, bytes]]
) -> Publication:
    """Return a publication of keys (public key and wrap by week) for words alone; the MACs of it fit nothing.

    Begins the ring where there is none. The server cannot check a MAC, so this serves every test that opens nothing.
    """
    state = queries.key_state(person_id)
    listed = seals.write_ring([seals.words_member(words_recipient)])
    ring = NewRing(listed, os.urandom(32), {seals.WORDS: os.urandom(60)})
    fresh = state.ring is None or state.ring.listed != listed
    new = [
        NewKey(week, public, MAC, {seals.WORDS: wrap}, _vouching(person_id).sign(key_statement(week, public)))
        for week, (public, wrap) in keys.items()
    ]
    vouch = _vouching(person_id).public_key().public_bytes_raw()
    return Publication(state.ring.mac if state.ring else None, vouch, ring if fresh else None, new)


def _vouching(person_id: uuid.UUID) -> Ed25519PrivateKey:
    """Return what signs the weekly keys of somebody whose ring nobody opens."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(person_id.bytes).digest())


def give_key_rows(person_id: uuid.UUID, weeks: Iterable[date]) -> None:
    """Leave rows as a device does, for tests to which it does not matter what they hold."""
    ring, _ = KeyRing.objects.get_or_create(person_id=person_id, defaults={"listed": "", "mac": MAC})
    words, _ = WrapRecipient.objects.get_or_create(ring=ring, name=seals.WORDS, defaults={"ring_key": b"sealed"})
    for week in weeks:
        key = ReceivingKey.objects.create(person_id=person_id, week=week, public_key="age1pq1week", mac=MAC)
        KeyWrap.objects.create(key=key, recipient=words, sealed=b"sealed")


@dataclass
class Passkey:
    """A passkey with PRF: its id and the secret that it gives out."""

    name: str = field(default_factory=lambda: base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode())
    secret: bytes = field(default_factory=lambda: os.urandom(32))

    @property
    def member(self) -> tuple[str, str, str]:
        """Its line on the list."""
        return self.name, HOST, age_reader.wrap_keys(self.secret, self.name)[1]


@dataclass
class Device:
    """A supporter's unlocked device: their words, their passkeys, and the identity of each week it made."""

    words: bytes = field(default_factory=lambda: os.urandom(16))
    ring_key: bytes = field(default_factory=lambda: os.urandom(32))
    passkeys: list[Passkey] = field(default_factory=list)
    identities: dict[str, str] = field(default_factory=dict)
    mac: bytes | None = None

    @property
    def members(self) -> list[tuple[str, str, str]]:
        """Everybody on the list."""
        return [("words", "-", age_reader.wrap_keys(self.words)[1]), *(one.member for one in self.passkeys)]

    @property
    def vouching(self) -> Ed25519PrivateKey:
        """What signs the weekly keys, from the ring's key."""
        return age_reader.vouching_key(self.ring_key)

    def week(self, week: str, members: list[tuple[str, str, str]] | None = None) -> dict[str, Any]:
        """Return a week's key, or one that was made before wrapped for some more members."""
        identity = self.identities.setdefault(week, age_reader.new_identity()[0])
        public_key = age_reader.recipient_of(identity)
        chosen = self.members if members is None else members
        return {
            "week": week,
            "public_key": public_key,
            "mac": _text(age_reader.week_mac(self.ring_key, week, public_key)),
            "wraps": {name: _text(age_reader.wrap(identity, recipient)) for name, _host, recipient in chosen},
            "signature": _text(self.vouching.sign(key_statement(date.fromisoformat(week), public_key))),
        }

    def ring(self, new: Mapping[str, bytes]) -> dict[str, Any]:
        """Return the signed list, and the ring's key sealed for the secrets of new members."""
        listed = age_reader.ring_text(self.members)
        keys = {name: _text(age_reader.seal_ring_key(self.ring_key, name, its)) for name, its in new.items()}
        return {"listed": listed, "mac": _text(age_reader.ring_mac(self.ring_key, listed)), "keys": keys}

    def body(self, keys: list[dict[str, Any]], ring: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return a publication as JSON."""
        vouch = _text(self.vouching.public_key().public_bytes_raw())
        return {"on": self.mac and _text(self.mac), "vouch": vouch, "ring": ring, "keys": keys}

    def enrolling(self, weeks: Iterable[str]) -> dict[str, Any]:
        """Return the first publication, with the passkeys there are by then."""
        secrets = {"words": self.words, **{one.name: one.secret for one in self.passkeys}}
        return self.body([self.week(week) for week in weeks], self.ring(secrets))

    def linking(self, passkey: Passkey, weeks: Iterable[str]) -> dict[str, Any]:
        """Return the publication that adds a passkey to the ring, and wraps all the weeks there are for it."""
        self.passkeys.append(passkey)
        keys = [self.week(week, [passkey.member]) for week in weeks]
        return self.body(keys, self.ring({passkey.name: passkey.secret}))

    def published(self, body: dict[str, Any]) -> None:
        """Take note that the server took a publication."""
        if body["ring"]:
            self.mac = base64.b64decode(body["ring"]["mac"])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
