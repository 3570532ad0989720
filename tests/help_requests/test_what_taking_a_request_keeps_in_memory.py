"""What is kept in memory for a second to take requests quickly: never older, never of another organisation."""

import uuid
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from alongside.accounts.models import Organisation
from alongside.help_requests.actions import standing
from tests import world as cast
from tests.conftest import Clock
from tests.help_requests import frames


@pytest.fixture(autouse=True)
def _kept(settings: Any) -> None:
    settings.ALONGSIDE_STANDING_SECONDS = 60.0


def test_an_organisation_is_read_once_and_an_unknown_one_is_not_kept(world: cast.World) -> None:
    assert standing.organisation("pine") == standing.organisation("pine")
    kept = len(standing._organisations)
    for number in range(50):
        with pytest.raises(Organisation.DoesNotExist):
            standing.organisation(f"nobody-{number}")
    assert len(standing._organisations) == kept


@pytest.mark.req("A-03")
def test_the_next_minute_is_read_anew_and_so_is_a_change_after_a_second(
    world: cast.World, clock: Clock, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = standing.standing_of(world.pine.id, clock.now())
    assert standing.standing_of(world.pine.id, clock.now()) is first
    clock.forward(minutes=1)
    second = standing.standing_of(world.pine.id, clock.now())
    assert second is not first
    monkeypatch.setattr(standing, "_fresh", lambda _: False)
    assert standing.standing_of(world.pine.id, clock.now()) is not second


@pytest.mark.req("A-03")
def test_a_kept_list_ends_when_it_expires_and_is_no_other_organisations(world: cast.World, clock: Clock) -> None:
    frames.give_keys([world.renee, world.marcus, world.ana])
    listing_id = uuid.UUID(bytes=frames.frame_for(world.pine).list_id)
    assert standing.valid_list(world.pine.id, listing_id, clock.now())
    assert standing.valid_list(world.lake.id, listing_id, clock.now()) is None
    clock.forward(hours=2)
    assert standing.valid_list(world.pine.id, listing_id, clock.now()) is None


def test_a_request_costs_four_statements_beside_its_transaction(world: cast.World, clock: Clock) -> None:
    """Guards what the bench measures: nothing is read for each request that could be read once for many."""
    from django.db import connection

    from alongside.help_requests import actions

    frames.give_keys([world.renee, world.marcus, world.ana])
    one, two = frames.frame_for(world.pine), frames.frame_for(world.pine)
    assert actions.open_request(world.pine, bytes(one), clock.now())
    with CaptureQueriesContext(connection) as queries:
        assert actions.open_request(world.pine, bytes(two), clock.now())
    statements = [one["sql"] for one in queries.captured_queries if "SAVEPOINT" not in one["sql"]]
    assert len(statements) <= 4, statements
