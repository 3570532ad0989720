"""What a supporter may do with a request they were called for."""

import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import Max

from alongside.accounts.models import Organisation
from alongside.anonymous import actions as anonymous
from alongside.anonymous.rules import Contact
from alongside.escalation import actions as escalation
from alongside.help_requests.actions import claiming, telling
from alongside.help_requests.actions.time import climb_one
from alongside.help_requests.models import BoxReply, Request
from alongside.help_requests.rules import Full, Refused, TakenBySomebody
from alongside.kernel import clock, ids
from alongside.policy import queries as policy
from alongside.sealing import rules as seals


@transaction.atomic
def accept(supporter_id: uuid.UUID, request_id: uuid.UUID) -> None:
    """Take a request; of several at once exactly one supporter wins. Raises NotAlerted, Gone, TakenBySomebody."""
    row = claiming.called_for(supporter_id, request_id)
    new = row.ladder.taker_id != supporter_id
    if not escalation.accept(row.ladder, supporter_id, clock.now()):
        raise TakenBySomebody
    if new:
        telling.tell(row)


def pass_on(supporter_id: uuid.UUID, request_id: uuid.UUID) -> None:
    """Say not me, without a reason (B-16); when everybody called has passed, the next rung is called at once.

    Raises NotAlerted, TakenBySomebody, Gone.
    """
    with transaction.atomic():
        row = claiming.called_for(supporter_id, request_id)
        escalation.pass_on(row.ladder, supporter_id, clock.now())
    climb_one(row.ladder_id, clock.now())


def looked(supporter_id: uuid.UUID, request_id: uuid.UUID) -> None:
    """Try no further way to reach a supporter whose device has fetched a request; no change when it is gone."""
    row = Request.objects.filter(id=request_id).values_list("ladder_id", flat=True).first()
    if row is not None:
        escalation.looked(row, supporter_id)


def give_back(supporter_id: uuid.UUID, request_id: uuid.UUID) -> None:
    """Return an accepted request to the ladder without a reason; everybody else is called at once.

    Raises NotAlerted, TakenBySomebody, Gone, NotTaker.
    """
    with transaction.atomic():
        row = claiming.taken_by(supporter_id, request_id)
        escalation.pass_on(row.ladder, supporter_id, clock.now())
    climb_one(row.ladder_id, clock.now())


@transaction.atomic
def get_backup(supporter_id: uuid.UUID, request_id: uuid.UUID) -> bool:
    """Call one more recipient to help the taker (D-10); False when nobody is left and the coordinator was told.

    Raises as give_back.
    """
    row = claiming.taken_by(supporter_id, request_id)
    return escalation.call_backup(row.ladder, clock.now())


@transaction.atomic
def made_contact(supporter_id: uuid.UUID, request_id: uuid.UUID) -> None:
    """Stop the clock of a request: the member was reached. Raises as give_back."""
    row = claiming.taken_by(supporter_id, request_id)
    escalation.made_contact(row.ladder)


@transaction.atomic
def close(supporter_id: uuid.UUID, request_id: uuid.UUID, contact: Contact) -> None:
    """Delete a request and all that belongs to it, and move the tally, in one transaction (K-22, K-35, B-36).

    An unread reply waits in its box, which points at nothing. Raises NotAlerted, Gone, NotTaker,
    anonymous.rules.UnknownKey.
    """
    row = claiming.taken_by(supporter_id, request_id)
    organisation = Organisation.objects.get(id=row.organisation_id)
    anonymous.count(
        organisation.id,
        contact,
        now=clock.now(),
        zone=organisation.time_zone,
        headcount=organisation.headcount,
    )
    escalation.forget(row.ladder_id)


@transaction.atomic
def reply(supporter_id: uuid.UUID, request_id: uuid.UUID, address: bytes, envelope: bytes) -> None:
    """Put a sealed reply into a box; nothing kept says who wrote it or to which request. The same bytes sent again are
    kept once. Raises as give_back, Refused, Full.
    """
    row = claiming.taken_by(supporter_id, request_id)
    try:
        seals.check_box_reply(envelope)
    except seals.BadEnvelope as error:
        raise Refused(error.code) from error
    values = policy.in_force(row.organisation_id)
    waiting = BoxReply.objects.filter(box_hash=ids.digest(address))
    if waiting.filter(envelope=envelope).exists():
        return
    if waiting.count() >= values.box_replies:
        raise Full
    BoxReply.objects.create(
        box_hash=ids.digest(address),
        number=(waiting.aggregate(last=Max("number"))["last"] or 0) + 1,
        envelope=envelope,
        gone_on=clock.now().date() + timedelta(days=values.box_kept),
    )
    telling.tell(row)
