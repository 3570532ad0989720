"""Push in a real browser, as far as one without internet can go.

Chromium asks its maker's push service for a subscription, which cannot be reached here: that this fails is told on the
page in words. A push is therefore handed to the running service worker through the browser's own door for developers,
already opened; tests/notify/test_push.py covers the way from the server to a push service and its opening.
"""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.acts import until
from tests.e2e.conftest import Demo, continue_as

pytestmark = pytest.mark.e2e
SAID = {"title": "Something is waiting for you now", "body": "Please look within minutes.", "link": ""}
SHOWN = """async () => (await (await navigator.serviceWorker.getRegistration("/in/")).getNotifications())
  .map((one) => ({ title: one.title, body: one.body, data: one.data }))"""

MAKER = """
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const endpoint = "https://fcm.googleapis.com/fcm/send/of-this-test";
  const p256dh = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
  const made = (key) => key && ({ endpoint, options: { applicationServerKey: bytes(key).buffer },
    toJSON: () => ({ endpoint, keys: { auth: "AAAAAAAAAAAAAAAAAAAAAA", p256dh } }),
    unsubscribe: async () => (localStorage.removeItem("push"), true) });
  PushManager.prototype.getSubscription = async () => made(localStorage.getItem("push"));
  PushManager.prototype.subscribe = async ({ applicationServerKey: key }) => {
    localStorage.setItem("push", key);
    return made(key); };
"""


@pytest.fixture(scope="module")
def browser(whole_browser: Browser) -> Browser:
    """Show notifications, which Chromium's engine alone does not."""
    return whole_browser


@pytest.fixture
def page(window: BrowserContext, demo: Demo) -> Page:
    """Ana's own page in a window that may show notifications."""
    window.grant_permissions(["notifications"], origin=demo.address)
    found = continue_as(window, demo, "ruiz")
    found.goto(demo.path("/in/team/me"))
    return found


def register(page: Page) -> None:
    """Install the service worker, as turning push on does first."""
    page.evaluate("""async () => {
      const made = await navigator.serviceWorker.register("/in/sw.js", { scope: "/in/" });
      await navigator.serviceWorker.ready;
      return made.scope; }""")
    # A page that was loading while the worker took over, which pages before it ask for, is its own from the next load.
    page.reload()
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def deliver(page: Page, demo: Demo, data: str) -> None:
    """Hand a push to the service worker."""
    session = page.context.new_cdp_session(page)
    found: dict[str, str] = {}
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: _note(event, found))
    session.send("ServiceWorker.enable")
    until(lambda: page.wait_for_timeout(50) or found, bool)
    (registration,) = found.values()
    session.send(
        "ServiceWorker.deliverPushMessage", {"origin": demo.address, "registrationId": registration, "data": data}
    )


def deliver_until_shown(page: Page, demo: Demo, data: str) -> None:
    """Hand a push over until it is shown: the door for developers loses what comes while one worker follows another,
    where a push service would wait. The same words fold into one.
    """
    for _ in range(6):
        deliver(page, demo, data)
        for _ in range(20):
            if shown(page):
                return
            page.wait_for_timeout(150)
    raise AssertionError("no notice was shown")


def _note(event: dict[str, Any], found: dict[str, str]) -> None:
    for one in event["registrations"]:
        if one["scopeURL"].endswith("/in/") and not one["isDeleted"]:
            found[one["scopeURL"]] = one["registrationId"]


def shown(page: Page) -> list[dict[str, Any]]:
    return list(page.evaluate(SHOWN))


@pytest.mark.req("K-36")
def test_a_push_shows_its_neutral_words_and_the_same_words_fold(page: Page, demo: Demo) -> None:
    register(page)
    link = demo.path("/in/")
    deliver_until_shown(page, demo, json.dumps({**SAID, "link": link}))
    (one,) = shown(page)
    assert (one["title"], one["body"], one["data"]) == (SAID["title"], SAID["body"], link)
    deliver(page, demo, json.dumps({**SAID, "link": link}))
    both = until(lambda: deliver(page, demo, "not what we send") or shown(page), lambda found: len(found) == 2)
    assert [found["title"] for found in both].count("•") == 1


def test_a_tap_leads_to_the_teams_pages_and_nowhere_else(page: Page, demo: Demo, window: BrowserContext) -> None:
    """The tap itself belongs to the system's own screen, out of reach here; its event is given to the worker."""
    register(page)
    page.goto(demo.path("/in/team/me"))
    for link, leads in (
        (demo.path("/in/team/keys"), "/in/team/keys"),
        ("https://evil.example/in/", "/in/team/"),
        (demo.path("/ask/pine-county/en/"), "/in/team/"),
    ):
        page.goto(demo.path("/in/team/me"))
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        deliver_until_shown(page, demo, json.dumps({**SAID, "title": f"{SAID['title']} {leads}", "link": link}))
        worker = next(one for one in window.service_workers if one.url.endswith("/in/sw.js"))
        worker.evaluate("""async () => {
          const [notification] = await self.registration.getNotifications();
          self.dispatchEvent(new NotificationEvent("notificationclick", { notification })); }""")
        page.wait_for_url(demo.path(leads))
        assert until(lambda: shown(page), lambda found: found == []) == []


def test_turning_it_on_without_the_makers_service_says_so(phone: BrowserContext, demo: Demo) -> None:
    phone.grant_permissions(["notifications"], origin=demo.address)
    page = continue_as(phone, demo, "ruiz")
    page.goto(demo.path("/in/team/me"))
    expect(page.locator("[data-part=push-says]:visible")).to_have_text("Off on this device.")
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("[data-part=push-says]:visible")).to_contain_text("could not reach its maker's push service")
    expect(page.get_by_role("button", name="Turn on")).to_be_enabled()
    assert page.evaluate("async () => (await navigator.serviceWorker.getRegistration('/in/')).scope").endswith("/in/")


def test_a_browser_that_was_told_not_to_is_explained(window: BrowserContext, demo: Demo) -> None:
    window.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
    page = continue_as(window, demo, "ruiz")
    page.goto(demo.path("/in/team/me"))
    expect(page.locator("[data-part=push-says]:visible")).to_contain_text("told not to show messages")
    expect(page.get_by_role("button", name="Turn on")).to_be_hidden()


@pytest.mark.parametrize(
    ("agent", "says"),
    [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1",
            "first put this page on the home screen",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) Other/1.0", "This browser cannot be alerted"),
    ],
)
def test_a_browser_without_push_is_told_what_to_do(window: BrowserContext, demo: Demo, agent: str, says: str) -> None:
    window.add_init_script(f"""delete window.PushManager;
      Object.defineProperty(navigator, "userAgent", {{ get: () => {json.dumps(agent)} }})""")
    page = continue_as(window, demo, "ruiz")
    page.goto(demo.path("/in/team/me"))
    expect(page.locator("[data-part=push-says]:visible")).to_contain_text(says)


@pytest.mark.req("A-03")
def test_a_subscribed_device_is_on_the_list_and_is_turned_off_again(page: Page, demo: Demo) -> None:
    """The browser's maker is played by the page: everything else is the real page, server and worker."""
    page.add_init_script(MAKER)
    page.goto(demo.path("/in/team/me"))
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("[data-part=push-says]:visible")).to_contain_text("On: this device is alerted")
    mine = page.locator("[data-endpoint]")
    expect(mine).to_contain_text("Chrome, Android")
    expect(mine.locator("[data-part=here]")).to_be_visible()
    mine.get_by_role("button", name="earlier").press("Enter")
    expect(page.locator(".contacts li").first).to_contain_text("this device")
    page.get_by_role("button", name="Turn off").click()
    expect(page.locator("[data-endpoint]")).to_have_count(0)
    expect(page.locator("[data-part=push-says]:visible")).to_have_text("Off on this device.")


def test_the_worker_is_served_to_everybody_and_reaches_no_members_page(phone: BrowserContext, demo: Demo) -> None:
    answer = phone.request.get(demo.path("/in/sw.js"))
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    # It keeps the crisis path alone: tests/e2e/test_crisis_path.py, browser/tests/crisis.test.ts.
    assert answer.text().startswith("self.release = ")
    page = phone.new_page()
    page.goto(demo.member())
    refused = page.evaluate("""async () => { try {
      await navigator.serviceWorker.register("/in/sw.js", { scope: "/ask/" }); return ""; }
      catch (error) { return error.name; } }""")
    assert refused in {"SecurityError", "TypeError"}
