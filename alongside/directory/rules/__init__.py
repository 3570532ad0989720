"""Who is on a candidate list, in which order; who helps each other; which outside help may be shown."""

from alongside.directory.rules.lists import RANKS, Candidate, oldest_week_in_use, order, rank_of, valid_until
from alongside.directory.rules.partners import DAYS_AFTER_THE_END, MOST_PARTNERS, NoPartner, forgotten_before
from alongside.directory.rules.resources import (
    LONGEST_SITE,
    OLDEST_CALL,
    BadNumber,
    BadSite,
    BadWords,
    CallTooOld,
    NotYet,
    check_call,
    dialled,
    fresh_until,
    number,
    only_readable,
    site,
    standing,
    text_number,
)

__all__ = [
    "DAYS_AFTER_THE_END",
    "LONGEST_SITE",
    "MOST_PARTNERS",
    "OLDEST_CALL",
    "RANKS",
    "BadNumber",
    "BadSite",
    "BadWords",
    "CallTooOld",
    "Candidate",
    "NoPartner",
    "NotYet",
    "check_call",
    "dialled",
    "forgotten_before",
    "fresh_until",
    "number",
    "oldest_week_in_use",
    "only_readable",
    "order",
    "rank_of",
    "site",
    "standing",
    "text_number",
    "valid_until",
]
