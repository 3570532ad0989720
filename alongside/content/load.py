"""Loads the data of this package once, typed and checked; wrong data stops the start, never a page."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def toml(name: str) -> Mapping[str, Any]:
    """Return one TOML file of this package; raises FileNotFoundError or tomllib.TOMLDecodeError."""
    return tomllib.loads(files("alongside.content").joinpath(name).read_text(encoding="utf-8"))


@cache
def capabilities() -> Mapping[str, frozenset[str]]:
    """Return every capability with the roles that hold it."""
    return {name: frozenset(roles) for name, roles in toml("roles.toml")["capabilities"].items()}


# --- notices -----------------------------------------------------------------------------------------------------

LANGUAGES = ("en", "fr")
Text = Mapping[str, str]  # language -> words, English always present


@dataclass(frozen=True)
class Message:
    """One neutral notice; `{fields}` of subject and body are filled in when it is sent."""

    subject: str
    body: str


@cache
def messages(language: str) -> Mapping[str, Message]:
    """Return every notice in a language, English for a language we do not have."""
    spoken = language if language in LANGUAGES else "en"
    return {
        key: Message(_words(entry["subject"]), _words(entry["body"]))
        for key, entry in toml(f"{spoken}/messages.toml").items()
    }


# --- the tally ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Category:
    """One cell of one tally question, and the finer words that are counted under it.

    A retired one is offered no more and starts no new cell; what was counted under it keeps its name.
    """

    key: str
    label: Text
    covers: tuple[Text, ...] = ()
    retired: bool = False


@cache
def tally() -> Mapping[str, tuple[Category, ...]]:
    """Return the categories of each tally question that are counted now, in the order shown."""
    return {
        question: tuple(category for category in entries if not category.retired)
        for question, entries in every_category().items()
    }


@cache
def every_category() -> Mapping[str, tuple[Category, ...]]:
    """Return also the retired categories, for whoever reads old cells; raises ValueError for a key given twice."""
    questions: dict[str, tuple[Category, ...]] = {}
    for question, entries in toml("tally.toml").items():
        found = tuple(
            Category(
                entry["key"],
                _text(entry),
                tuple(_text(words) for words in entry.get("covers", [])),
                entry.get("retired", False),
            )
            for entry in entries
        )
        if len({category.key for category in found}) != len(found):
            raise ValueError(f"tally.toml: a key of {question} is given twice")
        questions[question] = found
    return questions


# --- what this installation keeps --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """One column: what it holds and how it is protected."""

    name: str
    holds: Text
    protection: str


@dataclass(frozen=True)
class Table:
    """One table of the register of kept data."""

    name: str
    about: str  # a key of `Register.about`: whose data this is
    holds: Text
    why: Text
    how_long: Text
    readers: tuple[str, ...]  # keys of `Register.readers`
    columns: tuple[Kept, ...]
    backup: bool
    backup_only: str = ""  # a yes/no column: only rows that say yes are in backups

    def sealed_columns(self) -> tuple[str, ...]:
        """Return the columns that hold what only people's own devices can open."""
        return tuple(column.name for column in self.columns if column.protection == "sealed")


@dataclass(frozen=True)
class Register:
    """Every table and column of an installation, with the words for whose data it is, protections and readers."""

    about: Mapping[str, Text]
    protections: Mapping[str, Text]
    readers: Mapping[str, Text]
    outside: Text  # what is kept outside the database
    tables: tuple[Table, ...]


@cache
def retention() -> Register:
    """Return the register of kept data (K-23, K-33); raises KeyError or ValueError when an entry is incomplete."""
    source = toml("retention.toml")
    shared = source["columns"]
    register = Register(
        about={key: _text(words) for key, words in source["about"].items()},
        protections={key: _text(words) for key, words in source["protections"].items()},
        readers={key: _text(words) for key, words in source["readers"].items()},
        outside=_text(source["outside"]),
        tables=tuple(_table(name, entry, shared) for name, entry in source["tables"].items()),
    )
    for table in register.tables:
        if table.about not in register.about or not set(table.readers) <= set(register.readers):
            raise ValueError(f"retention.toml: {table.name} names an unknown reader or kind of data")
        if not {column.protection for column in table.columns} <= set(register.protections):
            raise ValueError(f"retention.toml: {table.name} names an unknown protection")
    return register


def _table(name: str, entry: Mapping[str, Any], shared: Mapping[str, Any]) -> Table:
    # A column is described where it stands, or names a description that several tables share.
    described = {
        column: shared[words] if isinstance(words, str) else words for column, words in entry["columns"].items()
    }
    return Table(
        name=name,
        about=entry["about"],
        holds=_text(entry["holds"]),
        why=_text(entry["why"]),
        how_long=_text(entry["how_long"]),
        readers=tuple(entry["readers"]),
        columns=tuple(
            Kept(column, _text(words), words.get("protection", "access")) for column, words in described.items()
        ),
        backup=entry["backup"],
        backup_only=entry.get("backup_only", ""),
    )


def _text(entry: Mapping[str, Any]) -> Text:
    return {language: _words(entry[language]) for language in LANGUAGES}


def _words(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("content: a text is missing")
    return value.strip()
