"""What coordinators and operators changed, as sentences for people. Who read or asked what is never written down."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.forms import OrganisationForm
from alongside.accounts.models import AuditEntry
from alongside.policy import values as policy

# What an entry says; `{...}` are its details. Keys are never renamed: old entries keep theirs.
SENTENCES = {
    "organisation.made": gettext_lazy("made the organisation {name}"),
    "organisation.changed": gettext_lazy("changed the organisation’s details: {fields}"),
    "organisation.opened": gettext_lazy("opened the organisation to requests"),
    "organisation.closed": gettext_lazy("closed the organisation to new requests"),
    "person.invited": gettext_lazy("invited {name} ({roles})"),
    "invitation.withdrawn": gettext_lazy("took back the invitation of {name}"),
    "person.afresh": gettext_lazy("let {name} enrol again: sign-in, sessions and keys were taken away"),
    "role.given": gettext_lazy("gave {name} a role: {role}"),
    "role.revoked": gettext_lazy("took a role from {name}: {role}"),
    "policy.changed": gettext_lazy("changed a number from {from} to {to}. In force since then: “{sentence}”"),
    "roster.signed": gettext_lazy(
        "signed the list of supporters: {count} people, signing number {epoch}, good until {until}"
    ),
    "root.proposed": gettext_lazy("made new signing words, with the old ones at hand"),
    "root.lost": gettext_lazy("made new signing words because the old ones were lost"),
    "root.witnessed": gettext_lazy("confirmed the new signing words as the witness: {name}"),
    "witness.offered": gettext_lazy("offered to be the witness of new signing words: {name}"),
    "poster.renewed": gettext_lazy("made poster number {number} the current one"),
    "shift.entered": gettext_lazy("put {name} on call in tier {tier}, {from} to {to}"),
    "shift.removed": gettext_lazy("took {name} off call in tier {tier}, {from} to {to}"),
}


@require_safe
def organisation(request: HttpRequest) -> HttpResponse:
    """Show what was changed in an organisation, in its own time."""
    seat = accounts.permit(request.user, "audit.see")
    with timezone.override(ZoneInfo(seat.organisation.time_zone)):
        entries = [_entry(entry) for entry in accounts.changes_of(seat.organisation.id)]
        return render(request, "coordinate/audit.html", {"seat": seat, "entries": entries})


@require_safe
def installation(request: HttpRequest) -> HttpResponse:
    """Show operators what was changed about the installation itself, in universal time."""
    seat = accounts.permit(request.user, "operate.see")
    entries = [_entry(entry, entry.organisation) for entry in accounts.changes_by_operators()]
    return render(request, "operate/changes.html", {"seat": seat, "entries": entries})


def _entry(entry: AuditEntry, of: object = None) -> dict[str, Any]:
    who = entry.person.name if entry.person else _("Somebody who has left, or the terminal of the server")
    return {"at": entry.at, "who": who, "sentence": said(entry), "of": of}


def said(entry: AuditEntry) -> str:
    """Return an entry as a sentence in the active language and time zone; no word of it is a name in the code."""
    detail = {key: _readable(key, value) for key, value in entry.detail.items()}
    if entry.what == "organisation.changed":
        labels = {name: str(field.label) for name, field in OrganisationForm.base_fields.items()}
        changed = [labels.get(key, "").split(",")[0] for key in entry.detail]
        detail = {"fields": "; ".join(filter(None, changed))}
    if entry.what == "policy.changed":
        detail["sentence"] = _promise(entry.detail)
    try:
        return str(SENTENCES[entry.what]).format(**detail)
    except KeyError:
        return _("made a change that this version has no sentence for")


def _promise(detail: dict[str, Any]) -> str:
    try:
        return policy.sentence(detail["key"], detail["to"])
    except (KeyError, TypeError):
        return _("a number that this version no longer has")


def _readable(key: str, value: object) -> str:
    """Return a detail for a sentence: roles by their names, a moment in local time, a list with commas."""
    if isinstance(value, list):
        return ", ".join(_readable(key, one) for one in value)
    if key in {"role", "roles"}:
        return str(accounts.ROLE_NAMES.get(str(value), ""))
    moment = parse_datetime(value) if isinstance(value, str) and "T" in value else None
    return formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT") if moment else str(value)
