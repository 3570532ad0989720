"""What the law of a place means for a talk, and the numbers to call there: typed, checked, in one language at a time.

A pack can only narrow what is promised: without the exceptions every place has it is refused, and so is a text that
promises what only a court can give.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from alongside.content import load

# Exceptions that no pack may leave out (K-06, K-07, K-08, K-13).
EVERYWHERE = frozenset({"danger", "maltreatment", "law", "consent"})
# Words for what only a law and its reviewer can promise.
_TOO_MUCH = ("privileged", "absolute", "guarantee", "subpoena-proof", "never be disclosed", "garanti")


@dataclass(frozen=True)
class Limit:
    """One case in which a supporter must act, with how far that goes."""

    key: str
    short: str
    scope: str
    mandated: bool
    requirement: str


@dataclass(frozen=True)
class Pack:
    """Law and wording of a jurisdiction in one language."""

    key: str
    name: str
    country: str
    locale: str
    exceptions: tuple[Limit, ...]
    court: str
    higher_law: str
    court_protection: bool
    hide_number: str
    leave_to: str
    reviewed_by: str
    review_by: date

    def overdue(self, on: date) -> bool:
        """Say whether the pack should have been looked at again before this day."""
        return on > self.review_by


@dataclass(frozen=True)
class Line:
    """A number outside the programme. `dial` and `sms` are what a phone link needs, `label` and `note` what is read."""

    key: str
    label: str
    note: str
    dial: str
    sms: str
    countries: tuple[str, ...]
    crisis: bool
    enabled: bool
    source: str
    verified_on: date
    expires_on: date

    def expired(self, on: date) -> bool:
        """Say whether the number should have been checked again before this day."""
        return on > self.expires_on


def packs() -> tuple[str, ...]:
    """Return the keys of all packs."""
    folder = files("alongside.content").joinpath("packs")
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def pack(key: str, language: str) -> Pack:
    """Return one pack in one language; raises KeyError for an unknown one, ValueError when it promises too much
    (A-24).
    """
    if key not in packs():
        raise KeyError(key)
    source = load.toml(f"packs/{key}.toml")
    found = Pack(
        key=key,
        name=_text(source["name"], language),
        country=source["country"],
        locale=_text(source["locale"], language),
        exceptions=tuple(_exception(entry, language) for entry in source["exceptions"]),
        court=_text(source["court"], language),
        higher_law=_text(source["higher_law"], language),
        court_protection=source["court_protection"],
        hide_number=source.get("hide_number", ""),
        leave_to=_text(source["leave_to"], language),
        reviewed_by=_text(source["reviewed_by"], language),
        review_by=source["review_by"],
    )
    _check(found, source)
    return found


@cache
def lines(language: str) -> tuple[Line, ...]:
    """Return every outside number in the order of the file, also those not enabled."""
    return tuple(
        Line(
            key=entry["key"],
            label=_text(entry["label"], language),
            note=_text(entry["note"], language),
            dial=entry["dial"],
            sms=entry.get("sms", ""),
            countries=tuple(entry["countries"]),
            crisis=entry["crisis"],
            enabled=entry["enabled"],
            source=entry["source"],
            verified_on=entry["verified_on"],
            expires_on=entry["expires_on"],
        )
        for entry in load.toml("referrals.toml")["lines"]
    )


def crisis_lines(country: str, language: str) -> tuple[Line, ...]:
    """Return the lines of the crisis block: never empty for a country that has a pack (A-25)."""
    return tuple(line for line in lines(language) if line.crisis and line.enabled and country in line.countries)


def country_of(key: str) -> str:
    """Return the country of a pack; of one that is not there any more, the United States."""
    try:
        return pack(key, load.LANGUAGES[0]).country
    except KeyError:
        return "us"


def _exception(entry: Mapping[str, Any], language: str) -> Limit:
    return Limit(
        key=entry["key"],
        short=_text(entry["short"], language),
        scope=_text(entry["scope"], language),
        mandated=entry.get("mandated", False),
        requirement=entry["requirement"],
    )


def _text(words: Mapping[str, str], language: str) -> str:
    return words[language if language in load.LANGUAGES else load.LANGUAGES[0]].strip()


def _check(found: Pack, source: Mapping[str, Any]) -> None:
    if missing := EVERYWHERE - {exception.key for exception in found.exceptions}:
        raise ValueError(f"pack {found.key} leaves out {sorted(missing)}")
    if not any(exception.mandated for exception in found.exceptions):
        raise ValueError(f"pack {found.key} does not say what must be reported")
    if found.court_protection and not source.get("citations"):
        raise ValueError(f"pack {found.key} promises protection in court without citing the law")
    texts = [found.court, found.higher_law, *(e.short + e.scope for e in found.exceptions)]
    if said := [word for word in _TOO_MUCH if any(word in text.lower() for text in texts)]:
        raise ValueError(f"pack {found.key} promises too much: {said}")
