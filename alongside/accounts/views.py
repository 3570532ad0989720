"""Pages about oneself and about organisations. Sign-in is the library's, dressed in templates/account and mfa."""

import uuid
from zoneinfo import ZoneInfo

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alongside.accounts import actions, queries
from alongside.accounts.forms import ContactPointForm, NewOrganisationForm, OrganisationForm
from alongside.accounts.models import AuditEntry, ContactPoint, Organisation, Role
from alongside.kernel import clock

# What an audit entry says; `{...}` are its details. Keys are never renamed: old entries keep theirs.
SENTENCES = {
    "organisation.made": _("made the organisation {name}"),
    "organisation.changed": _("changed the organisation's details"),
    "organisation.opened": _("opened the organisation to requests"),
    "organisation.closed": _("closed the organisation to new requests"),
    "person.invited": _("invited {name} ({roles})"),
    "invitation.withdrawn": _("took back the invitation of {name}"),
    "person.afresh": _("let {name} enrol again: sign-in, sessions and keys were taken away"),
    "role.given": _("gave {name} a role: {role}"),
    "role.revoked": _("took a role from {name}: {role}"),
    "policy.changed": _("changed the setting {key} from {from} to {to}"),
    "shift.entered": _("put {name} on call in tier {tier}, {from} to {to}"),
    "shift.removed": _("took {name} off call in tier {tier}, {from} to {to}"),
}


@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say that it worked."""
    if request.user.is_authenticated:
        return redirect("in_home")
    return render(request, "enter/signed_out.html")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Change the language of pages below /in/: for a person for good, for a stranger in a cookie of /in/ only."""
    wanted, back = request.POST.get("language", ""), request.POST.get("next", "")
    if wanted not in dict(settings.LANGUAGES):
        raise Http404
    here = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/in/")
    response = redirect(back if here else "in_home")
    if isinstance(request.user, AnonymousUser):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            wanted,
            path=settings.LANGUAGE_COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Strict",
        )
    else:
        actions.change_language(request.user, wanted)
    return response


# --- where one is alerted ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def add_contact(request: HttpRequest) -> HttpResponse:
    """Add a place where one is alerted."""
    seat = queries.permit(request.user, "me.change")
    form = ContactPointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.add_contact_point(seat.person, form.cleaned_data["kind"], form.cleaned_data["address"])
        messages.success(request, _("Added. Send yourself a test to see that it arrives."))
        return redirect("in_me")
    return render(request, "account/contact.html", {"seat": seat, "form": form}, status=422 if form.errors else 200)


@require_POST
def remove_contact(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Remove one of one's own addresses; the last one stays."""
    seat = queries.permit(request.user, "me.change")
    try:
        actions.remove_contact_point(seat.person, id)
    except ContactPoint.DoesNotExist:
        raise Http404 from None
    except actions.LastContactPoint:
        messages.error(request, _("This is the only way to reach you, so it stays. Add another one first."))
    else:
        messages.success(request, _("Removed."))
    return redirect("in_me")


@require_POST
def try_contact(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Send oneself a test notice."""
    seat = queries.permit(request.user, "me.change")
    try:
        actions.try_contact_point(seat.person, id)
    except ContactPoint.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("A test message is on its way. It should arrive within a minute."))
    return redirect("in_me")


# --- the coordinator's: details of the programme, audit ----------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def programme(request: HttpRequest) -> HttpResponse:
    """Change what members see of the programme: its number, its title, its offices."""
    seat = queries.permit(request.user, "policy.change")
    organisation, offices = seat.organisation, queries.offices_of(seat.organisation)
    fields = [name for name in OrganisationForm.base_fields if name != "offices"]
    form = OrganisationForm(request.POST or None, initial={name: getattr(organisation, name) for name in fields})
    if request.method == "POST" and form.is_valid():
        actions.change_organisation(seat, **form.cleaned_data)
        messages.success(request, _("Saved. Members' pages show it within a minute."))
        return redirect("in_programme")
    form.fields["offices"].label = _("Further offices, one on each line")
    context = {"seat": seat, "form": form, "offices": offices}
    return render(request, "coordinate/programme.html", context, status=422 if form.errors else 200)


@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Show what coordinators and operators changed here, in the organisation's time."""
    seat = queries.permit(request.user, "audit.see")
    zone = ZoneInfo(seat.organisation.time_zone)
    with timezone.override(zone):
        entries = [
            {
                "at": entry.at,
                "who": entry.person.name if entry.person else _("Somebody who has left"),
                "sentence": _said(entry),
            }
            for entry in queries.changes_of(seat.organisation.id)
        ]
        return render(request, "coordinate/audit.html", {"seat": seat, "entries": entries})


def _said(entry: AuditEntry) -> str:
    """Return an entry as a sentence in the active language and time zone."""
    words = str(SENTENCES.get(entry.what, entry.what))
    detail = {key: _readable(value) for key, value in entry.detail.items()}
    try:
        return words.format(**detail)
    except KeyError:
        return f"{words} {detail}"


def _readable(value: object) -> str:
    """Return a detail for a sentence: a moment in local time, a list with commas."""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    moment = parse_datetime(value) if isinstance(value, str) and "T" in value else None
    return formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT") if moment else str(value)


# --- the operator's: organisations and who leads them ------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def organisations(request: HttpRequest) -> HttpResponse:
    """List the organisations of this server and make a new one."""
    seat = queries.permit(request.user, "operate.change")
    form = NewOrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.make_organisation(seat, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Made. Now invite its coordinator."))
            return redirect("in_operate_invite", organisation=made.slug)
    now = clock.now()
    rows = [
        {
            "organisation": one,
            "coordinators": queries.coordinators_of(one.id),
            "invitations": queries.invitations_of(one.id, now),
        }
        for one in queries.organisations()
    ]
    context = {"seat": seat, "form": form, "rows": rows}
    return render(request, "operate/organisations.html", context, status=422 if form.errors else 200)


@require_POST
def operate_open(request: HttpRequest, organisation: str) -> HttpResponse:
    """Open or close an organisation to new requests."""
    seat = queries.permit(request.user, "operate.change")
    actions.set_open(seat, _named(organisation), request.POST.get("open") == "yes")
    return redirect("in_organisations")


@require_POST
def operate_revoke(request: HttpRequest, organisation: str, id: uuid.UUID) -> HttpResponse:
    """Take the coordinator's role from somebody, such as one who lost both telephone and recovery codes."""
    seat = queries.permit(request.user, "operate.change")
    return _revoking(request, seat, _named(organisation), id)  # type: ignore[no-any-return]


@reauthentication_required
def _revoking(
    request: HttpRequest, seat: queries.Seat, organisation: Organisation, person_id: uuid.UUID
) -> HttpResponse:
    try:
        actions.revoke(seat, person_id, organisation, "coordinator")
    except Role.DoesNotExist:
        raise Http404 from None
    except actions.LastCoordinator:
        messages.error(request, _("An organisation keeps at least one coordinator. Invite another one first."))
    else:
        messages.success(request, _("Done. They are signed out and have no access as coordinator."))
    return redirect("in_organisations")


def _named(slug: str) -> Organisation:
    try:
        return queries.open_organisation(slug)
    except Organisation.DoesNotExist:
        raise Http404 from None
