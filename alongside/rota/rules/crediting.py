"""What days without service count for: whoever was away comes back to a share like everybody's.

Nothing keeps when somebody was on leave (C-18). A long time without any duty while the others had theirs says as much
as the balance needs, and the published rota says no more than everybody on the team has read in it.
"""

import itertools
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from alongside.rota.rules.duties import Duty

DAY = timedelta(days=1)
# A shorter time without a duty evens out within the year.
BREAK = timedelta(days=56)
# In a large team an ordinary time between two duties is long: a break is several of them.
ORDINARY = 4


def breaks(duties: Iterable[Duty], since: Mapping[uuid.UUID, datetime]) -> dict[uuid.UUID, int]:
    """Return by supporter the days that lie in breaks: from `since`, when they began to serve, to the last duty of all.

    Of each break an ordinary time between two duties is taken off. Before the first duty of all nobody has one.
    """
    own: dict[uuid.UUID, list[datetime]] = defaultdict(list)
    for duty in sorted(duties, key=lambda duty: duty.starts_at):
        own[duty.supporter].append(duty.starts_at)
    every = [moment for moments in own.values() for moment in moments]
    if not every or not since:
        return dict.fromkeys(since, 0)
    first, last = min(every), max(every)
    ordinary = (last - first) * len(since) / len(every)
    shortest = max(BREAK, ORDINARY * ordinary)
    found = {}
    for who, begin in since.items():
        moments = [max(begin, first), *(one for one in own[who] if one > begin), last]
        spans = [then - one for one, then in itertools.pairwise(moments)]
        found[who] = sum((span - ordinary) // DAY for span in spans if span > shortest)
    return found


def credits_of(
    away: Mapping[uuid.UUID, int], served: Mapping[uuid.UUID, Mapping[str, int]], days: int, measures: Iterable[str]
) -> dict[uuid.UUID, dict[str, int]]:
    """Return what everybody is credited with for the days of `days` on which they were away: the team's average.

    Their own service counts in it: else, where all are new, whoever served least would be credited with most.
    """
    there = {who: days - gone for who, gone in away.items() if gone < days}
    whole = sum(there.values())
    total = {one: sum(served[who][one] for who in there if who in served) for one in measures}
    return {who: {one: total[one] * gone // whole if whole else 0 for one in total} for who, gone in away.items()}
