"""A supporter's pages: what waits, one request, and what can be done with it.

A page says state and time; what was asked is opened on the device. Only a supporter who was called for a request gets
anything of it (M-06): for everybody else it does not exist.
"""

import base64
import json
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from functools import wraps
from zoneinfo import ZoneInfo

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.queries import Seat
from alongside.content import asking, guides
from alongside.directory import queries as directory
from alongside.escalation.actions import LostRace
from alongside.escalation.rules import CannotBeAsked, NotTheirs
from alongside.help_requests import actions, queries
from alongside.help_requests.forms import TallyForm
from alongside.help_requests.queries import Entry
from alongside.help_requests.rules import Full, Gone, NotAlerted, NotTaker, Refused, TakenBySomebody, parse_hand_on
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.rota import queries as rota
from alongside.rota.rules import Duty
from alongside.sealing import rules as seals
from alongside.team import queries as team
from alongside.team.rules import Facts, may_serve

ADDRESS_BYTES = 16
SHIFTS_SHOWN = 2
# The message that the inbox shows as its own panel after closing.
CLOSED = "closed"

View = Callable[..., HttpResponse]


def serving(capability: str) -> Callable[[View], View]:
    """Give a view the seat and supporter of who asks, in their organisation's time; 404 for everybody else."""

    def wrap(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, **kwargs: uuid.UUID) -> HttpResponse:
            seat = accounts.permit(request.user, capability)
            if "id" in kwargs:
                # Whoever serves in two organisations opens it as the supporter who was called.
                calling = queries.organisation_calling(seat.person.id, kwargs["id"])
                seat = accounts.permit(request.user, capability, calling)
            try:
                me = team.supporter_of(seat.person.id, seat.organisation.id)
                with timezone.override(ZoneInfo(seat.organisation.time_zone)):
                    return view(request, seat, me, **kwargs)
            except (team.NotASupporter, NotAlerted) as error:
                raise Http404 from error

        return inner

    return wrap


@require_safe
@serving("team.serve")
def inbox(request: HttpRequest, seat: Seat, me: Facts) -> HttpResponse:
    """Show what waits and what is mine."""
    now = clock.now()
    entries = sorted(_waiting(seat, now), key=lambda entry: (not entry.mine, entry.urgency != "now"))
    page = {
        "seat": seat,
        "heading": _heading(entries),
        "now": now,
        "entries": entries,
        "nothing": not entries,
        "paused": _paused(seat, me),
        "duty": _duty(me.id, now),
        "on_call": _on_call(seat, me.id, now),
        "reached": accounts.reach_of([seat.person.id])[seat.person.id],
        "shift_begins": rota.has_just_begun(me.id, policy.in_force(seat.organisation.id).shift_check, now),
        "change": any(rota.change_of(one.id, now) for one in team.serving(team.supporters_of(seat.person.id))),
        "said": list(notices.get_messages(request)),
        **_guides(seat),
    }
    return render(request, "team/inbox.html", page)


def _heading(entries: list[Entry]) -> str:
    """Say the state of things in one sentence: who waits first, then what I promised, then what is mine."""
    waiting = sum(not entry.mine for entry in entries)
    if waiting:
        return translation.ngettext("One person is waiting.", "%(count)d people are waiting.", waiting) % {
            "count": waiting
        }
    if any(entry.state == "accepted" for entry in entries):
        return _("One person expects to hear from you.")
    return _("Nobody is waiting.")


def _waiting(seat: Seat, now: datetime) -> list[Entry]:
    """Return what waits for this person, in every organisation in which they serve."""
    serving_as = team.supporters_of(seat.person.id)
    return [entry for supporter_id in serving_as for entry in queries.inbox(supporter_id, now)]


def _paused(seat: Seat, me: Facts) -> str:
    """Say why nobody is sent to this supporter, if so: `leave` or `agreement`."""
    if may_serve(me, guides.oldest_agreement()):
        return ""
    return "agreement" if me.status == "active" else "leave"


def _duty(me: uuid.UUID, now: datetime) -> dict[str, Duty | None]:
    shifts = rota.next_shifts_of(me, now, SHIFTS_SHOWN)
    return {
        "now": next((one for one in shifts if one.starts_at <= now), None),
        "next": next((one for one in shifts if one.starts_at > now), None),
    }


def _on_call(seat: Seat, me: uuid.UUID, now: datetime) -> list[tuple[int, str, bool]]:
    """Return (tier, name, whether it is me) of who is on call now; no name where a tier has nobody."""
    names = {place.id: place.name for place in team.roster(seat.organisation.id, now)}
    on_call, tiers = rota.on_call_at(seat.organisation.id, now), rota.tiers_of(seat.organisation.id)
    return [(tier, names.get(on_call[tier], "") if tier in on_call else "", on_call.get(tier) == me) for tier in tiers]


def _guides(seat: Seat) -> dict[str, object]:
    language = (translation.get_language() or "en")[:2]
    return {
        "first_words": guides.guide("guide-first-words", language),
        "limits_aloud": guides.guide("guide-limits-aloud", language),
        "levels": guides.guide("guide-levels", language),
        "pack": policy.law_in_force(seat.organisation.id, seat.organisation.pack, language),
        "topics": asking.topics(language),
        "wishes": asking.wishes(language),
    }


@require_safe
@serving("help_requests.take")
def request_page(request: HttpRequest, seat: Seat, me: Facts, id: uuid.UUID) -> HttpResponse:
    """Show one request; its content is opened on the device."""
    return _request_page(request, seat, me.id, id)


def _request_page(
    request: HttpRequest, seat: Seat, me: uuid.UUID, id: uuid.UUID, ticked: TallyForm | None = None
) -> HttpResponse:
    now = clock.now()
    try:
        entry = queries.entry(me, id, now)
    except Gone:
        return render(request, "team/over.html", {"seat": seat}, status=410)
    minutes_left = int((entry.contact_by - now).total_seconds() // 60) if entry.contact_by else None
    page = {
        "seat": seat,
        "entry": entry,
        "minutes_left": minutes_left,
        "late": minutes_left is not None and minutes_left < 0,
        "asked": queries.asked_by(me, id),
        "form": ticked or TallyForm(),
        "first_name": seat.person.name.split(maxsplit=1)[0],
        "own_card": json.dumps(queries.wished(directory.card_of(me))),
        "now": now,
        **_guides(seat),
    }
    return render(request, "team/request.html", page, status=422 if ticked else 200)


def device(view: View) -> View:
    """Make a view an answer to a supporter's device: bytes or small JSON, what went wrong as a state."""

    @wraps(view)
    @serving("help_requests.take")
    def inner(request: HttpRequest, seat: Seat, me: Facts, id: uuid.UUID) -> HttpResponse:
        try:
            return view(request, me.id, id)
        except Gone:
            return _answer("gone", 410)
        except (NotTaker, NotTheirs):
            return _answer("not-yours", 409)
        except (CannotBeAsked, LostRace):
            return _answer("cannot-be-asked", 409)
        except Refused as error:
            return _answer("refused", 415 if error.code == "content-type" else 422)
        except Full:
            return _answer("full", 429)

    return inner


def _answer(state: str, status: int) -> JsonResponse:
    return JsonResponse({"state": state}, status=status)


@require_safe
@device
def envelope(request: HttpRequest, me: uuid.UUID, id: uuid.UUID) -> HttpResponse:
    """Hand out the sealed request to a device that may open it: `?spare` for the copy beside the original."""
    sealed = queries.envelope_for(me, id, spare="spare" in request.GET)
    actions.looked(me, id)
    return HttpResponse(sealed, content_type="application/octet-stream")


@require_safe
@device
def messages(request: HttpRequest, me: uuid.UUID, id: uuid.UUID) -> HttpResponse:
    """Hand out what the member wrote back, sealed, to whoever may open the request now."""
    sealed = queries.messages_for(me, id)
    return JsonResponse({"messages": [base64.b64encode(one).decode() for one in sealed]})


@require_safe
@device
def peers(request: HttpRequest, me: uuid.UUID, id: uuid.UUID) -> HttpResponse:
    """Say whom this supporter may ask to help or to take over, with the key to seal for."""
    return JsonResponse({"peers": [asdict(one) for one in queries.peers(me, id, clock.now())]})


@require_POST
@device
def hand_on(request: HttpRequest, me: uuid.UUID, id: uuid.UUID) -> HttpResponse:
    """Keep a copy sealed for one more supporter and call them; see rules.parse_hand_on for the body."""
    queries.opened_by(me, id)
    _only_octets(request)
    actions.hand_on(me, id, parse_hand_on(request.body))
    try:
        queries.opened_by(me, id)
    except Gone:
        # The page that follows is the inbox: whoever hands on what waits is out of it.
        notices.success(request, _("Passed on. They are being called now. No reason is asked for or kept."))
    return _answer("asked", 201)


def _only_octets(request: HttpRequest) -> None:
    if request.content_type != "application/octet-stream":
        raise Refused("content-type")


@require_POST
@device
def reply(request: HttpRequest, me: uuid.UUID, id: uuid.UUID) -> HttpResponse:
    """Put a sealed reply into a box: address 16 bytes, then an envelope of one stanza."""
    queries.opened_by(me, id)
    _only_octets(request)
    if len(request.body) != ADDRESS_BYTES + seals.BOX_REPLY_BYTES:
        raise Refused("wrong-size")
    actions.reply(me, id, request.body[:ADDRESS_BYTES], request.body[ADDRESS_BYTES:])
    return _answer("stored", 201)


def step(view: Callable[..., HttpResponse | str | None]) -> View:
    """Make a view a step of a request: by post, and with a page for what changed meanwhile.

    It leads back to the request, or to the inbox with the sentence that the view returns.
    """

    @require_POST
    @wraps(view)
    @serving("help_requests.take")
    def inner(request: HttpRequest, seat: Seat, me: Facts, id: uuid.UUID) -> HttpResponse:
        try:
            done = view(request, seat, me.id, id)
        except TakenBySomebody:
            return render(request, "team/over.html", {"seat": seat, "taken": True}, status=410)
        except Gone:
            return render(request, "team/over.html", {"seat": seat}, status=410)
        except (NotTaker, LostRace):
            notices.warning(request, _("Something changed in the meantime. This is how it stands now."))
            return redirect("in_request", id=id)
        if isinstance(done, HttpResponse):
            return done
        if done is None:
            return redirect("in_request", id=id)
        notices.success(request, done)
        return redirect("in_inbox")

    return inner


@step
def accept(request: HttpRequest, seat: Seat, me: uuid.UUID, id: uuid.UUID) -> None:
    """Take the request, also from a peer who asks me to take it over."""
    actions.accept(me, id)


@step
def pass_on(request: HttpRequest, seat: Seat, me: uuid.UUID, id: uuid.UUID) -> str:
    """Say not me, without a reason."""
    actions.pass_on(me, id)
    return _("Passed on. No reason is asked for or kept.")


@step
def backup(request: HttpRequest, seat: Seat, me: uuid.UUID, id: uuid.UUID) -> None:
    """Call one more supporter."""
    if actions.get_backup(me, id):
        notices.success(request, _("One more peer is being called to help you."))
    else:
        notices.warning(
            request,
            _(
                "No other peer is left who can open it. The coordinator is being told. You can choose somebody below: "
                "your device seals it for them."
            ),
        )


@step
def connected(request: HttpRequest, seat: Seat, me: uuid.UUID, id: uuid.UUID) -> None:
    """Stop the clock."""
    actions.made_contact(me, id)


@step
def release(request: HttpRequest, seat: Seat, me: uuid.UUID, id: uuid.UUID) -> str:
    """Give the request back."""
    actions.give_back(me, id)
    return _("Given back. The others are being called now. No reason is kept.")


@step
def close(request: HttpRequest, seat: Seat, me: uuid.UUID, id: uuid.UUID) -> HttpResponse:
    """Count the contact and erase the request."""
    form = TallyForm(request.POST)
    if not form.is_valid():
        return _request_page(request, seat, me, id, form)
    actions.close(me, id, form.contact())
    notices.success(request, _("Closed. Nothing of it is kept."), extra_tags=CLOSED)
    return redirect("in_inbox")
