"""What this installation keeps, from the register, held against the tables that are really there (K-33)."""

import textwrap
from dataclasses import dataclass
from typing import Any

from django.db import connection

from alongside.content import load

WIDTH = 100


@dataclass(frozen=True)
class Differences:
    """Columns, as `table.column`, on which register and database disagree."""

    unregistered: tuple[str, ...]
    vanished: tuple[str, ...]


def has_tables() -> bool:
    """Say whether the database has been migrated."""
    return bool(connection.introspection.table_names())


def differences() -> Differences:
    """Compare the register with the tables of the database."""
    registered = {f"{table.name}.{column.name}" for table in load.retention().tables for column in table.columns}
    with connection.cursor() as cursor:
        there = {
            f"{table}.{column.name}"
            for table in connection.introspection.table_names(cursor)
            for column in connection.introspection.get_table_description(cursor, table)
        }
    return Differences(tuple(sorted(there - registered)), tuple(sorted(registered - there)))


def as_data(language: str) -> dict[str, Any]:
    """Return the register in one language, for programs."""
    register = load.retention()
    return {
        "outside": register.outside[language],
        "tables": [
            {
                "name": table.name,
                "about": register.about[table.about][language],
                "holds": table.holds[language],
                "why": table.why[language],
                "how_long": table.how_long[language],
                "readers": [register.readers[reader][language] for reader in table.readers],
                "in_backups": table.backup,
                "in_backups_only_where": table.backup_only,
                "columns": [
                    {
                        "name": column.name,
                        "holds": column.holds[language],
                        "protection": register.protections[column.protection][language],
                    }
                    for column in table.columns
                ],
            }
            for table in register.tables
        ],
    }


def as_text(language: str) -> str:
    """Return the register in one language, for people."""
    data, words = as_data(language), WORDS[language]
    usual = load.retention().protections["access"][language]
    lines: list[str] = []
    group = ""
    for table in data["tables"]:
        if table["about"] != group:
            group = table["about"]
            lines += ["", group.upper(), ""]
        backups = table["in_backups"] and (words["some"] if table["in_backups_only_where"] else words["yes"])
        lines += [
            f"  {table['name']}",
            *_wrapped("", table["holds"]),
            *_wrapped(words["why"], table["why"]),
            *_wrapped(words["how_long"], table["how_long"]),
            *_wrapped(words["readers"], ", ".join(table["readers"])),
            *_wrapped(words["backups"], str(backups or words["no"])),
            *(f"      {one['name']:<18} {_remarked(one, usual)}" for one in table["columns"]),
            "",
        ]
    last = [*textwrap.wrap(words["usual"] % usual, WIDTH), "", *textwrap.wrap(data["outside"], WIDTH), ""]
    return "\n".join([*lines[1:], *last])


def _remarked(column: dict[str, str], usual: str) -> str:
    return column["holds"] if column["protection"] == usual else f"{column['holds']} ({column['protection']})"


def _wrapped(label: str, text: str) -> list[str]:
    start = f"    {label}: " if label else "    "
    return textwrap.wrap(start + text, WIDTH, subsequent_indent="    ", drop_whitespace=True)


WORDS = {
    "en": {
        "why": "Why",
        "how_long": "How long",
        "readers": "Who can read it",
        "backups": "In backups",
        "yes": "yes",
        "no": "no",
        "some": "only closed periods",
        "usual": "Columns without a remark are %s.",
    },
    "fr": {
        "why": "Pourquoi",
        "how_long": "Combien de temps",
        "readers": "Qui peut le lire",
        "backups": "Dans les sauvegardes",
        "yes": "oui",
        "no": "non",
        "some": "seulement les périodes terminées",
        "usual": "Les colonnes sans remarque : %s.",
    },
}
