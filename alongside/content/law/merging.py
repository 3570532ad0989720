"""Joins a pack with its layers and with what an organisation chose: the stricter wins, and no join promises more.

Two things can be strict. *What is promised*: a join has every exception of each part, and a court's protection only
where each part has it. *What is passed on*: an organisation may leave out what no law demands and add duties; it cannot
leave out what a law demands, and it adds only what its pack offers, with the name of counsel (K-31, X-4).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from alongside.content.law.pack import CALLS, Duty, Layer, Limit, Pack, ReportLine

T = TypeVar("T")
LONGEST_NAME = 120
PHONE = re.compile(r"\+?[0-9][0-9 ().\-]{1,28}")


class TooLoose(ValueError):
    """A choice would let more be passed on than the pack does, or drop what a law asks for."""


class Unknown(KeyError):
    """There is no such choice in this pack."""


# --- a pack and its layers ---------------------------------------------------------------------------------------


def with_layers(pack: Pack, layers: Iterable[Layer]) -> Pack:
    """Return the pack with these layers in force, in whatever order they come."""
    found = pack
    for layer in sorted({one.key: one for one in layers}.values(), key=lambda one: one.key):
        found = _with(found, layer)
    return found


def _with(pack: Pack, layer: Layer) -> Pack:
    exceptions = join_limits(pack.exceptions, layer.exceptions)
    return replace(
        pack,
        exceptions=exceptions,
        left_out=tuple(one for one in pack.left_out if one.key not in {limit.key for limit in exceptions}),
        court_protection=pack.court_protection and layer.court_protection,
        protections=_union(pack.protections, layer.protections),
        duties=join_duties(pack.duties, layer.duties),
        citations=_union(pack.citations, layer.citations),
        unknown=_union(pack.unknown, layer.unknown),
        review_by=min(pack.review_by, layer.review_by),
    )


def join_limits(mine: Iterable[Limit], others: Iterable[Limit]) -> tuple[Limit, ...]:
    """Return every exception of both; one that both have is as strict as either, and says what both say."""
    found = {one.key: one for one in mine}
    for other in others:
        found[other.key] = _joined(found[other.key], other) if other.key in found else other
    return tuple(found.values())


def _joined(one: Limit, other: Limit) -> Limit:
    return replace(
        one,
        scope=one.scope if other.scope in one.scope else f"{one.scope} {other.scope}",
        mandated=one.mandated or other.mandated,
        call=max(one.call, other.call, key=CALLS.index),
        optional=one.optional and other.optional,
        on_by_default=one.on_by_default or other.on_by_default,
        lines=_union(one.lines, other.lines),
        citations=_union(one.citations, other.citations),
    )


def join_duties(mine: Iterable[Duty], others: Iterable[Duty]) -> tuple[Duty, ...]:
    """Return every duty of both; it holds where either says so."""
    found = {one.key: one for one in mine}
    for other in others:
        one = found.get(other.key, replace(other, on=False))
        found[other.key] = replace(
            one, on=one.on or other.on, citations=_union(one.citations, other.citations if other.on else ())
        )
    return tuple(found.values())


def _union(mine: tuple[T, ...], others: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*mine, *others)))


# --- an organisation's choices -----------------------------------------------------------------------------------


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
    elif key == "federal" and pack.layers:
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
    return _union((), tuple(line for one in (*pack.exceptions, *pack.left_out) for line in one.lines))


def _numbered(limit: Limit, choices: Mapping[str, object]) -> Limit:
    if not limit.lines:
        return limit
    lines = (replace(line, number=str(choices.get(f"number:{line.key}") or line.number)) for line in limit.lines)
    return replace(limit, lines=tuple(lines))
