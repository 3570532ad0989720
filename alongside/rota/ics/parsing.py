"""The process that takes a foreign calendar apart: `python -m alongside.rota.ics.parsing` (reading.py starts it)."""

import contextlib
import json
import os
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from dateutil.rrule import rrulestr

from alongside.rota.ics.fetching import Unread
from alongside.rota.rules.duties import start_of
from alongside.rota.rules.grid import merged

MOST_EVENTS = 2000
CPU_SECONDS = 5
_MEMORY = 512 * 1024 * 1024
_FILES = 64
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# What Python reports before it does it (PEP 578).
_NEVER = (
    "socket.",
    "subprocess.",
    "os.fork",
    "os.exec",
    "os.posix_spawn",
    "os.system",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.kill",
    "shutil.",
    "tempfile.",
    "ctypes.",
    "sqlite3.",
)
_MINUTE, _DAY, _ZERO = timedelta(minutes=1), timedelta(days=1), timedelta(0)
# What a parser may stumble over in a file that is none of its kind.
_NONSENSE = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError)

Span = tuple[datetime, datetime]


def main() -> None:
    """Read one calendar from the standard input; write its busy spans, or a code, to the standard output."""
    confine()
    name, begin, end = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    try:
        spans = busy(data, ZoneInfo(name), datetime.fromisoformat(begin), datetime.fromisoformat(end))
        told: object = [(start.isoformat(), stop.isoformat()) for start, stop in spans]
    except Unread as unread:
        told = unread.code
    except MemoryError:
        told = "too-much"
    sys.stdout.write(json.dumps(told))


def confine() -> None:
    """Hold this process to its share of time and memory, for good. It writes no file, starts nothing, and speaks with
    nobody but whoever started it.
    """
    # Whoever is called at night comes first; a service manager may forbid even that.
    with contextlib.suppress(OSError):
        os.nice(10)
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
        # No process beside this one; whoever has every right on the machine is not bound by it.
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))
    sys.addaudithook(_refuse)


def _refuse(event: str, about: tuple[Any, ...]) -> None:
    """Refuse what taking a calendar apart never needs, whatever a library was talked into."""
    writes = event == "open" and isinstance(about[2], int) and about[2] & _WRITES
    if writes or event.startswith(_NEVER):
        raise PermissionError(event)


def busy(data: bytes, zone: ZoneInfo, begin: datetime, end: datetime) -> list[Span]:
    """Return the busy spans of a calendar within [begin, end); see reading.read. Raises Unread."""
    if data.upper().count(b"BEGIN:VEVENT") > MOST_EVENTS:
        raise Unread("too-many")
    try:
        calendar: Any = icalendar.Calendar.from_ical(data.decode("utf-8", "replace").removeprefix("\ufeff"))
        events = calendar.walk("VEVENT")
    except _NONSENSE:
        raise Unread("not-a-calendar") from None
    if calendar.name != "VCALENDAR":
        raise Unread("not-a-calendar")
    moved = {key for one in events if (key := _moved(one, zone))}
    found: list[Span] = []
    for one in events:
        for start, stop in _sound(_spans(one, moved, zone, begin, end)):
            if start < end and stop > begin and start < stop:
                found.append((max(start, begin).replace(second=0, microsecond=0), _up(min(stop, end))))
            if len(found) > MOST_EVENTS:
                raise Unread("too-many")
    return merged(found)


def _sound(spans: Iterator[Span]) -> Iterator[Span]:
    """Yield spans as far as they make sense: one event that does not hides no other."""
    try:
        yield from spans
    except _NONSENSE:
        return


def _up(moment: datetime) -> datetime:
    whole = moment.replace(second=0, microsecond=0)
    return whole if whole == moment else whole + _MINUTE


def _moved(event: Any, zone: ZoneInfo) -> tuple[str, datetime] | None:
    """Return which occurrence of which event this one stands for, if it does."""
    try:
        return str(event.get("UID")), _instant(event["RECURRENCE-ID"].dt, zone)
    except _NONSENSE:
        return None


def _instant(value: date, zone: tzinfo) -> datetime:
    if not isinstance(value, datetime):
        return start_of(value, zone)
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


def _spans(
    event: Any, moved: set[tuple[str, datetime]], zone: ZoneInfo, begin: datetime, end: datetime
) -> Iterator[Span]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        return
    start = event["DTSTART"].dt
    length = _length(event, start, zone)
    if "RECURRENCE-ID" in event:
        yield _span(start, length, zone)
        return
    left_out = {_instant(one, zone) for one in _dates(event, "EXDATE")}
    for one in _starts(event, start, zone, begin - length - 2 * _DAY, end + 2 * _DAY):
        at = _instant(one, zone)
        if at not in left_out and (str(event.get("UID")), at) not in moved:
            yield _span(one, length, zone)


def _length(event: Any, start: date, zone: ZoneInfo) -> timedelta:
    """Return how long an event lasts: days by the calendar for whole days, else as time passes."""
    whole = not isinstance(start, datetime)
    if "DTEND" in event:
        stop = event["DTEND"].dt
        found: timedelta = stop - start if whole else _instant(stop, zone) - _instant(start, zone)
        return found
    if "DURATION" in event:
        return event["DURATION"].dt  # type: ignore[no-any-return]
    return _DAY if whole else _ZERO


def _span(start: date, length: timedelta, zone: ZoneInfo) -> Span:
    if isinstance(start, datetime):
        return _instant(start, zone), _instant(start, zone) + length
    return start_of(start, zone), start_of(start + length, zone)


def _starts(event: Any, start: date, zone: ZoneInfo, after: datetime, before: datetime) -> Iterator[date]:
    """Yield the beginnings between two moments, each in the kind and zone of the first; bounded by `before`."""
    yield start
    own = start.tzinfo if isinstance(start, datetime) and start.tzinfo else zone
    whole = not isinstance(start, datetime)
    first = datetime.combine(start, time(0)) if not isinstance(start, datetime) else start.replace(tzinfo=None)
    for rule in _listed(event.get("RRULE")):
        for one in _occurrences(rule, first, own):
            at = one.replace(tzinfo=own).astimezone(UTC)
            if at > before:
                break
            if at >= after and one != first:
                yield one.date() if whole else one.replace(tzinfo=own)
    yield from (one for one in _dates(event, "RDATE") if one != start)


def _occurrences(rule: Any, first: datetime, own: tzinfo) -> Any:
    """Return the occurrences of a rule by the clock on the wall, where it repeats."""
    said = {key: value for key, value in rule.items() if key.upper() != "UNTIL"}
    kept: Any = icalendar.vRecur(said)
    made: Any = rrulestr(kept.to_ical().decode(), dtstart=first, ignoretz=True)
    for until in rule.get("UNTIL", [])[:1]:
        if not isinstance(until, datetime):
            until = datetime.combine(until, time.max)  # noqa: PLW2901
        made = made.replace(until=until.astimezone(own).replace(tzinfo=None) if until.tzinfo else until)
    return made


def _dates(event: Any, name: str) -> Iterator[date]:
    for listed in _listed(event.get(name)):
        for one in listed.dts:
            yield one.dt[0] if isinstance(one.dt, tuple) else one.dt


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


if __name__ == "__main__":
    main()
