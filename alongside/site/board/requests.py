"""Lines of the board about requests: state and lateness, never what was asked, and never who was called (M-06)."""

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alongside.escalation.queries import BoardRow
from alongside.notify import queries as notify
from alongside.site import doctor, schedule
from alongside.site.board.tasks import Task

WAITING = ("open", "alerted")


def standing_still(now: datetime) -> list[Task]:
    """Say that the timed jobs stand still, and nobody is alerted."""
    age, oldest = schedule.seconds_since_mark(), notify.outbox().oldest_due
    still = age is not None and age > doctor.LATE.total_seconds()
    if not still and (oldest is None or oldest >= now - doctor.LATE):
        return []
    text = _(
        "Nobody is being alerted: the timed jobs of this installation stand still. Tell its operator, phone the team."
    )
    return [Task("urgent", _("Alerts"), text, reverse("in_rota"), _("Who is on call"))]


def late(rows: list[BoardRow]) -> list[Task]:
    """Name requests that ended unanswered, and those that wait longer than was promised."""
    ended = [_unanswered(row) for row in rows if row.state == "unanswered"]
    return ended + [_waiting_late(row) for row in rows if row.late and row.state in WAITING]


def _unanswered(row: BoardRow) -> Task:
    sent = date_format(timezone.localtime(row.opened_at), "l j F, H:i")
    return Task(
        "urgent",
        _("Unanswered"),
        _("Nobody answered a request of %(sent)s. Its content is erased; the person was told, with the numbers.")
        % {"sent": sent},
        reverse("in_acknowledge", args=[row.ladder_id]),
        _("Acknowledge"),
        posts=True,
    )


def _waiting_late(row: BoardRow) -> Task:
    sentence = (
        _("Somebody asked for contact now and has waited %(waited)s. Phone those on call.")
        if row.urgency == "now"
        else _("Somebody asked for contact today and has waited %(waited)s. Phone those on call.")
    )
    text = sentence % {"waited": _waited(row.waiting_minutes)}
    return Task("urgent", _("Late"), text, reverse("in_rota"), _("Who is on call"))


def _waited(minutes: int) -> str:
    if minutes < 120:  # noqa: PLR2004
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    return ngettext("%(count)d hour", "%(count)d hours", minutes // 60) % {"count": minutes // 60}


def undelivered(rows: list[BoardRow]) -> list[Task]:
    """Say for how many waiting requests a message could not be delivered."""
    if not (failed := notify.failed_about(row.ladder_id for row in rows)):
        return []
    text = ngettext(
        "A message to a supporter could not be delivered for one waiting request. Phone those on call.",
        "Messages to supporters could not be delivered for %(count)d requests. Phone those on call.",
        len(failed),
    )
    return [Task("urgent", _("Messages"), text % {"count": len(failed)}, reverse("in_team"), _("See the team"))]
