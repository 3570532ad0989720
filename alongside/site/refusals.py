"""Answers given without a thread and without the database: made once at the start, with the numbers on every page."""

from django.http import HttpRequest, HttpResponse, JsonResponse

Answer = tuple[int, list[tuple[str, str]], bytes]
RETRY_SECONDS = 10
_CODES = {400: "malformed", 408: "too-slow", 411: "no-length", 413: "too-long", 414: "too-long", 431: "too-long"}
_pages: dict[str, Answer] = {}


class Refused(Exception):
    """A request is answered at the entrance, with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def prepare() -> None:
    """Make the page that says that all is busy, in each language."""
    from alongside.site import member_pages

    for language in member_pages.NAMES:
        _pages[language] = _packed(member_pages.without_database(503, language))


def answer(status: int, method: str, path: str) -> Answer:
    """Return the answer of this status: a page with the numbers for people, a code for scripts.

    The connection ends with it: what follows on it may be the rest of a body.
    """
    if status == 503 and method in {"GET", "HEAD"} and not path.endswith(".json"):  # noqa: PLR2004
        parts = path.split("/")
        asked = parts[3] if path.startswith("/ask/") and len(parts) > 3 else "en"  # noqa: PLR2004
        return _pages.get(asked) or _pages["en"]
    if status in _CODES:
        return _packed(JsonResponse({"state": "refused", "code": _CODES[status]}, status=status))
    return _packed(JsonResponse({"state": "busy"}, status=status))


def _packed(response: HttpResponse) -> Answer:
    from alongside.site.middleware import Audience

    request = HttpRequest()
    request.path = "/"
    response = Audience(lambda _request: response)(request)
    if response.status_code == 503:  # noqa: PLR2004
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    response.headers["Connection"] = "close"
    return response.status_code, [(name.lower(), value) for name, value in response.items()], response.content
