"""Nobody who comes into a team meets an accessibility violation on the way: invitation, code, keys, signing in."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.acts import unlock
from tests.e2e.conftest import Demo
from tests.e2e.entering import PASSWORD, code_for, invitation_link, secret_on
from tests.e2e.looking import Look

pytestmark = [pytest.mark.e2e]


@pytest.mark.req("K-24", "K-34", "C-15")
def test_the_way_into_the_team_has_no_violation(demo: Demo, window: BrowserContext, look: Look) -> None:
    page = window.new_page()
    sign_in_pages(demo, page, look)
    come_in(page, invitation_link(demo, "new.peer@pine.example"), look)
    for path, name in (
        ("/in/team/", "inbox before the agreement"),
        ("/in/team/me", "my service before the agreement"),
        ("/in/team/me/agreement", "agreement"),
        ("/in/enter/security/", "security"),
        ("/in/enter/password/", "new password"),
        ("/in/enter/security/codes/", "recovery codes again"),
        ("/in/enter/security/codes/new/", "new recovery codes"),
        ("/in/enter/security/app/remove/", "move to another phone"),
        ("/in/team/me/contact", "one more way to be alerted"),
    ):
        response = page.goto(demo.path(path))
        assert response is not None and response.status == 200, path
        look.at(page, name)
    page.goto(demo.path("/in/team/keys"))
    make_keys(page, look)
    page.goto(demo.path("/in/team/"))
    expect(page.get_by_role("heading", name="Unlock this device")).to_be_visible()
    look.at(page, "inbox, locked")
    go_out_and_in(page, look)


def sign_in_pages(demo: Demo, page: Page, look: Look) -> None:
    """Sign-in, refused too, and what somebody finds who cannot sign in."""
    page.goto(demo.path("/in/"))
    look.at(page, "sign in")
    page.get_by_label("E-mail address").fill("bell@pine.example")
    page.get_by_label("Password").fill("not the password")
    page.locator("main form button").first.click()
    expect(page.locator("main form [role=alert], .errorlist").first).to_be_visible()
    look.at(page, "sign in, refused")
    page.goto(demo.path("/in/enter/password/reset/"))
    look.at(page, "password forgotten")
    page.goto(demo.path("/in/enter/invitation/made-up"))
    look.at(page, "invitation that does not work")


def come_in(page: Page, link: str, look: Look) -> None:
    """Take up an invitation, with a mistake on each page."""
    page.goto(link)
    look.at(page, "invitation")
    page.get_by_label("Password").fill("new.peer@pine.example")
    page.get_by_role("button", name="Go on to the one-time code").click()
    expect(page.locator(".errorlist")).to_be_visible()
    look.at(page, "invitation, bad password")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on to the one-time code").click()
    secret = secret_on(page)
    look.at(page, "one-time code")
    page.locator("main form input[type=text]").fill("000000")
    page.locator("main form button").click()
    expect(page.locator(".errorlist")).to_be_visible()
    look.at(page, "one-time code, wrong")
    page.locator("main form input[type=text]").fill(code_for(secret))
    page.locator("main form button").click()
    expect(page.get_by_role("heading", name="Keep these codes")).to_be_visible()
    look.at(page, "recovery codes")


def make_keys(page: Page, look: Look) -> None:
    """Make keys and lock the device, with a mistake on each step."""
    expect(page.get_by_role("button", name="Make my 12 words")).to_be_visible()
    look.at(page, "keys: before")
    page.get_by_role("button", name="Make my 12 words").click()
    expect(page.locator("[data-part=words-list] li")).to_have_count(12)
    words = page.locator("[data-part=words-list] li").all_text_contents()
    look.at(page, "keys: 12 words")
    page.get_by_role("button", name="I have written them down").click()
    page.get_by_role("button", name="Make my keys").click()
    expect(page.locator("[data-part=confirm-trouble]")).to_be_visible()
    look.at(page, "keys: typed back wrongly")
    for place in (3, 7, 11):
        page.get_by_label(f"Word {place}", exact=True).fill(words[place - 1])
    page.get_by_role("button", name="Make my keys").click()
    expect(page.get_by_text("Your keys are made.")).to_be_visible()
    look.at(page, "keys: made")
    page.get_by_role("button", name="Lock this device").click()
    expect(page.get_by_role("heading", name="Unlock this device")).to_be_visible()
    unlock(page, "dog")
    expect(page.locator("[data-part=words-trouble]")).to_be_visible()
    look.at(page, "keys: locked, wrong words")


def go_out_and_in(page: Page, look: Look) -> None:
    """Sign out through the menu, and in again as far as the code."""
    page.locator("details.menu summary").last.click()
    look.at(page, "my menu open")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="You are signed out.")).to_be_visible()
    look.at(page, "signed out")
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_label("E-mail address").fill("new.peer@pine.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main form button").first.click()
    expect(page.get_by_role("heading", name="Your one-time code")).to_be_visible()
    look.at(page, "one-time code asked for")
