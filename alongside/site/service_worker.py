"""What a supporter's browser needs to be woken: the worker that shows a notice, and the card of an installed page.

The worker stands at /in/sw.js, because its place is its reach: pages below /in/ and no member's page.
"""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.views.decorators.http import require_safe

BUILT = "build/sw.js"


@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """Send the service worker; 404 where scripts are not built."""
    return HttpResponse(_script(), content_type="text/javascript; charset=utf-8")


@cache
def _script() -> bytes:
    path = finders.find(BUILT)
    if path is None:
        if not staticfiles_storage.exists(BUILT):
            raise Http404
        with staticfiles_storage.open(BUILT) as file:
            return bytes(file.read())
    return Path(str(path)).read_bytes()


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Say how the team's pages look on a home screen: the host's name and the mark, nothing of what it is for (K-36).

    Telephones of one maker take push only from a page that was put there.
    """
    name = str(settings.ALONGSIDE_ADDRESS).partition("://")[2]
    card = {
        "name": name,
        "short_name": name[:12],
        "start_url": "/in/",
        "scope": "/in/",
        "display": "standalone",
        "icons": [{"src": static("mark.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    return JsonResponse(card, content_type="application/manifest+json")
