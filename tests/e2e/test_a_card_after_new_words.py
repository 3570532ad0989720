"""A supporter who has made other keys is told that nobody can open their card, saves it again, and it opens."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from alongside.site.demo.poster import poster_part
from tests.e2e.conftest import PHONE, Demo, continue_as
from tests.e2e.looking import Look
from tests.e2e.test_choose_a_peer import choose

pytestmark = [pytest.mark.e2e]

TOLD, AGAIN, NUMBER = (
    "Nobody can open the numbers and the picture on it any more.",
    "Save your card again",
    "218 555 7731",
)


def phone(browser: Browser, demo: Demo) -> tuple[BrowserContext, Page]:
    """Return the cards on a phone that has loaded nothing yet."""
    context = browser.new_context(viewport=PHONE, locale="en-CA")
    return context, choose(demo, context, poster_part())


@pytest.mark.req("A-06", "A-07")
def test_a_card_that_opens_for_nobody_is_said_to_its_owner_and_to_the_coordinator_until_it_is_saved_again(
    demo: Demo, browser: Browser, other: BrowserContext
) -> None:
    changed = demo.module("tests.e2e.other_keys", "Cy Novak")
    assert changed.returncode == 0, changed.stderr
    context, seen = phone(browser, demo)
    seen.get_by_role("button", name="Call or write to Cy").click()
    # The name opens, it is bound to no key; the number does not.
    expect(seen.get_by_role("heading", name="Cy")).to_be_visible()
    seen.wait_for_load_state("networkidle")
    assert "9988" not in seen.locator("main").inner_text()
    context.close()

    look = Look()
    page = continue_as(other, demo, "novak")
    page.goto(demo.path("/in/team/card"))
    expect(page.get_by_text(TOLD)).to_be_visible()
    look.at(page, "a card of before")
    page.get_by_role("link", name=AGAIN).click()
    page.get_by_label("The link of your team’s poster").fill(f"{demo.member()}#{poster_part()}")
    page.get_by_label("The link of your team’s poster").press("Tab")
    expect(page.get_by_text("What you sealed before went with your old keys.")).to_be_visible()
    page.get_by_label("The name people see").fill("Cy")
    page.get_by_label("Phone number").fill(NUMBER)
    page.get_by_role("button", name="Change my card").click()
    expect(page.get_by_text("Your card is shown.")).to_be_visible()
    expect(page.get_by_text(TOLD)).to_have_count(0)
    # The server answers for two seconds what it answered before.
    page.wait_for_timeout(2500)
    context, seen = phone(browser, demo)
    seen.get_by_role("button", name="Call or write to Cy").click()
    expect(seen.get_by_role("link", name=f"Call {NUMBER}")).to_be_visible()
    context.close()
    again = demo.module("tests.e2e.cards_again")
    assert again.returncode == 0, again.stderr
    assert not look.found, look.report()
