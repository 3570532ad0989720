"""Supporters hand over, swap and cover shifts on their pages; one who is sick says so by one tap."""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.conftest import Demo, continue_as
from tests.e2e.looking import Look, picture

pytestmark = [pytest.mark.e2e]
SHIFTS = "/in/team/shifts"


@pytest.mark.req("D-13", "C-18")
def test_cover_is_sought_and_taken_by_a_teammate(
    demo: Demo, window: BrowserContext, other: BrowserContext, look: Look
) -> None:
    page = continue_as(window, demo, "ruiz")
    page.goto(demo.path(SHIFTS))
    expect(page.get_by_role("heading", level=1)).to_contain_text("You are next on call")
    look.at(page, "my shifts")
    picture(page, "shifts")
    page.get_by_role("link", name=re.compile("^Change ?:")).nth(4).click()
    expect(page.get_by_role("heading", name="Swap it")).to_be_visible()
    look.at(page, "give a shift away")
    picture(page, "shift")
    page.get_by_role("button", name="Look for cover").click()
    expect(page.get_by_text("Cover is sought. The shift is yours")).to_be_visible()
    expect(page.get_by_text("Cover is sought.", exact=True)).to_be_visible()
    look.at(page, "my shifts, cover sought")
    picture(page, "sought")
    for slug in ("lindqvist", "hart", "okoro", "novak"):
        mate = continue_as(other, demo, slug)
        mate.goto(demo.path(SHIFTS))
        offers = mate.get_by_role("button", name="Yes").or_(mate.get_by_role("button", name="Take this shift"))
        look.at(mate, f"my shifts, {slug}")
        picture(mate, f"asked-{slug}")
        offers.first.click()
        if mate.locator(".notice, [role=status], [role=alert]").filter(has_text="Done.").count():
            break
    page.goto(demo.path(SHIFTS))
    expect(page.get_by_text("Cover is sought.", exact=True)).to_have_count(0)


@pytest.mark.req("D-13")
def test_a_coordinators_board_shows_a_search_and_the_one_on_call_says_sick(
    demo: Demo, window: BrowserContext, other: BrowserContext, look: Look
) -> None:
    page = continue_as(window, demo, "bell")
    page.goto(demo.path(SHIFTS))
    expect(page.get_by_role("heading", level=1)).to_contain_text("You are on call until")
    look.at(page, "my shifts, on call")
    page.get_by_role("button", name="I am sick now").click()
    expect(page.get_by_text("Cover is sought. You stay on call until somebody takes the shift.")).to_be_visible()
    board = continue_as(other, demo, "vogel")
    board.goto(demo.path("/in/coordinate/"))
    expect(
        board.get_by_text("Cover is sought for").or_(board.get_by_text("Nobody took the shift")).first
    ).to_be_visible()
    look.at(board, "board, a search for cover")
    picture(board, "board")
    page.get_by_role("button", name="Take it back").first.click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
