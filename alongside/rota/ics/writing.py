"""Shifts as an iCalendar file, with neutral titles only."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar

REFRESH = timedelta(hours=4)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_HOUR, _SECOND, _DAY = timedelta(hours=1), timedelta(seconds=1), timedelta(days=1)


@dataclass(frozen=True)
class Event:
    """One span for somebody's calendar. `key` says whose and which: it goes into the event's name and is not shown."""

    key: str
    label: str
    starts_at: datetime
    ends_at: datetime


def write(title: str, events: Sequence[Event], zone: ZoneInfo, on: date) -> bytes:
    """Return the calendar of these events in a time zone, as of a day.

    The same events on the same day give the same bytes. A span that changes is another event under another name, so no
    event ever has a second version.
    """
    title = " ".join(title.split())
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    # No word of what this is for, nor a product's name.
    calendar.add("prodid", "-//Calendar//1//EN")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, icalendar.vText(title))
    calendar.add("x-wr-timezone", zone.key)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", icalendar.vDuration(REFRESH))
    local = [moment.astimezone(zone).date() for one in events for moment in (one.starts_at, one.ends_at)]
    first, last = min(local, default=on), max(local, default=on)
    calendar.add_component(_zone(zone, first - _DAY, last + 2 * _DAY))
    for one in events:
        calendar.add_component(_event(title, one, zone, on))
    if not events:
        calendar.add_component(_nothing(title, on))
    return bytes(calendar.to_ical())


def _event(title: str, one: Event, zone: ZoneInfo, on: date) -> icalendar.Event:
    found = icalendar.Event()
    name = hashlib.sha256(f"{one.key} {one.starts_at.isoformat()} {one.ends_at.isoformat()}".encode()).hexdigest()
    found.add("uid", name[:32])
    found.add("sequence", 0)
    stamp = datetime.combine(on, time(0), UTC)
    found.add("dtstamp", stamp)
    found.add("last-modified", stamp)
    found.add("summary", f"{title}: {one.label}")
    for what, moment in zip(("dtstart", "dtend"), _moments(one, zone), strict=True):
        found.add(what, moment)
    found.add("class", "PRIVATE")
    found.add("status", "CONFIRMED")
    found.add("transp", "OPAQUE")
    return found


def _nothing(title: str, on: date) -> icalendar.Event:
    """Return what a calendar without events holds: one of long ago that is cancelled.

    Evolution, GNOME Calendar and vdirsyncer take a calendar without any event for one that could not be read, and go on
    showing what was there before.
    """
    found = _event(title, Event("nothing", "-", LONG_AGO, LONG_AGO + timedelta(minutes=1)), ZoneInfo("UTC"), on)
    found["status"], found["transp"] = "CANCELLED", "TRANSPARENT"
    return found


def _moments(one: Event, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return both ends by the clock on the wall; in UTC where that clock shows a time twice and the later is meant."""
    begin, end = one.starts_at.astimezone(zone), one.ends_at.astimezone(zone)
    return (one.starts_at.astimezone(UTC), one.ends_at.astimezone(UTC)) if begin.fold or end.fold else (begin, end)


def _zone(zone: ZoneInfo, first: date, last: date) -> icalendar.Timezone:
    """Return the zone's rules for these days, with every change of the clocks written out."""
    found = icalendar.Timezone()
    found.add("tzid", zone.key)
    start, end = (datetime.combine(day, time(0), UTC) for day in (first, last))
    before = start.astimezone(zone)
    offset = before.utcoffset() or timedelta(0)
    found.add_component(_observance(before, offset))
    for moment in _changes(start, end, zone):
        found.add_component(_observance(moment.astimezone(zone), offset))
        offset = moment.astimezone(zone).utcoffset() or timedelta(0)
    return found


def _observance(moment: datetime, before: timedelta) -> icalendar.Component:
    """Return what holds from a moment on; its beginning is told by the clock as it went before."""
    kind = icalendar.TimezoneDaylight if moment.dst() else icalendar.TimezoneStandard
    found: icalendar.Component = kind()
    found.add("dtstart", (moment.astimezone(UTC) + before).replace(tzinfo=None))
    found.add("tzoffsetfrom", before)
    found.add("tzoffsetto", moment.utcoffset() or timedelta(0))
    found.add("tzname", moment.tzname() or "")
    return found


def _changes(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the instants at which the clocks of a zone change, to the second."""

    def shows(moment: datetime) -> tuple[timedelta | None, str | None]:
        local = moment.astimezone(zone)
        return local.utcoffset(), local.tzname()

    at = start
    while at < end:
        then = at + _HOUR * 6
        if shows(at) != shows(then):
            low, high = at, then
            while high - low > _SECOND:
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                low, high = (middle, high) if shows(middle) == shows(at) else (low, middle)
            yield high
        at = then
