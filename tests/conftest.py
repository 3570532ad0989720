"""Fixtures for every test: a stopped clock, the cast, nothing left over from the test before.

Sockets are closed except loopback by pytest-socket (see pyproject.toml).
"""

import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import caches
from hypothesis import settings as hypothesis_settings
from whitenoise.base import WhiteNoise

from alongside.kernel import clock as kernel_clock
from tests import databases
from tests import world as cast

# The same examples at every run of one tree, so that a run says something of the change; the soak draws others.
STEADY = os.environ.get("HYPOTHESIS_PROFILE") != "soak"
hypothesis_settings.register_profile("house", max_examples=60, deadline=None, print_blob=True, derandomize=STEADY)
hypothesis_settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--needs-database",
        action="store_true",
        help="leave out what says the same whatever the database (tests/databases.py)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --needs-database leave out what another run has said already."""
    if config.getoption("--needs-database"):
        alike = [item for item in items if databases.says_the_same(item)]
        config.hook.pytest_deselected(items=alike)
        items[:] = [item for item in items if item not in alike]


class Clock:
    """The product's clock, stopped at world.NOW: `clock.forward(minutes=5)` moves it, `clock.now()` reads it."""

    def __init__(self) -> None:
        kernel_clock.freeze(cast.NOW)

    def now(self) -> cast.datetime:
        return kernel_clock.now()

    def forward(self, **by: float) -> None:
        kernel_clock.shift(cast.timedelta(**by))

    def set(self, at: cast.datetime) -> None:
        kernel_clock.freeze(at)


@pytest.fixture(scope="session", autouse=True)
def _static_files_read_once() -> Iterator[None]:
    """Read each folder of static files once: every new client would look at all files in it, for the same answer."""
    read, found = WhiteNoise.update_files_dictionary, dict[tuple[str, str], dict[str, object]]()

    def once(self: WhiteNoise, root: str, prefix: str) -> None:
        if (root, prefix) not in found:
            before, self.files = self.files, {}
            read(self, root, prefix)
            found[root, prefix], self.files = self.files, before
        self.files.update(found[root, prefix])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "update_files_dictionary", once)
        yield


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """Let no test inherit a moved clock or a counted sign-in attempt."""
    for name in settings.CACHES:
        caches[name].clear()
    yield
    kernel_clock.freeze(None)


@pytest.fixture
def clock() -> Clock:
    """Stop the clock at world.NOW."""
    return Clock()


@pytest.fixture
def world(db: None, clock: Clock) -> cast.World:
    """Return the cast in a fresh database, the clock stopped at world.NOW."""
    return cast.make_world()
