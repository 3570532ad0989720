"""What a member may tick when asking for a peer, in one language at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from alongside.content import cards, load
from alongside.content.cards import Choice

WISHES = ("language", "discipline", "rank", "gender")


@dataclass(frozen=True)
class Topic:
    """What it is about; `boundary` says what a peer can not do in such a matter (A-20)."""

    key: str
    label: str
    hint: str = ""
    boundary: str = ""


@dataclass(frozen=True)
class Wish:
    """A wish about who answers (A-08). The key of what is chosen travels inside the seal."""

    key: str
    label: str
    choices: tuple[Choice, ...]


@cache
def topics(language: str) -> tuple[Topic, ...]:
    """Return what a request may be about; raises ValueError for a key given twice."""
    found = tuple(
        Topic(
            key=entry["key"],
            label=_text(entry["label"], language),
            hint=_text(entry["hint"], language) if "hint" in entry else "",
            boundary=_text(entry["boundary"], language) if "boundary" in entry else "",
        )
        for entry in load.toml("about.toml")["topics"]
    )
    if len({topic.key for topic in found}) != len(found):
        raise ValueError("about.toml: a key is given twice")
    return found


@cache
def wishes(language: str) -> tuple[Wish, ...]:
    """Return the wishes a member may name; raises ValueError for one that the sealed payload has no place for."""
    found = tuple(
        Wish(entry["key"], _text(entry["label"], language), cards.choices(entry["choices"], language))
        for entry in load.toml("about.toml")["wishes"]
    )
    if not {wish.key for wish in found} <= set(WISHES):
        raise ValueError("about.toml: an unknown wish")
    return found


def _text(words: Mapping[str, Any], language: str) -> Any:
    return words[language if language in load.LANGUAGES else load.LANGUAGES[0]]
