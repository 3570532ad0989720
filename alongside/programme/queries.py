"""Which units were briefed when, and how many managers read their rules. Nothing here knows of a request."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Max

from alongside.accounts import queries as accounts
from alongside.accounts.models import Office, Organisation
from alongside.accounts.queries import Seat
from alongside.content import guides
from alongside.policy import queries as policy
from alongside.programme import rules
from alongside.programme.models import Acknowledgement, Briefing, OwnUnit


@dataclass(frozen=True)
class Unit:
    """An office with its last briefing and until when the next is due."""

    id: uuid.UUID
    name: str
    due: rules.Due


@dataclass(frozen=True)
class Readers:
    """How many of an organisation's managers acknowledged the rules as they stand now, in time."""

    current: int
    managers: int


def today_of(organisation: Organisation, now: datetime) -> date:
    """Return the day that it is at an organisation."""
    return now.astimezone(ZoneInfo(organisation.time_zone)).date()


def coverage(organisation: Organisation, now: datetime) -> list[Unit]:
    """Return every unit of an organisation with its last briefing, by name (I-31)."""
    return _units(organisation, accounts.offices_of(organisation), now)


def own_units(seat: Seat, now: datetime) -> list[Unit]:
    """Return the units that a manager chose as theirs, by name."""
    mine = set(OwnUnit.objects.filter(person=seat.person).values_list("office_id", flat=True))
    return _units(seat.organisation, [one for one in accounts.offices_of(seat.organisation) if one.id in mine], now)


def own_briefings(seat: Seat, most: int = 10) -> list[Briefing]:
    """Return the newest briefings that somebody recorded here."""
    rows = Briefing.objects.filter(recorded_by=seat.person, office__organisation=seat.organisation)
    return list(rows.select_related("office")[:most])


def latest_briefings(organisation: Organisation, most: int = 20) -> list[Briefing]:
    """Return the newest briefings of an organisation's units; who recorded them is nobody's question."""
    return list(Briefing.objects.filter(office__organisation=organisation).select_related("office")[:most])


def own_acknowledgement(seat: Seat, now: datetime) -> rules.Due:
    """Return until when a manager reads their rules again (I-18)."""
    row = Acknowledgement.objects.filter(person=seat.person, organisation=seat.organisation).first()
    return _read(row, seat.organisation, now)


def readers(organisation: Organisation, now: datetime) -> Readers:
    """Return how many managers acknowledged the rules in force; never who."""
    managers = {person.id for person, roles in accounts.people_of(organisation.id) if "manager" in roles}
    rows = Acknowledgement.objects.filter(organisation=organisation, person_id__in=managers)
    current = sum(_read(row, organisation, now).state in {"good", "soon"} for row in rows)
    return Readers(current, len(managers))


def _read(row: Acknowledgement | None, organisation: Organisation, now: datetime) -> rules.Due:
    return rules.acknowledged(
        row.version if row else None,
        row.read_on if row else None,
        current=guides.managers_rules_version(),
        every=policy.in_force(organisation.id).acknowledge_every,
        today=today_of(organisation, now),
    )


def _units(organisation: Organisation, offices: list[Office], now: datetime) -> list[Unit]:
    every, today = policy.in_force(organisation.id).briefing_every, today_of(organisation, now)
    rows = Briefing.objects.filter(office__in=offices, held_on__lte=today).order_by()
    last = dict(rows.values_list("office_id").annotate(Max("held_on")))
    return [Unit(one.id, one.name, rules.due(last.get(one.id), every, today)) for one in offices]
