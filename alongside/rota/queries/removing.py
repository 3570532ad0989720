"""What removing a published duty by hand would do: who is told, and what is left without anybody."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from alongside.accounts.models import Organisation
from alongside.rota import rules
from alongside.rota.models import Exchange, Shift
from alongside.rota.queries.moving import open_about, shift_in
from alongside.rota.queries.shifts import serving_between, tiers_of
from alongside.rota.rules import moving
from alongside.team import queries as team

Kind = Exchange.Kind


@dataclass(frozen=True)
class Removal:
    """What removing a shift would do: `leaves` are the spans still to come that nobody would have.

    `serves` says whether it is somebody's who may serve now, `wanted` whether policy asks for its tier, `asked` whether
    a hand-over or swap of it is open, whose two sides are told, `sought` whether cover is sought for it, `told` whether
    whose it is hears of it. `seal` is a digest of all that was looked at.
    """

    shift: Shift
    leaves: tuple[rules.Gap, ...]
    begun: bool
    over: bool
    serves: bool
    wanted: bool
    asked: bool
    sought: bool
    told: bool
    seal: str


def removal_of(organisation: Organisation, shift_id: uuid.UUID, now: datetime) -> Removal:
    """Return what removing a shift would do (D-01, K-36). Raises Shift.DoesNotExist for a shift that is not, or is no
    more, of this organisation.
    """
    shift = shift_in(organisation.id, shift_id)
    mine, minute = shift.facts(), now.replace(second=0, microsecond=0)
    begun, over = mine.starts_at <= now, mine.ends_at <= now
    serves = any(one.id == mine.supporter for one in team.eligible_at(organisation.id, now))
    wanted = mine.tier in tiers_of(organisation.id)
    leaves: list[rules.Gap] = []
    if serves and wanted and not over:
        others = [one for one in serving_between(organisation.id, minute, mine.ends_at) if one != mine]
        leaves = rules.gaps(others, max(mine.starts_at, minute), mine.ends_at, [mine.tier])
    kinds = set(open_about(shift).values_list("kind", flat=True))
    sought, asked = Kind.COVER in kinds, bool(kinds - {Kind.COVER})
    told = not over and mine.supporter not in team.absent(organisation.id)
    # Of a shift that runs, what is left of it is less with every minute.
    spans = [(None if one.starts_at <= minute else one.starts_at, one.ends_at) for one in leaves]
    seal = moving.seal(shift.id, mine, spans, begun, over, serves, wanted, asked, sought, told)
    return Removal(shift, tuple(leaves), begun, over, serves, wanted, asked, sought, told, seal)
