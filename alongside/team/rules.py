"""Who may serve."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Facts:
    """What decisions need to know of a supporter."""

    id: uuid.UUID
    person: uuid.UUID
    office: uuid.UUID | None
    status: str
    agreement_version: int


class NotOurOffice(ValueError):
    """The office belongs to another organisation."""


def may_serve(facts: Facts, agreement_version: int) -> bool:
    """Say whether a supporter may be put on a ladder or list: active, with the current agreement signed (B-10, C-15,
    C-18).
    """
    return facts.status == "active" and facts.agreement_version >= agreement_version


def problems(facts: Facts, agreement_version: int, *, this_week: date, last_week: date | None) -> tuple[str, ...]:
    """Return what keeps an active supporter from being called now or from next week on, as codes.

    `agreement`: the version in force is not signed. `no-keys`: no key for the week that began on `this_week`.
    `keys-soon`: a key for this week but none for the next. Weeks are Mondays. Somebody on leave or ended has no
    problems.
    """
    if facts.status != "active":
        return ()
    found = [] if may_serve(facts, agreement_version) else ["agreement"]
    if last_week is None or last_week < this_week:
        found.append("no-keys")
    elif last_week < this_week + timedelta(days=7):
        found.append("keys-soon")
    return tuple(found)


def days_to_warn_of(last_week: date | None, today: date, warning: int) -> int | None:
    """Return how many days are left of the last week with a key, if they are at most `warning`; None otherwise (K-34).

    Who has no key at all, or none any more, is not warned: the page that makes keys is the first they see.
    """
    if last_week is None:
        return None
    left = (last_week + timedelta(days=7) - today).days
    return left if 0 < left <= warning else None


def team_aim(headcount: int, ratio: int) -> int:
    """Return how many supporters an organisation aims at: one for every `ratio` people, rounded up (C-19)."""
    return -(-headcount // ratio)
