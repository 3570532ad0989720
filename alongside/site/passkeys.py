"""Passkeys: signing in and proving oneself again with one, adding, naming and removing them, enrolling with one.

It stands here and not in `accounts`, because enrolling makes a supporter and removing drops key wraps, both above it.
Every answer of a device comes in as JSON at one of four doors, is checked in one place (sso) and never written down,
echoed or logged; whatever carries something of the authenticator's own secret is refused (decision 0004).
"""

import json
import uuid
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate, is_reauthentication_required
from allauth.account.views import BaseReauthenticateView
from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.flows import auto_generate_recovery_codes
from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from alongside.accounts import actions as accounts
from alongside.accounts import queries as people
from alongside.accounts import sso
from alongside.accounts.models import Person
from alongside.accounts.queries import Seat
from alongside.accounts.rules import BadCredential
from alongside.kernel import clock, ids
from alongside.sealing import actions as sealing
from alongside.team import actions as team

# An answer without attestation is below one kilobyte, with some makers' certificates several.
MOST_BYTES = 20_000
NAME_LENGTH = 40
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# Of an invitation being taken up with a passkey: for whom the passkey is made, which must come back.
ENROLLING = "passkey_enrolling"

View = Callable[..., HttpResponse]


class PasskeyNameForm(forms.Form):
    """What somebody calls a passkey."""

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("So that you know it again, such as: my phone. Only you see it."),
    )


# --- doors -------------------------------------------------------------------------------------------------------


def _answering(view: View) -> View:
    """Wrap a door for JSON: a POST, few enough, and every refusal a code that the page has a sentence for."""

    @require_POST
    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not ratelimit.consume(request, app="allauth.mfa", action="webauthn_login"):
            return JsonResponse({"code": "too-many"}, status=HTTPStatus.TOO_MANY_REQUESTS)
        try:
            return view(request, *args, **kwargs)
        except BadCredential as refusal:
            return _refused(str(refusal))
        except accounts.TooManyPasskeys:
            return _refused("too-many-passkeys")
        except (accounts.NotInvited, accounts.AlreadyHere):
            return _refused("not-invited", HTTPStatus.GONE)

    return door


def _own(capability: str) -> Callable[[View], View]:
    """Open a page to people of the team only; they may be here before their second step is set up."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if isinstance(request.user, AnonymousUser):
                if request.method == "GET":
                    return redirect_to_login(request.path)
                return HttpResponse(status=HTTPStatus.FORBIDDEN)
            return view(request, people.permit(request.user, capability), *args, **kwargs)

        return guarded

    return wrap


def _refused(code: str, status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY) -> JsonResponse:
    return JsonResponse({"code": code}, status=status)


def _read(request: HttpRequest, *names: str) -> dict[str, Any]:
    """Return what a page posted; raises BadCredential for anything but exactly these fields."""
    if request.content_type != "application/json" or len(request.body) > MOST_BYTES:
        raise BadCredential("malformed")
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        raise BadCredential("malformed") from None
    if not isinstance(sent, dict) or set(sent) != set(names):
        raise BadCredential("malformed")
    return sent


def _name(sent: object, otherwise: str) -> str:
    """Return a name as typed, or another where none was: a passkey that the device holds already is not refused for
    its name.
    """
    typed = " ".join(sent.split()) if isinstance(sent, str) else ""
    return typed[:NAME_LENGTH] or otherwise


# --- signing in --------------------------------------------------------------------------------------------------


@_answering
def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Ask any passkey of this address who is there."""
    return JsonResponse(sso.ask_to_prove())


@_answering
def sign_in(request: HttpRequest) -> HttpResponse:
    """Take the answer: sign in and say where to go; nothing else of the answer is looked at or kept."""
    passkey = sso.proved(_read(request, "credential")["credential"])
    return JsonResponse({"next": sso.enter(request, passkey).headers["Location"]})


@method_decorator(login_required, name="dispatch")
class Again(BaseReauthenticateView):
    """Proving oneself with a passkey before something that matters; then what was begun goes on."""

    form_class = forms.Form
    template_name = "mfa/webauthn/reauthenticate.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Go on only with a proof, which came in at the other door a moment ago."""
        if request.method == "POST" and not did_recently_reauthenticate(request):
            return redirect(request.get_full_path())
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response


again = Again.as_view()


@_answering
def prove_again(request: HttpRequest) -> HttpResponse:
    """Take the answer of somebody who is signed in: it must be a passkey of theirs."""
    if not isinstance(request.user, Person):
        return _refused("signed-out", HTTPStatus.FORBIDDEN)
    sso.proved(_read(request, "credential")["credential"], request.user)
    sso.record_passkey(request, request.user, reauthenticated=True)
    return JsonResponse({})


# --- one's own passkeys ------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@_own("me.change")
def add(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show the page on which a device makes a passkey, and keep what it made."""
    if request.method == "POST":
        return _adding(request, seat)
    return _add_page(request, seat)  # type: ignore[no-any-return]


@reauthentication_required
def _add_page(request: HttpRequest, seat: Seat) -> HttpResponse:
    return render(request, "mfa/webauthn/add.html", {"seat": seat, "form": PasskeyNameForm()})


@_answering
def _adding(request: HttpRequest, seat: Seat) -> HttpResponse:
    # Asked here and not by the library, which would write the answer of the device into the session meanwhile.
    if is_reauthentication_required(request, app="allauth.mfa"):
        return _refused("signed-out", HTTPStatus.FORBIDDEN)
    sent = _read(request, "name", "credential")
    kept = sso.added(sent["credential"])
    accounts.add_passkey(seat.person, _name(sent["name"], gettext("Passkey")), kept)
    return JsonResponse({"next": _after(request, seat.person)})


@_own("me.change")
@_answering
def ask_to_add(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Ask a device to make a passkey for somebody who has just proved who they are."""
    if is_reauthentication_required(request, app="allauth.mfa"):
        return _refused("signed-out", HTTPStatus.FORBIDDEN)
    return JsonResponse(sso.ask_to_add(seat.person))


def _after(request: HttpRequest, person: Person) -> str:
    """Return where to go once a passkey is there: new recovery codes first, then the keys it is to unlock."""
    if auto_generate_recovery_codes(request):
        return reverse("mfa_view_recovery_codes")
    serves = any("supporter" in seat.roles for seat in people.seats(person))
    return reverse("in_keys" if serves else "mfa_index")


@require_http_methods(["GET", "HEAD", "POST"])
@_own("me.change")
def rename(request: HttpRequest, seat: Seat, number: int) -> HttpResponse:
    """Call a passkey something else."""
    passkey = _mine(seat, number)
    form = PasskeyNameForm(request.POST or None, initial={"name": passkey.name})
    if request.method == "POST" and form.is_valid():
        accounts.rename_passkey(seat.person, number, _name(form.cleaned_data["name"], passkey.name))
        return redirect("mfa_index")
    context = {"seat": seat, "form": form, "passkey": passkey}
    return render(request, "mfa/webauthn/rename.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@_own("me.change")
def remove(request: HttpRequest, seat: Seat, number: int) -> HttpResponse:
    """Remove a passkey, after saying what that does."""
    passkey = _mine(seat, number)
    if request.method == "POST":
        return _removing(request, seat, passkey)  # type: ignore[no-any-return]
    last = not people.has_way_in(seat.person, without=number)
    return render(request, "mfa/webauthn/remove.html", {"seat": seat, "passkey": passkey, "last": last})


@reauthentication_required
def _removing(request: HttpRequest, seat: Seat, passkey: people.Passkey) -> HttpResponse:
    try:
        with transaction.atomic():
            gone = accounts.remove_passkey(seat.person, passkey.number, session=request.session.session_key)
            sealing.drop_recipient(seat.person.id, gone)
    except Authenticator.DoesNotExist:
        raise Http404 from None
    except accounts.LastWayIn:
        messages.error(request, _("This is your last way in, so it stays. Add another passkey, or a password, first."))
    else:
        messages.success(request, _("Removed. Your other devices are signed out."))
    return redirect("mfa_index")


def _mine(seat: Seat, number: int) -> people.Passkey:
    found = next((one for one in people.passkeys_of(seat.person.id) if one.number == number), None)
    if found is None:
        raise Http404
    return found


# --- enrolling with a passkey ------------------------------------------------------------------------------------


@_answering
def ask_to_enrol(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the device of somebody invited to make a passkey, for an account that does not exist before it did."""
    invitation = people.invitation(token, clock.now())
    if invitation is None or people.account_in_use(invitation.email):
        raise accounts.NotInvited
    name = _name(_read(request, "name")["name"], invitation.name)
    known = Person.objects.filter(email__iexact=invitation.email).first()
    person = Person(id=known.id if known else uuid.uuid4(), email=invitation.email, name=name)
    question = sso.ask_to_add(person)
    request.session[ENROLLING] = {"for": ids.digest(token.encode()).hex(), "person": str(person.id)}
    return JsonResponse(question)


@_answering
def enrol(request: HttpRequest, token: str) -> HttpResponse:
    """Take up an invitation with the passkey that the device made: account, roles and passkey in one, or nothing."""
    sent = _read(request, "name", "credential")
    asked = request.session.get(ENROLLING, {})
    if asked.get("for") != ids.digest(token.encode()).hex():
        raise BadCredential("expired")
    kept = sso.added(sent["credential"])
    with transaction.atomic():
        invited = people.invitation(token, clock.now())
        name = _name(sent["name"], invited.name if invited else "")
        person = team.accept_invitation(token, name, None, person_id=uuid.UUID(asked["person"]))
        accounts.add_passkey(person, gettext("Passkey"), kept)
    del request.session[ENROLLING]
    request.session.set_expiry(None)
    login(request, person, backend=BACKEND)
    sso.record_passkey(request, person, passwordless=True)
    return JsonResponse({"next": _after(request, person)})
