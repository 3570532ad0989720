"""A reader of iCalendar of our own, by the letter of RFC 5545: lines, VTIMEZONE, instants. It knows no zone by name."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class Part:
    """One component: its properties as (name, parameters, value), and the components inside."""

    name: str
    lines: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    inside: list["Part"] = field(default_factory=list)

    def one(self, name: str) -> tuple[dict[str, str], str]:
        """Return the parameters and value of a property that comes exactly once."""
        found = [(params, value) for called, params, value in self.lines if called == name]
        assert len(found) == 1, (self.name, name, found)
        return found[0]

    def all(self, name: str) -> list["Part"]:
        """Return the components of a kind."""
        return [part for part in self.inside if part.name == name]


def parse(data: bytes) -> Part:
    """Return the calendar in a file; AssertionError where the letter is broken."""
    assert data.endswith(b"\r\n")
    raw = data[:-2].split(b"\r\n")
    assert all(len(line) <= 75 for line in raw), "a line is longer than 75 octets"
    assert not any(b"\n" in line or b"\r" in line for line in raw)
    text = re.sub("\r\n[ \t]", "", data.decode("utf-8"))
    stack = [Part("")]
    for line in text.split("\r\n")[:-1]:
        head, _, value = line.partition(":")
        name, *params = head.split(";")
        if name == "BEGIN":
            stack.append(Part(value))
        elif name == "END":
            done = stack.pop()
            assert done.name == value
            stack[-1].inside.append(done)
        else:
            stack[-1].lines.append((name, dict(one.split("=", 1) for one in params), value))
    assert len(stack) == 1
    (calendar,) = stack[0].inside
    return calendar


def naive(value: str) -> datetime:
    """Return a time as the clock shows it."""
    return datetime.strptime(value, "%Y%m%dT%H%M%S")  # noqa: DTZ007


def offset(value: str) -> timedelta:
    """Return an offset from UTC."""
    found = re.fullmatch(r"([+-])(\d\d)(\d\d)(\d\d)?", value)
    assert found
    size = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -size if found[1] == "-" else size


def instant(calendar: Part, params: dict[str, str], value: str) -> datetime:
    """Return the instant of a time: UTC, or by the zone that the calendar itself describes.

    A local time means the last change whose onset, by the clock as it went before, is not after it; a time that comes
    twice means the first.
    """
    if value.endswith("Z"):
        return naive(value[:-1]).replace(tzinfo=UTC)
    zones = [part for part in calendar.all("VTIMEZONE") if part.one("TZID")[1] == params["TZID"]]
    assert len(zones) == 1
    local = naive(value)
    changes = sorted(
        ((onset(part), number, part) for number, part in enumerate(zones[0].inside)), key=lambda one: one[:2]
    )
    assert changes[0][0] <= local, "the zone says nothing of this time"
    chain = held = offset(changes[0][2].one("TZOFFSETFROM")[1])
    for begin, _, part in changes:
        before, after = (offset(part.one(name)[1]) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
        assert before == chain, "the changes do not join"
        chain = after
        if local >= begin:
            held = after
    # The onset is told by the clock before: where that clock went on past it, the time comes twice.
    for begin, _, part in changes:
        before, after = (offset(part.one(name)[1]) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
        if after < before and begin - (before - after) <= local < begin:
            held = before
    return (local - held).replace(tzinfo=UTC)


def onset(part: Part) -> datetime:
    """Return when an observance begins, by the clock as it went before."""
    assert not [name for name, _, _ in part.lines if name in {"RRULE", "RDATE"}]
    return naive(part.one("DTSTART")[1])


def spans(data: bytes) -> list[tuple[datetime, datetime]]:
    """Return the instants of every event that is not cancelled, in order."""
    calendar = parse(data)
    return sorted(
        (instant(calendar, *event.one("DTSTART")), instant(calendar, *event.one("DTEND")))
        for event in calendar.all("VEVENT")
        if not any((name, value) == ("STATUS", "CANCELLED") for name, _, value in event.lines)
    )
