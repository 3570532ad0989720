"""What a line of the board is: one thing that needs the coordinator."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

NAMES_SHOWN = 4


@dataclass(frozen=True)
class Task:
    """One thing that needs the coordinator: a word, a sentence, and where it is set right."""

    tone: str
    word: str | Promise
    text: str
    route: str
    does: str
    posts: bool = False


def some(names: list[str]) -> str:
    """Return names as a line of text, however many."""
    if len(names) <= NAMES_SHOWN:
        return ", ".join(names)
    shown, rest = ", ".join(names[: NAMES_SHOWN - 1]), len(names) - NAMES_SHOWN + 1
    return _("%(names)s and %(count)d more") % {"names": shown, "count": rest}


def span(begins: datetime, ends: datetime) -> dict[str, str]:
    """Return from when to when, as sentences take it."""
    start, end = timezone.localtime(begins), timezone.localtime(ends)
    return {
        "start": date_format(start, _("D j M, H:i")),
        "end": date_format(end, "H:i" if end - start < timedelta(hours=24) else _("D j M, H:i")),
    }
