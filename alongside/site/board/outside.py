"""Lines of the board about the organisation: its number, the numbers outside, its law and its partners."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from alongside.accounts.models import Organisation
from alongside.content import law
from alongside.directory import queries as directory
from alongside.policy import queries as policy
from alongside.site.board.tasks import Task, some

LAW_SOON = timedelta(days=30)


def unreachable(organisation: Organisation) -> list[Task]:
    """Say that members see no on-call number."""
    if organisation.on_call_number:
        return []
    text = _("Members' pages show no on-call number: “Talk to a peer now” leads to the hotlines only.")
    return [Task("urgent", _("Number"), text, reverse("in_programme"), _("Enter it"))]


def uncalled(organisation: Organisation, now: datetime) -> list[Task]:
    """Name what members no longer see, or soon will not: numbers outside that nobody called again."""
    found, language = directory.expiring(organisation, now), get_language() or "en"
    sentences = (
        _("Hidden from members, since nobody called again in time: %(names)s."),
        _("To be called again soon, or members will not see them: %(names)s."),
    )
    tasks = []
    for entries, sentence in zip(found, sentences, strict=True):
        if names := [one.says(language)["name"].text for one in entries]:
            text = sentence % {"names": some(names)}
            tasks.append(Task("late", _("Numbers"), text, reverse("in_resources"), _("Call them")))
    return tasks


def limits(organisation: Organisation, now: datetime) -> list[Task]:
    """Warn when the pack is gone, has ended or should be looked at again: what supporters promise rests on it."""
    pack, today = policy.law_in_force(organisation.id, organisation.pack, get_language() or "en"), now.date()
    tone, day = "late", {"name": pack.name, "day": date_format(pack.review_by, "j F Y")}
    if organisation.pack not in law.packs():
        tone, text = "urgent", _("This version has no law of the place you were given; pages show a general text.")
    elif pack.ended(today):
        tone, text = "urgent", _("The law of %(name)s as pages tell it is not in force today. Ask your operator.") % day
    elif pack.overdue(today):
        text = _("The law of %(name)s should have been looked at again by %(day)s. Ask somebody who knows it.") % day
    elif pack.overdue(today + LAW_SOON):
        text = _("The law of %(name)s is to be looked at again by %(day)s.") % day
    else:
        return []
    return [Task(tone, _("Law"), text, reverse("in_law"), _("See the limits"))]


def lapsed(organisation: Organisation) -> list[Task]:
    """Say that choices were made beside another pack: they count for nothing until somebody chooses again."""
    found = policy.lapsed_choices(organisation.id, organisation.pack, get_language() or "en")
    text = ngettext(
        "One choice was made under the law of another place. It does not count here: look at it again.",
        "%(count)d choices were made under the law of another place. They do not count here: look at them again.",
        len(found),
    ) % {"count": len(found)}
    return [Task("late", _("Law"), text, reverse("in_law"), _("Look at it"))] if found else []


def offered(organisation: Organisation) -> list[Task]:
    """Name who proposes mutual aid and waits for an answer."""
    text = _("%(name)s proposes mutual aid. Until you agree, nothing changes.")
    return [
        Task("late", _("Partners"), text % {"name": one.name}, reverse("in_partners"), _("Look at it"))
        for one in directory.partners_of(organisation.id)
        if one.state == "offered"
    ]
