"""Pages of the law: what holds in an organisation, what it may choose, and what supporters read aloud and print.

All of them are made of the pack in force (policy.queries.law_in_force), as the members' pages are: none has words of
its own about an exception.
"""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.content import guides, law, load
from alongside.kernel import clock
from alongside.policy import actions, queries
from alongside.policy.forms import LawCounselForm, LawNumberForm, LawSwitchForm

PAPERS = ("notice", "consent", "consent-after-death")
LANGUAGES = {"en": "English", "fr": "Français"}


# --- the coordinator's -------------------------------------------------------------------------------------------


@require_safe
def law_page(request: HttpRequest) -> HttpResponse:
    """Show the pack in force, what comes from the law, what may be chosen, and who is to look at it again by when."""
    seat = accounts.permit(request.user, "policy.change")
    rows = _switches(seat)
    context = {
        "seat": seat,
        **_facts(seat, _language()),
        "fixed": [row for row in rows if row.fixed],
        "open": [row for row in rows if not row.fixed],
        "chosen": sum(row.chosen for row in rows),
        "lapsed": _lapsed(seat),
    }
    return render(request, "coordinate/law.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def law_choice(request: HttpRequest, key: str) -> HttpResponse:
    """Show what one choice would change on members' pages, and make it."""
    seat = accounts.permit(request.user, "policy.change")
    row = next((row for row in _switches(seat) if row.key == key), None)
    if row is None:
        raise Http404
    if "leave" in request.POST:
        return _leave(request, seat, key)
    form = _form(row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        response: HttpResponse = _choose(request, seat, row, form)
        return response
    return _choice_page(request, seat, row, form)


def _leave(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    # It changes no page, so nobody has to sign in again for it.
    try:
        actions.leave_law(seat, key)
    except law.Unknown:
        raise Http404 from None
    messages.success(request, _("Left as the law of your place has it."))
    return redirect("in_law")


@reauthentication_required
def _choose(request: HttpRequest, seat: Seat, row: law.Switch, form: forms.Form) -> HttpResponse:
    try:
        actions.choose_law(seat, row.key, _value(row, form.cleaned_data["value"]))
    except law.TooLoose:
        form.add_error(None, _("An organisation may be stricter than its pack, never looser. Nothing was changed."))
    except (law.Unknown, ValueError):
        form.add_error("value", _("This cannot be used here. Write a telephone number with digits."))
    else:
        messages.success(request, _("Changed. Members' pages and the supporters' script show it within a minute."))
        return redirect("in_law")
    return _choice_page(request, seat, row, form)


def _choice_page(request: HttpRequest, seat: Seat, row: law.Switch, form: forms.Form) -> HttpResponse:
    organisation, language = seat.organisation, _language()
    choices = queries.law_choices(organisation.id, organisation.pack)
    before = law.told(law.in_force(organisation.pack, choices, language))
    after = law.told(law.in_force(organisation.pack, {**choices, row.key: _proposed(row)}, language))
    context = {
        "seat": seat,
        "row": row,
        "form": form,
        "pack": law.in_force(organisation.pack, choices, language),
        # What only says more than before is shown as new, not as gone too.
        "gone": [text for text in before if not any(new.startswith(text) for new in after)],
        "new": [text for text in after if text not in before],
        "taking_back": row.what == "counsel" and row.on,
        "lapsed": next((one for one in _lapsed(seat) if one.key == row.key), None),
    }
    return render(request, "coordinate/law_choice.html", context, status=422 if form.errors else 200)


def _switches(seat: Seat) -> list[law.Switch]:
    choices = queries.law_choices(seat.organisation.id, seat.organisation.pack)
    return list(law.switches(seat.organisation.pack, choices, _language()))


def _lapsed(seat: Seat) -> list[queries.Lapsed]:
    return queries.lapsed_choices(seat.organisation.id, seat.organisation.pack, _language())


def _form(row: law.Switch, posted: Any) -> forms.Form:
    if row.what == "number":
        return LawNumberForm(posted, initial={"value": row.value})
    if row.what == "counsel" and not row.on:
        return LawCounselForm(posted)
    return LawSwitchForm(posted, initial={"value": "off" if row.on else "on"})


def _value(row: law.Switch, typed: str) -> object:
    """Return what was typed as the value of a choice: a text for a number and a name, else yes or no."""
    if row.what == "number" or (row.what == "counsel" and not row.on):
        return typed.strip()
    return typed == "on"


def _proposed(row: law.Switch) -> object:
    # Any name shows what counsel's agreement would change; a number changes nothing before it is typed.
    return {"number": row.value, "counsel": False if row.on else "---"}.get(row.what, not row.on)


# --- the supporter's ---------------------------------------------------------------------------------------------


@require_safe
def limits(request: HttpRequest) -> HttpResponse:
    """Show the script to read aloud, the three levels, the card for a summons, and what can be printed (K-01, K-02)."""
    seat = _seat(request)
    language = _asked_language(request)
    with translation.override(language):
        context = {
            "seat": seat,
            **_facts(seat, language),
            "limits_aloud": guides.guide("guide-limits-aloud", language),
            "levels": guides.guide("guide-levels", language),
            "elsewhere": [one.of for one in accounts.seats(seat.person) if one.of and one.of != seat.of],
        }
        return render(request, "team/limits.html", context)


@require_safe
def paper(request: HttpRequest, name: str) -> HttpResponse:
    """Show a paper to print: the written notice, or a form of consent. Nothing of it is sent or kept (K-08, K-09)."""
    seat = _seat(request)
    if name not in PAPERS:
        raise Http404
    language = _asked_language(request)
    with translation.override(language):
        return render(request, f"team/papers/{name}.html", {"seat": seat, "paper": name, **_facts(seat, language)})


def _seat(request: HttpRequest) -> Seat:
    """Return the seat where `of` says, else the first: whoever serves in two organisations reads the right limits."""
    return accounts.permit(request.user, "policy.see", accounts.organisation_at(request.GET.get("of", "")))


def _facts(seat: Seat, language: str) -> dict[str, Any]:
    organisation, today = seat.organisation, clock.now().date()
    pack = queries.law_in_force(organisation.id, organisation.pack, language)
    return {
        "pack": pack,
        "pack_known": organisation.pack in law.packs(),
        "pack_overdue": pack.overdue(today),
        "pack_ended": pack.ended(today),
        "choices_made": queries.law_version(organisation.id),
        "values": queries.in_force(organisation.id),
        "language": language,
        "languages": [(code, name) for code, name in LANGUAGES.items() if code != language],
    }


def _language() -> str:
    return (translation.get_language() or load.LANGUAGES[0])[:2]


def _asked_language(request: HttpRequest) -> str:
    """Return the language of a paper: a supporter may need it in the other one for the person beside them."""
    asked = request.GET.get("in", "")
    return asked if asked in LANGUAGES else _language()
