"""SQLite's connections are kept; when its file is taken away or another put in its place, none goes on with the old."""

import sqlite3
from pathlib import Path

import pytest
from django.db import connections
from django.db.utils import OperationalError

from alongside.site.environment import database
from alongside.site.sqlite.base import DatabaseWrapper

pytestmark = [pytest.mark.django_db, pytest.mark.req("A-03")]


@pytest.fixture
def kept(tmp_path: Path) -> DatabaseWrapper:
    """A connection as an installation has it, to a database with one row."""
    settings = connections["default"].settings_dict | database("", tmp_path)
    made = DatabaseWrapper(settings, "kept")
    with made.cursor() as cursor:
        cursor.execute("CREATE TABLE one (text)")
        cursor.execute("INSERT INTO one VALUES ('first')")
    return made


def read(connection: DatabaseWrapper) -> list[tuple[str]]:
    """Read as a request does, at whose beginning connections are looked at."""
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM one")
        return cursor.fetchall()


def test_it_is_kept_while_the_file_is(kept: DatabaseWrapper) -> None:
    raw = kept.connection
    assert read(kept) == [("first",)]
    assert kept.connection is raw
    kept.close()


def test_a_file_that_was_taken_away_is_an_error_and_its_return_is_noticed(kept: DatabaseWrapper) -> None:
    place = Path(str(kept.settings_dict["NAME"]))
    away = place.parent / "away"
    away.mkdir()
    for file in place.parent.glob(f"{place.name}*"):
        file.rename(away / file.name)
    with pytest.raises(OperationalError, match="no such table"):
        read(kept)
    kept.close()
    for file in away.iterdir():
        file.rename(place.parent / file.name)
    assert read(kept) == [("first",)]
    kept.close()


def test_another_file_in_its_place_is_the_one_that_is_read(kept: DatabaseWrapper, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with sqlite3.connect(other) as made:
        made.execute("CREATE TABLE one (text)")
        made.execute("INSERT INTO one VALUES ('second')")
    made.close()
    place = Path(str(kept.settings_dict["NAME"]))
    for file in place.parent.glob(f"{place.name}-*"):
        file.unlink()
    other.replace(place)
    assert read(kept) == [("second",)]
    kept.close()
