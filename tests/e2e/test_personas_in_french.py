"""Personas 1 to 3 in French, at a hospital that speaks it: a nurse asks, also without a network; Marc hands over a
worry; a head nurse refers. Nobody changes the language.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.acts import letters, requests_kept, rows, until
from tests.e2e.conftest import Demo, continue_as, running_demo, watch
from tests.e2e.test_danas_story import everything_kept, rows_left
from tests.e2e.test_offline import keep_pages, kept

pytestmark = [pytest.mark.e2e]

WHO, NUMBER = "Camille Roymarqueur", "416 555 9157"
MARKERS = (WHO, NUMBER, NUMBER.replace(" ", ""))
LAST = "/ask/st-brigid/directory.json"


@pytest.fixture
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demonstration for each test alone: what waits in one must not show in another."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


def french(demo: Demo, page: str = "") -> str:
    """Return the address of a page of the hospital in French."""
    return demo.path(f"/ask/st-brigid/fr/{page}")


def read_the_limits(page: Page, heading: str) -> None:
    """See the limits before anything else, in the words of Ontario's pack, then the form."""
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
    expect(page.get_by_text("Un enfant ou un adulte vulnérable est maltraité").first).to_be_visible()
    page.get_by_role("button", name="J’ai lu ce texte").click()
    expect(page.locator("[data-offices-wait]")).to_be_hidden()


def calls(demo: Demo, before: int) -> set[str]:
    found = letters(demo)
    return {address for address, _subject in found[: len(found) - before]}


def answered_by_fortin(demo: Demo, desktop: BrowserContext, before: int) -> Page:
    """The supporter on call is alerted, opens the request in French on her device and takes it."""
    until(lambda: calls(demo, before), lambda found: "fortin@st-brigid.example" in found)
    noemie = continue_as(desktop, demo, "fortin")
    expect(noemie.locator("html")).to_have_attribute("lang", "fr")
    until(lambda: look_again(noemie), lambda waiting: waiting > 0)
    noemie.get_by_role("button", name="Accepter").first.click()
    expect(noemie.locator("[data-part=facts]:visible")).to_contain_text(NUMBER)
    return noemie


def look_again(page: Page) -> int:
    page.reload()
    return page.get_by_role("button", name="Accepter").count()


def close(page: Page) -> None:
    """Contact made, then the taps of the tally."""
    page.locator('form[action$="/connected"] button').click()
    form = page.locator("[data-part=close-form]")
    for name in ("pair", "topic", "outcome"):
        form.locator(f"input[name={name}]").first.check()
    form.locator("button[type=submit], button:not([type])").last.click()
    page.wait_for_url("**/in/team/")


def nothing_left(demo: Demo) -> None:
    """No row and no word of it is left anywhere on the server."""
    assert rows_left(demo) == {}
    forms = [form for marker in MARKERS for form in (marker.encode(), marker.encode("utf-16-le"))]
    assert [place for place, data in everything_kept(demo).items() if any(form in data for form in forms)] == []


@pytest.mark.req("A-01", "A-24", "A-25", "A-29")
def test_a_nurse_asks_in_french_and_nothing_of_it_remains(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    problems, before = watch(phone, desktop), len(letters(demo))
    page = phone.new_page()
    page.goto(french(demo))
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("link", name="Appeler le 911").first).to_be_visible()
    page.goto(french(demo, "ask"))
    read_the_limits(page, "Avant de vous confier")
    page.locator("#reach").fill(NUMBER)
    page.locator("[data-send]").click()
    expect(page.locator("[data-words] li")).to_have_count(12)
    close(answered_by_fortin(demo, desktop, before))
    until(lambda: requests_kept(demo), lambda count: count == 0)
    nothing_left(demo)
    assert problems == []


@pytest.mark.req("A-25", "A-29", "D-04")
def test_without_a_network_her_page_opens_in_french_and_what_she_wrote_is_sent_once_later(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    keep_pages(page, french(demo))
    until(lambda: [path for paths in kept(page).values() for path in paths], lambda paths: LAST in paths)
    page.goto(french(demo, "ask"))
    read_the_limits(page, "Avant de vous confier")
    phone.set_offline(True)
    page.locator("#reach").fill(NUMBER)
    page.locator('input[name=way][value="none"]').check()
    page.locator("[data-send]").click()
    page.locator("[data-keep]").click()
    expect(page.get_by_text("Gardé sur ce téléphone").first).to_be_visible()
    page.goto(french(demo))
    expect(page.get_by_role("link", name="Appeler le 988").first).to_be_visible()
    expect(page.get_by_text("Vous n’avez pas de réseau", exact=False).first).to_be_visible()
    assert requests_kept(demo) == 0
    phone.set_offline(False)
    page.goto(french(demo))
    until(lambda: requests_kept(demo), lambda count: count == 1)
    owner = "SELECT slug FROM accounts_organisation o JOIN help_requests_request r ON r.organisation_id = o.id"
    assert rows(demo.data, owner) == [("st-brigid",)]


@pytest.mark.req("A-02", "A-29", "A-31", "K-14")
def test_marc_hands_over_his_worry_in_french(demo: Demo, phone: BrowserContext, desktop: BrowserContext) -> None:
    problems, before = watch(phone, desktop), len(letters(demo))
    page = phone.new_page()
    page.goto(french(demo, "colleague"))
    expect(page.locator("article h2").first).to_be_visible()
    page.locator('a[href$="/colleague/refer"]').click()
    page.get_by_role("button", name="J’ai lu ce texte").click()
    page.locator("#who").fill(WHO)
    page.locator("#reach").fill(NUMBER)
    page.locator("[data-send]").click()
    expect(page.get_by_role("heading", level=1, name="Votre inquiétude a été reçue.")).to_be_visible()
    words = page.locator("body").inner_text()
    noemie = answered_by_fortin(demo, desktop, before)
    expect(noemie.locator("[data-part=referral]")).to_be_visible()
    expect(noemie.locator("[data-part=facts]:visible")).to_contain_text(WHO)
    close(noemie)
    until(lambda: requests_kept(demo), lambda count: count == 0)
    nothing_left(demo)
    assert page.locator("body").inner_text() == words
    assert problems == []


@pytest.mark.req("A-04", "A-05", "A-29")
def test_a_head_nurse_refers_in_french_only_with_the_attestation(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(french(demo, "manager/refer"))
    page.get_by_role("button", name="J’ai lu ce texte").click()
    page.locator("#who").fill(WHO)
    page.locator("#reach").fill(NUMBER)
    page.locator("[data-send]").click()
    expect(page.locator("#attested-error")).not_to_be_empty()
    assert requests_kept(demo) == 0
    page.locator("#attested").check()
    page.locator("[data-send]").click()
    expect(page.get_by_role("heading", level=1, name="Bien reçu, merci.")).to_be_visible()
    assert re.search(r"\d{1,2} [a-zû]+é? 20\d\d", page.locator("body").inner_text()), "no date in French"
    assert requests_kept(demo) == 1
