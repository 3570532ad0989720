"""Which tests say the same whatever the database, so that they need not run on both."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = {"db", "transactional_db", "live_server", "world"}
# The import contract "Rules and kernel are pure" (pyproject.toml) keeps Django out of these, and with it any database.
PURE_PACKAGES = {"content", "kernel"}
# Adapters to what is not a database: pure where all their own files are.
ADAPTERS = {"noise", "solver"}
# A module of tests or a single test says so of itself: it starts processes on a database of their own, or on none.
MARK = "whatever_database"
# Through these a test may reach a database or start what does.
DOORS = {
    "asyncio", "concurrent", "ctypes", "django", "http", "importlib", "multiprocessing", "os", "psycopg", "runpy",
    "signal", "socket", "sqlite3", "subprocess", "tools", "urllib",
}  # fmt: skip


class Collected(Protocol):
    """A collected test (pytest.Item)."""

    path: Path

    def get_closest_marker(self, name: str) -> object: ...


def says_the_same(item: Collected) -> bool:
    """Tell whether a test cannot see which database there is: it asks for none, and its module reaches only rules, or
    it is marked as one that starts processes elsewhere.
    """
    asks = item.get_closest_marker("django_db") or FIXTURES & set(getattr(item, "fixturenames", ()))
    return not asks and (bool(item.get_closest_marker(MARK)) or reaches_only_rules(item.path))


@cache
def reaches_only_rules(path: Path) -> bool:
    """Tell whether a module of tests, and what it takes from other modules of tests, imports nothing but rules."""
    return all(_is_pure(name) for name in _imported(path.read_text(encoding="utf-8")))


def _imported(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{one.name}" for one in node.names)
        elif isinstance(node, ast.Name) and node.id in {"__import__", "exec", "eval"}:
            yield "importlib"


def _is_pure(name: str) -> bool:
    first, *rest = name.split(".")
    if first == "alongside":
        pure = bool(rest) and (rest[0] in PURE_PACKAGES or "rules" in rest[1:3])
        return pure or (len(rest) > 1 and rest[1] in ADAPTERS and _is_pure_adapter(ROOT.joinpath(first, *rest[:2])))
    if first == "tests":
        places = [ROOT.joinpath(first, *parts).with_suffix(".py") for parts in (rest, rest[:-1]) if parts]
        return any(reaches_only_rules(place) for place in places if place.exists())
    return bool(first) and first not in DOORS


@cache
def _is_pure_adapter(place: Path) -> bool:
    """Tell whether an adapter, a file or a folder, imports nothing but rules and its own files."""
    files = [*place.glob("*.py"), *filter(Path.exists, [place.with_suffix(".py")])]
    own = ".".join(place.relative_to(ROOT).parts)
    names = {name for file in files for name in _imported(file.read_text(encoding="utf-8"))}
    return bool(files) and all(name.startswith(f"{own}.") or _is_pure(name) for name in names)
