"""The secret part of a calendar's address, and the address of a supporter's own, stand nowhere they need not."""

import json
import logging
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alongside.notify import actions as outbox
from alongside.notify import queries as notify
from alongside.notify.models import Notice
from alongside.rota import actions, ics
from alongside.rota.ics import writing
from alongside.rota.models import Busy, BusyFeed, Feed
from alongside.site import environment, keeping
from alongside.site.logs import NamesNobody, Plain
from alongside.team import actions as service
from tests.conftest import Clock
from tests.rota.test_calendar_feeds import actions_seat, make
from tests.site.test_commands import Installation
from tests.world import NOW, World, sign_in, timedelta
from tools.ports import free_port

OWN = "https://calendar.example.org/private-5ecret/basic.ics"


def everything() -> str:
    """Return every value of every table."""
    found = []
    for model in apps.get_models():
        for row in model.objects.values_list():  # type: ignore[attr-defined]
            found += [bytes(one).hex() if isinstance(one, bytes | memoryview) else str(one) for one in row]
    return "\n".join(found)


def test_neither_stands_in_any_table(world: World, client: Client) -> None:
    path = make(client, world)
    token = path.removeprefix("/in/rota/").removesuffix(".ics")
    Client().get(path)
    actions.keep_calendar(world.pine.id, world.renee.id, OWN)
    kept = everything()
    assert str(world.renee.id) in kept
    assert "shift info" in kept.lower()
    for secret in (token, "private-5ecret", "calendar.example.org"):
        assert secret not in kept
        assert secret.encode().hex() not in kept


def test_what_a_feed_says_of_itself_lets_nobody_keep_or_list_it(world: World, client: Client) -> None:
    path = make(client, world)
    for one in (Client().get(path), Client().get(path[:-6] + "0.ics"), client.get(path)):
        assert one.headers["Referrer-Policy"] == "no-referrer"
        assert one.headers["Cache-Control"] == "no-store"
        assert one.headers["X-Robots-Tag"] == "noindex"
        assert one.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in one.headers
        assert "Location" not in one.headers


def test_one_that_is_revoked_or_whose_owner_left_is_answered_like_one_that_never_was(
    world: World, client: Client, clock: Clock
) -> None:
    revoked, left = make(client, world), make(client, world)
    never = "/in/rota/" + "A" * 43 + ".ics"
    newest = Feed.objects.order_by("id")
    assert newest.count() == 2
    import hashlib

    token = revoked.removeprefix("/in/rota/").removesuffix(".ics")
    Feed.objects.get(token_hash=hashlib.sha256(token.encode()).digest()).delete()
    service.end(actions_seat(world), world.renee.id)
    told = []
    for path in (never, revoked, left):
        with CaptureQueriesContext(connection) as asked:
            answer = Client().get(path)
        shapes = [re.sub(r"(x|X|'\\x|')'?[0-9A-Fa-f]{64}'(::bytea)?", "HASH", one["sql"]) for one in asked]
        told.append((answer.status_code, answer.content, sorted(answer.headers.items()), shapes))
    assert told[0][0] == 404
    assert told[0] == told[1] == told[2]


def spent(path: str, count: int = 40) -> float:
    """Return the middle of how long an answer takes."""
    client, found = Client(), []
    for _ in range(count):
        begun = time.perf_counter()
        client.get(path)
        found.append(time.perf_counter() - begun)
    return sorted(found)[count // 2]


def test_no_time_that_passes_tells_a_revoked_one_from_one_that_never_was(world: World, client: Client) -> None:
    path = make(client, world)
    Feed.objects.all().delete()
    make(client, world)
    never = "/in/rota/" + "A" * 43 + ".ics"
    spent(never, 5)
    first, second = spent(path), spent(never)
    # The same statement on the same index: what differs is the noise of this machine.
    assert 0.4 < first / second < 2.5


class Kept(logging.Handler):
    """Keeps lines as they would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(Plain())
        self.addFilter(NamesNobody())

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.lines.append(self.format(record))


@contextmanager
def logged() -> Iterator[Kept]:
    kept, root = Kept(), logging.getLogger()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    try:
        yield kept
    finally:
        root.removeHandler(kept)
        root.setLevel(level)


def test_a_failure_while_a_feed_is_written_says_nothing_of_whose(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(client, world)

    def fail(*about: object) -> bytes:
        raise RuntimeError(f"{path} of Renée: {about}")

    monkeypatch.setattr(writing, "write", fail)
    with logged() as kept:
        answer = Client(raise_request_exception=False).get(path)
    assert answer.status_code == 500
    token = path.removeprefix("/in/rota/").removesuffix(".ics")
    said = answer.content.decode() + "\n".join(kept.lines)
    assert "RuntimeError" in said
    for secret in (token, token[:12], "Renée", "/in/rota/"):
        assert secret not in said


def test_a_failure_while_a_calendar_is_read_says_nothing_of_its_address(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.keep_calendar(world.pine.id, world.renee.id, OWN)

    def fail(address: str, **_more: object) -> bytes:
        raise RuntimeError(f"{address} cannot be read")

    monkeypatch.setattr(ics, "fetch", fail)
    with logged() as kept:
        assert actions.read_calendars(NOW) == 0
    said = "\n".join(kept.lines)
    assert "a calendar could not be read: RuntimeError" in said
    assert "private-5ecret" not in said
    assert "example.org" not in said


MAKE = """
import django; django.setup()
from alongside.accounts.models import Office, Organisation, Person
from alongside.rota import actions, ics
from alongside.team.models import Supporter
from datetime import date
pine = Organisation.objects.get(slug="pine")
who = Person.objects.create(email="renee@pine.example", name="Renee Dubois")
office = Office.objects.create(organisation=pine, name="Jail")
one = Supporter.objects.create(organisation=pine, person=who, office=office, agreement_version=1,
    agreed_on=date(2026, 1, 1), designated_on=date(2026, 1, 1))
print(actions.make_feed(pine.id, one.id))
"""


@pytest.mark.whatever_database
def test_a_running_server_writes_no_address_down(tmp_path: Path) -> None:
    one = Installation(tmp_path)
    made = one.run(
        "init", "--email", "priya@host.example", "--name", "Priya", "--organisation", "Pine County",
        "--slug", "pine", "--zone", "America/Chicago", "--coordinator", "hana@pine.example",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    env = {**one.env, "DJANGO_SETTINGS_MODULE": "alongside.site.settings"}
    done = subprocess.run([sys.executable, "-c", MAKE], env=env, capture_output=True, text=True, check=False)
    token = done.stdout.strip()
    assert len(token) == 43, done.stderr
    port = free_port()
    server = one.start("serve", "--port", str(port))
    try:
        assert status(port, f"/in/rota/{token}.ics") == 200
        assert status(port, f"/in/rota/{token[:-1]}.ics") == 404
        assert status(port, f"/in/rota/{token}.ics?x={token}") == 200
        assert status(port, f"/in/rota/{token}.ics", "POST") in {403, 405}
        assert status(port, f"/in/rota/{token}.ics/") == 404
    finally:
        server.terminate()
        said, _ = server.communicate(timeout=60)
    assert said.strip()
    assert token not in said
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert token.encode() not in file.read_bytes(), file.name


def status(port: int, path: str, method: str = "GET") -> int:
    """Return how the server answers, once it does."""
    ends_at = time.monotonic() + 90
    while True:
        door = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            door.request(method, path, headers={"Host": "localhost"})
            return door.getresponse().status
        except ConnectionError:
            if time.monotonic() > ends_at:
                raise
            time.sleep(0.3)
        finally:
            door.close()


# --- another secret ----------------------------------------------------------------------------------------------


@pytest.mark.req("K-24")
def test_a_settled_secret_opens_calendars_and_waiting_notices_and_the_former_one_nothing(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.keep_calendar(world.pine.id, world.renee.id, OWN)
    outbox.queue(
        about=None,
        to=[("email", "jo@x.example")],
        message="invitation",
        language="en",
        values={"title": "Shift info", "days": 7, "link": settings.ALONGSIDE_ADDRESS + "/in/enter/abc"},
        now=NOW,
        expires_at=NOW + timedelta(days=7),
    )
    old, new = settings.SECRET_KEY, environment.new_secret()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = new, [old]
    codes, calendars = keeping.encrypt_anew()
    assert (codes > 0, calendars) == (True, 1)
    settings.SECRET_KEY_FALLBACKS = []
    assert notify.opened_address(bytes(BusyFeed.objects.get().address)) == OWN
    assert json.dumps(Notice.objects.get().values).count("/in/enter/abc") == 1
    seen: list[str] = []
    monkeypatch.setattr(ics, "fetch", lambda address, **_more: seen.append(address) or b"")
    monkeypatch.setattr(ics, "read", lambda *_about: [(NOW, NOW + timedelta(hours=1))])
    assert actions.read_calendars(NOW) == 1
    assert seen == [OWN]
    settings.SECRET_KEY = old
    assert notify.opened_address(bytes(BusyFeed.objects.get().address)) == ""


def test_a_calendar_that_no_known_secret_opens_is_forgotten_when_the_secret_is_settled(
    world: World, settings: Any, client: Client
) -> None:
    actions.keep_calendar(world.pine.id, world.renee.id, OWN)
    Busy.objects.create(supporter=world.renee, starts_at=NOW, ends_at=NOW + timedelta(hours=1))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = environment.new_secret(), []
    assert actions.renew_calendars() == 0
    assert not BusyFeed.objects.exists()
    assert not Busy.objects.exists()
    settings.SECRET_KEY_FALLBACKS = []
    sign_in(client, world.renee.person)
    assert client.get(reverse("in_calendar")).status_code == 200
