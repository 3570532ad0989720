"""What is written as a calendar says the same instants to other readers, in every zone and over every change."""

import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from alongside.rota.ics.writing import Event, write
from tests.rota import ics_reader

# Both hemispheres; half hours; at midnight; the other way round in winter; twice around Ramadan; no change at all.
ZONES = (
    "America/Chicago",
    "America/St_Johns",
    "America/Santiago",
    "America/Phoenix",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "UTC",
)
ON = date(2026, 11, 23)


def events(moments: list[tuple[datetime, datetime]]) -> list[Event]:
    return [Event(str(uuid.uuid4()), "first", *pair) for pair in moments]


def year(zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """Return spans that begin and end at every change of the clocks of a year, and an hour and minutes around."""
    found, at = [], datetime(2026, 6, 1, tzinfo=UTC)
    while at < datetime(2027, 8, 1, tzinfo=UTC):
        then = at + timedelta(hours=1)
        if at.astimezone(zone).utcoffset() != then.astimezone(zone).utcoffset():
            for minutes in (-120, -61, -60, -31, -30, -1, 0, 1, 29, 30, 59, 60, 61, 120):
                begin = at + timedelta(minutes=minutes)
                found += [(begin, begin + timedelta(minutes=length)) for length in (1, 45, 720)]
        at = then
    return found or [(datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 1, 12, tzinfo=UTC))]


@pytest.mark.req("K-36", "D-02")
@pytest.mark.parametrize("name", ZONES)
def test_each_event_is_the_shift_to_a_reader_that_knows_no_zone_by_name(name: str) -> None:
    told = year(ZoneInfo(name))
    assert ics_reader.spans(write("Shift info", events(told), ZoneInfo(name), ON)) == sorted(told)


@pytest.mark.parametrize("name", ZONES)
def test_another_library_reads_the_same_instants_from_the_zone_that_the_file_describes(name: str) -> None:
    told = year(ZoneInfo(name))
    # Under a name nobody knows, so that only what the file says of the zone can be used.
    alias = f"Nowhere/{name.replace('/', '-')}-{uuid.uuid4().hex[:8]}"
    data = write("Shift info", events(told), ZoneInfo(name), ON).decode().replace("\r\n ", "")
    calendar = vobject.readOne(data.replace(f"TZID:{name}", f"TZID:{alias}").replace(f"TZID={name}:", f"TZID={alias}:"))
    found = [(one.dtstart.value.astimezone(UTC), one.dtend.value.astimezone(UTC)) for one in calendar.vevent_list]
    assert sorted(found) == sorted(told)


@given(
    st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"})),
    st.lists(
        st.tuples(st.integers(0, 60 * 24 * 460), st.integers(1, 60 * 24 * 8)), min_size=1, max_size=8, unique=True
    ),
)
def test_in_any_zone_of_the_world(name: str, drawn: list[tuple[int, int]]) -> None:
    begin = datetime(2026, 9, 1, tzinfo=UTC)
    told = [
        (begin + timedelta(minutes=at), begin + timedelta(minutes=at) + timedelta(minutes=size)) for at, size in drawn
    ]
    assert ics_reader.spans(write("Shift info", events(told), ZoneInfo(name), ON)) == sorted(told)


@pytest.mark.req("K-36")
def test_it_says_the_neutral_title_and_nothing_else() -> None:
    one = Event("renee-1", "first", datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC))
    data = write("Shift info", [one], ZoneInfo("America/Chicago"), ON)
    calendar = ics_reader.parse(data)
    (event,) = calendar.all("VEVENT")
    assert event.one("SUMMARY")[1] == "Shift info: first"
    assert not event.inside
    assert {name for name, _, _ in event.lines} == {
        *("SUMMARY", "DTSTART", "DTEND", "DTSTAMP", "UID", "SEQUENCE", "CLASS", "LAST-MODIFIED", "STATUS", "TRANSP")
    }
    assert b"renee" not in data
    assert not any(word in data.lower() for word in (b"peer", b"support", b"alongside", b"crisis", b"valarm"))
    assert calendar.one("REFRESH-INTERVAL") == ({"VALUE": "DURATION"}, "PT4H")


def test_one_without_shifts_is_no_empty_file() -> None:
    """Evolution and vdirsyncer take a calendar without events for a failure, and go on showing what was there."""
    data = write("Shift info", [], ZoneInfo("Australia/Sydney"), ON)
    assert ics_reader.spans(data) == []
    (event,) = ics_reader.parse(data).all("VEVENT")
    assert event.one("STATUS")[1] == "CANCELLED"
    assert event.one("TRANSP")[1] == "TRANSPARENT"
    assert vobject.readOne(data.decode()).vevent.dtstart.value == datetime(2000, 1, 1, tzinfo=UTC)
    assert write("Shift info", [], ZoneInfo("Australia/Sydney"), ON) == data
    shifts = write(
        "Shift info",
        events([(datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC))]),
        ZoneInfo("UTC"),
        ON,
    )
    assert b"CANCELLED" not in shifts


def test_a_title_with_signs_of_its_own_breaks_no_line() -> None:
    title = 'Info; horaire, "été"\\ ' + "très " * 30
    one = Event("a", "première", datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC))
    calendar = ics_reader.parse(write(title + "\r\nBEGIN:VALARM", [one], ZoneInfo("America/Toronto"), ON))
    (event,) = calendar.all("VEVENT")
    assert not event.inside
    assert "été" in event.one("SUMMARY")[1]


def test_the_same_shift_keeps_its_name_and_another_one_gets_another() -> None:
    zone = ZoneInfo("America/Chicago")
    one = Event("a", "first", datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC))
    longer = Event("a", "first", one.starts_at, datetime(2026, 12, 3, tzinfo=UTC))

    def name(of: Event, on: date = ON) -> str:
        return ics_reader.parse(write("x", [of], zone, on)).all("VEVENT")[0].one("UID")[1]

    assert name(one) == name(one, ON + timedelta(days=40))
    assert name(one) != name(longer)
    assert write("x", [one], zone, ON) == write("x", [one], zone, ON)
