"""One contact moves five cells; the shares add up to the promise; periods never overlap."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.anonymous import rules
from alongside.content import load
from alongside.kernel import months

ZONE = "America/Chicago"
CATEGORIES = {question: tuple(entry.key for entry in entries) for question, entries in load.tally().items()}
MOMENTS = st.integers(0, 8 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
LENGTHS = st.sampled_from(["month", "quarter", "year"])


@st.composite
def contacts(draw: st.DrawFn) -> rules.Contact:
    picked = {question: draw(st.sampled_from(keys)) for question, keys in CATEGORIES.items()}
    return rules.Contact(first=draw(st.booleans()), **picked)


@pytest.mark.req("J-18", "J-19")
@given(contacts())
def test_a_contact_moves_one_cell_of_the_pair_and_one_of_each_question(contact: rules.Contact) -> None:
    moved = rules.cells_of(contact, CATEGORIES)
    assert len(set(moved)) == 5
    assert [key.split(".")[0] for key in moved] == ["pair", *rules.QUESTIONS]
    assert set(moved) <= set(rules.keys(CATEGORIES))


@pytest.mark.req("J-18")
@given(contacts())
def test_what_is_ever_kept_of_a_contact_costs_epsilon_one_in_all(contact: rules.Contact) -> None:
    assert sum(rules.share_of(key) for key in rules.cells_of(contact, CATEGORIES)) == Fraction(1)


@given(contacts(), st.sampled_from(rules.QUESTIONS))
def test_a_category_that_is_not_in_the_list_is_refused(contact: rules.Contact, question: str) -> None:
    with pytest.raises(rules.UnknownKey):
        rules.cells_of(rules.Contact(**{**vars(contact), question: "diagnosis"}), CATEGORIES)


def test_cells_are_few_and_their_names_fit_the_column() -> None:
    cells = rules.keys(CATEGORIES)
    assert len(set(cells)) == len(cells) <= 24
    assert max(map(len, cells)) <= 40


@pytest.mark.req("J-18")
@pytest.mark.parametrize(
    ("headcount", "length"),
    [(0, "year"), (14, "year"), (15, "quarter"), (49, "quarter"), (50, "month"), (9000, "month")],
)
def test_small_organisations_count_over_longer_periods(headcount: int, length: str) -> None:
    assert rules.length_for(headcount) == length


def test_the_thresholds_can_be_given() -> None:
    assert rules.length_for(20, month_from=10, quarter_from=5) == "month"


@given(MOMENTS, LENGTHS)
def test_a_first_period_contains_its_moment(moment: datetime, wanted: months.Period) -> None:
    period = rules.running(None, moment, ZONE, wanted)
    assert period.length == wanted
    assert period.start <= moment.date() + timedelta(days=1)
    assert not period.is_over(moment, ZONE)


@given(MOMENTS, LENGTHS, LENGTHS, st.booleans(), st.integers(-800, 800))
def test_periods_never_overlap_whatever_the_size_or_the_clock_does(
    moment: datetime, before: months.Period, wanted: months.Period, closed: bool, days: int
) -> None:
    first = rules.running(None, moment, ZONE, before)
    newest = rules.Period(first.length, first.start, closed)
    period = rules.running(newest, moment + timedelta(days=days), ZONE, wanted)
    if period != newest:
        assert period.start >= newest.end
    else:
        assert not closed
    assert (period.start.day, period.closed) == (1, False)


@given(MOMENTS, LENGTHS, LENGTHS)
def test_a_running_period_keeps_its_length_when_the_organisation_grows(
    moment: datetime, before: months.Period, wanted: months.Period
) -> None:
    newest = rules.running(None, moment, ZONE, before)
    assert rules.running(newest, moment, ZONE, wanted) == newest


def test_after_a_quarter_a_shrunken_organisation_waits_for_the_new_year() -> None:
    spring = rules.Period("quarter", date(2026, 1, 1), closed=True)
    april = datetime(2026, 4, 20, tzinfo=UTC)
    assert rules.running(spring, april, ZONE, "year") == rules.Period("quarter", date(2026, 4, 1))
    winter = rules.Period("quarter", date(2026, 10, 1), closed=True)
    january = datetime(2027, 1, 20, tzinfo=UTC)
    assert rules.running(winter, january, ZONE, "year") == rules.Period("year", date(2027, 1, 1))


def test_a_month_ends_at_midnight_where_the_organisation_is() -> None:
    november = rules.Period("month", date(2026, 11, 1))
    assert not november.is_over(datetime(2026, 12, 1, 5, 59, tzinfo=UTC), ZONE)
    assert november.is_over(datetime(2026, 12, 1, 6, 0, tzinfo=UTC), ZONE)
