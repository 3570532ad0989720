"""A coordinator enters a session and gives its leaders their debriefs; leaders and listeners find them: without script,
by keyboard; the pages have no accessibility violation, full and empty.
"""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import DESKTOP, PHONE, Demo, continue_as, watch
from tests.e2e.looking import Look, picture, press_to

pytestmark = pytest.mark.e2e
SESSIONS = "/in/coordinate/rota/sessions"
MISSING = "Debrief missing for the session of"


def next_monday(page: Page, demo: Demo) -> date:
    """Return a Monday that is to come, by the demonstration's clock."""
    page.goto(demo.path("/in/coordinate/rota?view=week"))
    first = str(page.locator("[id^=d20]").first.get_attribute("id"))[1:]
    return date.fromisoformat(first) + timedelta(days=7)


def fill(page: Page, demo: Demo, day: date, leader: str, other: str = "") -> None:
    page.goto(demo.path(SESSIONS + "/new"))
    page.get_by_label("Led by").select_option(label=leader)
    if other:
        page.get_by_label("And by").select_option(label=other)
    for name, value in (("from_day", day), ("to_day", day), ("from_time", "10:00"), ("to_time", "11:00")):
        page.locator(f"[name={name}]").fill(str(value))


def by_hand(page: Page, name: str, at: str) -> None:
    """Enter a time where none was proposed: somebody may be on call for all of three days."""
    debrief = page.get_by_role("group", name=f"Debrief of {name}")
    if not debrief.locator("[name$=-at]").input_value():
        debrief.locator("[name$=-day]").fill(page.locator("[name=from_day]").input_value())
        debrief.locator("[name$=-at]").fill(at)


@pytest.mark.req("G-22", "K-36")
def test_a_session_is_entered_and_its_leaders_find_their_debriefs(browser: Browser, own_demo: Demo) -> None:
    signed_in = browser.new_context(locale="en-CA")
    continue_as(signed_in, own_demo, "vogel")
    state = signed_in.storage_state()
    plain = browser.new_context(locale="en-CA", java_script_enabled=False, viewport=DESKTOP, storage_state=state)
    page = plain.new_page()
    page.goto(own_demo.path(SESSIONS))
    expect(page.get_by_role("heading", level=1, name="No session is entered.")).to_be_visible()
    picture(page, "empty")
    page.get_by_role("link", name="Enter a session").click()
    picture(page, "new")
    fill(page, own_demo, next_monday(page, own_demo), "Ana Ruiz", "Cy Novak")
    page.get_by_role("button", name="Next: the debriefs").click()
    ana, cy = (page.get_by_role("group", name=f"Debrief of {name}") for name in ("Ana Ruiz", "Cy Novak"))
    expect(ana.get_by_label("For how many minutes")).to_have_value("45")
    picture(page, "proposed")
    ana.get_by_label("With whom").select_option(label="Marcus Bell (Supporter)")
    page.get_by_role("button", name="Propose times").click()
    expect(ana.get_by_label("With whom")).to_have_value(ana.locator("option", has_text="Marcus").get_attribute("value"))  # type: ignore[arg-type]
    by_hand(page, "Ana Ruiz", "14:00")
    cy.get_by_label("Not yet").check()
    page.get_by_role("button", name="Save and tell them").click()
    expect(page.get_by_role("heading", level=1, name="One session needs you.")).to_be_visible()
    expect(page.get_by_text("Saved. Everybody for whom anything changes is told.")).to_be_visible()
    picture(page, "list")
    page.goto(own_demo.path("/in/coordinate/"))
    expect(page.get_by_text(MISSING)).to_be_visible()
    picture(page, "board")
    page.goto(own_demo.path("/in/coordinate/rota"))
    picture(page, "rota")
    page.get_by_role("link", name="Give the debrief").click()
    picture(page, "change")
    by_hand(page, "Cy Novak", "17:00")
    page.get_by_role("button", name="Save and tell them").click()
    expect(page.get_by_role("heading", level=1, name="After every session its leaders have a debrief.")).to_be_visible()
    page.goto(own_demo.path("/in/coordinate/"))
    expect(page.get_by_text(MISSING)).to_have_count(0)

    they_find_it(browser, own_demo)
    page.goto(own_demo.path(SESSIONS))
    page.get_by_role("link", name=re.compile("^Change ?:")).click()
    page.get_by_role("button", name="Cancel the session").click()
    expect(page.get_by_text("Cancelled. Everybody concerned is told.")).to_be_visible()
    signed_in.close()
    plain.close()


def they_find_it(browser: Browser, demo: Demo) -> None:
    for slug, words in (("ruiz", "Yours, with Marcus Bell."), ("bell", "You listen to Ana Ruiz.")):
        theirs = browser.new_context(locale="en-CA", viewport=PHONE)
        mine = continue_as(theirs, demo, slug)
        mine.goto(demo.path("/in/team/shifts"))
        expect(mine.get_by_text(words)).to_be_visible()
        picture(mine, f"shifts-{slug}")
        theirs.close()


@pytest.mark.req("G-22")
def test_the_pages_of_sessions_have_no_violation_and_work_by_keyboard(
    browser: Browser, own_demo: Demo, look: Look
) -> None:
    signed_in = browser.new_context(locale="en-CA")
    page = continue_as(signed_in, own_demo, "vogel")
    problems = watch(signed_in)
    page.goto(own_demo.path(SESSIONS))
    look.at(page, "no session")
    page.set_viewport_size(DESKTOP)
    fill(page, own_demo, next_monday(page, own_demo), "Ana Ruiz")
    look.at(page, "new")
    page.set_viewport_size(DESKTOP)
    # By keyboard alone, beginning with a refusal.
    page.locator("[name=to_time]").fill("09:00")
    press_to(page, "Next: the debriefs")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The session ends before it begins.")).to_be_visible()
    look.at(page, "refused")
    page.set_viewport_size(DESKTOP)
    page.locator("[name=to_time]").fill("11:00")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Debrief of Ana Ruiz")).to_be_visible()
    look.at(page, "the debriefs")
    page.set_viewport_size(DESKTOP)
    page.locator("[name=d0-when]").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Not yet")).to_be_checked()
    press_to(page, "Save and tell them")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="One session needs you.")).to_be_visible()
    look.at(page, "one to be done")
    for path in ("/in/coordinate/", "/in/coordinate/rota"):
        page.goto(own_demo.path(path))
        look.at(page, f"{path} with one to be done")
    page.get_by_role("link", name="Give the debrief").click()
    look.at(page, "a session")
    ana = browser.new_context(locale="en-CA")
    mine = continue_as(ana, own_demo, "ruiz")
    mine.goto(own_demo.path("/in/team/shifts"))
    expect(mine.get_by_text("Your debrief is not set yet.")).to_be_visible()
    look.at(mine, "my shifts with a session")
    # The refused page was answered with 422, which a browser notes.
    assert [one for one in problems if "422" not in one] == []
    ana.close()
    signed_in.close()
