"""Lines of the board about who is on call: gaps, shifts for which nobody said yes, and why nobody can be asked."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alongside.accounts.models import Organisation
from alongside.rota import queries as rota
from alongside.rota.queries import ComingGap, Sought
from alongside.site.board.tasks import Task, span
from alongside.team.queries import Place

GAPS_SHOWN = 4


def uncovered(organisation: Organisation, gaps: list[ComingGap], sought: list[Sought]) -> list[Task]:
    """Name the first gaps on call by their place, and how many there are besides (D-01)."""
    begin = None if not gaps or rota.has_shifts(organisation.id) else _begin(organisation)
    shown = [_gap(gap, sought, begin) for gap in gaps[:GAPS_SHOWN]]
    if rest := len(gaps) - len(shown):
        text = ngettext("One more on-call gap after these.", "%(count)d more on-call gaps after these.", rest)
        shown.append(Task("late", _("On-call gap"), text % {"count": rest}, reverse("in_rota"), _("See the rota")))
    return shown


def _begin(organisation: Organisation) -> tuple[str, str]:
    """Return where a rota begins that has no shift yet, and what that is called: the page of it offers no cover."""
    if rota.patterns_in_force(organisation):
        return reverse("in_plans"), _("Plan it")
    return reverse("in_patterns"), _("Make a pattern")


def _gap(one: ComingGap, sought: list[Sought], begin: tuple[str, str] | None) -> Task:
    gap = one.gap
    text = rota.nobody_in(gap.tier, **span(gap.starts_at, gap.ends_at))
    if rota.is_sought(gap, sought):
        route, label = reverse("in_rota"), _("See the rota")
    elif begin:
        route, label = begin
    elif one.seekable:
        route, label = reverse("in_rota") + "#gaps", _("Find cover")
    else:
        # Nobody is asked around for so long: it would be refused there.
        route, label = reverse("in_plans"), _("Plan it")
    return Task("urgent", _("On-call gap"), text, route, label)


def untaken(sought: list[Sought]) -> list[Task]:
    """Say for which shifts nobody is left to be asked, and nobody said yes; of those who were asked nothing."""
    asked = _("Nobody took the shift from %(start)s to %(end)s. Everybody who could was asked. Phone them.")
    none = _("Nobody could be asked to take the shift from %(start)s to %(end)s: nobody is free and ready then.")
    tasks = []
    for one in [one for one in sought if one.nobody][:GAPS_SHOWN]:
        text = (asked if one.asked else none) % span(one.duty.starts_at, one.duty.ends_at)
        tasks.append(Task("urgent", _("Cover"), text, reverse("in_rota"), _("See the rota")))
    return tasks


def nobody_ready(organisation: Organisation, places: list[Place], sought: list[Sought]) -> list[Task]:
    """Say why nobody can be asked or planned, where nobody's readiness was ever written down (D-03, D-12)."""
    wanted = places and (sought or rota.patterns_in_force(organisation))
    if not (wanted and rota.missing_of_all(organisation.id)):
        return []
    text = _(
        "Nobody is written down as trained, with a checked phone. Until then nobody is planned or asked for cover."
    )
    return [Task("urgent", _("Ready for duty"), text, reverse("in_readiness"), _("Write it down"))]
