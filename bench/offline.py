"""How long a kept page takes to stand there without a network, and what keeping the pages costs over the wire.

A real server, visited once and then stopped; a real Chromium slowed four times, as for the other figures of phones. The
time ends when the crisis numbers and the four doors are painted.
"""

import statistics
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, BrowserContext, Page

from bench import chromium, places
from bench.figures import Figure
from tests.e2e.acts import until
from tests.e2e.conftest import PHONE

START_S, TIMES, SLOWED = 1.0, 7, 4
KEPT = """async () => { const name = (await caches.keys())[0]; if (!name) return [];
  return (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname); }"""
# From the moment the page was asked for, by the page's own clock, to the frame after numbers and doors can be seen.
PAINTED = """() => new Promise((resolve) => {
  const there = (selector) => document.querySelector(selector)?.getBoundingClientRect().height > 0;
  const look = () => there('.crisis a[href="tel:988"]') && there(".doors .door.first")
    ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now()))) : requestAnimationFrame(look);
  look(); })"""


def measure() -> list[Figure]:
    """Return offline.start_s and offline.bytes."""
    with chromium.browser() as browser:
        context = browser.new_context(viewport=PHONE)
        with places.filled("sqlite", 1, 24) as env, places.product(env) as (port,):
            address = f"http://localhost:{port}/ask/bench0/en/"
            keep(context, address)
            carried = kept_bytes(browser, address)
        times = [start(context, address) for _ in range(TIMES)]
        context.close()
    seconds = round(statistics.median(times), 2)
    return [
        Figure("offline.start_s", seconds, "seconds, 4x slowed, server gone", f"< {START_S:g}", seconds < START_S),
        Figure("offline.bytes", carried, "bytes on the wire, after the first page", "none", True),
    ]


def keep(context: BrowserContext, address: str) -> Page:
    """Visit the first page and wait until its worker keeps what it wants."""
    page = context.new_page()
    page.goto(address)
    until(lambda: page.evaluate(KEPT), lambda found: any(one.endswith("/guides/what-a-peer-is") for one in found))
    return page


def kept_bytes(browser: Browser, address: str) -> int:
    """Return what travels for the pages that a worker keeps, in a fresh window: every answer as the server sent it."""
    context = browser.new_context(viewport=PHONE)
    page = keep(context, address)
    origin, paths = page.url.partition("/ask/")[0], page.evaluate(KEPT)
    context.close()
    return sum(_weight(f"{origin}{path}") for path in paths)


def _weight(address: str) -> int:
    with urlopen(Request(address, headers={"Accept-Encoding": "br"})) as answer:
        return len(answer.read()) + len(str(answer.headers))


def start(context: BrowserContext, address: str) -> float:
    """Open the kept page in a new window of a slowed phone; return the seconds until it stands there."""
    page = context.new_page()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    page.goto(address, wait_until="commit")
    seconds = float(page.evaluate(PAINTED)) / 1000
    shown = page.locator("[data-old]").is_visible()
    page.close()
    if not shown:
        raise AssertionError("the page did not come from what is kept")
    return seconds
