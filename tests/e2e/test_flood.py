"""Scripts ask without end; Dana's phone works for some seconds, shows the numbers meanwhile, and gets through."""

import http.client
import json
import os
import re
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from alongside.sealing import rules as seals
from tests.e2e.acts import fill_form, open_form, until
from tests.e2e.conftest import PHONE, watch
from tests.e2e.installation import Installation, installed
from tests.help_requests.frames import Frame
from tests.help_requests.test_work_of_a_busy_hour import work_for
from tests.site.test_hostile_clients import fake_post, holding

pytestmark = [pytest.mark.e2e]

CALM, MOST, SCRIPTS = 3, 10, 3
SLOWED_DOWN = re.compile(r"Failed to load resource: the server responded with a status of (409|428|503)")
SLOWER = 4  # times slower than this machine, as an old phone is


@pytest.fixture
def pine(tmp_path: Path) -> Iterator[Installation]:
    """Pine County with a small cap."""
    with installed(tmp_path) as made:
        made.policy(work_after=CALM, requests_per_hour=MOST)
        made.start()
        yield made


@pytest.fixture
def dana(browser: Browser) -> Iterator[BrowserContext]:
    """A phone that may be asked to work, and complains of nothing else."""
    context = browser.new_context(viewport=PHONE, locale="en-CA")
    problems = watch(context)
    yield context
    context.close()
    assert not [text for text in problems if not SLOWED_DOWN.match(text)]


def another(pine: Installation) -> Frame:
    with urllib.request.urlopen(pine.path("/ask/pine-county/candidates.json")) as answer:
        listed = json.load(answer)
    return Frame(bytes.fromhex(listed["list"]), tuple(range(len(listed["candidates"]))))


def post(pine: Installation, frame: Frame, work: str = "") -> tuple[int, dict[str, int]]:
    wire = http.client.HTTPConnection("localhost", pine.port, timeout=60)
    headers = {"Content-Type": "application/octet-stream", "Sec-Fetch-Site": "same-origin", "Alongside-Work": work}
    wire.request("POST", "/ask/pine-county/requests", bytes(frame), headers)
    answer = wire.getresponse()
    found = answer.status, json.loads(answer.read())
    wire.close()
    return found


@contextmanager
def flooded(pine: Installation) -> Iterator[Counter[int]]:
    """Let scripts ask without working, and others hold connections open, until the block is over."""
    seen: Counter[int] = Counter()
    over = threading.Event()
    frame = another(pine)

    def ask() -> None:
        while not over.is_set():
            seen[post(pine, frame.but(attempt=os.urandom(16), token=os.urandom(16)))[0]] += 1

    threads = [threading.Thread(target=ask) for _ in range(SCRIPTS)]
    with ExitStack() as stack:
        stack.enter_context(holding(pine, 40, fake_post(pine) + b"x"))
        for thread in threads:
            thread.start()
        try:
            yield seen
        finally:
            over.set()
            for thread in threads:
                thread.join(60)


def work_through(pine: Installation, count: int) -> None:
    """Be a script that does work: store that many."""
    for _ in range(count):
        frame = another(pine).but(urgency=2)
        status, body = post(pine, frame)
        while status == 428:
            status, body = post(pine, frame, work_for(frame, body["bits"]))
        assert status == 201, (status, body)


def sees_the_numbers(page: Page) -> None:
    expect(page.locator("[data-sending]").get_by_role("link", name="Call the peer team")).to_be_visible()
    expect(page.get_by_role("link", name="Call 988").last).to_be_visible()


def slowed(page: Page) -> Page:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return page


@pytest.mark.req("A-03", "A-25")
def test_in_a_flood_the_phone_works_shows_the_numbers_and_gets_through(
    pine: Installation, dana: BrowserContext
) -> None:
    page = slowed(dana.new_page())
    with flooded(pine) as seen:
        until(lambda: seen[428], lambda count: count > 20)
        # Those who were counted at the same instant come in together, and so do those who were being stored when it was
        # counted again, which is done once a second.
        stored = seen[201]
        assert CALM <= stored <= CALM + 2 * SCRIPTS
        work_through(pine, MOST - stored - 1)
        open_form(page, pine.member("ask"))
        fill_form(page, soon="Today", words="Nobody else must hear of it.")
        page.get_by_role("button", name="Seal and send").click()
        notice = page.locator("[data-sending]")
        expect(notice).to_contain_text("doing a short calculation")
        expect(notice).to_contain_text("seconds")
        sees_the_numbers(page)
        expect(notice.get_by_role("button", name="Stop trying")).to_be_visible()
        expect(notice.get_by_role("button", name="Try again now")).to_be_hidden()
        # The page is not frozen meanwhile.
        assert page.evaluate("new Promise((done) => setTimeout(() => done('alive'), 20))") == "alive"
        expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible(timeout=90_000)
    assert seen[201] == stored
    assert set(seen) <= {201, 428, 503}


@pytest.mark.req("A-03")
def test_past_the_cap_nothing_is_lost_and_the_numbers_are_there(pine: Installation, dana: BrowserContext) -> None:
    work_through(pine, MOST)
    page = dana.new_page()
    open_form(page, pine.member("ask"))
    fill_form(page, words="Still here.")
    page.get_by_role("button", name="Seal and send").click()
    notice = page.locator("[data-sending]")
    expect(notice).to_contain_text("too many people are asking at once")
    sees_the_numbers(page)
    notice.get_by_role("button", name="Stop trying").click()
    expect(page.get_by_label("What would you like the peer to know?")).to_have_value("Still here.")
    pine.later(60)
    # The page fetches the list that is valid then by itself, and needs to do no work.
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible(timeout=30_000)


def test_work_can_be_stopped(pine: Installation, dana: BrowserContext) -> None:
    work_through(pine, MOST - 1)
    page = slowed(dana.new_page())
    open_form(page, pine.member("ask"))
    fill_form(page, soon="Today", words="Changed my mind.")
    page.get_by_role("button", name="Seal and send").click()
    notice = page.locator("[data-sending]")
    expect(notice).to_contain_text("doing a short calculation")
    notice.get_by_role("button", name="Stop trying").click()
    expect(notice).to_contain_text("Not sent. Everything you typed is still here.")
    expect(page.get_by_role("button", name="Seal and send")).to_be_visible()


def test_the_frame_a_script_sends_is_of_the_size_that_is_taken(pine: Installation) -> None:
    assert len(bytes(another(pine))) == seals.FRAME_HEAD_BYTES + seals.ENVELOPE_BYTES[12]
