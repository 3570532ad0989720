"""The doctor and a PostgreSQL server that would remember what Alongside deletes: its settings are really changed."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from alongside.site import doctor
from tests.world import NOW, World

pytestmark = [
    pytest.mark.req("K-24", "K-22"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL's settings"),
]


def levels() -> dict[str, tuple[str, str]]:
    return {one.name: (one.level, one.says) for one in doctor.examine(NOW)}


def put(name: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {name} = {value}")


@pytest.mark.parametrize(
    ("name", "loud", "quiet"),
    [
        ("log_statement", "'all'", "'none'"),
        ("log_min_duration_statement", "0", "-1"),
        ("log_parameter_max_length", "-1", "0"),
        ("log_parameter_max_length_on_error", "100", "0"),
        ("log_min_error_statement", "'error'", "'panic'"),
    ],
)
def test_a_log_that_would_hold_what_is_sent_is_named(world: World, name: str, loud: str, quiet: str) -> None:
    for other, wanted in (
        ("log_statement", "'none'"),
        ("log_min_duration_statement", "-1"),
        ("log_parameter_max_length", "0"),
        ("log_parameter_max_length_on_error", "0"),
        ("log_min_error_statement", "'panic'"),
    ):
        put(other, wanted)
    assert levels()["database log"][0] == "ok"
    put(name, loud)
    level, says = levels()["database log"]
    assert (level, name in says) == ("warning", True)
    put(name, quiet)
    assert levels()["database log"][0] == "ok"


def test_a_long_journal_is_named_with_what_to_set(world: World) -> None:
    level, says = levels()["journal"]
    assert level == "warning"
    assert "checkpoint_timeout = 1min" in says
    assert "wal_recycle = off" in says


def test_the_clock_of_the_server_is_compared(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from alongside.site.doctor import clock

    assert clock._apart_from_server() < 1
    monkeypatch.setattr(clock, "_apart_from_server", lambda: 42.0)
    level, says = {one.name: (one.level, one.says) for one in clock.fits_the_rows(NOW)}["clock"]
    assert (level, "42 seconds apart" in says) == ("failure", True)


def test_a_way_over_the_network_in_the_clear_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from alongside.site.doctor import postgresql

    class Far:
        """A server that is elsewhere, as far as it says itself."""

        def __init__(self, safe: bool) -> None:
            self.rows = [(False,), (safe,)]

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None: ...

        def execute(self, _query: str) -> None: ...

        def fetchone(self) -> tuple[bool]:
            return self.rows.pop(0)

    for safe, mode, level in ((False, "", "failure"), (True, "require", "warning"), (True, "verify-full", "ok")):
        options = {"OPTIONS": {"sslmode": mode} if mode else {}}
        far = SimpleNamespace(cursor=lambda safe=safe: Far(safe), settings_dict=options)
        monkeypatch.setattr(postgresql, "connection", far)
        (found,) = postgresql._way({})
        assert found.level == level
