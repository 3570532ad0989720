"""A PostgreSQL server of our own in a temporary folder, on a socket there, gone afterwards.

`python -m tools.postgres COMMAND...` runs a command with such a server, as the tests want to be told of it.
"""

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


def told(url: str) -> dict[str, str]:
    """Return what tells the fast tests, those in a browser, and everything else that starts servers, of this one."""
    return {
        "ALONGSIDE_TEST_DB": "postgres",
        "DATABASE_URL": url,
        "E2E_POSTGRES": url,
        "ALONGSIDE_TEST_POSTGRES": url,
    }


def main(arguments: list[str]) -> int:
    """Run the command with a server; return its exit code, 127 when there is no such command, 2 without PostgreSQL."""
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command or command[0] in {"-h", "--help"}:
        print("usage: python -m tools.postgres COMMAND...   (for example: python -m pytest tests/storage)")
        return 0 if command else 2
    if not shutil.which(command[0]):
        print(f"There is no command {command[0]}.", file=sys.stderr)
        return 127
    try:
        with server() as url:
            return subprocess.run(command, env={**os.environ, **told(url)}, check=False).returncode
    except FileNotFoundError as missing:
        print(f"{missing} On Debian: apt install postgresql", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
