"""Publishing keys and letting them go."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from alongside.sealing import rules
from alongside.sealing.models import KeyWrap, ReceivingKey, WordsRecipient


class OtherWords(Exception):
    """The keys were wrapped for other words than those on record: the words were mistyped, or a new enrolment is
    needed.
    """


class BadKeys(ValueError):
    """The keys are not what this product's own page makes."""


@dataclass(frozen=True)
class NewKey:
    """One week's key as a device made it."""

    week: date
    public_key: str
    wrap: bytes


@transaction.atomic
def publish(
    person_id: uuid.UUID,
    wrap_recipient: str,
    keys: Sequence[NewKey],
    *,
    weeks: Collection[date],
    refused: Collection[str] = (),
) -> None:
    """Keep a person's public keys and wraps for the coming weeks.

    A week that has a usable key keeps it, since something may already be sealed to it. Raises OtherWords, and BadKeys
    for a week outside `weeks`, a key or wrap of the wrong form, a key given twice or kept for somebody else, or one
    listed in `refused` (the demonstration's).
    """
    _check(wrap_recipient, keys, weeks, refused)
    words, _ = WordsRecipient.objects.get_or_create(person_id=person_id, defaults={"recipient": wrap_recipient})
    # Held until the end: two devices of one person publish one after the other.
    words = WordsRecipient.objects.select_for_update().get(id=words.id)
    if words.recipient != wrap_recipient:
        raise OtherWords
    _check_new(person_id, keys)
    for new in keys:
        _keep(person_id, new)


def _check(wrap_recipient: str, keys: Sequence[NewKey], weeks: Collection[date], refused: Collection[str]) -> None:
    try:
        for text in (wrap_recipient, *(key.public_key for key in keys)):
            rules.check_public_key(text)
        for key in keys:
            rules.check_wrap(key.wrap)
    except ValueError as error:
        raise BadKeys(str(error)) from error
    if {key.week for key in keys} - set(weeks) or len({key.week for key in keys}) != len(keys):
        raise BadKeys("week")
    if len({wrap_recipient, *(key.public_key for key in keys)}) != len(keys) + 1:
        raise BadKeys("repeated")
    if not set(refused).isdisjoint({wrap_recipient, *(key.public_key for key in keys)}):
        raise BadKeys("demonstration")


def _check_new(person_id: uuid.UUID, keys: Sequence[NewKey]) -> None:
    """Refuse a key that is kept for another person or week: a copied key would stop the sealing for its whole list."""
    wanted = {new.public_key: (person_id, new.week) for new in keys}
    kept = ReceivingKey.objects.filter(public_key__in=wanted).values_list("public_key", "person_id", "week")
    if any(wanted[key] != (person, week) for key, person, week in kept):
        raise BadKeys("repeated")


def _keep(person_id: uuid.UUID, new: NewKey) -> None:
    key, made = ReceivingKey.objects.get_or_create(
        person_id=person_id, week=new.week, defaults={"public_key": new.public_key}
    )
    if not made:
        if KeyWrap.objects.filter(key=key).exists():
            return
        ReceivingKey.objects.filter(id=key.id).update(public_key=new.public_key)
    KeyWrap.objects.create(key=key, sealed=new.wrap)


@transaction.atomic
def drop_keys(person_id: uuid.UUID) -> None:
    """Delete a person's keys, wraps and words recipient: nothing can be sealed to them or unlocked by them any more."""
    ReceivingKey.objects.filter(person_id=person_id).delete()
    WordsRecipient.objects.filter(person_id=person_id).delete()


def drop_recipient(person_id: uuid.UUID, passkey_id: str) -> None:
    """Let a passkey of a person unlock nothing any more; until keys are wrapped for passkeys there is nothing to do."""


def claim_warning(person_id: uuid.UUID, last_week: date) -> bool:
    """Say whether it falls to the caller to tell a person that their keys run out with `last_week`; True only once."""
    words = WordsRecipient.objects.filter(person_id=person_id).exclude(warned_for=last_week)
    return words.update(warned_for=last_week) == 1


@transaction.atomic
def purge_keys(before: date) -> int:
    """Delete keys and wraps of weeks that began before `before`; return how many. The caller adds the time requests
    may live.
    """
    return ReceivingKey.objects.filter(week__lt=before).delete()[0]
