"""Neutral notices about shifts (K-36): what they are about is read after signing in."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from alongside.accounts import queries as accounts
from alongside.notify import actions as notify
from alongside.notify import queries as outbox
from alongside.rota.models import Exchange
from alongside.team import queries as team

LIFE = timedelta(days=7)
# An alarm that could not be delivered for so long is overtaken by newer ones.
ALARM_LIFE = timedelta(days=1)
MINUTE = timedelta(minutes=1)
NOTHING: Mapping[str, str] = {}


def tell(
    supporter_id: uuid.UUID,
    message: str,
    now: datetime,
    *,
    about: uuid.UUID | None = None,
    until: datetime | None = None,
    waits: bool = True,
    values: Mapping[str, str] = NOTHING,
) -> None:
    """Queue a notice for a supporter, after their quiet hours where it `waits`."""
    person = team.person_of(supporter_id)
    until = max(until or now + LIFE, now + MINUTE)
    due = accounts.after_quiet(person, now) if waits else now
    notify.queue(
        about=about,
        to=accounts.addresses_of(person.id),
        message=message,
        language=person.language,
        values=values,
        now=now,
        due_at=min(due, until - MINUTE),
        expires_at=until,
    )


def alarm(exchange: Exchange, now: datetime) -> None:
    """Tell every coordinator that the board needs a look; once for however many shifts, until it was handed over."""
    about = exchange.shift.organisation_id
    if outbox.is_waiting(about):
        return
    for person in accounts.coordinators_of(about):
        notify.queue(
            about=about,
            to=accounts.addresses_of(person.id),
            message="board",
            language=person.language,
            values={},
            now=now,
            expires_at=now + ALARM_LIFE,
        )


def heard_at(supporter_id: uuid.UUID, now: datetime) -> datetime:
    """Return when a question that can wait comes to a supporter."""
    return accounts.after_quiet(team.person_of(supporter_id), now)
