"""Member pages: the crisis block everywhere, nothing that tells who asks, nothing that needs a database to help."""

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import brotli
import pytest
from django import db
from django.db import connection
from django.test import Client

from alongside.accounts.models import Organisation
from alongside.rota.models import Shift
from alongside.site import errors
from tests.help_requests.sealed import sealed_world
from tests.world import World, organisation, sign_in

pytestmark = pytest.mark.django_db

NAMES = ["", "now", "limits", "ask", "back", "choose", "colleague", "resources", "library"]
NAMES += ["colleague/refer", "manager", "manager/refer", "offline"]
GUIDES = [
    "guides/early-signs",
    "guides/open-the-talk",
    "guides/what-a-peer-is",
    "guides/after-a-hard-call",
    "guides/manager-card",
]
PAGES = [f"/ask/pine/{language}/{name}" for language in ("en", "fr") for name in NAMES + GUIDES]
PUBLIC = ["/kept", "/kept/en", "/kept/fr"]


@pytest.fixture
def cast(clock: object, db: None) -> World:
    """Return the cast with keys: then there is somebody a request can be sealed for."""
    return sealed_world()[0]


def text_of(path: str, **headers: str) -> str:
    return Client(headers=headers).get(path).content.decode()


def shows_the_crisis_block(page: str) -> bool:
    return {"tel:911", "tel:988", "sms:988"} <= set(re.findall(r'class="line" href="([^"]+)"', page))


@contextmanager
def database_gone() -> Iterator[None]:
    """Let every statement fail as SQLite and PostgreSQL let them when disk or server is gone."""

    def gone(*_: object, **__: object) -> None:
        raise db.OperationalError("disk I/O error")

    with connection.execute_wrapper(gone):
        yield


@pytest.mark.req("A-25", "A-26")
@pytest.mark.parametrize("path", PAGES)
def test_every_page_shows_the_crisis_block_the_way_out_and_a_neutral_title(path: str, cast: World) -> None:
    page = text_of(path)
    assert shows_the_crisis_block(page)
    assert "<title>Shift info</title>" in page
    assert 'href="https://www.weather.gov/" rel="noreferrer" data-leave' in page or "meteo.gc.ca" in page
    assert '<a class="skip" href="#main">' in page
    assert page.count("<h1") == len(re.findall(r"data-step=", page)) or page.count("<h1") == 1
    assert 'hreflang="fr"' in page or 'hreflang="en"' in page


@pytest.mark.req("K-26")
@pytest.mark.parametrize("path", [*PAGES, *PUBLIC, "/", "/ask/nowhere/en/", "/nowhere"])
def test_no_answer_sets_a_cookie_or_asks_for_one(path: str, cast: World) -> None:
    answer = sign_in(Client(), cast.renee).get(path)
    assert "Set-Cookie" not in answer.headers
    assert not answer.cookies
    assert "cookie" not in answer.headers.get("Vary", "").lower()


@pytest.mark.req("K-26")
@pytest.mark.parametrize("path", [*PAGES, *PUBLIC])
def test_a_page_is_the_same_bytes_for_everybody_and_may_be_kept(path: str, cast: World) -> None:
    stranger = Client().get(path)
    supporter = sign_in(Client(), cast.renee).get(path, headers={"User-Agent": "x", "Accept-Language": "de"})
    assert stranger.content == supporter.content
    assert stranger.headers["Cache-Control"] == "public, max-age=30"
    assert stranger.headers["Vary"] == "Accept-Encoding"
    assert stranger.headers["Referrer-Policy"] == "no-referrer"
    assert "script-src 'self'" in stranger.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", [*PAGES, *PUBLIC])
def test_no_page_carries_style_or_script_of_its_own(path: str, cast: World) -> None:
    page = text_of(path)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", page)
    assert set(re.findall(r"<script[^>]*src=\"(/[^\"]*)\"", page)) >= {"/static/build/leave.js"}
    assert len(re.findall("<script", page)) == len(re.findall(r'<script type="module" src="/static/', page))
    # Addresses outside: where "Leave now" goes, and what the two pages about other help lead to.
    assert not re.search(r'(?:src|action)="https?://', page)
    outside = re.findall(r'href="(https://[^"]+)" rel="([^"]+)"', page)
    assert len(outside) == page.count('href="http')
    assert all("noreferrer" in relation for _address, relation in outside)
    away = {address for address, _relation in outside if "weather" not in address and "meteo" not in address}
    assert bool(away) == path.endswith(("/resources", "/library"))


def test_compressed_forms_hold_the_same_page(cast: World) -> None:
    plain = Client().get("/ask/pine/en/")
    packed = Client().get("/ask/pine/en/", headers={"Accept-Encoding": "gzip, deflate"})
    packed_better = Client().get("/ask/pine/en/", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert packed_better.headers["Content-Encoding"] == "br"
    assert brotli.decompress(packed_better.content) == plain.content


def test_a_browser_that_has_this_version_is_sent_nothing(cast: World) -> None:
    first = Client().get("/ask/pine/en/")
    again = Client().get("/ask/pine/en/", headers={"If-None-Match": f'"other", {first.headers["ETag"]}'})
    assert again.status_code == 304
    assert again.content == b""
    assert Client().get("/ask/pine/en/", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.req("D-01")
def test_a_page_tells_within_seconds_that_nobody_is_on_call(cast: World, clock) -> None:  # type: ignore[no-untyped-def]
    assert "Somebody is on call at this moment" in text_of("/ask/pine/en/")
    Shift.objects.all().delete()
    clock.forward(seconds=19)
    assert "Somebody is on call at this moment" in text_of("/ask/pine/en/")
    clock.forward(seconds=2)
    assert "Nobody is on call at this moment" in text_of("/ask/pine/en/")
    assert "Nobody is on call at this moment" in text_of("/ask/pine/en/now")


def test_a_page_follows_a_clock_that_was_set_back(cast: World, clock) -> None:  # type: ignore[no-untyped-def]
    assert "Somebody is on call" in text_of("/ask/pine/en/")
    Shift.objects.all().delete()
    clock.set(clock.now() - timedelta(hours=1))
    assert "Nobody is on call" in text_of("/ask/pine/en/")


@pytest.mark.req("A-25")
def test_without_a_database_the_last_page_is_served(cast: World, clock) -> None:  # type: ignore[no-untyped-def]
    before = Client().get("/ask/pine/en/now")
    clock.forward(hours=1)
    with database_gone():
        after = Client().get("/ask/pine/en/now")
    assert after.status_code == 200
    assert after.content == before.content
    assert "+1 555 010 0199" in after.content.decode()


@pytest.mark.req("A-25")
@pytest.mark.parametrize("path", ["/ask/pine/en/", "/ask/pine/fr/ask", "/"])
def test_without_a_database_and_without_a_kept_page_the_crisis_block_still_shows(path: str, cast: World) -> None:
    with database_gone():
        answer = Client().get(path)
    assert answer.status_code == 503
    assert answer.headers["Cache-Control"] == "no-store"
    assert shows_the_crisis_block(answer.content.decode())


def test_the_register_of_kept_data_needs_no_database(db: None) -> None:
    with database_gone():
        assert Client().get("/kept/en").status_code == 200


@pytest.mark.req("A-25")
@pytest.mark.parametrize(
    "path",
    [
        "/ask/nowhere/en/",
        f"/ask/{'x' * 300}/en/",
        "/ask/pine/xx/",
        "/ask/pine/en/guides/nothing",
        "/nowhere",
        "/kept/xx",
    ],
)
def test_what_is_not_there_says_so_and_shows_the_crisis_block(path: str, cast: World) -> None:
    answer = Client().get(path)
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"
    assert shows_the_crisis_block(answer.content.decode())
    assert "There is no such page." in answer.content.decode()


def test_made_up_names_fill_no_memory(cast: World) -> None:
    from django.core.cache import caches

    for number in range(5):
        Client().get(f"/ask/made-up-{number}/en/")
    assert not any("made-up" in key for key in caches["pages"]._cache)  # type: ignore[attr-defined]


@pytest.mark.req("A-25")
@pytest.mark.parametrize("name", [name for name in NAMES if name != "back"])
def test_a_closed_organisation_says_so_with_numbers(name: str, cast: World) -> None:
    Organisation.objects.filter(slug="pine").update(open=False)
    answer = Client().get(f"/ask/pine/en/{name}")
    page = answer.content.decode()
    assert answer.status_code == 410
    assert "This peer team is closed." in page
    assert shows_the_crisis_block(page)
    assert "<form" not in page


@pytest.mark.req("A-03")
def test_who_asked_before_an_organisation_was_closed_can_still_come_back(cast: World) -> None:
    Organisation.objects.filter(slug="pine").update(open=False)
    answer = Client().get("/ask/pine/en/back")
    assert answer.status_code == 200
    assert "Your 12 words" in answer.content.decode()


@pytest.mark.req("A-25")
def test_error_pages_need_nothing_and_show_the_crisis_block(rf) -> None:  # type: ignore[no-untyped-def]
    request = rf.get("/ask/pine/en/")
    answers = {
        403: errors.cross_site(request),
        404: errors.not_found(request, Exception()),
        500: errors.broken(request),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert shows_the_crisis_block(answer.content.decode())


def test_only_reading_is_answered(cast: World) -> None:
    assert Client().post("/ask/pine/en/ask", {"words": "x"}).status_code == 405
    assert Client().head("/ask/pine/en/").status_code == 200


def test_the_root_leads_to_the_only_organisation_and_lists_nothing_otherwise(cast: World) -> None:
    several = Client().get("/")
    assert several.status_code == 200
    assert "Pine" not in several.content.decode()
    assert shows_the_crisis_block(several.content.decode())
    Organisation.objects.filter(slug="lake").update(open=False)
    Organisation.objects.filter(slug="pine").update(language="fr")
    assert Client().get("/").headers["Location"] == "/ask/pine/fr/"


def test_without_a_number_the_pages_say_so(cast: World) -> None:
    Organisation.objects.filter(slug="pine").update(on_call_number="")
    page = text_of("/ask/pine/en/now")
    assert "This team has no phone number yet." in page
    assert 'class="call"' not in page


@pytest.mark.req("A-01")
def test_the_number_can_be_called_with_and_without_showing_ones_own(cast: World) -> None:
    page = text_of("/ask/pine/en/now")
    assert 'href="tel:+15550100199"' in page
    assert 'href="tel:*6715550100199"' in page
    assert page.index("When a peer must speak up") < page.index("tel:+15550100199")


def test_very_long_names_do_not_break_a_page(cast: World) -> None:
    long = organisation("long", "Regional " * 13, "America/Toronto", "O")
    assert long.name in text_of("/ask/long/fr/")
