"""What one number is described by."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Setting:
    """One number: minutes, hours, days or people."""

    key: str
    default: int
    least: int
    most: int
    unit: str
    requirement: str
    sentence: str | Promise
