"""The coordinator's page of mutual aid: propose it to another organisation, agree, end it. Of the other one it shows
its name.
"""

import uuid
from collections.abc import Callable

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from alongside.accounts.forms import SLUG
from alongside.accounts.queries import Seat, permit
from alongside.directory import actions, queries
from alongside.directory.models import Partnership
from alongside.directory.rules import NoPartner

COMPLAINTS = {
    "unknown": _("No organisation on this server has this short name. It stands in its address after /ask/."),
    "itself": _("This is your own organisation."),
    "already": _("It is proposed or agreed already. See above."),
    "enough": _("There are as many partners as a member’s page can show. End one first."),
}


class PartnerForm(forms.Form):
    """Which organisation mutual aid is proposed to."""

    slug = forms.CharField(
        label=_("Short name of the other organisation"),
        max_length=40,
        validators=[SLUG],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        help_text=_("It stands in its address after /ask/, such as pine-county. Its coordinator can tell you."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def partners(request: HttpRequest) -> HttpResponse:
    """List with whom mutual aid stands, and propose it to a further organisation."""
    seat = permit(request.user, "partners.change")
    if request.method == "POST":
        return _proposing(request, seat)  # type: ignore[no-any-return]
    return _page(request, seat, PartnerForm())


def _page(request: HttpRequest, seat: Seat, form: PartnerForm) -> HttpResponse:
    rows = [one for one in queries.partners_of(seat.organisation.id) if one.state != "ended"]
    agreed = sum(one.state == "agreed" for one in rows)
    context = {"seat": seat, "form": form, "rows": rows, "agreed": agreed}
    return render(request, "coordinate/partners.html", context, status=422 if form.errors else 200)


@reauthentication_required
def _proposing(request: HttpRequest, seat: Seat) -> HttpResponse:
    form = PartnerForm(request.POST)
    if form.is_valid():
        try:
            now = actions.propose(seat, form.cleaned_data["slug"])
        except NoPartner as error:
            form.add_error("slug", COMPLAINTS[str(error)])
        else:
            agreed = _("Agreed: the other organisation had proposed it too. It is in force now.")
            messages.success(request, agreed if now == "agreed" else _("Proposed. The other coordinator sees it now."))
            return redirect("in_partners")
    return _page(request, seat, form)


@require_POST
def agree(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Agree to what another organisation proposed."""
    seat = permit(request.user, "partners.change")
    return _changing(request, lambda: actions.agree(seat, id), str(_("Agreed. It is in force now.")))  # type: ignore[no-any-return]


@reauthentication_required
def _changing(request: HttpRequest, change: Callable[[], None], said: str) -> HttpResponse:
    return _changed(request, change, said)


@require_POST
def end(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """End mutual aid at once, decline it, or take a proposal back: in a hurry, so without signing in again."""
    seat = permit(request.user, "partners.change")
    return _changed(request, lambda: actions.part(seat, id), str(_("Ended. Members’ pages no longer offer it.")))


def _changed(request: HttpRequest, change: Callable[[], None], said: str) -> HttpResponse:
    try:
        change()
    except Partnership.DoesNotExist:
        raise Http404 from None
    except NoPartner as error:
        messages.error(request, COMPLAINTS[str(error)])
    else:
        messages.success(request, said)
    return redirect("in_partners")
