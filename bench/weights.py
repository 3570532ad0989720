"""What travels over the wire: the member's first page, and what asking adds with 24 candidates.

A real server, a real Chromium with an empty cache, the encoded bytes as the browser's own network log counts them.
"""

from collections.abc import Callable

from playwright.sync_api import Browser, Page

from bench import chromium, places
from bench.figures import Figure
from tests.e2e.conftest import PHONE

HOME_BYTES, HOME_REQUESTS, ASK_BYTES = 50_000, 6, 80_000


def measure() -> list[Figure]:
    """Return home.bytes, home.requests and ask.extra_bytes."""
    with places.filled("sqlite", 1, 24) as env, places.product(env) as (port,), chromium.browser() as browser:
        address = f"http://localhost:{port}/ask/bench0/en/"
        home = _traffic(browser, address)
        ask = _traffic(browser, f"{address}ask", _type)
    shell = {url for url, _ in home}
    extra = sum(size for url, size in ask if url not in shell and url != f"{address}ask")
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
    # Without the worker, which would carry part of it by itself; what it keeps is weighed in offline.py.
    context = browser.new_context(viewport=PHONE, service_workers="block")
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
