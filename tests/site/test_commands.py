"""The commands, run as an operator runs them: as processes, on an installation of their own."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alongside import cli
from tests.notify.receivers import MailBox, mail_server
from tools.ports import free_port

pytestmark = pytest.mark.whatever_database
# A busy machine may take long; only a broken one takes this long.
PATIENCE = 120
OURS = ("ALONGSIDE_", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")


class Installation:
    """A folder of its own and the environment that points at it."""

    def __init__(self, folder: Path, **more: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self.data = folder / "data"
        self.env = {**clean, "ALONGSIDE_DATA": str(self.data), **more}

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "alongside", *words],
            check=False,
            env={**self.env, **more},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command that goes on."""
        return subprocess.Popen(
            [sys.executable, "-m", "alongside", *words],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Look into the database file."""
        with sqlite3.connect(self.data / "alongside.sqlite3") as database:
            return database.execute(query).fetchall()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation after `init`."""
    one = Installation(tmp_path_factory.mktemp("prepared"))
    made = one.run(
        "init", "--email", "priya@host.example", "--name", "Priya", "--organisation", "Pine County",
        "--slug", "pine", "--zone", "America/Chicago", "--coordinator", "hana@pine.example",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    one.said = made.stdout  # type: ignore[attr-defined]
    return one


@pytest.fixture
def running(prepared: Installation) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start commands that are stopped after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, at: Installation = prepared) -> subprocess.Popen[str]:
        started.append(at.start(*words))
        return started[-1]

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def wait_for(port: int, path: str = "/health", seconds: float = PATIENCE) -> bytes:
    """Ask until there is an answer."""
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}{path}", timeout=PATIENCE) as answer:
                return bytes(answer.read())
        except (OSError, urllib.error.URLError):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def wait_for_a_turn(port: int) -> None:
    """Wait until the server answers and its loop of timed jobs has turned once."""
    until = time.monotonic() + PATIENCE
    while b'"tick_seconds": null' in (said := wait_for(port)):
        assert time.monotonic() < until, said
        time.sleep(0.1)
    assert b'"tick_seconds": ' in said


@pytest.mark.req("K-24")
def test_init_prepares_everything_and_shows_each_invitation_once(prepared: Installation) -> None:
    links = re.findall(r"http://localhost:8000/in/enter/invitation/[\w-]+", prepared.said)  # type: ignore[attr-defined]
    assert len(set(links)) == 2
    assert prepared.rows("SELECT slug, time_zone FROM accounts_organisation") == [("pine", "America/Chicago")]
    assert {email for (email,) in prepared.rows("SELECT email FROM accounts_invitation")} == {
        "priya@host.example",
        "hana@pine.example",
    }
    again = prepared.run("init")
    assert again.returncode == 0
    assert "invited already" in again.stdout
    assert "/invitation/" not in again.stdout


def test_init_says_what_is_missing_or_wrong_without_a_trace(prepared: Installation, tmp_path: Path) -> None:
    bare = Installation(tmp_path)
    for words, says in (
        (["init"], "E-mail address of the operator is missing"),
        (["init", "--email", "nonsense", "--name", "P"], "not an e-mail address"),
        (["init", "--email", "p@x.example", "--name", "P", "--organisation", "X", "--slug", "x", "--zone", "Mars/Base"],
         "Mars/Base"),
    ):  # fmt: skip
        ended = bare.run(*words)
        assert ended.returncode == 1
        assert says in ended.stderr
        assert "Traceback" not in ended.stderr


def test_serve_answers_with_the_jobs_running_and_stops_when_told(
    prepared: Installation, running: Callable[..., subprocess.Popen[str]]
) -> None:
    port = free_port()
    process = running("serve", "--port", str(port))
    wait_for_a_turn(port)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=PATIENCE)
    assert f"http://127.0.0.1:{port}" in said
    assert "Traceback" not in said


@pytest.mark.req("K-26")
def test_what_serve_prints_names_no_page_no_visitor_and_no_device(
    running: Callable[..., subprocess.Popen[str]],
) -> None:
    port = free_port()
    process = running("serve", "--port", str(port))
    wait_for(port)
    for path in ("/ask/pine/en/?marker-path", "/ask/marker-path/en/", "/in/marker-path", "/marker-path"):
        request = urllib.request.Request(f"http://localhost:{port}{path}", headers={"User-Agent": "marker-agent"})
        try:
            urllib.request.urlopen(request, timeout=PATIENCE).close()
        except urllib.error.HTTPError as error:
            error.close()
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=PATIENCE)
    assert "marker" not in said


@pytest.mark.req("A-03")
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the worker through /proc")
def test_a_worker_that_is_killed_is_started_again_with_its_jobs(
    running: Callable[..., subprocess.Popen[str]],
) -> None:
    port = free_port()
    process = running("serve", "--port", str(port))
    wait_for(port)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    (worker,) = [int(child) for child in children.read_text().split()]
    os.kill(worker, signal.SIGKILL)
    until = time.monotonic() + PATIENCE
    while str(worker) in children.read_text().split() and time.monotonic() < until:
        time.sleep(0.05)
    wait_for_a_turn(port)


def test_serve_can_leave_the_jobs_to_another_process(running: Callable[..., subprocess.Popen[str]]) -> None:
    port = free_port()
    running("serve", "--port", str(port), "--no-tick")
    assert b'"tick_seconds": null' in wait_for(port)


@pytest.mark.req("A-03")
def test_a_second_serve_on_the_same_file_is_refused_and_the_first_goes_on(
    prepared: Installation, running: Callable[..., subprocess.Popen[str]]
) -> None:
    port = free_port()
    running("serve", "--port", str(port))
    wait_for(port)
    second = prepared.run("serve", "--port", str(free_port()))
    assert second.returncode == 1
    assert "Another `alongside serve` is using this database file" in second.stderr
    assert "listens" not in second.stdout
    wait_for(port)


def test_a_port_in_use_is_named(prepared: Installation, running: Callable[..., subprocess.Popen[str]]) -> None:
    port = free_port()
    running("serve", "--port", str(port))
    wait_for(port)
    second = prepared.run("serve", "--port", str(port))
    assert second.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in second.stderr


def test_serve_refuses_tables_of_another_version(tmp_path: Path) -> None:
    ended = Installation(tmp_path).run("serve", "--port", str(free_port()))
    assert ended.returncode == 1
    assert "manage migrate" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.req("A-25", "A-03")
def test_serve_starts_without_a_database_and_says_so(
    tmp_path: Path, running: Callable[..., subprocess.Popen[str]]
) -> None:
    gone = Installation(tmp_path, DATABASE_URL=f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    port = free_port()
    process = running("serve", "--port", str(port), at=gone)
    with pytest.raises(urllib.error.HTTPError) as caught:
        _answer(port, process)
    assert caught.value.code == 503
    caught.value.close()


def test_a_database_file_that_can_never_be_is_named_without_a_trace(tmp_path: Path) -> None:
    gone = Installation(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/x.sqlite3")
    ended = gone.run("serve", "--port", str(free_port()))
    assert ended.returncode == 1
    assert f"{tmp_path}/nowhere" in ended.stderr
    assert "Traceback" not in ended.stderr


def _answer(port: int, process: subprocess.Popen[str]) -> bytes:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/health", timeout=PATIENCE) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.1)
    raise AssertionError(process.communicate()[0])


@pytest.mark.req("A-03")
def test_tick_outlives_a_missing_database_and_delivers_once_it_is_there(tmp_path: Path, settings: Any) -> None:
    port = free_port()
    one = Installation(
        tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/later/x.sqlite3", ALONGSIDE_SMTP_URL=f"smtp://127.0.0.1:{port}"
    )
    process = one.start("tick")
    try:
        time.sleep(3)
        assert process.poll() is None
        (tmp_path / "later").mkdir()
        assert one.run("init", "--email", "priya@host.example", "--name", "Priya").returncode == 0
        with mail_server(settings, MailBox(), port) as box:
            until = time.monotonic() + PATIENCE
            while not box.taken and time.monotonic() < until:
                time.sleep(0.1)
        assert [address for address, _ in box.taken] == ["priya@host.example"]
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "job failed and is tried again: climb the ladders" in said
    assert "Traceback" not in said
    assert str(tmp_path) not in said


def test_tick_once_runs_every_job_and_ends(prepared: Installation) -> None:
    assert prepared.run("tick", "--once").returncode == 0
    assert prepared.rows("SELECT count(*) > 0 FROM anonymous_cell") == [(1,)]


@pytest.mark.req("K-22")
def test_purge_deletes_what_is_over(prepared: Installation) -> None:
    gone = datetime.now(UTC) - timedelta(days=1)
    with sqlite3.connect(prepared.data / "alongside.sqlite3") as database:
        database.execute("INSERT INTO django_session VALUES ('old', 'x', ?)", [gone.strftime("%Y-%m-%d %H:%M:%S")])
    ended = prepared.run("purge")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert prepared.rows("SELECT * FROM django_session") == []


def test_backup_and_restore_move_an_installation(prepared: Installation, tmp_path: Path) -> None:
    copy = tmp_path / "copy.gz"
    wrote = prepared.run("backup", str(copy))
    assert wrote.returncode == 0, wrote.stderr
    assert copy.stat().st_mode & 0o077 == 0
    again = prepared.run("backup", str(copy))
    assert (again.returncode, "already" in again.stderr) == (1, True)
    other = Installation(tmp_path)
    unready = other.run("restore", str(copy))
    assert (unready.returncode, "manage migrate" in unready.stderr) == (1, True)
    assert other.run("manage", "migrate", "--verbosity", "0").returncode == 0
    restored = other.run("restore", str(copy))
    assert restored.returncode == 0, restored.stderr
    assert "another secret" in restored.stdout
    assert "new keys" in restored.stdout
    assert "tally period starts again" in restored.stdout
    assert other.rows("SELECT slug FROM accounts_organisation") == [("pine",)]


def test_a_restore_takes_what_comes_through_a_pipe(prepared: Installation, tmp_path: Path) -> None:
    copy, room = tmp_path / "copy.gz", 64
    assert prepared.run("backup", str(copy)).returncode == 0
    other = Installation(tmp_path)
    assert other.run("manage", "migrate", "--verbosity", "0").returncode == 0
    before = {one.name for one in other.data.iterdir()}
    python = f"'{sys.executable}' -m alongside restore"

    def run(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", line], check=False, env=other.env, capture_output=True, text=True, timeout=PATIENCE
        )

    cut = run(f"head -c 900 '{copy}' | {python} /dev/stdin")
    assert (cut.returncode, "/dev/stdin is damaged" in cut.stderr) == (1, True), cut.stderr
    full = run(f"head -c {room * 4096} /dev/urandom | (ulimit -f {room}; {python} /dev/stdin)")
    assert (full.returncode, "cannot be kept in the data folder meanwhile: File too large" in full.stderr) == (1, True)
    assert other.rows("SELECT * FROM accounts_organisation") == []
    taken = run(f"{python} <(cat '{copy}')")
    assert (taken.returncode, taken.stderr) == (0, "")
    assert "Restored" in taken.stdout
    assert other.rows("SELECT slug FROM accounts_organisation") == [("pine",)]
    assert {one.name for one in other.data.iterdir()} - before <= {"alongside.sqlite3-shm", "alongside.sqlite3-wal"}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", "mysql://x", "DATABASE_URL must begin with"),
        ("ALONGSIDE_DEMO", "perhaps", "ALONGSIDE_DEMO must be yes or no"),
        ("ALONGSIDE_SMTP_URL", "http://x", "ALONGSIDE_SMTP_URL must begin with"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_without_a_trace(
    tmp_path: Path, name: str, value: str, says: str
) -> None:
    ended = Installation(tmp_path, **{name: value}).run("doctor")
    assert ended.returncode == 1
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.req("M-24")
def test_organisations_are_made_from_a_file_all_or_none(tmp_path: Path) -> None:
    one = Installation(tmp_path)
    assert one.run("init", "--email", "priya@host.example", "--name", "Priya").returncode == 0
    head = (
        "short_name;name;neutral_title;language;time_zone;pack;on_call_number;headcount;"
        "coordinator_name;coordinator_email\n"
    )
    good = "birch-{0};Birch {0};Shift info;en;America/Chicago;generic-us;;40;Wren;wren{0}@birch.example\n"
    file = tmp_path / "list.csv"
    file.write_text(head + good.format(1) + good.format(2).replace("Chicago", "Atlantis"), encoding="utf-8-sig")
    refused = one.run("organisations", "import", str(file))
    assert refused.returncode == 1
    assert "line 3: birch-2 is to be put right" in refused.stdout
    assert "There is no such time zone" in refused.stderr
    assert "Nothing was made" in refused.stderr
    file.write_text(head + good.format(1) + good.format(2), encoding="utf-8-sig")
    looked = one.run("organisations", "import", str(file), "--look")
    assert (looked.returncode, looked.stdout.count("is made")) == (0, 2)
    assert one.rows("SELECT slug FROM accounts_organisation") == []
    made = one.run("organisations", "import", str(file))
    assert made.returncode == 0, made.stderr
    assert "2 made, 2 coordinators invited" in made.stdout
    assert "/invitation/" not in made.stdout
    again = one.run("organisations", "import", str(file))
    assert again.returncode == 0
    assert "Nothing was changed." in again.stdout
    file.write_bytes("Poste de Trois-Rivières".encode("cp1252"))
    for path, says in ((file, "is not in UTF-8"), (tmp_path / "nowhere.csv", "cannot be read")):
        ended = one.run("organisations", "import", str(path))
        assert ended.returncode == 1
        assert says in ended.stderr
        assert "Traceback" not in ended.stderr


def test_every_command_explains_itself(capsys: Any) -> None:
    for words in (
        [],
        ["demo"],
        ["serve"],
        ["tick"],
        ["init"],
        ["doctor"],
        ["operator"],
        ["organisations"],
        ["secret"],
        ["health"],
        ["kept"],
        ["purge"],
        ["backup"],
        ["restore"],
    ):
        with pytest.raises(SystemExit) as ended:
            cli.main([*words, "--help"])
        assert ended.value.code == 0
        assert "usage: alongside" in capsys.readouterr().out


def test_an_unknown_command_is_refused(capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["frobnicate"])
    assert ended.value.code == 2
    assert "invalid choice" in capsys.readouterr().err
