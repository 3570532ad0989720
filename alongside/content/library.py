"""The works that the programme's texts rest on, with link and licence (L-27)."""

from dataclasses import dataclass
from functools import cache

from alongside.content import load


@dataclass(frozen=True)
class Work:
    """One work, site or session in one language; `says` is in our own words."""

    key: str
    title: str
    by: str
    year: str
    link: str
    licence: str
    says: str


@cache
def works(language: str) -> tuple[Work, ...]:
    """Return every work in the order of the file; raises KeyError when a fact is missing, ValueError for a link that is
    no public site.
    """
    spoken = language if language in load.LANGUAGES else load.LANGUAGES[0]
    found = tuple(
        Work(
            key=entry["key"],
            title=entry["title"][spoken],
            by=entry["by"],
            year=entry["year"],
            link=entry["link"],
            licence=entry["licence"][spoken],
            says=entry["says"][spoken],
        )
        for entry in load.toml("library.toml")["works"]
    )
    if wrong := [work.key for work in found if not work.link.startswith("https://") or not work.licence]:
        raise ValueError(f"library.toml: no link or licence: {wrong}")
    return found
