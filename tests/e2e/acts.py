"""What people of the stories do on the pages, as they would do it, and what they then see."""

import re
import sqlite3
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import BrowserContext, Page, Response, expect

from tests.e2e.conftest import Demo, continue_as

NUMBER = "+1 218 555 9146"
CALLS = ("Something is waiting for you", "Something is waiting for you now", "A teammate asks you to join in")
# The box and the progress are looked at every 11 to 25 seconds, a supporter's page every 20.
SOON = 40_000

Found = TypeVar("Found")


def until(look: Callable[[], Found], holds: Callable[[Found], bool], seconds: float = 30) -> Found:
    """Look again and again until it holds; fail with what was seen last."""
    ends = time.monotonic() + seconds
    while not holds(found := look()):
        assert time.monotonic() < ends, f"never so; last seen: {found!r}"
        time.sleep(0.2)
    return found


# --- the member --------------------------------------------------------------------------------------------------


def open_form(page: Page, address: str) -> None:
    """Read the limits, then see the form and wait for what is fetched meanwhile."""
    page.goto(address)
    page.get_by_role("button", name="I have read this").click()
    expect(page.get_by_role("heading", name="Ask a peer to contact you")).to_be_visible()
    expect(page.locator("[data-offices-wait]")).to_be_hidden()


def fill_form(
    page: Page,
    *,
    how: str = "Call me",
    reach: str = NUMBER,
    soon: str = "Now",
    way: str = "12 words",
    leave_out: Sequence[str] = (),
    words: str = "",
) -> None:
    """Fill the form as it stands open."""
    page.get_by_role("radio", name=re.compile(f"^{how}")).check()
    if how != "Only here":
        page.locator("#reach").fill(reach)
    page.get_by_role("radio", name=re.compile(f"^{soon}")).check()
    if leave_out:
        page.get_by_text("Anyone who should not see this?").click()
        for office in leave_out:
            page.get_by_label(f"Nobody from {office}").check()
    if words:
        page.get_by_text("A few words of your own").click()
        page.get_by_label("What would you like the peer to know?").fill(words)
    page.get_by_role("radio", name=re.compile(f"^{way}")).check()


def send(page: Page) -> None:
    """Seal and send, and see that it went."""
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()


def ask(demo: Demo, page: Page, **choices: object) -> list[str]:
    """Ask from the first step to the last; return the 12 words, or none where there are none."""
    open_form(page, demo.member("ask"))
    fill_form(page, **choices)  # type: ignore[arg-type]
    send(page)
    expect(page.locator("[data-ladder] li").first).to_be_visible()
    if choices.get("way", "12 words") == "12 words":
        expect(page.locator("[data-words] li")).to_have_count(12)
    return page.locator("[data-words] li").all_text_contents()


def come_back(demo: Demo, page: Page, words: Sequence[str]) -> None:
    """Open a request again by its words."""
    page.goto(demo.member("back"))
    page.get_by_label("Your 12 words").fill(" ".join(words))
    page.get_by_role("button", name="Open").click()


def cancel(page: Page) -> None:
    """Cancel and erase, and say yes to the question whether one is sure."""
    page.get_by_role("button", name="Cancel and erase").first.click()
    page.locator("[data-confirm] [data-yes]").click()
    expect(page.get_by_role("heading", name="Cancelled and erased.")).to_be_visible()


def look_now(page: Page) -> None:
    """Make the member's page look at once, as it does when a connection is back; again if it was looking just then."""
    page.evaluate("[0, 800, 2000, 4000].forEach((ms) => setTimeout(() => dispatchEvent(new Event('online')), ms))")


def see_reply(page: Page, text: str) -> None:
    """See a reply on the member's page, which fetches it when it looks."""
    expect(page.locator("[data-reply-list]")).to_contain_text(text, timeout=SOON)
    expect(page.locator("[data-reply-list]")).to_be_visible()


# --- those who are called ----------------------------------------------------------------------------------------


def letters(demo: Demo) -> list[tuple[str, str]]:
    """Return (address, subject) of each message that would have been sent, the newest first."""
    with urllib.request.urlopen(demo.path("/demo/mail")) as response:
        text = response.read().decode()
    return re.findall(r'<p class="quiet small">([^<]+)</p><h2>([^<]+)</h2>', text)


def called(demo: Demo, since: int = 0) -> list[str]:
    """Return who was called for a request after the first `since` messages: a short name for each, by the alphabet."""
    return _told(demo, since, CALLS)


def alarmed(demo: Demo, since: int = 0) -> list[str]:
    """Return who was told that something on the board is late, a short name for each message."""
    return _told(demo, since, ["Your board needs you"])


def _told(demo: Demo, since: int, subjects: Sequence[str]) -> list[str]:
    found = letters(demo)
    newest = found[: len(found) - since]
    return sorted(address.partition("@")[0] for address, subject in newest if subject in subjects)


def wait_called(demo: Demo, *names: str, since: int = 0) -> None:
    """Wait until exactly these were called, each as often as named."""
    until(lambda: called(demo, since), lambda found: found == sorted(names))


def inbox(context: BrowserContext, demo: Demo, slug: str) -> Page:
    """Sign in as a supporter of the cast and see the inbox."""
    page = continue_as(context, demo, slug)
    expect(page.locator("[data-part=state]")).to_be_visible()
    return page


def see_waiting(page: Page) -> None:
    """Look again until a request waits there, which takes the ladder a second."""
    until(lambda: _look_again(page), lambda waiting: waiting > 0)


def _look_again(page: Page) -> int:
    with page.expect_navigation():
        page.get_by_role("link", name="Look again now").click()
    return page.get_by_role("link", name="Read it first").count()


def read_first(page: Page) -> None:
    """Look again and open the one request that waits, on this device."""
    see_waiting(page)
    page.get_by_role("link", name="Read it first").click()
    expect(page.locator("[data-part=facts]")).to_be_visible()


def accept(page: Page) -> None:
    """Take the open request and see how to reach who asked."""
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("button", name="Contact made")).to_be_visible()
    expect(page.locator("[data-part=facts]")).to_be_visible()


def reply(page: Page, text: str) -> None:
    """Write into the reply box."""
    page.get_by_label("Your reply").fill(text)
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_text("Sealed and sent.")).to_be_visible()


def make_contact(page: Page) -> None:
    """Stop the clock."""
    page.get_by_role("button", name="Contact made").click()
    expect(page.get_by_role("heading", name="You are in touch.")).to_be_visible()


def close(page: Page) -> None:
    """Close with the taps of the tally."""
    form = page.locator("[data-part=close-form]")
    for name in ("pair", "topic", "outcome"):
        form.locator(f"input[name={name}]").first.check()
    page.get_by_role("button", name="Close and erase").click()
    expect(page.get_by_text("Nothing of it is kept")).to_be_visible()


def unlock(page: Page, words: str) -> None:
    """Type the 12 words where the page asks for them."""
    page.get_by_label("Your 12 words").fill(words)
    page.locator("[data-part=words-form] button[type=submit]").click()


# --- what the server holds, and what it answered -----------------------------------------------------------------


def rows(data: Path, query: str) -> list[tuple[object, ...]]:
    """Return what the database holds."""
    with sqlite3.connect(data / "alongside.sqlite3") as database:
        found = database.execute(query).fetchall()
    database.close()
    return found


def requests_kept(demo: Demo) -> int:
    """Count the requests that live."""
    return len(rows(demo.data, "SELECT id FROM help_requests_request"))


def sent_to(page: Page, end: str) -> list[int]:
    """Return the list into which the status of each answer from an address goes."""
    statuses: list[int] = []

    def note(response: Response) -> None:
        if response.url.endswith(end):
            statuses.append(response.status)

    page.on("response", note)
    return statuses


def wait_silent(page: Page, asked: Sequence[object]) -> None:
    """Wait until a page and its worker, whose requests fill this list, have asked for nothing in two seconds."""
    until(lambda: _asked_meanwhile(page, asked), lambda found: found == 0, seconds=60)


def _asked_meanwhile(page: Page, asked: Sequence[object]) -> int:
    before = len(asked)
    page.wait_for_timeout(2000)
    return len(asked) - before


def wait_noted(page: Page, noted: Sequence[Found], *expected: Found) -> None:
    """Wait until a list that the browser's events fill holds exactly this: they may come after what the page says."""
    until(lambda: page.wait_for_timeout(50) or list(noted), lambda found: found == list(expected))
