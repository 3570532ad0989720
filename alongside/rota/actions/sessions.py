"""Sessions that supporters lead, and the debrief of each leader (G-22).

Every step holds the organisation: of two coordinators at once the second one finds what the first one did. The log of
changes says on which day a session is and nothing of who leads it, so that nobody's sessions can be counted there.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from alongside.accounts import actions as accounts
from alongside.accounts import queries as people
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.notify import actions as notify
from alongside.rota.actions import giving
from alongside.rota.actions.giving import Held
from alongside.rota.actions.telling import LIFE
from alongside.rota.models import Debrief, Session
from alongside.rota.queries import sessions as reading
from alongside.rota.queries.sessions import Listed
from alongside.rota.rules import sessions as rules
from alongside.rota.rules.sessions import Code, Kind, Slot, Span, Wrong
from alongside.team import queries as team

MESSAGE = "time_changed"


@dataclass(frozen=True)
class Wanted:
    """A session as a coordinator wants it, with a slot for each leader."""

    kind: Kind
    span: Span
    slots: tuple[Slot, ...]


@transaction.atomic
def enter_session(seat: Seat, wanted: Wanted) -> uuid.UUID:
    """Enter a session with the debriefs of its leaders, and tell everybody who has part in it; return its id. Raises
    rules.sessions.Wrong.
    """
    held = _hold(seat, wanted)
    now = clock.now()
    _check(seat, wanted, None, now)
    row = Session(organisation=seat.organisation, kind=wanted.kind, starts_at=wanted.span[0], ends_at=wanted.span[1])
    giving.write(held, row, wanted.slots)
    _tell(seat, row.id, {}, _parts(row), now)
    _note(seat, "session.entered", wanted.span)
    return row.id


@transaction.atomic
def change_session(seat: Seat, session_id: uuid.UUID, seen: str, wanted: Wanted) -> None:
    """Make a session and its debriefs what is wanted, and tell those for whom anything changes.

    `seen` is the digest of what the coordinator looked at. Raises Session.DoesNotExist for an id of another
    organisation, and rules.sessions.Wrong.
    """
    held = _hold(seat, wanted)
    now = clock.now()
    before = reading.session_in(seat.organisation.id, session_id, now)
    if before.seal != seen:
        raise Wrong(Code.CHANGED)
    _check(seat, wanted, before, now)
    row = Session.objects.get(id=session_id)
    had = _parts(row)
    row.kind, (row.starts_at, row.ends_at) = wanted.kind, wanted.span
    giving.write(held, row, wanted.slots)
    _tell(seat, row.id, had, _parts(row), now)
    _note(seat, "session.changed", wanted.span)


@transaction.atomic
def remove_session(seat: Seat, session_id: uuid.UUID) -> None:
    """Cancel a session with its debriefs, and tell everybody who had part in what was still to come. Raises
    Session.DoesNotExist for an id of another organisation.
    """
    accounts.hold(seat.organisation.id)
    row = Session.objects.get(id=session_id, organisation=seat.organisation)
    span, had = (row.starts_at, row.ends_at), _parts(row)
    row.delete()
    _tell(seat, session_id, had, {}, clock.now())
    _note(seat, "session.removed", span)


def purge_sessions(now: datetime) -> int:
    """Delete sessions with their debriefs two weeks after both are over; return how many rows."""
    over = now - rules.KEPT
    later = Debrief.objects.filter(ends_at__gt=over).values("session_id")
    return Session.objects.filter(ends_at__lte=over).exclude(id__in=later).delete()[0]


def _hold(seat: Seat, wanted: Wanted) -> Held:
    leaders = [one.leader for one in wanted.slots]
    return giving.hold(seat.organisation.id, leaders, [one.listener for one in wanted.slots if one.listener])


# --- what may be -------------------------------------------------------------------------------------------------


def _check(seat: Seat, wanted: Wanted, before: Listed | None, now: datetime) -> None:
    organisation = seat.organisation
    leaders = [one.leader for one in wanted.slots]
    rules.check_session(wanted.kind, wanted.span, leaders, reading.work_of(organisation), now)
    had = {one.slot.leader: one.slot for one in before.leads} if before else {}
    persons = _leaders(organisation.id, wanted, had, now)
    for place, slot in enumerate(wanted.slots):
        rules.check_debrief(slot, place, persons[slot.leader], wanted.span[1])
    _check_people(organisation.id, wanted, had, now)
    _check_times(wanted, persons, before.id if before else None)


def _leaders(
    organisation_id: uuid.UUID, wanted: Wanted, had: dict[uuid.UUID, Slot], now: datetime
) -> dict[uuid.UUID, uuid.UUID]:
    """Return supporter -> person of the leaders. Whoever leads already may stay; who is new must be able to serve."""
    found = {one.id: one.person for one in reading.leaders_for(organisation_id, now, had)}
    for place, slot in enumerate(wanted.slots):
        if slot.leader not in found:
            raise Wrong(Code.LEADERS, place)
    return found


def _check_people(
    organisation_id: uuid.UUID,
    wanted: Wanted,
    had: dict[uuid.UUID, Slot],
    now: datetime,
) -> None:
    """Refuse a debrief, still to come and not as it was, with or for somebody who is away or not of this place."""
    able = {one.id for one in team.eligible_at(organisation_id, now)}
    listening = {one.id for one in reading.listeners_of(organisation_id, now)}
    for place, slot in enumerate(wanted.slots):
        if slot.span is None or slot == had.get(slot.leader):
            continue
        if slot.listener not in listening:
            raise Wrong(Code.NO_LISTENER, place)
        if slot.leader not in able and slot.span[1] > now:
            raise Wrong(Code.AWAY, place)


def _check_times(wanted: Wanted, persons: dict[uuid.UUID, uuid.UUID], but: uuid.UUID | None) -> None:
    """Refuse what puts somebody into two sessions or debriefs at once."""
    everybody = {*persons.values(), *(slot.listener for slot in wanted.slots if slot.listener)}
    taken = reading.taken(everybody, wanted.span[0], but=but)
    for slot in wanted.slots:
        if rules.meets(wanted.span, taken[persons[slot.leader]]):
            raise Wrong(Code.TWICE)
        taken[persons[slot.leader]].append(wanted.span)
    for place, slot in enumerate(wanted.slots):
        if slot.span and slot.listener:
            for one in (persons[slot.leader], slot.listener):
                if rules.meets(slot.span, taken[one]):
                    raise Wrong(Code.TWICE, place)
                taken[one].append(slot.span)


# --- what is written, and who hears of it ------------------------------------------------------------------------


# When it ends, when it begins, and with whom: nobody stands for the session itself.
Part = tuple[datetime, datetime, uuid.UUID | None]


def _parts(row: Session) -> dict[uuid.UUID, set[Part]]:
    """Return by person what they have part in: spans, and with whom."""
    debriefs = list(Debrief.objects.filter(session=row).select_related("leader"))
    found: dict[uuid.UUID, set[Part]] = {}
    for one in debriefs:
        leader, span = one.leader.person_id, one.facts().span
        found.setdefault(leader, set()).add((row.ends_at, row.starts_at, None))
        if span and one.listener_id:
            found[leader].add((span[1], span[0], one.listener_id))
            found.setdefault(one.listener_id, set()).add((span[1], span[0], leader))
    return found


def _tell(
    seat: Seat,
    about: uuid.UUID,
    had: dict[uuid.UUID, set[Part]],
    have: dict[uuid.UUID, set[Part]],
    now: datetime,
) -> None:
    """Tell everybody for whom anything changed that is not over; but not the coordinator at the desk, and nobody who is
    on leave.
    """
    here = seat.organisation.id
    absent = team.absent(here)
    silent = {person for person, supporter in team.people_serving(here).items() if supporter in absent}
    silent.add(seat.person.id)
    for person, names in people.people_of(here):
        changed = had.get(person.id, set()) ^ have.get(person.id, set())
        if person.id in silent or not any(part[0] > now for part in changed):
            continue
        to = people.addresses_of(person.id)
        # What still waits from a change before says the same.
        notify.forget_addresses([address for _kind, address in to], [MESSAGE])
        notify.queue(
            about=about,
            to=to,
            message=MESSAGE,
            language=person.language,
            values={"link": settings.ALONGSIDE_ADDRESS + reverse(_page(names))},
            now=now,
            due_at=people.after_quiet(person, now),
            expires_at=now + LIFE,
        )


def _page(roles: Iterable[str]) -> str:
    """Return the page on which somebody finds it."""
    if "supporter" in roles:
        return "in_shifts"
    return "in_sessions" if "coordinator" in roles else "in_lead"


def _note(seat: Seat, what: str, span: Span) -> None:
    zone = ZoneInfo(seat.organisation.time_zone)
    accounts.note_change(seat, what, {"day": span[0].astimezone(zone).date().isoformat()})
