"""Writers of one process wait in line for SQLite: fair, never locked out, and no line outlives who stood in it."""

import ctypes
import gc
import os
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections, transaction

from alongside.accounts.models import Office, Organisation, Person
from alongside.help_requests.models import BoxReply
from alongside.site import keeping
from alongside.site.sqlite import line as lines
from tests import world as cast
from tests.help_requests.test_many_at_once import at_once
from tests.world import NOW

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's writers do not wait for each other"),
]
MANY = 64


@pytest.fixture
def line() -> Iterator[lines.Line]:
    """Return the line of the test database; at the end nobody may stand in it."""
    found = lines.line_of(str(connection.settings_dict["NAME"]))
    yield found
    connection.close()
    gc.collect()
    with found._mutex:
        found._clear_away()
    assert found._writing is None
    assert found.waiting() == 0


def put(number: int = 1) -> BoxReply:
    return BoxReply.objects.create(box_hash=os.urandom(32), number=number, envelope=b"x" * 500, gone_on=NOW.date())


def in_thread(deed: Callable[[], object]) -> threading.Thread:
    def work() -> None:
        try:
            deed()
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.req("A-03")
def test_64_threads_write_and_none_is_locked_out(line: lines.Line) -> None:
    def write() -> int:
        for number in range(10):
            put(number)
            with transaction.atomic():
                put(number)
        return 20

    assert at_once(*[write] * MANY) == [20] * MANY
    assert BoxReply.objects.count() == 20 * MANY


@pytest.mark.req("A-03")
def test_of_those_who_have_waited_who_came_first_writes_first(line: lines.Line) -> None:
    order: list[int] = []
    waiting: list[threading.Thread] = []

    def write(number: int) -> None:
        with transaction.atomic():
            order.append(number)
            put(number)

    with transaction.atomic():
        for number in range(20):
            waiting.append(in_thread(lambda number=number: write(number)))  # type: ignore[misc]
            until(lambda: line.waiting() == len(waiting))
        time.sleep(lines.WAITED_LONG)
    for thread in waiting:
        thread.join(20)
    assert order == list(range(20))


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.mark.req("A-03")
def test_nobody_is_passed_over_while_others_come_again_and_again(line: lines.Line) -> None:
    """SQLite's own waiting let single writers wait for seconds under the same load."""
    longest, stop = [0.0], threading.Event()

    def again_and_again() -> None:
        while not stop.is_set():
            begun = time.monotonic()
            with transaction.atomic():
                put()
                time.sleep(0.001)
            longest[0] = max(longest[0], time.monotonic() - begun)

    threads = [in_thread(again_and_again) for _ in range(8)]
    time.sleep(4)
    stop.set()
    for thread in threads:
        thread.join(10)
    assert BoxReply.objects.count() > 8
    # The longest that eight can take one after the other on a slow machine, and no multiple of it.
    assert longest[0] < 2.5


@pytest.mark.req("A-25")
def test_reading_never_waits_for_a_writer(line: lines.Line) -> None:
    with transaction.atomic():
        put()
        begun = time.monotonic()
        assert at_once(Organisation.objects.count, BoxReply.objects.count) == [0, 0]
        assert time.monotonic() - begun < 2


def test_a_transaction_within_a_transaction_is_one_turn_and_a_savepoint_undone_keeps_it(line: lines.Line) -> None:
    with transaction.atomic():
        put()
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            put()
            _ = 1 / 0
        assert line._writing is not None
        with transaction.atomic():
            put()
    assert line._writing is None
    assert BoxReply.objects.count() == 2


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_any_error_ends_the_turn(line: lines.Line, error: type[BaseException]) -> None:
    with pytest.raises(error), transaction.atomic():
        put()
        raise error
    assert line._writing is None
    assert at_once(lambda: put().number) == [1]


def test_an_error_of_the_database_ends_the_turn(line: lines.Line) -> None:
    one = put()
    with pytest.raises(IntegrityError):
        BoxReply.objects.create(id=one.id, box_hash=b"x", number=1, envelope=b"", gone_on=NOW.date())
    assert line._writing is None
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("INSERT INTO nowhere VALUES (1)")
    assert line._writing is None


def test_a_commit_that_fails_ends_the_turn(line: lines.Line) -> None:
    """A row that points at nothing is found only when the transaction is to be kept."""
    with pytest.raises(IntegrityError), transaction.atomic():
        Office.objects.create(organisation_id=uuid.uuid4(), name="nowhere")
    assert line._writing is None
    assert not Office.objects.exists()


def test_closing_the_connection_ends_the_turn(line: lines.Line) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        put()
        connection.close()
        assert line._writing is None
        put()
    assert not BoxReply.objects.exists()
    assert at_once(lambda: put().number) == [1]


@pytest.mark.req("A-03")
def test_a_thread_killed_in_the_middle_leaves_nothing_and_lets_the_next_write(line: lines.Line) -> None:
    inside = threading.Event()

    def write() -> None:
        with transaction.atomic():
            put()
            inside.set()
            while True:
                time.sleep(0.01)

    def killed() -> None:
        with pytest.raises(SystemExit):
            write()

    thread = in_thread(killed)
    assert inside.wait(10)
    assert thread.ident
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))
    assert at_once(lambda: put().number) == [1]
    thread.join(10)
    assert BoxReply.objects.count() == 1


@pytest.mark.req("A-03")
@pytest.mark.parametrize("held", [True, False], ids=["connection still known", "connection gone with it"])
def test_a_thread_that_ends_without_ending_its_transaction_holds_nobody_up(line: lines.Line, held: bool) -> None:
    kept: list[object] = []

    def write() -> None:
        if held:
            kept.append(connections["default"])
        transaction.atomic().__enter__()
        put()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join(10)
    begun = time.monotonic()
    assert at_once(lambda: put().number) == [1]
    assert time.monotonic() - begun < 5
    assert BoxReply.objects.count() == 1
    for one in kept:
        one.inc_thread_sharing()  # type: ignore[attr-defined]
        one.close()  # type: ignore[attr-defined]


@pytest.mark.req("A-03")
def test_who_waits_too_long_is_told_so_and_leaves_the_line(line: lines.Line) -> None:
    def hurried() -> type[BaseException]:
        own = connections["default"]
        with mock.patch.dict(own.settings_dict["OPTIONS"], timeout=0.2), pytest.raises(OperationalError) as told:
            put()
        return type(told.value)

    with transaction.atomic():
        put()
        assert at_once(hurried) == [OperationalError]
        assert line.waiting() == 0
    put()


def test_a_single_statement_that_returns_rows_is_kept_before_its_turn_ends(line: lines.Line) -> None:
    """Numbered tables of libraries are written with RETURNING, which is kept only when its rows were read."""
    from allauth.account.models import EmailAddress

    owner = Person.objects.create(email="a@x.example", name="A")
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO account_emailaddress (user_id, email, verified, "primary") VALUES '
            "(%s, 'a@x.example', 1, 1), (%s, 'b@x.example', 1, 0), (%s, 'c@x.example', 1, 0) RETURNING email",
            [owner.id.hex] * 3,
        )
        assert line._writing is None
        assert at_once(EmailAddress.objects.count) == [3]
        assert cursor.fetchone() == ("a@x.example",)
        assert cursor.fetchmany(1) == [("b@x.example",)]
        assert list(cursor) == [("c@x.example",)]
        assert cursor.fetchall() == []


def test_rows_are_locked_by_the_turn_itself_so_select_for_update_changes_nothing(line: lines.Line) -> None:
    row = put()
    with transaction.atomic():
        assert BoxReply.objects.select_for_update().get() == row
        assert line._writing is not None


@pytest.mark.req("A-03")
def test_the_timed_jobs_another_process_and_members_write_at_the_same_time(line: lines.Line, tmp_path: Path) -> None:
    """Another process does not stand in this line; SQLite's own lock makes both wait for each other."""
    cast.make_world()
    code = (
        "import sqlite3, sys\n"
        "base = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)\n"
        "for number in range(150):\n"
        "    base.execute('BEGIN IMMEDIATE')\n"
        "    base.execute('UPDATE accounts_organisation SET headcount = headcount + 1')\n"
        "    base.execute('COMMIT')\n"
    )
    name = str(connection.settings_dict["NAME"])
    other = subprocess.Popen([sys.executable, "-c", code, name])

    def write() -> int:
        for number in range(15):
            put(number)
        return 15

    def timed() -> int:
        for _ in range(15):
            keeping.settle()
        return 15

    def copy() -> int:
        for number in range(3):
            keeping.backup(tmp_path / f"backup-{threading.get_ident()}-{number}.gz")
        return 3

    outcomes = at_once(*[write] * 8, timed, copy)
    assert other.wait(60) == 0
    assert outcomes == [15] * 9 + [3]
    assert BoxReply.objects.count() == 15 * 8
    assert set(Organisation.objects.values_list("headcount", flat=True)) == {60 + 150}


def test_two_files_have_two_lines_and_one_file_has_one(tmp_path: Path) -> None:
    here = os.path.relpath(tmp_path / "a")
    assert lines.line_of(here) is lines.line_of(str(tmp_path / "a"))
    assert lines.line_of(str(tmp_path / "a")) is not lines.line_of(str(tmp_path / "b"))


@pytest.mark.req("K-35")
def test_the_error_about_a_row_that_points_at_nothing_names_no_value(line: lines.Line) -> None:
    gone = uuid.uuid4()
    raw = sqlite3.connect(str(connection.settings_dict["NAME"]))
    with raw:
        raw.execute("INSERT INTO accounts_office VALUES (?, 'nowhere', ?)", [uuid.uuid4().hex, gone.hex])
    raw.close()
    try:
        with pytest.raises(IntegrityError) as told:
            connection.check_constraints()
        assert "accounts_office" in str(told.value)
        assert gone.hex not in str(told.value)
        with pytest.raises(IntegrityError):
            connection.check_constraints(["accounts_office"])
        connection.check_constraints(["accounts_person"])
    finally:
        with sqlite3.connect(str(connection.settings_dict["NAME"])) as raw:
            raw.execute("DELETE FROM accounts_office")
        raw.close()
