"""A supporter's own rota on a phone, without any script: what they say of themself, their calendar, a shift that nobody
has, a hand-over, a swap with both sides' yes, leave in one tap; then by keyboard; and how every page and state looks.
"""

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import vobject
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import PHONE, Demo, continue_as
from tests.e2e.looking import Look, picture
from tests.e2e.test_keyboard import Keyboard

# Days to come, whenever this runs.
AWAY = datetime.now(UTC).date() + timedelta(days=214)
WISHED = AWAY + timedelta(days=6)
pytestmark = [pytest.mark.e2e]
SHIFTS, CALENDAR, AVAILABILITY = "/in/team/shifts", "/in/team/calendar", "/in/team/availability"
SLUGS = {
    "Marcus Bell": "bell",
    "Renée Dubois": "dubois",
    "Ana Ruiz": "ruiz",
    "Cy Novak": "novak",
    "Dee Okoro": "okoro",
    "Eli Hart": "hart",
    "Fay Lindqvist": "lindqvist",
}
# What a page says of one shift: when, and what can be done about it.
LINE = "ul.duties li"
GIVE = re.compile("^Change ?:")
ALL_OPEN = "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"


@contextmanager
def scriptless(browser: Browser, demo: Demo, slug: str) -> Iterator[Page]:
    """Sign in as one of the cast, with script, and go on without any: on a phone."""
    with_script = browser.new_context(locale="en-CA")
    continue_as(with_script, demo, slug)
    state = with_script.storage_state()
    with_script.close()
    plain = browser.new_context(locale="en-CA", java_script_enabled=False, viewport=PHONE, storage_state=state)
    yield plain.new_page()
    plain.close()


def lines(page: Page, demo: Demo) -> list[str]:
    """Return when each of one's own shifts is, as the page says it."""
    page.goto(demo.path(SHIFTS))
    found = page.locator(f"section[aria-labelledby=mine] {LINE} .number").all_text_contents()
    return [" ".join(one.split()) for one in found]


def change(page: Page, demo: Demo, when: str) -> None:
    """Open the page on which one shift is changed."""
    page.goto(demo.path(SHIFTS))
    line = page.locator(LINE).filter(has_text=when).first
    page.goto(demo.path(str(line.get_by_role("link").get_attribute("href"))))


def folded(page: Page, name: str) -> None:
    page.locator("summary", has_text=name).click()


def say_of_oneself(page: Page, demo: Demo) -> None:
    page.goto(demo.path(AVAILABILITY))
    expect(page.get_by_text("You can be on call at any hour.")).to_be_visible()
    page.get_by_label("First day").fill(f"{AWAY:%Y-%m-%d}")
    page.get_by_role("button", name="Add days off").click()
    expect(page.get_by_text(f"{AWAY:%a} {AWAY.day} {AWAY:%b %Y}")).to_be_visible()
    folded(page, "Add a wish")
    page.get_by_label("Day", exact=True).fill(f"{WISHED:%Y-%m-%d}")
    page.get_by_text("to be on call", exact=True).click()
    page.get_by_role("button", name="Add the wish").click()
    expect(page.get_by_text(f"{WISHED:%a} {WISHED.day} {WISHED:%b %Y}")).to_be_visible()


def make_a_feed(page: Page, demo: Demo) -> str:
    page.goto(demo.path(CALENDAR))
    page.get_by_role("button", name="Make an address").click()
    address = page.get_by_label("Copy it now.").input_value()
    by_tap = page.get_by_role("link", name="Add it on this device").get_attribute("href")
    assert by_tap == "webcal" + address[address.index(":") :]
    return address


def fed(address: str) -> dict[datetime, str]:
    """Return what another library reads at the address, without signing in: by beginning, what it is called."""
    with urllib.request.urlopen(address) as answer:
        calendar = vobject.readOne(answer.read().decode())
    events = calendar.contents.get("vevent", [])
    # An empty calendar holds one event that is cancelled (decision 0031).
    held = [one for one in events if "status" not in one.contents or one.status.value != "CANCELLED"]
    return {one.dtstart.value.astimezone(UTC): str(one.summary.value) for one in held}


def make_a_gap(browser: Browser, demo: Demo, name: str) -> None:
    """Let the coordinator remove the last shift of somebody that the rota shows."""
    window = browser.new_context(locale="en-CA")
    page = continue_as(window, demo, "vogel")
    page.goto(demo.path("/in/coordinate/rota?view=list&days=28"))
    page.evaluate(ALL_OPEN)
    page.get_by_role("link", name=re.compile(f"^Remove ?: {name}")).last.click()
    page.get_by_role("button", name="Remove and tell them").click()
    expect(page.get_by_text("Removed.")).to_be_visible()
    window.close()


@pytest.mark.req("D-13", "D-01", "B-38", "C-18", "K-36")
def test_a_supporter_does_all_of_it_on_a_phone_without_script(browser: Browser, own_demo: Demo) -> None:
    demo = own_demo
    with scriptless(browser, demo, "novak") as page:
        say_of_oneself(page, demo)
        address = make_a_feed(page, demo)
        before, shown = lines(page, demo), fed(address)
        assert len(before) > 8
        assert set(shown.values()) <= {"Shift info: first", "Shift info: second"}

        # A shift that nobody has is taken in one step; the calendar shows it as before.
        make_a_gap(browser, demo, "Cy Novak")
        without = lines(page, demo)
        (gap,) = set(before) - set(without)
        assert len(fed(address)) == len(shown) - 1
        page.get_by_role("link", name="See what is free").click()
        free = page.locator(LINE).filter(has_text=gap)
        expect(free).to_have_count(1)
        free.get_by_role("button", name="Take it").click()
        expect(page.get_by_text("is yours. Your coordinator is told.")).to_be_visible()
        assert set(lines(page, demo)) == set(before)
        assert fed(address) == shown

        hand_one_over(browser, demo, page, before[3])
        assert before[3] not in lines(page, demo)
        assert len(fed(address)) == len(shown) - 1
        swap_one(browser, demo, page, before[6])
        mine = lines(page, demo)
        assert before[6] not in mine
        assert len(mine) == len(before) - 1

        page.goto(demo.path(SHIFTS))
        page.get_by_role("link", name="Take leave").click()
        page.get_by_role("button", name="Take leave now").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("You are on leave.")
        assert fed(address) == {}
        lines(page, demo)
        expect(page.get_by_text("Cover is sought for your shifts")).to_be_visible()
        expect(page.get_by_text("Cover is sought.", exact=True).first).to_be_visible()
        page.get_by_role("button", name="I am back").click()
        assert len(lines(page, demo)) == len(mine)
        page.goto(demo.path(CALENDAR))
        page.get_by_role("button", name="Revoke").click()
        with pytest.raises(urllib.error.HTTPError):
            fed(address)


def hand_one_over(browser: Browser, demo: Demo, page: Page, when: str) -> None:
    change(page, demo, when)
    select = page.get_by_label("To whom")
    # Nobody is chosen before: no tap asks whoever comes first.
    expect(select).to_have_value("")
    name = select.locator("option").nth(1).text_content() or ""
    select.select_option(label=name)
    page.get_by_role("button", name=re.compile("^Ask them ?: Hand")).click()
    expect(page.get_by_text(f"{name} is asked to take it over.")).to_be_visible()
    with scriptless(browser, demo, SLUGS[name]) as mate:
        theirs = lines(mate, demo)
        assert when not in theirs
        expect(mate.get_by_text("Cy Novak asks you to take a shift over.")).to_be_visible()
        mate.get_by_role("button", name=re.compile("^Yes ?: Cy Novak")).click()
        expect(mate.get_by_text("Done. The rota is changed.")).to_be_visible()
        assert when in lines(mate, demo)


def swap_one(browser: Browser, demo: Demo, page: Page, when: str) -> None:
    change(page, demo, when)
    # Another day's: first and backup of the same hours can be swapped too.
    offered = page.get_by_label("For which shift").locator("option")
    option = next(one for one in offered.all()[1:] if (one.text_content() or "")[:10] != when[:10])
    name, wanted = option.locator("xpath=..").get_attribute("label") or "", option.text_content() or ""
    page.get_by_label("For which shift").select_option(option.get_attribute("value"))
    page.get_by_role("button", name=re.compile("^Ask them ?: Swap")).click()
    expect(page.get_by_text(f"{name} is asked to swap.")).to_be_visible()
    day = re.match(r"\w+ \d+ \w+, \d\d:\d\d", wanted)
    assert day
    with scriptless(browser, demo, SLUGS[name]) as mate:
        lines(mate, demo)
        expect(mate.get_by_text("Cy Novak would like to swap.")).to_be_visible()
        expect(mate.get_by_text("You take:")).to_contain_text(when)
        expect(mate.get_by_text("You give:")).to_contain_text(day[0])
        mate.get_by_role("button", name=re.compile("^Yes ?: Cy Novak")).click()
        assert when in lines(mate, demo)
    assert any(one.startswith(day[0]) for one in lines(page, demo))


@pytest.mark.req("D-13")
def test_a_shift_is_asked_about_and_answered_by_keyboard_alone(
    own_demo: Demo, window: BrowserContext, other: BrowserContext
) -> None:
    page = continue_as(window, own_demo, "ruiz")
    page.goto(own_demo.path(SHIFTS))
    keys = Keyboard(page)
    keys.press("Change ?: ")
    expect(page.get_by_role("heading", level=1)).to_have_text("Change this shift")
    keys.to("To whom")
    name = page.get_by_label("To whom").locator("option").nth(1).text_content() or ""
    page.keyboard.press("ArrowDown")
    keys.press("Ask them ?: Hand")
    expect(page.get_by_text(f"{name} is asked to take it over.")).to_be_visible()
    mate = continue_as(other, own_demo, SLUGS[name])
    mate.goto(own_demo.path(SHIFTS))
    Keyboard(mate).press("Yes ?: Ana Ruiz")
    expect(mate.get_by_text("Done. The rota is changed.")).to_be_visible()
    page.goto(own_demo.path(AVAILABILITY))
    Keyboard(page).press("Add a wish")
    expect(page.get_by_role("button", name="Add the wish")).to_be_visible()


@pytest.mark.req("B-38")
def test_what_was_refused_is_shown_where_it_was_typed_and_an_address_is_copied(
    browser: Browser, own_demo: Demo
) -> None:
    phone = browser.new_context(locale="en-CA", viewport=PHONE, permissions=["clipboard-read", "clipboard-write"])
    page = continue_as(phone, own_demo, "hart")
    page.goto(own_demo.path(CALENDAR))
    field = page.get_by_label("Address of your calendar")
    field.fill("https://10.0.0.5/x.ics")
    page.get_by_role("button", name="Read my calendar").click()
    expect(page.get_by_text("This address leads into a private network.")).to_be_in_viewport()
    expect(field).to_be_focused()
    expect(field).to_have_value("https://10.0.0.5/x.ics")
    # Loading the page of a refusal anew, as a telephone does by itself, is no dead end.
    page.goto(page.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("My calendar")
    page.get_by_role("button", name="Make an address").click()
    page.get_by_role("button", name="Copy it").click()
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#address").input_value()
    page.goto(own_demo.path(AVAILABILITY))
    folded(page, "Add hours")
    page.get_by_label("Monday").check()
    page.get_by_label("From", exact=True).fill("09:00")
    page.get_by_label("To", exact=True).fill("09:00")
    page.get_by_role("button", name="Add hours").click()
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Monday")).to_be_checked()
    phone.close()


def states(demo: Demo, browser: Browser, page: Page) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield every page and state by its name, with how to come there."""

    def to(path: str) -> Callable[[], object]:
        return lambda: page.goto(demo.path(path))

    def button(name: str) -> Callable[[], object]:
        return page.get_by_role("button", name=name).first.click

    def opened() -> None:
        page.evaluate(ALL_OPEN)

    def wrong(label: str, value: str, name: str) -> Callable[[], None]:
        def enter() -> None:
            opened()
            page.get_by_label(label, exact=True).fill(value)
            page.get_by_role("button", name=name).click()
            expect(page.locator(".errorlist, .error").first).to_be_visible()

        return enter

    yield "my shifts", to(SHIFTS)
    yield "my shifts, all open", opened
    yield "change a shift", lambda: page.get_by_role("link", name=GIVE).nth(4).click()
    yield "cover is sought", button("Look for cover")
    yield "over", to(f"{SHIFTS}/00000000-0000-4000-8000-000000000000")
    yield "free, nothing", to(f"{SHIFTS}/free")
    make_a_gap(browser, demo, "Ana Ruiz")
    yield "my shifts, one free", to(SHIFTS)
    yield "free", to(f"{SHIFTS}/free")
    yield "taken", button("Take it")
    yield "availability, empty", to(AVAILABILITY)
    yield "availability, open", opened
    yield "availability, wrong day", wrong("First day", "2019-01-01", "Add days off")
    yield "availability, wrong hours", lambda: (opened(), page.get_by_role("button", name="Add hours").click())
    yield "calendar, empty", to(CALENDAR)
    yield "calendar, made", button("Make an address")
    yield "calendar, wrong", wrong("Address of your calendar", "ftp://x", "Read my calendar")
    yield "on leave", lambda: (page.goto(demo.path("/in/team/me")), button("Take leave now")())
    yield "my shifts, on leave", to(SHIFTS)
    yield "free, on leave", to(f"{SHIFTS}/free")


def test_every_page_and_state_of_it_is_accessible(
    browser: Browser, own_demo: Demo, window: BrowserContext, other: BrowserContext, look: Look
) -> None:
    page = continue_as(window, own_demo, "ruiz")
    for name, come in states(own_demo, browser, page):
        come()
        page.wait_for_load_state()
        look.at(page, name)
        picture(page, name.replace(", ", "-").replace(" ", "-"))
    asked = continue_as(other, own_demo, "bell")
    asked.goto(own_demo.path(SHIFTS))
    asked.get_by_role("button", name="I am sick now").click()
    look.at(asked, "sick")
    picture(asked, "sick")
    # Ana's shifts, whoever is asked first, and Marcus's running one, for which all are asked.
    mate = continue_as(other, own_demo, "dubois")
    mate.goto(own_demo.path(SHIFTS))
    look.at(mate, "asked")
    picture(mate, "asked")
    mate.goto(own_demo.path(f"{SHIFTS}/change"))
    look.at(mate, "change of shift")
    # What is on or off is two sentences.
    leads = continue_as(other, own_demo, "vogel")
    leads.goto(own_demo.path("/in/coordinate/settings/rota_needs_training"))
    look.at(leads, "a switch")
    picture(leads, "switch")
    leads.goto(own_demo.path("/in/coordinate/settings/week_note"))
    look.at(leads, "a day of the week")
    # Whoever has no shift at all.
    new = continue_as(other, own_demo, "tran")
    new.goto(own_demo.path(SHIFTS))
    expect(new.get_by_role("heading", level=1)).to_have_text("No shift is planned for you.")
    look.at(new, "no shift")
    picture(new, "none")
