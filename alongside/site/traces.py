"""What PostgreSQL remembers of rows that are gone, and how much of it our role may make it forget (decision 0018).

Deleted rows stay in a page of PostgreSQL until something else needs the place, also after VACUUM; rows tell by their
transaction numbers in which order they came; counters tell how many there ever were; the write-ahead log has all of it.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper

from alongside.content import load

SHORT_PATIENCE = 200  # milliseconds; less than PostgreSQL waits before it looks for a deadlock
HAS_FLUSH = 150000  # the version from which a session can hand in its counters at once


@dataclass(frozen=True)
class Rights:
    """What the role of this installation may do on its PostgreSQL server beyond its own tables."""

    may_reset_counters: bool
    may_switch_log: bool
    may_checkpoint: bool


# Of each table, how its counters stood when it was last put in order by this process.
_in_order: dict[str, tuple[object, int]] = {}


def tables() -> list[str]:
    """Return the tables whose deleted rows must leave nothing: about members, counts, and whatever holds sealed
    bytes.
    """
    return [
        table.name
        for table in load.retention().tables
        if table.about in {"member", "counts"} or any(column.protection == "sealed" for column in table.columns)
    ]


def rights() -> Rights:
    """Ask PostgreSQL what our role may do."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_function_privilege('pg_stat_reset_single_table_counters(oid)', 'EXECUTE'), "
            "has_function_privilege('pg_switch_wal()', 'EXECUTE'), "
            "(SELECT coalesce(bool_or(pg_has_role(oid, 'USAGE')), false) FROM pg_roles WHERE rolname = 'pg_checkpoint')"
        )
        return Rights(*cursor.fetchone())


def clear_postgresql() -> int:
    """Write every table anew whose rows changed since the last time, and cut the write-ahead log; return how many
    tables.

    Rows then lie in the order of their random keys, with one transaction number, and nothing of a deleted one is left.
    Somebody who holds a table is not waited for longer than a moment: the next pass tries again. An older reader, such
    as a backup, keeps dead rows until it ends; the pass after that clears them.
    """
    may = rights()
    done = 0
    with connection.cursor() as cursor, _short_patience(cursor):
        for name in tables():
            with contextlib.suppress(OperationalError):
                done += _put_in_order(cursor, name, may)
        if done and may.may_switch_log and may.may_checkpoint:
            cursor.execute("SELECT pg_switch_wal()")
            cursor.execute("CHECKPOINT")
    return done


@contextlib.contextmanager
def _short_patience(cursor: CursorWrapper) -> Iterator[None]:
    cursor.execute(f"SET lock_timeout = {SHORT_PATIENCE}")
    try:
        yield
    finally:
        cursor.execute("RESET lock_timeout")


def _put_in_order(cursor: CursorWrapper, name: str, may: Rights) -> bool:
    before = _counted(cursor, name)
    if before is not None and _in_order.get(name) == before:
        return False
    _in_order.pop(name, None)
    if may.may_reset_counters:
        _reset_counters(cursor, name)
    table = connection.ops.quote_name(name)
    key = connection.ops.quote_name(_key(cursor, name))
    cursor.execute(f"UPDATE {table} SET {key} = {key}")  # noqa: S608
    own = cursor.rowcount
    nothing_left = _write_anew(cursor, f"{table} USING {connection.ops.quote_name(_key_index(cursor, name))}")
    after = _counted(cursor, name)
    if before and after and nothing_left:
        # Only when nobody else wrote meanwhile: their rows may have been left as they came.
        expected = own if may.may_reset_counters else before[1] + own
        if after == (before[0], expected):
            _in_order[name] = after
    return True


def _counted(cursor: CursorWrapper, name: str) -> tuple[object, int] | None:
    """Return how often rows of the table changed, and since when PostgreSQL counts; None when it does not count."""
    if int(getattr(connection, "pg_version", 0)) >= HAS_FLUSH:
        cursor.execute("SELECT pg_stat_force_next_flush()")
    cursor.execute(
        "SELECT current_setting('track_counts')::bool, (SELECT stats_reset FROM pg_stat_bgwriter), "
        "(SELECT n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relid = %s::regclass)",
        [name],
    )
    counts, since, number = cursor.fetchone()
    return (since, int(number or 0)) if counts else None


def _reset_counters(cursor: CursorWrapper, name: str) -> None:
    cursor.execute(
        "WITH wanted AS (SELECT oid, reltoastrelid FROM pg_class WHERE oid = %s::regclass), "
        "apart AS (SELECT oid FROM wanted UNION SELECT reltoastrelid FROM wanted WHERE reltoastrelid <> 0) "
        "SELECT pg_stat_reset_single_table_counters(oid) FROM ("
        "  SELECT oid FROM apart UNION SELECT indexrelid FROM pg_index JOIN apart ON indrelid = apart.oid) AS parts",
        [name],
    )


def _key(cursor: CursorWrapper, name: str) -> str:
    return str(connection.introspection.get_primary_key_column(cursor, name))


def _key_index(cursor: CursorWrapper, name: str) -> str:
    cursor.execute(
        "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
        "WHERE indrelid = %s::regclass AND indisprimary",
        [name],
    )
    return str(cursor.fetchone()[0])


def _write_anew(cursor: CursorWrapper, table: str) -> bool:
    """Write a table anew; say whether no dead row had to be kept for somebody.

    Rows are kept for any transaction that is older than their end: one of a reader here, but also one that only wrote,
    of another role, a prepared one, or one in another database of the server. No view shows all of these to an
    ordinary role. So PostgreSQL's own report is read: its detail begins with the number, in any language.
    """
    said: list[str] = []

    def hear(notice: Any) -> None:
        said.append(notice.message_detail or "")

    server = cursor.connection
    server.add_notice_handler(hear)
    try:
        cursor.execute(f"CLUSTER (VERBOSE) {table}")
    finally:
        server.remove_notice_handler(hear)
    kept = [number.group() for detail in said if (number := re.search(r"\d+", detail))]
    return bool(kept) and not any(map(int, kept))


# --- what only whoever runs the server can change ------------------------------------------------------------------

# Settings of the server under which its log or files would keep what was deleted, and what each must be.
WANTED = {
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "track_commit_timestamp": "off",
    "wal_recycle": "off",
    "archive_mode": "off",
}


def kept_by_the_server() -> list[str]:
    """Return in short what this PostgreSQL server keeps of closed requests that it need not, each with the name of the
    setting or right.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(WANTED)])
        found = dict(cursor.fetchall())
    wrong = [f"{name} = {found[name]}" for name, wanted in WANTED.items() if found.get(name, wanted) != wanted]
    may = rights()
    if not may.may_reset_counters:
        wrong.append("EXECUTE on pg_stat_reset_single_table_counters(oid)")
    if not (may.may_switch_log and may.may_checkpoint):
        wrong.append("EXECUTE on pg_switch_wal() and the role pg_checkpoint")
    return wrong
