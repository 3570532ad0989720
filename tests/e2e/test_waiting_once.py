"""What waits on a device is sent once and nothing of it is lost, whatever is pressed meanwhile, also in another tab."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.e2e.acts import NUMBER, fill_form, open_form, requests_kept, send, until
from tests.e2e.conftest import PHONE, Demo
from tests.e2e.test_kept_on_the_device import keep_worry
from tests.e2e.test_offline import keep_pages
from tests.e2e.test_referrals import fill as fill_worry
from tests.e2e.test_referrals import open_form as open_worry
from tests.e2e.test_written_offline import (
    CHANGE_ROW,
    KEEP,
    LYING,
    WORDS,
    keep_it,
    wait_lying,
    wait_stored,
    write_offline,
)

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("a_calm_hour", "nothing_left")]

# A phone so slow that making a key takes this many milliseconds longer.
SLOW_KEYS = """
  const make = crypto.subtle.generateKey.bind(crypto.subtle);
  crypto.subtle.generateKey = async (...what) => {
    await new Promise((go) => setTimeout(go, 400)); return make(...what); };
"""


def cards(page: Page, words: str) -> None:
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text(words)


def begin_to_change(demo: Demo, phone: BrowserContext, page: Page) -> None:
    """Keep one, and take it up in the form of the same page."""
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    page.get_by_role("button", name="Change").click()
    expect(page.locator("#words")).to_have_value(WORDS)


def sent_in_another_tab(demo: Demo, phone: BrowserContext) -> Page:
    """Press "Send now" on the card of one that is being changed elsewhere."""
    other = phone.new_page()
    other.goto(demo.member())
    cards(other, "You began to change this")
    phone.set_offline(False)
    other.get_by_role("button", name="Send now").click()
    cards(other, "Sent at")
    assert requests_kept(demo) == 1
    return other


@pytest.mark.req("A-03", "D-21")
def test_delete_pressed_while_it_is_being_sent_loses_no_way_back(demo: Demo, phone: BrowserContext) -> None:
    """In one page there is no button meanwhile; in another tab it waits, and then says that it was sent."""
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    page.goto(demo.member())
    cards(page, "Not sent yet")
    other = phone.new_page()
    other.goto(demo.member())
    cards(other, "Not sent yet")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    phone.route("**/requests", hold)
    other.evaluate("""Object.defineProperty(navigator, "onLine", { get: () => false })""")
    phone.set_offline(False)
    cards(page, "Sealing and sending")
    expect(page.locator("[data-waiting-list] button")).to_have_count(0)
    until(lambda: page.wait_for_timeout(50) or held, bool)
    other.get_by_role("button", name="Delete").click()
    other.wait_for_timeout(300)
    held[0].continue_()
    cards(page, "Sent at")
    cards(other, "Sent at")
    expect(other.locator("[data-waiting-list] .words li")).to_have_count(12)
    wait_lying(page, "sent")
    assert requests_kept(demo) == 1


@pytest.mark.req("A-03", "D-21")
def test_one_sent_in_another_tab_while_it_is_changed_here_makes_no_second_request(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    begin_to_change(demo, phone, page)
    sent_in_another_tab(demo, phone)
    page.locator("#words").fill("something else")
    send(page)
    assert requests_kept(demo) == 1
    wait_lying(page)


@pytest.mark.req("A-03", "D-21")
def test_one_sent_in_another_tab_while_its_form_is_being_sent_here_makes_no_second_request(
    demo: Demo, phone: BrowserContext
) -> None:
    """The form looked before the other tab began: it looks again once it was stored."""
    page = phone.new_page()
    begin_to_change(demo, phone, page)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/requests", hold)
    phone.set_offline(False)
    page.get_by_role("button", name="Seal and send").click()
    until(lambda: page.wait_for_timeout(50) or held, bool)
    sent_in_another_tab(demo, phone)
    held[0].continue_()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    assert requests_kept(demo) == 1
    wait_lying(page)


@pytest.mark.req("A-03", "D-21")
def test_kept_again_after_it_was_sent_in_another_tab_it_keeps_those_words_and_goes_instead_of_it(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    begin_to_change(demo, phone, page)
    other = sent_in_another_tab(demo, phone)
    phone.set_offline(True)
    keep_it(page)
    wait_lying(page, "sent", "waiting")
    other.reload()
    expect(other.locator("[data-waiting-list] .words li")).to_have_count(12)
    phone.set_offline(False)
    wait_lying(page, "sent", "sent")
    assert requests_kept(demo) == 1


@pytest.mark.req("A-03", "D-21")
def test_one_that_stands_in_its_form_has_no_card_beside_it(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    begin_to_change(demo, phone, page)
    phone.set_offline(False)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(1000)
    expect(page.locator("[data-waiting-list] > li")).to_have_count(0)
    expect(page.locator("[data-waiting]")).to_be_hidden()
    send(page)
    assert requests_kept(demo) == 1
    wait_lying(page)


@pytest.mark.req("A-03", "D-21")
def test_keep_it_pressed_twice_on_a_slow_phone_keeps_one(demo: Demo, phone: BrowserContext) -> None:
    phone.add_init_script(SLOW_KEYS)
    page = phone.new_page()
    keep_pages(page, demo.member())
    open_form(page, demo.member("ask"))
    phone.set_offline(True)
    fill_form(page, words=WORDS)
    page.get_by_role("button", name="Seal and send").click()
    page.get_by_role("button", name="Stop trying").click()
    keep = page.get_by_role("button", name=KEEP)
    expect(keep).to_be_visible()
    keep.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Kept on this phone. Not sent yet.")).to_be_visible()
    page.wait_for_timeout(1500)
    assert len(page.evaluate(LYING)) == 1


@pytest.mark.req("A-03", "D-21")
@pytest.mark.parametrize("kind", ["ask", "colleague"])
def test_send_now_pressed_again_where_it_is_unsure_sends(demo: Demo, phone: BrowserContext, kind: str) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    if kind == "ask":
        write_offline(demo, phone, page)
    else:
        keep_worry(demo, phone, page)
    page.evaluate(CHANGE_ROW, {"tried": "2020-01-01T00:00:00.000Z", "state": "held"})
    phone.set_offline(False)
    page.goto(demo.member())
    page.get_by_role("button", name="Send now").click()
    cards(page, "This may have been sent at")
    assert requests_kept(demo) == 0
    page.get_by_role("button", name="Send now").click()
    cards(page, "Sent at" if kind == "ask" else "Your worry was received.")
    assert requests_kept(demo) == 1


@pytest.mark.req("A-03")
def test_a_worry_that_was_deleted_is_not_said_to_be_received_where_something_else_was_sent(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    phone.set_offline(False)
    cards(page, "Sent at")
    open_worry(page, demo, "colleague")
    phone.set_offline(True)
    fill_worry(page)
    keep_it(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1, name="Nothing is kept on this phone any more.")).to_be_visible()
    expect(page.get_by_text("Your worry was received.").first).to_be_hidden()


@pytest.mark.req("A-03")
@pytest.mark.parametrize("slow", ["ask", "waiting"])
def test_what_is_changed_from_another_page_comes_into_a_form_that_is_slow_to_listen(
    demo: Demo, browser: Browser, slow: str
) -> None:
    phone = browser.new_context(viewport=PHONE, locale="en-CA", service_workers="block")
    page = phone.new_page()
    for part in ("requests", "candidates.json"):
        page.route(f"**/{part}", lambda route: route.abort("internetdisconnected"))
    page.goto(demo.member("ask"))
    page.get_by_role("button", name="I have read this").click()
    fill_form(page, words=WORDS)
    page.get_by_role("button", name="Seal and send").click()
    page.get_by_role("button", name=KEEP).click()
    cards(page, "Not sent")
    page.goto(demo.member())
    cards(page, "Not sent")

    def late(route: Route) -> None:
        page.wait_for_timeout(1500)
        route.continue_()

    page.route(re.compile(rf".*/build/{slow}(\.[0-9a-f]+)?\.js$"), late)
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_role("heading", name="Ask a peer to contact you")).to_be_visible()
    expect(page.locator("#reach")).to_have_value(NUMBER)
    expect(page.locator("#words")).to_have_value(WORDS)
    assert "change=" not in page.url
    expect(page.locator("[data-waiting]")).to_be_hidden()
    wait_lying(page, "held")
    page.unroute_all(behavior="wait")
    phone.close()


@pytest.mark.req("A-03")
def test_change_never_takes_the_place_of_words_that_were_typed(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    page.goto(demo.member("ask"))
    page.get_by_role("button", name="I have read this").click()
    fill_form(page, words="another story")
    page.get_by_role("button", name="Change").click()
    cards(page, "Other words stand in the form on this page.")
    assert page.locator("#words").input_value() == "another story"
    assert [row["state"] for row in page.evaluate(LYING)] == ["waiting"], "it still goes by itself"
    page.locator("#words").fill("")
    page.locator("#reach").fill("")
    page.get_by_role("button", name="Change").click()
    expect(page.locator("#words")).to_have_value(WORDS)
    phone.set_offline(False)
    send(page)
    assert requests_kept(demo) == 1


@pytest.mark.req("A-03", "D-21")
def test_deleted_in_another_tab_and_kept_here_it_is_one(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    begin_to_change(demo, phone, page)
    other = phone.new_page()
    other.goto(demo.member())
    other.get_by_role("button", name="Delete").click()
    expect(other.locator("[data-waiting]")).to_be_hidden()
    keep_it(page)
    wait_lying(page, "waiting")
    phone.set_offline(False)
    wait_stored(demo, page, 1)
