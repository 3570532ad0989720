"""The candidate list as browsers fetch it."""

import gzip
import threading
import uuid

import brotli
from django import db
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.models import Organisation
from alongside.directory import actions
from alongside.kernel import clock

_packed: dict[tuple[uuid.UUID, str], tuple[uuid.UUID, bytes]] = {}
_lock = threading.Lock()


def _brotli(body: bytes) -> bytes:
    return bytes(brotli.compress(body, quality=11))  # type: ignore[no-untyped-call]


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


_PACKERS = {"br": _brotli, "gzip": _gzip}


@require_safe
def candidates(request: HttpRequest, organisation: str) -> HttpResponse:
    """Return who can be asked now as public keys: no name, number or picture (docs/decisions/0002). Cacheable for a
    minute.
    """
    try:
        found = accounts.open_organisation(organisation)
        if not found.open:
            return JsonResponse({"state": "closed"}, status=410)
        listing = actions.current_list(found, clock.now())
    except Organisation.DoesNotExist:
        return JsonResponse({"state": "refused", "code": "no-organisation"}, status=404)
    except db.Error:
        return JsonResponse({"state": "busy"}, status=503)
    accepted = request.headers.get("Accept-Encoding", "")
    encoding = next((name for name in _PACKERS if name in accepted), "")
    response = HttpResponse(
        _pack(found.id, listing, encoding) if encoding else listing.body, content_type="application/json"
    )
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


def _pack(organisation_id: uuid.UUID, listing: actions.Listing, encoding: str) -> bytes:
    """Return the list compressed once for as long as it is the one handed out."""
    with _lock:
        kept = _packed.get((organisation_id, encoding))
        if kept is None or kept[0] != listing.id:
            kept = (listing.id, _PACKERS[encoding](listing.body))
            _packed[organisation_id, encoding] = kept
        return kept[1]
