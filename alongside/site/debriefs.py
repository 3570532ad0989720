"""What the board says of sessions: a debrief that is still to be given, and when it goes with its session though nobody
had it; a leader who cannot lead.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from alongside.accounts.models import Organisation
from alongside.rota import queries as rota
from alongside.rota.rules import sessions as rules


def due(organisation: Organisation, now: datetime) -> list[tuple[str, tuple[str, str]]]:
    """Return for each session with something to do how it presses, and a sentence without a name with where it is set
    right.
    """
    return [
        (tone, (text, reverse("in_session", args=[one.id])))
        for one in rota.sessions_due(organisation.id, now)
        for tone, text in [_said(one, organisation, now)]
    ]


def _said(one: rota.Listed, organisation: Organisation, now: datetime) -> tuple[str, str]:
    day = _day(one.starts_at, organisation)
    if not one.missing:
        return "late", _("Somebody cannot lead the session of %(day)s.") % {"day": day}
    goes_at = rules.deleted_at(one.ends_at, [lead.slot for lead in one.leads])
    if goes_at - now > rules.PRESSING:
        return "late", _("Debrief missing for the session of %(day)s.") % {"day": day}
    # It goes all the same: kept for longer, it would be a list of who led what and was left alone with it.
    text = _("Debrief still missing for the session of %(day)s. From %(last)s on nothing here shows it any more.")
    return "urgent", text % {"day": day, "last": _day(goes_at, organisation)}


def _day(moment: datetime, organisation: Organisation) -> str:
    return date_format(moment.astimezone(ZoneInfo(organisation.time_zone)), str(_("j F")))
