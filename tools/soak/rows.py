"""The rows of an installation, read beside it for the accounting; the same on both databases."""

import sqlite3
import uuid
from pathlib import Path
from typing import Any

import psycopg

Row = tuple[Any, ...]


class Rows:
    """A database, read only; ids come as 32 digits and bytes as bytes."""

    def __init__(self, url: str, path: Path | None) -> None:
        self._url, self._path = url, path

    def all(self, query: str) -> list[Row]:
        """Return every row of a query."""
        if self._path:
            database = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=20)
            try:
                return [_plain(row) for row in database.execute(query)]
            finally:
                database.close()
        with psycopg.connect(self._url, autocommit=True) as connection:
            return [_plain(row) for row in connection.execute(query.encode())]

    def count(self, query: str) -> int:
        """Return the number that a query counts."""
        return int(self.all(query)[0][0])

    def tally(self) -> int:
        """Return the sum of the running period's cells that every contact moves: its noise, and all contacts."""
        found = self.all("SELECT COALESCE(SUM(value), 0) FROM anonymous_cell WHERE NOT closed AND key LIKE 'pair.%'")
        return int(found[0][0])


def _plain(row: Row) -> Row:
    return tuple(
        value.hex if isinstance(value, uuid.UUID) else bytes(value) if isinstance(value, memoryview) else value
        for value in row
    )
