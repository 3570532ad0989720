"""Dana's story once more where PostgreSQL keeps the rows: played, closed, searched for in the server's own files.

What is searched for is every word that was typed, and every sealed byte and token that left a window.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import BrowserContext

from tests.e2e import test_danas_story as story
from tests.e2e.conftest import Demo, continue_as, running_demo

SERVER = os.environ.get("E2E_POSTGRES", "")
# `make test` always starts a server; a single file run by hand may have none.
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(not SERVER, reason="needs E2E_POSTGRES, which make test sets")]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """Make an empty database for this module."""
    name = f"story_{secrets.token_hex(4)}"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        # As the operator's manual says; else the server keeps old pieces of its log to write over them later.
        connection.execute("ALTER SYSTEM SET wal_recycle = off")
        connection.execute("SELECT pg_reload_conf()")
    yield SERVER.replace("/postgres?", f"/{name}?")
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[Demo]:
    """Run the demonstration on PostgreSQL."""
    with running_demo(tmp_path_factory.mktemp("demo"), database) as running:
        yield running


@pytest.mark.req("A-03", "K-22", "K-35")
def test_the_story_ends_with_no_row_and_no_word_in_any_file_of_the_server(
    demo: Demo, database: str, phone: BrowserContext, desktop: BrowserContext
) -> None:
    """Ask, climb, accept, reply, contact, close, erase; then look at the tables, at a backup and at every file."""
    traces = [story.Trace().follow(phone), story.Trace().follow(desktop)]
    dana = phone.new_page()
    story.ask(demo, dana)
    story.check_alerted(demo, ["bell@pine.example"])
    demo.later(5)
    renee = continue_as(desktop, demo, "dubois")
    story.read_and_accept(renee)
    story.reply_and_make_contact(renee)
    story.read_reply(dana)
    story.close(renee)
    story.erase(dana)

    with psycopg.connect(database, autocommit=True) as connection:
        left = {table: _count(connection, table) for table in story.TABLES}
        folder = _first(connection, "SHOW data_directory")
    assert {table: count for table, count in left.items() if count} == {}
    kept = story.everything_kept(demo)
    files = {str(path): path.read_bytes() for path in Path(folder).parent.rglob("*") if path.is_file()}
    assert len(files) > 100
    assert not story.found_in(kept | files)
    pieces = story.sealed_pieces(traces)
    assert len(pieces) > 30
    assert story.places_of(pieces, kept | files) == []


def _count(connection: "psycopg.Connection[tuple[int]]", table: str) -> int:
    return int(_first(connection, f"SELECT count(*) FROM {table}"))  # noqa: S608


def _first(connection: "psycopg.Connection[tuple[int]]", query: str) -> str:
    row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return str(row[0])
