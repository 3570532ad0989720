"""Calendar addresses of supporters, and how the reading of their own calendars went."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from alongside.accounts.models import Organisation
from alongside.rota.models import BusyFeed, Feed, Shift
from alongside.rota.queries import sessions
from alongside.rota.rules import feeds as rules
from alongside.rota.rules.duties import Duty


@dataclass(frozen=True)
class Followed:
    """What an address shows: whose shifts, in which organisation and language; `spans` are sessions and debriefs."""

    supporter: uuid.UUID
    organisation: Organisation
    language: str
    duties: tuple[Duty, ...]
    spans: tuple[tuple[datetime, datetime], ...] = ()


def followed(token: str, now: datetime) -> Followed | None:
    """Return what a calendar address shows; None for one that was never made, is revoked, or whose owner has left.

    Looked up by its hash, so that no time that passes says how near a guess was. Who is on leave has no shifts.
    """
    if not rules.TOKEN.fullmatch(token):
        return None
    row = (
        Feed.objects.filter(token_hash=hashlib.sha256(token.encode()).digest())
        .exclude(supporter__status="ended")
        .select_related("supporter__organisation", "supporter__person")
        .first()
    )
    if row is None:
        return None
    serving = row.supporter
    shifts = Shift.objects.filter(
        supporter=serving, ends_at__gt=now - rules.SHOWN_BEFORE, starts_at__lt=now + rules.SHOWN_AHEAD
    )
    duties = tuple(one.facts() for one in shifts) if serving.status == serving.Status.ACTIVE else ()
    spans = sessions.spans_shown(
        serving.person_id, serving.organisation_id, now - rules.SHOWN_BEFORE, now + rules.SHOWN_AHEAD
    )
    shown = spans if serving.status == serving.Status.ACTIVE else ()
    return Followed(serving.id, serving.organisation, serving.person.language, duties, shown)


def feeds_of(supporter_id: uuid.UUID) -> list[tuple[uuid.UUID, date]]:
    """Return the supporter's calendar addresses, as far as anybody knows them: ids and the days they were made."""
    rows = Feed.objects.filter(supporter_id=supporter_id).order_by("made_on", "id")
    return [(row.id, row.made_on) for row in rows]


@dataclass(frozen=True)
class Reading:
    """How the reading of a supporter's own calendar goes; `problem` is a code."""

    tried_at: datetime | None
    read_at: datetime | None
    problem: str


def reading_of(supporter_id: uuid.UUID) -> Reading | None:
    """Return how the reading of a supporter's own calendar goes; None where none is read."""
    row = BusyFeed.objects.filter(supporter_id=supporter_id).first()
    return Reading(row.tried_at, row.read_at, row.problem) if row else None
