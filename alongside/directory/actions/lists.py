"""Making candidate lists."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from alongside.accounts import queries as accounts
from alongside.accounts.models import Office, Organisation
from alongside.directory import queries, rules
from alongside.directory.models import CandidateList
from alongside.directory.queries import OnCard
from alongside.policy import queries as policy
from alongside.policy.values import Values
from alongside.rota import queries as rota
from alongside.sealing import queries as sealing
from alongside.sealing import rules as seals
from alongside.sealing.queries import Epoch
from alongside.team import queries as team
from alongside.team.rules import Facts


@dataclass(frozen=True)
class Listing:
    """The candidate list of an organisation now, the bytes that browsers fetch, and who can be chosen by their card,
    in the order of the blocks.
    """

    id: uuid.UUID
    until: datetime
    candidates: tuple[rules.Candidate, ...]
    body: bytes
    directory: tuple[uuid.UUID, ...]


@dataclass(frozen=True)
class _Able:
    """Who can be asked now: eligible, with a key for this week."""

    people: list[Facts]
    keys: dict[uuid.UUID, str]
    proofs: dict[uuid.UUID, bytes]
    on_call: dict[int, uuid.UUID]


def _able_now(organisation: Organisation, now: datetime) -> _Able:
    eligible = team.eligible_at(organisation.id, now)
    keys = sealing.keys_for_week([one.person for one in eligible], seals.monday_of(now))
    able = [one for one in eligible if one.person in keys]
    proved = proofs_of(organisation, able, now)
    proofs = {one.id: proved[one.person] for one in able if one.person in proved}
    return _Able(able, {one.id: keys[one.person] for one in able}, proofs, rota.on_call_at(organisation.id, now))


def proofs_of(organisation: Organisation, people: Sequence[Facts], now: datetime) -> dict[uuid.UUID, bytes]:
    """Return by person what the coordinator and their own device signed about their key of this week."""
    offices = {office.id: office.name for office in accounts.offices_of(organisation)}
    places = {one.person: offices.get(one.office, "") if one.office else "" for one in people}
    return sealing.proofs(organisation.id, seals.monday_of(now), places)


def candidates_now(organisation: Organisation, values: Values, now: datetime) -> tuple[rules.Candidate, ...]:
    """Return who can be asked now: eligible, with a key for this week, in ladder order."""
    return _candidates(organisation, _able_now(organisation, now), values, now)


def _candidates(organisation: Organisation, able: _Able, values: Values, now: datetime) -> tuple[rules.Candidate, ...]:
    leading = {person.id for person in accounts.coordinators_of(organisation.id)}
    coordinators = {one.id for one in able.people if one.person in leading}
    found = [
        rules.Candidate(
            one.id,
            rules.rank_of(one.id, able.on_call, coordinators),
            one.office,
            able.keys[one.id],
            able.proofs.get(one.id),
        )
        for one in able.people
    ]
    return rules.order(found, limit=values.pool_limit, week=seals.monday_of(now))


def current_list(organisation: Organisation, now: datetime) -> Listing:
    """Return the list to hand out now; a new one when people, keys, duties, offices or cards changed or half its time
    is over.

    The list's id is random. It names no person: position, rank, office, public key and what stands openly on a card.
    Its times lie on a fixed grid, so that they tell nothing of when somebody looked; `renew` makes it before anybody
    does.
    """
    values = policy.in_force(organisation.id)
    able = _able_now(organisation, now)
    candidates = _candidates(organisation, able, values, now)
    offices = accounts.offices_of(organisation)
    cards = {one: card for one, card in queries.cards_of(organisation.id).items() if one in able.keys}
    # The order of the references: random, the same from list to list, and nothing that anybody could wish for.
    directory = tuple(sorted(cards, key=lambda one: cards[one].reference))
    epoch = sealing.epoch_of(organisation.id)
    facts = [
        [[str(office.id), office.name] for office in offices],
        organisation.time_zone,
        values.version,
        epoch.number if epoch else 0,
    ]
    mark = _fingerprint(candidates, facts, [(cards[one], able.keys[one]) for one in directory])
    until = rules.valid_until(now, values.list_valid)
    row = CandidateList.objects.filter(organisation=organisation, fingerprint=mark, until=until).first()
    if row is None:
        row = CandidateList.objects.create(
            organisation=organisation,
            fingerprint=mark,
            candidates=[[one.rank, str(one.supporter)] for one in candidates],
            directory=[str(one) for one in directory],
            until=until,
        )
    wished = _wished(cards, directory, offices)
    body = {**_signed(organisation, epoch, now), **_body(organisation, row, candidates, offices, wished)}
    return Listing(row.id, row.until, candidates, written(body), directory)


def _fingerprint(
    candidates: tuple[rules.Candidate, ...], facts: list[Any], directory: Sequence[tuple[OnCard, str]]
) -> str:
    people = [
        [str(one.supporter), one.rank, str(one.office), one.key, one.proof.hex() if one.proof else ""]
        for one in candidates
    ]
    mark = hashlib.sha256(json.dumps([people, *facts]).encode())
    for card, key in directory:
        # A card that changes is sealed anew: its reference stands for all of it.
        mark.update(card.reference + card.supporter.bytes + key.encode())
    return mark.hexdigest()


def _signed(organisation: Organisation, epoch: Epoch | None, now: datetime) -> dict[str, Any]:
    """Return what the proofs of a list are bound to."""
    return {
        "organisation": organisation.id.hex,
        "week": seals.monday_of(now).isoformat(),
        "roster": epoch and {"epoch": epoch.number, "until": epoch.until.isoformat()},
    }


def _body(
    organisation: Organisation,
    row: CandidateList,
    candidates: tuple[rules.Candidate, ...],
    offices: list[Office],
    wished: Mapping[uuid.UUID, dict[str, Any]],
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
                # Nothing stands here of somebody without a card.
                **wished.get(one.supporter, {}),
            }
            for position, one in enumerate(candidates)
        ],
        # In the same order, at the end: what cannot be compressed stands apart from what can.
        "proofs": [one.proof and seals.base64url(one.proof) for one in candidates],
    }


def _wished(
    cards: Mapping[uuid.UUID, OnCard], directory: Sequence[uuid.UUID], offices: list[Office]
) -> dict[uuid.UUID, dict[str, Any]]:
    """Return what wishes are compared with, and block and place of each card."""
    places = {office.id: number for number, office in enumerate(offices)}
    return {
        one: {
            "discipline": cards[one].shown.discipline,
            "band": cards[one].shown.band,
            "languages": cards[one].shown.languages,
            "gender": cards[one].shown.gender or None,
            "over": [places[office] for office in cards[one].shown.over if office in places],
            "card": rules.place_in(index, len(directory)),
        }
        for index, one in enumerate(directory)
    }


def written(body: Mapping[str, Any]) -> bytes:
    """Write what browsers fetch as JSON without a blank."""
    return json.dumps(body, separators=(",", ":")).encode()


def renew(now: datetime) -> None:
    """Make the running list of every open organisation, so that no visit leaves a row of its own time."""
    for organisation in accounts.open_organisations():
        current_list(organisation, now)


@transaction.atomic
def purge(now: datetime) -> int:
    """Delete expired lists, and with them the memory of attempts made under them; return how many rows went."""
    return CandidateList.objects.filter(until__lte=now).delete()[0]
