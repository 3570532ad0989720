"""What the pages of a plan say of gaps: what they have in common, what keeps people, and what would help."""

from typing import Any

from django.utils import formats
from django.utils.translation import gettext_lazy as _

from alongside.rota import queries
from alongside.rota.queries import OpenPlan, Uncovered
from alongside.rota.rules.shortage import Common, Kept
from alongside.rota.views.plan_words import HELPS, KEPT, PLACES, READY_AND_ABLE, READY_AND_NONE, THE_OTHERS, WHAT


def explained(opened: OpenPlan) -> list[dict[str, Any]]:
    """Return every gap with sentences on why it is one and what would help; last those that somebody left by hand."""
    return [_explained(one) for one in queries.uncovered(opened)]


def _explained(one: Uncovered) -> dict[str, Any]:
    return {
        "heading": _heading(one.common, len(one.slots)) if one.common else "",
        "kept": _kept(one.kept) if one.kept else "",
        "slots": [{"label": PLACES[tier], "from": begin, "to": end} for tier, begin, end in one.slots],
        "facts": [_helps(kind, name, count) for kind, name, count in one.facts],
        "proven": one.proven,
        "by_hand": one.by_hand,
    }


def unplanned(opened: OpenPlan) -> list[dict[str, Any]]:
    """Return the hours of a plan's days that are no slot of it and that nobody has."""
    return [{"label": PLACES[one.tier], "from": one.starts_at, "to": one.ends_at} for one in queries.unplanned(opened)]


def _heading(common: Common, count: int) -> str:
    """Return what slots are, and when: "Nights in week 32 (Backup)"."""
    what = WHAT[common.kind] % {"count": count}
    first, last = common.first.isocalendar().week, common.last.isocalendar().week
    if common.first == common.last:
        text = _("%(what)s on %(day)s") % {"what": what, "day": formats.date_format(common.first, str(_("D j M")))}
    elif first == last:
        text = _("%(what)s in week %(week)s") % {"what": what, "week": first}
    else:
        text = _("%(what)s in weeks %(first)s to %(last)s") % {"what": what, "first": first, "last": last}
    return str(_("%(when)s (%(place)s)") % {"when": text, "place": PLACES[common.tier]} if common.tier else text)


def _kept(kept: Kept) -> str:
    """Return how many could be asked, how many of them could, and what keeps the others, in sentences."""
    why = ", ".join(str(KEPT[reason] % {"count": count}) for reason, count in kept.reasons)
    if not kept.ready:
        return str(_("Nobody is ready for duty."))
    if not kept.able:
        return str(READY_AND_NONE % {"count": kept.ready, "why": why})
    said = str(READY_AND_ABLE % {"count": kept.ready, "able": kept.able})
    others = kept.ready - kept.able
    return f"{said} {THE_OTHERS % {'count': others, 'why': why}}" if others else said


def _helps(kind: str, name: str, count: int) -> str:
    if kind in HELPS:
        return str(HELPS[kind]) % {"name": name or _("somebody who has left")}
    return str(
        _("one more person could be on call")
        if count == 1
        else _("%(count)s more people could be on call") % {"count": count}
    )
