"""A first plan, made in one pass: what the solver begins from, and what is there if it is stopped at once."""

from dataclasses import dataclass, field

from alongside.rota.rules.fairness import MONTH, Weighing
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.hoping import Hope
from alongside.rota.rules.problem import Plan, Problem


@dataclass
class Hand:
    """The days on which one person is on call so far: all, and each duty's first."""

    days: set[int] = field(default_factory=set)
    begun: list[int] = field(default_factory=list)

    def take(self, day: int) -> None:
        """Add a duty that begins on a day."""
        self.days.add(day)
        self.begun.append(day)


def hands_of(problem: Problem) -> list[Hand]:
    """Return what everybody has before a plan is made: the days around it."""
    found = []
    for person in problem.people:
        days = [day.toordinal() for _, _, day in person.around]
        found.append(Hand(set(days), days))
    return found


def draft(weighing: Weighing) -> Plan:
    """Return a plan that breaks no limit, slot by slot in time, each for whoever is furthest below a fair share.

    Slots that few people could take go first within their week. Somebody may be left out: the solver goes on from it.
    """
    grid = weighing.grid
    problem, shares = grid.problem, weighing.shares
    hands = hands_of(problem)
    amounts = [list(share.before) for share in shares]
    plan: list[int | None] = [None] * len(problem.slots)
    blocked: list[set[int]] = [set() for _ in problem.slots]
    settled = set[Hope]()

    def wished(at: int, who: int) -> int:
        new = [hope for hope in weighing.touching.get((at, who), ()) if hope not in settled]
        return problem.aims.wish * sum(-1 if hope.on_call else 1 for hope in new)

    def take(at: int, who: int) -> None:
        plan[at] = who
        hands[who].take(problem.slots[at].day.toordinal())
        settled.update(weighing.touching.get((at, who), ()))
        for share, amount in zip(shares, amounts, strict=True):
            amount[who] += share.gives[at]
        for other in grid.both_ways[at]:
            blocked[other].add(who)

    for at, who in problem.held.items():
        take(at, who)
    first = problem.slots[grid.order[0]].day.toordinal() if grid.order else 0
    for at in sorted(
        grid.order, key=lambda at: ((problem.slots[at].day.toordinal() - first) // 7, len(grid.could[at]))
    ):
        if plan[at] is not None:
            continue
        day = problem.slots[at].day.toordinal()
        able = [who for who in grid.could[at] if who not in blocked[at] and fits(grid, hands[who], who, day)]
        if able:
            costs = {
                who: sum(
                    share.price * amount[who] for share, amount in zip(shares, amounts, strict=True) if share.gives[at]
                )
                + wished(at, who)
                for who in able
            }
            take(at, min(able, key=lambda who: (costs[who], len(hands[who].begun), who)))
    return tuple(plan)


def fits(grid: Grid, hand: Hand, who: int, day: int) -> bool:
    """Say whether one more duty that begins on a day keeps a person's days in a row and cap."""
    return not too_many_in_a_row(grid, hand, day) and not over_the_cap(grid, hand, who, day)


def too_many_in_a_row(grid: Grid, hand: Hand, day: int) -> bool:
    """Say whether one more day on which a duty begins makes more days in a row than are allowed."""
    row, before, after = grid.problem.limits.days_in_a_row, day - 1, day + 1
    while before in hand.days:
        before -= 1
    while after in hand.days:
        after += 1
    return day not in hand.days and after - before - 1 > row


def over_the_cap(grid: Grid, hand: Hand, who: int, day: int) -> bool:
    """Say whether one more duty that begins on a day is more than somebody takes within some 28 days."""
    cap = grid.problem.people[who].most_in_28_days
    if cap is None:
        return False
    near = [begun for begun in [*hand.begun, day] if abs(begun - day) < MONTH]
    return any(sum(first <= begun < first + MONTH for begun in near) > cap for first in near)
