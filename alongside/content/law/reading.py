"""Reads packs from their files, in one language at a time; a pack that has faults is refused whole (checking.py)."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from alongside.content import load
from alongside.content.law.checking import refuse
from alongside.content.law.pack import Citation, Duty, Layer, Limit, Pack, Papers, Protection, ReportLine


def keys(kind: str = "place") -> tuple[str, ...]:
    """Return the keys of all packs of a kind: `place` or `layer`."""
    folder = files("alongside.content").joinpath("packs")
    names = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(name for name in names if load.toml(f"packs/{name}.toml").get("kind") == kind)


@cache
def place(key: str, language: str) -> Pack:
    """Return a place's pack as it is written, its layers named; raises KeyError for an unknown one, BadPack."""
    if key not in keys():
        raise KeyError(key)
    return read_place(load.toml(f"packs/{key}.toml"), language)


@cache
def layer(key: str, language: str) -> Layer:
    """Return one layer; raises KeyError for an unknown one, BadPack."""
    if key not in keys("layer"):
        raise KeyError(key)
    return read_layer(load.toml(f"packs/{key}.toml"), language)


def read_place(source: Mapping[str, Any], language: str) -> Pack:
    """Check a place's pack and return it in one language."""
    refuse(source, "place", keys("layer"))
    texts = _Words(language)
    shown = [_exception(entry, texts) for entry in source["exceptions"]]
    layers = tuple(layer(key, language) for key in source["layers"])
    return Pack(
        key=source["key"],
        version=source["version"],
        name=texts(source["name"]),
        country=source["country"],
        locale=texts(source["locale"]),
        exceptions=tuple(one for one in shown if one.on_by_default),
        left_out=tuple(one for one in shown if not one.on_by_default),
        court=texts(source["court"]),
        higher_law=" ".join(one.note for one in layers),
        court_protection=source["court_protection"],
        protections=_protections(source, texts),
        duties=_duties(source, texts),
        cross_agency=texts(source["cross_agency"]),
        papers=Papers(**{key: texts(words) for key, words in source["papers"].items()}),
        citations=_citations(source, texts),
        unknown=texts.list(source["unknown"]),
        layers=layers,
        hide_number=source.get("hide_number", ""),
        leave_to=texts(source["leave_to"]),
        reviewed_by=texts(source["reviewed_by"]),
        counsel=source["counsel"],
        written_on=source["written_on"],
        review_by=source["review_by"],
        effective_from=source["effective_from"],
        effective_until=source.get("effective_until"),
    )


def read_layer(source: Mapping[str, Any], language: str) -> Layer:
    """Check a layer and return it in one language."""
    refuse(source, "layer", ())
    texts = _Words(language)
    return Layer(
        key=source["key"],
        name=texts(source["name"]),
        about=texts(source["about"]),
        note=texts(source["note"]),
        exceptions=tuple(_exception(entry, texts) for entry in source.get("exceptions", ())),
        court_protection=source["court_protection"],
        protections=_protections(source, texts),
        duties=_duties(source, texts),
        citations=_citations(source, texts),
        unknown=texts.list(source.get("unknown", ())),
        review_by=source["review_by"],
    )


class _Words:
    """Takes one language out of texts."""

    def __init__(self, language: str) -> None:
        self.language = language if language in load.LANGUAGES else load.LANGUAGES[0]

    def __call__(self, words: Mapping[str, str]) -> str:
        return words[self.language].strip()

    def list(self, all_of: Any) -> tuple[str, ...]:
        return tuple(self(words) for words in all_of)


def _exception(entry: Mapping[str, Any], texts: _Words) -> Limit:
    return Limit(
        key=entry["key"],
        short=texts(entry["short"]),
        scope=texts(entry["scope"]),
        mandated=entry.get("mandated", False),
        requirement=entry["requirement"],
        call=entry["call"],
        optional=entry.get("optional", False),
        on_by_default=entry.get("on_by_default", True),
        lines=tuple(
            ReportLine(
                line["key"], texts(line["about"]), texts(line["to"]), line.get("number", ""), texts.list(line["say"])
            )
            for line in entry.get("lines", ())
        ),
        citations=tuple(entry.get("citations", ())),
    )


def _duties(source: Mapping[str, Any], texts: _Words) -> tuple[Duty, ...]:
    return tuple(
        Duty(one["key"], one["on"], texts(one["says"]), tuple(one.get("citations", ())))
        for one in source.get("duties", ())
    )


def _protections(source: Mapping[str, Any], texts: _Words) -> tuple[Protection, ...]:
    return tuple(
        Protection(
            texts(one["people"]),
            texts(one["training"]),
            texts(one["designation"]),
            texts(one["contacts"]),
            tuple(one["citations"]),
        )
        for one in source.get("protected", ())
    )


def _citations(source: Mapping[str, Any], texts: _Words) -> tuple[Citation, ...]:
    return tuple(Citation(one["key"], texts(one["title"]), one["where"], one["seen"]) for one in source["citations"])
