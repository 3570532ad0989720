"""Lines of the board about supporters: what keeps them from being sent to, and what was asked of them."""

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alongside.accounts import queries as accounts
from alongside.accounts.models import Organisation
from alongside.directory import queries as directory
from alongside.site import signed_list
from alongside.site.board.tasks import Task, some
from alongside.team import queries as team
from alongside.team.queries import Place


def unready(places: list[Place]) -> list[Task]:
    """Name whom nobody is sent to, or soon will not be: agreement and keys."""
    sentences = {
        "agreement": (_("Agreement"), _("%(names)s: the agreement in force is not signed. Nobody is sent to them.")),
        "no-keys": (
            _("Keys"),
            _("%(names)s: no keys for this week. Nobody is sent to them before they open their inbox."),
        ),
        "keys-soon": (_("Keys"), _("%(names)s: keys end this week. Opening the inbox makes new ones.")),
    }
    found = []
    for problem, (word, sentence) in sentences.items():
        if names := [place.name for place in places if problem in place.problems]:
            found.append(Task("late", word, sentence % {"names": some(names)}, reverse("in_team"), _("See the team")))
    return found


def unsigned(organisation: Organisation) -> list[Task]:
    """Say when the list of supporters was never signed, runs out, or is not that of the people who serve now."""
    found = signed_list.standing(organisation)
    if not found.signable:
        return []
    tone, text = "late", ""
    if found.roster is None:
        text = _("The list of supporters was never signed. Until it is, no phone can check whom it writes to.")
    elif found.days_left <= 0:
        tone, text = "urgent", _("The signed list has run out: phones that came by the poster send nothing. Sign now.")
    elif found.soon:
        text = ngettext(
            "The signed list runs out today.", "The signed list is good for %(count)d more days.", found.days_left
        ) % {"count": found.days_left}
    elif names := [line.name for line in found.changed]:
        text = _("%(names)s: not signed for as they stand now. Phones that came by the poster leave them out.")
        text %= {"names": some(names)}
    elif found.gone:
        text = _("Somebody left since the last signing. Sign again, so that what was signed for them is over.")
    return [Task(tone, _("Signing"), text, reverse("in_signing"), _("Look and sign"))] if text else []


def shut(organisation: Organisation, places: list[Place]) -> list[Task]:
    """Name whose card says nothing to members any more, because they started over with new words."""
    shut = directory.shut_cards(organisation.id)
    if not (names := [place.name for place in places if place.id in shut]):
        return []
    text = _(
        "%(names)s: nobody can open the numbers on their card since they made new keys. Ask them to save it again."
    )
    return [Task("late", _("Cards"), text % {"names": some(names)}, reverse("in_team"), _("See the team"))]


def unreached(organisation: Organisation, places: list[Place]) -> list[Task]:
    """Name who may not hear a call: supporters in service and who makes the rota; of their addresses nothing."""
    people = {place.person: place.name for place in places}
    people |= {person.id: person.name for person in accounts.people_who("rota.change", organisation.id)}
    states = accounts.reach_of(people)
    found = []
    for state, tone, sentence in (
        ("dead", "urgent", _("%(names)s: no message reaches them any more. Phone them.")),
        ("unconfirmed", "late", _("%(names)s: no confirmed way to be reached. Ask them for a test page.")),
    ):
        if names := sorted(name for person, name in people.items() if states[person] == state):
            text = sentence % {"names": some(names)}
            found.append(Task(tone, _("Reach"), text, reverse("in_team"), _("See the team")))
    return found


def asked(organisation: Organisation) -> list[Task]:
    """Say that supporters were asked to tell, by month and office: what helps against it is said to everybody."""
    found = []
    for one in team.asked_in(organisation.id):
        month = date_format(one.month, "F Y")
        text = (
            _("%(month)s: somebody in %(office)s asked a supporter to tell what they were told.")
            if one.office
            else _("%(month)s: somebody asked a supporter to tell what they were told.")
        ) % {"month": month, "office": one.office}
        text += " " + _("Remind everybody who leads that nobody may. Do not ask who it was.")
        does = _("I have reminded them")
        found.append(
            Task("late", _("Asked to tell"), text, reverse("in_asked_acknowledge", args=[one.id]), does, posts=True)
        )
    return found
