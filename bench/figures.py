"""The shape of one measured figure."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One figure with its goal; a goal is stated, never asserted."""

    id: str
    value: float
    unit: str
    goal: str
    holds: bool

    def as_dict(self) -> dict[str, object]:
        """Return the figure for bench/results.json."""
        return asdict(self)
