"""Changing cards, and writing down what the directory and its blocks show of them."""

import base64
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from alongside.accounts import queries as accounts
from alongside.accounts.models import Office, Organisation
from alongside.content import cards as choices
from alongside.directory import queries, rules
from alongside.directory.actions.lists import Listing, proofs_of, written
from alongside.directory.models import Card
from alongside.directory.queries import OnCard
from alongside.rota import queries as rota
from alongside.sealing import queries as sealing
from alongside.sealing import rules as seals
from alongside.team import actions as team_actions
from alongside.team import queries as team
from alongside.team.rules import Facts


class NoSuchBlock(LookupError):
    """The directory has fewer blocks."""


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
    return written(body)


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


def block_body(organisation: Organisation, listed: queries.Listed, number: int, now: datetime) -> bytes:
    """Return one block of a list: reference, key and sealed details of each of its people.

    Somebody who took their card away since stands there with a key alone, so that the others keep their places, and
    somebody without a key for this week with neither. Raises NoSuchBlock.
    """
    members = rules.block(listed.directory, number)
    if not members:
        raise NoSuchBlock
    serving = team.serving(members)
    people = {one.id: one.person for one in serving}
    keys = sealing.keys_for_week(people.values(), seals.monday_of(now))
    details = queries.details_of(members)
    proofs = proofs_of(organisation, serving, now)
    vouch = sealing.vouch_keys(people.values())
    entries = [
        _entry(keys.get(person), vouch.get(person), proofs.get(person), details.get(one))
        for one in members
        for person in [people.get(one, one)]
    ]
    return written(
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

    Raises rules.BadCard for what no card may say, an office of another organisation, a reference in use or details
    bound to other keys than the supporter has now (`other-keys`), and team.actions.NotNow while they are on leave.
    """
    rules.check_card(shown, sealed, {kind: choices.keys(kind) for kind in choices.KINDS})
    consent = team_actions.consent(supporter.id)
    offices = Office.objects.filter(organisation_id=consent.supporter.organisation_id)
    if not set(shown.over) <= set(offices.values_list("id", flat=True)):
        raise rules.BadCard("unknown-choice")
    if Card.objects.filter(reference=sealed.reference).exists():
        raise rules.BadCard("same-reference")
    Card.objects.filter(consent=consent).delete()
    vouch = sealing.vouch_keys([supporter.person]).get(supporter.person)
    # A page that was open while new keys were made seals with the old one.
    if sealed.details and sealed.vouch not in {b"", vouch}:
        raise rules.BadCard("other-keys")
    Card.objects.create(
        consent=consent,
        reference=sealed.reference,
        bound_to=vouch if sealed.details else None,
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
