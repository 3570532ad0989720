"""A database of the first version, with a request that waits, one that is taken, and a reply, is updated: all go on."""

import json
import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from alongside.help_requests import actions
from alongside.help_requests.models import BoxReply
from tests import age_reader
from tests.conftest import Clock
from tests.e2e.conftest import ROOT
from tests.help_requests import sealed
from tests.help_requests.frames import ONE, TWELVE
from tests.storage import old
from tests.storage.machines import Asking
from tests.world import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[str]:
    """Return the address of an empty database of its own."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.sqlite3'}"
        return
    server, name = os.environ["DATABASE_URL"], f"old_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as control:
        control.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    before, _, query = server.partition("?")
    yield f"{before.rpartition('/')[0]}/{name}?{query}"
    with psycopg.connect(server, autocommit=True) as control:
        control.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


def run(asking: Asking, *command: str) -> dict[str, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.storage.old", *command],
        cwd=ROOT, env=asking.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, dict[str, object]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.req("A-03", "M-21")
def test_open_requests_climb_and_open_after_an_update_as_before(place: str, tmp_path: Path, clock: Clock) -> None:
    world, ring = sealed.sealed_world()
    waits, taken = sealed.ask(world, words="a first request"), sealed.ask(world, words="a second one")
    actions.accept(world.renee.id, taken.id)
    actions.write_back(world.pine, taken.receipt.token, os.urandom(16), TWELVE)
    BoxReply.objects.create(box_hash=os.urandom(32), number=1, envelope=ONE, gone_on=NOW.date() + timedelta(days=9))
    asking = Asking(tmp_path, place)
    (tmp_path / "rows").write_bytes(old.rows())
    run(asking, "make", str(tmp_path / "rows"))
    assert has_row_numbers(place)

    updated = asking.alongside("manage", "migrate", "--no-input")
    assert updated.returncode == 0, updated.stderr
    assert not has_row_numbers(place)
    found = run(asking, "go", "on", "6")
    assert set(found) == {str(waits.id), str(taken.id)}
    assert found[str(waits.id)]["state"] == "alerted"
    assert set(found[str(waits.id)]["called"]) >= {str(world.renee.id), str(world.marcus.id)}  # type: ignore[call-overload]
    assert found[str(taken.id)]["state"] == "accepted"
    assert found[str(taken.id)]["messages"] == [TWELVE.hex()]
    assert found[str(taken.id)]["replies"] == 1
    for one, words in ((waits, "a first request"), (taken, "a second one")):
        envelope = bytes.fromhex(str(found[str(one.id)]["envelope"]))
        assert json.loads(age_reader.open_with(ring.identities[world.renee.id], envelope))["words"] == words
    doctor = asking.alongside("doctor", "--json")
    levels = {one["name"]: one["level"] for one in json.loads(doctor.stdout)["findings"]}
    assert levels["database"] == "ok"


def has_row_numbers(place: str) -> bool:
    """Say whether requests lie in the order they came; always no on PostgreSQL after an update and yes before."""
    if not place.startswith("sqlite"):
        with psycopg.connect(place) as control:
            row = control.execute("SELECT count(*) FROM django_migrations WHERE app = 'site'").fetchone()
        return row == (1,)
    with sqlite3.connect(place.removeprefix("sqlite:///")) as file:
        made = file.execute("SELECT sql FROM sqlite_master WHERE name = 'help_requests_request'").fetchone()[0]
    file.close()
    return not str(made).endswith("WITHOUT ROWID")
