"""The whole story with passkeys, on an installation made by `alongside init`: nothing of the demonstration, real mail,
real time. After each part every place is searched for what the passkeys unlock with.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.acts import (
    NUMBER,
    accept,
    ask,
    close,
    look_now,
    make_contact,
    read_first,
    reply,
    rows,
    see_reply,
    unlock,
    until,
)
from tests.e2e.authenticators import forms_of, kept_on, passkey_id
from tests.e2e.conftest import PHONE, watch
from tests.e2e.entering import PASSWORD, code_for, secret_on
from tests.e2e.founding import (
    FIRST,
    Device,
    Founded,
    add_supporter,
    address_of,
    come_in,
    confirm_test_page,
    found,
    founded,
    moved,
    ways,
)
from tests.e2e.unlocking import enrol, look_up_state

pytestmark = [pytest.mark.e2e]

WORDS, REPLY = "marker-words the third bad call", "marker-reply I am here until seven"
BOTH = ["Your 12 words", "A passkey, made for this site"]
ABOUT_REQUESTS = (
    "escalation_ladder",
    "escalation_alert",
    "help_requests_request",
    "help_requests_handedon",
    "help_requests_message",
    "help_requests_boxreply",
)


@pytest.fixture(scope="module")
def pine(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Founded]:
    """Pine County, founded by its own people: operator, coordinator, two supporters who are on call."""
    with founded(tmp_path_factory.mktemp("pine"), browser) as site:
        found(site)
        yield site


def search(pine: Founded) -> None:
    """Search files, log, mail and every request of every window for the secrets of all passkeys, in every writing."""
    forms = [form for secret in pine.secrets for form in forms_of(secret)]
    kept, posted = pine.kept(), pine.posted()
    names = [passkey_id(one).encode() for one in pine.devices[FIRST].passkey.credentials()]
    assert any(name in posted for name in names), "the search looks at the right requests"
    assert any(name in data for name in names for data in kept.values()), "and at the right files"
    assert {place for place, data in kept.items() if any(form in data for form in forms)} == set()
    assert [form for form in forms if form in posted] == []
    assert b'"prf"' not in posted.lower()
    assert not any(re.search(rb'"?prf"?\s*:', data) for data in kept.values())
    pine.calm()


def sign_in(device: Device, link: str) -> None:
    """Sign in with the passkey, with one press."""
    device.page.goto(link)
    device.page.get_by_role("button", name="Sign in with a passkey").click()
    device.page.wait_for_url(lambda url: "/in/enter/" not in url)


def heading(page: Page) -> str:
    """Return what the page says first."""
    return page.get_by_role("heading", level=1).inner_text()


def ceremonies(device: Device) -> list[object]:
    """Return the list into which each use of the device's passkey goes."""
    used: list[object] = []
    # Playwright hangs an attribute on the handler, which a bound method of a list refuses.
    device.passkey.session.on("WebAuthn.credentialAsserted", lambda event: used.append(event))  # noqa: PLW0108
    return used


@pytest.fixture
def dana(browser: Browser) -> Iterator[BrowserContext]:
    """The private window of a member's phone."""
    context = browser.new_context(viewport=PHONE, locale="en-CA")
    problems = watch(context)
    yield context
    context.close()
    assert problems == []


@pytest.mark.req("A-03", "K-22", "K-24", "K-34", "K-35", "M-21")
def test_from_init_to_an_erased_reply_with_passkeys_and_no_word_typed(pine: Founded, dana: BrowserContext) -> None:
    assert "works once, within 7 days" in pine.said
    assert heading(pine.devices["operator"].page) == "One organisation on this server."
    looked = pine.command("doctor", "--near")
    assert "Pine County can be asked." in looked.stdout
    pine.sent.follow(dana)
    first = pine.devices[FIRST]
    first.page.goto(pine.path("/in/team/keys"))
    assert ways(first.page) == BOTH
    expect(first.page.locator("[data-part=not-linked]")).to_be_hidden()

    page = dana.new_page()
    words = ask(pine, page, words=WORDS)
    assert len(words) == 12
    subjects = until(lambda: called(pine), lambda found: "bell@pine.example" in found)
    assert "ruiz@pine.example" not in subjects, "the backup's turn comes after five minutes"

    open_on_a_second_device(pine, first)
    accept(first.page)
    expect(first.page.locator("[data-part=facts]:visible")).to_contain_text(NUMBER)
    reply(first.page, REPLY)
    make_contact(first.page)
    look_now(page)
    see_reply(page, REPLY)
    close(first.page)
    page.get_by_role("button", name="That is all, erase it").click()
    page.locator("[data-confirm] [data-yes]").click()
    expect(page.locator("[data-reply-list]")).to_be_hidden()

    purged = pine.command("purge")
    assert purged.returncode == 0, purged.stderr
    assert {table: rows(pine.data, f"SELECT count(*) FROM {table}")[0][0] for table in ABOUT_REQUESTS} == (  # noqa: S608
        dict.fromkeys(ABOUT_REQUESTS, 0)
    )
    typed = [one.encode() for one in (NUMBER, NUMBER.replace(" ", ""), WORDS, REPLY, " ".join(words))]
    kept, posted = pine.kept(), pine.posted()
    assert [one for one in typed if one in posted or any(one in data for data in kept.values())] == []
    assert not any(" ".join(device.words).encode() in posted for device in pine.devices.values() if device.words)
    search(pine)


def called(pine: Founded) -> set[str]:
    """Return to whom a call went."""
    return {to for to, letter in list(pine.mail) if letter["Subject"] == "Something is waiting for you now"}


def open_on_a_second_device(pine: Founded, device: Device) -> None:
    """Sign in with the synced passkey on a device that knows nothing, and read what was asked: in one ceremony."""
    device.wipe()
    device.page.goto(pine.path("/in/"))
    expect(device.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert device.context.cookies() == [] or "in_session" not in str(device.context.cookies())
    assert device.page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    used, asked = ceremonies(device), len(pine.sent.requests)
    sign_in(device, pine.path("/in/"))
    expect(device.page.get_by_role("heading", level=1)).to_have_text("One person is waiting.")
    read_first(device.page)
    expect(device.page.locator("[data-part=facts]:visible")).to_contain_text(WORDS)
    expect(device.page.locator("[data-part=locked]")).to_be_hidden()
    assert len(used) == 1, "one ceremony signed in and unlocked"
    [kept] = kept_on(device.page)
    assert bytes(kept["secret"]) == device.passkey.secret()
    assert kept["extractable"] is False
    posts = [one.url for one in pine.sent.requests[asked:] if one.method == "POST" and "/in/enter/" in one.url]
    assert len(posts) == 2, "a question and an answer"


@pytest.mark.req("K-24", "K-34")
def test_a_passkey_without_prf_signs_in_and_the_words_are_typed_once_on_each_device(pine: Founded) -> None:
    device = add_supporter(pine, "Cleo West", prf=False)
    page = device.page
    page.goto(pine.path("/in/team/keys"))
    assert ways(page) == ["Your 12 words"]
    expect(page.locator("[data-part=not-linked]:visible")).to_contain_text("a passkey that does not open your keys")
    device.wipe()
    sign_in(device, pine.path("/in/team/keys"))
    expect(page.get_by_role("heading", level=1)).to_have_text("This device is locked.")
    assert kept_on(page) == []
    unlock(page, " ".join(device.words))
    expect(page.get_by_role("heading", level=1)).to_have_text("This device is unlocked.")
    page.goto(pine.path("/in/team/"))
    expect(page.get_by_role("heading", name="Nobody is waiting.")).to_be_visible()
    expect(page.locator("[data-part=locked]")).to_be_hidden()
    search(pine)


@pytest.mark.req("K-24", "K-34")
def test_who_lost_every_device_enrols_again_and_the_lost_one_opens_nothing(pine: Founded) -> None:
    lost = add_supporter(pine, "Drew Lane")
    state = look_up_state(lost.context, pine)
    coordinator = pine.devices["coordinator"].page
    coordinator.goto(pine.path("/in/coordinate/team"))
    row = coordinator.get_by_role("listitem").filter(has_text="Drew Lane")
    row.get_by_role("link", name="Enrol again").click()
    coordinator.get_by_role("button", name="Let them enrol again").click()
    expect(coordinator.get_by_text("Done. They are signed out")).to_be_visible()
    # The thief's device: signed out, its passkey not known, its keys gone from the server.
    lost.page.goto(pine.path("/in/team/"))
    lost.page.get_by_role("button", name="Sign in with a passkey").click()
    expect(lost.page.get_by_role("alert")).to_contain_text("This passkey is not known here.")
    fresh = pine.device("Drew Lane, again")
    come_in(pine, fresh, address_of("Drew Lane"))
    fresh.page.goto(pine.path("/in/team/me"))
    expect(fresh.page.get_by_role("heading", name="Your keys are missing.")).to_be_visible()
    expect(fresh.page.get_by_text("Signed.", exact=True)).to_be_visible()
    fresh.words = enrol(fresh.page, pine)
    assert fresh.words != lost.words
    fresh.page.goto(pine.path("/in/team/keys"))
    assert ways(fresh.page) == BOTH
    fresh_state = look_up_state(fresh.context, pine)
    assert keys_of(state).isdisjoint(keys_of(fresh_state))
    confirm_test_page(pine, fresh, address_of("Drew Lane"))
    search(pine)


def keys_of(state: dict[str, object]) -> set[str]:
    """Return the public keys that a state names."""
    keys = state["keys"]
    assert isinstance(keys, list)
    assert keys
    return {key["public_key"] for key in keys}


@pytest.mark.req("K-24", "K-34")
def test_at_a_new_host_name_the_old_passkey_is_explained_and_password_code_and_words_open_all(pine: Founded) -> None:
    device = add_supporter(pine, "Eve Stone")
    page = device.page
    choose_password(pine, page, address_of("Eve Stone"))
    # A new password signs out everywhere.
    sign_in(device, pine.path("/in/"))
    app = set_up_code(pine, page)
    old, new = pine.address, pine.address.replace("localhost", "shift.localhost")
    with moved(pine, new):
        # The old name says where to go.
        device.wipe()
        page.goto(f"{old}/in/enter/login/")
        expect(page.get_by_text(f"Passkeys work at {new} only")).to_be_visible()
        page.get_by_role("link", name="Go there").click()
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_role("alert")).to_contain_text("this device shows no passkey for shift.localhost")
        sign_in_otherwise(page, address_of("Eve Stone"), app)
        page.goto(f"{new}/in/team/keys")
        unlock(page, " ".join(device.words))
        expect(page.get_by_role("heading", level=1)).to_have_text("This device is unlocked.")
        there = "A passkey, made for localhost: it works only at that address. Add a new one for this address."
        assert ways(page) == ["Your 12 words", there]
        page.goto(f"{new}/in/enter/security/")
        expect(page.get_by_role("listitem").filter(has_text="localhost")).to_contain_text("works at its own address")
        page.get_by_role("link", name="Add a passkey").click()
        page.get_by_label("Name").fill("phone, new address")
        page.get_by_role("button", name="Make the passkey").click()
        page.wait_for_url("**/in/team/keys")
        expect(page.locator("[data-part=linked]")).to_be_visible()
        assert sorted(ways(page)) == sorted(["Your 12 words", there, "A passkey, made for this site"])
        secret = device.passkey.secret()
        assert secret is not None
        assert secret not in pine.secrets
        pine.secrets.append(secret)
        # The new one signs in and unlocks a device that knows nothing.
        device.origin = new
        device.wipe()
        sign_in(device, f"{new}/in/team/keys")
        expect(page.get_by_role("heading", level=1)).to_have_text("This device is unlocked.")
    search(pine)


def choose_password(pine: Founded, page: Page, address: str) -> None:
    """Choose a password by the link that goes out from "Sign-in and security"."""
    page.goto(pine.path("/in/enter/security/"))
    page.get_by_role("link", name="Choose one").click()
    page.get_by_label("E-mail address").fill(address)
    page.locator("main form button").last.click()
    page.goto(pine.link_to(address, "/in/enter/password/reset/key/"))
    for one in page.locator("input[type=password]").all():
        one.fill(PASSWORD)
    page.locator("main form button").last.click()
    page.wait_for_url(lambda url: "/key/" not in url)


def set_up_code(pine: Founded, page: Page) -> str:
    """Set up the one-time code; return its secret."""
    page.goto(pine.path("/in/enter/security/app/"))
    if "/again/" in page.url:
        page.get_by_role("button", name="Use my passkey").click()
        page.wait_for_url("**/security/app/")
    app = secret_on(page)
    page.locator("main form input[type=text]").fill(code_for(app))
    page.get_by_role("button", name="Done").click()
    page.wait_for_url(lambda url: "/app/" not in url)
    return app


def sign_in_otherwise(page: Page, address: str, app: str) -> None:
    """Sign in with password and one-time code, on the page as it stands; a code that was used waits for the next."""
    page.get_by_label("E-mail address").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on to the one-time code").click()
    expect(page.get_by_role("heading", name="Your one-time code")).to_be_visible()
    before = ""
    for _ in range(3):
        code = until(lambda: code_for(app), lambda found, last=before: found != last, seconds=40)  # type: ignore[misc]
        page.locator("main form input[type=text]").fill(code)
        with page.expect_navigation():
            page.get_by_role("button", name="Sign in", exact=True).click()
        if "/in/enter/" not in page.url:
            return
        before = code
    raise AssertionError("the code was never taken")
