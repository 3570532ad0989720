"""Changes of policy."""

from dataclasses import asdict

from django.db import transaction

from alongside.accounts import actions as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.policy import queries, rules
from alongside.policy.models import Change
from alongside.policy.values import setting


@transaction.atomic
def change(seat: Seat, key: str, value: int) -> None:
    """Put a new value in force from now on and write it to the audit log.

    Requests under way keep the terms they were sent under. Raises KeyError, rules.OutOfBounds, rules.OutOfOrder.
    """
    organisation = seat.organisation
    entry = setting(key)
    values = asdict(queries.in_force(organisation.id))
    rules.check(key, value, least=entry.least, most=entry.most, in_force=values)
    if values[key] == value:
        return
    Change.objects.create(
        organisation=organisation,
        key=key,
        value=value,
        version=values["version"] + 1,
        changed_by=seat.person,
        changed_at=clock.now(),
    )
    accounts.note_change(seat, "policy.changed", {"key": key, "from": values[key], "to": value})
