"""What breaks, breaks for real: the worker, the machine, the mail, the database. Nothing that was asked is lost."""

import os
import re
import signal
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import Message
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.acts import (
    NUMBER,
    accept,
    alarmed,
    ask,
    called,
    cancel,
    come_back,
    fill_form,
    inbox,
    look_now,
    open_form,
    read_first,
    requests_kept,
    rows,
    sent_to,
    until,
    wait_called,
)
from tests.e2e.conftest import Demo, continue_as
from tests.e2e.installation import Installation, installed
from tests.notify.receivers import MailBox
from tools.ports import free_port

pytestmark = [pytest.mark.e2e]

EVERYBODY = {"bell", "dubois", "hart", "lindqvist", "novak", "okoro", "ruiz"}
RUNGS = "SELECT ladder_id, supporter_id, round, rung FROM escalation_alert"


@pytest.fixture
def pine(tmp_path: Path) -> Iterator[Installation]:
    """Pine County with the demonstration's doors, installed for one test and started."""
    with installed(tmp_path) as made:
        made.start()
        yield made


# --- the server --------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "A-10")
def test_a_killed_worker_comes_back_and_calls_nobody_twice(pine: Installation, phone: BrowserContext) -> None:
    page = phone.new_page()
    words = ask(pine, page)
    wait_called(pine, "bell")
    pine.later(1)
    shown = demo_clock(pine)
    (worker,) = pine.workers()
    os.kill(worker, signal.SIGKILL)
    until(pine.workers, lambda found: found != [worker] and len(found) == 1)
    until(lambda: answers(pine), bool)
    # The mail of the demonstration is in the worker's memory and begins anew: nobody must appear in it again.
    time.sleep(3)
    assert called(pine) == []
    # The demonstration's time goes on where it was and does not begin anew.
    assert 0 <= (demo_clock(pine) - shown).total_seconds() <= 60
    pine.later(4)
    wait_called(pine, "dubois")
    look_now(page)
    expect(page.locator("[data-ladder]:visible")).to_contain_text("Second peer alerted")
    come_back(pine, page, words)
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    assert once_each(pine)


def demo_clock(demo: Demo) -> timedelta:
    """Return the time of day that the demonstration shows."""
    with urllib.request.urlopen(demo.path("/demo/")) as response:
        shown = re.search(r"\b(\d\d):(\d\d)\b", response.read().decode())
    assert shown
    return timedelta(hours=int(shown[1]), minutes=int(shown[2]))


def answers(demo: Demo) -> bool:
    """Say whether the server answers."""
    try:
        with urllib.request.urlopen(demo.path("/health"), timeout=2):
            return True
    except OSError:
        return False


def once_each(demo: Demo) -> bool:
    """Say whether nobody was called twice for one rung."""
    found = rows(demo.data, RUNGS)
    return len(found) == len(set(found)) > 0


@pytest.mark.req("A-03", "A-10")
@pytest.mark.parametrize("how", ["stop", "cut_the_power"])
def test_a_machine_that_was_off_goes_on_with_the_ladder_where_it_stood(
    pine: Installation, phone: BrowserContext, desktop: BrowserContext, how: str
) -> None:
    page = phone.new_page()
    words = ask(pine, page, words="still here")
    wait_called(pine, "bell")
    getattr(pine, how)()
    look_now(page)
    expect(page.get_by_text("No connection. This page tries again by itself.")).to_be_visible()
    pine.start(later=timedelta(minutes=6))
    wait_called(pine, "dubois")
    look_now(page)
    expect(page.locator("[data-ladder]:visible")).to_contain_text("Second peer alerted")
    come_back(pine, phone.new_page(), words)
    renee = inbox(desktop, pine, "dubois")
    read_first(renee)
    expect(renee.locator("[data-part=facts]:visible")).to_contain_text("still here")
    accept(renee)
    assert once_each(pine)
    assert called(pine) == ["dubois"]


@pytest.mark.req("A-03")
def test_a_second_server_on_the_same_file_is_refused_and_the_first_goes_on(pine: Installation) -> None:
    second = pine.serve(free_port())
    assert second.returncode == 1
    assert second.stderr.strip() == (
        "Another `alongside serve` is using this database file. Stop it first; nothing was changed."
    )
    same_port = pine.serve(pine.port)
    assert same_port.returncode == 1
    assert "Cannot listen" in same_port.stderr
    assert answers(pine)


# --- mail --------------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "K-36")
def test_mail_that_is_down_holds_up_nothing_and_the_notice_arrives_later(tmp_path: Path, phone: BrowserContext) -> None:
    """Without the demonstration's doors: real mail, real time, a mail server that is not there at first."""
    port = free_port()
    with installed(tmp_path, demo=False, ALONGSIDE_SMTP_URL=f"smtp://127.0.0.1:{port}") as real:
        real.start()
        page = phone.new_page()
        ask(real, page, words="marker-words")
        until(
            lambda: rows(real.data, "SELECT attempts > 0 FROM notify_notice WHERE message = 'waiting_now'"),
            lambda found: bool(found) and all(tried for (tried,) in found),
        )
        look_now(page)
        expect(page.locator("[data-ladder]:visible")).to_contain_text("First peer alerted")
        with mail_server(port) as taken:
            # A shift of this installation may begin meanwhile, and a letter of it go to the same supporter.
            waiting = until(lambda: waiting_letters(taken, "bell@pine.example"), bool, seconds=60)
        letter = waiting[0]
        assert real.path("/in/") in str(letter.get_payload(decode=True))
        assert not re.search("peer support|Dana|marker-words", letter.as_string(), re.IGNORECASE)
        left = "SELECT id FROM notify_notice WHERE message = 'waiting_now'"
        until(lambda: rows(real.data, left), lambda found: found == [])
        cancel(page)


@contextmanager
def mail_server(port: int) -> Iterator[list[tuple[str, Message]]]:
    """Run a real mail server; yield what it takes."""
    box = MailBox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box.taken
    finally:
        controller.stop()


def waiting_letters(taken: list[tuple[str, Message]], to: str) -> list[Message]:
    """Return the letters to this address which say that somebody waits."""
    return [
        letter for address, letter in taken if address == to and letter["Subject"] == "Something is waiting for you now"
    ]


# --- the database ------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "A-25")
def test_a_locked_database_keeps_the_numbers_on_screen_and_the_request_goes_through_after(
    demo: Demo, phone: BrowserContext
) -> None:
    page = phone.new_page()
    statuses = sent_to(page, "/requests")
    open_form(page, demo.member("ask"))
    fill_form(page)
    with locked(demo.data / "alongside.sqlite3") as unlock:
        page.get_by_role("button", name="Seal and send").click()
        for path in ("/ask/pine-county/en/", "/ask/pine-county/en/limits", "/ask/pine-county/fr/now"):
            with urllib.request.urlopen(demo.path(path), timeout=5) as response:
                assert "tel:911" in response.read().decode()
        # The server waits for ten seconds; then the page says so and tries again by itself.
        expect(page.get_by_text("Everything you typed is still here.")).to_be_visible(timeout=20_000)
        expect(page.locator("#reach")).to_have_value(NUMBER)
        until(lambda: page.wait_for_timeout(50) or set(statuses), lambda found: found == {503})
        unlock()
        expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible(timeout=30_000)
    until(lambda: page.wait_for_timeout(50) or statuses[-1], lambda found: found == 201)
    assert requests_kept(demo) == 1
    cancel(page)


@contextmanager
def locked(path: Path) -> Iterator[Callable[[], object]]:
    """Hold the write lock of a database as another process's long work would; yield what lets go of it."""
    database = sqlite3.connect(path, isolation_level=None, timeout=10)
    database.execute("BEGIN IMMEDIATE")
    try:
        yield lambda: database.execute("ROLLBACK")
    finally:
        database.close()


@pytest.mark.req("A-03", "A-25")
@pytest.mark.parametrize("how", ["cannot be opened", "is missing"])
def test_a_database_that_is_gone_leaves_the_numbers_and_comes_back_with_the_request(
    pine: Installation, phone: BrowserContext, desktop: BrowserContext, how: str
) -> None:
    page = phone.new_page()
    words = ask(pine, page)
    wait_called(pine, "bell")
    bell = inbox(desktop, pine, "bell")
    with taken_away(pine.database):
        if how == "cannot be opened":
            pine.database.mkdir()
        for path in ("/ask/pine-county/en/", "/ask/pine-county/fr/colleague", "/ask/pine-county/en/ask", "/"):
            shown = phone.new_page()
            shown.goto(pine.path(path))
            sees_crisis_lines(shown)
            shown.close()
        bell.reload()
        sees_crisis_lines(bell)
        assert not healthy(pine)
        look_now(page)
        expect(page.get_by_text("No connection. This page tries again by itself.")).to_be_visible()
    until(lambda: healthy(pine), bool)
    come_back(pine, page, words)
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_visible()
    bell.reload()
    expect(bell.get_by_role("heading", name="One person is waiting.")).to_be_visible()
    pine.later(5)
    wait_called(pine, "bell", "dubois")


@contextmanager
def taken_away(database: Path) -> Iterator[None]:
    """Take a database with its working files to another place, and bring it back over whatever is there then."""
    place = database.parent / "away"
    place.mkdir()
    for file in database.parent.glob(f"{database.name}*"):
        if file.suffix != ".serving":
            file.rename(place / file.name)
    yield
    if database.is_dir():
        database.rmdir()
    for file in database.parent.glob(f"{database.name}*"):
        if file.suffix != ".serving":
            file.unlink()
    for file in place.iterdir():
        file.rename(database.parent / file.name)


def sees_crisis_lines(page: Page) -> None:
    """See both crisis lines, ready to be called."""
    expect(page.get_by_role("link", name=re.compile("911"))).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Call 988|Appeler le 988"))).to_be_visible()


def healthy(demo: Demo) -> bool:
    """Say whether the installation calls itself healthy."""
    try:
        with urllib.request.urlopen(demo.path("/health"), timeout=5) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError:
        return False


# --- nobody answers ----------------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "D-04", "D-21", "K-22", "M-06")
@pytest.mark.parametrize(("steps", "least"), [([240] * 19, 15), ([4320, 60, 15], 1)], ids=["by and by", "in one jump"])
def test_when_nobody_answers_for_three_days_the_member_is_told_and_the_board_keeps_the_broken_promise(
    pine: Installation, phone: BrowserContext, desktop: BrowserContext, steps: list[int], least: int
) -> None:
    page = phone.new_page()
    words = ask(pine, page, soon="Today", words="is anybody there")
    for minutes in steps:
        pine.later(minutes)
    # Everybody was called, whatever the clock did, and whoever leads was told again and again.
    until(lambda: set(called(pine)), lambda found: found == EVERYBODY)
    assert alarmed(pine).count("vogel") >= least
    look_now(page)
    expect(page.get_by_role("heading", name="Nobody could answer.")).to_be_visible()
    expect(page.get_by_text("We are sorry. What you wrote is deleted. Please call, or ask once more.")).to_be_visible()
    expect(page.get_by_role("link", name="+1 218 555 0100")).to_be_visible()
    expect(page.get_by_role("link", name="Ask once more")).to_be_visible()
    sees_crisis_lines(page)
    other = phone.new_page()
    come_back(pine, other, words)
    expect(other.get_by_role("heading", name="Nobody could answer.")).to_be_visible()
    assert rows(pine.data, "SELECT id FROM help_requests_request WHERE envelope IS NOT NULL") == []

    hana = continue_as(desktop, pine, "vogel")
    expect(hana.locator(".board")).to_contain_text("Nobody answered")
    hana.reload()
    hana.get_by_role("button", name="Acknowledge").click()
    expect(hana.get_by_text("Acknowledged.")).to_be_visible()
    expect(hana.locator(".board")).not_to_contain_text("Nobody answered")
    assert "is anybody there" not in hana.content()
