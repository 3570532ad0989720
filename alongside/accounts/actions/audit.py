"""What every change of a coordinator or operator begins with: the audit entry, and holding an organisation still."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from alongside.accounts.models import AuditEntry, Organisation, Person
from alongside.accounts.queries import Seat
from alongside.kernel import clock


def note_change(seat: Seat | None, what: str, detail: Mapping[str, Any]) -> None:
    """Write down what a coordinator or operator changed (K-24). Never who read or asked what."""
    AuditEntry.objects.create(
        organisation=seat.of if seat else None,
        person=seat.person if seat else None,
        what=what,
        detail=dict(detail),
        at=clock.now().replace(microsecond=0),
    )


def note_of_another(organisation: Organisation, what: str, detail: Mapping[str, Any]) -> None:
    """Write down for an organisation what another one did to both; who did it stands with the other one only."""
    AuditEntry.objects.create(
        organisation=organisation, person=None, what=what, detail=dict(detail), at=clock.now().replace(microsecond=0)
    )


def hold(organisation_id: uuid.UUID) -> None:
    """Make this transaction the only one that changes the organisation's plan until it ends."""
    Organisation.objects.select_for_update(no_key=True).get(id=organisation_id)


def hold_people(people: Iterable[uuid.UUID]) -> None:
    """Make this transaction the only one that gives anything to these people, in whatever organisation, until it ends.
    Whoever holds an organisation too holds that first.
    """
    rows = Person.objects.select_for_update(no_key=True).filter(id__in=list(people)).order_by("id")
    list(rows.values_list("id", flat=True))
