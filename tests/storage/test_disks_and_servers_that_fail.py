"""Disks that are full or read-only, database servers that restart or are replaced, under load: every request that was
answered "stored" is there, whole; every other was answered 503; pages show the numbers all the while.
"""

import gzip
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.storage.machines import Asking, Server, fill, small_disk
from tools.postgres import program

SQLITE = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="about SQLite's file; PostgreSQL has tests of its own"
)
POSTGRES = pytest.mark.skipif(
    connection.vendor != "postgresql" or not program("pg_basebackup"), reason="about PostgreSQL servers"
)
DOWN = 1.5  # seconds that something stays broken


def check(asking: Asking, *, answered: set[str]) -> None:
    """All accepted are there, nothing is half, and nobody saw anything but these answers."""
    said, found = asking.end(), asking.account()
    # 200: stored, but the answer was cut off; the same request sent again is told so.
    assert set(said) - {"200"} == answered, said
    assert found["accepted"] > 10, found
    assert found["lost"] == 0, found
    assert len(set(found["halves"])) == 1, found
    # At most what was stored when the answer could no longer be sent, of each thread one.
    assert found["unanswered"] <= 4, found


ALWAYS = {"201", "page 200 numbers"}
MEANWHILE = ALWAYS | {"503"}


# --- SQLite ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 12) as folder:
        yield folder


@SQLITE
@pytest.mark.req("A-03", "A-25")
def test_a_full_disk_refuses_and_loses_nothing_and_goes_on_when_there_is_room(disk: Path, tmp_path: Path) -> None:
    asking = Asking(tmp_path, f"sqlite:///{disk / 'alongside.sqlite3'}")
    asking.run("prepare")
    asking.begin()
    asking.until_more(10)
    ballast = fill(disk)
    time.sleep(DOWN)
    stopped_at = asking.number()
    time.sleep(DOWN)
    assert asking.number() == stopped_at
    assert b"tel:" in page(asking)
    ballast.unlink()
    asking.until_more(10)
    check(asking, answered=MEANWHILE)
    with sqlite3.connect(disk / "alongside.sqlite3") as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()


def page(asking: Asking) -> bytes:
    return b"tel:" if asking.run("look")["page"].endswith(" numbers") else b""


@SQLITE
@pytest.mark.req("A-03", "A-25")
def test_a_read_only_disk_shows_the_numbers_refuses_posts_and_the_doctor_says_so(disk: Path, tmp_path: Path) -> None:
    asking = Asking(tmp_path, f"sqlite:///{disk / 'alongside.sqlite3'}")
    asking.run("prepare")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert asking.run("look")["page"] in {"200 numbers", "503 numbers"}
    doctor = asking.alongside("doctor")
    assert doctor.returncode == 1
    assert "atabase" in doctor.stdout
    assert "Traceback" not in doctor.stdout + doctor.stderr
    asking.begin(1) if asking.run("look")["page"].startswith("200") else None
    if asking.process:
        time.sleep(1)
        assert set(asking.end()) == {"503", "page 200 numbers"}
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    asking.begin()
    asking.until_more(11)
    check(asking, answered=ALWAYS)


@pytest.mark.req("A-03")
def test_a_backup_onto_a_full_disk_says_so_and_leaves_neither_a_broken_file_nor_the_old_one_harmed(
    disk: Path, tmp_path: Path
) -> None:
    asking = Asking(tmp_path, f"sqlite:///{tmp_path / 'alongside.sqlite3'}")
    asking.run("prepare")
    old = disk / "old.backup"
    assert asking.alongside("backup", str(old)).returncode == 0
    before = old.read_bytes()
    fill(disk)
    failed = asking.alongside("backup", str(disk / "new.backup"))
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert "disk" in failed.stderr or "space" in failed.stderr
    assert sorted(path.name for path in disk.iterdir()) == ["ballast", "old.backup"]
    assert old.read_bytes() == before
    assert gzip.decompress(before)


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Path]:
    """A short path: the name of a socket has 107 bytes at most."""
    folder = Path(f"/tmp/alongside-servers-{os.getpid()}")  # noqa: S108
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@POSTGRES
@pytest.mark.req("A-03", "A-25")
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_postgresql_server_that_restarts_loses_nothing(room: Path, tmp_path: Path, mode: str) -> None:
    with Server(room / "one").initialise().start() as server:
        asking = Asking(tmp_path, server.url)
        asking.run("prepare")
        asking.begin()
        for _ in range(3):
            asking.until_more(10)
            server.control("-m", mode, "stop")
            time.sleep(DOWN)
            server.start()
        asking.until_more(10)
        check(asking, answered=MEANWHILE)


@POSTGRES
@pytest.mark.req("A-03", "A-25")
def test_a_standby_that_confirms_takes_over_and_nothing_is_lost(room: Path, tmp_path: Path) -> None:
    """With synchronous_standby_names a request is answered when the standby has it, too."""
    with Server(room / "one").initialise().start() as first, Server(room / "two").copy(first) as second:
        second.start(hot_standby="on")
        both = f"postgresql://alongside@/postgres?host={first.folder},{second.folder}&connect_timeout=2"
        asking = Asking(tmp_path, both)
        asking.run("prepare")
        with psycopg.connect(first.url, autocommit=True) as control:
            control.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            control.execute("SELECT pg_reload_conf()")
            for _ in range(100):
                found = control.execute("SELECT sync_state FROM pg_stat_replication").fetchone()
                if found == ("sync",):
                    break
                time.sleep(0.1)
            assert found == ("sync",)
        asking.begin()
        asking.until_more(20)
        first.control("-m", "immediate", "stop")
        time.sleep(DOWN)
        second.control("promote")
        asking.until_more(20)
        check(asking, answered=MEANWHILE)


@POSTGRES
@pytest.mark.req("A-03", "A-25")
def test_a_full_disk_of_postgresql_refuses_and_loses_nothing(room: Path, tmp_path: Path) -> None:
    with small_disk(room / "disk", 90) as disk, Server(disk / "one").initialise() as server:
        server.start(max_wal_size="4MB", min_wal_size="2MB", shared_buffers="2MB", wal_recycle="off")
        asking = Asking(tmp_path, server.url)
        asking.run("prepare")
        asking.begin()
        asking.until_more(10)
        ballast = fill(disk)
        time.sleep(2 * DOWN)
        ballast.unlink()
        if not (server.data / "postmaster.pid").exists():
            server.start()  # PostgreSQL ends itself when its log cannot be written; its service starts it again
        asking.until_more(10)
        check(asking, answered=MEANWHILE)
