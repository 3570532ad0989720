"""Every place on the disk where the database of a test may have left something, and marks to look for there."""

import fcntl
import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from alongside.site import traces
from tests.escalation.crashes import TABLES

SLICE, STEP, SHORTEST = 32, 700, 16


def marks(*models: Any) -> dict[str, set[bytes]]:
    """Return what would tell a row apart, by column: keys, hashes, and slices of everything sealed.

    A slice is shorter than the pieces into which either database cuts long values.
    """
    found: dict[str, set[bytes]] = {}
    for model in models or TABLES:
        for row in model._base_manager.values():
            for name, value in row.items():
                found.setdefault(f"{model.__name__}.{name}", set()).update(_forms(value))
    return {name: values for name, values in found.items() if values}


def _forms(value: object) -> Iterator[bytes]:
    if hasattr(value, "hex") and hasattr(value, "bytes"):  # a UUID, as either database writes it
        yield from (value.bytes, value.hex.encode(), str(value).encode())
    elif isinstance(value, bytes | memoryview):
        data = bytes(value)
        for start in range(0, max(1, len(data) - SLICE), STEP):
            if len(piece := data[start : start + SLICE]) >= SHORTEST:
                # In a log or a statement bytes are written as hexadecimal digits.
                yield from (piece, piece.hex().encode(), piece.hex().upper().encode())


def files() -> dict[Path, bytes]:
    """Return every file that belongs to the database: of SQLite its folder, of PostgreSQL the server's own."""
    if connection.vendor == "sqlite":
        folder = Path(str(connection.settings_dict["NAME"])).parent
    else:
        with connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            folder = Path(cursor.fetchone()[0]).parent
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            try:
                found[path] = path.read_bytes()
            except FileNotFoundError:
                continue
    return found


def on_disk() -> dict[Path, bytes]:
    """Return the files after the database has written down what it holds in memory."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("CHECKPOINT")
    return files()


def found(wanted: dict[str, set[bytes]], where: dict[Path, bytes]) -> dict[str, list[str]]:
    """Return which marks are in which files."""
    places: dict[str, list[str]] = {}
    for name, values in wanted.items():
        for path, data in where.items():
            if any(value in data for value in values):
                places.setdefault(name, []).append(path.name)
    return places


def without(all_marks: dict[str, set[bytes]], live: dict[str, set[bytes]]) -> dict[str, set[bytes]]:
    """Return the marks of what is gone: those that no live row has too."""
    still: set[bytes] = set().union(*live.values()) if live else set()
    return {name: values - still for name, values in all_marks.items() if values - still}


@contextmanager
def alone_on_the_server() -> Iterator[None]:
    """Wait until no test of another process changes the settings of the same server."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        name = hashlib.sha256(cursor.fetchone()[0].encode()).hexdigest()[:16]
    with (Path(tempfile.gettempdir()) / f"alongside-tests-{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def change_server(settings: Iterable[tuple[str, str]]) -> None:
    """Change settings of the test's PostgreSQL server while it runs; `reset` by giving none."""
    with connection.cursor() as cursor:
        for name, value in settings:
            cursor.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        cursor.execute("SELECT pg_reload_conf()")
        cursor.execute("SELECT pg_sleep(0.3)")


def reset_server(names: Iterable[str]) -> None:
    """Take such changes back."""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"ALTER SYSTEM RESET {name}")
        cursor.execute("SELECT pg_reload_conf()")


def forget_order() -> None:
    """Let the next pass put every table in order, as the first one of a process does."""
    traces._in_order.clear()
