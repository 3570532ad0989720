"""Looks at what a PostgreSQL server would remember of what Alongside deletes: samples, journal, logs."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from alongside.content import load
from alongside.site import traces
from alongside.site.doctor.finding import Finding

OLDEST = 13_00_00
# What each of the server's settings should be, in its own unit, and what it keeps otherwise.
QUIET = {"log_statement": {"none"}, "log_min_duration_statement": {"-1"}, "log_min_duration_sample": {"-1"},
         "log_parameter_max_length": {"0"}, "log_parameter_max_length_on_error": {"0"},
         "log_min_error_statement": {"panic", "fatal", "log"}}  # fmt: skip
LONGEST_CHECKPOINT = 60  # seconds
MOST_WAL = 64  # megabytes


def keeps_nothing(now: datetime) -> Iterator[Finding]:
    """Look at every setting by which a PostgreSQL server keeps copies."""
    if connection.vendor != "postgresql":
        return
    sampled = sampled_columns()
    if sampled:
        text = _("PostgreSQL may keep copies of deleted values in its statistics: %s.")
        yield Finding("storage", "failure", text % ", ".join(sampled))
    elif kept := traces.kept_by_the_server():
        text = _("The PostgreSQL server may keep traces of closed requests. See the operator's manual, PostgreSQL: %s.")
        yield Finding("storage", "warning", text % "; ".join(kept))
    else:
        yield Finding("storage", "ok", _("PostgreSQL keeps no samples of what members send."))
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0])
        cursor.execute("SELECT name, setting FROM pg_settings")
        now_set = dict(cursor.fetchall())
    if version < OLDEST:
        yield Finding("postgresql", "failure", _("This PostgreSQL is older than 13 and gets no repairs. Update it."))
    yield from _logs(now_set)
    yield from _journal(now_set)
    yield from _way(now_set)


def _logs(now_set: dict[str, str]) -> Iterator[Finding]:
    loud = [name for name, wanted in QUIET.items() if name in now_set and now_set[name] not in wanted]
    if loud:
        text = _("PostgreSQL writes what is asked of it into its log (%s). The operator's manual has the settings.")
        yield Finding("database log", "warning", text % ", ".join(loud))
    else:
        yield Finding("database log", "ok", _("PostgreSQL's log holds nothing of what members send."))


def _journal(now_set: dict[str, str]) -> Iterator[Finding]:
    long = []
    if now_set.get("archive_mode") != "off":
        text = _(
            "PostgreSQL archives its journal (archive_mode): closed requests stay there, sealed, as long as the "
            "archive does. Turn it off, or delete the archive after a day."
        )
        yield Finding("archive", "warning", text)
    if now_set.get("wal_recycle") != "off":
        long.append("wal_recycle = off")
    if int(now_set.get("min_wal_size", "0")) > MOST_WAL:
        long.append("min_wal_size = 32MB")
    if int(now_set.get("checkpoint_timeout", "0")) > LONGEST_CHECKPOINT:
        long.append("checkpoint_timeout = 1min")
    if long:
        text = _("PostgreSQL's journal keeps deleted rows longer than it must. Set: %s.")
        yield Finding("journal", "warning", text % ", ".join(long))
    else:
        yield Finding("journal", "ok", _("PostgreSQL's journal is short."))


def _way(now_set: dict[str, str]) -> Iterator[Finding]:
    """Look whether somebody between the two machines could read along."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inet_server_addr() IS NULL OR host(inet_server_addr()) IN ('127.0.0.1', '::1')")
        near = cursor.fetchone()[0]
        cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        safe = (cursor.fetchone() or [False])[0]
    if near:
        return
    checked = connection.settings_dict.get("OPTIONS", {}).get("sslmode") == "verify-full"
    if not safe:
        text = _("The way to the database server is not encrypted. Add ?sslmode=verify-full to DATABASE_URL.")
        yield Finding("database way", "failure", text)
    elif not checked:
        text = _("Nobody checks that the database server is the right one. Add ?sslmode=verify-full to DATABASE_URL.")
        yield Finding("database way", "warning", text)
    else:
        yield Finding("database way", "ok", _("The way to the database server is encrypted and checked."))


def sampled_columns() -> list[str]:
    """Return the columns about members and counts, and sealed ones, whose deleted values PostgreSQL could remember."""
    wanted = [
        (table.name, column.name)
        for table in load.retention().tables
        for column in table.columns
        if table.about in {"member", "counts"} or column.protection == "sealed"
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
            "WHERE attstattarget = 0 AND relnamespace = current_schema()::regnamespace"
        )
        apart = set(cursor.fetchall())
    return [f"{table}.{column}" for table, column in wanted if (table, column) not in apart]
