"""Print what pytest collects from the files named: JSON of file, function, and whether it would be left out here."""

import json
import sys

import pytest


class Collected:
    """A plugin that keeps what was collected."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, bool]] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            assert isinstance(item, pytest.Function)
            file = item.path.relative_to(session.config.rootpath).as_posix()
            self.found.append((file, item.function.__name__, any(map(_is_left_out, item.iter_markers("skipif")))))


def _is_left_out(mark: pytest.Mark) -> bool:
    """Say whether a test is left out because of the database; not because this machine lacks a program."""
    reason = mark.kwargs.get("reason", "")
    return bool(mark.args[0]) and (not reason.startswith("needs ") or "POSTGRES" in reason)


if __name__ == "__main__":
    collected = Collected()
    code = pytest.main(["--collect-only", "-q", "--no-header", *sys.argv[1:]], plugins=[collected])
    print("\n" + json.dumps(collected.found))
    sys.exit(code)
