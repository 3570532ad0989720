"""What the law of a place means for a talk, and the numbers to call there: typed, checked, in one language at a time.

A pack can only narrow what is promised: without the exceptions every place has it is refused, and so is a text that
promises what only a court can give. An organisation may be stricter than its pack, never looser (docs/decisions/0022).
"""

from collections.abc import Mapping
from functools import cache

from alongside.content import load
from alongside.content.law.checking import BadPack
from alongside.content.law.choosing import LONGEST_NAME, Switch, TooLoose, Unknown, check, lines_of, narrowed, told
from alongside.content.law.choosing import switches as _switches
from alongside.content.law.lines import Line, crisis_lines, lines
from alongside.content.law.merging import with_layers
from alongside.content.law.pack import EVERYWHERE, Limit, Pack, ReportLine
from alongside.content.law.reading import keys, place

__all__ = [
    "EVERYWHERE",
    "FALLBACK",
    "LONGEST_NAME",
    "BadPack",
    "Limit",
    "Line",
    "Pack",
    "ReportLine",
    "Switch",
    "TooLoose",
    "Unknown",
    "choosable",
    "country_of",
    "crisis_lines",
    "in_force",
    "lines",
    "lines_of",
    "pack",
    "packs",
    "refuse",
    "switches",
    "told",
]

# For an organisation whose pack is not there any more: it cites no law and promises no protection.
FALLBACK = "generic-us"


def packs() -> tuple[str, ...]:
    """Return the keys of all packs that an organisation may be given."""
    return keys()


@cache
def pack(key: str, language: str) -> Pack:
    """Return one pack in one language as it is without any choice; raises KeyError for an unknown one, BadPack when it
    promises too much or says too little (A-24).
    """
    return place(key, language)


def in_force(key: str, choices: Mapping[str, object], language: str) -> Pack:
    """Return the pack as it holds for an organisation with these choices (K-31): whatever they are, it promises no more
    than the pack. One that is not there any more is replaced by FALLBACK.
    """
    return narrowed(choosable(key, choices, language), choices)


def choosable(key: str, choices: Mapping[str, object], language: str) -> Pack:
    """Return the pack with the layers that count for this organisation, before its choices."""
    found = pack(key if key in packs() else FALLBACK, language)
    return with_layers(found, found.layers) if choices.get("federal") is True else found


def refuse(key: str, choices: Mapping[str, object], choice: str, value: object) -> None:
    """Refuse a new choice beside those there are: raises Unknown, TooLoose, or ValueError for nonsense."""
    check(choosable(key, choices, load.LANGUAGES[0]), choice, value)


def switches(key: str, choices: Mapping[str, object], language: str) -> tuple[Switch, ...]:
    """Return everything an organisation could choose, as it is now; what the pack decides is among them, fixed."""
    return tuple(_switches(choosable(key, choices, language), choices))


def country_of(key: str) -> str:
    """Return the country of a pack; of one that is not there any more, the United States."""
    try:
        return pack(key, load.LANGUAGES[0]).country
    except KeyError:
        return "us"
