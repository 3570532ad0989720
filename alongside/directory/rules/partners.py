"""With whom mutual aid can be agreed, and how long its end is remembered."""

import math
from datetime import date, timedelta

# So many stand on a member's page at most; a region larger than that has a pool of its own.
MOST_PARTNERS = 12


class NoPartner(ValueError):
    """Mutual aid with this organisation cannot be proposed or agreed to; the text is a code.

    `unknown`: no organisation of this deployment has the name. `itself`: it is the own one. `already`: it is proposed
    or agreed. `enough`: there are as many as a page can show.
    """


def days_after_the_end(*, list_valid: int, request_limit: int, last_hold: int, box_kept: int) -> int:
    """Return for how many days an agreement that ended is remembered: until nothing that was asked under it can be
    answered or read any more.

    A page opened before the end can seal for its list (`list_valid` minutes); the request lives `request_limit` hours
    and waits out its last call (`last_hold` minutes); a reply of its last minute is kept `box_kept` days unread.
    """
    return math.ceil(request_limit / 24 + (list_valid + last_hold) / (24 * 60)) + box_kept


def forgotten_before(today: date, days: int) -> date:
    """Return the day before which agreements must have ended to be forgotten today."""
    return today - timedelta(days=days)
