"""A request is asked, answered and closed; then not one sealed byte, hash or key of it is in any file of the database.

Another request stays open and another reply stays unread, so no table is empty and nothing vanishes by chance.
"""

import logging
import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, connections

from alongside.directory import actions as directory
from alongside.escalation.models import Alert, Ladder
from alongside.help_requests import actions
from alongside.help_requests.models import Attempt, BoxReply, Message, Request
from alongside.kernel import clock as product
from alongside.notify.models import Notice
from alongside.policy.models import Change
from alongside.sealing.models import KeyWrap
from alongside.site import keeping, traces
from tests import age_reader
from tests.conftest import Clock
from tests.escalation.programme import CONTACT
from tests.help_requests import sealed
from tests.help_requests.device import console
from tests.help_requests.frames import ONE
from tests.help_requests.test_many_at_once import at_once
from tests.storage import places
from tests.world import NOW, World

pytestmark = pytest.mark.django_db(transaction=True)
POSTGRES = connection.vendor == "postgresql"
ASKED = (Request, Ladder, Alert, Attempt, Message, BoxReply, Notice, KeyWrap)


@pytest.fixture(autouse=True)
def _careful_server() -> Iterator[None]:
    """Set PostgreSQL up as the operator's manual says."""
    places.forget_order()
    if not POSTGRES:
        yield
        return
    if connection.pg_version < traces.HAS_FLUSH:
        pytest.skip("this PostgreSQL is too old to hand in its counters")
    wanted = [(name, value) for name, value in traces.WANTED.items() if name != "archive_mode"]
    with places.alone_on_the_server():
        places.change_server([*wanted, ("min_wal_size", "32MB")])
        yield
        places.reset_server([name for name, _ in wanted] + ["min_wal_size"])


@pytest.fixture
def world(clock: Clock, transactional_db: None) -> World:
    made, _ring = sealed.sealed_world()
    return made


def settle() -> None:
    """Settle as often as it takes: a pass leaves a table to the next one while PostgreSQL's own cleaner holds it, and
    while a test of another process has a transaction open on the same server.
    """
    keeping.settle()
    for _ in range(120 if POSTGRES else 0):
        if set(traces.tables()) <= set(traces._in_order):
            break
        time.sleep(0.25)
        keeping.settle()


def play(world: World) -> dict[str, set[bytes]]:
    """Ask, write back, answer, close and erase; return the marks of all that it left while it lived."""
    asked = sealed.ask(world)
    token, address = asked.receipt.token, os.urandom(16)
    actions.accept(world.renee.id, asked.id)
    # Sealed anew, not an example: tests of other processes write those into the same server's log meanwhile.
    recipient = asked.receipt.recipient
    actions.write_back(world.pine, token, os.urandom(16), age_reader.seal_for([recipient], "Still there?", 12))
    actions.reply(world.renee.id, asked.id, address, age_reader.seal_to_box(recipient, "I will call at 9."))
    KeyWrap.objects.filter(key__person=world.lena.person).update(sealed=os.urandom(800))
    sealed.ask(world)  # so that there are notices and alerts besides those just forgotten
    marks = places.marks(*ASKED)
    assert {name.split(".")[0] for name in marks} == {model.__name__ for model in ASKED}
    settle()
    before = places.found(marks, places.on_disk())
    assert {"Request.envelope", "Message.envelope", "BoxReply.envelope", "KeyWrap.sealed"} <= set(before)
    assert {"Request.progress_hash", "Attempt.token_hash", "Message.token_hash", "Notice.id"} <= set(before)
    actions.made_contact(world.renee.id, asked.id)
    actions.close(world.renee.id, asked.id, CONTACT)
    actions.erase_box(address)
    KeyWrap.objects.filter(key__person=world.lena.person).delete()
    return marks


@pytest.mark.req("K-22", "K-35", "M-21")
def test_no_sealed_byte_no_hash_and_no_key_of_it_is_in_any_file(world: World) -> None:
    stays = sealed.ask(world)
    BoxReply.objects.create(box_hash=os.urandom(32), number=1, envelope=ONE, gone_on=NOW.date() + timedelta(days=9))
    marks = play(world)
    product.shift(timedelta(hours=2))
    directory.purge(product.now())  # candidate lists, and with them the hashes of attempts
    settle()
    # These point at what is not about the request: a candidate list, a public key, a supporter's words.
    for pointer in ("Attempt.list_id", "KeyWrap.key_id", "KeyWrap.recipient_id"):
        del marks[pointer]
    gone = places.without(marks, places.marks(*ASKED))
    assert {"Request.envelope", "Request.id", "Ladder.id", "Attempt.token_hash", "KeyWrap.sealed"} <= set(gone)
    assert places.found(gone, places.files()) == {}
    # What lives is there, so the search finds what there is.
    assert Request.objects.filter(id=stays.id).exists()
    assert "Request.envelope" in places.found(places.marks(Request), places.on_disk())


@pytest.mark.skipif(not POSTGRES, reason="SQLite has no table of its own statistics and no counters")
@pytest.mark.req("K-35")
def test_no_statistic_and_no_counter_tells_how_many_there_were(world: World) -> None:
    marks = play(world)
    settle()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(
            "SELECT relname, attname FROM pg_statistic JOIN pg_class ON pg_class.oid = starelid "
            "JOIN pg_attribute ON attrelid = starelid AND attnum = staattnum"
        )
        sampled = {f"{table}.{column}" for table, column in cursor.fetchall()}
        assert not {name for name in sampled if name.partition(".")[0] in traces.tables()}
        keeping.settle()
        cursor.execute(
            "SELECT relname, n_tup_ins, n_tup_del, n_tup_upd, n_live_tup FROM pg_stat_user_tables "
            "WHERE relname = ANY(%s)",
            [traces.tables()],
        )
        for name, inserted, deleted, updated, _live in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {name}")  # noqa: S608
            # One update of each row that is there now, by the pass itself.
            assert (inserted, deleted, updated) == (0, 0, cursor.fetchone()[0]), name
    assert marks


@pytest.mark.skipif(not POSTGRES, reason="SQLite's tables lie in the order of their random keys from the start")
@pytest.mark.req("K-35")
def test_rows_lie_in_the_order_of_their_random_keys_with_one_transaction_number(world: World) -> None:
    for number in range(12):
        BoxReply.objects.create(box_hash=bytes([number]) * 32, number=1, envelope=ONE, gone_on=NOW.date())
    came = order()
    assert len(numbers()) == 12
    settle()
    assert order() == sorted(came)
    assert len(numbers()) == 1


def order() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM help_requests_boxreply ORDER BY ctid")
        return [row[0] for row in cursor.fetchall()]


def numbers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT xmin::text FROM help_requests_boxreply")
        return {row[0] for row in cursor.fetchall()}


def at_rest() -> None:
    """Settle until nothing is left to do; whoever reads meanwhile makes it look again."""
    for _ in range(120):
        if traces.clear_postgresql() == 0:
            return
        time.sleep(0.25)
    raise AssertionError("there is always something to do")


@pytest.mark.skipif(not POSTGRES, reason="SQLite empties its journal in any case")
def test_a_database_where_nothing_happened_is_left_alone(world: World) -> None:
    at_rest()
    sealed.ask(world)
    assert 3 <= traces.clear_postgresql() < len(traces.tables())
    at_rest()


@pytest.mark.skipif(not POSTGRES, reason="on SQLite this is tests/site/test_backups.py")
@pytest.mark.req("A-03")
def test_settling_waits_for_nobody_and_comes_again(world: World) -> None:
    asked = sealed.ask(world)
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE help_requests_request IN EXCLUSIVE MODE")
            held.set()
            release.wait(20)
            cursor.execute("ROLLBACK")
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    traces.clear_postgresql()
    assert "help_requests_request" not in traces._in_order
    release.set()
    holder.join(10)
    settle()
    assert "help_requests_request" in traces._in_order
    assert Request.objects.get(id=asked.id).envelope
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone()[0] == "0"


@pytest.mark.skipif(not POSTGRES, reason="SQLite overwrites what is deleted")
@pytest.mark.parametrize("place", ["here", "in another database"])
@pytest.mark.req("K-22", "K-35")
def test_rows_that_were_kept_for_a_writer_anywhere_are_cleared_when_it_ends(world: World, place: str) -> None:
    """A transaction that wrote and waits holds dead rows back without a snapshot, in every database of the server."""
    at_rest()
    asked = sealed.ask(world)
    every_sealed_text_begins_alike = places.marks(KeyWrap)
    marks = places.without(places.marks(Request), every_sealed_text_begins_alike)
    marks = {name: marks[name] for name in ("Request.id", "Request.envelope", "Request.progress_hash")}
    database = connection.settings_dict["NAME"] if place == "here" else "postgres"
    with psycopg.connect(**connection.get_connection_params() | {"dbname": database}) as writer:
        writer.execute("SELECT pg_current_xact_id()")
        actions.accept(world.renee.id, asked.id)
        actions.made_contact(world.renee.id, asked.id)
        actions.close(world.renee.id, asked.id, CONTACT)
        traces.clear_postgresql()
        assert "help_requests_request" not in traces._in_order
        assert "Request.envelope" in places.found(marks, places.on_disk())
        writer.rollback()
    settle()
    assert "help_requests_request" in traces._in_order
    assert places.found(marks, places.files()) == {}


@pytest.mark.req("A-03")
def test_settling_all_the_time_disturbs_nobody(world: World) -> None:
    """Members ask, supporters answer and close, while tables are written anew again and again."""
    stop = threading.Event()
    Change.objects.create(organisation=world.pine, key="work_after", value=500, version=1, changed_at=NOW)

    def settle_on() -> int:
        while not stop.is_set():
            places.forget_order()
            keeping.settle()
        return 0

    def live() -> int:
        for _ in range(6):
            asked = sealed.ask(world)
            actions.accept(world.renee.id, asked.id)
            actions.made_contact(world.renee.id, asked.id)
            actions.close(world.renee.id, asked.id, CONTACT)
        return 6

    def members() -> list[object]:
        try:
            return at_once(*[live] * 3)
        finally:
            stop.set()
            connections.close_all()

    outcomes = at_once(settle_on, members)
    assert outcomes == [0, [6, 6, 6]]
    assert not Request.objects.exists()


# --- logs ------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not POSTGRES, reason="SQLite writes no log")
@pytest.mark.req("K-26", "K-35")
def test_the_servers_log_quotes_no_value_even_where_every_statement_is_logged(world: World) -> None:
    """`log_statement` and errors write statements down; values travel apart from them and are cut to nothing."""
    changed = [("log_statement", "all"), ("log_min_duration_statement", "0"), ("log_min_error_statement", "error")]
    places.change_server(changed)
    connection.close()
    marks = play(world)
    body = sealed.ask(world)
    with pytest.raises(DatabaseError):
        Request.objects.create(
            organisation=world.pine,
            ladder=Ladder.objects.get(id=body.request.ladder_id),
            progress_hash=body.request.progress_hash,
            envelope=body.request.envelope,
        )
    places.change_server([])
    log = {path: data for path, data in places.files().items() if path.name == "log"}
    written = b"".join(log.values())
    assert b"INSERT INTO" in written
    assert b"duplicate key value" in written
    assert places.found(marks | places.marks(Request, Attempt), log) == {}


@pytest.mark.req("K-26", "K-35")
def test_no_line_of_ours_quotes_what_a_database_error_quotes(world: World) -> None:
    """The database's own words for a broken constraint hold the value that broke it."""
    asked = sealed.ask(world)
    with console() as lines:
        try:
            Attempt.objects.create(token_hash=asked.request.progress_hash, list_id=Attempt.objects.get().list_id)
            Attempt.objects.create(token_hash=asked.request.progress_hash, list_id=Attempt.objects.get().list_id)
        except (DatabaseError, Attempt.MultipleObjectsReturned):
            logging.getLogger("alongside").exception("a job failed")
        with pytest.raises(DatabaseError):
            Request(id=asked.request.id, ladder_id=asked.request.ladder_id, organisation=world.pine).save(
                force_insert=True
            )
    assert "a job failed" in lines.getvalue()
    assert places.found(places.marks(Request, Attempt), {places.Path("log"): lines.getvalue().encode()}) == {}


# --- what our role may do, and what the doctor says ------------------------------------------------------------------


@pytest.mark.skipif(not POSTGRES, reason="SQLite has no roles")
@pytest.mark.req("K-35")
def test_an_ordinary_role_clears_its_tables_and_with_three_rights_everything(world: World) -> None:
    """The grants of the operator's manual, tried with a role that owns the tables and is nobody else."""
    play(world)
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE plain_peer")
        cursor.execute("GRANT ALL ON SCHEMA public TO plain_peer")
        cursor.execute("SELECT session_user")
        owner = cursor.fetchone()[0]
        try:
            for name in traces.tables():
                cursor.execute(f"ALTER TABLE {name} OWNER TO plain_peer")
            cursor.execute("SET ROLE plain_peer")
            places.forget_order()
            assert traces.rights() == traces.Rights(False, False, False)
            assert traces.clear_postgresql() == len(traces.tables())
            assert {"pg_switch_wal", "pg_stat_reset"} <= {
                part.split("(")[0].removesuffix("_single_table_counters").removeprefix("EXECUTE on ")
                for part in traces.kept_by_the_server()
            }
            cursor.execute("RESET ROLE")
            cursor.execute("GRANT EXECUTE ON FUNCTION pg_stat_reset_single_table_counters(oid) TO plain_peer")
            cursor.execute("GRANT EXECUTE ON FUNCTION pg_switch_wal() TO plain_peer")
            cursor.execute("GRANT pg_checkpoint TO plain_peer")
            cursor.execute("SET ROLE plain_peer")
            places.forget_order()
            assert traces.rights() == traces.Rights(True, True, True)
            assert traces.clear_postgresql() == len(traces.tables())
            at_rest()
            assert traces.kept_by_the_server() == []
        finally:
            cursor.execute("RESET ROLE")
            for name in traces.tables():
                cursor.execute(f'ALTER TABLE {name} OWNER TO "{owner}"')
            cursor.execute("DROP OWNED BY plain_peer")
            cursor.execute("DROP ROLE plain_peer")


@pytest.mark.skipif(not POSTGRES, reason="SQLite has no server")
def test_the_doctor_names_what_the_server_keeps(world: World) -> None:
    places.change_server([("log_statement", "all"), ("wal_recycle", "on")])
    connection.close()
    assert set(traces.kept_by_the_server()) == {"log_statement = all", "wal_recycle = on"}
