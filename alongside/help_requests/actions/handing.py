"""Handing a request on: a supporter who can open it seals it on their device for one more."""

import uuid

from django.db import transaction

from alongside.escalation import actions as escalation
from alongside.escalation import rules as ladders
from alongside.help_requests.actions import claiming
from alongside.help_requests.actions.time import climb_one
from alongside.help_requests.models import HandedOn, Request
from alongside.help_requests.rules import HandOn
from alongside.kernel import clock
from alongside.sealing import queries as sealing
from alongside.sealing import rules as seals
from alongside.team import queries as team


def hand_on(supporter_id: uuid.UUID, request_id: uuid.UUID, handed: HandOn) -> bool:
    """Keep the copy and call its supporter at once, to help or to take over (D-10); False when called for that before.

    What a taker offers stays theirs until it is accepted; whoever hands on what waits has passed. A second copy for the
    same supporter takes the place of the first, never of the original. Raises NotAlerted, TakenBySomebody, Gone,
    escalation.rules.NotTheirs and CannotBeAsked, team.queries.NotASupporter for an id of another organisation.
    """
    now = clock.now()
    with transaction.atomic():
        row = claiming.called_for(supporter_id, request_id)
        target = team.held(row.organisation_id, handed.target)
        key_id = sealing.key_id_of(target.person, seals.monday_of(now))
        if key_id is None:
            raise ladders.CannotBeAsked
        recipient = handed.target in ladders.Rung.of(row.ladder.rungs[-1]).who
        new = escalation.ask(row.ladder, supporter_id, handed.target, handed.purpose, now)
        _keep(row, handed, key_id, recipient=recipient)
    climb_one(row.ladder_id, now)
    return new


def _keep(row: Request, handed: HandOn, key_id: uuid.UUID, *, recipient: bool) -> None:
    copy = {"key_id": key_id, "envelope": handed.envelope}
    # Whoever has a copy stands on the last rung because of it, and is a recipient only if they were one before.
    HandedOn.objects.update_or_create(
        request=row, supporter_id=handed.target, defaults=copy, create_defaults={**copy, "spare": recipient}
    )
