"""What the planner says about gaps, as plain data that can be kept: kinds of facts and supporters, no text."""

from collections.abc import Iterable
from typing import Any

from alongside.rota.rules.judging import Rule
from alongside.rota.rules.problem import Problem
from alongside.rota.solver.explaining import Explanation, Fact

SOMEBODY_NEW = "somebody"


def as_data(problem: Problem, explanations: Iterable[Explanation]) -> list[dict[str, Any]]:
    """Return explanations as they are kept with a proposal."""
    return [
        {
            "slots": [
                [slot.tier, slot.starts_at.isoformat(), slot.ends_at.isoformat()]
                for slot in (problem.slots[at] for at in one.slots)
            ],
            "facts": _once([_fact(problem, fact) for fact in one.facts]),
            "proven": one.proven,
        }
        for one in explanations
    ]


def _fact(problem: Problem, fact: Fact) -> list[str | None]:
    if fact.kind is None:
        return [SOMEBODY_NEW, None]
    person = fact.person
    if fact.kind == Rule.HELD and fact.slot is not None:
        person = problem.held[fact.slot]
    return [str(fact.kind), None if person is None else str(problem.people[person].id)]


def _once(facts: list[list[str | None]]) -> list[list[str | None]]:
    """Leave out what is said twice of a person; how many more people are needed is counted."""
    return [one for number, one in enumerate(facts) if one[0] == SOMEBODY_NEW or one not in facts[:number]]
