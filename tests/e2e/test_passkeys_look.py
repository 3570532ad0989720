"""Every page around passkeys, with and without trouble on it, has no accessibility violation and fits every width."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.authenticators import Authenticator
from tests.e2e.conftest import Demo, continue_as
from tests.e2e.looking import Look
from tests.e2e.test_passkeys import enrol, invite, sign_out

pytestmark = [pytest.mark.e2e]


@pytest.mark.req("K-24")
def test_pages_around_passkeys_have_no_violation(
    demo: Demo, browser: Browser, window: BrowserContext, look: Look
) -> None:
    page = window.new_page()
    device = Authenticator(page)
    link = invite(demo, browser, "Uma Reed")
    page.goto(link)
    expect(page.get_by_role("button", name="Make a passkey and go on")).to_be_visible()
    look.at(page, "invitation with passkey")
    enrol(page, link)
    for path, name in (
        ("", "security with a passkey"),
        ("passkeys/add", "add a passkey"),
    ):
        page.goto(demo.path(f"/in/enter/security/{path}"))
        look.at(page, name)
    page.get_by_label("Name").fill("phone")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look.at(page, "add a passkey, refused")
    page.goto(demo.path("/in/enter/security/"))
    for name in ("Rename", "Remove"):
        page.get_by_role("listitem").filter(has_text="since").get_by_role("link", name=name).click()
        look.at(page, f"passkey: {name}")
        page.get_by_role("link", name="Leave it").click()
    sign_out(page)
    trouble_on_the_way_in(demo, page, device, look)


def trouble_on_the_way_in(demo: Demo, page: Page, device: Authenticator, look: Look) -> None:
    page.goto(demo.path("/in/"))
    look.at(page, "sign in with a passkey")
    device.verifies(False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look.at(page, "sign in with a passkey, cancelled")


@pytest.mark.req("K-24")
def test_letting_somebody_enrol_again_has_no_violation_and_does_it(
    demo: Demo, browser: Browser, window: BrowserContext, look: Look
) -> None:
    page = continue_as(window, demo, "vogel")
    page.goto(demo.path("/in/coordinate/team"))
    page.get_by_role("listitem").filter(has_text="Eli Hart").get_by_role("link", name="Enrol again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Let Eli Hart enrol again?")
    look.at(page, "enrol again")
    page.get_by_role("button", name="Let them enrol again").click()
    expect(page.get_by_text("Done. They are signed out, and a new link is on its way")).to_be_visible()
    expect(page.get_by_text("enrols again")).to_be_visible()
    look.at(page, "team while somebody enrols again")
