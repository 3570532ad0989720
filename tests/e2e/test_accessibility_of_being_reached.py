"""How somebody is reached, and when not: the pages for it have no accessibility violation and work by keyboard."""

import html
import re
import urllib.request

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.acts import until
from tests.e2e.conftest import Demo, continue_as
from tests.e2e.looking import Look
from tests.e2e.test_keyboard import Keyboard
from tests.e2e.test_push_to_a_device import MAKER

pytestmark = [pytest.mark.e2e]

ME, QUIET, CONTACT = "/in/team/me", "/in/team/me/quiet", "/in/team/me/contact"
FINDS_OUT = """
from alongside.accounts.models import ContactPoint
ContactPoint.objects.filter(person__email='ruiz@pine.example').update(state='dead')
"""


@pytest.fixture(scope="module")
def browser(whole_browser: Browser) -> Browser:
    """Show notifications, which Chromium's engine alone does not."""
    return whole_browser


def test_link(demo: Demo, address: str) -> str:
    """Return the link of the newest test page that went to an address."""

    def newest() -> str:
        with urllib.request.urlopen(demo.path("/demo/mail")) as response:
            text = html.unescape(response.read().decode())
        for article in text.split("<article")[1:]:
            link = re.search(rf"{re.escape(demo.address)}/in/enter/reached/[\w-]+", article)
            if address in article and link:
                return link.group(0)
        return ""

    return until(newest, bool)


test_link.__test__ = False  # type: ignore[attr-defined]


def my_service(page: Page, demo: Demo) -> None:
    page.goto(demo.path(ME))
    expect(page.locator("[data-part=push-says]")).not_to_contain_text("Without scripts")


@pytest.mark.req("K-36", "D-01")
def test_ways_to_be_reached_have_no_violation(
    demo: Demo, window: BrowserContext, other: BrowserContext, look: Look
) -> None:
    window.grant_permissions(["notifications"], origin=demo.address)
    page = continue_as(window, demo, "ruiz")
    page.add_init_script(MAKER)
    my_service(page, demo)
    look.at(page, "my service")
    page.goto(demo.path(CONTACT))
    page.get_by_role("textbox", name="Address").fill("no address")
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".errorlist")).to_be_visible()
    look.at(page, "another way, refused")
    page.get_by_role("textbox", name="Address").fill(
        "ana.ruiz.with.a.rather.long.address.at.home@a-long-host-name.home.example"
    )
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".contacts li")).to_have_count(2)
    look.at(page, "my service, a second way that is not tested")
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("[data-part=push-says]:visible")).to_contain_text("On: this device is alerted")
    expect(page.locator(".contacts li")).to_have_count(3)
    look.at(page, "my service, with push")
    page.get_by_role("button", name="Send me a test page").first.click()
    expect(page.get_by_text("test sent").first).to_be_visible()
    look.at(page, "my service, tests sent")
    asked = other.new_page()
    asked.goto(test_link(demo, "ruiz@pine.example"))
    look.at(asked, "test page")
    asked.get_by_role("button", name="Yes, it reached me").click()
    expect(asked.get_by_role("heading", name="Thank you")).to_be_visible()
    look.at(asked, "test page, thanked")
    gone = asked.goto(demo.path(f"/in/enter/reached/{'x' * 43}"))
    assert gone is not None and gone.status == 410
    look.at(asked, "test page, over")
    done = demo.command("manage", "shell", "--no-imports", "-c", FINDS_OUT)
    assert done.returncode == 0, done.stderr
    my_service(page, demo)
    expect(page.get_by_text("No message reaches you any more").first).to_be_visible()
    look.at(page, "my service, no way works")
    board = continue_as(other, demo, "vogel")
    look.at(board, "board, somebody cannot be reached")


@pytest.mark.req("D-01")
def test_quiet_hours_have_no_violation(demo: Demo, window: BrowserContext, look: Look) -> None:
    page = continue_as(window, demo, "hart")
    page.goto(demo.path(QUIET))
    look.at(page, "quiet hours")
    page.get_by_label("From").fill("09:00")
    page.get_by_label("To").fill("22:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Quiet hours last 12 hours at most.")).to_be_visible()
    look.at(page, "quiet hours, too long")
    page.get_by_label("From").fill("22:00")
    page.get_by_label("To").fill("06:30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("From 22:00 to 06:30 you get no message that can wait.")).to_be_visible()
    look.at(page, "my service, quiet hours set")


@pytest.mark.req("D-01", "A-25")
def test_ways_and_quiet_hours_are_set_by_keyboard(demo: Demo, desktop: BrowserContext) -> None:
    page = continue_as(desktop, demo, "lindqvist")
    my_service(page, demo)
    keys = Keyboard(page)
    keys.press("Add a way")
    expect(page.get_by_role("heading", name="Another way to reach you")).to_be_visible()
    keys.type("Address", "fay@home.example")
    page.keyboard.press("Enter")
    expect(page.locator(".contacts li")).to_have_count(2)
    keys.press(".*Try fay@home.example earlier")
    expect(page.locator(".contacts li").first).to_contain_text("fay@home.example")
    keys.press("Send me a test page")
    expect(page.get_by_text("test sent").first).to_be_visible()
    page.goto(demo.path(QUIET))
    # A field for a time has a stop for hours, minutes and, in this language, before or after noon.
    keys.type("From", "1000PM")
    keys.type("To", "0630AM")
    keys.press("Save")
    expect(page.get_by_text("From 22:00 to 06:30 you get no message that can wait.")).to_be_visible()
