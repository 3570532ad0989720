"""The recipes agree with the program: what the doctor wants of PostgreSQL, what units may do, what is in the wheel."""

import re
from pathlib import Path

import pytest

from alongside.site import entrance
from alongside.site.doctor import postgresql

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
HARD = {
    "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "UMask=0077", "User=alongside",
    "StateDirectory=alongside", "StateDirectoryMode=0700", "CapabilityBoundingSet=", "LimitCORE=0",
    "SystemCallFilter=@system-service",
}  # fmt: skip


def settings(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(\w+) = '?([^'\n]+)'?$", text, re.MULTILINE))


@pytest.mark.req("K-24")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_unit_may_do_as_little_as_it_can(unit: Path) -> None:
    assert set(unit.read_text().splitlines()) >= HARD


@pytest.mark.req("K-22")
def test_postgresql_is_set_up_as_the_doctor_wants_it_in_both_shapes() -> None:
    file = settings((DEPLOY / "postgresql/alongside.conf").read_text())
    for name, wanted in postgresql.QUIET.items():
        assert file[name] in wanted, name
    assert (file["archive_mode"], file["wal_recycle"], file["checkpoint_timeout"]) == ("off", "off", "1min")
    compose = dict(re.findall(r'"(\w+)=([^"]+)"', (DEPLOY / "docker/compose.two.yaml").read_text()))
    assert {name: compose[name] for name in postgresql.QUIET} == {name: file[name] for name in postgresql.QUIET}


@pytest.mark.req("K-26")
@pytest.mark.parametrize("recipe", [*DEPLOY.glob("caddy/*.Caddyfile"), *DEPLOY.glob("docker/*.Caddyfile")], ids=str)
def test_no_caddy_keeps_a_log_of_visitors(recipe: Path) -> None:
    text = recipe.read_text()
    assert "exclude http" in text
    assert text.count("log {") == 1
    assert "handle_errors" in text
    assert "buffer" in text


@pytest.mark.req("A-25")
@pytest.mark.parametrize("recipe", sorted(DEPLOY.glob("*/*.Caddyfile")), ids=str)
def test_caddy_waits_for_a_slow_sender_as_long_as_the_entrance_does(recipe: Path) -> None:
    """What it counts is the whole body: 42 kB over a weak signal."""
    (seconds,) = re.findall(r"read_body (\d+)s", recipe.read_text())
    assert int(seconds) >= entrance.READ_SECONDS


@pytest.mark.req("K-26")
def test_nginx_keeps_no_log_and_no_file_of_what_passes() -> None:
    text = (DEPLOY / "nginx/alongside.conf").read_text()
    assert text.count("access_log off;") == text.count("server {") == 2
    assert "proxy_max_temp_file_size 0;" in text
    assert "proxy_request_buffering off" not in text
    assert "X-Forwarded-For $remote_addr" in text


@pytest.mark.req("K-24")
def test_the_image_runs_as_nobody_special_and_holds_no_secret() -> None:
    text = (DEPLOY / "docker/Dockerfile").read_text()
    assert "USER 10001" in text
    assert "HEALTHCHECK" in text
    assert "--require-hashes" in text
    assert "SECRET" not in text
    for name in ("one", "two"):
        compose = (DEPLOY / f"docker/compose.{name}.yaml").read_text()
        assert "read_only: true" in compose
        assert "cap_drop: [ALL]" in compose
