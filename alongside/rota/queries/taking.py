"""Spans of the pattern that nobody has: those that somebody may take, and what they break."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alongside.accounts.models import Organisation
from alongside.policy import queries as policy
from alongside.rota.models import Shift
from alongside.rota.queries import planning
from alongside.rota.queries.exchanges import field_of
from alongside.rota.rules import Duty, Gap, exchanging, framing

# Nobody begins a shift for its last minutes.
SHORTEST = timedelta(minutes=15)


def empty_spans(organisation: Organisation, now: datetime) -> list[Gap]:
    """Return the spans of the pattern for which no shift is published, as far ahead as the board looks for gaps.

    A shift of somebody who does not serve at present is no such span: cover is sought for it. Of a span that runs, the
    rest is meant.
    """
    today = now.astimezone(ZoneInfo(organisation.time_zone)).date()
    days = policy.in_force(organisation.id).gap_days
    # From yesterday on, for a span that runs over midnight. What was served before fills none of them.
    frame = planning.frame_of(organisation, today - timedelta(days=1), days + 1, now, served=timedelta())
    minute = now.replace(second=0, microsecond=0)
    spans = (Gap(one.tier, max(one.starts_at, minute), one.ends_at) for one in framing.empty(frame))
    return [one for one in spans if one.ends_at - one.starts_at >= SHORTEST]


def free_for(organisation: Organisation, supporter_id: uuid.UUID, now: datetime) -> tuple[list[Gap], int]:
    """Return the empty spans that a supporter could take by every rule, and how many others there are."""
    spans = empty_spans(organisation, now)
    if not spans:
        return [], 0
    duties = [Duty(one.tier, supporter_id, one.starts_at, one.ends_at) for one in spans]
    field = field_of(organisation, duties, now)
    free = [span for span, duty in zip(spans, duties, strict=True) if field.broken(supporter_id, duty) is None]
    return free, len(spans) - len(free)


def could_take(
    organisation: Organisation, supporter_id: uuid.UUID, duties: Sequence[Duty], now: datetime
) -> list[bool]:
    """Say of each duty of somebody else whether a supporter could have it, or what is left of it, by every rule."""
    if not duties:
        return []
    rests = [exchanging.rest_of(one, now) for one in duties]
    field = field_of(organisation, rests, now)
    return [field.broken(supporter_id, one) is None for one in rests]


def keeps_from(organisation: Organisation, duty: Duty, now: datetime) -> exchanging.Why | None:
    """Return which rule somebody would break by a duty; None when they may have it."""
    return field_of(organisation, [duty], now).broken(duty.supporter, duty)


def may_take(organisation: Organisation, duty: Duty, now: datetime) -> frozenset[uuid.UUID]:
    """Return who else could take a duty by every rule; what keeps the others from it is theirs alone."""
    field = field_of(organisation, [duty], now)
    return frozenset(who for who in field.able if who != duty.supporter and field.broken(who, duty) is None)


def may_swap(organisation: Organisation, duty: Duty, others: Collection[Shift], now: datetime) -> list[Shift]:
    """Return the shifts of others that both sides could have instead of their own."""
    if not others:
        return []
    field = field_of(organisation, [duty, *(row.facts() for row in others)], now)
    return [
        row
        for row in others
        if field.broken(duty.supporter, row.facts(), duty) is None
        and field.broken(row.supporter_id, duty, row.facts()) is None
    ]
