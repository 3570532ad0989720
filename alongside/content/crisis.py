"""The crisis path of a supporter: what stands on its screens, from crisis.toml and the law's pack (D-14 to D-20).

Which cases there are, what the rule says, whom to call and the least that a report says are the pack's; the words to
say are the same everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from alongside.content import law, load

DAY, WEEK = 24 * 60, 7 * 24 * 60


@dataclass(frozen=True)
class Case:
    """One kind of case from hearing it to the one cell that counts it; `place` names its screens.

    Without `skip` telling the person first is never left out. `call` is one of law's CALLS.
    """

    key: str
    place: str
    outcome: str
    call: str
    hear: str
    signs: str
    head: str
    do: tuple[str, ...]
    tell_line: str
    tell: str
    told: str
    skip: str
    act: str
    where: str
    say: tuple[str, ...]
    leave: str
    note: str
    rules: tuple[law.Limit, ...]

    @property
    def lines(self) -> tuple[law.ReportLine, ...]:
        """Return the offices that take a report."""
        return tuple(line for rule in self.rules for line in rule.lines)


@dataclass(frozen=True)
class Unsure:
    """What to do where no case fits and somebody is worried all the same."""

    hear: str
    signs: str
    head: str
    do: tuple[str, ...]
    next: str


@cache
def words(language: str) -> Mapping[str, Any]:
    """Return the sentences that every case shares, by name; a list where several stand together."""
    return {name: _said(entry, language) for name, entry in load.toml("crisis.toml")["words"].items()}


@cache
def unsure(language: str) -> Unsure:
    """Return the screen for a worry without a name."""
    return Unsure(**{name: _said(entry, language) for name, entry in load.toml("crisis.toml")["unsure"].items()})


@cache
def hour_words(language: str) -> Mapping[str, str]:
    """Return the words for hours of the week, by name."""
    return {name: _said(entry, language) for name, entry in load.toml("crisis.toml")["hours"].items()}


def hours(lines: Sequence[Sequence[str]], language: str) -> tuple[str, ...]:
    """Return lines of (days, from, to) in words: Monday to Friday 08:00–17:00."""
    said = []
    for days, begin, end in lines:
        kind = "whole" if begin == end == "00:00" else "over" if end <= begin and end != "00:00" else "span"
        text = hour_words(language)[kind].format(days=hour_words(language)[days], **{"from": begin, "to": end})
        said.append(text[:1].upper() + text[1:])
    return tuple(said)


def gap(begin: int, end: int, language: str) -> str:
    """Return a span of minutes of a week in words: Friday 17:00 to Monday 08:00."""
    words = hour_words(language)
    if end - begin == WEEK:
        return words["never"]
    ends = {"from": begin, "to": end}
    return words["gap"].format(**{name: _moment(minute, words) for name, minute in ends.items()})


def _moment(minute: int, words: Mapping[str, str]) -> str:
    return f"{words[str(minute // DAY % 7)]} {minute % DAY // 60:02}:{minute % 60:02}"


def reachable(now: bool, until: datetime | None, today: datetime, language: str) -> str:
    """Say whether advice can be had now, and until when or from when on; moments are local."""
    words = hour_words(language)
    if until is None:
        return words["always" if now else "none"]
    day = "" if until.date() == today.date() else f"{words[str(until.weekday())]} "
    return words["now" if now else "later"].format(until=f"{day}{until:%H:%M}")


def cases(pack: law.Pack, language: str) -> tuple[Case, ...]:
    """Return the cases of a pack, the most urgent first; a case none of whose exceptions is in force is left out."""
    found: list[Case] = []
    for entry in load.toml("crisis.toml")["kinds"]:
        own = tuple(rule for rule in pack.exceptions if rule.key in entry["exceptions"])
        if rules := own or tuple(rule for rule in pack.exceptions if rule.key == entry.get("otherwise")):
            found.append(_case(entry, rules, f"c{len(found) + 1}", language))
    return tuple(found)


def outcome_of(rule: law.Limit) -> str:
    """Return the one cell of the tally that counts an exception (D-17)."""
    return f"exception_{rule.kind}"


def _case(entry: Mapping[str, Any], rules: tuple[law.Limit, ...], place: str, language: str) -> Case:
    shared = words(language)
    # The least that the pack names for a report goes before what holds everywhere.
    least = tuple(dict.fromkeys(one for rule in rules for line in rule.lines for one in line.say))
    return Case(
        key=entry["key"],
        place=place,
        outcome=outcome_of(rules[0]),
        call=rules[0].call,
        hear=_said(entry["hear"], language),
        signs=_said(entry["signs"], language),
        head=_said(entry["head"], language),
        do=_said(entry["do"], language),
        tell_line=_said(entry["tell_line"], language) if "tell_line" in entry else shared["tell"],
        tell=_said(entry["tell"], language),
        told=_said(entry["told"], language) if "told" in entry else shared["told"],
        skip=_said(entry["skip"], language) if "skip" in entry else "",
        act=_said(entry["act"], language),
        where=_said(entry["where"], language),
        say=least or _said(entry["say"], language),
        leave=_said(entry["leave"], language),
        note=_said(entry["note"], language),
        rules=rules,
    )


def _said(entry: Any, language: str) -> Any:
    if isinstance(entry, list):
        return tuple(_said(one, language) for one in entry)
    return entry[language if language in load.LANGUAGES else load.LANGUAGES[0]].strip()
