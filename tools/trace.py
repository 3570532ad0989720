"""Print which tests name which rule of docs/requirements.md: `{"A-03": ["tests/x/test_y.py::test_z"], ...}`.

Reads the files as text and syntax trees; nothing is imported or run. `--summary` prints figures for people
instead. Exits with 1 when a test names a rule that the register does not hold, or a tag belongs to no test.
"""

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
REGISTER = "docs/requirements.md"
RULE = re.compile(r"^\| ([A-M]-\d{2}) \|(.*)\|\s*$", re.MULTILINE)
PATH = re.compile(r"`[^`\s]+[./][^`\s]*`")

TAG = re.compile(r"\breq:\s*([A-Z]-\d+(?:[,\s]+[A-Z]-\d+)*)")
ID = re.compile(r"[A-Z]-\d+")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
CALL = re.compile(
    r"^(?P<indent>[ \t]*)(?P<name>it|test|describe)(?P<mode>(?:\.\w+)*)"
    r"(?:(?<=each)(?:\(.*?\)|`[^`]*`))?"
    r"\(\s*(?P<quote>[\"'`])(?P<title>.*?)(?<!\\)(?P=quote)",
    re.DOTALL | re.MULTILINE,
)
NOT_RUN = ("skip", "todo")


@dataclass
class Found:
    """What one test file says: rule and test for each naming, and what is wrong with the file."""

    namings: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def main(arguments: list[str] | None = None) -> int:
    """Print the trace or its summary and return the exit code."""
    parser = argparse.ArgumentParser(prog="trace", description="Which tests name which rule of the register.")
    parser.add_argument("--summary", action="store_true", help="print figures for people instead of JSON")
    parser.add_argument("--root", type=Path, default=CHECKOUT, help="another checkout")
    options = parser.parse_args(arguments)

    rules = read_register(options.root / REGISTER)
    found = read_tests(options.root)
    problems = [] if rules else [f"{REGISTER} holds no rules"]
    problems += found.problems
    problems += [f"{test}: {rule} is not in {REGISTER}" for rule, test in found.namings if rule not in rules]
    if problems:
        print("\n".join(sorted(set(problems))), file=sys.stderr)
        return 1

    traced: dict[str, list[str]] = {rule: [] for rule in rules}
    for rule, test in found.namings:
        if test not in traced[rule]:
            traced[rule].append(test)
    tests_by_rule = {rule: sorted(tests) for rule, tests in traced.items()}
    print(summary(rules, tests_by_rule) if options.summary else json.dumps(tests_by_rule, indent=1))
    return 0


def read_register(path: Path) -> dict[str, bool]:
    """Return each rule in the order of the register, and whether its row names a file that enforces it."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return {rule: bool(PATH.search(row.rpartition("|")[2])) for rule, row in RULE.findall(text)}


def summary(rules: dict[str, bool], tests_by_rule: dict[str, list[str]]) -> str:
    """Return how many rules have a test, and which of the rules enforced by a file have none."""
    tested = [rule for rule in rules if tests_by_rule[rule]]
    tests = {test for named in tests_by_rule.values() for test in named}
    enforced = [rule for rule, has_file in rules.items() if has_file]
    untested = [rule for rule in enforced if rule not in tested]
    return "\n".join(
        (
            f"{len(tested)} of {len(rules)} rules are named by a test; {len(tests)} tests name a rule.",
            f"{len(enforced)} rules are enforced by a file, and {len(untested)} of these have no test: "
            + (", ".join(untested) or "none")
            + ".",
        )
    )


def read_tests(root: Path) -> Found:
    """Return what the Python and TypeScript tests under `root` name."""
    whole = Found()
    for path in sorted((root / "tests").rglob("*.py")):
        if path.name.startswith("test_") or path.name.endswith("_test.py"):
            _add(whole, read_python(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()))
    for path in sorted((root / "browser" / "tests").rglob("*.ts")):
        if "node_modules" not in path.parts:
            _add(whole, read_typescript(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()))
    return whole


def _add(whole: Found, part: Found) -> None:
    whole.namings += part.namings
    whole.problems += part.problems


# Python: marks.


def read_python(text: str, name: str) -> Found:
    """Return the namings by `pytest.mark.req(...)` on tests, their classes and the module.

    Tests skipped without a condition prove nothing and are left out. A mark on something that is no test is a
    problem, and so is an ID that is not written out, because neither could be traced.
    """
    found = Found()
    try:
        tree = ast.parse(text, name)
    except SyntaxError as error:
        return Found(problems=[f"{name}:{error.lineno}: this is not Python"])
    tests = list(_tests(tree.body, name, _assigned_marks(tree.body, "pytestmark")))
    for test, marks in tests:
        if not any(_is_mark(mark, "skip") for mark in marks):
            found.namings += [(rule, test) for mark in marks for rule in _rules(mark)]
    reached = {id(mark) for _, marks in tests for mark in marks}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_mark(node, "req"):
            place = f"{name}:{node.lineno}"
            if id(node) not in reached:
                found.problems.append(f"{place}: this req mark belongs to no test")
            if not node.args or len(_rules(node)) != len(node.args):
                found.problems.append(f"{place}: write the IDs of a req mark out as plain strings")
    return found


def _tests(body: list[ast.stmt], prefix: str, around: list[ast.expr]) -> Iterator[tuple[str, list[ast.expr]]]:
    """Yield each test with every mark that applies to it."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if node.name.startswith("test"):
                yield f"{prefix}::{node.name}", around + _marks(node.decorator_list)
            case ast.ClassDef() if node.name.startswith("Test"):
                own = _marks(node.decorator_list) + _assigned_marks(node.body, "pytestmark")
                yield from _tests(node.body, f"{prefix}::{node.name}", around + own)
            # A Hypothesis state machine becomes a test by `TestLadder = Ladder.TestCase`.
            case ast.Assign(targets=[ast.Name(id=test)], value=value) if test.startswith("Test"):
                attributes = [part.attr for part in ast.walk(value) if isinstance(part, ast.Attribute)]
                if "TestCase" in attributes:
                    own = _marks([value]) + _assigned_marks(body, f"{test}.pytestmark")
                    yield f"{prefix}::{test}::runTest", around + own


def _assigned_marks(body: list[ast.stmt], target: str) -> list[ast.expr]:
    values = [
        node.value
        for node in body
        if isinstance(node, ast.Assign) and any(ast.unparse(assigned) == target for assigned in node.targets)
    ]
    return _marks(values)


def _marks(expressions: Iterable[ast.expr]) -> list[ast.expr]:
    """Return every `...mark.<name>` with or without its call, also inside lists and parameters."""
    nodes = [node for expression in expressions for node in ast.walk(expression)]
    return [node for node in nodes if isinstance(node, ast.Call | ast.Attribute) and _is_mark(node)]


def _is_mark(node: ast.expr, name: str | None = None) -> bool:
    if isinstance(node, ast.Call):
        node = node.func
    match node:
        case ast.Attribute(value=ast.Attribute(attr="mark") | ast.Name(id="mark"), attr=attr):
            return name in (None, attr)
    return False


def _rules(mark: ast.expr) -> list[str]:
    if not (isinstance(mark, ast.Call) and _is_mark(mark, "req")):
        return []
    values = [part.value for part in mark.args if isinstance(part, ast.Constant)]
    return [value for value in values if isinstance(value, str)]


# TypeScript: tags in comments and titles.


@dataclass(frozen=True)
class Block:
    """One `describe`, `it` or `test` call: where it begins and ends, and whether it runs."""

    start: int
    end: int
    title: str
    is_test: bool
    runs: bool

    def holds(self, position: int) -> bool:
        """Say whether `position` lies in this block."""
        return self.start <= position <= self.end


def read_typescript(text: str, name: str) -> Found:
    """Return the namings by `req: A-03` in a comment above or inside a test, or in a title.

    A tag on a `describe` holds for every test in it. Blocks are told apart by their indentation.
    """
    found = Found()
    blocks = [_block(text, call) for call in CALL.finditer(text)]
    idle = [block for block in blocks if not block.runs]
    tags = [(match.start(), match.group()) for match in COMMENT.finditer(text)]
    tags += [(block.start, block.title) for block in blocks]
    for position, words in tags:
        for match in TAG.finditer(words):
            owner = _owner(blocks, position)
            tests = [block for block in blocks if block.is_test and owner and owner.holds(block.start)]
            if not tests:
                line = text.count("\n", 0, position) + 1
                found.problems.append(f"{name}:{line}: this req tag belongs to no test")
            for rule in ID.findall(match.group(1)):
                found.namings += [(rule, f"{name}::{test.title}") for test in tests if not _in_any(idle, test)]
    return found


def _block(text: str, call: re.Match[str]) -> Block:
    """Return the block of a call: it ends before the next line that is indented no deeper."""
    indent = len(call["indent"])
    end = len(text)
    rest = re.compile(rf"\n[ \t]{{0,{indent}}}(?=[^\s])").search(text, call.end())
    if rest:
        end = rest.start()
    return Block(
        start=call.start("name"),
        end=end,
        title=call["title"],
        is_test=call["name"] != "describe",
        runs=not any(mode in NOT_RUN for mode in call["mode"].split(".")),
    )


def _in_any(blocks: list[Block], test: Block) -> bool:
    return any(block.holds(test.start) for block in blocks)


def _owner(blocks: list[Block], position: int) -> Block | None:
    """Return the innermost block around a tag, where that is a test; otherwise the next block after it."""
    around = [block for block in blocks if block.holds(position)]
    if around and (around[-1].is_test or around[-1].start == position):
        return around[-1]
    return next((block for block in blocks if block.start > position), None)


if __name__ == "__main__":
    sys.exit(main())
