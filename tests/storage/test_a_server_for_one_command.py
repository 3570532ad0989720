"""`python -m tools.postgres`: a command runs with a PostgreSQL server of its own, and the server is gone afterwards."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT
from tools import postgres

SAYS = (
    "import json, os, sys, psycopg;"
    "url = os.environ['DATABASE_URL'];"
    "row = psycopg.connect(url).execute('SHOW data_directory').fetchone();"
    "names = ('E2E_POSTGRES', 'ALONGSIDE_TEST_POSTGRES');"
    "print(json.dumps([row[0], os.environ['ALONGSIDE_TEST_DB'], [os.environ[name] == url for name in names]]));"
    "sys.exit(3)"
)


def run(*command: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tools.postgres", *command],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.skipif(not postgres.program("initdb"), reason="needs PostgreSQL, which make test installs")
@pytest.mark.parametrize("before", [[], ["--"]])
def test_the_command_finds_the_server_hands_on_its_exit_code_and_nothing_is_left(before: list[str]) -> None:
    done = run(*before, sys.executable, "-c", SAYS)
    assert done.returncode == 3, done.stderr
    folder, kind, same = json.loads(done.stdout)
    assert (kind, same) == ("postgres", [True, True])
    assert not Path(folder).exists()


def test_what_cannot_be_run_is_said_in_a_sentence() -> None:
    gone = run("no-such-command")
    assert (gone.returncode, gone.stderr) == (127, "There is no command no-such-command.\n")
    nothing = run()
    assert nothing.returncode == 2
    assert "usage:" in nothing.stdout


def test_without_postgresql_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(postgres, "program", lambda _name: None)
    assert postgres.main([sys.executable, "-c", "pass"]) == 2
    assert "apt install postgresql" in capsys.readouterr().err
