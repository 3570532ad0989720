"""The directory of outside help as it ships: entries, and the words they are sorted and described by.

An entry here is a proposal. Whether it is shown is decided by what an organisation confirmed (directory.queries).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from alongside.content import load

# What is said of an entry in each language; an entry may leave all but the name empty until somebody asked.
SAID = ("name", "who", "hours", "cost", "limits", "steps")


@dataclass(frozen=True)
class Entry:
    """One place to turn to. `said` holds, by language, the words of `SAID`."""

    dial: str
    sms: str
    site: str
    groups: tuple[str, ...]
    needs: tuple[str, ...]
    languages: tuple[str, ...]
    said: Mapping[str, Mapping[str, str]]

    def as_data(self) -> dict[str, Any]:
        """Return the entry as plain data, as it is stored."""
        lists = {name: list(getattr(self, name)) for name in ("groups", "needs", "languages")}
        said = {language: dict(words) for language, words in self.said.items()}
        return {"dial": self.dial, "sms": self.sms, "site": self.site, **lists, "said": said}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Entry":
        """Read an entry from plain data; what this version does not know is left out."""
        said = {language: _said(data.get("said", {}).get(language, {})) for language in load.LANGUAGES}
        return cls(
            dial=data.get("dial", ""),
            sms=data.get("sms", ""),
            site=data.get("site", ""),
            groups=_known(data.get("groups", ()), "groups"),
            needs=_known(data.get("needs", ()), "needs"),
            languages=_known(data.get("languages", ()), "languages"),
            said=said,
        )


@dataclass(frozen=True)
class Shipped:
    """An entry of the list that comes with the software."""

    key: str
    entry: Entry
    countries: tuple[str, ...]
    source: str
    doubt: load.Text
    looked_up: date | None  # the day on which the source of 911 and 988 was read

    @property
    def always(self) -> bool:
        """Whether it is shown without anybody's word: 911 and 988."""
        return self.looked_up is not None


@cache
def shipped() -> tuple[Shipped, ...]:
    """Return what ships in the order of the file; raises KeyError or ValueError when an entry is incomplete."""
    found = tuple(_shipped(one) for one in load.toml("referrals.toml")["resources"])
    if len({one.key for one in found}) != len(found):
        raise ValueError("referrals.toml: a key is given twice")
    return found


def of_country(country: str) -> tuple[Shipped, ...]:
    """Return what ships for a country."""
    return tuple(one for one in shipped() if country in one.countries)


@cache
def labels(kind: str, language: str) -> Mapping[str, str]:
    """Return the words for `groups`, `needs` or `languages`, by key and in their order."""
    spoken = language if language in load.LANGUAGES else load.LANGUAGES[0]
    return {key: words[spoken] for key, words in load.toml("referrals.toml")[kind].items()}


def _shipped(data: Mapping[str, Any]) -> Shipped:
    said = {language: data[language] for language in load.LANGUAGES}
    for kind in ("groups", "needs", "languages"):
        if unknown := set(data[kind]) - set(labels(kind, load.LANGUAGES[0])):
            raise ValueError(f"referrals.toml: {data['key']} names unknown {kind} {sorted(unknown)}")
    entry = Entry.of({**data, "said": said})
    if not all(entry.said[language]["name"] and entry.said[language]["who"] for language in load.LANGUAGES):
        raise ValueError(f"referrals.toml: {data['key']} has no name")
    if not (entry.dial or entry.sms or entry.site) or not data["source"]:
        raise ValueError(f"referrals.toml: {data['key']} leads nowhere, or has no source")
    return Shipped(
        data["key"], entry, tuple(data["countries"]), data["source"], data.get("doubt", {}), data.get("looked_up")
    )


def _said(words: Mapping[str, str]) -> dict[str, str]:
    return {name: str(words.get(name, "")).strip() for name in SAID}


def _known(keys: Iterable[str], kind: str) -> tuple[str, ...]:
    return tuple(key for key in labels(kind, load.LANGUAGES[0]) if key in set(keys))
