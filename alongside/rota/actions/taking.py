"""Taking a shift of the pattern that nobody has."""

import uuid
from datetime import datetime

from django.db import transaction

from alongside.accounts import queries as people
from alongside.accounts.models import Organisation
from alongside.kernel import clock
from alongside.notify import actions as notify
from alongside.rota.actions import giving
from alongside.rota.actions.telling import LIFE, link
from alongside.rota.models import Shift
from alongside.rota.queries import taking
from alongside.rota.rules import Duty, Gap
from alongside.rota.rules.exchanging import Refused, Why
from alongside.team import queries as team


@transaction.atomic
def take_gap(organisation: Organisation, me: uuid.UUID, tier: int, starts_at: datetime, ends_at: datetime) -> Duty:
    """Give a span that nobody has to a supporter who wants it, from now on where it runs; return the duty.

    Of two at once exactly one gets it. Raises Refused: CHANGED where the span is not empty as it was shown, else the
    rule that the supporter would break.
    """
    held = giving.hold(organisation.id, [me])
    now = clock.now()
    if not team.may_serve(me):
        raise Refused(Why.AWAY)
    span = _still_empty(organisation, Gap(tier, starts_at, ends_at), now)
    duty = Duty(tier, me, span.starts_at, span.ends_at)
    why = taking.keeps_from(organisation, duty, now)
    if why:
        raise Refused(why)
    [row] = giving.make(held, [duty])
    _tell_who_plans(row, team.person_of(me).id, now)
    return duty


def _still_empty(organisation: Organisation, shown: Gap, now: datetime) -> Gap:
    for one in taking.empty_spans(organisation, now):
        if (one.tier, one.ends_at) == (shown.tier, shown.ends_at):
            # One that runs begins a minute later every minute.
            runs = shown.starts_at <= one.starts_at <= now
            if one.starts_at == shown.starts_at or runs:
                return one
    raise Refused(Why.CHANGED)


def _tell_who_plans(row: Shift, but: uuid.UUID, now: datetime) -> None:
    """Tell them that there is news about a shift, neutrally and never at night; what it is stands on the rota."""
    for person in people.people_who("rota.change", row.organisation_id):
        if person.id != but:
            notify.queue(
                about=row.id,
                to=people.addresses_of(person.id),
                message="shift_answered",
                language=person.language,
                values={"link": link("in_rota")},
                now=now,
                due_at=people.after_quiet(person, now),
                expires_at=now + LIFE,
            )
