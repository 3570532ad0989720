"""Calendars as files (RFC 5545): a supporter's shifts written, and the busy times of a calendar of their own read.

What is read comes from anywhere: it is fetched within bounds (fetching.py) and taken apart by a process of its own that
the kernel holds to its share of time and memory (reading.py).
"""

from alongside.rota.ics.fetching import Unread, fetch, refuse
from alongside.rota.ics.reading import read
from alongside.rota.ics.writing import Event, write

__all__ = ["Event", "Unread", "fetch", "read", "refuse", "write"]
