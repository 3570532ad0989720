"""What an organisation may choose beside its pack: to be stricter, never looser (K-31).

It may leave out an exception that no law demands, add duties, say that federal law of agencies like it counts, and name
the offices that take reports. It cannot leave out what a law demands or a duty its pack has; and an exception that its
pack has off it adds only with the name of counsel who agreed (X-4).

Words: a *choice* is a key and a value, such as `exception:serious-self-harm` and False; a *switch* is a thing to choose
as a page shows it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from alongside.content.law.merging import union
from alongside.content.law.pack import Limit, Pack, ReportLine

LONGEST_NAME = 120
PHONE = re.compile(r"\+?[0-9][0-9 ().\-]{1,28}")


class TooLoose(ValueError):
    """A choice would let more be passed on than the pack does, or drop what a law asks for."""


class Unknown(KeyError):
    """There is no such choice in this pack."""


@dataclass(frozen=True)
class Switch:
    """One thing to choose. `what`: exception, counsel (an exception that is off in the pack), duty, number or federal.

    `fixed`: the pack decides, nobody may change it here. `value` is what was chosen, for a text.
    """

    key: str
    what: str
    label: str
    on: bool
    fixed: bool
    chosen: bool
    requirement: str = ""
    value: str = ""


def switches(pack: Pack, choices: Mapping[str, object]) -> Iterator[Switch]:
    """Yield every switch of a pack with its layers, in the order of its pages."""
    now = narrowed(pack, choices)
    in_force = {one.key for one in now.exceptions}
    for limit in pack.exceptions:
        key, on = f"exception:{limit.key}", limit.key in in_force
        yield Switch(key, "exception", limit.short, on, not limit.optional, not on, limit.requirement)
    for limit in pack.left_out:
        key, on = f"exception:{limit.key}", limit.key in in_force
        counsel = str(choices[key]) if on else ""
        yield Switch(key, "counsel", limit.short, on, False, on, limit.requirement, counsel)
    for duty in pack.duties:
        on = now.duty(duty.key).on
        yield Switch(f"duty:{duty.key}", "duty", duty.says, on, duty.on, on and not duty.on)
    for line in lines_of(pack):
        number = str(choices.get(f"number:{line.key}") or line.number)
        yield Switch(f"number:{line.key}", "number", line.about, bool(number), False, bool(number), "K-07", number)
    for layer in pack.layers:
        if layer.exceptions or layer.duties:
            federal = choices.get("federal") is True
            yield Switch("federal", "federal", layer.about, federal, False, federal, "K-04")


def told(pack: Pack) -> tuple[str, ...]:
    """Return every sentence with which a page tells the limits of a talk: what a choice changes shows here."""
    found = [f"{one.short} {one.scope}" for one in pack.exceptions]
    found += [one.says for one in pack.held]
    for one in pack.protections:
        found += [one.people, one.training, one.designation, one.contacts]
    found += [f"{line.about}: {line.number}" for line in lines_of(pack) if line.number]
    return tuple(dict.fromkeys([*found, pack.court, pack.higher_law, *(one.title for one in pack.citations)]))


def narrowed(pack: Pack, choices: Mapping[str, object]) -> Pack:
    """Return the pack under an organisation's choices; a choice that does not fit this pack, or loosens it, counts for
    nothing.
    """
    good = {key: value for key, value in choices.items() if _fits(pack, key, value)}
    off = {one.key for one in pack.exceptions if good.get(f"exception:{one.key}") is False}
    added = tuple(one for one in pack.left_out if good.get(f"exception:{one.key}"))
    return replace(
        pack,
        exceptions=tuple(
            _numbered(one, good) for one in (*(one for one in pack.exceptions if one.key not in off), *added)
        ),
        left_out=tuple(one for one in pack.left_out if one not in added)
        + tuple(one for one in pack.exceptions if one.key in off),
        duties=tuple(replace(one, on=one.on or good.get(f"duty:{one.key}") is True) for one in pack.duties),
    )


def check(pack: Pack, key: str, value: object) -> None:
    """Refuse a choice that this pack does not have (Unknown), loosens it (TooLoose) or makes no sense (ValueError).

    `pack` is the place's with its layers, before any choice.
    """
    what, _colon, name = key.partition(":")
    if what == "exception":
        _check_exception(pack, name, value)
    elif what == "duty":
        _check_duty(pack, name, value)
    elif what == "number":
        _check_number(pack, name, value)
    elif key == "federal" and any(one.exceptions or one.duties for one in pack.layers):
        if not isinstance(value, bool):
            raise ValueError(key)
    else:
        raise Unknown(key)


def _fits(pack: Pack, key: str, value: object) -> bool:
    try:
        check(pack, key, value)
    except (Unknown, ValueError):
        return False
    return True


def _check_exception(pack: Pack, name: str, value: object) -> None:
    in_force = {one.key: one for one in pack.exceptions}
    if name in in_force:
        if not isinstance(value, bool):
            raise ValueError(name)
        if not value and not in_force[name].optional:
            raise TooLoose(name)
    elif name in {one.key for one in pack.left_out}:
        # Off in the pack: only with the name of counsel who agreed to it.
        if value is True or (isinstance(value, str) and not 3 <= len(value.strip()) <= LONGEST_NAME):  # noqa: PLR2004
            raise TooLoose(name)
        if value is not False and not isinstance(value, str):
            raise ValueError(name)
    else:
        raise Unknown(name)


def _check_duty(pack: Pack, name: str, value: object) -> None:
    duty = next((one for one in pack.duties if one.key == name), None)
    if duty is None:
        raise Unknown(name)
    if not isinstance(value, bool):
        raise ValueError(name)
    if duty.on and not value:
        raise TooLoose(name)


def _check_number(pack: Pack, name: str, value: object) -> None:
    if name not in {line.key for line in lines_of(pack)}:
        raise Unknown(name)
    if not isinstance(value, str) or (value and not PHONE.fullmatch(value)):
        raise ValueError(name)


def lines_of(pack: Pack) -> tuple[ReportLine, ...]:
    """Return every line to which something is reported, of exceptions in force and of others."""
    return union((), tuple(line for one in (*pack.exceptions, *pack.left_out) for line in one.lines))


def _numbered(limit: Limit, choices: Mapping[str, object]) -> Limit:
    if not limit.lines:
        return limit
    lines = (replace(line, number=str(choices.get(f"number:{line.key}") or line.number)) for line in limit.lines)
    return replace(limit, lines=tuple(lines))
