"""Who serves."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from alongside.accounts.models import Person
from alongside.content import guides
from alongside.sealing import queries as sealing
from alongside.sealing import rules as seals
from alongside.team import rules
from alongside.team.models import Asked, Ready, Supporter


@dataclass(frozen=True)
class AskedIn:
    """That somebody asked a supporter to tell: in which office (empty: none was named) and month, nothing else."""

    id: uuid.UUID
    office: str
    month: date


class NotASupporter(LookupError):
    """There is no such supporter here."""


@dataclass(frozen=True)
class Place:
    """One line of the roster. `problems` are codes of rules.problems; why somebody is on leave is nowhere."""

    id: uuid.UUID
    person: uuid.UUID
    name: str
    office: str
    status: str
    agreed_on: date | None
    designated_on: date
    keys_until: date | None
    problems: tuple[str, ...]


def eligible_at(organisation_id: uuid.UUID, moment: datetime) -> list[rules.Facts]:  # noqa: ARG001
    """Return the supporters whom a ladder, list or rota may name (B-10, C-15, C-18).

    `moment` is asked for because agreements will expire by date; today's facts hold for every moment until they change.
    """
    version = guides.oldest_agreement()
    rows = Supporter.objects.filter(organisation_id=organisation_id, status=Supporter.Status.ACTIVE)
    return [facts for row in rows.order_by("id") if rules.may_serve(facts := row.facts(), version)]


@dataclass(frozen=True)
class Readiness:
    """Whether somebody who serves, or is on leave, is ready for duty (D-03, D-12, B-39)."""

    id: uuid.UUID
    on_leave: bool
    agreed: bool
    designated_on: date
    crisis_trained: bool
    phone_checked: bool
    phone_issued: bool
    data_issued: bool


def readiness(organisation_id: uuid.UUID) -> list[Readiness]:
    """Return everybody who has not ended, with what readies them for duty."""
    version = guides.oldest_agreement()
    rows = Supporter.objects.filter(organisation_id=organisation_id).exclude(status=Supporter.Status.ENDED)
    ready = ready_rows(organisation_id)
    found = []
    for row in rows.order_by("id"):
        has = ready.get(row.id) or Ready()
        found.append(
            Readiness(
                row.id,
                row.status == Supporter.Status.ON_LEAVE,
                row.agreement_version >= version,
                row.designated_on,
                has.crisis_trained_on is not None,
                has.phone_checked_on is not None,
                has.phone_issued,
                has.data_issued,
            )
        )
    return found


def ready_rows(organisation_id: uuid.UUID) -> dict[uuid.UUID, Ready]:
    """Return what is written down of readiness, by supporter."""
    return {row.supporter_id: row for row in Ready.objects.filter(supporter__organisation_id=organisation_id)}


def supporter_of(person_id: uuid.UUID, organisation_id: uuid.UUID) -> rules.Facts:
    """Return a person's supporter facts in one organisation; raises NotASupporter, also for one whose service has
    ended.
    """
    row = Supporter.objects.filter(person_id=person_id, organisation_id=organisation_id).first()
    if row is None or row.status == Supporter.Status.ENDED:
        raise NotASupporter
    return row.facts()


def supporters_of(person_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the ids under which a person serves, one for each organisation."""
    rows = Supporter.objects.filter(person_id=person_id).exclude(status=Supporter.Status.ENDED)
    return list(rows.values_list("id", flat=True))


def people_serving(organisation_id: uuid.UUID) -> dict[uuid.UUID, uuid.UUID]:
    """Return person -> supporter of everybody in an organisation who has not ended."""
    rows = Supporter.objects.filter(organisation_id=organisation_id).exclude(status=Supporter.Status.ENDED)
    return dict(rows.values_list("person_id", "id"))


def may_serve(supporter_id: uuid.UUID) -> bool:
    """Say whether a supporter may be called today, and open what they were called for; see rules.may_serve."""
    row = Supporter.objects.filter(id=supporter_id).first()
    if row is None:
        return False
    return rules.may_serve(row.facts(), guides.oldest_agreement())


def person_of(supporter_id: uuid.UUID) -> Person:
    """Return the person behind a supporter, who is alerted at their own addresses; raises NotASupporter."""
    row = Supporter.objects.filter(id=supporter_id).select_related("person").first()
    if row is None:
        raise NotASupporter
    return row.person


def serving(supporter_ids: Iterable[uuid.UUID]) -> list[rules.Facts]:
    """Return those of them who may be called today (rules.may_serve)."""
    version = guides.oldest_agreement()
    rows = Supporter.objects.filter(id__in=list(supporter_ids))
    return [facts for row in rows if rules.may_serve(facts := row.facts(), version)]


def held(organisation_id: uuid.UUID, supporter_id: uuid.UUID) -> rules.Facts:
    """Return a supporter of this organisation, whose state nobody changes before the caller's transaction ends; raises
    NotASupporter for any other id.
    """
    row = (
        Supporter.objects.select_for_update(no_key=True)
        .filter(organisation_id=organisation_id, id=supporter_id)
        .first()
    )
    if row is None:
        raise NotASupporter
    return row.facts()


def absent(organisation_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Return the supporters of an organisation who are on leave or have ended."""
    rows = Supporter.objects.filter(organisation_id=organisation_id).exclude(status=Supporter.Status.ACTIVE)
    return frozenset(rows.values_list("id", flat=True))


def is_away(supporter_id: uuid.UUID) -> bool:
    """Say whether a supporter is on leave or has ended."""
    return Supporter.objects.filter(id=supporter_id).exclude(status=Supporter.Status.ACTIVE).exists()


def supporter_in(organisation_id: uuid.UUID, supporter_id: uuid.UUID) -> Supporter:
    """Return a supporter of this organisation; raises NotASupporter for any other id."""
    row = Supporter.objects.filter(organisation_id=organisation_id, id=supporter_id).select_related("person").first()
    if row is None:
        raise NotASupporter
    return row


def persons_behind(supporter_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Return supporter -> person, of those who are known."""
    return dict(Supporter.objects.filter(id__in=list(supporter_ids)).values_list("id", "person_id"))


def also_serving_as(supporter_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """Return under which other ids the people behind supporters serve, in other organisations; without those who serve
    in one only.
    """
    people = persons_behind(supporter_ids)
    rows = Supporter.objects.filter(person_id__in=set(people.values())).exclude(status=Supporter.Status.ENDED)
    ids: dict[uuid.UUID, set[uuid.UUID]] = {}
    for supporter_id, person_id in rows.values_list("id", "person_id"):
        ids.setdefault(person_id, set()).add(supporter_id)
    found = {one: frozenset(ids.get(person, set()) - {one}) for one, person in people.items()}
    return {one: others for one, others in found.items() if others}


def serves_elsewhere(supporter: Supporter) -> bool:
    """Say whether the same person serves in another organisation too."""
    rows = Supporter.objects.filter(person_id=supporter.person_id).exclude(id=supporter.id)
    return rows.exclude(status=Supporter.Status.ENDED).exists()


def roster(organisation_id: uuid.UUID, now: datetime) -> list[Place]:
    """Return everybody who serves or served, by status and name, with what keeps each from being called."""
    this_week = seals.monday_of(now)
    rows = list(
        Supporter.objects.filter(organisation_id=organisation_id)
        .select_related("person", "office")
        .order_by("person__name")
    )
    last = sealing.last_weeks([row.person_id for row in rows])
    order = {status: number for number, status in enumerate(Supporter.Status.values)}
    places = [_place(row, guides.oldest_agreement(), this_week, last.get(row.person_id)) for row in rows]
    return sorted(places, key=lambda place: order[place.status])


def _place(row: Supporter, agreement_version: int, this_week: date, last_week: date | None) -> Place:
    return Place(
        id=row.id,
        person=row.person_id,
        name=row.person.name,
        office=row.office.name if row.office else "",
        status=row.status,
        agreed_on=row.agreed_on,
        designated_on=row.designated_on,
        keys_until=last_week,
        problems=rules.problems(row.facts(), agreement_version, this_week=this_week, last_week=last_week),
    )


def asked_in(organisation_id: uuid.UUID) -> list[AskedIn]:
    """Return what the coordinator has not seen to yet, by month and office."""
    rows = Asked.objects.filter(organisation_id=organisation_id).select_related("office")
    found = [AskedIn(row.id, row.office.name if row.office else "", row.month) for row in rows]
    return sorted(found, key=lambda one: (one.month, one.office))
