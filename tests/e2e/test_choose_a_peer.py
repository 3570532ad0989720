"""Somebody looks for a peer, and what they look for stays on their phone; they ask one, who is called first."""

import base64
import json
import re
import sqlite3
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from alongside.site.demo.poster import POSTER_CODE, poster_part
from tests.e2e.acts import (
    accept,
    called,
    cancel,
    fill_form,
    inbox,
    letters,
    read_first,
    send,
    until,
    wait_called,
    wait_silent,
)
from tests.e2e.conftest import PHONE, Demo, continue_as, watch
from tests.e2e.looking import Look
from tests.e2e.test_danas_story import Trace, everything_kept
from tests.e2e.test_offline import keep_pages

pytestmark = [pytest.mark.e2e]

CARDS = 6
WRONG = "p=" + base64.urlsafe_b64encode(bytes(32) + b"another poster!!").rstrip(b"=").decode()
NAME, PHONE_NUMBER, ADDRESS = "Zebulon", "218 555 7731", "marker-zeb@home.example"


@pytest.fixture
def member(browser: Browser) -> Iterator[BrowserContext]:
    """A private window of a phone that complains about nothing."""
    context = browser.new_context(viewport=PHONE, locale="en-CA")
    problems = watch(context)
    yield context
    context.close()
    assert problems == []


def choose(demo: Demo, context: BrowserContext, fragment: str = "") -> Page:
    """Open the cards and wait until they are there."""
    page = context.new_page()
    page.goto(demo.member("choose") + (f"#{fragment}" if fragment else ""))
    expect(page.locator("[data-peers] > li").first).to_be_visible()
    return page


def titles(page: Page) -> list[str]:
    return page.locator("[data-peers] h2").all_text_contents()


def ask_form(page: Page, name: str) -> None:
    """Go from somebody's card to the form."""
    page.get_by_role("link", name=name).click()
    page.get_by_role("button", name="I have read this").click()
    expect(page.locator("[data-offices-wait]")).to_be_hidden()


@pytest.mark.req("A-06", "A-08", "G-14", "K-34")
def test_what_somebody_looks_for_never_leaves_the_phone(demo: Demo, member: BrowserContext) -> None:
    trace = Trace().follow(member)
    page = choose(demo, member)
    assert len(titles(page)) == CARDS
    # The worker keeps all pages for when there is no network; what it fetches is no answer to what is looked for.
    keep_pages(page, demo.member("choose"))
    expect(page.locator("[data-peers] > li")).to_have_count(CARDS)
    wait_silent(page, trace.requests)
    before = len(trace.requests)
    page.get_by_label("Find a peer").press_sequentially("french")
    expect(page.locator("[data-peers] > li")).to_have_count(1)
    expect(page.get_by_text("1 of 6 peers")).to_be_visible()
    page.get_by_label("Find a peer").fill("")
    page.get_by_text("More to choose by").click()
    for label, choice, left in (
        ("Line of work", "Corrections", 2),
        ("Rank", "Sergeant, charge or lead", 1),
        ("Language", "English", 1),
        ("Has lived through", "Hurt on the job", 1),
        ("How to reach them", "Phone call", 1),
        ("Outside my office, which is", "Jail", 0),
    ):
        page.get_by_label(label, exact=True).select_option(label=choice)
        expect(page.locator("[data-peers] > li")).to_have_count(left)
    expect(page.get_by_text("Nobody here fits all of that.")).to_be_visible()
    page.get_by_role("button", name="Show everybody").click()
    expect(page.locator("[data-peers] > li")).to_have_count(CARDS)
    page.get_by_label("On call now").check()
    expect(page.locator("[data-peers] > li")).to_have_count(2)
    assert len(trace.requests) == before, "looking made the page talk to somebody"
    sent = b"\n".join(trace.sent()).lower()
    for word in (b"french", b"corrections", b"sergeant", b"hurt", b"jail"):
        assert word not in sent


@pytest.mark.req("A-06", "K-34")
def test_without_the_poster_no_name_and_no_number_can_be_seen(demo: Demo, member: BrowserContext) -> None:
    page = choose(demo, member)
    expect(page.get_by_text("Names, pictures and numbers show when")).to_be_visible()
    text = page.locator("main").inner_text()
    assert not any(name in text for name in ("Marcus", "Renée", "Ana", "Cy", "Dee", "Fay"))
    assert page.get_by_role("button", name="Call or write").count() == 0
    with urllib.request.urlopen(demo.path("/ask/pine-county/directory.json")) as directory:
        listed = json.load(directory)["list"]
    with urllib.request.urlopen(demo.path(f"/ask/pine-county/blocks/0.json?list={listed}")) as block:
        said = block.read().decode() + page.content()
    assert '"details":"' in said
    assert "218 555 011" not in said
    assert "@home.example" not in said


@pytest.mark.req("A-06")
def test_another_posters_code_opens_nothing_and_the_page_says_so(demo: Demo, member: BrowserContext) -> None:
    page = choose(demo, member, WRONG)
    expect(page.get_by_text("The code from your poster does not open these cards.")).to_be_visible()
    assert "Marcus" not in page.locator("main").inner_text()
    assert len(titles(page)) == CARDS
    assert page.url.endswith("/choose"), "the code stays in the address"


@pytest.mark.req("A-06", "A-07", "G-15")
def test_with_the_poster_names_show_and_direct_contact_leaves_no_trace(demo: Demo, member: BrowserContext) -> None:
    trace = Trace().follow(member)
    page = choose(demo, member, poster_part())
    assert set(titles(page)) == {"Marcus", "Renée", "Ana", "Cy", "Dee", "Fay"}
    before = _rows(demo)
    page.get_by_role("button", name="Call or write to Renée").click()
    links = page.locator("[data-peers] a[href^='tel:'], [data-peers] a[href^='sms:'], [data-peers] a[href^='mailto:']")
    expect(links).to_have_count(3)
    assert [link.get_attribute("href") for link in links.all()] == [
        "tel:2185550111",
        "sms:2185550111",
        "mailto:dubois@home.example",
    ]
    assert _rows(demo) == before
    # The one thing fetched for it is a block, which holds everybody.
    fetched = [request.url for request in trace.requests if "/blocks/" in request.url]
    assert len(fetched) == 1
    assert re.search(r"/blocks/0\.json\?list=[0-9a-f]{32}$", fetched[0])
    code = base64.urlsafe_b64encode(POSTER_CODE).rstrip(b"=")
    sent = b"\n".join(trace.sent())
    assert POSTER_CODE not in sent
    assert code[:16] not in sent
    assert poster_part().encode()[-16:] not in sent


def _rows(demo: Demo) -> list[tuple[object, ...]]:
    """Return every row of every table that a member could leave something in."""
    with sqlite3.connect(demo.data / "alongside.sqlite3") as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        kept = [name for name in tables if not name.startswith(("directory_candidatelist", "django_"))]
        counts = [(name, database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for name in kept]  # noqa: S608
    database.close()
    return sorted(counts)


@pytest.mark.req("A-06", "A-08", "G-15", "K-34")
def test_the_chosen_peer_is_called_first_and_the_ladder_follows(demo: Demo, member: BrowserContext) -> None:
    trace = Trace().follow(member)
    page = choose(demo, member, poster_part())
    reference = (page.get_by_role("link", name="Ask this peer: Ana").get_attribute("href") or "").partition("peer=")[2]
    assert re.fullmatch("[0-9a-f]{32}", reference)
    ask_form(page, "Ask this peer: Ana")
    expect(page.get_by_text("You are asking Ana.")).to_be_visible()
    assert "#" not in page.url
    since = len(letters(demo))
    fill_form(page, leave_out=["Dispatch"])
    send(page)
    expect(page.locator("[data-ladder]:visible")).to_contain_text("The peer you chose")
    wait_called(demo, "ruiz", since=since)
    demo.later(5)
    wait_called(demo, "ruiz", "bell", since=since)
    demo.later(15)
    # Without Renée, who is of the office that was left out.
    everybody = {"ruiz", "bell", "novak", "okoro", "hart", "lindqvist"}
    until(lambda: set(called(demo, since)), lambda found: found == everybody)
    for sent in trace.sent():
        assert reference.encode() not in sent
        assert bytes.fromhex(reference) not in sent
        # Among thousands of sealed letters three turn up by chance.
        assert b"Ana" not in sent.partition(b"age-encryption.org")[0]
    cancel(page)


@pytest.mark.req("A-06")
def test_a_peer_who_went_on_leave_meanwhile_is_not_asked_and_nothing_is_lost(
    demo: Demo, member: BrowserContext, other: BrowserContext
) -> None:
    page = choose(demo, member, poster_part())
    ask_form(page, "Ask this peer: Fay")
    expect(page.get_by_text("You are asking Fay.")).to_be_visible()
    fill_form(page, words="still here")
    fay = continue_as(other, demo, "lindqvist")
    fay.goto(demo.path("/in/team/me"))
    fay.get_by_role("button", name=re.compile("leave", re.IGNORECASE)).first.click()
    # What this phone has of the cards may be a minute old.
    page.get_by_role("button", name="Seal and send").click()
    expect(page.locator("[data-chosen-gone]:visible")).to_contain_text("cannot be asked right now")
    expect(page.get_by_label("What would you like the peer to know?")).to_have_value("still here")
    send(page)
    cancel(page)
    fay.goto(demo.path("/in/team/me"))
    fay.get_by_role("button", name=re.compile("back", re.IGNORECASE)).first.click()
    again = demo.module("tests.e2e.cards_again")
    assert again.returncode == 0, again.stderr


@pytest.mark.req("A-08", "B-33", "B-34")
def test_an_unmet_wish_is_said_before_sending_and_to_whoever_answers(
    demo: Demo, member: BrowserContext, other: BrowserContext
) -> None:
    page = member.new_page()
    page.goto(demo.member("ask"))
    page.get_by_role("button", name="I have read this").click()
    expect(page.locator("[data-offices-wait]")).to_be_hidden()
    page.get_by_text("When, what about, who").click()
    page.get_by_label("Somebody who speaks").select_option(label="Hmong")
    expect(page.locator("[data-unmet]:visible")).to_have_text(
        "Nobody who speaks Hmong can be asked right now. You can still send; your wish is shown to whoever answers."
    )
    page.get_by_label("Somebody who speaks").select_option(label="Spanish")
    expect(page.locator("[data-unmet]")).to_be_hidden()
    expect(page.get_by_label("Call a peer first who fits my wish")).to_be_checked()
    page.get_by_label("Call a peer first who fits my wish").uncheck()
    page.get_by_label("Somebody who speaks").select_option(label="Hmong")
    since = len(letters(demo))
    fill_form(page)
    send(page)
    wait_called(demo, "bell", since=since)
    marcus = inbox(other, demo, "bell")
    read_first(marcus)
    expect(marcus.locator("[data-part=unmet]:visible")).to_contain_text(
        "They would rather talk to somebody else: Hmong."
    )
    accept(marcus)
    expect(marcus.locator("[data-part=unmet]:visible")).to_contain_text("hand over as soon as practical")
    expect(marcus.locator("[data-part=hand-over]")).to_be_hidden()
    cancel(page)


@pytest.mark.req("B-34", "B-33")
def test_another_rank_than_was_asked_for_sets_a_task_with_its_time_on_the_device(
    demo: Demo, member: BrowserContext, other: BrowserContext
) -> None:
    page = member.new_page()
    page.goto(demo.member("ask"))
    page.get_by_role("button", name="I have read this").click()
    expect(page.locator("[data-offices-wait]")).to_be_hidden()
    page.get_by_text("When, what about, who").click()
    # Marcus is on call and has another rank on his card.
    page.get_by_label("Rank, like mine").select_option(label="Management or command")
    first = page.get_by_label("Call a peer first who fits my wish")
    if first.is_visible():
        first.uncheck()
    since = len(letters(demo))
    fill_form(page)
    send(page)
    wait_called(demo, "bell", since=since)
    marcus = inbox(other, demo, "bell")
    read_first(marcus)
    accept(marcus)
    task = marcus.locator("[data-part=hand-over]:visible")
    expect(task).to_be_visible()
    expect(task).to_contain_text(re.compile(r"To do: pass it on by \w+day, \d\d:\d\d"))
    task.get_by_role("button", name="Pass to somebody").click()
    expect(marcus.locator("[data-part=hand-on-title]")).to_be_focused()
    marcus.goto(demo.path("/in/team/"))
    expect(marcus.locator("article [data-part=hand-over]:visible").first).to_contain_text("To do: pass it on by")
    cancel(page)


@pytest.mark.req("A-08", "B-33", "K-34")
def test_a_wish_that_somebody_meets_calls_them_first_and_no_wish_reaches_the_server(
    demo: Demo, member: BrowserContext
) -> None:
    trace = Trace().follow(member)
    page = member.new_page()
    page.goto(demo.member("ask"))
    page.get_by_role("button", name="I have read this").click()
    expect(page.locator("[data-offices-wait]")).to_be_hidden()
    page.get_by_text("When, what about, who").click()
    page.get_by_label("Somebody who speaks").select_option(label="Spanish")
    since = len(letters(demo))
    fill_form(page)
    send(page)
    wait_called(demo, "ruiz", since=since)
    assert not any(b'"es"' in sent or b"Spanish" in sent for sent in trace.sent())
    cancel(page)


@pytest.mark.req("A-08")
def test_nobody_in_the_own_chain_of_command_is_asked(demo: Demo, member: BrowserContext) -> None:
    page = member.new_page()
    page.goto(demo.member("ask"))
    page.get_by_role("button", name="I have read this").click()
    expect(page.locator("[data-offices-wait]")).to_be_hidden()
    page.get_by_text("Anyone who should not see this?").click()
    expect(page.get_by_label("Nobody in my chain of command")).to_be_disabled()
    page.get_by_label("Which office is yours?").select_option(label="Jail")
    page.get_by_label("Nobody in my chain of command").check()
    expect(page.locator("[data-remaining]:visible")).to_have_text("6 of 7 peers can still open it.")
    expect(page.locator("[data-unknown-over]:visible")).to_have_text(
        "1 peer has not said which offices they lead, and is not left out."
    )
    since = len(letters(demo))
    fill_form(page)
    send(page)
    wait_called(demo, "bell", since=since)
    demo.later(20)
    others = {"ruiz", "bell", "dubois", "okoro", "hart", "lindqvist"}
    until(lambda: set(called(demo, since)), lambda found: found == others)
    cancel(page)


@pytest.mark.req("A-06", "A-07", "G-14", "G-15", "K-34")
def test_a_supporter_makes_a_card_whose_name_the_server_never_sees_and_takes_it_away(
    demo: Demo, member: BrowserContext, other: BrowserContext
) -> None:
    trace = Trace().follow(other)
    page = continue_as(other, demo, "hart")
    page.goto(demo.path("/in/team/card"))
    expect(page.get_by_text("You have no card.")).to_be_visible()
    page.get_by_role("button", name="Show my card").click()
    expect(page.get_by_text("Please choose a line of work and a rank.")).to_be_visible()
    page.get_by_label("Line of work").select_option(label="Fire")
    page.get_by_label("Rank, roughly").select_option(label="Front line")
    page.get_by_label("French").check()
    page.get_by_label("Phone call").check()
    page.get_by_label("The name people see").fill(NAME)
    page.get_by_label("I agree that my card").check()
    page.get_by_role("button", name="Show my card").click()
    expect(page.get_by_text("To seal a name or a number")).to_be_visible()
    page.get_by_label("The link of your team’s poster").fill("https://example.org/no-poster")
    page.get_by_label("The link of your team’s poster").press("Tab")
    expect(page.get_by_text("This is no poster link.")).to_be_visible()
    page.get_by_label("The link of your team’s poster").fill(f"{demo.member()}#{poster_part()}")
    page.get_by_label("The link of your team’s poster").press("Tab")
    expect(page.get_by_text("This device knows the code")).to_be_visible()
    page.get_by_role("button", name="Show my card").click()
    expect(page.get_by_text("so a phone number is needed")).to_be_visible()
    page.get_by_label("Phone number").fill(PHONE_NUMBER)
    page.get_by_label("E-mail", exact=False).last.fill(ADDRESS)
    page.set_input_files("#picture", files=[{"name": "me.png", "mimeType": "image/png", "buffer": _picture(page)}])
    expect(page.locator("[data-part=sealed-preview] canvas")).to_be_visible()
    expect(page.locator("[data-part=sealed-preview]:visible")).to_contain_text(NAME)
    assert NAME not in page.locator("[data-part=open-preview]").inner_text()
    page.get_by_role("button", name="Show my card").click()
    expect(page.get_by_text("Your card is shown.")).to_be_visible()
    # The code was pasted, and still opens what was just sealed with it; nothing keeps it beyond that.
    expect(page.locator("[data-part=sealed-preview]")).to_contain_text(NAME)
    expect(page.locator("[data-part=cannot-open]")).to_be_hidden()
    assert page.evaluate("sessionStorage.getItem('card-saved')") is None
    markers = [NAME, PHONE_NUMBER, PHONE_NUMBER.replace(" ", ""), ADDRESS]
    kept = everything_kept(demo)
    for marker in markers:
        assert not [
            place for place, data in kept.items() if marker.encode() in data or marker.encode("utf-16-le") in data
        ]
        assert not any(marker.encode() in sent for sent in trace.sent())
    assert not any(poster_part().encode()[-30:] in sent for sent in trace.sent())

    seen = choose(demo, member, poster_part())
    seen.get_by_role("button", name=f"Call or write to {NAME}").click()
    expect(seen.get_by_role("link", name=f"Call {PHONE_NUMBER}")).to_be_visible()
    expect(seen.get_by_role("img", name=f"Picture of {NAME}")).to_be_visible()
    page.get_by_role("button", name="Take my card away").click()
    expect(page.get_by_text("You have no card.")).to_be_visible()
    # What the entrance answered a moment ago it answers again for two seconds (alongside/site/lately.py).
    page.wait_for_timeout(2500)
    fresh = member.browser.new_context(viewport=PHONE) if member.browser else None
    assert fresh is not None
    assert NAME not in titles(choose(demo, fresh, poster_part()))
    fresh.close()


def _picture(page: Page) -> bytes:
    """Return a large, noisy picture, as a camera makes them."""
    made = page.evaluate(
        """() => {
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [900, 1200];
          const paint = canvas.getContext("2d");
          for (let at = 0; at < 4000; at++) {
            paint.fillStyle = `hsl(${(at * 47) % 360} 60% 50%)`;
            paint.fillRect((at * 131) % 900, (at * 71) % 1200, 40, 40);
          }
          return canvas.toDataURL("image/png").split(",")[1];
        }"""
    )
    return base64.b64decode(made)


@pytest.mark.req("A-25")
def test_without_script_the_page_says_so_and_shows_the_numbers(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.member("choose"))
    expect(page.get_by_text("The cards have not opened on this phone.")).to_be_visible()
    expect(page.get_by_role("link", name="Call the peer team")).to_be_visible()
    context.close()


@pytest.mark.req("A-25")
def test_without_a_network_the_cards_that_were_loaded_can_be_chosen_from(demo: Demo, member: BrowserContext) -> None:
    page = choose(demo, member, poster_part())
    member.set_offline(True)
    page.get_by_label("Find a peer").fill("fran")
    expect(page.locator("[data-peers] > li")).to_have_count(0)
    page.get_by_label("Find a peer").fill("french")
    expect(page.locator("[data-peers] > li")).to_have_count(1)
    member.set_offline(False)


@pytest.mark.req("A-24")
def test_the_pages_have_no_violation(demo: Demo, window: BrowserContext, look: Look) -> None:
    page = choose(demo, window)
    page.eval_on_selector_all("main details", "folds => folds.forEach((fold) => (fold.open = true))")
    look.at(page, "choose, without the poster")
    page.get_by_label("Find a peer").fill("nobody like this")
    look.at(page, "choose, nobody fits")
    page.close()
    page = choose(demo, window, poster_part())
    page.get_by_role("button", name="Call or write to Renée").click()
    expect(page.get_by_role("link", name="Text 218 555 0111")).to_be_visible()
    look.at(page, "choose, with the poster")
    ask_form(page, "Ask this peer: Ana")
    page.eval_on_selector_all("main details", "folds => folds.forEach((fold) => (fold.open = true))")
    page.get_by_label("Somebody who speaks").select_option(label="Hmong")
    look.at(page, "ask, with a chosen peer")
    page.close()
    page = continue_as(window, demo, "ruiz")
    page.goto(demo.path("/in/team/card"))
    expect(page.locator("[data-part=form]")).to_be_visible()
    look.at(page, "a supporter's card")
