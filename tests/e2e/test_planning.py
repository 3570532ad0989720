"""A coordinator plans the rota without any script: the real planner, in a process of its own, beside the server."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import DESKTOP, Demo, continue_as, watch
from tests.e2e.looking import PAPERS, Look, picture, sheets

pytestmark = pytest.mark.e2e


def leave_a_gap(page: Page) -> str:
    """Take somebody out of the first slot that may change; return the address of its page."""
    page.locator("table.shifts tbody td a").first.click()
    expect(page.get_by_text("has it now.")).to_be_visible()
    picture(page, "edit")
    edit = page.url
    page.get_by_label("Who").select_option(label="Nobody: leave a gap")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("Nobody is told until you publish.")).to_be_visible()
    expect(page.get_by_text("Left without anybody by hand.")).to_be_visible()
    expect(page.get_by_text("people are ready for duty, and")).to_be_visible()
    picture(page, "gap")
    return edit


def is_printed(page: Page) -> None:
    """See that four weeks with their names are one sheet to pin up, without what only a screen is for."""
    for paper in PAPERS:
        assert sheets(page, paper) == 1
    page.emulate_media(media="print")
    assert page.locator("button:visible, .button:visible, nav:visible, .no-print:visible").count() == 0
    expect(page.get_by_text("A proposal: not published, nobody has been told.")).to_be_visible()
    page.emulate_media(media="null")


@pytest.mark.req("D-01", "D-02")
def test_a_plan_is_asked_for_watched_changed_compared_and_published(
    browser: Browser, own_demo: Demo, look: Look
) -> None:
    # Signed in with script; from then on without.
    signed_in = browser.new_context(locale="en-CA")
    continue_as(signed_in, own_demo, "vogel")
    state = signed_in.storage_state()
    plain = browser.new_context(locale="en-CA", java_script_enabled=False, viewport=DESKTOP, storage_state=state)
    page = plain.new_page()
    page.goto(own_demo.path("/in/coordinate/rota/plans"))
    picture(page, "ask")
    page.get_by_label("For", exact=True).select_option("28")
    page.get_by_label("Search for so many seconds").fill("6")
    page.get_by_role("button", name="Ask for it").click()
    picture(page, "waits")
    expect(page.get_by_text("of 6 seconds")).to_be_visible()
    # Nobody touches the page: the browser loads it anew by itself.
    expect(page.get_by_role("heading", level=1, name="in this plan")).to_be_visible(timeout=60_000)
    picture(page, "plan")
    is_printed(page)
    first = page.url

    page.goto(own_demo.path("/in/coordinate/rota/plans"))
    # Far ahead, where the night before the first day is on nobody's rota: its hours are no shift of this plan.
    day = page.get_by_label("From", exact=True)
    day.fill((date.fromisoformat(day.input_value()) + timedelta(days=100)).isoformat())
    page.get_by_label("For", exact=True).select_option("14")
    page.get_by_label("Search for so many seconds").fill("5")
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_role("heading", level=1, name="in this plan")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("heading", name="Hours without any shift")).to_be_visible()
    picture(page, "hours")
    far = page.url
    page.get_by_role("link", name="All plans").click()
    picture(page, "two")
    page.get_by_role("link", name="Compare the two").click()
    expect(page.get_by_text("They name somebody else in")).to_be_visible()
    picture(page, "compare")

    page.goto(first)
    edit = leave_a_gap(page)
    problems = watch(signed_in)
    looked = signed_in.new_page()
    for name, path in (("gap", first), ("edit", edit), ("question", f"{first}/publish"), ("hours", f"{far}/publish")):
        assert looked.goto(path)
        look.at(looked, name)
    picture(looked, "hours-question")
    page.get_by_role("link", name="Publish").click()
    picture(page, "question")
    # Nobody is told where nobody's shifts change: everything else of these weeks was published before.
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1, name="This plan is published.")).to_be_visible()

    for path in ("/in/coordinate/rota/plans", first.removeprefix(own_demo.address)):
        looked.goto(own_demo.path(path))
        look.at(looked, path[:26])
    assert problems == []
    signed_in.close()
    plain.close()
