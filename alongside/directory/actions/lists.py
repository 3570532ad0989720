"""Making candidate lists with their directory, and changing cards."""

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from alongside.accounts import queries as accounts
from alongside.accounts.models import Office, Organisation
from alongside.content import cards as choices
from alongside.directory import queries, rules
from alongside.directory.models import CandidateList, Card
from alongside.directory.queries import OnCard
from alongside.policy import queries as policy
from alongside.policy.values import Values
from alongside.rota import queries as rota
from alongside.sealing import queries as sealing
from alongside.sealing import rules as seals
from alongside.sealing.queries import Roster
from alongside.team import actions as team_actions
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
    proved = _proofs(organisation, able, now)
    proofs = {one.id: proved[one.person] for one in able if one.person in proved}
    return _Able(able, {one.id: keys[one.person] for one in able}, proofs, rota.on_call_at(organisation.id, now))


def _proofs(organisation: Organisation, people: Sequence[Facts], now: datetime) -> dict[uuid.UUID, bytes]:
    """Return, by person, what the coordinator and their own device signed about their key of this week."""
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
    roster = sealing.roster_of(organisation.id)
    facts = [
        [[str(office.id), office.name] for office in offices],
        organisation.time_zone,
        values.version,
        roster.epoch if roster else 0,
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
    body = {**_signed(organisation, roster, now), **_body(organisation, row, candidates, offices, wished)}
    return Listing(row.id, row.until, candidates, _written(body), directory)


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


def _signed(organisation: Organisation, roster: Roster | None, now: datetime) -> dict[str, Any]:
    """Return what the proofs of a list are bound to."""
    return {
        "organisation": organisation.id.hex,
        "week": seals.monday_of(now).isoformat(),
        "roster": roster and {"epoch": roster.epoch, "until": roster.until.isoformat()},
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


def _written(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def directory_body(organisation: Organisation, listing: Listing, now: datetime) -> bytes:
    """Return directory.json: what every card shows, a column for each kind of fact, in the order of the blocks.

    Who is on call next is told in whole hours, and when it was made to the hour: it tells nothing of when somebody
    looked.
    """
    cards = queries.cards_of(organisation.id)
    offices = accounts.offices_of(organisation)
    places = {office.id: number for number, office in enumerate(offices)}
    own = {one.id: one.office for one in team.eligible_at(organisation.id, now)}
    # A card that went since the list was made leaves an empty line: the others keep their places.
    rows = [cards.get(one) for one in listing.directory]
    body: dict[str, Any] = {
        "list": listing.id.hex,
        "at": rules.hour_of(now).isoformat(),
        "zone": organisation.time_zone,
        "offices": [office.name for office in offices],
        **{kind: choices.keys(kind) for kind in choices.KINDS},
        "people": len(rows),
        "references": _joined(rows, seals.CARD_REFERENCE_BYTES, lambda card: card.reference),
        "names": _joined(rows, seals.CARD_NAME_BYTES, lambda card: card.name),
        "office": [places[office] if (office := own.get(one)) in places else -1 for one in listing.directory],
        "shown": [int(bool(row and row.shown.office_shown)) for row in rows],
        **_columns(rows),
        "over": [
            [number, *(places[office] for office in row.shown.over if office in places)]
            for number, row in enumerate(rows)
            if row and row.shown.over
        ],
        **_duties(organisation, listing.directory, now),
    }
    return _written(body)


def _joined(rows: Sequence[OnCard | None], size: int, part: Any) -> str:
    pieces = [(part(row) if row else None) or bytes(size) for row in rows]
    return base64.b64encode(b"".join(pieces)).decode()


def _columns(rows: Sequence[OnCard | None]) -> dict[str, list[int]]:
    """Return the facts as small numbers: the place of one choice, -1 for none, or several as bits."""
    known = {kind: choices.keys(kind) for kind in choices.KINDS}

    def one(kind: str, key: str) -> int:
        return known[kind].index(key) if key in known[kind] else -1

    return {
        "discipline": [one("disciplines", row.shown.discipline) if row else -1 for row in rows],
        "band": [one("bands", row.shown.band) if row else -1 for row in rows],
        "gender": [one("genders", row.shown.gender) if row else -1 for row in rows],
        "speaks": [rules.bits(row.shown.languages, known["languages"]) if row else 0 for row in rows],
        "tagged": [rules.bits(row.shown.tags, known["tags"]) if row else 0 for row in rows],
        "reached": [rules.bits(row.shown.channels, known["channels"]) if row else 0 for row in rows],
    }


def _duties(organisation: Organisation, directory: tuple[uuid.UUID, ...], now: datetime) -> dict[str, list[int]]:
    """Return who is on call now, and in how many hours the others are; -1 for nobody knows."""
    ends = now + timedelta(days=rules.NEXT_ON_DAYS)
    duties = sorted(rota.serving_between(organisation.id, now, ends), key=lambda one: one.starts_at, reverse=True)
    begins = {one.supporter: one.starts_at for one in duties if one.ends_at > now}
    return {
        "on": [int(one in begins and begins[one] <= now) for one in directory],
        "next": [rules.hours_until(begins[one], now) if begins.get(one, now) > now else -1 for one in directory],
    }


def block_body(organisation: Organisation, listed: queries.Listed, number: int, now: datetime) -> bytes | None:
    """Return one block of a list: reference, key and sealed details of each of its people; None for no such block.

    Somebody who took their card away since stands there with a key alone, so that the others keep their places, and
    somebody without a key for this week with neither.
    """
    members = rules.block(listed.directory, number)
    if not members:
        return None
    people = team.people_of(members)
    keys = sealing.keys_for_week(people.values(), seals.monday_of(now))
    details = queries.details_of(members)
    proofs = _proofs(organisation, team.eligible_at(organisation.id, now), now)
    vouch = sealing.vouch_keys(people.values())
    entries = [
        _entry(keys.get(person), vouch.get(person), proofs.get(person), details.get(one))
        for one in members
        for person in [people.get(one, one)]
    ]
    return _written(
        {"list": listed.id.hex, "block": number, "week": seals.monday_of(now).isoformat(), "entries": entries}
    )


def _entry(
    key: str | None, vouch: bytes | None, proof: bytes | None, card: tuple[bytes, bytes | None] | None
) -> dict[str, str | None]:
    reference, details = card if card and key else (None, None)
    return {
        "reference": reference.hex() if reference else None,
        "key": key,
        "vouch": seals.base64url(vouch) if key and vouch else None,
        "proof": seals.base64url(proof) if key and proof else None,
        "details": base64.b64encode(details).decode() if details else None,
    }


@transaction.atomic
def show_card(supporter: Facts, shown: rules.Shown, sealed: rules.Sealed) -> None:
    """Show a supporter's card, which is their consent, in place of the one before.

    Raises rules.BadCard for what no card may say, an office of another organisation or a reference in use, and
    team.actions.NotNow while they are on leave.
    """
    rules.check_card(shown, sealed, {kind: choices.keys(kind) for kind in choices.KINDS})
    consent = team_actions.consent(supporter.id)
    offices = Office.objects.filter(organisation_id=consent.supporter.organisation_id)
    if not set(shown.over) <= set(offices.values_list("id", flat=True)):
        raise rules.BadCard("unknown-choice")
    if Card.objects.filter(reference=sealed.reference).exists():
        raise rules.BadCard("same-reference")
    Card.objects.filter(consent=consent).delete()
    Card.objects.create(
        consent=consent,
        reference=sealed.reference,
        discipline=shown.discipline,
        band=shown.band,
        office_shown=shown.office_shown,
        languages=list(shown.languages),
        gender=shown.gender,
        tags=list(shown.tags),
        channels=list(shown.channels),
        over=[str(office) for office in shown.over],
        sealed_name=sealed.name,
        sealed_details=sealed.details,
    )


def take_card_away(supporter_id: uuid.UUID) -> None:
    """Delete a supporter's card and their consent to show one, at once."""
    team_actions.withdraw_consent(supporter_id)


def renew(now: datetime) -> None:
    """Make the running list of every open organisation, so that no visit leaves a row of its own time."""
    for organisation in accounts.open_organisations():
        current_list(organisation, now)


@transaction.atomic
def purge(now: datetime) -> int:
    """Delete expired lists, and with them the memory of attempts made under them; return how many rows went."""
    return CandidateList.objects.filter(until__lte=now).delete()[0]
