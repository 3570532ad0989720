"""Hands letters to the world: e-mail over SMTP, everything else over Apprise.

Nothing here logs or raises an address or a text: a failure is `ChannelDown` and no more.
"""

import logging
import threading
from collections.abc import Sequence
from functools import cache
from types import ModuleType

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from alongside.notify.rules import Letter

# Mail programs must not answer a notice with "I am away".
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


class ChannelDown(Exception):
    """The letter was not taken over; it may be tried again."""


def send(letter: Letter) -> None:
    """Hand one letter over; raises ChannelDown, whatever went wrong and without saying what."""
    try:
        if letter.kind == "email":
            _send_mail(letter)
        else:
            _send_apprise(letter)
    except ChannelDown:
        raise
    except Exception:
        # A library's error may quote the address: it must not travel on.
        raise ChannelDown from None


def send_all(letters: Sequence[Letter], seconds: float) -> list[bool]:
    """Hand letters over side by side; return for each whether it was taken within `seconds`.

    One that takes longer counts as not taken and is left behind: a far end that sends a byte now and then cannot hold
    up the others. Should it be taken after all, the next try makes a repeat.
    """
    taken = [False] * len(letters)

    def one(place: int) -> None:
        try:
            send(letters[place])
        except ChannelDown:
            return
        taken[place] = True

    threads = [threading.Thread(target=one, args=(place,), daemon=True) for place in range(len(letters))]
    for thread in threads:
        thread.start()
    waited = threading.Event()
    threading.Thread(target=_wait_for, args=(threads, waited), daemon=True).start()
    waited.wait(seconds)
    return list(taken)


def _wait_for(threads: Sequence[threading.Thread], waited: threading.Event) -> None:
    for thread in threads:
        thread.join()
    waited.set()


def _send_mail(letter: Letter) -> None:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >") or "localhost"
    message = EmailMessage(
        subject=letter.subject,
        body=letter.body,
        to=[letter.address],
        headers={**AUTOMATIC, "Message-ID": f"<{letter.reference}@{domain}>"},
        connection=get_connection(),
    )
    if message.send() != 1:
        raise ChannelDown


def _send_apprise(letter: Letter) -> None:
    apprise = _apprise()
    # One address is one service: `add` would take several out of one text.
    service = apprise.Apprise.instantiate(letter.address, suppress_exceptions=True)
    if not service or not service.notify(title=letter.subject, body=letter.body):
        raise ChannelDown


@cache
def _apprise() -> ModuleType:
    """Load Apprise when it is first needed (it is large) and keep its log lines, which name hosts, to itself."""
    import apprise

    for name in ("apprise", "urllib3", "requests"):
        quiet = logging.getLogger(name)
        quiet.handlers = [logging.NullHandler()]
        quiet.propagate = False
    return apprise
