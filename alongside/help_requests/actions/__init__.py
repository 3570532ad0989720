"""Every change of a request, by who makes it: the member's device, a supporter, the passing of time."""

from alongside.help_requests.actions.asking import cancel, erase_box, not_called, open_request, write_back
from alongside.help_requests.actions.handing import hand_on
from alongside.help_requests.actions.serving import (
    accept,
    close,
    get_backup,
    give_back,
    looked,
    made_contact,
    pass_on,
    reply,
)
from alongside.help_requests.actions.telling import learn, renew, tell_me
from alongside.help_requests.actions.time import climb, climb_new, climb_one, purge

__all__ = [
    "accept",
    "cancel",
    "climb",
    "climb_new",
    "climb_one",
    "close",
    "erase_box",
    "get_backup",
    "give_back",
    "hand_on",
    "learn",
    "looked",
    "made_contact",
    "not_called",
    "open_request",
    "pass_on",
    "purge",
    "renew",
    "reply",
    "tell_me",
    "write_back",
]
