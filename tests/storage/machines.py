"""Machines to break: small disks, PostgreSQL servers that are stopped and replaced, a process that asks on them."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import ROOT, clean_environment
from tools.postgres import program


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a disk of a few megabytes; skips where this user may mount nothing."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "alongside-test", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Fill a disk to the last byte; return the file to delete."""
    ballast = folder / "ballast"
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        for size in (65536, 512, 1):
            with suppress(OSError):
                while file.write(b"x" * size) == size:
                    pass
    return ballast


class Asking:
    """A process that asks on a database, until it is stopped."""

    def __init__(self, folder: Path, url: str) -> None:
        self.accepted = folder / "accepted"
        self.accepted.touch()
        self.env = clean_environment() | {
            "ALONGSIDE_DATA": str(folder),
            "ALONGSIDE_SECRET_KEY": "only-for-tests-" + "0123456789abcdef" * 4,
            "ALONGSIDE_HOSTS": "localhost,testserver",
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "alongside.site.settings",
        }
        self.process: subprocess.Popen[str] | None = None

    def run(self, *command: str) -> dict[str, Any]:
        """Run one command to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.storage.load", *command],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def alongside(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run `alongside ...` on the same database."""
        return subprocess.run(
            [sys.executable, "-m", "alongside", *command],
            cwd=ROOT, env=self.env, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def begin(self, threads: int = 4) -> None:
        """Ask in the background."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.storage.load", "ask", str(self.accepted), str(threads)],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout
        assert self.process.stdout.readline().strip() == "asking"

    def number(self) -> int:
        """Return how many were accepted so far."""
        return self.accepted.read_text().count("\n")

    def until_more(self, more: int = 5, seconds: float = 60) -> None:
        """Wait until that many more are accepted."""
        wanted, end = self.number() + more, time.monotonic() + seconds
        while self.number() < wanted:
            assert time.monotonic() < end, "nothing is accepted any more"
            time.sleep(0.05)

    def end(self) -> dict[str, int]:
        """Stop asking; return how often it was answered what."""
        assert self.process
        out, _ = self.process.communicate(input="", timeout=120)
        assert self.process.returncode == 0
        found = json.loads(out.splitlines()[-1])
        assert found["hung"] == 0
        said: dict[str, int] = found["said"]
        return said

    def account(self) -> dict[str, Any]:
        """Return what is lost and what is half."""
        return self.run("account", str(self.accepted))


class Server:
    """A PostgreSQL server in a folder, on a socket there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        folder.mkdir(exist_ok=True)
        self.user: list[str] = []
        if os.geteuid() == 0:
            # PostgreSQL refuses to be root.
            shutil.chown(folder, "postgres")
            self.user = ["runuser", "-u", "postgres", "--"]

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *error: object) -> None:
        self.control("-m", "immediate", "stop", check=False)

    @property
    def url(self) -> str:
        """The address of its one database."""
        return f"postgresql://alongside@/postgres?host={self.folder}"

    def _run(self, name: str, *arguments: str, check: bool = True) -> None:
        path = program(name)
        if not path:
            pytest.skip(f"PostgreSQL's {name} is not installed")
        subprocess.run(
            [*self.user, path, *arguments],
            check=check, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def initialise(self) -> "Server":
        """Make an empty one."""
        self._run("initdb", "-D", str(self.data), "-U", "alongside", "-A", "trust", "-E", "UTF8", "--wal-segsize=1")
        return self

    def copy(self, other: "Server") -> "Server":
        """Make a standby of another that runs."""
        self._run(
            "pg_basebackup", "-D", str(self.data), "-h", str(other.folder), "-U", "alongside", "-R", "-X", "stream",
            "-c", "fast",
        )  # fmt: skip
        conf = self.data / "postgresql.auto.conf"
        text = conf.read_text().replace("primary_conninfo = '", "primary_conninfo = 'application_name=standby ")
        conf.write_text("\n".join(line for line in text.splitlines() if not line.startswith("synchronous_")) + "\n")
        return self

    def control(self, *arguments: str, check: bool = True) -> None:
        """Run pg_ctl."""
        self._run("pg_ctl", "-D", str(self.data), "-l", str(self.folder / "log"), "-w", *arguments, check=check)

    def start(self, **settings: str) -> "Server":
        """Start it; durable, as in production."""
        options = {"listen_addresses": "", "unix_socket_directories": str(self.folder), "max_connections": "60"}
        given = " ".join(f"-c {name}='{value}'" for name, value in {**options, **settings}.items())
        self.control("-o", given, "start")
        return self
