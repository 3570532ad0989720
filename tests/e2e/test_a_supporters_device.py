"""A supporter's device, for real: keys made on it, kept on it, taken off it; and the whole job by keyboard alone."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.acts import ask, until
from tests.e2e.conftest import DESKTOP, PHONE, Demo, continue_as, watch

pytestmark = pytest.mark.e2e
# What the device keeps: the cipher of each key, and whether the browser would give it out.
KEPT = """() => new Promise((resolve, reject) => {
  const request = indexedDB.open("alongside", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("device");
  request.onerror = () => reject(request.error);
  request.onsuccess = () => {
    const all = request.result.transaction("device").objectStore("device").getAll();
    all.onsuccess = () => {
      request.result.close();
      // Beside secrets there may stand a mark without any: that a ring was seen under its MAC.
      resolve(all.result.filter((kept) => kept !== true).map(({ key }) => [key?.algorithm.name, key?.extractable]));
    };
  };
})"""
ONE_SEALED_SECRET = [["AES-GCM", False]]


def wait_kept(page: Page, kept: list[list[object]]) -> None:
    """Wait until the device keeps this and nothing else."""
    until(lambda: page.evaluate(KEPT), lambda found: found == kept)


def press(control: Locator) -> None:
    """Do what somebody without a mouse does."""
    control.focus()
    control.press("Enter")


def enrol(page: Page) -> list[str]:
    """Make 12 words and keys; return the words."""
    press(page.get_by_role("button", name="Make my 12 words"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your 12 words")
    expect(page.locator("[data-part=words-list] li")).to_have_count(12)
    words = page.locator("[data-part=words-list] li").all_text_contents()
    press(page.get_by_role("button", name="I have written them down"))
    expect(page.locator("[data-part=words-list]")).to_be_hidden()
    for place in (3, 7, 11):
        page.get_by_label(f"Word {place}", exact=True).press_sequentially(words[place - 1])
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your keys are made.")).to_be_visible()
    return words


def unlock(page: Page, words: str) -> None:
    page.get_by_label("Your 12 words").fill(words)
    press(page.get_by_role("button", name="Unlock"))


@pytest.mark.req("K-34")
def test_a_new_supporter_makes_keys_that_never_leave_the_device_in_the_clear_and_comes_back_on_another(
    demo: Demo, browser: Browser
) -> None:
    phone = browser.new_context(viewport=PHONE, locale="en-US")
    sent: list[str] = []
    phone.on("request", lambda request: sent.append(request.post_data or ""))
    page = continue_as(phone, demo, "tran")
    press(page.get_by_role("link", name="Make my keys"))
    words = enrol(page)
    expect(page.locator("[data-part=reach-line]:visible")).to_contain_text(re.compile(r"20\d\d"))
    bodies = " ".join(sent)
    assert "alongside ring v1" in bodies
    assert "AGE-SECRET-KEY" not in bodies
    assert not any(" ".join(words[at : at + 2]) in bodies for at in range(11))
    wait_kept(page, ONE_SEALED_SECRET)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("This device is unlocked.")
    phone.close()

    desktop = browser.new_context(viewport=DESKTOP, locale="en-US")
    check_another_device(continue_as(desktop, demo, "tran"), demo, words)
    desktop.close()


def check_another_device(page: Page, demo: Demo, words: list[str]) -> None:
    """Unlock by words, after every mistake one can make; lock again."""
    page.goto(demo.path("/in/team/keys"))
    heading, trouble = page.get_by_role("heading", level=1), page.locator("[data-part=words-trouble]")
    expect(heading).to_have_text("This device is locked.")
    unlock(page, " ".join(words[:11]))
    expect(trouble).to_have_text("There are 12 words. You typed 11.")
    unlock(page, " ".join(["xyzzy", *words[1:]]))
    expect(trouble).to_contain_text("Word 1 is not one of the words")
    unlock(page, "legal winner thank year wave sausage worth useful legal winner thank yellow")
    expect(trouble).to_contain_text("not the ones your keys were made with")
    assert page.evaluate(KEPT) == []
    unlock(page, "  ".join(word[:4].upper() for word in words))
    expect(heading).to_have_text("This device is unlocked.")
    wait_kept(page, ONE_SEALED_SECRET)
    press(page.get_by_role("button", name="Lock this device"))
    expect(heading).to_have_text("This device is locked.")
    wait_kept(page, [])


@pytest.mark.req("K-34")
def test_signing_out_takes_the_key_off_the_device(demo: Demo, phone: BrowserContext) -> None:
    page = continue_as(phone, demo, "dubois")
    page.goto(demo.path("/in/team/"))
    wait_kept(page, ONE_SEALED_SECRET)
    press(page.locator("summary", has_text="Renée"))
    press(page.get_by_role("button", name="Sign out", exact=True))
    page.wait_for_url("**/in/enter/**")
    wait_kept(page, [])


@pytest.mark.req("B-16", "A-10")
def test_the_whole_job_can_be_done_by_keyboard_and_a_menu_closes_with_escape(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    member = phone.new_page()
    ask(demo, member, how="Text me", way="Just phone me")
    demo.later(5)
    problems = watch(desktop)
    page = continue_as(desktop, demo, "dubois")
    crisis = page.locator("summary", has_text="Crisis")
    press(crisis)
    expect(page.get_by_role("link", name="Call 911")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Call 911")).to_be_hidden()
    expect(crisis).to_be_focused()
    press(page.get_by_role("button", name="Accept"))
    expect(page.get_by_role("link", name=re.compile("^Text "))).to_have_attribute("href", re.compile(r"^sms:\+?\d+$"))
    expect(page.get_by_text("No reply box: they asked to be contacted directly.")).to_be_visible()
    press(page.get_by_role("button", name="Contact made"))
    # How they talked is filled in on the device, from what only the device knows.
    expect(page.get_by_label("In writing", exact=True)).to_be_checked()
    for label in ("Our first talk", "A critical incident", "Nothing further for now"):
        choice = page.get_by_label(label, exact=True)
        choice.focus()
        choice.press("Space")
    press(page.get_by_role("button", name="Close and erase"))
    expect(page.get_by_text("Closed. Nothing of it is kept.")).to_be_visible()
    assert problems == []


@pytest.mark.req("A-10", "A-03")
def test_what_changes_while_the_page_is_open_shows_without_reloading_it(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    page = continue_as(desktop, demo, "bell")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nobody is waiting.")
    member = phone.new_page()
    ask(demo, member, way="Just phone me")
    demo.later(1)
    # The page looks every 20 seconds, and says to those who listen what became of it.
    expect(page.get_by_role("heading", level=1)).to_have_text("One person is waiting.", timeout=30_000)
    expect(page.locator("[data-part=said]:visible")).to_have_text("One person is waiting.")
    expect(page.locator("[data-part=summary]").first).to_contain_text("Call back.")
    page.get_by_role("link", name="Read it first").click()
    expect(page.locator("[data-part=facts]")).to_be_visible()
    member.get_by_role("button", name="Cancel and erase").first.click()
    member.locator("[data-confirm] [data-yes]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This one is taken care of.", timeout=30_000)
