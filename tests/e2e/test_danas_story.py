"""Dana's story in two windows: she asks, the first peer does not answer, the backup does, nothing remains."""

import gzip
import json
import re
import sqlite3
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.e2e.acts import see_reply
from tests.e2e.conftest import Demo, continue_as

pytestmark = [pytest.mark.e2e]

# What a person can type, each easy to find again wherever it would turn up.
NUMBER = "+1 218 555 9146"
WHEN = "marker-when after seven"
WORDS = "marker-words third bad call"
REPLY = "marker-reply I am here until seven"
BACK = "marker-back thank you"
TABLES = (
    "escalation_ladder",
    "escalation_alert",
    "help_requests_request",
    "help_requests_handedon",
    "help_requests_message",
    "help_requests_boxreply",
)
SEALED_LEAST = 1000
MARKERS = (NUMBER, NUMBER.replace(" ", ""), WHEN, WORDS, REPLY, BACK)


@dataclass
class Trace:
    """Everything a window sent."""

    requests: list[Request] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> "Trace":
        # Playwright hangs an attribute on the handler, which a bound method of a list refuses.
        context.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108
        return self

    def sent(self) -> list[bytes]:
        """Return every address, header and body that left the window."""
        found = []
        for request in self.requests:
            found += [request.url.encode(), json.dumps(request.all_headers()).encode()]
            found += [request.post_data_buffer or b""]
        return found


@pytest.mark.req("A-01", "A-03", "A-24", "A-16", "D-01", "D-21", "K-22", "K-34", "K-35", "K-36", "B-36", "M-06")
def test_dana_asks_the_backup_answers_and_nothing_of_her_remains(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    """Play product.md's main job end to end, then search for every word that was typed."""
    trace = Trace().follow(phone)
    problems = watch_for_problems(phone, desktop)
    dana = phone.new_page()
    words = ask(demo, dana)
    check_alerted(demo, ["bell@pine.example"])

    renee = continue_as(desktop, demo, "dubois")
    expect(renee.get_by_role("heading", level=1)).to_have_text("Nobody is waiting.")
    demo.later(5)
    check_alerted(demo, ["bell@pine.example", "dubois@pine.example"])
    read_and_accept(renee)
    reply_and_make_contact(renee)
    before = everything_kept(demo)
    assert not found_in(before), "the server had it in readable form while the request lived"
    assert places_of(sealed_pieces([trace]), before), (
        "the search for sealed bytes finds nothing even while they are there"
    )

    read_reply(dana)
    close(renee)
    check_board_shows_nothing(demo, desktop)
    erase(dana)

    after = everything_kept(demo)
    assert not found_in(after)
    assert places_of(sealed_pieces([trace]), after) == []
    assert rows_left(demo) == {}
    assert not found_in(dict(enumerate(trace.sent()))), "something typed left the page in readable form"
    check_no_cookies(demo, trace)
    assert not words_were_sent(words, trace)
    assert problems == []


def watch_for_problems(*contexts: BrowserContext) -> list[str]:
    """Collect console errors and uncaught exceptions."""
    problems: list[str] = []
    for context in contexts:
        context.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        context.on("weberror", lambda error: problems.append(str(error.error)))
    return problems


def ask(demo: Demo, page: Page) -> list[str]:
    """Ask in three steps: read the limits, say how to be reached, send; return the receipt words."""
    page.goto(demo.member())
    page.get_by_role("link", name="Ask a peer to contact me").click()
    expect(page.get_by_role("heading", name="When a peer must")).to_be_visible()
    page.get_by_role("button", name="I have read this").click()
    page.get_by_label("Your number").fill(NUMBER)
    page.get_by_text("Anyone who should not see this?").click()
    page.get_by_label("Jail").check()
    page.get_by_text("When, what about, who").click()
    page.get_by_label("When is a good time?").fill(WHEN)
    page.get_by_text("A few words of your own").click()
    page.get_by_label("What would you like the peer to know?").fill(WORDS)
    page.get_by_role("button", name="Seal and send").click()
    expect(page.locator("[data-words] li")).to_have_count(12)
    return page.locator("[data-words] li").all_text_contents()


def check_alerted(demo: Demo, addresses: list[str]) -> None:
    """Wait until the mail shows exactly these people alerted; the coordinator hears of missed rungs only."""
    for _ in range(60):
        with urllib.request.urlopen(demo.path("/demo/mail")) as response:
            text = response.read().decode()
        found = set(re.findall(r"[\w.]+@pine\.example", text)) - {"vogel@pine.example", "new.peer@pine.example"}
        if found == set(addresses):
            break
        time.sleep(0.25)
    assert found == set(addresses)
    assert not re.search(r"peer support|Dana|jail", text.split("<main", 1)[1], re.IGNORECASE)


def read_and_accept(page: Page) -> None:
    """Open the request on the device and take it."""
    page.get_by_role("link", name="Look again now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One person is waiting.")
    expect(page.locator("[data-part=summary]").first).to_contain_text("Call back.")
    page.get_by_role("link", name="Read it first").click()
    expect(page.locator("[data-part=facts]:visible")).to_contain_text(WORDS)
    page.get_by_role("button", name="Accept").click()
    expect(page.locator("[data-part=facts]:visible")).to_contain_text(NUMBER)


def reply_and_make_contact(page: Page) -> None:
    """Write into the reply box, then stop the clock."""
    page.get_by_label("Your reply").fill(REPLY)
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_text("Sealed and sent.")).to_be_visible()
    page.get_by_role("button", name="Contact made").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are in touch.")


def read_reply(page: Page) -> None:
    """Read the reply on the device and write back."""
    see_reply(page, REPLY)
    page.get_by_label("Write back").fill(BACK)
    page.locator("[data-write] button[type=submit]").click()
    expect(page.get_by_label("Write back")).to_have_value("", timeout=20_000)


def close(page: Page) -> None:
    """Read what was written back, then close with the taps of the tally."""
    expect(page.locator("[data-part=written]:visible")).to_contain_text(BACK, timeout=40_000)
    form = page.locator("[data-part=close-form]")
    for name in ("pair", "topic", "outcome"):
        form.locator(f"input[name={name}]").first.check()
    page.get_by_role("button", name="Close and erase").click()
    expect(page.get_by_text("Nothing of it is kept")).to_be_visible()


def check_board_shows_nothing(demo: Demo, context: BrowserContext) -> None:
    """Look at the coordinator's board: no request is waiting."""
    context.clear_cookies()
    board = continue_as(context, demo, "vogel")
    expect(board.locator("main")).to_contain_text("0 waiting")
    assert not any(marker in board.content() for marker in MARKERS)


def erase(page: Page) -> None:
    """Erase the box after reading."""
    page.get_by_role("button", name="That is all, erase it").click()
    page.locator("[data-confirm] [data-yes]").click()
    expect(page.locator("[data-reply-list]")).to_be_hidden()


def everything_kept(demo: Demo) -> dict[str, bytes]:
    """Return every byte that the installation keeps: all files of its data folder, its log, its mail, a backup."""
    backup = demo.data.parent / f"backup-{len(list(demo.data.parent.glob('backup-*')))}.gz"
    made = demo.command("backup", str(backup))
    assert made.returncode == 0, made.stderr
    purged = demo.command("purge")
    assert purged.returncode == 0, purged.stderr
    kept = {str(path): path.read_bytes() for path in demo.data.rglob("*") if path.is_file()}
    kept["log"] = demo.log.read_bytes()
    kept["backup"] = gzip.decompress(backup.read_bytes())
    with urllib.request.urlopen(demo.path("/demo/mail")) as response:
        kept["mail"] = response.read()
    return kept


def found_in(places: dict[object, bytes]) -> list[tuple[object, str]]:
    """Return every place that holds a marker, in UTF-8 or UTF-16."""
    forms = [(marker, form) for marker in MARKERS for form in (marker.encode(), marker.encode("utf-16-le"))]
    return [(place, marker) for place, data in places.items() for marker, form in forms if form in data]


def sealed_pieces(traces: list[Trace]) -> set[bytes]:
    """Return slices of what devices sent sealed: requests, messages, replies. Shorter than a database's own pieces."""
    pieces = set()
    for trace in traces:
        for sent in trace.requests:
            body = sent.post_data_buffer or b""
            if sent.url.endswith(("/requests", "/messages", "/reply")) and len(body) > SEALED_LEAST:
                # The head of a request names a list and people, which stay; its seal begins after it.
                pieces |= {body[start : start + 32] for start in range(128, len(body) - 32, 700)}
    return pieces


def places_of(pieces: set[bytes], places: dict[object, bytes]) -> list[object]:
    """Return every place that holds a piece, as bytes or written as digits."""
    return [
        place
        for place, data in places.items()
        if any(piece in data or piece.hex().encode() in data for piece in pieces)
    ]


def rows_left(demo: Demo) -> dict[str, int]:
    """Return the tables about requests that still hold a row."""
    with sqlite3.connect(demo.data / "alongside.sqlite3") as database:
        counts = {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}  # noqa: S608
    database.close()
    return {table: count for table, count in counts.items() if count}


def check_no_cookies(demo: Demo, trace: Trace) -> None:
    """No request of the member carried a cookie or went anywhere else."""
    assert trace.requests
    for request in trace.requests:
        assert request.url.startswith((demo.address, "data:")), request.url
        assert "cookie" not in request.all_headers()


def words_were_sent(words: list[str], trace: Trace) -> bool:
    """Say whether the receipt words went over the wire."""
    spoken = " ".join(words).encode()
    return any(spoken in sent for sent in trace.sent())


@pytest.mark.req("K-26")
def test_cookies_of_a_signed_in_supporter_never_travel_to_the_members_pages(
    demo: Demo, desktop: BrowserContext
) -> None:
    """Sign in as a supporter, open the member's pages in the same browser: no Cookie header, and none is set."""
    page = continue_as(desktop, demo, "dubois")
    assert any(cookie["name"] == "in_session" for cookie in desktop.cookies())
    seen: list[dict[str, str]] = []
    desktop.on("request", lambda request: seen.append(request.all_headers()))
    for name in ("", "now", "limits", "ask", "back", "choose", "colleague", "colleague/refer", "manager"):
        page.goto(demo.member(name))
    assert len(seen) > 7
    assert not [headers for headers in seen if "cookie" in headers]
    assert {cookie["path"] for cookie in desktop.cookies()} == {"/in/"}


def test_the_log_of_the_story_names_nobody(demo: Demo) -> None:
    """The server's own output holds no address, no path below /ask and no agent."""
    # The first line says where the server itself listens.
    text = "".join(Path(demo.log).read_text().splitlines(keepends=True)[1:])
    assert not re.search(r"/ask/pine-county/\w+/(requests|progress|box)|Mozilla|127\.0\.0\.1", text)
