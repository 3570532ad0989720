"""Text messages, voice calls and chat over Apprise."""

from functools import cache
from types import ModuleType
from xml.sax.saxutils import escape

from alongside.notify.channels.down import ChannelDown
from alongside.notify.rules import Letter

VOICES = {"en": "en-CA", "fr": "fr-CA"}


def send(letter: Letter) -> None:
    """Hand one letter to the service its address names; raises ChannelDown."""
    apprise = _apprise()
    # One address is one service: `add` would take several out of one text.
    service = apprise.Apprise.instantiate(letter.address, suppress_exceptions=True)
    if not service:
        raise ChannelDown
    calls = getattr(service, "method", None) == "call"
    title, body = ("", spoken(letter)) if calls else (letter.subject, letter.body)
    if not service.notify(title=title, body=body):
        raise ChannelDown


def spoken(letter: Letter) -> str:
    """Return what a telephone call says, in the markup of voice gateways: the words twice, since whoever picks up is
    asleep, and no link.
    """
    say = f'<Say language="{VOICES.get(letter.language, "en-CA")}">{escape(letter.words)}</Say>'
    return f'<Response>{say}<Pause length="2"/>{say}</Response>'


@cache
def _apprise() -> ModuleType:
    """Load Apprise when it is first needed: it is large."""
    import apprise

    return apprise
