"""What a card may show and a wish may ask for: lists of choices, shared by supporters' cards and members' forms."""

from dataclasses import dataclass
from functools import cache

from alongside.content import load

KINDS = ("disciplines", "bands", "languages", "genders", "tags", "channels")
MOST = 30
"""The most choices of one kind: the directory carries several of them as the bits of one small number."""


@dataclass(frozen=True)
class Choice:
    """One choice; its key is what is kept and compared, its label what is read."""

    key: str
    label: str

    def __str__(self) -> str:
        return self.label


@cache
def choices(kind: str, language: str) -> tuple[Choice, ...]:
    """Return the choices of a kind in their order; raises ValueError for one given twice, or for too many."""
    spoken = language if language in load.LANGUAGES else load.LANGUAGES[0]
    found = tuple(Choice(entry["key"], entry[spoken]) for entry in load.toml("cards.toml")[kind])
    if len({one.key for one in found}) != len(found) or len(found) > MOST:
        raise ValueError(f"cards.toml: {kind}")
    return found


@cache
def keys(kind: str) -> tuple[str, ...]:
    """Return the keys of a kind in the order that directory.json counts by."""
    return tuple(one.key for one in choices(kind, load.LANGUAGES[0]))
