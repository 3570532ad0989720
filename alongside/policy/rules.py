"""Which changes of policy are allowed."""

from collections.abc import Mapping
from itertools import pairwise

# Each pair must stay in this order, or a rung would be called before the one above it.
ASCENDING = (
    ("urgent_second", "urgent_third", "urgent_all"),
    ("routine_second", "routine_third", "routine_all_latest"),
)


class OutOfBounds(ValueError):
    """A value lies outside its bounds."""


class OutOfOrder(ValueError):
    """A rung would be called before the one above it."""


def check(key: str, value: int, *, least: int, most: int, in_force: Mapping[str, int]) -> None:
    """Refuse a value outside its bounds (OutOfBounds) or one that breaks the order of the rungs (OutOfOrder)."""
    if not least <= value <= most:
        raise OutOfBounds(key)
    after = {**in_force, key: value}
    for chain in ASCENDING:
        if key in chain and any(after[a] >= after[b] for a, b in pairwise(chain)):
            raise OutOfOrder(key)
