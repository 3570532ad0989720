"""What moving a published duty by hand would do, and what speaks against it."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from alongside.accounts.models import Organisation
from alongside.rota.models import Exchange, Shift
from alongside.rota.queries.exchanges import SEEKING, Field, field_of
from alongside.rota.rules import Duty, moving
from alongside.rota.rules.exchanging import Why
from alongside.team import queries as team

ROUND = timedelta(days=40)
# No shift is entered further ahead either.
FURTHEST = timedelta(days=400)


@dataclass(frozen=True)
class Gain:
    """A duty that somebody gets, for the one they give, if any; `why` is what keeps them from it."""

    name: str
    duty: Duty
    gives: Duty | None
    why: Why | None


@dataclass(frozen=True)
class Move:
    """What a move would do: duties that change hands, and the span that is left with nobody, if any.

    `why` speaks against it as a whole. `seal` is a digest of all that was looked at.
    """

    shift: Shift
    other: Shift | None
    gains: tuple[Gain, ...]
    leaves: Duty | None
    why: Why | None
    seal: str

    @property
    def sound(self) -> bool:
        """Say whether nothing speaks against it."""
        return self.why is None and all(one.why is None for one in self.gains)


def shift_in(organisation_id: uuid.UUID, shift_id: uuid.UUID) -> Shift:
    """Return a published shift of an organisation. Raises Shift.DoesNotExist for any other id."""
    rows = Shift.objects.select_related("supporter__person", "organisation")
    return rows.get(id=shift_id, organisation_id=organisation_id)


def move_of(organisation: Organisation, shift_id: uuid.UUID, to: moving.Target, now: datetime) -> Move:
    """Return what moving a shift to a target would do (D-01, D-13).

    Raises Shift.DoesNotExist for a shift that is not, or is no more, of this organisation, and team.NotASupporter.
    """
    shift = shift_in(organisation.id, shift_id)
    match to:
        case moving.ToShift():
            return _exchange(organisation, shift, shift_in(organisation.id, to.shift), now)
        case moving.ToPerson():
            return _give(organisation, shift, to.supporter, now)
        case moving.ToGap():
            return _fill(organisation, shift, to, now)


def takers_of(organisation: Organisation, shift: Shift, now: datetime) -> list[tuple[uuid.UUID, str]]:
    """Return (id, name) of everybody else who could have a shift, by name."""
    field = field_of(organisation, [shift.facts()], now)
    free = set(field.could(shift.facts(), {}, [shift.supporter_id]))
    return [(one.id, one.name) for one in team.roster(organisation.id, now) if one.id in free]


def _exchange(organisation: Organisation, shift: Shift, other: Shift, now: datetime) -> Move:
    mine, theirs = shift.facts(), other.facts()
    why = None
    if min(mine.starts_at, theirs.starts_at) <= now:
        why = Why.BEGUN
    elif mine.supporter == theirs.supporter:
        why = Why.NOT_YOURS
    field = field_of(organisation, [mine, theirs], now)
    gains = (
        Gain(_name(shift), theirs, mine, _speaks(field, mine.supporter, theirs, mine)),
        Gain(_name(other), mine, theirs, _speaks(field, theirs.supporter, mine, theirs)),
    )
    seal = moving.seal(shift.id, mine, other.id, theirs)
    return Move(shift, other, gains if why is None else (), None, why, seal)


def _give(organisation: Organisation, shift: Shift, supporter_id: uuid.UUID, now: datetime) -> Move:
    mine, name = shift.facts(), team.supporter_in(organisation.id, supporter_id).person.name
    why = Why.BEGUN if mine.starts_at <= now else Why.NOT_YOURS if mine.supporter == supporter_id else None
    field = field_of(organisation, [mine], now)
    gains = (Gain(name, mine, None, _speaks(field, supporter_id, mine)),)
    return Move(shift, None, gains if why is None else (), None, why, moving.seal(shift.id, mine, supporter_id))


def _fill(organisation: Organisation, shift: Shift, gap: moving.ToGap, now: datetime) -> Move:
    mine, zone = shift.facts(), ZoneInfo(organisation.time_zone)
    seal = moving.seal(shift.id, mine, moving.key(gap))
    if not now < gap.ends_at or gap.starts_at > now + FURTHEST:
        return Move(shift, None, (), None, Why.BEGUN if mine.starts_at <= now else Why.OVER, seal)
    able = {one.id for one in team.eligible_at(organisation.id, now)}
    near = Shift.objects.filter(
        organisation=organisation, starts_at__lt=gap.ends_at + ROUND, ends_at__gt=gap.starts_at - ROUND
    ).exclude(id=shift.id)
    serving = [row.facts() for row in near if row.supporter_id in able]
    lands = moving.landing(mine, gap, serving, now, zone)
    why = None
    if mine.starts_at <= now:
        why = Why.BEGUN
    elif lands.ends_at <= lands.starts_at:
        why = Why.OVER
    elif moving.in_the_way(lands, serving):
        why = Why.CHANGED
    if why is not None:
        return Move(shift, None, (), None, why, seal)
    field = field_of(organisation, [mine, lands], now)
    gain = Gain(_name(shift), lands, mine, _speaks(field, mine.supporter, lands, mine))
    return Move(shift, None, (gain,), mine, None, seal)


def _speaks(field: Field, who: uuid.UUID, gets: Duty, gives: Duty | None = None) -> Why | None:
    """Return what keeps somebody from a duty; of a shift in another organisation nobody here is told."""
    if why := replace(field, elsewhere={}).broken(who, gets, gives):
        return why
    return Why.AWAY if field.broken(who, gets, gives) else None


def _name(shift: Shift) -> str:
    return shift.supporter.person.name


def open_about(*shifts: Shift) -> QuerySet[Exchange]:
    """Return what is open about shifts between supporters."""
    return Exchange.objects.filter(Q(shift__in=shifts) | Q(other_shift__in=shifts), state__in=SEEKING)
