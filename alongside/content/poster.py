"""The words of the poster, in both languages at once: the coordinator chooses while looking at it."""

from functools import cache

from alongside.content import load


@cache
def texts() -> dict[str, dict[str, str]]:
    """Return every sentence of the poster by language and key."""
    rows = load.toml("poster.toml")
    return {language: {key: row[language] for key, row in rows.items()} for language in load.LANGUAGES}
