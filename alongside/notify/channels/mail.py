"""E-mail over SMTP; one line (connection) carries the letters of a batch one after the other."""

import contextlib
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from alongside.notify.channels.down import AddressGone, ChannelDown
from alongside.notify.rules import Letter

# Mail programs must not answer a notice with "I am away".
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
# A server that drops so many lines in a row is not asked again within a batch.
MOST_DROPPED = 2
PERMANENT = range(500, 600)


def line() -> BaseEmailBackend:
    """Return a line to the mail server, which the first letter opens."""
    door = get_connection()
    door.is_down = False  # type: ignore[attr-defined]
    return door


def is_down(door: BaseEmailBackend) -> bool:
    """Say whether the last try lost the line."""
    return bool(getattr(door, "is_down", False))


def hang_up(door: BaseEmailBackend) -> None:
    """Close a line, whatever state it is in."""
    with contextlib.suppress(Exception):
        door.close()


def send(door: BaseEmailBackend, letter: Letter) -> None:
    """Hand one letter over on a line; raises AddressGone when its address was refused for good, else ChannelDown.

    The server's answer to one letter leaves the line open for the next one; anything else closes it.
    """
    door.is_down = False  # type: ignore[attr-defined]
    try:
        door.open()
        if _message(letter, door).send() != 1:
            raise ChannelDown
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _words in refused.recipients.values()]
        raise (AddressGone if codes and all(code in PERMANENT for code in codes) else ChannelDown) from None
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError):
        raise ChannelDown from None
    except Exception:
        door.is_down = True  # type: ignore[attr-defined]
        hang_up(door)
        raise ChannelDown from None


def _message(letter: Letter, door: BaseEmailBackend) -> EmailMessage:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >") or "localhost"
    return EmailMessage(
        subject=letter.subject,
        body=letter.body,
        to=[letter.address],
        headers={**AUTOMATIC, "Message-ID": f"<{letter.reference}@{domain}>"},
        connection=door,
    )
