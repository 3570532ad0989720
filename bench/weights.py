"""What travels over the wire: the member's first page, and what asking adds with 24 candidates.

A real server, a real Chromium with an empty cache, the encoded bytes as the browser's own network log counts them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.figures import Figure
from tests.e2e.conftest import CHROMIUM, FLAGS, PHONE, ROOT, free_port

HOME_BYTES, HOME_REQUESTS, ASK_BYTES = 50_000, 6, 80_000


def measure() -> list[Figure]:
    """Return home.bytes, home.requests and ask.extra_bytes."""
    with (
        tempfile.TemporaryDirectory(prefix="alongside-bench-") as folder,
        _server(Path(folder)) as address,
        sync_playwright() as playwright,
    ):
        path = next(filter(None, map(shutil.which, CHROMIUM)))
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        home = _traffic(browser, f"{address}/ask/bench/en/")
        ask = _traffic(browser, f"{address}/ask/bench/en/ask", _type)
        browser.close()
    shell = {url for url, _ in home}
    page = f"{address}/ask/bench/en/ask"
    extra = sum(size for url, size in ask if url not in shell and url != page)
    total = sum(size for _, size in home)
    return [
        Figure("home.bytes", total, "bytes on the wire", f"<= {HOME_BYTES:,}", total <= HOME_BYTES),
        Figure("home.requests", len(home), "requests", f"<= {HOME_REQUESTS}", len(home) <= HOME_REQUESTS),
        Figure("ask.extra_bytes", extra, "bytes on the wire", f"<= {ASK_BYTES:,}", extra <= ASK_BYTES),
    ]


def _type(page: Page) -> None:
    """Go on to the form and type as a member does; what sealing needs is loaded meanwhile."""
    page.get_by_role("button", name="I have read this").click()
    page.get_by_label("Your number").fill("218 555 0146")
    page.get_by_text("Anyone who should not see this?").click()
    page.get_by_label("Nobody from Office 3").check()


def _traffic(browser: Browser, address: str, act: Callable[[Page], None] | None = None) -> list[tuple[str, int]]:
    """Open a page in a fresh window, act on it, and return (address, bytes on the wire) of every request it made."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    names: dict[str, str] = {}
    sizes: dict[str, int] = {}
    network.on("Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]}))
    network.on(
        "Network.loadingFinished", lambda event: sizes.update({event["requestId"]: int(event["encodedDataLength"])})
    )
    page.goto(address, wait_until="networkidle")
    if act:
        act(page)
        page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)
    context.close()
    return [(names[key], size) for key, size in sizes.items()]


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Serve an organisation with 24 supporters who all have keys of their own."""
    port = free_port()
    address = f"http://localhost:{port}"
    env = {**os.environ, "ALONGSIDE_DATA": str(folder), "ALONGSIDE_ADDRESS": address, "PYTHONPATH": str(ROOT)}
    env.pop("DATABASE_URL", None)
    subprocess.run([sys.executable, "-m", "bench.fill"], cwd=ROOT, env=env, check=True)
    server = subprocess.Popen(
        [sys.executable, "-m", "alongside", "serve", "--port", str(port)],
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/health", timeout=2).close()
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(20)
