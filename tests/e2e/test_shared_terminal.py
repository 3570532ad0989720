"""A shared computer keeps nothing: after the whole story every storage of the browser is empty."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.acts import NUMBER, cancel, fill_form, requests_kept, until
from tests.e2e.conftest import Demo

pytestmark = [pytest.mark.e2e]

STORED = """async () => ({
  local: Object.keys(localStorage), session: Object.keys(sessionStorage), cookies: document.cookie,
  databases: (await indexedDB.databases()).map((one) => one.name), caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).map((one) => one.scope),
  push: null,
})"""
NOTHING = {"local": [], "session": [], "cookies": "", "databases": [], "caches": [], "workers": [], "push": None}


def stored(page: Page) -> dict[str, object]:
    """Return all that this browser stores for the site."""
    return dict(page.evaluate(STORED))


def to_the_form(page: Page) -> None:
    page.get_by_role("button", name="I have read this").click()
    expect(page.locator("[data-offices-wait]")).to_be_hidden()


@pytest.mark.req("A-25", "K-26")
def test_after_the_whole_story_nothing_is_stored(demo: Demo, desktop: BrowserContext) -> None:
    page = desktop.new_page()
    page.goto(demo.member())
    # As on any phone, the worker came with the first page; saying that the computer is shared takes it away.
    until(lambda: stored(page), lambda found: bool(found["caches"]) and bool(found["workers"]))
    page.get_by_role("link", name="This is a shared computer").click()
    expect(page.get_by_text("Shared computer: nothing is stored here.")).to_be_visible()
    until(lambda: stored(page), lambda found: found == NOTHING)
    page.get_by_role("link", name="Talk to a peer now").click()
    expect(page).to_have_url(re.compile("/now#shared$"))
    page.get_by_role("link", name="Ask a peer to contact you").click()
    expect(page).to_have_url(re.compile("/ask#shared$"))
    expect(page.get_by_text("Shared computer: nothing is stored here.")).to_be_visible()
    to_the_form(page)
    expect(page.get_by_role("radio", name="This device only")).to_be_disabled()
    fill_form(page, words="a hard call")
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    expect(page.locator("[data-words] li")).to_have_count(12)
    words = page.locator("[data-words] li").all_text_contents()
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    assert stored(page) == NOTHING
    page.get_by_role("link", name="FR").click()
    expect(page).to_have_url(re.compile("/fr/ask#shared$"))
    page.goto(demo.member("back#shared"))
    page.get_by_label("Your 12 words").fill(" ".join(words))
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    cancel(page)
    assert requests_kept(demo) == 0
    page.wait_for_timeout(1000)
    assert stored(page) == NOTHING
    assert desktop.cookies() == []
    state = desktop.storage_state(indexed_db=True)
    assert (state["cookies"], state["origins"]) == ([], [])


@pytest.mark.req("A-25")
def test_the_mark_survives_a_jump_within_the_page_and_a_reload(demo: Demo, desktop: BrowserContext) -> None:
    page = desktop.new_page()
    page.goto(demo.member("limits#shared"))
    page.locator("a.skip").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(demo.member("limits#main&shared"))
    page.reload()
    expect(page.get_by_text("Shared computer: nothing is stored here.")).to_be_visible()
    page.wait_for_timeout(1000)
    assert stored(page) == NOTHING


@pytest.mark.req("A-25")
@pytest.mark.parametrize("how", ["leaves", "goes back", "does nothing"])
def test_what_was_typed_is_gone_when_somebody_leaves_or_does_nothing_for_ten_minutes(
    demo: Demo, desktop: BrowserContext, how: str
) -> None:
    page = desktop.new_page()
    page.clock.install()
    page.goto(demo.member("#shared"))
    page.goto(demo.member("ask#shared"))
    to_the_form(page)
    fill_form(page, words="a hard call")
    if how == "leaves":
        page.locator("header a.name").click()
        expect(page.get_by_role("link", name="Choose a peer")).to_be_visible()
        page.go_back()
    elif how == "goes back":
        page.go_back()
        expect(page.get_by_role("link", name="Choose a peer")).to_be_visible()
        page.go_forward()
    else:
        page.clock.fast_forward(9 * 60_000)
        expect(page.locator("#reach")).to_have_value(NUMBER)
        page.mouse.move(10, 10)
        page.clock.fast_forward(70_000)
        page.wait_for_url(demo.member("#shared"))
        expect(page.get_by_role("link", name="Choose a peer")).to_be_visible()
        page.goto(demo.member("ask#shared"))
    expect(page.get_by_role("button", name="I have read this")).to_be_visible()
    expect(page.locator("#reach")).to_have_value("")
    expect(page.locator("#words")).to_have_value("")


@pytest.mark.req("A-25")
def test_somebody_who_works_on_is_not_interrupted(demo: Demo, desktop: BrowserContext) -> None:
    page = desktop.new_page()
    page.clock.install()
    page.goto(demo.member("ask#shared"))
    to_the_form(page)
    fill_form(page)
    for _ in range(3):
        page.clock.fast_forward(8 * 60_000)
        page.locator("#reach").press("End")
    expect(page.locator("#reach")).to_have_value(NUMBER)


@pytest.mark.req("A-25")
def test_what_somebody_kept_here_before_is_neither_shown_nor_thrown_away_unasked(
    demo: Demo, desktop: BrowserContext
) -> None:
    page = desktop.new_page()
    page.goto(demo.member())
    page.evaluate("""localStorage.setItem("page-pine-county",
      JSON.stringify([{ secret: "00".repeat(16), sent: new Date().toISOString() }]))""")
    page.goto(demo.member("back#shared"))
    expect(page.locator("[data-kept]")).to_be_hidden()
    assert stored(page)["local"] == ["page-pine-county"]
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("This browser still keeps something")).to_be_hidden()
    until(lambda: stored(page), lambda found: found == NOTHING)
