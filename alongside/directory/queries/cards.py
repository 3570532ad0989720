"""What stands on cards."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from alongside.directory import rules
from alongside.directory.models import Card


@dataclass(frozen=True)
class OnCard:
    """The open part of a card, and its sealed name."""

    supporter: uuid.UUID
    reference: bytes
    shown: rules.Shown
    name: bytes | None


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
    return OnCard(row.consent.supporter_id, bytes(row.reference), shown, name)


def card_of(supporter_id: uuid.UUID) -> OnCard | None:
    """Return a supporter's own card; None without one."""
    row = Card.objects.filter(consent__supporter_id=supporter_id).select_related("consent").first()
    return _on_card(row) if row else None


def details_of(supporter_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[bytes, bytes | None]]:
    """Return reference and sealed details of those who have a card."""
    rows = Card.objects.filter(consent__supporter_id__in=list(supporter_ids))
    found = rows.values_list("consent__supporter_id", "reference", "sealed_details")
    return {one: (bytes(reference), bytes(details) if details else None) for one, reference, details in found}
