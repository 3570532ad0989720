"""What a supporter said of when they can be on call."""

import uuid
from dataclasses import dataclass
from datetime import date

from alongside.rota.models import Blackout, Cap, Hours, Wish


@dataclass(frozen=True)
class Availability:
    """Everything one supporter said; rows of the past are left out."""

    days_off: tuple[Blackout, ...]
    hours: tuple[Hours, ...]
    wishes: tuple[Wish, ...]
    most_in_28_days: int | None


def availability_of(supporter_id: uuid.UUID, today: date) -> Availability:
    """Return what a supporter said that still matters."""
    cap = Cap.objects.filter(supporter_id=supporter_id).first()
    return Availability(
        days_off=tuple(Blackout.objects.filter(supporter_id=supporter_id, last_day__gte=today)),
        hours=tuple(Hours.objects.filter(supporter_id=supporter_id)),
        wishes=tuple(Wish.objects.filter(supporter_id=supporter_id, day__gte=today)),
        most_in_28_days=cap.most_in_28_days if cap else None,
    )
