"""The weekly note to the team: who is on call, and who is next."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from alongside.accounts.models import Organisation
from alongside.policy import queries as policy
from alongside.rota import queries
from alongside.rota.actions import telling
from alongside.rota.models import NoWeekNote, Shift, WeekNote
from alongside.team import queries as team

# By the organisation's clock.
HOUR = 9
WEEK = timedelta(days=7)
# What fits on a lock screen.
NAMES = 8


def want_week_note(supporter_id: uuid.UUID, *, wanted: bool) -> None:
    """Send somebody the weekly note, or send it no more."""
    if wanted:
        NoWeekNote.objects.filter(supporter_id=supporter_id).delete()
    else:
        NoWeekNote.objects.get_or_create(supporter_id=supporter_id)


def tell_the_week(now: datetime) -> int:
    """Tell every team once, on the weekday of policy from nine o'clock on, who is on call; return how many people were
    told. A team without any shift in the two weeks is told nothing.
    """
    with_shifts = Shift.objects.filter(ends_at__gt=now, starts_at__lt=now + 2 * WEEK)
    organisations = Organisation.objects.filter(id__in=with_shifts.values("organisation_id"))
    return sum(_tell_team(one, now) for one in organisations)


@transaction.atomic
def _tell_team(organisation: Organisation, now: datetime) -> int:
    local = now.astimezone(ZoneInfo(organisation.time_zone))
    if local.isoweekday() != policy.in_force(organisation.id).week_note or local.hour < HOUR:
        return 0
    WeekNote.objects.get_or_create(organisation=organisation)
    # A day ahead is of a clock that was wrong, and set back since: it silences nobody.
    due = WeekNote.objects.filter(organisation=organisation).exclude(sent_on=local.date())
    if due.update(sent_on=local.date()) != 1:
        return 0
    spans = [(now, now + WEEK), (now + WEEK, now + 2 * WEEK)]
    found = [queries.names_between(organisation.id, start, end) for start, end in spans]
    told = team.eligible_at(organisation.id, now)
    silent = set(NoWeekNote.objects.values_list("supporter_id", flat=True))
    for one in told:
        if one.id not in silent:
            with translation.override(team.person_of(one.id).language):
                values = dict(zip(("now", "next"), map(_some, found), strict=True))
            telling.tell(one.id, "week_ahead", now, until=now + timedelta(days=1), values=values)
    return sum(one.id not in silent for one in told)


def _some(names: list[str]) -> str:
    # A name may be long: what a notice may carry is bounded (notify.rules.LONGEST).
    shown = ", ".join(name[:24] for name in names[:NAMES])
    return shown + (" …" if len(names) > NAMES else "") if names else _("nobody yet")
