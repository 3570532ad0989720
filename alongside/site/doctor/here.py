"""Looks at this machine: folders, secret, disk, backups. None needs the database."""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from alongside.site import marks, whole
from alongside.site.doctor.finding import Finding

FULL, NEARLY_FULL = 100_000_000, 1_000_000_000  # bytes left
# Kinds of file system on which SQLite's locks are not to be trusted.
OVER_A_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs", "afs"})


def data_folder(now: datetime) -> Iterator[Finding]:
    """Look at who may look into the data folder, and whether it lies in a checkout."""
    folder = Path(settings.DATA)
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        yield Finding("data", "failure", _("The data folder %s is not there or cannot be written.") % folder)
    elif open_to_others(folder):
        text = _("Other people on this machine can look into the data folder %s. Run: chmod 700 %s")
        yield Finding("data", "failure", text % (folder, folder))
    elif any((parent / ".git").exists() for parent in (folder, *folder.resolve().parents)):
        text = _("The data folder %s lies inside a copy of the source code. Move it, and set ALONGSIDE_DATA.")
        yield Finding("data", "warning", text % folder)
    else:
        yield Finding("data", "ok", _("The data folder belongs to this server alone."))


def secret(now: datetime) -> Iterator[Finding]:
    """Look at where the secret lies and who may read it."""
    file = Path(settings.DATA) / "secret_key"
    if os.environ.get("ALONGSIDE_SECRET_KEY") or marks.in_settings("ALONGSIDE_SECRET_KEY"):
        yield Finding("secret", "ok", _("The secret comes from the settings. Keep a copy apart from backups."))
    elif not file.exists():
        yield Finding("secret", "failure", _("There is no secret in %s.") % file)
    elif open_to_others(file):
        yield Finding("secret", "failure", _("Others can read the secret. Run: chmod 600 %s") % file)
    else:
        yield Finding("secret", "ok", _("The secret can be read by this server alone. Keep a copy apart from backups."))


def settings_file(now: datetime) -> Iterator[Finding]:
    """Look at who may read the settings: they hold passwords."""
    file = marks.settings_file()
    if file is None:
        return
    if not file.exists():
        text = _("There is no settings file %s. Run: alongside init")
        yield Finding("settings", "failure", text % file)
    elif open_to_others(file):
        text = _("Others can read the settings, which hold passwords. Run: chmod 600 %s")
        yield Finding("settings", "failure", text % file)
    else:
        yield Finding("settings", "ok", _("The settings can be read by this server alone."))


def former_secret(now: datetime) -> Iterator[Finding]:
    """Remind of a change of the secret that was not brought to its end."""
    if settings.SECRET_KEY_FALLBACKS:
        text = _("A former secret is still accepted. Restart every server, then run: alongside secret settle")
        yield Finding("former", "warning", text)


def open_to_others(path: Path) -> bool:
    """Say whether anybody but the owner may do anything with a file or folder."""
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def static_build(now: datetime) -> Iterator[Finding]:
    """Look whether scripts and styles are there."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    try:
        names = json.loads(manifest.read_text())["paths"]
    except (OSError, ValueError, KeyError):
        names = {}
    if any(name.endswith(".js") for name in names) and any(name.endswith(".css") for name in names):
        yield Finding("static", "ok", _("Scripts and styles are built."))
    else:
        yield Finding("static", "failure", _("Scripts and styles are not built. Run: make build"))


# --- the disk ----------------------------------------------------------------------------------------------------


def disk(now: datetime) -> Iterator[Finding]:
    """Look whether the disk takes what is written, and for how long still."""
    folder = Path(settings.DATA)
    try:
        trial = folder / ".doctor"
        trial.write_bytes(b"x" * 4096)
        trial.unlink()
        left = shutil.disk_usage(folder).free
    except OSError as error:
        text = _("The disk does not take what is written to %s: %s. No request can be stored.")
        yield Finding("disk", "failure", text % (folder, error.strerror))
        return
    kind, _device = _mount(folder)
    if kind in OVER_A_NETWORK and "sqlite" in str(settings.DATABASES["default"]["ENGINE"]):
        text = _("%s lies on a network file system (%s). SQLite can lose rows there. Use a local disk or PostgreSQL.")
        yield Finding("disk", "failure", text % (folder, kind))
    elif left < FULL:
        text = _("The disk is full: %s MB are left. Requests will soon be refused. Make room now.")
        yield Finding("disk", "failure", text % (left // 1_000_000))
    elif left < NEARLY_FULL:
        text = _("The disk is nearly full: %s MB are left. Make room.")
        yield Finding("disk", "warning", text % (left // 1_000_000))
    else:
        yield Finding("disk", "ok", _("The disk has room."))


def encrypted(now: datetime) -> Iterator[Finding]:
    """Look whether the disk below the data folder is encrypted, as far as this machine can tell."""
    _kind, device = _mount(Path(settings.DATA))
    found = _is_encrypted(device)
    if found:
        yield Finding("encryption", "ok", _("The disk is encrypted."))
    elif found is None:
        text = _("Whether the disk is encrypted cannot be seen from here. Make sure that it is: disks keep old blocks.")
        yield Finding("encryption", "warning", text)
    else:
        text = _("The disk is not encrypted: whoever takes it can look for what was deleted. Use full-disk encryption.")
        yield Finding("encryption", "warning", text)


def swap(now: datetime) -> Iterator[Finding]:
    """Look whether memory may be written to a disk in the clear."""
    try:
        lines = Path("/proc/swaps").read_text().splitlines()[1:]
    except OSError:
        return
    places = [line.split()[0] for line in lines if line.strip()]
    plain = [place for place in places if "zram" not in place and not _is_encrypted(_number(Path(place)))]
    if plain:
        text = _("Swap is on and not encrypted (%s): memory may reach the disk. Encrypt it, or run: swapoff -a")
        yield Finding("swap", "warning", text % ", ".join(plain))


def _mount(folder: Path) -> tuple[str, str]:
    """Return the kind of file system a folder lies on, and its device as `major:minor`; empty where it is unknown."""
    found, longest = ("", ""), -1
    try:
        path, lines = folder.resolve(), Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return found
    for line in lines:
        left, _sign, right = line.partition(" - ")
        device, place = left.split()[2], Path(left.split()[4].replace("\\040", " "))
        if path.is_relative_to(place) and len(str(place)) >= longest:
            found, longest = (right.split()[0], device), len(str(place))
    return found


def _number(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return ""
    number = status.st_rdev if stat.S_ISBLK(status.st_mode) else status.st_dev
    return f"{os.major(number)}:{os.minor(number)}"


def _is_encrypted(device: str) -> bool | None:
    """Say whether a block device or one that it rests on is encrypted by this machine; None where that is unknown."""
    place = Path("/sys/dev/block") / device
    if not device or not place.exists():
        return None
    try:
        if (place / "dm" / "uuid").read_text().startswith("CRYPT-"):
            return True
    except OSError:
        pass
    below = list((place / "slaves").glob("*")) if (place / "slaves").is_dir() else []
    return any(_is_encrypted((one / "dev").read_text().strip()) for one in below)


# --- backups -----------------------------------------------------------------------------------------------------


def backups(now: datetime) -> Iterator[Finding]:
    """Look when the last backup was made here, and whether it can still be read from end to end."""
    mark = marks.last_backup()
    if mark is None:
        text = _("No backup was made from this machine yet. Run: alongside backup FILE, each night.")
        yield Finding("backup", "warning", text)
        return
    path, made = Path(mark["path"]), parse_datetime(mark["at"])
    age = now - made if made else timedelta.max
    if age > timedelta(days=settings.BACKUP_DAYS):
        text = _("The last backup is %s days old. Look why: alongside backup FILE")
        yield Finding("backup", "failure", text % age.days)
    elif not path.exists():
        text = _("The last backup, %s, is not there any more. That is right only if it was moved to a safe place.")
        yield Finding("backup", "warning", text % path)
    elif not whole.is_whole(path):
        text = _("The last backup, %s, cannot be read back. Make a new one now, and test the disk.")
        yield Finding("backup", "failure", text % path)
    elif open_to_others(path):
        yield Finding("backup", "failure", _("Others can read the backup. Run: chmod 600 %s") % path)
    else:
        yield Finding("backup", "ok", _("The last backup is whole. Keep a copy of it away from this machine."))
