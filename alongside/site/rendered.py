"""Pages that are the same for everybody: rendered once, kept as bytes with their compressed forms.

A kept page is served again while it is fresh, while somebody else renders it anew, and when the database cannot be
read. Nothing about who asks is looked at but which compression and which version their browser has.
"""

import gzip
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import brotli
from django import db
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse

FRESH = timedelta(seconds=20)
MAX_AGE = 30
_rendering = threading.Lock()


@dataclass(frozen=True)
class Page:
    """A page as it is served."""

    status: int
    language: str
    forms: dict[str, bytes]
    tag: str
    made_at: datetime

    def fresh(self, now: datetime) -> bool:
        """Say whether the page may be served without a look at the database; a clock that jumped makes it old."""
        return self.made_at <= now < self.made_at + FRESH


def page(key: str, render: Callable[[], tuple[int, str]], language: str, now: datetime) -> Page | None:
    """Return the kept page, rendered anew by `render` when it is not fresh; None when it neither is kept nor can be
    rendered.

    `render` returns a status and the text; what it answers with 404 is not kept, so that made-up names fill no
    memory.
    """
    memory = caches["pages"]
    kept: Page | None = memory.get(key)
    if kept is not None and kept.fresh(now):
        return kept
    # Whoever finds an old page while another thread renders it is served the old one at once.
    if not _rendering.acquire(blocking=kept is None):
        return kept
    try:
        status, text = render()
    except db.Error:
        return kept
    finally:
        _rendering.release()
    if status == HTTPStatus.NOT_FOUND:
        return Page(status, language, {"": text.encode()}, "", now)
    found = _pack(status, text, language, now, kept)
    memory.set(key, found, timeout=None)
    return found


def respond(request: HttpRequest, found: Page) -> HttpResponse:
    """Answer with a page in the best compression the browser takes, or 304 when it has this very version."""
    headers = {"Vary": "Accept-Encoding"}
    if found.tag:
        headers |= {"Cache-Control": f"public, max-age={MAX_AGE}", "ETag": found.tag}
    if headers.get("ETag") in [tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")]:
        return HttpResponse(status=304, headers=headers)
    accepted = [part.split(";")[0].strip() for part in request.headers.get("Accept-Encoding", "").split(",")]
    encoding = next((name for name in ("br", "gzip") if name in accepted and found.forms.get(name)), "")
    if encoding:
        headers["Content-Encoding"] = encoding
    return HttpResponse(
        found.forms[encoding],
        status=found.status,
        headers={"Content-Language": found.language, **headers},
    )


def _pack(status: int, text: str, language: str, now: datetime, old: Page | None) -> Page:
    body = text.encode()
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
    # Compressing costs more than rendering and is done only for what changed.
    if old is not None and old.tag == tag:
        forms = old.forms
    else:
        small: bytes = brotli.compress(body, quality=9)  # type: ignore[no-untyped-call]
        forms = {"": body, "gzip": gzip.compress(body, 6, mtime=0), "br": small}
    return Page(status, language, forms, tag, now)
