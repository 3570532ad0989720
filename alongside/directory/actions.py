"""Making candidate lists."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from alongside.accounts import queries as accounts
from alongside.accounts.models import Office, Organisation
from alongside.directory import rules
from alongside.directory.models import CandidateList
from alongside.policy import queries as policy
from alongside.policy.values import Values
from alongside.rota import queries as rota
from alongside.sealing import queries as sealing
from alongside.sealing import rules as seals
from alongside.sealing.queries import Roster
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
    offices = {office.id: office.name for office in accounts.offices_of(organisation)}
    places = {one.person: offices.get(one.office, "") if one.office else "" for one in eligible}
    proofs = sealing.proofs(organisation.id, week, places)
    leading = {person.id for person in accounts.coordinators_of(organisation.id)}
    coordinators = {one.id for one in eligible if one.person in leading}
    found = [
        rules.Candidate(
            one.id,
            rules.rank_of(one.id, on_call, coordinators),
            one.office,
            keys[one.person],
            proofs.get(one.person),
        )
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
    roster = sealing.roster_of(organisation.id)
    mark = _fingerprint(organisation, candidates, offices, values, roster)
    until = rules.valid_until(now, values.list_valid)
    row = CandidateList.objects.filter(organisation=organisation, fingerprint=mark, until=until).first()
    if row is None:
        row = CandidateList.objects.create(
            organisation=organisation,
            fingerprint=mark,
            candidates=[[one.rank, str(one.supporter)] for one in candidates],
            until=until,
        )
    body = {**_signed(organisation, roster, now), **_body(organisation, row, candidates, offices)}
    return Listing(row.id, row.until, candidates, json.dumps(body, separators=(",", ":")).encode())


def _fingerprint(
    organisation: Organisation,
    candidates: tuple[rules.Candidate, ...],
    offices: list[Office],
    values: Values,
    roster: Roster | None,
) -> str:
    people = [
        [str(one.supporter), one.rank, str(one.office), one.key, one.proof.hex() if one.proof else ""]
        for one in candidates
    ]
    places = [[str(office.id), office.name] for office in offices]
    epoch = roster.epoch if roster else 0
    facts = [people, places, organisation.time_zone, values.version, epoch]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _signed(organisation: Organisation, roster: Roster | None, now: datetime) -> dict[str, Any]:
    """Return what the proofs of a list are bound to."""
    return {
        "organisation": organisation.id.hex,
        "week": seals.monday_of(now).isoformat(),
        "roster": roster and {"epoch": roster.epoch, "until": roster.until.isoformat()},
    }


def _body(
    organisation: Organisation, row: CandidateList, candidates: tuple[rules.Candidate, ...], offices: list[Office]
) -> dict[str, Any]:
    places = {office.id: number for number, office in enumerate(offices)}
    return {
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
                "proof": one.proof and seals.base64url(one.proof),
            }
            for position, one in enumerate(candidates)
        ],
    }


def renew(now: datetime) -> None:
    """Make the running list of every open organisation, so that no visit leaves a row of its own time."""
    for organisation in accounts.open_organisations():
        current_list(organisation, now)


@transaction.atomic
def purge(now: datetime) -> int:
    """Delete expired lists, and with them the memory of attempts made under them; return how many rows went."""
    return CandidateList.objects.filter(until__lte=now).delete()[0]
