"""Which keys are there, and what unlocks them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from alongside.sealing import rules
from alongside.sealing.models import KeyRing, KeyWrap, ReceivingKey, WrapRecipient


@dataclass(frozen=True)
class Ring:
    """A person's signed list, and the ring's key sealed for each member that may unlock now.

    `mac` and the sealed keys are None for keys of before there were rings.
    """

    listed: str
    mac: bytes | None
    keys: dict[str, bytes | None]


@dataclass(frozen=True)
class WeekKey:
    """One week's key and its wraps by the name of the member they are for; there are none once it is unusable."""

    week: date
    public_key: str
    mac: bytes | None
    wraps: dict[str, bytes]


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
        WeekKey(key.week, key.public_key, _bytes(key.mac), wraps.get(key.id, {}))
        for key in ReceivingKey.objects.filter(person_id=person_id).order_by("week")
    ]
    return KeyState(_ring(person_id), keys)


def _ring(person_id: uuid.UUID) -> Ring | None:
    ring = KeyRing.objects.filter(person_id=person_id).first()
    if ring is None:
        return None
    rows = WrapRecipient.objects.filter(ring=ring).values_list("name", "ring_key")
    return Ring(ring.listed, _bytes(ring.mac), {name: _bytes(sealed) for name, sealed in rows})


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
