"""What the places on call are called, for every page, form and log: first, backup, and those that policy asks for
besides.
"""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PLACES: "dict[int, StrOrPromise]" = {1: _("First"), 2: _("Backup"), 3: _("Third"), 4: _("Fourth")}
_NOW: "dict[int, StrOrPromise]" = {
    1: _("First now:"),
    2: _("Backup now:"),
    3: _("Third now:"),
    4: _("Fourth now:"),
}
_NOBODY: "dict[int, StrOrPromise]" = {
    1: _("Nobody is first on call from %(start)s to %(end)s."),
    2: _("No backup from %(start)s to %(end)s."),
    3: _("Nobody is third on call from %(start)s to %(end)s."),
    4: _("Nobody is fourth on call from %(start)s to %(end)s."),
}


def place_now(tier: int) -> "StrOrPromise":
    """Return what stands before the name of who is on call now."""
    return _NOW[tier]


def nobody_in(tier: int, start: str, end: str) -> str:
    """Return the sentence that a tier has nobody from one moment to another."""
    return str(_NOBODY[tier]) % {"start": start, "end": end}
