"""Changes to the rota, entered by hand."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from alongside.accounts import actions as accounts
from alongside.accounts.queries import Seat
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.rota import rules
from alongside.rota.actions import giving, telling
from alongside.rota.actions.cover import drop
from alongside.rota.models import Shift
from alongside.rota.queries import entering, planning, removing
from alongside.rota.rules import exchanging
from alongside.team import queries as team

# A test page at the beginning of a shift makes sense while it is its beginning.
CHECK_WITHIN = timedelta(hours=1)


class NotEligible(ValueError):
    """The supporter is on leave, has ended, or has not signed the agreement in force."""


class Unready(ValueError):
    """The supporter has not what policy asks of everybody on call: `missing`, of "training" and "phone"."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(missing)
        self.missing = missing


class SpokenAgainst(ValueError):
    """Rules of plans speak against it, or others than were seen; `found` says which."""

    def __init__(self, found: entering.Judged) -> None:
        super().__init__()
        self.found = found


class Unlike(ValueError):
    """What the page showed of a removal is no longer so, or was not looked at; `now` is how it stands."""

    def __init__(self, now: removing.Removal) -> None:
        super().__init__()
        self.now = now


def enter_shift(seat: Seat, supporter_id: uuid.UUID, tier: int, starts_at: datetime, ends_at: datetime) -> None:
    """Enter one shift; see `enter_shifts`."""
    enter_shifts(seat, supporter_id, tier, [(starts_at, ends_at)])


@transaction.atomic
def enter_shifts(
    seat: Seat, supporter_id: uuid.UUID, tier: int, spans: Sequence[tuple[datetime, datetime]], *, seen: str = ""
) -> None:
    """Enter shifts of one supporter in one tier, all of them or none, and tell them (D-01, D-03, D-12, K-36).

    A shift of somebody who may not serve at present gives way where it is in the way. Raises
    team.queries.NotASupporter for an id of another organisation, NotEligible, Unready, rules.BadSpan, rules.Overlap and
    rules.SamePerson; and SpokenAgainst where a rule of plans speaks against it, unless `seen` is the seal of all that
    does. Two coordinators at once take turns.
    """
    organisation = seat.organisation
    name = team.supporter_in(organisation.id, supporter_id).person.name
    held = giving.hold(organisation.id, [supporter_id])
    # After whoever held it before: until then time goes on.
    now = clock.now()
    able = {one.id for one in team.eligible_at(organisation.id, now)}
    if supporter_id not in able:
        raise NotEligible
    if missing := planning.lacking(organisation.id).get(supporter_id):
        raise Unready(missing)
    new = [rules.Duty(tier, supporter_id, *span) for span in spans]
    in_the_way = _make_way(organisation.id, new, able)
    found = entering.judge(organisation, new, now)
    if found.against and found.seal != seen:
        raise SpokenAgainst(found)
    told = {supporter_id}
    for row in in_the_way:
        told |= give_way(row, new)
    giving.make(held, new)
    _tell(organisation.id, told, new, now)
    anyway = {duty for duty, _why in found.against}
    for duty in new:
        # What spoke against it is the person's own, and entries stay for long.
        _note(seat, "shift.entered_anyway" if duty in anyway else "shift.entered", duty, name)


def _make_way(organisation_id: uuid.UUID, new: Sequence[rules.Duty], able: Collection[uuid.UUID]) -> list[Shift]:
    """Refuse duties that cannot stand beside what is published, or each other; return the shifts of their tier that
    give way.
    """
    rows = Shift.objects.filter(
        organisation_id=organisation_id,
        starts_at__lt=max(one.ends_at for one in new),
        ends_at__gt=min(one.starts_at for one in new),
    )
    standing = [row.facts() for row in rows if row.supporter_id in able]
    for number, one in enumerate(new):
        rules.check(one, [*standing, *new[:number]])
    return [row for row in rows if row.supporter_id not in able and row.tier == new[0].tier]


def _tell(organisation_id: uuid.UUID, whom: set[uuid.UUID], duties: Iterable[rules.Duty], now: datetime) -> bool:
    """Tell people once that shifts of theirs changed, of what is not over; say whether anybody was told.

    Who is away is not: it is no shift they would have served.
    """
    coming = min((one for one in duties if one.ends_at > now), key=lambda one: one.starts_at, default=None)
    told = sorted(whom - team.absent(organisation_id)) if coming else []
    for one in told:
        assert coming is not None  # noqa: S101
        # Before it begins there is time to hear of it; what runs already is told until it ends.
        waits = telling.heard_at(one, now) <= coming.starts_at - exchanging.NOW
        first = coming.starts_at if coming.starts_at > now else coming.ends_at
        until = min(first, now + telling.LIFE)
        telling.tell(one, "rota_published", now, until=until, waits=waits)
    return bool(told)


def _note(seat: Seat, what: str, duty: rules.Duty, name: str) -> None:
    accounts.note_change(
        seat,
        what,
        {"tier": duty.tier, "name": name, "from": duty.starts_at.isoformat(), "to": duty.ends_at.isoformat()},
    )


def give_way(row: Shift, new: Iterable[rules.Duty]) -> set[uuid.UUID]:
    """Cut a shift where duties of its tier are; what is left of it stays. Return who had part in what was open about
    it.
    """
    parts = [row.facts()]
    for one in new:
        if one.tier == row.tier:
            parts = [left for part in parts for left in rules.cut(part, one.starts_at, one.ends_at)]
    if parts == [row.facts()]:
        return set()
    giving.keep(row, parts)
    return remove(row)


def remove(row: Shift) -> set[uuid.UUID]:
    """Delete a shift with everything that was asked about it; return who had part in what was open."""
    had_part = drop(row)
    row.delete()
    return had_part


@transaction.atomic
def remove_shift(seat: Seat, shift_id: uuid.UUID, *, seen: str | None = None) -> bool:
    """Remove a shift of the seat's organisation; tell whose it was, and who had part in what was open about it (K-36).
    Of a shift that runs, what was served stays with whose it is.

    Say whether anybody was told. `seen` is the digest of what the coordinator looked at (queries.Removal.seal). Raises
    Shift.DoesNotExist for any other id, and Unlike: then nothing has changed.
    """
    # Held, so that nobody takes it over at this instant and is told that it is theirs.
    accounts.hold(seat.organisation.id)
    now = clock.now()
    found = removing.removal_of(seat.organisation, shift_id, now)
    if seen is not None and seen != found.seal:
        raise Unlike(found)
    duty = found.shift.facts()
    if found.begun and not found.over:
        whole, duty = duty, exchanging.rest_of(duty, now)
        giving.keep(found.shift, rules.cut(whole, duty.starts_at, duty.ends_at), checked=True)
    _note(seat, "shift.removed", duty, found.shift.supporter.person.name)
    return _tell(seat.organisation.id, {duty.supporter} | remove(found.shift), [duty], now)


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
