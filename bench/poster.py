"""How long the coordinator waits for the poster: from the tap to the file, in a real browser, library and all."""

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser

from alongside.site.demo.words import signing
from bench import chromium
from bench.figures import Figure
from tests.e2e.conftest import Demo, continue_as, running_demo

GOAL_S = 1.0
TIMES = 5


def measure() -> list[Figure]:
    """Return poster.s: the first poster of a page, whose code is loaded then; the median of several pages."""
    with (
        tempfile.TemporaryDirectory(prefix="alongside-bench-") as folder,
        running_demo(Path(folder)) as demo,
        chromium.browser() as browser,
    ):
        took = [_one(browser, demo) for _ in range(TIMES)]
    median = round(sorted(took)[TIMES // 2], 2)
    return [Figure("poster.s", median, "s, tap to file, first of its page, median", f"< {GOAL_S:g}", median < GOAL_S)]


def _one(browser: Browser, demo: Demo) -> float:
    context = browser.new_context(accept_downloads=True)
    page = continue_as(context, demo, "vogel")
    page.goto(demo.path("/in/coordinate/poster"))
    page.locator("#words").fill(signing()["words"])
    page.get_by_role("button", name="Go on").click()
    button = page.get_by_role("button", name="Make the poster")
    button.wait_for()
    begun = time.perf_counter()
    with page.expect_download():
        button.click()
    took = time.perf_counter() - begun
    context.close()
    return took
