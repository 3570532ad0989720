"""Every signed-in view asks for exactly one capability before it does anything, and every capability is asked for."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from alongside.accounts.rules import ROLES
from alongside.content import load

# The way in: whoever has no seat yet, or leaves one.
WAY_IN = {
    "in_invitation",
    "in_signed_out",
    "in_language",
    "in_reached",
    "in_manifest",
    "in_sw",
    "in_everywhere",
    "in_looking",
    "in_invitation_question",
    "in_invitation_passkey",
    "in_passkey_question",
    "in_passkey",
    "mfa_reauthenticate_webauthn",
    "in_passkey_again",
    # A crisis asks for no sign-in (D-14); tests/site/test_crisis_path.py holds them to it.
    "in_crisis",
    "in_crisis_path",
    "in_crisis_card",
    # A calendar programme knows an address of 32 random bytes and nothing else; tests/rota/test_calendar_feeds.py.
    "in_feed",
}


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Return every route with its whole path."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        else:
            yield path, pattern


def own_routes() -> list[tuple[str, URLPattern]]:
    """Return the routes below /in/ that are answered by this product and not by the sign-in library."""
    return [
        (path, pattern)
        for path, pattern in routes()
        if path.startswith("in/") and inspect.unwrap(pattern.callback).__module__.startswith("alongside.")
    ]


@cache
def functions(module: str) -> dict[str, ast.FunctionDef]:
    """Return the functions of a module by name."""
    tree = ast.parse(inspect.getsource(__import__(module, fromlist=["_"])))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def asks_for(module: str, name: str) -> str | None:
    """Return the capability a view asks for before anything else: in a decorator of its module that is given one, or in
    its first statement, there or in a function of its module that is called there.
    """
    view = functions(module)[name]
    return _gated(module, view) or _first_asks(module, view)


def _gated(module: str, function: ast.FunctionDef) -> str | None:
    """Return what the decorators ask for: `@gate("capability")`, or one that wraps in such a gate."""
    for decorator in function.decorator_list:
        given = isinstance(decorator, ast.Call)
        named = decorator.func if isinstance(decorator, ast.Call) else decorator
        gate = functions(module).get(named.id) if isinstance(named, ast.Name) else None
        if gate is None:
            continue
        if given and _permits(gate) and isinstance(decorator.args[0], ast.Constant):
            return str(decorator.args[0].value)
        for inner in ast.walk(gate):
            if isinstance(inner, ast.FunctionDef) and inner is not gate and (found := _gated(module, inner)):
                return found
    return None


def _first_asks(module: str, function: ast.FunctionDef) -> str | None:
    first = next(node for node in function.body if not _is_docstring(node))
    while isinstance(first, ast.Try):
        first = first.body[0]
    for call in (node for node in ast.walk(first) if isinstance(node, ast.Call)):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if called == "permit":
            literal = call.args[1]
            return str(literal.value) if isinstance(literal, ast.Constant) else None
        helper = functions(module).get(called) if isinstance(call.func, ast.Name) else None
        if helper and helper is not function and (found := _first_asks(module, helper)):
            return found
    return None


def _permits(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "permit" for node in ast.walk(function))


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@pytest.mark.req("M-06", "K-14", "K-34")
def test_every_signed_in_view_asks_for_a_capability_of_the_register_first() -> None:
    found = {}
    for path, pattern in own_routes():
        if pattern.name not in WAY_IN:
            view = inspect.unwrap(pattern.callback)
            found[path] = asks_for(view.__module__, view.__name__)
    assert len(found) > 25
    assert {path: asked for path, asked in found.items() if asked not in load.capabilities()} == {}


def test_every_capability_is_asked_for_by_some_view() -> None:
    asked = set()
    for _path, pattern in own_routes():
        view = inspect.unwrap(pattern.callback)
        if pattern.name not in WAY_IN:
            asked.add(asks_for(view.__module__, view.__name__))
    assert set(load.capabilities()) - asked == set()


@pytest.mark.req("M-06", "M-12", "M-21", "M-24", "K-34")
def test_only_supporters_hold_what_leads_to_a_request() -> None:
    register = load.capabilities()
    assert register["help_requests.take"] == {"supporter"}
    assert register["team.serve"] == {"supporter"}
    opening = {
        path: asks_for(inspect.unwrap(pattern.callback).__module__, inspect.unwrap(pattern.callback).__name__)
        for path, pattern in own_routes()
        if path.startswith("in/team/requests/")
    }
    assert len(opening) >= 10
    assert set(opening.values()) == {"help_requests.take"}


def test_every_role_of_the_register_exists() -> None:
    for roles in load.capabilities().values():
        assert roles
        assert roles <= set(ROLES)


def test_every_route_has_one_audience_and_one_name() -> None:
    audiences = ("ask/", "in/", "static/", "demo/")
    public = {"", "kept", "health"}
    for path, _pattern in routes():
        assert path.startswith(audiences) or path.split("/")[0] in public, path
    names = [pattern.name for path, pattern in routes() if path.startswith(("ask/", "in/"))]
    assert sorted(str(name) for name in names) == sorted({str(name) for name in names})
