"""What one number is described by."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Setting:
    """One number: minutes, hours, days or people; of a switch 1 is on and 0 off, of a weekday 0 is never, Monday 1.

    `none` is the sentence of 0, where that says something else than the number in `sentence` would.
    """

    key: str
    default: int
    least: int
    most: int
    unit: str
    requirement: str
    sentence: str | Promise
    none: str | Promise = ""
