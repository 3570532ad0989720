"""The coordinator's signing of the list of supporters, the witness, and the poster (docs/decisions/0019).

Every secret stays in the browser: these pages hand out what is to be signed and keep what was signed, after looking
whether it fits.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.models import Organisation
from alongside.accounts.queries import Seat
from alongside.content import poster as words
from alongside.kernel import clock, ids
from alongside.policy import queries as policy
from alongside.sealing import actions as sealing
from alongside.sealing import queries as kept
from alongside.sealing import rules as seals
from alongside.sealing.actions import BadSigning, NewCertificate, NewRoot, Overtaken, Signing
from alongside.sealing.queries import Root, Roster
from alongside.site import signatures
from alongside.team import queries as team

# A certificate is an id and a signature: some 130 characters for each of the largest team's supporters.
MOST_CHARACTERS = 200_000


@dataclass(frozen=True)
class Line:
    """One supporter as they would be signed for; `change` is "", new, office, keys or not-yet."""

    id: uuid.UUID
    person: uuid.UUID
    name: str
    office: str
    vouch: bytes | None
    change: str


@dataclass(frozen=True)
class Standing:
    """How the signed list of an organisation stands; `gone` counts those it was signed for who serve no more."""

    roster: Roster | None
    root: Root | None
    proposed: Root | None
    lines: list[Line]
    gone: int
    today: date
    warning: int

    @property
    def days_left(self) -> int:
        """How many days the list is good for yet, today included; below one it is over."""
        return (self.roster.until - self.today).days + 1 if self.roster else 0

    @property
    def changed(self) -> list[Line]:
        """Those who are not signed for as they stand now."""
        return [line for line in self.lines if line.change in {"new", "office", "keys"}]

    @property
    def signable(self) -> list[Line]:
        """Those who can be signed for."""
        return [line for line in self.lines if line.vouch]

    @property
    def waiting(self) -> list[Line]:
        """Those whose device must unlock once before they can be signed for."""
        return [line for line in self.lines if not line.vouch]

    @property
    def soon(self) -> bool:
        """Say whether it is time to sign again because of the date."""
        return self.roster is not None and self.days_left <= self.warning

    @property
    def mark(self) -> str:
        """A mark of all that the coordinator looked at."""
        seen = [[line.id.hex, line.office, line.vouch.hex() if line.vouch else ""] for line in self.lines]
        epoch = self.roster.epoch if self.roster else 0
        return ids.digest(json.dumps([epoch, seen]).encode()).hex()


def standing(organisation: Organisation) -> Standing:
    """Return how the signed list stands, beside the team as it is now."""
    now = clock.now()
    places = [place for place in team.roster(organisation.id, now) if place.status != "ended"]
    vouch = kept.vouch_keys(place.person for place in places)
    roster = kept.roster_of(organisation.id)
    roots = kept.roots_of(organisation.id)
    root = next((one for one in roots if roster and one.public_key == roster.root), None)
    lines = []
    for place in places:
        key = vouch.get(place.person)
        change = _change(roster.certified.get(place.person) if roster else None, place.office, key)
        lines.append(Line(place.id, place.person, place.name, place.office, key, change))
    serving = {place.person for place in places}
    return Standing(
        roster=roster,
        root=root,
        proposed=roots[-1] if root and roots[-1].serial > root.serial else None,
        lines=lines,
        gone=roster.people - len(set(roster.certified) & serving) if roster else 0,
        today=now.date(),
        warning=policy.in_force(organisation.id).roster_warning,
    )


def _change(was: tuple[str, bytes] | None, office: str, key: bytes | None) -> str:
    if key is None:
        return "not-yet"
    if was is None:
        return "new"
    return "keys" if was[1] != key else "office" if was[0] != office else ""


# --- the list ----------------------------------------------------------------------------------------------------


@require_safe
def signing(request: HttpRequest) -> HttpResponse:
    """Show who would be signed for, what changed since the last time, and the way to sign."""
    return _page(request, accounts.permit(request.user, "roster.sign"))


def _page(request: HttpRequest, seat: Seat, status: int = 200) -> HttpResponse:
    found = standing(seat.organisation)
    witness = found.root and found.root.offered_by
    people = {person.id: person.name for person, _roles in accounts.people_of(seat.organisation.id)}
    context = {
        "seat": seat,
        "standing": found,
        "days": policy.in_force(seat.organisation.id).roster_valid,
        "witness": people.get(witness, "") if witness else "",
    }
    return render(request, "coordinate/signing.html", context, status=status)


@require_safe
def state(request: HttpRequest) -> JsonResponse:
    """Hand the browser what it signs: public keys, offices, the next epoch and its last day."""
    seat = accounts.permit(request.user, "roster.sign")
    found = standing(seat.organisation)
    return JsonResponse({**_told(seat.organisation, found), "people": [_line(line) for line in found.signable]})


def _told(organisation: Organisation, found: Standing) -> dict[str, Any]:
    root, proposed = found.root, found.proposed
    until = found.today + timedelta(days=policy.in_force(organisation.id).roster_valid)
    return {
        "organisation": organisation.id.hex,
        "root": root and seals.base64url(root.public_key),
        "poster": root.poster if root else 1,
        "witness": root and root.witness and seals.base64url(root.witness),
        "named": bool(root and root.named),
        "proposed": proposed and seals.base64url(proposed.public_key),
        "epoch": (found.roster.epoch if found.roster else 0) + 1,
        "until": until.isoformat(),
        "seen": found.mark,
    }


def _line(line: Line) -> dict[str, str]:
    return {"id": line.id.hex, "vouch": seals.base64url(line.vouch or b""), "office": line.office}


@require_POST
@reauthentication_required
def sign(request: HttpRequest) -> HttpResponse:
    """Keep a new epoch of the list: exactly the people, offices and keys that the coordinator looked at."""
    seat = accounts.permit(request.user, "roster.sign")
    try:
        sent = _signed(request, seat)
        last_day = clock.now().date() + timedelta(days=policy.in_force(seat.organisation.id).roster_valid)
        sealing.sign(seat, sent, last_day=last_day, today=clock.now().date())
    except Overtaken:
        messages.error(
            request,
            _("Not signed: something changed while you looked, or somebody else signed. Look again, then sign."),
        )
        return _page(request, seat, 409)
    except (ValueError, KeyError, TypeError, RecursionError):
        return _not_taken(request, seat)
    messages.success(request, _("Signed. Phones that came by the poster check against this list now."))
    return redirect("in_signing")


def _signed(request: HttpRequest, seat: Seat) -> Signing:
    """Return what was signed, for the people as they are now; raises Overtaken when that is not what was looked at."""
    text = request.POST["signed"]
    if len(text) > MOST_CHARACTERS:
        raise BadSigning("too-long")
    sent = json.loads(text)
    if set(sent) != {"epoch", "until", "root", "seen", "named", "certificates"} or type(sent["epoch"]) is not int:
        raise BadSigning("fields")
    found = standing(seat.organisation)
    if sent["seen"] != found.mark:
        raise Overtaken
    until = date.fromisoformat(sent["until"])
    root = seals.read_base64url(_text(sent["root"]), seals.VOUCH_BYTES)
    if set(sent["certificates"]) != {line.id.hex for line in found.signable}:
        raise BadSigning("people")
    made = []
    for line in found.signable:
        signature = seals.read_base64url(_text(sent["certificates"][line.id.hex]), seals.SIGNATURE_BYTES)
        vouch = line.vouch or b""
        statement = signatures.peer_statement(seat.organisation.id, sent["epoch"], until, vouch, line.office)
        if not signatures.fits(root, statement, signature):
            raise BadSigning("signature")
        made.append(NewCertificate(line.person, line.office, vouch, signature))
    return Signing(root, sent["epoch"], until, made, _named(seat, found, root, sent["named"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadSigning("types")
    return value


def _named(seat: Seat, found: Standing, root: bytes, named: object) -> bytes | None:
    if named is None:
        return None
    signature = seals.read_base64url(_text(named), seals.SIGNATURE_BYTES)
    witness = (found.root.witness if found.root and found.root.public_key == root else None) or b""
    if not signatures.fits(root, signatures.witness_statement(seat.organisation.id, root, witness), signature):
        raise BadSigning("witness")
    return signature


def _not_taken(request: HttpRequest, seat: Seat) -> HttpResponse:
    messages.error(request, _("The server did not take this. Load this page again and try once more."))
    return _page(request, seat, 422)


# --- new words, and the witness ----------------------------------------------------------------------------------


@require_POST
@reauthentication_required
def root(request: HttpRequest) -> HttpResponse:
    """Keep the public half of new signing words, with the old words' signature or without."""
    seat = accounts.permit(request.user, "roster.sign")
    try:
        found = standing(seat.organisation)
        new = seals.read_base64url(request.POST["root"], seals.VOUCH_BYTES)
        by_old = request.POST.get("by_old", "")
        signature = seals.read_base64url(by_old, seals.SIGNATURE_BYTES) if by_old else None
        old = found.root.public_key if found.root else b""
        if signature is not None and not signatures.fits(
            old, signatures.root_statement(seat.organisation.id, old, new), signature
        ):
            raise BadSigning("signature")
        sealing.propose_root(seat, NewRoot(new, signature))
    except (ValueError, KeyError, Overtaken):
        return _not_taken(request, seat)
    messages.success(request, _("The new words are known here. Sign the list with them to put them in force."))
    return redirect("in_signing")


@require_safe
def witness(request: HttpRequest) -> HttpResponse:
    """Show the second person what they are asked: to be the witness, or to confirm new signing words."""
    return _witness_page(request, accounts.permit(request.user, "roster.witness"))


def _witness_page(request: HttpRequest, seat: Seat, status: int = 200) -> HttpResponse:
    found = standing(seat.organisation)
    is_witness = bool(found.root and found.root.offered_by == seat.person.id)
    context = {
        "seat": seat,
        "standing": found,
        "told": _told(seat.organisation, found),
        "is_witness": is_witness,
        "asked": bool(is_witness and found.root and found.root.named and found.proposed and found.proposed.by_old),
    }
    return render(request, "coordinate/witness.html", context, status=status)


@require_POST
@reauthentication_required
def offer(request: HttpRequest) -> HttpResponse:
    """Keep the second person's public key; the next signing names it."""
    seat = accounts.permit(request.user, "roster.witness")
    try:
        sealing.offer_witness(seat, seals.read_base64url(request.POST["witness"], seals.VOUCH_BYTES))
    except (ValueError, KeyError, Overtaken):
        return _witness_page(request, seat, 422)
    messages.success(request, _("Your key is known here. The next signing names you as the witness."))
    return redirect("in_witness")


@require_POST
@reauthentication_required
def confirm(request: HttpRequest) -> HttpResponse:
    """Keep the witness's signature under new signing words."""
    seat = accounts.permit(request.user, "roster.witness")
    found = standing(seat.organisation)
    try:
        if found.root is None or found.proposed is None or found.root.offered_by != seat.person.id:
            raise Overtaken
        signature = seals.read_base64url(request.POST["by_witness"], seals.SIGNATURE_BYTES)
        old, new = found.root.public_key, found.proposed.public_key
        statement = signatures.root_statement(seat.organisation.id, old, new)
        if not signatures.fits(found.root.witness or b"", statement, signature):
            raise BadSigning("signature")
        sealing.confirm_root(seat, new, signature)
    except (ValueError, KeyError, Overtaken):
        return _witness_page(request, seat, 422)
    messages.success(request, _("Confirmed. The coordinator signs the list with the new words now."))
    return redirect("in_witness")


# --- the poster --------------------------------------------------------------------------------------------------


@require_safe
def poster(request: HttpRequest) -> HttpResponse:
    """Show the page on which the browser makes the poster; its code never comes here."""
    seat = accounts.permit(request.user, "roster.sign")
    found = standing(seat.organisation)
    context = {
        "seat": seat,
        "standing": found,
        "told": _told(seat.organisation, found),
        "words": words.texts(),
    }
    return render(request, "coordinate/poster.html", context)


@require_http_methods(["POST"])
@reauthentication_required
def renew(request: HttpRequest) -> HttpResponse:
    """Make another poster the current one: the codes of those on the walls open no new card."""
    seat = accounts.permit(request.user, "roster.sign")
    number = request.POST.get("poster", "")
    try:
        sealing.renew_poster(seat, int(number) if number.isdecimal() and len(number) < 5 else -1)  # noqa: PLR2004
    except Overtaken:
        messages.error(request, _("Somebody else changed this meanwhile. Look again."))
        return redirect("in_poster")
    messages.success(request, _("The next poster has another code. Print it, hang it up, and throw the old ones away."))
    return redirect("in_poster")


# --- what members' pages ask -------------------------------------------------------------------------------------


def told_roots(organisation: Organisation) -> dict[str, Any]:
    """Return the root in force and how each one followed the one before it; all of it public."""
    roster = kept.roster_of(organisation.id)
    roots = kept.roots_of(organisation.id)
    used = [one for one in roots if roster and one.serial <= _serial(roots, roster)]
    changes = [_told_change(old, new) for old, new in pairwise(used)]
    last = used[-1] if used else None
    return {
        "organisation": organisation.id.hex,
        "root": last and seals.base64url(last.public_key),
        "witness": last and last.witness and seals.base64url(last.witness),
        "named": last and last.named and seals.base64url(last.named),
        "changes": changes,
    }


def _serial(roots: list[Root], roster: Roster) -> int:
    return next(one.serial for one in roots if one.public_key == roster.root)


def _told_change(old: Root, new: Root) -> dict[str, str | None]:
    parts = {"witness": old.witness, "named": old.named, "by_old": new.by_old, "by_witness": new.by_witness}
    ends = {"from": seals.base64url(old.public_key), "to": seals.base64url(new.public_key)}
    return {**ends, **{name: seals.base64url(value) if value else None for name, value in parts.items()}}


@require_safe
def roots(request: HttpRequest, organisation: str) -> HttpResponse:
    """Answer a member's page that checks: which root is in force, and who signed for each change."""
    try:
        found = accounts.open_organisation(organisation)
    except Organisation.DoesNotExist:
        return JsonResponse({"state": "refused", "code": "no-organisation"}, status=404)
    response = JsonResponse(told_roots(found))
    response.headers["Cache-Control"] = "public, max-age=60"
    return response
