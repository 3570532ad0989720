"""Looks an installation over and says in plain words what is wrong with it and what to do."""

import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.utils.translation import gettext as _

from alongside.accounts import queries as accounts
from alongside.accounts.models import AuditEntry, Organisation, Role
from alongside.content import load
from alongside.escalation.models import Ladder
from alongside.notify import queries as notify
from alongside.policy.models import Change
from alongside.sealing import queries as sealing
from alongside.sealing import rules as seals
from alongside.site import schedule, traces
from alongside.team import queries as team

LATE = timedelta(minutes=5)
FEWEST_SUPPORTERS = 2
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
WANTED_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}

Level = Literal["ok", "warning", "failure"]


@dataclass(frozen=True)
class Finding:
    """What one look found. `name` is a fixed key, `says` a sentence in the active language."""

    name: str
    level: Level
    says: str


def examine(now: datetime) -> list[Finding]:
    """Return every finding. Without a usable database the looks that need one are left out."""
    found = [finding for look in OUTSIDE for finding in look(now)]
    for look in INSIDE:
        try:
            found += look(now)
        except DatabaseError:
            found.append(Finding("database", "failure", _("The database cannot be reached or read.")))
            break
        if any(finding.name == "database" and finding.level == "failure" for finding in found):
            break
    return found


# --- outside the database ----------------------------------------------------------------------------------------


def _data_folder(now: datetime) -> Iterator[Finding]:
    folder = Path(settings.DATA)
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        yield Finding("data", "failure", _("The data folder %s is not there or cannot be written.") % folder)
    elif _open_to_others(folder):
        text = _("Other people on this machine can look into the data folder %s. Run: chmod 700 %s")
        yield Finding("data", "failure", text % (folder, folder))
    else:
        yield Finding("data", "ok", _("The data folder belongs to this server alone."))


def _secret(now: datetime) -> Iterator[Finding]:
    file = Path(settings.DATA) / "secret_key"
    if os.environ.get("ALONGSIDE_SECRET_KEY"):
        yield Finding("secret", "ok", _("The secret comes from ALONGSIDE_SECRET_KEY. Keep a copy apart from backups."))
    elif not file.exists():
        yield Finding("secret", "failure", _("There is no secret in %s.") % file)
    elif _open_to_others(file):
        yield Finding("secret", "failure", _("Others can read the secret. Run: chmod 600 %s") % file)
    else:
        yield Finding("secret", "ok", _("The secret can be read by this server alone. Keep a copy apart from backups."))


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _static_build(now: datetime) -> Iterator[Finding]:
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    try:
        names = json.loads(manifest.read_text())["paths"]
    except (OSError, ValueError, KeyError):
        names = {}
    if any(name.endswith(".js") for name in names) and any(name.endswith(".css") for name in names):
        yield Finding("static", "ok", _("Scripts and styles are built."))
    else:
        yield Finding("static", "failure", _("Scripts and styles are not built. Run: make build"))


def _address(now: datetime) -> Iterator[Finding]:
    parts = urlsplit(settings.ALONGSIDE_ADDRESS)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        text = _(
            "%s is not https: browsers then refuse to seal, and nobody can ask. Set up HTTPS and ALONGSIDE_ADDRESS."
        )
        yield Finding("address", "failure", text % settings.ALONGSIDE_ADDRESS)
    elif parts.hostname not in settings.ALLOWED_HOSTS:
        text = _("ALONGSIDE_HOSTS does not name %s, so every page would be refused.")
        yield Finding("address", "failure", text % parts.hostname)
    elif parts.scheme == "https" and not settings.SESSION_COOKIE_SECURE:
        yield Finding("address", "failure", _("Set ALONGSIDE_HTTPS=yes, so that sign-ins never travel without HTTPS."))
    else:
        yield Finding("address", "ok", _("People reach this installation at %s.") % settings.ALONGSIDE_ADDRESS)


def _mail(now: datetime) -> Iterator[Finding]:
    door = get_connection()
    try:
        door.open()
        door.close()
    except Exception:
        text = _(
            "The mail server %s:%s does not answer as it should. Nobody is alerted by e-mail. Check ALONGSIDE_SMTP_URL."
        )
        yield Finding("mail", "failure", text % (settings.EMAIL_HOST, settings.EMAIL_PORT))
        return
    yield Finding("mail", "ok", _("The mail server takes mail."))


# --- in the database ---------------------------------------------------------------------------------------------


def _database(now: datetime) -> Iterator[Finding]:
    connection.ensure_connection()
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        text = _("The database is not up to date with this version. Run: alongside manage migrate")
        yield Finding("database", "failure", text)
        return
    yield Finding("database", "ok", _("The database answers and is up to date."))
    yield from _sqlite() if connection.vendor == "sqlite" else _postgresql()


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
    else:
        yield Finding("storage", "ok", _("SQLite writes safely and overwrites what is deleted."))


def _postgresql() -> Iterator[Finding]:
    sampled = sampled_columns()
    if sampled:
        text = _("PostgreSQL may keep copies of deleted values in its statistics: %s.")
        yield Finding("storage", "failure", text % ", ".join(sampled))
    elif kept := traces.kept_by_the_server():
        text = _("The PostgreSQL server may keep traces of closed requests. See the operator's manual, PostgreSQL: %s.")
        yield Finding("storage", "warning", text % "; ".join(kept))
    else:
        yield Finding("storage", "ok", _("PostgreSQL keeps no samples of what members send."))


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


def _clock(now: datetime) -> Iterator[Finding]:
    moments = [
        AuditEntry.objects.aggregate(at=Max("at"))["at"],
        Change.objects.aggregate(at=Max("changed_at"))["at"],
        Ladder.objects.aggregate(at=Max("opened_at"))["at"],
    ]
    if any(moment is not None and moment > now + LATE for moment in moments):
        text = _(
            "There are rows from the future: this machine's clock is wrong, or was. Alerts may come at wrong times."
        )
        yield Finding("clock", "failure", text)
    else:
        yield Finding("clock", "ok", _("This machine's clock fits what is in the database."))


def _operator(now: datetime) -> Iterator[Finding]:
    if Role.objects.filter(name="operator", person__is_active=True).exists():
        yield Finding("operator", "ok", _("There is an operator."))
    else:
        yield Finding("operator", "failure", _("Nobody operates this installation yet. Run: alongside init"))


def _organisations(now: datetime) -> Iterator[Finding]:
    organisations = list(Organisation.objects.filter(open=True))
    if not organisations:
        yield Finding("organisations", "warning", _("There is no open organisation yet."))
    for organisation in organisations:
        lacks = list(_lacking(organisation, now))
        if lacks:
            says = f"{organisation.name}: {' '.join(lacks)}"
            yield Finding("organisations", "failure", says)
        else:
            yield Finding("organisations", "ok", _("%s can be asked.") % organisation.name)


def _lacking(organisation: Organisation, now: datetime) -> Iterator[str]:
    if not organisation.on_call_number:
        yield _("No on-call number is set.")
    if not accounts.coordinators_of(organisation.id):
        yield _("Nobody coordinates it.")
    able = [facts.person for facts in team.eligible_at(organisation.id, now)]
    ready = sealing.keys_for_week(able, seals.monday_of(now))
    if len(ready) < FEWEST_SUPPORTERS:
        yield _("Requests can reach %s supporters; two are needed, with agreement and keys.") % len(ready)


def _outbox(now: datetime) -> Iterator[Finding]:
    box = notify.outbox()
    if box.failed:
        text = _("%s notices could not be delivered and were given up. Somebody may not have been alerted.")
        yield Finding("outbox", "warning", text % box.failed)
    else:
        yield Finding("outbox", "ok", _("No notice was given up."))


def _reach(now: datetime) -> Iterator[Finding]:
    found = accounts.reach()
    if found.unreachable:
        text = _("No message reaches %s of the people who are called. Their coordinators see on the board who.")
        yield Finding("reach", "failure", text % found.unreachable)
    elif found.unconfirmed:
        text = _("%s of the people who are called have not said yet that a test page reached them.")
        yield Finding("reach", "warning", text % found.unconfirmed)
    else:
        yield Finding("reach", "ok", _("Everybody who is called has said that a test page reached them."))


def _tick(now: datetime) -> Iterator[Finding]:
    age = schedule.seconds_since_mark()
    oldest = notify.outbox().oldest_due
    overdue = oldest is not None and oldest < now - LATE
    if overdue or (age is not None and age > LATE.total_seconds()):
        text = _("The timed jobs do not run: nobody is being alerted. Start `alongside serve` or `alongside tick`.")
        yield Finding("tick", "failure", text)
    elif age is None:
        yield Finding(
            "tick", "warning", _("The timed jobs have not run on this machine yet. `alongside serve` runs them.")
        )
    else:
        yield Finding("tick", "ok", _("The timed jobs last ran %s seconds ago.") % round(age))


Look = Callable[[datetime], Iterator[Finding]]
OUTSIDE: tuple[Look, ...] = (_data_folder, _secret, _static_build, _address, _mail)
INSIDE: tuple[Look, ...] = (_database, _clock, _operator, _organisations, _outbox, _reach, _tick)
