"""Many organisations from a list: what will happen is shown line by line first, then all are made or none."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from allauth.account.decorators import reauthentication_required
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from alongside.accounts import actions, queries
from alongside.accounts.forms import PHONE, SLUG
from alongside.accounts.models import Organisation
from alongside.accounts.queries import Seat, permit
from alongside.accounts.rules import COLUMNS, MOST_LINES, BadList, ListLine, cell_problem, read_list
from alongside.content import law
from alongside.kernel import clock
from alongside.notify import queries as notify
from alongside.policy.values import setting

LABELS = {
    "short_name": gettext_lazy("Short name"),
    "name": gettext_lazy("Name"),
    "neutral_title": gettext_lazy("Neutral title"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "pack": gettext_lazy("Law pack"),
    "on_call_number": gettext_lazy("On-call number"),
    "headcount": gettext_lazy("People"),
    "coordinator_name": gettext_lazy("Coordinator"),
    "coordinator_email": gettext_lazy("Coordinator’s e-mail"),
}
CELLS = {
    "long": gettext_lazy("This is too long."),
    "formula": gettext_lazy("This begins like a formula, which a spreadsheet would run. Write it as plain text."),
    "unreadable": gettext_lazy("This holds signs that cannot be read."),
}
WHOLE = {
    "too-long": gettext_lazy("The list is too long. Take it in parts, a few hundred lines each."),
    "too-many": gettext_lazy("The list has more lines than can be taken at once. Take it in parts."),
    "not-utf8": gettext_lazy("Line {at} is not in UTF-8. In a spreadsheet, save it as “CSV UTF-8”."),
    "empty": gettext_lazy("There is no line in the list."),
    "no-columns": gettext_lazy("These columns are missing in the first line: {at}."),
    "unknown-columns": gettext_lazy("These columns are unknown, or named twice: {at}."),
    "broken": gettext_lazy("Line {at} is no line of a table: look at its quotation marks and commas."),
}
EXAMPLE = (
    ",".join(COLUMNS) + "\n"
    "birch-hall,Birch Hall Fire,Shift info,en,America/Chicago,generic-us,"
    "+1 218 555 0177,40,Wren Castillo,wren@birch.example\n"
)


class LineForm(forms.Form):
    """One line of the list."""

    short_name = forms.CharField(max_length=40, validators=[SLUG])
    name = forms.CharField(max_length=120)
    neutral_title = forms.CharField(max_length=40)
    language = forms.CharField(max_length=5)
    time_zone = forms.CharField(max_length=60)
    pack = forms.CharField(max_length=40)
    on_call_number = forms.CharField(max_length=30, required=False, validators=[PHONE])
    headcount = forms.IntegerField(min_value=1, max_value=1_000_000)
    coordinator_name = forms.CharField(max_length=80)
    coordinator_email = forms.EmailField(max_length=254)

    def clean_language(self) -> str:
        """Take a language of the pages."""
        return self._one_of("language", [code for code, _name in settings.LANGUAGES])

    def clean_time_zone(self) -> str:
        """Take a time zone that exists."""
        if self.cleaned_data["time_zone"] not in _zones():
            raise ValidationError(_("There is no such time zone. Write it as America/Chicago."))
        return str(self.cleaned_data["time_zone"])

    def clean_pack(self) -> str:
        """Take a pack of this version."""
        return self._one_of("pack", list(law.packs()))

    def _one_of(self, field: str, known: list[str]) -> str:
        if self.cleaned_data[field] not in known:
            raise ValidationError(_("Write one of these: %s.") % ", ".join(known))
        return str(self.cleaned_data[field])


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@dataclass(frozen=True)
class Planned:
    """What a line will do: `new`, `invite` where only somebody to lead it is missing, `there`, or `wrong`."""

    number: int
    short_name: str
    name: str
    state: str
    errors: tuple[tuple[str, str], ...] = ()
    listed: actions.Listed | None = None


@dataclass(frozen=True)
class Plan:
    """What a list will do, line by line; `wrong` says why it cannot be read at all."""

    lines: tuple[Planned, ...] = ()
    wrong: str = ""

    def count(self, state: str) -> int:
        """Return how many lines are so."""
        return sum(one.state == state for one in self.lines)

    @property
    def sound(self) -> bool:
        """Whether it could be done as it stands."""
        return not self.wrong and not self.count("wrong")

    @property
    def listed(self) -> list[actions.Listed]:
        """What is to be made or led."""
        return [one.listed for one in self.lines if one.listed]


def plan(text: str, now: datetime) -> Plan:
    """Return what a list would do now; nothing is changed."""
    try:
        lines = read_list(text)
    except BadList as error:
        return Plan(wrong=str(WHOLE[error.code]).format(at=error.at))
    existing = {one.slug: one for one in queries.organisations()}
    led = queries.led((one.id for one in existing.values()), now)
    slugs = Counter(line.cells["short_name"] for line in lines)
    names = Counter(_folded(line.cells["name"]) for line in lines)
    taken = {_folded(one.name): one.slug for one in existing.values()}
    planned = []
    for line in lines:
        form = LineForm({name: line.cells[name] for name in COLUMNS})
        errors = _errors(line, form)
        if slugs[line.cells["short_name"]] > 1:
            errors.append((_label("short_name"), _("This short name stands in the list twice.")))
        if names[_folded(line.cells["name"])] > 1:
            errors.append((_label("name"), _("This name stands in the list twice.")))
        there = existing.get(line.cells["short_name"])
        if there and _folded(there.name) != _folded(line.cells["name"]):
            errors.append((_label("short_name"), _("Another organisation has this short name: %s.") % there.name))
        elif not there and _folded(line.cells["name"]) in taken:
            errors.append(
                (_label("name"), _("There is an organisation of this name: %s.") % taken[_folded(line.cells["name"])])
            )
        planned.append(_planned(line, form, errors, there, led=bool(there and there.id in led)))
    return Plan(tuple(planned))


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _label(column: str) -> str:
    return str(LABELS[column])


def _errors(line: ListLine, form: LineForm) -> list[tuple[str, str]]:
    found = [(_label(name), str(CELLS[code])) for name in COLUMNS if (code := cell_problem(name, line.cells[name]))]
    told = {label for label, _says in found}
    for name, problems in form.errors.items():
        if _label(name) not in told:
            found += [(_label(name), str(problem)) for problem in problems]
    return found


def _planned(
    line: ListLine, form: LineForm, errors: Sequence[tuple[str, str]], there: Organisation | None, *, led: bool
) -> Planned:
    # What a bad cell holds may be anything, of any length.
    shown = Planned(line.number, line.cells["short_name"][:40], line.cells["name"][:120], "wrong", tuple(errors))
    if errors:
        return shown
    if there and led:
        return replace(shown, state="there")
    given = dict(form.cleaned_data)
    who, email = given.pop("coordinator_name"), given.pop("coordinator_email")
    details = {"slug": given.pop("short_name"), **given}
    return replace(shown, state="invite" if there else "new", listed=actions.Listed(details, who, email, there=there))


def carry_out(seat: Seat | None, found: Plan, now: datetime) -> datetime | None:
    """Do what was planned, all or nothing; return when the last invitation goes out, None if something came between."""
    try:
        days = setting("invitation_valid").default
        return actions.import_organisations(seat, found.listed, valid_days=days, now=now)
    except (ValidationError, ValueError, IntegrityError):
        return None


class ListForm(forms.Form):
    """The list, pasted or read from a file by the page."""

    text = forms.CharField(
        label=gettext_lazy("The list"),
        strip=False,
        max_length=180_000,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "autocomplete": "off", "wrap": "off"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show what a list will do, and do it."""
    seat = permit(request.user, "operate.change")
    return _page(request, seat)  # type: ignore[no-any-return]


@reauthentication_required
def _page(request: HttpRequest, seat: Seat) -> HttpResponse:
    now = clock.now()
    form = ListForm(request.POST or None)
    found = plan(form.cleaned_data["text"], now) if request.method == "POST" and form.is_valid() else None
    if found and found.sound and found.listed and request.POST.get("step") == "make":
        if carry_out(seat, found, now):
            count = len(found.listed)
            said = ngettext("Done: one line of the list.", "Done: %(count)d lines of the list.", count) % {
                "count": count
            }
            messages.success(request, said)
            return redirect("in_organisations_import")
        messages.error(request, _("Something was changed meanwhile, so nothing was made. Look at the list again."))
        found = plan(form.cleaned_data["text"], now)
    waiting, last = notify.still_to_come("invitation", now)
    context: dict[str, Any] = {
        "seat": seat,
        "form": form,
        "plan": found,
        "counts": {state: found.count(state) for state in ("new", "invite", "there", "wrong")} if found else {},
        "minutes": max(1, len(found.listed) * actions.PACE // timedelta(minutes=1)) if found else 0,
        "waiting": waiting,
        "last": last,
        "columns": [(name, LABELS[name]) for name in COLUMNS],
        "example": EXAMPLE,
        "packs": law.packs(),
        "most": MOST_LINES,
    }
    bad = bool(form.errors) or (found is not None and not found.sound)
    return render(request, "operate/import.html", context, status=422 if bad else 200)
