"""A coordinator reads the rota by month and week and moves a duty: by mouse, by keyboard, without script."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.conftest import DESKTOP, PHONE, Demo, continue_as, watch
from tests.e2e.installation import CHANGE
from tests.e2e.looking import PAPERS, Look, picture, sheets

pytestmark = pytest.mark.e2e
ROTA = "/in/coordinate/rota"
# Names on paper of which a part is hidden, by an ellipsis, the edge of their box or that of their day.
CUT = """() => [...document.querySelectorAll(".slot .who")].filter((one) => {
  if (!one.checkVisibility()) return false;
  const day = one.closest(".day").getBoundingClientRect(), box = one.getBoundingClientRect();
  const hides = getComputedStyle(one).overflow !== "visible";
  return (hides && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1))
    || box.right > day.right + 1 || one.scrollWidth > one.clientWidth + 1;
}).map((one) => one.textContent)"""
# A fortnight of shifts, in which everybody has days between theirs; no gap but the one on the fourth day.
FILL = """
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo
from alongside.accounts.models import Organisation
from alongside.kernel import clock
from alongside.rota.models import Holiday, Shift
from alongside.team import queries as team
pine = Organisation.objects.get(slug="pine-county")
zone = ZoneInfo(pine.time_zone)
today = clock.now().astimezone(zone).date()
monday = today + timedelta(days=14 - today.weekday())
people = sorted(one.id for one in team.eligible_at(pine.id, clock.now()))
Shift.objects.filter(organisation=pine).delete()
for day in range(14):
    for tier in (1, 2):
        begin = datetime.combine(monday + timedelta(days=day), datetime.min.time(), zone) + timedelta(hours=7)
        if (day, tier) != (3, 2):
            end = datetime.combine(monday + timedelta(days=day), datetime.min.time(), zone) + timedelta(hours=19)
            Shift.objects.create(organisation=pine, tier=tier, starts_at=begin, ends_at=end,
                supporter_id=people[(day * 2 + tier) % len(people)])
Holiday.objects.create(organisation=pine, day=monday + timedelta(days=2), name="Founders Day")
print(monday.isoformat())
"""


@pytest.fixture(scope="module")
def monday(demo: Demo) -> str:
    """Fill the coming two weeks; return the day on which they begin."""
    return run(demo, FILL).strip().splitlines()[-1]


def run(demo: Demo, code: str) -> str:
    """Run a piece of Python in the demonstration's server; return what it prints."""
    done = demo.module("django", "shell", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout


def day(page: Page, number: int) -> Locator:
    """Return a day of the week, counted from Monday."""
    return page.locator("li.day").nth(number)


def names(within: Locator) -> list[str]:
    """Return who is on call on a day, or that nobody is, in order; without what came over from the day before."""
    texts = within.locator(".slot:not(.over-night) .who").all_inner_texts()
    return [re.sub(r"\s+", " ", text).removeprefix("Move ") for text in texts]


def week(monday: str) -> str:
    return f"{ROTA}?view=week&from={monday}"


@pytest.mark.req("D-01", "D-13")
def test_a_name_is_dragged_onto_another_and_the_two_exchange(demo: Demo, desktop: BrowserContext, monday: str) -> None:
    problems = watch(desktop)
    page = continue_as(desktop, demo, "vogel")
    page.goto(demo.path(week(monday)))
    first, other = names(day(page, 0))[0], names(day(page, 2))[0]
    assert first != other
    source = day(page, 0).locator("a[data-move]").first
    source.drag_to(day(page, 2).locator("a[data-move]").first)
    expect(page.get_by_role("heading", level=1, name="Let these two exchange?")).to_be_visible()
    picture(page, "question")
    page.get_by_role("button", name="Exchange and tell them").click()
    expect(page.get_by_text("Everybody concerned is told.")).to_be_visible()
    assert names(day(page, 0))[0] == other
    assert names(day(page, 2))[0] == first
    assert problems == []


@pytest.mark.req("D-01", "D-13")
def test_a_name_is_moved_into_a_gap_by_keyboard_alone(demo: Demo, desktop: BrowserContext, monday: str) -> None:
    problems = watch(desktop)
    page = continue_as(desktop, demo, "vogel")
    page.goto(demo.path(week(monday)))
    keys, here = page.keyboard, page.locator(":focus")
    heard = page.locator('[data-part="heard"]')
    backup = day(page, 1).locator(".slot.t2:not(.over-night):not(.gap) a[data-move]")
    who = names(day(page, 1))
    for _ in range(80):
        keys.press("Tab")
        if backup.evaluate("one => one === document.activeElement"):
            break
    keys.press("Enter")
    expect(heard).to_contain_text("Moving")
    expect(heard).to_contain_text("Backup")
    # Taken up and laid down again: nothing has changed, and one is where one was.
    keys.press("Escape")
    expect(heard).to_have_text("Left as it was.")
    assert backup.evaluate("one => one === document.activeElement")
    assert page.locator(".put").count() == 0
    keys.press("Space")
    expect(here).to_contain_text("Put it here")
    for _ in range(30):
        said = here.inner_text()
        if "nobody" in said and "Backup" in said and ", 07:00 – 19:00" in said:
            break
        keys.press("ArrowDown")
    keys.press("ArrowRight")
    keys.press("ArrowLeft")
    expect(here).to_contain_text("nobody, Backup")
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Move this shift?")).to_be_visible()
    expect(page.get_by_text("a gap to fill")).to_be_visible()
    for _ in range(30):
        keys.press("Tab")
        if "Move and tell them" in here.inner_text():
            break
    keys.press("Enter")
    expect(page.get_by_text("Everybody concerned is told.")).to_be_visible()
    moved = [name for name in who if name in names(day(page, 3))]
    assert moved
    assert problems == []


@pytest.mark.req("D-01", "D-13")
def test_without_script_a_duty_is_given_to_another_person(browser: Browser, demo: Demo, monday: str) -> None:
    signed_in = browser.new_context(locale="en-CA")
    continue_as(signed_in, demo, "vogel")
    state = signed_in.storage_state()
    signed_in.close()
    plain = browser.new_context(locale="en-CA", java_script_enabled=False, viewport=PHONE, storage_state=state)
    page = plain.new_page()
    page.goto(demo.path(f"{ROTA}?view=week&from={monday}"))
    before = names(day(page, 5))[0]
    day(page, 5).locator("a.move").first.click()
    choice = page.get_by_label("Who could take it, by name")
    after = choice.locator("option").first.inner_text()
    assert after != before
    page.locator("form:has(#id_person) button").click()
    page.get_by_role("button", name="Give it and tell them").click()
    assert after in names(day(page, 5))
    plain.close()


@pytest.mark.req("D-01", "D-13")
def test_of_two_windows_the_second_is_told_that_the_rota_has_changed(
    browser: Browser, demo: Demo, desktop: BrowserContext, monday: str
) -> None:
    page = continue_as(desktop, demo, "vogel")
    page.goto(demo.path(week(monday)))
    move = day(page, 6).locator("a[data-move]").first.get_attribute("href")
    assert move
    page.goto(demo.path(move))
    page.locator("form:has(#id_person) button").click()
    second = desktop.new_page()
    second.goto(page.url)
    page.get_by_role("button", name="Give it and tell them").click()
    expect(page.get_by_text("Everybody concerned is told.")).to_be_visible()
    second.get_by_role("button", name="Give it and tell them").click()
    expect(second.get_by_role("heading", level=1)).to_have_text("The rota has changed. Nothing was moved.")
    picture(second, "stale")


@pytest.mark.req("D-13", "M-11")
def test_a_supporter_reads_the_rota_of_the_team_on_a_phone(demo: Demo, phone: BrowserContext, monday: str) -> None:
    page = continue_as(phone, demo, "dubois")
    page.goto(demo.path("/in/team/shifts"))
    page.get_by_role("link", name="Rota of the team").click()
    expect(page.locator("[data-calendar]")).to_be_visible()
    page.goto(demo.path(f"/in/team/rota?view=week&from={monday}"))
    expect(page.locator("li.day h3").first).to_contain_text("Mon")
    assert page.locator(".slot.mine").count() > 0
    assert page.locator("a.move, a.do, button.put").count() == 0


@pytest.mark.parametrize("paper", PAPERS)
def test_a_month_is_printed_on_one_sheet(demo: Demo, desktop: BrowserContext, monday: str, paper: str) -> None:
    page = continue_as(desktop, demo, "vogel")
    for address in (ROTA, week(monday), f"{ROTA}?from={monday}"):
        page.goto(demo.path(address))
        assert sheets(page, paper) == 1, address
        page.emulate_media(media="print")
        assert page.locator("button:visible, .button:visible, nav:visible").count() == 0
        page.emulate_media(media="null")


# As long as names are, and one without a space anywhere.
LONG = """
from alongside.accounts.models import Person
from alongside.team.models import Supporter
serving = Supporter.objects.filter(organisation__slug="pine-county").order_by("person__email")
for number, one in enumerate(row.person for row in serving.select_related("person")):
    print(one.id, one.name, sep="|")
    Person.objects.filter(id=one.id).update(name=
        "Maximiliana-Bartholomea Featherstonehaugh-Oyelaran" if number % 2 else "Wolfeschlegelsteinhausenbergerdorff")
"""
SHORT = """
from alongside.accounts.models import Person
for one in {names!r}:
    Person.objects.filter(id=one[0]).update(name=one[1])
"""


@pytest.fixture
def long_names(demo: Demo) -> Iterator[None]:
    """Give the team very long names, while a test lasts: the others look for people by theirs."""
    names = [tuple(line.split("|")) for line in run(demo, LONG).strip().splitlines()]
    yield
    run(demo, SHORT.format(names=names))


@pytest.mark.parametrize("paper", PAPERS)
def test_very_long_names_are_printed_whole_on_two_sheets_at_most(
    demo: Demo, desktop: BrowserContext, monday: str, paper: str, long_names: None
) -> None:
    page = continue_as(desktop, demo, "vogel")
    for address in (f"{ROTA}?from={monday}", week(monday)):
        page.goto(demo.path(address))
        assert sheets(page, paper) <= 2, address
        page.set_viewport_size({"width": 1000, "height": 700})
        page.emulate_media(media="print")
        assert page.locator(".slot:visible .who").count() > 20
        assert page.evaluate(CUT) == []
        page.emulate_media(media="null")


def test_every_page_of_the_calendar_can_be_read_by_everybody(
    demo: Demo, desktop: BrowserContext, phone: BrowserContext, monday: str, look: Look
) -> None:
    problems = watch(desktop, phone)
    page = continue_as(desktop, demo, "vogel")
    for address in (ROTA, f"{ROTA}?from={monday}", week(monday), f"{ROTA}?view=list"):
        page.goto(demo.path(address))
        for fold in page.locator("details.fold").all():
            fold.evaluate("one => { one.open = true }")
        look.at(page, address)
    page.set_viewport_size(DESKTOP)
    page.goto(demo.path(week(monday)))
    page.locator("a[data-move]").first.click()
    look.at(page, "a name on its way")
    move = page.locator("a[data-move]").first.get_attribute("href")
    assert move
    page.goto(demo.path(move))
    look.at(page, "where to")
    page.locator("form:has(#id_person) button").click()
    look.at(page, "the question")
    page.goto(demo.path(move.replace("/move", "/remove")))
    expect(page.get_by_role("heading", level=1)).to_have_text("Remove this shift?")
    look.at(page, "before it is removed")
    team = continue_as(phone, demo, "dubois")
    for address in ("/in/team/rota", f"/in/team/rota?view=week&from={monday}"):
        team.goto(demo.path(address))
        look.at(team, address)
    assert problems == []


AS_BEFORE = "from alongside.policy.models import Change; Change.objects.filter(key='on_call_tiers').delete()"


@pytest.fixture
def four(demo: Demo) -> Iterator[None]:
    """Ask for four people on call, while a test lasts: the others count on two."""
    run(demo, CHANGE.format(values={"on_call_tiers": 4}))
    yield
    run(demo, AS_BEFORE)


@pytest.mark.req("D-01")
def test_four_on_call_are_called_by_their_places_and_fit_a_phone(
    demo: Demo, desktop: BrowserContext, monday: str, look: Look, four: None
) -> None:
    page = continue_as(desktop, demo, "vogel")
    page.goto(demo.path(ROTA))
    assert re.findall(r"Backup now:|Third now:|Fourth now:", page.locator("h1 + p").inner_text()) == [
        "Backup now:",
        "Third now:",
        "Fourth now:",
    ]
    for address in (week(monday), f"{ROTA}?from={monday}", "/in/coordinate/"):
        page.goto(demo.path(address))
        look.widths(page, address)
    page.goto(demo.path(f"{ROTA}?view=list"))
    heads = page.locator("table.duty").first.locator("thead th").all_inner_texts()
    assert [one.strip() for one in heads[1:]] == ["First", "Backup", "Third", "Fourth"]
    look.at(page, "list of four")
