"""A coordinator enters a shift that something speaks against, by keyboard alone, and removes it; the person is told."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.acts import letters, until
from tests.e2e.conftest import DESKTOP, MEANT, Demo, continue_as, watch
from tests.e2e.looking import Look, picture

pytestmark = pytest.mark.e2e
ENTER = "/in/coordinate/rota/enter"
# Dee is on call the day before a day on which she cannot be, and wants no more; Cy's telephone was never called.
FILL = """
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo
from alongside.accounts.models import Organisation
from alongside.kernel import clock
from alongside.rota.models import Blackout, Cap, Shift
from alongside.team.models import Ready, Supporter
pine = Organisation.objects.get(slug="pine-county")
zone = ZoneInfo(pine.time_zone)
today = clock.now().astimezone(zone).date()
day = today + timedelta(days=15 - today.weekday())
dee = Supporter.objects.get(person__name="Dee Okoro", organisation=pine)
Shift.objects.filter(organisation=pine, starts_at__gt=clock.now()).delete()
begin = datetime.combine(day, datetime.min.time(), zone) + timedelta(hours=7)
Shift.objects.create(organisation=pine, tier=2, supporter=dee, starts_at=begin, ends_at=begin + timedelta(hours=12))
Blackout.objects.create(supporter=dee, first_day=day + timedelta(days=1), last_day=day + timedelta(days=1))
Cap.objects.create(supporter=dee, most_in_28_days=2)
Ready.objects.filter(supporter__person__name="Cy Novak").update(phone_checked_on=None)
print(day.isoformat(), (day + timedelta(days=1)).isoformat(), (day + timedelta(days=3)).isoformat())
"""


@pytest.fixture(scope="module")
def days(demo: Demo) -> tuple[str, str, str]:
    """Put what speaks against a shift into the demonstration; return the night that is entered, and until when."""
    done = demo.module("django", "shell", "--no-imports", "-c", FILL)
    assert done.returncode == 0, done.stderr
    first, then, last = done.stdout.split()[-3:]
    return first, then, last


def tab_to(page: Page, name: str) -> None:
    """Press Tab until a button has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(name)


@pytest.mark.req("D-03", "D-12", "D-13", "K-36")
def test_what_speaks_against_a_shift_is_read_and_overridden_by_keyboard(
    demo: Demo, desktop: BrowserContext, days: tuple[str, str, str]
) -> None:
    problems = watch(desktop)
    first, then, last = days
    page = continue_as(desktop, demo, "vogel")
    page.goto(demo.path(ENTER))
    page.get_by_label("Who").select_option(label="Cy Novak (not ready for duty)")
    for which, day, at in (("from", first, "19:00"), ("to", then, "07:00")):
        page.locator(f"[name={which}_day]").fill(day)
        page.locator(f"[name={which}_time]").fill(at)
    page.get_by_role("button", name="Enter it").click()
    expect(page.get_by_text("no telephone for duty that you called is written down")).to_be_visible()
    picture(page, "not-ready")
    with desktop.expect_page() as opened:
        page.get_by_role("link", name="Write it down under").click()
    expect(opened.value.get_by_role("heading", level=1)).to_contain_text("have all that duty needs")
    opened.value.close()
    page.get_by_label("Who").select_option(label="Dee Okoro")
    page.get_by_label("Again").select_option(label="Every day")
    page.locator("[name=until]").fill(last)
    # Enter in a field is the first button: it never overrides.
    page.locator("[name=from_time]").press("Enter")
    against = page.get_by_role("alert")
    expect(against).to_contain_text("Nothing is entered yet. This speaks against it:")
    expect(against.get_by_role("listitem")).to_have_count(3)
    expect(against).to_be_in_viewport()
    picture(page, "against")
    page.set_viewport_size(DESKTOP)
    page.locator("[name=from_time]").press("Enter")
    expect(against).to_contain_text("Nothing is entered yet. This speaks against it:")
    tab_to(page, "Enter it all the same")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Entered: 4 shifts. Dee Okoro is told.")).to_be_visible()
    told = until(lambda: letters(demo), lambda found: any(subject == "Your shifts" for _, subject in found))
    assert [to for to, subject in told if subject == "Your shifts"] == ["okoro@pine.example"]
    page.goto(demo.path("/in/coordinate/rota?view=list&days=28"))
    page.locator("details.fold").evaluate_all("folds => folds.forEach((fold) => (fold.open = true))")
    page.get_by_role("link", name=re.compile("Remove.*Dee Okoro")).last.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Remove this shift?")
    picture(page, "remove")
    tab_to(page, "Remove and tell them")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Removed. Everybody concerned is told.")).to_be_visible()
    assert [one for one in problems if not MEANT.match(one)] == []


def test_the_form_with_what_speaks_against_it_has_no_violation(
    demo: Demo, phone: BrowserContext, days: tuple[str, str, str], look: Look
) -> None:
    page = continue_as(phone, demo, "vogel")
    _first, then, _last = days
    # By day, between the nights that are entered above or are not: the order of the tests is no matter.
    page.goto(demo.path(f"{ENTER}?tier=1&from={then}T09:00&to={then}T17:00"))
    look.at(page, "the form, filled in")
    page.get_by_label("Who").select_option(label="Cy Novak (not ready for duty)")
    page.get_by_role("button", name="Enter it").click()
    look.at(page, "not ready for duty")
    page.get_by_label("Who").select_option(label="Dee Okoro")
    page.get_by_role("button", name="Enter it").click()
    expect(page.get_by_role("alert")).to_be_in_viewport()
    look.at(page, "what speaks against it")
