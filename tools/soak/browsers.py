"""A real browser that is closed, killed or cut off at random instants while somebody seals and sends."""

import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright, Route, sync_playwright

from tests.e2e.acts import fill_form, open_form
from tests.e2e.conftest import CHROMIUM, FLAGS
from tools.soak.machine import Machine, machine, until
from tools.soak.post import post_office
from tools.soak.results import Budget, CannotRun, Result

KEPT = "SELECT count(*) FROM help_requests_request"
SEALING = 0.35  # seconds after the press within which sealing, sending and the answer happen
HOWS = ("page closed", "answer lost", "offline", "page closed", "browser killed")
SENT = "Sealed and on its way."


@dataclass
class Desk:
    """A browser with a profile of its own, and the installation it asks."""

    playwright: Playwright
    made: Machine
    chance: random.Random
    profile: Path
    browser: BrowserContext

    @property
    def ask(self) -> str:
        """Return the address of the form."""
        return f"http://localhost:{self.made.port}/ask/pine-county/en/ask"

    def kept(self) -> int:
        """Return how many requests live."""
        return self.made.rows().count(KEPT)

    def reopen(self) -> None:
        """Start the browser again with the same profile."""
        self.browser = open_browser(self.playwright, self.profile)


def closed(budget: Budget) -> Result:
    """Send again and again; each time something happens to page, browser or network within the sending."""
    found = Result("browser", "Chromium closed, killed, offline or without its answer while sealing and sending")
    if not next(filter(None, map(shutil.which, CHROMIUM)), None):
        raise CannotRun("Chromium is not installed (apt-get install chromium)")
    with machine() as made, post_office(made.mail_port), sync_playwright() as playwright:
        made.fill()
        made.web()
        made.wait()
        with tempfile.TemporaryDirectory(prefix="alongside-soak-browser-", ignore_cleanup_errors=True) as name:
            desk = Desk(playwright, made, budget.chance("browser"), Path(name), open_browser(playwright, Path(name)))
            for number in range(budget.times(30)):
                if budget.left < 20:
                    break
                _send(desk, HOWS[number % len(HOWS)], found)
            desk.browser.close()
    return found


def open_browser(playwright: Playwright, profile: Path) -> BrowserContext:
    """Open Chromium on a profile folder."""
    path = next(filter(None, map(shutil.which, CHROMIUM)))
    return playwright.chromium.launch_persistent_context(
        profile, executable_path=path, args=FLAGS, headless=True, locale="en-CA"
    )


def _send(desk: Desk, how: str, found: Result) -> None:
    before = desk.kept()
    page = desk.browser.new_page()
    if how == "answer lost":
        page.route("**/requests", _lose_once())
    open_form(page, desk.ask)
    fill_form(page, way="This device")
    page.get_by_role("button", name="Seal and send").click(no_wait_after=True)
    time.sleep(desk.chance.uniform(0, SEALING))
    _happen(desk, page, how)
    found.counts[how] = found.counts.get(how, 0) + 1
    if how in ("answer lost", "offline"):
        _went_through(desk, page, before, how, found)
    else:
        _asked_afterwards(desk, before, how, found)


def _lose_once() -> Callable[[Route], None]:
    lost: list[int] = []

    def handle(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    return handle


def _happen(desk: Desk, page: Page, how: str) -> None:
    if how == "page closed":
        page.close()
    elif how == "offline":
        desk.browser.set_offline(True)
        time.sleep(desk.chance.uniform(0.2, 1))
        desk.browser.set_offline(False)
    elif how == "browser killed":
        _kill(desk)


def _kill(desk: Desk) -> None:
    """Kill every process of this browser: those that name its profile."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if str(desk.profile).encode() in command:
            os.kill(int(folder.name), signal.SIGKILL)
    time.sleep(0.5)
    for name in ("SingletonLock", "SingletonSocket", "SingletonCookie"):
        (desk.profile / name).unlink(missing_ok=True)
    desk.reopen()


def _went_through(desk: Desk, page: Page, before: int, how: str, found: Result) -> None:
    """The page is still there: it must send by itself, once."""

    def is_sent() -> bool:
        again = page.get_by_role("button", name="Try again now")
        if again.is_visible():
            again.click()
        return page.get_by_role("heading", name=SENT).is_visible()

    if until(is_sent, 30, 0.3) is None:
        found.lost += 1
        found.faults.append(f"{how}: the page never said that it was sent")
    number = desk.kept() - before
    if number != 1:
        found.doubled += max(0, number - 1)
        found.faults.append(f"{how}: stored {number} times")
    page.close()


def _asked_afterwards(desk: Desk, before: int, how: str, found: Result) -> None:
    """The page is gone: the way back on this device must say what became of it."""
    time.sleep(0.7)
    stored = desk.kept() - before
    found.doubled += max(0, stored - 1)
    page = desk.browser.new_page()
    page.goto(f"http://localhost:{desk.made.port}/ask/pine-county/en/back")
    keys = page.locator("[data-kept-list] button").count()
    found.counts["stored"] = found.counts.get("stored", 0) + stored
    if not keys:
        if stored:
            found.counts["stored without a way back"] = found.counts.get("stored without a way back", 0) + 1
            found.notes.append(f"{how}: stored, and this device does not know it (peers are called all the same)")
        else:
            found.counts["closed before it was begun"] = found.counts.get("closed before it was begun", 0) + 1
        page.close()
        return
    page.locator("[data-kept-list] button").first.click()
    says = SENT if stored else "Ask once more"
    shown = page.get_by_role("heading", name=says) if stored else page.get_by_role("link", name=says)
    if until(shown.is_visible, 15) is None:
        found.faults.append(
            f"{how}: stored {stored} times, but the way back says: {page.locator('h1').all_inner_texts()}"
        )
    _forget(page)
    page.close()


def _forget(page: Page) -> None:
    """Empty this device's drawer, so that the next trial meets its own key only."""
    page.evaluate("localStorage.clear()")
