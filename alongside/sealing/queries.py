"""Which keys are there, and what unlocks them."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from alongside.sealing import rules
from alongside.sealing.models import (
    Certificate,
    KeyRing,
    KeyWrap,
    ReceivingKey,
    SignedRoster,
    SigningRoot,
    WrapRecipient,
)


@dataclass(frozen=True)
class Ring:
    """A person's signed list, and the ring's key sealed for each member that may unlock now.

    `mac` and the sealed keys are None for keys of before there were rings.
    """

    listed: str
    mac: bytes | None
    keys: dict[str, bytes | None]
    vouch: bytes | None


@dataclass(frozen=True)
class WeekKey:
    """One week's key and its wraps by the name of the member they are for; there are none once it is unusable."""

    week: date
    public_key: str
    mac: bytes | None
    wraps: dict[str, bytes]
    signature: bytes | None


@dataclass(frozen=True)
class KeyState:
    """What a supporter's device needs to unlock; no ring before the first visit."""

    ring: Ring | None
    keys: list[WeekKey]


def keys_for_week(person_ids: Iterable[uuid.UUID], week: date) -> dict[uuid.UUID, str]:
    """Return each person's public key for the week; people without a key, or whose private half is gone, are left
    out.
    """
    rows = ReceivingKey.objects.filter(person_id__in=list(person_ids), week=week, wraps__isnull=False)
    return dict(rows.values_list("person_id", "public_key"))


def key_id_of(person_id: uuid.UUID, week: date) -> uuid.UUID | None:
    """Return the id of a person's usable key for the week; None without one."""
    rows = ReceivingKey.objects.filter(person_id=person_id, week=week, wraps__isnull=False)
    return rows.values_list("id", flat=True).first()


def key_state(person_id: uuid.UUID) -> KeyState:
    """Return a person's own ring, keys and wraps, by week."""
    wraps: dict[uuid.UUID, dict[str, bytes]] = {}
    rows = KeyWrap.objects.filter(key__person_id=person_id).values_list("key_id", "recipient__name", "sealed")
    for key, name, sealed in rows:
        wraps.setdefault(key, {})[name] = bytes(sealed)
    keys = [
        WeekKey(key.week, key.public_key, _bytes(key.mac), wraps.get(key.id, {}), _bytes(key.signature))
        for key in ReceivingKey.objects.filter(person_id=person_id).order_by("week")
    ]
    return KeyState(_ring(person_id), keys)


def _ring(person_id: uuid.UUID) -> Ring | None:
    ring = KeyRing.objects.filter(person_id=person_id).first()
    if ring is None:
        return None
    rows = WrapRecipient.objects.filter(ring=ring).values_list("name", "ring_key")
    return Ring(ring.listed, _bytes(ring.mac), {name: _bytes(sealed) for name, sealed in rows}, _bytes(ring.vouch_key))


def _bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)


def keys_until(person_id: uuid.UUID, this_week: date) -> date | None:
    """Return the last day on which a person can be sealed to as their keys stand; None when this week has no key."""
    rows = ReceivingKey.objects.filter(person_id=person_id, week__gte=this_week, wraps__isnull=False)
    return rules.last_day(set(rows.values_list("week", flat=True)), this_week)


def last_weeks(person_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, date]:
    """Return the last week for which each person has a usable key; people without one are left out."""
    rows = ReceivingKey.objects.filter(person_id__in=list(person_ids), wraps__isnull=False)
    return dict(rows.order_by("week").values_list("person_id", "week"))


# --- the signed list ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Roster:
    """The running epoch of an organisation's signed list: its last day, for how many it was signed, and who of them is
    on it still, with which office and key.
    """

    epoch: int
    until: date
    root: bytes
    people: int
    certified: dict[uuid.UUID, tuple[str, bytes]]


@dataclass(frozen=True)
class Epoch:
    """The running epoch without its certificates: its last day, and the serial of the root it was signed with."""

    number: int
    until: date
    serial: int


@dataclass(frozen=True)
class Root:
    """A root: whom it names as its witness, which poster is current, and who vouches for it as the next."""

    public_key: bytes
    serial: int
    poster: int
    witness: bytes | None
    named: bytes | None
    offered_by: uuid.UUID | None
    by_old: bytes | None
    by_witness: bytes | None


def epoch_of(organisation_id: uuid.UUID) -> Epoch | None:
    """Return the running epoch of a signed list; None where nobody has signed yet."""
    rows = SignedRoster.objects.filter(organisation_id=organisation_id)
    found = rows.values_list("epoch", "until", "root__serial").first()
    return Epoch(*found) if found else None


def roster_of(organisation_id: uuid.UUID) -> Roster | None:
    """Return the signed list in force; None where nobody has signed yet."""
    row = SignedRoster.objects.filter(organisation_id=organisation_id).select_related("root").first()
    if row is None:
        return None
    rows = Certificate.objects.filter(roster=row).values_list("person_id", "office", "vouch_key")
    certified = {person: (office, bytes(key)) for person, office, key in rows}
    return Roster(row.epoch, row.until, bytes(row.root.public_key), row.people, certified)


def roots_of(organisation_id: uuid.UUID) -> list[Root]:
    """Return every root of an organisation, oldest first; the last may still wait to be signed with."""
    return [
        Root(
            bytes(row.public_key),
            row.serial,
            row.poster,
            _bytes(row.witness),
            _bytes(row.named),
            row.offered_by_id,
            _bytes(row.by_old),
            _bytes(row.by_witness),
        )
        for row in SigningRoot.objects.filter(organisation_id=organisation_id).order_by("serial")
    ]


def vouch_keys(person_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    """Return the vouching key of each person whose device has published one."""
    rows = KeyRing.objects.filter(person_id__in=list(person_ids), vouch_key__isnull=False)
    return {person: bytes(key) for person, key in rows.values_list("person_id", "vouch_key") if key is not None}


def proofs(organisation_id: uuid.UUID, week: date, offices: Mapping[uuid.UUID, str]) -> dict[uuid.UUID, bytes]:
    """Return what proves each person's key of the week: vouching key, certificate, signature of the key.

    Left out: who was not signed for, or not as they stand now (another office, another ring), and whose key carries no
    signature yet.
    """
    now = vouch_keys(offices)
    rows = ReceivingKey.objects.filter(person_id__in=now, week=week, signature__isnull=False)
    kept = rows.values_list("person_id", "signature")
    signed = {person: bytes(signature) for person, signature in kept if signature is not None}
    found = {}
    for one in Certificate.objects.filter(roster__organisation_id=organisation_id, person_id__in=signed):
        key = bytes(one.vouch_key)
        if now[one.person_id] == key and offices[one.person_id] == one.office:
            found[one.person_id] = key + bytes(one.signature) + signed[one.person_id]
    return found
