"""The list of decisions is whole, in order, and leads to pages that are there."""

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "decisions"


def test_every_decision_is_listed_once_by_number_and_title() -> None:
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\S+)\) \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [number for number, _page in listed] == sorted({number for number, _page in listed})
    assert [page for _number, page in listed] == sorted(one.name for one in FOLDER.glob("0*.md"))
    for number, page in listed:
        assert page.startswith(f"{number}-")
        assert (FOLDER / page).read_text(encoding="utf-8").startswith(f"# {number} ")
