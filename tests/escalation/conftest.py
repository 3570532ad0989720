"""Pine County with four who serve, and one request that waits."""

import pytest

from alongside.help_requests import actions
from alongside.help_requests.models import Request
from alongside.kernel import clock as product
from tests import world as cast
from tests.escalation.steps import turn
from tests.help_requests.frames import frame_for, give_keys
from tests.world import World


@pytest.fixture
def pine(world: World) -> World:
    """Return the cast: Renée is on call, Marcus her backup, Hana coordinates and serves, Ana has no duty."""
    hana = cast.supporter(world.hana, world.patrol)
    give_keys([world.renee, world.marcus, world.ana, hana])
    return world


@pytest.fixture
def asked(pine: World) -> Request:
    """Return a request for now to all four, its first rung called."""
    frame = frame_for(pine.pine)
    assert actions.open_request(pine.pine, bytes(frame), product.now())
    stored = frame.stored()
    assert stored is not None
    turn()
    return stored
