"""Random teams, patterns and time zones, and the largest teams that are planned."""

import random
import uuid
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from alongside.rota.rules.patterns import Block, Pattern, slots
from alongside.rota.rules.problem import Away, Limits, Member, Problem, Why, Wish

# Clocks that jump at different dates, at midnight, by half an hour, on the other side of the earth, and never.
ZONES = (
    "America/Chicago",
    "America/Toronto",
    "America/St_Johns",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Africa/Cairo",
    "UTC",
)
MONDAY = date(2026, 11, 23)


def days_and_nights(anchor: date = MONDAY) -> Pattern:
    """Return twelve hours from seven to seven, both tiers, the second at half weight."""
    blocks = tuple(Block(tier, 0, hour * 60, 12 * 60) for tier in (1, 2) for hour in (7, 19))
    return Pattern(anchor, 1, blocks, {2: 50})


def weeks(anchor: date = MONDAY) -> Pattern:
    """Return whole weeks from Monday at eight."""
    return Pattern(anchor, 7, tuple(Block(tier, 0, 8 * 60, 7 * 24 * 60) for tier in (1, 2)))


def weekdays_and_weekends(anchor: date = MONDAY) -> Pattern:
    """Return Monday to Friday in one piece, and the weekend."""
    return Pattern(
        anchor,
        7,
        tuple(Block(tier, 0, 8 * 60, 5 * 24 * 60) for tier in (1, 2))
        + tuple(Block(tier, 5, 8 * 60, 2 * 24 * 60) for tier in (1, 2)),
    )


def local(day: date, zone: ZoneInfo, hour: int = 0) -> datetime:
    """Return the instant of an hour of a day."""
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def team(
    size: int, weeks: int, *, away: float = 0.1, wishes: int = 3, seed: int = 1, pattern: Pattern | None = None
) -> Problem:
    """Return a team of this size to plan for so many weeks: a share of days away in spans of two days to two weeks, and
    some wishes to be free a month.
    """
    chance, zone = random.Random(seed), ZoneInfo("America/Chicago")
    people = []
    for number in range(size):
        left, spans = int(weeks * 7 * away), []
        while left > 0:
            length, begin = chance.choice((2, 3, 7, 14)), MONDAY + timedelta(days=chance.randrange(weeks * 7))
            spans.append(Away(local(begin, zone), local(begin + timedelta(days=length), zone), Why.BLACKOUT))
            left -= length
        free = [MONDAY + timedelta(days=one) for one in chance.sample(range(weeks * 7), wishes * weeks // 4)]
        hopes = tuple(Wish(local(day, zone), local(day + timedelta(days=1), zone)) for day in free)
        people.append(Member(uuid.UUID(int=number + 1), tuple(spans), hopes))
    return Problem(tuple(slots(pattern or days_and_nights(), MONDAY, weeks * 7, zone)), tuple(people))


def hard_team(size: int, weeks: int, *, nights: int, seed: int = 1) -> Problem:
    """Return a team that is short of people: only so many may do nights, 30% of the days are leave, often the same
    weeks, all work four days on and four off, every fifth has a cap, everybody wishes the same weekend days free, and
    24 hours of rest.
    """
    chance, zone, days = random.Random(seed), ZoneInfo("America/Chicago"), weeks * 7
    popular = [chance.randrange(days) for _ in range(max(1, weeks // 9))]
    weekends = [day for day in range(days) if (MONDAY + timedelta(days=day)).weekday() >= 5]
    crowd = chance.sample(weekends, weeks // 4)
    people = []
    for number in range(size):
        away = [_span(day, 22, 32, Why.HOURS, zone) for day in range(-1, days + 1) if number >= nights]
        left = days * 3 // 10
        while left > 0:
            length = min(left, chance.choice((3, 7, 14)))
            often = chance.random() < 0.3
            first = chance.choice(popular) + chance.randrange(-3, 4) if often else chance.randrange(days)
            away.append(_span(first, 0, 24 * length, Why.LEAVE, zone))
            left -= length
        for day in range(-1, days + 1):
            turn = (day + 2 * number) % 8
            if turn < 4:
                away.append(_span(day, 7 if turn < 2 else 19, 19 if turn < 2 else 31, Why.WORK, zone))
        free = [_span(day, 0, 24, Why.BLACKOUT, zone) for day in [*crowd, *chance.sample(range(days), weeks // 2)]]
        wishes = tuple(Wish(one.starts_at, one.ends_at) for one in free)
        cap = 2 if number % 5 == 4 else None
        people.append(Member(uuid.UUID(int=number + 1), tuple(away), wishes, most_in_28_days=cap))
    found = tuple(slots(days_and_nights(), MONDAY, days, zone))
    return Problem(found, tuple(people), limits=Limits(rest=timedelta(hours=24), days_in_a_row=3))


def _span(day: int, begin: int, end: int, why: Why, zone: ZoneInfo) -> Away:
    first, last = (MONDAY + timedelta(days=day + hour // 24) for hour in (begin, end))
    return Away(local(first, zone, begin % 24), local(last, zone, end % 24), why)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw a small problem: 2 to 7 people, 3 to 12 days around a change of the clock or not, any of the patterns."""
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    first = draw(st.dates(date(2026, 1, 1), date(2028, 12, 31)))
    count = draw(st.integers(3, 12))
    pattern = draw(st.sampled_from((days_and_nights, weeks, weekdays_and_weekends)))(MONDAY)
    found = tuple(slots(pattern, first, count, zone))
    size = draw(st.integers(2, 7))
    people = tuple(draw(_member(number, first, count, zone)) for number in range(size))
    held = draw(st.dictionaries(st.integers(0, len(found) - 1), st.integers(0, size - 1), max_size=2)) if found else {}
    limits = Limits(
        rest=timedelta(hours=draw(st.integers(0, 24))),
        days_in_a_row=draw(st.integers(1, 6)),
        goes_on=draw(st.booleans()),
    )
    return Problem(found, people, held, limits)


@st.composite
def _member(draw: st.DrawFn, number: int, first: date, count: int, zone: ZoneInfo) -> Member:
    def span() -> tuple[datetime, datetime]:
        day = first + timedelta(days=draw(st.integers(-1, count)))
        begin = local(day, zone, draw(st.integers(0, 23)))
        return begin, begin + timedelta(hours=draw(st.integers(1, 60)))

    return Member(
        uuid.UUID(int=number + 1),
        tuple(Away(*span(), draw(st.sampled_from(Why))) for _ in range(draw(st.integers(0, 2)))),
        tuple(Wish(*span(), draw(st.booleans())) for _ in range(draw(st.integers(0, 2)))),
        served=draw(st.fixed_dictionaries({}, optional={"load": st.integers(0, 6000), "night": st.integers(0, 3000)})),
        most_in_28_days=draw(st.none() | st.integers(0, 6)),
    )
