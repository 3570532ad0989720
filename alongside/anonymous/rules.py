"""What is counted of a contact, with how much noise, and for how long a period runs.

The privacy unit is one contact. It moves one cell of the pair {first with this person in the period, again} and one
cell of each of four questions, so that the shares below add up to pure epsilon 1 for everything that is ever kept of
it. These are the terms of a promise, not settings: a programme that could raise them could break it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from alongside.kernel import months

QUESTIONS = ("kind", "channel", "topic", "outcome")
PAIR = ("pair.first", "pair.again")
# One cell that every period has: whoever changes a period's cells takes this row first.
FIRST_CELL = PAIR[0]

TOTAL = Fraction(1)
PAIR_SHARE = Fraction(4, 10)
QUESTION_SHARE = Fraction(15, 100)
if PAIR_SHARE + len(QUESTIONS) * QUESTION_SHARE != TOTAL:
    raise RuntimeError("anonymous.rules: the shares do not add up to the promised epsilon")

# From how many members on a period is a month, from how many a quarter; below that a year.
MONTH_FROM, QUARTER_FROM = 50, 15


class UnknownKey(ValueError):
    """A contact names a category that is not in content/tally.toml."""


@dataclass(frozen=True)
class Contact:
    """What a supporter ticks when closing; it is counted and forgotten."""

    first: bool
    kind: str
    channel: str
    topic: str
    outcome: str


@dataclass(frozen=True)
class Period:
    """One period of one organisation."""

    length: months.Period
    start: date
    closed: bool = False

    @property
    def end(self) -> date:
        """Return the first day after it."""
        return months.after(self.length, self.start)

    def is_over(self, moment: datetime, zone: str) -> bool:
        """Say whether it has ended by `moment` in the organisation's time zone."""
        return months.start_of("month", moment, zone) >= self.end


def keys(categories: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the name of every cell of a period: the pair, then question by question."""
    return PAIR + tuple(f"{question}.{key}" for question in QUESTIONS for key in categories[question])


def cells_of(contact: Contact, categories: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the five cells that a contact moves by one; raises UnknownKey for a category that is not there."""
    chosen = tuple(f"{question}.{getattr(contact, question)}" for question in QUESTIONS)
    if not set(chosen) <= set(keys(categories)):
        raise UnknownKey
    return (PAIR[0] if contact.first else PAIR[1], *chosen)


def share_of(key: str) -> Fraction:
    """Return the epsilon of one cell; a contact moves one cell of a question, so its cells need not divide it up."""
    return PAIR_SHARE if key in PAIR else QUESTION_SHARE


def length_for(headcount: int, *, month_from: int = MONTH_FROM, quarter_from: int = QUARTER_FROM) -> months.Period:
    """Return how long a period of an organisation of this size runs."""
    if headcount >= month_from:
        return "month"
    return "quarter" if headcount >= quarter_from else "year"


def running(newest: Period | None, moment: datetime, zone: str, wanted: months.Period) -> Period:
    """Return the period a contact at `moment` belongs to, given the newest one there is.

    A running period keeps its length when the organisation grows or shrinks. The next one has the wanted length unless
    it would reach back over the newest; then a shorter one. A clock that was set back never reopens a closed period.
    """
    if newest is not None and not newest.closed and not newest.is_over(moment, zone):
        return newest
    shorter: dict[months.Period, tuple[months.Period, ...]] = {
        "year": ("year", "quarter", "month"),
        "quarter": ("quarter", "month"),
        "month": ("month",),
    }
    for length in shorter[wanted]:
        start = months.start_of(length, moment, zone)
        if newest is None or start >= newest.end:
            return Period(length, start)
    return Period("month", newest.end) if newest else Period(wanted, months.start_of(wanted, moment, zone))
