"""When clinical advice can be had: any week, in any zone, over every change of the clock; and who is shown what."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.accounts import actions, queries, rules
from alongside.accounts.models import AuditEntry, Organisation
from alongside.content import crisis, load
from alongside.site import audit
from tests.conftest import Clock
from tests.world import NOW, World, sign_in

OFFICE = [["week", "08:00", "17:00"]]
ALWAYS = [["every", "00:00", "00:00"]]
# North, south, a change of half an hour, and a zone that never changes.
ZONES = ["America/Chicago", "America/St_Johns", "Australia/Sydney", "Australia/Lord_Howe", "America/Regina"]
# Over midnight, over the turn of the week, and into the hours that a change of the clocks leaves out or repeats.
WEEKS = [
    OFFICE,
    ALWAYS,
    [["week", "22:00", "06:00"], ["weekend", "00:00", "00:00"]],
    [["6", "01:30", "02:30"], ["5", "23:45", "02:15"], ["0", "12:00", "13:00"]],
]
times = st.times().map(lambda at: f"{at.hour:02}:{at.minute:02}")
weeks = st.lists(st.tuples(st.sampled_from(sorted(rules.DAYS)), times, times), max_size=5)


# --- the rule ---------------------------------------------------------------------------------------------------------


def covers(lines: list[list[str]], wall: datetime) -> bool:
    """Say it the long way: a line of today, or one of yesterday that goes on after midnight."""
    clock = f"{wall:%H:%M}"
    before = (wall.weekday() - 1) % 7
    for days, begin, end in lines:
        over = end <= begin
        if wall.weekday() in rules.DAYS[days] and begin <= clock and (over or clock < end):
            return True
        if before in rules.DAYS[days] and over and clock < end:
            return True
    return False


@pytest.mark.req("D-11")
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("lines", WEEKS, ids=["office", "always", "nights", "odd"])
def test_over_a_year_every_quarter_of_an_hour_is_reached_or_in_a_gap_and_the_next_change_is_right(
    zone: str, lines: list[list[str]]
) -> None:
    place, gaps = ZoneInfo(zone), rules.unreached(lines)
    at, year = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=366)
    changes: list[datetime] = []
    last: bool | None = None
    for quarter in range(int(year / timedelta(minutes=15))):
        wall = (at + quarter * timedelta(minutes=15)).astimezone(place)
        here = rules.reached(lines, wall)
        minute = wall.weekday() * 1440 + wall.hour * 60 + wall.minute
        in_gap = any(begin <= one < end for begin, end in gaps for one in (minute, minute + rules.WEEK))
        assert here == covers(lines, wall) == (not in_gap), wall
        if last is not None and here != last:
            changes.append(wall.astimezone(UTC))
        last = here
    # Every line begins and ends on a quarter, so that what was found is every change, and each is the next one.
    now = at
    for one in changes:
        found = rules.reach(lines, now, place)
        assert found.until == one, (now, found)
        now = one
    assert bool(changes) == (lines is not ALWAYS)


@pytest.mark.req("D-11")
@given(weeks, st.integers(0, rules.WEEK - 1))
@settings(max_examples=60)
def test_each_minute_of_a_week_is_covered_by_a_line_or_listed_as_a_gap_and_never_both(
    lines: list[list[str]], minute: int
) -> None:
    wall = datetime(2026, 11, 23) + timedelta(minutes=minute)  # noqa: DTZ001
    gaps = rules.unreached(lines)
    in_gap = any(begin <= one < end for begin, end in gaps for one in (minute, minute + rules.WEEK))
    assert covers(lines, wall) == rules.reached(lines, wall) == (not in_gap)
    lengths = [end - begin for begin, end in (*gaps, *rules.spans(lines))]
    assert sum(lengths) == rules.WEEK
    assert all(one > 0 for one in lengths)


@pytest.mark.req("D-11")
def test_no_hours_are_one_gap_of_a_week_and_a_weekend_is_one_gap() -> None:
    assert rules.unreached([]) == ((0, rules.WEEK),)
    assert rules.unreached(ALWAYS) == ()
    assert crisis.gap(*rules.unreached(OFFICE)[-1], "en") == "Friday 17:00 to Monday 08:00"
    assert crisis.gap(*rules.unreached([])[0], "fr") == "toute la semaine"


@pytest.mark.parametrize(
    "lines",
    [
        [["daily", "08:00", "17:00"]],
        [["7", "08:00", "17:00"]],
        [["0", "24:00", "17:00"]],
        [["0", "8", ""]],
        [["0", "08:00"]],
        [[["0"], "08:00", "09:00"]],
        ["x"],
        OFFICE * 15,
    ],
)
def test_what_is_no_hours_of_a_week_is_refused(world: World, lines: list[list[str]]) -> None:
    with pytest.raises(rules.BadHours):
        rules.check_hours(lines)
    with pytest.raises(rules.BadHours):
        actions.change_organisation(queries.permit(world.hana, "policy.change"), offices=[], clinical_hours=lines)
    assert not AuditEntry.objects.exists()


# --- entering them ----------------------------------------------------------------------------------------------------


def posted(world: World, *lines: tuple[str, str, str], **more: str) -> dict[str, str]:
    """Return what the page of the programme posts, with these lines."""
    fields = ("name", "neutral_title", "on_call_number", "coordinator_number", "time_zone", "language", "headcount")
    found = {name: str(getattr(world.pine, name)) for name in fields}
    held = {"hours-TOTAL_FORMS": str(len(lines)), "hours-INITIAL_FORMS": "0"}
    for number, line in enumerate(lines):
        held |= dict(zip((f"hours-{number}-{name}" for name in ("days", "starts", "ends")), line, strict=True))
    return {**found, "clinical_number": "+1 555 010 0222", "offices": "", **held, **more}


def entered() -> object:
    return Organisation.objects.get(slug="pine").clinical_hours


@pytest.mark.req("D-11", "K-24")
def test_the_coordinator_enters_hours_sees_what_they_leave_open_and_takes_a_line_away(
    world: World, client: Client
) -> None:
    sign_in(client, world.hana)
    page = reverse("in_programme")
    assert "No hours are saved. Supporters see the number" in client.get(page).content.decode()
    lines = [("week", "08:00", "17:00"), ("5", "22:00", "06:00"), ("", "", "")]
    assert client.post(page, posted(world, *lines)).status_code == 302
    assert entered() == [["week", "08:00", "17:00"], ["5", "22:00", "06:00"]]
    shown = client.get(page).content.decode()
    listed = re.findall(r'<li class="number">([^<]*)</li>', shown)
    assert (len(listed), listed[-2:]) == (6, ["Friday 17:00 to Saturday 22:00", "Sunday 06:00 to Monday 08:00"])
    assert "Reachable now, until 17:00." in shown
    assert shown.count('role="group" aria-label="Line ') == 4
    for language, words in (("en", "Hours of clinical advice"), ("fr", "organisation")):
        with translation.override(language):
            assert words in audit.said(AuditEntry.objects.get(what="organisation.changed"))
    # Without its days a line goes, its times or not.
    gone = [("", "08:00", "17:00"), ("5", "22:00", "06:00")]
    assert client.post(page, posted(world, *gone, **{"hours-INITIAL_FORMS": "2"})).status_code == 302
    assert entered() == [["5", "22:00", "06:00"]]
    assert client.post(page, posted(world)).status_code == 302
    assert entered() is None


@pytest.mark.req("D-11")
@pytest.mark.parametrize(
    ("line", "says"),
    [
        (("", "08:00", "17:00"), "Choose the days, or empty both times."),
        (("week", "", "17:00"), "Fill in both times."),
        (("week", "25:00", "17:00"), "Enter a valid time."),
        (("month", "08:00", "17:00"), "Select a valid choice."),
    ],
)
def test_a_line_that_is_none_is_sent_back_with_everything_typed(
    world: World, client: Client, line: tuple[str, str, str], says: str
) -> None:
    sign_in(client, world.hana)
    answer = client.post(reverse("in_programme"), posted(world, ("5", "10:00", "12:00"), line, name="Pine anew"))
    shown = answer.content.decode()
    assert (answer.status_code, entered()) == (422, None)
    assert says in shown
    assert 'value="Pine anew"' in shown
    assert 'value="10:00"' in shown
    assert not AuditEntry.objects.exists()


@pytest.mark.req("D-11")
@pytest.mark.parametrize(
    "more", [{"hours-TOTAL_FORMS": "9999"}, {"hours-TOTAL_FORMS": "x"}, {"hours-INITIAL_FORMS": "-1"}]
)
def test_a_form_that_no_page_sent_changes_nothing(world: World, client: Client, more: dict[str, str]) -> None:
    sign_in(client, world.hana)
    lines = [("week", "08:00", "17:00")]
    answer = client.post(reverse("in_programme"), posted(world, *lines, **more))
    assert answer.status_code in {302, 422}
    assert entered() in (None, OFFICE)


def test_a_page_from_before_there_were_hours_leaves_them_as_they_are(world: World, client: Client) -> None:
    Organisation.objects.filter(slug="pine").update(clinical_hours=OFFICE)
    sign_in(client, world.hana)
    old = {key: value for key, value in posted(world).items() if not key.startswith("hours-")}
    assert client.post(reverse("in_programme"), old).status_code == 302
    assert entered() == OFFICE


# --- who sees them ----------------------------------------------------------------------------------------------------


def advice(language: str = "en") -> str:
    """Return what the crisis path says beside the number of clinical advice, where advice is asked."""
    page = Client().get(f"/in/team/crisis/pine/{language}").content.decode()
    part = page.split('id="advice"')[1].split("</section>")[0].replace("&#x27;", "'")
    return part.split("+15550100222")[1].split("</li>")[0] if "+15550100222" in part else ""


@pytest.mark.req("D-11", "D-14")
def test_the_crisis_path_gives_the_hours_of_the_week_and_never_whether_it_is_one_now(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is kept on devices: what it says has to be right on Sunday night too."""
    monkeypatch.setattr("alongside.site.rendered.FRESH", NOW - NOW)
    number = {"clinical_number": "+1 555 010 0222"}
    Organisation.objects.filter(slug="pine").update(clinical_hours=OFFICE, **number)
    said = advice()
    assert "Monday to Friday 08:00–17:00. At other hours: get backup. 988" in said
    assert "Du lundi au vendredi 08:00–17:00. En dehors de ces heures" in advice("fr")
    clock.forward(days=5, hours=9)
    assert advice() == said
    # Where somebody answers at any hour there are no other hours.
    Organisation.objects.filter(slug="pine").update(clinical_hours=ALWAYS)
    always = advice()
    assert "Every day at any hour." in always
    assert "At other hours" not in always
    # A number without hours is shown as before, and it is said that none were entered.
    Organisation.objects.filter(slug="pine").update(clinical_hours=None)
    assert "No hours are entered: try it at any time." in advice()
    # Only that number has hours.
    Organisation.objects.filter(slug="pine").update(clinical_hours=OFFICE, clinical_number="")
    assert "08:00" not in Client().get("/in/team/crisis/pine/en").content.decode()


@pytest.mark.req("D-11")
def test_the_hours_of_the_fullest_week_make_the_crisis_path_little_longer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alongside.site.rendered.FRESH", NOW - NOW)
    Organisation.objects.filter(slug="pine").update(clinical_number="+1 555 010 0222")
    before = len(Client().get("/in/team/crisis/pine/fr").content)
    Organisation.objects.filter(slug="pine").update(clinical_hours=[["weekend", "22:00", "06:30"]] * rules.MOST_HOURS)
    assert len(Client().get("/in/team/crisis/pine/fr").content) - before < 2_500


@pytest.mark.req("D-11", "D-09")
def test_signed_in_a_supporter_sees_whether_somebody_answers_now_and_when_again(
    world: World, client: Client, clock: Clock
) -> None:
    sign_in(client, world.renee)

    def said() -> str:
        text = client.get(reverse("in_inbox")).content.decode()
        return text.split("crisis-menu")[1].split("</details>")[0]

    assert "Clinical advice" not in said()
    Organisation.objects.filter(slug="pine").update(clinical_number="+1 555 010 0222")
    assert "No hours are entered: try it at any time." in said()
    Organisation.objects.filter(slug="pine").update(clinical_hours=OFFICE)
    assert 'href="tel:+15550100222"' in said()
    assert "Reachable now, until 17:00." in said()
    # Monday 19:05, then Friday evening.
    clock.forward(hours=11)
    assert "Again Tuesday 08:00. Until then: get backup, or call 988." in said()
    clock.forward(days=4)
    assert "Again Monday 08:00." in said()
    Organisation.objects.filter(slug="pine").update(clinical_hours=ALWAYS)
    assert "Reachable now, and at any hour." in said()
    # Who does not serve is shown no such number.
    assert "Clinical advice" not in sign_in(Client(), world.hana).get(reverse("in_board")).content.decode()


@pytest.mark.req("D-11")
@pytest.mark.parametrize("language", load.LANGUAGES)
def test_every_kind_of_days_has_words(language: str) -> None:
    for days in rules.DAYS:
        assert len(crisis.hours([[days, "08:00", "17:00"]], language)[0]) > len("08:00–17:00")
    assert "22:00" in crisis.hours([["5", "22:00", "06:00"]], language)[0]
