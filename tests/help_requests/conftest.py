"""The cast with real keys."""

import pytest

from tests.help_requests.sealed import Keyring, sealed_world
from tests.world import World


@pytest.fixture
def cast(clock: object, db: None) -> tuple[World, Keyring]:
    """Return the cast and the secrets of its supporters' devices, the clock stopped at world.NOW."""
    return sealed_world()
