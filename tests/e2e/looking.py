"""Looks at a page as it stands: accessibility by axe, and nothing that must be scrolled sideways."""

import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

from tests.e2e.conftest import DESKTOP, PHONE, ROOT

AXE = ROOT / "browser" / "node_modules" / "axe-core" / "axe.min.js"
# WCAG 2.2 up to AA, and what its makers recommend beyond.
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# 640 and 320 pixels are a desktop's 1280 at 200% and 400% (WCAG 1.4.4 and 1.4.10).
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (320, 390, 640, 1280)
PAPERS = ("A4", "Letter")
SIDES = ("top", "bottom", "left", "right")
RUN = """async (tags) => {
  const found = await axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
  const why = (node) => (node.any[0] ?? node.all[0] ?? node.none[0])?.message;
  return found.violations.map((one) => ({
    id: one.id, help: one.help, where: one.nodes.map((node) => node.target.join(" ") + ": " + why(node)),
  }));
}"""
TOO_WIDE = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= innerWidth) return [];
  const all = [...document.querySelectorAll("body *")];
  const wide = all.filter((one) => one.getBoundingClientRect().right > innerWidth + 1);
  return wide.slice(0, 5).map((one) => one.tagName + "." + one.className);
}"""


def sheets(page: Page, paper: str) -> int:
    """Return how many sheets a page is printed on, lying across; keep them beside the pictures."""
    folder = os.environ.get("ALONGSIDE_PICTURES")
    name = re.sub(r"\W+", "-", page.url.split("/in/")[-1])[:60]
    path = Path(folder) / f"paper-{name}-{paper}.pdf" if folder else None
    made = page.pdf(format=paper, landscape=True, margin=dict.fromkeys(SIDES, "8mm"), path=path)  # type: ignore[arg-type]
    return len(re.findall(rb"/Type\s*/Page\b", made))


def picture(page: Page, name: str) -> None:
    """Keep pictures where ALONGSIDE_PICTURES says, for people to look at: phone and desktop, light and dark."""
    if not (folder := os.environ.get("ALONGSIDE_PICTURES")):
        return
    before = page.viewport_size
    for size in (PHONE, DESKTOP):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.set_viewport_size(size)
            page.screenshot(path=Path(folder) / f"{name}-{size['width']}-{scheme}.png", full_page=True)
    if before:
        page.set_viewport_size(before)


def press_to(page: Page, name: str) -> None:
    """Go to a control by the Tab key alone."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText || document.activeElement.name || ''").strip() == name:
            return
    raise AssertionError(f"the Tab key does not reach {name}")


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


@dataclass
class Look:
    """What was found on the pages looked at, each with how the page stood then; and how many looks there were."""

    found: dict[str, list[str]] = field(default_factory=dict)
    looks: int = 0

    def at(self, page: Page, name: str) -> None:
        """Look at a page in light and dark on a phone and a desktop, and at every width for what sticks out."""
        # Evaluated by the debugger and not as a script element, so that the page's own policy stays in force.
        if not page.evaluate("typeof axe === 'object'"):
            page.evaluate(_axe())
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for size in (PHONE, DESKTOP):
                page.set_viewport_size(size)
                self.looks += 1
                for one in page.evaluate(RUN, list(RULES)):
                    self._note(f"{name}: {one['id']} ({one['help']})", f"{scheme} {size['width']}", *one["where"][:4])
        self.widths(page, name)

    def widths(self, page: Page, name: str) -> None:
        """Look for what is wider than the window."""
        before = page.viewport_size
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if wide := page.evaluate(TOO_WIDE):
                self._note(f"{name}: sticks out sideways", str(width), *wide)
        if before:
            page.set_viewport_size(before)

    def report(self) -> str:
        """Return what was found, one finding in a line."""
        return "\n".join(f"{what}: {'; '.join(how)}" for what, how in self.found.items())

    def _note(self, what: str, how: str, *where: str) -> None:
        self.found.setdefault(what, []).append(f"[{how}] {' | '.join(where)}" if what not in self.found else how)
