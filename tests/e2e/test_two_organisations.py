"""Two organisations on one server, in real windows: each has its own page, its own people and its own night."""

import re
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.acts import letters, until
from tests.e2e.conftest import DESKTOP, PHONE, Demo, continue_as
from tests.e2e.looking import Look

pytestmark = [pytest.mark.e2e]

LIST = (
    "short_name,name,neutral_title,language,time_zone,pack,on_call_number,headcount,"
    "coordinator_name,coordinator_email\n"
    "birch-hall,Birch Hall Fire,Shift info,en,America/Chicago,generic-us,+1 218 555 0177,40,Wren,wren@birch.example\n"
    "old-mill,Old Mill Dispatch,Shift info,en,America/Chicago,atlantis,,12,Kit Moss,kit@mill.example\n"
)


@pytest.mark.req("M-24")
def test_the_server_lists_neither_and_the_story_begins_in_one_click(demo: Demo, window: BrowserContext) -> None:
    page = window.new_page()
    page.goto(demo.path("/"))
    text = page.content()
    assert page.url == demo.path("/")
    assert "Pine County" not in text
    assert "Brigid" not in text
    page.get_by_role("link", name="Play the story").click()
    expect(page.get_by_role("heading", name="St. Brigid Hospital")).to_be_visible()
    page.get_by_role("link", name="Open the member’s page").click()
    expect(page).to_have_url(demo.member())


@pytest.mark.req("M-24", "K-34", "A-24")
def test_a_request_here_calls_and_shows_nobody_there(demo: Demo, window: BrowserContext, other: BrowserContext) -> None:
    """Somebody at the hospital asks, in French; only the hospital's peers are called and see anything."""
    before = len(letters(demo))
    page = window.new_page()
    page.goto(demo.path("/ask/st-brigid/fr/ask"))
    page.locator("[data-go=form]").click()
    expect(page.locator("[data-offices-wait]")).to_be_hidden()
    assert "Jail" not in page.locator("[data-offices]").inner_text()
    page.locator("#reach").fill("416 555 0146")
    page.locator("[data-send]").click()
    expect(page.locator("[data-words] li")).to_have_count(12)

    def called() -> set[str]:
        found = letters(demo)
        return {address for address, _subject in found[: len(found) - before]}

    until(called, lambda found: "fortin@st-brigid.example" in found)
    assert called() == {"fortin@st-brigid.example"}
    bell = continue_as(other, demo, "bell")
    expect(bell.get_by_role("heading", level=1)).to_have_text("Nobody is waiting.")
    other.clear_cookies()
    board = continue_as(other, demo, "vogel")
    expect(board.locator("main")).to_contain_text("0 waiting")
    other.clear_cookies()
    board = continue_as(other, demo, "marchand")
    expect(board.locator("main")).to_contain_text(re.compile(r"\b1\b"))
    # The way back of another organisation that no agreement ties knows nothing of it.
    words = page.locator("[data-words] li").all_text_contents()
    back = window.new_page()
    back.goto(demo.member("back"))
    back.get_by_label("Your 12 words").fill(" ".join(words))
    back.get_by_role("button", name="Open").click()
    expect(back.get_by_role("heading", name="Nothing is known of it here.")).to_be_visible()
    page.locator("[data-cancel]").click()
    page.locator("[data-confirm] [data-yes]").click()
    expect(page.locator("[data-words] li")).to_have_count(0)


@pytest.mark.req("M-24", "M-21")
def test_an_operator_makes_organisations_from_a_file_and_invitations_take_their_time(
    demo: Demo, window: BrowserContext, look: Look
) -> None:
    page = continue_as(window, demo, "nair")
    page.set_viewport_size(DESKTOP)
    page.goto(demo.path("/in/operate/organisations"))
    page.get_by_role("link", name="Make many from a list").click()
    look.at(page, "list of organisations, empty")
    page.get_by_label("File").set_input_files(
        [{"name": "list.csv", "mimeType": "text/csv", "buffer": "Trois-Rivières".encode("cp1252")}]
    )
    expect(page.locator("#file-error")).to_contain_text("UTF-8")
    page.get_by_label("File").set_input_files([{"name": "list.csv", "mimeType": "text/csv", "buffer": LIST.encode()}])
    expect(page.get_by_label("The list")).to_have_value(LIST)
    page.get_by_role("button", name="Look what it will do").click()
    expect(page.get_by_role("heading", name="One line is to be put right. Nothing was made.")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Line 3")
    look.at(page, "list of organisations, with an error")
    page.get_by_label("The list").fill(LIST.replace("atlantis", "generic-us"))
    page.get_by_role("button", name="Look what it will do").click()
    look.at(page, "list of organisations, ready")
    page.get_by_role("button", name="Do it: all 2 lines").click()
    # The first goes out at once, the second ten seconds later.
    until(
        lambda: page.reload() and page.locator("main").inner_text(),
        lambda text: "One invitation is still to be" in text,
    )
    assert page.goto(demo.path("/ask/birch-hall/en/")).status == 200  # type: ignore[union-attr]
    demo.later(1)
    page.goto(demo.path("/in/operate/organisations/import"))
    assert page.get_by_text("still to be sent").count() == 0


@pytest.mark.req("A-15", "A-24")
def test_the_page_of_mutual_aid_has_no_violation_and_names_what_is_wrong(
    demo: Demo, window: BrowserContext, look: Look
) -> None:
    page = continue_as(window, demo, "vogel")
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        page.goto(demo.path("/in/coordinate/partners"))
        look.at(page, f"mutual aid, none, {size['width']}")
    page.get_by_label("Short name of the other organisation").fill("nowhere")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No organisation on this server has this short name.")).to_be_visible()
    look.at(page, "mutual aid, an unknown name")


def test_nothing_of_one_is_served_at_the_other(demo: Demo) -> None:
    """A list, a page and a route of a name that is not there answer alike."""
    for path in ("/ask/st-brigid/en/ask", "/ask/pine-county/en/ask"):
        with urllib.request.urlopen(demo.path(path)) as answer:
            assert answer.status == 200
    for path in ("/ask/nowhere/en/ask", "/ask/nowhere/candidates.json"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(demo.path(path))
