"""Looks at the database: is it there, is it this version's, does it keep and erase safely."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from alongside.site import reasons
from alongside.site.doctor.finding import Finding
from alongside.site.doctor.here import open_to_others

WANTED_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}


def database(now: datetime) -> Iterator[Finding]:
    """Look whether the database answers and is of this version."""
    connection.ensure_connection()
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        text = _("The database is not up to date with this version. Run: alongside manage migrate")
        yield Finding("database", "failure", text)
        return
    yield Finding("database", "ok", _("The database answers and is up to date."))
    if connection.vendor == "sqlite":
        yield from _sqlite()


def reason(error: Exception) -> str:
    """Return in few words why a database could not be used."""
    return reasons.of(error) or _("no reason was given")


def _sqlite() -> Iterator[Finding]:
    wrong = []
    with connection.cursor() as cursor:
        for name, wanted in WANTED_PRAGMAS.items():
            cursor.execute(f"PRAGMA {name}")
            if cursor.fetchone()[0] != wanted:
                wrong.append(name)
    if wrong:
        text = _("SQLite does not run with the settings that keep and erase safely: %s.")
        yield Finding("storage", "failure", text % ", ".join(wrong))
        return
    file = Path(str(connection.settings_dict["NAME"]))
    if file.exists() and open_to_others(file) and open_to_others(file.parent):
        yield Finding("storage", "failure", _("Others can read the database. Run: chmod 600 %s") % file)
        return
    yield Finding("storage", "ok", _("SQLite writes safely and overwrites what is deleted."))
