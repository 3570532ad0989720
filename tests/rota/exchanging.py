"""What tests of shifts that change hands share: a team of four that is ready, and shifts of next week."""

import uuid
from datetime import datetime, timedelta

from alongside.rota import actions
from alongside.rota.models import CoverAsk, Exchange, Shift
from alongside.team.models import Supporter
from tests import world as cast
from tests.world import WEEK_BEGINS, World, ready

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NEXT = WEEK_BEGINS + 7 * DAY
DAWN = NEXT + 7 * HOUR


def team(world: World) -> Supporter:
    """Make everybody of Pine County ready, with a fourth, Zoe; nobody has a shift yet. Return the fourth."""
    zoe = cast.supporter("Zoe Hart", world.patrol)
    ready(world.renee, world.marcus, world.ana, zoe, world.lena)
    Shift.objects.all().delete()
    return zoe


def day(who: Supporter, number: int = 0, tier: int = 1, *, hours: float = 12, start: datetime = DAWN) -> Shift:
    """Put somebody on call on a day of next week."""
    return cast.shift(who, tier, start + number * DAY, start + number * DAY + hours * HOUR)


def holder(shift: Shift) -> uuid.UUID:
    """Return whose a shift is now."""
    return Shift.objects.get(id=shift.id).supporter_id


def asked(shift: Shift) -> list[uuid.UUID]:
    """Return who was asked to cover a shift, in order."""
    rows = CoverAsk.objects.filter(exchange__shift=shift).order_by("exchange__asked_at", "place")
    return list(rows.values_list("supporter_id", flat=True))


def state(shift: Shift) -> str:
    """Return how the newest exchange of a shift stands."""
    return Exchange.objects.filter(shift=shift).order_by("asked_at").last().state  # type: ignore[union-attr]


def only() -> uuid.UUID:
    """Return the one exchange that is open."""
    return Exchange.objects.get(state="open").id


def answer(who: Supporter, yes: bool) -> None:
    """Let somebody answer the one open exchange."""
    actions.answer(who.organisation_id, who.id, only(), yes=yes)
