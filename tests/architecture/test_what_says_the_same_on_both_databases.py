"""What the run on PostgreSQL leaves out can say nothing else there than on SQLite."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests import databases

HARMLESS = "import re\nfrom alongside.rota import rules\nfrom alongside.kernel import ids\n\ndef test_it():\n    pass\n"
TELLING = {
    "the tables": "from alongside.rota.models import Shift\n",
    "queries": "from alongside.rota import queries\n",
    "a whole package": "import alongside\n",
    "Django": "from django.db import connection\n",
    "a process": "import subprocess\n",
    "a process, late": "def test_more():\n    from subprocess import run\n",
    "the environment": "import os\n",
    "a server": "from tools import postgres\n",
    "the cast": "from tests import world\n",
    "by name": "module = __import__('django')\n",
    "near by": "from .world import make_world\n",
}


def reaches_only_rules(folder: Path, code: str) -> bool:
    """Tell it of a module with this code."""
    path = folder / f"test_{len(list(folder.iterdir()))}.py"
    path.write_text(code)
    return databases.reaches_only_rules(path)


def test_only_a_module_of_rules_is_left_out(tmp_path: Path) -> None:
    assert reaches_only_rules(tmp_path, HARMLESS)
    for what, line in TELLING.items():
        assert not reaches_only_rules(tmp_path, HARMLESS + line), what


@dataclass
class Item:
    """What is asked of a collected test."""

    path: Path
    fixturenames: tuple[str, ...] = ()
    marked: bool = False

    def get_closest_marker(self, name: str) -> bool:
        return self.marked and name == "django_db"


def test_a_test_that_asks_for_the_database_runs_whatever_its_module_imports(tmp_path: Path) -> None:
    path = tmp_path / "test_rules.py"
    path.write_text(HARMLESS)
    assert databases.says_the_same(Item(path))
    assert databases.says_the_same(Item(path, ("tmp_path", "_clean")))
    assert not databases.says_the_same(Item(path, marked=True))
    for fixture in ("db", "transactional_db", "world"):
        assert not databases.says_the_same(Item(path, ("tmp_path", fixture)))


def test_a_run_that_needs_the_database_leaves_out_these_and_no_others() -> None:
    """Collect a folder both ways, as `make test` does for PostgreSQL."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:randomly", "tests/rota"]
    every, needing = (
        subprocess.run([*command, *more], cwd=databases.ROOT, capture_output=True, text=True, check=True).stdout
        for more in ([], ["--needs-database"])
    )
    left_out = {line for line in every.splitlines() if "::" in line} - set(needing.splitlines())
    assert {line.partition("::")[0] for line in left_out} == {
        f"tests/rota/test_{name}.py" for name in ("changeover", "patterns", "rules", "session_rules", "shortage")
    }
    assert "tests/rota/test_shifts.py::" in needing
    assert "tests/rota/test_rules.py::" not in needing


def test_the_heaviest_rules_are_left_out_and_whatever_meets_rows_is_not() -> None:
    tests = databases.ROOT / "tests"
    assert databases.reaches_only_rules(tests / "sealing" / "test_envelopes_are_checked.py")
    assert databases.reaches_only_rules(tests / "rota" / "test_rules.py")
    for path in sorted((tests / "storage").glob("test_*.py")):
        assert not databases.reaches_only_rules(path), path.name
