"""A story that fails runs once more alone; that it passed only then is said, and whatever fails again fails."""

import configparser
import sys
import tomllib
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT
from tools import run_tests
from tools.run_tests import Result, Step

STORIES = """
import pathlib, pytest

def run(name):
    with pathlib.Path({folder!r}, name).open("a+") as runs:
        runs.write("x")
        return runs.tell()

@pytest.mark.parametrize("how", {late!r})
def test_late(how):
    assert run(how) > 1

@pytest.mark.parametrize("how", {always!r})
def test_never(how):
    run(how)
    assert False

@pytest.mark.parametrize("how", {skipped!r})
def test_skipped_the_second_time(how):
    if run(how) > 1:
        pytest.skip("not here")
    assert False

@pytest.mark.parametrize("how", {gone!r})
def test_that_takes_its_worker_with_it(how):
    if run(how) == 1:
        import os
        os._exit(1)

def test_good():
    run("good")
"""


def told(folder: Path, *, workers: int = 0, **kinds: tuple[str, ...]) -> Result:
    """Run stories of these kinds as the project's own are run, with its own settings for pytest."""
    given = dict.fromkeys(("late", "always", "skipped", "gone"), ())
    (folder / "test_stories.py").write_text(STORIES.format(folder=str(folder), **(given | kinds)))
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    ini = configparser.ConfigParser()
    ini["pytest"] = {"addopts": settings["addopts"], "timeout": "60"}
    with (folder / "pytest.ini").open("w") as file:
        ini.write(file)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:django", "-n", str(workers)]
    return run_tests.with_a_second_chance(Step("stories", command, folder=folder), ["test_stories.py"])


def runs(folder: Path, name: str) -> int:
    """Return how often a story ran."""
    return len((folder / name).read_text())


def summary_of(result: Result, printed: pytest.CaptureFixture[str]) -> list[str]:
    """Return what is said at the end of everything."""
    printed.readouterr()
    run_tests.summary([result], quick=False)
    return printed.readouterr().out.splitlines()


def test_what_passes_when_it_runs_again_alone_is_named_and_the_rest_runs_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = told(tmp_path, workers=1, late=("first", "second - with a dash"), gone=("its worker died",))
    assert result.code == 0
    for name, times in (("first", 2), ("second - with a dash", 2), ("its worker died", 2), ("good", 1)):
        assert runs(tmp_path, name) == times, name
    assert "FAILED stories" in capsys.readouterr().out, "why it failed at first can be read"
    assert summary_of(result, capsys) == [
        "  passed only when run again alone: test_stories.py::test_late[first]",
        "  passed only when run again alone: test_stories.py::test_late[second - with a dash]",
        "  passed only when run again alone: test_stories.py::test_that_takes_its_worker_with_it[its worker died]",
        "4 passed, 0 failed",
    ]


def test_what_fails_again_or_is_skipped_then_fails_and_what_passed_beside_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = told(tmp_path, late=("first",), always=("broken",), skipped=("shy",))
    assert result.code == run_tests.TESTS_FAILED
    assert [runs(tmp_path, name) for name in ("broken", "shy")] == [2, 2]
    assert summary_of(result, capsys) == [
        "  passed only when run again alone: test_stories.py::test_late[first]",
        "  failed: stories",
        "2 passed, 2 failed",
    ]


def test_what_was_skipped_the_second_time_alone_has_not_passed(tmp_path: Path) -> None:
    assert told(tmp_path, skipped=("shy",)).code == run_tests.TESTS_FAILED


def test_more_than_a_few_are_no_accident_and_fail_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = tuple(f"late {number}" for number in range(run_tests.SECOND_CHANCES + 1))
    result = told(tmp_path, late=names)
    assert result.code == run_tests.TESTS_FAILED
    assert [runs(tmp_path, name) for name in names] == [1] * len(names)
    assert summary_of(result, capsys) == ["  failed: stories", f"1 passed, {len(names)} failed"]


def test_a_run_that_did_not_come_to_its_end_is_not_saved_by_a_second(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("raise RuntimeError('nothing works')")
    result = told(tmp_path, late=("first",))
    assert result.code not in (0, run_tests.TESTS_FAILED)
    assert not (tmp_path / "first").exists()


def test_only_stories_get_one_and_each_of_them_is_in_the_files_that_are_run() -> None:
    code = Path(run_tests.__file__).read_text()
    assert code.count("with_a_second_chance(") == 2, "where it is made, and where it is used"
    assert "with_a_second_chance(stories, files_with_stories())" in code
    files = {Path(name) for name in run_tests.files_with_stories()}
    assert {ROOT / "tests/site/test_hostile_clients.py", ROOT / "tests/e2e/test_tabs.py"} <= files
    # A mark can be given in a file that names it, and nowhere else.
    marks = [path for path in (ROOT / "tests").rglob("conftest.py") if "mark.e2e" in path.read_text()]
    assert marks == []
