"""A request goes on to people it was not sealed for, with two browsers more: to help, to take over, and not to some."""

import base64
import json
import re
from collections.abc import Iterator
from functools import cache

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import age_reader
from tests.e2e.acts import (
    NUMBER,
    SOON,
    accept,
    ask,
    called,
    cancel,
    inbox,
    letters,
    look_now,
    read_first,
    reply,
    rows,
    see_reply,
    see_waiting,
    until,
    wait_called,
)
from tests.e2e.conftest import DESKTOP, PHONE, ROOT, Demo, continue_as, running_demo, watch
from tests.e2e.looking import Look

pytestmark = [pytest.mark.e2e]

WORDS = "marker-words the call with the child"
BACK = ("marker-back to Marcus and Gus", "marker-back to Renée and Gus")
# The order of the demonstration's known keys.
PLACES = {"bell": 0, "dubois": 1, "ruiz": 2, "novak": 3, "moreau": 7}


@pytest.fixture
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demonstration for each test alone: teams change in it."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def windows(browser: Browser) -> Iterator[list[BrowserContext]]:
    """Private windows of four more people; none may complain but of pages that are meant to be gone."""
    found = [browser.new_context(viewport=DESKTOP, locale="en-CA") for _ in range(4)]
    problems = watch(*found)
    yield found
    for context in found:
        context.close()
    assert not [text for text in problems if "Failed to load resource" not in text]


@cache
def identity(slug: str) -> str:
    """Return what opens in the hands of one of the cast, worked out by the independent reader from the known words."""
    known = list(json.loads((ROOT / "vectors" / "demo.json").read_text())["supporters"].values())[PLACES[slug]]
    wrap_identity, recipient = age_reader.wrap_keys(secret_of(known["words"]))
    assert recipient == known["wrap_recipient"]
    return age_reader.unwrap(base64.b64decode(known["wrap"]), wrap_identity)


def secret_of(words: str) -> bytes:
    """Return the 16 bytes that 12 words stand for (BIP-39): 11 bits for each word, the last 4 a checksum."""
    source = (ROOT / "browser/node_modules/@scure/bip39/wordlists/english.js").read_text()
    listed = re.findall(r"^[a-z]+$", source.partition("`")[2].partition("`")[0], re.MULTILINE)
    bits = "".join(f"{listed.index(word):011b}" for word in words.split())
    return int(bits[:128], 2).to_bytes(16, "big")


def can_open(slug: str, sealed: bytes) -> bool:
    """Say whether one of the cast can open an envelope."""
    try:
        age_reader.open_with(identity(slug), sealed)
    except age_reader.CannotOpenError:
        return False
    return True


def who_can(sealed: bytes) -> set[str]:
    """Return who of the cast can open an envelope."""
    return {slug for slug in PLACES if can_open(slug, sealed)}


def come_back(context: BrowserContext, demo: Demo, slug: str) -> Page:
    """Sign in as somebody on leave and end it."""
    page = inbox(context, demo, slug)
    page.goto(demo.path("/in/team/me"))
    page.get_by_role("button", name="I am back").click()
    expect(page.get_by_role("heading", name="You are on leave.")).to_be_hidden()
    page.goto(demo.path("/in/team/"))
    return page


def choose(page: Page, button: str, name: str) -> None:
    """Open the list, choose one, seal and call."""
    page.get_by_role("button", name=button).click()
    page.get_by_role("radio", name=name).check()
    page.get_by_role("button", name="Seal it and call them").click()


def offered(page: Page) -> list[str]:
    """Return the names on the open list."""
    expect(page.locator("[data-part=hand-on-people] b").first).to_be_visible()
    return page.locator("[data-part=hand-on-people] b").all_text_contents()


def write_back(dana: Page, text: str) -> None:
    """Write back from the member's page."""
    dana.get_by_label("Write back").fill(text)
    dana.locator("[data-write] button[type=submit]").click()


@pytest.mark.req("A-03", "D-10", "K-34", "K-22")
def test_a_request_goes_on_to_a_helper_and_a_new_taker_and_those_who_left_cannot_open(
    demo: Demo, phone: BrowserContext, windows: list[BrowserContext]
) -> None:
    dana = phone.new_page()
    ask(demo, dana, words=WORDS, leave_out=("Jail",))
    bell = inbox(windows[0], demo, "bell")
    read_first(bell)
    accept(bell)
    gus = come_back(windows[1], demo, "moreau")
    told = len(letters(demo))
    get_help_from_gus(demo, bell, told)
    gus.get_by_role("link", name="Look again now").click()
    expect(gus.get_by_text("Backup wanted")).to_be_visible()
    gus.get_by_role("link", name="Open").click()
    expect(gus.locator("[data-part=facts]:visible")).to_contain_text(WORDS)
    expect(gus.locator("[data-part=facts]:visible")).to_contain_text(NUMBER)

    reply(bell, "I am here until seven")
    look_now(dana)
    see_reply(dana, "I am here until seven")
    write_back(dana, BACK[0])
    expect(dana.locator("[data-live]:visible")).to_have_text("Sealed for the 2 peers who are on this now, and sent.")
    for page in (bell, gus):
        page.reload()
        expect(page.locator("[data-part=written]:visible")).to_contain_text(BACK[0], timeout=SOON)
    [(message,)] = rows(demo.data, "SELECT envelope FROM help_requests_message")
    assert who_can(bytes(message)) == {"bell", "moreau"}  # type: ignore[call-overload]

    renee = hand_over_to_renee(demo, bell, windows[2])
    expect(renee.locator("[data-part=written]:visible")).to_contain_text("Written to those who were on this before you")
    bell.reload()
    expect(bell.get_by_role("heading", level=1)).to_have_text("This one is taken care of.")
    envelope = demo.path(str(renee.locator("[data-part=request]").get_attribute("data-envelope")))
    assert bell.request.get(envelope).status == 410

    write_back(dana, BACK[1])
    expect(dana.locator("[data-write-error]:visible")).to_contain_text("who is on this has changed")
    assert len(rows(demo.data, "SELECT number FROM help_requests_message")) == 1
    dana.locator("[data-write] button[type=submit]").click()
    expect(dana.locator("[data-live]:visible")).to_have_text("Sealed for the 2 peers who are on this now, and sent.")
    expect(renee.locator("[data-part=written]:visible")).to_contain_text(BACK[1], timeout=SOON)
    [(message,)] = rows(demo.data, "SELECT envelope FROM help_requests_message WHERE number = 2")
    assert who_can(bytes(message)) == {"dubois", "moreau"}  # type: ignore[call-overload]
    reply(renee, "Renée here, I call at six")
    look_now(dana)
    see_reply(dana, "Renée here")

    end_gus(demo, windows[3])
    assert (
        rows(
            demo.data,
            "SELECT id FROM help_requests_handedon WHERE supporter_id IN (SELECT s.id FROM "
            "team_supporter s JOIN accounts_person p ON p.id = s.person_id WHERE p.email = 'moreau@pine.example')",
        )
        == []
    )
    gus.reload()
    expect(gus.get_by_role("heading", name="Sign in")).to_be_visible()
    assert gus.request.get(envelope, max_redirects=0).status in (302, 403)
    dana.get_by_role("button", name="That is all, erase it").click()
    dana.locator("[data-confirm] [data-yes]").click()
    expect(dana.locator("[data-reply-list]")).to_be_hidden()
    assert rows(demo.data, "SELECT id FROM help_requests_handedon") == []


def get_help_from_gus(demo: Demo, bell: Page, told: int) -> None:
    """Choose Gus, who was on leave when Dana asked: the list has nobody of the office that she left out."""
    bell.get_by_role("button", name="Choose who helps").click()
    expect(bell.locator("[data-part=hand-on-left-out]:visible")).to_contain_text(
        "nobody from these offices sees this: Jail"
    )
    names = offered(bell)
    assert names[0] == "Renée Dubois"
    assert "Gus Moreau" in names
    assert not {"Cy Novak", "Fay Lindqvist", "Marcus Bell", "Ivy Tran"} & set(names)
    # The server offers them all: only the device knows who was left out.
    peers = bell.request.get(demo.path(str(bell.locator("[data-part=request]").get_attribute("data-peers")))).json()
    assert {"Cy Novak", "Fay Lindqvist"} <= {one["name"] for one in peers["peers"]}
    bell.get_by_role("button", name="Not now").click()
    choose(bell, "Choose who helps", "Gus Moreau")
    expect(bell.get_by_text("Gus Moreau is being called to help you. It stays yours.")).to_be_visible()
    expect(bell.locator("[data-part=asked]:visible")).to_contain_text("Gus Moreau, to help you")
    wait_called(demo, "moreau", since=told)
    [(copy, spare)] = rows(demo.data, "SELECT envelope, spare FROM help_requests_handedon")
    assert not spare
    assert who_can(bytes(copy)) == {"moreau"}  # type: ignore[call-overload]
    assert WORDS in age_reader.open_with(identity("moreau"), bytes(copy))  # type: ignore[call-overload]


def hand_over_to_renee(demo: Demo, bell: Page, window: BrowserContext) -> Page:
    """Ask Renée to take it over: it stays Marcus's until she accepts."""
    choose(bell, "Pass to somebody", "Renée Dubois")
    expect(bell.get_by_text("Renée Dubois is being called to take it over.")).to_be_visible()
    expect(bell.get_by_role("button", name="Contact made")).to_be_visible()
    renee = inbox(window, demo, "dubois")
    expect(renee.get_by_text("asks you to take it over. It stays theirs until you accept.")).to_be_visible()
    renee.get_by_role("link", name="Read it first").click()
    expect(renee.get_by_role("heading", level=1)).to_have_text("A peer asks you to take this over.")
    expect(renee.locator("[data-part=facts]:visible")).to_contain_text(WORDS)
    assert NUMBER not in renee.locator("[data-part=facts]").inner_text()
    renee.get_by_role("button", name="Take it over").click()
    expect(renee.get_by_role("button", name="Contact made")).to_be_visible()
    expect(renee.locator("[data-part=facts]:visible")).to_contain_text(NUMBER)
    return renee


def end_gus(demo: Demo, window: BrowserContext) -> None:
    """End Gus's service as the coordinator."""
    hana = continue_as(window, demo, "vogel")
    hana.goto(demo.path("/in/coordinate/team"))
    hana.locator("a", has_text="End service").filter(has_text="Gus Moreau").click()
    hana.get_by_role("button", name="End the service").click()
    expect(hana.get_by_role("heading", name="Supporters")).to_be_visible()


@pytest.mark.req("A-03", "B-16")
def test_somebody_called_passes_it_to_a_person_and_is_out_of_it(
    demo: Demo, phone: BrowserContext, windows: list[BrowserContext]
) -> None:
    dana = phone.new_page()
    ask(demo, dana, words=WORDS)
    bell = inbox(windows[0], demo, "bell")
    gus = come_back(windows[1], demo, "moreau")
    read_first(bell)
    told = len(letters(demo))
    choose(bell, "Pass to somebody", "Gus Moreau")
    expect(bell.get_by_text("Passed on. They are being called now.")).to_be_visible()
    wait_called(demo, "moreau", since=told)
    see_waiting(gus)
    expect(gus.get_by_text("A peer who was called passed this one to you.")).to_be_visible()
    read_first(gus)
    expect(gus.get_by_role("heading", level=1)).to_have_text("A peer passed this to you.")
    expect(gus.locator("[data-part=facts]:visible")).to_contain_text(WORDS)
    # The ladder climbs on meanwhile.
    demo.later(5)
    until(lambda: called(demo, told), lambda found: found == ["dubois", "moreau"])
    accept(gus)
    expect(gus.locator("[data-part=facts]:visible")).to_contain_text(NUMBER)
    cancel(dana)


@pytest.mark.req("D-10")
def test_the_list_says_what_went_wrong_and_loses_nothing(
    demo: Demo, phone: BrowserContext, windows: list[BrowserContext]
) -> None:
    dana = phone.new_page()
    ask(demo, dana, words=WORDS)
    bell = inbox(windows[0], demo, "bell")
    read_first(bell)
    accept(bell)
    bell.get_by_label("Your reply").fill("half a reply")
    gus = come_back(windows[1], demo, "moreau")
    bell.get_by_role("button", name="Pass to somebody").click()
    bell.get_by_role("button", name="Seal it and call them").click()
    expect(bell.get_by_text("Choose one person first.")).to_be_visible()
    bell.get_by_role("radio", name="Gus Moreau").check()
    windows[0].set_offline(True)
    bell.get_by_role("button", name="Seal it and call them").click()
    expect(bell.locator("[data-part=hand-on-trouble]:visible")).to_contain_text("connection")
    windows[0].set_offline(False)
    gus.goto(demo.path("/in/team/me"))
    gus.get_by_role("button", name="Take leave now").click()
    expect(gus.get_by_role("heading", name="You are on leave.")).to_be_visible()
    bell.get_by_role("button", name="Seal it and call them").click()
    expect(bell.get_by_text("Gus Moreau cannot be asked any more. This is who is there now.")).to_be_visible()
    assert "Gus Moreau" not in offered(bell)
    assert bell.get_by_label("Your reply").input_value() == "half a reply"
    bell.get_by_role("button", name="Not now").click()
    expect(bell.get_by_role("button", name="Pass to somebody")).to_be_focused()
    assert rows(demo.data, "SELECT id FROM help_requests_handedon") == []
    cancel(dana)


@pytest.mark.req("D-10")
def test_by_keyboard_alone_and_readable_for_everybody(
    demo: Demo, phone: BrowserContext, windows: list[BrowserContext], look: Look
) -> None:
    dana = phone.new_page()
    ask(demo, dana, words=WORDS, leave_out=("Jail",))
    bell = inbox(windows[0], demo, "bell")
    read_first(bell)
    look.at(bell, "waiting")
    accept(bell)
    bell.set_viewport_size(PHONE)
    bell.get_by_role("button", name="Choose who helps").focus()
    bell.keyboard.press("Enter")
    expect(bell.locator("[data-part=hand-on-title]")).to_be_focused()
    expect(bell.get_by_role("radio").first).to_be_visible()
    look.at(bell, "the list")
    bell.locator("[data-part=hand-on-title]").focus()
    bell.keyboard.press("Tab")
    bell.keyboard.press("Space")
    bell.keyboard.press("Enter")
    expect(bell.locator("[data-part=hand-on-done]:visible")).to_contain_text(
        "Renée Dubois is being called to help you."
    )
    look.at(bell, "asked")
    cancel(dana)


@pytest.mark.req("K-34", "A-03")
def test_writing_back_to_nobody_or_to_no_list_of_keys_is_refused_and_keeps_the_words(
    demo: Demo, phone: BrowserContext, windows: list[BrowserContext]
) -> None:
    dana = phone.new_page()
    ask(demo, dana)
    bell = inbox(windows[0], demo, "bell")
    read_first(bell)
    accept(bell)
    reply(bell, "I am here")
    look_now(dana)
    see_reply(dana, "I am here")
    error = dana.locator("[data-write-error]")
    someone = age_reader.new_identity()[1]
    told: list[list[str]] = []
    dana.route("**/progress/present", lambda route: route.fulfill(body=json.dumps({"keys": told[-1]})))
    for keys, said in (
        ([], "Nobody is there to read it right now."),
        ([f"age1{someone[7:]}"], "Not sent"),
        ([someone] * 2, "Not sent"),
        ([age_reader.new_identity()[1] for _ in range(13)], "Not sent"),
        # A server that leaves out whoever wrote last, and names itself instead: it is said before anything is sealed.
        ([someone], "Not sent yet: since the last reply, who is on this has changed."),
    ):
        told.append(keys)
        write_back(dana, BACK[0])
        expect(error).to_contain_text(said)
        expect(dana.get_by_label("Write back")).to_have_value(BACK[0])
    dana.unroute("**/progress/present")
    assert rows(demo.data, "SELECT number FROM help_requests_message") == []
    dana.locator("[data-write] button[type=submit]").click()
    expect(dana.locator("[data-live]:visible")).to_have_text("Sealed for the one peer who is on this now, and sent.")
    expect(bell.locator("[data-part=written]:visible")).to_contain_text(BACK[0], timeout=SOON)


@pytest.mark.req("K-34")
def test_new_keys_after_a_lost_phone_open_the_copy_that_a_peer_seals_anew(
    demo: Demo, phone: BrowserContext, windows: list[BrowserContext]
) -> None:
    """Renée was a recipient, but her keys are others now: the original stays shut, the copy opens."""
    dana = phone.new_page()
    ask(demo, dana, words=WORDS)
    bell = inbox(windows[0], demo, "bell")
    read_first(bell)
    accept(bell)
    choose(bell, "Choose who helps", "Renée Dubois")
    expect(bell.get_by_text("Renée Dubois is being called to help you.")).to_be_visible()
    renee = inbox(windows[1], demo, "dubois")
    # What was sealed for keys that are gone is, to her device, what is sealed for somebody else.
    other = age_reader.seal_for([age_reader.new_identity()[1]], "{}", 12)
    renee.route(re.compile("/envelope$"), lambda route: route.fulfill(body=other))
    renee.get_by_role("link", name="Open").click()
    expect(renee.locator("[data-part=facts]:visible")).to_contain_text(WORDS)
    cancel(dana)
