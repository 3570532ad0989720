"""Reads the settings of this installation from a mapping (the environment): pure, so that mistakes are testable."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


class BadSetting(ValueError):
    """A setting of this installation cannot be used; the text says which and why."""


@dataclass(frozen=True)
class Environment:
    """What differs between installations."""

    data: Path
    secret_key: str
    hosts: list[str]
    address: str
    database: dict[str, object]
    mail: dict[str, object]
    mail_from: str
    notice_services: list[str]
    secure: bool
    demo: bool
    proxies: int


def read(env: Mapping[str, str]) -> Environment:
    """Return the settings; raises BadSetting with a sentence a clerk can act on."""
    data = Path(env.get("ALONGSIDE_DATA", "data")).absolute()
    demo = flag(env, "ALONGSIDE_DEMO")
    return Environment(
        data=data,
        secret_key=env.get("ALONGSIDE_SECRET_KEY", "") or kept_secret(data),
        address=env.get("ALONGSIDE_ADDRESS", "http://localhost:8000").rstrip("/"),
        hosts=[host for host in env.get("ALONGSIDE_HOSTS", "localhost").split(",") if host],
        database=database(env.get("DATABASE_URL", ""), data),
        mail=mail(env.get("ALONGSIDE_SMTP_URL", "")),
        mail_from=env.get("ALONGSIDE_MAIL_FROM", "info@localhost"),
        notice_services=[name for name in env.get("ALONGSIDE_NOTICE_SERVICES", "").split(",") if name],
        secure=flag(env, "ALONGSIDE_HTTPS"),
        demo=demo,
        proxies=number(env, "ALONGSIDE_PROXIES", 0),
    )


def flag(env: Mapping[str, str], name: str) -> bool:
    """Return a yes/no setting, no when absent."""
    value = env.get(name, "").strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise BadSetting(f"{name} must be yes or no, not {value!r}.")


def number(env: Mapping[str, str], name: str, default: int) -> int:
    """Return a whole number setting."""
    try:
        return int(env.get(name, "") or default)
    except ValueError:
        raise BadSetting(f"{name} must be a whole number, not {env[name]!r}.") from None


def kept_secret(data: Path) -> str:
    """Return this installation's own secret, made on first use and readable by its owner only (no default secret)."""
    path = data / "secret_key"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


def database(url: str, data: Path) -> dict[str, object]:
    """Return Django's database settings for `sqlite:///path` or `postgresql://user:password@host:port/name`."""
    parts = urlsplit(url or f"sqlite:///{data / 'alongside.sqlite3'}")
    if parts.scheme == "sqlite":
        path = unquote(parts.path)
        return {
            "ENGINE": "alongside.site.sqlite",
            "NAME": path[1:] if path.startswith("//") else path,
            # Closing the last connection empties the journal into the file, which costs more than a request.
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
                    "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
                ),
            },
        }
    if parts.scheme in {"postgres", "postgresql"}:
        query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path[1:]),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(query.get("host", "")) or parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    raise BadSetting("DATABASE_URL must begin with sqlite:/// or postgresql://.")


def mail(url: str) -> dict[str, object]:
    """Return Django's mail settings for `smtp://user:password@host:port` or `smtps://...`; empty means localhost:25."""
    parts = urlsplit(url or "smtp://localhost:25")
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"}:
        raise BadSetting("ALONGSIDE_SMTP_URL must begin with smtp://, smtp+tls:// or smtps://.")
    return {
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
    }
