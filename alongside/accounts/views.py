"""Pages about oneself and about organisations. Sign-in is the library's, dressed in templates/account and mfa."""

import json
import uuid
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alongside.accounts import actions, queries, rules
from alongside.accounts.forms import (
    ContactPointForm,
    NewOrganisationForm,
    OperatorForm,
    OrganisationForm,
    PackForm,
    PushForm,
    QuietForm,
    hours_forms,
)
from alongside.accounts.models import ContactPoint, Invitation, Organisation, Person, Role
from alongside.content import crisis
from alongside.kernel import clock

# A browser's subscription is about 400 bytes.
MOST_BYTES = 4000


@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say that it worked."""
    if request.user.is_authenticated:
        return redirect("in_home")
    return render(request, "enter/signed_out.html")


@require_POST
def everywhere(request: HttpRequest) -> HttpResponse:
    """End every session of one's own, on whatever device."""
    if request.user.is_authenticated:
        actions.sign_out_everywhere(request.user.id)
        auth.logout(request)
    return redirect("in_signed_out")


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
        try:
            actions.add_contact_point(seat.person, form.cleaned_data["kind"], form.cleaned_data["address"])
        except actions.TooManyWays:
            form.add_error(None, _("There are enough ways to reach you. Remove one first."))
        else:
            messages.success(request, _("Added. Send yourself a test page to see that it arrives."))
            return redirect("in_me")
    return render(request, "account/contact.html", {"seat": seat, "form": form}, status=422 if form.errors else 200)


@require_POST
def add_push(request: HttpRequest) -> HttpResponse:
    """Take a browser's push subscription: 204; 422 with a code when it cannot be kept, 409 when there are enough."""
    seat = queries.permit(request.user, "me.change")
    form = PushForm(_sent(request))
    if not form.is_valid():
        return JsonResponse({"state": "refused"}, status=422)
    try:
        actions.add_contact_point(seat.person, ContactPoint.Kind.PUSH, form.address)
    except actions.TooManyWays:
        return JsonResponse({"state": "full"}, status=409)
    return HttpResponse(status=204)


def _sent(request: HttpRequest) -> dict[str, Any]:
    """Return the fields of a small JSON body; none for anything else."""
    if request.content_type != "application/json" or len(request.body) > MOST_BYTES:
        return {}
    try:
        sent = json.loads(request.body)
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}


def _own_way(request: HttpRequest, change: Callable[[Person], None]) -> HttpResponse:
    """Change one of one's own addresses; 404 for anybody else's."""
    seat = queries.permit(request.user, "me.change")
    try:
        change(seat.person)
    except ContactPoint.DoesNotExist:
        raise Http404 from None
    return redirect(reverse("in_me") + "#contacts")


@require_POST
def remove_contact(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Remove one of one's own addresses; the last one stays."""
    try:
        answer = _own_way(request, lambda person: actions.remove_contact_point(person, id))
    except actions.LastContactPoint:
        messages.error(request, _("This is the only way to reach you, so it stays. Add another one first."))
        return redirect("in_me")
    messages.success(request, _("Removed."))
    return answer


@require_POST
def move_contact(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Try one of one's own addresses earlier or later."""
    return _own_way(
        request,
        lambda person: actions.move_contact_point(person, id, up=request.POST.get("to") == "earlier"),
    )


@require_POST
def try_contact(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Send oneself a test page by one way."""
    answer = _own_way(request, lambda person: actions.try_way(person, id))
    messages.success(request, _("A test page is on its way. Open it there and say that it reached you."))
    return answer


@require_POST
def try_every(request: HttpRequest) -> HttpResponse:
    """Send oneself a test page by every way."""
    seat = queries.permit(request.user, "me.change")
    actions.try_every_way(seat.person)
    messages.success(
        request, _("A test page is on its way to every place you entered. Open it there and say that it reached you.")
    )
    return redirect("in_inbox" if request.POST.get("back") == "inbox" else "in_me")


@require_http_methods(["GET", "HEAD", "POST"])
def reached(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whoever opens a test page to say that it reached them. Opening alone says nothing: a mail scanner opens
    links too.
    """
    if request.method == "POST":
        try:
            actions.confirm(token)
        except actions.NotATest:
            return render(request, "enter/reached_gone.html", status=410)
        return render(request, "enter/reached.html", {"thanks": True})
    if queries.tested(token, clock.now()) is None:
        return render(request, "enter/reached_gone.html", status=410)
    return render(request, "enter/reached.html")


@require_http_methods(["GET", "HEAD", "POST"])
def quiet(request: HttpRequest) -> HttpResponse:
    """Set one's quiet hours, or end them."""
    seat = queries.permit(request.user, "me.change")
    now_set = {"starts": seat.person.quiet_from, "ends": seat.person.quiet_to}
    form = QuietForm(request.POST or None, initial=now_set)
    if request.method == "POST" and form.is_valid():
        actions.set_quiet_hours(seat.person, form.cleaned_data["starts"], form.cleaned_data["ends"])
        messages.success(request, _("Saved."))
        return redirect("in_me")
    context = {"seat": seat, "form": form, "zone": queries.home_zone_of(seat.person)}
    return render(request, "account/quiet.html", context, status=422 if form.errors else 200)


# --- the coordinator's: details of the programme ----------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def programme(request: HttpRequest) -> HttpResponse:
    """Change what members see of the programme: its number, its title, its offices."""
    seat = queries.permit(request.user, "policy.change")
    organisation, offices = seat.organisation, queries.offices_of(seat.organisation)
    fields = [name for name in OrganisationForm.base_fields if name != "offices"]
    form = OrganisationForm(request.POST or None, initial={name: getattr(organisation, name) for name in fields})
    # A page from before there were hours posts none: they stay.
    posted = request.POST if "hours-TOTAL_FORMS" in request.POST else None
    hours = hours_forms(posted, organisation.clinical_hours)
    if request.method == "POST" and form.is_valid() and (posted is None or hours.is_valid()):
        changed = form.cleaned_data | ({} if posted is None else {"clinical_hours": hours.lines()})
        actions.change_organisation(seat, **changed)
        messages.success(request, _("Saved. Members' pages show it within a minute."))
        return redirect("in_programme")
    form.fields["offices"].label = _("Further offices, one on each line")
    bad = bool(form.errors or (posted is not None and hours.total_error_count()))
    context = {"seat": seat, "form": form, "offices": offices, "hours": hours, **_advice(organisation)}
    return render(request, "coordinate/programme.html", context, status=422 if bad else 200)


def _advice(organisation: Organisation) -> dict[str, Any]:
    """Return in which hours of the week nobody gives clinical advice, and how it stands now, as they are kept."""
    language, lines = (get_language() or "en")[:2], organisation.clinical_hours or ()
    now = clock.now().astimezone(ZoneInfo(organisation.time_zone))
    found = queries.clinical_reach(organisation, now)
    until = found.until and found.until.astimezone(now.tzinfo)
    return {
        "unreached": [crisis.gap(*one, language) for one in rules.unreached(lines)],
        "reachable": crisis.reachable(found.now, until, now, language),
    }


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
            "shared": queries.shared_people_of(one.id),
            "invitations": queries.invitations_of(one.id, now),
        }
        for one in queries.organisations()
    ]
    context = {"seat": seat, "form": form, "rows": rows}
    return render(request, "operate/organisations.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def operate_law(request: HttpRequest, organisation: str) -> HttpResponse:
    """Say whose law an organisation's pages tell."""
    seat, chosen = queries.permit(request.user, "operate.change"), _named(organisation)
    form = PackForm(request.POST or None, initial={"pack": chosen.pack})
    if request.method == "POST" and form.is_valid():
        response: HttpResponse = _giving_law(request, seat, chosen, form.cleaned_data["pack"])
        return response
    context = {"seat": seat, "form": form, "organisation": chosen}
    return render(request, "operate/law.html", context, status=422 if form.errors else 200)


@reauthentication_required
def _giving_law(request: HttpRequest, seat: queries.Seat, organisation: Organisation, pack: str) -> HttpResponse:
    actions.change_pack(seat, organisation, pack)
    messages.success(request, _("Saved. Members' pages show the limits of that place within a minute."))
    return redirect("in_organisations")


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


# --- who operates ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def operators(request: HttpRequest) -> HttpResponse:
    """List who operates this installation, and invite a further one: a single one may fall ill."""
    seat = queries.permit(request.user, "operate.change")
    if request.method == "POST":
        return _inviting_operator(request, seat)  # type: ignore[no-any-return]
    return _operators_page(request, seat, OperatorForm())


def _operators_page(request: HttpRequest, seat: queries.Seat, form: OperatorForm) -> HttpResponse:
    context = {
        "seat": seat,
        "form": form,
        "people": queries.operators(),
        "invitations": queries.invitations_of(None, clock.now()),
    }
    return render(request, "operate/operators.html", context, status=422 if form.errors else 200)


@reauthentication_required
def _inviting_operator(request: HttpRequest, seat: queries.Seat) -> HttpResponse:
    form = OperatorForm(request.POST)
    if not form.is_valid():
        return _operators_page(request, seat, form)
    actions.invite(seat, organisation=None, roles=["operator"], **form.cleaned_data)
    messages.success(request, _("Invited. The message is on its way."))
    return redirect("in_operators")


@require_POST
def operator_withdraw(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Take back the invitation of an operator."""
    seat = queries.permit(request.user, "operate.change")
    try:
        actions.withdraw_invitation(seat, id)
    except Invitation.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Taken back. Its link opens nothing any more."))
    return redirect("in_operators")


@require_POST
def operator_revoke(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Take the operator's role from somebody, oneself included, while another one stays."""
    seat = queries.permit(request.user, "operate.change")
    return _revoking_operator(request, seat, id)  # type: ignore[no-any-return]


@reauthentication_required
def _revoking_operator(request: HttpRequest, seat: queries.Seat, person_id: uuid.UUID) -> HttpResponse:
    try:
        actions.revoke(seat, person_id, None, "operator")
    except Role.DoesNotExist:
        raise Http404 from None
    except actions.LastOperator:
        messages.error(request, _("One operator has to stay. Invite another one, and wait until they have come in."))
    else:
        messages.success(request, _("Done. They are signed out and no longer operate this installation."))
    return redirect("in_operators")


def _named(slug: str) -> Organisation:
    try:
        return queries.open_organisation(slug)
    except Organisation.DoesNotExist:
        raise Http404 from None
