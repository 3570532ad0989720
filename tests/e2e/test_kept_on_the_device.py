"""What a member's device keeps: a worry written without a network, drafts, ways back, and what a poster brought."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from alongside.site.demo.poster import poster_part
from tests.e2e.acts import cancel, fill_form, letters, open_form, requests_kept, send, sent_to, wait_called, wait_noted
from tests.e2e.conftest import Demo, continue_as
from tests.e2e.looking import Look
from tests.e2e.test_choose_a_peer import ask_form, choose
from tests.e2e.test_offline import keep_pages
from tests.e2e.test_referrals import BY, WHO, opened_by
from tests.e2e.test_referrals import NUMBER as THEIRS
from tests.e2e.test_referrals import fill as fill_worry
from tests.e2e.test_referrals import open_form as open_worry
from tests.e2e.test_shared_terminal import NOTHING, stored, until
from tests.e2e.test_written_offline import (
    CHANGE_ROW,
    KEEP,
    LYING,
    discard,
    keep_it,
    unsigned,
    wait_forgotten,
    wait_lying,
    wait_stored,
    write_offline,
)

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("a_calm_hour", "nothing_left")]

# A browser without the list of databases, which the test itself may ask all the same.
NO_LIST = """window.listed = indexedDB.databases.bind(indexedDB);
delete IDBFactory.prototype.databases;"""
KEPT_STILL = """async () => {
  const databases = await (window.listed ?? (() => indexedDB.databases()))();
  return { databases: databases.map((one) => one.name), local: Object.keys(localStorage) };
}"""
OFFER = "This browser still keeps something from before"
RECEIVED = {"colleague": "Your worry was received.", "manager": "Received, thank you."}


def keep_worry(demo: Demo, phone: BrowserContext, page: Page, kind: str = "colleague") -> None:
    """Open the form of a worry with a network, lose it, and keep what was written."""
    open_worry(page, demo, kind)
    phone.set_offline(True)
    fill_worry(page, by=BY)
    keep_it(page)


def arrives_unheard(route: Route) -> None:
    """Let a post arrive, and its answer be lost."""
    route.fetch()
    route.abort("connectionreset")


def have_values(page: Page, *values: str) -> None:
    """See what stands in the fields of a worry."""
    for field, value in zip(("who", "reach", "by"), values, strict=True):
        expect(page.locator(f"#{field}")).to_have_value(value)


def waits(page: Page) -> None:
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Not sent yet.")


@pytest.mark.req("A-02", "A-03", "A-04", "A-25", "K-22")
@pytest.mark.parametrize("kind", ["colleague", "manager"])
def test_a_worry_written_without_a_network_waits_sealed_and_goes_once_and_then_nothing_of_it_stays(
    demo: Demo, phone: BrowserContext, kind: str
) -> None:
    page = phone.new_page()
    posts: list[str] = []
    phone.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    keep_pages(page, demo.member())
    keep_worry(demo, phone, page, kind)
    posts.clear()
    assert requests_kept(demo) == 0
    (lying,) = page.evaluate(LYING)
    assert (lying["extractable"], lying["exported"]) == (False, "InvalidAccessError")
    assert not [one for one in (WHO, THEIRS, BY) if one in lying["text"]]
    have_values(page, "", "", "")
    # Closed, and opened again on the first page: it is said, and not for whom.
    page.goto(demo.member())
    waits(page)
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("For somebody else")
    assert WHO not in page.content()
    phone.set_offline(False)
    words = page.locator("[data-waiting-list]:visible")
    expect(words).to_contain_text(RECEIVED[kind])
    expect(words).to_contain_text("This is all you will ever see here, whatever happens.")
    assert [url.rpartition("/")[2] for url in posts] == ["requests"], "nobody asks how a worry stands"
    assert requests_kept(demo) == 1
    assert f'"kind":"{kind}"' in opened_by(demo, "bell")
    assert WHO in opened_by(demo, "bell")
    wait_lying(page)
    wait_forgotten(page)
    page.reload()
    expect(page.get_by_role("link", name="Choose a peer")).to_be_visible()
    expect(page.locator("[data-waiting]")).to_be_hidden()


@pytest.mark.req("A-02", "A-31")
def test_a_worry_kept_and_sent_from_its_own_page_says_the_one_thing_that_is_ever_said(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    keep_worry(demo, phone, page)
    expect(page.get_by_role("heading", name="Kept on this phone. Not sent yet.")).to_be_visible()
    phone.set_offline(False)
    expect(page.get_by_role("heading", level=1, name=RECEIVED["colleague"])).to_be_visible()
    expect(page.get_by_text("Nobody has been alerted.")).to_be_hidden()
    # Going back to it shows what everybody sees.
    page.goto(demo.member())
    page.go_back()
    expect(page.get_by_role("heading", name="Before you share a worry")).to_be_visible()
    expect(page.get_by_text(RECEIVED["colleague"]).first).to_be_hidden()


@pytest.mark.req("A-02", "A-03")
def test_a_worry_that_waits_can_be_changed_and_deleted(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    keep_worry(demo, phone, page, "manager")
    page.goto(demo.member())
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_role("heading", name="Ask a peer to reach out to them")).to_be_visible()
    have_values(page, WHO, THEIRS, BY)
    expect(page.locator("#attested")).to_be_checked()
    page.locator("#reach").fill("218 555 0000")
    phone.set_offline(False)
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_role("heading", level=1, name=RECEIVED["manager"])).to_be_visible()
    wait_lying(page)
    assert requests_kept(demo) == 1
    assert "218 555 0000" in opened_by(demo, "bell")
    keep_worry(demo, phone, page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Nothing is kept on this phone any more.")).to_be_visible()
    wait_lying(page)


@pytest.mark.req("A-03", "D-21")
def test_a_worry_whose_answer_was_lost_makes_no_second_one_and_is_not_asked_about(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    keep_worry(demo, phone, page)

    page.route("**/requests", arrives_unheard)
    phone.set_offline(False)
    wait_stored(demo, page, 1)
    page.close()
    page = phone.new_page()
    statuses, asked = sent_to(page, "/requests"), sent_to(page, "/progress")
    page.goto(demo.member())
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text(RECEIVED["colleague"])
    wait_noted(page, statuses, 200)
    assert (asked, requests_kept(demo)) == ([], 1)


@pytest.mark.req("A-03", "D-21")
def test_a_worry_that_may_have_arrived_long_ago_is_asked_about_in_words_that_fit(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    keep_worry(demo, phone, page)
    page.evaluate(CHANGE_ROW, {"tried": "2020-01-01T00:00:00.000Z"})
    statuses = sent_to(page, "/requests")
    phone.set_offline(False)
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("You can send it again, or delete it.")
    expect(page.locator("[data-waiting-list]:visible")).not_to_contain_text("reached you")
    assert statuses == []
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("[data-waiting]")).to_be_hidden()
    wait_lying(page)
    assert requests_kept(demo) == 0


@pytest.mark.req("A-25", "K-26")
def test_a_worry_is_never_kept_on_a_shared_computer(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(demo.member("colleague/refer#shared"))
    page.get_by_role("button", name="I have read this").click()
    expect(page.locator("[data-offices-wait]")).to_be_hidden()
    offered_without_the_list(page)
    expect(page.get_by_role("button", name=KEEP)).to_be_hidden()
    assert page.locator("#who").input_value() == WHO
    # The very same steps without the mark: there it is offered.
    own = phone.new_page()
    open_worry(own, demo, "colleague")
    offered_without_the_list(own)
    expect(own.get_by_role("button", name=KEEP)).to_be_visible()


def offered_without_the_list(page: Page) -> None:
    """Try to send where only posting fails: the code that offers to keep it can be loaded."""
    page.route("**/requests", lambda route: route.abort("internetdisconnected"))
    fill_worry(page)
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_text("Not sent: there is no connection.")).to_be_visible()
    page.wait_for_load_state("networkidle")


def write_another(page: Page, demo: Demo, words: str) -> None:
    """Write one more, without a network all along, and keep it."""
    page.goto(demo.member("ask"))
    page.get_by_role("button", name="I have read this").click()
    fill_form(page, words=words)
    keep_it(page)


@pytest.mark.req("A-03")
def test_the_one_that_was_tapped_is_changed_and_may_be_kept_again_where_three_wait(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    phone.set_offline(True)
    for words in ("the first", "the second", "the third"):
        write_another(page, demo, words)
    page.goto(demo.member())
    expect(page.locator("[data-waiting-list] > li")).to_have_count(3)
    # One that somebody began to change before stays as it is.
    page.get_by_role("button", name="Change").first.click()
    expect(page.locator("#words")).not_to_have_value("")
    first = page.locator("#words").input_value()
    page.goto(demo.member())
    page.get_by_role("button", name="Change").last.click()
    expect(page.locator("#words")).not_to_have_value("")
    assert page.locator("#words").input_value() != first
    page.locator("#words").fill("changed")
    keep_it(page)
    until(lambda: page.evaluate(LYING), lambda found: len(found) == 3)
    # A fourth one is too many, and stays where it was typed.
    page.goto(demo.member("ask"))
    page.get_by_role("button", name="I have read this").click()
    fill_form(page, words="the fourth")
    page.get_by_role("button", name="Seal and send").click()
    page.get_by_role("button", name=KEEP).click()
    expect(page.get_by_text("so it could not be kept.")).to_be_visible()
    assert page.locator("#words").input_value() == "the fourth"
    assert len(page.evaluate(LYING)) == 3


@pytest.mark.req("A-03", "K-26")
def test_deleting_what_waits_deletes_the_way_back_to_it_too(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page, way="This device")
    # The team is there and takes nothing now: the way back is kept before each try.
    page.route("**/requests", lambda route: route.fulfill(status=503))
    phone.set_offline(False)
    until(lambda: stored(page)["local"], lambda found: "page-pine-county" in found)
    expect(page.get_by_text("There is a network. Sealing and sending.")).to_be_hidden()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("[data-waiting]")).to_be_hidden()
    wait_lying(page)
    wait_forgotten(page)


@pytest.mark.req("A-03", "A-06")
@pytest.mark.parametrize("answer", ["heard", "lost"])
def test_a_chosen_peer_who_went_before_it_was_sent_is_said(
    demo: Demo, phone: BrowserContext, other: BrowserContext, answer: str
) -> None:
    page = choose(demo, phone, poster_part())
    keep_pages(page, demo.member("choose"))
    ask_form(page, "Ask this peer: Fay")
    expect(page.get_by_text("You are asking Fay.")).to_be_visible()
    phone.set_offline(True)
    fill_form(page)
    keep_it(page)
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("If the peer you chose cannot be asked by then")
    fay = continue_as(other, demo, "lindqvist")
    fay.goto(demo.path("/in/team/me"))
    fay.get_by_role("button", name=re.compile("leave", re.IGNORECASE)).first.click()
    if answer == "lost":
        page.route("**/requests", arrives_unheard)
        phone.set_offline(False)
        wait_stored(demo, page, 1)
        page.close()
        page = phone.new_page()
        page.goto(demo.member())
    phone.set_offline(False)
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Sent at")
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text(
        "The peer you chose could not be asked any more. Your team is asked instead."
    )
    discard(demo, page)
    fay.goto(demo.path("/in/team/me"))
    fay.get_by_role("button", name=re.compile("back", re.IGNORECASE)).first.click()
    again = demo.module("tests.e2e.cards_again")
    assert again.returncode == 0, again.stderr


# Writing a row of which this holds says that the storage is full, as long as the page says so.
FULL = """window.full = true;
const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (row) {
  if (window.full && (%s)) throw new DOMException("full", "QuotaExceededError");
  return put.apply(this, arguments);
};"""


@pytest.mark.req("A-03", "D-21")
def test_what_was_stored_is_said_to_be_sent_where_that_cannot_be_written_down(
    demo: Demo, phone: BrowserContext
) -> None:
    phone.add_init_script(FULL % "row.state === 'sent'")
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    page.goto(demo.member())
    statuses = sent_to(page, "/requests")
    phone.set_offline(False)
    rows = page.locator("[data-waiting-list]:visible")
    expect(rows).to_contain_text(re.compile("Sent at .* could not write that down"))
    expect(rows).not_to_contain_text("Not sent")
    assert requests_kept(demo) == 1
    # There is room again: the server knows of it, and nothing goes twice.
    page.evaluate("window.full = false")
    page.get_by_role("button", name="Send now").click()
    expect(rows).to_contain_text("Your way back is these 12 words.")
    wait_noted(page, statuses, 201)
    assert requests_kept(demo) == 1
    discard(demo, page)


@pytest.mark.req("A-03")
def test_where_a_try_cannot_be_written_down_nothing_goes_and_the_reason_and_whom_to_call_are_said(
    demo: Demo, phone: BrowserContext
) -> None:
    phone.add_init_script(FULL % "row.tried")
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    page.goto(demo.member())
    phone.set_offline(False)
    rows = page.locator("[data-waiting-list]:visible")
    why = "Not sent: this browser could not write down that it goes."
    expect(rows).to_contain_text(why)
    page.get_by_role("button", name="Send now").click()
    expect(rows).to_contain_text(why)
    expect(rows).not_to_contain_text("no connection")
    expect(page.get_by_role("link", name="Call 988").first).to_be_visible()
    assert requests_kept(demo) == 0
    page.evaluate("window.full = false")
    page.get_by_role("button", name="Send now").click()
    expect(rows).to_contain_text("Sent at")
    assert requests_kept(demo) == 1
    discard(demo, page)


@pytest.mark.req("A-04", "K-22")
def test_a_worry_that_went_unseen_is_said_days_later_and_then_nothing_of_it_stays(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    keep_worry(demo, phone, page)
    went = "{ state: 'sent', sent: new Date(Date.now() - 50 * 3600e3).toISOString() }"
    page.evaluate("(change) => (" + CHANGE_ROW + f")({went})", {})
    # Without a network all along: no page in front looks again before this one.
    page.goto(demo.member())
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text(RECEIVED["colleague"])
    until(lambda: page.evaluate(LYING), lambda found: found == [])


def here_is_the_list(page: Page) -> None:
    """Wait for the list of peers; what says that it comes is folded away, and hidden in any case."""
    expect(page.locator("[data-offices] input").first).to_be_attached()


@pytest.mark.req("A-03", "A-08")
def test_what_was_said_about_a_wish_is_still_said_when_it_is_changed(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    open_form(page, demo.member("ask"))
    here_is_the_list(page)
    phone.set_offline(True)
    page.get_by_text("When, what about, who").click()
    page.get_by_label("Somebody who speaks").select_option(label="Spanish")
    page.get_by_label("Call a peer first who fits my wish").uncheck()
    fill_form(page)
    keep_it(page)
    page.goto(demo.member())
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_label("Somebody who speaks")).to_be_visible()
    expect(page.get_by_label("Somebody who speaks")).to_have_value("es")
    expect(page.get_by_label("Call a peer first who fits my wish")).not_to_be_checked()
    since = len(letters(demo))
    phone.set_offline(False)
    send(page)
    wait_called(demo, "bell", since=since)
    cancel(page)


@pytest.mark.req("A-25", "K-26")
def test_a_shared_computer_offers_to_delete_all_that_was_kept_and_then_nothing_is_left(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    keep_pages(page, f"{demo.member()}#{poster_part()}")
    until(lambda: stored(page)["local"], lambda found: found == ["page-look-pine-county"])
    # A poster alone is enough to be asked about, and is not thrown away unasked.
    page.get_by_role("link", name="This is a shared computer").click()
    expect(page.get_by_text(OFFER)).to_be_visible()
    assert stored(page)["local"] == ["page-look-pine-county"]
    # That page takes away, for a while, whatever worker comes.
    page.close()
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page, way="This device")
    page.evaluate("""localStorage.setItem("page-lakeshore", "[]")""")
    phone.set_offline(False)
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Sent at")
    page.goto(demo.member("limits#shared"))
    expect(page.get_by_text(OFFER)).to_be_visible()
    page.get_by_role("button", name="Delete it").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-shared-kept]")).to_have_text("It is deleted from this browser.")
    expect(page.locator("[data-shared-kept]")).to_be_focused()
    expect(page.get_by_text(OFFER)).to_be_hidden()
    until(lambda: stored(page), lambda found: found == NOTHING)


@pytest.mark.req("A-25", "K-26")
def test_what_waits_is_deleted_too_where_a_browser_does_not_say_what_databases_it_has(
    demo: Demo, phone: BrowserContext
) -> None:
    phone.add_init_script(NO_LIST)
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    wait_lying(page, "waiting")
    phone.route("**/candidates.json", lambda route: route.abort("internetdisconnected"))
    phone.set_offline(False)
    page.goto(demo.member("limits"))
    page.evaluate("""new Promise((resolve) => {
      localStorage.setItem("page-lakeshore-later", "1");
      const request = indexedDB.open("page-lakeshore");
      request.onsuccess = () => { request.result.close(); resolve(); }; })""")
    page.close()
    page = phone.new_page()
    page.goto(demo.member("limits#shared"))
    assert "databases" not in page.evaluate("Object.keys(IDBFactory.prototype)")
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("It is deleted from this browser.")).to_be_visible()
    # At once, not a while after it was said.
    assert page.evaluate(KEPT_STILL) == {"databases": [], "local": []}


@pytest.mark.req("A-25", "K-26")
def test_that_it_is_deleted_is_not_said_while_another_page_holds_it(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    keep_pages(page, demo.member())
    write_offline(demo, phone, page)
    page.evaluate("""new Promise((resolve) => {
      const request = indexedDB.open("page-pine-county");
      request.onsuccess = () => { window.held = request.result; resolve(); }; })""")
    other = phone.new_page()
    phone.route("**/candidates.json", lambda route: route.abort("internetdisconnected"))
    phone.set_offline(False)
    other.goto(demo.member("limits#shared"))
    other.get_by_role("button", name="Delete it").click()
    expect(other.get_by_text("Not all of it could be deleted yet.")).to_be_visible()
    expect(other.get_by_text("It is deleted from this browser.")).to_be_hidden()
    assert "page-pine-county-later" in other.evaluate("Object.keys(localStorage)")
    page.evaluate("window.held.close()")
    other.get_by_role("button", name="Delete it").click()
    expect(other.get_by_text("It is deleted from this browser.")).to_be_visible()
    assert other.evaluate(KEPT_STILL) == {"databases": [], "local": []}


@pytest.mark.req("K-34")
@pytest.mark.parametrize("mark", ["", "&shared"])
def test_a_posters_link_opened_in_the_page_itself_is_taken_up_and_holds(
    demo: Demo, phone: BrowserContext, mark: str
) -> None:
    """The list was fetched before: it is checked before anything is sealed for it."""
    page = phone.new_page()
    page.route("**/candidates.json", unsigned)
    open_form(page, demo.member("ask"))
    here_is_the_list(page)
    fill_form(page)
    page.evaluate("(part) => { location.hash = part; }", f"{poster_part()}{mark}")
    expect(page).to_have_url(re.compile(r"/ask(#shared)?$"))
    statuses = sent_to(page, "/requests")
    page.get_by_role("button", name="Seal and send").click()
    expect(page.locator("[data-check]")).to_contain_text("is not signed, but your poster says it must be")
    assert statuses == []
    page.unroute("**/candidates.json")
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    assert stored(page)["local"] == ([] if mark else ["page-look-pine-county"])
    cancel(page)


@pytest.mark.req("K-34", "A-03")
def test_what_was_sealed_before_a_posters_link_was_opened_is_not_tried_again_unchecked(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    page.route("**/candidates.json", unsigned)
    open_form(page, demo.member("ask"))
    here_is_the_list(page)
    fill_form(page)
    page.route("**/requests", lambda route: route.abort("internetdisconnected"))
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_text("Not sent: there is no connection.")).to_be_visible()
    page.evaluate("(part) => { location.hash = part; }", poster_part())
    expect(page).to_have_url(re.compile(r"/ask$"))
    statuses = sent_to(page, "/requests")
    page.unroute("**/requests")
    page.get_by_role("button", name="Try again now").click()
    expect(page.locator("[data-check]")).to_contain_text("is not signed, but your poster says it must be")
    assert (statuses, requests_kept(demo)) == ([], 0)
    page.unroute("**/candidates.json")
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    assert requests_kept(demo) == 1
    cancel(page)


@pytest.mark.req("A-25")
def test_each_state_of_a_worry_that_waits_has_no_violation(demo: Demo, window: BrowserContext, look: Look) -> None:
    page = window.new_page()
    keep_pages(page, f"{demo.member()}#{poster_part()}")
    open_worry(page, demo)
    window.set_offline(True)
    fill_worry(page, by=BY)
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_role("button", name=KEEP)).to_be_visible()
    look.at(page, "worry: offered to keep")
    page.get_by_role("button", name=KEEP).click()
    waits(page)
    look.at(page, "worry: kept")
    page.goto(demo.member())
    waits(page)
    window.set_offline(False)
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text(RECEIVED["colleague"])
    look.at(page, "worry: received, first page")
    page.goto(demo.member("limits#shared"))
    expect(page.locator("[data-shared-kept]")).to_be_visible()
    look.at(page, "shared: something is kept")
    page.get_by_role("button", name="Delete it").click()
    look.at(page, "shared: deleted")
