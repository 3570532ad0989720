"""Reads the settings of this installation from a mapping (the environment): pure, so that mistakes are testable."""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

# The order of the curve that push services ask for.
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SHORTEST_SECRET = 32
SHORTEST_SESSION, LONGEST_SESSION = 1, 24  # hours
SHORTEST_IDLE, LONGEST_IDLE = 5, 720  # minutes

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


class BadSetting(ValueError):
    """A setting of this installation cannot be used; the text says which and why."""


@dataclass(frozen=True)
class Environment:
    """What differs between installations."""

    data: Path
    secret_key: str
    former_secrets: list[str]
    hosts: list[str]
    address: str
    database: dict[str, object]
    mail: dict[str, object]
    mail_from: str
    notice_services: list[str]
    vapid_key: str
    push_hosts: list[str]
    secure: bool
    demo: bool
    proxies: int
    session_hours: int
    idle_minutes: int
    backup_days: int


def with_file(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment, and below it what the file named by ALONGSIDE_SETTINGS says; raises BadSetting."""
    named = env.get("ALONGSIDE_SETTINGS", "")
    if not named:
        return dict(env)
    try:
        text = Path(named).read_text(encoding="utf-8")
    except FileNotFoundError:
        return dict(env)
    except (OSError, UnicodeDecodeError):
        raise BadSetting(f"The settings file {named} cannot be read by this user.") from None
    return {**from_text(text, named), **env}


def from_text(text: str, named: str) -> dict[str, str]:
    """Return the settings of a file: one NAME=value a line, # before a remark; raises BadSetting for anything else."""
    found: dict[str, str] = {}
    for count, line in enumerate(text.splitlines(), 1):
        name, sign, value = line.strip().partition("=")
        if not name or name.startswith("#"):
            continue
        if not sign or not name.replace("_", "").isalnum() or not name.isupper():
            raise BadSetting(f"Line {count} of {named} is not NAME=value.")
        if name in found:
            raise BadSetting(f"{name} stands in {named} twice.")
        found[name] = value[1:-1] if value[:1] == value[-1:] and value[:1] in {"'", '"'} and value[1:] else value
    return found


def read(env: Mapping[str, str]) -> Environment:
    """Return the settings; raises BadSetting with a sentence a clerk can act on."""
    data = Path(env.get("ALONGSIDE_DATA", "data")).absolute()
    demo = flag(env, "ALONGSIDE_DEMO")
    place = address(env.get("ALONGSIDE_ADDRESS", "http://localhost:8000"))
    return Environment(
        data=data,
        secret_key=secret(env, data),
        former_secrets=_listed(env, "ALONGSIDE_SECRET_KEY_FORMER") or _former(data),
        address=place,
        hosts=_listed(env, "ALONGSIDE_HOSTS") or [str(urlsplit(place).hostname)],
        database=database(env.get("DATABASE_URL", ""), data),
        mail=mail(env.get("ALONGSIDE_SMTP_URL", "")),
        mail_from=env.get("ALONGSIDE_MAIL_FROM", "info@localhost"),
        notice_services=_listed(env, "ALONGSIDE_NOTICE_SERVICES"),
        vapid_key=vapid_key(env.get("ALONGSIDE_VAPID_KEY", "")) or kept_secret(data, "vapid_key", new_vapid_key),
        push_hosts=_listed(env, "ALONGSIDE_PUSH_HOSTS"),
        secure=flag(env, "ALONGSIDE_HTTPS", default=place.startswith("https://")),
        demo=demo,
        proxies=number(env, "ALONGSIDE_PROXIES", 0, least=0, most=9),
        session_hours=number(env, "ALONGSIDE_SESSION_HOURS", 12, least=SHORTEST_SESSION, most=LONGEST_SESSION),
        idle_minutes=number(env, "ALONGSIDE_IDLE_MINUTES", 120, least=SHORTEST_IDLE, most=LONGEST_IDLE),
        backup_days=number(env, "ALONGSIDE_BACKUP_DAYS", 2, least=1, most=90),
    )


def _listed(env: Mapping[str, str], name: str) -> list[str]:
    return [one.strip() for one in env.get(name, "").split(",") if one.strip()]


def _parts(name: str, url: str) -> SplitResult:
    """Return the parts of an address without ever repeating it: it may hold a password."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        raise BadSetting(f"{name} is not an address that can be read: look at its port and brackets.") from None
    return parts


def address(url: str) -> str:
    """Return the address people type, without a slash at its end; raises BadSetting."""
    parts = _parts("ALONGSIDE_ADDRESS", url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise BadSetting("ALONGSIDE_ADDRESS must be like https://shift.example.org.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise BadSetting("ALONGSIDE_ADDRESS must end after the host name: the site needs a name of its own.")
    return url.strip().rstrip("/")


def flag(env: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """Return a yes/no setting."""
    value = env.get(name, "").strip().lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise BadSetting(f"{name} must be yes or no, not {value!r}.")


def number(env: Mapping[str, str], name: str, default: int, *, least: int, most: int) -> int:
    """Return a whole number setting within its bounds."""
    try:
        value = int(env.get(name, "") or default)
    except ValueError:
        raise BadSetting(f"{name} must be a whole number, not {env[name]!r}.") from None
    if not least <= value <= most:
        raise BadSetting(f"{name} must be from {least} to {most}, not {value}.")
    return value


def secret(env: Mapping[str, str], data: Path) -> str:
    """Return this installation's secret, from the settings or its own file; raises BadSetting for a short one."""
    value = env.get("ALONGSIDE_SECRET_KEY", "").strip() or kept_secret(data)
    if len(value) < SHORTEST_SECRET:
        raise BadSetting(
            f"The secret is shorter than {SHORTEST_SECRET} characters and could be guessed. Leave "
            "ALONGSIDE_SECRET_KEY out: `alongside init` makes a good one."
        )
    return value


def new_secret() -> str:
    """Return 48 random bytes as text: no installation begins with a secret that anybody knows."""
    return secrets.token_urlsafe(48)


def _former(data: Path) -> list[str]:
    try:
        return (data / "secret_key_former").read_text().split()
    except OSError:
        return []


def kept_secret(data: Path, name: str = "secret_key", make: Callable[[], str] | None = None) -> str:
    """Return a secret of this installation, made on first use and readable by its owner only (no default secret)."""
    path = data / name
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write((make or new_secret)())
    return path.read_text().strip()


def new_vapid_key() -> str:
    """Make the private key by which push services know this installation: a number below the order of P-256."""
    while not 0 < int.from_bytes(key := secrets.token_bytes(32), "big") < P256_ORDER:
        pass  # once in four thousand million times
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()


def vapid_key(text: str) -> str:
    """Return a key for push from the environment, which several web nodes share; raises BadSetting for anything but
    32 bytes in base64url that are such a number.
    """
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    if text and not (len(key) == 32 and 0 < int.from_bytes(key, "big") < P256_ORDER):  # noqa: PLR2004
        raise BadSetting("ALONGSIDE_VAPID_KEY must be the text of a vapid_key file that Alongside made.")
    return text


def database(url: str, data: Path) -> dict[str, object]:
    """Return Django's database settings for `sqlite:///path` or `postgresql://user:password@host:port/name?...`.

    PostgreSQL: several hosts with commas between, of which the one that takes writing is used, and the connection
    settings of POSTGRES_SETTINGS after a question mark. Any other is refused: one mistyped would be silently unsafe.
    """
    try:
        parts = urlsplit(url or f"sqlite:///{data / 'alongside.sqlite3'}")
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise BadSetting(
            "DATABASE_URL cannot be read. A sign like @ or / in a password is written %40 or %2F."
        ) from None
    if parts.scheme == "sqlite":
        return _sqlite(unquote(parts.path), query)
    if parts.scheme in {"postgres", "postgresql"}:
        return _postgresql(parts, query)
    raise BadSetting("DATABASE_URL must begin with sqlite:/// or postgresql://.")


def _sqlite(path: str, query: list[tuple[str, str]]) -> dict[str, object]:
    if query or len(path) <= 1:
        raise BadSetting("DATABASE_URL for SQLite is sqlite:/// and the path of the file, and nothing else.")
    return {
        "ENGINE": "alongside.site.sqlite",
        "NAME": path[1:] if path.startswith("//") else path,
        # Closing the last connection empties the journal into the file, which costs more than a request.
        "CONN_MAX_AGE": None,
        # Which asks whether the file is still in its place (site/sqlite).
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
                "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
            ),
        },
    }


# What may stand after the question mark, and the values where there is a choice.
POSTGRES_SETTINGS: dict[str, frozenset[str]] = {
    "host": frozenset(),
    "port": frozenset(),
    "sslmode": frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}),
    "sslrootcert": frozenset(),
    "sslcert": frozenset(),
    "sslkey": frozenset(),
    "connect_timeout": frozenset(),
    "target_session_attrs": frozenset({"read-write", "primary", "any"}),
}


def _postgresql(parts: SplitResult, query: list[tuple[str, str]]) -> dict[str, object]:
    if not parts.path.strip("/") or parts.fragment:
        raise BadSetting(
            "DATABASE_URL must end with the name of the database: postgresql://user@host/name. "
            "In a password write %23 for #."
        )
    given = dict(query)
    for name, value in query:
        _check_postgres_setting(name, value)
    places = [_place(place) for place in parts.netloc.rpartition("@")[2].split(",")]
    options: dict[str, object] = {
        # A host that does not answer costs a member no more than this.
        "connect_timeout": 5,
        # After a switch of servers the old one may still answer, or a standby that takes no writing.
        "target_session_attrs": "read-write",
        **{name: value for name, value in given.items() if name not in {"host", "port"}},
        # Values travel apart from the statement, so that no log of the server quotes them with it (decision 0018).
        "server_side_binding": True,
    }
    user = parts.netloc.rpartition("@")[0]
    name, _, password = user.partition(":")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(name),
        "PASSWORD": unquote(password),
        "HOST": given.get("host", "") or ",".join(host for host, _port in places),
        "PORT": given.get("port", "") or _ports([port for _host, port in places]),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def _check_postgres_setting(name: str, value: str) -> None:
    if name not in POSTGRES_SETTINGS:
        known = ", ".join(POSTGRES_SETTINGS)
        raise BadSetting(f"DATABASE_URL has a setting {name!r}, which is not known here. Known are: {known}.")
    choices = POSTGRES_SETTINGS[name]
    if not value or (choices and value not in choices):
        what = f"one of {', '.join(sorted(choices))}" if choices else "something"
        raise BadSetting(f"{name} in DATABASE_URL must be {what}, not {value!r}.")
    if name == "connect_timeout" and not (value.isascii() and value.isdigit() and int(value)):
        raise BadSetting(f"connect_timeout in DATABASE_URL must be a number of seconds, not {value!r}.")


def _place(text: str) -> tuple[str, str]:
    """Return host and port of `host`, `host:port` or `[address]:port`."""
    host, separator, port = text.rpartition(":")
    if not separator or text.endswith("]"):
        host, port = text, ""
    if port and not (port.isascii() and port.isdigit()):
        # What stands there may be the rest of a password that was not written as in a web address.
        raise BadSetting("The port of the database server in DATABASE_URL must be a number.")
    return unquote(host.strip("[]")), port


def _ports(ports: list[str]) -> str:
    return ",".join(ports) if any(ports) else ""


def mail(url: str) -> dict[str, object]:
    """Return Django's mail settings for `smtp://user:password@host:port` or `smtps://...`; empty means localhost:25."""
    parts = _parts("ALONGSIDE_SMTP_URL", url or "smtp://localhost:25")
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"}:
        raise BadSetting("ALONGSIDE_SMTP_URL must begin with smtp://, smtp+tls:// or smtps://.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise BadSetting(
            "ALONGSIDE_SMTP_URL ends after the port. In a password write %2F for /, %3F for ? and %23 for #."
        )
    return {
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
    }
