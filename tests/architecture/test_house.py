"""The shape of the house that imports alone cannot show; import-linter holds the rest (pyproject.toml)."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
from django.apps import apps
from django.db import models

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "alongside"
# From low to high; a package knows only those before it.
DOMAINS = (
    "notify", "accounts", "sealing", "anonymous", "policy", "team", "rota", "directory", "escalation", "help_requests",
    "programme",
)  # fmt: skip
FILES = {
    "__init__", "rules", "models", "queries", "actions", "forms", "views", "values",
    "channels", "sso", "noise", "solver", "ics", "documents",
}  # fmt: skip
PUBLIC = ("actions", "queries", "rules")

# Doors that are open besides: the nouns every domain needs, the values of policy, and a request with its ladder, which
# live and die in one transaction (decision 0007).
NOUNS = "alongside.accounts.models"
VALUES = "alongside.policy.values"
WITH_ITS_LADDER = ("alongside.help_requests", "alongside.escalation.models")
# Taking up an invitation makes a person and a supporter on one page.
ONE_PAGE = ("alongside.team.views", "alongside.accounts.forms")
# The demonstration stands outside the product and borrows one check from the member's endpoints.
DEMONSTRATION = "alongside.site.demo."


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Return every module of the product with its syntax tree, migrations left out."""
    for path in sorted(CODE.rglob("*.py")):
        if "migrations" not in path.parts and "static" not in path.parts:
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def domain_of(module: str) -> str:
    return [*module.split("."), ""][1]


def part_of(module: str) -> str:
    return [*module.split("."), "", ""][2]


def imported(node: ast.AST) -> set[str]:
    """Return the modules that an import statement may mean."""
    if isinstance(node, ast.ImportFrom):
        return {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()


# --- files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_has_only_files_of_the_closed_list(domain: str) -> None:
    names = {path.stem for path in (CODE / domain).iterdir() if not path.name.startswith("__pycache__")}
    assert names - FILES - {"migrations"} == set()


def test_every_package_is_a_domain_or_stands_outside() -> None:
    packages = {path.name for path in CODE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert packages == {*DOMAINS, "kernel", "content", "site", "cli"}
    assert len([path for path in (CODE / "kernel").glob("*.py") if path.stem != "__init__"]) <= 5


def test_there_is_no_second_door_to_the_tables() -> None:
    assert not apps.is_installed("django.contrib.admin")
    assert [str(path) for path in CODE.rglob("admin.py")] == []


@pytest.mark.req("K-24")
def test_no_secret_and_no_database_lies_among_the_code() -> None:
    names = ("secret_key", "*.sqlite3*", "*.pem", "*.key")
    assert [str(path) for folder in (CODE, ROOT / "tests") for name in names for path in folder.rglob(name)] == []


def test_no_file_of_code_is_longer_than_400_lines() -> None:
    kinds = {".py", ".ts", ".css", ".html"}
    folders = (CODE, ROOT / "browser/src", ROOT / "browser/styles", ROOT / "tools", ROOT / "bench")
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in kinds]
    built = {"static", "static_collected", "node_modules", "migrations"}
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in files
        if not built & set(path.parts)
    }
    assert lengths
    assert {name: length for name, length in lengths.items() if length > 400} == {}


# --- words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", [*DOMAINS, "kernel", "content", "site"])
def test_every_package_says_what_it_is(package: str) -> None:
    text = (CODE / package / "__init__.py").read_text(encoding="utf-8")
    assert len(ast.get_docstring(ast.parse(text)) or "") > 30


def test_every_public_function_of_rules_actions_and_queries_says_what_it_does() -> None:
    silent = []
    for name, tree in modules():
        if part_of(name) in PUBLIC:
            for node in tree.body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                    words = ast.get_docstring(node)
                    if not words or not words[0].isupper() or not words.split("\n\n")[0].rstrip().endswith((".", ":")):
                        silent.append(f"{name}.{node.name}")
    assert silent == []


# --- doors between domains ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def imports() -> list[tuple[str, str]]:
    """Return every import of one module of the product by another, migrations left out."""
    graph = grimp.build_graph("alongside", cache_dir=None)
    return [
        (one, other)
        for one in sorted(graph.modules)
        for other in sorted(graph.find_modules_directly_imported_by(one))
        if ".migrations" not in one
    ]


def test_across_domains_only_actions_queries_and_rules_are_used(imports: list[tuple[str, str]]) -> None:
    wrong = []
    for one, other in imports:
        here, there = domain_of(one), domain_of(other)
        if here not in DOMAINS or there not in DOMAINS or here == there or part_of(other) in PUBLIC:
            continue
        if other in {NOUNS, VALUES} or (one, other) == ONE_PAGE:
            continue
        if one.startswith(WITH_ITS_LADDER[0]) and other == WITH_ITS_LADDER[1]:
            continue
        wrong.append((one, other))
    assert wrong == []


def test_only_the_list_of_routes_imports_views(imports: list[tuple[str, str]]) -> None:
    wrong = [
        (one, other)
        for one, other in imports
        if part_of(other) == "views"
        and domain_of(one) != domain_of(other)
        and one != "alongside.site.urls"
        and not one.startswith(DEMONSTRATION)
    ]
    assert wrong == []


def test_nobody_imports_a_private_name_of_another_domain() -> None:
    wrong = []
    for name, tree in modules():
        for node in ast.walk(tree):
            other = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            if other.startswith("alongside.") and domain_of(other) != domain_of(name):
                wrong += [f"{name}: {alias.name}" for alias in node.names if alias.name.startswith("_")]
    assert wrong == []


def test_foreign_keys_point_down_and_have_no_reverse_name_across_domains() -> None:
    wrong = []
    for model in apps.get_models():
        here = model._meta.app_label
        if here not in DOMAINS:
            continue
        for field in model._meta.local_fields:
            there = field.related_model
            if there is None or isinstance(there, str) or there._meta.app_label == here:
                continue
            down = DOMAINS.index(there._meta.app_label) < DOMAINS.index(here)
            if not down or not field.remote_field.hidden:
                wrong.append(f"{model._meta.label}.{field.name}")
    assert wrong == []


def test_nothing_is_reached_by_a_hidden_way() -> None:
    """No signals, no lookup of models or functions by name, no import by name."""
    names = {
        "get_model", "import_string", "import_module", "__import__", "receiver", "Signal", "pre_save", "post_save",
        "pre_delete", "post_delete", "m2m_changed", "request_started", "request_finished", "user_logged_in",
        "eval", "exec",
    }  # fmt: skip
    found = []
    for name, tree in modules():
        for node in ast.walk(tree):
            used = getattr(node, "id", None) or getattr(node, "attr", None)
            if isinstance(node, ast.Name | ast.Attribute) and used in names:
                found.append(f"{name}:{node.lineno} {used}")
            if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("signals"):
                found.append(f"{name}:{node.lineno} {node.module}")
    assert found == []


def test_rules_know_no_clock_and_no_chance() -> None:
    found = []
    for name, tree in modules():
        if part_of(name) != "rules":
            continue
        for node in ast.walk(tree):
            if imported(node) & {"random", "secrets", "time", "os", "alongside.kernel.clock"}:
                found.append(f"{name}:{node.lineno}")
            if isinstance(node, ast.Attribute) and node.attr in {"now", "today", "utcnow", "uuid4"}:
                found.append(f"{name}:{node.lineno} {node.attr}")
    assert found == []


def test_there_is_one_clock() -> None:
    found = []
    for name, tree in modules():
        if name == "alongside.kernel.clock":
            continue
        for node in ast.walk(tree):
            called = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
            if called in {"datetime.now", "datetime.utcnow", "date.today", "timezone.now"}:
                found.append(f"{name}:{node.lineno} {called}")
    assert found == []


@pytest.mark.req("M-21")
def test_rows_are_held_as_a_change_holds_them() -> None:
    """A hold as for deleting waits for everybody who only refers to the row: two of them can wait for each other."""
    found = []
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".select_for_update"):
                given = {keyword.arg for keyword in node.keywords}
                if not given & {"no_key", "skip_locked"}:
                    found.append(f"{name}:{node.lineno}")
    assert found == []


# --- timed work --------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03")
def test_there_is_one_loop() -> None:
    """Threads belong to the server and the schedule, for the loop's lanes, to the channels, for one hand-over, to
    the planner, which is a process of its own and looks whether somebody stopped it, and to the reading of a foreign
    calendar, for the look-up of a name, which knows no deadline; nothing else waits.

    The entrance gives turns to requests in the server's event loop, and does nothing on time.
    """
    allowed = {
        "alongside.site.serving",
        "alongside.site.schedule",
        "alongside.notify.channels",
        "alongside.rota.solver.searching",
        "alongside.cli.planning",
        "alongside.rota.ics.fetching",
    }
    entrance = {"alongside.site.entrance", "alongside.site.lanes"}
    found = []
    for name, tree in modules():
        if name in entrance:
            continue
        for node in ast.walk(tree):
            used = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)
            if used in {"Thread", "Timer", "ThreadPoolExecutor", "ProcessPoolExecutor"} and name not in allowed:
                found.append(f"{name}:{node.lineno} {used}")
            if used in {"sleep", "setitimer", "create_task", "call_later"}:
                found.append(f"{name}:{node.lineno} {used}")
            if imported(node) & {"sched", "asyncio", "celery", "apscheduler", "huey", "django_q"}:
                found.append(f"{name}:{node.lineno}")
            if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and name not in allowed:
                found.append(f"{name}:{node.lineno} while True")
    assert found == []


def test_every_job_calls_an_action_or_stands_in_the_schedule() -> None:
    schedule = importlib.import_module("alongside.site.schedule")
    for job in schedule.JOBS:
        module = job.run.__module__
        assert part_of(module) == "actions" or module == "alongside.site.schedule", job.name


# --- tables ------------------------------------------------------------------------------------------------------


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in DOMAINS]


@pytest.mark.req("K-35")
def test_rows_have_random_keys_and_no_sequence() -> None:
    """An automatic number remembers how many rows there ever were."""
    for model in our_models():
        key = model._meta.pk
        assert isinstance(key, models.UUIDField | models.BinaryField), model._meta.label
