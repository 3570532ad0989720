"""The demonstration's data folder, filled once for a whole run of tests and copied for each of its servers.

Filling takes longer than starting a server, and each of more than a hundred stories' servers begins with the same rows.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# As the demonstration fills itself.
FILL = "from alongside.site.demo import run; run.fill(); print(os.environ['ALONGSIDE_DEMO_CLOCK'])"
SETTINGS = {
    "ALONGSIDE_ADDRESS": "http://localhost:1",
    "ALONGSIDE_DEMO": "yes",
    "DJANGO_SETTINGS_MODULE": "alongside.site.settings",
}
_place: list[Path] = []


def share(factory: pytest.TempPathFactory) -> None:
    """Let all processes of this run of tests copy from one place."""
    base = factory.getbasetemp()
    _place[:] = [base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base]


def is_shared() -> bool:
    """Tell whether there is a place to copy from: outside a run of tests there is none."""
    return bool(_place)


def fill(code: str, env: Mapping[str, str]) -> str:
    """Run code that fills an installation; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", f"import django, os; django.setup(); {code}"],
        cwd=ROOT,
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def copy(data: Path, env: Mapping[str, str]) -> datetime:
    """Fill the folder `data` as the demonstration does, by copying; return the moment at which it begins."""
    with _alone(_place[0] / "filled.lock"):
        source = _place[0] / "filled"
        begins = _begins(source)
        # A demonstration's clock is never behind the machine's: its night must still come.
        if begins is None or begins <= datetime.now(UTC):
            begins = _fill_anew(source, env)
        shutil.copytree(source, data)
    return begins


def _fill_anew(source: Path, env: Mapping[str, str]) -> datetime:
    shutil.rmtree(source, ignore_errors=True)
    printed = fill(FILL, {**env, **SETTINGS, "ALONGSIDE_DATA": str(source)})
    source.with_suffix(".begins").write_text(printed)
    return datetime.fromisoformat(printed)


def _begins(source: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(source.with_suffix(".begins").read_text())
    except OSError:
        return None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
