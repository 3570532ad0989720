"""The one door by which somebody gets a shift or a session.

First it is held, then judged, then written. Whoever serves in two organisations is judged in one of them at a time, so
the accounts of those who get something are held besides the organisation: always after it, all at once and in the order
of their ids, so that nobody waits for somebody who waits for them. `Held` says that this was done, and for whom;
without it nothing is written.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from alongside.accounts import actions as accounts
from alongside.rota.models import Debrief, Session, Shift
from alongside.rota.rules import Duty
from alongside.rota.rules.sessions import Slot
from alongside.team import queries as team


class NotHeld(AssertionError):
    """Something was to be given to somebody whose account nobody held while it was judged."""


@dataclass(frozen=True)
class Held:
    """That this transaction alone gives anything in an organisation, and to these people anywhere, until it ends."""

    organisation_id: uuid.UUID
    supporters: frozenset[uuid.UUID]
    people: frozenset[uuid.UUID]

    def check(self, supporters: Iterable[uuid.UUID], people: Iterable[uuid.UUID] = ()) -> None:
        """Refuse somebody who is not held. Raises NotHeld."""
        if not (self.supporters.issuperset(supporters) and self.people.issuperset(people)):
            raise NotHeld


def hold(organisation_id: uuid.UUID, supporters: Iterable[uuid.UUID], others: Iterable[uuid.UUID] = ()) -> Held:
    """Hold an organisation and those who get something in it: supporters by their ids, `others` by their persons'.

    What is judged must be read after this.
    """
    accounts.hold(organisation_id)
    serving = team.persons_behind(supporters)
    people = {*serving.values(), *others}
    accounts.hold_people(people)
    return Held(organisation_id, frozenset(serving), frozenset(people))


# --- shifts ------------------------------------------------------------------------------------------------------


def make(held: Held, duties: Collection[Duty]) -> list[Shift]:
    """Make duties the shifts of those whose they are."""
    held.check(one.supporter for one in duties)
    return Shift.objects.bulk_create(_row(held.organisation_id, one) for one in duties)


def give(held: Held, shift: Shift, duty: Duty) -> None:
    """Make a shift another duty: of somebody else, at another time, or both."""
    held.check([duty.supporter])
    mine = Shift.objects.filter(id=shift.id, organisation_id=held.organisation_id)
    changed = mine.update(
        supporter_id=duty.supporter, tier=duty.tier, starts_at=duty.starts_at, ends_at=duty.ends_at, checked=False
    )
    if changed != 1:
        raise NotHeld


def keep(shift: Shift, parts: Iterable[Duty], *, checked: bool = False) -> None:
    """Keep parts of a shift with whoever has it. As nobody gets anything by it, nobody has to be held."""
    whole = shift.facts()
    rows = [_row(shift.organisation_id, one, checked=checked) for one in parts]
    for row in rows:
        within = whole.starts_at <= row.starts_at and row.ends_at <= whole.ends_at
        if not within or (row.supporter_id, row.tier) != (whole.supporter, whole.tier):
            raise NotHeld
    Shift.objects.bulk_create(rows)


def _row(organisation_id: uuid.UUID, duty: Duty, *, checked: bool = False) -> Shift:
    return Shift(
        organisation_id=organisation_id,
        supporter_id=duty.supporter,
        tier=duty.tier,
        starts_at=duty.starts_at,
        ends_at=duty.ends_at,
        checked=checked,
    )


# --- sessions ----------------------------------------------------------------------------------------------------


def write(held: Held, session: Session, slots: Sequence[Slot]) -> None:
    """Keep a session, new or changed, with a debrief for each leader."""
    held.check((one.leader for one in slots), (one.listener for one in slots if one.listener))
    session.save()
    Debrief.objects.filter(session=session).delete()
    Debrief.objects.bulk_create(
        Debrief(
            session=session,
            leader_id=one.leader,
            listener_id=one.listener,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
        )
        for one in slots
    )
