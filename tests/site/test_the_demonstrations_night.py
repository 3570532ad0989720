"""The demonstration begins at twelve past three at night in Pine County, whenever somebody starts it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alongside.directory import actions as directory
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.rota import queries as rota
from alongside.site.demo import seed
from alongside.team.models import Supporter

PINE = ZoneInfo("America/Chicago")
STARTS = {
    "a Saturday night": datetime(2026, 11, 21, 22, 0, tzinfo=PINE),
    "a Sunday, a minute before the night's moment": datetime(2026, 11, 22, 3, 11, tzinfo=PINE),
    "a Sunday, at the very moment": datetime(2026, 11, 22, 3, 12, tzinfo=PINE),
    "a Sunday night, when it is Monday already in UTC": datetime(2026, 11, 22, 22, 0, tzinfo=PINE),
    "a Monday night": datetime(2026, 11, 23, 22, 0, tzinfo=PINE),
    "the end of a month": datetime(2026, 11, 30, 23, 59, tzinfo=PINE),
    "the end of a year": datetime(2026, 12, 31, 20, 0, tzinfo=PINE),
    "the end of a February of 29 days": datetime(2028, 2, 28, 20, 0, tzinfo=PINE),
    "before the clocks go forward": datetime(2026, 3, 7, 23, 0, tzinfo=PINE),
    "in the hour before the one that is left out": datetime(2026, 3, 8, 1, 30, tzinfo=PINE),
    "before the clocks go back": datetime(2026, 10, 31, 23, 0, tzinfo=PINE),
    "in the hour that comes twice": datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=PINE),
}


@pytest.fixture(autouse=True)
def _running_clock() -> Iterator[None]:
    yield
    clock.freeze(None)


@pytest.mark.django_db
@pytest.mark.parametrize("started", STARTS.values(), ids=STARTS)
def test_it_is_twelve_past_three_and_tonights_pair_can_be_asked(started: datetime) -> None:
    clock.freeze(started.astimezone(UTC))
    seed.to_the_night()
    now = clock.now()
    assert now.astimezone(PINE).strftime("%H:%M:%S") == "03:12:00"
    assert timedelta(0) < now - started.astimezone(UTC) <= timedelta(hours=25)

    pine = seed.fill()
    on_call = rota.on_call_at(pine.id, now)
    names = {tier: Supporter.objects.get(id=one).person.name for tier, one in on_call.items()}
    assert names == {1: "Marcus Bell", 2: "Renée Dubois"}
    # Also at the end of the week that has just begun or is about to end, and when the next has begun.
    for later in (timedelta(0), timedelta(hours=3), timedelta(days=1), timedelta(days=7)):
        candidates = directory.candidates_now(pine, policy.in_force(pine.id), now + later)
        assert len(candidates) == 7, later
