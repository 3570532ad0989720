"""Two plain ways to make a rota, as the planner's measure: turn by turn, and whoever's last duty is longest ago.

The second is the idea of a well-known open scheduler: every duty counts as one, whatever its length, and the free
person who waited longest gets the next. Both keep the planner's limits; a slot that nobody can take stays empty.
"""

from collections.abc import Callable
from datetime import datetime

from alongside.rota.rules.drafting import fits, hands_of
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.problem import Plan

Choose = Callable[[list[int], int], int]


def round_robin(grid: Grid) -> Plan:
    """Return a plan in which people take turns; who cannot is passed over and waits for the next round."""
    people, turn = len(grid.problem.people), [0]

    def choose(able: list[int], _: int) -> int:
        who = min(able, key=lambda who: (who - turn[0]) % people)
        turn[0] = (who + 1) % people
        return who

    return _in_order(grid, choose)


def least_recently_used(grid: Grid) -> Plan:
    """Return a plan in which of the free people the one gets a slot whose last duty ended longest ago."""
    last: dict[int, datetime] = {}
    slots = grid.problem.slots

    def choose(able: list[int], at: int) -> int:
        who = min(able, key=lambda who: (who in last, last.get(who, slots[at].ends_at), who))
        last[who] = slots[at].ends_at
        return who

    return _in_order(grid, choose)


def _in_order(grid: Grid, choose: Choose) -> Plan:
    plan: list[int | None] = [None] * len(grid.problem.slots)
    hands = hands_of(grid.problem)
    blocked: list[set[int]] = [set() for _ in grid.problem.slots]
    for at in grid.order:
        day = grid.problem.slots[at].day.toordinal()
        able = [who for who in grid.could[at] if who not in blocked[at] and fits(grid, hands[who], who, day)]
        if able:
            who = plan[at] = choose(able, at)
            hands[who].take(day)
            for other in grid.both_ways[at]:
                blocked[other].add(who)
    return tuple(plan)
