"""Mutual aid between organisations."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from alongside.accounts.actions import audit
from alongside.accounts.models import Organisation
from alongside.accounts.queries import Seat
from alongside.directory import queries, rules
from alongside.directory.models import Partnership
from alongside.kernel import clock


@transaction.atomic
def propose(seat: Seat, slug: str) -> str:
    """Propose mutual aid to another organisation, or agree if it proposed first; return "proposed" or "agreed".

    Raises rules.NoPartner.
    """
    other = Organisation.objects.filter(slug=slug).first()
    if other is None:
        raise rules.NoPartner("unknown")
    if other.id == seat.organisation.id:
        raise rules.NoPartner("itself")
    row = _standing(seat.organisation, other)
    if row and not row.agreed_on and row.partner_id == seat.organisation.id:
        _settle(seat, row)
        return "agreed"
    if row:
        raise rules.NoPartner("already")
    _room_for_one_more(seat.organisation)
    Partnership.objects.create(proposer=seat.organisation, partner=other)
    _note_both(seat, other, "partner.proposed")
    return "proposed"


@transaction.atomic
def agree(seat: Seat, id: uuid.UUID) -> None:
    """Agree to what another organisation proposed. Raises Partnership.DoesNotExist, also for one's own proposal."""
    _hold_both(Partnership.objects.get(id=id, partner=seat.organisation))
    _settle(seat, Partnership.objects.get(id=id, partner=seat.organisation, agreed_on=None, ended_on=None))


@transaction.atomic
def part(seat: Seat, id: uuid.UUID) -> None:
    """End an agreement at once, decline a proposal, or take one's own back. Raises Partnership.DoesNotExist.

    Requests sent while it was in force go on: they are ordinary requests of the organisation that they were sent to.
    """
    mine = Q(proposer=seat.organisation) | Q(partner=seat.organisation)
    _hold_both(Partnership.objects.get(mine, id=id))
    row = Partnership.objects.get(mine, id=id, ended_on=None)
    other = row.partner if row.proposer_id == seat.organisation.id else row.proposer
    if row.agreed_on:
        # Whatever was asked under an earlier agreement of the two can be found as long as this one is remembered.
        _of_the_two(row.proposer, row.partner).exclude(ended_on=None).delete()
        Partnership.objects.filter(id=row.id).update(ended_on=clock.now().date())
        _note_both(seat, other, "partner.ended")
    else:
        own = row.proposer_id == seat.organisation.id
        row.delete()
        _note_both(seat, other, "partner.withdrawn" if own else "partner.declined")


def _settle(seat: Seat, row: Partnership) -> None:
    _room_for_one_more(seat.organisation)
    Partnership.objects.filter(id=row.id).update(agreed_on=clock.now().date())
    _note_both(seat, row.proposer, "partner.agreed")


def _standing(one: Organisation, other: Organisation) -> Partnership | None:
    """Return what the two agreed on or one of them proposed, after holding both still."""
    for id in sorted((one.id, other.id)):
        audit.hold(id)
    return _of_the_two(one, other).filter(ended_on=None).first()


def _of_the_two(one: Organisation, other: Organisation) -> QuerySet[Partnership]:
    return Partnership.objects.filter(Q(proposer=one, partner=other) | Q(proposer=other, partner=one))


def _hold_both(row: Partnership) -> None:
    for id in sorted((row.proposer_id, row.partner_id)):
        audit.hold(id)


def _room_for_one_more(organisation: Organisation) -> None:
    standing = [one for one in queries.partners_of(organisation.id) if one.state in ("agreed", "proposed")]
    if len(standing) >= rules.MOST_PARTNERS:
        raise rules.NoPartner("enough")


def _note_both(seat: Seat, other: Organisation, what: str) -> None:
    """Write it down on both sides; who did it stays with their own organisation."""
    audit.note_change(seat, what, {"name": other.name})
    audit.note_of_another(other, f"{what}_by_other", {"name": seat.organisation.name})


@transaction.atomic
def forget_partners(now: datetime, days: int) -> int:
    """Forget agreements that ended more than so many days ago; return how many."""
    return Partnership.objects.filter(ended_on__lt=rules.forgotten_before(now.date(), days)).delete()[0]
