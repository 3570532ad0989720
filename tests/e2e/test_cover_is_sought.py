"""The coordinator has somebody sought for a gap and for somebody's shift, and ends it again; a supporter takes it."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.conftest import Demo, continue_as
from tests.e2e.looking import Look

pytestmark = [pytest.mark.e2e]

ROTA, SHIFTS = "/in/coordinate/rota?view=list&days=28", "/in/team/shifts"


@pytest.mark.req("D-01", "D-13")
def test_cover_is_sought_for_a_gap_and_a_shift(
    demo: Demo, window: BrowserContext, other: BrowserContext, look: Look
) -> None:
    page = continue_as(window, demo, "vogel")
    page.goto(demo.path(ROTA))
    gaps = page.locator("section", has=page.locator("h2#gaps"))
    gaps.get_by_role("button", name="Find cover").first.click()
    expect(page.get_by_text("Those who can are asked in fair order.").first).to_be_visible()
    sought = page.locator("section", has=page.locator("h2#sought"))
    expect(sought.locator("li")).not_to_have_count(0)
    searches = sought.locator("li").count()
    look.at(page, "rota with cover sought")
    page.goto(demo.path(ROTA))
    page.locator("details.fold").evaluate("one => { one.open = true }")
    page.get_by_role("button", name="Find cover").last.focus()
    page.keyboard.press("Enter")
    expect(sought.locator("li")).to_have_count(searches + 1)
    look.at(page, "rota with two searches")
    supporter = continue_as(other, demo, "ruiz")
    supporter.goto(demo.path(SHIFTS))
    look.at(supporter, "shifts that need somebody")
    before = sought.locator("li").count()
    sought.get_by_role("button", name="Stop").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nobody is asked any more")).to_be_visible()
    expect(sought.locator("li")).to_have_count(before - 1)
