"""The whole life of a rota in a browser: proposed, edited, published, swapped, a sick call, leave, and still two."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import DESKTOP, MEANT, PHONE, Demo, continue_as, watch

pytestmark = pytest.mark.e2e
SHIFTS = "/in/team/shifts"
TEAM = {
    "Marcus Bell": "bell",
    "Renée Dubois": "dubois",
    "Ana Ruiz": "ruiz",
    "Cy Novak": "novak",
    "Dee Okoro": "okoro",
    "Eli Hart": "hart",
    "Fay Lindqvist": "lindqvist",
}


class Office:
    """One window for each of the team, kept open, and the coordinator's."""

    def __init__(self, browser: Browser, demo: Demo) -> None:
        self.browser, self.demo, self.pages, self.problems = browser, demo, dict[str, Page](), list[list[str]]()

    def page(self, slug: str) -> Page:
        """Return somebody's page, signed in."""
        if slug not in self.pages:
            context = self.browser.new_context(viewport=DESKTOP if slug == "vogel" else PHONE, locale="en-CA")
            self.problems.append(watch(context))
            self.pages[slug] = continue_as(context, self.demo, slug)
        return self.pages[slug]

    def at(self, slug: str, path: str) -> Page:
        """Return somebody's page at an address."""
        page = self.page(slug)
        page.goto(self.demo.path(path))
        return page

    def on_call(self) -> tuple[str, str]:
        """Return who the coordinator's calendar says is first and backup now."""
        head = self.at("vogel", "/in/coordinate/rota").locator("h1 + p")
        first, backup = (
            head.locator("span").filter(has_text=word).locator("b") for word in ("First now", "Backup now")
        )
        expect(first).to_be_visible()
        expect(backup).to_be_visible()
        return first.inner_text(), backup.inner_text()


@contextmanager
def office(browser: Browser, demo: Demo) -> Iterator[Office]:
    """Open an office, and close its windows; no page may have complained."""
    here = Office(browser, demo)
    yield here
    for page in here.pages.values():
        page.context.close()
    assert [text for some in here.problems for text in some if not MEANT.match(text)] == []


def proposes_and_edits(here: Office) -> str:
    """Have four weeks planned anew and give one slot to somebody else; return the plan's address."""
    page = here.at("vogel", "/in/coordinate/rota/plans")
    page.get_by_label("For", exact=True).select_option("28")
    page.get_by_label("Search for so many seconds").fill("6")
    page.get_by_label("may all change in these days").check()
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_role("heading", level=1, name="in this plan")).to_be_visible(timeout=90_000)
    plan, done = page.url, page.get_by_text("Nobody is told until you publish.")
    slots = [link.get_attribute("href") for link in page.locator("table.shifts tbody td a").all()]
    for slot in slots[:8]:
        page.goto(here.demo.path(str(slot)))
        now = page.get_by_label("Who").locator("option:checked").inner_text()
        for other in TEAM.keys() - {now}:
            page.get_by_label("Who").select_option(label=other)
            page.get_by_role("button", name="Change it").click()
            expect(done.or_(page.locator("select[aria-invalid]"))).to_be_visible()
            if done.is_visible():
                return plan
    raise AssertionError("no slot of the plan could be given to anybody else")


def publishes(here: Office, plan: str) -> None:
    """Publish the plan; everybody whose shifts change is told."""
    page = here.page("vogel")
    page.goto(plan)
    page.get_by_role("link", name="Publish").click()
    expect(page.get_by_text("Who is told")).to_be_visible()
    page.get_by_role("button", name="Publish and tell them").click()
    expect(page.get_by_role("heading", level=1, name="This plan is published.")).to_be_visible()
    expect(page.get_by_text("People told:")).to_be_visible()


def swaps(here: Office) -> None:
    """Ana asks for a swap, the other one says yes, and each finds the other's shift on their own page."""
    page = here.at("ruiz", SHIFTS)
    change = page.get_by_role("link", name=re.compile("^Change ?:"))
    wanted = page.get_by_label("For which shift")
    for number in range(1, change.count()):
        change.nth(number).click()
        expect(page.get_by_role("heading", level=1, name="Change this shift")).to_be_visible()
        if wanted.count():
            break
        page.goto(here.demo.path(SHIFTS))
    group = wanted.locator("optgroup").first
    name = str(group.get_attribute("label"))
    wanted.select_option(value=group.locator("option").first.get_attribute("value"))
    page.get_by_role("button", name=re.compile("^Ask them ?: Swap it")).click()
    asked = page.get_by_text(f"{name} is asked to swap")
    expect(asked.first).to_be_visible()

    mate = here.at(TEAM[name], SHIFTS)
    card = mate.locator(".card", has_text="Ana Ruiz would like to swap.")
    gets, gives = (card.locator("p").filter(has_text=word).locator(".number") for word in ("You take:", "You give:"))
    (taken,), (given,) = gets.all_inner_texts(), gives.all_inner_texts()
    card.get_by_role("button", name=re.compile("^Yes")).click()
    expect(mate.get_by_text("Done.")).to_be_visible()
    expect(mate.locator("#mine ~ *").get_by_text(taken).first).to_be_attached()
    page.goto(here.demo.path(SHIFTS))
    expect(asked).to_have_count(0)
    expect(page.locator("#mine ~ *").get_by_text(given).first).to_be_attached()


def covered(here: Office, slugs: list[str], button: re.Pattern[str]) -> str:
    """Have the first of these who is asked, or may, take the shift; return who did."""
    for slug in slugs:
        page = here.at(slug, SHIFTS)
        offer = page.get_by_role("button", name=button)
        if offer.count():
            offer.first.click()
            expect(page.locator("[role=status], [role=alert], .notice").filter(has_text="Done.").first).to_be_visible()
            return slug
    raise AssertionError("nobody could take it")


@pytest.mark.req("D-01", "D-13", "C-18")
def test_proposed_edited_published_swapped_sick_and_on_leave(browser: Browser, own_demo: Demo) -> None:
    with office(browser, own_demo) as here:
        publishes(here, proposes_and_edits(here))
        swaps(here)

        first, backup = here.on_call()
        assert first != backup
        page = here.at(TEAM[first], SHIFTS)
        page.get_by_role("button", name="I am sick now").click()
        expect(page.get_by_text("You stay on call until somebody takes the shift.")).to_be_visible()
        free = [slug for name, slug in TEAM.items() if name not in (first, backup)]
        taker = covered(here, free, re.compile("^Yes"))
        assert TEAM[here.on_call()[0]] == taker
        assert here.on_call()[1] == backup
        expect(here.at(TEAM[first], SHIFTS).get_by_role("heading", level=1)).to_contain_text("You are next on call")

        goes = next(slug for slug in free if slug != taker)
        page = here.at(goes, SHIFTS)
        page.get_by_role("link", name="Take leave").click()
        page.get_by_role("button", name="Take leave now").click()
        expect(page.get_by_role("heading", level=1, name="You are on leave.")).to_be_visible()
        board = here.at("vogel", "/in/coordinate/rota")
        expect(board.get_by_text("Cover is sought").first).to_be_visible()
        covered(here, [slug for slug in free if slug != goes], re.compile("^(Yes|Take this shift)"))
        assert len(set(here.on_call())) == 2
