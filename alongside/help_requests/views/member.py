"""The endpoints of a member's device: fixed-size bodies in, small JSON out, no cookie, nothing logged about who.

A page of another site can not post here: the content type needs its consent and the origin is checked
(docs/decisions/0003).
"""

import base64
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django import db
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError

from alongside.accounts.models import Organisation
from alongside.help_requests import actions, queries
from alongside.help_requests.actions import standing
from alongside.help_requests.rules import WISH_BYTES, Busy, Full, Gone, Refused, Reseal, WorkNeeded, parse_wish
from alongside.kernel import clock
from alongside.sealing import rules as seals

TOKEN, ATTEMPT, ADDRESS = 16, 16, 16
RETRY_SECONDS = "30"
Answer = Callable[[HttpRequest, Organisation, bytes], HttpResponse]


def from_our_page(request: HttpRequest) -> bool:
    """Say whether a post comes from a page of ours: Sec-Fetch-Site where the browser sends it, else the Origin."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    try:
        origin = urlsplit(request.headers.get("Origin", ""))
    except ValueError:
        return False
    return (origin.scheme, origin.netloc) == (request.scheme, request.get_host())


def answer(status: int, state: str, **more: object) -> JsonResponse:
    """Return a small JSON answer that nobody may keep."""
    return JsonResponse({"state": state, **more}, status=status, headers={"Cache-Control": "no-store"})


def device_endpoint(*, sizes: frozenset[int]) -> Callable[[Answer], Callable[..., HttpResponse]]:
    """Wrap an endpoint: POST of one of the fixed sizes from our own page, for an open organisation; errors as codes."""

    def wrap(view: Answer) -> Callable[..., HttpResponse]:
        @wraps(view)
        def endpoint(request: HttpRequest, organisation: str) -> HttpResponse:
            refused = _refuse(request, sizes)
            return refused or _answer(view, request, organisation)

        return endpoint

    return wrap


def _refuse(request: HttpRequest, sizes: frozenset[int]) -> HttpResponse | None:
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    if not from_our_page(request):
        return answer(403, "refused", code="other-site")
    if request.content_type != "application/octet-stream":
        return answer(415, "refused", code="content-type")
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > max(sizes):
        return answer(413, "refused", code="too-long")
    if length not in sizes:
        return answer(400, "refused", code="wrong-size")
    return None


def _answer(view: Answer, request: HttpRequest, slug: str) -> HttpResponse:
    try:
        organisation = standing.organisation(slug)
        return view(request, organisation, _body(request))
    except Organisation.DoesNotExist:
        return answer(404, "refused", code="no-organisation")
    except UnreadablePostError:
        return answer(400, "refused", code="cut-short")
    except Refused as error:
        return answer(422, "refused", code=error.code)
    except Gone:
        return answer(200, "unknown")
    except db.Error:
        return _busy()


def _busy() -> JsonResponse:
    busy = answer(503, "busy")
    busy.headers["Retry-After"] = RETRY_SECONDS
    return busy


def _body(request: HttpRequest) -> bytes:
    body = request.read()
    if len(body) != int(request.META["CONTENT_LENGTH"]):
        raise UnreadablePostError
    return body


@device_endpoint(sizes=seals.FRAME_BYTES)
def requests(request: HttpRequest, organisation: Organisation, body: bytes) -> HttpResponse:
    """Take a sealed request: 201 stored, 200 stored before, 409 seal again with the new list, 428 work first, 503 try
    again soon.

    Only this is closed with an organisation: who asked before can still see, cancel and read to the end.
    """
    if not organisation.open:
        return answer(410, "closed")
    try:
        new = actions.open_request(organisation, body, clock.now(), request.headers.get("Alongside-Work", ""))
    except Reseal:
        return answer(409, "reseal")
    except WorkNeeded as needed:
        return answer(428, "work", bits=needed.bits)
    except Busy:
        return _busy()
    return answer(201 if new else 200, "stored")


@device_endpoint(sizes=frozenset({TOKEN}))
def progress(request: HttpRequest, organisation: Organisation, body: bytes) -> HttpResponse:
    """Say how the request of this token stands; `unknown` when there is none."""
    return _progress(organisation, body)


def _progress(organisation: Organisation, token: bytes) -> HttpResponse:
    facts = queries.progress(queries.by_token(organisation.id, token), clock.now())
    return JsonResponse(facts, headers={"Cache-Control": "no-store"})


def _look_first(organisation: Organisation, token: bytes) -> None:
    """Raise Gone for a token of nothing before a transaction begins: only one can write at a time, and made-up tokens
    are free.
    """
    queries.by_token(organisation.id, token)


@device_endpoint(sizes=frozenset({TOKEN}))
def present(request: HttpRequest, organisation: Organisation, body: bytes) -> HttpResponse:
    """Hand out the keys of those who can read what is written back now."""
    keys = queries.present_keys(queries.by_token(organisation.id, body), clock.now())
    return JsonResponse({"keys": keys}, headers={"Cache-Control": "no-store"})


@device_endpoint(sizes=frozenset({TOKEN}))
def not_called(request: HttpRequest, organisation: Organisation, body: bytes) -> HttpResponse:
    """Send the request back to its ladder and say how it stands."""
    _look_first(organisation, body)
    actions.not_called(organisation, body, clock.now())
    return _progress(organisation, body)


@device_endpoint(sizes=frozenset({TOKEN}))
def cancel(request: HttpRequest, organisation: Organisation, body: bytes) -> HttpResponse:
    """Delete the request; the answer is `unknown`, as it is from then on."""
    _look_first(organisation, body)
    actions.cancel(organisation, body)
    return answer(200, "unknown")


@device_endpoint(sizes=frozenset({WISH_BYTES}))
def tell_me(request: HttpRequest, organisation: Organisation, body: bytes) -> HttpResponse:
    """Keep, or forget, where the device of this token is told that something is new."""
    wish = parse_wish(body)
    _look_first(organisation, wish.token)
    try:
        actions.tell_me(organisation, wish)
    except Full:
        return answer(429, "full")
    return answer(200, "on" if wish.address else "off")


@device_endpoint(sizes=frozenset({TOKEN + ATTEMPT + seals.sealed_bytes(12)}))
def messages(request: HttpRequest, organisation: Organisation, body: bytes) -> HttpResponse:
    """Keep a sealed message with the request of this token."""
    token, attempt, envelope = body[:TOKEN], body[TOKEN : TOKEN + ATTEMPT], body[TOKEN + ATTEMPT :]
    try:
        _look_first(organisation, token)
        new = actions.write_back(organisation, token, attempt, envelope)
    except Gone:
        return answer(404, "unknown")
    except Full:
        return answer(429, "full")
    return answer(201 if new else 200, "stored")


@device_endpoint(sizes=frozenset({ADDRESS}))
def box(request: HttpRequest, organisation: Organisation, body: bytes) -> HttpResponse:
    """Return the sealed replies of a box."""
    replies = [base64.b64encode(one).decode() for one in queries.box(body)]
    return JsonResponse({"replies": replies}, headers={"Cache-Control": "no-store"})


@device_endpoint(sizes=frozenset({ADDRESS}))
def erase_box(request: HttpRequest, organisation: Organisation, body: bytes) -> HttpResponse:
    """Delete the replies of a box."""
    if queries.box(body):
        actions.erase_box(body)
    return answer(200, "erased")
