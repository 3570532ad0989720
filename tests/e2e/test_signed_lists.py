"""Trust that one can hold in the hand: the coordinator signs and prints, a phone checks, and a server that lies is
noticed.
"""

import base64
import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser, BrowserContext, Page, expect

from alongside.site import signatures
from alongside.site.demo.words import signing as known
from tests import age_reader
from tests.e2e import posters
from tests.e2e.acts import ask, fill_form, open_form, rows, send, until
from tests.e2e.conftest import PHONE, Demo, continue_as, running_demo, watch
from tests.e2e.test_keyboard import Keyboard

pytestmark = [pytest.mark.e2e]

WORDS = known()["words"]
BLOCKED = "This page does not send now."
CHECKED = "Checked: this team is the one on the poster."
TABLES = ("sealing_certificate", "sealing_signedroster", "sealing_signingroot")
ALL = (*TABLES, "sealing_receivingkey", "sealing_keyring", "team_supporter")


@pytest.fixture
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run a demonstration of its own: each test changes what it keeps."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@contextmanager
def database(demo: Demo) -> Iterator[sqlite3.Connection]:
    """Change rows behind the server's back, as somebody who got into it can."""
    connection = sqlite3.connect(demo.data / "alongside.sqlite3", timeout=20)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def copied(demo: Demo) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of the signed list and of the keys."""
    return {table: rows(demo.data, f"SELECT * FROM {table}") for table in ALL}  # noqa: S608


def put_back(demo: Demo, kept: dict[str, list[tuple[object, ...]]], tables: tuple[str, ...] = TABLES) -> None:
    """Put rows back as they were."""
    with database(demo) as connection:
        for table in tables:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608
        for table in reversed(tables):
            for row in kept[table]:
                places = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO {table} VALUES ({places})", row)  # noqa: S608


def poster_link(page: str = "ask") -> str:
    """Return what the demonstration's poster leads to, worked out apart from the product's own code."""
    carried = bytes.fromhex(known()["code"])
    root = Ed25519PrivateKey.from_private_bytes(_root_seed()).public_key().public_bytes_raw()
    return f"{page}#p={age_reader.base64url(root + carried)}"


def _root_seed() -> bytes:
    return base64.b64decode(known()["root_seed"])


@contextmanager
def member(browser: Browser) -> Iterator[Page]:
    """A member's phone of its own; complaints to the console fail the test."""
    context = browser.new_context(viewport=PHONE, locale="en-CA")
    problems = watch(context)
    yield context.new_page()
    context.close()
    assert not [text for text in problems if "404" not in text]


def came_by_poster(demo: Demo, page: Page) -> None:
    """Open the poster's link and see that the list is checked and the address says nothing."""
    open_form(page, demo.member(poster_link()))
    expect(page).to_have_url(demo.member("ask"))
    expect(page.get_by_text(CHECKED)).to_be_visible()


def looks_again(demo: Demo, page: Page) -> None:
    """Open the form anew; the browser's own copy of the list is a minute old at most, so it is thrown away."""
    # The server answers for two seconds what it answered before.
    page.wait_for_timeout(2200)
    session = page.context.new_cdp_session(page)
    session.send("Network.clearBrowserCache")
    session.detach()
    page.goto(demo.member("ask"))
    page.get_by_role("button", name="I have read this").click()


def is_blocked(page: Page, *says: str) -> None:
    """See that the page says why it does not send, shows the number, and indeed does not send."""
    notice = page.locator("[data-check]")
    expect(notice).to_be_visible()
    expect(notice).to_contain_text(BLOCKED)
    for sentence in says:
        expect(notice).to_contain_text(sentence)
    expect(notice.get_by_role("link", name="Call the peer team")).to_be_visible()
    fill_form(page)
    page.get_by_role("button", name="Seal and send").click()
    expect(page.locator("[data-sending-notice]:visible")).to_contain_text("Not sent")
    expect(page.get_by_role("heading", name="Sealed and on its way.")).to_be_hidden()


def works_without_poster(demo: Demo, browser: Browser) -> None:
    """See that somebody who never saw a poster can still ask, and is told how to check."""
    with member(browser) as page:
        open_form(page, demo.member("ask"))
        expect(page.get_by_role("link", name="Compare six words with the poster")).to_be_visible()
        fill_form(page)
        send(page)


def signing(demo: Demo, context: BrowserContext, slug: str = "vogel") -> Page:
    """Return the signing page of a coordinator."""
    page = continue_as(context, demo, slug)
    page.goto(demo.path("/in/coordinate/signing"))
    return page


def sign_again(page: Page, words: str = WORDS) -> None:
    """Type the signing words where the device does not keep them, and sign."""
    button = page.get_by_role("button", name="Sign for")
    field = page.locator("#words")
    until(lambda: button.is_visible() or field.is_visible(), bool)
    if field.is_visible():
        field.fill(words)
        page.get_by_role("button", name="Go on").click()
    button.click()
    expect(page.get_by_text("Signed. Phones that came by the poster check against this list now.")).to_be_visible()


def write_down(page: Page, button: str) -> str:
    """Read 12 new words off the page and type three of them back."""
    expect(page.locator('[data-part="words-list"] li')).to_have_count(12)
    words = page.locator('[data-part="words-list"] li').all_text_contents()
    page.get_by_role("button", name="I have written them down").click()
    for place in (3, 7, 11):
        page.get_by_label(f"Word {place}").fill(words[place - 1])
    page.get_by_role("button", name=button).click()
    return " ".join(words)


# --- the coordinator ---------------------------------------------------------------------------------------------


@pytest.mark.req("K-34")
def test_the_coordinator_signs_prints_and_a_phone_checks_all_by_keyboard(
    demo: Demo, browser: Browser, desktop: BrowserContext, tmp_path: Path
) -> None:
    put_back(demo, {table: [] for table in TABLES})
    board = continue_as(desktop, demo, "vogel")
    expect(board.get_by_text("The list of supporters was never signed.")).to_be_visible()
    board.goto(demo.path("/in/coordinate/signing"))
    expect(board.get_by_role("heading", name="The list was never signed.")).to_be_visible()
    expect(board.get_by_text("One peer must unlock once before you can sign for them.")).to_be_visible()
    keys = Keyboard(board)
    keys.press("Make the signing words")
    expect(board.locator('[data-part="words-list"] li')).to_have_count(12)
    words = board.locator('[data-part="words-list"] li').all_text_contents()
    keys.press("I have written them down")
    for place in (3, 7, 11):
        keys.type(f"Word {place}", words[place - 1])
    keys.press("These are the words")
    expect(board.get_by_role("button", name="Sign for 8 people")).to_be_focused()
    with board.expect_response("**/signing/sign"):
        board.keyboard.press("Enter")
    expect(board.get_by_role("heading", name="The list is signed.")).to_be_visible()

    keys.press("Make the poster")
    expect(board.get_by_role("heading", name="The poster")).to_be_visible()
    keys.to("Make the poster")
    with board.expect_download() as download:
        board.keyboard.press("Enter")
    download.value.save_as(tmp_path / "poster.pdf")
    poster = posters.read(tmp_path / "poster.pdf")
    six = board.locator('[data-part="shown-words"] .check-words').inner_text()
    assert six in poster.text
    assert poster.size == (612, 792)
    assert poster.link.startswith(demo.member() + "#p=")

    with member(browser) as page:
        page.goto(poster.link)
        expect(page).to_have_url(demo.member())
        page.get_by_role("link", name="Check this page").click()
        expect(page.locator("[data-look-words]:visible")).to_have_text(six)
        expect(page.get_by_text("This phone knows these words")).to_be_visible()
        ask(demo, page)
        expect(page.get_by_text(CHECKED)).to_be_attached()
    page = continue_as(desktop, demo, "vogel")
    page.goto(demo.path("/in/coordinate/audit"))
    expect(
        page.get_by_text("Hana Vogel signed the list of supporters: 8 people, signing number 1").first
    ).to_be_visible()


@pytest.mark.req("K-34")
@pytest.mark.parametrize(
    ("sheet", "size", "says"),
    [
        (("en", "letter"), (612, 792), "Only the peers you ask can open what you write."),
        (("en", "a4"), (595, 842), "Point your phone’s camera here"),
        (("fr", "letter"), (612, 792), "Seuls les pairs à qui vous écrivez peuvent ouvrir votre message."),
        (("fr", "a4"), (595, 842), "Vérifiez la page : elle doit montrer ces six mots"),
    ],
)
def test_the_poster_is_read_by_a_camera_on_both_papers_in_both_languages(  # noqa: PLR0917
    demo: Demo, desktop: BrowserContext, tmp_path: Path, sheet: tuple[str, str], size: tuple[int, int], says: str
) -> None:
    language, paper = sheet
    page = continue_as(desktop, demo, "vogel")
    posted: list[str] = []
    page.on("request", lambda request: posted.append(f"{request.url} {request.post_data or ''}"))
    page.goto(demo.path("/in/coordinate/poster"))
    page.locator("#words").fill(WORDS)
    page.get_by_role("button", name="Go on").click()
    page.locator(f'input[value="{language}"]').check()
    page.locator(f'input[value="{paper}"]').check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Make the poster").click()
    assert download.value.suggested_filename == f"poster-{language}-{paper}.pdf"
    download.value.save_as(tmp_path / "poster.pdf")
    poster = posters.read(tmp_path / "poster.pdf")
    carried = poster_link().split("#p=")[1]
    assert poster.link == f"{demo.member(language=language)}#p={carried}"
    assert poster.size == size
    assert says in poster.text
    assert "+1 218 555 0100" in poster.text
    assert "Pine County Sheriff's Office" in poster.text
    # Neither the words nor the code left the browser.
    code = bytes.fromhex(known()["code"])
    secrets = (carried, carried[43:], code.hex(), WORDS, WORDS.replace(" ", "+"), WORDS.split()[5] + " ")
    assert not [text for text in posted for secret in secrets if secret in text]


@pytest.mark.req("K-34")
def test_of_two_coordinators_who_sign_at_once_one_is_told(
    demo: Demo, desktop: BrowserContext, other: BrowserContext
) -> None:
    first, second = signing(demo, desktop), signing(demo, other)
    for page in (first, second):
        page.locator("#words").fill(WORDS)
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("button", name="Sign for")).to_be_visible()
    sign_again(first)
    second.get_by_role("button", name="Sign for").click()
    expect(
        second.get_by_text("Not signed: something changed while you looked, or somebody else signed.")
    ).to_be_visible()
    assert rows(demo.data, "SELECT epoch FROM sealing_signedroster") == [(2,)]


# --- a server that lies ------------------------------------------------------------------------------------------


@pytest.mark.req("K-34")
def test_a_key_that_the_server_put_in_is_noticed_by_whoever_came_by_the_poster(demo: Demo, browser: Browser) -> None:
    with member(browser) as page:
        came_by_poster(demo, page)
        own = age_reader.new_identity()[1]
        with database(demo) as connection:
            # Of somebody who was signed for and is on the list now: others' keys no phone is told.
            bell = "SELECT id FROM accounts_person WHERE email = 'bell@pine.example'"
            (who,) = connection.execute(bell).fetchone()
            connection.execute("UPDATE sealing_receivingkey SET public_key = ? WHERE person_id = ?", (own, who))
        looks_again(demo, page)
        is_blocked(page, "Somebody may have put other keys in it.")
    works_without_poster(demo, browser)


@pytest.mark.req("K-34")
def test_a_forged_certificate_and_swapped_offices_are_noticed(demo: Demo, browser: Browser) -> None:
    before = copied(demo)
    with member(browser) as page:
        came_by_poster(demo, page)
        with database(demo) as connection:
            connection.execute("UPDATE sealing_certificate SET signature = zeroblob(64)")
        looks_again(demo, page)
        is_blocked(page, "Somebody may have put other keys in it.")
        put_back(demo, before)
        with database(demo) as connection:
            found = connection.execute(
                "SELECT person_id, office_id, name FROM team_supporter "
                "JOIN accounts_office ON office_id = accounts_office.id "
                "WHERE status = 'active' AND name IN ('Courthouse', 'North station') ORDER BY name"
            ).fetchall()
            for (person, _own, _name), (_other, office, name) in zip(found, reversed(found), strict=True):
                connection.execute("UPDATE team_supporter SET office_id = ? WHERE person_id = ?", (office, person))
                connection.execute("UPDATE sealing_certificate SET office = ? WHERE person_id = ?", (name, person))
        looks_again(demo, page)
        is_blocked(page, "Somebody may have put other keys in it.")
    works_without_poster(demo, browser)


@pytest.mark.req("K-34")
def test_an_older_list_that_is_played_back_is_noticed(demo: Demo, browser: Browser, desktop: BrowserContext) -> None:
    old = copied(demo)
    sign_again(signing(demo, desktop))
    with member(browser) as page:
        came_by_poster(demo, page)
        put_back(demo, old)
        looks_again(demo, page)
        is_blocked(page, "this phone has seen a newer one")
    works_without_poster(demo, browser)


@pytest.mark.req("K-34")
def test_a_list_that_ran_out_and_one_that_nobody_signed_are_not_sealed_for(demo: Demo, browser: Browser) -> None:
    with member(browser) as page:
        came_by_poster(demo, page)
        over = datetime.now(UTC).date() - timedelta(days=2)
        sign_with(demo, Ed25519PrivateKey.from_private_bytes(_root_seed()), until=over)
        looks_again(demo, page)
        is_blocked(page, "The list of peers has run out.")
        put_back(demo, {table: [] for table in TABLES})
        looks_again(demo, page)
        is_blocked(page, "is not signed, but your poster says it must be")
    works_without_poster(demo, browser)


@pytest.mark.req("K-34")
def test_a_server_that_signs_by_itself_is_asked_for_six_words(demo: Demo, browser: Browser) -> None:
    own = Ed25519PrivateKey.generate()
    with member(browser) as page:
        came_by_poster(demo, page)
        with database(demo) as connection:
            connection.execute("UPDATE sealing_signingroot SET public_key = ?", (own.public_key().public_bytes_raw(),))
        sign_with(demo, own)
        looks_again(demo, page)
        is_blocked(page, "another key now than the one on the poster", "Does the new poster show these six words?")
        page.goto(demo.member("limits"))
        expect(page.get_by_text("These are other words than this phone knows.")).to_be_visible()
    works_without_poster(demo, browser)


@pytest.mark.req("K-34")
def test_a_link_that_anybody_can_send_changes_no_key(demo: Demo, browser: Browser) -> None:
    with member(browser) as page:
        came_by_poster(demo, page)
        page.goto(demo.member(f"ask#p={age_reader.base64url(bytes(range(48)))}"))
        page.reload()
        page.get_by_role("button", name="I have read this").click()
        is_blocked(page, "another key now than the one on the poster")


def sign_with(demo: Demo, root: Ed25519PrivateKey, until: date | None = None) -> None:
    """Sign all there is with a root, in the database itself."""
    with database(demo) as connection:
        epoch, day, organisation = connection.execute(
            "SELECT epoch, until, organisation_id FROM sealing_signedroster"
        ).fetchone()
        last = until.isoformat() if until else day
        connection.execute("UPDATE sealing_signedroster SET until = ?", (last,))
        found = connection.execute("SELECT id, vouch_key, office FROM sealing_certificate").fetchall()
        for row, vouch, office in found:
            statement = signatures.peer_statement(
                uuid.UUID(organisation), epoch, date.fromisoformat(last), vouch, office
            )
            connection.execute("UPDATE sealing_certificate SET signature = ? WHERE id = ?", (root.sign(statement), row))


# --- people and words that change --------------------------------------------------------------------------------


@pytest.mark.req("K-34", "C-17")
def test_who_ends_is_left_out_at_once_and_the_board_asks_for_a_signature_for_who_moved(
    demo: Demo, browser: Browser, desktop: BrowserContext
) -> None:
    with database(demo) as connection:
        connection.execute(
            "UPDATE team_supporter SET office_id = (SELECT id FROM accounts_office WHERE name = 'Jail') "
            "WHERE office_id = (SELECT id FROM accounts_office WHERE name = 'Courthouse')"
        )
    board = continue_as(desktop, demo, "vogel")
    expect(board.get_by_text("Ana Ruiz: not signed for as they stand now.")).to_be_visible()
    with member(browser) as page:
        open_form(page, demo.member(poster_link()))
        expect(page.get_by_text("1 peer is left out, because this phone cannot check their key yet.")).to_be_visible()
        board.goto(demo.path("/in/coordinate/signing"))
        expect(board.get_by_text("other office")).to_be_visible()
        sign_again(board)
        looks_again(demo, page)
        expect(page.get_by_text(CHECKED, exact=True)).to_be_visible()
        fill_form(page)
        send(page)


@pytest.mark.req("K-34")
def test_two_people_change_the_words_and_phones_follow_one_alone_cannot(
    demo: Demo, browser: Browser, desktop: BrowserContext, other: BrowserContext
) -> None:
    clinician = continue_as(other, demo, "reyes")
    clinician.get_by_role("link", name="Be the witness of the signed list").click()
    clinician.get_by_role("button", name="Make my witness words").click()
    witness_words = write_down(clinician, "Be the witness")
    expect(clinician.get_by_role("heading", name="You are the witness.")).to_be_visible()
    page = signing(demo, desktop)
    expect(page.get_by_text("Imani Reyes offers to be the witness.")).to_be_visible()
    sign_again(page)
    expect(page.get_by_text("Witness: Imani Reyes.")).to_be_visible()
    with member(browser) as phone, member(browser) as second:
        came_by_poster(demo, phone)
        came_by_poster(demo, second)
        page.get_by_text("Make new signing words").click()
        page.get_by_role("button", name="I have the old words").click()
        new_words = write_down(page, "These are the words")
        expect(page.get_by_text("Ask Imani Reyes to confirm them too")).to_be_visible()
        clinician.goto(demo.path("/in/coordinate/signing/witness"))
        expect(clinician.get_by_role("heading", name="Confirm the new signing words.")).to_be_visible()
        shown = clinician.locator(".check-words.large").inner_text()
        assert page.locator("section.notice .check-words").inner_text() == shown
        clinician.locator("#words").fill(witness_words)
        clinician.get_by_role("button", name="They are the same: confirm").click()
        expect(
            clinician.get_by_text("Confirmed. The coordinator signs the list with the new words now.")
        ).to_be_visible()
        page.reload()
        expect(page.get_by_text("The old words and the witness have confirmed them.")).to_be_visible()
        sign_again(page, new_words)
        looks_again(demo, phone)
        expect(phone.get_by_text(CHECKED)).to_be_visible()
        assert '"p"' in json.dumps(phone.evaluate("JSON.parse(localStorage['page-look-pine-county'])"))

        # Lost words: nobody signs for the new ones, so each phone asks its owner.
        page.get_by_text("Make new signing words").click()
        page.get_by_role("button", name="The old words are lost").click()
        write_down(page, "These are the words")
        expect(page.get_by_text("They were made without the old ones.")).to_be_visible()
        sign_again(page)
        looks_again(demo, phone)
        expect(phone.get_by_text("Does the new poster show these six words?")).to_be_visible()
        page.goto(demo.path("/in/coordinate/poster"))
        expect(page.locator('[data-part="shown-words"] .check-words')).to_have_text(
            phone.locator("[data-check-words]").inner_text()
        )
        phone.get_by_role("button", name="Yes, the same six words").click()
        expect(phone.get_by_text(CHECKED)).to_be_visible()
        fill_form(phone)
        send(phone)
        looks_again(demo, second)
        is_blocked(second, "another key now")


@pytest.mark.req("K-34")
def test_six_words_alone_are_enough_to_begin_checking(demo: Demo, browser: Browser) -> None:
    with member(browser) as page:
        page.goto(demo.member("limits"))
        page.get_by_role("button", name="They are the same: check from now on").click()
        expect(page.get_by_text("This phone knows these words")).to_be_visible()
        open_form(page, demo.member("ask"))
        expect(page.get_by_text(CHECKED)).to_be_visible()
        with database(demo) as connection:
            connection.execute("UPDATE sealing_certificate SET signature = zeroblob(64)")
        looks_again(demo, page)
        is_blocked(page, "Somebody may have put other keys in it.")
