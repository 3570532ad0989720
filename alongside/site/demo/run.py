"""Starts the demonstration: a fresh database, Pine County and St. Brigid in it, served on the loopback address."""

import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from alongside.kernel import clock


class NotOurs(Exception):
    """The database of DATABASE_URL holds something else than a demonstration; it is left alone."""


def prepare(port: int) -> None:
    """Set this process up as the demonstration, before Django is loaded: its own data folder, made new."""
    data = Path(os.environ.get("ALONGSIDE_DATA", "data")).absolute() / f"demo-{port}"
    shutil.rmtree(data, ignore_errors=True)
    os.environ.update(
        ALONGSIDE_DEMO="yes",
        ALONGSIDE_DATA=str(data),
        ALONGSIDE_HOSTS="localhost",
        ALONGSIDE_ADDRESS=f"http://localhost:{port}",
        DJANGO_SETTINGS_MODULE="alongside.site.settings",
    )


def fill() -> None:
    """Migrate, empty what an earlier demonstration left, and fill; raises NotOurs."""
    from django.core.management import call_command

    from alongside.site.demo import hospital, seed

    call_command("migrate", verbosity=0, interactive=False)
    _make_room()
    seed.to_the_night()
    os.environ["ALONGSIDE_DEMO_CLOCK"] = clock.now().isoformat()
    seed.fill()
    hospital.fill()


def _make_room() -> None:
    from django.core.management import call_command

    from alongside.accounts.models import Organisation
    from alongside.sealing.models import ReceivingKey
    from alongside.site.demo.words import known_keys

    if not Organisation.objects.exists():
        return
    ours = Organisation.objects.filter(slug="pine-county").exists()
    if not ours or not ReceivingKey.objects.filter(public_key__in=known_keys()).exists():
        raise NotOurs
    call_command("flush", verbosity=0, interactive=False)


def set_clock() -> None:
    """Let a serving process begin at the moment the demonstration was filled for; one that is started again in the
    place of one that died goes on with the time that it had.
    """
    begins = os.environ.get("ALONGSIDE_DEMO_CLOCK")
    if not begins:
        return
    real = clock.now()
    kept = _kept_clock()
    ahead = kept[1] if kept and kept[0] == begins else datetime.fromisoformat(begins) - real
    clock.shift(ahead)
    keep_clock(ahead)


def keep_clock(ahead: timedelta) -> None:
    """Write down how far the demonstration's clock is ahead of the machine's."""
    _clock_file().write_text(f"{os.environ.get('ALONGSIDE_DEMO_CLOCK', '')} {ahead.total_seconds()}")


def _kept_clock() -> tuple[str, timedelta] | None:
    try:
        begins, _, ahead = _clock_file().read_text().partition(" ")
        return begins, timedelta(seconds=float(ahead))
    except (OSError, ValueError):
        return None


def _clock_file() -> Path:
    from django.conf import settings

    return Path(settings.DATA) / "demo_clock"


def greeting(port: int) -> str:
    """Return what the terminal says: where to look and whom to be."""
    from alongside.site.demo import hospital, seed

    address = f"http://localhost:{port}"
    lines = [f"    {one.name:<18}{one.says}" for one in seed.CAST.values()]
    others = [f"    {one.name:<18}{one.says}" for one in hospital.CAST.values() if "supporter" not in one.roles]
    return "\n".join(
        [
            "",
            f"  Alongside demonstration:  {address}/demo/",
            f"  The member's page:        {address}/ask/pine-county/en/",
            "",
            "  Sign in without a password on the demonstration page as:",
            *lines,
            "",
            f"  A second organisation:    {address}/ask/st-brigid/fr/   (St. Brigid Hospital)",
            *others,
            f"    {'and its peers':<18}on the demonstration page",
            "",
            "  It is 3:12 at night in Pine County. Everything is invented and is gone when you stop it (Ctrl+C).",
            "",
        ]
    )
