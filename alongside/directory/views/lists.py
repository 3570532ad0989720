"""The candidate list, the directory and its blocks as browsers fetch them."""

import gzip
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

import brotli
from django import db
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.models import Organisation
from alongside.directory import actions, queries, rules
from alongside.kernel import clock, once
from alongside.kernel.once import Latest, Once

MOST_BYTES = 24_000_000
# What was packed for an organisation, by name and compression.
_packed = Once(MOST_BYTES)


def _brotli(body: bytes) -> bytes:
    return bytes(brotli.compress(body, quality=5))  # type: ignore[no-untyped-call]


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


_PACKERS: dict[str, Callable[[bytes], bytes]] = {"br": _brotli, "gzip": _gzip, "": bytes}

# The list of each organisation as it was a moment ago: finding out whether it has changed means reading the whole team.
_listings: Latest[actions.Listing] = Latest()

Public = Callable[..., HttpResponse]


def _public(view: Public) -> Public:
    """Answer for an open organisation; errors as codes."""

    @require_safe
    @wraps(view)
    def answering(request: HttpRequest, organisation: str, **more: Any) -> HttpResponse:
        try:
            found = accounts.open_organisation(organisation)
            if not found.open:
                return JsonResponse({"state": "closed"}, status=410)
            return view(request, found, **more)
        except Organisation.DoesNotExist:
            return JsonResponse({"state": "refused", "code": "no-organisation"}, status=404)
        except (db.Error, TimeoutError):
            return JsonResponse({"state": "busy"}, status=503)

    return answering


@_public
def candidates(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Return who can be asked now as public keys: no name, number or picture (docs/decisions/0002). Cacheable for a
    minute.
    """
    listing = _listing(organisation, clock.now())
    return _cacheable(request, organisation, "candidates", listing.id, lambda: listing.body)


@_public
def directory(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Return what all cards show, in one file that is the same for everybody (docs/decisions/0020)."""
    now = clock.now()
    listing = _listing(organisation, now)
    state = (listing.id, rules.hour_of(now))
    return _cacheable(
        request, organisation, "directory", state, lambda: actions.directory_body(organisation, listing, now)
    )


@_public
def block(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """Return one block of the list that is named, as it was a second ago at most; 409 when that list is over, or none
    is named.
    """
    now = clock.now()
    listed = _listed(organisation, request.GET.get("list", ""))
    if listed is None:
        return JsonResponse({"state": "reseal"}, status=409, headers={"Cache-Control": "no-store"})
    # Not for as long as the list: somebody may take their card away.
    name, state = f"block {number} {listed.id.hex}", _moment()
    try:
        return _cacheable(
            request, organisation, name, state, lambda: actions.block_body(organisation, listed, number, now)
        )
    except actions.NoSuchBlock:
        return JsonResponse({"state": "refused", "code": "unknown-block"}, status=404)


def _moment() -> object:
    return once.slot(settings.ALONGSIDE_PUBLIC_SECONDS)


def _listing(organisation: Organisation, now: datetime) -> actions.Listing:
    return _listings.get(
        organisation.id, settings.ALONGSIDE_PUBLIC_SECONDS, lambda: actions.current_list(organisation, now)
    )


def _listed(organisation: Organisation, wanted: str) -> queries.Listed | None:
    try:
        return queries.valid_list(organisation.id, uuid.UUID(hex=wanted), clock.now())
    except ValueError:
        return None


def _encoding(request: HttpRequest) -> str:
    accepted = request.headers.get("Accept-Encoding", "")
    return next((name for name in _PACKERS if name and name in accepted), "")


def _cacheable(
    request: HttpRequest, organisation: Organisation, name: str, state: object, body: Callable[[], bytes]
) -> HttpResponse:
    """Answer with what is made and compressed once for as long as `state` is the same."""
    encoding = _encoding(request)
    return _answer(request, _packed.get((organisation.id, name, encoding), state, lambda: _PACKERS[encoding](body())))


def _answer(request: HttpRequest, packed: bytes) -> HttpResponse:
    response = HttpResponse(packed, content_type="application/json")
    if encoding := _encoding(request):
        response.headers["Content-Encoding"] = encoding
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "public, max-age=60"
    return response
