"""Statutory holidays: the days themselves, for the place of each pack."""

from datetime import date

import pytest

from alongside.content import holidays, law

EXPECTED = {
    ("mn", 2026): "01-01 01-19 02-16 05-25 06-19 07-04 09-07 10-12 11-11 11-26 12-25",
    ("mn", 2028): "01-01 01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-11 11-23 12-25",
    ("generic-us", 2027): "01-01 01-18 02-15 05-31 06-19 07-04 09-06 10-11 11-11 11-25 12-25",
    ("on", 2026): "01-01 02-16 04-03 05-18 07-01 09-07 10-12 12-25 12-26",
    # Victoria Day is the Monday before the 25th: the 24th itself where that is one.
    ("on", 2027): "01-01 02-15 03-26 05-24 07-01 09-06 10-11 12-25 12-26",
    ("generic-ca", 2038): "01-01 04-23 05-24 07-01 09-06 09-30 10-11 11-11 12-25 12-26",
}


@pytest.mark.parametrize(("pack", "year"), EXPECTED)
def test_the_days_are_those_of_the_calendar(pack: str, year: int) -> None:
    found = holidays.statutory(pack, year, "en")
    assert found is not None
    assert " ".join(day.isoformat()[5:] for day, _name in found.days) == EXPECTED[pack, year]


@pytest.mark.parametrize("pack", law.packs())
@pytest.mark.parametrize("language", ["en", "fr", "xx"])
@pytest.mark.parametrize("year", [2024, 2027, 2100])
def test_every_pack_has_some_each_named_once_on_a_day_of_its_own(pack: str, language: str, year: int) -> None:
    found = holidays.statutory(pack, year, language)
    assert found is not None
    assert found.place
    days = [day for day, _name in found.days]
    assert len(set(days)) == len(days) == len({name for _day, name in found.days}) >= 9
    assert days == sorted(days)
    assert all(day.year == year for day in days)
    assert all(0 < len(name) <= 60 for _day, name in found.days)


def test_a_pack_that_is_not_there_offers_nothing() -> None:
    assert holidays.statutory("nowhere", 2027, "en") is None


def test_the_last_of_a_weekday_is_found_in_december_too() -> None:
    assert holidays._nth(2026, 12, 0, -1) == date(2026, 12, 28)
    assert holidays._nth(2026, 5, 0, -1) == date(2026, 5, 25)
