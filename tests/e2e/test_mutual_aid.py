"""Mutual aid in real windows: two coordinators agree, then somebody asks the other team because nobody is left here."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.acts import (
    NUMBER,
    accept,
    cancel,
    close,
    come_back,
    make_contact,
    open_form,
    read_first,
    see_waiting,
    send,
)
from tests.e2e.conftest import DESKTOP, PHONE, Demo, continue_as
from tests.e2e.looking import Look
from tests.e2e.test_danas_story import Trace, everything_kept, places_of, rows_left, sealed_pieces
from tests.e2e.test_offline import keep_pages
from tests.e2e.test_written_offline import keep_it

pytestmark = [pytest.mark.e2e]

WORDS = "marker-words third bad call"
OFFICES = ("Courthouse", "Dispatch", "Jail", "North station", "Patrol")
HOSPITAL = "Ask a peer of St. Brigid Hospital instead"


def propose_and_agree(demo: Demo, window: BrowserContext) -> None:
    """Let Hana propose and Odile agree, each on their own page."""
    hana = continue_as(window, demo, "vogel")
    hana.goto(demo.path("/in/coordinate/partners"))
    hana.get_by_label("Short name of the other organisation").fill("st-brigid")
    hana.get_by_role("button", name="Propose mutual aid").click()
    expect(hana.locator("main")).to_contain_text("proposed by you")
    window.clear_cookies()
    odile = continue_as(window, demo, "marchand")
    odile.goto(demo.path("/in/coordinate/"))
    expect(odile.locator(".tasks.board")).to_contain_text("Pine County Sheriff's Office")
    odile.goto(demo.path("/in/coordinate/partners"))
    odile.locator('form[action$="/agree"] button').click()
    expect(odile.locator(".chip.good")).to_be_visible()
    window.clear_cookies()
    odile.close()


def supporter(demo: Demo, window: BrowserContext, slug: str) -> Page:
    """Sign in as one of the hospital's peers, whose pages are French until they choose English."""
    page = continue_as(window, demo, slug)
    if page.locator("html").get_attribute("lang") == "fr":
        page.locator("summary .who").click()
        page.get_by_role("button", name="English").click()
    expect(page.locator("[data-part=state]")).to_be_visible()
    return page


def end_it(demo: Demo, window: BrowserContext) -> None:
    """Let Hana end it."""
    hana = continue_as(window, demo, "vogel")
    hana.goto(demo.path("/in/coordinate/partners"))
    hana.get_by_role("button", name="End it now").click()
    expect(hana.get_by_role("heading", level=1)).to_have_text("No mutual aid yet.")
    window.clear_cookies()
    hana.close()


def leave_everybody_out(demo: Demo, page: Page) -> None:
    """Type a number and a few words, tick every office, and see that nobody is left here."""
    open_form(page, demo.member("ask"))
    page.locator("#reach").fill(NUMBER)
    page.get_by_text("A few words of your own").click()
    page.get_by_label("What would you like the peer to know?").fill(WORDS)
    page.get_by_text("Anyone who should not see this?").click()
    for office in OFFICES:
        page.get_by_label(f"Nobody from {office}").check()
    expect(page.locator("[data-nobody]")).to_be_visible()


def go_next_door(page: Page) -> None:
    """Take the offer that stands where nobody is left, and read the other team's rules."""
    page.locator("[data-nobody]").get_by_role("link", name=HOSPITAL).click()
    expect(page.locator("[data-step=limits] [data-came-from]")).to_contain_text("St. Brigid Hospital")
    expect(page.locator(".top .name")).to_have_text("St. Brigid Hospital")
    assert page.url.endswith("/ask/st-brigid/en/ask#from=pine-county")
    expect(page.get_by_role("link", name="Read it in full")).to_have_attribute("href", "/ask/st-brigid/en/limits")
    page.get_by_role("button", name="I have read this").click()
    expect(page.locator("#reach")).to_have_value(NUMBER)
    expect(page.locator("#words")).to_have_value(WORDS)


@pytest.fixture
def agreed(demo: Demo, browser: Browser) -> Demo:
    """The demonstration after both coordinators agreed, whichever test of this file came before."""
    window = browser.new_context(locale="en-CA")
    page = window.new_page()
    page.goto(demo.member("ask"))
    if page.locator("[data-partner]").count() == 0:
        propose_and_agree(demo, window)
        demo.later(1)
    window.close()
    return demo


@pytest.mark.req("A-15", "A-08", "K-22", "K-35", "M-24")
def test_everybody_here_is_left_out_and_a_peer_next_door_answers(
    agreed: Demo, window: BrowserContext, other: BrowserContext
) -> None:
    """Persona 1, step 4, to the end: nothing stays here, and after closing nothing there."""
    demo = agreed
    trace = Trace().follow(window)
    dana = window.new_page()
    leave_everybody_out(demo, dana)
    go_next_door(dana)
    assert not dana.get_by_label("Tell the peer that I am from").is_checked()
    send(dana)
    expect(dana.locator("[data-words] li")).to_have_count(12)
    words = dana.locator("[data-words] li").all_text_contents()
    expect(dana.locator("[data-also-there]:visible")).to_contain_text("Pine County")

    assert not [name for name, found in everything_kept(demo).items() if WORDS.encode() in found], (
        "readable while it lived"
    )
    noemie = supporter(demo, other, "fortin")
    see_waiting(noemie)
    read_first(noemie)
    expect(noemie.locator("[data-part=facts]:visible")).to_contain_text(WORDS)
    assert "Pine County" not in noemie.locator("[data-part=facts]").inner_text()
    accept(noemie)
    make_contact(noemie)
    # The words open it on the page of the own organisation too.
    back = window.new_page()
    come_back(demo, back, words)
    expect(back.locator("[data-found-at]:visible")).to_contain_text("St. Brigid Hospital")
    expect(back.get_by_role("heading", name="A peer has been in touch.")).to_be_visible()
    close(noemie)
    after = everything_kept(demo)
    assert rows_left(demo) == {}
    assert places_of(sealed_pieces([trace]), after) == []


@pytest.mark.req("A-15", "A-07")
def test_where_one_comes_from_is_told_only_by_a_tick(
    agreed: Demo, window: BrowserContext, other: BrowserContext
) -> None:
    dana = window.new_page()
    leave_everybody_out(agreed, dana)
    go_next_door(dana)
    dana.get_by_label("Tell the peer that I am from Pine County Sheriff's Office").check()
    dana.get_by_role("radio", name="This device only").check()
    send(dana)
    noemie = supporter(agreed, other, "fortin")
    see_waiting(noemie)
    read_first(noemie)
    expect(noemie.locator("[data-part=facts]:visible")).to_contain_text("Pine County Sheriff's Office")
    # What this device keeps is offered on the own page too.
    back = window.new_page()
    back.goto(agreed.member("back"))
    back.get_by_role("button", name="Sent to St. Brigid Hospital").click()
    expect(back.get_by_role("button", name="Cancel and erase").first).to_be_visible()
    cancel(back)
    assert back.evaluate("localStorage.length") == 0


@pytest.mark.req("A-15", "A-25")
def test_the_tick_is_kept_with_what_waits_without_a_network(agreed: Demo, window: BrowserContext) -> None:
    dana = window.new_page()
    keep_pages(dana, agreed.path("/ask/st-brigid/en/"))
    leave_everybody_out(agreed, dana)
    go_next_door(dana)
    dana.get_by_label("Tell the peer that I am from Pine County Sheriff's Office").check()
    window.set_offline(True)
    keep_it(dana)
    dana.goto(agreed.path("/ask/st-brigid/en/"))
    dana.get_by_role("button", name="Change").click()
    expect(dana.get_by_label("Tell the peer that I am from Pine County Sheriff's Office")).to_be_checked()
    expect(dana.locator("#reach")).to_have_value(NUMBER)
    window.set_offline(False)
    send(dana)
    expect(dana.locator("[data-also-there]:visible")).to_contain_text("Pine County")
    cancel(dana)


@pytest.mark.req("A-15")
def test_without_a_network_nothing_typed_is_lost(agreed: Demo, window: BrowserContext) -> None:
    dana = window.new_page()
    leave_everybody_out(agreed, dana)
    window.set_offline(True)
    dana.locator("[data-nobody]").get_by_role("link", name=HOSPITAL).click()
    expect(dana.locator("[data-sending-notice]:visible")).to_contain_text("did not open")
    expect(dana.locator("#reach")).to_have_value(NUMBER)
    window.set_offline(False)
    go_next_door(dana)


@pytest.mark.req("A-15")
def test_an_agreement_that_ended_meanwhile_still_leads_back_to_what_was_asked(
    agreed: Demo, window: BrowserContext, other: BrowserContext
) -> None:
    dana = window.new_page()
    leave_everybody_out(agreed, dana)
    go_next_door(dana)
    end_it(agreed, other)
    send(dana)
    words = dana.locator("[data-words] li").all_text_contents()
    agreed.later(1)
    back = window.new_page()
    come_back(agreed, back, words)
    expect(back.locator("[data-found-at]:visible")).to_contain_text("St. Brigid Hospital")
    back.goto(agreed.member("ask"))
    assert back.get_by_role("link", name=HOSPITAL).count() == 0
    # Proposing it anew, and agreeing to it, takes nothing away from whoever asked before.
    propose_and_agree(agreed, other)
    agreed.later(1)
    again = window.new_page()
    come_back(agreed, again, words)
    expect(again.locator("[data-found-at]:visible")).to_contain_text("St. Brigid Hospital")
    cancel(again)


@pytest.mark.req("A-15", "A-24")
def test_it_has_no_violation_and_works_by_keyboard(agreed: Demo, window: BrowserContext, look: Look) -> None:
    page = continue_as(window, agreed, "vogel")
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        page.goto(agreed.path("/in/coordinate/partners"))
        look.at(page, f"mutual aid, agreed, {size['width']}")
    _by_keyboard(agreed, window.new_page(), look)


def _by_keyboard(demo: Demo, page: Page, look: Look) -> None:
    """Leave everybody out, go next door and tick where one is from, without a mouse."""
    page.set_viewport_size(PHONE)
    open_form(page, demo.member("ask"))
    fold = page.get_by_text("Anyone who should not see this?")
    fold.focus()
    page.keyboard.press("Enter")
    look.at(page, "ask page, another team helps out")
    for box in page.locator("[data-office]").all():
        box.focus()
        page.keyboard.press("Space")
    look.at(page, "ask page, nobody left, another team")
    page.locator("[data-nobody] [data-partner]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-step=limits] [data-came-from]")).to_be_visible()
    look.at(page, "the other team's limits")
    page.get_by_role("button", name="I have read this").focus()
    page.keyboard.press("Enter")
    page.locator("#reach").fill("218 555 0146")
    page.locator("#say-from").focus()
    page.keyboard.press("Space")
    expect(page.locator("#say-from")).to_be_checked()
    look.at(page, "the other team's form")
    page.get_by_role("button", name="Seal and send").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-also-there]")).to_be_visible()
    look.at(page, "sent to the other team")
    cancel(page)
