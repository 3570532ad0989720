"""The doctor names each thing that is wrong with an installation, in a sentence that says what to do."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from alongside import cli
from alongside.accounts.models import AuditEntry, ContactPoint, Organisation, Role
from alongside.notify.models import Notice
from alongside.site import doctor, keeping, marks, schedule, traces
from tests.help_requests import sealed
from tests.notify.receivers import MailBox, mail_server
from tests.world import NOW, World
from tools.ports import free_port


@pytest.fixture
def healthy(settings: Any, tmp_path: Path, clock: Any, db: None) -> World:
    """An installation with nothing wrong but what a test breaks."""
    data, static = tmp_path / "data", tmp_path / "static"
    data.mkdir(mode=0o700)
    (data / "secret_key").write_text("secret")
    (data / "secret_key").chmod(0o600)
    (data / "tick").touch()
    static.mkdir()
    (static / "staticfiles.json").write_text(json.dumps({"paths": {"a.js": "a.1.js", "a.css": "a.1.css"}}))
    settings.DATA, settings.STATIC_ROOT = data, static
    cast, _ring = sealed.sealed_world()
    Organisation.objects.filter(slug="lake").update(open=False)
    made = keeping.backup(data / "last.backup")
    marks.note_backup(data / "last.backup", made.made_at)
    return cast


ABOUT_POSTGRESQL = {"database log", "journal"} if connection.vendor == "postgresql" else set()


@pytest.fixture(autouse=True)
def _quiet_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server of the tests logs as it likes; what the doctor says of that is in tests/storage."""
    monkeypatch.setattr(traces, "kept_by_the_server", list)


@pytest.fixture(autouse=True)
def _own_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALONGSIDE_SECRET_KEY", raising=False)


def wrong() -> dict[str, str]:
    """Return what is wrong, by name."""
    found = [finding for finding in doctor.examine(NOW) if finding.level != "ok"]
    # A server for tests is not set up like one that keeps something; test_doctor_postgresql.py looks at these.
    return {finding.name: finding.says for finding in found if finding.name not in ABOUT_POSTGRESQL}


def test_a_healthy_installation_has_nothing_wrong(healthy: World) -> None:
    assert wrong() == {}
    assert {finding.name for finding in doctor.examine(NOW)} == {
        "data", "secret", "static", "disk", "backup", "address", "mail", "database", "storage", "clock", "operator",
        "organisations", "numbers", "outside_help", "law", "outbox", "reach", "passkeys", "tick", *ABOUT_POSTGRESQL,
    }  # fmt: skip


@pytest.mark.req("K-24")
def test_a_secret_or_folder_that_others_can_read_is_named(healthy: World, settings: Any) -> None:
    (settings.DATA / "secret_key").chmod(0o644)
    settings.DATA.chmod(0o750)
    assert {"secret", "data"} <= set(wrong())
    assert "chmod 600" in wrong()["secret"]


def test_a_missing_secret_or_folder_is_named(healthy: World, settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "nowhere"
    assert {"secret", "data"} <= set(wrong())


def test_a_missing_build_is_named(healthy: World, settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    assert "make build" in wrong()["static"]
    (tmp_path / "staticfiles.json").write_text("{broken")
    assert "static" in wrong()


@pytest.mark.parametrize(
    ("address", "named"),
    [
        (("http://peer.example", "peer.example", False), "not https"),
        (("https://peer.example", "localhost", True), "ALONGSIDE_HOSTS"),
        (("https://peer.example", "peer.example", False), "ALONGSIDE_HTTPS"),
        (("https://peer.example", "peer.example", True), None),
        (("http://localhost:8000", "localhost", False), None),
    ],
)
def test_an_address_where_nobody_could_ask_is_named(
    healthy: World, settings: Any, address: tuple[str, str, bool], named: str | None
) -> None:
    settings.ALONGSIDE_ADDRESS, host, settings.SESSION_COOKIE_SECURE = address
    settings.ALLOWED_HOSTS = [host]
    assert (named is None and "address" not in wrong()) or str(named) in wrong()["address"]


@pytest.mark.req("A-03")
def test_a_mail_server_that_does_not_answer_is_named(healthy: World, settings: Any) -> None:
    port = free_port()
    with mail_server(settings, MailBox(), port):
        assert "mail" not in wrong()
    assert str(port) in wrong()["mail"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite's settings")
def test_sqlite_without_its_safe_settings_is_named(healthy: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete=OFF")
        try:
            assert "secure_delete" in wrong()["storage"]
        finally:
            cursor.execute("PRAGMA secure_delete=ON")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL's statistics")
def test_a_column_that_postgresql_samples_is_named(healthy: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE help_requests_request ALTER COLUMN envelope SET STATISTICS -1")
    assert "help_requests_request.envelope" in wrong()["storage"]


def test_a_database_of_another_version_is_named_and_nothing_is_read_from_it(healthy: World) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(*max(one for one in recorder.applied_migrations() if one[0] == "help_requests"))
    assert "database" in wrong()
    assert not {"clock", "operator", "organisations", "outbox", "tick"} & {one.name for one in doctor.examine(NOW)}
    assert "manage migrate" in wrong()["database"]


def test_rows_from_the_future_tell_of_a_wrong_clock(healthy: World) -> None:
    AuditEntry.objects.create(what="policy.changed", at=NOW + timedelta(hours=2))
    assert "clock" in wrong()


def test_no_operator_is_named(healthy: World) -> None:
    Role.objects.filter(name="operator").delete()
    assert "alongside init" in wrong()["operator"]


@pytest.mark.req("A-03", "D-01", "A-07")
def test_an_organisation_that_cannot_answer_is_named_with_what_it_lacks(healthy: World) -> None:
    Organisation.objects.filter(slug="lake").update(open=True, on_call_number="")
    Role.objects.filter(organisation=healthy.lake, name="coordinator").delete()
    text = wrong()["organisations"]
    assert text.startswith("Lakeshore Police Service: ")
    assert "on-call number" in text
    assert "coordinates" in text
    assert "1 supporters" in text


def test_an_installation_without_an_organisation_is_warned_not_failed(healthy: World) -> None:
    Organisation.objects.update(open=False)
    assert [f.level for f in doctor.examine(NOW) if f.name == "organisations"] == ["warning"]


@pytest.mark.req("A-03")
def test_notices_that_were_given_up_are_named(healthy: World) -> None:
    Notice.objects.create(kind="email", address="x@x.example", message="test", due_at=NOW, expires_at=NOW, failed=True)
    assert "outbox" in wrong()
    assert "x@x.example" not in wrong()["outbox"]


@pytest.mark.req("A-03")
def test_timed_jobs_that_do_not_run_are_named(healthy: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings.DATA / "tick").unlink()
    assert [f.level for f in doctor.examine(NOW) if f.name == "tick"] == ["warning"]
    Notice.objects.create(
        kind="email", address="x@x.example", message="test", due_at=NOW - timedelta(minutes=6), expires_at=NOW
    )
    assert [f.level for f in doctor.examine(NOW) if f.name == "tick"] == ["failure"]
    Notice.objects.all().delete()
    monkeypatch.setattr(schedule, "seconds_since_mark", lambda: 301.0)
    assert [f.level for f in doctor.examine(NOW) if f.name == "tick"] == ["failure"]


@pytest.mark.req("K-24")
def test_a_passkey_of_another_address_is_counted_and_not_named(healthy: World, settings: Any) -> None:
    settings.ALONGSIDE_ADDRESS = "https://peers.example"
    for host, credential in (("peers.example", "one"), ("old.example", "two")):
        data = {"name": "Phone", "host": host, "credential": {"id": credential}}
        Authenticator.objects.create(user=healthy.renee.person, type="webauthn", data=data)
    (found,) = [one for one in doctor.examine(NOW) if one.name == "passkeys"]
    assert found.level == "warning"
    assert found.says.startswith("1 passkey was made")
    assert "Renée" not in found.says


def test_the_command_ends_with_1_on_a_failure_and_0_without(healthy: World, capsys: Any) -> None:
    assert cli.main(["doctor"]) == 0
    assert "Nothing is wrong." in capsys.readouterr().out
    Role.objects.filter(name="operator").delete()
    assert cli.main(["doctor"]) == 1
    assert "1 to put right." in capsys.readouterr().out


def test_the_command_prints_json(healthy: World, capsys: Any) -> None:
    Role.objects.filter(name="operator").delete()
    assert cli.main(["doctor", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is False
    assert [one["level"] for one in said["findings"] if one["name"] == "operator"] == ["failure"]


@pytest.mark.req("A-03")
def test_people_whom_no_message_reaches_are_counted_and_not_named(healthy: World) -> None:
    ContactPoint.objects.filter(person=healthy.ana.person).update(state="unconfirmed")
    assert wrong()["reach"].startswith("1 person who is called has not said yet")
    ContactPoint.objects.filter(person=healthy.renee.person).update(state="dead")
    assert wrong()["reach"].startswith("No message reaches 1 person")
    assert [f.level for f in doctor.examine(NOW) if f.name == "reach"] == ["failure"]
