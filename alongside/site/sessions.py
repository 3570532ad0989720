"""When a sign-in ends by itself: after so many hours however busy, and after so many minutes unused (K-24).

When somebody last did something is known to their own browser only, in a signed cookie: a table of it would show who
was at work when (docs/decisions/0015).
"""

import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import auth, messages
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from alongside.site import paths

STEP = 60  # seconds; the mark is no finer and is not sent again before it changes
BEGAN, MARK = "began", "mark"

Handler = Callable[[HttpRequest], HttpResponse]


class Limits:
    """Signs people out below /in/ whose session is too old or was left alone for too long."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The demonstration's people come in through a door of its own, and its clock leaps.
        if not paths.is_signed_in(request.path) or settings.DEMO:
            return self.get_response(request)
        if request.user.is_authenticated and _is_over(request):
            auth.logout(request)
            messages.info(request, _("You were signed out because some time has passed. Please sign in again."))
        response = self.get_response(request)
        _mark(request, response)
        return response


def _is_over(request: HttpRequest) -> bool:
    began = request.session.get(BEGAN)
    if began is None:
        return False
    now = time.time()
    seen = _seen(request)
    return now - began > settings.SESSION_COOKIE_AGE or seen is None or now - seen > settings.IDLE


def _mark(request: HttpRequest, response: HttpResponse) -> None:
    """Let the browser know when this person last did something by themselves; a page that looks by itself does not
    count.
    """
    if not request.user.is_authenticated:
        if settings.IDLE_COOKIE_NAME in request.COOKIES:
            response.delete_cookie(settings.IDLE_COOKIE_NAME, path=settings.SESSION_COOKIE_PATH, samesite="Strict")
        return
    now = int(time.time()) // STEP * STEP
    if BEGAN not in request.session:
        request.session[BEGAN], request.session[MARK] = now, secrets.token_hex(8)
    elif not _by_hand(request) or _seen(request) == now:
        return
    response.set_cookie(
        settings.IDLE_COOKIE_NAME,
        _signer(request).sign(str(now)),
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _by_hand(request: HttpRequest) -> bool:
    """Say whether a person did this: they went to a page or sent something."""
    return request.method not in {"GET", "HEAD"} or request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def _seen(request: HttpRequest) -> int | None:
    try:
        return int(_signer(request).unsign(request.COOKIES.get(settings.IDLE_COOKIE_NAME, "")))
    except (BadSignature, ValueError):
        return None


def _signer(request: HttpRequest) -> Signer:
    """Return a signer for this session alone: the mark of one session does not prolong another."""
    return Signer(salt=f"in_seen:{request.session.get(MARK, '')}")
