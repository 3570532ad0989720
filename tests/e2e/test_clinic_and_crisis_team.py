"""The hours of clinical advice, entered and read; the crisis team at work on its rota: looked at, and by keyboard."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import DESKTOP, PHONE, Demo, continue_as
from tests.e2e.looking import Look

pytestmark = [pytest.mark.e2e]


def keep(page: Page, name: str) -> None:
    """Keep pictures of a page where CLINIC_PICTURES names a folder."""
    if folder := os.environ.get("CLINIC_PICTURES"):
        for scheme in ("light", "dark"):
            for size in (PHONE, DESKTOP):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                page.set_viewport_size(size)
                page.screenshot(path=Path(folder) / f"{name}-{scheme}-{size['width']}.png", full_page=True)


@pytest.mark.req("D-11")
def test_the_coordinator_enters_hours_by_keyboard_and_supporters_read_them(
    demo: Demo, window: BrowserContext, other: BrowserContext, look: Look
) -> None:
    page = continue_as(window, demo, "vogel")
    page.goto(demo.path("/in/coordinate/settings/programme"))
    expect(page.get_by_text("Sunday 16:00 to Monday 08:00")).to_be_visible()
    look.at(page, "the programme")
    keep(page, "programme")
    line = page.get_by_role("group", name="Line 3")
    line.get_by_label("Days").focus()
    page.keyboard.type("Sunday")
    page.keyboard.press("Tab")
    page.keyboard.type("1000PM")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.id") != "id_hours-2-ends":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Fill in both times.")).to_be_visible()
    look.at(page, "a line that is none")
    keep(page, "programme-wrong")
    page.locator("#id_hours-2-ends").fill("06:00")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_text("Sunday 16:00 to Sunday 22:00")).to_be_visible()
    expect(page.get_by_text("Monday 06:00 to Monday 08:00")).to_be_visible()

    # Twelve past three at night: nobody answers, but for who entered that night just now.
    peer = continue_as(other, demo, "dubois")
    peer.set_viewport_size(PHONE)
    peer.locator("summary", has_text="Crisis").first.click()
    says = re.compile(
        r"\+1 218 555 0101\s*(Again .*(08|10):00\. Until then: get backup, or call 988|Reachable now, until 06:00)\."
    )
    expect(peer.locator(".crisis-menu .drop").first).to_contain_text(says)
    look.at(peer, "the crisis menu")
    keep(peer, "menu")
    peer.goto(demo.path("/in/team/crisis/pine-county/en#advice"))
    expect(peer.locator("#advice")).to_contain_text("Monday to Friday 08:00–20:00; Saturday and Sunday 10:00–16:00")
    look.at(peer, "the crisis path")
    keep(peer, "advice")


@pytest.mark.req("D-13", "M-11")
def test_the_crisis_team_comes_to_the_rota_and_finds_its_way_by_keyboard(
    demo: Demo, window: BrowserContext, look: Look
) -> None:
    page = continue_as(window, demo, "sand")
    expect(page).to_have_url(re.compile("/in/coordinate/rota$"))
    expect(page.locator("nav.tabs a")).to_have_text(["Rota"])
    look.at(page, "the rota")
    keep(page, "rota")
    page.set_viewport_size(DESKTOP)
    page.get_by_role("link", name="Plan", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/rota/plans$"))
    look.at(page, "plans")
    keep(page, "plans")
    page.get_by_role("link", name="Patterns and holidays").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The coordinator changes these numbers.")).to_be_visible()
    look.at(page, "patterns")
    keep(page, "patterns")
    for closed in ("", "team", "settings", "audit", "team/ready"):
        answer = page.request.get(demo.path(f"/in/coordinate/{closed}"))
        assert answer.status == 404, closed
