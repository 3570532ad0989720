"""Confirming, correcting, adding and switching off outside help. Each is written down; who called stands only there."""

from datetime import date, timedelta

from django.db import transaction

from alongside.accounts.actions import audit
from alongside.accounts.queries import Seat
from alongside.content import load
from alongside.content.resources import Entry
from alongside.directory import rules
from alongside.directory.models import ListedResource
from alongside.directory.queries import resources as found
from alongside.kernel import clock
from alongside.policy import queries as policy

MOST_OWN = 100


class TooMany(ValueError):
    """The organisation has added as many entries as it may."""


class NoSuchResource(LookupError):
    """There is no entry of this name that the organisation could decide on."""


@transaction.atomic
def verify_resource(seat: Seat, key: str, entry: Entry, called_on: date, confirmed: list[str]) -> None:
    """Keep an entry as a test call confirmed it, and show it until it has to be called again; raises NoSuchResource,
    rules.NotYet or rules.CallTooOld.
    """
    organisation, now = seat.organisation, clock.now()
    rules.check_call(called_on, found.today_of(organisation, now))
    audit.hold(organisation.id)
    row = _row(seat, key, entry)
    row.facts, row.off = entry.as_data(), False
    row.confirmed, row.verified_on, row.verified_by = confirmed, called_on, "coordinator"
    row.expires_on = called_on + timedelta(days=policy.in_force(organisation.id).resource_valid)
    row.save()
    _note(seat, "resource.verified", row, called_on=called_on.isoformat())


@transaction.atomic
def add_resource(seat: Seat, entry: Entry) -> str:
    """Add an entry of the organisation's own, shown to nobody before it was called; return its id. Raises TooMany."""
    audit.hold(seat.organisation.id)
    if ListedResource.objects.filter(organisation=seat.organisation, key="").count() >= MOST_OWN:
        raise TooMany
    row = ListedResource.objects.create(organisation=seat.organisation, facts=entry.as_data())
    _note(seat, "resource.added", row)
    return str(row.id)


@transaction.atomic
def switch_resource(seat: Seat, key: str, *, off: bool) -> None:
    """Hide an entry from members and supporters, or show it again while its last call is fresh; raises
    NoSuchResource.
    """
    now = clock.now()
    audit.hold(seat.organisation.id)
    known = found.resource(seat.organisation, key, now)
    if known is None:
        raise NoSuchResource
    row = _row(seat, key, known.entry)
    row.off = off
    row.save()
    _note(seat, "resource.off" if off else "resource.on", row)


@transaction.atomic
def remove_resource(seat: Seat, key: str) -> None:
    """Delete an entry of the organisation's own; raises NoSuchResource also for one that ships."""
    audit.hold(seat.organisation.id)
    known, row = found.resource(seat.organisation, key, clock.now()), found.row_of(seat.organisation.id, key)
    if known is None or row is None or not known.own:
        raise NoSuchResource
    _note(seat, "resource.removed", row)
    row.delete()


def _row(seat: Seat, key: str, entry: Entry) -> ListedResource:
    """Return the row to change, a new one where an entry that ships has none yet."""
    if found.resource(seat.organisation, key, clock.now()) is None:
        raise NoSuchResource
    row = found.row_of(seat.organisation.id, key)
    return row or ListedResource(organisation=seat.organisation, key=key, facts=entry.as_data())


def _note(seat: Seat, what: str, row: ListedResource, **more: str) -> None:
    name = row.facts["said"][load.LANGUAGES[0]]["name"] or row.facts["said"][load.LANGUAGES[1]]["name"]
    audit.note_change(seat, what, {"name": name, **more})
