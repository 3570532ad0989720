"""An organisation whose rota can be planned: a pattern of days and nights, and people who are ready."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Collection
from datetime import date, timedelta
from urllib.parse import urlsplit, urlunsplit

from django import db

from alongside.accounts.queries import Seat
from alongside.rota import actions, queries
from alongside.rota.models import Pattern, PatternBlock
from alongside.rota.rules.drafting import draft
from alongside.rota.rules.fairness import Weighing
from alongside.rota.rules.grid import Grid
from alongside.team.models import Supporter
from tests.world import NOW, World, ready, supporter

FIRST = date(2026, 12, 1)
PATIENCE = 120


def seat(world: World) -> Seat:
    """Return Hana at her desk."""
    return Seat(world.hana, world.pine, frozenset(["coordinator"]))


def pattern(world: World, *, hours: int = 12) -> Pattern:
    """Put a pattern in force: from seven, both tiers, in spans of so many hours."""
    made = Pattern.objects.create(
        organisation=world.pine, name="Days and nights", anchor=FIRST, days=1, begins_on=FIRST - timedelta(days=90)
    )
    for tier in (1, 2):
        for begin in range(7, 31, hours):
            PatternBlock.objects.create(pattern=made, tier=tier, day=0, minute=begin % 24 * 60, minutes=hours * 60)
    return made


def team(world: World, size: int = 6) -> list[Supporter]:
    """Return so many people of Pine County, all ready for duty, besides nobody else who is."""
    people = [world.renee, world.marcus, world.ana][:size]
    names = ["Cy Novak", "Dee Okoro", "Eli Hart", "Fay Lindqvist", "Gus Moreau", "Ivy Tran", "Jo Park"]
    people += [supporter(name, world.patrol) for name in names[: size - len(people)]]
    ready(*people)
    return people


def environment() -> dict[str, str]:
    """Return the environment in which a process uses the tests' own database."""
    found = db.connection.settings_dict
    if db.connection.vendor == "sqlite":
        url = f"sqlite:///{found['NAME']}"
    else:
        # As tests are told of their server (tools/postgres.py), but for the name of the database.
        place = urlsplit(os.environ["DATABASE_URL"])
        url = urlunsplit(place._replace(path=f"/{found['NAME']}"))
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "alongside.site.settings"}


def start(*words: str) -> subprocess.Popen[str]:
    """Start a planning process by the tests' clock."""
    ahead = str(round(NOW.timestamp() - time.time()))
    return subprocess.Popen(
        [sys.executable, "-m", "alongside", "plan", "--ahead", ahead, *words],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run() -> str:
    """Run a planning process to its end; return what it said."""
    process = start()
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    return said


def made(world: World, days: int = 14, free: Collection[uuid.UUID] = (), *, first: date = FIRST) -> uuid.UUID:
    """Ask for a plan and make it here, by the planner's first pass alone; return its id."""
    proposal = actions.ask_for_plan(seat(world), first, days, 5, free=free)
    job = actions.claim(NOW)
    assert job is not None
    problem, _people = queries.problem_for(job.organisation, first, days, job.asked_at, free=job.free)
    weighing = Weighing(Grid(problem))
    plan = draft(weighing)
    points, bound = weighing.points(plan), weighing.least()
    actions.store_plan(job, problem, plan, points=points, bound=bound, took=1, gaps=[])
    return proposal
