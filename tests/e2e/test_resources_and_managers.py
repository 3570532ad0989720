"""Numbers that answer, and a manager's own pages: in a browser, by mouse and keyboard, looked at in every state."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.e2e.conftest import DESKTOP, MEANT, PHONE, Demo, continue_as, watch
from tests.e2e.looking import Look
from tests.e2e.test_keyboard import Keyboard

pytestmark = [pytest.mark.e2e]
IAFF = "IAFF Center of Excellence"


def entry(page: Page, name: str) -> Locator:
    """Return an entry by its heading."""
    return page.locator("article").filter(has=page.get_by_role("heading", name=name, exact=True))


def confirm(page: Page, demo: Demo, key: str) -> None:
    """Write down a test call of today as the coordinator does."""
    page.goto(demo.path(f"/in/coordinate/resources/{key}"))
    page.get_by_label("Hours", exact=True).first.fill("Any hour, every day")
    page.get_by_label("What it costs").first.fill("Free for union members")
    page.get_by_label("When they pass something on").first.fill("When a life is in danger")
    page.get_by_label("I called every number").check()
    page.get_by_role("button", name="Confirm and show").click()
    expect(page.get_by_text("Members and supporters see it now.")).to_be_visible()


def is_led_into_a_fold(page: Page) -> None:
    """See that what is to be set right is opened and shown where it was folded away, below words that say less."""
    page.route("**/resources/*", fold_the_fault, times=1)
    page.reload()
    field = page.get_by_label("Telephone number")
    expect(field).to_be_focused()
    expect(field).to_be_in_viewport()
    expect(page.locator("form.entry details").first).to_have_attribute("open", "")


def fold_the_fault(route: Route) -> None:
    """Answer with the page as it is, its first fields in a closed fold."""
    answer = route.fetch()
    text = answer.text()
    assert 'role="alert"' in text
    first = text.index("<fieldset", text.index('role="alert"'))
    last = text.index("</fieldset>", first) + len("</fieldset>")
    folded = f"<details><summary>Folded</summary>{text[first:last]}</details>"
    route.fulfill(response=answer, body=text[:first] + folded + text[last:])


@pytest.mark.req("A-27", "A-28", "A-33")
def test_a_called_number_shows_is_found_by_need_and_expires(own_demo: Demo, browser: Browser) -> None:
    team = browser.new_context(viewport=DESKTOP, locale="en-CA")
    mobile = browser.new_context(viewport=PHONE, locale="en-CA")
    problems = watch(team, mobile)
    member = mobile.new_page()
    member.goto(own_demo.member("resources"))
    expect(member.get_by_role("heading", name="Outside your employer")).to_be_visible()
    expect(entry(member, IAFF)).to_have_count(0)
    # Whose last call is too old is not shown, whatever it says.
    expect(entry(member, "Crisis Text Line (United States)")).to_have_count(0)

    hana = continue_as(team, own_demo, "vogel")
    expect(hana.locator("main")).to_contain_text("Crisis Text Line (United States)")
    hana.get_by_role("link", name="Call them").first.click()
    hana.get_by_role("link", name=re.compile(f"Call and confirm.*{IAFF}")).click()
    hana.get_by_label("Telephone number").fill("javascript:alert(1)")
    hana.get_by_role("button", name="Confirm and show").click()
    expect(hana.get_by_text("Write a number as one dials it")).to_be_visible()
    expect(hana.get_by_label("Telephone number")).to_be_focused()
    is_led_into_a_fold(hana)
    confirm(hana, own_demo, "iaff")

    own_demo.later(1)
    member.reload()
    shown = entry(member, IAFF)
    expect(shown.get_by_role("link", name="Call 1 844 359-8764")).to_have_attribute("href", "tel:+18443598764")
    for said in ("Any hour, every day", "Free for union members", "When a life is in danger", "by a test call"):
        expect(shown).to_contain_text(said)
    filters_on_the_device(member)
    own_demo.later(181 * 1440)
    member.reload()
    expect(member.get_by_text("So only 911 and 988 stand here")).to_be_visible()
    expect(entry(member, IAFF)).to_have_count(0)
    assert [problem for problem in problems if not MEANT.match(problem)] == []
    team.close()
    mobile.close()


def filters_on_the_device(member: Page) -> None:
    """Choose a need and follow a heading: nothing is asked of the server, nothing is kept."""
    asked: list[str] = []
    member.on("request", lambda request: asked.append(request.url))
    member.get_by_label("Alcohol or drugs").check()
    expect(entry(member, IAFF)).to_be_visible()
    expect(entry(member, "COPLINE")).to_be_hidden()
    expect(member.get_by_role("status")).to_contain_text(re.compile(r"\d entries fit"))
    member.get_by_label("Everything").check()
    expect(entry(member, "COPLINE")).to_be_visible()
    member.get_by_role("link", name="For families").click()
    assert [address for address in asked if "/static/" not in address] == []
    assert member.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


@pytest.mark.req("A-30")
def test_a_supporter_passes_an_entry_on_and_nothing_is_sent(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, permissions=["clipboard-read", "clipboard-write"])
    problems = watch(context)
    bell = continue_as(context, demo, "bell")
    bell.goto(demo.path("/in/team/resources"))
    bell.wait_for_load_state("networkidle")
    asked: list[str] = []
    bell.on("request", lambda request: asked.append(request.url))
    first = bell.locator("article").last
    first.get_by_text("Pass it on").click()
    first.get_by_role("button", name="Copy").click()
    expect(first.get_by_text("Copied.")).to_be_visible()
    assert bell.evaluate("navigator.clipboard.readText()").startswith("988 Suicide and Crisis Lifeline\n988")
    expect(first.get_by_role("link", name="By e-mail")).to_have_attribute("href", re.compile("^mailto:.subject="))
    assert [address for address in asked if "/static/" not in address] == []
    assert problems == []
    context.close()


@pytest.mark.req("A-33")
def test_without_script_the_page_is_whole(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.member("resources", "fr"))
    assert page.locator("article").count() >= 2
    expect(page.locator("[data-filter]")).to_be_hidden()
    page.get_by_role("link", name="En situation de crise").click()
    expect(page).to_have_url(re.compile("#group-crisis$"))
    context.close()


@pytest.mark.req("I-17", "I-18", "I-31", "M-13", "L-15")
def test_a_manager_reads_records_a_briefing_and_the_coordinator_sees_it(demo: Demo, browser: Browser) -> None:
    contexts = [browser.new_context(viewport=size, locale="en-CA") for size in (PHONE, DESKTOP)]
    problems = watch(*contexts)
    sam = continue_as(contexts[0], demo, "okafor")
    hana = continue_as(contexts[1], demo, "vogel")
    hana.get_by_role("link", name="See the briefings").click()
    expect(hana.locator("main")).not_to_contain_text("Okafor")
    before = hana.get_by_role("heading", level=1).inner_text()

    sam.get_by_role("link", name="The units you lead").click()
    sam.get_by_label("Courthouse").check()
    sam.get_by_role("button", name="Keep it").click()
    expect(sam.locator("main")).to_contain_text("Brief Courthouse. Not written down yet.")
    sam.get_by_label("Unit").select_option("Courthouse")
    sam.get_by_role("button", name="Write it down").click()
    expect(sam.get_by_text("Only a briefing that said all three counts.")).to_be_visible()
    sam.get_by_label("Unit").select_option("Courthouse")
    sam.get_by_label("It said what peer support is").check()
    sam.get_by_role("button", name="Write it down").click()
    expect(sam.get_by_text("Written down. No name is kept.")).to_be_visible()
    sam.locator(".tasks").get_by_role("link", name=re.compile("Read.*rules for managers")).click()
    sam.get_by_role("button", name="I have read these rules").click()
    expect(sam.get_by_text("It is written down that you have read them.")).to_be_visible()
    sam.get_by_role("link", name="The manager’s card").click()
    expect(sam.get_by_role("heading", name="Six things to do")).to_be_visible()

    hana.reload()
    expect(hana.get_by_role("heading", level=1)).not_to_have_text(before)
    expect(hana.locator("main")).to_contain_text("1 of 1 have read version 1")
    assert [problem for problem in problems if not MEANT.match(problem)] == []
    for context in contexts:
        context.close()


@pytest.mark.req("I-17")
def test_a_manager_records_a_briefing_by_keyboard(demo: Demo, desktop: BrowserContext) -> None:
    page = continue_as(desktop, demo, "okafor")
    keyboard = Keyboard(page)
    keyboard.press("It said what peer support is", "Space")
    keyboard.press("Write it down")
    expect(page.locator(".messages")).to_contain_text("ritten down")


# --- looked at -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def empty(demo: Demo) -> Demo:
    """The demonstration with an organisation that has called nothing and has no units."""
    done = demo.module("tests.e2e.neighbours")
    assert done.returncode == 0, done.stderr
    return demo


@pytest.mark.req("A-25", "A-33", "L-27")
def test_members_pages_have_no_violation(empty: Demo, window: BrowserContext, look: Look) -> None:
    page = window.new_page()
    for path in (
        "resources",
        "library",
        "guides/manager-card",
        "guides/manager-discretion",
        "guides/after-a-hard-call",
    ):
        for language in ("en", "fr"):
            page.goto(empty.member(path, language))
            look.at(page, f"{path} {language}")
    page.goto(empty.path("/ask/lone-lake/en/resources"))
    look.at(page, "resources, nothing called yet")


@pytest.mark.req("A-33", "I-31")
def test_a_coordinators_pages_have_no_violation(demo: Demo, window: BrowserContext, look: Look) -> None:
    page = continue_as(window, demo, "vogel")
    for path in ("resources", "resources/copline", "resources/add", "resources/safe-call-now", "briefings"):
        page.goto(demo.path(f"/in/coordinate/{path}"))
        look.at(page, f"coordinate {path}")
    for path in ("resources/add", "resources/copline"):
        page.goto(demo.path(f"/in/coordinate/{path}"))
        page.get_by_label("Telephone number").fill("911")
        page.get_by_label("Name", exact=True).first.fill("x" * 80)
        page.eval_on_selector_all("main details", "folds => folds.forEach((fold) => (fold.open = true))")
        page.locator("main form.entry button").click()
        expect(page.locator("main .errorlist").first).to_be_visible()
        look.at(page, f"coordinate {path}, refused")
    page.goto(demo.path("/in/coordinate/briefings"))
    page.get_by_role("button", name="Write it down").click()
    expect(page.locator("main .errorlist").first).to_be_visible()
    look.at(page, "a briefing, refused")


@pytest.mark.req("A-30", "M-13")
def test_pages_of_supporters_and_managers_have_no_violation(demo: Demo, browser: Browser, look: Look) -> None:
    for slug, paths in {
        "bell": ("/in/team/resources", "/in/team/library"),
        "okafor": ("/in/manage/", "/in/manage/units", "/in/manage/rules", "/in/manage/guides/manager-card"),
    }.items():
        context = browser.new_context(viewport=PHONE, locale="en-CA")
        page = continue_as(context, demo, slug)
        for path in paths:
            page.goto(demo.path(path))
            page.wait_for_load_state("networkidle")
            page.eval_on_selector_all("main details", "folds => folds.forEach((fold) => (fold.open = true))")
            look.at(page, f"{slug} {path}")
        context.close()
