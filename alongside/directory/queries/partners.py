"""Which organisations help each other."""

import uuid
from dataclasses import dataclass

from django.db.models import Q

from alongside.accounts.models import Organisation
from alongside.directory.models import Partnership


@dataclass(frozen=True)
class Partner:
    """Another organisation as a coordinator sees it: its name, and how the two stand. Nothing else of it."""

    id: uuid.UUID
    slug: str
    name: str
    state: str
    """`agreed`, `proposed` by the own one, `offered` by the other one, or `ended`."""


def partners_of(organisation_id: uuid.UUID) -> list[Partner]:
    """Return how the organisation stands with each other one, by name; ended agreements too, while remembered, so that
    one with whom it is agreed or proposed anew comes twice.
    """
    rows = Partnership.objects.filter(Q(proposer_id=organisation_id) | Q(partner_id=organisation_id))
    found = [_partner(row, organisation_id) for row in rows.select_related("proposer", "partner")]
    return sorted(found, key=lambda one: (one.name, one.slug))


def _partner(row: Partnership, mine: uuid.UUID) -> Partner:
    other = row.partner if row.proposer_id == mine else row.proposer
    if row.ended_on:
        state = "ended"
    elif row.agreed_on:
        state = "agreed"
    else:
        state = "proposed" if row.proposer_id == mine else "offered"
    return Partner(row.id, other.slug, other.name, state)


def helping(organisation_id: uuid.UUID) -> list[Organisation]:
    """Return the organisations whose peers its members may ask now: agreed, not ended, and open; by name."""
    agreed = Partnership.objects.filter(agreed_on__isnull=False, ended_on=None)
    pairs = agreed.filter(Q(proposer_id=organisation_id) | Q(partner_id=organisation_id))
    found = [row.partner if row.proposer_id == organisation_id else row.proposer for row in pairs.select_related()]
    return sorted((one for one in found if one.open), key=lambda one: one.name)
