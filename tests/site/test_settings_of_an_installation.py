"""Settings: a file that its owner alone can read, a secret of its own, and a sentence for what cannot be used."""

import re
import secrets
import subprocess
from pathlib import Path
from typing import Any

import pytest

from alongside import cli
from alongside.site import environment, installing
from alongside.site.environment import BadSetting
from tests.site.test_commands import Installation

pytestmark = pytest.mark.whatever_database
ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "address": "https://shift.example.org",
    "mail_server": "smtp+tls://alongside:p%40ss@mail.example.org:587",
    "mail_from": "info@example.org",
    "data": "/var/lib/alongside",
}


# --- init --------------------------------------------------------------------------------------------------------


@pytest.mark.req("K-24")
def test_init_writes_settings_that_serve_can_use_and_nobody_else_can_read(tmp_path: Path) -> None:
    one, file = Installation(tmp_path), tmp_path / "etc" / "settings"
    del one.env["ALONGSIDE_DATA"]
    made = one.run(
        "init", "--settings", str(file), "--address", "https://shift.example.org",
        "--mail-server", "smtp://localhost:25", "--mail-from", "info@example.org", "--data", str(tmp_path / "data"),
        "--email", "you@example.org", "--name", "You",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "https://shift.example.org/in/enter/invitation/" in made.stdout
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    text = file.read_text()
    secret = environment.from_text(text, "x")["ALONGSIDE_SECRET_KEY"]
    assert secret not in made.stdout + made.stderr
    assert len(secret) >= 60
    assert not (tmp_path / "data" / "secret_key").exists()
    said = one.run("doctor", "--near", ALONGSIDE_SETTINGS=str(file)).stdout
    assert "People reach this installation at https://shift.example.org." in said
    again = one.run("init", "--settings", str(file), "--address", "https://other.example.org")
    assert again.returncode == 0
    assert file.read_text() == text


@pytest.mark.req("K-24")
def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    made = [installing.settings_for(**GOOD)["ALONGSIDE_SECRET_KEY"] for _ in range(3)]
    assert len(set(made)) == 3
    ours = [environment.kept_secret(tmp_path / name) for name in "ab"]
    assert ours[0] != ours[1]


@pytest.mark.req("A-03")
def test_every_server_of_an_installation_is_known_to_push_services_by_one_key(tmp_path: Path) -> None:
    """A subscription is good for one key; each container has a data folder of its own."""
    made = installing.settings_for(**{**GOOD, "data": str(tmp_path / "init")})
    keys = {environment.read({**made, "ALONGSIDE_DATA": str(tmp_path / name)}).vapid_key for name in ("web", "tick")}
    assert keys == {made["ALONGSIDE_VAPID_KEY"]}
    assert not list(tmp_path.rglob("vapid_key"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"address": "shift.example.org"}, "must be like https://"),
        ({"address": "http://shift.example.org"}, "is not https"),
        ({"address": "https://shift.example.org/support"}, "must end after the host name"),
        ({"address": "https://shift.example.org:port"}, "can be read"),
        ({"address": "https://[shift"}, "can be read"),
        ({"mail_server": "mail.example.org"}, "ALONGSIDE_SMTP_URL must begin with"),
        ({"mail_server": "smtp://a:pa/ss@mail.example.org"}, "ALONGSIDE_SMTP_URL"),
        ({"database": "mysql://x/y"}, "DATABASE_URL must begin with"),
        ({"proxies": 77}, "ALONGSIDE_PROXIES must be from 0 to 9"),
    ],
)
def test_init_refuses_with_a_sentence_and_writes_nothing(change: dict[str, Any], says: str) -> None:
    with pytest.raises(BadSetting, match=re.escape(says)) as refused:
        installing.settings_for(**{**GOOD, **change})
    assert "pa/ss" not in str(refused.value)


def test_a_settings_file_is_never_overwritten_and_holds_one_setting_a_line(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    with pytest.raises(installing.Refused, match="line break"):
        installing.write(file, {"A": "x\nALONGSIDE_DEMO=yes"})
    installing.write(file, {"A": "x"})
    with pytest.raises(installing.Refused, match="already"):
        installing.write(file, {"A": "y"})
    assert environment.from_text(file.read_text(), "x") == {"A": "x"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ALONGSIDE_DATA", "Line 1 of"),
        ("\n# x\nexport ALONGSIDE_DATA=/x", "Line 3 of"),
        ("A_B=1\nA_B=2", "twice"),
        ("lower=1", "Line 1 of"),
    ],
)
def test_a_settings_file_that_cannot_be_read_is_named_with_its_line(text: str, says: str) -> None:
    with pytest.raises(BadSetting, match=says):
        environment.from_text(text, "settings")


def test_what_stands_in_the_environment_counts_more_than_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text("A_B='quoted = and # kept'\nC_D=\"\"\nE_F=1\n")
    found = environment.with_file({"ALONGSIDE_SETTINGS": str(file), "E_F": "2"})
    assert (found["A_B"], found["C_D"], found["E_F"]) == ("quoted = and # kept", "", "2")


# --- PostgreSQL's address ----------------------------------------------------------------------------------------


def test_what_is_said_about_certificates_and_failing_over_reaches_postgresql() -> None:
    found = environment.database(
        "postgresql://alongside:p%40%3Fss@/rows?host=db1,db2&port=5432,5433&sslmode=verify-full"
        "&sslrootcert=/etc/ssl/ca.crt&target_session_attrs=read-write",
        Path("/x"),
    )
    assert (found["HOST"], found["PORT"], found["PASSWORD"]) == ("db1,db2", "5432,5433", "p@?ss")
    options = found["OPTIONS"]
    assert isinstance(options, dict)
    assert (
        options.items()
        >= {
            "sslmode": "verify-full",
            "sslrootcert": "/etc/ssl/ca.crt",
            "target_session_attrs": "read-write",
        }.items()
    )


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://a@b/c?sslmod=require",
        "postgresql://a@b/c?options=-c%20log_statement=all",
        "postgresql://a:planted?x@b/c",
        "postgresql://a:planted#x@b/c",
        "postgresql://a:planted@b",
        "postgresql://a:planted@b:port/c",
        "sqlite:///x?mode=ro",
        "sqlite://x",
        "mysql://a:planted@b/c",
    ],
)
def test_what_would_be_dropped_in_silence_is_refused_without_repeating_a_password(url: str) -> None:
    with pytest.raises(BadSetting) as refused:
        environment.database(url, Path("/x"))
    assert "planted" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALONGSIDE_SECRET_KEY", "short"),
        ("ALONGSIDE_SESSION_HOURS", "25"),
        ("ALONGSIDE_SESSION_HOURS", "0"),
        ("ALONGSIDE_IDLE_MINUTES", "4"),
        ("ALONGSIDE_IDLE_MINUTES", "x"),
        ("ALONGSIDE_PROXIES", "-1"),
        ("ALONGSIDE_BACKUP_DAYS", "0"),
        ("ALONGSIDE_ADDRESS", "ftp://x"),
    ],
)
def test_a_setting_out_of_bounds_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=r"secret|must"):
        environment.read({"ALONGSIDE_DATA": str(tmp_path), name: value})


# --- no secret for everybody -------------------------------------------------------------------------------------


@pytest.mark.req("K-24")
def test_no_secret_or_password_stands_in_the_code_or_the_recipes() -> None:
    """Search what is installed for anything set to a password or secret; the demonstration's are its own."""
    listed = subprocess.run(["git", "ls-files", "alongside", "deploy", "Makefile"], cwd=ROOT, capture_output=True,
                            text=True, check=True).stdout.split()  # fmt: skip
    assert len(listed) > 100
    setting = re.compile(
        r"""(?ix) \b [\w.]* (?: secret_key | password | passwd | api_?key | token ) ["']? \s* [=:] \s*
            (?: f?["'] [^"'{}\s]{4,} ["'] | [A-Za-z0-9+/_-]{16,} \s* $ )""",
        re.MULTILINE,
    )
    found = {
        f"{name}: {hit.group()}"
        for name in listed
        if "/demo/" not in name and "/locale/" not in name and not name.endswith((".svg", ".ico"))
        for hit in setting.finditer((ROOT / name).read_text(encoding="utf-8"))
    }
    harmless = r"current-password|new-password|account/|alongside\.accounts\.forms\.|\d/[mh]/"
    known = {hit for hit in found if re.search(harmless, hit)}
    assert found - known == set()


def test_the_search_for_secrets_finds_one() -> None:
    text = 'SECRET_KEY = "' + secrets.token_urlsafe(12) + '"'
    assert re.search(r"(?i)secret_key\s*=\s*[\"'][^\"'{}\s]{4,}", text)


@pytest.mark.req("K-24")
def test_nobody_can_sign_in_to_a_fresh_installation(tmp_path: Path) -> None:
    one = Installation(tmp_path)
    assert one.run("init", "--email", "priya@host.example", "--name", "Priya").returncode == 0
    assert one.rows("SELECT count(*) FROM accounts_person") == [(0,)]
    assert one.rows("SELECT count(*) FROM accounts_role") == [(0,)]
    assert (one.data / "secret_key").stat().st_mode & 0o777 == 0o600


# --- operators from a terminal, and the secret -------------------------------------------------------------------


@pytest.mark.req("M-21")
def test_an_operator_is_invited_or_put_in_anothers_place_from_a_terminal(tmp_path: Path) -> None:
    one = Installation(tmp_path)
    assert one.run("init", "--email", "priya@host.example", "--name", "Priya").returncode == 0
    further = one.run("operator", "sam@host.example", "--name", "Sam")
    assert "works once" in further.stdout, further.stderr
    assert one.rows("SELECT count(*) FROM accounts_invitation") == [(2,)]
    assert one.run("operator", "nobody", "--name", "Sam").returncode == 1


@pytest.mark.req("K-24")
def test_one_time_codes_survive_a_change_of_the_secret(world: Any, settings: Any) -> None:
    from allauth.mfa.models import Authenticator
    from cryptography.fernet import InvalidToken

    from alongside.accounts import actions, sso

    row = Authenticator.objects.filter(user=world.hana, type="totp").get()
    plain = sso.MfaAdapter().decrypt(row.data["secret"])
    old, new = settings.SECRET_KEY, environment.new_secret()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = new, [old]
    assert sso.MfaAdapter().decrypt(row.data["secret"]) == plain
    assert actions.renew_ciphers() == Authenticator.objects.count()
    settings.SECRET_KEY_FALLBACKS = []
    row.refresh_from_db()
    assert sso.MfaAdapter().decrypt(row.data["secret"]) == plain
    settings.SECRET_KEY = old
    with pytest.raises(InvalidToken):
        sso.MfaAdapter().decrypt(row.data["secret"])
    settings.SECRET_KEY = environment.new_secret()
    assert cli.main(["secret", "settle"]) == 1


def test_health_is_asked_for_by_a_command(tmp_path: Path) -> None:
    one = Installation(tmp_path)
    ended = one.run("health", "--port", "9")
    assert (ended.returncode, "Nothing answers" in ended.stderr) == (1, True)
