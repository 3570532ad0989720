"""Text messages, voice calls and chat over Apprise."""

from functools import cache
from types import ModuleType

from alongside.notify.channels.down import ChannelDown
from alongside.notify.rules import Letter


def send(letter: Letter) -> None:
    """Hand one letter to the service its address names; raises ChannelDown."""
    apprise = _apprise()
    # One address is one service: `add` would take several out of one text.
    service = apprise.Apprise.instantiate(letter.address, suppress_exceptions=True)
    if not service or not service.notify(title=letter.subject, body=letter.body):
        raise ChannelDown


@cache
def _apprise() -> ModuleType:
    """Load Apprise when it is first needed: it is large."""
    import apprise

    return apprise
