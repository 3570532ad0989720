"""What speaks against shifts that a coordinator enters by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alongside.accounts.models import Organisation
from alongside.rota.queries.exchanges import field_of
from alongside.rota.rules import Duty, moving
from alongside.rota.rules.exchanging import Why


@dataclass(frozen=True)
class Judged:
    """Every rule that somebody would break, with the duty by which; `seal` is a digest of that and of all duties."""

    against: tuple[tuple[Duty, Why], ...]
    seal: str


def judge(organisation: Organisation, duties: Sequence[Duty], now: datetime) -> Judged:
    """Return what speaks against duties of one supporter who may serve, each judged with those before it."""
    field = field_of(organisation, duties, now)
    found = [(one, why) for number, one in enumerate(duties) for why in field.against(one, duties[:number])]
    return Judged(tuple(found), moving.seal(*duties, *found))
