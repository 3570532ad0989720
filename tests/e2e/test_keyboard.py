"""The whole job by keyboard alone: Tab, Space, Enter, Escape and typing; where one is shows at each stop."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.acts import NUMBER, ask, cancel, inbox, until
from tests.e2e.conftest import Demo, continue_as, watch

pytestmark = [pytest.mark.e2e]

STOPS = 120
# Where the keyboard is: its name as it is read out, whether a ring shows it, whether it can be seen.
HERE = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const shown = at.closest(".choice") ?? at;
  const style = getComputedStyle(shown);
  const box = shown.getBoundingClientRect();
  const point = document.elementFromPoint(box.left + Math.min(box.width / 2, 60), box.top + box.height / 2);
  const name = at.labels?.[0]?.innerText || at.getAttribute("aria-label") || at.innerText || at.textContent;
  return {
    name: (name ?? "").trim().replace(/\\s+/g, " "),
    ring: style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2,
    seen: box.width > 0 && box.height > 0 && point !== null && (shown.contains(point) || point.contains(shown)),
  };
}"""


class Keyboard:
    """Somebody who has no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, name: str) -> None:
        """Press Tab until the named stop is reached; each stop on the way must show that one is there."""
        passed = []
        for _ in range(STOPS):
            self.page.keyboard.press("Tab")
            here = self.page.evaluate(HERE)
            if here is None:
                continue
            passed.append(here["name"])
            assert here["ring"], f"nothing shows that the keyboard is at {here['name']!r}"
            if not here["seen"]:
                # What has just come onto the page may still move it; a person looks again before going on.
                until(lambda: self.page.evaluate(HERE), lambda found: found["seen"], seconds=3)
            if re.match(name, here["name"]):
                return
        raise AssertionError(f"no way to {name!r}; stops: {passed}")

    def press(self, name: str, key: str = "Enter") -> None:
        """Go to the named stop and press a key there."""
        self.to(name)
        self.page.keyboard.press(key)

    def type(self, name: str, text: str) -> None:
        """Go to the named field and type."""
        self.to(name)
        self.page.keyboard.type(text)

    def is_at(self, name: str) -> None:
        """See that reading goes on at the named heading or control."""
        expect(self.page.locator(":focus")).to_have_text(re.compile(name))


def test_a_stop_that_does_not_show_is_noticed(demo: Demo, phone: BrowserContext) -> None:
    """Take the ring away on purpose: what the stories below would then say."""
    page = phone.new_page()
    page.goto(demo.member())
    page.evaluate(
        """() => {
          const bare = new CSSStyleSheet();
          bare.replaceSync("* { outline: none !important }");
          document.adoptedStyleSheets = [bare];
        }"""
    )
    with pytest.raises(AssertionError, match="nothing shows that the keyboard is at"):
        Keyboard(page).to("Talk to a peer now")
    page.reload()
    with pytest.raises(AssertionError, match="no way to"):
        Keyboard(page).to("There is no such stop")


@pytest.mark.req("A-01", "A-24", "A-03")
def test_a_member_asks_and_cancels_by_keyboard(demo: Demo, phone: BrowserContext) -> None:
    problems = watch(phone)
    page = phone.new_page()
    page.goto(demo.member())
    keys = Keyboard(page)
    keys.press("Skip to the text")
    keys.press("Ask a peer to contact me")
    expect(page.get_by_role("heading", name="Before you share anything")).to_be_visible()
    keys.press("I have read this")
    keys.is_at("Ask a peer to contact you")
    keys.type("Your number", NUMBER)
    keys.press("Anyone who should not see this")
    expect(page.locator("[data-office]").first).to_be_visible()
    keys.press("Nobody from Jail", "Space")
    expect(page.get_by_label("Nobody from Jail")).to_be_checked()
    keys.press("Seal and send")
    expect(page.locator("[data-words] li")).to_have_count(12)
    # What is fetched late moves what stands below it away from under the keyboard.
    expect(page.get_by_role("button", name="Cancel and erase")).to_be_visible()
    expect(page.get_by_role("button", name="Turn on")).to_be_visible()
    keys.is_at("Sealed and on its way")
    keys.press("Cancel and erase")
    keys.is_at("Keep it")
    page.keyboard.press("Enter")
    expect(page.locator("[data-confirm]")).to_be_hidden()
    keys.is_at("Cancel and erase")
    # No person is so quick as to press again before the closed question has said its answer.
    page.wait_for_timeout(200)
    page.keyboard.press("Enter")
    keys.press("Cancel and erase")
    expect(page.get_by_role("heading", name="Cancelled and erased.")).to_be_visible()
    keys.is_at("Cancelled and erased")
    assert problems == []


@pytest.mark.req("A-01")
def test_what_is_missing_is_said_where_the_keyboard_then_is(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(demo.member("ask"))
    keys = Keyboard(page)
    keys.press("I have read this")
    keys.press("Seal and send")
    field = page.get_by_label("Your number")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("Please say how they can reach you"))
    page.keyboard.type("12")
    # Enter in a field sends nothing by mistake.
    page.keyboard.press("Enter")
    expect(page.locator("#reach-error")).to_be_hidden()
    keys.press("Seal and send")
    expect(field).to_be_focused()
    expect(page.locator("#reach-error")).to_have_text("This does not look like a phone number.")


@pytest.mark.req("A-03", "A-10", "B-36")
def test_a_supporter_reads_accepts_replies_and_closes_by_keyboard(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    problems = watch(desktop)
    dana = phone.new_page()
    ask(demo, dana, soon="Today", words="a long night")
    page = inbox(desktop, demo, "bell")
    keys = Keyboard(page)
    keys.press("Skip to the text")
    until(lambda: look_again(keys), lambda waiting: waiting > 0)
    keys.press("Read it first")
    expect(page.locator("[data-part=facts]:visible")).to_contain_text("a long night")
    keys.press("Accept")
    expect(page.get_by_role("heading", name=re.compile("Make contact by"))).to_be_visible()
    expect(page.locator("[data-part=conversation]")).to_be_visible()
    keys.type("Your reply", "I call you at seven")
    keys.press("Seal and send")
    expect(page.get_by_text("Sealed and sent.")).to_be_visible()
    keys.press("Contact made")
    expect(page.get_by_role("heading", name="You are in touch.")).to_be_visible()
    # Until what was written back has been asked for: no person closes sooner than that.
    expect(page.locator("[data-part=conversation]")).to_be_visible()
    page.wait_for_load_state("networkidle")
    for name in ("Our first talk", "A critical incident", "Nothing further for now"):
        keys.press(name, "Space")
        expect(page.get_by_label(name, exact=True)).to_be_checked()
    keys.press("Close and erase")
    expect(page.get_by_text("Closed. Nothing of it is kept.")).to_be_visible()
    assert problems == []


def look_again(keys: Keyboard) -> int:
    """Press "Look again now" and count who waits."""
    with keys.page.expect_navigation():
        keys.press("Look again now")
    return keys.page.get_by_role("link", name="Read it first").count()


@pytest.mark.req("A-03")
def test_passing_on_takes_two_keys_and_asks_for_no_reason(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    dana = phone.new_page()
    ask(demo, dana)
    page = inbox(desktop, demo, "bell")
    keys = Keyboard(page)
    until(lambda: look_again(keys), lambda waiting: waiting > 0)
    keys.press("Pass, no reason")
    expect(page.get_by_text("Passed on. No reason is asked for or kept.")).to_be_visible()
    expect(page.get_by_role("heading", name="Nobody is waiting.")).to_be_visible()
    cancel(dana)


@pytest.mark.req("A-25")
def test_the_menus_of_a_phone_open_and_close_by_keyboard(demo: Demo, phone: BrowserContext) -> None:
    page = continue_as(phone, demo, "dubois")
    keys = Keyboard(page)
    keys.press("Crisis")
    expect(page.get_by_role("link", name="Call 911")).to_be_visible()
    keys.to("Call 911")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Call 911")).to_be_hidden()
    keys.press("Menu of")
    keys.press("Sign out$")
    expect(page.get_by_role("heading", name="You are signed out.")).to_be_visible()


@pytest.mark.req("A-25")
def test_escape_three_times_leaves_for_a_neutral_place_and_leaves_no_way_back(
    demo: Demo, phone: BrowserContext
) -> None:
    """The neutral site is out in the world, so the network answers in its place."""
    phone.route(
        re.compile(r"^https://"), lambda route: route.fulfill(body="<title>Weather</title>", content_type="text/html")
    )
    page = phone.new_page()
    page.goto(demo.path("/demo/"))
    page.goto(demo.member("ask"))
    Keyboard(page).press("I have read this")
    page.get_by_label("Your number").fill(NUMBER)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Your number")).to_be_visible()
    for _ in range(2):
        page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"^https://"))
    assert not page.url.startswith(demo.address)
    page.go_back()
    page.wait_for_url(demo.path("/demo/"))


@pytest.mark.req("A-25")
def test_the_button_to_leave_is_an_early_stop_on_each_page_of_a_member(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    for name in ("", "now", "limits", "ask", "back", "choose", "colleague", "colleague/refer", "manager"):
        page.goto(demo.member(name))
        for _ in range(4):
            page.keyboard.press("Tab")
            if page.evaluate(HERE)["name"] == "Leave now":
                break
        else:
            raise AssertionError(f"Leave now is far away on the page {name or 'home'}")
