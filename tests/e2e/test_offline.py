"""Without a network: the pages and the numbers are there, and nothing but what may be kept is kept."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e import filled
from tests.e2e.acts import until
from tests.e2e.conftest import PHONE, ROOT, Demo, clean_environment, wait_for
from tools.ports import free_port

pytestmark = [pytest.mark.e2e]

KEPT = """async () => { const found = {};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    found[name] = (await cache.keys()).map((one) => new URL(one.url).pathname);
  }
  return found; }"""
PAGES = ("", "now", "limits", "ask", "back", "choose", "colleague", "guides/early-signs", "offline")


def kept(page: Page) -> dict[str, list[str]]:
    """Return what the browser's caches hold: paths by the name of the cache."""
    return dict(page.evaluate(KEPT))


def keep_pages(page: Page, address: str) -> None:
    """Visit once, and wait until the worker has what it wants."""
    page.goto(address)
    path = address.partition("/ask/")[2].split("/")
    base = f"/ask/{path[0]}/{path[1]}/"
    last = f"{base}guides/what-a-peer-is"
    until(lambda: [one for found in kept(page).values() for one in found], lambda found: last in found)


def has_numbers(page: Page) -> None:
    expect(page.get_by_role("link", name="Call 988")).to_be_visible()
    expect(page.get_by_role("link", name="911").first).to_be_visible()


@pytest.mark.req("A-25", "D-04")
@pytest.mark.parametrize("name", PAGES)
def test_after_one_visit_every_page_opens_without_a_network_with_its_day_and_the_numbers(
    demo: Demo, browser: Browser, name: str, kept_once: BrowserContext
) -> None:
    page = kept_once.new_page()
    kept_once.set_offline(True)
    page.goto(demo.member(name))
    has_numbers(page)
    if name != "offline":
        expect(page.get_by_text("You have no network, or a weak one.")).to_be_visible()
        expect(page.get_by_text("{day}")).to_have_count(0)
    assert page.title() == "Shift info"
    assert page.evaluate("getComputedStyle(document.querySelector('.crisis')).borderRadius") != "0px", "with its styles"
    page.close()
    kept_once.set_offline(False)


@pytest.fixture(scope="module")
def kept_once(browser: Browser, demo: Demo) -> Iterator[BrowserContext]:
    """A phone that visited the first page once."""
    context = browser.new_context(viewport=PHONE, locale="en-CA")
    page = context.new_page()
    keep_pages(page, demo.member())
    page.close()
    yield context
    context.close()


@pytest.mark.req("A-25", "D-04")
def test_a_page_never_visited_shows_the_numbers_too_in_its_language(demo: Demo, kept_once: BrowserContext) -> None:
    page = kept_once.new_page()
    kept_once.set_offline(True)
    page.goto(demo.member("limits", "fr"))
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator('.crisis a[href="tel:988"]')).to_be_visible()
    page.goto(demo.member("no-such-page"))
    has_numbers(page)
    page.close()
    kept_once.set_offline(False)


@pytest.mark.req("A-25", "K-26")
def test_with_a_network_the_newest_page_is_shown_and_nothing_of_it_says_old(
    demo: Demo, kept_once: BrowserContext
) -> None:
    page = kept_once.new_page()
    page.goto(demo.member())
    assert page.evaluate("!!navigator.serviceWorker.controller")
    expect(page.locator("[data-old]")).to_be_hidden()
    page.close()


@pytest.mark.req("A-25", "K-26")
@pytest.mark.parametrize("where", ["", "choose", "ask"])
def test_a_kept_page_says_of_which_day_it_is_until_a_newer_one_stands_there(
    demo: Demo, kept_once: BrowserContext, where: str
) -> None:
    page = kept_once.new_page()
    kept_once.set_offline(True)
    page.goto(demo.member(where))
    old = page.locator("[data-old]").first
    anew = page.get_by_role("button", name="Load it anew")
    expect(old).to_contain_text("You have no network, or a weak one.")
    expect(anew).to_be_hidden()
    kept_once.set_offline(False)
    expect(page.get_by_text("You have no network, or a weak one.")).to_be_hidden()
    expect(old).to_contain_text("Who is on call may have changed.")
    if where == "":
        anew.click()
        expect(old).to_be_hidden()
    else:
        # What was typed there would be gone.
        expect(anew).to_be_hidden()
    page.close()


@pytest.mark.req("K-26")
def test_the_worker_keeps_no_list_and_no_answer_and_its_requests_name_nobody(demo: Demo, phone: BrowserContext) -> None:
    sent: list[tuple[str, str, dict[str, str]]] = []
    phone.on("request", lambda request: sent.append((request.method, request.url, request.all_headers())))
    phone.add_cookies([{"name": "in_session", "value": "somebody", "url": demo.path("/in/")}])
    page = phone.new_page()
    keep_pages(page, demo.member())
    page.goto(demo.member("ask"))
    page.get_by_role("button", name="I have read this").click()
    expect(page.locator("[data-offices-wait]")).to_be_hidden()
    page.goto(demo.member("back"))
    page.get_by_label("Your 12 words").fill(
        "legal winner thank year wave sausage worth useful legal winner thank yellow"
    )
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="Nothing is known of it here.")).to_be_visible()
    paths = [path for found in kept(page).values() for path in found]
    assert not [path for path in paths if path.endswith(("candidates.json", "progress", "box", "requests", "present"))]
    workers = [one for one in sent if "/static/" in one[1] or "/ask/" in one[1]]
    assert [one for one in workers if one[1].endswith("/guides/what-a-peer-is")], "the worker's own are among them"
    for _method, url, headers in workers:
        assert "cookie" not in headers, url
        assert "?" not in url
        assert not {"authorization", "x-requested-with"} & set(headers)
        referrer = headers.get("referer", "")
        assert referrer in {"", demo.member()} or "/static/" in referrer or "/ask/" in referrer


@pytest.mark.req("A-25")
@pytest.mark.parametrize("why", ["refused", "full", "none"])
def test_where_nothing_can_be_kept_the_pages_work_as_before(demo: Demo, phone: BrowserContext, why: str) -> None:
    scripts = {
        "refused": "navigator.serviceWorker.register = () => Promise.reject(new DOMException('no', 'SecurityError'))",
        "full": "",
        "none": "Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => undefined })",
    }
    phone.add_init_script(scripts[why])
    page = phone.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    if why == "full":
        network = phone.new_cdp_session(page)
        network.send("Storage.overrideQuotaForOrigin", {"origin": demo.address, "quotaSize": 1000})
    page.goto(demo.member())
    page.wait_for_timeout(1500)
    assert not [path for found in kept(page).values() for path in found if path.endswith("/offline")]
    page.get_by_role("link", name="Ask a peer to contact me").click()
    page.get_by_role("button", name="I have read this").click()
    expect(page.get_by_role("heading", name="Ask a peer to contact you")).to_be_visible()
    has_numbers(page)
    assert not problems


# --- with the server gone, and another release of it ----------------------------------------------------------------


@contextmanager
def serving(root: Path, folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Serve a copy of the product on a port of one's choice: the demonstration's rows, which the next copy goes on with
    as after an update.
    """
    log, rows, begun = folder / f"server-{root.name}.log", folder / "rows", folder / "begun"
    env = clean_environment() | {
        "ALONGSIDE_ADDRESS": f"http://localhost:{port}",
        "ALONGSIDE_DATA": str(rows),
        "ALONGSIDE_DEMO": "yes",
        "ALONGSIDE_HOSTS": "localhost",
        "PYTHONPATH": str(root),
    }
    if not begun.exists():
        begun.write_text(filled.copy(rows, env | {"PYTHONPATH": str(ROOT)}).isoformat())
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "alongside", "serve", "--port", str(port)],
            cwd=root,
            env=env | {"ALONGSIDE_DEMO_CLOCK": begun.read_text()},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_for(f"http://localhost:{port}", server, log)
            yield server
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait(20)


def build(folder: Path, name: str, words: str) -> Path:
    """Copy the product and let its styles and the script of every page say which release they are of."""
    root = folder / name
    shutil.copytree(ROOT / "alongside", root / "alongside", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "vectors", root / "vectors")
    built = root / "alongside" / "site" / "static" / "build"
    with (built / "main.css").open("a") as styles:
        styles.write(f":root {{ --release: {words}; }}")
    with (built / "leave.js").open("a") as script:
        script.write(f";document.documentElement.dataset.script = '{words}';")
    env = clean_environment() | {"ALONGSIDE_SECRET_KEY": "x" * 60, "ALONGSIDE_DATA": str(root), "PYTHONPATH": str(root)}
    collect = ["collectstatic", "--settings", "alongside.site.settings", "--no-input", "--clear", "-v", "0"]
    subprocess.run([sys.executable, "-m", "django", *collect], cwd=root, env=env, check=True)
    return root


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two releases of the product, the first and the newer one, which keep their data elsewhere."""
    folder = tmp_path_factory.mktemp("releases")
    return build(folder, "old", "one"), build(folder, "new", "two")


def shown(page: Page) -> tuple[str, str]:
    """Return the release of the styles and of the script of a page as it stands."""
    look = "getComputedStyle(document.documentElement).getPropertyValue('--release').trim()"
    return str(page.evaluate(look)), str(page.evaluate("document.documentElement.dataset.script"))


@pytest.mark.req("A-25", "D-04")
def test_with_the_server_killed_the_pages_open_and_with_a_newer_one_the_old_ones_go(
    phone: BrowserContext, tmp_path: Path, releases: tuple[Path, Path]
) -> None:
    port = free_port()
    home = f"http://localhost:{port}/ask/pine-county/en/"
    old, new = releases
    page = phone.new_page()
    with serving(old, tmp_path, port):
        keep_pages(page, home)
        first = set(kept(page))
        assert len(first) == 1
    page.goto(f"{home}limits")
    expect(page.get_by_text("You have no network, or a weak one.")).to_be_visible()
    has_numbers(page)
    assert shown(page) == ("one", "one")
    with serving(new, tmp_path, port):
        # The worker of before is still there when the newer page is opened: page, styles and script are of one release.
        page.goto(home)
        assert shown(page) == ("two", "two")
        expect(page.locator("[data-old]")).to_be_hidden()
        until(lambda: set(kept(page)), lambda found: len(found) == 1 and found != first)
        until(lambda: kept(page), lambda found: any(one.endswith("/en/limits") for one in next(iter(found.values()))))
    page.goto(f"{home}limits")
    expect(page.get_by_text("You have no network, or a weak one.")).to_be_visible()
    assert shown(page) == ("two", "two")


@pytest.mark.req("A-25")
def test_an_old_page_that_is_open_goes_on_with_a_newer_worker(
    phone: BrowserContext, tmp_path: Path, releases: tuple[Path, Path]
) -> None:
    port = free_port()
    home = f"http://localhost:{port}/ask/pine-county/en/"
    old, new = releases
    page = phone.new_page()
    with serving(old, tmp_path, port):
        keep_pages(page, home)
        page.goto(f"{home}ask")
        page.get_by_role("button", name="I have read this").click()
        page.locator("#reach").fill("218 555 0146")
    with serving(new, tmp_path, port):
        page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
        first = set(kept(page))
        until(lambda: set(kept(page)), lambda found: len(found) == 1 and found != first)
        page.get_by_role("button", name="Seal and send").click()
        expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
        page.get_by_role("button", name="Cancel and erase").first.click()
        page.locator("[data-confirm] [data-yes]").click()
        expect(page.get_by_role("heading", name="Cancelled and erased.")).to_be_visible()


# --- leaving --------------------------------------------------------------------------------------------------------


@pytest.mark.req("A-25")
@pytest.mark.parametrize("name", ["", "now", "limits", "ask", "back", "choose", "colleague", "guides/early-signs"])
def test_leaving_replaces_the_page_also_without_a_network(demo: Demo, kept_once: BrowserContext, name: str) -> None:
    page = kept_once.new_page()
    page.goto("about:blank")
    page.goto(demo.member(name))
    before = page.evaluate("history.length")
    kept_once.set_offline(True)
    page.get_by_role("link", name="Leave now").click()
    page.wait_for_url(lambda url: "/ask/" not in url)
    assert "988" not in page.locator("body").inner_text()
    assert page.evaluate("history.length") == before
    page.close()
    kept_once.set_offline(False)
