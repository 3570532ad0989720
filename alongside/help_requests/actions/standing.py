"""What taking a request needs to know of its organisation: read every few seconds for all who send, not for each.

Reading it anew each time cost four times as much as storing the request. What is kept may be three seconds old, as if
the request had come that much earlier: a change of policy, rota or team, or the closing of an organisation, counts for
requests three seconds later at the latest.
"""

import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from alongside.accounts import queries as accounts
from alongside.accounts.models import Organisation
from alongside.directory import queries as directory
from alongside.directory.queries import Listed
from alongside.escalation import rules as ladders
from alongside.escalation.models import Ladder
from alongside.help_requests.models import Attempt
from alongside.policy import queries as policy
from alongside.policy.values import Values
from alongside.rota import queries as rota

# A list stays as it was made, so it is kept while it is valid; no organisation has more than a few at a time.
MOST_LISTS = 8


@dataclass
class Standing:
    """How an organisation stands in one minute: the values in force, who is on call, the next change of shift after
    the third rung of a request for today, and how many ask.

    `recent` were stored under lists that are valid, `live` within the hour and are not over: what was sent and
    cancelled counts too, for as long as its list is valid, because it has woken somebody.
    """

    values: Values
    on_call: dict[int, uuid.UUID]
    next_change: datetime | None
    minute: datetime
    read_at: float
    recent: int
    live: int
    lists: dict[uuid.UUID, Listed] = field(default_factory=dict)

    def one_more(self) -> None:
        """Count a request that was stored since."""
        self.recent, self.live = self.recent + 1, self.live + 1


_organisations: dict[str, tuple[float, Organisation]] = {}
_standings: dict[uuid.UUID, Standing] = {}


def organisation(slug: str) -> Organisation:
    """Return an organisation by its slug, at most three seconds old; raises Organisation.DoesNotExist. One that was
    closed is looked up each time, so that it can be asked as soon as it is open again.
    """
    read_at, found = _organisations.get(slug, (float("-inf"), None))
    if found is None or not _fresh(read_at):
        _organisations.pop(slug, None)
        # Only what exists is kept: made-up names fill no memory.
        found = accounts.open_organisation(slug)
        if found.open:
            _organisations[slug] = (time.monotonic(), found)
    return found


def standing_of(organisation_id: uuid.UUID, now: datetime) -> Standing:
    """Return how an organisation stands, at most three seconds old and never of another minute."""
    minute = ladders.minute_of(now)
    kept = _standings.get(organisation_id)
    if kept is None or kept.minute != minute or not _fresh(kept.read_at):
        kept = _standings[organisation_id] = _read(organisation_id, now, kept)
    return kept


def valid_list(organisation_id: uuid.UUID, list_id: uuid.UUID, now: datetime) -> Listed | None:
    """Return a list of this organisation that has not expired, else None."""
    lists = standing_of(organisation_id, now).lists
    # Another thread may make room in it at any moment.
    found = lists.get(list_id)
    if found is None:
        found = directory.valid_list(organisation_id, list_id, now)
        if found is None:
            return None
        while len(lists) >= MOST_LISTS:
            lists.pop(next(iter(list(lists))), None)
        lists[list_id] = found
    return found if found.until > now else None


def _read(organisation_id: uuid.UUID, now: datetime, before: Standing | None) -> Standing:
    minute = ladders.minute_of(now)
    values = policy.in_force(organisation_id)
    return Standing(
        values=values,
        on_call=rota.on_call_at(organisation_id, minute),
        next_change=rota.next_change_after(organisation_id, minute + timedelta(minutes=values.routine_third)),
        minute=minute,
        read_at=time.monotonic(),
        recent=Attempt.objects.filter(list__organisation_id=organisation_id, list__until__gt=now).count(),
        live=Ladder.objects.filter(organisation_id=organisation_id, opened_at__gt=now - timedelta(hours=1)).count(),
        lists=before.lists if before and _keeps() else {},
    )


def _fresh(read_at: float) -> bool:
    return time.monotonic() - read_at < settings.ALONGSIDE_STANDING_SECONDS


def _keeps() -> bool:
    return bool(settings.ALONGSIDE_STANDING_SECONDS)
