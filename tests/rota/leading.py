"""What tests of sessions and debriefs share: Hana at her desk, moments by the wall clock of Pine County, and slots."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alongside.rota import actions
from alongside.rota.actions import Wanted
from alongside.rota.models import Debrief, Session, Shift
from alongside.rota.rules.sessions import Kind, Slot, Span
from alongside.team.models import Supporter
from tests.rota.planned import seat
from tests.world import World

ZONE = ZoneInfo("America/Chicago")


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """Return a moment of November 2026, by the clock on the wall; the 23rd is the Monday of the cast."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


def span(day: int = 24, hour: int = 10, hours: float = 1) -> Span:
    return at(day, hour), at(day, hour) + timedelta(hours=hours)


def slot(
    leader: Supporter, listener: uuid.UUID | None = None, begin: datetime | None = None, minutes: int = 45
) -> Slot:
    """Return a slot of a leader; without a beginning it is not given yet."""
    if begin is None:
        return Slot(leader.id)
    return Slot(leader.id, listener, begin, begin + timedelta(minutes=minutes))


def wanted(*slots: Slot, when: Span | None = None, kind: Kind = Kind.GROUP) -> Wanted:
    return Wanted(kind, when or span(), slots)


def free(world: World) -> None:
    """Let nobody be on call."""
    Shift.objects.all().delete()


def enter(world: World, *slots: Slot, when: Span | None = None, kind: Kind = Kind.GROUP) -> Session:
    """Enter a session at Hana's desk and return it."""
    return Session.objects.get(id=actions.enter_session(seat(world), wanted(*slots, when=when, kind=kind)))


def given(world: World) -> Session:
    """Enter the usual one: Ana leads on Tuesday at ten, and talks to Imani at two."""
    return enter(world, slot(world.ana, world.imani.id, at(24, 14)))


def only() -> Debrief:
    return Debrief.objects.get()


def form(world: World, **changes: str) -> dict[str, str]:
    """Return what the page sends of the usual one."""
    return {
        "kind": "group",
        "leader": str(world.ana.id),
        "other": "",
        "from_day": "2026-11-24",
        "from_time": "10:00",
        "to_day": "2026-11-24",
        "to_time": "11:00",
        "d0-leader": str(world.ana.id),
        "d0-when": "set",
        "d0-listener": str(world.imani.id),
        "d0-day": "2026-11-24",
        "d0-at": "14:00",
        "d0-minutes": "45",
        "step": "save",
        **changes,
    }
