"""Somebody is worried about somebody else: Marc about a resident, Sergeant Okafor about a constable. Personas 2 and 3."""

import base64
import hashlib
import json
import os
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests import age_reader
from tests.e2e.acts import (
    accept,
    called,
    close,
    inbox,
    letters,
    make_contact,
    read_first,
    requests_kept,
    rows,
    see_waiting,
    until,
    wait_called,
)
from tests.e2e.conftest import DESKTOP, MEANT, PHONE, Demo, continue_as, running_demo, watch

pytestmark = [pytest.mark.e2e]

WHO, NUMBER, BY = "Noor Haddadmarker", "218 555 9157", "Marc Roymarker"
MARKERS = (WHO, NUMBER, NUMBER.replace(" ", ""), BY)


@pytest.fixture
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demonstration for each test alone: what waits in one must not show in another."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


def open_form(page: Page, demo: Demo, kind: str = "colleague") -> None:
    """Read the limits, then see the form and wait for what is fetched meanwhile."""
    page.goto(demo.member(f"{kind}/refer"))
    page.get_by_role("button", name="I have read this").click()
    expect(page.get_by_role("heading", name="Ask a peer to reach out to them")).to_be_visible()
    expect(page.locator("[data-offices-wait]")).to_be_hidden()


def fill(page: Page, *, how: str = "By phone", reach: str = NUMBER, soon: str = "Today", by: str = "") -> None:
    """Fill the form as it stands open."""
    page.get_by_label("Who should a peer reach out to?").fill(WHO)
    page.get_by_role("radio", name=how).check()
    page.locator("#reach").fill(reach)
    page.get_by_role("radio", name=re.compile(f"^{soon}")).check()
    if by:
        page.get_by_label("They may be told that it was me").check()
        page.get_by_label("Your name", exact=True).fill(by)
    if page.locator("#attested").count():
        page.locator("#attested").check()


def send(page: Page, words: str = "Your worry was received.") -> None:
    """Seal and send, and see the one thing there is to see."""
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_role("heading", level=1, name=words)).to_be_visible()


def refer(demo: Demo, page: Page, kind: str = "colleague", **choices: str) -> None:
    """Refer from the first step to the last."""
    open_form(page, demo, kind)
    fill(page, **choices)
    send(page, "Received, thank you." if kind == "manager" else "Your worry was received.")
