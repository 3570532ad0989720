"""The cast with real keys."""

import pytest

from alongside.help_requests import actions
from alongside.notify.models import Notice
from alongside.team import actions as team
from alongside.team.models import Supporter
from tests import world as cast_of
from tests.help_requests.sealed import Keyring, Member, ask, sealed_world
from tests.world import World


@pytest.fixture
def cast(clock: object, db: None) -> tuple[World, Keyring]:
    """Return the cast and the secrets of its supporters' devices, the clock stopped at world.NOW."""
    return sealed_world()


@pytest.fixture
def gus(cast: tuple[World, Keyring]) -> Supporter:
    """Return a supporter with keys who is on leave when anybody asks, and so no recipient."""
    world, ring = cast
    made = cast_of.supporter("Gus Test", world.patrol)
    ring.publish(made)
    team.go_on_leave(made.id)
    return made


@pytest.fixture
def asked(cast: tuple[World, Keyring], gus: Supporter) -> Member:
    """Return a request whose taker is Renée; Gus is back from leave."""
    member = ask(cast[0], words="a long night", left_out=["Jail"])
    team.come_back(gus.id)
    actions.accept(cast[0].renee.id, member.request.id)
    Notice.objects.all().delete()
    return member
