"""docs/attacks.md: each row has a command that somebody can type and says a result; each command selects a test."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.soak.__main__ import EXPERIMENTS
from tools.trace import CALL

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/attacks.md"
HEAD = "| attack | repeat it with | what came of it |"
ROW = re.compile(r"\| (?P<attack>.+?) \| `(?P<command>[^`]+)` \| (?P<result>.+?) \|")
RESULTS = ("**Held", "**Found and mended.**", "**Limit")
PYTHON = [".venv/bin/python", "-m"]
SERVER = [*PYTHON, "tools.postgres"]
PYTEST = [*PYTHON, "pytest"]
SOAK = [*PYTHON, "tools.soak"]
BROWSER = [".venv/bin/node", "browser/node_modules/.bin/vitest", "run", "--root", "browser"]
CONTRACTS = [".venv/bin/lint-imports", "--no-cache"]
WORDS = re.compile(r"\w+(?: or \w+)*")


@dataclass(frozen=True)
class Case:
    """One test that pytest collects; `left_out` because of the database that it would meet."""

    file: str
    name: str
    left_out: bool


@dataclass(frozen=True)
class Selection:
    """What a command of pytest asks for."""

    files: tuple[str, ...]
    words: tuple[str, ...]
    postgres: bool

    def holds(self, case: Case) -> bool:
        return any(case.file == one or case.file.startswith(f"{one}/") for one in self.files)


def lines_of_tables() -> Iterator[str]:
    """Yield every row of the tables of attacks, as it stands."""
    inside = False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        inside = line == HEAD or (inside and line.startswith("|"))
        if inside and line != HEAD and not line.startswith("|--"):
            yield line


def commands() -> list[str]:
    return [match["command"] for line in lines_of_tables() if (match := ROW.fullmatch(line))]


def selection(command: str) -> Selection | None:
    """Return what a command of pytest asks for; None for another command."""
    words = shlex.split(command)
    on_postgres = words[: len(SERVER)] == SERVER
    words = words[len(SERVER) :] if on_postgres else words
    if words[: len(PYTEST)] != PYTEST:
        return None
    files, _, expression = " ".join(words[len(PYTEST) :]).partition(" -k ")
    assert not expression or WORDS.fullmatch(expression), f"only words and `or`, so that this can be checked: {command}"
    # No word at all is a word that is in every name.
    chosen = tuple(word for word in expression.split() if word != "or") or ("",)
    return Selection(tuple(files.split()), chosen, on_postgres)


def collect(files: list[str], **env: str) -> list[Case]:
    """Let pytest collect, once for all commands."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "E2E_", "DATABASE_"))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.architecture.collected", *files],
        cwd=ROOT,
        env={**clean, "ALONGSIDE_TEST_DB": "sqlite", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return [Case(*one) for one in json.loads(done.stdout.splitlines()[-1])]


def complaints(wanted: Selection, cases: list[Case]) -> Iterator[str]:
    """Say what is wrong with a selection: each word must choose some test by its name and not by its file's."""
    by_word = {word: [case for case in cases if wanted.holds(case) and word in case.name] for word in wanted.words}
    every = [case for chosen in by_word.values() for case in chosen]
    for file in wanted.files:
        if not any(Selection((file,), (), wanted.postgres).holds(case) for case in every):
            yield f"{file}: no test is selected"
    for word, chosen in by_word.items():
        if not chosen:
            yield f"-k {word} selects no test"
        elif all(case.left_out for case in chosen):
            yield f"-k {word}: every test is left out on this database"
        if word and any(word in part for case in cases if wanted.holds(case) for part in Path(case.file).parts):
            yield f"-k {word} is in the name of a file and selects all of it"


def test_every_row_has_an_attack_a_command_and_a_result() -> None:
    rows = list(lines_of_tables())
    assert len(rows) > 100
    assert [line for line in rows if not ROW.fullmatch(line)] == []
    results = [match["result"] for line in rows if (match := ROW.fullmatch(line))]
    assert [result for result in results if not result.startswith(RESULTS)] == []


def test_every_command_is_one_that_can_be_checked() -> None:
    kinds = (PYTEST, SOAK, SERVER, BROWSER, CONTRACTS)
    assert [one for one in commands() if not any(shlex.split(one)[: len(kind)] == kind for kind in kinds)] == []


@pytest.mark.parametrize("postgres", [False, True])
def test_every_command_of_pytest_selects_a_test_that_runs_on_its_database(postgres: bool) -> None:
    wanted = {one: found for one in commands() if (found := selection(one)) and found.postgres is postgres}
    assert wanted
    files = sorted({file for found in wanted.values() for file in found.files})
    assert [file for file in files if not (ROOT / file).exists()] == []
    nowhere = "postgresql://nobody@127.0.0.1:1/postgres"
    on_postgres = {"ALONGSIDE_TEST_DB": "postgres", "DATABASE_URL": nowhere, "E2E_POSTGRES": nowhere}
    cases = collect(files, **(on_postgres if postgres else {}))
    assert [f"{one}: {what}" for one, found in wanted.items() for what in complaints(found, cases)] == []


def test_every_command_of_the_browsers_tests_selects_one() -> None:
    wanted = [shlex.split(one)[len(BROWSER) :] for one in commands() if shlex.split(one)[: len(BROWSER)] == BROWSER]
    assert wanted
    for file, *title in wanted:
        text = (ROOT / "browser/tests" / file).read_text(encoding="utf-8")
        titles = [call["title"] for call in CALL.finditer(text)]
        assert titles
        if title:
            assert title[0] == "-t" and len(title) == 2
            assert any(title[1] in one for one in titles), title


def test_every_experiment_that_a_command_names_exists_and_each_is_named() -> None:
    wanted = [shlex.split(one)[len(SOAK) :] for one in commands() if shlex.split(one)[: len(SOAK)] == SOAK]
    assert {words[words.index("--only") + 1] for words in wanted} == set(EXPERIMENTS)


def test_a_command_that_selects_nothing_is_noticed() -> None:
    cases = [
        Case("tests/a/test_it.py", "test_one", left_out=False),
        Case("tests/a/test_it.py", "test_two", left_out=True),
    ]

    def found(command: str) -> list[str]:
        wanted = selection(f".venv/bin/python -m pytest {command}")
        assert wanted
        return list(complaints(wanted, cases))

    assert found("tests/a/test_it.py -k 'one or test_one'") == []
    assert found("tests/a") == []
    assert found("tests/a/test_it.py -k 'one or three'") == ["-k three selects no test"]
    assert found("tests/a tests/b -k one") == ["tests/b: no test is selected"]
    assert found("tests/a -k two") == ["-k two: every test is left out on this database"]
    assert found("tests/a -k 'one or it'")[-1] == "-k it is in the name of a file and selects all of it"
