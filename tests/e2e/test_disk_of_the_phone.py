"""What a copy of the browser's own files shows of a request that waits: not one word of it in the clear."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.acts import NUMBER, fill_form, open_form
from tests.e2e.conftest import CHROMIUM, FLAGS, PHONE, Demo
from tests.e2e.test_offline import keep_pages
from tests.e2e.test_written_offline import KEEP

pytestmark = [pytest.mark.e2e]

MARKER = "QUARRYNIGHT7431"


def found_in(folder: Path, *texts: str) -> list[str]:
    """Return in which files of a browser's profile any of the texts stands, in one or two bytes a letter."""
    wanted = [form for text in texts for form in (text.encode(), text.encode("utf-16-le"))]
    files = [one for one in folder.rglob("*") if one.is_file() and not one.is_symlink()]
    return [str(one.relative_to(folder)) for one in files if any(form in one.read_bytes() for form in wanted)]


@pytest.mark.req("A-03", "K-22", "K-34")
def test_no_file_of_the_browser_holds_what_waits_in_the_clear(demo: Demo, browser: Browser, tmp_path: Path) -> None:
    path = next(filter(None, map(shutil.which, CHROMIUM)))
    phone = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=path, args=FLAGS, viewport=PHONE, locale="en-CA"
    )
    page = phone.new_page()
    keep_pages(page, demo.member())
    page.evaluate("localStorage.setItem('control', 'INTHECLEAR9182')")
    open_form(page, demo.member("ask"))
    phone.set_offline(True)
    fill_form(page, words=MARKER)
    page.get_by_role("button", name="Seal and send").click()
    page.get_by_role("button", name=KEEP).click()
    expect(page.locator("[data-waiting-list]:visible")).to_contain_text("Not sent yet.")
    page.wait_for_timeout(1000)
    phone.close()
    assert found_in(tmp_path, "INTHECLEAR9182"), "the search finds what is there"
    assert found_in(tmp_path, MARKER, NUMBER) == []
