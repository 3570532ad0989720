"""An installation as an operator makes it: `alongside init`, a mail server of its own, no door of the demonstration,
real time. And what its people do on the way in, each at a device with an authenticator of its own.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import Message
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.acts import until
from tests.e2e.authenticators import Authenticator, Sent
from tests.e2e.conftest import DESKTOP, MEANT, PHONE, clean_environment, watch
from tests.e2e.installation import Installation
from tests.e2e.unlocking import enrol, sign_agreement
from tests.notify.receivers import MailBox
from tools.ports import free_port

OPERATOR, COORDINATOR = "ops@pine.example", "vogel@pine.example"
FIRST, BACKUP = "Ann Bell", "Ben Ruiz"
ZONE = "America/Toronto"
NOBODY_THERE = "Failed to load resource: net::ERR_CONNECTION_REFUSED"


@dataclass
class Device:
    """Somebody's window and the authenticator plugged into it."""

    context: BrowserContext
    page: Page
    passkey: Authenticator
    origin: str
    words: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def wipe(self) -> None:
        """Leave of this browser what a new one has: nothing. The authenticator is not the browser's and stays.

        A virtual authenticator belongs to one tab, and the debugger hands out its passkeys without what PRF needs. So a
        synced passkey on a second device is played by the same tab after everything that its browser kept is erased.
        """
        self.page.goto("about:blank")
        self.context.clear_cookies()
        self.passkey.session.send("Storage.clearDataForOrigin", {"origin": self.origin, "storageTypes": "all"})
        self.passkey.session.send("Network.clearBrowserCache")


@dataclass
class Founded(Installation):
    """An installation with a mail server and everybody's devices, whose requests and secrets are written down."""

    mail: list[tuple[str, Message]] = field(default_factory=list)
    browser: Browser | None = None
    sent: Sent = field(default_factory=Sent)
    secrets: list[bytes] = field(default_factory=list)
    devices: dict[str, Device] = field(default_factory=dict)
    used: dict[tuple[str, str], int] = field(default_factory=dict)
    said: str = ""
    # Whether it was stopped and started again: a window that looked for news just then found nobody.
    moved: bool = False
    _pieces: list[bytes] = field(default_factory=list)

    @property
    def settings(self) -> Path:
        """The file of settings."""
        return Path(self.env["ALONGSIDE_SETTINGS"])

    def device(self, name: str, *, prf: bool = True, desktop: bool = False) -> Device:
        """Unpack a new device for somebody."""
        assert self.browser
        context = self.browser.new_context(viewport=DESKTOP if desktop else PHONE, locale="en-CA")
        self.sent.follow(context)
        page = context.new_page()
        made = Device(context, page, Authenticator(page, prf=prf), self.address, problems=watch(context))
        self.devices[name] = made
        return made

    def letters_to(self, address: str) -> list[str]:
        """Return the text of each message that went to an address, the oldest first."""
        return [bytes(letter.get_payload(decode=True)).decode() for to, letter in list(self.mail) if to == address]

    def link_to(self, address: str, path: str) -> str:
        """Wait for a message to somebody with a link below a path that was not used here yet; return the link."""
        pattern = re.compile(rf"{re.escape(self.address)}{path}[\w/-]+")

        def found() -> list[str]:
            return [link for text in self.letters_to(address) for link in pattern.findall(text)]

        links = until(found, lambda all_of_them: len(all_of_them) > self.used.get((address, path), 0), seconds=40)
        self.used[address, path] = len(links)
        return links[-1]

    def posted(self) -> bytes:
        """Return every address, header and body that any window sent so far, also those closed since."""
        self._pieces += self.sent.pieces()
        self.sent.requests.clear()
        return b"\n".join(self._pieces)

    def kept(self) -> dict[str, bytes]:
        """Return every byte that the server keeps, said or sent: files, log, mail."""
        files = {path.name: path.read_bytes() for path in [*self.data.rglob("*"), self.log] if path.is_file()}
        mails = b"\n".join(letter.as_bytes() for _to, letter in list(self.mail))
        return {**files, "mail": mails, "what init said": self.said.encode()}

    def calm(self) -> None:
        """See that no window complained of anything that is not meant."""
        meant = re.compile(f"{MEANT.pattern}|{NOBODY_THERE}") if self.moved else MEANT
        complaints = {name: [one for one in it.problems if not meant.match(one)] for name, it in self.devices.items()}
        assert not any(complaints.values()), complaints


@contextmanager
def founded(folder: Path, browser: Browser) -> Iterator[Founded]:
    """Do what the operator's manual says: init, serve; then everybody comes in until two supporters can be asked."""
    box, mail_port = MailBox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=mail_port)
    controller.start()
    settings = folder / "settings"
    env = clean_environment() | {"ALONGSIDE_SETTINGS": str(settings)}
    site = Founded(f"http://localhost:{free_port()}", folder / "data", folder / "log", env, mail=box.taken)
    site.browser = browser
    try:
        done = site.command(
            *("init", "--address", site.address, "--mail-server", f"smtp://127.0.0.1:{mail_port}"),
            *("--mail-from", "info@pine.example", "--data", str(site.data)),
            *("--email", OPERATOR, "--name", "Nia Ops"),
        )
        assert done.returncode == 0, done.stderr
        assert (settings.stat().st_mode & 0o777) == 0o600
        site.said = done.stdout
        site.start()
        yield site
    finally:
        site.stop()
        controller.stop()
        for device in site.devices.values():
            device.context.close()


def come_in(site: Founded, device: Device, address: str) -> None:
    """Take up the newest invitation with a passkey, keep the recovery codes, and write the passkey's secret down."""
    link = site.link_to(address, "/in/enter/invitation/")
    page = device.page
    page.goto(link)
    page.get_by_role("button", name="Make a passkey and go on").click()
    expect(page.get_by_role("heading", name="Keep these codes")).to_be_visible()
    page.get_by_role("link", name="I have them").click()
    page.wait_for_url(lambda url: "/in/enter/" not in url)
    secret = device.passkey.secret()
    if secret:
        site.secrets.append(secret)


def found(site: Founded) -> None:
    """Let the operator make the organisation, the coordinator the team, and both supporters get ready."""
    operator = site.device("operator", desktop=True)
    come_in(site, operator, OPERATOR)
    page = operator.page
    expect(page).to_have_url(site.path("/in/operate/"))
    page.goto(site.path("/in/operate/organisations"))
    page.get_by_label("Name of the organisation").fill("Pine County")
    page.get_by_label("Short name in addresses").fill("pine-county")
    page.get_by_label("On-call telephone number").fill("+1 218 555 0100")
    page.get_by_label("Time zone").select_option(ZONE)
    page.get_by_label("People in the organisation, about").fill("240")
    page.get_by_label("Offices, one on each line").fill("Patrol\nJail")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="Who leads Pine County?")).to_be_visible()
    page.get_by_label("Name").fill("Uta Vogel")
    page.get_by_label("E-mail address").fill(COORDINATOR)
    page.get_by_role("button", name="Send the invitation").click()
    coordinator = site.device("coordinator", desktop=True)
    come_in(site, coordinator, COORDINATOR)
    for name in (FIRST, BACKUP):
        confirm_test_page(site, add_supporter(site, name), address_of(name))
        make_ready(site, name)
    for tier, name in (("First", FIRST), ("Backup", BACKUP)):
        enter_shift(site, tier, name)


def address_of(name: str) -> str:
    """Return somebody's e-mail address."""
    return f"{name.split(maxsplit=1)[1].lower()}@pine.example"


def invite(site: Founded, name: str) -> None:
    """Invite a supporter, as the coordinator."""
    page = site.devices["coordinator"].page
    page.goto(site.path("/in/coordinate/team"))
    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail address").fill(address_of(name))
    page.get_by_label("Office").select_option("Patrol")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("Invited. The message is on its way.")).to_be_visible()


def add_supporter(site: Founded, name: str, *, prf: bool = True) -> Device:
    """Invite a supporter, who comes in, signs, and makes 12 words and keys."""
    invite(site, name)
    device = site.device(name, prf=prf)
    come_in(site, device, address_of(name))
    sign_agreement(device.page, site)
    device.words = enrol(device.page, site)
    return device


def ways(page: Page) -> list[str]:
    """Return what opens somebody's keys, as their page names it."""
    expect(page.locator("[data-part=ways] li").first).to_be_visible()
    return page.locator("[data-part=ways] li").all_text_contents()


def confirm_test_page(site: Founded, device: Device, address: str) -> None:
    """Send a test page and say that it arrived."""
    page = device.page
    page.goto(site.path("/in/team/me"))
    page.get_by_role("button", name="Send me a test page").first.click()
    page.goto(site.link_to(address, "/in/enter/reached/"))
    page.get_by_role("button", name="Yes, it reached me").click()
    expect(page.get_by_role("heading", name="Thank you. This way works.")).to_be_visible()
    page.goto(site.path("/in/team/me"))
    expect(page.get_by_text("A test page has reached you.")).to_be_visible()


def make_ready(site: Founded, name: str) -> None:
    """Write down that somebody is trained for crises and answered their telephone, as the coordinator."""
    today = datetime.now(ZoneInfo(ZONE)).strftime("%Y-%m-%d")
    page = site.devices["coordinator"].page
    page.goto(site.path("/in/coordinate/team/ready"))
    line = page.get_by_role("listitem").filter(has_text=name)
    line.locator("summary").click()
    for label in ("Crisis training completed on", "Telephone for duty called on"):
        line.get_by_label(label).fill(today)
    line.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Kept.")).to_be_visible()


def enter_shift(site: Founded, tier: str, name: str) -> None:
    """Put somebody on call from noon yesterday until noon tomorrow: no clock is ever changed at noon."""
    noon = datetime.now(ZoneInfo(ZONE)).replace(hour=12, minute=0)
    begins, ends = noon - timedelta(days=1), noon + timedelta(days=1)
    page = site.devices["coordinator"].page
    page.goto(site.path("/in/coordinate/rota/enter"))
    page.get_by_label("Who").select_option(name)
    page.get_by_role("radio", name=re.compile(f"^{tier}")).check()
    for which, moment in (("from", begins), ("to", ends)):
        page.locator(f"[name={which}_day]").fill(f"{moment:%Y-%m-%d}")
        page.locator(f"[name={which}_time]").fill(f"{moment:%H:%M}")
    page.get_by_role("button", name="Enter it").click()
    expect(page.locator("[data-calendar]").get_by_text(name).first).to_be_visible()


@contextmanager
def moved(site: Founded, address: str) -> Iterator[None]:
    """Serve at another address, as an operator changes it in the settings; the old name answers, too."""
    before, old = site.settings.read_text(), site.address
    hosts = ",".join(urlsplit(one).hostname or "" for one in (address, old))
    text = re.sub("(?m)^ALONGSIDE_ADDRESS=.*$", f"ALONGSIDE_ADDRESS={address}", before)
    site.moved = True
    site.stop()
    site.settings.write_text(re.sub("(?m)^ALONGSIDE_HOSTS=.*$", f"ALONGSIDE_HOSTS={hosts}", text))
    site.start()
    try:
        yield
    finally:
        site.stop()
        site.settings.write_text(before)
        site.start()
