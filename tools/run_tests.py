"""Runs everything that CI runs, or with --quick what a person runs before a commit; side by side where that saves time.

Prints each step with its time, the full output of a step that failed, and at the end how many tests ran.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree

from tools import postgres
from tools.soak import machine

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SHELL = "chromium-headless-shell"  # what runs the stories where it is installed: tests/e2e/conftest.py
LONGEST = 40 * 60  # seconds that one step may take
TESTS_FAILED = 1  # pytest's exit code: it ran to its end, and not all passed
SECOND_CHANCES = 5  # stories that may be run again; more that fail are no accident
# What looks at code and texts says the same whatever the database.
NO_DATABASE = ("--ignore=tests/architecture", "--ignore=tests/content", "--needs-database")
_printing = threading.Lock()


@dataclass
class Step:
    """One command with what it adds to the environment."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    folder: Path = ROOT


@dataclass
class Result:
    """How a step went; `passed` and `failed` count tests where the step's tool says so."""

    step: Step
    code: int
    seconds: float
    output: str
    late: Sequence[str] = ()  # tests that failed, and passed when they were run again alone

    @property
    def passed(self) -> int:
        """Return how many tests passed, at the first or the second run."""
        return self.count("passed") + len(self.late)

    @property
    def failed(self) -> int:
        """Return how many tests failed, and did so again where they were run again."""
        return self.count("failed") + self.count("error") - len(self.late) if self.code else 0

    def count(self, word: str) -> int:
        """Return how many tests the tool's closing line counts under `word`."""
        lines = re.sub(r"\x1b\[[0-9;]*m", "", self.output).splitlines()
        closing = [line for line in lines if re.search(r"\d+ (passed|failed|errors?)\b", line) and "Files" not in line]
        found = re.search(rf"(\d+) {word}", closing[-1]) if closing else None
        return int(found.group(1)) if found else 0


def main() -> int:
    """Run the steps; return the exit code."""
    quick = _arguments().quick
    if not quick:
        install_system_packages()
    results = checks()
    with ExitStack() as stack:
        results += tests(quick=quick, database=None if quick else _database(stack))
    summary(results, quick=quick)
    return max((result.code != 0 for result in results), default=0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="SQLite only, no browser")
    return parser.parse_args()


def _database(stack: ExitStack) -> str:
    return os.environ.get("ALONGSIDE_TEST_POSTGRES") or stack.enter_context(postgres.server())


def install_system_packages() -> None:
    """Install what the tests need of the system's packages where it is missing and that is possible.

    Without Caddy the tests of the recipes are skipped; without Chromium's engine alone the stories run in all of
    Chromium, which takes longer; nothing goes without the others.
    """
    wanted = {
        "chromium": not any(map(shutil.which, CHROMIUM)),
        "faketime": machine.lying_clock() is None,
        "strace": shutil.which("strace") is None,
        "postgresql": not (os.environ.get("ALONGSIDE_TEST_POSTGRES") or postgres.program("initdb")),
    }
    missing = [package for package, is_missing in wanted.items() if is_missing]
    may_install = shutil.which("apt-get") is not None and os.geteuid() == 0
    if missing and not may_install:
        sys.exit(f"The tests need {' and '.join(missing)}: please install them and run this again.")
    if may_install and not shutil.which("caddy"):
        missing.append("caddy")
    engine = [SHELL] if may_install and not shutil.which(SHELL) else []
    if not missing and not engine:
        return
    say(f"installing {', '.join([*missing, *engine])}")
    _apt("update", check=bool(missing))
    if missing:
        _apt("install", "-y", *missing, check=True)
    if engine and not _apt("install", "-y", "--no-remove", *engine, check=False):
        say(f"there is no {SHELL} for this machine: the stories run in Chromium")


def _apt(*arguments: str, check: bool) -> bool:
    """Run apt-get without questions; return whether it went well, or fail where that is needed."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    said = None if check else subprocess.DEVNULL
    command = ["apt-get", "-qq", *arguments]
    done = subprocess.run(command, check=check, env=quiet, stdout=subprocess.DEVNULL, stderr=said)
    return done.returncode == 0


def checks() -> list[Result]:
    """Run what looks at the code without running it."""
    return side_by_side(
        [
            Step("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
            Step("lint", [str(BIN / "ruff"), "check", "--quiet", "."]),
            Step("import contracts", [str(BIN / "lint-imports"), "--no-cache"]),
            Step("types", [str(BIN / "mypy"), "--no-error-summary"], {"ALONGSIDE_SECRET_KEY": "types" * 8}),
            Step("browser types", _npm("types"), folder=ROOT / "browser"),
            Step("migrations match tables", _manage("makemigrations", "--check", "--dry-run")),
        ]
    )


def tests(*, quick: bool, database: str | None) -> list[Result]:
    """Run the tests: the browser's own, everything on SQLite, everything on PostgreSQL, the stories in a real
    browser.
    """
    pytest = [sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=short"]
    results = side_by_side(
        [
            Step("browser code (vitest)", _npm("test"), folder=ROOT / "browser"),
            Step("tests on SQLite", [*pytest, "-n", "2", "-m", "not e2e"], {"ALONGSIDE_TEST_DB": "sqlite"}),
        ],
        at_once=1,
    )
    if quick:
        return results
    on_postgres = {"ALONGSIDE_TEST_DB": "postgres", "DATABASE_URL": database or ""}
    results += side_by_side(
        [Step("tests on PostgreSQL", [*pytest, "-n", "2", "-m", "not e2e", *NO_DATABASE], on_postgres)]
    )
    # They wait for browsers and servers much of the time. A worker goes through the stories of one module after the
    # other, on one server, and takes of another worker's when it has none left.
    workers = [*pytest, "-n", "4", "--dist", "worksteal", "-m", "e2e"]
    stories = Step("stories in Chromium", workers, {"E2E_POSTGRES": database or ""})
    return [*results, with_a_second_chance(stories, files_with_stories())]


def files_with_stories(tests: Path = ROOT / "tests") -> list[str]:
    """Return the modules that may hold stories, wherever they are: each worker would import all others in vain."""
    return [str(path) for path in sorted(tests.rglob("test_*.py")) if "e2e" in path.read_text(encoding="utf-8")]


def with_a_second_chance(step: Step, what: Sequence[str]) -> Result:
    """Run a step of pytest's on these files; what fails, if it is little, runs once more alone and in order.

    For stories only: they time real servers and a real browser on a busy machine. What passes then is named at the end.
    """
    with tempfile.TemporaryDirectory(prefix="alongside-stories-") as folder:
        first, failed, _ = _reported(replace(step, command=[*step.command, *what]), Path(folder) / "first.xml")
        if first.code != TESTS_FAILED or not 0 < len(failed) <= SECOND_CHANCES:
            return first
        name = f"{step.name}: the {len(failed)} that failed, again alone"
        alone = [*step.command, *sorted(failed), "-n", "0", "-p", "no:randomly"]
        again, _, passed = _reported(replace(step, name=name, command=alone), Path(folder) / "again.xml")
    late = failed & passed
    return replace(first, code=again.code if late == failed else first.code, late=sorted(late))


def _reported(step: Step, report: Path) -> tuple[Result, set[str], set[str]]:
    """Run a step of pytest's; return with its result what failed, and what passed and was not skipped."""
    result = run(replace(step, command=[*step.command, f"--junit-xml={report}"]))
    failed: set[str] = set()
    passed: set[str] = set()
    for case in ElementTree.parse(report).iter("testcase") if report.exists() else ():  # noqa: S314 (pytest wrote it)
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        found = {child.tag for child in case}
        if found & {"failure", "error"}:
            failed.add(name)
        elif "skipped" not in found:
            passed.add(name)
    # One that passed and could not clear up after itself may stand in both.
    return result, failed, passed - failed


def _npm(script: str) -> list[str]:
    return [str(BIN / "npm"), "run", "--silent", script]


def _manage(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "django", *arguments, "--settings", "alongside.site.settings"]


def side_by_side(steps: Sequence[Step], at_once: int = 2) -> list[Result]:
    """Run the steps, `at_once` at a time, and print each as it ends."""
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(run, steps))


def run(step: Step) -> Result:
    """Run one step and print how it went; its output only when it failed."""
    begun = time.monotonic()
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT), **step.env}
    # Thousands of processes are started here: without it each would compile every module again.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    code, output = _run(step, env)
    result = Result(step, code, time.monotonic() - begun, output)
    with _printing:
        say(f"{'ok' if result.code == 0 else 'FAILED':7}{step.name} ({result.seconds:.0f} s)")
        if result.code:
            print(result.output[-20_000:], flush=True)
    return result


def _run(step: Step, env: Mapping[str, str]) -> tuple[int, str]:
    """Return a step's exit code and all it printed; one that stands still is ended, with what it printed so far."""
    with tempfile.TemporaryFile() as printed:
        tool = subprocess.Popen(step.command, cwd=step.folder, env=env, stdout=printed, stderr=subprocess.STDOUT)
        try:
            code = tool.wait(LONGEST)
        except subprocess.TimeoutExpired:
            tool.kill()
            code = tool.wait()
        printed.seek(0)
        return code, printed.read().decode(errors="replace")


def summary(results: Sequence[Result], *, quick: bool) -> None:
    """Print what ran and, alone on the last line, how many tests passed and failed."""
    trace = [sys.executable, str(ROOT / "tools" / "trace.py"), "--summary"]
    if quick:
        print(subprocess.run(trace, capture_output=True, text=True, check=False).stdout, end="")
    for name in (late for result in results for late in result.late):
        say(f"passed only when run again alone: {name}")
    broken = [result.step.name for result in results if result.code]
    if broken:
        say("failed: " + ", ".join(broken))
    passed, failed = (sum(getattr(result, what) for result in results) for what in ("passed", "failed"))
    print(f"{passed} passed, {failed} failed", flush=True)


def say(text: str) -> None:
    """Print a line of progress."""
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
