"""Cover that a coordinator has sought: for a gap, or for the shift of somebody who phoned in. No reason is asked."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from alongside.accounts import actions as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.rota import rules
from alongside.rota.actions.cover import FIRST, close, open_search, open_search_for, step
from alongside.rota.actions.exchanges import give_up_asking
from alongside.rota.models import Exchange, Shift
from alongside.rota.models.exchanges import about
from alongside.rota.queries.exchanges import SEEKING, spans_of, still_nobodys
from alongside.rota.rules import NOBODY, Duty, exchanging
from alongside.rota.rules.exchanging import Refused, Why
from alongside.team import queries as team

State, Kind = Exchange.State, Exchange.Kind


@transaction.atomic
def seek_cover(seat: Seat, shift_id: uuid.UUID) -> None:
    """Seek cover for somebody's running or coming shift, also once more where nobody said yes. They stay on call until
    somebody does. Raises Shift.DoesNotExist, and Refused where it is over or sought already.
    """
    accounts.hold(seat.organisation.id)
    now = clock.now()
    shift = Shift.objects.select_related("organisation").get(id=shift_id, organisation=seat.organisation)
    if shift.ends_at <= now:
        raise Refused(Why.OVER)
    _once_more(Exchange.objects.filter(shift=shift, kind=Kind.COVER, state=State.NOBODY))
    give_up_asking(shift, now)
    _begin(seat, [open_search(shift, now)], now)


@transaction.atomic
def seek_for_gap(seat: Seat, tier: int, starts_at: datetime, ends_at: datetime) -> int:
    """Seek somebody for each slot of a gap, also once more where nobody said yes; return for how many. Raises Refused.

    A shift of somebody who may not serve is sought for as theirs: it is their gap.
    """
    accounts.hold(seat.organisation.id)
    organisation, now = seat.organisation, clock.now()
    gap = Duty(tier, NOBODY, max(starts_at, now.replace(second=0, microsecond=0)), ends_at)
    _check(organisation.id, gap, now)
    _once_more(
        Exchange.objects.filter(
            opening__organisation=organisation,
            opening__tier=tier,
            opening__starts_at__lt=gap.ends_at,
            opening__ends_at__gt=gap.starts_at,
            state=State.NOBODY,
        )
    )
    spans = [part for span in spans_of(organisation, gap) for part in _unsought(organisation.id, span)]
    if exchanging.too_long([(one.starts_at, one.ends_at) for one in spans]):
        raise Refused(Why.TOO_LONG)
    searches = [open_search(shift, now) for shift in _of_absent(organisation.id, gap, now)]
    searches += [open_search_for(organisation.id, one, now) for one in spans]
    if not searches:
        raise Refused(Why.ASKED_ALREADY)
    _begin(seat, searches, now)
    return len(searches)


@transaction.atomic
def stop_seeking(seat: Seat, exchange_id: uuid.UUID) -> None:
    """End a search for cover: nobody is asked any more. Raises Exchange.DoesNotExist, and Refused where it has ended,
    or goes on by itself since whose shift it is does not serve.
    """
    accounts.hold(seat.organisation.id)
    rows = Exchange.objects.select_related("shift", "opening")
    row = rows.get(about(seat.organisation.id), id=exchange_id, kind=Kind.COVER)
    if row.state not in SEEKING:
        raise Refused(Why.ANSWERED)
    if row.asks_id in team.absent(seat.organisation.id):
        raise Refused(Why.LEAVE)
    close(row, State.WITHDRAWN)
    _note(seat, "cover.stopped", row)


def _check(organisation_id: uuid.UUID, gap: Duty, now: datetime) -> None:
    """Refuse a span that is none, is over, or lies beyond the days in which the board shows gaps."""
    if gap.ends_at <= now:
        raise Refused(Why.OVER)
    values = policy.in_force(organisation_id)
    none = gap.ends_at <= gap.starts_at or gap.tier not in range(1, values.on_call_tiers + 1)
    if none or exchanging.too_far(gap.starts_at, now, values.gap_days):
        raise Refused(Why.NO_GAP)
    if gap.ends_at - gap.starts_at > rules.LONGEST_SHIFT:
        raise Refused(Why.TOO_LONG)


def _unsought(organisation_id: uuid.UUID, span: Duty) -> list[Duty]:
    """Return the parts of a span that are nobody's and for which nobody is sought yet."""
    found = still_nobodys(organisation_id, span)
    sought = Exchange.objects.filter(
        opening__organisation_id=organisation_id, opening__tier=span.tier, state=State.OPEN
    ).select_related("opening")
    for one in sought:
        found = [left for part in found for left in rules.cut(part, one.what.starts_at, one.what.ends_at)]
    return found


def _of_absent(organisation_id: uuid.UUID, gap: Duty, now: datetime) -> list[Shift]:
    """Return the shifts within a gap that belong to people who may not serve and are not sought for yet."""
    able = {one.id for one in team.eligible_at(organisation_id, now)}
    rows = Shift.objects.filter(
        organisation_id=organisation_id, tier=gap.tier, starts_at__lt=gap.ends_at, ends_at__gt=gap.starts_at
    )
    sought = set(Exchange.objects.filter(shift__in=rows, state=State.OPEN).values_list("shift_id", flat=True))
    found = [row for row in rows.select_related("organisation") if row.supporter_id not in able]
    for row in found:
        _once_more(Exchange.objects.filter(shift=row, state=State.NOBODY))
    return [row for row in found if row.id not in sought]


def _once_more(rows: QuerySet[Exchange]) -> None:
    """Let go of searches in which nobody said yes, so that everybody can be asked again."""
    for row in rows:
        close(row, State.WITHDRAWN)


def _begin(seat: Seat, searches: list[Exchange], now: datetime) -> None:
    # The rest is the next turn's, within seconds: nobody waits for a page meanwhile.
    for one in searches[:FIRST]:
        step(one, now)
    for one in searches:
        _note(seat, "cover.sought", one)


def _note(seat: Seat, what: str, row: Exchange) -> None:
    """Write down what was sought and never for whom: why somebody is away is nobody's, and entries stay for long."""
    span = row.what
    accounts.note_change(
        seat, what, {"tier": span.tier, "from": span.starts_at.isoformat(), "to": span.ends_at.isoformat()}
    )
