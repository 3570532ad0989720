"""Makes and changes the settings file of an installation: with mode 600, a secret of its own, and nothing by default
that anybody else could know.
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from alongside.site import environment, marks

HEAD = """\
# Settings of Alongside. They hold passwords and the secret: keep a copy apart from the backups, and let nobody else
# read this file. Every name is in the operator's manual. After a change: systemctl restart alongside
"""
SECRET, FORMER = "ALONGSIDE_SECRET_KEY", "ALONGSIDE_SECRET_KEY_FORMER"


class Refused(Exception):
    """A change of the settings that is not made; the text says why and what to do."""


def settings_for(
    *, address: str, mail_server: str, mail_from: str, data: str, database: str = "", proxies: int | None = None
) -> dict[str, str]:
    """Return the settings of a new installation, judged as `serve` will judge them; raises BadSetting."""
    place = environment.address(address)
    host = str(urlsplit(place).hostname)
    safe = place.startswith("https://")
    if not safe and host not in {"localhost", "127.0.0.1", "::1"}:
        raise environment.BadSetting(
            f"{place} is not https: browsers would refuse to seal, and nobody could ask. Write https:// and the name."
        )
    found = {
        "ALONGSIDE_DATA": str(Path(data).absolute()),
        "ALONGSIDE_ADDRESS": place,
        "ALONGSIDE_HOSTS": host,
        "ALONGSIDE_HTTPS": "yes" if safe else "no",
        "ALONGSIDE_PROXIES": str((1 if safe else 0) if proxies is None else proxies),
        "ALONGSIDE_SMTP_URL": mail_server,
        "ALONGSIDE_MAIL_FROM": mail_from,
        SECRET: environment.new_secret(),
        # Here and not in a data folder: several servers must be known to push services by one key.
        "ALONGSIDE_VAPID_KEY": environment.new_vapid_key(),
        **({"DATABASE_URL": database} if database else {}),
    }
    environment.read(found)
    return found


def write(path: Path, values: Mapping[str, str]) -> None:
    """Write a new settings file that its owner alone can read; raises Refused where there is one, or it cannot be."""
    if path.exists():
        raise Refused(f"There is a settings file {path} already; it was left as it is.")
    if any("\n" in value or "\r" in value for value in values.values()):
        raise Refused("A setting cannot hold a line break. Nothing was written.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        marks.write_privately(path, HEAD + "".join(f"{name}={value}\n" for name, value in values.items()))
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from None


def renew_secret(env: Mapping[str, str], data: Path, former: list[str]) -> Path:
    """Put a new secret in the place of the old one, which is accepted until it is settled; return the file changed.

    Raises Refused where an earlier change was not settled, or where the secret comes from outside.
    """
    if former:
        raise Refused("A former secret is still there. First run: alongside secret settle")
    file = marks.settings_file()
    if marks.in_settings(SECRET) and file:
        old = environment.from_text(file.read_text(encoding="utf-8"), str(file))[SECRET]
        _replace(file, {SECRET: environment.new_secret(), FORMER: old})
        return file
    if env.get(SECRET):
        raise Refused(f"The secret is given from outside. Change {SECRET} there, and put the old one into {FORMER}.")
    file = data / "secret_key"
    old = file.read_text().strip()
    marks.write_privately(data / "secret_key_former", old)
    marks.write_privately(file, environment.new_secret())
    return file


def forget_former_secret(env: Mapping[str, str], data: Path) -> None:
    """Let go of the former secret; raises Refused where it is given from outside."""
    file = marks.settings_file()
    if marks.in_settings(FORMER) and file:
        _replace(file, {FORMER: None})
    elif env.get(FORMER):
        raise Refused(f"Now take {FORMER} out of the environment, and restart every server.")
    (data / "secret_key_former").unlink(missing_ok=True)


def _replace(file: Path, changes: Mapping[str, str | None]) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line.partition("=")[0].strip() not in changes]
    new = [f"{name}={value}" for name, value in changes.items() if value is not None]
    try:
        marks.write_privately(file, "\n".join([*kept, *new]) + "\n")
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror}.") from None
