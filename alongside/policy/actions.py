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
    choices = queries.law_choices(organisation.id, organisation.pack)
    law.refuse(organisation.pack, choices, key, value)
    language = load.LANGUAGES[0]
    if law.in_force(organisation.pack, {**choices, key: value}, language) == law.in_force(
        organisation.pack, choices, language
    ):
        return
    _keep(seat, key, value)
    accounts.note_change(seat, "law.chosen", {"pack": organisation.pack, "key": key, "to": value})


@transaction.atomic
def leave_law(seat: Seat, key: str) -> None:
    """Leave as the pack has it what had been chosen beside a former one, so that nobody asks for it any more, and write
    it down. Raises law.Unknown for what is not to be chosen again.
    """
    organisation = seat.organisation
    accounts.hold(organisation.id)
    organisation.refresh_from_db(fields=["pack"])
    if key not in {one.key for one in queries.lapsed_choices(organisation.id, organisation.pack, load.LANGUAGES[0])}:
        raise law.Unknown(key)
    choices = queries.law_choices(organisation.id, organisation.pack)
    now = next(one for one in law.switches(organisation.pack, choices, load.LANGUAGES[0]) if one.key == key)
    # Empty is "as the pack has it": a number of the pack may be put right in its next version.
    _keep(seat, key, "" if now.what == "number" else now.on)
    accounts.note_change(seat, "law.left", {"pack": organisation.pack, "key": key})


def _keep(seat: Seat, key: str, value: object) -> None:
    LawChoice.objects.create(
        organisation=seat.organisation,
        pack=seat.organisation.pack,
        key=key,
        value=value,
        version=queries.law_version(seat.organisation.id) + 1,
        changed_by=seat.person,
        changed_at=clock.now(),
    )
