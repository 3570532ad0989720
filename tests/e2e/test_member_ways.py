"""The ways of a member: how one comes back, writes back, says that nobody called, cancels; and when nobody is there."""

import re
import sqlite3
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.e2e.acts import (
    NUMBER,
    accept,
    ask,
    called,
    cancel,
    close,
    come_back,
    fill_form,
    inbox,
    letters,
    look_now,
    make_contact,
    open_form,
    read_first,
    reply,
    see_reply,
    send,
    until,
    wait_called,
)
from tests.e2e.conftest import PHONE, Demo, watch

pytestmark = [pytest.mark.e2e]

ON_CALL = "+1 218 555 0100"
ABLE = ("bell", "dubois", "hart", "lindqvist", "novak", "okoro", "ruiz")
TABLES = ("escalation_ladder", "escalation_alert", "help_requests_request", "help_requests_message")
# Good words of a receipt that nobody has.
UNKNOWN = "legal winner thank year wave sausage worth useful legal winner thank yellow"
KEPT_HERE = "() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]"


@pytest.fixture(scope="module")
def demo(demo: Demo) -> Demo:
    """The demonstration with neighbours: without anybody, without anybody on call."""
    done = demo.module("tests.e2e.neighbours")
    assert done.returncode == 0, done.stderr
    return demo


@pytest.fixture
def second_phone(browser: Browser) -> Iterator[BrowserContext]:
    """Another phone, which knows nothing."""
    context = browser.new_context(viewport=PHONE, locale="en-CA")
    yield context
    context.close()


def rows(demo: Demo) -> dict[str, int]:
    """Count what the server holds of requests."""
    with sqlite3.connect(demo.data / "alongside.sqlite3") as database:
        found = {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}  # noqa: S608
    database.close()
    return found


def sees_numbers(page: Page, on_call: str = ON_CALL) -> None:
    """See a number of the programme and the crisis lines, ready to be called."""
    expect(page.get_by_role("link", name=on_call)).to_be_visible()
    expect(page.get_by_role("link", name="Call 911")).to_be_visible()
    expect(page.get_by_role("link", name="Call 988")).to_be_visible()


# --- three ways back ---------------------------------------------------------------------------------------------


@pytest.mark.req("A-01", "A-10", "K-22", "K-34")
def test_twelve_words_open_the_reply_on_another_phone_and_writing_back_works_from_there(
    demo: Demo, phone: BrowserContext, second_phone: BrowserContext, desktop: BrowserContext
) -> None:
    problems = watch(phone, second_phone)
    first = phone.new_page()
    words = ask(demo, first)
    assert phone.new_page().goto(demo.member()) and first.evaluate(KEPT_HERE) == []
    bell = inbox(desktop, demo, "bell")
    read_first(bell)
    accept(bell)
    reply(bell, "I call you after the count.")

    other = second_phone.new_page()
    come_back(demo, other, [word[:4].upper() for word in words])
    expect(other.get_by_role("heading", name="A peer has read it.")).to_be_visible()
    see_reply(other, "I call you after the count.")
    other.get_by_label("Write back").fill("After eight is better.")
    other.locator("[data-write] button").click()
    expect(other.locator("[data-reply-list] .mine")).to_contain_text("After eight is better.")
    bell.reload()
    expect(bell.locator("[data-part=written]:visible")).to_contain_text("After eight is better.")

    request = bell.url
    other.get_by_role("button", name="That is all, erase it").click()
    other.locator("[data-confirm] [data-yes]").click()
    expect(other.get_by_role("heading", name="Erased.", exact=True)).to_be_visible()
    assert set(rows(demo).values()) == {0}
    look_now(first)
    expect(first.get_by_role("heading", name="It is closed and erased.")).to_be_visible()
    bell.goto(request)
    expect(bell.get_by_role("heading", level=1)).to_have_text("This one is taken care of.")
    come_back(demo, other, words)
    expect(other.get_by_role("heading", name="Nothing is known of it here.")).to_be_visible()
    assert problems == []


@pytest.mark.req("A-01", "K-22")
def test_this_device_only_comes_back_without_words_and_forgets_when_told_to(
    demo: Demo, phone: BrowserContext, second_phone: BrowserContext
) -> None:
    page = phone.new_page()
    assert ask(demo, page, way="This device only") == []
    expect(page.get_by_role("heading", name="Your way back: this device")).to_be_visible()
    page.close()

    page = phone.new_page()
    page.goto(demo.member())
    page.get_by_role("link", name="Come back to what I asked").click()
    page.get_by_role("button", name=re.compile("^Sent ")).click()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    # The name under which it is kept says nothing of what it is.
    assert page.evaluate(KEPT_HERE) == ["page-pine-county"]
    stranger = second_phone.new_page()
    stranger.goto(demo.member("back"))
    expect(stranger.get_by_label("Your 12 words")).to_be_visible()
    expect(stranger.get_by_role("heading", name="Kept on this device")).to_be_hidden()

    cancel(page)
    until(lambda: page.evaluate(KEPT_HERE), lambda found: found == [])
    page.goto(demo.member("back"))
    expect(page.get_by_label("Your 12 words")).to_be_visible()
    expect(page.get_by_role("heading", name="Kept on this device")).to_be_hidden()


@pytest.mark.req("A-01", "K-22")
def test_just_phone_me_keeps_nothing_and_has_no_reply_box(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    page = phone.new_page()
    assert ask(demo, page, way="Just phone me") == []
    expect(page.get_by_role("heading", name="Nothing is kept for coming back")).to_be_visible()
    expect(page.get_by_role("heading", name="Replies")).to_be_hidden()
    assert page.evaluate(KEPT_HERE) == []
    bell = inbox(desktop, demo, "bell")
    read_first(bell)
    accept(bell)
    expect(bell.get_by_text("No reply box: they asked to be contacted directly.")).to_be_visible()
    expect(bell.get_by_label("Your reply")).to_be_hidden()
    expect(bell.get_by_role("link", name=f"Call {NUMBER}")).to_have_attribute("href", "tel:+12185559146")
    # While the page is open it can be followed here.
    look_now(page)
    expect(page.get_by_role("heading", name="A peer has read it.")).to_be_visible()
    make_contact(bell)
    close(bell)
    look_now(page)
    expect(page.get_by_role("heading", name="It is closed and erased.")).to_be_visible()


@pytest.mark.req("A-01", "A-16", "K-22")
def test_only_here_needs_no_number_and_the_reply_outlives_the_closing(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    page = phone.new_page()
    open_form(page, demo.member("ask"))
    fill_form(page, how="Only here", soon="Today")
    expect(page.locator("#reach")).to_be_hidden()
    expect(page.get_by_role("radio", name=re.compile("^Just phone me"))).to_be_disabled()
    send(page)
    bell = inbox(desktop, demo, "bell")
    read_first(bell)
    expect(bell.locator("[data-part=facts]:visible")).to_contain_text("Answer here, in the reply box.")
    accept(bell)
    reply(bell, "Third night in a row: I am with you.")
    look_now(page)
    see_reply(page, "Third night in a row: I am with you.")
    page.get_by_label("Write back").fill("Thank you.")
    page.locator("[data-write] button").click()
    expect(page.locator("[data-reply-list] .mine")).to_be_visible()
    make_contact(bell)
    expect(bell.locator("[data-part=written]:visible")).to_contain_text("Thank you.")
    close(bell)
    look_now(page)
    expect(page.get_by_role("heading", name="It is closed and erased.")).to_be_visible()
    see_reply(page, "Third night in a row: I am with you.")
    expect(page.get_by_label("Write back")).to_be_hidden()
    page.get_by_role("button", name="That is all, erase it").click()
    page.locator("[data-confirm] [data-yes]").click()
    expect(page.get_by_role("heading", name="Erased.", exact=True)).to_be_visible()
    assert "Third night" not in page.content()


# --- what a member can do about it -------------------------------------------------------------------------------


@pytest.mark.req("A-03", "A-10", "D-21")
def test_nobody_has_called_me_yet_brings_it_back_and_everybody_is_called(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    before = len(letters(demo))
    page = phone.new_page()
    ask(demo, page)
    bell = inbox(desktop, demo, "bell")
    read_first(bell)
    accept(bell)
    wait_called(demo, "bell", since=before)
    look_now(page)
    page.get_by_role("button", name="Nobody has called me yet").click()
    expect(page.get_by_text("Thank you for saying so. The peers are being called again.")).to_be_visible()
    expect(page.get_by_role("heading", name="It is being passed on again.")).to_be_visible()
    sees_numbers(page)
    wait_called(demo, "bell", *ABLE, since=before)
    # Whoever held it no longer does, and sees so.
    bell.reload()
    expect(bell.get_by_role("button", name="Contact made")).to_be_hidden()
    cancel(page)


@pytest.mark.req("K-22", "K-35")
def test_cancelling_erases_everything_at_once_for_everybody(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    page = phone.new_page()
    words = ask(demo, page, words="never mind")
    bell = inbox(desktop, demo, "bell")
    read_first(bell)
    cancel(page)
    assert set(rows(demo).values()) == {0}
    expect(page.locator("[data-words] li")).to_have_count(0)
    bell.reload()
    expect(bell.locator("[data-part=facts]")).to_have_count(0)
    expect(bell.locator("main")).not_to_contain_text("never mind")
    come_back(demo, page, words)
    expect(page.get_by_role("heading", name="Nothing is known of it here.")).to_be_visible()
    sees_numbers(page)


@pytest.mark.req("K-22", "A-03")
def test_an_answer_that_arrives_after_everything_was_erased_changes_nothing(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    page = phone.new_page()
    ask(demo, page)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    for path in ("progress", "box"):
        page.route(f"**/ask/pine-county/{path}", hold)
    bell = inbox(desktop, demo, "bell")
    read_first(bell)
    accept(bell)
    reply(bell, "too late for this page")
    look_now(page)
    box = until(lambda: on_its_way(page, held, "/box"), bool, 30)[0]
    asked = until(lambda: on_its_way(page, held, "/progress"), bool, 30)[0]
    with_the_reply = box.fetch()
    cancel(page)
    box.fulfill(response=with_the_reply)
    asked.continue_()
    page.wait_for_timeout(1_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancelled and erased.")
    assert "too late for this page" not in page.content()


def on_its_way(page: Page, held: list[Route], end: str) -> list[Route]:
    """Return what the page has asked for at an address and has no answer to."""
    page.wait_for_timeout(100)
    return [route for route in held if route.request.url.endswith(end)]


@pytest.mark.req("K-22")
def test_a_yes_is_not_lost_when_the_button_is_pressed_again_in_the_same_breath(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    ask(demo, page)
    page.evaluate(
        """() => ["[data-cancel]", "[data-confirm] [data-yes]", "[data-cancel]"].forEach(
            (button) => document.querySelector(button).click())"""
    )
    expect(page.get_by_role("heading", name="Cancelled and erased.")).to_be_visible()


@pytest.mark.req("A-08", "K-34")
def test_nobody_from_an_office_that_was_left_out_is_ever_called(demo: Demo, phone: BrowserContext) -> None:
    before = len(letters(demo))
    page = phone.new_page()
    # Marcus Bell, first on call tonight, and Eli Hart are of the patrol.
    ask(demo, page, leave_out=("Patrol", "Dispatch"))
    left = set(ABLE) - {"bell", "hart", "dubois"}
    until(lambda: called(demo, before), lambda found: len(found) > 0)
    demo.later(20)
    until(lambda: set(called(demo, before)), lambda found: found == left)
    look_now(page)
    expect(page.locator("[data-ladder]:visible")).to_contain_text(f"All {len(left)} peers alerted together")
    cancel(page)


# --- words that open nothing -------------------------------------------------------------------------------------


@pytest.mark.req("A-03")
def test_words_that_open_nothing_get_an_honest_answer_and_the_numbers(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    come_back(demo, page, UNKNOWN.split())
    expect(page.get_by_role("heading", name="Nothing is known of it here.")).to_be_visible()
    expect(page.get_by_text("It may be closed and erased, or more than 3 days old.")).to_be_visible()
    sees_numbers(page)
    page.get_by_role("link", name="Ask once more").click()
    expect(page.get_by_role("heading", name="Before you share anything")).to_be_visible()


@pytest.mark.req("A-03")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("legal winner", "These are 2 words. There must be 12."),
        (
            "legal winner thank year wave sausagge worth useful legal winner thank yellow",
            "Word 6 is not on the list: sausagge",
        ),
        (
            "winner legal thank year wave sausage worth useful legal winner thank yellow",
            "All words are known, but they do not belong together. Check their order.",
        ),
        ("", "These are 0 words. There must be 12."),
    ],
)
def test_what_is_wrong_with_the_words_is_pointed_out(demo: Demo, phone: BrowserContext, typed: str, said: str) -> None:
    page = phone.new_page()
    come_back(demo, page, typed.split())
    expect(page.get_by_role("alert")).to_have_text(said)
    expect(page.get_by_label("Your 12 words")).to_be_focused()
    expect(page.get_by_label("Your 12 words")).to_have_value(typed)


# --- when nobody is there ----------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "A-08", "D-21")
def test_leaving_out_every_office_leaves_nobody_and_the_page_says_so_before_sending(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    before = rows(demo)
    open_form(page, demo.member("ask"))
    fill_form(page, leave_out=("Patrol", "Jail", "Dispatch", "Courthouse"))
    expect(page.get_by_text("1 of 7 peers can still open it.")).to_be_visible()
    page.get_by_label("Nobody from North station").check()
    expect(page.get_by_text("Then nobody is left who could open it.")).to_be_visible()
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_text("Nobody is left who could open it. Keep at least one office, or call.")).to_be_visible()
    sees_numbers(page)
    assert rows(demo) == before
    page.get_by_label("Nobody from North station").uncheck()
    send(page)
    cancel(page)


@pytest.mark.req("A-03", "D-01", "D-21")
def test_with_nobody_on_call_the_page_says_so_and_everybody_is_called_at_once(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    page.goto(demo.path("/ask/birch-hall/en/"))
    expect(page.get_by_text("Nobody is on call at this moment, but you can try")).to_be_visible()
    page.get_by_role("link", name="Ask a peer to contact me").click()
    expect(page.get_by_text("Nobody is on call at this moment. The one peer of this team")).to_be_visible()
    page.get_by_role("button", name="I have read this").click()
    fill_form(page, soon="Today")
    send(page)
    expect(page.locator("[data-ladder]:visible")).to_contain_text("The peer is alerted")
    until(lambda: called(demo), lambda found: "wren" in found)
    cancel(page)


@pytest.mark.req("A-03", "A-25")
def test_where_nobody_can_be_asked_there_is_no_form_but_the_numbers(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(demo.path("/ask/lone-lake/en/ask"))
    expect(page.get_by_role("heading", name="Nobody can be asked here right now.")).to_be_visible()
    sees_numbers(page, "+1 218 555 0188")
    assert page.locator("form, input, textarea").count() == 0


@pytest.mark.req("A-01", "A-25")
@pytest.mark.parametrize("name", ["ask", "back"])
def test_without_script_there_are_numbers_and_no_form(demo: Demo, browser: Browser, name: str) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.member())
    page.get_by_role("link", name="Ask a peer to contact me" if name == "ask" else "Come back").click()
    sees_numbers(page)
    assert not [field for field in page.locator("form, input, textarea, button").all() if field.is_visible()]
    expect(page.locator("[data-without-script]:visible")).to_contain_text("needs script")
    context.close()


@pytest.mark.req("A-01", "A-24", "D-21")
def test_two_taps_lead_to_a_human_past_the_limits(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.member())
    page.get_by_role("link", name="Talk to a peer now").click()
    expect(page.get_by_role("heading", name="When a peer must speak up")).to_be_visible()
    expect(page.get_by_role("link", name=ON_CALL)).to_have_attribute("href", "tel:+12185550100")
    context.close()
