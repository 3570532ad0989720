"""Answers that were given a moment ago and are the same for everybody, given again without a thread.

Only what Django itself marked as public is kept, for seconds, by path and compression; nothing of who asked is part of
it. So a flood of one page costs a look into a dictionary, and the database is asked once in a second at most.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

# What is kept may be a second old when it comes here (ALONGSIDE_PUBLIC_SECONDS), so two in all.
FRESH = timedelta(seconds=1)
MOST_ENTRIES, MOST_BYTES, LARGEST = 400, 8_000_000, 300_000
# What browsers say. Any other spelling goes to Django: spellings are free, and must fill no memory.
_ENCODINGS = frozenset({"", "br", "gzip", "gzip, deflate", "gzip, deflate, br", "gzip, deflate, br, zstd"})
_PROTOCOLS = frozenset({"", "http", "https"})
# A request with one of these wants something else than the whole page.
_SPECIAL = frozenset({"range", "if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range"})

Answer = tuple[int, list[tuple[str, str]], bytes]


def key_of(home: str, method: str, path: str, query: str, headers: list[tuple[str, str]]) -> str:
    """Return the name under which the answer to a request may be kept; empty when it may not.

    `home` is the one host name whose answers are kept: others, with any port or spelling, are as many as one likes.
    """
    if method != "GET" or query or path.startswith("/in/"):
        return ""
    said = dict(headers)
    if len(said) != len(headers):
        # Said twice, one would be looked at here and both by Django: the answer would stand under a wrong name.
        return ""
    encoding, proto = said.get("accept-encoding", ""), said.get("x-forwarded-proto", "")
    usual = said.get("host") == home and encoding in _ENCODINGS and proto in _PROTOCOLS
    if not usual or not _SPECIAL.isdisjoint(said):
        return ""
    return f"{proto}\n{encoding}\n{path}"


@dataclass
class Lately:
    """The kept answers of one process. For one event loop, not for threads."""

    kept: dict[str, tuple[datetime, Answer]] = field(default_factory=dict)
    size: int = 0

    def find(self, key: str, now: datetime) -> Answer | None:
        """Return a kept answer that is still fresh; a clock that jumped makes it old."""
        made_at, answer = self.kept.get(key, (None, None))
        if made_at is None or not made_at <= now < made_at + FRESH:
            return None
        return answer

    def keep(self, key: str, answer: Answer, now: datetime) -> None:
        """Keep an answer that is public, as long as there is room; a full memory begins anew."""
        status, headers, body = answer
        public = "public" in dict(headers).get("cache-control", "")
        if status != 200 or not public or len(body) > LARGEST:  # noqa: PLR2004
            return
        if len(self.kept) >= MOST_ENTRIES or self.size + len(body) > MOST_BYTES:
            self.kept.clear()
            self.size = 0
        former = self.kept.get(key)
        self.size += len(body) - (len(former[1][2]) if former else 0)
        self.kept[key] = (now, answer)
