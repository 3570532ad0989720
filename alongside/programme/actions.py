"""What managers and coordinators write down about briefings, and that managers read their rules."""

import uuid
from collections.abc import Iterable
from datetime import date

from django.db import transaction

from alongside.accounts import actions as accounts
from alongside.accounts.models import Office
from alongside.accounts.queries import Seat
from alongside.content import guides
from alongside.kernel import clock
from alongside.programme import queries, rules
from alongside.programme.models import Acknowledgement, Briefing, OwnUnit


class NoSuchUnit(LookupError):
    """The organisation has no such unit."""


class AnotherVersion(ValueError):
    """The text changed between reading and acknowledging."""


@transaction.atomic
def record_briefing(seat: Seat, office_id: uuid.UUID, held_on: date, *, noted: bool = False) -> bool:
    """Write down that a unit of the seat's organisation was briefed (I-17, I-31); return False when that day was
    written down before. With `noted`, what a coordinator does is noted among the changes. Raises NoSuchUnit,
    rules.NotYet or rules.TooLongAgo.
    """
    rules.check_held(held_on, queries.today_of(seat.organisation, clock.now()))
    accounts.hold(seat.organisation.id)
    office = Office.objects.filter(organisation=seat.organisation, id=office_id).first()
    if office is None:
        raise NoSuchUnit
    _row, made = Briefing.objects.get_or_create(office=office, held_on=held_on, defaults={"recorded_by": seat.person})
    if made and noted:
        accounts.note_change(seat, "briefing.recorded", {"office": office.name, "held_on": held_on.isoformat()})
    return made


@transaction.atomic
def remove_briefing(seat: Seat, briefing_id: uuid.UUID) -> None:
    """Take back a briefing that one recorded by mistake; raises Briefing.DoesNotExist for anybody else's."""
    Briefing.objects.get(id=briefing_id, recorded_by=seat.person, office__organisation=seat.organisation).delete()


@transaction.atomic
def strike_briefing(seat: Seat, briefing_id: uuid.UUID) -> None:
    """Take back a briefing of one's organisation, whoever recorded it, and write that down (K-24); raises
    Briefing.DoesNotExist. For coordinators, who answer for what was held.
    """
    accounts.hold(seat.organisation.id)
    row = Briefing.objects.select_related("office").get(id=briefing_id, office__organisation=seat.organisation)
    row.delete()
    accounts.note_change(seat, "briefing.removed", {"office": row.office.name, "held_on": row.held_on.isoformat()})


@transaction.atomic
def choose_units(seat: Seat, office_ids: Iterable[uuid.UUID]) -> None:
    """Keep which units are a manager's own; raises NoSuchUnit for one of another organisation."""
    wanted = set(office_ids)
    offices = list(Office.objects.filter(organisation=seat.organisation, id__in=wanted))
    if len(offices) != len(wanted):
        raise NoSuchUnit
    OwnUnit.objects.filter(person=seat.person, office__organisation=seat.organisation).exclude(
        office__in=offices
    ).delete()
    for office in offices:
        OwnUnit.objects.get_or_create(person=seat.person, office=office)


@transaction.atomic
def acknowledge(seat: Seat, version: int) -> None:
    """Keep that a manager has read their rules as they stand now (I-18); raises AnotherVersion when they read an older
    or a made-up one.
    """
    if version != guides.managers_rules_version():
        raise AnotherVersion
    today = queries.today_of(seat.organisation, clock.now())
    Acknowledgement.objects.update_or_create(
        organisation=seat.organisation, person=seat.person, defaults={"version": version, "read_on": today}
    )
