"""Public pages: the root, what this system keeps, and a word on health."""

from dataclasses import dataclass

from django import db
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.http import require_safe

from alongside.accounts.models import Organisation
from alongside.content import load
from alongside.kernel import clock
from alongside.site import rendered, schedule
from alongside.site.member_pages import NAMES, without_database

LATE_SECONDS = 60


@require_safe
def root(request: HttpRequest) -> HttpResponse:
    """Lead to the only organisation there is; where there are several, list none of them."""
    try:
        first = list(Organisation.objects.filter(open=True)[:2])
    except db.Error:
        return without_database(503, "en")
    if len(first) == 1:
        language = first[0].language if first[0].language in NAMES else "en"
        return HttpResponseRedirect(f"/ask/{first[0].slug}/{language}/")
    return HttpResponse(_page("public/root.html", "en", {}))


@require_safe
def kept(request: HttpRequest, language: str = "en") -> HttpResponse:
    """Show what this system keeps, from the register that tests hold against the tables (K-33)."""
    if language not in NAMES:
        return without_database(404, "en")
    found = rendered.page(
        f"kept/{language}",
        lambda: (200, _page("public/kept.html", language, _register(language))),
        language,
        clock.now(),
    )
    return rendered.respond(request, found) if found else without_database(503, language)


def _page(template: str, language: str, facts: dict[str, object]) -> str:
    with translation.override(language):
        return render_to_string(
            template,
            {
                "demo": settings.DEMO,
                "language": language,
                "languages": [(code, label) for code, label in NAMES.items() if code != language],
                **facts,
            },
        )


@dataclass(frozen=True)
class Column:
    """One column as the page shows it."""

    name: str
    holds: str
    protection: str


@dataclass(frozen=True)
class Table:
    """One table as the page shows it."""

    name: str
    holds: str
    why: str
    how_long: str
    readers: list[str]
    backup: bool
    columns: list[Column]


def _register(language: str) -> dict[str, object]:
    register = load.retention()
    tables = {
        about: [
            Table(
                name=table.name,
                holds=table.holds[language],
                why=table.why[language],
                how_long=table.how_long[language],
                readers=[register.readers[reader][language] for reader in table.readers],
                backup=table.backup,
                columns=[
                    Column(column.name, column.holds[language], register.protections[column.protection][language])
                    for column in table.columns
                ],
            )
            for table in register.tables
            if table.about == about
        ]
        for about in register.about
    }
    return {
        "groups": [(about, register.about[about][language], found) for about, found in tables.items() if found],
        "outside": register.outside[language],
    }


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Say whether the database answers and how old the last round of timed jobs is; 503 when one of them is wrong."""
    try:
        # A table, because SQLite makes an empty database where the file is missing, and that answers too.
        Organisation.objects.exists()
        answers = True
    except db.Error:
        answers = False
    age = schedule.loop.age()
    late = age is not None and age > LATE_SECONDS
    ok = answers and not late
    facts = {"ok": ok, "database": answers, "tick_seconds": None if age is None else round(age)}
    return JsonResponse(facts, status=200 if ok else 503)
