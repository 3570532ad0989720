"""Searching cover for shifts: one after the other in fair order, all together when it is urgent, and for leave."""

import logging
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from alongside.accounts import actions as accounts
from alongside.accounts.models import Organisation
from alongside.notify import actions as notify
from alongside.policy import queries as policy
from alongside.rota.actions import telling
from alongside.rota.models import CoverAsk, Exchange, Opening, Shift
from alongside.rota.queries.exchanges import SEEKING, field_of, still_nobodys, waiting_minutes
from alongside.rota.rules import NOBODY, Duty, exchanging
from alongside.team import queries as team

log = logging.getLogger(__name__)
State, Kind = Exchange.State, Exchange.Kind
# Exchanges are deleted so long after their shift.
KEPT = timedelta(days=14)
# Searches whose first step is taken while somebody waits for the page.
FIRST = 4


def open_search(shift: Shift, now: datetime) -> Exchange:
    """Open a search for cover of a shift; its first step is due. The caller holds the organisation."""
    forget_noes(Q(shift=shift))
    return Exchange.objects.create(
        kind=Kind.COVER, shift=shift, asks_id=shift.supporter_id, asked_at=now.replace(second=0, microsecond=0)
    )


def open_search_for(organisation_id: uuid.UUID, span: Duty, now: datetime) -> Exchange:
    """Open a search for a span that is nobody's; its first step is due. The caller holds the organisation."""
    opening = Opening.objects.create(
        organisation_id=organisation_id, tier=span.tier, starts_at=span.starts_at, ends_at=span.ends_at
    )
    return Exchange.objects.create(kind=Kind.COVER, opening=opening, asked_at=now.replace(second=0, microsecond=0))


def fits(search: Exchange, now: datetime) -> bool:
    """Cut the opening that is sought for to what is still nobody's; False when nothing is left. The caller holds the
    organisation.
    """
    opening = search.opening
    if opening is None:
        return True
    duty = opening.facts()
    parts = still_nobodys(opening.organisation_id, exchanging.rest_of(duty, now)) if duty.ends_at > now else [duty]
    if not parts:
        return False
    first, *others = parts
    if first != exchanging.rest_of(duty, now):
        opening.starts_at, opening.ends_at = first.starts_at, first.ends_at
        opening.save(update_fields=["starts_at", "ends_at"])
    for one in others:
        open_search_for(opening.organisation_id, one, now)
    return True


def step(search: Exchange, now: datetime) -> bool:
    """Take the next step of an open search, if one is due; say whether anything was done. The caller holds the
    organisation.
    """
    if not fits(search, now):
        close(search, State.WITHDRAWN)
        return True
    duty = exchanging.rest_of(search.what.facts(), now)
    minutes = policy.in_force(search.what.organisation_id).rota_answer
    able = frozenset(one.id for one in team.eligible_at(search.what.organisation_id, now))
    rows = list(search.asked.all())
    asked = [exchanging.Asked(row.supporter_id, row.asked_at or search.asked_at, row.yes) for row in rows]
    match exchanging.next_step(duty, asked, able, minutes, now):
        case exchanging.Wait():
            return False
        case exchanging.Over():
            close(search, State.NOBODY)
            return True
        case exchanging.Ask(all=everybody):
            found = _whom(search, now, {one.who for one in asked})
            if found:
                _ask(search, found if everybody else found[:1], len(rows), now, urgent=everybody)
                return True
            if not exchanging.ends_quietly(asked, able, minutes, duty, now):
                return False
    return _give_up(search, now)


def _whom(search: Exchange, now: datetime, asked: set[uuid.UUID]) -> list[uuid.UUID]:
    what = search.what
    duty = exchanging.rest_of(what.facts(), now)
    field = field_of(what.organisation, [duty], now)
    waiting = waiting_minutes(what.organisation_id, field.frame.percent, search.id)
    found = field.could(duty, waiting, {*asked, search.asks_id or NOBODY})
    # With less than a day left, who sleeps is asked after those who do not.
    soon = what.starts_at - now <= exchanging.SOON
    return sorted(found, key=lambda who: telling.heard_at(who, now) > now) if soon else found


def _ask(search: Exchange, whom: list[uuid.UUID], place: int, now: datetime, *, urgent: bool) -> None:
    for number, who in enumerate(whom, start=place):
        # Whose quiet hours hold the question back has the whole time once they are over; unless that is too late.
        at = telling.heard_at(who, now)
        waits = at <= search.what.starts_at - exchanging.NOW
        asked_at = (at if waits else now).replace(second=0, microsecond=0)
        row = CoverAsk.objects.create(exchange=search, supporter_id=who, place=number, asked_at=asked_at)
        telling.tell_asked(row, now, urgent=urgent, waits=waits)


def _give_up(search: Exchange, now: datetime) -> bool:
    """Everybody who could was asked: say so to the coordinators, and to who asked unless they are on leave."""
    Exchange.objects.filter(id=search.id).update(state=State.NOBODY)
    telling.alarm(search.what.organisation_id, now)
    if search.asks_id and team.may_serve(search.asks_id):
        telling.tell(search.asks_id, "shift_answered", now)
    return True


def drop(shift: Shift) -> set[uuid.UUID]:
    """Take back every notice about a shift that is about to be deleted; what was asked about it goes with it. Return
    who had part in what was open between supporters.
    """
    had_part: set[uuid.UUID] = set()
    for row in Exchange.objects.filter(Q(shift=shift) | Q(other_shift=shift)):
        if row.state in SEEKING:
            had_part |= {one for one in (row.asks_id, row.answers_id) if one is not None}
        close(row, State.WITHDRAWN)
    return had_part


def close(row: Exchange, state: str) -> None:
    """End an exchange; nobody is told about it any more. Once a search is over, who was asked and said no is deleted:
    nobody needs to know it, then or later.
    """
    Exchange.objects.filter(id=row.id).update(state=state)
    notify.forget(row.id)
    asked = CoverAsk.objects.filter(exchange=row)
    telling.hush(asked.values_list("supporter_id", flat=True))
    if state != State.NOBODY:
        asked.delete()


def refuse(row: Exchange, now: datetime) -> None:
    """End a hand-over or swap that does not come about, and tell whoever asked. The page of their shifts says so until
    they ask anew, seek cover or put it away, and no longer than until the shift begins.
    """
    assert row.shift is not None  # noqa: S101
    assert row.asks_id is not None  # noqa: S101
    close(row, State.REFUSED)
    telling.tell(row.asks_id, "shift_answered", now, about=row.id, until=row.shift.starts_at)


def forget_noes(which: Q) -> int:
    """Delete the answers of no that nobody needs to see any more, and what waits to tell of them; return how many."""
    rows = list(Exchange.objects.filter(which, state=State.REFUSED))
    for row in rows:
        notify.forget(row.id)
        row.delete()
    return len(rows)


def withdraw_all(rows: Iterable[Exchange], now: datetime, *, silent: Iterable[uuid.UUID | None] = ()) -> None:
    """End exchanges, and tell those who have part in them, without the `silent` ones.

    Whoever asked and still has the shift before them is told as by a no: it is theirs, and why is nobody's affair.
    """
    for row in rows:
        told = {row.asks_id, row.answers_id} - {None, *silent}
        if row.asks_id in told and row.kind != Kind.COVER and row.is_current and not _has_begun(row, now):
            refuse(row, now)
            told.discard(row.asks_id)
        else:
            close(row, State.WITHDRAWN)
        for one in told:
            if one is not None:
                telling.tell(one, "shift_answered", now)


# --- leave -------------------------------------------------------------------------------------------------------


@transaction.atomic
def on_leave(organisation_id: uuid.UUID, supporter_id: uuid.UUID, now: datetime) -> None:
    """Seek cover for the shifts of somebody who does not serve any more, as far ahead as the board looks for gaps, and
    end what was open between them and others. Nobody else's shift changes; coming back ends what is still sought.
    """
    accounts.hold(organisation_id)
    _end_what_was_open(supporter_id, now)
    searches = [
        open_search(shift, now)
        for shift in _coming(organisation_id, now).filter(supporter_id=supporter_id)
        if not Exchange.objects.filter(shift=shift, asks_id=supporter_id, state__in=SEEKING).exists()
    ]
    # The rest is the next turn's: nobody who takes leave waits for a page while a whole season is gone through.
    for search in searches[:FIRST]:
        step(search, now)


def _end_what_was_open(supporter_id: uuid.UUID, now: datetime) -> None:
    """End hand-overs and swaps the supporter has part in, and step on in every search that waits for them."""
    forget_noes(Q(asks_id=supporter_id))
    part = Exchange.objects.filter(Q(asks_id=supporter_id) | Q(answers_id=supporter_id), state=State.OPEN)
    withdraw_all(part.exclude(kind=Kind.COVER), now, silent=[supporter_id])
    notify.forget(supporter_id)
    waits = Exchange.objects.filter(
        state=State.OPEN, kind=Kind.COVER, asked__supporter_id=supporter_id, asked__yes__isnull=True
    )
    for row in waits.select_related("shift__organisation", "opening__organisation"):
        step(row, now)


@transaction.atomic
def on_return(organisation_id: uuid.UUID, supporter_id: uuid.UUID) -> None:
    """End every search for cover of somebody who serves again: what nobody took is theirs."""
    accounts.hold(organisation_id)
    for row in Exchange.objects.filter(asks_id=supporter_id, kind=Kind.COVER, state__in=SEEKING):
        close(row, State.WITHDRAWN)


def _coming(organisation_id: uuid.UUID, now: datetime):  # type: ignore[no-untyped-def]
    until = now + timedelta(days=policy.in_force(organisation_id).gap_days)
    rows = Shift.objects.filter(organisation_id=organisation_id, ends_at__gt=now, starts_at__lt=until)
    return rows.select_related("organisation").order_by("starts_at", "tier")


# --- timed -------------------------------------------------------------------------------------------------------


def climb(now: datetime) -> int:
    """Take the next step of every search for cover, open one for shifts of people who went without saying, and end what
    nobody answered before its shift began; return how many steps were taken.

    What fails for one search or organisation holds up no other.
    """
    taken = 0
    for organisation in Organisation.objects.filter(id__in=_with_shifts(now)):
        try:
            taken += _look_for_absent(organisation, now)
        except Exception:
            log.exception("shifts of people who are away could not be looked at and are tried again")
    rows = Exchange.objects.filter(state=State.OPEN).select_related("shift", "opening", "other_shift")
    turns = [row for row in rows if row.kind == Kind.COVER or _has_begun(row, now)]
    for row in sorted(turns, key=lambda row: (row.what.starts_at, row.what.tier)):
        try:
            taken += _turn(row.id, row.what.organisation_id, now)
        except Exception:
            log.exception("a search for cover failed and is tried again")
    return taken


def _with_shifts(now: datetime) -> set[uuid.UUID]:
    return set(Shift.objects.filter(ends_at__gt=now).values_list("organisation_id", flat=True))


def _look_for_absent(organisation: Organisation, now: datetime) -> int:
    gone = team.absent(organisation.id)
    theirs = set(_coming(organisation.id, now).filter(supporter_id__in=gone).values_list("supporter_id", "id"))
    sought = Exchange.objects.filter(shift__organisation=organisation, kind=Kind.COVER, state__in=SEEKING)
    missing = theirs - set(sought.values_list("asks_id", "shift_id"))
    # Also who has no shift, and is asked about one of somebody else's.
    asked = Exchange.objects.filter(shift__organisation=organisation, state=State.OPEN).exclude(kind=Kind.COVER)
    parts = {one for pair in asked.values_list("asks_id", "answers_id") for one in pair} & gone
    for supporter_id in sorted(parts.union(who for who, _shift in missing)):
        on_leave(organisation.id, supporter_id, now)
    return len(missing) + len(parts)


@transaction.atomic
def _turn(search_id: uuid.UUID, organisation_id: uuid.UUID, now: datetime) -> bool:
    accounts.hold(organisation_id)
    rows = Exchange.objects.select_related("shift__organisation", "opening__organisation", "other_shift")
    search = rows.filter(id=search_id, state=State.OPEN).first()
    if search is None:
        return False
    if search.kind != Kind.COVER:
        begun = _has_begun(search, now)
        withdraw_all([search] if begun else [], now)
        return begun
    if not search.is_current:
        close(search, State.WITHDRAWN)
        return True
    return step(search, now)


def _has_begun(row: Exchange, now: datetime) -> bool:
    return any(one.starts_at <= now for one in (row.what, row.other_shift) if one)


def purge_exchanges(now: datetime) -> int:
    """Delete who was asked for cover of what is over, who said no about a shift that has begun or is not theirs any
    more who asked, and exchanges whose shift ended so long ago; return how many rows.
    """
    CoverAsk.objects.filter(Q(exchange__shift__ends_at__lte=now) | Q(exchange__opening__ends_at__lte=now)).delete()
    gone = ~Q(shift__supporter=F("asks")) | ~Q(asks__status="active")
    noes = forget_noes(Q(shift__starts_at__lte=now) | gone)
    openings = Opening.objects.filter(ends_at__lte=now - KEPT).delete()[0]
    return noes + openings + Exchange.objects.filter(shift__ends_at__lte=now - KEPT).delete()[0]
