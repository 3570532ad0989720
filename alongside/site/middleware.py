"""What every request gets from its audience, which is the first part of its path.

`/ask` and the public pages: no cookie read or set, no session, no cache of who asked, strict headers. `/in`: sign-in,
never cached. See docs/decisions/0003.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.views import redirect_to_login
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect
from django.utils import translation

from alongside.accounts import sso
from alongside.site import paths

Handler = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'{images}; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
MEMBER = POLICY.format(images="")
# The sign-in library shows the QR code of a one-time-code app as a data picture.
SIGNED_IN = POLICY.format(images=" data:")


def is_signed_in_page(request: HttpRequest) -> bool:
    """Say whether the path belongs to people with a role."""
    return paths.is_signed_in(request.path)


# Of a member's request these reach a view, and nothing else of it.
NEEDED = frozenset(
    [
        "HTTP_HOST",
        "HTTP_ALONGSIDE_WORK",
        "HTTP_ORIGIN",
        "HTTP_SEC_FETCH_SITE",
        "HTTP_ACCEPT",
        "HTTP_ACCEPT_ENCODING",
        "HTTP_IF_NONE_MATCH",
        "HTTP_IF_MODIFIED_SINCE",
        "HTTP_RANGE",
        "HTTP_X_FORWARDED_PROTO",
    ]
)


class Audience:
    """Sets headers by audience and takes away what a member's request must not carry."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        signed_in = is_signed_in_page(request)
        if not signed_in:
            _forget_who(request)
        response = self.get_response(request)
        if not signed_in:
            response.cookies.clear()
        for name, value in _headers(request, signed_in=signed_in).items():
            response.headers.setdefault(name, value)
        if signed_in:
            response.headers["Cache-Control"] = "no-store"
        return response


def _forget_who(request: HttpRequest) -> None:
    """Leave of a member's request only what answering it needs: no address, no agent, no cookie reaches a view."""
    for name in list(request.META):
        if name.startswith(("HTTP_", "REMOTE_")) and name not in NEEDED:
            del request.META[name]


def _headers(request: HttpRequest, *, signed_in: bool) -> dict[str, str]:
    headers = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
    if request.is_secure():
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    if request.path.startswith(settings.STATIC_URL):
        # A script or style sheet obeys the page that loads it; each byte here is paid for on a weak signal.
        return headers
    return headers | {
        "Content-Security-Policy": SIGNED_IN if signed_in else MEMBER,
        # Without any referrer a browser posts a form as from nowhere, which the check for cross-site posts refuses.
        "Referrer-Policy": "same-origin" if signed_in else "no-referrer",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
        "Cache-Control": "no-store",
    }


class _SignedIn:
    """Mixin: below /in/ a middleware of Django works as usual, elsewhere it does nothing at all."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_signed_in_page(request):
            return self.get_response(request)  # type: ignore[attr-defined,no-any-return]
        return super().__call__(request)  # type: ignore[misc,no-any-return]


class SignedInSessions(_SignedIn, SessionMiddleware):
    """Sessions below /in/."""


class SignedInCsrf(_SignedIn, CsrfViewMiddleware):
    """Cross-site protection by token below /in/; /ask checks where a post comes from instead (from_our_page
    in help_requests.views.member)."""

    def process_view(self, request, callback, callback_args, callback_kwargs):  # type: ignore[no-untyped-def]
        """Check the token below /in/ only."""
        if not is_signed_in_page(request):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)


class SignedInPerson(_SignedIn, AuthenticationMiddleware):
    """`request.user` below /in/."""

    def process_view(self, request, *args):  # type: ignore[no-untyped-def]
        """Leave the decision to `permit`."""


class SignedInMessages(_SignedIn, MessageMiddleware):
    """One-time messages below /in/."""


class SignedInOnly:
    """Sends strangers below /in/ to the sign-in page, and people without a second step to set one up first (K-24)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_signed_in_page(request) and not paths.is_open_to_all(request.path):
            if not request.user.is_authenticated:
                if request.method == "GET":
                    return redirect_to_login(request.path)
                return HttpResponse(status=403)
            in_demo = settings.DEMO and request.session.get("demo")
            if not in_demo and not sso.has_second_step(request.user):
                return redirect("mfa_activate_totp")
        return self.get_response(request)


class Language:
    """Below /in/ the person's language; member pages name theirs in the path (their views activate it)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = "en"
        if is_signed_in_page(request):
            language = getattr(request.user, "language", "") or translation.get_language_from_request(request)
        with translation.override(language):
            return self.get_response(request)
