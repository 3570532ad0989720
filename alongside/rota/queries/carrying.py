"""One's own load beside the team's range, without anybody's name."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alongside.accounts.models import Organisation
from alongside.policy import queries as policy
from alongside.rota.queries import planning
from alongside.rota.rules import carrying, framing


@dataclass(frozen=True)
class Load:
    """Somebody's shifts within one year, served and to come, and what they weigh beside the team's range. `until` is
    the last day; a shift as backup counts `backup_percent` of one as first.
    """

    served: int
    coming: int
    until: date
    measures: tuple[carrying.Measured, ...]
    backup_percent: int


def load_of(organisation: Organisation, supporter_id: uuid.UUID, now: datetime) -> Load:
    """Return somebody's load of the year that ends where the published rota is looked at (policy `gap_days`).

    The team is whoever can be planned today: who is on leave or not ready for duty stands in no range.
    """
    values = policy.in_force(organisation.id)
    last = now.astimezone(ZoneInfo(organisation.time_zone)).date() + timedelta(days=values.gap_days)
    frame = planning.frame_of(organisation, last, 1, now)
    since = frame.starts_at - framing.YEAR
    own = [one.starts_at for one in frame.published if one.supporter == supporter_id]
    own = [one for one in own if since <= one < frame.starts_at]
    able = [one.id for one in frame.people if one.ready and not one.on_leave]
    return Load(
        served=sum(one <= now for one in own),
        coming=sum(one > now for one in own),
        until=last - timedelta(days=1),
        measures=tuple(carrying.measured(supporter_id, carrying.carried(frame), able)),
        backup_percent=values.rota_tier_weight,
    )
