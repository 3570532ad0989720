"""What the board says of sessions: a debrief that is still to be given, a leader who cannot lead."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from alongside.accounts.models import Organisation
from alongside.rota import queries as rota


def due(organisation: Organisation, now: datetime) -> list[tuple[str, str]]:
    """Return for each session with something to do a sentence without a name, and where it is set right."""
    missing, away = _("Debrief missing for the session of %(day)s."), _("Somebody cannot lead the session of %(day)s.")
    return [
        ((missing if one.missing else away) % {"day": _day(one, organisation)}, reverse("in_session", args=[one.id]))
        for one in rota.sessions_due(organisation.id, now)
    ]


def _day(one: rota.Listed, organisation: Organisation) -> str:
    return date_format(one.starts_at.astimezone(ZoneInfo(organisation.time_zone)), str(_("j F")))
