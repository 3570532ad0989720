"""A database as the first version made it, in a process of its own. Run by tests as

python -m tests.storage.old make ROWS     tables of the first version, filled with pickled rows
python -m tests.storage.old go on MINUTES what this version does with them
"""

import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any

from django.db.migrations.executor import MigrationExecutor

FIRST = {"site": "0001_leave_no_statistics"}


def rows() -> bytes:
    """Return every row of the database of now, by table."""
    from django.apps import apps

    return pickle.dumps(
        {
            model._meta.label_lower: [
                {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}
                for row in model._base_manager.values()
            ]
            for model in apps.get_models(include_auto_created=True)
            if model._meta.app_label not in {"contenttypes", "auth", "sessions"}
        }
    )


def make(path: Path) -> dict[str, Any]:
    """Make the tables of the first version and put into their columns what the rows have for them."""
    from django.apps import apps
    from django.db import connection, transaction

    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("alongside.")}
    # What the first version did not have yet.
    ours -= {"programme"}
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    targets = [
        (app, FIRST.get(app, "0001_initial")) for app in ours if (app, FIRST.get(app, "0001_initial")) in graph.nodes
    ]
    targets += [node for node in graph.leaf_nodes() if node[0] not in ours]
    executor.migrate(targets)
    old = executor.loader.project_state(targets).apps
    with transaction.atomic():
        for label, found in pickle.loads(path.read_bytes()).items():  # noqa: S301
            try:
                model = old.get_model(label)
            except LookupError:
                continue
            known = {field.attname for field in model._meta.local_concrete_fields}
            model._base_manager.bulk_create(
                model(**{name: value for name, value in row.items() if name in known}) for row in found
            )
    return {"tables": len(targets)}


def go_on(minutes: int) -> dict[str, Any]:
    """Climb at that time and tell how every request stands."""
    from datetime import timedelta

    from alongside.escalation.models import Alert
    from alongside.help_requests import actions
    from alongside.help_requests.models import BoxReply, Message, Request
    from alongside.kernel import clock
    from tests import world

    clock.freeze(world.NOW + timedelta(minutes=minutes))
    actions.climb(clock.now())
    found = {}
    for request in Request.objects.select_related("ladder"):
        called = Alert.objects.filter(ladder=request.ladder).values_list("supporter_id", flat=True)
        found[str(request.id)] = {
            "state": request.ladder.state,
            "called": sorted(map(str, called)),
            "envelope": bytes(request.envelope or b"").hex(),
            "messages": [bytes(one).hex() for one in Message.objects.values_list("envelope", flat=True)],
            "replies": BoxReply.objects.count(),
        }
    return found


if __name__ == "__main__":
    from alongside.site import settings

    if sys.argv[1] == "make" and "sqlite" in os.environ["DATABASE_URL"]:
        # The first version used Django's own, whose tables have row numbers.
        settings.DATABASES["default"]["ENGINE"] = "django.db.backends.sqlite3"
    import django

    django.setup()
    print(json.dumps(make(Path(sys.argv[2])) if sys.argv[1] == "make" else go_on(int(sys.argv[3]))))
