"""Calendars over leap days and changes of clocks on both hemispheres: what is written and what is read."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject

from alongside.rota import ics
from alongside.rota.ics.writing import Event, write
from tests.rota import ics_reader
from tests.rota.calendars import calendar, event

pytestmark = pytest.mark.whatever_database
Span = tuple[datetime, datetime]
# Clocks change in opposite directions and by different amounts; one changes in March where others change in October.
NIGHTS = {
    "America/Chicago": [(2027, 3, 14), (2027, 11, 7)],
    "Europe/Dublin": [(2027, 3, 28), (2027, 10, 31)],
    # At midnight: the longer day is the one before.
    "America/Santiago": [(2027, 4, 3), (2027, 9, 5)],
    "Australia/Lord_Howe": [(2027, 4, 4), (2027, 10, 3)],
    "Pacific/Auckland": [(2027, 4, 4), (2027, 9, 26)],
}


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def read(body: bytes, zone: str, begin: datetime, end: datetime) -> list[Span]:
    return ics.read(body, ZoneInfo(zone), begin, end)


def foreign(data: bytes) -> list[Span]:
    """Return the spans as another library reads them."""
    found = vobject.readOne(data.decode().replace("\r\n ", ""))
    return sorted((one.dtstart.value.astimezone(UTC), one.dtend.value.astimezone(UTC)) for one in found.vevent_list)


@pytest.mark.parametrize("name", NIGHTS)
@pytest.mark.parametrize("leap", [date(2028, 2, 28), date(2028, 2, 29)])
def test_a_shift_around_a_leap_day_is_told_to_the_minute(name: str, leap: date) -> None:
    zone = ZoneInfo(name)
    begin = datetime.combine(leap, datetime.min.time(), zone).replace(hour=19).astimezone(UTC)
    told = [(begin, begin + timedelta(hours=12)), (begin + timedelta(hours=12), begin + timedelta(hours=48))]
    data = write("Shift info", [Event(str(n), "first", *pair) for n, pair in enumerate(told)], zone, leap)
    assert ics_reader.spans(data) == told
    assert foreign(data) == told
    # Our own reading of what we wrote says the same: both touch, so they are one span.
    assert read(data, "UTC", begin - timedelta(days=2), begin + timedelta(days=5)) == (
        [] if b"TRANSP:TRANSPARENT" in data else [(told[0][0], told[1][1])]
    )


@pytest.mark.parametrize("name", NIGHTS)
def test_a_daily_event_keeps_its_hour_on_the_wall_over_every_change(name: str) -> None:
    zone = ZoneInfo(name)
    for year, month, day in NIGHTS[name]:
        first = datetime(year, month, day) - timedelta(days=2)  # noqa: DTZ001 - on the wall
        body = calendar(
            event(
                1,
                f"DTSTART;TZID={name}:{first:%Y%m%d}T183000",
                f"DTEND;TZID={name}:{first:%Y%m%d}T193000",
                "RRULE:FREQ=DAILY;COUNT=5",
            )
        )
        wall = [first.replace(hour=18, minute=30) + timedelta(days=number) for number in range(5)]
        expected = [(one.replace(tzinfo=zone).astimezone(UTC), timedelta(hours=1)) for one in wall]
        found = read(body, "UTC", at(year, 1, 1), at(year + 1, 1, 1))
        assert [(start, end - start) for start, end in found] == expected
        assert len({start.hour * 60 + start.minute for start, _ in found}) == 2


@pytest.mark.parametrize("name", NIGHTS)
def test_a_whole_day_is_as_long_as_the_day_on_which_clocks_change(name: str) -> None:
    lengths = []
    for night in NIGHTS[name]:
        day = date(*night)
        body = calendar(event(1, f"DTSTART;VALUE=DATE:{day:%Y%m%d}"))
        ((start, end),) = read(body, name, at(2027, 1, 1), at(2028, 1, 1))
        assert start.astimezone(ZoneInfo(name)).date() == day
        assert end.astimezone(ZoneInfo(name)).date() == day + timedelta(days=1)
        lengths.append((end - start) / timedelta(hours=1))
    change = 0.5 if name == "Australia/Lord_Howe" else 1
    assert sorted(lengths) == [24 - change, 24 + change]


def test_a_birthday_on_a_leap_day_comes_in_leap_years_only() -> None:
    body = calendar(event(1, "DTSTART;VALUE=DATE:20240229", "RRULE:FREQ=YEARLY"))
    zone = "America/Toronto"
    assert read(body, zone, at(2026, 1, 1), at(2028, 1, 1)) == []
    assert read(body, zone, at(2027, 6, 1), at(2028, 6, 1)) == [(at(2028, 2, 29, 5), at(2028, 3, 1, 5))]


def test_the_last_day_of_each_month_is_found_in_a_leap_year_too() -> None:
    body = calendar(event(1, "DTSTART;VALUE=DATE:20270131", "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1"))
    found = read(body, "UTC", at(2028, 1, 15), at(2028, 4, 15))
    assert [start.date() for start, _ in found] == [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31)]


def test_several_whole_days_over_new_year_and_a_change_of_clocks_are_days_of_the_calendar() -> None:
    body = calendar(event(1, "DTSTART;VALUE=DATE:20270312", "DTEND;VALUE=DATE:20270316"))
    assert read(body, "America/Chicago", at(2027, 1, 1), at(2028, 1, 1)) == [(at(2027, 3, 12, 6), at(2027, 3, 16, 5))]
    year = calendar(event(1, "DTSTART;VALUE=DATE:20271231", "DTEND;VALUE=DATE:20280102"))
    assert read(year, "Pacific/Auckland", at(2027, 1, 1), at(2028, 6, 1)) == [
        (at(2027, 12, 30, 11), at(2028, 1, 1, 11))
    ]


def test_an_hour_that_the_clocks_skip_hides_no_event() -> None:
    # 2:30 does not exist in Chicago on 14 March 2027.
    body = calendar(
        event(1, "DTSTART;TZID=America/Chicago:20270313T023000", "DURATION:PT30M", "RRULE:FREQ=DAILY;COUNT=3")
    )
    found = read(body, "UTC", at(2027, 3, 1), at(2027, 4, 1))
    assert len(found) == 3
    assert found[0] == (at(2027, 3, 13, 8, 30), at(2027, 3, 13, 9))
    assert found[1][0] in {at(2027, 3, 14, 7, 30), at(2027, 3, 14, 8, 30)}
    assert found[2] == (at(2027, 3, 15, 7, 30), at(2027, 3, 15, 8))
