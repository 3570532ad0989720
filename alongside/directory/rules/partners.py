"""With whom mutual aid can be agreed, and how long its end is remembered."""

from datetime import date, timedelta

# So many stand on a member's page at most; a region larger than that has a pool of its own.
MOST_PARTNERS = 12
# An agreement that ended is remembered until nothing that was asked under it can be answered or read any more: a
# request lives 72 hours and its last call, an unread reply 7 days.
DAYS_AFTER_THE_END = 11


class NoPartner(ValueError):
    """Mutual aid with this organisation cannot be proposed or agreed to; the text is a code.

    `unknown`: no organisation of this deployment has the name. `itself`: it is the own one. `already`: it is proposed
    or agreed. `enough`: there are as many as a page can show.
    """


def forgotten_before(today: date) -> date:
    """Return the day before which agreements must have ended to be forgotten today."""
    return today - timedelta(days=DAYS_AFTER_THE_END)
