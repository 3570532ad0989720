"""A coordinator makes a pattern from a template, looks at two weeks, changes over, and adds holidays: without script,
by keyboard; the pages have no accessibility violation, full and empty.
"""

from datetime import date

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import DESKTOP, Demo, continue_as, watch
from tests.e2e.looking import Look, picture, press_to

pytestmark = pytest.mark.e2e
PATTERNS = "/in/coordinate/rota/patterns"
# An organisation that has planned nothing yet.
EMPTIES = """
from alongside.rota.models import Pattern, Shift
Shift.objects.all().delete()
Pattern.objects.all().delete()
"""


@pytest.mark.req("D-01", "D-02")
def test_a_pattern_from_a_template_changes_over_and_holidays_count(browser: Browser, own_demo: Demo) -> None:
    signed_in = browser.new_context(locale="en-CA")
    continue_as(signed_in, own_demo, "vogel")
    state = signed_in.storage_state()
    plain = browser.new_context(locale="en-CA", java_script_enabled=False, viewport=DESKTOP, storage_state=state)
    page = plain.new_page()
    page.goto(own_demo.path(PATTERNS))
    expect(page.get_by_role("heading", level=1, name="“Days and nights” is in force.")).to_be_visible()
    picture(page, "list")
    page.get_by_role("link", name="Days and nights", exact=True).click()
    # The demonstration's pattern begins on Monday of its week: what is before that is shown on a Monday only.
    monday = page.get_by_role("rowheader").first.inner_text().startswith("Mon")
    says = "on every minute is covered once" if monday else "Every minute of these two weeks is covered once"
    expect(page.get_by_text(f"{says} in every tier.")).to_be_visible()
    picture(page, "one")
    page.get_by_role("link", name="Change over to a new one").click()
    picture(page, "new")
    page.get_by_label("Whole days: one shift of 24 hours").check()
    first = date.fromisoformat(page.get_by_label("First day", exact=True).input_value())
    page.get_by_label("Hand-over at").fill("08:00")
    page.get_by_role("button", name="Look at two weeks of it").click()
    expect(page.get_by_text("Shorter than usual, because of the change-over")).to_be_visible()
    expect(page.get_by_text("Every minute of these two weeks is covered once in every tier.")).to_be_visible()
    picture(page, "looked")
    page.get_by_role("button", name="Start it on").click()
    expect(page.get_by_text("Made. Nobody is told")).to_be_visible()
    page.get_by_role("link", name="Change it").click()
    page.get_by_label("Repeats after so many days").fill("7")
    page.get_by_role("button", name="Change it").click()
    page.locator("input[name=shift]").nth(5).check()
    page.get_by_role("button", name="Remove the ticked ones").click()
    expect(page.get_by_text("nobody on first call").first).to_be_visible()
    page.locator("summary", has_text="Add shifts").click()
    picture(page, "change")
    page.goto(own_demo.path(PATTERNS))
    expect(page.get_by_text("has gaps")).to_be_visible()
    picture(page, "two")
    page.get_by_role("link", name="Holidays").click()
    picture(page, "holidays-empty")
    page.get_by_role("link", name=str(first.year + 1), exact=True).click()
    page.get_by_role("button", name="Add 11 holidays of Minnesota").click()
    expect(page.get_by_text("Added: 11.")).to_be_visible()
    page.get_by_label("Day", exact=True).fill(f"{first.year + 1}-12-24")
    page.get_by_label("Name", exact=True).fill("Christmas Eve")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", level=1, name="12 days of")).to_be_visible()
    picture(page, "holidays")

    signed_in.close()
    plain.close()


@pytest.mark.req("D-01", "D-02")
def test_the_pages_of_patterns_have_no_violation_and_work_by_keyboard(
    browser: Browser, own_demo: Demo, look: Look
) -> None:
    signed_in = browser.new_context(locale="en-CA")
    continue_as(signed_in, own_demo, "vogel")
    done = own_demo.command("manage", "shell", "--no-imports", "-c", EMPTIES)
    assert done.returncode == 0, done.stderr
    problems = watch(signed_in)
    looked = signed_in.new_page()
    looked.goto(own_demo.path(PATTERNS))
    expect(looked.get_by_role("heading", level=1, name="No pattern of shifts yet.")).to_be_visible()
    look.at(looked, "empty")
    picture(looked, "empty")
    looked.locator("a[href$='kind=weeks']").click()
    expect(looked.get_by_label("Whole weeks")).to_be_checked()
    look.at(looked, "new")
    # By keyboard alone, beginning with a refusal.
    looked.set_viewport_size(DESKTOP)
    looked.get_by_label("First day", exact=True).fill("2020-01-01")
    press_to(looked, "hand_over")
    press_to(looked, "Look at two weeks of it")
    looked.keyboard.press("Enter")
    expect(looked.get_by_text("A pattern begins tomorrow or later.")).to_be_visible()
    look.at(looked, "refused")
    looked.goto(own_demo.path(PATTERNS + "/new"))
    press_to(looked, "hand_over")
    press_to(looked, "Look at two weeks of it")
    looked.keyboard.press("Enter")
    expect(looked.get_by_role("heading", name="Two weeks of it")).to_be_visible()
    look.at(looked, "looked at")
    looked.set_viewport_size(DESKTOP)
    looked.get_by_role("button", name="Start it on").focus()
    looked.keyboard.press("Enter")
    expect(looked.get_by_text("Made. Nobody is told")).to_be_visible()
    look.at(looked, "one pattern")
    address = looked.url
    looked.goto(address + "/change")
    looked.get_by_label("Repeats after so many days").fill("14")
    looked.keyboard.press("Enter")
    expect(looked.get_by_text("Changed. Nobody is told")).to_be_visible()
    looked.locator("summary", has_text="Add shifts").click()
    look.at(looked, "changing")
    looked.goto(own_demo.path(PATTERNS))
    look.at(looked, "list")
    looked.goto(own_demo.path("/in/coordinate/rota/holidays"))
    looked.get_by_role("button", name="of Minnesota").click()
    look.at(looked, "holidays")
    # The refused page was answered with 422, which a browser notes.
    assert [one for one in problems if "422" not in one] == []
    signed_in.close()
