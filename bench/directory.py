"""Choosing among 600 peers: what the directory weighs, and how long a key takes on a phone four times slower.

A real server, 600 supporters with keys and cards whose names are sealed, a real Chromium that is slowed down.
"""

import statistics
import subprocess
import sys
from collections.abc import Mapping

from playwright.sync_api import Browser, Page

from bench import chromium, places
from bench.figures import Figure
from tests.e2e.conftest import PHONE, ROOT

SUPPORTERS, SLOWER = 600, 4
MOST_BYTES, MOST_MS = 40_000, 50
TYPED = ("french", "dispatch", "pe 17", "parent shifts", "lost a colleague")
# From the key to the next frame that can be seen: what is typed, filtered, drawn and laid out.
KEYSTROKE = """(letter) => new Promise((done) => {
  const field = document.querySelector("[data-find]");
  requestAnimationFrame(() => setTimeout(() => {
    const begun = performance.now();
    field.value = letter;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    document.body.getBoundingClientRect();
    done(performance.now() - begun);
  }));
})"""


def measure() -> list[Figure]:
    """Return directory.bytes and directory.filter_ms."""
    with places.filled("sqlite", 1, SUPPORTERS) as env:
        _give_cards(env)
        with places.product(env) as (port,), chromium.browser() as browser:
            size, times = _look(browser, f"http://localhost:{port}/ask/bench0/en/choose")
    slowest = round(max(times), 1)
    middle = round(statistics.median(times), 1)
    return [
        Figure("directory.bytes", size, "bytes on the wire, 600 peers", f"<= {MOST_BYTES:,}", size <= MOST_BYTES),
        Figure(
            "directory.filter_ms",
            slowest,
            f"ms a key, slowest of {len(times)}, 4x slower (median {middle})",
            f"< {MOST_MS}",
            slowest < MOST_MS,
        ),
    ]


def _give_cards(env: Mapping[str, str]) -> None:
    subprocess.run([sys.executable, "-m", "bench.cards"], cwd=ROOT, env=dict(env), check=True)


def _look(browser: Browser, address: str) -> tuple[int, list[float]]:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    names: dict[str, str] = {}
    sizes: dict[str, int] = {}
    network.on("Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]}))
    network.on(
        "Network.loadingFinished", lambda event: sizes.update({event["requestId"]: int(event["encodedDataLength"])})
    )
    from bench.cards import FRAGMENT

    page.goto(f"{address}#{FRAGMENT}", wait_until="networkidle")
    page.wait_for_selector("[data-peers] > li")
    times = [_press(page, text[: end + 1]) for text in TYPED for end in range(len(text))]
    context.close()
    size = next(sizes[key] for key, url in names.items() if url.endswith("/directory.json"))
    return size, times


def _press(page: Page, typed: str) -> float:
    found: float = page.evaluate(KEYSTROKE, typed)
    return found
