"""The ways of a team: coming in, passing, helping each other, two at once, leave, and who leads them."""

import json
import re
import sqlite3
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.acts import (
    NUMBER,
    accept,
    ask,
    called,
    cancel,
    close,
    inbox,
    letters,
    make_contact,
    open_form,
    read_first,
    see_waiting,
    unlock,
    until,
    wait_called,
)
from tests.e2e.conftest import DESKTOP, Demo, continue_as, running_demo, watch
from tests.e2e.entering import invitation_link, sign_in, take_up

pytestmark = [pytest.mark.e2e]

NEW = "robin@pine.example"


@pytest.fixture
def third(browser: Browser) -> Iterator[BrowserContext]:
    """A private window of one more person."""
    context = browser.new_context(viewport=DESKTOP, locale="en-CA")
    yield context
    context.close()


@pytest.fixture
def other_demo(tmp_path: Path) -> Iterator[Demo]:
    """A demonstration for one test alone, which leaves its team smaller."""
    with running_demo(tmp_path) as running:
        yield running


def candidates(demo: Demo) -> int:
    """Return how many can be asked now, as every browser learns it."""
    with urllib.request.urlopen(demo.path("/ask/pine-county/candidates.json")) as response:
        return len(json.load(response)["candidates"])


# --- coming in ---------------------------------------------------------------------------------------------------


@pytest.mark.req("K-24", "K-34", "C-15", "A-03")
def test_a_new_supporter_comes_in_makes_keys_and_can_be_asked(
    demo: Demo, desktop: BrowserContext, phone: BrowserContext, third: BrowserContext
) -> None:
    problems = watch(phone, third)
    before = candidates(demo)
    invite(continue_as(desktop, demo, "vogel"), demo)
    page = phone.new_page()
    secret = take_up(page, invitation_link(demo, NEW), "Robin Quill")
    sign_the_agreement(page, demo)
    assert candidates(demo) == before
    words = make_keys(page, demo)
    assert until(lambda: candidates(demo), lambda now: now == before + 1) == before + 1
    assert not any(" ".join(words[at : at + 2]).encode() in everything(demo) for at in range(11))

    leave_the_device(page)
    sign_in(page, demo, NEW, secret)
    expect(page.get_by_role("heading", name="Unlock this device")).to_be_visible()
    unlock(page, " ".join(["legal", *words[1:]]))
    expect(page.locator("[data-part=words-trouble]")).to_be_visible()
    unlock(page, " ".join(words))
    expect(page.locator("[data-part=locked]")).to_be_hidden()

    dana = third.new_page()
    ask(demo, dana, leave_out=("Patrol", "Dispatch", "Courthouse", "North station"), words="to Robin, too")
    demo.later(20)
    read_first(page)
    expect(page.locator("[data-part=facts]:visible")).to_contain_text("to Robin, too")
    cancel(dana)
    assert problems == []


def invite(page: Page, demo: Demo) -> None:
    """Invite Robin as a supporter of the jail."""
    page.goto(demo.path("/in/coordinate/team"))
    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_label("Name").fill("Robin Quill")
    page.get_by_label("E-mail address").fill(NEW)
    page.get_by_label("Office").select_option("Jail")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("listitem").filter(has_text="Robin Quill")).to_contain_text(NEW)


def sign_the_agreement(page: Page, demo: Demo) -> None:
    """Read and sign, as the inbox asks for."""
    page.goto(demo.path("/in/team/"))
    page.get_by_role("link", name="Read and sign").click()
    page.get_by_role("button", name="I sign").click()
    expect(
        page.get_by_role("link", name="Make them").or_(page.get_by_role("link", name="Make my keys"))
    ).to_be_visible()


def make_keys(page: Page, demo: Demo) -> list[str]:
    """Make the 12 words and the keys; return the words."""
    page.goto(demo.path("/in/team/keys"))
    page.get_by_role("button", name="Make my 12 words").click()
    expect(page.locator("[data-part=words-list] li")).to_have_count(12)
    words = page.locator("[data-part=words-list] li").all_text_contents()
    assert len(set(words)) > 1 and len(words) == 12
    page.get_by_role("button", name="I have written them down").click()
    for place in (3, 7, 11):
        page.get_by_label(f"Word {place}", exact=True).fill("wrong" if place == 7 else words[place - 1])
    page.get_by_role("button", name="Make my keys").click()
    expect(page.locator("[data-part=confirm-trouble]:visible")).to_have_text(
        "Not the same as on the list: word 7. Look again."
    )
    page.get_by_label("Word 7", exact=True).fill(words[6])
    page.get_by_role("button", name="Make my keys").click()
    expect(page.get_by_text("Your keys are made. People can now be sent to you.")).to_be_visible()
    return words


def leave_the_device(page: Page) -> None:
    """Sign out through the menu."""
    page.locator("details.menu summary").last.click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="You are signed out.")).to_be_visible()


def everything(demo: Demo) -> bytes:
    """Return the bytes of the database, its working files and the log."""
    return b"".join(path.read_bytes() for path in (*demo.data.rglob("*"), demo.log) if path.is_file())


# --- one request, several people ---------------------------------------------------------------------------------


@pytest.mark.req("A-03", "A-10")
def test_a_pass_without_a_reason_calls_the_next_at_once(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    before = len(letters(demo))
    dana = phone.new_page()
    ask(demo, dana, soon="Today")
    bell = inbox(desktop, demo, "bell")
    wait_called(demo, "bell", since=before)
    see_waiting(bell)
    bell.get_by_role("button", name="Pass, no reason").click()
    expect(bell.get_by_text("Passed on. No reason is asked for or kept.")).to_be_visible()
    wait_called(demo, "bell", "dubois", since=before)
    cancel(dana)


@pytest.mark.req("A-03", "D-01")
def test_backup_in_one_tap_calls_one_more_who_reads_it_too(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext, third: BrowserContext
) -> None:
    before = len(letters(demo))
    dana = phone.new_page()
    ask(demo, dana, words="it was a child")
    bell = inbox(desktop, demo, "bell")
    read_first(bell)
    accept(bell)
    bell.get_by_role("button", name="Get backup now").click()
    expect(bell.get_by_text("One more peer is being called to help you.")).to_be_visible()
    wait_called(demo, "bell", "dubois", since=before)
    renee = inbox(third, demo, "dubois")
    expect(renee.get_by_text("Backup wanted")).to_be_visible()
    renee.get_by_role("link", name="Open").click()
    expect(renee.get_by_role("heading", name="A peer asks for your help.")).to_be_visible()
    expect(renee.locator("[data-part=facts]:visible")).to_contain_text("it was a child")
    expect(renee.locator("[data-part=facts]:visible")).to_contain_text(NUMBER)
    assert renee.get_by_role("button", name="Close and erase").count() == 0
    make_contact(bell)
    close(bell)
    renee.reload()
    expect(renee.get_by_role("heading", level=1)).to_have_text("This one is taken care of.")
    assert "it was a child" not in renee.content()


@pytest.mark.req("A-03", "A-10")
def test_giving_it_back_calls_all_the_others(demo: Demo, phone: BrowserContext, desktop: BrowserContext) -> None:
    before = len(letters(demo))
    dana = phone.new_page()
    ask(demo, dana, leave_out=("Jail", "Patrol"))
    wait_called(demo, "dubois", since=before)
    renee = inbox(desktop, demo, "dubois")
    read_first(renee)
    accept(renee)
    renee.get_by_role("button", name="Give it back").click()
    expect(renee.get_by_text("Given back. The others are being called now. No reason is kept.")).to_be_visible()
    wait_called(demo, "dubois", "okoro", "ruiz", since=before)
    cancel(dana)


@pytest.mark.req("A-10")
def test_two_accept_at_once_and_one_is_told_kindly(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext, third: BrowserContext
) -> None:
    dana = phone.new_page()
    ask(demo, dana)
    demo.later(5)
    pages = [inbox(desktop, demo, "bell"), inbox(third, demo, "dubois")]
    for page in pages:
        read_first(page)
    for page in pages:
        # Pressed and not waited for, so that both are on their way together.
        page.get_by_role("button", name="Accept").evaluate("button => setTimeout(() => button.click(), 50)")
    headings = [page.get_by_role("heading", level=1) for page in pages]
    for heading in headings:
        expect(heading).to_have_text(re.compile("Make contact by|Somebody else took it"))
    said = sorted(heading.inner_text().split(" by ")[0] for heading in headings)
    assert said == ["Make contact", "Somebody else took it."]
    lost = pages[["Somebody" in heading.inner_text() for heading in headings].index(True)]
    expect(lost.get_by_text("Another peer was a moment quicker.")).to_be_visible()
    lost.get_by_role("link", name="Back to the inbox").click()
    expect(lost.get_by_role("heading", name="Nobody is waiting.")).to_be_visible()
    cancel(dana)


# --- leave, and who leads ----------------------------------------------------------------------------------------


@pytest.mark.req("C-18", "A-03")
def test_leave_takes_one_off_the_list_in_one_tap_and_back_on(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    before, told = candidates(demo), len(letters(demo))
    page = inbox(desktop, demo, "ruiz")
    page.goto(demo.path("/in/team/me"))
    page.get_by_role("button", name="Take leave now").click()
    expect(page.get_by_role("heading", name="You are on leave.")).to_be_visible()
    assert until(lambda: candidates(demo), lambda now: now == before - 1) == before - 1
    dana = phone.new_page()
    ask(demo, dana)
    demo.later(20)
    until(lambda: set(called(demo, told)), lambda found: {"bell", "dubois", "okoro"} <= found)
    assert "ruiz" not in called(demo, told)
    page.goto(demo.path("/in/team/"))
    expect(page.get_by_text("You are on leave. Nobody is sent to you until you come back.")).to_be_visible()
    page.goto(demo.path("/in/team/me"))
    page.get_by_role("button", name="I am back").click()
    expect(page.get_by_role("heading", name="You are on leave.")).to_be_hidden()
    assert until(lambda: candidates(demo), lambda now: now == before) == before
    cancel(dana)


@pytest.mark.req("C-15", "A-03", "K-24")
def test_ending_a_service_signs_out_takes_the_keys_and_brings_a_request_back(
    other_demo: Demo, phone: BrowserContext, desktop: BrowserContext, third: BrowserContext
) -> None:
    demo = other_demo
    before, told = candidates(demo), len(letters(demo))
    dana = phone.new_page()
    ask(demo, dana, leave_out=("Patrol", "Dispatch", "Courthouse", "North station"))
    until(lambda: called(demo, told), lambda found: "lindqvist" in found)
    fay = inbox(third, demo, "lindqvist")
    read_first(fay)
    accept(fay)
    hana = continue_as(desktop, demo, "vogel")
    hana.goto(demo.path("/in/coordinate/team"))
    hana.get_by_role("link", name=re.compile("End service.*Fay Lindqvist")).click()
    hana.get_by_role("button", name="End the service").click()
    expect(hana.get_by_role("heading", name="Supporters")).to_be_visible()
    assert until(lambda: candidates(demo), lambda now: now == before - 1) == before - 1
    fay.reload()
    expect(fay.get_by_role("heading", name="Sign in")).to_be_visible()
    until(lambda: called(demo, told).count("novak"), lambda times: times == 2)
    with sqlite3.connect(demo.data / "alongside.sqlite3") as database:
        found = database.execute(
            "SELECT count(*) FROM sealing_receivingkey JOIN accounts_person p ON p.id = person_id WHERE p.email = ?",
            ["lindqvist@pine.example"],
        ).fetchone()
    database.close()
    assert found == (0,)
    cancel(dana)


@pytest.mark.req("D-01")
def test_a_gap_on_the_board_leads_to_the_shift_that_fills_it(demo: Demo, desktop: BrowserContext) -> None:
    page = continue_as(desktop, demo, "vogel")
    expect(page.locator("main")).to_contain_text("On-call gap")
    page.get_by_role("link", name="Find cover").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One gap in the coming 60 days.")
    page.get_by_role("link", name=re.compile("^Fill it")).first.click()
    page.get_by_label("Who").select_option(label="Dee Okoro")
    page.get_by_role("button", name="Enter it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Every minute of the coming 60 days is covered.")
    page.goto(demo.path("/in/coordinate/"))
    expect(page.locator("main")).not_to_contain_text("On-call gap")


@pytest.mark.req("A-09")
def test_a_rule_changed_on_the_settings_is_what_members_are_promised(
    demo: Demo, desktop: BrowserContext, phone: BrowserContext
) -> None:
    page = continue_as(desktop, demo, "vogel")
    page.goto(demo.path("/in/coordinate/settings/routine_second"))
    page.locator("main form input[type=number]").fill("500")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_role("heading", name="Change a rule")).to_be_visible()
    page.locator("main form input[type=number]").fill("25")
    page.get_by_role("button", name="Change it").click()
    expect(page.locator(".settings")).to_contain_text("the second rung is called after 25 minutes")
    # Members' pages are kept for 20 seconds.
    demo.later(1)
    member = phone.new_page()
    open_form(member, demo.member("ask"))
    expect(member.get_by_text("the next after 25 minutes")).to_be_visible()
    page.goto(demo.path("/in/coordinate/audit"))
    expect(page.locator("main")).to_contain_text("Hana Vogel")
