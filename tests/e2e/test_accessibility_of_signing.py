"""The pages of signing, of the witness and of the poster, and what a member sees of them, have no violation."""

import base64

import pytest
from playwright.sync_api import BrowserContext, expect

from alongside.site.demo.words import signing
from tests.e2e.conftest import Demo, continue_as
from tests.e2e.looking import Look

pytestmark = [pytest.mark.e2e]


@pytest.mark.req("K-36", "K-34")
def test_the_coordinators_pages_of_signing_have_no_violation(demo: Demo, window: BrowserContext, look: Look) -> None:
    page = continue_as(window, demo, "vogel")
    page.goto(demo.path("/in/coordinate/signing"))
    expect(page.locator("#words")).to_be_visible()
    look.at(page, "signing, locked")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("There are 12 words. You typed 0.")).to_be_visible()
    look.at(page, "signing, words missing")
    page.locator("#words").fill(signing()["words"])
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Sign for")).to_be_visible()
    look.at(page, "signing, ready")
    page.get_by_text("Make new signing words").click()
    page.get_by_role("button", name="The old words are lost").click()
    expect(page.locator('[data-part="words-list"] li')).to_have_count(12)
    look.at(page, "signing, new words")
    page.goto(demo.path("/in/coordinate/signing/witness"))
    look.at(page, "witness")
    page.goto(demo.path("/in/coordinate/poster"))
    expect(page.get_by_role("button", name="Make the poster")).to_be_visible()
    with page.expect_download():
        page.get_by_role("button", name="Make the poster").click()
    look.at(page, "poster, made")


@pytest.mark.req("K-36", "K-34")
def test_what_a_member_sees_of_the_check_has_no_violation(demo: Demo, window: BrowserContext, look: Look) -> None:
    page = window.new_page()
    page.goto(demo.member("limits"))
    expect(page.locator("[data-look-words]")).not_to_be_empty()
    look.at(page, "limits, six words")
    root = base64.b64decode(signing()["root"])
    for carried, name in ((root, "checked"), (bytes(32), "blocked")):
        text = base64.urlsafe_b64encode(carried + bytes(16)).decode()
        page.goto(demo.member(f"ask#p={text}"))
        page.reload()
        page.get_by_role("button", name="I have read this").click()
        expect(page.locator("[data-check-good]:visible, [data-check]:visible")).to_have_count(1)
        look.at(page, f"ask, {name}")
