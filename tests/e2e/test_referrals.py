"""Somebody is worried about somebody else: personas 2 (Marc, a colleague) and 3 (Sergeant Okafor, a manager)."""

import hashlib
import json
import os
import re
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from tests import age_reader
from tests.e2e.acts import (
    accept,
    ask,
    close,
    inbox,
    letters,
    make_contact,
    read_first,
    requests_kept,
    rows,
    see_waiting,
    until,
    wait_called,
    wait_silent,
)
from tests.e2e.conftest import Demo, continue_as, running_demo, watch
from tests.e2e.looking import Look
from tests.e2e.test_danas_story import everything_kept, rows_left
from tests.e2e.test_hand_on import choose, come_back, identity
from tests.e2e.test_keyboard import Keyboard
from tests.e2e.test_offline import keep_pages
from tests.e2e.test_offline import kept as kept_pages

pytestmark = [pytest.mark.e2e]

WHO, NUMBER, BY = "Noor Haddadmarker", "218 555 9157", "Marc Roymarker"
MARKERS = (WHO, NUMBER, NUMBER.replace(" ", ""), BY)


@pytest.fixture
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demonstration for each test alone: what waits in one must not show in another."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


def open_form(page: Page, demo: Demo, kind: str = "colleague") -> None:
    """Read the limits, then see the form and wait for what is fetched meanwhile."""
    page.goto(demo.member(f"{kind}/refer"))
    page.get_by_role("button", name="I have read this").click()
    expect(page.get_by_role("heading", name="Ask a peer to reach out to them")).to_be_visible()
    expect(page.locator("[data-offices-wait]")).to_be_hidden()


def fill(page: Page, *, how: str = "By phone", reach: str = NUMBER, soon: str = "Today", by: str = "") -> None:
    """Fill the form as it stands open."""
    page.get_by_label("Who should a peer reach out to?").fill(WHO)
    page.get_by_role("radio", name=how).check()
    page.locator("#reach").fill(reach)
    page.get_by_role("radio", name=re.compile(f"^{soon}")).check()
    if by:
        page.get_by_label("They may be told that it was me").check()
        page.get_by_label("Your name", exact=True).fill(by)
    if page.locator("#attested").count():
        page.locator("#attested").check()


def send(page: Page, words: str = "Your worry was received.") -> None:
    """Seal and send, and see the one thing there is to see."""
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_role("heading", level=1, name=words)).to_be_visible()


def refer(demo: Demo, page: Page, kind: str = "colleague", **choices: str) -> None:
    """Refer from the first step to the last."""
    open_form(page, demo, kind)
    fill(page, **choices)
    send(page, "Received, thank you." if kind == "manager" else "Your worry was received.")


def seen(page: Page) -> str:
    """Return all that a page says."""
    return page.locator("body").inner_text()


def markers_in(places: dict[str, bytes]) -> list[str]:
    """Return every place that holds a name or number that was typed, in UTF-8 or UTF-16."""
    forms = [form for marker in MARKERS for form in (marker.encode(), marker.encode("utf-16-le"))]
    return [place for place, data in places.items() if any(form in data for form in forms)]


def leave_kept(page: Page) -> object:
    """Return all that a page keeps in its browser, and under which names."""
    return page.evaluate(
        """async () => [{...localStorage}, {...sessionStorage}, document.cookie, (await indexedDB.databases()).length,
        await caches.keys(), history.state, name, location.hash]"""
    )


@pytest.mark.req("A-02", "A-03", "A-16", "A-20", "A-22", "A-31", "B-29", "K-14")
def test_marc_hands_over_his_worry_and_sees_the_same_words_whatever_becomes_of_it(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    """Persona 2: guide, sealed referral, nobody answers at first, the resident says no, nothing of it stays."""
    problems = watch(phone, desktop)
    sent: list[Request] = []
    phone.on("request", lambda request: sent.append(request))  # noqa: PLW0108
    marc = phone.new_page()
    # What the worker keeps for when there is no network is fetched before anything is counted.
    keep_pages(marc, demo.member())
    last = "/ask/pine-county/directory.json"
    until(lambda: [path for paths in kept_pages(marc).values() for path in paths], lambda paths: last in paths)
    wait_silent(marc, sent)
    pages = kept_pages(marc)
    reads_the_guide_and_the_limits(demo, marc)
    fill(marc)
    marc.get_by_text("What does it seem to be about?").first.click()
    marc.get_by_label("A patient safety incident").check()
    send(marc)
    marc.wait_for_load_state("networkidle")
    words, kept, asked = seen(marc), leave_kept(marc), len(sent)
    assert re.search(r"[A-Z][a-z]+ \d{1,2}, 20\d\d", words), "no date"

    wait_called(demo, "bell")
    demo.later(30)
    wait_called(demo, "bell", "dubois")
    renee = inbox(desktop, demo, "dubois")
    sees_an_offer_to_make_and_takes_it(renee)
    assert (seen(marc), leave_kept(marc)) == (words, kept)
    make_contact(renee)
    assert markers_in(everything_kept(demo)) == []
    assert seen(marc) == words
    close(renee)
    assert rows_left(demo) == {}
    assert markers_in(everything_kept(demo)) == []
    assert (seen(marc), leave_kept(marc), len(sent)) == (words, kept, asked), "the referrer's page learnt or asked"
    # What is kept for when there is no network is what everybody keeps who opened the first page, and no more.
    assert kept == [{}, {}, "", 0, list(pages), None, "", ""]
    assert [set(more) - set(pages[name]) for name, more in kept_pages(marc).items()] == [set()]
    assert problems == []


def reads_the_guide_and_the_limits(demo: Demo, marc: Page) -> None:
    """Go from the first page through the guide to a form that has no place for medical details."""
    marc.goto(demo.member())
    marc.get_by_role("link", name="I am worried about a colleague").click()
    expect(marc.get_by_text("Are you thinking about killing yourself?")).to_be_visible()
    expect(marc.get_by_text("retired, former, volunteer and civilian too")).to_be_visible()
    marc.get_by_role("link", name="Ask a peer to reach out to them").click()
    expect(marc.get_by_text("Call 911 first, and stay with them if you can.")).to_be_visible()
    expect(marc.get_by_text("You will not hear back. That keeps them free to say no.")).to_be_visible()
    marc.get_by_role("button", name="I have read this").click()
    assert marc.locator("[data-form] textarea").count() == 0
    expect(marc.get_by_text("They will not be told it was you.")).to_be_visible()
    expect(marc.get_by_role("radio", name=re.compile("^Today"))).to_have_accessible_name(re.compile("30 minutes"))


def sees_an_offer_to_make_and_takes_it(renee: Page) -> None:
    """See a card without a name, the name by a tap, the number and the words of the offer after accepting."""
    see_waiting(renee)
    expect(renee.locator("[data-part=summary]:visible")).to_have_text(
        "A colleague is worried about somebody. Call them with an offer. A patient safety incident"
    )
    read_first(renee)
    facts = renee.locator("[data-part=facts]")
    expect(facts).not_to_contain_text(WHO)
    renee.get_by_role("button", name="See who it is").click()
    expect(facts).to_contain_text(WHO)
    expect(facts).not_to_contain_text(NUMBER)
    accept(renee)
    expect(facts).to_contain_text(NUMBER)
    expect(facts).to_contain_text("Nobody. Who asks did not say their name here.")
    expect(renee.get_by_text("You need not answer, and nothing happens if you say no.")).to_be_visible()
    expect(renee.get_by_text("Who was worried learns nothing back")).to_be_visible()
    expect(renee.get_by_text("The manager learns nothing back")).to_be_hidden()
    expect(renee.get_by_text("No reply box: they did not ask here themselves")).to_be_visible()
    expect(renee.locator("[data-part=conversation]")).to_be_hidden()


def without_marks(page: Page) -> str:
    """Return what a page says, without the mark against forged forms, which is another each time."""
    return re.sub('name="csrfmiddlewaretoken" value="[^"]*"', "", page.locator("main").inner_html())


@pytest.mark.req("A-04", "A-05", "M-13", "K-14")
def test_sergeant_okafor_gives_his_word_and_learns_nothing(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    """Persona 3: unticked is refused, then received; declined, and his account and his page look as before."""
    problems = watch(phone, desktop)
    posts: list[str] = []
    phone.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    account = continue_as(desktop, demo, "okafor")
    before = without_marks(account)
    account.get_by_role("link", name="Ask a peer to reach out to somebody").click()
    expect(account.get_by_role("heading", name="For managers")).to_be_visible()

    page = phone.new_page()
    page.goto(demo.member())
    page.get_by_role("link", name="For managers").click()
    expect(page.get_by_text("a step in discipline, coaching or a performance plan")).to_be_visible()
    page.get_by_role("link", name="Ask a peer to reach out to them").click()
    page.get_by_role("button", name="I have read this").click()
    expect(page.get_by_text("A job matter")).to_have_count(0)
    fill(page, by=BY)
    page.locator("#attested").uncheck()
    page.get_by_role("button", name="Seal and send").click()
    expect(page.locator("#attested-error")).to_contain_text("This cannot be sent without your word.")
    expect(page.locator("#attested")).to_be_focused()
    assert posts == []
    assert requests_kept(demo) == 0
    page.locator("#attested").check()
    expect(page.locator("#attested-error")).to_be_hidden()
    send(page, "Received, thank you.")
    words = seen(page)

    desktop.clear_cookies()
    bell = inbox(desktop, demo, "bell")
    read_first(bell)
    expect(bell.locator("[data-part=facts]:visible")).to_contain_text("A manager asks a peer to reach out to somebody.")
    expect(bell.locator("[data-part=facts]")).not_to_contain_text(BY)
    accept(bell)
    expect(bell.locator("[data-part=facts]:visible")).to_contain_text(f"{BY}You may tell them, and nobody else")
    expect(bell.get_by_text("The manager learns nothing back and must not be told")).to_be_visible()
    expect(bell.get_by_text("Who was worried learns nothing back")).to_be_hidden()
    # Declined: closed before any contact, by the link beside the words of the offer.
    bell.locator("[data-part=referral]").get_by_role("link", name="Close it").click()
    close(bell)
    assert rows_left(demo) == {}
    assert seen(page) == words
    desktop.clear_cookies()
    assert without_marks(continue_as(desktop, demo, "okafor")) == before
    assert problems == []


@pytest.mark.req("A-31")
def test_going_back_and_loading_again_show_an_empty_form(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    refer(demo, page, by=BY)
    page.get_by_role("link", name="How to open the talk").click()
    page.go_back()
    for _ in range(2):
        expect(page.get_by_role("heading", name="Before you share a worry")).to_be_visible()
        expect(page.get_by_role("heading", name="Your worry was received.")).to_be_hidden()
        page.get_by_role("button", name="I have read this").click()
        for field in ("who", "reach", "by"):
            expect(page.locator(f"#{field}")).to_have_value("")
        expect(page.get_by_label("They may be told that it was me")).not_to_be_checked()
        page.reload()


@pytest.mark.req("A-02")
def test_what_is_missing_is_said_beside_the_field_and_nothing_leaves(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    open_form(page, demo)
    button = page.get_by_role("button", name="Seal and send")

    def refused(field: str, words: str) -> None:
        button.click()
        expect(page.locator(f"#{field}-error")).to_contain_text(words)
        expect(page.locator(f"#{field}")).to_be_focused()
        expect(page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")

    page.locator("#who").fill("   ")
    refused("who", "Please say who it is")
    page.locator("#who").fill(WHO)
    expect(page.locator("#who-error")).to_be_hidden()
    refused("reach", "Please say how a peer can reach them.")
    page.locator("#reach").fill("room 5")
    refused("reach", "This does not look like a phone number.")
    page.get_by_role("radio", name="By e-mail").check()
    expect(page.get_by_label("Their e-mail address")).to_be_visible()
    refused("reach", "This does not look like an e-mail address.")
    page.locator("#reach").fill("noor@home.example")
    page.get_by_label("They may be told that it was me").check()
    refused("by", "Please write your name, or take the tick away.")
    page.locator("#by").fill(BY)
    page.get_by_text("Anyone who should not see this?").click()
    for office in page.locator("[data-office]").all():
        office.check()
    button.click()
    expect(page.locator("[data-nobody]")).to_be_visible()
    assert posts == []
    # The name that was typed stays here when the tick is taken away.
    page.locator("[data-office]").first.uncheck()
    page.get_by_label("They may be told that it was me").uncheck()
    send(page)
    assert BY not in opened_by(demo, "ruiz")


def opened_by(demo: Demo, slug: str) -> str:
    """Return the text of the one request there is, opened by an independent reader with a supporter's key."""
    ((envelope,),) = rows(demo.data, "SELECT envelope FROM help_requests_request")
    assert isinstance(envelope, bytes)
    return age_reader.open_with(identity(slug), envelope)


@pytest.mark.req("K-34")
def test_the_server_cannot_tell_a_referral_from_a_request(demo: Demo, phone: BrowserContext) -> None:
    """The same bytes in number, the same headers, the same rows: for the server one is like the other."""
    page = phone.new_page()
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    acts: list[Callable[[], object]] = [
        lambda: refer(demo, page),
        lambda: refer(demo, page, "manager", by=BY),
        lambda: ask(demo, page, soon="Today", way="Just phone me"),
        lambda: ask(demo, page, soon="Today", words="a long night"),
    ]
    # What the server makes by itself at its start is no trace of anybody.
    until(lambda: rows(demo.data, "SELECT 1 FROM anonymous_cell"), bool)
    shapes = [shape_of(demo, act, sent) for act in acts]
    assert shapes[0] == shapes[1] == shapes[2] == shapes[3]
    assert {"help_requests_request", "escalation_ladder", "escalation_alert"} <= shapes[0][-1].keys()


def shape_of(
    demo: Demo, act: Callable[[], object], sent: list[Request]
) -> tuple[str, list[str], int, bytes, bytes, dict[str, list[list[object]]]]:
    """Return all that the server got and wrote down of what was sent, with what is random by its size alone."""
    sent.clear()
    told, before = len(letters(demo)), everything(demo)
    act()
    wait_called(demo, "bell", since=told)
    post = next(one for one in sent if one.url.endswith("/requests"))
    body = post.post_data_buffer or b""
    new = {
        table: [[shape(value) for value in row] for row in held - before[table]]
        for table, held in everything(demo).items()
        if held - before[table]
    }
    return post.url, sorted(post.all_headers()), len(body), body[:18], body[82:106], new


def everything(demo: Demo) -> dict[str, set[tuple[object, ...]]]:
    """Return all rows of all tables."""
    names = rows(demo.data, "SELECT name FROM sqlite_master WHERE type = 'table'")
    return {str(name): set(rows(demo.data, f'SELECT * FROM "{name}"')) for (name,) in names}  # noqa: S608


def shape(value: object) -> object:
    """Return a text or bytes by its size, all else as it is."""
    return len(value) if isinstance(value, str | bytes) else value


@pytest.mark.req("A-05")
def test_a_managers_referral_posted_by_hand_without_his_word_stays_shut_and_can_be_closed(
    demo: Demo, desktop: BrowserContext
) -> None:
    """Nothing on the server can see it; the device of whoever reads it refuses to show it, and says what to do."""
    problems = watch(desktop)
    post_by_hand(demo, {"kind": "manager", "who": WHO})
    bell = inbox(desktop, demo, "bell")
    see_waiting(bell)
    expect(bell.locator("[data-part=summary]:visible")).to_contain_text("So it is not shown. Contact nobody.")
    bell.get_by_role("link", name="Read it first").click()
    trouble = bell.locator("[data-part=keys-trouble]")
    expect(trouble).to_contain_text("without the word that it is no part of discipline, coaching or performance")
    expect(bell.locator("[data-part=facts]")).to_be_hidden()
    bell.get_by_role("button", name="Accept").click()
    expect(bell.get_by_role("button", name="Contact made")).to_be_visible()
    expect(trouble).to_contain_text("Accept it and close it")
    assert WHO not in bell.content()
    assert NUMBER not in bell.content()
    # Nothing that was not opened can be passed on.
    expect(bell.get_by_role("button", name="Pass to somebody")).to_be_hidden()
    bell.get_by_text("Close it", exact=True).last.click()
    close(bell)
    assert rows_left(demo) == {}
    assert problems == []


def post_by_hand(demo: Demo, referral: dict[str, object]) -> None:
    """Seal and post as somebody does who writes their own program."""
    with urllib.request.urlopen(demo.path("/ask/pine-county/candidates.json")) as response:
        listed = json.loads(response.read())
    text = json.dumps({"v": 2, "how": "call", "reach": NUMBER, "referral": referral})
    keys = [one["key"] for one in listed["candidates"]]
    frame = (
        bytes([1, 2])
        + bytes.fromhex(listed["list"])
        + os.urandom(16)
        + hashlib.sha256(os.urandom(16)).digest()
        + bytes(range(len(keys))).ljust(24, b"\xff")
        + age_reader.seal_for(keys, text, 12 if len(keys) <= 12 else 24)
    )
    headers = {"Content-Type": "application/octet-stream", "Sec-Fetch-Site": "same-origin"}
    request = urllib.request.Request(demo.path("/ask/pine-county/requests"), data=frame, headers=headers)
    with urllib.request.urlopen(request) as response:
        assert response.status == 201


@pytest.mark.req("A-02", "D-10")
def test_handing_a_referral_on_keeps_all_of_it(demo: Demo, phone: BrowserContext, desktop: BrowserContext) -> None:
    page = phone.new_page()
    open_form(page, demo, "manager")
    fill(page, how="By text", by=BY)
    page.get_by_text("Anyone who should not see this?").click()
    page.get_by_label("Nobody from Jail").check()
    send(page, "Received, thank you.")
    bell = inbox(desktop, demo, "bell")
    read_first(bell)
    original = opened_by(demo, "bell")
    told = json.loads(original)
    assert told["referral"] == {"kind": "manager", "who": WHO, "by": BY, "attested": True}
    assert (told["v"], told["left_out"], sorted(told)) == (2, ["Jail"], ["how", "left_out", "reach", "referral", "v"])
    accept(bell)
    desktop.clear_cookies()
    gus = come_back(desktop, demo, "moreau")
    gus.close()
    desktop.clear_cookies()
    bell = inbox(desktop, demo, "bell")
    bell.get_by_role("link", name="Open and make contact").click()
    expect(bell.locator("[data-part=facts]:visible")).to_contain_text(WHO)
    choose(bell, "Pass to somebody", "Gus Moreau")
    expect(bell.get_by_text("Gus Moreau is being called to take it over.")).to_be_visible()
    ((copy,),) = rows(demo.data, "SELECT envelope FROM help_requests_handedon")
    assert isinstance(copy, bytes)
    assert age_reader.open_with(identity("moreau"), copy) == original
    desktop.clear_cookies()
    gus = inbox(desktop, demo, "moreau")
    gus.get_by_role("link", name="Read it first").click()
    expect(gus.locator("[data-part=facts]:visible")).to_contain_text("A manager asks a peer to reach out to somebody.")
    gus.get_by_role("button", name="Take it over").click()
    expect(gus.locator("[data-part=facts]:visible")).to_contain_text(BY)
    expect(gus.get_by_text("The manager learns nothing back and must not be told")).to_be_visible()
    expect(gus.get_by_role("link", name=f"Text {NUMBER}")).to_be_visible()


@pytest.mark.req("A-03")
def test_an_answer_lost_on_the_way_stores_one_referral_also_when_it_was_changed_meanwhile(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    lost: list[int] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    page.route("**/requests", lose_the_first)
    open_form(page, demo)
    fill(page)
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_text("Everything you typed is still here.")).to_be_visible()
    expect(page.locator("#who")).to_have_value(WHO)
    page.get_by_role("button", name="Stop trying").click()
    expect(page.get_by_text("Not sent. Everything you typed is still here.")).to_be_visible()
    assert (lost, requests_kept(demo)) == ([201], 1)
    page.locator("#reach").fill("218 555 0000")
    send(page)
    assert requests_kept(demo) == 1
    assert json.loads(opened_by(demo, "bell"))["reach"] == "218 555 0000"


@pytest.mark.req("A-02", "A-04")
def test_a_manager_refers_by_keyboard_alone(demo: Demo, phone: BrowserContext) -> None:
    problems = watch(phone)
    page = phone.new_page()
    page.goto(demo.member())
    keys = Keyboard(page)
    keys.press("For managers")
    expect(page.get_by_role("heading", name="For managers")).to_be_visible()
    keys.press("Ask a peer to reach out to them")
    expect(page.get_by_role("heading", name="Before you ask for somebody")).to_be_visible()
    keys.press("I have read this")
    keys.is_at("Ask a peer to reach out to them")
    keys.type("Who should a peer reach out to", WHO)
    # Enter in a field sends nothing by mistake.
    page.keyboard.press("Enter")
    keys.type("Their number", NUMBER)
    keys.press("They may be told that it was me", "Space")
    keys.type("Your name", BY)
    keys.press("Seal and send")
    expect(page.locator("#attested")).to_be_focused()
    page.keyboard.press("Space")
    keys.press("Seal and send")
    keys.is_at("Received, thank you")
    assert problems == []


@pytest.mark.req("A-25")
def test_each_state_of_a_referral_has_no_violation(
    demo: Demo, window: BrowserContext, other: BrowserContext, look: Look
) -> None:
    page = window.new_page()
    for kind in ("colleague", "manager"):
        page.goto(demo.member(kind))
        look.at(page, kind)
        page.goto(demo.member(f"{kind}/refer"))
        look.at(page, f"{kind}: limits")
        open_form(page, demo, kind)
        look.at(page, f"{kind}: form")
        page.eval_on_selector_all("main details", "folds => folds.forEach((fold) => (fold.open = true))")
        for box in page.locator("[data-topic], [data-office], [data-named]").all():
            box.check()
        page.get_by_role("button", name="Seal and send").click()
        expect(page.locator("#who-error")).to_be_visible()
        look.at(page, f"{kind}: form unfolded, nobody left, name missing")
        fill(page, by=BY)
        for office in page.locator("[data-office]").all():
            office.uncheck()
        if kind == "manager":
            page.locator("#attested").uncheck()
            page.get_by_role("button", name="Seal and send").click()
            look.at(page, "manager: not attested")
            page.locator("#attested").check()
        window.set_offline(True)
        page.get_by_role("button", name="Seal and send").click()
        expect(page.locator("[data-sending-notice]:visible")).to_contain_text("no connection")
        look.at(page, f"{kind}: no connection")
        window.set_offline(False)
        expect(page.locator("[data-step=received]")).to_be_visible(timeout=20_000)
        look.at(page, f"{kind}: received")
    post_by_hand(demo, {"kind": "manager", "who": WHO})
    bell = inbox(other, demo, "bell")
    until(
        lambda: bell.reload() and bell.get_by_role("link", name="Read it first").count(), lambda waiting: waiting == 3
    )
    expect(bell.get_by_text("Contact nobody.")).to_be_visible()
    look.at(bell, "inbox with three referrals")
    for name in ("A colleague", "A manager asks a peer", "Contact nobody"):
        bell.goto(demo.path("/in/team/"))
        card = bell.locator("article.card", has_text=name)
        expect(card).to_have_count(1)
        card.get_by_role("link", name="Read it first").click()
        bell.wait_for_load_state("networkidle")
        look.at(bell, f"read first: {name}")
        bell.get_by_role("button", name="Accept").click()
        expect(bell.get_by_role("button", name="Contact made")).to_be_visible()
        bell.wait_for_load_state("networkidle")
        look.at(bell, f"mine: {name}")
