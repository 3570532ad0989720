"""A member's own phone is told that something is new: only if they turn it on, in neutral words, until it is over.

The browser's maker is played by the page, because no push service is within reach here; page, server and worker are
real.
"""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.acts import ask, cancel, requests_kept, rows, until
from tests.e2e.conftest import Demo
from tests.e2e.test_offline import keep_pages

pytestmark = [pytest.mark.e2e]

MAKER = """
  const made = { endpoint: "https://fcm.googleapis.com/fcm/send/a-device", expirationTime: null, keys: {
    p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    auth: "BTBZMqHH6r4Tts7J_aSIgg" } };
  let on = false;
  const subscription = { ...made, toJSON: () => made, unsubscribe: async () => { on = false; return true; } };
  PushManager.prototype.getSubscription = async () => (on ? subscription : null);
  PushManager.prototype.subscribe = async (wish) => {
    if (!wish.userVisibleOnly || wish.applicationServerKey.length !== 87) throw new Error("not a wish");
    on = true; return subscription; };
"""
SHOWN = """async () => (await (await navigator.serviceWorker.getRegistration()).getNotifications())
  .map(({ title, body, data, tag }) => ({ title, body, data, tag }))"""


@pytest.fixture(scope="module")
def browser(whole_browser: Browser) -> Browser:
    """Show notifications, which Chromium's engine alone does not."""
    return whole_browser


def told(demo: Demo) -> int:
    return len(rows(demo.data, "SELECT id FROM help_requests_told WHERE length(address) > 0"))


@pytest.mark.req("A-03", "K-36")
def test_it_is_turned_on_after_reading_what_it_means_and_goes_with_the_request(
    demo: Demo, phone: BrowserContext
) -> None:
    phone.grant_permissions(["notifications"], origin=demo.address)
    phone.add_init_script(MAKER)
    page = phone.new_page()
    keep_pages(page, demo.member())
    ask(demo, page)
    section = page.locator("[data-news]")
    expect(section).to_be_visible()
    expect(section).to_contain_text("It sees that this phone hears from this site, and when.")
    assert told(demo) == 0
    section.get_by_role("button", name="Turn on").click()
    expect(section).to_contain_text("On: this phone tells you.")
    until(lambda: told(demo), lambda found: found == 1)
    section.get_by_role("button", name="Turn off").click()
    expect(section).to_contain_text("Off.")
    until(lambda: told(demo), lambda found: found == 0)
    section.get_by_role("button", name="Turn on").click()
    expect(section).to_contain_text("On: this phone tells you.")
    cancel(page)
    assert requests_kept(demo) == 0
    assert rows(demo.data, "SELECT id FROM help_requests_told") == []
    subscription = "navigator.serviceWorker.ready.then((one) => one.pushManager.getSubscription())"
    until(lambda: page.evaluate(subscription), lambda found: found is None)


@pytest.mark.req("A-03")
@pytest.mark.parametrize("why", ["blocked", "no service"])
def test_where_it_cannot_be_it_says_so_and_nothing_is_kept(demo: Demo, phone: BrowserContext, why: str) -> None:
    if why == "blocked":
        phone.add_init_script("Notification.requestPermission = async () => 'denied'")
    else:
        phone.grant_permissions(["notifications"], origin=demo.address)
        phone.add_init_script("PushManager.prototype.subscribe = async () => { throw new DOMException('no'); }")
    page = phone.new_page()
    keep_pages(page, demo.member())
    ask(demo, page)
    page.get_by_role("button", name="Turn on").click()
    words = "notices from this site are blocked" if why == "blocked" else "so it is off"
    expect(page.locator("[data-news-says]:visible")).to_contain_text(words)
    assert told(demo) == 0
    cancel(page)


@pytest.mark.req("K-26")
def test_a_shared_computer_is_not_offered_it(demo: Demo, phone: BrowserContext) -> None:
    phone.add_init_script(MAKER)
    page = phone.new_page()
    page.goto(demo.member("#shared"))
    page.goto(demo.member("ask#shared"))
    page.get_by_role("button", name="I have read this").click()
    page.locator("#reach").fill("218 555 0146")
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    page.wait_for_timeout(1500)
    expect(page.locator("[data-news]")).to_be_hidden()
    cancel(page)


def deliver(page: Page, demo: Demo, data: str) -> None:
    """Hand a push to the member's worker."""
    session = page.context.new_cdp_session(page)
    found: list[str] = []

    def note(event: dict[str, Any]) -> None:
        found.extend(
            one["registrationId"] for one in event["registrations"] if one["scopeURL"].endswith("/ask/pine-county/")
        )

    session.on("ServiceWorker.workerRegistrationUpdated", note)
    session.send("ServiceWorker.enable")
    until(lambda: page.wait_for_timeout(50) or found, bool)
    session.send("ServiceWorker.deliverPushMessage", {"origin": demo.address, "registrationId": found[0], "data": data})


@pytest.mark.req("K-36")
def test_the_worker_shows_the_words_and_a_tap_brings_the_open_page_to_the_front(
    demo: Demo, phone: BrowserContext
) -> None:
    phone.grant_permissions(["notifications"], origin=demo.address)
    page = phone.new_page()
    keep_pages(page, demo.member())
    page.goto(demo.member("limits"))
    said = {"title": "Shift info: something new", "body": "There is something new.", "link": "https://evil.example/"}
    deliver(page, demo, json.dumps(said))
    (one,) = until(lambda: page.evaluate(SHOWN), lambda found: len(found) == 1)
    assert (one["title"], one["body"]) == (said["title"], said["body"])
    assert "evil" not in json.dumps(one), "what is sent leads nowhere"
    deliver(page, demo, "not what we send")
    until(lambda: page.evaluate(SHOWN), lambda found: [one["title"] for one in found] == ["•"])
    worker = next(one for one in phone.service_workers if one.url.endswith("/ask/pine-county/sw.js"))
    worker.evaluate("""async () => {
      const [notification] = await self.registration.getNotifications();
      self.dispatchEvent(new NotificationEvent("notificationclick", { notification })); }""")
    until(lambda: page.evaluate(SHOWN), lambda found: found == [])
    assert page.url == demo.member("limits")
