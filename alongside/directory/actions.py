"""Making candidate lists; mutual aid between organisations."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from alongside.accounts import queries as accounts
from alongside.accounts.actions import audit
from alongside.accounts.models import Office, Organisation
from alongside.accounts.queries import Seat
from alongside.directory import queries, rules
from alongside.directory.models import CandidateList, Partnership
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.policy.values import Values
from alongside.rota import queries as rota
from alongside.sealing import queries as sealing
from alongside.sealing import rules as seals
from alongside.team import queries as team


@dataclass(frozen=True)
class Listing:
    """The candidate list of an organisation now, and the bytes that browsers fetch."""

    id: uuid.UUID
    until: datetime
    candidates: tuple[rules.Candidate, ...]
    body: bytes


def candidates_now(organisation: Organisation, values: Values, now: datetime) -> tuple[rules.Candidate, ...]:
    """Return who can be asked now: eligible, with a key for this week, in ladder order."""
    week = seals.monday_of(now)
    eligible = team.eligible_at(organisation.id, now)
    keys = sealing.keys_for_week([one.person for one in eligible], week)
    on_call = rota.on_call_at(organisation.id, now)
    leading = {person.id for person in accounts.coordinators_of(organisation.id)}
    coordinators = {one.id for one in eligible if one.person in leading}
    found = [
        rules.Candidate(one.id, rules.rank_of(one.id, on_call, coordinators), one.office, keys[one.person])
        for one in eligible
        if one.person in keys
    ]
    return rules.order(found, limit=values.pool_limit, week=week)


def current_list(organisation: Organisation, now: datetime) -> Listing:
    """Return the list to hand out now; a new one when people, keys, duties or offices changed or half its time is
    over.

    The list's id is random. It names no person: position, rank, office and public key only. Its times lie on a fixed
    grid, so that they tell nothing of when somebody looked; `renew` makes it before anybody does.
    """
    values = policy.in_force(organisation.id)
    candidates = candidates_now(organisation, values, now)
    offices = accounts.offices_of(organisation)
    mark = _fingerprint(organisation, candidates, offices, values)
    until = rules.valid_until(now, values.list_valid)
    row = CandidateList.objects.filter(organisation=organisation, fingerprint=mark, until=until).first()
    if row is None:
        row = CandidateList.objects.create(
            organisation=organisation,
            fingerprint=mark,
            candidates=[[one.rank, str(one.supporter)] for one in candidates],
            until=until,
        )
    return Listing(row.id, row.until, candidates, _body(organisation, row, candidates, offices))


def _fingerprint(
    organisation: Organisation, candidates: tuple[rules.Candidate, ...], offices: list[Office], values: Values
) -> str:
    people = [[str(one.supporter), one.rank, str(one.office), one.key] for one in candidates]
    places = [[str(office.id), office.name] for office in offices]
    return hashlib.sha256(json.dumps([people, places, organisation.time_zone, values.version]).encode()).hexdigest()


def _body(
    organisation: Organisation, row: CandidateList, candidates: tuple[rules.Candidate, ...], offices: list[Office]
) -> bytes:
    places = {office.id: number for number, office in enumerate(offices)}
    body: dict[str, Any] = {
        "list": row.id.hex,
        "until": row.until.isoformat(),
        "zone": organisation.time_zone,
        "offices": [office.name for office in offices],
        "candidates": [
            {
                "position": position,
                "rank": one.rank,
                "office": places.get(one.office) if one.office else None,
                "key": one.key,
            }
            for position, one in enumerate(candidates)
        ],
    }
    return json.dumps(body, separators=(",", ":")).encode()


def renew(now: datetime) -> None:
    """Make the running list of every open organisation, so that no visit leaves a row of its own time."""
    for organisation in accounts.open_organisations():
        current_list(organisation, now)


@transaction.atomic
def purge(now: datetime) -> int:
    """Delete expired lists, and with them the memory of attempts made under them; return how many rows went."""
    return CandidateList.objects.filter(until__lte=now).delete()[0]


# --- mutual aid --------------------------------------------------------------------------------------------------


@transaction.atomic
def propose(seat: Seat, slug: str) -> str:
    """Propose mutual aid to another organisation, or agree if it proposed first; return "proposed" or "agreed".

    Raises rules.NoPartner.
    """
    other = Organisation.objects.filter(slug=slug).first()
    if other is None:
        raise rules.NoPartner("unknown")
    if other.id == seat.organisation.id:
        raise rules.NoPartner("itself")
    row = _pair(seat.organisation, other)
    if row and not row.ended_on and not row.agreed_on and row.partner_id == seat.organisation.id:
        _settle(seat, row)
        return "agreed"
    if row and not row.ended_on:
        raise rules.NoPartner("already")
    _room_for_one_more(seat.organisation)
    if row:
        row.delete()
    Partnership.objects.create(proposer=seat.organisation, partner=other)
    _note_both(seat, other, "partner.proposed")
    return "proposed"


@transaction.atomic
def agree(seat: Seat, id: uuid.UUID) -> None:
    """Agree to what another organisation proposed. Raises Partnership.DoesNotExist, also for one's own proposal."""
    _hold_both(Partnership.objects.get(id=id, partner=seat.organisation))
    _settle(seat, Partnership.objects.get(id=id, partner=seat.organisation, agreed_on=None, ended_on=None))


@transaction.atomic
def part(seat: Seat, id: uuid.UUID) -> None:
    """End an agreement at once, decline a proposal, or take one's own back. Raises Partnership.DoesNotExist.

    Requests sent while it was in force go on: they are ordinary requests of the organisation that they were sent to.
    """
    mine = Q(proposer=seat.organisation) | Q(partner=seat.organisation)
    _hold_both(Partnership.objects.get(mine, id=id))
    row = Partnership.objects.get(mine, id=id, ended_on=None)
    other = row.partner if row.proposer_id == seat.organisation.id else row.proposer
    if row.agreed_on:
        Partnership.objects.filter(id=row.id).update(ended_on=clock.now().date())
        _note_both(seat, other, "partner.ended")
    else:
        own = row.proposer_id == seat.organisation.id
        row.delete()
        _note_both(seat, other, "partner.withdrawn" if own else "partner.declined")


def _settle(seat: Seat, row: Partnership) -> None:
    _room_for_one_more(seat.organisation)
    Partnership.objects.filter(id=row.id).update(agreed_on=clock.now().date())
    _note_both(seat, row.proposer, "partner.agreed")


def _pair(one: Organisation, other: Organisation) -> Partnership | None:
    for id in sorted((one.id, other.id)):
        audit.hold(id)
    return Partnership.objects.filter(Q(proposer=one, partner=other) | Q(proposer=other, partner=one)).first()


def _hold_both(row: Partnership) -> None:
    for id in sorted((row.proposer_id, row.partner_id)):
        audit.hold(id)


def _room_for_one_more(organisation: Organisation) -> None:
    standing = [one for one in queries.partners_of(organisation.id) if one.state in ("agreed", "proposed")]
    if len(standing) >= rules.MOST_PARTNERS:
        raise rules.NoPartner("enough")


def _note_both(seat: Seat, other: Organisation, what: str) -> None:
    """Write it down on both sides; who did it stays with their own organisation."""
    audit.note_change(seat, what, {"name": other.name})
    audit.note_of_another(other, f"{what}_by_other", {"name": seat.organisation.name})


@transaction.atomic
def forget_partners(now: datetime) -> int:
    """Forget agreements that ended so long ago that nothing asked under them is left; return how many."""
    return Partnership.objects.filter(ended_on__lt=rules.forgotten_before(now.date())).delete()[0]
