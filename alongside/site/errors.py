"""Pages for what went wrong: clear to a person, always with the crisis numbers, working without a database."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string


def _page(request: HttpRequest, status: int) -> HttpResponse:
    if request.path.startswith("/ask/") and request.method == "POST":
        return JsonResponse({"state": "refused", "code": str(status)}, status=status)
    return HttpResponse(render_to_string(f"public/{status}.html", {"status": status}), status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404; the same page for what never was and what one may not see."""
    return _page(request, 404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    return _page(request, 403)


def cross_site(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form that did not come from our own page."""
    return _page(request, 403)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer 500 without touching the database."""
    return _page(request, 500)
