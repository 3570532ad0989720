"""Joins a pack with its layers: the stricter wins, and no join promises more than each part does.

A join has every exception of each part, every duty, and something for talks in court only where each part has it.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from alongside.content.law.pack import CALLS, Duty, Layer, Limit, Pack

T = TypeVar("T")


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
        protections=union(pack.protections, layer.protections),
        duties=join_duties(pack.duties, layer.duties),
        citations=union(pack.citations, layer.citations),
        unknown=union(pack.unknown, layer.unknown),
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
        lines=union(one.lines, other.lines),
        citations=union(one.citations, other.citations),
    )


def join_duties(mine: Iterable[Duty], others: Iterable[Duty]) -> tuple[Duty, ...]:
    """Return every duty of both; it holds where either says so."""
    found = {one.key: one for one in mine}
    for other in others:
        one = found.get(other.key, replace(other, on=False))
        found[other.key] = replace(
            one, on=one.on or other.on, citations=union(one.citations, other.citations if other.on else ())
        )
    return tuple(found.values())


def union(mine: tuple[T, ...], others: tuple[T, ...]) -> tuple[T, ...]:
    """Return what is in either, each once, mine first."""
    return tuple(dict.fromkeys((*mine, *others)))
