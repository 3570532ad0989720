"""A demonstration server of its own for each test module, and Chromium."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.e2e import filled
from tools.ports import free_port

if TYPE_CHECKING:
    from tests.e2e.looking import Look

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# The same engine without the parts of a desktop browser: less work for the processor. It shows no notifications.
SHELL = "chromium-headless-shell"
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
# Browsers and servers share two processors, in CI with each other and elsewhere with other work too.
expect.set_options(timeout=20_000)
# What the browser itself says of a page that is meant to be missing, and of a network that is meant to be gone.
MEANT = re.compile(r"Failed to load resource: (the server responded with a status of 4\d\d|net::ERR_INTERNET_DIS)")
# Requests that one file sends in one hour, at most.
MOST_REQUESTS = 60
# Every request with its ladder, which would go on calling people into the next test.
ERASE = "from alongside.escalation.models import Ladder; Ladder.objects.all().delete()"
STEPS = (4320, 1440, 240, 60, 15, 5, 1)


@dataclass
class Demo:
    """A running demonstration."""

    address: str
    data: Path
    log: Path
    env: dict[str, str]
    pid: int = 0

    def path(self, path: str) -> str:
        """Return the address of a path."""
        return self.address + path

    def member(self, page: str = "", language: str = "en") -> str:
        """Return the address of a member's page."""
        return f"{self.address}/ask/pine-county/{language}/{page}"

    def later(self, minutes: int) -> None:
        """Move the clock through the same door that the demonstration's page uses, in the steps that it offers."""
        for step in STEPS:
            for _ in range(minutes // step):
                self._later(step)
            minutes %= step
        # A list is made once in a second for everybody: nobody is to meet one from before.
        time.sleep(1.2)

    def _later(self, minutes: int) -> None:
        request = urllib.request.Request(
            self.path("/demo/later"), data=f"minutes={minutes}".encode(), headers={"Sec-Fetch-Site": "same-origin"}
        )
        with urllib.request.urlopen(request) as response:
            assert response.status == 200

    def workers(self) -> list[int]:
        """Return the processes that answer for the server, each a child of the one that started them."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `alongside ...` on the demonstration's own data."""
        return self.module("alongside", *arguments)

    def module(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a Python module on the demonstration's own data."""
        return subprocess.run(
            [sys.executable, "-m", name, *arguments],
            cwd=ROOT,
            env={"DJANGO_SETTINGS_MODULE": "alongside.site.settings", **self.env},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


def clean_environment() -> dict[str, str]:
    """Return this process's environment without anything that sets up the product."""
    env = {
        key: value for key, value in os.environ.items() if not key.startswith(("ALONGSIDE_", "DJANGO_", "DATABASE_"))
    }
    return env | {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "default"}


@contextmanager
def running_demo(folder: Path, database: str = "") -> Iterator[Demo]:
    """Run the demonstration and stop it as a person would: on a copy of rows that were filled once, where the rows
    are in its folder; on a database by `alongside demo` itself.
    """
    port = free_port()
    address, data = f"http://localhost:{port}", folder / f"demo-{port}"
    settings = {"ALONGSIDE_DATA": str(data), "ALONGSIDE_DEMO": "yes", "ALONGSIDE_ADDRESS": address}
    env = clean_environment()
    if database:
        env["DATABASE_URL"] = database
    command, environment = "demo", env | {"ALONGSIDE_DATA": str(folder)}
    if filled.is_shared() and not database:
        begins = filled.copy(data, env)
        command = "serve"
        environment = env | settings | {"ALONGSIDE_HOSTS": "localhost", "ALONGSIDE_DEMO_CLOCK": begins.isoformat()}
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "alongside", command, "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_for(address, server, log)
            yield Demo(address, data, log, env | settings, server.pid)
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the server answers; fail with what it said."""
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"no answer: {log.read_text()}")


def watch(*contexts: BrowserContext) -> list[str]:
    """Return the list into which console errors and uncaught exceptions of these windows go."""
    problems: list[str] = []
    for context in contexts:
        context.on("console", lambda message: problems.append(_complaint(message)) if message.type == "error" else None)
        context.on("weberror", lambda error: problems.append(str(error.error)))
    return problems


def _complaint(message: ConsoleMessage) -> str:
    return f"{message.text} ({message.location['url']})"


@pytest.fixture(scope="session", autouse=True)
def _filled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    filled.share(tmp_path_factory)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run the demonstration on a fresh SQLite file."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def own_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run a demonstration for one test that leaves nothing to others as they would expect it, such as the time."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Drive browsers: one driver for all browsers of a process, which may have no second."""
    with sync_playwright() as driver:
        yield driver


@contextmanager
def chromium(playwright: Playwright, *programs: str) -> Iterator[Browser]:
    """Run the first of these programs that is installed."""
    path = next(filter(None, map(shutil.which, programs)), None)
    assert path, "Chromium is not installed"
    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Run Chromium's engine alone where it is installed, Chromium elsewhere."""
    with chromium(playwright, SHELL, *CHROMIUM) as running:
        yield running


@pytest.fixture(scope="session")
def whole_browser(playwright: Playwright) -> Iterator[Browser]:
    """Run Chromium with all that belongs to it; a module that needs notifications calls this its `browser`."""
    with chromium(playwright, *CHROMIUM) as running:
        yield running


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A private window of a phone."""
    context = browser.new_context(viewport=PHONE, locale="en-CA")
    yield context
    context.close()


@pytest.fixture
def desktop(browser: Browser) -> Iterator[BrowserContext]:
    """A private window of a desktop computer."""
    context = browser.new_context(viewport=DESKTOP, locale="en-CA")
    yield context
    context.close()


def continue_as(context: BrowserContext, demo: Demo, slug: str) -> Page:
    """Sign in as one of the cast on the demonstration's page and wait until the own page is there."""
    page = context.new_page()
    page.goto(demo.path("/demo/"))
    page.locator(f'form[action$="/as/{slug}"] button').click()
    page.wait_for_url(lambda url: "/in/" in url and "/in/enter/" not in url)
    return page


@pytest.fixture
def look() -> Iterator["Look"]:
    """Collect what is found on all pages of a test, and fail at its end with all of it."""
    from tests.e2e.looking import Look

    look = Look()
    yield look
    assert look.looks
    assert not look.found, look.report()


@pytest.fixture
def window(browser: Browser) -> Iterator[BrowserContext]:
    """A private window; any complaint to the console that is not meant fails the test."""
    context = browser.new_context(viewport=PHONE, locale="en-CA")
    problems = watch(context)
    yield context
    context.close()
    assert not [text for text in problems if not MEANT.match(text)]


@pytest.fixture
def other(browser: Browser) -> Iterator[BrowserContext]:
    """The window of a second person."""
    context = browser.new_context(locale="en-CA")
    problems = watch(context)
    yield context
    context.close()
    assert not [text for text in problems if not MEANT.match(text)]


@pytest.fixture(scope="module")
def a_calm_hour(demo: Demo) -> None:
    """Let nobody be asked to work first, however many requests a file sends: that is test_flood's."""
    from tests.e2e.installation import CHANGE

    changed = demo.module("django", "shell", "--no-imports", "-c", CHANGE.format(values={"work_after": MOST_REQUESTS}))
    assert changed.returncode == 0, changed.stderr


@pytest.fixture
def nothing_left(demo: Demo) -> Iterator[None]:
    """Leave no request to the next test, which counts them: one without a way back cannot be cancelled."""
    from tests.e2e.acts import requests_kept

    yield
    if requests_kept(demo):
        erased = demo.module("django", "shell", "-c", ERASE)
        assert requests_kept(demo) == 0, erased.stderr
