"""What a planner is asked, and what it answers (docs/algorithms/rota.md)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum


class Mark(StrEnum):
    """What a span counts as besides its length; who carries how much of each is balanced on its own."""

    NIGHT = "night"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


class Why(StrEnum):
    """What keeps somebody from a span."""

    NOT_READY = "not-ready"
    LEAVE = "leave"
    BLACKOUT = "blackout"
    BUSY = "busy"
    WORK = "work"
    HOURS = "hours"


@dataclass(frozen=True)
class Slot:
    """A span of one tier for one person to cover.

    `day` is the organisation's calendar day on which it begins. `minutes` is its length by the clock on the wall, so
    that a night in which clocks change counts like any other; `percent` is what a minute of it weighs.
    """

    tier: int
    starts_at: datetime
    ends_at: datetime
    day: date
    minutes: int
    percent: int = 100
    marks: frozenset[Mark] = frozenset()

    @property
    def weight(self) -> int:
        """Weighted minutes."""
        return self.minutes * self.percent // 100


@dataclass(frozen=True)
class Away:
    """A span in which somebody cannot be on call, and why."""

    starts_at: datetime
    ends_at: datetime
    why: Why


@dataclass(frozen=True)
class Wish:
    """A span in which somebody would like to be on call, or would like not to be."""

    starts_at: datetime
    ends_at: datetime
    on_call: bool = False


# When a duty outside a problem begins and ends, and the day on which it begins.
Around = tuple[datetime, datetime, date]


@dataclass(frozen=True)
class Member:
    """Somebody who can be planned.

    `served` holds weighted minutes of the rolling year before, by measure, with what was credited for days not served.
    `around` are duties outside the problem, as (begin, end, day): rest is kept from them, and they count in days in a
    row and in the cap. The last `elsewhere` of them lie in another organisation: nobody here is told of those.
    `most_in_28_days` caps the duties that begin within any 28 days; None for no cap of their own.
    """

    id: uuid.UUID
    away: tuple[Away, ...] = ()
    wishes: tuple[Wish, ...] = ()
    served: Mapping[str, int] = field(default_factory=dict)
    around: tuple[Around, ...] = ()
    most_in_28_days: int | None = None
    elsewhere: int = 0

    def here(self) -> "Member":
        """Return the same without duties elsewhere."""
        return replace(self, around=self.around[: len(self.around) - self.elsewhere], elsewhere=0)


@dataclass(frozen=True)
class Limits:
    """What no plan may break.

    `rest` lies between two duties of a person; with `goes_on` a duty may follow on one in the same tier without any.
    `days_in_a_row` bounds the days on which duties of one person begin.
    """

    rest: timedelta = timedelta(hours=11)
    days_in_a_row: int = 5
    goes_on: bool = False


@dataclass(frozen=True)
class Aims:
    """What falling short of an aim weighs against the others.

    A measure weighs by steps outside the fair corridor, where a step is its lightest span; a wish that is not met, a
    hand-over that could have been spared, and two people who share a duty again within 28 days weigh once each.
    """

    load: int = 100
    night: int = 60
    weekend: int = 60
    holiday: int = 60
    wish: int = 10
    hand_over: int = 2
    pair: int = 1


@dataclass(frozen=True)
class Problem:
    """A span of time to plan: `held` names slots, by place, that stay with a person, by place.

    `freed` are published shifts that may change, as they are: tier, supporter, begin and end.
    """

    slots: tuple[Slot, ...]
    people: tuple[Member, ...]
    held: Mapping[int, int] = field(default_factory=dict)
    limits: Limits = Limits()
    aims: Aims = Aims()
    freed: tuple[tuple[int, uuid.UUID, datetime, datetime], ...] = ()


# For each slot the place of a person in `people`, or None where nobody is.
Plan = tuple[int | None, ...]
