"""What the passing of time does to requests."""

import logging
import uuid
from datetime import datetime, timedelta

from django.db import transaction

from alongside.escalation import actions as escalation
from alongside.escalation import queries as ladders
from alongside.escalation import rules
from alongside.escalation.models import Ladder
from alongside.help_requests.models import BoxReply, HandedOn, Message, Request, Told
from alongside.policy import queries as policy

log = logging.getLogger(__name__)
# More steps than any ladder has: a rule that never came to rest would stop here instead of holding up every other
# request.
ACKNOWLEDGED_KEPT = timedelta(days=1)  # the member's page still says so for that long
MOST_STEPS = 20


def climb(now: datetime) -> int:
    """Do every due step of every ladder; return how many. One that fails is logged and left for the next pass."""
    _forget_copies_of_the_gone()
    return _climb_all(ladders.due(now), now)


def climb_new(now: datetime) -> int:
    """Call the first rung of each ladder that has called nobody yet; return how many steps were done.

    Apart from `climb`, so that a new request does not wait until every older one was looked at.
    """
    return _climb_all(ladders.uncalled(), now)


def _climb_all(found: list[uuid.UUID], now: datetime) -> int:
    done = 0
    for ladder_id in found:
        try:
            done += climb_one(ladder_id, now)
        except Exception:
            # Whatever is wrong with one request must not keep the others waiting.
            log.exception("a ladder could not be climbed; it is tried again")
    return done


def climb_one(ladder_id: uuid.UUID, now: datetime) -> int:
    """Do the due steps of one ladder; return how many. What ends is deleted in the same transaction."""
    for done in range(MOST_STEPS):
        with transaction.atomic():
            step = escalation.take_step(ladder_id, now)
            if isinstance(step, rules.GiveUp):
                _forget_content(ladder_id)
            if isinstance(step, rules.Finish):
                escalation.forget(ladder_id)
        if isinstance(step, rules.Wait | rules.Finish):
            return done
    return MOST_STEPS


def _forget_content(ladder_id: uuid.UUID) -> None:
    Message.objects.filter(request__ladder_id=ladder_id).delete()
    HandedOn.objects.filter(request__ladder_id=ladder_id).delete()
    Told.objects.filter(request__ladder_id=ladder_id).delete()
    Request.objects.filter(ladder_id=ladder_id).update(envelope=None)


def _forget_copies_of_the_gone() -> None:
    """Delete what was handed on to somebody who has left here and keeps their keys, because they serve elsewhere."""
    gone = HandedOn.objects.filter(supporter__status="ended")
    # Asked first: a DELETE takes the database's write lock, also when there is nothing to delete.
    if gone.exists():
        gone.delete()


@transaction.atomic
def purge(now: datetime) -> int:
    """Delete unread replies past their day and unanswered requests past their time; return how many rows went."""
    gone = BoxReply.objects.filter(gone_on__lte=now.date()).delete()[0]
    for ladder in Ladder.objects.filter(state=Ladder.State.UNANSWERED):
        kept = timedelta(days=policy.in_force(ladder.organisation_id).unanswered_kept)
        if now >= ladder.ends_at + kept or (ladder.acknowledged and now >= ladder.ends_at + ACKNOWLEDGED_KEPT):
            escalation.forget(ladder.id)
            gone += 1
    return gone
