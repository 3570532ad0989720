"""One's own load beside the team's range: what counts, when a range is shown, and that it tells of nobody."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as some

from alongside.rota import queries
from alongside.rota.models import Holiday, Shift
from alongside.rota.rules import carrying, patterns
from alongside.rota.rules.problem import Mark
from alongside.team.models import Supporter
from tests.conftest import Clock
from tests.rota import planned
from tests.rota.exchanging import DAWN, DAY, HOUR, day
from tests.world import NOW, World, sign_in


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("begin", "end", "counts"),
    [
        ("2026-12-01T07:00", "2026-12-01T19:00", (12, 0, 0, 0)),
        ("2026-12-01T19:00", "2026-12-02T07:00", (12, 1, 0, 0)),
        # Friday evening to Saturday morning, mostly Saturday; Sunday evening to Monday morning, mostly Monday.
        ("2026-12-04T19:00", "2026-12-05T07:00", (12, 1, 1, 0)),
        ("2026-12-06T19:00", "2026-12-07T07:00", (12, 1, 0, 0)),
        # A night between two days of a weekend is one day, not two.
        ("2026-12-05T20:00", "2026-12-06T04:00", (8, 1, 1, 0)),
        ("2026-12-04T19:00", "2026-12-07T07:00", (60, 3, 2, 0)),
        ("2026-12-07T08:00", "2026-12-14T08:00", (168, 7, 2, 0)),
        ("2026-12-25T07:00", "2026-12-26T07:00", (24, 1, 0, 1)),
        ("2026-12-01T03:00", "2026-12-01T11:00", (8, 0, 0, 0)),
    ],
)
def test_a_duty_counts_its_hours_nights_weekend_days_and_holidays(
    begin: str, end: str, counts: tuple[float, ...]
) -> None:
    found = carrying.counted(at(begin), at(end), {date(2026, 12, 25)})
    assert (found["load"], found["night"], found["weekend"], found["holiday"]) == counts


@given(
    hour=some.integers(0, 2 * 365 * 24),
    hours=some.integers(1, 24),
)
def test_what_counts_as_a_night_or_weekend_is_what_the_planner_balances(hour: int, hours: int) -> None:
    begin = at("2026-01-01T00:00") + timedelta(hours=hour)
    end = begin + timedelta(hours=hours)
    found, marks = carrying.counted(begin, end, ()), set(patterns.marks(begin, end, ()))
    assert (found["night"] > 0) == (Mark.NIGHT in marks)
    if found["weekend"]:
        assert Mark.WEEKEND in marks


def everybody(world: World, size: int) -> list[Supporter]:
    Shift.objects.all().delete()
    people = planned.team(world, size)
    # Everybody has served the whole year: nothing is credited.
    Supporter.objects.filter(organisation=world.pine).update(designated_on=NOW.date() - timedelta(days=400))
    return people


@pytest.mark.django_db
@pytest.mark.req("D-02")
def test_own_load_stands_beside_the_lowest_the_average_and_the_highest(world: World) -> None:
    people = everybody(world, 6)
    for number, who in enumerate(people):
        for shift in range(number):
            day(who, 1 + shift, hours=12)
    day(people[1], -100, tier=2, hours=12)
    load = queries.load_of(world.pine, people[1].id, NOW)
    assert (load.served, load.coming) == (1, 1)
    hours = load.measures[0]
    # Half of twelve hours as backup, and twelve as first.
    assert (hours.measure, hours.own) == ("load", 18 * 100)
    assert hours.team is not None
    assert (hours.team.lowest, hours.team.highest) == (0, 60 * 100)
    assert hours.team.average == round((18 + 12 * (2 + 3 + 4 + 5)) / 6 * 100)


@pytest.mark.django_db
def test_what_is_older_than_a_year_or_further_than_the_board_looks_does_not_count(world: World) -> None:
    who = everybody(world, 6)[0]
    Holiday.objects.create(organisation=world.pine, day=(DAWN + DAY).date(), name="A day")
    day(who, -370)
    day(who, 1)
    day(who, 90)
    load = queries.load_of(world.pine, who.id, NOW)
    assert (load.served, load.coming) == (0, 1)
    assert {one.measure: one.own for one in load.measures} == {"load": 1200, "holiday": 100}


@pytest.mark.django_db
@pytest.mark.req("K-35")
def test_a_small_team_has_no_range_since_it_would_tell_of_one_teammate(world: World) -> None:
    people = everybody(world, 6)
    for who in people:
        day(who, people.index(who))
    assert queries.load_of(world.pine, people[0].id, NOW).measures[0].team is not None
    Supporter.objects.filter(id=people[5].id).update(status="on_leave")
    load = queries.load_of(world.pine, people[0].id, NOW)
    assert load.measures[0].own == 1200
    assert load.measures[0].team is None


@given(
    own=some.integers(0, 40),
    others=some.lists(some.integers(0, 40), min_size=carrying.OTHERS, max_size=12),
)
def test_no_range_can_be_solved_for_what_one_teammate_carries(own: int, others: list[int]) -> None:
    """From one's own, the lowest, the highest and the average three teammates' numbers stay open; unless all carry
    the same, and then the range says so."""
    amounts = [own, *others]
    known = {min(amounts), max(amounts)}
    open_ones = len(others) - len(known - {own})
    assert open_ones >= 3


@pytest.mark.django_db
def test_days_before_somebody_served_are_credited_as_the_planner_credits_them(world: World) -> None:
    people = everybody(world, 6)
    for who in people[1:]:
        day(who, -40)
    Supporter.objects.filter(id=people[0].id).update(designated_on=NOW.date() - timedelta(days=30))
    hours = queries.load_of(world.pine, people[0].id, NOW).measures[0]
    assert 0 < hours.credit == hours.own
    assert hours.team is not None
    assert hours.own <= hours.team.highest


@pytest.mark.django_db
def test_the_page_shows_the_bars_in_words_without_a_name(world: World, clock: Clock) -> None:
    people = everybody(world, 6)
    for number, who in enumerate(people):
        Shift.objects.create(
            organisation=world.pine,
            supporter=who,
            tier=1,
            starts_at=DAWN + number * DAY,
            ends_at=DAWN + number * DAY + 12 * HOUR,
        )
    text = sign_in(Client(), people[0]).get(reverse("in_shifts")).content.decode()
    strip = " ".join(text[text.index('id="load"') : text.index('id="more"')].split())
    assert "You: 12" in strip
    assert "Team: 12 to 12, on average 12" in strip
    assert 'class="range"' in strip
    assert not any(one.person.name.split()[0] in strip for one in people)
    small = everybody_else_leaves(people, sign_in(Client(), people[0]))
    assert "fewer than five others" in small
    assert "Team:" not in small


def everybody_else_leaves(people: list[Supporter], client: Client) -> str:
    Supporter.objects.filter(id__in=[one.id for one in people[3:]]).update(status="on_leave")
    return str(client.get(reverse("in_shifts")).content.decode())
