"""The network fails before, while and after something is sent: nothing typed is lost, nothing sent is there twice."""

import urllib.error
import urllib.request

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from tests.e2e.acts import (
    NUMBER,
    accept,
    ask,
    cancel,
    fill_form,
    inbox,
    letters,
    look_now,
    open_form,
    read_first,
    reply,
    requests_kept,
    send,
    sent_to,
    wait_called,
    wait_noted,
)
from tests.e2e.conftest import Demo, continue_as

pytestmark = [pytest.mark.e2e]


@pytest.mark.req("A-03", "K-22")
def test_without_a_network_nothing_typed_is_lost_and_it_is_sent_once_when_it_is_back(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    open_form(page, demo.member("ask"))
    fill_form(page, words="a hard call")
    phone.set_offline(True)
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_text("Not sent: there is no connection. Everything you typed is still here.")).to_be_visible()
    expect(page.locator("#reach")).to_have_value(NUMBER)
    expect(page.locator("#words")).to_have_value("a hard call")
    expect(page.get_by_role("link", name="Call 988")).to_be_visible()
    page.get_by_role("button", name="Stop trying").click()
    expect(page.get_by_text("Not sent. Everything you typed is still here.")).to_be_visible()
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_text("Not sent: there is no connection.")).to_be_visible()
    assert requests_kept(demo) == 0
    phone.set_offline(False)
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    assert requests_kept(demo) == 1
    cancel(page)


@pytest.mark.req("A-03", "D-21")
def test_an_answer_lost_on_the_way_is_asked_for_again_and_the_request_stored_once(
    demo: Demo, phone: BrowserContext
) -> None:
    before = len(letters(demo))
    page = phone.new_page()
    statuses = sent_to(page, "/requests")
    lost: list[int] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    page.route("**/requests", lose_the_first)
    open_form(page, demo.member("ask"))
    fill_form(page)
    page.get_by_role("button", name="Seal and send").click()
    page.get_by_role("button", name="Try again now").click()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    wait_noted(page, statuses, 200)
    assert lost == [201]
    assert requests_kept(demo) == 1
    wait_called(demo, "bell", since=before)
    cancel(page)


@pytest.mark.req("A-03", "D-21")
@pytest.mark.parametrize("changed", [False, True], ids=["as it was", "with other words"])
def test_stopped_after_a_lost_answer_and_sent_again_there_is_one_request(
    demo: Demo, phone: BrowserContext, changed: bool
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
    open_form(page, demo.member("ask"))
    fill_form(page, way="This device", words="a hard call")
    page.get_by_role("button", name="Seal and send").click()
    page.get_by_role("button", name="Stop trying").click()
    expect(page.get_by_text("Not sent. Everything you typed is still here.")).to_be_visible()
    assert (lost, requests_kept(demo)) == ([201], 1)
    if changed:
        page.locator("#words").fill("a hard call, and a harder night")
    send(page)
    assert requests_kept(demo) == 1
    cancel(page)
    page.goto(demo.member("back"))
    expect(page.locator("[data-kept]")).to_be_hidden()


@pytest.mark.req("A-03", "K-22")
@pytest.mark.parametrize("arrives", [True, False])
def test_a_page_closed_while_sending_can_be_asked_on_the_same_device_what_became_of_it(
    demo: Demo, phone: BrowserContext, arrives: bool
) -> None:
    page = phone.new_page()

    def never_answered(route: Route) -> None:
        if arrives:
            route.fetch()
        route.abort("connectionreset")

    page.route("**/requests", never_answered)
    open_form(page, demo.member("ask"))
    fill_form(page, way="This device")
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_text("Not sent: there is no connection.")).to_be_visible()
    assert requests_kept(demo) == int(arrives)
    page.close()
    back = phone.new_page()
    back.goto(demo.member("back"))
    back.locator("[data-kept-list] button").first.click()
    if arrives:
        expect(back.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
        cancel(back)
    else:
        expect(back.get_by_role("link", name="Ask once more")).to_be_visible()
        expect(back.locator("[data-numbers]")).to_be_visible()


@pytest.mark.req("A-03", "K-22")
def test_pressed_twice_or_sent_again_later_it_is_stored_once_and_never_reopened(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    frames: list[Request] = []
    page.on("request", lambda request: frames.append(request) if request.url.endswith("/requests") else None)
    open_form(page, demo.member("ask"))
    fill_form(page)
    page.get_by_role("button", name="Seal and send").dblclick()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    assert len(frames) == 1
    frame = frames[0].post_data_buffer
    assert frame
    assert [post(demo, frame) for _ in range(2)] == [200, 200]
    assert requests_kept(demo) == 1
    cancel(page)
    assert post(demo, frame) == 200
    assert requests_kept(demo) == 0
    assert post(demo, frame, site="cross-site") == 403


def post(demo: Demo, frame: bytes, site: str = "same-origin") -> int:
    """Post a frame as the page did, and return the status."""
    request = urllib.request.Request(
        demo.path("/ask/pine-county/requests"),
        data=frame,
        headers={"Sec-Fetch-Site": site, "Content-Type": "application/octet-stream"},
    )
    try:
        with urllib.request.urlopen(request) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.req("A-03", "A-08")
def test_a_list_that_grew_old_while_one_typed_is_renewed_unnoticed(demo: Demo, phone: BrowserContext) -> None:
    page = phone.new_page()
    statuses = sent_to(page, "/requests")
    open_form(page, demo.member("ask"))
    fill_form(page, leave_out=["Jail"])
    demo.later(35)
    send(page)
    wait_noted(page, statuses, 409, 201)
    expect(page.locator("[data-sending-notice]")).to_have_text("")
    assert requests_kept(demo) == 1
    cancel(page)


@pytest.mark.req("A-03")
def test_a_team_that_closes_while_one_types_says_so_and_what_was_typed_stays(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    page = phone.new_page()
    open_form(page, demo.member("ask"))
    fill_form(page)
    operator = continue_as(desktop, demo, "nair")
    operator.goto(demo.path("/in/operate/organisations"))
    ours = operator.get_by_role("region", name="Pine County Sheriff's Office")
    ours.get_by_role("button", name="Close to new requests").click()
    expect(ours.get_by_text("closed to new requests")).to_be_visible()
    # What taking a request knows of its organisation may be three seconds old.
    page.wait_for_timeout(3_100)
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_text("This peer team is closed. Nothing was sent.")).to_be_visible()
    expect(page.locator("#reach")).to_have_value(NUMBER)
    assert requests_kept(demo) == 0
    ours.get_by_role("button", name="Open it").click()
    expect(ours.get_by_text("closed to new requests")).to_be_hidden()
    send(page)
    cancel(page)


@pytest.mark.req("A-03")
def test_whoever_follows_a_request_is_told_of_a_lost_network_and_goes_on_by_itself(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    page = phone.new_page()
    ask(demo, page)
    phone.set_offline(True)
    look_now(page)
    expect(page.get_by_text("No connection. This page tries again by itself. What you sent is safe.")).to_be_visible()
    page.get_by_role("button", name="Cancel and erase").first.click()
    page.locator("[data-confirm] [data-yes]").click()
    expect(page.get_by_text("That did not go through. Please try again.")).to_be_visible()
    bell = inbox(desktop, demo, "bell")
    read_first(bell)
    accept(bell)
    phone.set_offline(False)
    expect(page.get_by_role("heading", name="A peer has read it.")).to_be_visible()
    cancel(page)


@pytest.mark.req("A-03", "K-22")
def test_a_reply_whose_answer_is_lost_stays_in_the_field_and_arrives_once(
    demo: Demo, phone: BrowserContext, desktop: BrowserContext
) -> None:
    dana = phone.new_page()
    ask(demo, dana)
    bell = inbox(desktop, demo, "bell")
    read_first(bell)
    accept(bell)
    lost: list[int] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    bell.route("**/reply", lose_the_first)
    bell.get_by_label("Your reply").fill("On my way.")
    bell.get_by_role("button", name="Seal and send").click()
    expect(bell.locator("[data-part=reply-trouble]:visible")).to_have_text(
        "There is no connection right now. This page tries again by itself."
    )
    expect(bell.get_by_label("Your reply")).to_have_value("On my way.")
    reply(bell, "On my way.")
    assert lost == [201]
    look_now(dana)
    expect(dana.locator("[data-reply-list] .reply")).to_have_count(1)
    # Signed out meanwhile, in another tab: what is being written stays.
    desktop.clear_cookies()
    bell.get_by_label("Your reply").fill("Five minutes.")
    bell.get_by_role("button", name="Seal and send").click()
    expect(bell.locator("[data-part=reply-trouble]:visible")).to_contain_text("You have been signed out.")
    expect(bell.get_by_label("Your reply")).to_have_value("Five minutes.")
    cancel(dana) if dana.get_by_role("button", name="Cancel and erase").is_visible() else erase(dana)


def erase(page: Page) -> None:
    """Erase request and replies."""
    page.get_by_role("button", name="That is all, erase it").click()
    page.locator("[data-confirm] [data-yes]").click()
    expect(page.get_by_role("heading", name="Erased.", exact=True)).to_be_visible()
