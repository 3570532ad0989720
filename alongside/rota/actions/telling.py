"""Neutral notices about shifts (K-36): what they are about is read after signing in."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from alongside.accounts import queries as accounts
from alongside.notify import actions as notify
from alongside.notify import queries as outbox
from alongside.rota.models import CoverAsk, Exchange
from alongside.rota.rules import exchanging
from alongside.team import queries as team

LIFE = timedelta(days=7)
# An alarm that could not be delivered for so long is overtaken by newer ones.
ALARM_LIFE = timedelta(days=1)
# Who was asked for one shift within so long is told of no second one.
LULL = timedelta(minutes=10)
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
    """Queue a notice for a supporter, after their quiet hours where it `waits`; none for who is away or has left.

    It leads to their shifts, where what it is about is read and answered, unless `values` name another `link`.
    """
    if team.is_away(supporter_id):
        return
    person = team.person_of(supporter_id)
    until = max(until or now + LIFE, now + MINUTE)
    due = accounts.after_quiet(person, now) if waits else now
    notify.queue(
        about=about,
        to=accounts.addresses_of(person.id),
        message=message,
        language=person.language,
        values={"link": link("in_shifts"), **values},
        now=now,
        due_at=min(due, until - MINUTE),
        expires_at=until,
    )


def link(route: str, *arguments: object) -> str:
    """Return the address of a page below /in/, as a notice carries it."""
    return settings.ALONGSIDE_ADDRESS + reverse(route, args=arguments)


def tell_asked(row: CoverAsk, now: datetime, *, urgent: bool, waits: bool) -> None:
    """Tell somebody that they are asked for cover: once, for however many shifts they are asked within minutes.

    The page shows every question; a second notice of the same moment would say nothing more.
    """
    if not _has_heard(row, now, urgent=urgent):
        message = "shift_asked_now" if urgent else "shift_asked"
        until = row.exchange.what.ends_at
        # About the person and not about one shift: it stays until the last question to them is over.
        tell(row.supporter_id, message, now, about=row.supporter_id, until=until, waits=waits)


def _has_heard(row: CoverAsk, now: datetime, *, urgent: bool) -> bool:
    assert row.asked_at is not None  # noqa: S101
    others = _unanswered(row.supporter_id).exclude(id=row.id)
    recent = others.filter(asked_at__gt=now - LULL, asked_at__lte=row.asked_at)
    return any(
        not urgent or one.exchange.what.starts_at - (one.asked_at or now) <= exchanging.NOW
        for one in recent.select_related("exchange__shift", "exchange__opening")
    )


def hush(supporter_ids: Iterable[uuid.UUID]) -> None:
    """Take back what waits to tell people that they are asked for cover, where they are asked for nothing more."""
    for one in set(supporter_ids):
        if not _unanswered(one).exists():
            notify.forget(one)


def _unanswered(supporter_id: uuid.UUID) -> QuerySet[CoverAsk]:
    return CoverAsk.objects.filter(supporter_id=supporter_id, yes=None, exchange__state=Exchange.State.OPEN)


def alarm(about: uuid.UUID, now: datetime) -> None:
    """Tell everybody who makes the rota of an organisation that it needs them; once for however many shifts, until it
    was handed over.
    """
    if outbox.is_waiting(about):
        return
    # The board says it to who has one, the rota to others; nobody is sent to a page that is closed to them.
    with_board = accounts.holders("board.see", about)
    for person in accounts.people_who("rota.change", about):
        notify.queue(
            about=about,
            to=accounts.addresses_of(person.id),
            message="board" if person.id in with_board else "shift_asked_now",
            language=person.language,
            values={} if person.id in with_board else {"link": link("in_rota")},
            now=now,
            expires_at=now + ALARM_LIFE,
        )


def heard_at(supporter_id: uuid.UUID, now: datetime) -> datetime:
    """Return when a question that can wait comes to a supporter."""
    return accounts.after_quiet(team.person_of(supporter_id), now)
