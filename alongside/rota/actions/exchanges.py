"""Shifts that change hands between supporters: asked, answered, taken back. Both sides say yes; no reason is asked.

Every step holds the organisation, so that of two at once the second one finds what the first one did. Raises
rules.exchanging.Refused with what stands in the way, and DoesNotExist for an id that is not the caller's to name.
"""

import uuid
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from alongside.accounts import actions as accounts
from alongside.kernel import clock
from alongside.rota.actions import giving, telling
from alongside.rota.actions.cover import close, fits, forget_noes, open_search, refuse, step, withdraw_all
from alongside.rota.actions.giving import Held
from alongside.rota.models import Exchange, Opening, Shift
from alongside.rota.models.exchanges import about
from alongside.rota.queries.exchanges import SEEKING, field_of
from alongside.rota.rules import cut, exchanging
from alongside.rota.rules.exchanging import Refused, Why
from alongside.team import queries as team

State, Kind = Exchange.State, Exchange.Kind


@transaction.atomic
def hand_over(organisation_id: uuid.UUID, me: uuid.UUID, shift_id: uuid.UUID, to: uuid.UUID) -> None:
    """Ask a named supporter to take over a coming shift."""
    shift, now = _own(organisation_id, me, shift_id), clock.now()
    _not_begun(shift, now)
    _check(to, now, gets=shift)
    _ask(Kind.HAND_OVER, shift, to, None, now)


@transaction.atomic
def offer_swap(organisation_id: uuid.UUID, me: uuid.UUID, shift_id: uuid.UUID, other_id: uuid.UUID) -> None:
    """Ask whoever has another coming shift to swap it for this one."""
    shift, now = _own(organisation_id, me, shift_id), clock.now()
    other = Shift.objects.select_related("organisation").get(id=other_id, organisation_id=organisation_id)
    if other.supporter_id == me:
        raise Refused(Why.NOT_YOURS)
    for one in (shift, other):
        _not_begun(one, now)
    _check(other.supporter_id, now, gets=shift, gives=other)
    _check(me, now, gets=other, gives=shift, own=True)
    _ask(Kind.SWAP, shift, other.supporter_id, other, now)


@transaction.atomic
def find_cover(organisation_id: uuid.UUID, me: uuid.UUID, shift_id: uuid.UUID) -> None:
    """Seek cover for a running or coming shift, from whomever it is fair to ask first; a hand-over or swap of it that
    nobody has answered ends.
    """
    shift, now = _own(organisation_id, me, shift_id), clock.now()
    if shift.ends_at <= now:
        raise Refused(Why.OVER)
    give_up_asking(shift, now)
    step(open_search(shift, now), now)


@transaction.atomic
def answer(organisation_id: uuid.UUID, me: uuid.UUID, exchange_id: uuid.UUID, *, yes: bool) -> None:
    """Say yes or no to what one was asked; a yes makes the exchange, if it may still be."""
    row, now = _held(organisation_id, exchange_id), clock.now()
    if row.kind == Kind.COVER:
        if row.state not in SEEKING:
            raise Refused(Why.ANSWERED)
        asked = row.asked.filter(supporter_id=me)
        if not asked.exists():
            raise Exchange.DoesNotExist
        if yes:
            _cover(row, me, now)
        else:
            _decline(row, me, now)
        return
    if row.answers_id != me:
        raise Exchange.DoesNotExist
    if row.state != State.OPEN:
        raise Refused(Why.ANSWERED)
    if not yes:
        refuse(row, now)
        return
    _agree(row, now)
    assert row.asks_id is not None  # noqa: S101
    telling.tell(row.asks_id, "shift_answered", now)


@transaction.atomic
def take(organisation_id: uuid.UUID, me: uuid.UUID, exchange_id: uuid.UUID) -> None:
    """Take a shift for which cover is sought, also before one's turn."""
    row = _held(organisation_id, exchange_id)
    if row.kind != Kind.COVER or row.asks_id == me:
        raise Exchange.DoesNotExist
    _cover(row, me, clock.now())


@transaction.atomic
def withdraw(organisation_id: uuid.UUID, me: uuid.UUID, exchange_id: uuid.UUID) -> None:
    """Take back what one asked; the shift stays where it is."""
    row, now = _held(organisation_id, exchange_id), clock.now()
    if row.asks_id != me:
        raise Exchange.DoesNotExist
    if row.state not in SEEKING:
        raise Refused(Why.ANSWERED)
    close(row, State.WITHDRAWN)
    if row.answers_id:
        telling.tell(row.answers_id, "shift_answered", now)


@transaction.atomic
def put_away(me: uuid.UUID, exchange_id: uuid.UUID) -> None:
    """Forget a no that one has read; any other id changes nothing."""
    forget_noes(Q(id=exchange_id, asks_id=me))


# --- asking ------------------------------------------------------------------------------------------------------


def _own(organisation_id: uuid.UUID, me: uuid.UUID, shift_id: uuid.UUID) -> Shift:
    accounts.hold(organisation_id)
    rows = Shift.objects.select_related("organisation")
    shift = rows.get(id=shift_id, organisation_id=organisation_id, supporter_id=me)
    if not team.may_serve(me):
        raise Refused(Why.LEAVE)
    return shift


def _not_begun(shift: Shift, now: datetime) -> None:
    if shift.starts_at <= now:
        raise Refused(Why.BEGUN)


def _free_to_ask(shift: Shift) -> None:
    if Exchange.objects.filter(shift=shift, state__in=SEEKING).exists():
        raise Refused(Why.ASKED_ALREADY)


def give_up_asking(shift: Shift, now: datetime) -> None:
    """End a hand-over or swap of a shift, so that cover can be sought for it. Raises Refused where it is sought."""
    open_ones = Exchange.objects.filter(shift=shift, state__in=SEEKING)
    if open_ones.filter(kind=Kind.COVER).exists():
        raise Refused(Why.ASKED_ALREADY)
    withdraw_all(open_ones, now, silent=[shift.supporter_id])


def _ask(kind: str, shift: Shift, to: uuid.UUID, other: Shift | None, now: datetime) -> None:
    _free_to_ask(shift)
    forget_noes(Q(shift=shift))
    row = Exchange.objects.create(
        kind=kind,
        shift=shift,
        other_shift=other,
        asks_id=shift.supporter_id,
        answers_id=to,
        asked_at=now.replace(second=0, microsecond=0),
    )
    # To the question itself, which says so once it is over.
    where = {"link": telling.link("in_shift_asked", row.id)}
    telling.tell(to, "shift_asked", now, about=row.id, until=shift.starts_at, values=where)


def _check(
    who: uuid.UUID, now: datetime, *, gets: Shift | Opening, gives: Shift | None = None, own: bool = False
) -> None:
    """Refuse what breaks somebody's limits; which limit is told to nobody but themselves (`own`)."""
    duties = [exchanging.rest_of(one.facts(), now) for one in (gets, gives) if one]
    field = field_of(gets.organisation, duties, now)
    why = field.broken(who, duties[0], gives.facts() if gives else None)
    if why:
        raise Refused(why if own else Why.CANNOT)


# --- answering ---------------------------------------------------------------------------------------------------


def _held(organisation_id: uuid.UUID, exchange_id: uuid.UUID) -> Exchange:
    accounts.hold(organisation_id)
    rows = Exchange.objects.select_related("shift__organisation", "opening__organisation", "other_shift__organisation")
    return rows.get(about(organisation_id), id=exchange_id)


def _agree(row: Exchange, now: datetime) -> None:
    """Make a hand-over or swap that the one who was asked said yes to, if it may still be."""
    shift, other, me = row.shift, row.other_shift, row.answers_id
    assert shift is not None  # noqa: S101
    assert me is not None  # noqa: S101
    assert row.asks_id is not None  # noqa: S101
    if shift.supporter_id != row.asks_id or (other and other.supporter_id != me):
        raise Refused(Why.CHANGED)
    for one in (shift, other):
        if one:
            _not_begun(one, now)
    held = giving.hold(shift.organisation_id, [me, row.asks_id] if other else [me])
    if not team.may_serve(row.asks_id):
        raise Refused(Why.LEAVE)
    _check(me, now, gets=shift, gives=other, own=True)
    if other:
        _check(row.asks_id, now, gets=other, gives=shift)
        _move(held, other, row.asks_id, row, now)
    _move(held, shift, me, row, now)
    close(row, State.AGREED)


def _decline(row: Exchange, me: uuid.UUID, now: datetime) -> None:
    if row.state not in SEEKING:
        raise Refused(Why.ANSWERED)
    row.asked.filter(supporter_id=me).update(yes=False)
    telling.hush([me])
    if row.state == State.OPEN:
        step(row, now)


def _cover(row: Exchange, me: uuid.UUID, now: datetime) -> None:
    """Give what cover is sought for to whoever said yes first, from now on where it runs."""
    if row.state not in SEEKING:
        raise Refused(Why.ANSWERED)
    if row.what.ends_at <= now:
        raise Refused(Why.OVER)
    if not row.is_current or not fits(row, now):
        raise Refused(Why.CHANGED)
    held = giving.hold(row.what.organisation_id, [me])
    _check(me, now, gets=row.what, own=True)
    row.asked.filter(supporter_id=me).update(yes=True)
    Exchange.objects.filter(id=row.id).update(answers_id=me)
    if row.shift:
        _move(held, row.shift, me, row, now)
    else:
        giving.make(held, [replace(exchanging.rest_of(row.what.facts(), now), supporter=me)])
    close(row, State.AGREED)
    if row.asks_id and team.may_serve(row.asks_id):
        telling.tell(row.asks_id, "shift_answered", now)


def _move(held: Held, shift: Shift, to: uuid.UUID, by: Exchange, now: datetime) -> None:
    """Give what is still to come of a shift to somebody, and end whatever else was open about it."""
    was, rest = shift.facts(), exchanging.rest_of(shift.facts(), now)
    giving.keep(shift, cut(was, rest.starts_at, rest.ends_at), checked=True)
    giving.give(held, shift, replace(rest, supporter=to))
    forget_noes(Q(shift=shift))
    rows = Exchange.objects.filter(Q(shift=shift) | Q(other_shift=shift), state__in=SEEKING)
    withdraw_all(rows.exclude(id=by.id), now, silent=[to, was.supporter])
