"""What puts a member's pages onto a home screen and keeps them for when there is no network: the card of the installed
page and the worker with the list of what it keeps.

The worker stands at /ask/<organisation>/sw.js: its place is its reach, so one organisation's worker never sees the
pages of another, nor any below /in/. Card and worker are the same bytes for everybody (docs/decisions/0025).
"""

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.models import Organisation
from alongside.content import guides
from alongside.kernel import clock
from alongside.site import rendered
from alongside.site.member_pages import LONGEST_SLUG, NAMES, without_database

WORKER, LIST = "build/member-sw.js", "build/member.json"
ICONS = (192, 512)
KINDS = {"worker": "text/javascript", "app": "application/manifest+json"}
# What a phone keeps, as far as this installation has it; the first ones first, should there be little room.
PAGES = (
    "",
    "now",
    "limits",
    "ask",
    "back",
    "resources",
    "choose",
    "colleague",
    "colleague/refer",
    "manager",
    "manager/refer",
    *(f"guides/{guide}" for guide in (*guides.MEMBER_GUIDES, *guides.MANAGER_GUIDES)),
)
DATA = ("directory.json",)


@require_safe
def worker(request: HttpRequest, organisation: str) -> HttpResponse:
    """Send the members' service worker; 404 where scripts are not built or there is no such organisation."""
    return _send(request, "worker", organisation, "en", lambda _: _worker(organisation))


@require_safe
def manifest(request: HttpRequest, organisation: str, language: str) -> HttpResponse:
    """Say how the pages look on a home screen: the organisation's neutral title and the mark, no hint of a purpose."""
    if language not in NAMES:
        return without_database(404, "en")
    return _send(request, "app", organisation, language, lambda found: _card(found, language))


def _send(
    request: HttpRequest, what: str, slug: str, language: str, write: Callable[[Organisation], str]
) -> HttpResponse:
    if len(slug) > LONGEST_SLUG:
        return without_database(404, language)

    def render() -> tuple[int, str]:
        try:
            return 200, write(accounts.open_organisation(slug))
        except (Organisation.DoesNotExist, NotBuilt):
            return 404, ""

    found = rendered.page(f"{what}/{slug}/{language}", render, language, clock.now())
    if found is None or found.status != 200:  # noqa: PLR2004
        return without_database(404 if found else 503, language)
    response = rendered.respond(request, found)
    response.headers["Content-Type"] = f"{KINDS[what]}; charset=utf-8"
    return response


def _card(organisation: Organisation, language: str) -> str:
    base = f"/ask/{organisation.slug}"
    icons = [
        {"src": static(f"build/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in ICONS
        for purpose in ("any", "maskable")
    ]
    card = {
        "name": organisation.neutral_title,
        "short_name": organisation.neutral_title[:12].rstrip(),
        "lang": language,
        "start_url": f"{base}/{language}/",
        "scope": f"{base}/",
        "display": "standalone",
        "background_color": "#faf8f4",
        "theme_color": "#faf8f4",
        "icons": icons,
    }
    return json.dumps(card, ensure_ascii=False)


class NotBuilt(Exception):
    """The scripts are not built."""


def _worker(slug: str) -> str:
    code, files, release = _built()
    base = f"/ask/{slug}"
    shell = {
        "release": release,
        "base": base,
        "languages": list(NAMES),
        "pages": [page for page in PAGES if _is_there(f"{base}/en/{page}")],
        "files": files,
        "data": [f"{base}/{name}" for name in DATA if _is_there(f"{base}/{name}")],
    }
    return f"self.shell={json.dumps(shell)};\n{code}"


def _is_there(path: str) -> bool:
    try:
        return bool(resolve(path))
    except Resolver404:
        return False


@cache
def _built() -> tuple[str, list[str], str]:
    """Return the worker's code, the addresses of the files it keeps, and what names this release: a digest of both."""
    code = _read(WORKER)
    names = [f"build/{name}" for name in json.loads(_read(LIST))]
    digest = hashlib.sha256(code)
    files = []
    for name in [*names, "mark.svg"]:
        # Scripts name each other by the name they were built under, which changes with what is in them.
        files.append(f"{settings.STATIC_URL}{name}" if "/chunk-" in name else static(name))
        digest.update(files[-1].encode() + hashlib.sha256(_read(name)).digest())
    return code.decode(), files, digest.hexdigest()[:12]


def _read(name: str) -> bytes:
    path = finders.find(name)
    if path is not None:
        return Path(str(path)).read_bytes()
    if not staticfiles_storage.exists(name):
        raise NotBuilt
    with staticfiles_storage.open(name) as file:
        return bytes(file.read())
