"""What supporters say of when they can be on call. No reason is asked for or kept."""

import uuid
from datetime import date, datetime, timedelta

from django.db import transaction

from alongside.kernel import clock
from alongside.rota.models import Blackout, Cap, Hours, Wish
from alongside.rota.rules import wishes as rules
from alongside.team import queries as team


@transaction.atomic
def add_blackout(organisation_id: uuid.UUID, supporter_id: uuid.UUID, first: date, last: date) -> None:
    """Write down days, both included, on which a supporter cannot be on call. Raises rules.BadDays, rules.TooMany.

    Days that meet or overlap others of theirs become one line.
    """
    team.held(organisation_id, supporter_id)
    rules.check_days(first, last, clock.now().date())
    day = timedelta(days=1)
    near = Blackout.objects.filter(supporter_id=supporter_id, first_day__lte=last + day, last_day__gte=first - day)
    for row in near:
        first, last = min(first, row.first_day), max(last, row.last_day)
    near.delete()
    _room(Blackout, supporter_id)
    Blackout.objects.create(supporter_id=supporter_id, first_day=first, last_day=last)


@transaction.atomic
def add_hours(
    organisation_id: uuid.UUID, supporter_id: uuid.UUID, weekdays: list[int], minute: int, minutes: int, *, works: bool
) -> None:
    """Write down weekly hours in which a supporter can be on call, or works. Raises rules.BadHours, rules.TooMany."""
    team.held(organisation_id, supporter_id)
    rules.check_hours(weekdays, minute, minutes)
    for weekday in sorted(set(weekdays)):
        same = {"supporter_id": supporter_id, "weekday": weekday, "minute": minute, "minutes": minutes, "works": works}
        if not Hours.objects.filter(**same).exists():
            _room(Hours, supporter_id)
            Hours.objects.create(**same)


@transaction.atomic
def set_wish(organisation_id: uuid.UUID, supporter_id: uuid.UUID, day: date, *, on_call: bool) -> None:
    """Write down a wish for a day, instead of the one there was. Raises rules.BadDays, rules.TooMany."""
    team.held(organisation_id, supporter_id)
    rules.check_days(day, day, clock.now().date())
    if not Wish.objects.filter(supporter_id=supporter_id, day=day).update(on_call=on_call):
        _room(Wish, supporter_id)
        Wish.objects.create(supporter_id=supporter_id, day=day, on_call=on_call)


@transaction.atomic
def set_cap(organisation_id: uuid.UUID, supporter_id: uuid.UUID, most: int | None) -> None:
    """Write down how many shifts a supporter takes at most in 28 days; None for no limit of their own. Raises
    rules.BadCap.
    """
    team.held(organisation_id, supporter_id)
    if most is None:
        Cap.objects.filter(supporter_id=supporter_id).delete()
        return
    rules.check_cap(most)
    Cap.objects.update_or_create(supporter_id=supporter_id, defaults={"most_in_28_days": most})


SAID: dict[str, type[Blackout | Hours | Wish]] = {"day-off": Blackout, "hours": Hours, "wish": Wish}


def take_back(supporter_id: uuid.UUID, kind: str, row_id: uuid.UUID) -> bool:
    """Remove one line of what a supporter said of themself; False when there is none such."""
    model = SAID.get(kind)
    return model is not None and model.objects.filter(supporter_id=supporter_id, id=row_id).delete()[0] > 0


def purge_wishes(now: datetime) -> int:
    """Delete days off and wishes that are a month over, and everything that somebody said who has left."""
    since = now.date() - rules.KEPT
    gone = Blackout.objects.filter(last_day__lt=since).delete()[0] + Wish.objects.filter(day__lt=since).delete()[0]
    for model in (Blackout, Hours, Wish, Cap):
        gone += model.objects.filter(supporter__status="ended").delete()[0]
    return gone


def _room(model: type[Blackout | Hours | Wish], supporter_id: uuid.UUID) -> None:
    if model.objects.filter(supporter_id=supporter_id).count() >= rules.MOST_LINES:
        raise rules.TooMany
