"""Says what is wrong with a pack, strictly: whatever is missing, unknown, undated or promised without a citation, in
words for whoever writes it (docs/packs.md).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from alongside.content import load
from alongside.content.law.pack import CALLS, DUTIES, EVERYWHERE, KINDS

FORMAT = 1
SEEN = ("text", "part", "named")
LONGEST_REVIEW = timedelta(days=400)
# Words for what no text may promise, in both languages.
TOO_MUCH = (
    "privileged", "absolute", "guarantee", "subpoena-proof", "never be disclosed", "cannot be disclosed",
    "secret absolu", "garanti", "jamais divulgu", "privilégié", "anonym",
)  # fmt: skip

_BOTH = {"format", "key", "kind", "version", "name", "citations", "reviewed_by", "counsel", "written_on", "review_by"}
_PLACE = {
    "country", "locale", "leave_to", "layers", "effective_from", "court_protection", "court", "cross_agency",
    "exceptions", "duties", "papers", "unknown",
}  # fmt: skip
_LAYER = {"about", "note", "court_protection"}
_TABLES: Mapping[str, tuple[set[str], set[str]]] = {
    "place": (_BOTH | _PLACE, {"hide_number", "effective_until", "protected"}),
    "layer": (_BOTH | _LAYER, {"exceptions", "duties", "protected", "unknown"}),
    "exceptions": (
        {"key", "requirement", "call", "short", "scope"},
        {"mandated", "optional", "on_by_default", "lines", "citations"},
    ),
    "lines": ({"key", "about", "to", "say"}, {"number"}),
    "duties": ({"key", "on", "says"}, {"citations"}),
    "protected": ({"people", "training", "designation", "contacts", "citations"}, set()),
    "citations": ({"key", "title", "where", "seen"}, set()),
    "papers": ({"consent", "revoke", "apart", "death", "testimony"}, set()),
}
# Fields that people read, in both languages each.
_TEXTS = {
    "name", "locale", "leave_to", "note", "court", "cross_agency", "reviewed_by", "short", "scope", "about", "to",
    "says", "people", "training", "designation", "contacts", "title", "consent", "revoke", "apart", "death",
    "testimony",
}  # fmt: skip
_LISTS = {"say", "unknown"}


class BadPack(ValueError):
    """A pack that cannot be used, with everything that is wrong with it."""

    def __init__(self, key: str, wrong: list[str]) -> None:
        super().__init__(f"pack {key}: {'; '.join(wrong)}")
        self.wrong = wrong


def refuse(source: Mapping[str, Any], kind: str, layers: Iterable[str]) -> None:
    """Raise BadPack when anything is wrong; `layers` are those there are."""
    wrong = list(problems(source, kind, layers))
    if wrong:
        raise BadPack(str(source.get("key", "?")), wrong)


def problems(source: Mapping[str, Any], kind: str, layers: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with a pack as it was read from its file."""
    shape = list(_shape(source, kind, ""))
    yield from shape
    if shape:
        # The rest would only stumble over the same.
        return
    yield from _facts(source, kind, layers)
    yield from _dates(source)
    yield from _cited(source)
    yield from _words(source)
    exceptions = source.get("exceptions", ())
    yield from _exceptions(exceptions, kind)
    if kind == "place" and (missing := set(DUTIES) - {one["key"] for one in source["duties"]}):
        yield f"says nothing of the duties {sorted(missing)}"


def _shape(table: Any, kind: str, where: str) -> Iterator[str]:
    if not isinstance(table, Mapping):
        yield f"{where or 'the file'} is no table"
        return
    must, may = _TABLES[kind]
    if missing := must - table.keys():
        yield f"{where}leaves out {sorted(missing)}"
    if unknown := table.keys() - must - may:
        yield f"{where}has unknown keys {sorted(unknown)}"
    for key in sorted(table.keys() & (must | may)):
        yield from _field(key, table[key], f"{where}{key} ")


def _field(key: str, value: Any, where: str) -> Iterator[str]:
    if key in _LISTS:
        yield from (wrong for text in value for wrong in _text(text, where))
    elif key in _TEXTS:
        yield from _text(value, where)
    elif key == "papers":
        yield from _shape(value, key, where)
    elif key in _TABLES and not (key == "citations" and all(isinstance(one, str) for one in value)):
        if not isinstance(value, list):
            yield f"{where}is no list of tables"
            return
        for one in value:
            named = one.get("key", "?") if isinstance(one, Mapping) else "?"
            yield from _shape(one, key, f"{where}{named}: ")
    elif key in {"mandated", "optional", "on_by_default", "on", "counsel", "court_protection"}:
        if not isinstance(value, bool):
            yield f"{where}is neither true nor false"
    elif key in {"written_on", "review_by", "effective_from", "effective_until"} and type(value) is not date:
        yield f"{where}is no date"


def _text(words: Any, where: str) -> Iterator[str]:
    if not isinstance(words, Mapping):
        yield f"{where}is no text in two languages"
        return
    for language in load.LANGUAGES:
        if not isinstance(words.get(language), str) or not words[language].strip():
            yield f"{where}is missing in {language}"
    if unknown := words.keys() - set(load.LANGUAGES):
        yield f"{where}has unknown languages {sorted(unknown)}"


def _facts(source: Mapping[str, Any], kind: str, layers: Iterable[str]) -> Iterator[str]:
    if source["format"] != FORMAT:
        yield f"is written in format {source['format']}; this version reads {FORMAT}"
    if source["kind"] != kind:
        yield f"is a {source['kind']}, not a {kind}"
    if type(source["version"]) is not int or source["version"] < 1:
        yield "has no version"
    if kind == "place":
        if source["country"] not in {"ca", "us"}:
            yield "names a country without crisis lines"
        yield from (f"lies under an unknown layer {one}" for one in source["layers"] if one not in layers)


def _dates(source: Mapping[str, Any]) -> Iterator[str]:
    if source["review_by"] <= source["written_on"]:
        yield "was to be looked at again before it was written"
    if source["review_by"] - source["written_on"] > LONGEST_REVIEW:
        yield "is not looked at again within a year"
    begins, ends = source.get("effective_from"), source.get("effective_until")
    if begins and ends and ends < begins:
        yield "ends before it begins"
    if ends and ends < source["written_on"]:
        yield "had ended when it was written"


def _cited(source: Mapping[str, Any]) -> Iterator[str]:
    known = [one["key"] for one in source["citations"]]
    yield from (f"cites {one} twice" for one in sorted({key for key in known if known.count(key) > 1}))
    for one in source["citations"]:
        if one["seen"] not in SEEN or not str(one["where"]).strip():
            yield f"does not say where {one['key']} was seen, and how much of it"
    if source["court_protection"] and not source.get("protected"):
        yield "promises protection in court without saying whom the law protects"
    for name in ("protected", "exceptions", "duties"):
        for one in source.get(name, ()):
            if missing := set(one.get("citations", ())) - set(known):
                yield f"{name} {one.get('key', '')} cites {sorted(missing)}, which it does not list"
            if name == "protected" and not one["citations"]:
                yield "promises protection without citing the law"


def _words(source: Mapping[str, Any]) -> Iterator[str]:
    for text in _texts(source):
        if said := [word for word in TOO_MUCH if word in text.lower()]:
            yield f"promises too much: {said} in “{text[:60]}”"


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        for value in part.values():
            yield from _texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from _texts(value)


def _exceptions(entries: Any, kind: str) -> Iterator[str]:
    found = [one["key"] for one in entries]
    yield from (f"has the exception {one} twice" for one in sorted({key for key in found if found.count(key) > 1}))
    for one in entries:
        yield from _exception_problems(one, kind)
    if kind == "layer":
        return
    always = {one["key"] for one in entries if not one.get("optional")}
    if missing := EVERYWHERE - always:
        yield f"leaves out the exceptions {sorted(missing)}"
    if not any(one.get("mandated") for one in entries):
        yield "does not say what must be reported"


def _exception_problems(one: Mapping[str, Any], kind: str) -> Iterator[str]:
    key = one["key"]
    if key not in KINDS:
        yield f"has an unknown exception {key}; known are {sorted(KINDS)}"
    if one["call"] not in CALLS:
        yield f"{key}: call is one of {list(CALLS)}"
    if one["call"] == "statutory" and not one.get("lines"):
        yield f"{key}: names no line to which it is reported"
    if one.get("mandated") and one.get("optional"):
        yield f"{key}: what must be reported is not optional"
    if not one.get("optional") and not one.get("on_by_default", True):
        yield f"{key}: only an optional exception can be off"
    if kind == "layer" and one.get("optional"):
        yield f"{key}: a layer adds what its law demands, nothing optional"
    if key == "danger" and kind == "place" and one["call"] != "911":
        yield "danger: a life in danger is for 911"
