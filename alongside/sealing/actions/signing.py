"""Signing the list of supporters' keys. What is signed is judged on devices; here it is kept in order.

The coordinator's browser makes every signature (docs/decisions/0019). The caller has checked them, since no code of
this package may do more with a key than keep it; holds the organisation, so that two do not overtake each other; and
writes down who changed what.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F

from alongside.sealing import rules
from alongside.sealing.models import Certificate, SignedRoster, SigningRoot


class BadSigning(ValueError):
    """What was sent is nothing that this product's own page makes. The text is a short code."""


class Overtaken(Exception):
    """Somebody else was quicker: another epoch, root or poster is in force than the device knew."""


@dataclass(frozen=True)
class NewCertificate:
    """A signature over one supporter's vouching key and office."""

    person: uuid.UUID
    office: str
    vouch_key: bytes
    signature: bytes


@dataclass(frozen=True)
class Signing:
    """A new epoch as a device made it. `named` is the root's signature over its witness, where one was offered."""

    root: bytes
    epoch: int
    until: date
    certificates: Sequence[NewCertificate]
    named: bytes | None = None


@dataclass(frozen=True)
class NewRoot:
    """The public half of new signing words, and the old words' signature under it unless they are lost."""

    public_key: bytes
    by_old: bytes | None


@transaction.atomic
def sign(organisation_id: uuid.UUID, new: Signing, *, by: uuid.UUID, last_day: date, today: date) -> None:
    """Put a new epoch in the place of the running one: exactly one more, until a day after `today` and not after
    `last_day`. `by` is who signs. The first signing sets the root; later ones are made with it, or with the root
    that was proposed.

    Raises BadSigning, and Overtaken when another signing came between.
    """
    if not today < new.until <= last_day:
        raise BadSigning("until")
    _check_sizes(new)
    roster = SignedRoster.objects.filter(organisation_id=organisation_id).first()
    if new.epoch != (roster.epoch + 1 if roster else 1):
        raise Overtaken
    root = _root_for(organisation_id, roster, new.root)
    if new.named is not None:
        _name(by, root, new.named)
    facts = {"root": root, "epoch": new.epoch, "until": new.until, "people": len(new.certificates)}
    roster, _made = SignedRoster.objects.update_or_create(organisation_id=organisation_id, defaults=facts)
    Certificate.objects.filter(roster=roster).delete()
    Certificate.objects.bulk_create(
        Certificate(
            roster=roster,
            person_id=one.person,
            office=one.office,
            vouch_key=one.vouch_key,
            signature=one.signature,
        )
        for one in new.certificates
    )


def _check_sizes(new: Signing) -> None:
    if len(new.root) != rules.VOUCH_BYTES or not new.certificates:
        raise BadSigning("shape")
    if len({one.person for one in new.certificates}) != len(new.certificates):
        raise BadSigning("repeated")
    for one in new.certificates:
        if len(one.vouch_key) != rules.VOUCH_BYTES or len(one.signature) != rules.SIGNATURE_BYTES:
            raise BadSigning("shape")
        # A line break would let one statement pass for another.
        if "\n" in one.office:
            raise BadSigning("office")


def _root_for(organisation_id: uuid.UUID, roster: SignedRoster | None, key: bytes) -> SigningRoot:
    """Return the root that a list may be signed with now: the one in force, or the newest after it."""
    newest = SigningRoot.objects.filter(organisation_id=organisation_id).order_by("-serial").first()
    if newest is None and roster is None:
        return SigningRoot.objects.create(organisation_id=organisation_id, serial=1, public_key=key)
    for root in (newest, roster.root if roster else None):
        if root is not None and bytes(root.public_key) == key:
            return root
    raise Overtaken


def _name(by: uuid.UUID, root: SigningRoot, named: bytes) -> None:
    """Name the witness that was offered; nobody names themselves, or one person could change the root alone."""
    if root.witness is None or root.offered_by_id == by or len(named) != rules.SIGNATURE_BYTES:
        raise BadSigning("witness")
    SigningRoot.objects.filter(id=root.id).update(named=named)


@transaction.atomic
def propose_root(organisation_id: uuid.UUID, new: NewRoot) -> None:
    """Keep the public half of new signing words until a list is signed with them; it takes the place of one that was
    never used. Raises BadSigning, and Overtaken before the first signing, which sets the first root by itself.
    """
    sizes = [len(new.public_key), *([] if new.by_old is None else [len(new.by_old)])]
    if sizes not in ([rules.VOUCH_BYTES], [rules.VOUCH_BYTES, rules.SIGNATURE_BYTES]):
        raise BadSigning("shape")
    roster = SignedRoster.objects.filter(organisation_id=organisation_id).select_related("root").first()
    if roster is None:
        raise Overtaken
    SigningRoot.objects.filter(organisation_id=organisation_id, serial__gt=roster.root.serial).delete()
    if SigningRoot.objects.filter(organisation_id=organisation_id, public_key=new.public_key).exists():
        raise BadSigning("repeated")
    SigningRoot.objects.create(
        organisation_id=organisation_id,
        serial=roster.root.serial + 1,
        public_key=new.public_key,
        by_old=new.by_old,
    )


@transaction.atomic
def offer_witness(organisation_id: uuid.UUID, person_id: uuid.UUID, key: bytes) -> None:
    """Offer one's own witness key to the root in force; the next signing names it. Raises BadSigning, Overtaken."""
    if len(key) != rules.VOUCH_BYTES:
        raise BadSigning("shape")
    roster = SignedRoster.objects.filter(organisation_id=organisation_id).first()
    if roster is None:
        raise Overtaken
    facts = {"witness": key, "offered_by_id": person_id, "named": None}
    SigningRoot.objects.filter(id=roster.root_id).update(**facts)


@transaction.atomic
def confirm_root(organisation_id: uuid.UUID, public_key: bytes, by_witness: bytes) -> None:
    """Keep the witness's signature under a proposed root. Raises BadSigning, and Overtaken when it is not proposed."""
    if len(by_witness) != rules.SIGNATURE_BYTES:
        raise BadSigning("shape")
    roster = SignedRoster.objects.filter(organisation_id=organisation_id).select_related("root").first()
    newest = SigningRoot.objects.filter(organisation_id=organisation_id).order_by("-serial").first()
    if roster is None or newest is None or newest.id == roster.root_id or bytes(newest.public_key) != public_key:
        raise Overtaken
    if newest.by_old is None or roster.root.named is None:
        raise BadSigning("witness")
    SigningRoot.objects.filter(id=newest.id).update(by_witness=by_witness)


@transaction.atomic
def renew_poster(organisation_id: uuid.UUID, number: int) -> None:
    """Make the next poster the current one: its code differs, so that cards must be sealed again. `number` is the one
    the device knew. Raises Overtaken.
    """
    roster = SignedRoster.objects.filter(organisation_id=organisation_id).first()
    rows = SigningRoot.objects.filter(id=roster.root_id, poster=number) if roster else SigningRoot.objects.none()
    if rows.update(poster=number + 1) != 1:
        raise Overtaken


@transaction.atomic
def after_restore(since: timedelta) -> None:
    """Let every list be signed anew after a restore, `since` after the backup: what was signed then may name people who
    left meanwhile, and phones know later signings than the backup does.

    With one epoch for each minute, a backup that is restored twice goes on after the first time.
    """
    Certificate.objects.all().delete()
    ahead = rules.EPOCHS_AHEAD + max(0, since // timedelta(minutes=1))
    SignedRoster.objects.update(epoch=F("epoch") + ahead, people=0)


def drop_certificate(organisation_id: uuid.UUID, person_id: uuid.UUID) -> None:
    """Delete what was signed for somebody who serves no more."""
    Certificate.objects.filter(roster__organisation_id=organisation_id, person_id=person_id).delete()
