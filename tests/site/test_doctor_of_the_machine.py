"""The doctor and this machine: each thing is really broken, and really named with what to do."""

import gzip
import json
import os
import smtplib
import subprocess
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import RequestFactory

from alongside import cli
from alongside.content import law
from alongside.site import doctor, keeping, marks, reasons, whole
from alongside.site.doctor import address, clock, here, mail
from tests.notify.receivers import MailBox, mail_server
from tests.site.test_doctor import healthy, wrong  # noqa: F401
from tests.world import NOW, World
from tools.ports import free_port

pytestmark = [pytest.mark.req("K-24"), pytest.mark.usefixtures("_own_secret")]


@pytest.fixture
def _own_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALONGSIDE_SECRET_KEY", raising=False)


def test_settings_that_others_can_read_or_that_are_gone_are_named(
    healthy: World,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "settings"
    file.write_text("ALONGSIDE_SECRET_KEY=x\n")
    file.chmod(0o640)
    monkeypatch.setenv("ALONGSIDE_SETTINGS", str(file))
    assert "chmod 600" in wrong()["settings"]
    file.chmod(0o600)
    assert "settings" not in wrong()
    file.unlink()
    assert "alongside init" in wrong()["settings"]


def test_data_inside_the_source_code_is_named(healthy: World, settings: Any) -> None:  # noqa: F811
    (settings.DATA.parent / ".git").mkdir()
    assert "source code" in wrong()["data"]


def test_a_former_secret_is_remembered_until_it_is_settled(healthy: World, settings: Any) -> None:  # noqa: F811
    settings.SECRET_KEY_FALLBACKS = ["the one before"]
    assert "alongside secret settle" in wrong()["former"]


# --- the disk ----------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A real file system of 2 MB, to be filled and made read-only."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "none", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root can make a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_nearly_full_full_or_read_only_is_named(
    healthy: World,  # noqa: F811
    settings: Any,
    small_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.DATA = small_disk
    assert "full" in wrong()["disk"]
    monkeypatch.setattr(here, "FULL", 1000)
    assert "nearly full" in wrong()["disk"]
    (small_disk / "big").write_bytes(bytes(1_900_000))
    with pytest.raises(OSError, match="No space"):
        (small_disk / "more").write_bytes(bytes(1_000_000))
    assert "No request can be stored" in wrong()["disk"]
    for file in small_disk.iterdir():
        file.unlink()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert "Read-only" in wrong()["disk"]


def test_a_network_file_system_is_not_taken_for_sqlite(
    healthy: World,  # noqa: F811
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite's locks")
    kind, _device = here._mount(Path("/"))
    assert kind
    monkeypatch.setattr(here, "OVER_A_NETWORK", {kind, here._mount(Path(settings.DATA))[0]})
    assert "network file system" in wrong()["disk"]


def test_encryption_of_the_disk_is_seen_asked_for_or_unknown(
    healthy: World,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for known, level, word in (
        (True, "ok", "is encrypted"),
        (False, "warning", "not encrypted"),
        (None, "warning", "cannot be seen"),
    ):
        monkeypatch.setattr(here, "_is_encrypted", lambda _device, known=known: known)
        (found,) = here.encrypted(NOW)
        assert (found.level, word in found.says) == (level, True)
    monkeypatch.undo()
    assert here._is_encrypted("") is None
    assert here._is_encrypted("999:999") is None


def test_the_clock_is_asked_of_the_kernel() -> None:
    state = clock._kernel_state()
    assert state is None or 0 <= state <= 5
    found = list(clock.kept_right(NOW))
    assert bool(found) == (state is not None)


# --- backups -----------------------------------------------------------------------------------------------------


def test_an_old_a_broken_a_lost_and_an_open_backup_are_named(healthy: World, settings: Any) -> None:  # noqa: F811
    mark, file = marks.last_backup(), settings.DATA / "last.backup"
    assert mark is not None
    assert "backup" not in wrong()
    file.chmod(0o644)
    assert "chmod 600" in wrong()["backup"]
    file.chmod(0o600)
    written = file.read_bytes()
    text = gzip.decompress(written)
    assert b"Vogel" in text
    for broken in (written[:-20], b"", b"no gzip at all", gzip.compress(text.replace(b"Vogel", b"Vogle")),
                   gzip.compress(b"\n".join(text.splitlines()[1:])), gzip.compress(text + b"{}\n")):  # fmt: skip
        file.write_bytes(broken)
        assert "cannot be read back" in wrong().get("backup", ""), broken[:300]
    file.write_bytes(written)
    assert "backup" not in wrong()
    file.unlink()
    assert "not there any more" in wrong()["backup"]
    marks.note_backup(file, (NOW - timedelta(days=3)).isoformat())
    assert "3 days old" in wrong()["backup"]
    (settings.DATA / "last_backup").write_text("{broken")
    assert "No backup was made" in wrong()["backup"]


def test_one_long_line_is_judged_without_being_held(healthy: World, settings: Any) -> None:  # noqa: F811
    mark, file = marks.last_backup(), settings.DATA / "last.backup"
    assert mark is not None
    with gzip.open(file, "wb", compresslevel=1) as packed:
        for _ in range(64):
            packed.write(b" " * (1 << 20))
    tracemalloc.start()
    try:
        assert "cannot be read back" in wrong()["backup"]
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_the_command_leaves_a_mark_that_its_owner_alone_can_read(
    healthy: World,  # noqa: F811
    settings: Any,
    tmp_path: Path,
) -> None:
    assert cli.main(["backup", str(tmp_path / "tonight.backup")]) == 0
    mark = marks.last_backup()
    assert mark is not None
    assert mark["path"] == str(tmp_path / "tonight.backup")
    assert (settings.DATA / "last_backup").stat().st_mode & 0o777 == 0o600
    assert whole.is_whole(tmp_path / "tonight.backup")
    with pytest.raises(keeping.Refused):
        keeping.backup(tmp_path / "tonight.backup")


# --- mail --------------------------------------------------------------------------------------------------------


def test_each_fault_of_a_mail_server_has_its_own_advice(healthy: World, settings: Any) -> None:  # noqa: F811
    port = free_port()
    with mail_server(settings, MailBox(), port):
        assert "mail" not in wrong()
        settings.EMAIL_USE_TLS = True
        assert "does not offer encryption" in wrong()["mail"]
        settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = False, True
        assert "Port 465 wants smtps" in wrong()["mail"]
        settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "alongside", "planted-password"
        assert "signing in" in wrong()["mail"]
        assert "planted" not in wrong()["mail"]
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    assert "nothing listens there" in wrong()["mail"]


def test_what_a_mail_server_said_is_not_repeated() -> None:
    said = mail.reason(smtplib.SMTPAuthenticationError(535, b"bad password planted-password for planted@x.example"))
    assert "refuses name or password" in said
    assert "planted" not in said


def test_a_test_message_is_really_sent_and_says_nothing(healthy: World, settings: Any, capsys: Any) -> None:  # noqa: F811
    box = MailBox()
    with mail_server(settings, box, free_port()):
        cli.main(["doctor", "--near", "--send-test", "you@host.example"])
        assert "took the test for you@host.example" in capsys.readouterr().out
    (taken,) = box.taken
    assert taken[0] == "you@host.example"
    text = taken[1].as_string().lower()
    assert "support" not in text
    assert "alongside" not in text
    with mail_server(settings, MailBox("refuses"), free_port()):
        assert cli.main(["doctor", "--near", "--send-test", "you@host.example"]) == 1
        assert "refuses to deliver" in capsys.readouterr().out
    assert cli.main(["doctor", "--near", "--send-test", "nobody"]) == 1


# --- the way in --------------------------------------------------------------------------------------------------


def test_an_address_that_is_a_number_is_named(healthy: World, settings: Any) -> None:  # noqa: F811
    settings.ALONGSIDE_ADDRESS, settings.ALLOWED_HOSTS = "https://192.0.2.10", ["192.0.2.10"]
    settings.SESSION_COOKIE_SECURE = True
    assert "passkeys do not work" in wrong()["address"]


@pytest.mark.parametrize(
    ("count", "forwarded", "secure", "hosted", "says"),
    [
        (1, ["-"], True, True, ""),
        (2, ["203.0.113.7", "-", "-"], True, True, ""),
        (1, ["203.0.113.7", "-"], True, True, ""),
        (1, ["203.0.113.7"], True, True, "pretend to come from anywhere"),
        (0, ["203.0.113.7"], True, True, "pretend to come from anywhere"),
        (2, ["203.0.113.7", "-"], True, True, "one too many"),
        (1, [], True, True, "only 0 stand in front"),
        (0, ["-"], True, True, "Set it to 1"),
        (1, ["-"], False, True, "X-Forwarded-Proto is missing"),
        (1, ["-"], True, False, "changes the host name"),
    ],
)
def test_what_a_proxy_does_wrong_is_named(  # noqa: PLR0917
    settings: Any, count: int, forwarded: list[str], secure: bool, hosted: bool, says: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT, settings.ALONGSIDE_ADDRESS = count, "https://peer.example"
    found = list(address._misled(address.Seen(secure, hosted, forwarded, "203.0.113.7")))
    assert len(found) == bool(says)
    assert says in "".join(found)


def test_the_doctors_question_tells_no_address_of_anybody(settings: Any) -> None:
    token = address.signing.dumps(address.PRETENDED, salt=address.PURPOSE)
    asked = RequestFactory().get("/", HTTP_X_FORWARDED_FOR="203.0.113.7, 198.51.100.20", HTTP_HOST="testserver")
    seen = address.seen_of(asked, token)
    assert seen is not None
    assert seen["forwarded"] == ["203.0.113.7", "-"]
    assert "198.51" not in json.dumps(seen)
    assert address.seen_of(asked, token[:-1] + "x") is None
    old = address.signing.TimestampSigner(salt=address.PURPOSE)
    old.timestamp = lambda: address.signing.b62_encode(1)  # type: ignore[method-assign]
    assert address.seen_of(asked, old.sign_object(address.PRETENDED)) is None


# --- what pages name ---------------------------------------------------------------------------------------------


def test_numbers_that_were_not_checked_in_time_are_named(healthy: World, clock: Any) -> None:  # noqa: F811
    last = max(line.expires_on for line in law.lines("en") if line.enabled)
    first = min(line.expires_on for line in law.lines("en") if line.enabled)
    soon = NOW + (first - NOW.date()) - timedelta(days=10)
    late = NOW + (last - NOW.date()) + timedelta(days=1)
    said = {one.name: one for one in doctor.examine(soon)}["numbers"]
    assert (said.level, "within 30 days" in said.says) == ("warning", True)
    said = {one.name: one for one in doctor.examine(late)}["numbers"]
    assert (said.level, "may be wrong" in said.says) == ("failure", True)


# --- why a database does not answer ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('connection to server at "10.1.2.3", port 5432 failed: Connection refused', "nothing listens there"),
        ('FATAL:  password authentication failed for user "planted"', "it refuses name or password"),
        ('could not translate host name "planted" to address', "its host name is unknown"),
        ("unable to open database file", "cannot be opened"),
        ("database or disk is full", "the disk is full"),
        ("something planted that nobody knows", ""),
    ],
)
def test_a_reason_is_given_in_our_own_words(text: str, says: str) -> None:
    found = reasons.of(Exception(text))
    assert says in found
    assert bool(found) == bool(says)
    assert "planted" not in found
    assert "10.1.2.3" not in found


def test_a_secret_kept_in_the_settings_is_seen(
    healthy: World,  # noqa: F811
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (settings.DATA / "secret_key").unlink()
    assert "no secret" in wrong()["secret"]
    file = tmp_path / "settings"
    file.write_text(f"ALONGSIDE_SECRET_KEY={make_password('x')}\n")
    file.chmod(0o600)
    monkeypatch.setenv("ALONGSIDE_SETTINGS", str(file))
    assert "secret" not in wrong()
    assert os.environ["ALONGSIDE_SETTINGS"]
