"""A request written without a network waits on the phone, sealed, and is sent once when there is one."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from alongside.site.demo.poster import poster_part
from tests.e2e.acts import (
    NUMBER,
    called,
    cancel,
    fill_form,
    letters,
    open_form,
    requests_kept,
    send,
    sent_to,
    until,
    wait_called,
    wait_noted,
)
from tests.e2e.conftest import PHONE, Demo
from tests.e2e.test_choose_a_peer import ask_form, choose
from tests.e2e.test_offline import keep_pages
from tests.e2e.test_shared_terminal import stored

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("a_calm_hour", "nothing_left")]

KEEP = "Keep it on this phone and send when there is a network"
WORDS = "a hard call at the quarry"
# All that lies in the browser's database, as a script of this very page would find it.
LYING = """async () => {
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open("page-pine-county");
    request.onsuccess = () => resolve(request.result); request.onerror = reject; });
  const rows = await new Promise((resolve) => {
    const request = database.transaction("kept").objectStore("kept").getAll();
    request.onsuccess = () => resolve(request.result); });
  database.close();
  return Promise.all(rows.map(async (row) => ({ state: row.state, tried: row.tried, extractable: row.key.extractable,
    exported: await crypto.subtle.exportKey("raw", row.key).then(() => "yes", (error) => error.name),
    text: new TextDecoder().decode(row.box) })));
}"""
# A crash in the middle, or days that pass: the row as it would be found.
CHANGE_ROW = """async (change) => {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("page-pine-county"); request.onsuccess = () => resolve(request.result); });
  const store = database.transaction("kept", "readwrite").objectStore("kept");
  const rows = await new Promise((resolve) => {
    const request = store.getAll(); request.onsuccess = () => resolve(request.result); });
  await new Promise((resolve) => {
    const request = store.put({ ...rows[0], ...change }); request.onsuccess = resolve; });
  database.close();
}"""


def wait_stored(demo: Demo, page: Page, count: int) -> None:
    """Wait for the server without holding up what the page's network is asked to do."""
    for _ in range(300):
        if requests_kept(demo) == count:
            return
        page.wait_for_timeout(100)
    raise AssertionError(requests_kept(demo))


def write_offline(demo: Demo, phone: BrowserContext, page: Page, **choices: str) -> None:
    """Open the form with a network, lose it, and keep what was written."""
    open_form(page, demo.member("ask"))
    phone.set_offline(True)
    fill_form(page, words=WORDS, **choices)
    keep_it(page)


def keep_it(page: Page) -> None:
    """Try to send without a network, and keep it instead."""
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_text("Not sent: there is no connection.")).to_be_visible()
    page.get_by_role("button", name=KEEP).click()
    expect(page.get_by_role("heading", name="Kept on this phone. Not sent yet.")).to_be_visible()


def wait_lying(page: Page, *states: str) -> None:
    """Wait until what lies on the phone is in these states."""
    until(lambda: sorted(row["state"] for row in page.evaluate(LYING)), lambda found: found == sorted(states))


def wait_forgotten(page: Page) -> None:
    """Wait until the browser holds no way back."""
    until(lambda: stored(page)["local"], lambda found: found == [])


def unsigned(route: Route) -> None:
    """Answer with the list as a server would that put keys of its own into it."""
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "roster": None})


@pytest.mark.req("A-03", "A-25", "K-22")
def test_written_offline_it_waits_sealed_and_is_sent_once_with_a_network(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    statuses = sent_to(page, "/requests")
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    assert requests_kept(demo) == 0
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Not sent yet.")
    expect(page.get_by_role("link", name="Call 988")).to_be_visible()
    (lying,) = page.evaluate(LYING)
    assert (lying["extractable"], lying["exported"]) == (False, "InvalidAccessError")
    assert NUMBER not in lying["text"]
    assert WORDS not in lying["text"]
    # What is kept does not stay on the screen.
    expect(page.locator("#reach")).to_have_value("")
    # Closed and opened again without a network: it is still said.
    page.goto(demo.member())
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Not sent yet.")
    phone.set_offline(False)
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Sent at")
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text(re.compile("being alerted"))
    assert requests_kept(demo) == 1
    wait_noted(page, statuses, 201)
    expect(page.locator("[data-waiting-list] .words li")).to_have_count(12)
    words = page.locator("[data-waiting-list] .words li").all_text_contents()
    wait_lying(page, "sent")
    page.get_by_role("button", name="Done").click()
    expect(page.locator("[data-waiting]")).to_be_hidden()
    wait_lying(page)
    wait_forgotten(page)
    page.goto(demo.member("back"))
    page.get_by_label("Your 12 words").fill(" ".join(words))
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    cancel(page)
    assert requests_kept(demo) == 0


@pytest.mark.req("A-03")
def test_kept_for_this_device_it_is_followed_from_the_way_back(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page, way="This device", soon="Today")
    phone.set_offline(False)
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Sent at")
    page.get_by_role("button", name="Done").click()
    page.goto(demo.member("back"))
    page.locator("[data-kept-list] button").first.click()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    cancel(page)


@pytest.mark.req("A-03", "D-21")
def test_two_pages_that_send_at_once_make_one_request(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    pages = [page, phone.new_page(), phone.new_page()]
    for other in pages[1:]:
        other.goto(demo.member())
        expect(other.locator("[data-waiting-list]:visible")).to_contain_text("Not sent yet.")
    posts = [sent_to(one, "/requests") for one in pages]
    phone.set_offline(False)
    for one in pages:
        one.evaluate("dispatchEvent(new Event('online'))")
    wait_stored(demo, page, 1)
    page.wait_for_timeout(1500)
    until(
        lambda: page.wait_for_timeout(50) or sorted(status for found in posts for status in found),
        lambda found: found == [201],
    )
    for one in pages:
        one.reload()
        expect(one.locator("[data-waiting-list]:visible")).to_contain_text("Sent at")
    discard(demo, page)


def discard(demo: Demo, page: Page) -> None:
    """Take the one request back by its words."""
    expect(page.locator("[data-waiting-list] .words li")).to_have_count(12)
    words = page.locator("[data-waiting-list] .words li").all_text_contents()
    page.get_by_role("button", name="Done").click()
    page.goto(demo.member("back"))
    page.get_by_label("Your 12 words").fill(" ".join(words))
    page.get_by_role("button", name="Open").click()
    cancel(page)


@pytest.mark.req("A-03", "D-21")
def test_a_page_that_dies_between_sending_and_deleting_makes_no_second_request(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)

    def arrives_unheard(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/requests", arrives_unheard)
    phone.set_offline(False)
    wait_stored(demo, page, 1)
    page.close()
    page = phone.new_page()
    statuses = sent_to(page, "/requests")
    page.goto(demo.member())
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Sent at")
    assert statuses == [], "the server knew of it"
    assert requests_kept(demo) == 1
    discard(demo, page)


@pytest.mark.req("A-03", "D-21")
def test_one_that_may_have_been_sent_and_closed_long_ago_is_never_sent_again_unasked(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    page.evaluate(CHANGE_ROW, {"tried": "2020-01-01T00:00:00.000Z"})
    statuses = sent_to(page, "/requests")
    phone.set_offline(False)
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("This may have been sent")
    assert statuses == []
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Sent at")
    wait_noted(page, statuses, 201)
    discard(demo, page)


@pytest.mark.req("A-03")
def test_one_written_long_ago_is_asked_about_instead_of_sent(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    page.evaluate("(change) => (" + CHANGE_ROW + ")({ written: new Date(Date.now() - 5 * 3600e3).toISOString() })", {})
    phone.set_offline(False)
    page.reload()
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("You wrote this a while ago.")
    page.wait_for_timeout(1000)
    assert requests_kept(demo) == 0
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("[data-waiting]")).to_be_hidden()
    wait_lying(page)


@pytest.mark.req("A-03", "A-08")
def test_it_can_be_changed_and_deleted_before_it_goes(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page, soon="Today")
    page.goto(demo.member())
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_role("heading", name="Ask a peer to contact you")).to_be_visible()
    expect(page.locator("#reach")).to_have_value(NUMBER)
    expect(page.locator("#words")).to_have_value(WORDS)
    expect(page.get_by_role("radio", name=re.compile("^Today"))).to_be_checked()
    phone.set_offline(False)
    page.wait_for_timeout(1500)
    assert requests_kept(demo) == 0, "nothing goes while it is being changed"
    page.locator("#words").fill("something else")
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    assert requests_kept(demo) == 1
    wait_lying(page)
    cancel(page)
    page.goto(demo.member())
    expect(page.locator("[data-waiting]")).to_be_hidden()


@pytest.mark.req("A-03", "D-21")
def test_deleting_one_that_may_have_arrived_takes_it_back_there(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)

    def arrives_unheard(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/requests", arrives_unheard)
    phone.set_offline(False)
    wait_stored(demo, page, 1)
    phone.set_offline(True)
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Taking it back needs a network.")
    phone.set_offline(False)
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("[data-waiting]")).to_be_hidden()
    assert requests_kept(demo) == 0


@pytest.mark.req("A-03")
@pytest.mark.parametrize("why", ["database refused", "no room"])
def test_where_nothing_can_be_kept_it_says_so_and_the_form_stays(demo: Demo, phone: BrowserContext, why: str) -> None:
    phone.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };"
        if why == "database refused"
        else "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };"
    )
    page = phone.new_page()
    keep_pages(page, demo.member())
    open_form(page, demo.member("ask"))
    phone.set_offline(True)
    fill_form(page, words=WORDS)
    page.get_by_role("button", name="Seal and send").click()
    page.get_by_role("button", name=KEEP).click()
    expect(page.get_by_text("This browser keeps nothing, so it could not be kept.")).to_be_visible()
    expect(page.locator("#words")).to_have_value(WORDS)
    expect(page.locator("#reach")).to_have_value(NUMBER)
    phone.set_offline(False)
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    cancel(page)


@pytest.mark.req("A-25", "K-26")
def test_a_shared_computer_is_never_offered_to_keep_it(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    open_form(page, demo.member("ask#shared"))
    phone.set_offline(True)
    fill_form(page, words=WORDS)
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_text("Not sent: there is no connection.")).to_be_visible()
    expect(page.get_by_role("button", name=KEEP)).to_be_hidden()
    phone.set_offline(False)
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    cancel(page)


@pytest.mark.req("A-25")
def test_leaving_works_from_what_waits_without_a_network(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    # A page that leaves, and a new one, may have a network for a moment although their window has none.
    phone.route("**/candidates.json", lambda route: route.abort("internetdisconnected"))
    page.get_by_role("link", name="Leave now").click()
    page.wait_for_url(lambda url: "/ask/" not in url)
    back = phone.new_page()
    phone.set_offline(True)
    back.goto(demo.member())
    expect(back.locator("[data-waiting-list]:visible")).to_contain_text("Not sent yet.")
    back.get_by_role("button", name="Delete").click()
    expect(back.locator("[data-waiting]")).to_be_hidden()


@pytest.mark.req("A-03", "A-25")
def test_a_form_opened_without_a_network_can_be_filled_kept_and_sent(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    phone.set_offline(True)
    page.goto(demo.member("ask"))
    page.get_by_role("button", name="I have read this").click()
    expect(page.get_by_role("heading", name="Ask a peer to contact you")).to_be_visible()
    fill_form(page, words=WORDS, way="Just phone me")
    page.get_by_role("button", name="Seal and send").click()
    page.get_by_role("button", name=KEEP).click()
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Not sent yet.")
    phone.set_offline(False)
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Sent at")
    expect(page.get_by_text("Nobody has been alerted.")).to_be_hidden()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    assert requests_kept(demo) == 1


NOT_OVER = "Nobody in my chain of command"


def ana_and_nobody_over_me(demo: Demo, phone: BrowserContext) -> Page:
    """Choose a peer by their card with a network, lose it, leave out who leads the own office, and keep it."""
    page = choose(demo, phone, poster_part())
    keep_pages(page, demo.member("choose"))
    expect(page.locator("[data-peers] > li").first).to_be_visible()
    ask_form(page, "Ask this peer: Ana")
    expect(page.get_by_text("You are asking Ana.")).to_be_visible()
    phone.set_offline(True)
    page.get_by_text("Anyone who should not see this?").click()
    page.get_by_label("Which office is yours?").select_option(label="Jail")
    page.get_by_label(NOT_OVER).check()
    fill_form(page, words=WORDS)
    keep_it(page)
    return page


def only_as_chosen(demo: Demo, since: int) -> None:
    """See that the chosen peer is called first and who leads the own office never."""
    wait_called(demo, "ruiz", since=since)
    demo.later(20)
    everybody = until(lambda: called(demo, since), lambda found: {"ruiz", "bell", "dubois"} <= set(found))
    assert "novak" not in everybody, "somebody who leads the own office was called"


@pytest.mark.req("A-03", "A-06", "A-08", "A-25")
def test_the_chosen_peer_and_who_is_left_out_are_kept_until_it_goes(demo: Demo, phone: BrowserContext) -> None:
    page = ana_and_nobody_over_me(demo, phone)
    (lying,) = page.evaluate(LYING)
    assert "Jail" not in lying["text"]
    assert '"peer"' not in lying["text"]
    since = len(letters(demo))
    # Closed, and sent days or minutes later from the first page.
    page.goto(demo.member())
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Not sent yet.")
    phone.set_offline(False)
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Sent at")
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("The first peer is being alerted.")
    only_as_chosen(demo, since)
    discard(demo, page)


@pytest.mark.req("A-03", "A-06", "A-08", "A-25")
def test_the_chosen_peer_and_who_is_left_out_are_still_there_when_it_is_changed(
    demo: Demo, phone: BrowserContext
) -> None:
    page = ana_and_nobody_over_me(demo, phone)
    page.goto(demo.member())
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_role("heading", name="Ask a peer to contact you")).to_be_visible()
    expect(page.locator("[data-chosen-who]:visible")).to_have_text("You are asking Ana.")
    expect(page.get_by_label("Which office is yours?")).to_be_visible()
    expect(page.get_by_label("Which office is yours?")).to_have_value("Jail")
    expect(page.get_by_label(NOT_OVER)).to_be_checked()
    since = len(letters(demo))
    phone.set_offline(False)
    page.locator("#words").fill("something else")
    send(page)
    expect(page.locator("[data-ladder]:visible")).to_contain_text("The peer you chose")
    only_as_chosen(demo, since)
    cancel(page)


@pytest.mark.req("A-03", "A-25")
def test_what_waits_does_not_go_where_the_list_is_not_the_posters(demo: Demo, phone: BrowserContext) -> None:
    """Neither from a page that has the notice about it nor from one that has none."""
    page = phone.new_page()
    keep_pages(page, f"{demo.member()}#{poster_part()}")
    write_offline(demo, phone, page)
    page.goto(demo.member())
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Not sent yet.")
    page.route("**/candidates.json", unsigned)
    phone.set_offline(False)
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("the list of peers could not be checked")
    assert requests_kept(demo) == 0
    page.unroute("**/candidates.json")
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Sent at")
    discard(demo, page)


@pytest.mark.req("A-03", "A-06")
def test_changing_one_for_the_team_does_not_turn_it_to_the_peer_chosen_for_another(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    page.evaluate(CHANGE_ROW, {"state": "held"})
    phone.set_offline(False)
    page = choose(demo, phone, poster_part())
    ask_form(page, "Ask this peer: Ana")
    expect(page.get_by_text("You are asking Ana.")).to_be_visible()
    page.get_by_role("button", name="Change").click()
    expect(page.locator("[data-chosen]")).to_be_hidden()
    send(page)
    expect(page.locator("[data-ladder] li").first).to_be_visible()
    expect(page.locator("[data-ladder]")).not_to_contain_text("The peer you chose")
    cancel(page)


@pytest.mark.req("A-03", "A-06")
def test_a_choice_whose_card_cannot_be_loaded_stays_and_holds(demo: Demo, browser: Browser) -> None:
    """No worker keeps anything here: the phone is new, and its network is bad."""
    phone = browser.new_context(viewport=PHONE, locale="en-CA", service_workers="block")
    page = choose(demo, phone)
    href = page.get_by_role("link", name="Ask this peer").last.get_attribute("href") or ""
    whom = _first_called(demo, phone, href)
    page = phone.new_page()
    page.route("**/directory.json", lambda route: route.abort("connectionreset"))
    open_form(page, demo.path(href))
    expect(page.locator("[data-chosen-who]:visible")).to_have_text(
        "You are asking the peer you chose. Their card could not be loaded just now."
    )
    page.unroute("**/directory.json")
    since = len(letters(demo))
    fill_form(page)
    send(page)
    wait_called(demo, whom, since=since)
    cancel(page)
    phone.close()


def _first_called(demo: Demo, phone: BrowserContext, href: str) -> str:
    """Return whom a request calls that is made from this address with a good network."""
    page = phone.new_page()
    open_form(page, demo.path(href))
    since = len(letters(demo))
    fill_form(page)
    send(page)
    (whom,) = until(lambda: called(demo, since), lambda found: len(found) == 1)
    cancel(page)
    page.close()
    return whom
