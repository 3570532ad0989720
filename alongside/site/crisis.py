"""The crisis path of supporters, and the card of it to print: no sign-in, no cookie, the same bytes for all (D-14).

What stands on it is public: the law's pack, the emergency numbers, and the duty lines that the programme entered for
it. A supporter's device keeps it for when there is no network (browser/src/worker/keeping.ts). Nothing that is tapped
on it comes here: its steps are places on one page.
"""

from typing import Any

from django import db
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from alongside.accounts import queries as accounts
from alongside.accounts import rules
from alongside.accounts.models import Organisation
from alongside.content import crisis, law
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.site import rendered
from alongside.site.member_pages import LONGEST_SLUG, NAMES, Phone, without_database


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the crisis path: of one's own programme, of the only one there is, or to the card that needs none."""
    language = (translation.get_language() or "en")[:2]
    language = language if language in NAMES else "en"
    try:
        home = _home(request)
    except db.Error:
        home = None
    if home is None:
        return HttpResponseRedirect(reverse("in_crisis_card", args=[law.FALLBACK, language]))
    return HttpResponseRedirect(reverse("in_crisis_path", args=[home.slug, language]))


def _home(request: HttpRequest) -> Organisation | None:
    if request.user.is_authenticated:
        own = next((seat.of for seat in accounts.seats(request.user) if seat.of), None)
        if own is not None:
            return own
    return accounts.only_organisation()


@require_safe
def path(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Show the crisis path of a programme, every screen of it on one page."""
    if language not in NAMES or len(organisation) > LONGEST_SLUG:
        return without_database(404, "en")
    key = f"crisis/{organisation}/{language}"
    found = rendered.page(key, lambda: _path(organisation, language), language, clock.now())
    # Without a database, and without a page kept from before, the card has everything but the programme's numbers.
    return rendered.respond(request, found) if found else card(request, law.FALLBACK, language)


@require_safe
def card(request: HttpRequest, pack: str, language: str) -> HttpResponse:
    """Show the card of a place to print: nothing about a team stands on it, and no database is needed."""
    if language not in NAMES or pack not in law.packs():
        return without_database(404, "en")
    found = rendered.page(f"crisis-card/{pack}/{language}", lambda: _card(pack, language), language, clock.now())
    return rendered.respond(request, found) if found else without_database(503, language)


def _path(slug: str, language: str) -> tuple[int, str]:
    try:
        organisation = accounts.open_organisation(slug)
    except Organisation.DoesNotExist:
        return 404, without_database(404, language).content.decode()
    pack = policy.law_in_force(organisation.id, organisation.pack, language)
    hour_words = crisis.hour_words(language)
    facts = {
        **_facts(pack, language),
        "organisation": organisation,
        "lines": _lines(organisation, pack, language),
        "no_hours": hour_words["none"],
        # Where every hour is covered there are no others to speak of.
        "outside": hour_words["outside"] if rules.unreached(organisation.clinical_hours or ()) else "",
        "languages": [(code, label) for code, label in NAMES.items() if code != language],
    }
    with translation.override(language):
        return 200, render_to_string("crisis/path.html", facts)


def _lines(
    organisation: Organisation, pack: law.Pack, language: str
) -> list[tuple[str, Phone, tuple[str, ...] | None]]:
    """Return whom a supporter may call for backup or advice, in this order, as far as the programme entered it, and in
    which hours of every week; None where a line has none.

    Never whether somebody answers now: the page is the same for all, and kept on devices (decision 0038).
    """
    hours = crisis.hours(organisation.clinical_hours or (), language)
    words = crisis.words(language)
    numbers = {
        "on_call": organisation.on_call_number,
        "clinical": organisation.clinical_number,
        "coordinator": organisation.coordinator_number,
    }
    found = [
        (words[name], Phone.of(number, pack.hide_number), hours if name == "clinical" else None)
        for name, number in numbers.items()
    ]
    return [(label, phone, when) for label, phone, when in found if phone is not None]


def _card(pack: str, language: str) -> tuple[int, str]:
    facts = {**_facts(law.pack(pack, language), language), "languages": list(NAMES.items())}
    with translation.override(language):
        return 200, render_to_string("crisis/card.html", facts)


def _facts(pack: law.Pack, language: str) -> dict[str, Any]:
    return {
        "demo": settings.DEMO,
        "language": language,
        "pack": pack,
        "words": crisis.words(language),
        "cases": crisis.cases(pack, language),
        "unsure": crisis.unsure(language),
    }
