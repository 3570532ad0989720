"""What is worked out of a year of a large team is worked out once, and the same as if it were done the long way."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.rota.queries import planning
from alongside.rota.queries.exchanges import field_of
from alongside.rota.rules import LONGEST_SHIFT, Duty, carrying, cut, framing
from alongside.rota.rules.framing import outside
from tests.rota import exchanging
from tests.rota.exchanging import DAWN, HOUR, day
from tests.world import NOW, World

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
WHO = uuid.UUID(int=7)
# A slot of the longest shift is an hour longer where a clock is set back in it.
LONGEST = LONGEST_SHIFT // HOUR + 1
SPAN = st.tuples(st.integers(0, 150 * 24), st.integers(1, LONGEST))
SPANS = st.lists(SPAN, max_size=40)


def _span(begin: int, hours: int) -> tuple[datetime, datetime]:
    return BEGIN + begin * HOUR, BEGIN + (begin + hours) * HOUR


@pytest.mark.req("D-01")
@given(SPAN, SPANS)
def test_what_is_left_of_a_duty_is_the_same_as_beside_every_slot(one: tuple[int, int], some: list[tuple[int, int]]):
    duty = Duty(1, WHO, *_span(*one))
    spans = sorted(_span(*span) for span in some)
    left: tuple[Duty, ...] = (duty,)
    for start, end in spans:
        left = tuple(part for each in left for part in cut(each, start, end))
    assert outside(duty, spans) == left


def test_a_slot_an_hour_longer_than_any_shift_is_not_missed() -> None:
    duty = Duty(1, WHO, *_span(LONGEST - 1, 2))
    spans = [_span(0, LONGEST), *(_span(at, 1) for at in range(1, 40))]
    assert outside(duty, spans) == (Duty(1, WHO, *_span(LONGEST, 1)),)


class Counted(tuple[Duty, ...]):
    """Duties that count how often somebody goes through them."""

    times = 0

    def __iter__(self) -> Iterator[Duty]:
        Counted.times += 1
        return super().__iter__()


def test_whoever_is_asked_about_the_year_is_gone_through_as_often_as_for_one(world: World) -> None:
    exchanging.team(world)
    gets = day(world.ana).facts()
    day(world.renee, 1)
    field = field_of(world.pine, [gets], NOW)
    assert field.broken(world.renee.id, gets) is None
    field = replace(field, frame=replace(field.frame, published=Counted(field.frame.published)))
    Counted.times = 0
    assert len(field.could(gets, {}, {world.ana.id})) == 3
    assert Counted.times == 2
    assert [field.broken(who, gets, gives=gets) for who in sorted(field.able)] == [None] * 4
    assert field.against(replace(gets, supporter=world.marcus.id)) == []
    assert Counted.times == 2


def test_a_span_that_all_tiers_have_is_weighed_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    exchanging.team(world)
    for number in range(5):
        for tier, who in ((1, world.renee), (2, world.marcus)):
            day(who, number, tier, start=DAWN - timedelta(days=30))
    weighed: list[object] = []
    real_marks, real_counted = framing.marks, carrying.counted
    monkeypatch.setattr(framing, "marks", lambda *a: (weighed.append(a), real_marks(*a))[1])
    monkeypatch.setattr(carrying, "counted", lambda *a: (weighed.append(a), real_counted(*a))[1])
    frame = planning.frame_of(world.pine, NOW.date(), 1, NOW)
    members = framing.members(frame)
    assert len(weighed) == 5
    everybody = carrying.carried(frame)
    assert len(weighed) == 10
    assert members[world.renee.id].served["load"] == 5 * 12 * 60
    assert everybody[world.renee.id].total["load"] == 5 * 12 * 100
    # The second tier weighs less, of the same spans.
    percent = frame.percent[2]
    assert members[world.marcus.id].served["load"] == 5 * 12 * 60 * percent // 100
    assert everybody[world.marcus.id].total["load"] == 5 * 12 * percent
