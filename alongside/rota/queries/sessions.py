"""Sessions and debriefs: what is planned, what is still to be given, who is taken when, and a first time for both."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Q

from alongside.accounts import queries as accounts
from alongside.accounts.models import Organisation
from alongside.policy import queries as policy
from alongside.rota.models import Blackout, Busy, Debrief, Holiday, Session, Shift
from alongside.rota.rules import sessions as rules
from alongside.rota.rules import start_of
from alongside.team import queries as team

# Who may be talked to, in the order in which they are offered; supporters besides, as long as they may serve.
LISTEN = ("clinician", "coordinator")


class State(StrEnum):
    """How the debrief of a leader stands; `AWAY` and `NO_LISTENER`: it was given, and has to be given again."""

    GIVEN = "given"
    MISSING = "missing"
    AWAY = "away"
    NO_LISTENER = "no-listener"


@dataclass(frozen=True)
class Leads:
    """Who leads a session, and their debrief; `serves` is false for a leader who does not serve at present."""

    slot: rules.Slot
    name: str
    listener: str
    state: State
    serves: bool


@dataclass(frozen=True)
class Listed:
    """One session as the coordinator sees it; `seal` is a digest of all of it."""

    id: uuid.UUID
    kind: rules.Kind
    starts_at: datetime
    ends_at: datetime
    leads: tuple[Leads, ...]
    seal: str

    @property
    def missing(self) -> tuple[Leads, ...]:
        """Those whose debrief is still to be given."""
        return tuple(one for one in self.leads if one.state is not State.GIVEN)

    def needs(self, now: datetime) -> bool:
        """Say whether there is something to do: a debrief to be given, or a leader who cannot lead."""
        return bool(self.missing) or (self.starts_at > now and not all(one.serves for one in self.leads))


@dataclass(frozen=True)
class Appointment:
    """A session that somebody leads, or a debrief they have part in, and with whom. `leads` is false for who listens;
    a debrief that is still to be given has no span.
    """

    session: bool
    leads: bool
    starts_at: datetime | None
    ends_at: datetime | None
    names: tuple[str, ...]


@dataclass(frozen=True)
class Listener:
    """Somebody a leader can talk to: their person and what they are here."""

    id: uuid.UUID
    name: str
    role: str


def sessions_of(organisation_id: uuid.UUID, now: datetime) -> list[Listed]:
    """Return every session that is kept, by beginning."""
    rows = list(Session.objects.filter(organisation_id=organisation_id).prefetch_related(*_WITH))
    if not rows:
        return []
    able = {one.id for one in team.eligible_at(organisation_id, now)}
    listening = {one.id for one in listeners_of(organisation_id, now)}
    return [_listed(row, able, listening, now) for row in rows]


def session_in(organisation_id: uuid.UUID, session_id: uuid.UUID, now: datetime) -> Listed:
    """Return a session of an organisation. Raises Session.DoesNotExist for any other id."""
    found = next((one for one in sessions_of(organisation_id, now) if one.id == session_id), None)
    if found is None:
        raise Session.DoesNotExist
    return found


def sessions_due(organisation_id: uuid.UUID, now: datetime) -> list[Listed]:
    """Return the sessions for which there is something to do."""
    return [one for one in sessions_of(organisation_id, now) if one.needs(now)]


_WITH = ("debriefs__leader__person", "debriefs__listener")


def _listed(row: Session, able: Collection[uuid.UUID], listening: Collection[uuid.UUID], now: datetime) -> Listed:
    debriefs = row.debriefs.all()
    leads = tuple(
        Leads(
            one.facts(),
            one.leader.person.name,
            one.listener.name if one.listener else "",
            _state(one.facts(), able, listening, now),
            one.leader_id in able,
        )
        for one in debriefs
    )
    seal = rules.seal(row.kind, (row.starts_at, row.ends_at), [one.slot for one in leads])
    return Listed(row.id, rules.Kind(row.kind), row.starts_at, row.ends_at, leads, seal)


def _state(slot: rules.Slot, able: Collection[uuid.UUID], listening: Collection[uuid.UUID], now: datetime) -> State:
    if slot.span is None:
        return State.MISSING
    if slot.span[1] <= now:
        return State.GIVEN
    if slot.leader not in able:
        return State.AWAY
    return State.GIVEN if slot.listener in listening else State.NO_LISTENER


def listeners_of(organisation_id: uuid.UUID, now: datetime) -> list[Listener]:
    """Return whom a leader can talk to: clinicians, coordinators, then supporters who may serve; each once, by name.

    Whoever serves too and is on leave is nobody to talk to, whatever else they are.
    """
    able = {one.id for one in team.eligible_at(organisation_id, now)}
    status = {one.person: (one.id in able, one.status) for one in team.roster(organisation_id, now)}
    found = []
    for person, roles in accounts.people_of(organisation_id):
        serves, where = status.get(person.id, (False, ""))
        role = next((one for one in LISTEN if one in roles), "supporter" if serves else "")
        if role and person.is_active and where != "on_leave":
            found.append(Listener(person.id, person.name, role))
    order = (*LISTEN, "supporter")
    return sorted(found, key=lambda one: order.index(one.role))


def leaders_for(organisation_id: uuid.UUID, now: datetime, also: Collection[uuid.UUID] = ()) -> list[team.Place]:
    """Return who can lead a session, by name: those who may serve, and those in `also`, who lead it already."""
    able = {one.id for one in team.eligible_at(organisation_id, now)} | set(also)
    return [one for one in team.roster(organisation_id, now) if one.id in able]


def work_of(organisation: Organisation) -> rules.Work:
    """Return when an organisation works."""
    values = policy.in_force(organisation.id)
    holidays = frozenset(Holiday.objects.filter(organisation=organisation).values_list("day", flat=True))
    return rules.Work(values.work_from, values.work_to, values.work_days, ZoneInfo(organisation.time_zone), holidays)


# --- who is taken when -------------------------------------------------------------------------------------------


def taken(
    people: Collection[uuid.UUID], since: datetime, *, but: uuid.UUID | None = None
) -> dict[uuid.UUID, list[rules.Span]]:
    """Return by person the sessions they lead and the debriefs they have part in, in whatever organisation, that end
    after `since`; without the session `but`.
    """
    rows = Debrief.objects.filter(Q(leader__person_id__in=people) | Q(listener_id__in=people))
    rows = rows.filter(Q(session__ends_at__gt=since) | Q(ends_at__gt=since)).select_related("session", "leader")
    found: dict[uuid.UUID, list[rules.Span]] = defaultdict(list)
    for row in rows.exclude(session_id=but) if but else rows:
        leader, span = row.leader.person_id, row.facts().span
        found[leader].append((row.session.starts_at, row.session.ends_at))
        if span and row.listener_id:
            found[leader].append(span)
            found[row.listener_id].append(span)
    return {one: [span for span in found[one] if span[1] > since] for one in people}


def busy_with_sessions(organisation_id: uuid.UUID, since: datetime) -> dict[uuid.UUID, list[rules.Span]]:
    """Return the same by supporter of an organisation; nothing of those who are not taken."""
    # Most often there is none, and a rota is looked at on every page.
    if not Debrief.objects.exists():
        return {}
    people = team.people_serving(organisation_id)
    return {people[one]: sorted(set(found)) for one, found in taken(list(people), since).items() if found}


def on_duty(organisation_id: uuid.UUID, person_id: uuid.UUID, span: rules.Span) -> bool:
    """Say whether somebody is on call in an organisation in a span; of elsewhere nobody here is told."""
    rows = Shift.objects.filter(organisation_id=organisation_id, supporter__person_id=person_id)
    return rows.filter(starts_at__lt=span[1], ends_at__gt=span[0]).exists()


def proposed(
    organisation: Organisation,
    people: Iterable[uuid.UUID],
    session_ends: datetime,
    minutes: int,
    now: datetime,
    *,
    but: uuid.UUID | None = None,
    also: Iterable[rules.Span] = (),
) -> datetime | None:
    """Return the first time in work hours, within policy's hours after a session, at which these people are neither on
    call nor busy nor away; None when there is none. `also` are spans that are taken besides.
    """
    zone, values = ZoneInfo(organisation.time_zone), policy.in_force(organisation.id)
    after, until = max(session_ends, now), session_ends + timedelta(hours=values.debrief_within)
    spans = [*also, *(span for found in taken(list(people), after, but=but).values() for span in found)]
    serving = [one for person in people for one in team.supporters_of(person)]
    for rows in (Shift.objects, Busy.objects):
        near = rows.filter(supporter_id__in=serving, ends_at__gt=after, starts_at__lt=until)
        spans += near.values_list("starts_at", "ends_at")
    for first, last in Blackout.objects.filter(supporter_id__in=serving).values_list("first_day", "last_day"):
        spans.append((start_of(first, zone), start_of(last + rules.DAY, zone)))
    return rules.first_free(after, until, timedelta(minutes=minutes), work_of(organisation), spans)


# --- what pages and calendars show -------------------------------------------------------------------------------


def appointments_of(person_id: uuid.UUID, organisation_id: uuid.UUID, now: datetime) -> list[Appointment]:
    """Return somebody's sessions and debriefs in an organisation that are not over, by beginning; a debrief still to be
    given comes last.
    """
    rows = Debrief.objects.filter(Q(leader__person_id=person_id) | Q(listener_id=person_id))
    rows = rows.filter(session__organisation_id=organisation_id).select_related("session", "leader__person", "listener")
    found = []
    for row in rows:
        leads, span = row.leader.person_id == person_id, row.facts().span
        if leads and row.session.ends_at > now:
            found.append(_session(row))
        other = row.listener if leads else row.leader.person
        if span is None and leads:
            found.append(Appointment(False, True, None, None, ()))
        elif span and span[1] > now and other:
            found.append(Appointment(False, leads, *span, (other.name,)))
    far = datetime.max.replace(tzinfo=now.tzinfo)
    return sorted(found, key=lambda one: one.starts_at or far)


def _session(row: Debrief) -> Appointment:
    beside = Debrief.objects.filter(session_id=row.session_id).exclude(id=row.id).select_related("leader__person")
    names = tuple(one.leader.person.name for one in beside)
    return Appointment(True, True, row.session.starts_at, row.session.ends_at, names)


def spans_shown(
    person_id: uuid.UUID, organisation_id: uuid.UUID, since: datetime, until: datetime
) -> tuple[rules.Span, ...]:
    """Return what somebody's calendar shows besides shifts: sessions and debriefs in an organisation."""
    rows = Debrief.objects.filter(Q(leader__person_id=person_id) | Q(listener_id=person_id))
    mine = list(rows.filter(session__organisation_id=organisation_id).select_related("session", "leader"))
    spans = {(row.session.starts_at, row.session.ends_at) for row in mine if row.leader.person_id == person_id}
    spans |= {span for row in mine if (span := row.facts().span)}
    return tuple(sorted(span for span in spans if span[1] > since and span[0] < until))
