"""Moving a published duty by hand, as a coordinator looked at it."""

import uuid
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from alongside.accounts import actions as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.rota.actions import giving, telling
from alongside.rota.actions.cover import close, forget_noes
from alongside.rota.actions.giving import Held
from alongside.rota.actions.shifts import give_way
from alongside.rota.models import Exchange, Shift
from alongside.rota.queries import moving as reading
from alongside.rota.queries.moving import Move
from alongside.rota.rules import Duty, moving
from alongside.team import queries as team


class Moved(ValueError):
    """What the page showed is no longer so; `now` is how it stands."""

    def __init__(self, now: Move) -> None:
        super().__init__()
        self.now = now


class Forbidden(ValueError):
    """A rule speaks against the move; `found` says which, and of whom."""

    def __init__(self, found: Move) -> None:
        super().__init__()
        self.found = found


@transaction.atomic
def move(seat: Seat, shift_id: uuid.UUID, to: moving.Target, seen: str) -> Move:
    """Move a shift as the page with the digest `seen` showed it, and tell everybody concerned (D-01, D-13, K-36).

    Raises Shift.DoesNotExist, team.queries.NotASupporter, Moved and Forbidden: then nothing has changed. Two
    coordinators at once take turns, and the second is refused.
    """
    held = _hold(seat, shift_id, to)
    now = clock.now()
    found = reading.move_of(seat.organisation, shift_id, to, now)
    if found.seal != seen:
        raise Moved(found)
    if not found.sound:
        raise Forbidden(found)
    before = found.shift.facts()
    told = {before.supporter} | ({found.other.supporter_id} if found.other else set())
    told |= _end_what_was_open(found)
    match to:
        case moving.ToShift():
            assert found.other is not None  # noqa: S101
            giving.give(held, found.shift, replace(found.gains[1].duty, supporter=found.other.supporter_id))
            giving.give(held, found.other, replace(found.gains[0].duty, supporter=before.supporter))
        case moving.ToPerson():
            told.add(to.supporter)
            giving.give(held, found.shift, replace(before, supporter=to.supporter))
        case moving.ToGap():
            lands = found.gains[0].duty
            _clear(seat, found.shift, lands, now)
            giving.give(held, found.shift, lands)
    _tell(told, found, now)
    _note(seat, found, before)
    return found


def _hold(seat: Seat, shift_id: uuid.UUID, to: moving.Target) -> Held:
    """Hold whoever gets something by a move, of shifts that nobody else changes meanwhile."""
    here = seat.organisation.id
    accounts.hold(here)
    mine = reading.shift_in(here, shift_id).supporter_id
    match to:
        case moving.ToShift():
            return giving.hold(here, [mine, reading.shift_in(here, to.shift).supporter_id])
        case moving.ToPerson():
            return giving.hold(here, [to.supporter])
        case moving.ToGap():
            return giving.hold(here, [mine])


def _end_what_was_open(found: Move) -> set[uuid.UUID]:
    """End what was asked about the shifts; return everybody who had part in it."""
    had_part: set[uuid.UUID] = set()
    shifts = [found.shift, found.other] if found.other else [found.shift]
    forget_noes(Q(shift__in=shifts))
    for row in reading.open_about(*shifts):
        close(row, Exchange.State.WITHDRAWN)
        had_part |= {one for one in (row.asks_id, row.answers_id) if one is not None}
    return had_part


def _clear(seat: Seat, shift: Shift, lands: Duty, now: datetime) -> None:
    """Cut shifts of people who may not serve out of the way (C-18)."""
    able = {one.id for one in team.eligible_at(seat.organisation.id, now)}
    rows = Shift.objects.filter(
        organisation=seat.organisation, starts_at__lt=lands.ends_at, ends_at__gt=lands.starts_at, tier=lands.tier
    )
    for row in rows.exclude(id=shift.id):
        if row.supporter_id not in able:
            give_way(row, [lands])


def _tell(whom: set[uuid.UUID], found: Move, now: datetime) -> None:
    # Nobody learns of a shift that they have now, or have no more, after it began.
    first = min([found.shift.starts_at, *(one.duty.starts_at for one in found.gains)])
    for one in sorted(whom):
        telling.tell(one, "rota_published", now, until=min(max(first, now), now + telling.LIFE))


def _note(seat: Seat, found: Move, before: Duty) -> None:
    gain = found.gains[0]
    said = {
        "name": found.shift.supporter.person.name,
        "other": found.other.supporter.person.name if found.other else gain.name,
        "tier": before.tier,
        "from": before.starts_at.isoformat(),
        "to": before.ends_at.isoformat(),
        "other_tier": gain.duty.tier,
        "other_from": gain.duty.starts_at.isoformat(),
        "other_to": gain.duty.ends_at.isoformat(),
    }
    if found.other:
        accounts.note_change(seat, "shift.exchanged", said)
    elif found.leaves:
        accounts.note_change(seat, "shift.moved", {key: value for key, value in said.items() if key != "other"})
    else:
        accounts.note_change(seat, "shift.given", {key: said[key] for key in ("name", "other", "tier", "from", "to")})
