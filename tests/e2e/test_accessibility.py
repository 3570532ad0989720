"""No page of anybody has an accessibility violation, sticks out sideways, or complains to the console.

Light and dark, phone and desktop, with nothing on the page, something, and too much; by axe with the rules of WCAG 2.2
AA and its makers' recommendations.
"""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.acts import (
    accept,
    ask,
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
    see_waiting,
    until,
)
from tests.e2e.conftest import PHONE, Demo, continue_as, watch
from tests.e2e.entering import invitation_link, take_up
from tests.e2e.looking import Look

pytestmark = [pytest.mark.e2e]


@pytest.fixture(scope="module")
def demo(demo: Demo) -> Demo:
    """The demonstration with neighbours: closed, without anybody, without anybody on call."""
    done = demo.module("tests.e2e.neighbours")
    assert done.returncode == 0, done.stderr
    return demo


def unfold(page: Page) -> None:
    """Open every fold of the page."""
    page.eval_on_selector_all("main details", "folds => folds.forEach((fold) => (fold.open = true))")


def test_a_look_finds_what_is_wrong(demo: Demo, window: BrowserContext) -> None:
    """Spoil a page on purpose: what it then finds is what it finds nothing of elsewhere."""
    page = window.new_page()
    page.goto(demo.member())
    page.evaluate(
        """() => {
          const [pale, wide, nameless] = ["p", "p", "button"].map((tag) => document.createElement(tag));
          pale.textContent = wide.textContent = "spoiled";
          pale.style.color = "rgb(128 128 128 / 40%)";
          wide.style.width = "1500px";
          document.querySelector("main").append(pale, wide, nameless);
        }"""
    )
    look = Look()
    look.at(page, "spoiled")
    for rule in ("color-contrast", "button-name", "sticks out sideways"):
        assert [what for what in look.found if rule in what], rule


# --- members -----------------------------------------------------------------------------------------------------


@pytest.mark.req("A-24", "A-25", "A-26")
def test_members_pages_have_no_violation(demo: Demo, window: BrowserContext, look: Look) -> None:
    page = window.new_page()
    for name in ("", "now", "limits", "choose", "colleague", "guides/early-signs", "guides/what-a-peer-is", "back"):
        page.goto(demo.member(name))
        unfold(page)
        look.at(page, f"member page {name or 'home'}")
    page.goto(demo.member("", "fr"))
    look.at(page, "member page home in French")


@pytest.mark.req("A-25")
def test_public_pages_and_error_pages_have_no_violation(demo: Demo, window: BrowserContext, look: Look) -> None:
    page = window.new_page()
    pages = {
        "the root": ("/", 200),
        "what is kept": ("/kept/en", 200),
        "nothing there": ("/nothing-here", 404),
        "no such organisation": ("/ask/nowhere/en/", 404),
        "a closed organisation": ("/ask/old-mill/en/", 410),
        "an organisation without anybody": ("/ask/lone-lake/en/", 200),
        "nobody to ask": ("/ask/lone-lake/en/ask", 200),
        "nobody on call, home": ("/ask/birch-hall/en/", 200),
        "nobody on call, phone": ("/ask/birch-hall/en/now", 200),
        "nobody on call, asking": ("/ask/birch-hall/en/ask", 200),
        "the demonstration": ("/demo/", 200),
        "its mail": ("/demo/mail", 200),
    }
    for name, (path, status) in pages.items():
        response = page.goto(demo.path(path))
        assert response is not None and response.status == status, name
        look.at(page, name)
    page.goto(demo.path("/kept/en"))
    unfold(page)
    look.widths(page, "what is kept, unfolded")


@pytest.mark.req("A-01", "A-24", "A-16")
def test_each_step_of_asking_has_no_violation(demo: Demo, window: BrowserContext, look: Look) -> None:
    page = window.new_page()
    page.goto(demo.member("ask"))
    look.at(page, "ask: limits")
    open_form(page, demo.member("ask"))
    look.at(page, "ask: form")
    unfold(page)
    for topic in page.locator("[data-topic]").all():
        topic.check()
    look.at(page, "ask: form unfolded")
    page.get_by_role("button", name="Seal and send").click()
    expect(page.locator("#reach-error")).to_be_visible()
    page.locator("#words").fill("too long " * 600)
    look.at(page, "ask: form with errors")
    page.locator("#words").fill("")
    for office in page.locator("[data-office]").all():
        office.check()
    expect(page.locator("[data-nobody]")).to_be_visible()
    look.at(page, "ask: nobody left")
    for office in page.locator("[data-office]").all():
        office.uncheck()
    fill_form(page, how="Only here")
    look.at(page, "ask: only here")
    fill_form(page)
    window.set_offline(True)
    page.get_by_role("button", name="Seal and send").click()
    expect(page.locator("[data-sending-notice]:visible")).to_contain_text("no connection")
    look.at(page, "ask: no connection")
    window.set_offline(False)
    expect(page.locator("[data-ladder] li").first).to_be_visible(timeout=20_000)
    look.at(page, "ask: sent, 12 words")
    page.get_by_role("button", name="Cancel and erase").first.click()
    look.at(page, "ask: sure to cancel?")
    page.locator("[data-confirm] [data-yes]").click()
    expect(page.get_by_role("heading", name="Cancelled and erased.")).to_be_visible()
    look.at(page, "ask: cancelled")


@pytest.mark.req("A-01", "A-03", "D-21")
def test_the_ways_back_have_no_violation(demo: Demo, window: BrowserContext, other: BrowserContext, look: Look) -> None:
    page = window.new_page()
    ask(demo, page, way="This device only", soon="Now")
    look.at(page, "sent, this device only")
    page.goto(demo.member("back"))
    look.at(page, "back: kept on this device")
    page.get_by_label("Your 12 words").fill("dog cat")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#receipt-error")).to_be_visible()
    look.at(page, "back: wrong words")
    come_back(demo, page, ["abandon"] * 11 + ["about"])
    expect(page.get_by_role("heading", name="Nothing is known of it here.")).to_be_visible()
    look.at(page, "back: unknown")
    page.goto(demo.member("back"))
    page.locator("[data-kept-list] button").first.click()
    expect(page.locator("[data-ladder] li").first).to_be_visible()
    look.at(page, "back: progress")
    supporter = inbox(other, demo, "bell")
    read_first(supporter)
    accept(supporter)
    reply(supporter, "I am here until seven. " * 40)
    look_now(page)
    expect(page.locator("[data-reply-list] .reply")).to_be_visible(timeout=40_000)
    page.get_by_label("Write back").fill("thank you")
    page.locator("[data-write] button").click()
    expect(page.locator("[data-reply-list] .mine")).to_be_visible(timeout=40_000)
    look.at(page, "back: reply and answer")
    make_contact(supporter)
    look_now(page)
    expect(page.get_by_role("heading", name="A peer has been in touch.")).to_be_visible()
    look.at(page, "back: in touch")
    close(supporter)
    look_now(page)
    expect(page.get_by_role("heading", name="It is closed and erased.")).to_be_visible()
    look.at(page, "back: closed, with a reply")


# --- the team ----------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "D-01")
def test_a_supporters_pages_have_no_violation(
    demo: Demo, window: BrowserContext, other: BrowserContext, look: Look
) -> None:
    page = inbox(window, demo, "bell")
    look.at(page, "inbox, empty")
    dana = other.new_page()
    ask(demo, dana, words="A long text without any space: " + "x" * 300)
    see_waiting(page)
    expect(page.locator("[data-part=summary]:visible")).to_contain_text("Call back.")
    look.at(page, "inbox, one waits")
    page.locator(".crisis-menu summary").click()
    look.at(page, "crisis card open")
    page.locator(".crisis-menu summary").click()
    page.get_by_role("link", name="Read it first").click()
    expect(page.locator("[data-part=facts]")).to_be_visible()
    unfold(page)
    look.at(page, "request, read")
    accept(page)
    unfold(page)
    look.at(page, "request, accepted")
    reply(page, "I call you in a minute. " * 20)
    look.at(page, "request, replied")
    make_contact(page)
    unfold(page)
    look.at(page, "request, in touch")
    # As a browser sends it that does not look at forms itself.
    page.eval_on_selector("[data-part=close-form]", "form => (form.noValidate = true)")
    page.get_by_role("button", name="Close and erase").click()
    expect(page.get_by_text("One tap is missing")).to_be_visible()
    look.at(page, "request, a tap missing")
    address = page.url.removesuffix("/close")
    close(page)
    look.at(page, "inbox, closed")
    page.goto(address)
    expect(page.get_by_role("heading", name="This one is taken care of.")).to_be_visible()
    look.at(page, "request, over")
    page.goto(demo.path("/in/team/requests/00000000-0000-4000-8000-000000000000"))
    look.at(page, "no such request")
    for path, name in (("keys", "keys"), ("me", "my service"), ("me/agreement", "agreement, signed")):
        response = page.goto(demo.path(f"/in/team/{path}"))
        assert response is not None and response.status == 200, path
        page.wait_for_load_state("networkidle")
        look.at(page, name)


@pytest.mark.req("A-03", "A-09", "D-01", "M-06")
def test_a_coordinators_pages_have_no_violation(
    demo: Demo, window: BrowserContext, other: BrowserContext, look: Look
) -> None:
    page = continue_as(window, demo, "vogel")
    look.at(page, "board")
    dana = other.new_page()
    ask(demo, dana)
    until(lambda: letters(demo), lambda found: any("waiting for you now" in subject for _, subject in found))
    demo.later(5)
    page.goto(demo.path("/in/coordinate/"))
    expect(page.locator("main")).to_contain_text(re.compile("[1-9] of them late"))
    look.at(page, "board with a late request")
    cancel(dana)
    for path in (
        "rota",
        "rota?days=60",
        "rota/enter",
        "team",
        "team/invite",
        "settings",
        "settings/urgent_second",
        "settings/programme",
        "audit",
    ):
        response = page.goto(demo.path(f"/in/coordinate/{path}"))
        assert response is not None and response.status == 200, path
        look.at(page, f"coordinate {path}")
    page.goto(demo.path("/in/coordinate/rota/enter"))
    page.locator("main form button").first.click()
    look.at(page, "a shift, refused")
    page.goto(demo.path("/in/coordinate/team"))
    page.get_by_role("link", name=re.compile("End service.*Cy Novak")).click()
    look.at(page, "end of service")


@pytest.mark.req("M-06", "K-24")
def test_a_new_organisations_empty_pages_have_no_violation(
    demo: Demo, window: BrowserContext, other: BrowserContext, look: Look
) -> None:
    operator = continue_as(other, demo, "nair")
    operator.goto(demo.path("/in/operate/organisations/lone-lake/invite"))
    operator.get_by_label("Name").fill("Lou Hagen")
    operator.get_by_label("E-mail address").fill("lou@lake.example")
    operator.get_by_role("button", name="Send the invitation").click()
    page = window.new_page()
    take_up(page, invitation_link(demo, "lou@lake.example"), "Lou Hagen")
    for path in ("", "rota", "rota/enter", "team", "settings", "audit"):
        response = page.goto(demo.path(f"/in/coordinate/{path}"))
        assert response is not None and response.status == 200, path
        look.at(page, f"empty: coordinate {path or 'board'}")


@pytest.mark.req("M-06", "K-24")
def test_an_operators_pages_have_no_violation(demo: Demo, window: BrowserContext, look: Look) -> None:
    page = continue_as(window, demo, "nair")
    page.goto(demo.path("/in/operate/"))
    expect(page.locator(".tasks .chip").first).to_be_visible()
    look.at(page, "what the doctor finds")
    page.goto(demo.path("/in/operate/operators"))
    page.get_by_label("Name").fill("A person of a rather long name, who comes in as the second operator")
    page.get_by_label("E-mail address").fill("no address")
    page.eval_on_selector("main form:last-of-type", "form => (form.noValidate = true)")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.locator("main .errorlist").first).to_be_visible()
    look.at(page, "operators, refused")
    page.get_by_label("E-mail address").fill("a.long.address.of.the.second.operator@a-long-host-name.example")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("Invited", exact=True)).to_be_visible()
    look.at(page, "operators, one invited")
    page.goto(demo.path("/in/operate/changes"))
    look.at(page, "what operators changed")
    page.goto(demo.path("/in/operate/organisations"))
    unfold(page)
    look.at(page, "organisations, unfolded")
    page.get_by_role("link", name=re.compile("Enrol again.*Hana Vogel")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("enrol again")
    look.at(page, "a coordinator enrols again")


@pytest.mark.req("M-06")
def test_the_pages_of_the_other_roles_have_no_violation(demo: Demo, browser: Browser, look: Look) -> None:
    for slug, paths in {
        "reyes": ("/in/",),
        "lavoie": ("/in/lead/", "/in/team/me"),
        "okafor": ("/in/manage/",),
        "nair": ("/in/operate/organisations/lone-lake/invite",),
        "moreau": ("/in/team/", "/in/team/me"),
        "tran": ("/in/team/", "/in/team/me", "/in/team/keys"),
    }.items():
        context = browser.new_context(viewport=PHONE, locale="en-CA")
        problems = watch(context)
        page = continue_as(context, demo, slug)
        for path in paths:
            response = page.goto(demo.path(path))
            assert response is not None and response.status < 400, path
            page.wait_for_load_state("networkidle")
            look.at(page, f"{slug} {path}")
        context.close()
        assert problems == [], slug
