"""What the installation remembers about itself outside the database: the settings file in use, the last backup."""

import contextlib
import json
import os
from pathlib import Path

from django.conf import settings

from alongside.site import environment


def settings_file() -> Path | None:
    """Return the settings file that this process was told to read; None without one."""
    named = os.environ.get("ALONGSIDE_SETTINGS", "")
    return Path(named) if named else None


def in_settings(name: str) -> bool:
    """Say whether the settings file sets a name."""
    file = settings_file()
    try:
        return bool(file and environment.from_text(file.read_text(encoding="utf-8"), str(file)).get(name))
    except (OSError, ValueError):
        return False


def note_backup(path: Path, at: str) -> None:
    """Remember where the last backup went and when it was made. A folder that cannot be written changes nothing."""
    with contextlib.suppress(OSError):
        write_privately(_backup_mark(), json.dumps({"path": str(path.absolute()), "at": at}))


def last_backup() -> dict[str, str] | None:
    """Return `path` and `at` of the last backup made here; None when there was none."""
    try:
        found = json.loads(_backup_mark().read_text())
        return {"path": str(found["path"]), "at": str(found["at"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _backup_mark() -> Path:
    return Path(settings.DATA) / "last_backup"


def write_privately(path: Path, text: str) -> None:
    """Put a file that its owner alone can read in the place of the old one, wholly or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
