"""Nobody is given a shift or a session but through the one door, which asks who was held while it was judged."""

import ast
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest

from alongside.rota.actions import giving
from alongside.rota.models import Session, Shift
from alongside.rota.rules import Duty
from alongside.rota.rules.sessions import Slot
from tests.architecture.test_house import DEMONSTRATION, modules
from tests.world import NOW, World

DOOR = "alongside.rota.actions.giving"
GIVEN = {"Shift", "Session", "Debrief"}
WRITING = {"save", "create", "bulk_create", "update", "bulk_update", "get_or_create", "update_or_create", "raw"}
WRITING |= {f"a{name}" for name in WRITING}
# What of a shift is nobody's being on call: that a test page was sent.
HARMLESS = {"checked"}
# Rows of other tables, saved after they were read.
OTHERS = {
    "alongside.rota.actions.cover": {"opening"},
    "alongside.rota.actions.feeds": {"row"},
    "alongside.rota.actions.patterns": {"row"},
}


def names_of(tree: ast.Module) -> dict[str, str]:
    """Return by which names a module knows what can be given: itself, in the package of models, or rows of it."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("alongside.rota"):
            for alias in node.names:
                if alias.name in GIVEN | {"models"}:
                    found[alias.asname or alias.name] = alias.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            root, names = root_of(node.value)
            if found.get(root) in GIVEN and "objects" in names:
                found[node.targets[0].id] = found[root]
    return found


def root_of(node: ast.expr) -> tuple[str, list[str]]:
    """Return the name at which a chain of calls and attributes begins, and the attributes."""
    names: list[str] = []
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
        node = node.func if isinstance(node, ast.Call) else node.value
    return (node.id if isinstance(node, ast.Name) else ""), names


def writes(name: str, tree: ast.Module) -> Iterator[str]:
    """Yield every place in a module that makes or changes what can be given; in actions of the rota also a `save` or
    an `update` of what only its reader knows.
    """
    known = names_of(tree)
    in_rota = name.startswith("alongside.rota.")
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        root, names = root_of(node.func)
        about = known.get(root) in GIVEN or (known.get(root) == "models" and bool(GIVEN & set(names)))
        place = f"{name}:{node.lineno}"
        if about and names and names[0] in WRITING and {one.arg for one in node.keywords} != HARMLESS:
            yield f"{place} writes"
        elif in_rota and names[:1] in (["save"], ["bulk_update"]) and root not in OTHERS.get(name, ()):
            yield f"{place} saves {root}"


def test_only_the_door_gives_anybody_a_shift_or_a_session() -> None:
    found = {name: list(writes(name, tree)) for name, tree in modules() if not name.startswith(DEMONSTRATION)}
    # The door itself is seen, so that what looks for others sees.
    assert len(found.pop(DOOR)) == 5
    assert [place for places in found.values() for place in places] == []


@pytest.mark.parametrize(
    "code",
    [
        "from alongside.rota.models import Shift\nShift.objects.create(tier=1)",
        "from alongside.rota.models import Shift\nShift.objects.filter(id=1).exclude(id=2).update(supporter_id=1)",
        "from alongside.rota.models import Shift as Duty\nDuty.objects.bulk_create([])",
        "from alongside.rota.models import Shift\nShift(tier=1).save()",
        "from alongside.rota.models.shifts import Shift\nShift.objects.update(checked=True, tier=2)",
        "from alongside.rota.models import Shift\nrows = Shift.objects.filter(id=1)\nrows.exclude(id=2).update(tier=2)",
        "from alongside.rota import models\nmodels.Shift(tier=1).save()",
        "from alongside.rota import models\nmodels.Debrief.objects.get_or_create()",
        "from alongside.rota.models import Session\nasync def it():\n    await Session.objects.acreate()",
        "def it(shift):\n    shift.save()",
    ],
)
def test_another_door_is_seen(code: str) -> None:
    assert list(writes("alongside.rota.actions.new", ast.parse(code)))


def test_whoever_was_not_held_is_given_nothing(world: World) -> None:
    mine = Duty(1, world.renee.id, NOW, NOW + timedelta(hours=12))
    held = giving.hold(world.pine.id, [world.marcus.id])
    shift = Shift.objects.filter(supporter=world.marcus).get()
    before = set(Shift.objects.values_list())
    for wrong in (
        lambda: giving.make(held, [mine]),
        lambda: giving.give(held, shift, mine),
        # Nor a shift of another organisation, whoever is held.
        lambda: giving.give(giving.hold(world.lake.id, [world.renee.id]), shift, mine),
        lambda: giving.keep(shift, [mine]),
        lambda: giving.keep(shift, [Duty(shift.tier, world.marcus.id, shift.starts_at, shift.ends_at + timedelta(1))]),
        lambda: giving.write(held, session(world), [Slot(world.renee.id)]),
        lambda: giving.write(held, session(world), [Slot(world.marcus.id, world.imani.id, NOW, NOW)]),
    ):
        with pytest.raises(giving.NotHeld):
            wrong()
    assert set(Shift.objects.values_list()) == before
    assert not Session.objects.exists()
    assert uuid.UUID(int=0) not in giving.hold(world.pine.id, [uuid.UUID(int=0)]).supporters


def session(world: World) -> Session:
    return Session(organisation=world.pine, kind="group", starts_at=NOW, ends_at=NOW + timedelta(hours=1))
