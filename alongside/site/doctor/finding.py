"""What one look of the doctor yields."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Level = Literal["ok", "warning", "failure"]


@dataclass(frozen=True)
class Finding:
    """What one look found. `name` is a fixed key, `says` a sentence in the active language."""

    name: str
    level: Level
    says: str


Look = Callable[[datetime], Iterator[Finding]]
