"""Changes of policy."""

from dataclasses import asdict

from django.db import transaction

from alongside.accounts import actions as accounts
from alongside.accounts.queries import Seat
from alongside.content import law, load
from alongside.kernel import clock
from alongside.policy import queries, rules
from alongside.policy.models import Change, LawChoice
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


@transaction.atomic
def choose_law(seat: Seat, key: str, value: object) -> None:
    """Make an organisation stricter than its pack in one thing, or take such a choice back, and write it down (K-31).

    Raises law.Unknown, law.TooLoose, or ValueError for a value that makes no sense.
    """
    organisation = seat.organisation
    accounts.hold(organisation.id)
    organisation.refresh_from_db(fields=["pack"])
    choices = queries.law_choices(organisation.id)
    law.refuse(organisation.pack, choices, key, value)
    language = load.LANGUAGES[0]
    if law.in_force(organisation.pack, {**choices, key: value}, language) == law.in_force(
        organisation.pack, choices, language
    ):
        return
    LawChoice.objects.create(
        organisation=organisation,
        key=key,
        value=value,
        version=queries.law_version(organisation.id) + 1,
        changed_by=seat.person,
        changed_at=clock.now(),
    )
    accounts.note_change(seat, "law.chosen", {"pack": organisation.pack, "key": key, "to": value})
