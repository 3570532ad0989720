"""The statutory holidays of the place that an organisation's pack is of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dateutil.easter import easter

from alongside.content import law, load

WEEK = 7
MONDAY, THURSDAY = 0, 3


@dataclass(frozen=True)
class Statutory:
    """The holidays of one place in one year, by day; `place` reads well after "the holidays of"."""

    place: str
    days: tuple[tuple[date, str], ...]


def statutory(pack: str, year: int, language: str) -> Statutory | None:
    """Return the statutory holidays where a pack holds, of its country where the place has none here; None for a pack
    that is not there.
    """
    if pack not in law.packs():
        return None
    places = load.toml("holidays.toml")
    source = places.get(pack) or places.get(law.country_of(pack))
    if source is None:
        return None
    spoken = language if language in load.LANGUAGES else load.LANGUAGES[0]
    days = sorted((_day(entry, year), str(entry[spoken])) for entry in source["days"])
    return Statutory(str(source["name"][spoken]), tuple(days))


def _day(entry: Mapping[str, Any], year: int) -> date:
    if "easter" in entry:
        sunday: date = easter(year)  # type: ignore[no-untyped-call]
        return sunday + timedelta(days=entry["easter"])
    if "day" in entry:
        return date(year, entry["month"], entry["day"])
    if "monday_before" in entry:
        last = date(year, entry["month"], entry["monday_before"]) - timedelta(days=1)
        return last - timedelta(days=last.weekday())
    weekday, which = (MONDAY, entry["monday"]) if "monday" in entry else (THURSDAY, entry["thursday"])
    return _nth(year, entry["month"], weekday, which)


def _nth(year: int, month: int, weekday: int, which: int) -> date:
    """Return the first, second ... of a weekday in a month; a negative number counts from its end."""
    if which > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % WEEK + (which - 1) * WEEK)
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % WEEK + (-which - 1) * WEEK)
