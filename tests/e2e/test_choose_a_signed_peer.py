"""Whoever chooses a peer on a phone that came by the poster: nothing is sealed for a key that is not that peer's."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from alongside.site.demo.poster import poster_part
from tests import age_reader
from tests.e2e.acts import accept, cancel, fill_form, inbox, letters, read_first, requests_kept, rows, send, wait_called
from tests.e2e.conftest import PHONE, Demo, watch
from tests.e2e.test_choose_a_peer import ask_form, choose

pytestmark = [pytest.mark.e2e]

CHECKED = "Checked: this team is the one on the poster."
GONE = "The peer you chose cannot be asked right now. Nothing was sent to them."
OWN_IDENTITY, OWN_KEY = age_reader.new_identity()
# Version, urgency, list, attempt, hash of the token, route, block and place of whoever was chosen.
CHOSEN_AT, ENVELOPE_AT = 90, 93
NOBODY = b"\xff\xff\xff"
ANA = "(SELECT id FROM accounts_person WHERE name = 'Ana Ruiz')"
KEPT = ("sealing_receivingkey", "sealing_certificate")


@pytest.fixture
def member(browser: Browser) -> Iterator[BrowserContext]:
    """A private window of a phone that complains about nothing."""
    context = browser.new_context(viewport=PHONE, locale="en-CA")
    problems = watch(context)
    yield context
    context.close()
    assert problems == []


@contextmanager
def changed(demo: Demo, change: str, values: tuple[object, ...] = ()) -> Iterator[None]:
    """Change rows behind the server's back, as somebody who got into it can, and put them back."""
    kept = {table: rows(demo.data, f"SELECT * FROM {table}") for table in KEPT}  # noqa: S608
    _write(demo, lambda database: database.execute(change, values))
    # Lists and blocks are made once in a second for everybody: the next test, too, is not to meet older ones.
    time.sleep(1.2)
    try:
        yield
    finally:
        _write(demo, lambda database: _put_back(database, kept))
        time.sleep(1.2)


def _write(demo: Demo, act: Callable[[sqlite3.Connection], object]) -> None:
    database = sqlite3.connect(demo.data / "alongside.sqlite3", timeout=20)
    with database:
        act(database)
    database.close()


def _put_back(database: sqlite3.Connection, kept: dict[str, list[tuple[object, ...]]]) -> None:
    for table, found in kept.items():
        database.execute(f"DELETE FROM {table}")  # noqa: S608
        for row in found:
            database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608


def frames(page: Page) -> list[bytes]:
    """Return the list into which the sealed requests go that this page sends."""
    sent: list[bytes] = []
    page.on(
        "request",
        lambda request: (
            sent.append(request.post_data_buffer or b"")
            if request.method == "POST" and request.url.endswith("/requests")
            else None
        ),
    )
    return sent


def about_to_ask(demo: Demo, context: BrowserContext, fragment: str) -> Page:
    """Choose Ana and fill the form; the list is here and, with the poster, checked."""
    page = choose(demo, context, fragment)
    # Without a poster no name shows; hers is the only card of somebody who works in a court.
    ask_form(page, "Ask this peer: Ana") if fragment else _ask_unnamed(page)
    expect(page.get_by_text("You are asking Ana." if fragment else "You are asking the peer you chose")).to_be_visible()
    if fragment:
        expect(page.get_by_text(CHECKED)).to_be_visible()
    fill_form(page, words="these words stay")
    return page


def _ask_unnamed(page: Page) -> None:
    page.locator("[data-peers] > li").filter(has_text="Court").get_by_role("link").click()
    page.get_by_role("button", name="I have read this").click()
    expect(page.locator("[data-offices-wait]")).to_be_hidden()


def is_refused(demo: Demo, page: Page, sent: list[bytes]) -> None:
    """Try to send, and see that nothing goes, that it is said why, and that what was typed stays."""
    page.get_by_role("button", name="Seal and send").click()
    expect(page.locator("[data-chosen-gone]:visible")).to_contain_text(GONE)
    expect(page.get_by_label("What would you like the peer to know?")).to_have_value("these words stay")
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_hidden()
    assert sent == []
    assert requests_kept(demo) == 0


@pytest.mark.req("A-06", "K-34")
def test_with_a_good_proof_the_chosen_peer_opens_it_and_their_number_opens_with_the_poster(
    demo: Demo, member: BrowserContext, other: BrowserContext
) -> None:
    cards = choose(demo, member, poster_part())
    cards.get_by_role("button", name="Call or write to Ana").click()
    expect(cards.get_by_role("link", name="Call 218 555 0112")).to_be_visible()
    cards.close()
    since = len(letters(demo))
    page = about_to_ask(demo, member, poster_part())
    sent = frames(page)
    send(page)
    (frame,) = sent
    assert frame[CHOSEN_AT:ENVELOPE_AT] != NOBODY
    wait_called(demo, "ruiz", since=since)
    ana = inbox(other, demo, "ruiz")
    read_first(ana)
    expect(ana.locator("[data-part=facts]:visible")).to_contain_text("these words stay")
    accept(ana)
    cancel(page)


@pytest.mark.req("A-06", "K-34")
@pytest.mark.parametrize(
    ("change", "values"),
    [
        (f"UPDATE sealing_receivingkey SET public_key = ? WHERE person_id = {ANA}", (OWN_KEY,)),  # noqa: S608
        (f"UPDATE sealing_receivingkey SET signature = zeroblob(64) WHERE person_id = {ANA}", ()),  # noqa: S608
        (f"UPDATE sealing_receivingkey SET signature = NULL WHERE person_id = {ANA}", ()),  # noqa: S608
        (f"UPDATE sealing_certificate SET signature = zeroblob(64) WHERE person_id = {ANA}", ()),  # noqa: S608
        (f"DELETE FROM sealing_certificate WHERE person_id = {ANA}", ()),  # noqa: S608
    ],
    ids=["another key", "forged signature", "no signature", "forged certificate", "no certificate"],
)
def test_what_a_server_puts_into_the_block_of_the_chosen_peer_is_not_sealed_for(
    demo: Demo, member: BrowserContext, change: str, values: tuple[object, ...]
) -> None:
    page = about_to_ask(demo, member, poster_part())
    sent = frames(page)
    with changed(demo, change, values):
        is_refused(demo, page, sent)
        # The team can still be asked: for the keys that were checked, and for no other.
        send(page)
    (frame,) = sent
    assert frame[CHOSEN_AT:ENVELOPE_AT] == NOBODY
    with pytest.raises(age_reader.CannotOpenError):
        age_reader.open_with(OWN_IDENTITY, frame[ENVELOPE_AT:])
    cancel(page)


@pytest.mark.req("A-06", "K-34")
def test_without_the_poster_the_same_server_can_read_along(demo: Demo, member: BrowserContext) -> None:
    """What the poster is for; should this fail, the tests beside it test nothing."""
    page = about_to_ask(demo, member, "")
    sent = frames(page)
    with changed(demo, f"UPDATE sealing_receivingkey SET public_key = ? WHERE person_id = {ANA}", (OWN_KEY,)):  # noqa: S608
        send(page)
    (frame,) = sent
    assert "these words stay" in age_reader.open_with(OWN_IDENTITY, frame[ENVELOPE_AT:])
    cancel(page)


@pytest.mark.req("A-06", "K-34")
@pytest.mark.parametrize("details", [True, False], ids=["her details stay", "her details are taken out"])
def test_another_signed_peer_cannot_be_put_in_the_place_of_the_chosen_one(
    demo: Demo, member: BrowserContext, details: bool
) -> None:
    cards = choose(demo, member, poster_part())
    address = cards.get_by_role("link", name="Ask this peer: Ana").get_attribute("href") or ""
    cards.close()
    page = about_to_ask(demo, member, poster_part())
    sent = frames(page)

    def swap(route: Route) -> None:
        body = json.loads(route.fetch().body())
        hers = next(entry for entry in body["entries"] if address.endswith(entry["reference"]))
        another = next(entry for entry in body["entries"] if entry["proof"] and entry is not hers)
        for part in ("key", "vouch", "proof"):
            hers[part], another[part] = another[part], hers[part]
        if not details:
            hers["details"] = None
        route.fulfill(json=body)

    member.route("**/blocks/*.json*", swap)
    is_refused(demo, page, sent)
