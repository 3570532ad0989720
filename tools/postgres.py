"""A PostgreSQL server of our own in a temporary folder, on a socket there, gone afterwards."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")


def program(name: str) -> str | None:
    """Return the path of one of PostgreSQL's own programs, newest version first; None when it is not installed."""
    found = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return str(found[-1]) if found else shutil.which(name)


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Run a fresh server and yield its DATABASE_URL. As root it runs as the user `postgres`, which it insists on.

    Without `durable` it does not wait for the disk: right for tests, wrong for measuring and for cutting the power.
    """
    initdb, control = program("initdb"), program("pg_ctl")
    if not initdb or not control:
        raise FileNotFoundError("PostgreSQL's initdb and pg_ctl are not installed.")
    folder = Path(tempfile.mkdtemp(prefix="alongside-pg-"))
    as_root = os.geteuid() == 0
    if as_root:
        shutil.chown(folder, "postgres")
    user = ["runuser", "-u", "postgres", "--"] if as_root else []
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run([*user, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=sys.stderr)

    run(initdb, "-D", str(data), "-U", "alongside", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses= -k {folder} -c max_connections=200"
    if not durable:
        options += " -c fsync=off -c full_page_writes=off"
    run(control, "-D", str(data), "-l", str(folder / "log"), "-w", "-o", options, "start")
    try:
        yield f"postgresql://alongside@/postgres?host={folder}"
    finally:
        run(control, "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
