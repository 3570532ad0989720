"""What an experiment found, and the table at the end."""

import random
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

BEGUN = time.monotonic()


class CannotRun(Exception):
    """This machine lacks what the experiment needs; the text says what to install."""


@dataclass
class Result:
    """One line of the table. `faults` are broken promises in words; `notes` are figures worth reading."""

    name: str
    done: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    doubled: int = 0
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: bool = False
    seconds: float = 0

    @property
    def holds(self) -> bool:
        """Say whether nothing was lost, nothing doubled and nothing else was wrong."""
        return not (self.lost or self.doubled or self.faults)

    @property
    def verdict(self) -> str:
        """Return the last column."""
        return "not run" if self.skipped else "holds" if self.holds else "BROKEN"

    def add(self, other: "Result") -> None:
        """Take over what another part of the same experiment found."""
        for key, value in other.counts.items():
            self.counts[key] = self.counts.get(key, 0) + value
        self.lost += other.lost
        self.doubled += other.doubled
        self.faults += other.faults
        self.notes += other.notes


@dataclass
class Budget:
    """How long an experiment may take, how much it should do, and its share of chance: the same for the same seed."""

    seconds: float
    scale: float = 1.0
    seed: int = 1
    begun: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Return the seconds that are left."""
        return self.begun + self.seconds - time.monotonic()

    @property
    def over(self) -> bool:
        """Say whether the time is up."""
        return self.left <= 0

    def chance(self, what: str = "") -> random.Random:
        """Return a source of chance for one part of the experiment."""
        return random.Random(f"{self.seed} {what}")

    def times(self, number: int) -> int:
        """Return a number of repeats at this scale, one at least."""
        return max(1, round(number * self.scale))


def say(text: str) -> None:
    """Print a line of progress with the time since the start."""
    print(f"  {time.monotonic() - BEGUN:5.0f} s  {text}", flush=True)


def print_table(results: Sequence[Result]) -> None:
    """Print what was done and what came of it."""
    rows = [("experiment", "what was done", "counts", "lost", "doubled", "verdict")]
    rows += [(one.name, one.done, _counts(one.counts), str(one.lost), str(one.doubled), one.verdict) for one in results]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    print()
    for row in rows:
        print("  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    print()
    _lines("", ((one.name, note) for one in results for note in one.notes))
    _lines("BROKEN ", ((one.name, fault) for one in results for fault in one.faults))
    sys.stdout.flush()


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{value} {name}" for name, value in counts.items())


def _lines(mark: str, lines: Iterable[tuple[str, str]]) -> None:
    for name, text in lines:
        print(f"  {mark}{name}: {text}")
