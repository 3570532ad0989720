"""Publishing keys and letting them go."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from alongside.sealing import rules
from alongside.sealing.models import KeyRing, KeyWrap, ReceivingKey, WrapRecipient


class OtherWords(Exception):
    """The keys were wrapped for other words than those on record: the words were mistyped, or a new enrolment is
    needed.
    """


class Changed(Exception):
    """Ring or keys are not what the device knew: another device was quicker, or a passkey was removed meanwhile."""


class BadKeys(ValueError):
    """The keys are not what this product's own page makes."""


@dataclass(frozen=True)
class NewRing:
    """A signed list as a device made it, and the ring's key sealed for each member that is new on it."""

    listed: str
    mac: bytes
    keys: Mapping[str, bytes]


@dataclass(frozen=True)
class NewKey:
    """One week's key as a device made it, or wraps for a key that is kept already, by the name of their member.

    `signature` is made with the ring's vouching key over week and key; the caller has checked it.
    """

    week: date
    public_key: str
    mac: bytes
    wraps: Mapping[str, bytes]
    signature: bytes


@dataclass(frozen=True)
class Publication:
    """What a device publishes: for the ring whose MAC it knew (`on`), the ring's vouching key, perhaps a new list, and
    keys.
    """

    on: bytes | None
    vouch: bytes
    ring: NewRing | None
    keys: Sequence[NewKey]


@transaction.atomic
def publish(
    person_id: uuid.UUID,
    sent: Publication,
    *,
    weeks: Collection[date],
    passkeys: Collection[str] = (),
    refused: Collection[str] = (),
) -> None:
    """Keep a person's ring, public keys and wraps: afterwards every usable key has one wrap for each member.

    A week that has a usable key keeps it, since something may already be sealed to it; but after a member was dropped,
    a new list may come with new keys for the weeks after this one. Raises OtherWords; Changed when what is kept is not
    what the device knew, or its wraps do not cover the ring; BadKeys for a week outside `weeks`, a list, key or wrap of
    the wrong form, a new member that is none of `passkeys`, a key given twice or kept for somebody else, or one listed
    in `refused` (the demonstration's).
    """
    listed = _check(sent, refused)
    ring = _locked(person_id, sent, listed)
    was = rules.read_ring(ring.listed)
    if not {one.recipient for one in (*was, *listed)}.isdisjoint(key.public_key for key in sent.keys):
        raise BadKeys("repeated")
    _vouch(ring, sent.vouch)
    before = set(_recipients(ring))
    if sent.ring:
        _sign(ring, sent.ring, listed, passkeys)
    known = dict(ReceivingKey.objects.filter(person_id=person_id).values_list("week", "public_key"))
    _check_new(person_id, [new for new in sent.keys if known.get(new.week) != new.public_key], weeks)
    renewed = bool(sent.ring and {one.name for one in was} - before)
    for new in sent.keys:
        _keep(person_id, new, _recipients(ring), may_replace=renewed and new.week > min(weeks))
    _check_cover(person_id, set(_recipients(ring)))


def _check(sent: Publication, refused: Collection[str]) -> tuple[rules.Member, ...]:
    """Refuse what has the wrong form; return the members of a new list."""
    try:
        listed = rules.read_ring(sent.ring.listed) if sent.ring else ()
        texts = [*(one.recipient for one in listed), *(key.public_key for key in sent.keys)]
        for text in texts:
            rules.check_public_key(text)
        for key in sent.keys:
            for wrap in key.wraps.values():
                rules.check_wrap(wrap)
    except ValueError as error:
        raise BadKeys(str(error)) from error
    if sent.ring and any(len(sealed) != rules.RING_KEY_BYTES for sealed in sent.ring.keys.values()):
        raise BadKeys("ring-key")
    macs = [sent.on, *(one.mac for one in (sent.ring, *sent.keys) if one)]
    if any(len(mac) != rules.MAC_BYTES for mac in macs if mac is not None):
        raise BadKeys("mac")
    if len(sent.vouch) != rules.VOUCH_BYTES or any(len(key.signature) != rules.SIGNATURE_BYTES for key in sent.keys):
        raise BadKeys("signature")
    if len({key.week for key in sent.keys}) != len(sent.keys):
        raise BadKeys("week")
    if len({one.recipient for one in listed}) != len(listed):
        raise BadKeys("repeated")
    if not set(refused).isdisjoint(texts):
        raise BadKeys("demonstration")
    return listed


def _locked(person_id: uuid.UUID, sent: Publication, listed: Sequence[rules.Member]) -> KeyRing:
    """Return the person's ring, held until the end: two devices of one person publish one after the other."""
    if sent.ring and sent.on is None:
        KeyRing.objects.get_or_create(person_id=person_id, defaults={"listed": sent.ring.listed})
    ring = KeyRing.objects.select_for_update(no_key=True).filter(person_id=person_id).first()
    if ring is None:
        raise BadKeys("no-ring") if sent.on is None else Changed
    if listed and listed[0] != rules.read_ring(ring.listed)[0]:
        raise OtherWords
    if sent.on != (None if ring.mac is None else bytes(ring.mac)):
        raise Changed
    return ring


def _vouch(ring: KeyRing, key: bytes) -> None:
    """Keep the ring's vouching key: it follows from the ring's own key, so it changes only where a list gets its first
    MAC and with it a key.
    """
    if ring.vouch_key is None or ring.mac is None:
        KeyRing.objects.filter(id=ring.id).update(vouch_key=key)
    elif bytes(ring.vouch_key) != key:
        raise BadKeys("vouch")


def _recipients(ring: KeyRing) -> dict[str, WrapRecipient]:
    return {one.name: one for one in ring.recipients.all()}


def _sign(ring: KeyRing, new: NewRing, listed: Sequence[rules.Member], passkeys: Collection[str]) -> None:
    """Put a new list in the place of the old one: it keeps every member that may unlock, and adds those that are new.

    A device cannot take a member away: that is done on the page that removes the passkey itself.
    """
    there = _recipients(ring)
    before = {one.name: one for one in rules.read_ring(ring.listed)}
    now = {one.name: one for one in listed}
    if any(now.get(name) != before.get(name) for name in there):
        raise Changed
    added = {name for name in now if name not in there or there[name].ring_key is None}
    if set(new.keys) != added:
        raise BadKeys("ring-key")
    if added - {rules.WORDS} - set(passkeys):
        raise BadKeys("passkey")
    for name in added:
        WrapRecipient.objects.update_or_create(ring=ring, name=name, defaults={"ring_key": new.keys[name]})
    KeyRing.objects.filter(id=ring.id).update(listed=new.listed, mac=new.mac)


def _check_new(person_id: uuid.UUID, keys: Sequence[NewKey], weeks: Collection[date]) -> None:
    """Refuse a key that is kept for another person or week: a copied key would stop the sealing for its whole list."""
    if {key.week for key in keys} - set(weeks):
        raise BadKeys("week")
    wanted = {new.public_key: (person_id, new.week) for new in keys}
    kept = ReceivingKey.objects.filter(public_key__in=wanted).values_list("public_key", "person_id", "week")
    if len(wanted) != len(keys) or any(wanted[key] != (person, week) for key, person, week in kept):
        raise BadKeys("repeated")


def _keep(person_id: uuid.UUID, new: NewKey, ring: Mapping[str, WrapRecipient], *, may_replace: bool) -> None:
    if set(new.wraps) - set(ring):
        raise Changed
    key, made = ReceivingKey.objects.get_or_create(
        person_id=person_id,
        week=new.week,
        defaults={"public_key": new.public_key, "mac": new.mac, "signature": new.signature},
    )
    there = set(KeyWrap.objects.filter(key=key).values_list("recipient__name", flat=True))
    if not made and key.public_key != new.public_key:
        if there and not may_replace:
            return
        KeyWrap.objects.filter(key=key).delete()
        there = set()
        ReceivingKey.objects.filter(id=key.id).update(public_key=new.public_key, mac=new.mac, signature=new.signature)
    elif not made and (key.mac is None or key.signature is None or not there):
        ReceivingKey.objects.filter(id=key.id).update(mac=new.mac, signature=new.signature)
    KeyWrap.objects.bulk_create(
        KeyWrap(key=key, recipient=ring[name], sealed=sealed) for name, sealed in new.wraps.items() if name not in there
    )


def _check_cover(person_id: uuid.UUID, names: set[str]) -> None:
    """Refuse a key that one member could open and another could not."""
    covered: dict[uuid.UUID, set[str]] = {}
    rows = ReceivingKey.objects.filter(person_id=person_id)
    for key, name in rows.values_list("id", "wraps__recipient__name"):
        covered.setdefault(key, set()).add(name)
    if any(found not in (names, {None}) for found in covered.values()):
        raise Changed


@transaction.atomic
def drop_recipient(person_id: uuid.UUID, passkey_id: str) -> None:
    """Delete what a passkey unlocked: its wraps and the ring's key sealed for it. The words stay, whatever is named.

    The next unlocked device writes a list without it and makes new keys for the weeks after this one.
    """
    rows = WrapRecipient.objects.filter(ring__person_id=person_id, name=passkey_id)
    rows.exclude(name=rules.WORDS).delete()


@transaction.atomic
def drop_keys(person_id: uuid.UUID) -> None:
    """Delete a person's keys, wraps and ring: nothing can be sealed to them or unlocked by them any more."""
    ReceivingKey.objects.filter(person_id=person_id).delete()
    KeyRing.objects.filter(person_id=person_id).delete()


def claim_warning(person_id: uuid.UUID, last_week: date) -> bool:
    """Say whether it falls to the caller to tell a person that their keys run out with `last_week`; True only once."""
    ring = KeyRing.objects.filter(person_id=person_id).exclude(warned_for=last_week)
    return ring.update(warned_for=last_week) == 1


@transaction.atomic
def purge_keys(before: date) -> int:
    """Delete keys and wraps of weeks that began before `before`; return how many. The caller adds the time requests
    may live.
    """
    return ReceivingKey.objects.filter(week__lt=before).delete()[0]
