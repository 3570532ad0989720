"""A worry about somebody else goes only to peers whom the poster vouches for, as a request of one's own does."""

import pytest
from playwright.sync_api import BrowserContext, expect

from alongside.site.demo.poster import poster_part
from tests.e2e.acts import requests_kept
from tests.e2e.conftest import Demo, watch
from tests.e2e.test_referrals import fill, open_form, send
from tests.e2e.test_written_offline import unsigned

pytestmark = [pytest.mark.e2e]


@pytest.mark.req("A-02", "A-16")
@pytest.mark.parametrize("kind", ["colleague", "manager"])
def test_whoever_opened_the_poster_refers_to_its_peers_and_to_nobody_else(
    demo: Demo, phone: BrowserContext, kind: str
) -> None:
    problems = watch(phone)
    before = requests_kept(demo)
    page = phone.new_page()
    page.goto(f"{demo.member()}#{poster_part()}")
    page.route("**/candidates.json", unsigned)
    page.goto(demo.member(f"{kind}/refer"))
    page.get_by_role("button", name="I have read this").click()
    expect(page.get_by_text("The list of peers is not signed, but your poster says it must be.")).to_be_visible()
    fill(page)
    page.get_by_role("button", name="Seal and send").click()
    expect(page.locator("[data-sending-notice]:visible")).to_contain_text("cannot be sure whom it would go to")
    assert requests_kept(demo) == before
    page.unroute("**/candidates.json")
    open_form(page, demo, kind)
    expect(page.get_by_text("Checked: this team is the one on the poster.")).to_be_visible()
    fill(page)
    send(page, "Received, thank you." if kind == "manager" else "Your worry was received.")
    assert requests_kept(demo) == before + 1
    assert problems == []
