"""Backups take along what the register says and nothing else; a restore is whole or not at all."""

import gzip
import hashlib
import json
import os
import socket
import stat
import threading
import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.management import call_command
from django.db import connection, connections
from django.urls import reverse

from alongside.accounts.models import Invitation, Office, Organisation, Person
from alongside.anonymous import actions as anonymous
from alongside.anonymous.models import Cell
from alongside.anonymous.rules import Contact
from alongside.content import load
from alongside.help_requests.models import BoxReply
from alongside.notify import actions as notify
from alongside.policy import actions as policy
from alongside.rota import actions as rota
from alongside.rota import queries as rota_queries
from alongside.sealing.models import KeyRing, KeyWrap, ReceivingKey, WrapRecipient
from alongside.site import keeping, whole
from tests.help_requests import sealed
from tests.world import NOW, World, sign_in

REGISTER = {table.name: table for table in load.retention().tables}
MODELS = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
MARKER = "zebra-umbrella-marker"


@pytest.fixture
def full(clock: Any, client: Any, transactional_db: None) -> World:
    """The cast with something in nearly every table, markers in what must stay out."""
    cast, _ring = sealed.sealed_world()
    sealed.ask(cast, words=MARKER)
    sign_in(client, cast.hana)
    BoxReply.objects.create(box_hash=b"b" * 32, number=1, envelope=MARKER.encode(), gone_on=NOW.date())
    Invitation.objects.create(
        organisation=cast.pine, email=f"{MARKER}@x.example", name=MARKER, token_hash=b"t" * 32, expires_at=NOW
    )
    notify.queue(
        about=None,
        to=[("email", f"{MARKER}@x.example")],
        message="test",
        language="en",
        values={},
        now=NOW,
        expires_at=NOW + timedelta(days=1),
    )
    anonymous.open_periods(NOW - timedelta(days=40))
    anonymous.close_periods(NOW)
    anonymous.count(
        cast.pine.id,
        Contact(True, "talk", "phone", "personal", "referral"),
        now=NOW,
        zone=cast.pine.time_zone,
        headcount=cast.pine.headcount,
    )
    from alongside.accounts.queries import Seat

    policy.change(Seat(cast.hana, cast.pine, frozenset({"coordinator"})), "box_kept", 9)
    return cast


def rows(name: str) -> set[str]:
    """Return every row of a table as text, closed ones where only those are copied."""
    model, only = MODELS[name], REGISTER[name].backup_only
    chosen = model._base_manager.filter(**({only: True} if only else {}))
    return {repr(sorted(row.items())) for row in chosen.values()}


def lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rb") as file:
        return [json.loads(line) for line in file]


def write(path: Path, entries: list[Any], *, forged: bool = False) -> None:
    """Write a backup with these entries; `forged` is one whose last line speaks for them."""
    texts = [json.dumps(entry).encode() + b"\n" for entry in entries]
    if forged:
        checksum = hashlib.sha256(b"".join(texts[:-1])).hexdigest()
        texts[-1] = json.dumps({"rows": len(texts) - 2, "sha256": checksum}).encode() + b"\n"
    with gzip.open(path, "wb") as file:
        file.writelines(texts)


@pytest.fixture
def made(full: World, tmp_path: Path) -> Path:
    path = tmp_path / "backup.gz"
    keeping.backup(path)
    return path


@pytest.mark.req("K-22", "K-35")
def test_a_backup_holds_no_live_request_reply_notice_key_wrap_or_running_count(made: Path, full: World) -> None:
    entries = lines(made)
    copied = {entry["table"] for entry in entries if "table" in entry}
    left_out = {name for name, table in REGISTER.items() if not table.backup}
    assert copied & left_out == set()
    assert {name for name in left_out if name in MODELS and MODELS[name]._base_manager.exists()} >= {
        "help_requests_request", "help_requests_boxreply", "help_requests_attempt", "escalation_ladder",
        "escalation_alert", "notify_notice", "sealing_keywrap", "sealing_receivingkey", "accounts_invitation",
        "directory_candidatelist", "django_session",
    }  # fmt: skip
    assert MARKER.encode() not in gzip.decompress(made.read_bytes())
    cells = [entry["row"] for entry in entries if entry.get("table") == "anonymous_cell"]
    assert {row["closed"] for row in cells} == {True}
    assert Cell.objects.filter(closed=False).exists()


@pytest.mark.req("K-24")
def test_only_its_owner_can_read_a_backup(made: Path) -> None:
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_a_backup_overwrites_nothing(made: Path) -> None:
    before = made.read_bytes()
    with pytest.raises(keeping.Refused, match="already"):
        keeping.backup(made)
    assert made.read_bytes() == before


def test_a_backup_that_cannot_be_written_says_so(db: None, tmp_path: Path) -> None:
    with pytest.raises(keeping.Refused, match="cannot be written"):
        keeping.backup(tmp_path / "nowhere" / "backup.gz")


def test_a_backup_that_was_broken_off_leaves_no_file(
    full: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(keeping, "_copied", fail)
    with pytest.raises(KeyboardInterrupt):
        keeping.backup(tmp_path / "backup.gz")
    assert list(tmp_path.iterdir()) == []


def test_tables_come_after_those_they_point_at() -> None:
    seen: set[str] = set()
    for table, model in keeping._copied():
        assert keeping._points_at(model) - {table.name} <= seen, table.name
        seen.add(table.name)
    assert seen == {name for name, table in REGISTER.items() if table.backup}


def test_no_copied_column_sets_itself_when_it_is_saved() -> None:
    for _table, model in keeping._copied():
        for field in model._meta.local_concrete_fields:
            assert not getattr(field, "auto_now", False)
            assert not getattr(field, "auto_now_add", False)


@pytest.mark.req("K-22", "K-35")
def test_a_restore_brings_back_every_copied_row_and_starts_the_running_period_again(made: Path, full: World) -> None:
    before = {name: rows(name) for name, table in REGISTER.items() if table.backup}
    running = set(Cell.objects.filter(closed=False).values_list("id", flat=True))
    call_command("flush", verbosity=0, interactive=False)
    copied = keeping.restore(made, NOW)
    assert {name: rows(name) for name in before} == before
    assert copied.rows == sum(map(len, before.values()))
    assert copied.same_secret
    assert before["anonymous_cell"]
    assert Cell.objects.filter(closed=False).exists()
    assert running.isdisjoint(Cell.objects.values_list("id", flat=True))


@pytest.mark.req("K-34")
def test_after_a_restore_no_key_can_be_sealed_to_until_it_is_made_anew(made: Path, full: World) -> None:
    call_command("flush", verbosity=0, interactive=False)
    keeping.restore(made, NOW)
    assert not ReceivingKey.objects.exists()
    assert not KeyWrap.objects.exists()
    assert KeyRing.objects.count() == 4
    assert WrapRecipient.objects.count() == 4


@pytest.mark.req("K-22", "K-36")
def test_no_calendar_address_comes_back_with_a_backup(full: World, tmp_path: Path, client: Any) -> None:
    ana = full.ana
    revoked, kept = (rota.make_feed(full.pine.id, ana.id) for _ in range(2))
    rota.keep_calendar(full.pine.id, ana.id, "https://calendar.example.org/private.ics")
    keeping.backup(tmp_path / "backup.gz")
    rota.revoke_feed(ana.id, rota_queries.feeds_of(ana.id)[0][0])
    rota.forget_calendar(ana.id)
    call_command("flush", verbosity=0, interactive=False)
    keeping.restore(tmp_path / "backup.gz", NOW)
    for token in (revoked, kept):
        assert client.get(reverse("in_feed", args=[token])).status_code == 404
    assert rota_queries.feeds_of(ana.id) == []
    assert rota_queries.reading_of(ana.id) is None
    anew = rota.make_feed(full.pine.id, ana.id)
    assert client.get(reverse("in_feed", args=[anew])).status_code == 200


def test_numbered_tables_count_on_after_a_restore(made: Path, full: World) -> None:
    call_command("flush", verbosity=0, interactive=False)
    keeping.restore(made, NOW)
    person = Person.objects.get(email="hana@pine.example")
    EmailAddress.objects.create(user=person, email="second@pine.example", verified=True, primary=False)


@pytest.mark.parametrize("kept", [0, 1, 10, 0.3, 0.9, -1])
def test_a_cut_off_backup_is_refused_and_leaves_nothing(made: Path, full: World, kept: float) -> None:
    whole = made.read_bytes()
    size = int(kept * len(whole)) if isinstance(kept, float) else kept % len(whole)
    made.write_bytes(whole[:size])
    refused(made, "damaged")


# What is around what was kept: how it was packed, and when and by what kind of system, which nobody reads.
GZIP_BEGINS, GZIP_ENDS = 10, 8


def flipped(whole: bytes, at: int, bit: int) -> bytes:
    changed = bytearray(whole)
    changed[at] ^= 1 << bit
    return bytes(changed)


@pytest.mark.parametrize("place", [0, 1, 2, 3, 12, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95, -8, -5, -4, -1])
def test_a_backup_with_a_flipped_bit_is_refused_and_leaves_nothing(made: Path, full: World, place: float) -> None:
    whole = made.read_bytes()
    at = int(place * len(whole)) if isinstance(place, float) else place
    made.write_bytes(flipped(whole, at, 4 if at == 3 else 3))
    refused(made, "is damaged or not a backup of Alongside. Nothing was restored")


def test_whichever_bit_flips_the_one_sentence_says_so_before_anything_is_read(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bit of every fourth byte, and each bit of the first and last ones."""

    class Reached(Exception):
        """The file was taken for whole."""

    def read(lines: Iterator[bytes]) -> Any:
        assert b"".join(lines) == content
        raise Reached

    monkeypatch.setattr(keeping, "_must_be_empty", lambda: None)
    monkeypatch.setattr(keeping, "_read", read)
    whole = made.read_bytes()
    content, size = gzip.decompress(whole), len(whole)
    edges = [*range(64), *range(size - 64, size)]
    flips = {(at, at // 4 % 8) for at in range(0, size, 4)} | {(at, bit) for at in edges for bit in range(8)}
    passed = set()
    for at, bit in sorted(flips):
        made.write_bytes(flipped(whole, at, bit))
        try:
            keeping.restore(made, NOW)
        except keeping.Refused as refusal:
            assert str(refusal) == f"{made} is damaged or not a backup of Alongside. Nothing was restored.", (at, bit)
        except Reached:
            passed.add(at)
    # What can be read of these, to the last bit, is what was written: nothing of it is lost.
    assert passed <= {*range(3, GZIP_BEGINS), size - GZIP_ENDS - 1}


def test_of_a_file_as_long_as_can_be_no_more_than_a_piece_is_in_memory(db: None, tmp_path: Path) -> None:
    path = tmp_path / "long.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(64):
            file.write(b" " * (1 << 20))
    tracemalloc.start()
    try:
        refused(path, "is damaged or not a backup", flush=False)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


# --- through a pipe ----------------------------------------------------------------------------------------------


@contextmanager
def piped(pieces: Iterable[bytes]) -> Iterator[Path]:
    """Yield the path of a pipe through which these pieces come, once."""
    reads, writes = os.pipe()

    def feed() -> None:
        with suppress(BrokenPipeError), os.fdopen(writes, "wb") as file:
            file.writelines(pieces)

    feeding = threading.Thread(target=feed)
    feeding.start()
    try:
        yield Path(f"/dev/fd/{reads}")
    finally:
        os.close(reads)
        feeding.join()


def test_what_comes_through_a_pipe_is_kept_under_no_name_for_nobody_else_and_not_in_memory(
    tmp_path: Path, settings: Any
) -> None:
    settings.DATA = tmp_path
    piece = os.urandom(1 << 20)
    tracemalloc.start()
    try:
        with piped(piece for _ in range(32)) as path, whole.opened(path) as file:
            found = os.fstat(file.fileno())
            assert stat.S_IMODE(found.st_mode) == 0o600
            assert (found.st_nlink, found.st_size, found.st_dev) == (0, 32 << 20, tmp_path.stat().st_dev)
            assert list(tmp_path.iterdir()) == []
            for _pass in range(2):
                file.seek(0)
                assert file.read(1 << 20) == piece
        assert file.closed
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_what_was_opened_for_this_process_is_not_opened_anew(tmp_path: Path, settings: Any) -> None:
    """A pipe that belongs to another user cannot be opened by its path, and neither can a socket by anybody."""
    settings.DATA = tmp_path
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"what comes")
        theirs.shutdown(socket.SHUT_WR)
        with whole.opened(Path(f"/dev/fd/{ours.fileno()}")) as file:
            assert file.read() == b"what comes"
    with (tmp_path / "file").open("w+b") as file:
        file.write(b"read from its start")
        file.flush()
        with whole.opened(Path(f"/dev/fd/{file.fileno()}")) as again:
            assert again.read() == b"read from its start"
    with pytest.raises(FileNotFoundError), whole.opened(Path("/dev/fd/99999")):
        pass


def test_where_a_pipe_cannot_be_kept_that_is_said_and_not_that_it_is_damaged(
    db: None, tmp_path: Path, settings: Any
) -> None:
    settings.DATA = tmp_path / "missing"
    with piped([b"anything"]) as path:
        refused(path, "cannot be kept in the data folder meanwhile: No such file or directory", flush=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not read its file")
def test_a_copy_that_somebody_else_made_is_not_called_damaged(made: Path) -> None:
    """As root makes it beside the recipes, which run the program as a user of its own."""
    call_command("flush", verbosity=0, interactive=False)
    os.seteuid(65534)
    try:
        refused(made, "may not be read by the user this runs as", flush=False)
    finally:
        os.seteuid(0)


def drop_a_row(entries: list[Any]) -> list[Any]:
    return entries[:5] + entries[6:]


def change_a_row(entries: list[Any]) -> list[Any]:
    return [*entries[:1], {**entries[1], "row": {**entries[1]["row"], "name": "Elsewhere"}}, *entries[2:]]


def add_a_line(entries: list[Any]) -> list[Any]:
    return [*entries, entries[1]]


def add_a_column(entries: list[Any]) -> list[Any]:
    return [*entries[:1], {**entries[1], "row": {**entries[1]["row"], "diagnosis": "x"}}, *entries[2:]]


def smuggle_a_session(entries: list[Any]) -> list[Any]:
    row = {"session_key": "x", "session_data": "x", "expire_date": "2030-01-01T00:00:00Z"}
    return [*entries[:1], {"table": "django_session", "row": row}, *entries[1:]]


def spoil_a_value(entries: list[Any]) -> list[Any]:
    return [*entries[:1], {**entries[1], "row": {**entries[1]["row"], "id": "not an id"}}, *entries[2:]]


def other_format(entries: list[Any]) -> list[Any]:
    return [{**entries[0], "format": 99}, *entries[1:]]


def list_instead(entries: list[Any]) -> list[Any]:
    return [[], *entries]


@pytest.mark.parametrize(
    "change",
    [
        drop_a_row, change_a_row, add_a_line, add_a_column, smuggle_a_session, spoil_a_value, other_format,
        list_instead,
    ],
)  # fmt: skip
def test_a_backup_that_was_tampered_with_is_refused_and_leaves_nothing(made: Path, full: World, change: Any) -> None:
    write(made, change(lines(made)))
    refused(made, "damaged")


@pytest.mark.parametrize("change", [add_a_column, smuggle_a_session, spoil_a_value, other_format, list_instead])
def test_one_that_was_written_to_fit_its_checksum_is_refused_too(made: Path, full: World, change: Any) -> None:
    """The checksum finds accidents; what may stand in a backup is judged whatever it says."""
    write(made, change(lines(made)), forged=True)
    refused(made, "damaged")


def test_a_file_that_is_no_backup_is_refused(db: None, tmp_path: Path) -> None:
    other = tmp_path / "photo.jpg"
    other.write_bytes(b"\xff\xd8\xff" * 100)
    refused(other, "not a backup", flush=False)
    refused(tmp_path / "missing.gz", "There is no file", flush=False)
    refused(tmp_path, "not a backup", flush=False)


def test_a_backup_of_another_version_is_refused_with_the_version_to_use(made: Path, full: World) -> None:
    entries = lines(made)
    entries[0]["alongside"] = "9.9.9"
    entries[0]["migrations"].append("help_requests.0099_from_the_future")
    write(made, entries, forged=True)
    refused(made, r"9\.9\.9")


def test_a_restore_goes_into_an_empty_database_only(made: Path, full: World) -> None:
    before = {name: rows(name) for name in REGISTER if name in MODELS}
    with pytest.raises(keeping.Refused, match="not empty"):
        keeping.restore(made, NOW)
    assert {name: rows(name) for name in before} == before


def test_another_installations_secret_is_noticed(made: Path, full: World, settings: Any) -> None:
    call_command("flush", verbosity=0, interactive=False)
    settings.SECRET_KEY = "another-installation" * 3
    assert not keeping.restore(made, NOW).same_secret


def refused(path: Path, match: str, *, flush: bool = True) -> None:
    """Expect a refusal that leaves an empty database empty."""
    if flush:
        call_command("flush", verbosity=0, interactive=False)
    with pytest.raises(keeping.Refused, match=match):
        keeping.restore(path, NOW)
    assert not Organisation.objects.exists()
    assert not Cell.objects.exists()


@pytest.mark.req("A-03")
def test_a_backup_reads_one_moment_and_holds_nobody_up(full: World) -> None:
    done: list[float] = []

    def write_meanwhile() -> None:
        try:
            Office.objects.create(organisation=full.lake, name="Meanwhile")
            done.append(1)
        finally:
            connections.close_all()

    with keeping._one_moment():
        before = Office.objects.count()
        writer = threading.Thread(target=write_meanwhile)
        writer.start()
        writer.join(3)
        assert done == [1]
        assert Office.objects.count() == before
    assert Office.objects.count() == before + 1


# --- letting go --------------------------------------------------------------------------------------------------


def files_of_the_database() -> Iterator[bytes]:
    """Return the content of the database's files, journal included."""
    name = Path(str(connection.settings_dict["NAME"]))
    for path in name.parent.glob(f"{name.name}*"):
        yield path.read_bytes()


@pytest.mark.req("K-22", "K-35")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="looks into SQLite's files")
def test_what_was_deleted_leaves_the_files_when_the_database_is_settled(transactional_db: None) -> None:
    marker = (b"quagga-" * 20)[:120]
    for number in range(50):
        BoxReply.objects.create(box_hash=bytes([number]) * 32, number=1, envelope=marker * 8, gone_on=NOW.date())
    assert any(marker in content for content in files_of_the_database())
    BoxReply.objects.all().delete()
    assert any(marker in content for content in files_of_the_database())
    keeping.settle()
    assert not any(marker in content for content in files_of_the_database())


@pytest.mark.req("A-03")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite's journal")
def test_settling_waits_for_no_reader_and_holds_up_no_writer(transactional_db: None) -> None:
    held, release = threading.Event(), threading.Event()

    def read_on() -> None:
        try:
            with keeping._one_moment():
                Organisation.objects.count()
                held.set()
                release.wait(10)
        finally:
            connections.close_all()

    reader = threading.Thread(target=read_on)
    reader.start()
    held.wait(5)
    BoxReply.objects.create(box_hash=b"x" * 32, number=1, envelope=b"x", gone_on=NOW.date())
    settled = threading.Event()

    def settle() -> None:
        try:
            keeping.settle()
            settled.set()
        finally:
            connections.close_all()

    worker = threading.Thread(target=settle)
    worker.start()
    BoxReply.objects.create(box_hash=b"y" * 32, number=1, envelope=b"y", gone_on=NOW.date())
    assert settled.wait(5)
    release.set()
    reader.join(5)
    worker.join(5)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone()[0] == 10_000


@pytest.mark.req("K-22", "K-35")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL's statistics")
def test_postgresql_remembers_nothing_of_deleted_values(transactional_db: None) -> None:
    from alongside.site.doctor import postgresql

    assert postgresql.sampled_columns() == []
    for number in range(200):
        BoxReply.objects.create(box_hash=bytes([number]) * 32, number=1, envelope=b"quagga" * 9, gone_on=NOW.date())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE help_requests_boxreply")
        BoxReply.objects.all().delete()
        keeping.settle()
        cursor.execute("SELECT count(*) FROM pg_statistic WHERE starelid = 'help_requests_boxreply'::regclass")
        assert cursor.fetchone()[0] == 0
        cursor.execute(
            "SELECT attstorage::text FROM pg_attribute WHERE attrelid = 'help_requests_boxreply'::regclass "
            "AND attname = 'envelope'"
        )
        assert cursor.fetchone()[0] == "e"
