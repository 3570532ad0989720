"""What a supporter's browser needs to be woken, and in a crisis without a network: the worker that shows a notice and
keeps the crisis path, and the card of an installed page.

The worker stands at /in/sw.js, because its place is its reach: pages below /in/ and no member's page.
"""

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from alongside import __version__

BUILT = "build/sw.js"


@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """Send the service worker with the release that it belongs to; 404 where scripts are not built."""
    return HttpResponse(_release() + _script(), content_type="text/javascript; charset=utf-8")


def _release() -> bytes:
    """Return the line by which a worker names what it keeps: another version or look is another release."""
    release = f"{__version__} {static('build/main.css')}"
    return f"self.release = {json.dumps(release)};\n".encode()


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
