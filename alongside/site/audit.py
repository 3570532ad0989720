"""What coordinators and operators changed, as sentences for people. Who read or asked what is never written down."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.forms import NewOrganisationForm
from alongside.accounts.models import AuditEntry
from alongside.content import law
from alongside.policy import values as policy
from alongside.rota import queries as rota

# What an entry says; `{...}` are its details. Keys are never renamed: old entries keep theirs.
SENTENCES = {
    "organisation.made": gettext_lazy("made the organisation {name}"),
    "organisations.imported": gettext_lazy("made {count} organisations from a list and invited who leads {invited}"),
    "organisation.changed": gettext_lazy("changed the organisation’s details: {fields}"),
    "organisation.pack": gettext_lazy("gave {name} the law of {to} instead of {from}"),
    "law.chosen": gettext_lazy("changed what members are told about limits. In force since then: {sentence}"),
    "law.left": gettext_lazy(
        "looked again at what had been chosen under the law of another place, and left it as it is here: {rule}"
    ),
    "organisation.opened": gettext_lazy("opened the organisation to requests"),
    "organisation.closed": gettext_lazy("closed the organisation to new requests"),
    "person.invited": gettext_lazy("invited {name} ({roles})"),
    "invitation.withdrawn": gettext_lazy("took back the invitation of {name}"),
    "person.afresh": gettext_lazy("let {name} enrol again: sign-in, sessions and keys were taken away"),
    "role.given": gettext_lazy("gave {name} a role: {role}"),
    "role.revoked": gettext_lazy("took a role from {name}: {role}"),
    "policy.changed": gettext_lazy("changed a number from {from} to {to}. In force since then: “{sentence}”"),
    # The same of what is one of a few: its number is only how it is kept.
    "policy.chosen": gettext_lazy("changed a rule. Until then: “{before}” Since then: “{sentence}”"),
    "roster.signed": gettext_lazy(
        "signed the list of supporters: {count} people, signing number {epoch}, good until {until}"
    ),
    "root.proposed": gettext_lazy("made new signing words, with the old ones at hand"),
    "root.lost": gettext_lazy("made new signing words because the old ones were lost"),
    "root.witnessed": gettext_lazy("confirmed the new signing words as the witness: {name}"),
    "witness.offered": gettext_lazy("offered to be the witness of new signing words: {name}"),
    "poster.renewed": gettext_lazy("made poster number {number} the current one"),
    "ready.changed": gettext_lazy("wrote down what readies {name} for duty: training, telephone, what was issued"),
    "shift.entered": gettext_lazy("put {name} on call ({tier}), {from} to {to}"),
    "shift.entered_anyway": gettext_lazy(
        "put {name} on call ({tier}), {from} to {to}, after reading what speaks against it"
    ),
    "shift.exchanged": gettext_lazy(
        "let {name} ({tier}, {from} to {to}) and {other} ({other_tier}, {other_from} to {other_to}) exchange"
    ),
    "shift.moved": gettext_lazy(
        "moved {name} from {tier}, {from} to {to}, to {other_tier}, {other_from} to {other_to}"
    ),
    "shift.given": gettext_lazy("gave the shift of {name} ({tier}), {from} to {to}, to {other}"),
    "cover.sought": gettext_lazy("had cover sought ({tier}), {from} to {to}"),
    "cover.stopped": gettext_lazy("ended the search for cover ({tier}), {from} to {to}"),
    "resource.verified": gettext_lazy("called {name} on {called_on} and confirmed what members see of it"),
    "resource.added": gettext_lazy("added {name} to the numbers outside the programme; hidden until it is called"),
    "resource.off": gettext_lazy("switched {name} off: members do not see it"),
    "resource.on": gettext_lazy("switched {name} on again"),
    "resource.removed": gettext_lazy("removed {name} from the numbers outside the programme"),
    "briefing.removed": gettext_lazy("took back the briefing of {office} on {held_on}"),
    "briefing.recorded": gettext_lazy("recorded a briefing of {office} on {held_on}"),
    "partner.proposed": gettext_lazy("proposed mutual aid to {name}"),
    "partner.proposed_by_other": gettext_lazy("proposed mutual aid"),
    "partner.agreed": gettext_lazy("agreed to mutual aid with {name}"),
    "partner.agreed_by_other": gettext_lazy("agreed to mutual aid"),
    "partner.ended": gettext_lazy("ended mutual aid with {name}"),
    "partner.ended_by_other": gettext_lazy("ended mutual aid"),
    "partner.withdrawn": gettext_lazy("took back the proposal of mutual aid to {name}"),
    "partner.withdrawn_by_other": gettext_lazy("took back the proposal of mutual aid"),
    "partner.declined": gettext_lazy("declined the mutual aid that {name} proposed"),
    "partner.declined_by_other": gettext_lazy("declined mutual aid"),
    "pattern.made": gettext_lazy("made the pattern of shifts “{name}”, in force from {day}"),
    "pattern.changed": gettext_lazy("changed the pattern of shifts “{name}”, in force from {day}"),
    "pattern.removed": gettext_lazy("removed the pattern of shifts “{name}”, which began or was to begin on {day}"),
    "holiday.added": gettext_lazy("counted {day} as a holiday: {name}"),
    "holiday.removed": gettext_lazy("took {day}, {name}, off the list of holidays"),
    "holidays.added": gettext_lazy("added {count} statutory holidays of {year}"),
    "plan.asked": gettext_lazy("asked for a plan of {days} days from {day}"),
    "plan.stopped": gettext_lazy("stopped the plan of {days} days from {day}"),
    "plan.discarded": gettext_lazy("threw away the plan of {days} days from {day}"),
    "plan.edited": gettext_lazy("changed {count} shifts by hand in the plan of {days} days from {day}"),
    "plan.published": gettext_lazy(
        "published the plan of {days} days from {day}: {count} shifts, {people} people were told"
    ),
    "session.entered": gettext_lazy("entered a session on {day}, with what follows for its leaders"),
    "session.changed": gettext_lazy("changed the session on {day}, or what follows for its leaders"),
    "session.removed": gettext_lazy("cancelled the session on {day}"),
    "shift.removed": gettext_lazy("took {name} off call ({tier}), {from} to {to}"),
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
    return {"at": entry.at, "who": _who(entry), "sentence": said(entry), "of": of}


def _who(entry: AuditEntry) -> str:
    if entry.person:
        return entry.person.name
    if entry.what.endswith("_by_other"):
        return str(entry.detail.get("name", ""))
    return _("Somebody who has left, or the terminal of the server")


def said(entry: AuditEntry) -> str:
    """Return an entry as a sentence in the active language and time zone; no word of it is a name in the code."""
    detail = {key: _readable(key, value) for key, value in entry.detail.items()}
    if entry.what == "organisation.changed":
        labels = {name: str(field.label) for name, field in NewOrganisationForm.base_fields.items()}
        labels["clinical_hours"] = _("Hours of clinical advice")
        changed = [labels.get(key, "").split(",")[0] for key in entry.detail]
        detail = {"fields": "; ".join(filter(None, changed))}
    if entry.what == "policy.changed":
        detail |= {"sentence": _promise(entry.detail, "to"), "before": _promise(entry.detail, "from")}
    if entry.what == "law.chosen":
        detail["sentence"] = _law(entry.detail)
    if entry.what == "law.left":
        detail["rule"] = _rule(entry.detail) or _("a rule that this version no longer has")
    if entry.what == "organisation.pack":
        detail |= {key: _pack_name(entry.detail.get(key)) for key in ("from", "to")}
    try:
        return str(SENTENCES[_kind(entry)]).format(**detail)
    except KeyError:
        return _("made a change that this version has no sentence for")


def _kind(entry: AuditEntry) -> str:
    if entry.what == "policy.changed" and policy.is_choice(str(entry.detail.get("key"))):
        return "policy.chosen"
    return entry.what


def _promise(detail: dict[str, Any], which: str) -> str:
    try:
        return policy.sentence(detail["key"], detail[which])
    except (KeyError, TypeError):
        return _("a number that this version no longer has")


def _law(detail: dict[str, Any]) -> str:
    """Return a choice beside the pack as a sentence, in the words of the pack it was made in."""
    key, value, label = str(detail.get("key")), detail.get("to"), _rule(detail)
    if not label:
        return _("a rule that this version no longer has")
    if key.startswith("number:"):
        return _("reports about %(whom)s go to %(number)s") % {"whom": label, "number": value or _("nobody yet")}
    state = _("yes") if value is True else _("no") if value is False else _("yes, agreed to by %s") % value
    return f"“{label}”: {state}"


def _rule(detail: dict[str, Any]) -> str:
    """Return what a choice is about, in the words of its pack; nothing where this version has no such rule."""
    pack, language = str(detail.get("pack")), (get_language() or "en")[:2]
    found = law.switches(pack, {"federal": True}, language)
    return next((one.label for one in found if one.key == detail.get("key")), "")


def _pack_name(key: object) -> str:
    if key not in law.packs():
        return _("a place that this version no longer has")
    return law.pack(str(key), (get_language() or "en")[:2]).name


def _readable(key: str, value: object) -> str:
    """Return a detail for a sentence: roles and places by name, a moment in local time, a list with commas."""
    if isinstance(value, list):
        return ", ".join(_readable(key, one) for one in value)
    if key in {"role", "roles"}:
        return str(accounts.ROLE_NAMES.get(str(value), ""))
    if key in {"tier", "other_tier"}:
        return str({str(tier): name for tier, name in rota.PLACES.items()}.get(str(value), value))
    moment = parse_datetime(value) if isinstance(value, str) and "T" in value else None
    return formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT") if moment else str(value)
