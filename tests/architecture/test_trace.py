"""`make trace`, on a small tree and on this one; and that the documents name only what exists."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRACE = ROOT / "tools" / "trace.py"

REGISTER = """
    | ID | Str | Rule | Source | Check | Where enforced |
    |---|---|---|---|---|---|
    | A-01 | M | Ask. | 004:1 | x | `alongside/a.py` |
    | A-02 | M | Refer. | 004:2 | x | part 3 |
    | A-03 | M | Never lose. | 004:3 | x | `alongside/b.py`, part 2 |
    | A-04 | S | Another. | 004:4 | x | - |
    | X-1 | not | a | rule | - |
"""


def trace(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TRACE), "--root", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(dedent(text), encoding="utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write(tmp_path, "docs/requirements.md", REGISTER)
    return tmp_path


def traced(root: Path) -> dict[str, list[str]]:
    done = trace(root)
    assert done.returncode == 0, done.stderr
    result: dict[str, list[str]] = json.loads(done.stdout)
    return result


def refused(root: Path) -> str:
    done = trace(root)
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


def test_a_register_without_tests_gives_every_rule_an_empty_list(tree: Path) -> None:
    assert traced(tree) == {"A-01": [], "A-02": [], "A-03": [], "A-04": []}


def test_marks_on_functions_classes_modules_and_parameters_are_found(tree: Path) -> None:
    write(
        tree,
        "tests/one/test_a.py",
        """
        import pytest
        @pytest.mark.req("A-01", "A-03")
        def test_plain(): ...
        @pytest.mark.req("A-04")
        class TestGroup:
            pytestmark = pytest.mark.req("A-02")
            @pytest.mark.slow
            async def test_inside(self): ...
            def helper(self): ...
        @pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.req("A-03"))])
        def test_cases(n): ...
        """,
    )
    write(
        tree,
        "tests/test_b.py",
        """
        from pytest import mark
        pytestmark = [mark.django_db, mark.req("A-02")]
        def test_module(): ...
        """,
    )
    assert traced(tree) == {
        "A-01": ["tests/one/test_a.py::test_plain"],
        "A-02": ["tests/one/test_a.py::TestGroup::test_inside", "tests/test_b.py::test_module"],
        "A-03": ["tests/one/test_a.py::test_cases", "tests/one/test_a.py::test_plain"],
        "A-04": ["tests/one/test_a.py::TestGroup::test_inside"],
    }


def test_a_state_machine_counts_as_a_test(tree: Path) -> None:
    write(
        tree,
        "tests/test_machine.py",
        """
        import pytest
        TestLadder = Ladder.TestCase
        TestLadder.pytestmark = [pytest.mark.req("A-03")]
        TestOther = pytest.mark.req("A-01")(Other.TestCase)
        """,
    )
    found = traced(tree)
    assert found["A-03"] == ["tests/test_machine.py::TestLadder::runTest"]
    assert found["A-01"] == ["tests/test_machine.py::TestOther::runTest"]


def test_nothing_is_imported_and_only_what_pytest_collects_is_read(tree: Path) -> None:
    write(
        tree,
        "tests/test_a.py",
        """
        import pytest, no_such_package
        raise SystemExit("imported")
        @pytest.mark.req("A-01")
        def test_never_run(): ...
        """,
    )
    write(
        tree,
        "tests/world.py",
        """
        import pytest
        @pytest.mark.req("A-02")
        def test_not_collected(): ...
        """,
    )
    assert traced(tree)["A-01"] == ["tests/test_a.py::test_never_run"]
    assert traced(tree)["A-02"] == []


def test_a_test_that_is_always_skipped_covers_nothing(tree: Path) -> None:
    write(
        tree,
        "tests/test_a.py",
        """
        import pytest
        @pytest.mark.skip(reason="not now")
        @pytest.mark.req("A-01")
        def test_idle(): ...
        @pytest.mark.skipif(True, reason="elsewhere")
        @pytest.mark.req("A-03")
        def test_sometimes(): ...
        """,
    )
    write(
        tree,
        "browser/tests/a.test.ts",
        """
        // req: A-04
        it.skip("is idle", () => {});
        """,
    )
    found = traced(tree)
    assert found["A-01"] == found["A-04"] == []
    assert found["A-03"] == ["tests/test_a.py::test_sometimes"]


def test_an_id_that_is_not_in_the_register_is_an_error(tree: Path) -> None:
    write(
        tree,
        "tests/test_a.py",
        """
        import pytest
        @pytest.mark.req("A-01", "A-99")
        def test_one(): ...
        @pytest.mark.req("X-1")
        def test_two(): ...
        """,
    )
    write(tree, "browser/tests/a.test.ts", "// req: B-77\nit('asks', () => {});\n")
    assert refused(tree).splitlines() == [
        "browser/tests/a.test.ts::asks: B-77 is not in docs/requirements.md",
        "tests/test_a.py::test_one: A-99 is not in docs/requirements.md",
        "tests/test_a.py::test_two: X-1 is not in docs/requirements.md",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('@pytest.mark.req("A-01")\ndef helper(): ...\n', "belongs to no test"),
        ('def build():\n    @pytest.mark.req("A-01")\n    def test_hidden(): ...\n', "belongs to no test"),
        ('covers = pytest.mark.req("A-01")\n@covers\ndef test_one(): ...\n', "belongs to no test"),
        ('IDS = ["A-01"]\n@pytest.mark.req(*IDS)\ndef test_one(): ...\n', "plain strings"),
        ("@pytest.mark.req()\ndef test_one(): ...\n", "plain strings"),
        ("def test_one(:\n", "not Python"),
    ],
)
def test_what_could_not_be_traced_is_an_error(tree: Path, text: str, complaint: str) -> None:
    write(tree, "tests/test_a.py", text)
    assert complaint in refused(tree)


def test_an_empty_register_is_an_error(tmp_path: Path) -> None:
    assert "holds no rules" in refused(tmp_path)


def test_tags_in_typescript_belong_to_the_test_they_stand_at(tree: Path) -> None:
    write(
        tree,
        "browser/tests/core/seal.test.ts",
        """
        import { seal } from "../../src/core/seal.js";

        // req: A-01, A-02
        describe("sealing", () => {
          it("hides the length", () => {
            check(`
          text`);
          });

          // Why this matters. req: A-03
          it(
            "keeps the order",
            () => {},
          );
        });

        test("says \\"no\\" [req: A-04]", () => {});

        it("is tagged inside", async () => {
          // req: A-03
          await seal();
        });

        /* req: A-04 */
        it.each([
          [1, 2],
          [3, 4],
        ])("adds %i", () => {});
        """,
    )
    at = "browser/tests/core/seal.test.ts::"
    assert traced(tree) == {
        "A-01": [at + "hides the length", at + "keeps the order"],
        "A-02": [at + "hides the length", at + "keeps the order"],
        "A-03": [at + "is tagged inside", at + "keeps the order"],
        "A-04": [at + "adds %i", at + 'says \\"no\\" [req: A-04]'],
    }


def test_a_tag_in_typescript_without_a_test_is_an_error(tree: Path) -> None:
    write(tree, "browser/tests/a.test.ts", "it('asks', () => {});\n// req: A-01\n")
    assert "browser/tests/a.test.ts:2: this req tag belongs to no test" in refused(tree)


def test_the_summary_says_which_enforced_rules_have_no_test(tree: Path) -> None:
    write(
        tree,
        "tests/test_a.py",
        """
        import pytest
        @pytest.mark.req("A-01", "A-02")
        def test_one(): ...
        """,
    )
    done = trace(tree, "--summary")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "2 of 4 rules are named by a test; 1 tests name a rule.",
        "2 rules are enforced by a file, and 1 of these have no test: A-03.",
    ]


def test_this_tree_is_traced_whole() -> None:
    found = traced(ROOT)
    assert len(found) == 426
    assert "".join(dict.fromkeys(rule[0] for rule in found)) == "ABCDEFGHIJKLM"
    for tests in found.values():
        for test in tests:
            assert (ROOT / test.partition("::")[0]).is_file()


# What the documents name.

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TOP = ("alongside", "browser", "bench", "deploy", "docs", "requirements", "tests", "tools", "vectors")
NAMED = re.compile(rf"`((?:{'|'.join(TOP)})/[\w./-]+)")
LINKED = re.compile(r"\]\((?!https?:|#|tel:|mailto:)([^)#\s]+)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = {ROOT / name for name in NAMED.findall(text)}
    linked = {document.parent / name for name in LINKED.findall(text)}
    missing = [str(path.relative_to(ROOT)) for path in named | linked if not path.exists()]
    assert sorted(missing) == []


def test_the_threat_model_quotes_all_that_leaves_the_seal() -> None:
    tree = ast.parse((ROOT / "alongside/help_requests/rules.py").read_text(encoding="utf-8"))
    facts = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "OpenFacts")
    fields = [
        node.target.id for node in facts.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]
    section = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8").split("## ")[1]
    assert fields
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == fields
