"""What each person carries over a year, counted as people count: hours, nights, weekend days, holidays."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from alongside.rota.rules.fairness import MEASURES
from alongside.rota.rules.framing import YEAR, Frame, credited
from alongside.rota.rules.patterns import DAY, NIGHT_MINUTES, SATURDAY, shared

# Behind a range stand so many people besides who reads it: inside, 1 to 4 people are never shown as a number (small
# numbers). Of fewer, the lowest, the highest and the average would tell each one's own.
OTHERS = 5
WHOLE = 100


@dataclass(frozen=True)
class Carries:
    """What one person carries, by measure, in hundredths; `credit` of it for days on which they did not serve yet."""

    total: Mapping[str, int]
    credit: Mapping[str, int]


@dataclass(frozen=True)
class Range:
    """The lowest, the average and the highest of a team in one measure, in hundredths."""

    lowest: int
    average: int
    highest: int


@dataclass(frozen=True)
class Measured:
    """What somebody carries in one measure, in hundredths, of it what is credited; `team` where it tells of nobody."""

    measure: str
    own: int
    credit: int
    team: Range | None


def counted(begin: datetime, end: datetime, holidays: Collection[date]) -> dict[str, float]:
    """Return what a duty counts as, by the clock on the wall: its hours, nights, weekend days and holidays.

    By the same halves as `patterns.marks`, day for day; no more days than the duty has stretches of 24 hours begun.
    """
    days = [begin.date() + timedelta(days=number) for number in range((end.date() - begin.date()).days + 1)]
    enough = min((end - begin) / 2, DAY / 2) // timedelta(minutes=1)
    most = -(-(end - begin) // DAY)
    mostly = [day for day in days if shared(begin, end, day) >= enough]
    return {
        "load": (end - begin) / timedelta(hours=1),
        "night": sum(2 * shared(begin, end, day, NIGHT_MINUTES) > NIGHT_MINUTES for day in days),
        "weekend": min(most, sum(day.weekday() >= SATURDAY for day in mostly)),
        "holiday": min(most, sum(day in holidays for day in mostly)),
    }


def carried(frame: Frame) -> dict[uuid.UUID, Carries]:
    """Return what everybody of the frame carries in the year before its first day.

    A duty of a tier counts as the planner weighs that tier, and days on which somebody did not serve are
    credited as it credits them, so that the comparison is the one that shifts are shared out by.
    """

    @cache  # the same for all tiers
    def counts(*span: datetime) -> dict[str, float]:
        begin, end = (moment.astimezone(frame.zone).replace(tzinfo=None) for moment in span)
        return counted(begin, end, frame.holidays)

    served: dict[uuid.UUID, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    since = frame.starts_at - YEAR
    for one in frame.published:
        if not since <= one.starts_at < frame.starts_at:
            continue
        for measure, count in counts(one.starts_at, one.ends_at).items():
            served[one.supporter][measure] += round(count * frame.percent.get(one.tier, WHOLE))
    found = {}
    for who, more in credited(frame, served).items():
        own = served.get(who, dict.fromkeys(MEASURES, 0))
        found[who] = Carries({measure: own[measure] + more[measure] for measure in MEASURES}, more)
    return found


def measured(mine: uuid.UUID, everybody: Mapping[uuid.UUID, Carries], able: Collection[uuid.UUID]) -> list[Measured]:
    """Return one's own load beside the team's range, measure by measure: no name, no order.

    The team is oneself and whoever is `able`; with fewer than OTHERS of them it has no range. A measure that nobody has
    anything of is left out.
    """
    own = everybody.get(mine)
    if own is None:
        return []
    others = [everybody[one] for one in able if one != mine]
    found = []
    for measure in MEASURES:
        amounts = [one.total[measure] for one in (own, *others)]
        if max(amounts):
            team = Range(min(amounts), round(sum(amounts) / len(amounts)), max(amounts))
            enough = len(others) >= OTHERS
            found.append(Measured(measure, own.total[measure], own.credit[measure], team if enough else None))
    return found
