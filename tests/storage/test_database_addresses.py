"""DATABASE_URL: what it may say, what it says to the driver, and what is refused with a sentence."""

from pathlib import Path
from typing import Any

import pytest

from alongside.site.environment import BadSetting, database

DATA = Path("/srv/data")


def read(url: str) -> dict[str, Any]:
    return dict(database(url, DATA))


def test_without_an_address_a_file_in_the_data_folder_is_used() -> None:
    assert read("")["NAME"] == "/srv/data/alongside.sqlite3"
    assert read("sqlite:////var/a%20b.sqlite3")["NAME"] == "/var/a b.sqlite3"


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("postgresql://me:secret@db.example:6432/peer", "db.example", "6432"),
        ("postgres://me:secret@db.example/peer", "db.example", ""),
        ("postgresql://me:secret@one.example:5432,two.example:5433/peer", "one.example,two.example", "5432,5433"),
        ("postgresql://me:secret@one.example,two.example:5433/peer", "one.example,two.example", ",5433"),
        ("postgresql://me:secret@one.example,two.example/peer", "one.example,two.example", ""),
        ("postgresql://me:secret@[fd00::1]:5432,[fd00::2]/peer", "fd00::1,fd00::2", "5432,"),
        ("postgresql://me:secret@/peer?host=/run/a,/run/b&port=1,2", "/run/a,/run/b", "1,2"),
    ],
)
def test_one_host_several_and_sockets_are_understood(url: str, host: str, port: str) -> None:
    found = read(url)
    assert (found["HOST"], found["PORT"]) == (host, port)
    assert (found["USER"], found["PASSWORD"], found["NAME"]) == ("me", "secret", "peer")


def test_the_driver_reads_several_hosts_as_meant() -> None:
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    found = read("postgresql://me@one,two:5433/peer?sslmode=require&connect_timeout=3")
    assert conninfo_to_dict(make_conninfo(host=found["HOST"], port=found["PORT"]))["port"] == ",5433"


def test_what_is_safe_is_set_unless_something_else_is_said() -> None:
    plain = read("postgresql://me@db/peer")["OPTIONS"]
    assert plain == {"connect_timeout": 5, "target_session_attrs": "read-write", "server_side_binding": True}
    said = read("postgresql://me@db/peer?sslmode=verify-full&sslrootcert=/etc/ca%20s.pem&connect_timeout=3")["OPTIONS"]
    assert said["sslmode"] == "verify-full"
    assert said["sslrootcert"] == "/etc/ca s.pem"
    assert said["connect_timeout"] == "3"


def test_a_password_may_hold_anything_that_is_written_as_in_addresses() -> None:
    found = read("postgresql://me%40host:p%40ss%2F%3A%3F@db/peer")
    assert (found["USER"], found["PASSWORD"], found["HOST"]) == ("me@host", "p@ss/:?", "db")


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("mysql://db/peer", "sqlite:/// or postgresql://"),
        ("peer.sqlite3", "sqlite:/// or postgresql://"),
        ("sqlite:///", "path of the file"),
        ("sqlite:////a?timeout=3", "nothing else"),
        ("postgresql://me@db/peer?sslmod=require", "'sslmod', which is not known"),
        ("postgresql://me@db/peer?options=-c%20fsync=off", "'options', which is not known"),
        ("postgresql://me@db/peer?sslmode=yes", "sslmode in DATABASE_URL must be one of"),
        ("postgresql://me@db/peer?sslrootcert=", "must be something"),
        ("postgresql://me@db/peer?connect_timeout=soon", "number of seconds"),
        ("postgresql://me@db/peer?connect_timeout=0", "number of seconds"),
        ("postgresql://me@db/peer?target_session_attrs=standby", "target_session_attrs"),
        ("postgresql://me@db/peer?sslmode", "cannot be read"),
        ("postgresql://me@db:many/peer", "port of the database server in DATABASE_URL must be a number"),
        ("postgresql://me:a[b@db/peer", "cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_sentence(url: str, named: str) -> None:
    with pytest.raises(BadSetting) as refused:
        database(url, DATA)
    assert named in str(refused.value)


def test_a_refusal_never_shows_the_password() -> None:
    with pytest.raises(BadSetting) as refused:
        database("postgresql://me:hunter2@db:many/peer?sslmode=yes", DATA)
    assert "hunter2" not in str(refused.value)
