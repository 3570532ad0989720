"""A real Chromium."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS


@contextmanager
def browser() -> Iterator[Browser]:
    """Run Chromium with nothing kept from before."""
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, CHROMIUM)))
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()
