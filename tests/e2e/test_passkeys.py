"""Passkeys for real: enrolling with one, one ceremony that signs in and unlocks, and nothing of its secret on the
server.
"""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.authenticators import Authenticator, Sent, forms_of, kept_on, passkey_id
from tests.e2e.conftest import DESKTOP, PHONE, Demo, continue_as, watch
from tests.e2e.entering import PASSWORD, code_for, invitation_link, secret_on

pytestmark = [pytest.mark.e2e]


def invite(demo: Demo, browser: Browser, name: str, role: str = "Supporter") -> str:
    """Invite somebody as the coordinator does; return the link that went to them."""
    window = browser.new_context(viewport=DESKTOP, locale="en-CA")
    page = continue_as(window, demo, "vogel")
    page.goto(demo.path("/in/coordinate/team/invite"))
    address = f"{name.split(maxsplit=1)[0].lower()}@pine.example"
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail address").fill(address)
    if role != "Supporter":
        page.get_by_label("Supporter: answers members").uncheck()
        page.get_by_label(re.compile(f"^{role}")).check()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("Invited. The message is on its way.")).to_be_visible()
    window.close()
    return invitation_link(demo, address)


def enrol(page: Page, link: str) -> None:
    """Take up an invitation with a passkey, and keep the recovery codes."""
    page.goto(link)
    page.get_by_role("button", name="Make a passkey and go on").click()
    expect(page.get_by_role("heading", name="Keep these codes")).to_be_visible()
    page.get_by_role("link", name="I have them").click()
    page.wait_for_url(lambda url: "/in/enter/" not in url)


def sign_out(page: Page) -> None:
    page.locator("details.menu summary").last.click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="You are signed out.")).to_be_visible()


def sign_in(page: Page, demo: Demo, path: str = "/in/") -> None:
    """Sign in with the passkey on the device: one press."""
    page.goto(demo.path(path))
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/in/enter/" not in url)


def in_files_of(demo: Demo, forms: list[bytes]) -> list[str]:
    """Return the files of the server that hold one of these: database, journal, whatever was logged."""
    files = [file for file in [*demo.data.rglob("*"), demo.log] if file.is_file()]
    assert any(file.suffix.startswith(".sqlite3") for file in files)
    return [file.name for file in files if any(form in file.read_bytes() for form in forms)]


@pytest.mark.req("K-24", "K-34", "K-22")
def test_one_ceremony_signs_in_and_leaves_the_secret_on_the_device_and_nowhere_else(
    demo: Demo, window: BrowserContext
) -> None:
    sent = Sent().follow(window)
    page = window.new_page()
    device = Authenticator(page)
    enrol(page, invitation_link(demo, "new.peer@pine.example"))
    [credential] = device.credentials()
    assert credential["isResidentCredential"]
    assert credential["rpId"] == "localhost"
    secret = device.secret()
    assert secret is not None
    assert len(secret) == 32
    name = passkey_id(credential)
    check_kept(page, name, secret)

    sign_out(page)
    assert kept_on(page) == [], "signing out takes it off the device"
    questions = len(sent.requests)
    sign_in(page, demo, "/in/team/me")
    expect(page).to_have_url(demo.path("/in/team/me"))
    check_kept(page, name, secret)
    assert len([one for one in sent.requests[questions:] if one.method == "POST"]) == 2, "a question and an answer"

    forms = forms_of(secret)
    posted = b"".join(sent.pieces())
    assert name.encode() in posted, "the passkey itself was named, so the search looks at the right things"
    assert [form for form in forms if form in posted] == []
    # With its quotes: three letters alone happen in what is random.
    assert b'"prf"' not in posted.lower()
    assert in_files_of(demo, forms) == []
    assert in_files_of(demo, [name.encode()]) != [], "the database holds the passkey, so the search can find"
    assert {cookie.get("path") for cookie in window.cookies()} == {"/in/"}


def check_kept(page: Page, name: str, secret: bytes) -> None:
    """Find the secret on the device, under a key that the browser does not give out."""
    [kept] = [one for one in kept_on(page) if name in one["place"]]
    assert bytes(kept["secret"]) == secret
    assert kept["extractable"] is False


@pytest.mark.req("K-24")
def test_an_authenticator_without_prf_signs_in_all_the_same_and_leaves_nothing_on_the_device(
    demo: Demo, browser: Browser, window: BrowserContext
) -> None:
    page = window.new_page()
    device = Authenticator(page, prf=False)
    enrol(page, invite(demo, browser, "Mia Stone"))
    assert device.secret() is None
    sign_out(page)
    sign_in(page, demo)
    assert kept_on(page) == []
    page.goto(demo.path("/in/team/keys"))
    expect(page.get_by_role("button", name="Make my 12 words")).to_be_visible()


@pytest.mark.req("K-24")
def test_a_supporter_adds_a_passkey_names_it_and_removes_it(demo: Demo, window: BrowserContext) -> None:
    page = continue_as(window, demo, "okoro")
    device = Authenticator(page)
    page.goto(demo.path("/in/enter/security/"))
    page.get_by_role("link", name="Add a passkey").click()
    use = page.get_by_role("button", name="Make the passkey")
    use.click()
    assert page.evaluate("document.activeElement.name") == "name", "the browser asks for the name"
    assert device.credentials() == []
    page.get_by_label("Name").fill("grey phone")
    use.click()
    expect(page.get_by_role("heading", name="Keep these codes")).to_be_visible()
    page.goto(demo.path("/in/enter/security/passkeys/add"))
    page.get_by_label("Name").fill("the same again")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("has a passkey for you already")
    secret = device.secret()
    assert secret is not None
    check_kept(page, passkey_id(device.credentials()[0]), secret)

    page.goto(demo.path("/in/enter/security/"))
    row = page.get_by_role("listitem").filter(has_text="grey phone")
    expect(row).to_contain_text(re.compile(r"since \w+ 20\d\d · localhost"))
    row.get_by_role("link", name="Rename").click()
    page.get_by_label("Name").fill("green phone")
    page.get_by_role("button", name="Rename").click()
    row = page.get_by_role("listitem").filter(has_text="green phone")
    row.get_by_role("link", name="Remove").click()
    expect(page.get_by_text("This is your last way in, so it stays.")).to_be_visible()


@pytest.mark.req("K-24")
def test_a_removed_passkey_is_refused_in_words_and_another_one_works(
    demo: Demo, browser: Browser, window: BrowserContext
) -> None:
    page = window.new_page()
    lost = Authenticator(page)
    enrol(page, invite(demo, browser, "Noa Field"))
    [gone] = lost.credentials()
    lost.remove()
    kept = Authenticator(page)
    page.goto(demo.path("/in/enter/security/passkeys/add"))
    page.get_by_label("Name").fill("second phone")
    page.get_by_role("button", name="Make the passkey").click()
    page.wait_for_url("**/in/team/keys")
    page.goto(demo.path("/in/enter/security/"))
    page.get_by_role("listitem").filter(has_text="Passkey since").get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Removed. Your other devices are signed out.")).to_be_visible()
    sign_out(page)
    [good] = kept.credentials()
    kept.remove()
    old = Authenticator(page)
    old.hold(gone)
    page.goto(demo.path("/in/"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("This passkey is not known here.")
    assert kept_on(page) == [], "nothing is kept of a passkey that was refused"
    # The same page, another device.
    old.remove()
    Authenticator(page).hold(good)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/in/enter/" not in url)


@pytest.mark.req("K-24")
def test_a_passkey_that_claims_to_be_somebody_elses_signs_nobody_in(
    demo: Demo, browser: Browser, window: BrowserContext
) -> None:
    page = window.new_page()
    device = Authenticator(page)
    enrol(page, invite(demo, browser, "Ola Wirth"))
    [mine] = device.credentials()
    sign_out(page)
    device.remove()
    other = Authenticator(browser_page := window.new_page())
    enrol(browser_page, invite(demo, browser, "Pia Gold"))
    [theirs] = other.credentials()
    sign_out(browser_page)
    browser_page.close()
    # My key, under their handle.
    forged = Authenticator(page)
    forged.hold({**mine, "userHandle": theirs["userHandle"]})
    page.goto(demo.path("/in/"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("This passkey is not known here.")
    page.goto(demo.path("/in/team/"))
    expect(page).to_have_url(re.compile("/in/enter/login/"))


@pytest.mark.req("K-24")
def test_a_ceremony_that_was_cancelled_or_not_verified_says_what_to_do_and_leaves_the_page_usable(
    demo: Demo, browser: Browser, window: BrowserContext
) -> None:
    page = window.new_page()
    device = Authenticator(page)
    enrol(page, invite(demo, browser, "Quin Marsh"))
    sign_out(page)
    page.goto(demo.path("/in/"))
    use, alert = page.get_by_role("button", name="Sign in with a passkey"), page.get_by_role("alert")
    device.verifies(False)
    use.click()
    expect(alert).to_contain_text("No passkey was used. Nothing is lost")
    expect(alert).to_contain_text("this device shows no passkey for localhost")
    expect(use).to_be_enabled()
    expect(use).to_be_focused()
    [good] = device.credentials()
    # Chromium's authenticator stays shut after a failed check, so the same passkey goes on with another one.
    device.remove()
    empty = Authenticator(page)
    use.click()
    expect(alert).to_contain_text("No passkey was used.")
    empty.hold(good)
    use.click()
    page.wait_for_url(lambda url: "/in/enter/" not in url)


@pytest.mark.req("K-24")
def test_without_connection_it_says_so_and_works_when_it_is_back(
    demo: Demo, browser: Browser, window: BrowserContext
) -> None:
    page = window.new_page()
    Authenticator(page)
    enrol(page, invite(demo, browser, "Rae Holm"))
    sign_out(page)
    page.goto(demo.path("/in/"))
    window.set_offline(True)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No connection.")
    window.set_offline(False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/in/enter/" not in url)


@pytest.mark.req("K-24")
def test_by_keyboard_alone_somebody_enrols_and_signs_in(demo: Demo, browser: Browser, window: BrowserContext) -> None:
    page = window.new_page()
    Authenticator(page)
    page.goto(invite(demo, browser, "Sam Lind"))
    press_on(page, "Make a passkey and go on")
    press_on(page, "I have them")
    page.wait_for_url(lambda url: "/in/enter/" not in url)
    sign_out(page)
    page.goto(demo.path("/in/"))
    press_on(page, "Sign in with a passkey", back=True)
    page.wait_for_url(lambda url: "/in/enter/" not in url)


def press_on(page: Page, name: str, *, back: bool = False) -> None:
    """Walk with Tab to what is called so, and press it."""
    expect(page.get_by_text(name, exact=True).first).to_be_visible()
    for _ in range(40):
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"Tab never came to {name}")


@pytest.mark.req("K-24")
def test_without_script_password_and_code_are_the_way_in(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, locale="en-CA", java_script_enabled=False)
    page = context.new_page()
    page.goto(invite(demo, browser, "Tom Birk", role="Leader"))
    expect(page.get_by_role("button", name="Make a passkey and go on")).to_be_hidden()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on to the one-time code").click()
    page.locator("main form input[type=text]").fill(code_for(secret_on(page)))
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Keep these codes")).to_be_visible()
    page.goto(demo.path("/in/enter/security/passkeys/add"))
    # Shown by a browser that was started without script; this one only leaves scripts out.
    assert "Without JavaScript no passkey can be made." in page.content()
    expect(page.get_by_role("button", name="Make the passkey")).to_be_hidden()
    context.clear_cookies()
    page.goto(demo.path("/in/"))
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    expect(page.get_by_label("Password")).to_be_visible()
    context.close()


@pytest.mark.req("K-24")
def test_a_browser_without_passkeys_says_so_and_offers_the_password(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, locale="en-CA")
    problems = watch(context)
    page = context.new_page()
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto(demo.path("/in/"))
    expect(page.get_by_text("This browser or device cannot use passkeys.")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    expect(page.get_by_role("button", name="Go on to the one-time code")).to_be_visible()
    assert problems == []
    context.close()


@pytest.mark.req("K-24")
def test_before_something_that_matters_the_passkey_is_asked_for_again(demo: Demo, window: BrowserContext) -> None:
    page = continue_as(window, demo, "okafor")
    device = Authenticator(page)
    page.goto(demo.path("/in/enter/security/passkeys/add"))
    page.get_by_label("Name").fill("phone")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Keep these codes")).to_be_visible()
    page.goto(demo.path("/in/enter/again/passkey/?next=/in/manage/"))
    expect(page.get_by_role("link", name="Use a one-time code instead")).to_be_visible()
    device.verifies(False)
    page.get_by_role("button", name="Use my passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No passkey was used.")
    [good] = device.credentials()
    device.remove()
    Authenticator(page).hold(good)
    page.get_by_role("button", name="Use my passkey").click()
    page.wait_for_url("**/in/manage/")


@pytest.mark.req("K-24", "K-34")
def test_somebody_who_lost_everything_enrols_again_with_a_passkey(
    demo: Demo, browser: Browser, window: BrowserContext
) -> None:
    lost = browser.new_context(viewport=PHONE, locale="en-CA")
    old = lost.new_page()
    Authenticator(old)
    enrol(old, invite(demo, browser, "Vera Moss"))
    coordinator = browser.new_context(viewport=DESKTOP, locale="en-CA")
    page = continue_as(coordinator, demo, "vogel")
    page.goto(demo.path("/in/coordinate/team"))
    page.get_by_role("listitem").filter(has_text="Vera Moss").get_by_role("link", name="Enrol again").click()
    page.get_by_role("button", name="Let them enrol again").click()
    expect(page.get_by_text("Done. They are signed out")).to_be_visible()
    coordinator.close()
    old.goto(demo.path("/in/team/me"))
    expect(old).to_have_url(re.compile("/in/enter/login/"))
    old.get_by_role("button", name="Sign in with a passkey").click()
    expect(old.get_by_role("alert")).to_contain_text("This passkey is not known here.")
    lost.close()
    fresh = window.new_page()
    Authenticator(fresh)
    link = invitation_link(demo, "vera@pine.example")
    fresh.goto(link)
    expect(fresh.get_by_role("heading", level=1)).to_have_text("Enrol again.")
    enrol(fresh, link)
    fresh.goto(demo.path("/in/team/keys"))
    expect(fresh.get_by_role("button", name="Make my 12 words")).to_be_visible()
