"""What a process that serves holds in memory all week, though it plans nothing and nobody follows a calendar."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

# Each is loaded where it is needed: by the planning process, by whoever writes or reads a calendar, makes a document,
# adds noise to a tally, or hands a notice to a service.
HEAVY = {"ortools", "numpy", "pandas", "icalendar", "docx", "opendp", "apprise", "alongside.rota.solver"}
READY = """
import asyncio, gc, json, sys
import django
django.setup()
from alongside.site import entrance, schedule
loop = asyncio.new_event_loop()
entrance.application.__rsgi_init__(loop)
looked_at = len(gc.get_objects())
loaded = sorted(sys.modules)
from django.urls import get_resolver
get_resolver().url_patterns
more = sorted(set(sys.modules) - set(loaded))
print(json.dumps({"loaded": loaded, "more": more, "looked_at": looked_at, "kept": gc.get_freeze_count()}))
"""


@pytest.fixture(scope="module")
def server() -> dict[str, Any]:
    """Return what a server holds when it is ready for its first request."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run([sys.executable, "-c", READY], env=env, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_no_library_is_loaded_that_pages_and_calls_do_not_need(server: dict[str, Any]) -> None:
    assert HEAVY & set(server["loaded"]) == set()


def test_every_page_is_loaded_before_the_first_is_asked_for(server: dict[str, Any]) -> None:
    assert "alongside.rota.views.schedule" in server["loaded"]
    assert server["more"] == []


def test_no_page_waits_until_all_that_was_loaded_is_looked_through(server: dict[str, Any]) -> None:
    """A collection looks at what came since; of a hundred thousand objects it held up a page by a tenth of a second."""
    assert server["kept"] > 50_000
    assert server["looked_at"] < server["kept"] / 10
