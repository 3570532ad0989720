"""The rota as a calendar: days as long as they are, shifts over midnight on both days, gaps in words (D-01, D-02)."""

import re
import uuid
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from alongside.rota import actions, queries
from alongside.rota.models import Holiday, Pattern, Shift
from alongside.rota.rules import calendar, start_of
from alongside.rota.rules.calendar import Item, Range, View
from alongside.rota.rules.duties import Gap
from alongside.rota.rules.patterns import Block, slots
from alongside.rota.rules.patterns import Pattern as Repeats
from alongside.team import actions as team
from tests.rota import planned
from tests.rota.exchanging import DAWN, DAY, HOUR, day, ready
from tests.rota.exchanging import team as four
from tests.world import NOW, WEEK_BEGINS, World, shift, sign_in, supporter

CHICAGO = ZoneInfo("America/Chicago")
ZONES = ("America/Chicago", "Australia/Lord_Howe", "America/Santiago", "Asia/Beirut", "Pacific/Apia", "UTC")


def local(*parts: int, zone: ZoneInfo = CHICAGO) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type]


def page(client: Client, query: str = "", name: str = "in_rota") -> str:
    answer = client.get(reverse(name) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def section(html: str, day: str) -> str:
    """Return what stands on one day of the calendar, as words."""
    found = re.search(rf'<li class="day[^"]*" id="d{day}".*?(?=<li class="day|</ol>\s*(?:<ol|</section>))', html, re.S)
    assert found, day
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


# --- which days ----------------------------------------------------------------------------------------------------


def test_a_month_is_shown_in_whole_weeks_and_knows_its_neighbours() -> None:
    one = calendar.period(View.MONTH, date(2026, 11, 23))
    assert (one.first, one.last) == (date(2026, 11, 1), date(2026, 11, 30))
    assert (one.days[0], one.days[-1], len(one.days)) == (date(2026, 10, 26), date(2026, 12, 6), 42)
    assert calendar.before(one).first == date(2026, 10, 1)
    assert calendar.after(one).first == date(2026, 12, 1)
    assert date(2026, 11, 30) in one
    assert date(2026, 12, 1) not in one


def test_a_leap_february_and_a_week_over_new_year() -> None:
    assert calendar.period(View.MONTH, date(2028, 2, 3)).last == date(2028, 2, 29)
    week = calendar.period(View.WEEK, date(2027, 1, 1))
    assert (week.first, week.last, len(week.days)) == (date(2026, 12, 28), date(2027, 1, 3), 7)


@pytest.mark.parametrize("day", [date.min, date.max, date(9999, 12, 1)])
@pytest.mark.parametrize("view", list(View))
def test_a_day_beyond_all_reason_is_brought_near(view: View, day: date) -> None:
    one = calendar.period(view, day)
    assert calendar.before(one).days
    assert calendar.after(one).days


# --- what stands on them -------------------------------------------------------------------------------------------


@pytest.mark.req("D-02")
@pytest.mark.parametrize(("day", "hours"), [(date(2027, 3, 14), 23), (date(2026, 11, 1), 25), (date(2026, 11, 2), 24)])
def test_a_day_is_as_long_as_it_really_is(day: date, hours: float) -> None:
    (shown,) = calendar.lay_out([], [day], CHICAGO)
    assert shown.hours == hours


@pytest.mark.req("D-02")
def test_half_an_hour_is_enough_to_be_named() -> None:
    (shown,) = calendar.lay_out([], [date(2026, 10, 4)], ZoneInfo("Australia/Lord_Howe"))
    assert shown.hours == 23.5


@pytest.mark.req("D-01")
def test_a_night_stands_on_both_of_its_days() -> None:
    night = Item(1, local(2026, 11, 23, 19), local(2026, 11, 24, 7), uuid.uuid4(), uuid.uuid4())
    first, second, third = calendar.lay_out([night], [date(2026, 11, 23 + n) for n in range(3)], CHICAGO)
    (begins,), (ends,) = first.pieces, second.pieces
    assert (begins.begins_before, begins.ends_after, begins.top, begins.bottom) == (False, True, 38, 48)
    assert (ends.begins_before, ends.ends_after, ends.top, ends.bottom) == (True, False, 0, 14)
    assert third.pieces == ()


def test_a_shift_that_ends_at_midnight_is_not_on_the_next_day() -> None:
    item = Item(1, local(2026, 11, 23, 12), local(2026, 11, 24, 0))
    days = calendar.lay_out([item], [date(2026, 11, 23), date(2026, 11, 24)], CHICAGO)
    assert [len(one.pieces) for one in days] == [1, 0]


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    spans=st.lists(st.tuples(st.integers(-3000, 12000), st.integers(1, 9000)), max_size=8),
)
@pytest.mark.req("D-02")
def test_every_minute_of_every_item_stands_on_exactly_the_days_it_touches(
    zone: str, day: date, spans: list[tuple[int, int]]
) -> None:
    there = ZoneInfo(zone)
    begin = start_of(day, there)
    minute = timedelta(minutes=1)
    items = [Item(1, begin + at * minute, begin + (at + length) * minute) for at, length in spans]
    days = [day + timedelta(days=number) for number in range(7)]
    for shown in calendar.lay_out(items, days, there):
        start, end = start_of(shown.day, there), start_of(shown.day + timedelta(days=1), there)
        touching = [one for one in items if one.starts_at < end and start < one.ends_at]
        assert sorted(map(repr, touching)) == sorted(repr(piece.item) for piece in shown.pieces)
        assert shown.hours == (end - start) / timedelta(hours=1)
        for piece in shown.pieces:
            assert 0 <= piece.top < piece.bottom <= calendar.LINES


TWELVE = Repeats(date(2026, 11, 2), 1, (Block(1, 0, 7 * 60, 720), Block(1, 0, 19 * 60, 720)))


@pytest.mark.req("D-01")
def test_a_gap_is_cut_as_the_pattern_cuts_and_at_midnight_where_there_is_none() -> None:
    begin, end = local(2026, 11, 23, 12), local(2026, 11, 25, 12)
    planned_slots = list(slots(TWELVE, date(2026, 11, 22), 5, CHICAGO))
    cut = calendar.empty([Gap(1, begin, end)], planned_slots, CHICAGO)
    assert [(one.starts_at.astimezone(CHICAGO).hour, one.planned) for one in cut] == [
        (12, True),
        (19, True),
        (7, True),
        (19, True),
        (7, True),
    ]
    plain = calendar.empty([Gap(2, begin, end)], planned_slots, CHICAGO)
    assert [(one.starts_at.astimezone(CHICAGO).hour, one.planned) for one in plain] == [
        (12, False),
        (0, False),
        (0, False),
    ]


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    start=st.integers(0, 4000),
    length=st.integers(1, 9000),
)
@pytest.mark.req("D-02")
def test_cutting_a_gap_neither_loses_nor_adds_a_minute(zone: str, day: date, start: int, length: int) -> None:
    there = ZoneInfo(zone)
    begin = start_of(day, there) + timedelta(minutes=start)
    gap = Gap(1, begin, begin + timedelta(minutes=length))
    planned_slots = list(slots(TWELVE, day + timedelta(days=1), 3, there))
    pieces = calendar.empty([gap], planned_slots, there)
    assert pieces[0].starts_at == gap.starts_at
    assert pieces[-1].ends_at == gap.ends_at
    assert all(one.ends_at == then.starts_at for one, then in pairwise(pieces))


def test_a_place_within_a_range_lies_between_its_ends() -> None:
    assert [Range(10, 30).place(amount) for amount in (0, 10, 20, 30, 50)] == [0, 0, 50, 100, 100]
    assert Range(7, 7).place(7) == 50


# --- the page ------------------------------------------------------------------------------------------------------


@pytest.mark.req("D-01", "D-02")
def test_the_month_names_who_is_on_and_where_nobody_is(world: World, client: Client) -> None:
    zoe = four(world)
    planned.pattern(world)
    day(zoe, 1)
    day(world.ana, 1, 2, start=DAWN + 12 * HOUR)
    html = page(sign_in(client, world.hana), "?view=month&from=2026-12-15")
    first, second = section(html, "2026-12-01"), section(html, "2026-12-02")
    assert "First: 07:00 –19:00 Move Zoe Hart" in first
    assert "Backup: 07:00 –19:00 nobody" in first
    assert "Backup: 19:00 –07:00 Move Ana Ruiz" in first
    assert "Backup: until 07:00 Ana Ruiz" in second
    assert "First: until 07:00 nobody" in second


@pytest.mark.req("C-18", "D-01")
def test_a_shift_of_somebody_on_leave_is_a_gap_that_says_whose_it_was(world: World, client: Client) -> None:
    four(world)
    planned.pattern(world)
    mine = day(world.ana, 1)
    team.go_on_leave(world.ana.id)
    html = page(sign_in(client, world.hana), "?from=2026-12-01")
    said = section(html, "2026-12-01")
    assert "nobody Ana Ruiz does not serve at present" in said
    assert reverse("in_rota_move", args=[mine.id]) not in html
    actions.on_leave(world.pine.id, world.ana.id, NOW)
    assert "Ana Ruiz cannot; cover is sought" in section(page(client, "?from=2026-12-01"), "2026-12-01")


@pytest.mark.req("C-18")
def test_what_was_served_before_a_leave_stays_as_it_was(world: World, client: Client) -> None:
    team.go_on_leave(world.renee.id)
    html = page(sign_in(client, world.hana), "?view=week")
    said = section(html, "2026-11-23")
    # The week began at midnight and it is five past eight: until now Renée was on, from now on nobody.
    assert "Renée Dubois" in said
    assert "nobody" in said


def test_no_gap_is_shown_in_the_past(world: World, client: Client) -> None:
    Shift.objects.all().delete()
    html = page(sign_in(client, world.hana), "?view=week&from=2026-11-16")
    assert "nobody" not in section(html, "2026-11-17")
    assert "No shift" in section(html, "2026-11-17")


@pytest.mark.req("D-02")
def test_holidays_and_changed_clocks_are_named(world: World, client: Client) -> None:
    Holiday.objects.create(organisation=world.pine, day=date(2026, 11, 26), name="Thanksgiving")
    Holiday.objects.create(organisation=world.lake, day=date(2026, 11, 27), name="Somebody else’s")
    html = page(sign_in(client, world.hana))
    assert "Thanksgiving" in section(html, "2026-11-26")
    assert "Somebody" not in html
    assert "Clocks go back: 25 h" in section(html, "2026-11-01")
    assert "Clocks go forward: 23 h" in section(page(client, "?from=2027-03-01"), "2027-03-14")


@pytest.mark.req("D-01")
def test_each_gap_of_the_coming_days_leads_to_what_fills_it(world: World, client: Client) -> None:
    Shift.objects.all().delete()
    until = NOW + timedelta(days=70)
    shift(world.renee, 1, NOW - HOUR, until)
    shift(world.marcus, 2, NOW - HOUR, NOW + 10 * DAY)
    shift(world.ana, 2, NOW + 10 * DAY + 3 * HOUR, until)
    html = page(sign_in(client, world.hana))
    assert "One gap in the coming 60 days." in html
    link = reverse("in_rota_enter") + "?tier=2&from=2026-12-03T08%3A05&to=2026-12-03T11%3A05"
    assert link.replace("&", "&amp;") in html


@pytest.mark.req("D-01")
def test_the_end_of_a_night_is_met_where_something_follows_it(world: World, client: Client) -> None:
    """On paper it is left out then: whoever follows says it. Where nothing follows, it stands."""
    Shift.objects.all().delete()
    # Nights that ended a week ago, when a gap is shown no more: somebody follows the first, nobody the second.
    evening = NOW.replace(hour=1, minute=0) - 7 * DAY
    shift(world.renee, 1, evening, evening + 12 * HOUR)
    shift(world.ana, 1, evening + 12 * HOUR, evening + 20 * HOUR)
    shift(world.marcus, 2, evening, evening + 12 * HOUR)
    html = page(sign_in(client, world.hana)).split('id="d2026-11-16"')[1].split('id="d2026-11-17"')[0]
    (first,) = re.findall(r'<li class="slot t1 [^"]*over-night[^"]*"', html)
    (backup,) = re.findall(r'<li class="slot t2 [^"]*over-night[^"]*"', html)
    assert " met" in first
    assert " met" not in backup


@pytest.mark.req("D-01")
def test_a_gap_of_many_shifts_leads_to_its_week(world: World, client: Client) -> None:
    Shift.objects.filter(tier=2).delete()
    planned.pattern(world)
    html = page(sign_in(client, world.hana))
    assert "(121 shifts)" in html
    assert reverse("in_rota") + "?view=week&amp;from=2026-11-23#d2026-11-23" in html


@pytest.mark.req("M-11")
def test_a_third_tier_is_shown_where_one_is_entered(world: World, client: Client) -> None:
    day(world.ana, 1, 3)
    html = page(sign_in(client, world.hana), "?from=2026-12-01")
    assert "Third: 07:00 –19:00 Move Ana Ruiz" in section(html, "2026-12-01")


@pytest.mark.req("M-11")
def test_the_form_offers_a_third_tier_only_where_there_is_one(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    link = reverse("in_rota_enter") + "?tier=3"
    assert "Third: called after the backup" not in client.get(link).content.decode()
    day(world.ana, 1, 3)
    html = client.get(link).content.decode()
    assert re.search(r'value="3"[^>]*checked', html)
    assert "Fourth" not in html


@pytest.mark.req("C-18")
def test_teammates_are_not_told_who_is_on_leave(world: World, client: Client) -> None:
    team.go_on_leave(world.marcus.id)
    html = page(sign_in(client, world.renee), "?view=week", "in_team_rota")
    said = section(html, "2026-11-24")
    assert "nobody" in said
    assert "Marcus" not in said
    assert "serve at present" not in html


@pytest.mark.parametrize("query", ["?from=2026-02-30", "?from=x&view=decade", "?from=99999-01-01", "?from=0001-01-01"])
def test_a_broken_address_opens_a_calendar_all_the_same(world: World, client: Client, query: str) -> None:
    assert "data-calendar" in page(sign_in(client, world.hana), query)


def test_the_way_on_and_back_keeps_the_view(world: World, client: Client) -> None:
    html = page(sign_in(client, world.hana), "?view=week&from=2026-12-30")
    for link in ("?view=week&amp;from=2026-12-21", "?view=week&amp;from=2027-01-04", "?view=month&amp;from=2026-12-28"):
        assert link in html


@pytest.mark.req("M-24")
def test_nothing_of_another_organisation_is_shown(world: World, client: Client) -> None:
    shift(world.lena, 1, NOW, NOW + DAY)
    Pattern.objects.create(
        organisation=world.lake, name="X", anchor=date(2026, 1, 1), days=1, begins_on=date(2026, 1, 1)
    )
    assert "Lena" not in page(sign_in(client, world.hana))
    assert "Lena" not in page(sign_in(client, world.renee), name="in_team_rota")


# --- the team's own page -------------------------------------------------------------------------------------------


@pytest.mark.req("D-13", "M-11")
def test_supporters_read_the_same_calendar_with_their_own_duties_marked(world: World, client: Client) -> None:
    html = page(sign_in(client, world.renee), "?view=week", "in_team_rota")
    said = section(html, "2026-11-24")
    assert "Renée Dubois (yours)" in said
    assert "Marcus Bell" in said
    assert "Marcus Bell (yours" not in said
    for only_of_the_coordinator in ("/coordinate/", "Fill it", "Who carries how much", "data-slot", "rota.js"):
        assert only_of_the_coordinator not in html
    assert reverse("in_team_rota") in client.get(reverse("in_shifts")).content.decode()


@pytest.mark.req("M-06", "M-24")
def test_only_who_serves_reads_the_rota_of_the_team_and_only_coordinators_the_other(world: World) -> None:
    for name, who in world.everybody().items():
        client = sign_in(Client(), who)
        serves = name in ("renee", "marcus", "ana", "lena")
        assert client.get(reverse("in_team_rota")).status_code == (200 if serves else 404), name
        coordinates = name in ("hana", "lars")
        assert client.get(reverse("in_rota")).status_code == (200 if coordinates else 404), name


# --- who carries how much ------------------------------------------------------------------------------------------


@pytest.mark.req("D-13")
def test_everybody_stands_by_name_beside_the_range_of_those_who_can_be_planned(world: World, client: Client) -> None:
    zoe = four(world)
    for number in range(-14, -10):
        day(world.renee, number)
    day(zoe, -16, 2, hours=10)
    team.go_on_leave(world.marcus.id)
    for number in range(-30, -20):
        day(world.marcus, number)
    loads = queries.loads_of(world.pine, NOW)
    assert [one.name for one in loads.people] == ["Ana Ruiz", "Marcus Bell", "Renée Dubois", "Zoe Hart"]
    able = {one.name: one.able for one in loads.people}
    assert able == {"Ana Ruiz": True, "Marcus Bell": False, "Renée Dubois": True, "Zoe Hart": True}
    # Everybody began yesterday and is credited with what the team carried; what differs is what they served.
    ana, _marcus, renee, last = (one.hours["load"] for one in loads.people)
    assert (renee - ana, last - ana) == (48, 5)
    assert loads.ranges["load"] == Range(ana, renee)
    html = page(sign_in(client, world.hana))
    assert f"team: {ana} to {renee} h" in html
    assert "Holidays" not in html


# --- what it costs -------------------------------------------------------------------------------------------------


def asked(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as found:
        assert client.get(path).status_code == 200
    return len(found)


@pytest.mark.req("D-02")
@pytest.mark.parametrize("query", ["?view=month", "?view=week", "?view=list"])
def test_a_year_of_shifts_of_many_people_asks_no_more_of_the_database_than_one(
    world: World, client: Client, query: str
) -> None:
    planned.pattern(world)
    ready(world.renee, world.marcus, world.ana)
    sign_in(client, world.hana)
    before = asked(client, reverse("in_rota") + query)
    people = [supporter(f"P{number} Long", world.patrol) for number in range(12)]
    ready(*people)
    Shift.objects.bulk_create(
        Shift(
            organisation=world.pine,
            supporter=people[(2 * number + tier) % len(people)],
            tier=tier,
            starts_at=WEEK_BEGINS + (number + 14) * 12 * HOUR,
            ends_at=WEEK_BEGINS + (number + 15) * 12 * HOUR,
        )
        for number in range(-730, 200)
        for tier in (1, 2)
    )
    team.go_on_leave(people[0].id)
    # One question more, however many: which shifts of people who are away lie further ahead.
    assert asked(client, reverse("in_rota") + query) <= before + 1
    sign_in(client, world.renee)
    assert asked(client, reverse("in_team_rota")) <= before
