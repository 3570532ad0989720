"""Calendars as files (RFC 5545): a supporter's shifts written, and the busy times of a calendar of their own read.

What is read comes from anywhere: it is fetched within bounds (fetching.py) and taken apart by a process of its own that
the kernel holds to its share of time and memory (reading.py).

Writing (writing.py) is imported where a file is written: it loads a library that nothing else in the server needs.
"""

from alongside.rota.ics.fetching import Unread, fetch, is_address
from alongside.rota.ics.reading import read

__all__ = ["Unread", "fetch", "is_address", "read"]
