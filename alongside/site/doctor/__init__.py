"""Looks an installation over and says in plain words what is wrong with it and what to do."""

from datetime import datetime

from django.db import DatabaseError
from django.utils.translation import gettext as _

from alongside.site.doctor import address, clock, here, mail, postgresql, programme, stored
from alongside.site.doctor.finding import Finding, Level, Look
from alongside.site.doctor.mail import send_test
from alongside.site.doctor.programme import LATE

__all__ = ["LATE", "Finding", "Level", "examine", "send_test"]

OUTSIDE: tuple[Look, ...] = (
    here.data_folder, here.secret, here.settings_file, here.former_secret, here.static_build, here.disk,
    here.backups, address.address, mail.mail,
)  # fmt: skip
# Slow, or about the machine and the way to it: for the command, not for a page that waits.
FAR: tuple[Look, ...] = (
    address.certificate, address.proxies, clock.kept_right, here.encrypted, here.swap,
)  # fmt: skip
INSIDE: tuple[Look, ...] = (
    stored.database, postgresql.keeps_nothing, clock.fits_the_rows, programme.operator, programme.organisations,
    programme.numbers, programme.outside_help, programme.laws, programme.outbox, programme.reach, programme.passkeys,
    programme.tick,
)  # fmt: skip


def examine(now: datetime, *, far: bool = False) -> list[Finding]:
    """Return every finding; with `far` also what the machine and its public address have to say, which takes seconds.

    Without a usable database the looks that need one are left out.
    """
    found = [finding for look in (*OUTSIDE, *(FAR if far else ())) for finding in look(now)]
    for look in INSIDE:
        try:
            found += look(now)
        except DatabaseError as error:
            text = _("The database cannot be reached or read: %s.")
            found.append(Finding("database", "failure", text % stored.reason(error)))
            break
        if any(finding.name == "database" and finding.level == "failure" for finding in found):
            break
    return found
