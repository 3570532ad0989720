"""One pattern takes over from another: every minute once per tier, whatever crosses midnight and the changed clock."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alongside.rota import rules
from alongside.rota.rules import changeover, coverage, framing, templates
from alongside.rota.rules.patterns import DAY, Block, Pattern, check, holes, slot
from alongside.rota.rules.problem import Aims, Limits, Slot
from alongside.rota.rules.templates import Kind
from tests.rota import problems

CHICAGO = ZoneInfo("America/Chicago")
MONDAY = problems.MONDAY


@dataclass(frozen=True)
class Placed:
    """A pattern on its days."""

    pattern: Pattern
    begins_on: date
    ends_on: date | None = None


def slots_of(patterns: list[Placed], first: date, days: int, zone: ZoneInfo) -> list[Slot]:
    """Return the slots of these days."""
    return [slot(one.tier, one.begin, one.end, zone) for one in changeover.spans(patterns, first, days)]


@st.composite
def gapless(draw: st.DrawFn, anchor: date) -> Pattern:
    """Draw a pattern of 1 to 10 days whose tiers have no hole: a template, or cut anywhere."""
    if draw(st.booleans()):
        return templates.pattern(draw(st.sampled_from(Kind)), draw(st.integers(0, 1439)), anchor, (1, 2))
    days = draw(st.integers(1, 10))
    blocks = []
    for tier in (1, 2):
        cuts = sorted(draw(st.sets(st.integers(0, days * 1440 - 1), min_size=1, max_size=6)))
        for one, then in pairwise([*cuts, cuts[0] + days * 1440]):
            blocks.append(Block(tier, one // 1440, one % 1440, then - one))
    return Pattern(anchor - draw(st.integers(0, 9)) * DAY, days, tuple(blocks))


# Around every day on which the clocks of these zones change, and a leap day.
DAYS = st.one_of(
    st.dates(date(2026, 1, 1), date(2029, 1, 1)),
    st.sampled_from(
        [date(2026, 11, 1), date(2027, 3, 14), date(2027, 4, 4), date(2027, 9, 5), date(2027, 10, 3), date(2028, 2, 29)]
    ).flatmap(lambda day: st.integers(-2, 2).map(lambda off: day + off * DAY)),
)


@pytest.mark.req("D-01", "D-02")
@settings(deadline=None)
@given(st.data(), st.sampled_from(problems.ZONES), DAYS, st.integers(1, 20), st.booleans())
def test_a_change_over_leaves_no_gap_and_no_overlap(
    data: st.DataObject, zone: str, day: date, later: int, told: bool
) -> None:
    place, third = ZoneInfo(zone), day + later * DAY
    begin = day - 25 * DAY
    before, new, last = (data.draw(gapless(one)) for one in (begin, day, third))
    assert holes(before, (1, 2)) == holes(new, (1, 2)) == []
    ends = (day - DAY, third - DAY) if told else (None, None)
    patterns = [Placed(last, third), Placed(before, begin, ends[0]), Placed(new, day, ends[1])]
    found = slots_of(patterns, begin, 60, place)
    for tier in (1, 2):
        mine = sorted((one for one in found if one.tier == tier), key=lambda one: (one.starts_at, one.ends_at))
        assert all(one.ends_at == then.starts_at for one, then in pairwise(mine)), "once, every minute"
        assert mine[0].starts_at <= rules.start_of(begin + DAY, place)
        assert mine[-1].ends_at >= rules.start_of(begin + 60 * DAY, place)
    start, end = rules.start_of(begin + DAY, place), rules.start_of(begin + 60 * DAY, place)
    assert coverage.faults(found, (1, 2), start, end) == []


@settings(deadline=None)
@given(st.data(), DAYS, st.integers(1, 30), st.integers(1, 30))
def test_days_planned_in_pieces_give_what_they_give_at_once(data: st.DataObject, day: date, one: int, two: int) -> None:
    begin = day - 12 * DAY
    patterns = [Placed(data.draw(gapless(begin)), begin), Placed(data.draw(gapless(day)), day)]
    at_once = changeover.spans(patterns, begin, one + two)
    pieces = changeover.spans(patterns, begin, one) + changeover.spans(patterns, begin + one * DAY, two)
    assert sorted(pieces) == at_once
    assert len(set(at_once)) == len(at_once)


@pytest.mark.req("D-01")
def test_the_old_pattern_goes_on_until_the_new_ones_first_hand_over() -> None:
    old, day = problems.days_and_nights(), MONDAY + 7 * DAY
    new = templates.pattern(Kind.DAYS, 8 * 60, day, (1, 2))
    found = changeover.spans([Placed(old, MONDAY), Placed(new, day)], day - DAY, 2)
    mine = [(one.begin.isoformat()[5:16], one.end.isoformat()[5:16]) for one in found if one.tier == 1]
    assert mine == [
        ("11-29T07:00", "11-29T19:00"),
        ("11-29T19:00", "11-30T07:00"),
        ("11-30T07:00", "11-30T08:00"),
        ("11-30T08:00", "12-01T08:00"),
    ]
    left = changeover.leftovers([Placed(old, MONDAY), Placed(new, day)], day)
    assert {(one.tier, one.begin.hour, one.end.hour) for one in left} == {(1, 7, 8), (2, 7, 8)}


@pytest.mark.req("D-01")
def test_a_block_that_crosses_the_change_over_is_cut_and_the_new_one_begins_within_its_block() -> None:
    thursday = MONDAY + 3 * DAY
    old = templates.pattern(Kind.HALVES, 12 * 60, MONDAY, (1, 2))
    weeks = problems.weeks()
    found = changeover.spans([Placed(old, MONDAY), Placed(weeks, thursday)], thursday - DAY, 10)
    mine = [(one.begin.isoformat()[5:16], one.end.isoformat()[5:16]) for one in found if one.tier == 2]
    assert mine == [
        ("11-25T00:00", "11-25T12:00"),
        ("11-25T12:00", "11-26T00:00"),
        ("11-26T00:00", "11-26T08:00"),
        ("11-26T08:00", "11-30T08:00"),
        ("11-30T08:00", "12-07T08:00"),
    ]


def test_tiers_that_hand_over_at_different_times_change_over_each_at_its_own() -> None:
    day = MONDAY + 7 * DAY
    new = Pattern(day, 1, (Block(1, 0, 420, 1440), Block(2, 0, 480, 1440)))
    found = changeover.spans([Placed(problems.days_and_nights(), MONDAY), Placed(new, day)], day, 1)
    begins = {tier: [one.begin.hour for one in found if one.tier == tier] for tier in (1, 2)}
    assert begins == {1: [7], 2: [7, 8]}


def test_a_tier_that_the_new_pattern_leaves_empty_is_a_hole_from_the_change_over_on() -> None:
    day = MONDAY + 7 * DAY
    new = templates.pattern(Kind.DAYS, 480, day, (1,))
    found = slots_of([Placed(problems.days_and_nights(), MONDAY), Placed(new, day)], day - DAY, 3, CHICAGO)
    start, end = rules.start_of(day, CHICAGO), rules.start_of(day + DAY, CHICAGO)
    faults = coverage.faults(found, (1, 2), start, end)
    assert [(one.tier, one.starts_at.astimezone(CHICAGO).hour, one.twice) for one in faults] == [(2, 8, False)]


def test_days_between_two_patterns_are_nobodys_and_a_block_that_has_begun_is_served_out() -> None:
    old = Placed(problems.days_and_nights(), MONDAY, MONDAY + DAY)
    new = Placed(problems.days_and_nights(), MONDAY + 5 * DAY)
    mine = [one for one in changeover.spans([old, new], MONDAY, 7) if one.tier == 1]
    assert max(one.end for one in mine if one.begin.date() <= MONDAY + DAY).isoformat() == "2026-11-25T07:00:00"
    assert next(one.begin.isoformat()[:13] for one in mine if one.begin.date() > MONDAY + DAY) == "2026-11-28T07"


@pytest.mark.req("D-01")
@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 900)), max_size=8))
@example([(0, 100), (50, 100), (200, 10)])
def test_every_minute_is_judged_as_a_count_of_the_slots_says(spans: list[tuple[int, int]]) -> None:
    start = rules.start_of(MONDAY, CHICAGO)
    minute = timedelta(minutes=1)
    made = [Slot(1, start + begin * minute, start + (begin + long) * minute, MONDAY, long) for begin, long in spans]
    faults = coverage.faults(made, (1,), start, start + 3000 * minute)
    assert all(start <= one.starts_at < one.ends_at <= start + 3000 * minute for one in faults)
    for at in range(3000):
        moment = start + at * minute
        count = sum(one.starts_at <= moment < one.ends_at for one in made)
        said = {one.twice for one in faults if one.starts_at <= moment < one.ends_at}
        assert said == (set() if count == 1 else {count > 1}), at


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("day", [MONDAY, date(2028, 2, 29), date(2027, 3, 14)])
@pytest.mark.parametrize("minute", [0, 7 * 60, 23 * 60 + 59])
def test_a_template_has_no_hole_and_no_overlap(kind: Kind, day: date, minute: int) -> None:
    made = templates.pattern(kind, minute, day, (1, 2, 3))
    check(made)
    assert holes(made, (1, 2, 3)) == []
    assert all(block.minute in {minute, (minute + 720) % 1440, (minute + 480) % 1440, (minute + 960) % 1440}
               for block in made.blocks)  # fmt: skip


def test_weekdays_and_weekends_change_on_monday_and_saturday_whatever_the_first_day_is() -> None:
    wednesday = MONDAY + 2 * DAY
    made = templates.pattern(Kind.SPLIT, 480, wednesday, (1,))
    found = changeover.spans([Placed(made, wednesday)], wednesday, 14)
    assert [one.begin.weekday() for one in found] == [2, 5, 0, 5, 0]
    assert {one.begin.hour for one in found} == {8}


def test_the_planner_is_asked_for_what_a_change_over_leaves() -> None:
    day = MONDAY + 7 * DAY
    new = templates.pattern(Kind.DAYS, 480, day, (1, 2))
    frame = framing.Frame(
        CHICAGO,
        day - DAY,
        4,
        (
            framing.InForce(problems.days_and_nights(), MONDAY, day - DAY),
            framing.InForce(new, day, None),
        ),
        (),
        Limits(),
        Aims(),
        percent={2: 50},
    )
    asked = framing.frame_problem(frame).slots
    start = datetime.combine(day - DAY, datetime.min.time(), CHICAGO) + timedelta(hours=7)
    assert coverage.faults(asked, (1, 2), start, rules.start_of(day + 3 * DAY, CHICAGO)) == []
    assert [one.weight for one in asked if one.day == day] == [60, 30, 1440, 720]
