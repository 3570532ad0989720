"""What stands on cards."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from alongside.directory import rules
from alongside.directory.models import Card
from alongside.sealing import queries as sealing


@dataclass(frozen=True)
class OnCard:
    """The open part of a card, and its sealed name."""

    supporter: uuid.UUID
    reference: bytes
    shown: rules.Shown
    name: bytes | None
    bound_to: bytes | None


def cards_of(organisation_id: uuid.UUID) -> dict[uuid.UUID, OnCard]:
    """Return the cards of an organisation by supporter, without their sealed details."""
    rows = Card.objects.filter(consent__supporter__organisation_id=organisation_id)
    found = rows.defer("sealed_details").select_related("consent")
    return {row.consent.supporter_id: _on_card(row) for row in found}


def _on_card(row: Card) -> OnCard:
    shown = rules.Shown(
        discipline=row.discipline,
        band=row.band,
        office_shown=row.office_shown,
        languages=tuple(row.languages),
        gender=row.gender,
        tags=tuple(row.tags),
        channels=tuple(row.channels),
        over=tuple(uuid.UUID(one) for one in row.over),
    )
    name = None if row.sealed_name is None else bytes(row.sealed_name)
    bound = None if row.bound_to is None else bytes(row.bound_to)
    return OnCard(row.consent.supporter_id, bytes(row.reference), shown, name, bound)


def card_of(supporter_id: uuid.UUID) -> OnCard | None:
    """Return a supporter's own card; None without one."""
    row = Card.objects.filter(consent__supporter_id=supporter_id).select_related("consent").first()
    return _on_card(row) if row else None


def shut_cards(organisation_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Return the supporters who have made new keys since they saved their card, so that its details open for nobody."""
    rows = Card.objects.filter(consent__supporter__organisation_id=organisation_id)
    bound = [
        (one, person, bytes(key))
        for one, person, key in rows.values_list("consent__supporter_id", "consent__supporter__person_id", "bound_to")
        if key is not None
    ]
    vouch = sealing.vouch_keys(person for _one, person, _key in bound)
    return frozenset(one for one, person, key in bound if person in vouch and rules.opens_no_more(key, vouch[person]))


def details_of(supporter_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[bytes, bytes | None]]:
    """Return reference and sealed details of those who have a card."""
    rows = Card.objects.filter(consent__supporter_id__in=list(supporter_ids))
    found = rows.values_list("consent__supporter_id", "reference", "sealed_details")
    return {one: (bytes(reference), bytes(details) if details else None) for one, reference, details in found}
