"""The crisis path in a real browser: one tap away, told first, with and without script, network and server."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.acts import accept, ask, cancel, close, inbox, make_contact, read_first, rows, until
from tests.e2e.conftest import PHONE, ROOT, Demo, continue_as, running_demo, wait_for
from tests.e2e.looking import Look
from tests.e2e.test_keyboard import Keyboard

pytestmark = pytest.mark.e2e
PATH = "/in/team/crisis/pine-county/en"
KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) found.push([name, new URL(url).pathname]);
  }
  return found.sort();
}"""


def shown(page: Page) -> list[str]:
    """Return the places on the crisis path that can be seen."""
    return [str(one.get_attribute("id")) for one in page.locator("main > section").all() if one.is_visible()]


def see_place(page: Page, place: str) -> None:
    """Wait until this place is the one that can be seen."""
    until(lambda: shown(page), lambda found: found == [place])


def kept(page: Page) -> list[list[str]]:
    """Return (cache, path) of everything that is kept for the team's pages."""
    return list(page.evaluate(KEPT))


def wait_until_kept(page: Page) -> list[list[str]]:
    """Wait until the worker has the crisis path."""
    return until(lambda: kept(page), lambda found: any(path == PATH for _, path in found))


# --- one tap away, and the steps --------------------------------------------------------------------------------------


@pytest.mark.req("D-09", "D-14", "B-17")
def test_every_page_of_a_supporter_leads_there_in_one_tap(demo: Demo, window: BrowserContext) -> None:
    page = inbox(window, demo, "bell")
    for path in ("", "me", "me/agreement", "me/quiet", "keys", "asked-to-disclose"):
        page.goto(demo.path(f"/in/team/{path}"))
        link = page.get_by_role("link", name="Crisis: what to do")
        expect(link).to_be_in_viewport()
        link.click()
        expect(page).to_have_url(demo.path(PATH))
        expect(page.get_by_role("heading", name="What do you hear?")).to_be_visible()


@pytest.mark.req("D-14", "D-15", "D-16", "D-17")
def test_the_person_is_told_before_anybody_is_called_unless_telling_is_dangerous(
    demo: Demo, window: BrowserContext
) -> None:
    page = window.new_page()
    sent: list[str] = []
    page.goto(demo.path(PATH), wait_until="networkidle")
    page.on("request", lambda request: sent.append(request.url))
    call = page.get_by_role("link", name="Call 911").locator("visible=true")
    page.get_by_role("link", name="A life is in danger now").click()
    expect(page.get_by_role("heading", name="Stay with them.")).to_be_focused()
    expect(call).to_have_count(0)
    expect(page.get_by_role("link", name="Go on without telling")).to_be_hidden()
    page.get_by_role("link", name="I have told them").locator("visible=true").click()
    expect(page.get_by_role("heading", name="Call 911.")).to_be_visible()
    expect(page.get_by_text("Where are they? Street and number").locator("visible=true")).to_be_visible()
    expect(call).to_have_attribute("href", "tel:911")
    page.go_back()
    see_place(page, "c1")
    page.get_by_label("Telling would raise the danger").locator("visible=true").check()
    page.get_by_role("link", name="Go on without telling").locator("visible=true").click()
    see_place(page, "c1-act")
    # Which steps were taken stands neither in the address, nor in what the browser keeps of the step, nor on the way.
    assert page.url == demo.path(PATH)
    assert isinstance(page.evaluate("history.state"), int)
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert sent == []
    assert window.cookies() == []


@pytest.mark.req("D-20", "K-10")
def test_911_the_line_of_the_law_or_nobody_is_called_as_the_case_is(demo: Demo, window: BrowserContext) -> None:
    page = window.new_page()
    expected = {
        "A life is in danger now": ("I have told them", "tel:911"),
        "Serious self-harm or an overdose": ("I have told them", "tel:911"),
        "A child or vulnerable adult is hurt": ("I have told them", "tel:+12185550142"),
        "A court or somebody asks me": ("I have said that", "No 911 and no report"),
        "They want me to tell somebody": ("They say yes", "No 911 and no report"),
    }
    for hear, (told, what) in expected.items():
        page.goto(demo.path(PATH))
        page.get_by_role("link", name=hear).click()
        page.get_by_role("link", name=told).locator("visible=true").click()
        (place,) = shown(page)
        act = page.locator(f"#{place}")
        assert what in act.inner_html(), hear
        assert ("tel:911" in act.inner_html()) == (what == "tel:911"), hear
        assert act.locator("input, textarea, select").count() == 0


@pytest.mark.req("D-14", "D-15")
def test_without_script_every_step_works_by_links(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.path(PATH))
    see_place(page, "start")
    page.get_by_role("link", name="Serious self-harm or an overdose").click()
    see_place(page, "c2")
    expect(page.locator("#c2 .go-on")).to_be_hidden()
    page.locator("#c2 input[type=checkbox]").check()
    page.locator("#c2 .go-on").click()
    see_place(page, "c2-act")
    page.locator("#c2-act").get_by_role("link", name="Done. What now?").click()
    see_place(page, "advice")
    page.locator("#advice").get_by_role("link", name="It is over for now").click()
    see_place(page, "after")
    expect(page.locator(".bar a")).to_have_attribute("href", "tel:+12185550100")
    # Of two organisations nobody knows whose this is: the card that needs none.
    page.goto(demo.path("/in/team/crisis"))
    expect(page).to_have_url(demo.path("/in/team/crisis/card/generic-us/en"))
    context.close()


# --- from a request ---------------------------------------------------------------------------------------------------


def cells(demo: Demo) -> dict[str, int]:
    """Return the running cells of Pine County."""
    found = rows(
        demo.data,
        "SELECT key, value FROM anonymous_cell WHERE NOT closed AND organisation_id = "
        "(SELECT id FROM accounts_organisation WHERE slug = 'pine-county')",
    )
    return {str(key): int(str(value)) for key, value in found}


@pytest.mark.req("D-10", "D-17")
def test_from_a_request_backup_is_one_tap_and_the_kind_of_case_is_all_that_is_counted(
    demo: Demo, window: BrowserContext, other: BrowserContext
) -> None:
    member = other.new_page()
    page = inbox(window, demo, "bell")
    ask(demo, member)
    read_first(page)
    accept(page)
    make_contact(page)
    before = len(page.context.cookies())
    page.get_by_role("link", name="Crisis: what to do").click()
    page.get_by_role("link", name="A life is in danger now").click()
    page.get_by_role("link", name="Get backup").locator("visible=true").click()
    says = page.locator("[data-part=backup-says]")
    expect(says).to_contain_text("One more peer is being called to help you.")
    see_place(page, "c1")
    until(lambda: rows(demo.data, "SELECT count(*) FROM escalation_alert"), lambda found: found[0][0] != 1)
    page.get_by_role("link", name="I have told them").locator("visible=true").click()
    page.get_by_role("link", name="Done. What now?").locator("visible=true").click()
    page.get_by_role("link", name="It is over for now").click()
    counted = cells(demo)
    page.get_by_role("link", name="Close the request").click()
    expect(page.get_by_role("radio", name="A life was in danger")).to_be_checked()
    assert "#" not in page.url
    form = page.locator("[data-part=close-form]")
    for name in ("pair", "topic"):
        form.locator(f"input[name={name}]").first.check()
    assert cells(demo) == counted
    page.get_by_role("button", name="Close and erase").click()
    expect(page.get_by_text("Nothing of it is kept")).to_be_visible()
    moved = {key for key, value in cells(demo).items() if value != counted[key]}
    assert {key for key in moved if key.startswith("outcome.")} == {"outcome.exception_danger"}
    assert len(moved) == 5
    assert len(page.context.cookies()) <= before + 1


@pytest.mark.req("D-10")
def test_a_request_that_is_not_ones_own_and_a_lost_session_lead_to_the_number(
    demo: Demo, window: BrowserContext, other: BrowserContext
) -> None:
    member = other.new_page()
    page = inbox(window, demo, "bell")
    ask(demo, member)
    read_first(page)
    page.get_by_role("link", name="Crisis: what to do").click()
    page.get_by_role("link", name="Get backup").locator("visible=true").click()
    expect(page.locator("[data-part=backup-says]:visible")).to_contain_text("Call the number.")
    see_place(page, "backup")
    expect(page.locator("#backup").get_by_role("link", name=re.compile("On call"))).to_have_attribute(
        "href", "tel:+12185550100"
    )
    page.go_back()
    page.go_back()
    accept(page)
    page.get_by_role("link", name="Crisis: what to do").click()
    window.clear_cookies()
    page.get_by_role("link", name="Get backup").locator("visible=true").click()
    expect(page.locator("[data-part=backup-says]:visible")).to_contain_text("Call the number.")
    cancel(member)


def test_half_a_reply_is_not_lost_on_the_way_to_the_crisis_path(
    demo: Demo, window: BrowserContext, other: BrowserContext
) -> None:
    member = other.new_page()
    page = inbox(window, demo, "bell")
    ask(demo, member, how="Only here")
    read_first(page)
    accept(page)
    page.get_by_label("Your reply").fill("I am with")
    with window.expect_page() as opened:
        page.get_by_role("link", name="Crisis: what to do").click()
    expect(opened.value.get_by_role("heading", name="What do you hear?")).to_be_visible()
    expect(page.get_by_label("Your reply")).to_have_value("I am with")
    page.get_by_label("Your reply").fill("")
    make_contact(page)
    close(page)


# --- without a network ------------------------------------------------------------------------------------------------


@contextmanager
def newer(demo: Demo, version: str) -> Iterator[None]:
    """Run the demonstration anew at the same address, as another version."""
    code = (
        f"import sys, runpy, alongside; alongside.__version__ = {version!r}; "
        f"sys.argv = ['alongside', 'demo', '--port', '{urlsplit(demo.address).port}']; "
        "runpy.run_module('alongside', run_name='__main__')"
    )
    folder = {"ALONGSIDE_DATA": str(demo.data.parent)}
    env = {key: value for key, value in demo.env.items() if key not in {"ALONGSIDE_DEMO", "ALONGSIDE_ADDRESS"}}
    log = demo.data.parent / "newer.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=env | folder,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            wait_for(demo.address, server, log)
            yield
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)


def stop(demo: Demo) -> None:
    """Kill the server, and wait until nobody answers any more."""
    import os
    import urllib.error
    import urllib.request

    os.kill(demo.pid, signal.SIGINT)

    def answers() -> bool:
        try:
            with urllib.request.urlopen(demo.path("/health"), timeout=20):
                return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    until(answers, lambda there: not there)


@pytest.fixture
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demonstration that this test may kill."""
    with running_demo(tmp_path_factory.mktemp("alone")) as running:
        yield running


@pytest.mark.req("A-25", "D-14")
def test_without_network_and_server_the_path_is_there_and_nothing_else_of_the_team(
    alone: Demo, browser: Browser
) -> None:
    context = browser.new_context(viewport=PHONE, locale="en-CA")
    page = inbox(context, alone, "bell")
    wait_until_kept(page)
    page.evaluate("() => navigator.serviceWorker.ready")
    for path in ("", "me", "keys", "me/agreement", "asked-to-disclose", "crisis/card/generic-us/en"):
        page.goto(alone.path(f"/in/team/{path}"))
        page.wait_for_load_state("networkidle")
    page.goto(alone.path("/in/enter/security/"))
    page.goto(alone.path(PATH))
    found = wait_until_kept(page)
    pages = {path for _, path in found if not path.startswith("/static/")}
    files = {path for _, path in found if path.startswith("/static/")}
    assert pages == {PATH}
    assert len(files) == 3
    assert all(re.fullmatch(r"/static/(build/(main|crisis)|mark)\.[0-9a-f]{12}\.(css|js|svg)", path) for path in files)
    assert {name.split(" ")[0] for name, _ in found} == {"crisis"}
    # Signed out, and what is kept tells nobody's name.
    page.goto(alone.path("/in/team/"))
    page.locator(".menu:not(.crisis-menu) > summary").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="You are signed out.")).to_be_visible()
    text = page.evaluate("async (path) => (await caches.match(path)).text()", PATH)
    assert "Marcus" not in text
    assert "csrf" not in text.lower()
    context.set_offline(True)
    stop(alone)
    for path in (PATH, "/in/team/crisis", "/in/team/", "/in/"):
        page.goto(alone.path(path))
        expect(page.get_by_role("heading", name="What do you hear?")).to_be_visible()
        expect(page.get_by_text("There is no connection.")).to_be_visible()
        # The style is there too.
        assert page.locator(".bar").evaluate("bar => getComputedStyle(bar).position") == "fixed"
    page.get_by_role("link", name="A life is in danger now").click()
    page.get_by_role("link", name="I have told them").locator("visible=true").click()
    see_place(page, "c1-act")
    page.get_by_role("link", name="Get backup").locator("visible=true")
    # In the other language there is none on this device: the one that is there is better than an error.
    page.goto(alone.path(PATH.replace("/en", "/fr")))
    expect(page.get_by_role("heading", name="What do you hear?")).to_be_visible()
    # The network is back and the server is not: still there, and soon.
    context.set_offline(False)
    page.goto(alone.path(PATH))
    expect(page.get_by_role("heading", name="What do you hear?")).to_be_visible()
    with pytest.raises(Exception, match="ERR_"):
        page.goto(alone.path("/in/team/me"))
    context.close()


@pytest.mark.req("A-25")
def test_an_old_worker_and_a_newer_server_get_on_and_the_new_one_takes_over(alone: Demo, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, locale="en-CA")
    page = inbox(context, alone, "bell")
    (old,) = {name for name, _ in wait_until_kept(page)}
    page.evaluate("() => navigator.serviceWorker.ready")
    stop(alone)
    with newer(alone, "99.0"):
        assert "99.0" in context.request.get(alone.path("/in/sw.js")).text()
        # The old worker answers with what the newer server sends, or with its own.
        page.goto(alone.path(PATH))
        expect(page.get_by_role("heading", name="What do you hear?")).to_be_visible()
        page = inbox(context, alone, "bell")
        names = until(
            lambda: {name for name, _ in kept(page)}, lambda found: len(found) == 1 and found != {old}, seconds=30
        )
        assert names == {old.replace(old.split(" ")[1], "99.0", 1)}
        assert PATH in {path for _, path in kept(page)}
    context.set_offline(True)
    page.goto(alone.path(PATH))
    expect(page.get_by_role("heading", name="What do you hear?")).to_be_visible()
    context.close()


@pytest.mark.req("A-25")
def test_a_new_worker_takes_over_what_the_old_one_kept_when_the_server_does_not_answer(
    demo: Demo, window: BrowserContext
) -> None:
    page = inbox(window, demo, "bell")
    wait_until_kept(page)
    page.goto(demo.path("/in/team/"))
    # As an older release left it, with a page that only it had.
    page.evaluate(
        """async (path) => {
          const [name] = await caches.keys();
          const now = await caches.open(name);
          const old = await caches.open("crisis 0.0.1 older");
          for (const request of await now.keys()) await old.put(request, await now.match(request));
          await old.put("/in/team/crisis/gone-county/en", (await now.match(path)).clone());
          await old.put("/in/team/me", new Response("never", { headers: { "content-type": "text/html" } }));
          await caches.delete(name);
          for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();
        }""",
        PATH,
    )
    # Only when its last page is gone the worker is.
    page.goto("about:blank")
    page = inbox(window, demo, "bell")
    found = until(
        lambda: kept(page), lambda all: all != [] and "crisis 0.0.1 older" not in {name for name, _ in all}, seconds=30
    )
    paths = {path for _, path in found if not path.startswith("/static/")}
    # What the server no longer has is kept as it was; what never was to be kept is not carried on.
    assert paths == {PATH, "/in/team/crisis/gone-county/en"}


# --- asked to tell ----------------------------------------------------------------------------------------------------


@pytest.mark.req("B-35")
def test_a_supporter_says_that_somebody_asked_and_the_coordinator_sees_only_that(
    demo: Demo, window: BrowserContext, other: BrowserContext
) -> None:
    page = inbox(window, demo, "bell")
    page.get_by_role("link", name="I was asked to disclose").click()
    expect(page.get_by_text("I do not answer questions about who talks with us")).to_be_visible()
    page.get_by_label("In which office?").select_option(label="Jail")
    page.get_by_role("button", name="Tell that somebody asked").click()
    expect(page.get_by_text("Nothing else is kept.")).to_be_visible()
    board = continue_as(other, demo, "vogel")
    task = board.locator(".tasks li", has_text="Asked to tell")
    expect(task).to_contain_text("somebody in Jail asked a supporter")
    assert "Marcus" not in task.inner_text()
    task.get_by_role("button", name="I have reminded them").click()
    expect(board.get_by_text("Acknowledged. Nothing of it is kept.")).to_be_visible()
    expect(board.locator(".tasks li", has_text="Asked to tell")).to_have_count(0)
    assert rows(demo.data, "SELECT * FROM team_asked") == []


# --- how it looks, and by keyboard ------------------------------------------------------------------------------------


@pytest.mark.req("A-25", "D-14")
def test_every_state_of_the_path_has_no_violation(demo: Demo, window: BrowserContext, look: Look) -> None:
    page = window.new_page()
    for language in ("en", "fr"):
        page.goto(demo.path(f"/in/team/crisis/pine-county/{language}"))
        places = [str(one.get_attribute("id")) for one in page.locator("main > section").all()]
        assert len(places) == 15
        for place in places:
            page.goto("about:blank")
            page.goto(demo.path(f"/in/team/crisis/pine-county/{language}#{place}"))
            see_place(page, place)
            if tick := page.locator(f"#{place} input").count():
                page.locator(f"#{place} input").check()
                assert tick == 1
            page.eval_on_selector_all(f"#{place} details", "folds => folds.forEach((fold) => (fold.open = true))")
            look.at(page, f"crisis {language} {place}")
        page.goto(demo.path(f"/in/team/crisis/card/generic-ca/{language}"))
        look.at(page, f"crisis card {language}")
    page = inbox(window, demo, "bell")
    page.goto(demo.path("/in/team/asked-to-disclose"))
    look.at(page, "asked to disclose")


@pytest.mark.req("D-14", "D-15")
def test_the_path_is_walked_by_keyboard(demo: Demo, window: BrowserContext) -> None:
    page = inbox(window, demo, "bell")
    keys = Keyboard(page)
    keys.press("Crisis: what to do")
    expect(page.get_by_role("heading", name="What do you hear?")).to_be_visible()
    keys.press("A life is in danger now")
    keys.is_at("Stay with them")
    keys.press("Telling would raise the danger", "Space")
    keys.press("Go on without telling")
    keys.is_at("Call 911")
    keys.to("Call 911")
    keys.press("Done. What now")
    keys.is_at("Stay. And ask for advice")
    keys.to("Get backup")


def test_on_paper_every_step_stands_and_the_card_is_two_sheets_at_most(
    demo: Demo, window: BrowserContext, tmp_path: Path
) -> None:
    page = window.new_page()
    page.goto(demo.path(PATH))
    page.emulate_media(media="print")
    assert len(shown(page)) == 15
    expect(page.locator(".bar")).to_be_hidden()
    page.emulate_media(media=None)
    for paper in ("Letter", "A4"):
        for language in ("en", "fr"):
            page.goto(demo.path(f"/in/team/crisis/card/generic-ca/{language}"))
            made = page.pdf(format=paper, path=tmp_path / f"{paper}.pdf")
            assert len(re.findall(rb"/Type\s*/Page\b", made)) <= 2, (paper, language)
