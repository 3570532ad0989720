"""Bounds of calendars that are written and read."""

import re
from datetime import timedelta

# A telephone, a computer, a family calendar, and some to spare.
MOST_FEEDS = 6
# 32 random bytes, as they stand in an address.
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
# What a written calendar shows.
SHOWN_BEFORE, SHOWN_AHEAD = timedelta(days=60), timedelta(days=400)

EVERY = timedelta(hours=6)
# Clocks of two machines differ by less.
AHEAD_OF_US = timedelta(minutes=10)
KEPT = timedelta(days=14)
BEFORE, AHEAD = timedelta(days=1), timedelta(days=400)
# The other jobs of the same lane, and `doctor`, may wait for one calendar more than this.
TURN_SECONDS = 40.0


def https(address: str) -> str:
    """Return an address as it is asked for: what calendar programmes call webcal is https."""
    address = address.strip()
    for name in ("webcal://", "webcals://"):
        if address.lower().startswith(name):
            return "https://" + address[len(name) :]
    return address
