"""Which keys are there."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from alongside.sealing.models import KeyWrap, ReceivingKey, WordsRecipient


@dataclass(frozen=True)
class KeyState:
    """What a supporter's device needs to unlock: keys as (week, public key, wrap); a wrap may be gone after a
    restore.
    """

    wrap_recipient: str | None
    keys: list[tuple[date, str, bytes | None]]


def keys_for_week(person_ids: Iterable[uuid.UUID], week: date) -> dict[uuid.UUID, str]:
    """Return each person's public key for the week; people without a key, or whose private half is gone, are left
    out.
    """
    rows = ReceivingKey.objects.filter(person_id__in=list(person_ids), week=week, wrap__isnull=False)
    return dict(rows.values_list("person_id", "public_key"))


def key_id_of(person_id: uuid.UUID, week: date) -> uuid.UUID | None:
    """Return the id of a person's usable key for the week; None without one."""
    rows = ReceivingKey.objects.filter(person_id=person_id, week=week, wrap__isnull=False)
    return rows.values_list("id", flat=True).first()


def key_state(person_id: uuid.UUID) -> KeyState:
    """Return a person's own keys and wraps, by week."""
    recipient = WordsRecipient.objects.filter(person_id=person_id).values_list("recipient", flat=True).first()
    wraps = {wrap.key_id: bytes(wrap.sealed) for wrap in KeyWrap.objects.filter(key__person_id=person_id)}
    keys = ReceivingKey.objects.filter(person_id=person_id).order_by("week")
    return KeyState(recipient, [(key.week, key.public_key, wraps.get(key.id)) for key in keys])


def last_weeks(person_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, date]:
    """Return the last week for which each person has a usable key; people without one are left out."""
    rows = ReceivingKey.objects.filter(person_id__in=list(person_ids), wrap__isnull=False)
    return dict(rows.order_by("week").values_list("person_id", "week"))
