"""What unlocks a supporter's keys, in a real browser with a virtual authenticator: passkeys with PRF and without,
linked, used, removed; and a server that cheats.
"""

# ruff: noqa: S608 - every query here is put together from constants of this file

import base64
import hmac
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from alongside.sealing import rules as seals
from alongside.site.demo.words import supporters as known
from tests import age_reader
from tests.e2e.acts import ask, read_first, unlock
from tests.e2e.conftest import PHONE, Demo, continue_as, running_demo, watch
from tests.e2e.installation import Installation, installed
from tests.e2e.unlocking import (
    Made,
    enrol,
    forget_words,
    give_authenticator,
    keep,
    look_up_state,
    make_passkey,
    register,
    sign_agreement,
    take_out,
)

pytestmark = pytest.mark.e2e
RENEE = "dubois@pine.example"
# Supporters' words of the demonstration, in the order of its cast.
RENEES_WORDS = known()[1]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """Run a demonstration for each test: they change what its server knows."""
    with running_demo(tmp_path) as running:
        yield running


@pytest.fixture
def renee(demo: Demo, phone: BrowserContext) -> Iterator[Page]:
    """Renée's phone with her words on it, on the page of her keys."""
    problems = watch(phone)
    page = continue_as(phone, demo, "dubois")
    page.goto(demo.path("/in/team/keys"))
    expect(heading(page)).to_have_text("This device is unlocked.")
    yield page
    assert problems == []


def heading(page: Page) -> object:
    return page.get_by_role("heading", level=1)


def ways(page: Page) -> list[str]:
    """Return what the page says opens the keys."""
    expect(page.locator("[data-part=ways] li").first).to_be_visible()
    return page.locator("[data-part=ways] li").all_text_contents()


def link(page: Page, demo: Demo) -> Made:
    """Make a passkey on this unlocked device and let the page link it."""
    give_authenticator(page, prf=True)
    made = make_passkey(page, demo, RENEE)
    keep(page, made)
    page.reload()
    expect(page.locator("[data-part=linked]")).to_be_visible()
    return made


@pytest.mark.req("K-34")
def test_an_unlocked_device_links_its_passkey_which_then_unlocks_another_device_alone(
    demo: Demo, renee: Page, browser: Browser
) -> None:
    member = browser.new_context(locale="en-CA")
    ask(demo, member.new_page(), way="Just phone me", words="sealed before the passkey was there")
    member.close()
    assert ways(renee) == ["Your 12 words"]
    made = link(renee, demo)
    assert ways(renee) == ["Your 12 words", "A passkey, made for this site"]
    assert set(take_out(renee)) == {RENEES_WORDS.wrap_recipient, f"passkey:{made.id}"}
    state = look_up_state(renee.context, demo)
    assert all(set(key["wraps"]) == {"words", made.id} for key in state["keys"])  # type: ignore[attr-defined,index]

    # Another device, on which she signed in with the passkey: it was kept there, and no word is typed.
    other = browser.new_context(viewport=PHONE, locale="en-CA")
    page = signed_in(other, demo)
    keep(page, made)
    assert set(take_out(page)) == {f"passkey:{made.id}"}
    demo.later(5)
    page.goto(demo.path("/in/team/"))
    read_first(page)
    expect(page.get_by_text("sealed before the passkey was there")).to_be_visible()
    expect(page.locator("[data-part=locked]")).to_be_hidden()
    # The keys of a week that comes are made there too, for the words as well, though nobody typed them.
    for _ in range(7):
        demo.later(1440)
    page = signed_in(other, demo)
    with page.expect_response("**/in/team/keys/publish") as published:
        page.goto(demo.path("/in/team/"))
    assert published.value.status == 204
    newest = look_up_state(other, demo)["keys"][-1]  # type: ignore[index]
    identity = age_reader.wrap_keys(_secret_of(renee))[0]
    assert (
        age_reader.recipient_of(age_reader.unwrap(base64.b64decode(newest["wraps"]["words"]), identity))
        == newest["public_key"]
    )
    other.close()


def signed_in(context: BrowserContext, demo: Demo) -> Page:
    """Sign Renée in without the page of the demonstration that puts her words on the device."""
    answer = context.request.post(demo.path("/in/enter/as/dubois"), headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.ok
    page = context.new_page()
    page.goto(demo.path("/in/team/me"))
    return page


def _secret_of(page: Page) -> bytes:
    """Return the words' secret as the device keeps it."""
    return take_out(page)[RENEES_WORDS.wrap_recipient]


@pytest.mark.req("K-34")
def test_a_passkey_without_prf_leaves_the_words_as_the_way_in_once_for_each_device(demo: Demo, renee: Page) -> None:
    give_authenticator(renee, prf=False)
    made = make_passkey(renee, demo, RENEE, prf=False)
    renee.reload()
    expect(renee.locator("[data-part=not-linked]:visible")).to_contain_text("a passkey that does not open your keys")
    assert ways(renee) == ["Your 12 words"]
    state = look_up_state(renee.context, demo)
    assert state["passkeys"] == [made.id]
    renee.get_by_role("button", name="Lock this device").click()
    expect(heading(renee)).to_have_text("This device is locked.")
    unlock(renee, RENEES_WORDS.words)
    expect(heading(renee)).to_have_text("This device is unlocked.")
    renee.reload()
    expect(heading(renee)).to_have_text("This device is unlocked.")


@pytest.mark.req("K-34")
def test_a_removed_passkey_opens_nothing_and_the_coming_weeks_are_made_anew(
    demo: Demo, renee: Page, browser: Browser
) -> None:
    made = link(renee, demo)
    before = {key["week"]: key["public_key"] for key in look_up_state(renee.context, demo)["keys"]}  # type: ignore[attr-defined]
    stolen = browser.new_context(viewport=PHONE, locale="en-CA")
    thief = continue_as(stolen, demo, "dubois")
    forget_words(thief)
    keep(thief, made)
    register(demo, RENEE, "")
    thief.goto(demo.path("/in/team/keys"))
    expect(heading(thief)).to_have_text("This device is locked.")
    stolen.close()
    # Her own device still keeps the passkey's secret, and does not bring it back.
    with renee.expect_response("**/in/team/keys/publish") as published:
        renee.reload()
    assert published.value.status == 204
    expect(renee.locator("[data-part=reach-line]")).to_be_visible()
    assert ways(renee) == ["Your 12 words"]
    state = look_up_state(renee.context, demo)
    after = {key["week"]: key["public_key"] for key in state["keys"]}  # type: ignore[attr-defined]
    first, *coming = sorted(before)
    assert after[first] == before[first]
    assert all(after[week] != before[week] for week in coming)
    assert made.id not in str(state)


@pytest.mark.req("K-34")
def test_signing_out_and_locking_take_the_passkeys_secret_off_the_device_too(demo: Demo, renee: Page) -> None:
    link(renee, demo)
    assert len(take_out(renee)) == 2
    renee.get_by_role("button", name="Lock this device").click()
    expect(heading(renee)).to_have_text("This device is locked.")
    assert take_out(renee) == {}


# --- a server that cheats ----------------------------------------------------------------------------------------


@pytest.mark.req("K-34")
def test_a_passkey_of_another_host_is_shown_as_such(demo: Demo, renee: Page) -> None:
    """The host name changed: the passkey made for the old one stays on the list, and says why it does not work."""
    old = age_reader.wrap_keys(bytes(32), "p" * 43)[1]
    put_on_the_list(demo, seals.Member("p" * 43, "old.example.org", old), signed=True)
    renee.reload()
    sentence = "A passkey, made for old.example.org: it works only at that address. Add a new one for this address."
    assert ways(renee) == ["Your 12 words", sentence]
    # Nothing more was linked, and every week that is made goes on being wrapped for both.
    renee.get_by_role("button", name="Lock this device").click()
    unlock(renee, RENEES_WORDS.words)
    expect(heading(renee)).to_have_text("This device is unlocked.")


@pytest.mark.req("K-34")
def test_a_recipient_that_the_server_adds_to_the_list_stops_the_device(demo: Demo, renee: Page) -> None:
    theirs = age_reader.new_identity()[1]
    put_on_the_list(demo, seals.Member("A" * 43, "localhost", theirs), signed=False)
    before = wraps(demo)
    for path in ("/in/team/keys", "/in/team/"):
        renee.goto(demo.path(path))
        expect(renee.locator("[data-part=keys-trouble]:visible")).to_contain_text(
            "not the one your own devices made. Do not go on."
        )
    assert wraps(demo) == before, "nothing was sealed for it"
    # Typing the words does not help the server either.
    renee.evaluate("indexedDB.deleteDatabase('alongside')")
    renee.goto(demo.path("/in/team/keys"))
    unlock(renee, RENEES_WORDS.words)
    expect(renee.locator("[data-part=words-trouble]:visible")).to_contain_text("Do not go on.")
    assert wraps(demo) == before


@pytest.mark.req("K-34")
@pytest.mark.parametrize("how", ["another key", "another week's key and wraps", "a key of the server's own"])
def test_a_key_that_the_server_exchanged_stops_the_device(demo: Demo, renee: Page, how: str) -> None:
    for _ in range(7):
        demo.later(1440)
    page = continue_as(renee.context, demo, "dubois")
    page.goto(demo.path("/in/team/keys"))
    expect(heading(page)).to_have_text("This device is unlocked.")
    expect(page.locator("[data-part=reach-line]")).to_be_visible()
    identity, public_key = age_reader.new_identity()
    newest, other = [row[0] for row in rows(demo, f"SELECT key.id FROM {MINE} ORDER BY week DESC LIMIT 2")]
    if how == "another key":
        change(demo, "UPDATE sealing_receivingkey SET public_key = ? WHERE id = ?", public_key, newest)
    elif how == "another week's key and wraps":
        for column, table, where in (("public_key", "receivingkey", "id"), ("sealed", "keywrap", "key_id")):
            (value,) = rows(demo, f"SELECT {column} FROM sealing_{table} WHERE {where} = '{other}'")[0]
            change(demo, f"UPDATE sealing_{table} SET {column} = ? WHERE {where} = ?", value, newest)
    else:
        # Whoever knows the public half of the words can wrap for them: only the mark tells that it was not her device.
        sealed = age_reader.wrap(identity, RENEES_WORDS.wrap_recipient)
        change(demo, "UPDATE sealing_receivingkey SET public_key = ? WHERE id = ?", public_key, newest)
        change(demo, "UPDATE sealing_keywrap SET sealed = ? WHERE key_id = ?", sealed, newest)
    page.reload()
    expect(page.locator("[data-part=keys-trouble]:visible")).to_contain_text("not the ones you made. Do not go on.")


@pytest.mark.req("K-34")
def test_a_played_back_list_is_believed_which_is_a_stated_limit(demo: Demo, renee: Page) -> None:
    before = rows(demo, f"SELECT listed, mac FROM {RING}")[0]
    made = link(renee, demo)
    change(demo, f"UPDATE sealing_keyring SET listed = ?, mac = ? WHERE id = (SELECT id FROM {RING})", *before)
    # The list of before is good again, but it does not name the passkey that has a key of the ring: that is noticed.
    renee.reload()
    expect(renee.locator("[data-part=keys-trouble]:visible")).to_contain_text("Do not go on.")
    # Played back whole, it is believed; the device links its passkey once more.
    change(
        demo,
        "DELETE FROM sealing_keywrap WHERE recipient_id IN (SELECT id FROM sealing_wraprecipient WHERE name = ?)",
        made.id,
    )
    change(demo, "DELETE FROM sealing_wraprecipient WHERE name = ?", made.id)
    renee.reload()
    expect(renee.locator("[data-part=linked]")).to_be_visible()
    assert ways(renee) == ["Your 12 words", "A passkey, made for this site"]


@pytest.mark.req("K-34")
def test_keys_of_before_there_were_rings_are_carried_on_by_the_words(demo: Demo, renee: Page) -> None:
    change(demo, f"UPDATE sealing_keyring SET mac = NULL WHERE id = (SELECT id FROM {RING})")
    change(demo, f"UPDATE sealing_wraprecipient SET ring_key = NULL WHERE ring_id = (SELECT id FROM {RING})")
    change(demo, f"UPDATE sealing_receivingkey SET mac = NULL WHERE id IN (SELECT key.id FROM {MINE})")
    before = wraps(demo)
    # A device that has seen the mark is not told that there was none.
    renee.reload()
    expect(renee.locator("[data-part=keys-trouble]:visible")).to_contain_text("Do not go on.")
    renee.evaluate("indexedDB.deleteDatabase('alongside')")
    renee.reload()
    unlock(renee, RENEES_WORDS.words)
    expect(renee.locator("[data-part=reach-line]")).to_be_visible()
    assert wraps(demo) == before
    assert rows(demo, f"SELECT count(*) FROM {MINE} AND key.mac IS NULL") == [(0,)]
    made = link(renee, demo)
    assert set(look_up_state(renee.context, demo)["ring"]["keys"]) == {"words", made.id}  # type: ignore[index,call-overload]


RING = (
    "(SELECT ring.* FROM sealing_keyring ring JOIN accounts_person one ON one.id = ring.person_id"
    " WHERE email = 'dubois@pine.example')"
)
MINE = "sealing_receivingkey key JOIN accounts_person one ON one.id = key.person_id WHERE email = 'dubois@pine.example'"


def rows(demo: Demo, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(demo.data / "alongside.sqlite3") as database:
        found = database.execute(query).fetchall()
    database.close()
    return found


def change(demo: Demo, statement: str, *values: object) -> None:
    """Do what somebody with root on the server can do."""
    with sqlite3.connect(demo.data / "alongside.sqlite3", timeout=10) as database:
        assert database.execute(statement, values).rowcount > 0
    database.close()


def wraps(demo: Demo) -> list[tuple[object, ...]]:
    return rows(demo, "SELECT id, key_id, recipient_id, sealed FROM sealing_keywrap ORDER BY id")


def put_on_the_list(demo: Demo, member: seals.Member, *, signed: bool) -> None:
    """Add a member in the tables: with the mark that only Renée's devices can make (her ring is known), or without."""
    (ring, listed), *_ = rows(demo, f"SELECT id, listed FROM {RING}")
    longer = seals.write_ring([*seals.read_ring(str(listed)), member])
    mark = hmac.digest(base64.b64decode(RENEES_WORDS.ring_key), longer.encode(), "sha256")
    change(
        demo, "UPDATE sealing_keyring SET listed = ?, mac = ? WHERE id = ?", longer, mark if signed else bytes(32), ring
    )
    values = [member.name.encode().hex()[:32], ring, member.name, bytes(seals.RING_KEY_BYTES)]
    change(demo, "INSERT INTO sealing_wraprecipient (id, ring_id, name, ring_key) VALUES (?, ?, ?, ?)", *values)


# --- after a restore ---------------------------------------------------------------------------------------------


@pytest.mark.req("K-34", "K-22")
@pytest.mark.parametrize("with_words", [True, False], ids=["words typed", "passkey only"])
def test_after_a_restore_words_or_passkey_make_new_keys(tmp_path: Path, browser: Browser, *, with_words: bool) -> None:
    with installed(tmp_path) as site:
        site.start()
        phone = browser.new_context(viewport=PHONE, locale="en-CA")
        page = continue_as(phone, site, "tran")
        give_authenticator(page, prf=True)
        sign_agreement(page, site)
        page.goto(site.path("/in/team/keys"))
        made = make_passkey(page, site, "tran@pine.example")
        keep(page, made)
        words = enrol(page, site)
        before = {key["public_key"] for key in look_up_state(phone, site)["keys"]}  # type: ignore[attr-defined]
        restore_elsewhere(site, tmp_path)

        page = continue_as(phone, site, "tran")
        assert rows_of(site, "SELECT count(*) FROM sealing_keywrap") == [(0,)]
        if with_words:
            page.evaluate("indexedDB.deleteDatabase('alongside')")
        else:
            forget_words(page)
        page.goto(site.path("/in/team/keys"))
        if with_words:
            unlock(page, " ".join(words))
        expect(heading(page)).to_have_text("This device is unlocked.")
        expect(page.locator("[data-part=reach-line]")).to_be_visible()
        assert ways(page) == ["Your 12 words", "A passkey, made for this site"]
        keys = look_up_state(phone, site)["keys"]
        assert len(keys) == 8  # type: ignore[arg-type]
        assert before.isdisjoint(key["public_key"] for key in keys)  # type: ignore[attr-defined]
        assert all(set(key["wraps"]) == {"words", made.id} for key in keys)  # type: ignore[attr-defined]
        phone.close()


def restore_elsewhere(site: Installation, folder: Path) -> None:
    """Back up, stop, and serve at the same address what the backup brings back in a new folder."""
    copy = folder / "backup.gz"
    done = site.command("backup", str(copy))
    assert done.returncode == 0, done.stderr
    site.stop()
    site.data = folder / "new"
    site.data.mkdir(mode=0o700)
    site.env["ALONGSIDE_DATA"] = str(site.data)
    for command in (["manage", "migrate", "-v0"], ["restore", str(copy)]):
        done = site.command(*command)
        assert done.returncode == 0, done.stderr
    site.start()


def rows_of(site: Installation, query: str) -> list[tuple[object, ...]]:
    return rows(site, query)
