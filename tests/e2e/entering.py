"""Coming in for real: invitation, password, one-time code, as somebody does it once."""

import base64
import hashlib
import hmac
import html
import re
import struct
import time
import urllib.request

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo

PASSWORD = "nine tall birches lean"
STEP_SECONDS = 30
# A code is of no use when its time is nearly over, as a person sees on the phone.
LEFT_SECONDS = 5
# A server that has just started first has to become quick on a busy machine.
MAIL_SECONDS = 60


def invitation_link(demo: Demo, address: str) -> str:
    """Return the link of the invitation that went to an address, from the page that shows the mail."""
    ends = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < ends:
        with urllib.request.urlopen(demo.path("/demo/mail")) as response:
            text = html.unescape(response.read().decode())
        for article in text.split("<article")[1:]:
            # What was queued while the demonstration was filled names the address that it was filled for.
            link = re.search(r"http://localhost:\d+(/in/enter/invitation/[\w-]+)", article)
            if address in article and link:
                return demo.path(link.group(1))
        time.sleep(0.2)
    raise AssertionError(f"no invitation went to {address}")


def code_for(secret: str) -> str:
    """Return the one-time code of a secret, as an app on a phone works it out (RFC 6238)."""
    left = STEP_SECONDS - time.time() % STEP_SECONDS
    if left < LEFT_SECONDS:
        time.sleep(left)
    counter = int(time.time()) // STEP_SECONDS
    key = base64.b32decode(secret.replace(" ", "").upper())
    digest = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def secret_on(page: Page) -> str:
    """Return the key that the set-up page shows to those who cannot scan the picture."""
    page.get_by_text("I cannot scan it").click()
    return page.locator("code.key").inner_text().strip()


def take_up(page: Page, link: str, name: str) -> str:
    """Choose name and password, set up the one-time code; return its secret."""
    page.goto(link)
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on to the one-time code").click()
    secret = secret_on(page)
    page.locator("main form input[type=text]").fill(code_for(secret))
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Keep these codes")).to_be_visible()
    page.get_by_role("link", name="I have them").click()
    return secret


def sign_in(page: Page, demo: Demo, address: str, secret: str) -> None:
    """Sign in with password and one-time code; a code that was used already waits for the next."""
    page.goto(demo.path("/in/"))
    page.get_by_label("E-mail address").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on to the one-time code").click()
    expect(page.get_by_role("heading", name="Your one-time code")).to_be_visible()
    for _ in range(3):
        code = code_for(secret)
        page.locator("main form input[type=text]").fill(code)
        with page.expect_navigation():
            page.get_by_role("button", name="Sign in", exact=True).click()
        if "/in/enter/" not in page.url:
            return
        while code_for(secret) == code:
            time.sleep(0.5)
    raise AssertionError("the code was never taken")
