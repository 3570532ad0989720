"""Pages of the team: coming in by invitation, serving, the coordinator's roster."""

import uuid
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import record_authentication
from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alongside.accounts import actions as accounts
from alongside.accounts import queries as people
from alongside.accounts import rules as roles
from alongside.accounts.forms import NewPersonForm
from alongside.accounts.models import Invitation, Organisation, Person, Role
from alongside.accounts.queries import Seat, permit
from alongside.content import guides
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.team import actions, queries, rules
from alongside.team.forms import AskedForm, CoordinatorForm, InviteForm

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# The cases of a pack in which a law or a court asks a supporter.
LAW_ASKS = ("law", "testimony", "crime")
ENOUGH_INVITED = _("As many people were invited today as the programme allows. Go on tomorrow; nothing was sent.")
PROBLEMS = {
    "agreement": _("agreement not signed"),
    "no-keys": _("no key for this week"),
    "keys-soon": _("no key for next week"),
}


# --- coming in ---------------------------------------------------------------------------------------------------


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Take up an invitation: a new person chooses name and password, one with an account signs in first."""
    found = people.invitation(token, clock.now())
    if found is None:
        return _unusable(request)
    person = people.account_in_use(found.email)
    if person is None:
        return _new_person(request, found, token)
    if request.user != person:
        here = {"next": reverse("in_invitation", args=[token])}
        context = {"invitation": found, "sign_in": f"{reverse('account_login')}?{urlencode(here)}"}
        return render(request, "enter/invitation_sign_in.html", context)
    return _joining(request, person, found, token)


def _new_person(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    form = NewPersonForm(request.POST or None, initial={"name": found.name, "email": found.email})
    if request.method == "POST" and form.is_valid():
        try:
            person = actions.accept_invitation(token, form.cleaned_data["name"], form.cleaned_data["password"])
        except (accounts.NotInvited, accounts.AlreadyHere):
            return _unusable(request)
        # The session may have begun with a question to a passkey only, and would end as soon as that.
        request.session.set_expiry(None)
        login(request, person, backend=BACKEND)
        record_authentication(request, person, method="password", email=person.email)
        return redirect("mfa_activate_totp")
    context = {"invitation": found, "form": form, "token": token}
    return render(request, "enter/invitation.html", context, status=422 if form.errors else 200)


def _joining(request: HttpRequest, person: Person, found: Invitation, token: str) -> HttpResponse:
    if request.method == "POST":
        try:
            actions.join(person, token)
        except accounts.NotInvited:
            return _unusable(request)
        except roles.RolesApart:
            messages.error(request, _("You hold a role that cannot go together with this one. Ask your coordinator."))
            return redirect("in_home")
        messages.success(request, _("Welcome. Your new role is in force."))
        return redirect("in_home")
    return render(request, "enter/invitation_join.html", {"invitation": found})


def _unusable(request: HttpRequest) -> HttpResponse:
    return render(request, "enter/invitation_gone.html", status=410)


# --- serving -----------------------------------------------------------------------------------------------------


def _me(request: HttpRequest, slug: str = "") -> tuple[Seat, rules.Facts]:
    """Return the seat in which somebody serves, where `slug` says or else the first, and their facts there; Http404 for
    everybody else.
    """
    seat = permit(request.user, "team.serve", people.organisation_at(slug))
    try:
        return seat, queries.supporter_of(seat.person.id, seat.organisation.id)
    except queries.NotASupporter:
        raise Http404 from None


@require_http_methods(["GET", "HEAD", "POST"])
def agreement(request: HttpRequest) -> HttpResponse:
    """Read the confidentiality agreement and sign it in one tap."""
    seat, facts = _me(request)
    if request.method == "POST":
        actions.sign_agreement(facts.id)
        messages.success(request, _("Signed. Thank you."))
        return redirect("in_me")
    version = guides.agreement_version()
    context = {
        "seat": seat,
        "facts": facts,
        "version": version,
        "signed": facts.agreement_version >= version,
        "text": guides.guide(guides.AGREEMENT, get_language() or "en"),
    }
    return render(request, "account/agreement.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def asked_to_disclose(request: HttpRequest) -> HttpResponse:
    """Show how to decline, and tell the coordinator that an ask happened: an office or none, nothing else (B-35)."""
    seat, _facts = _me(request, request.GET.get("of", ""))
    offices = people.offices_of(seat.organisation)
    form = AskedForm(request.POST or None, offices=offices)
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, app="allauth.account", action="asked"):
            return render(request, "429.html", status=429)
        office = form.cleaned_data["office"]
        actions.was_asked(seat, office.id if office else None)
        messages.success(request, _("Told: that somebody asked, and this month. Nothing else is kept."))
        return redirect(request.get_full_path())
    language = (get_language() or "en")[:2]
    pack = policy.law_in_force(seat.organisation.id, seat.organisation.pack, language)
    context = {
        "seat": seat,
        "form": form,
        "guide": guides.guide("guide-asked", language),
        "pack": pack,
        "rules": [one for one in pack.exceptions if one.key in LAW_ASKS],
    }
    return render(request, "team/asked.html", context, status=422 if form.errors else 200)


# --- the coordinator's -------------------------------------------------------------------------------------------


@require_safe
def roster(request: HttpRequest) -> HttpResponse:
    """Show who serves, who is missing something, who else has a role, and who is invited."""
    seat = permit(request.user, "team.change")
    now = clock.now()
    places = queries.roster(seat.organisation.id, now)
    serving = {
        status: [_line(one) for one in places if one.status == status] for status in ("active", "on_leave", "ended")
    }
    context = {
        "seat": seat,
        **serving,
        "incomplete": sum(bool(one.problems) for one in places),
        "aim": rules.team_aim(seat.organisation.headcount, policy.in_force(seat.organisation.id).team_ratio),
        "others": [
            {"person": person, "role": role, "label": people.ROLE_NAMES[role]}
            for person, names in people.people_of(seat.organisation.id)
            for role in names
            if role != "supporter"
        ],
        "invitations": [
            {"row": row, "roles": [people.ROLE_NAMES.get(role, role) for role in row.roles]}
            for row in people.invitations_of(seat.organisation.id, now)
        ],
    }
    return render(request, "coordinate/team.html", context)


def _line(place: queries.Place) -> dict[str, Any]:
    return {"place": place, "problems": [PROBLEMS[code] for code in place.problems]}


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody to the team."""
    seat = permit(request.user, "team.change")
    return _inviting(request, seat) if request.method == "POST" else _invite_page(request, seat)


def _invite_page(request: HttpRequest, seat: Seat, form: InviteForm | None = None) -> HttpResponse:
    shown = form or InviteForm(None, offices=people.offices_of(seat.organisation))
    context = {"seat": seat, "form": shown, "days": policy.in_force(seat.organisation.id).invitation_valid}
    return render(request, "coordinate/team_invite.html", context, status=422 if shown.errors else 200)


@reauthentication_required
def _inviting(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Every later request is sealed for whoever comes in this way too: an unattended session must not be enough."""
    form = InviteForm(request.POST or None, offices=people.offices_of(seat.organisation))
    if form.is_valid():
        office = form.cleaned_data["office"]
        try:
            actions.invite(
                seat,
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                roles=form.cleaned_data["roles"],
                office_id=office.id if office else None,
            )
        except roles.RolesApart:
            form.add_error("roles", _("This person already holds a role that cannot go together with this one."))
        except accounts.TooManyInvited:
            form.add_error(None, ENOUGH_INVITED)
        else:
            messages.success(request, _("Invited. The message is on its way."))
            return redirect("in_team")
    return _invite_page(request, seat, form)


@require_POST
def withdraw(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Take back an invitation."""
    seat = permit(request.user, "team.change")
    try:
        accounts.withdraw_invitation(seat, id)
    except Invitation.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Taken back. Its link opens nothing any more."))
    return redirect("in_team")


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """End somebody's service, after saying what that does."""
    seat = permit(request.user, "team.change")
    try:
        supporter = queries.supporter_in(seat.organisation.id, id)
    except queries.NotASupporter:
        raise Http404 from None
    if supporter.status == supporter.Status.ENDED:
        return redirect("in_team")
    if request.method == "POST":
        response: HttpResponse = _end(request, seat, id)
        return response
    return render(request, "coordinate/team_end.html", {"seat": seat, "supporter": supporter})


@reauthentication_required
def _end(request: HttpRequest, seat: Seat, supporter_id: uuid.UUID) -> HttpResponse:
    try:
        actions.end(seat, supporter_id)
    except actions.NotNow:
        return redirect("in_team")
    messages.success(request, _("Ended. Access and keys are gone."))
    return redirect("in_team")


@require_POST
def revoke(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Take a role other than supporter from somebody of the organisation."""
    seat = permit(request.user, "team.change")
    role = request.POST.get("role", "")
    if role not in people.ROLE_NAMES or role in {"supporter", "operator"}:
        raise Http404
    response: HttpResponse = _revoke(request, seat, id, role)
    return response


@reauthentication_required
def _revoke(request: HttpRequest, seat: Seat, person_id: uuid.UUID, role: str) -> HttpResponse:
    try:
        accounts.revoke(seat, person_id, seat.organisation, role)
    except Role.DoesNotExist:
        raise Http404 from None
    except accounts.LastCoordinator:
        messages.error(request, _("The team keeps at least one coordinator. Invite another one first."))
    else:
        messages.success(request, _("Done. They are signed out and no longer have that role."))
    return redirect("in_team")


@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Let somebody of the organisation enrol again who lost their device, after saying what that does."""
    seat = permit(request.user, "team.change")
    person = next((one for one, _roles in people.people_of(seat.organisation.id) if one.id == id), None)
    if person is None:
        raise Http404
    return _again(request, seat, person, seat.organisation, "in_team")


def _again(request: HttpRequest, seat: Seat, person: Person, organisation: Organisation, back: str) -> HttpResponse:
    if request.method == "POST":
        return _starting_afresh(request, seat, person, organisation, back)  # type: ignore[no-any-return]
    days = policy.in_force(organisation.id).invitation_valid
    context = {"seat": seat, "person": person, "days": days, "back": back}
    return render(request, "coordinate/team_again.html", context)


@reauthentication_required
def _starting_afresh(
    request: HttpRequest, seat: Seat, person: Person, organisation: Organisation, back: str
) -> HttpResponse:
    try:
        actions.let_enrol_again(seat, person.id, organisation)
    except Role.DoesNotExist:
        raise Http404 from None
    except accounts.NotTheirs:
        messages.error(request, _("Somebody else must do this: another coordinator, or the operator of the server."))
    else:
        messages.success(request, _("Done. They are signed out, and a new link is on its way to their mailbox."))
    return redirect(back)


# --- the operator's ----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def operate_invite(request: HttpRequest, organisation: str) -> HttpResponse:
    """Invite a coordinator to an organisation of this server."""
    seat = permit(request.user, "operate.change")
    try:
        found = people.open_organisation(organisation)
    except Organisation.DoesNotExist:
        raise Http404 from None
    if request.method == "POST":
        return _inviting_coordinator(request, seat, found)  # type: ignore[no-any-return]
    return render(request, "operate/invite.html", {"seat": seat, "form": CoordinatorForm(), "organisation": found})


@reauthentication_required
def _inviting_coordinator(request: HttpRequest, seat: Seat, found: Organisation) -> HttpResponse:
    form = CoordinatorForm(request.POST)
    if form.is_valid():
        try:
            actions.invite(seat, organisation_id=found.id, roles=["coordinator"], **form.cleaned_data)
        except accounts.TooManyInvited:
            form.add_error(None, ENOUGH_INVITED)
        else:
            messages.success(request, _("Invited. The message is on its way."))
            return redirect("in_organisations")
    context = {"seat": seat, "form": form, "organisation": found}
    return render(request, "operate/invite.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def operate_again(request: HttpRequest, organisation: str, id: uuid.UUID) -> HttpResponse:
    """Let a coordinator, or somebody of several organisations, enrol again who lost their device."""
    seat = permit(request.user, "operate.change")
    try:
        found = people.open_organisation(organisation)
    except Organisation.DoesNotExist:
        raise Http404 from None
    known = [*people.coordinators_of(found.id), *people.shared_people_of(found.id)]
    person = next((one for one in known if one.id == id), None)
    if person is None:
        raise Http404
    return _again(request, seat, person, found, "in_organisations")
