"""Taking hold of a request before changing it: what two people do to one request happens one after the other."""

import uuid

from django.db.models import QuerySet

from alongside.escalation import actions as escalation
from alongside.help_requests import queries
from alongside.help_requests.actions.time import climb_one
from alongside.help_requests.models import Request
from alongside.help_requests.rules import Gone, NotTaker
from alongside.kernel import clock, ids


def called_for(supporter_id: uuid.UUID, request_id: uuid.UUID) -> Request:
    """Return a request the supporter may open, which nobody else changes before the transaction ends. Raises
    NotAlerted, TakenBySomebody, Gone.
    """
    _claim(Request.objects.filter(id=request_id))
    return queries.opened_by(supporter_id, request_id)


def taken_by(supporter_id: uuid.UUID, request_id: uuid.UUID) -> Request:
    """Return the same for its taker only. Raises NotAlerted, TakenBySomebody, Gone, NotTaker."""
    row = called_for(supporter_id, request_id)
    if row.ladder.taker_id != supporter_id:
        raise NotTaker
    return row


def sent_with(organisation_id: uuid.UUID, token: bytes) -> Request:
    """Return the request of a device's token, which nobody else changes before the transaction ends. Raises Gone."""
    _claim(Request.objects.filter(progress_hash=ids.digest(token)))
    return queries.by_token(organisation_id, token)


def _claim(wanted: QuerySet[Request]) -> None:
    found = wanted.values_list("ladder_id", "ladder__ends_at").first()
    if found is None:
        raise Gone
    ladder_id, ends_at = found
    if clock.now() >= ends_at:
        # Whoever is back before the machine is, after both slept past the end, must not meet an hour that is over.
        climb_one(ladder_id, clock.now())
    if escalation.claim(ladder_id) is None:
        raise Gone
