"""Letting go of what is over, and copies of what stays. Both are driven by the register of kept data (decision 0009).

A backup is a compressed file of JSON lines: a header, one line a row, a last line with count and checksum. Only tables
and columns that the register marks are ever read, so no backup holds a request, a reply, a key wrap or a running count.
A restore proves the whole file by its last line before it takes anything of it for a header or a row.
"""

import base64
import gzip
import hashlib
import hmac
import json
import os
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, cast

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.db import DatabaseError, connection, models, transaction
from django.db.backends.utils import CursorWrapper
from django.db.migrations.recorder import MigrationRecorder

from alongside import __version__
from alongside.accounts import actions as accounts
from alongside.anonymous import actions as anonymous
from alongside.content import load
from alongside.help_requests import actions as help_requests
from alongside.kernel import clock
from alongside.notify import actions as notify
from alongside.rota import actions as rota
from alongside.sealing import actions as sealing
from alongside.site import traces, whole

SHORT_PATIENCE = 200  # milliseconds
FORMAT = 1
BATCH = 500
# Filled by `migrate` itself, so they are neither copied nor in the way of a restore.
MADE_BY_MIGRATE = frozenset({"django_migrations", "django_content_type", "auth_permission"})

Model = type[models.Model]


class Refused(Exception):
    """A backup or restore that is not done; the text says why and what to do, in plain words."""


@dataclass(frozen=True)
class Copied:
    """What a backup took along, or a restore brought back."""

    made_at: str
    rows: int
    same_secret: bool = True


# --- letting go --------------------------------------------------------------------------------------------------


@transaction.atomic
def encrypt_anew() -> tuple[int, int]:
    """Encrypt anew whatever is kept under this installation's secret, all of it or nothing; return how many secrets of
    one-time codes and how many addresses of calendars. Raises cryptography.fernet.InvalidToken.
    """
    codes = accounts.renew_ciphers()
    notify.renew()
    help_requests.renew()
    return codes, rota.renew_calendars()


def settle() -> None:
    """Take what was deleted out of the database's own working files, as far as the database lets us.

    SQLite: the journal is written back and cut to nothing. PostgreSQL: what changed is written anew (traces.py). Does
    nothing inside a transaction.
    """
    if connection.in_atomic_block:
        return
    if connection.vendor == "postgresql":
        traces.clear_postgresql()
        return
    with connection.cursor() as cursor:
        _empty_journal(cursor)


def _empty_journal(cursor: CursorWrapper) -> None:
    # While it waits for a reader this statement holds up every writer, so it waits for a moment only; the next pass
    # tries again.
    cursor.execute("PRAGMA busy_timeout")
    patience = cursor.fetchone()[0]
    cursor.execute(f"PRAGMA busy_timeout={SHORT_PATIENCE}")
    try:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        cursor.execute(f"PRAGMA busy_timeout={patience}")


# --- backup ------------------------------------------------------------------------------------------------------


def backup(path: Path) -> Copied:
    """Write a backup that only its owner can read, of one moment, row by row; raises Refused.

    A file of that name is never overwritten; one that could not be finished is taken away again.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(f"There is a file {path} already. Name a new one; nothing was overwritten.") from None
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "wb") as raw:
            with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as file:
                copied = _write(file)
            raw.flush()
            os.fsync(raw.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise Refused(f"{path} could not be written to its end: {error.strerror}. No backup was made.") from None
    except DatabaseError:
        path.unlink(missing_ok=True)
        raise Refused("The database could not be read to its end. No backup was made.") from None
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return copied


def _write(file: gzip.GzipFile) -> Copied:
    checksum = hashlib.sha256()
    rows = 0

    def line(value: object) -> None:
        text = json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        checksum.update(text)
        file.write(text)

    header = _header()
    line(header)
    with _one_moment():
        for table, model in _copied():
            columns = [column.name for column in table.columns]
            chosen = model._base_manager.filter(**({table.backup_only: True} if table.backup_only else {}))
            for row in chosen.order_by("pk").values_list(*columns).iterator(chunk_size=BATCH):
                line({"table": table.name, "row": dict(zip(columns, row, strict=True))})
                rows += 1
    file.write(whole.last_line(rows, checksum.hexdigest()))
    return Copied(header["made_at"], rows)


def _header() -> dict[str, Any]:
    return {
        "alongside": __version__,
        "format": FORMAT,
        "made_at": clock.this_minute().isoformat(),
        "secret": _secret_mark(),
        "migrations": _migrations(),
    }


def _secret_mark() -> str:
    """Return a mark by which another installation's secret is noticed; it does not tell the secret."""
    return hmac.new(settings.SECRET_KEY.encode(), b"alongside backup", hashlib.sha256).hexdigest()[:16]


def _migrations() -> list[str]:
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    raise TypeError(type(value).__name__)


def _copied() -> list[tuple[load.Table, Model]]:
    """Return the tables of a backup, each after those it points at."""
    by_name = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    waiting = {table.name: table for table in load.retention().tables if table.backup}
    order: list[tuple[load.Table, Model]] = []
    while waiting:
        free = [name for name in waiting if not _points_at(by_name[name]) & (set(waiting) - {name})]
        order += [(waiting.pop(name), by_name[name]) for name in free or list(waiting)]
    return order


def _points_at(model: Model) -> set[str]:
    related = [field.related_model for field in model._meta.local_concrete_fields]
    return {other._meta.db_table for other in related if other is not None and not isinstance(other, str)}


@contextmanager
def _one_moment() -> Iterator[None]:
    """Read everything as of one moment without holding up anybody who writes."""
    if connection.in_atomic_block:
        yield
        return
    begin = "BEGIN" if connection.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    with connection.cursor() as cursor:
        cursor.execute(begin)
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


# --- restore -----------------------------------------------------------------------------------------------------


def restore(path: Path, now: datetime) -> Copied:
    """Fill an empty, migrated database from a backup, wholly or not at all; raises Refused.

    The running tally periods start again. Receiving keys, wraps and invitations are not in backups: supporters make new
    keys at their next sign-in. What was signed is let go of: coordinators sign the list again.
    """
    _must_be_empty()
    try:
        with whole.opened(path) as packed:
            whole.check(packed)
            packed.seek(0)
            copied = _fill(packed, now)
    except FileNotFoundError:
        raise Refused(f"There is no file {path}.") from None
    except PermissionError:
        # A copy that root made, say: the recipes run the program as a user of its own.
        raise Refused(f"{path} may not be read by the user this runs as. Nothing was restored.") from None
    except (OSError, EOFError, zlib.error, whole.Damaged):
        raise Refused(f"{path} is damaged or not a backup of Alongside. Nothing was restored.") from None
    except whole.NotKept as reason:
        raise Refused(
            f"{path} is a pipe, and what comes through it cannot be kept in the data folder meanwhile: {reason}. Make "
            "room there, or name a file. Nothing was restored."
        ) from None
    except DatabaseError:
        raise Refused("The database did not take the rows of this backup. Nothing was restored.") from None
    return copied


@transaction.atomic
def _fill(packed: IO[bytes], now: datetime) -> Copied:
    with gzip.GzipFile(fileobj=packed, mode="rb") as file:
        copied = _read(cast(Iterator[bytes], file))
    connection.check_constraints()
    _count_on()
    anonymous.start_again(now)
    sealing.after_restore(now - _moment(copied.made_at))
    return copied


def _must_be_empty() -> None:
    if connection.introspection.table_names() == [] or not _migrations():
        raise Refused("The database has no tables yet. Run `alongside manage migrate` first.")
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if table not in MADE_BY_MIGRATE and model._base_manager.exists():
            raise Refused(
                f"The database is not empty (there are rows in {table}). A restore goes into a new one: point "
                "ALONGSIDE_DATA or DATABASE_URL at a new place, run `alongside manage migrate`, and restore there."
            )


def _read(lines: Iterator[bytes]) -> Copied:
    checksum = hashlib.sha256()
    header = _check_header(_parsed(first := next(lines, b"")))
    checksum.update(first)
    known = {table.name: (table, model) for table, model in _copied()}
    batch: list[models.Model] = []
    for rows, text in enumerate(lines):
        entry = _parsed(text)
        if "sha256" in entry:
            if entry != {"rows": rows, "sha256": checksum.hexdigest()} or next(lines, None) is not None:
                raise whole.Damaged
            _save(batch)
            return Copied(header["made_at"], rows, header["secret"] == _secret_mark())
        checksum.update(text)
        row = _row(entry, known)
        if batch and (type(row) is not type(batch[0]) or len(batch) >= BATCH):
            _save(batch)
        batch.append(row)
    raise whole.Damaged


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        raise whole.Damaged from None
    if not isinstance(found, dict):
        raise whole.Damaged
    return found


def _check_header(header: dict[str, Any]) -> dict[str, Any]:
    if header.get("format") != FORMAT or "migrations" not in header:
        raise whole.Damaged
    _moment(header.get("made_at"))
    if header["migrations"] != _migrations():
        raise Refused(
            f"This backup was made by Alongside {header['alongside']} and does not fit the tables of this one "
            f"({__version__}). Restore it with that version, then update. Nothing was restored."
        )
    return header


def _moment(written: object) -> datetime:
    try:
        found = datetime.fromisoformat(str(written))
    except ValueError:
        raise whole.Damaged from None
    if found.tzinfo is None:
        raise whole.Damaged
    return found


def _row(entry: dict[str, Any], known: dict[str, tuple[load.Table, Model]]) -> models.Model:
    """Build one row; raises whole.Damaged for a table or column that the register does not let into a backup."""
    try:
        table, model = known[entry["table"]]
        values = entry["row"]
        if set(values) != {column.name for column in table.columns}:
            raise KeyError
        fields = {field.column: field for field in model._meta.local_concrete_fields}
        return model(**{fields[name].attname: fields[name].to_python(value) for name, value in values.items()})
    except (KeyError, TypeError, ValueError, ValidationError):
        raise whole.Damaged from None


def _save(batch: list[models.Model]) -> None:
    if batch:
        type(batch[0])._base_manager.bulk_create(batch)
        batch.clear()


def _count_on() -> None:
    """Let the numbered tables of libraries count on after the restored rows (PostgreSQL keeps counters apart)."""
    statements: Callable[..., list[str]] = connection.ops.sequence_reset_sql
    with connection.cursor() as cursor:
        for statement in statements(no_style(), [model for _, model in _copied()]):
            cursor.execute(statement)
