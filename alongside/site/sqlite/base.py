"""The database backend: Django's own, but whoever writes waits in the line of this process first.

A turn covers a whole transaction (BEGIN IMMEDIATE to its end) or one writing statement outside of any. Reading
outside a transaction never waits. An `atomic` block is taken as writing; what only reads and needs one moment says
BEGIN itself.
"""

import itertools
import re
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import IntegrityError, OperationalError

from alongside.site.sqlite.line import Line, Place, line_of
from alongside.site.sqlite.schema import DatabaseSchemaEditor

PATIENCE = 5.0  # seconds, as sqlite3 itself without a `timeout`
WRITES = re.compile(
    r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|VACUUM|REINDEX|ANALYZE|PRAGMA\s+wal_checkpoint"
    r"|WITH\b.*\b(?:INSERT|UPDATE|DELETE|REPLACE)\b)",
    re.IGNORECASE | re.DOTALL,
)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection with its place in the line."""

    SchemaEditorClass = DatabaseSchemaEditor
    transaction_mode: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._place = Place(self)
        self._standing_in: Line | None = None
        self._known: list[Line] = []
        self._opened: tuple[Path, tuple[int, int] | None] | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect, and remember which file that is."""
        made = super().get_new_connection(conn_params)
        place = Path(str(conn_params["database"]))
        self._opened = (place, _file_at(place))
        return made

    def is_usable(self) -> bool:
        """Say whether the file is still in its place: a kept connection would go on writing into one that was taken
        away, or that another was put in the place of.
        """
        return self._opened is None or _file_at(self._opened[0]) == self._opened[1]

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Write here; inside a transaction its turn is this one's."""
        if self._standing_in is not None:
            yield
            return
        self._take_turn()
        try:
            yield
        finally:
            self._end_turn()

    def _take_turn(self) -> None:
        # By the name of now: tests give a database another one after the connection was made.
        line = line_of(str(self.settings_dict["NAME"]))
        # Whoever drops a connection without closing it, as a thread does that ends, leaves the line with it.
        if line not in self._known:
            self._known.append(line)
            weakref.finalize(self, line.drop, self._place)
        patience = float(self.settings_dict["OPTIONS"].get("timeout", PATIENCE))
        if not line.wait(self._place, patience):
            raise OperationalError("database is locked")
        self._standing_in = line

    def _end_turn(self) -> None:
        line, self._standing_in = self._standing_in, None
        if line is not None:
            line.leave(self._place)

    def _end_turn_when_over(self) -> None:
        if self.connection is None or not self.connection.in_transaction:
            self._end_turn()

    def _start_transaction_under_autocommit(self) -> None:
        if self.transaction_mode is None:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
            return
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self._end_turn_when_over()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn_when_over()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def create_cursor(self, name: str | None = None) -> "Cursor":  # noqa: ARG002
        """Return a cursor that takes its turn."""
        factory: Callable[..., Cursor] = lambda raw: Cursor(raw, self)  # noqa: E731
        cursor: Cursor = self.connection.cursor(factory=factory)
        return cursor

    def check_constraints(self, table_names: Iterable[str] | None = None) -> None:
        """Look for rows that point at nothing; the error names tables and no value, for it may be about a request."""
        with self.cursor() as cursor:
            wanted = [""] if table_names is None else [f"({self.ops.quote_name(name)})" for name in table_names]
            for argument in wanted:
                cursor.execute(f"PRAGMA foreign_key_check{argument}")
                if found := cursor.fetchone():
                    raise IntegrityError(f"A row of {found[0]} points at a row of {found[2]} that is not there.")


def _file_at(place: Path) -> tuple[int, int] | None:
    try:
        found = place.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class Cursor(base.SQLiteCursorWrapper):
    """A cursor that waits its turn for a writing statement outside a transaction."""

    def __init__(self, raw: Any, wrapper: DatabaseWrapper) -> None:
        super().__init__(raw)
        self._wrapper = wrapper
        self._rows: Iterator[Any] | None = None

    def execute(self, query: str, params: Any = None) -> "Cursor":
        """Run one statement. What it returns is read at once where it writes, for it is kept only when all is read."""
        self._rows = None
        if not self._writes_alone(query):
            super().execute(query, params)
            return self
        with self._wrapper.turn():
            super().execute(query, params)
            self._rows = iter(super().fetchall()) if self.description else None
        return self

    def executemany(self, query: str, param_list: Iterable[Any]) -> "Cursor":
        """Run one statement with many rows, in one turn."""
        self._rows = None
        if not self._writes_alone(query):
            super().executemany(query, param_list)
            return self
        with self._wrapper.turn():
            super().executemany(query, param_list)
        return self

    def executescript(self, script: str) -> "Cursor":
        """Run a script in one turn."""
        self._rows = None
        with self._wrapper.turn():
            super().executescript(script)
        return self

    def _writes_alone(self, query: str) -> bool:
        return not self.connection.in_transaction and WRITES.match(query) is not None

    def fetchone(self) -> Any:
        """Return the next row."""
        return super().fetchone() if self._rows is None else next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows."""
        size = self.arraysize if size is None else size
        if self._rows is None:
            return super().fetchmany(size)
        return list(itertools.islice(self._rows, size))

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        return super().fetchall() if self._rows is None else list(self._rows)

    def __next__(self) -> Any:
        return super().__next__() if self._rows is None else next(self._rows)
