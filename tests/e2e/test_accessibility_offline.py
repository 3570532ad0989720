"""Without a network, on a shared computer and while something waits, no page has an accessibility violation."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.acts import ask, cancel
from tests.e2e.conftest import Demo
from tests.e2e.looking import Look
from tests.e2e.test_member_news import MAKER
from tests.e2e.test_offline import keep_pages
from tests.e2e.test_written_offline import CHANGE_ROW, write_offline

pytestmark = [pytest.mark.e2e]


@pytest.mark.req("A-25", "A-26")
def test_pages_without_a_network_have_no_violation(demo: Demo, phone: BrowserContext, look: Look) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    page.goto(demo.member("offline", "fr"))
    look.at(page, "never visited, in French")
    phone.set_offline(True)
    for name in ("", "ask", "no-such-page"):
        page.goto(demo.member(name))
        look.at(page, f"without a network: {name or 'home'}")


@pytest.mark.req("A-25", "A-26")
def test_what_waits_has_no_violation(demo: Demo, phone: BrowserContext, look: Look) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    look.at(page, "kept")
    page.goto(demo.member())
    expect(page.locator("[data-waiting]")).to_be_visible()
    look.at(page, "home, one waits")
    page.evaluate(CHANGE_ROW, {"tried": "2020-01-01T00:00:00.000Z"})
    phone.set_offline(False)
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("This may have been sent")
    look.at(page, "home, one may have been sent")
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Sent at")
    look.at(page, "home, one was sent")
    expect(page.locator("[data-waiting-list] .words li")).to_have_count(12)
    words = page.locator("[data-waiting-list] .words li").all_text_contents()
    page.goto(demo.member("back"))
    look.at(page, "back, one was sent")
    page.get_by_role("button", name="Done").click()
    page.get_by_label("Your 12 words").fill(" ".join(words))
    page.get_by_role("button", name="Open").click()
    cancel(page)


@pytest.mark.req("A-25", "A-26")
def test_a_shared_computer_and_the_offer_to_tell_have_no_violation(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext, look: Look
) -> None:
    page = desktop.new_page()
    page.goto(demo.member("#shared"))
    page.evaluate("localStorage.setItem('page-pine-county', '[]')")
    for name in ("", "ask", "back", "limits"):
        page.goto("about:blank")
        page.goto(demo.member(f"{name}#shared"))
        expect(page.locator("[data-shared]")).to_be_visible()
        look.at(page, f"shared: {name or 'home'}")
    phone.grant_permissions(["notifications"], origin=demo.address)
    phone.add_init_script(MAKER)
    page = phone.new_page()
    keep_pages(page, demo.member())
    ask(demo, page)
    expect(page.locator("[data-news]")).to_be_visible()
    look.at(page, "the offer to tell")
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("[data-news-says]:visible")).to_contain_text("On: this phone tells you.")
    look.at(page, "told")
    cancel(page)
