"""The coordinator's board: one page that answers "is anything wrong?".

It composes queries and decides nothing. Of requests it says state and lateness, never what was asked, and never who was
called (M-06).
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.models import Organisation
from alongside.content import law
from alongside.directory import queries as directory
from alongside.escalation import actions as ladders
from alongside.escalation import queries as escalation
from alongside.escalation.queries import BoardRow
from alongside.kernel import clock
from alongside.notify import queries as notify
from alongside.policy import queries as policy
from alongside.programme import queries as programme
from alongside.rota import queries as rota
from alongside.rota.queries import Sought
from alongside.rota.rules import Gap
from alongside.site import debriefs, doctor, schedule, signed_list
from alongside.team import actions as team_actions
from alongside.team import queries as team
from alongside.team.queries import Place

WAITING = ("open", "alerted")
STRIP_DAYS = 14
GAPS_SHOWN = NAMES_SHOWN = 4
LAW_SOON = timedelta(days=30)


@dataclass(frozen=True)
class Task:
    """One thing that needs the coordinator: a word, a sentence, and where it is set right."""

    tone: str
    word: str | Promise
    text: str
    route: str
    does: str
    posts: bool = False


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show what needs the coordinator, who is on call, and how many requests wait."""
    seat = accounts.permit(request.user, "board.see")
    organisation, now = seat.organisation, clock.now()
    with timezone.override(ZoneInfo(organisation.time_zone)):
        return render(request, "coordinate/board.html", {"seat": seat, "now": now, **_page(organisation, now)})


@require_POST
def acknowledge(request: HttpRequest, ladder: uuid.UUID) -> HttpResponse:
    """Take a request that nobody answered off the board."""
    seat = accounts.permit(request.user, "board.acknowledge")
    if not ladders.acknowledge(seat.organisation.id, ladder):
        raise Http404
    notices.success(request, _("Acknowledged."))
    return redirect("in_board")


@require_POST
def acknowledge_asked(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Take it off the board that a supporter was asked to tell."""
    seat = accounts.permit(request.user, "board.acknowledge")
    if not team_actions.acknowledge_asked(seat.organisation.id, id):
        raise Http404
    notices.success(request, _("Acknowledged. Nothing of it is kept."))
    return redirect("in_board")


def _page(organisation: Organisation, now: datetime) -> dict[str, object]:
    values = policy.in_force(organisation.id)
    rows = [row for row in escalation.board(organisation.id, now) if not row.acknowledged]
    places = [place for place in team.roster(organisation.id, now) if place.status == "active"]
    gaps = rota.gaps_between(organisation.id, now, now + timedelta(days=values.gap_days))
    sought = rota.sought(organisation.id, now)
    tasks = [
        *_standing_still(now),
        *_late(rows),
        *_undelivered(rows),
        *_uncovered(gaps, sought),
        *_untaken(sought),
        *(Task(tone, _("Debrief"), *said, _("See to it")) for tone, said in debriefs.due(organisation, now)),
        *_nobody_ready(organisation, places, sought),
        *_unready(places),
        *_unsigned(organisation),
        *_shut(organisation, places),
        *_unreached(organisation, places),
        *_unreachable(organisation),
        *_uncalled(organisation, now),
        *_law(organisation, now),
        *_lapsed(organisation),
        *_asked(organisation),
        *_offered(organisation),
    ]
    units = programme.coverage(organisation, now)
    return {
        "units": len(units),
        "covered": sum(one.due.state in {"good", "soon"} for one in units),
        "readers": programme.readers(organisation, now),
        "heading": _heading(len(tasks)),
        "tasks": tasks,
        "waiting": sum(row.state in WAITING for row in rows),
        "late": sum(row.late for row in rows if row.state in WAITING),
        "held": sum(row.state not in (*WAITING, "unanswered") for row in rows),
        "invitations": accounts.invitations_of(organisation.id, now),
        "serving": len(places),
        "wanted": -(-organisation.headcount // values.team_ratio),
        "ratio": values.team_ratio,
        "on_call": _on_call(organisation, {place.id: place.name for place in places}, now),
        "beyond": rota.left_beyond(organisation.id, now),
        "sought": [one.duty for one in sought if not one.nobody],
        "strip": rota.strip(organisation.id, ZoneInfo(organisation.time_zone), now, STRIP_DAYS),
    }


def _heading(tasks: int) -> str:
    if not tasks:
        return _("Nothing needs you.")
    return ngettext("One thing needs you.", "%(count)d things need you.", tasks) % {"count": tasks}


# --- what needs the coordinator ----------------------------------------------------------------------------------


def _standing_still(now: datetime) -> list[Task]:
    age, oldest = schedule.seconds_since_mark(), notify.outbox().oldest_due
    still = age is not None and age > doctor.LATE.total_seconds()
    if not still and (oldest is None or oldest >= now - doctor.LATE):
        return []
    text = _(
        "Nobody is being alerted: the timed jobs of this installation stand still. Tell its operator, phone the team."
    )
    return [Task("urgent", _("Alerts"), text, reverse("in_rota"), _("Who is on call"))]


def _late(rows: list[BoardRow]) -> list[Task]:
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


def _undelivered(rows: list[BoardRow]) -> list[Task]:
    if not (failed := notify.failed_about(row.ladder_id for row in rows)):
        return []
    text = ngettext(
        "A message to a supporter could not be delivered for one waiting request. Phone those on call.",
        "Messages to supporters could not be delivered for %(count)d requests. Phone those on call.",
        len(failed),
    )
    return [Task("urgent", _("Messages"), text % {"count": len(failed)}, reverse("in_team"), _("See the team"))]


def _uncovered(gaps: list[Gap], sought: list[Sought]) -> list[Task]:
    shown = [_gap(gap, sought) for gap in gaps[:GAPS_SHOWN]]
    if rest := len(gaps) - len(shown):
        text = ngettext("One more on-call gap after these.", "%(count)d more on-call gaps after these.", rest)
        shown.append(Task("late", _("On-call gap"), text % {"count": rest}, reverse("in_rota"), _("See the rota")))
    return shown


def _untaken(sought: list[Sought]) -> list[Task]:
    """Say for which shifts nobody is left to be asked, and nobody said yes; of those who were asked nothing."""
    asked = _("Nobody took the shift from %(start)s to %(end)s. Everybody who could was asked. Phone them.")
    none = _("Nobody could be asked to take the shift from %(start)s to %(end)s: nobody is free and ready then.")
    tasks = []
    for one in [one for one in sought if one.nobody][:GAPS_SHOWN]:
        text = (asked if one.asked else none) % _span(one.duty.starts_at, one.duty.ends_at)
        tasks.append(Task("urgent", _("Cover"), text, reverse("in_rota"), _("See the rota")))
    return tasks


def _nobody_ready(organisation: Organisation, places: list[Place], sought: list[Sought]) -> list[Task]:
    """Say why nobody can be asked or planned, where nobody's readiness was ever written down (D-03, D-12)."""
    wanted = places and (sought or rota.patterns_in_force(organisation))
    if not (wanted and rota.missing_of_all(organisation.id)):
        return []
    text = _(
        "Nobody is written down as trained, with a checked phone. Until then nobody is planned or asked for cover."
    )
    return [Task("urgent", _("Ready for duty"), text, reverse("in_readiness"), _("Write it down"))]


def _span(begins: datetime, ends: datetime) -> dict[str, str]:
    start, end = timezone.localtime(begins), timezone.localtime(ends)
    return {
        "start": date_format(start, _("D j M, H:i")),
        "end": date_format(end, "H:i" if end - start < timedelta(hours=24) else _("D j M, H:i")),
    }


def _gap(gap: Gap, sought: list[Sought]) -> Task:
    first, backup = _("Nobody is first on call from %(start)s to %(end)s."), _("No backup from %(start)s to %(end)s.")
    text = (first if gap.tier == 1 else backup) % _span(gap.starts_at, gap.ends_at)
    label = _("See the rota") if rota.is_sought(gap, sought) else _("Find cover")
    return Task("urgent", _("On-call gap"), text, reverse("in_rota"), label)


def _unready(places: list[Place]) -> list[Task]:
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
            found.append(Task("late", word, sentence % {"names": _some(names)}, reverse("in_team"), _("See the team")))
    return found


def _unsigned(organisation: Organisation) -> list[Task]:
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
        text %= {"names": _some(names)}
    elif found.gone:
        text = _("Somebody left since the last signing. Sign again, so that what was signed for them is over.")
    return [Task(tone, _("Signing"), text, reverse("in_signing"), _("Look and sign"))] if text else []


def _shut(organisation: Organisation, places: list[Place]) -> list[Task]:
    """Name whose card says nothing to members any more, because they started over with new words."""
    shut = directory.shut_cards(organisation.id)
    if not (names := [place.name for place in places if place.id in shut]):
        return []
    text = _(
        "%(names)s: nobody can open the numbers on their card since they made new keys. Ask them to save it again."
    )
    return [Task("late", _("Cards"), text % {"names": _some(names)}, reverse("in_team"), _("See the team"))]


def _unreached(organisation: Organisation, places: list[Place]) -> list[Task]:
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
            text = sentence % {"names": _some(names)}
            found.append(Task(tone, _("Reach"), text, reverse("in_team"), _("See the team")))
    return found


def _offered(organisation: Organisation) -> list[Task]:
    """Name who proposes mutual aid and waits for an answer."""
    text = _("%(name)s proposes mutual aid. Until you agree, nothing changes.")
    return [
        Task("late", _("Partners"), text % {"name": one.name}, reverse("in_partners"), _("Look at it"))
        for one in directory.partners_of(organisation.id)
        if one.state == "offered"
    ]


def _some(names: list[str]) -> str:
    if len(names) <= NAMES_SHOWN:
        return ", ".join(names)
    shown, rest = ", ".join(names[: NAMES_SHOWN - 1]), len(names) - NAMES_SHOWN + 1
    return _("%(names)s and %(count)d more") % {"names": shown, "count": rest}


def _unreachable(organisation: Organisation) -> list[Task]:
    if organisation.on_call_number:
        return []
    text = _("Members' pages show no on-call number: “Talk to a peer now” leads to the hotlines only.")
    return [Task("urgent", _("Number"), text, reverse("in_programme"), _("Enter it"))]


def _uncalled(organisation: Organisation, now: datetime) -> list[Task]:
    """Name what members no longer see, or soon will not: numbers outside that nobody called again."""
    found, language = directory.expiring(organisation, now), get_language() or "en"
    sentences = (
        _("Hidden from members, since nobody called again in time: %(names)s."),
        _("To be called again soon, or members will not see them: %(names)s."),
    )
    tasks = []
    for entries, sentence in zip(found, sentences, strict=True):
        if names := [one.says(language)["name"].text for one in entries]:
            text = sentence % {"names": _some(names)}
            tasks.append(Task("late", _("Numbers"), text, reverse("in_resources"), _("Call them")))
    return tasks


def _law(organisation: Organisation, now: datetime) -> list[Task]:
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


def _lapsed(organisation: Organisation) -> list[Task]:
    """Say that choices were made beside another pack: they count for nothing until somebody chooses again."""
    found = policy.lapsed_choices(organisation.id, organisation.pack, get_language() or "en")
    text = ngettext(
        "One choice was made under the law of another place. It does not count here: look at it again.",
        "%(count)d choices were made under the law of another place. They do not count here: look at them again.",
        len(found),
    ) % {"count": len(found)}
    return [Task("late", _("Law"), text, reverse("in_law"), _("Look at it"))] if found else []


def _asked(organisation: Organisation) -> list[Task]:
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


# --- who is on call ----------------------------------------------------------------------------------------------


def _on_call(organisation: Organisation, names: dict[uuid.UUID, str], now: datetime) -> list[tuple[int, str]]:
    found = rota.on_call_at(organisation.id, now)
    return [(tier, names.get(found[tier], "") if tier in found else "") for tier in rota.tiers_of(organisation.id)]
