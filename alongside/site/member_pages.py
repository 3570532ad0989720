"""The pages of members: no account, no cookie, the same bytes for everybody.

A page is rendered when its organisation, its people on call or its policy may have changed, and served from memory
otherwise (rendered.py). Without a database the last one is served, and without that a plain page with the crisis
numbers (A-25).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.http import require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.models import Organisation
from alongside.content import asking, cards, guides
from alongside.content import library as sources
from alongside.directory import actions as directory
from alongside.directory import queries as listed
from alongside.kernel import clock
from alongside.notify import queries as outbox
from alongside.policy import queries as policy
from alongside.policy.values import Values
from alongside.rota import queries as rota
from alongside.site import rendered

NAMES = {"en": "English", "fr": "Français"}
LONGEST_SLUG = 40


@dataclass(frozen=True)
class Team:
    """Who can be asked now, in numbers.

    `on_duty` are on call and may be reached by the programme's number; `on_call` are those of them who have a key too.
    """

    candidates: int
    on_call: int
    on_duty: int


def page(request: HttpRequest, slug: str, language: str, name: str, **more: object) -> HttpResponse:
    """Answer with one page of an organisation: 404 and 410 pages show the crisis numbers too."""
    if language not in NAMES or len(slug) > LONGEST_SLUG:
        return without_database(404, "en")
    now = clock.now()
    key = f"member/{slug}/{language}/{name}/{'/'.join(map(str, more.values()))}"
    found = rendered.page(key, lambda: _render(slug, language, name, now, more), language, now)
    return rendered.respond(request, found) if found else without_database(503, language)


@require_safe
def home(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Show the four doors, below the crisis numbers."""
    return page(request, organisation, language, "home")


@require_safe
def now(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Show the limits in short and the programme's own number."""
    return page(request, organisation, language, "now")


@require_safe
def limits(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Show what stays private and when a peer must act, from the pack in force (A-24)."""
    return page(request, organisation, language, "limits")


@require_safe
def ask(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Show limits, form and progress in one page; what is typed never comes here."""
    return page(request, organisation, language, "ask")


@require_safe
def back(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Show the way back to a request by words or by this device."""
    return page(request, organisation, language, "back")


@require_safe
def choose(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Show the cards of the directory; what somebody looks for stays on their device (A-06)."""
    return page(request, organisation, language, "choose")


@require_safe
def colleague(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Show how to open the talk with a colleague, and who can help."""
    return page(request, organisation, language, "colleague")


@require_safe
def resources(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Show help outside the programme that somebody confirmed, sorted and with each one's own limits (A-33)."""
    return page(request, organisation, language, "resources")


@require_safe
def library(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Show what the texts of these pages rest on (L-27)."""
    return page(request, organisation, language, "library")


@require_safe
def colleague_refer(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Show limits and form of a colleague's worry (A-02); it is sealed and sent as any request is."""
    return page(request, organisation, language, "colleague/refer")


@require_safe
def manager(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Say what a manager's referral is and is not."""
    return page(request, organisation, language, "manager")


@require_safe
def manager_refer(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Show limits and form of a manager's referral, with the attestation that it needs (A-04, A-05)."""
    return page(request, organisation, language, "manager/refer")


@require_safe
def offline(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Show the numbers where there is no network and the page asked for was never visited (A-25)."""
    return page(request, organisation, language, "offline")


@require_safe
def guide(request: HttpRequest, organisation: str, language: str, guide: str) -> HttpResponse:
    """Show one short guide (A-22)."""
    if guide not in (*guides.MEMBER_GUIDES, *guides.MANAGER_GUIDES):
        return without_database(404, language if language in NAMES else "en")
    return page(request, organisation, language, "guide", guide=guide)


def _render(slug: str, language: str, name: str, moment: datetime, more: Mapping[str, object]) -> tuple[int, str]:
    try:
        organisation = accounts.open_organisation(slug)
    except Organisation.DoesNotExist:
        return 404, _plain(404, language)
    with translation.override(language):
        facts = _facts(organisation, language, name, moment)
        # Who asked before it was closed can still follow, read and erase.
        if not organisation.open and name != "back":
            return 410, render_to_string("ask/closed.html", facts)
        if name == "resources":
            facts |= _outside(organisation, language, moment)
        facts |= {**_more(name, language, more), **_partners(organisation, name, moment)}
        template = name.rpartition("/")[2]
        return 200, render_to_string(f"ask/{template}.html", facts)


def _facts(organisation: Organisation, language: str, name: str, moment: datetime) -> dict[str, Any]:
    values = policy.in_force(organisation.id)
    pack = policy.law_in_force(organisation.id, organisation.pack, language)
    base = f"/ask/{organisation.slug}"
    return {
        "demo": settings.DEMO,
        "page": name,
        "organisation": organisation,
        "language": language,
        "languages": [(code, label) for code, label in NAMES.items() if code != language],
        "base": base,
        "path": f"{base}/{language}",
        "pack": pack,
        "pack_overdue": pack.overdue(moment.date()),
        "pack_ended": pack.ended(moment.date()),
        "choices_made": policy.law_version(organisation.id),
        "values": values,
        "team": _team(organisation, values, moment),
        "phone": Phone.of(organisation.on_call_number, pack.hide_number),
        "push_key": outbox.push_key(),
    }


def _outside(organisation: Organisation, language: str, moment: datetime) -> dict[str, Any]:
    found = listed.shown(organisation, moment)
    return {
        "groups": listed.grouped(found, language),
        "needs": listed.needs_of(found, language),
        "confirmed": sum(one.standing != "always" for one in found),
    }


def _more(name: str, language: str, more: Mapping[str, object]) -> dict[str, object]:
    if name == "ask":
        return {"topics": asking.topics(language), "wishes": asking.wishes(language)}
    if name == "library":
        return {"works": sources.works(language)}
    if name.endswith("/refer"):
        kind = name.partition("/")[0]
        # In a manager's hands a job matter would be what the attestation denies.
        return {"kind": kind, "topics": [t for t in asking.topics(language) if kind == "colleague" or not t.boundary]}
    if name == "choose":
        offered: dict[str, object] = {kind: cards.choices(kind, language) for kind in cards.KINDS}
        # The page's own `languages` are those it can be read in.
        offered["languages_spoken"] = offered.pop("languages")
        return {**offered, "guide": guides.guide("what-a-peer-is", language)}
    if name == "manager":
        return {"guides": [guides.guide(key, language) for key in (*guides.MANAGER_GUIDES, "after-a-hard-call")]}
    shown = {"home": "after-a-hard-call", "colleague": "open-the-talk", "guide": more.get("guide")}.get(name)
    return {"guide": guides.guide(str(shown), language)} if shown else {}


def _partners(organisation: Organisation, name: str, moment: datetime) -> dict[str, object]:
    """Return the organisations of mutual aid that a page's script must know, and those whose peers can be asked now.

    The way back also knows agreements that have ended: what was asked under them lives on there.
    """
    if name not in ("ask", "back"):
        return {}
    states = ("agreed", "ended") if name == "back" else ("agreed",)
    known = {one.slug: one for one in listed.partners_of(organisation.id) if one.state in states}.values()
    helping = listed.helping(organisation.id) if name == "ask" and known else []
    return {
        "partners": json.dumps([{"slug": one.slug, "name": one.name} for one in known], ensure_ascii=False),
        "helping": [one for one in helping if directory.candidates_now(one, policy.in_force(one.id), moment)],
    }


def _team(organisation: Organisation, values: Values, moment: datetime) -> Team:
    # Only reads, so that a page can be shown while the database takes no writing.
    found = directory.candidates_now(organisation, values, moment)
    on_call = sum(one.rank in ("primary", "backup") for one in found)
    return Team(len(found), on_call, len(rota.on_call_at(organisation.id, moment)))


@dataclass(frozen=True)
class Phone:
    """A number as it is read, as it is dialled, and as it is dialled without showing one's own."""

    shown: str
    dial: str
    hidden: str

    @classmethod
    def of(cls, number: str, hide: str) -> "Phone | None":
        """Read an organisation's number; None where it has none."""
        dial = re.sub(r"[^\d+]", "", number)
        if not dial:
            return None
        # The code goes before the number as one dials it at home: a plus sign after it would not be understood.
        return cls(number, dial, f"{hide}{dial.removeprefix('+')}" if hide else "")


def without_database(status: int, language: str) -> HttpResponse:
    """Answer with a page that needs no database and still shows the crisis numbers."""
    return HttpResponse(_plain(status, language), status=status)


def _plain(status: int, language: str) -> str:
    with translation.override(language):
        return render_to_string(f"public/{status}.html", {"demo": settings.DEMO, "language": language})
