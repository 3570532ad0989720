"""The tabs of whoever leads: none is cut off on a desktop, however narrow; on a phone the open one is seen."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import PHONE, Demo, continue_as

pytestmark = [pytest.mark.e2e, pytest.mark.req("A-24")]
NARROW = (700, 768, 900, 1024, 1280)
# Every tab within the window and the line of tabs, none over another.
CUT_OFF = """() => {
  const line = document.querySelector(".tabs");
  const tabs = [...line.querySelectorAll("a")].map((one) => [one.textContent, one.getBoundingClientRect()]);
  const cut = tabs.filter(([, at]) => at.right > innerWidth || at.left < 0).map(([name]) => name);
  return line.scrollWidth > line.clientWidth ? ["the line scrolls", ...cut] : cut;
}"""


def speak(page: Page, language: str) -> None:
    page.locator("summary .who").click()
    page.get_by_role("button", name={"en": "English", "fr": "Français"}[language]).click()
    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_tab_is_cut_off_on_a_narrow_desktop(demo: Demo, window: BrowserContext, language: str) -> None:
    page = continue_as(window, demo, "vogel")
    if language == "fr":
        speak(page, "fr")
    for path in ("", "law", "poster", "settings"):
        page.goto(demo.path(f"/in/coordinate/{path}"))
        for width in NARROW:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(CUT_OFF) == [], (path, width)
    if language == "fr":
        speak(page, "en")  # the other stories here are told in English


def test_on_a_phone_the_open_tab_is_in_sight_and_a_shade_says_that_there_is_more(
    demo: Demo, window: BrowserContext
) -> None:
    page = continue_as(window, demo, "vogel")
    page.set_viewport_size(PHONE)
    for path, name in (("law", "Settings"), ("poster", "Signing"), ("", "Board")):
        page.goto(demo.path(f"/in/coordinate/{path}"))
        here = page.locator(".tabs [aria-current]")
        expect(here).to_have_text(name)
        expect(here).to_be_in_viewport(ratio=1)
        assert page.evaluate(CUT_OFF)[0] == "the line scrolls"
        assert "gradient" in page.locator(".tabs").evaluate("(line) => getComputedStyle(line).backgroundImage")
