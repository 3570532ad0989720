"""The crisis path of a supporter: what stands on its screens, from content/crisis.toml and the law's pack (D-14 to D-20).

Which cases there are, what the rule says, and whom to call is the pack's; the words to say are the same everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from alongside.content import law, load

CALLS = ("911", "statutory", "none")


@dataclass(frozen=True)
class Line:
    """A number that the law names for reports, as it is read and as it is dialled (empty: there is nothing to dial)."""

    label: str
    dial: str
    note: str


@dataclass(frozen=True)
class Case:
    """One kind of case from hearing it to the one cell that counts it; `place` names its screens.

    Without `skip` telling the person first is never left out. `call` is one of CALLS.
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
    lines: tuple[Line, ...]

    @property
    def mandated(self) -> bool:
        """Say whether the law of the place demands that it is reported."""
        return any(rule.mandated for rule in self.rules)


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


def cases(pack: law.Pack, language: str) -> tuple[Case, ...]:
    """Return the cases of a pack, the most urgent first; a case none of whose exceptions is in force is left out."""
    found = []
    for entry in load.toml("crisis.toml")["kinds"]:
        own = tuple(rule for rule in pack.exceptions if rule.key in entry["exceptions"])
        if rules := own or tuple(rule for rule in pack.exceptions if rule.key == entry.get("otherwise")):
            found.append(_case(entry, rules, f"c{len(found) + 1}", language))
    return tuple(found)


def outcomes() -> Mapping[str, str]:
    """Return, by key of an exception, the one cell of the tally that counts it."""
    return {key: entry["outcome"] for entry in load.toml("crisis.toml")["kinds"] for key in entry["exceptions"]}


def _case(entry: Mapping[str, Any], rules: tuple[law.Limit, ...], place: str, language: str) -> Case:
    shared = words(language)
    said = {
        name: _said(entry[name], language) if name in entry else shared.get(other, "")
        for name, other in (
            *((name, "") for name in ("hear", "signs", "head", "do", "tell", "skip", "act", "where", "say", "leave")),
            ("note", ""),
            ("tell_line", "tell"),
            ("told", "told"),
        )
    }
    # An old pack says nothing of its own about whom to call.
    call = next((one for rule in rules if (one := getattr(rule, "call", ""))), entry["call"])
    if call not in CALLS:
        raise ValueError(f"crisis.toml: {entry['key']} calls {call}")
    lines = tuple(Line(one.label, one.dial, one.note) for rule in rules for one in getattr(rule, "lines", ()))
    return Case(
        key=entry["key"], place=place, outcome=entry["outcome"], call=call, rules=rules, lines=lines, **said
    )


def _said(entry: Any, language: str) -> Any:
    if isinstance(entry, list):
        return tuple(_said(one, language) for one in entry)
    return entry[language if language in load.LANGUAGES else load.LANGUAGES[0]].strip()
