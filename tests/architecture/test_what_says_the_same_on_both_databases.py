"""What the run on PostgreSQL leaves out can say nothing else there than on SQLite."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import databases
from tests.site.test_commands import Installation

TESTS = databases.ROOT / "tests"
HARMLESS = "import re\nfrom alongside.rota import rules\nfrom alongside.kernel import ids\n\ndef test_it():\n    pass\n"
# Of the calendars' addresses the one test alone that starts a server elsewhere.
LEFT_OUT_OF_ROTA = (
    "changeover", "explaining", "hard_problems", "patterns", "planning", "rules", "session_rules", "shortage",
    "teams_short_of_people", "what_is_published_stays", "what_was_not_served", "wishes_weigh_once",
    "calendar_addresses_leak_nowhere", "calendars_around_the_world", "reading_a_calendar_is_confined",
)  # fmt: skip
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
    "an adapter to elsewhere": "from alongside.rota import ics\n",
}


def reaches_only_rules(folder: Path, code: str) -> bool:
    """Tell it of a module with this code."""
    path = folder / f"test_{len(list(folder.iterdir()))}.py"
    path.write_text(code)
    return databases.reaches_only_rules(path)


def test_only_a_module_of_rules_is_left_out(tmp_path: Path) -> None:
    assert reaches_only_rules(tmp_path, HARMLESS)
    assert reaches_only_rules(tmp_path, HARMLESS + "from alongside.rota.solver import solve\n")
    for what, line in TELLING.items():
        assert not reaches_only_rules(tmp_path, HARMLESS + line), what


@dataclass
class Item:
    """What is asked of a collected test."""

    path: Path
    fixturenames: tuple[str, ...] = ()
    marked: bool = False
    elsewhere: bool = False

    def get_closest_marker(self, name: str) -> bool:
        return {"django_db": self.marked, databases.MARK: self.elsewhere}[name]


def test_a_test_that_asks_for_the_database_runs_whatever_its_module_imports(tmp_path: Path) -> None:
    path = tmp_path / "test_rules.py"
    path.write_text(HARMLESS)
    assert databases.says_the_same(Item(path))
    assert databases.says_the_same(Item(path, ("tmp_path", "_clean")))
    assert not databases.says_the_same(Item(path, marked=True))
    for fixture in ("db", "transactional_db", "world"):
        assert not databases.says_the_same(Item(path, ("tmp_path", fixture)))


def test_what_starts_processes_elsewhere_is_left_out_where_it_says_so_and_asks_for_no_database(tmp_path: Path) -> None:
    path = tmp_path / "test_processes.py"
    path.write_text(HARMLESS + TELLING["a process"])
    assert not databases.says_the_same(Item(path))
    assert databases.says_the_same(Item(path, elsewhere=True))
    assert not databases.says_the_same(Item(path, ("world",), elsewhere=True))
    assert not databases.says_the_same(Item(path, marked=True, elsewhere=True))


def test_who_says_so_knows_nothing_of_the_database_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole modules only: a single test's neighbours may ask for what they like."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://of-this-run/rows")
    monkeypatch.setenv("ALONGSIDE_TEST_DB", "postgres")
    assert not [name for name in Installation(tmp_path).env if name in {"DATABASE_URL", "ALONGSIDE_TEST_DB"}]
    said = f"pytestmark = pytest.mark.{databases.MARK}\n"
    modules = [path for path in TESTS.rglob("test_*.py") if said in path.read_text(encoding="utf-8")]
    assert len(modules) > 3
    for path in modules:
        code = path.read_text(encoding="utf-8")
        assert not re.search(r"django\.db|E2E_POSTGRES|TEST_DB|TEST_POSTGRES|tools import postgres", code), path.name


def test_a_run_that_needs_the_database_leaves_out_these_and_no_others() -> None:
    """Collect a folder both ways, as `make test` does for PostgreSQL."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:randomly", "tests/rota"]
    every, needing = (
        subprocess.run([*command, *more], cwd=databases.ROOT, capture_output=True, text=True, check=True).stdout
        for more in ([], ["--needs-database"])
    )
    left_out = {line for line in every.splitlines() if "::" in line} - set(needing.splitlines())
    assert {line.partition("::")[0] for line in left_out} == {f"tests/rota/test_{name}.py" for name in LEFT_OUT_OF_ROTA}
    assert "tests/rota/test_shifts.py::" in needing
    assert "tests/rota/test_rules.py::" not in needing


def test_the_heaviest_rules_are_left_out_and_whatever_meets_rows_is_not() -> None:
    tests = TESTS
    assert databases.reaches_only_rules(tests / "sealing" / "test_envelopes_are_checked.py")
    assert databases.reaches_only_rules(tests / "rota" / "test_rules.py")
    for path in sorted((tests / "storage").glob("test_*.py")):
        assert not databases.reaches_only_rules(path), path.name
