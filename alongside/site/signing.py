"""The coordinator's signing of the list of supporters, the witness, and the poster (docs/decisions/0019).

Every secret stays in the browser: these pages hand out what is to be signed and keep what was signed, after looking
whether it fits.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from allauth.account.decorators import reauthentication_required
from django import db
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alongside.accounts import actions as changes
from alongside.accounts import queries as accounts
from alongside.accounts.models import Organisation
from alongside.accounts.queries import Seat
from alongside.content import poster as words
from alongside.kernel import clock, once
from alongside.kernel.once import Once
from alongside.policy import queries as policy
from alongside.sealing import actions as sealing
from alongside.sealing import rules as seals
from alongside.sealing.actions import BadSigning, NewCertificate, NewRoot, Overtaken, Signing
from alongside.site import signatures
from alongside.site.signed_list import Line, Standing, standing, told_roots

# A certificate is an id and a signature: some 130 characters for each of the largest team's supporters.
MOST_CHARACTERS = 200_000


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
    return JsonResponse({**_told(seat, found), "people": [_line(line) for line in found.signable]})


def _told(seat: Seat, found: Standing) -> dict[str, Any]:
    root, proposed = found.root, found.proposed
    until = found.today + timedelta(days=policy.in_force(seat.organisation.id).roster_valid)
    return {
        "organisation": seat.organisation.id.hex,
        "root": root and seals.base64url(root.public_key),
        "poster": root.poster if root else 1,
        "witness": root and root.witness and seals.base64url(root.witness),
        # Nobody names themselves.
        "named": bool(root and (root.named or root.offered_by == seat.person.id)),
        "proposed": proposed and seals.base64url(proposed.public_key),
        "epoch": (found.roster.epoch if found.roster else 0) + 1,
        "until": until.isoformat(),
        "seen": found.mark,
    }


def _line(line: Line) -> dict[str, str]:
    return {"id": line.id.hex, "vouch": seals.base64url(line.vouch or b""), "office": line.office}


@contextmanager
def _written_down(seat: Seat, what: str, **known: Any) -> Iterator[dict[str, Any]]:
    """Hold the organisation, and write the change down with it; the caller adds to the detail what it finds out.

    What is read within is what is there when it is changed: nobody signs, starts over or leaves in between.
    """
    with transaction.atomic():
        changes.hold(seat.organisation.id)
        yield known
        changes.note_change(seat, what, known)


@require_POST
@reauthentication_required
def sign(request: HttpRequest) -> HttpResponse:
    """Keep a new epoch of the list: exactly the people, offices and keys that the coordinator looked at."""
    seat = accounts.permit(request.user, "roster.sign")
    try:
        with _written_down(seat, "roster.signed") as facts:
            sent, today = _signed(request, seat), clock.now().date()
            last_day = today + timedelta(days=policy.in_force(seat.organisation.id).roster_valid)
            sealing.sign(seat.organisation.id, sent, by=seat.person.id, last_day=last_day, today=today)
            facts |= {"count": len(sent.certificates), "epoch": sent.epoch, "until": sent.until.isoformat()}
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
        new = seals.read_base64url(request.POST["root"], seals.VOUCH_BYTES)
        by_old = request.POST.get("by_old", "")
        signature = seals.read_base64url(by_old, seals.SIGNATURE_BYTES) if by_old else None
        with _written_down(seat, "root.proposed" if signature else "root.lost"):
            found = standing(seat.organisation)
            old = found.root.public_key if found.root else b""
            statement = signatures.root_statement(seat.organisation.id, old, new)
            if signature is not None and not signatures.fits(old, statement, signature):
                raise BadSigning("signature")
            sealing.propose_root(seat.organisation.id, NewRoot(new, signature))
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
        "told": _told(seat, found),
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
        key = seals.read_base64url(request.POST["witness"], seals.VOUCH_BYTES)
        with _written_down(seat, "witness.offered", name=seat.person.name):
            sealing.offer_witness(seat.organisation.id, seat.person.id, key)
    except (ValueError, KeyError, Overtaken):
        return _witness_page(request, seat, 422)
    messages.success(request, _("Your key is known here. The next signing names you as the witness."))
    return redirect("in_witness")


@require_POST
@reauthentication_required
def confirm(request: HttpRequest) -> HttpResponse:
    """Keep the witness's signature under new signing words."""
    seat = accounts.permit(request.user, "roster.witness")
    try:
        signature = seals.read_base64url(request.POST["by_witness"], seals.SIGNATURE_BYTES)
        with _written_down(seat, "root.witnessed", name=seat.person.name):
            found = standing(seat.organisation)
            if found.root is None or found.proposed is None or found.root.offered_by != seat.person.id:
                raise Overtaken
            old, new = found.root.public_key, found.proposed.public_key
            statement = signatures.root_statement(seat.organisation.id, old, new)
            if not signatures.fits(found.root.witness or b"", statement, signature):
                raise BadSigning("signature")
            sealing.confirm_root(seat.organisation.id, new, signature)
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
        "told": _told(seat, found),
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
        known = int(number) if number.isdecimal() and len(number) < 5 else -1  # noqa: PLR2004
        with _written_down(seat, "poster.renewed", number=known + 1):
            sealing.renew_poster(seat.organisation.id, known)
    except Overtaken:
        messages.error(request, _("Somebody else changed this meanwhile. Look again."))
        return redirect("in_poster")
    messages.success(request, _("The next poster has another code. Print it, hang it up, and throw the old ones away."))
    return redirect("in_poster")


# --- what members' pages ask -------------------------------------------------------------------------------------

_told_lately = Once(1_000_000)


@require_safe
def roots(request: HttpRequest, organisation: str) -> HttpResponse:
    """Answer a member's page that checks: which root is in force, and who signed for each change."""
    try:
        found = accounts.open_organisation(organisation)
        moment = once.slot(settings.ALONGSIDE_PUBLIC_SECONDS)
        told = _told_lately.get(found.id, moment, lambda: json.dumps(told_roots(found)).encode())
    except Organisation.DoesNotExist:
        return JsonResponse({"state": "refused", "code": "no-organisation"}, status=404)
    except (db.Error, TimeoutError):
        return JsonResponse({"state": "busy"}, status=503)
    return HttpResponse(told, content_type="application/json", headers={"Cache-Control": "public, max-age=60"})
