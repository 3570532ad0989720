"""Hands letters to the world: e-mail over SMTP, push to browsers, everything else over Apprise.

Nothing here logs or raises an address or a text: a failure is `ChannelDown` and no more.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from enum import Enum

from alongside.notify.channels import gateways, mail, push
from alongside.notify.channels.down import AddressGone, ChannelDown
from alongside.notify.rules import EMAIL, PUSH, Letter

__all__ = ["AddressGone", "ChannelDown", "Outcome", "send", "send_all"]

# Mail goes over at most so many lines at once, each for several letters; everything else side by side.
MAIL_LINES = 4

for _name in ("apprise", "urllib3", "requests"):
    # Their lines name hosts and paths.
    _quiet = logging.getLogger(_name)
    _quiet.handlers = [logging.NullHandler()]
    _quiet.propagate = False


class Outcome(Enum):
    """What became of a try: taken over, to be tried again, or the far end says that there is no such address."""

    TAKEN = "taken"
    LATER = "later"
    GONE = "gone"


def send(letter: Letter) -> None:
    """Hand one letter over; raises ChannelDown or AddressGone, whatever went wrong and without saying what."""
    try:
        if letter.kind == EMAIL:
            mail.send(mail.line(), letter)
        elif letter.kind == PUSH:
            push.send(letter)
        else:
            gateways.send(letter)
    except ChannelDown:
        raise
    except Exception:
        # A library's error may quote the address: it must not travel on.
        raise ChannelDown from None


def send_all(letters: Sequence[Letter], seconds: float) -> list[Outcome]:
    """Hand letters over side by side; return for each what became of it within `seconds`.

    One that takes longer counts as to be tried again and is left behind: a far end that sends a byte now and then
    cannot hold up the others. Should it be taken after all, the next try makes a repeat.
    """
    outcomes = [Outcome.LATER] * len(letters)
    ends = time.monotonic() + seconds

    def settle(place: int, outcome: Outcome) -> None:
        outcomes[place] = outcome

    threads = [threading.Thread(target=work, daemon=True) for work in _works(letters, settle, ends)]
    for thread in threads:
        thread.start()
    waited = threading.Event()
    threading.Thread(target=_wait_for, args=(threads, waited), daemon=True).start()
    waited.wait(seconds)
    return list(outcomes)


Settle = Callable[[int, Outcome], None]


def _works(letters: Sequence[Letter], settle: Settle, ends: float) -> list[Callable[[], None]]:
    mails = [place for place, letter in enumerate(letters) if letter.kind == EMAIL]
    shares = [mails[number::MAIL_LINES] for number in range(min(MAIL_LINES, len(mails)))]
    works: list[Callable[[], None]] = [_mailing(letters, share, settle, ends) for share in shares]
    return works + [_sending(letter, place, settle) for place, letter in enumerate(letters) if letter.kind != EMAIL]


def _mailing(letters: Sequence[Letter], share: Sequence[int], settle: Settle, ends: float) -> Callable[[], None]:
    def work() -> None:
        line, dropped = mail.line(), 0
        for place in share:
            # Whoever waits for this share has gone, or the server drops every line: the rest is for the next try.
            if time.monotonic() >= ends or dropped >= mail.MOST_DROPPED:
                break
            outcome = _outcome(lambda letter=letters[place]: mail.send(line, letter))  # type: ignore[misc]
            dropped = dropped + 1 if mail.is_down(line) else 0
            settle(place, outcome)
        mail.hang_up(line)

    return work


def _sending(letter: Letter, place: int, settle: Settle) -> Callable[[], None]:
    return lambda: settle(place, _outcome(lambda: send(letter)))


def _outcome(attempt: Callable[[], None]) -> Outcome:
    try:
        attempt()
    except AddressGone:
        return Outcome.GONE
    except Exception:
        return Outcome.LATER
    return Outcome.TAKEN


def _wait_for(threads: Sequence[threading.Thread], waited: threading.Event) -> None:
    for thread in threads:
        thread.join()
    waited.set()
