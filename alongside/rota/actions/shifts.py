"""Changes to the rota, entered by hand."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from alongside.accounts import actions as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.rota import rules
from alongside.rota.actions.cover import drop
from alongside.rota.models import Shift
from alongside.team import queries as team

# A test page at the beginning of a shift makes sense while it is its beginning.
CHECK_WITHIN = timedelta(hours=1)


class NotEligible(ValueError):
    """The supporter is on leave, has ended, or has not signed the agreement in force."""


def enter_shift(seat: Seat, supporter_id: uuid.UUID, tier: int, starts_at: datetime, ends_at: datetime) -> None:
    """Enter one shift; see `enter_shifts`."""
    enter_shifts(seat, supporter_id, tier, [(starts_at, ends_at)])


@transaction.atomic
def enter_shifts(seat: Seat, supporter_id: uuid.UUID, tier: int, spans: Sequence[tuple[datetime, datetime]]) -> None:
    """Enter shifts of one supporter in one tier, all of them or none (D-01).

    A shift of somebody who may not serve at present gives way where it is in the way. Raises
    team.queries.NotASupporter for an id of another organisation, NotEligible, rules.BadSpan, rules.Overlap and
    rules.SamePerson; two coordinators at once take turns.
    """
    organisation = seat.organisation
    name = team.supporter_in(organisation.id, supporter_id).person.name
    accounts.hold(organisation.id)
    able = {one.id for one in team.eligible_at(organisation.id, clock.now())}
    if supporter_id not in able:
        raise NotEligible
    for starts_at, ends_at in spans:
        new = rules.Duty(tier, supporter_id, starts_at, ends_at)
        rows = Shift.objects.filter(organisation=organisation, starts_at__lt=ends_at, ends_at__gt=starts_at)
        rules.check(new, [row.facts() for row in rows if row.supporter_id in able])
        for row in rows:
            if row.supporter_id not in able and row.tier == tier:
                give_way(row, [new])
        _save(organisation.id, new)
        accounts.note_change(
            seat,
            "shift.entered",
            {
                "tier": tier,
                "name": name,
                "from": starts_at.isoformat(),
                "to": ends_at.isoformat(),
            },
        )


def give_way(row: Shift, new: Iterable[rules.Duty]) -> None:
    """Cut a shift where duties of its tier are; what is left of it stays."""
    parts = [row.facts()]
    for one in new:
        if one.tier == row.tier:
            parts = [left for part in parts for left in rules.cut(part, one.starts_at, one.ends_at)]
    if parts == [row.facts()]:
        return
    remove(row)
    for part in parts:
        _save(row.organisation_id, part)


def remove(row: Shift) -> None:
    """Delete a shift with everything that was asked about it."""
    drop(row)
    row.delete()


def _save(organisation_id: uuid.UUID, duty: rules.Duty) -> None:
    Shift.objects.create(
        organisation_id=organisation_id,
        supporter_id=duty.supporter,
        tier=duty.tier,
        starts_at=duty.starts_at,
        ends_at=duty.ends_at,
    )


@transaction.atomic
def remove_shift(seat: Seat, shift_id: uuid.UUID) -> None:
    """Remove a shift of the seat's organisation. Raises Shift.DoesNotExist for any other id."""
    # Held, so that nobody takes it over at this instant and is told that it is theirs.
    accounts.hold(seat.organisation.id)
    row = Shift.objects.select_related("supporter__person").get(id=shift_id, organisation=seat.organisation)
    accounts.note_change(
        seat,
        "shift.removed",
        {
            "tier": row.tier,
            "name": row.supporter.person.name,
            "from": row.starts_at.isoformat(),
            "to": row.ends_at.isoformat(),
        },
    )
    remove(row)


def check_reach(now: datetime) -> int:
    """Send a test page to everybody whose shift has begun, once for each shift, where policy wants it; return how many.

    A shift that began longer ago, while the machine was off, is let pass: the inbox still offers a test.
    """
    begun = Shift.objects.filter(checked=False, starts_at__lte=now, starts_at__gt=now - CHECK_WITHIN, ends_at__gt=now)
    return sum(_check(row, now) for row in begun.select_related("supporter__person"))


@transaction.atomic
def _check(row: Shift, now: datetime) -> bool:
    if Shift.objects.filter(id=row.id, checked=False).update(checked=True) != 1:
        return False
    able = {one.id for one in team.eligible_at(row.organisation_id, now)}
    if not policy.in_force(row.organisation_id).shift_check or row.supporter_id not in able:
        return False
    accounts.try_every_way(row.supporter.person, "shift_check")
    return True
