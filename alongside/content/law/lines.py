"""Numbers outside the programme."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from alongside.content import load


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


def _text(words: load.Text, language: str) -> str:
    return words[language if language in load.LANGUAGES else load.LANGUAGES[0]].strip()
