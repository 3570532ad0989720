"""The planner's model in CP-SAT: some people, the slots among them, everything else as it is."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from alongside.rota.rules.fairness import GAP, MONTH, Share, Weighing
from alongside.rota.rules.grid import Grid
from alongside.rota.rules.problem import Plan


@dataclass
class Model:
    """A model and its variables: who has a slot, and whether nobody has."""

    cp: cp_model.CpModel
    free: tuple[int, ...]
    takes: dict[tuple[int, int], cp_model.IntVar]
    empty: dict[int, cp_model.IntVar]
    costs: list[cp_model.LinearExprT] = field(default_factory=list)


def among(weighing: Weighing, plan: Plan, people: Collection[int]) -> Model:
    """Return the model in which these people share anew what they have among them and what nobody has.

    With everybody it is the whole problem. Its optimum is never worse than the plan.
    """
    held = weighing.grid.problem.held
    free = [at for at in weighing.grid.order if plan[at] is None or (plan[at] in people and at not in held)]
    model = _begin(weighing, plan, people, free)
    fixed = _fixed(plan, people, free)
    for share in weighing.shares:
        _fair(model, share, people, fixed)
    _hand_over(model, weighing, plan, people)
    return finished(model, plan)


def with_equal_shares(weighing: Weighing, plan: Plan, free: Sequence[int]) -> Model:
    """Return the model, not yet finished, in which these slots change hands and everybody keeps what they carry."""
    people = range(len(weighing.grid.problem.people))
    model = _begin(weighing, plan, people, free, table=True)
    for share in weighing.shares:
        for who in people:
            have = sum(share.gives[at] for at in free if plan[at] == who)
            mine = [(at, share.gives[at]) for at in free if share.gives[at] and (at, who) in model.takes]
            if mine:
                model.cp.add(sum(gives * model.takes[at, who] for at, gives in mine) == have)
    return model


def everything(weighing: Weighing, plan: Plan, free: Sequence[int], *, table: bool = True) -> Model:
    """Return the model, not yet finished, in which these slots are shared anew by what everybody then carries.

    At a table a wish that the plan meets weighs for every slot; without, it weighs as in every plan.
    """
    people = range(len(weighing.grid.problem.people))
    model = _begin(weighing, plan, people, free, table=table)
    fixed = _fixed(plan, people, free)
    for share in weighing.shares:
        _fair(model, share, people, fixed)
    _hand_over(model, weighing, plan, people)
    return model


def finished(model: Model, plan: Plan) -> Model:
    """Return the model with its aim, and the plan as what to begin from."""
    for (at, who), variable in model.takes.items():
        model.cp.add_hint(variable, plan[at] == who)
    for at, variable in model.empty.items():
        model.cp.add_hint(variable, plan[at] is None)
    model.cp.minimize(sum(model.costs))
    return model


def uncounted(model: Model, weighing: Weighing, plan: Plan) -> int:
    """Return what a plan weighs besides the aim of a model of all that may change, the same for all its plans."""
    free = set(model.free)
    kept = sum(
        at not in free and then not in free and plan[at] is not None and plan[at] == plan[then]
        for at, then in weighing.grid.followers.items()
    )
    return weighing.hoped() + weighing.changes() - weighing.hand_over() * kept


def _begin(
    weighing: Weighing, plan: Plan, people: Collection[int], free: Sequence[int], *, table: bool = False
) -> Model:
    grid = weighing.grid
    model = _cover(grid, free, people, may_be_empty=any(plan[at] is None for at in free))
    fixed = _fixed(plan, people, free)
    _rest(model, grid, people, fixed)
    for who in people:
        mine = [at for at in free if (at, who) in model.takes]
        _row(model, grid, who, mine, fixed)
        _cap(model, grid, who, mine, fixed)
    _wish(model, weighing, plan, fixed, table=table)
    return model


def _fixed(plan: Plan, people: Collection[int], free: Sequence[int]) -> dict[int, int]:
    """Return the slots that stay with one of these people."""
    inside = set(free)
    return {at: who for at, who in enumerate(plan) if who is not None and who in people and at not in inside}


def _cover(grid: Grid, free: Sequence[int], people: Collection[int], *, may_be_empty: bool) -> Model:
    # Where every slot has somebody, none is ever given up: no variable says that it could be.
    cp = cp_model.CpModel()
    model = Model(cp, tuple(free), {}, {})
    for at in free:
        able = [who for who in grid.could[at] if who in people]
        for who in able:
            model.takes[at, who] = cp.new_bool_var(f"{at}:{who}")
        some = [model.takes[at, who] for who in able]
        if may_be_empty:
            model.empty[at] = cp.new_bool_var(f"{at}:-")
            model.costs.append(GAP * model.empty[at])
            some.append(model.empty[at])
        cp.add_exactly_one(some)
    return model


def _rest(model: Model, grid: Grid, people: Collection[int], fixed: Mapping[int, int]) -> None:
    """One duty at a time, with rest. Later slots that collide with one, and all with each other, make one clique."""
    inside = set(model.free)
    for at in model.free:
        for clique in _cliques(grid, at, inside):
            for who in people:
                some = [model.takes[one, who] for one in clique if (one, who) in model.takes]
                if len(some) > 1:
                    model.cp.add_at_most_one(some)
    for at, who in fixed.items():
        for one in grid.both_ways[at]:
            if (one, who) in model.takes:
                model.cp.add(model.takes[one, who] == 0)


def _cliques(grid: Grid, at: int, inside: set[int]) -> list[list[int]]:
    cliques: list[list[int]] = []
    for then in grid.collisions[at]:
        if then not in inside:
            continue
        for clique in cliques:
            if all(then in grid.collision_sets[one] for one in clique[1:]):
                clique.append(then)
                break
        else:
            cliques.append([at, then])
    return cliques


def _row(model: Model, grid: Grid, who: int, mine: list[int], fixed: Mapping[int, int]) -> None:
    """At most so many days in a row on which duties begin."""
    most = grid.problem.limits.days_in_a_row
    slots, known = grid.problem.slots, {day.toordinal() for _, _, day in grid.problem.people[who].around}
    known |= {slots[at].day.toordinal() for at, holder in fixed.items() if holder == who}
    days: dict[int, list[int]] = defaultdict(list)
    for at in mine:
        days[slots[at].day.toordinal()].append(at)
    busy: dict[int, cp_model.LinearExprT] = {}
    for day, places in days.items():
        if day not in known:
            some = [model.takes[at, who] for at in places]
            busy[day] = some[0] if len(some) == 1 else sum(some)
            if len(some) > 1 and not _exclude(grid, places):
                seen = model.cp.new_bool_var(f"day{day}:{who}")
                model.cp.add_max_equality(seen, some)
                busy[day] = seen
    for first in sorted({start for day in busy for start in range(day - most, day + 1)}):
        window = range(first, first + most + 1)
        if all(day in busy or day in known for day in window):
            model.cp.add(sum(busy[day] for day in window if day in busy) <= most - sum(day in known for day in window))


def _exclude(grid: Grid, places: list[int]) -> bool:
    return all(
        other in grid.collision_sets[one] or one in grid.collision_sets[other]
        for number, one in enumerate(places)
        for other in places[number + 1 :]
    )


def _cap(model: Model, grid: Grid, who: int, mine: list[int], fixed: Mapping[int, int]) -> None:
    cap = grid.problem.people[who].most_in_28_days
    if cap is None:
        return
    days = {at: grid.problem.slots[at].day.toordinal() for at in [*mine, *fixed]}
    held = [days[at] for at, holder in fixed.items() if holder == who]
    held += [day.toordinal() for _, _, day in grid.problem.people[who].around]
    for first in sorted({days[at] for at in mine} | set(held)):
        within = [model.takes[at, who] for at in mine if first <= days[at] < first + MONTH]
        there = sum(first <= day < first + MONTH for day in held)
        if len(within) + there > cap:
            model.cp.add(sum(within) <= max(0, cap - there))


def _fair(model: Model, share: Share, people: Collection[int], fixed: Mapping[int, int]) -> None:
    if not share.price:
        return
    for who in people:
        known = share.before[who] + sum(share.gives[at] for at, holder in fixed.items() if holder == who)
        mine = [(at, share.gives[at]) for at in model.free if share.gives[at] and (at, who) in model.takes]
        most = known + sum(gives for _, gives in mine)
        amount = known + sum(gives * model.takes[at, who] for at, gives in mine)
        farthest = max(most - share.high[who], share.low[who] - known, 0)
        if not farthest:
            continue
        off = model.cp.new_int_var(0, farthest, f"{share.measure}:{who}")
        model.cp.add(off >= amount - share.high[who])
        model.cp.add(off >= share.low[who] - amount)
        model.costs.append(share.price * off)
        if farthest > share.step:
            far = model.cp.new_int_var(0, farthest - share.step, f"{share.measure}+:{who}")
            model.cp.add(far >= off - share.step)
            model.costs.append(share.price * far)


def _wish(model: Model, weighing: Weighing, plan: Plan, fixed: Mapping[int, int], *, table: bool) -> None:
    """A wish is met or missed once: what stays may have settled it.

    At a table, where many are tried and each is weighed in the end, a wish that the plan meets weighs for every slot.
    """
    price = weighing.grid.problem.aims.wish
    for number, hope in enumerate(weighing.hopes):
        places = [at for at in hope.places if (at, hope.who) in model.takes]
        if not places or any(fixed.get(at) == hope.who for at in hope.places):
            continue
        takes = [model.takes[at, hope.who] for at in places]
        settled: cp_model.LinearExprT = sum(takes)
        stays_met = table and not hope.on_call and not hope.missed(plan)
        if len(places) > 1 and not stays_met and not _exclude(weighing.grid, places):
            settled = model.cp.new_bool_var(f"wish{number}")
            model.cp.add_hint(settled, any(plan[at] == hope.who for at in places))
            if hope.on_call:
                model.cp.add(settled <= sum(takes))
            for clique in () if hope.on_call else _largest(weighing.grid, places):
                model.cp.add(settled >= sum(model.takes[at, hope.who] for at in clique))
        model.costs.append((-price if hope.on_call else price) * settled)


def _largest(grid: Grid, places: list[int]) -> list[list[int]]:
    """Return sets of slots of which nobody can have two, each slot in one at least, none within another."""
    found: list[list[int]] = []
    for at in places:
        for clique in _cliques(grid, at, set(places)) or [[at]]:
            if not any(set(clique) <= set(other) for other in found):
                found.append(clique)
    return found


def _hand_over(model: Model, weighing: Weighing, plan: Plan, people: Collection[int]) -> None:
    price, free = weighing.hand_over(), set(model.free)
    if not price:
        return
    for at, then in weighing.grid.followers.items():
        if at not in free and then not in free:
            continue
        for who in people:
            stays = [model.takes.get((one, who)) if one in free else int(plan[one] == who) for one in (at, then)]
            if all(stay is not None for stay in stays):
                kept = model.cp.new_bool_var(f"kept{at}:{who}")
                for stay in stays:
                    model.cp.add(kept <= stay)
                model.costs.append(-price * kept)


def read(model: Model, value: Callable[[cp_model.IntVar], int], plan: Plan) -> Plan:
    """Return the plan with what a solution says of the slots of the model."""
    found = list(plan)
    for at in model.free:
        found[at] = None
    for (at, who), variable in model.takes.items():
        if value(variable):
            found[at] = who
    return tuple(found)
