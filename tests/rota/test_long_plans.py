"""A year of a large team: pages stay small, few queries are made, gaps come first."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alongside.rota.models import Blackout, ProposedShift
from tests.rota.planned import FIRST, made, pattern, ready
from tests.world import World, sign_in, supporter

PEOPLE = 40
MOST_QUERIES = 31
MOST_BYTES = 90_000


@pytest.mark.req("D-01", "D-02")
def test_a_year_of_many_people_is_paged_and_says_its_gaps_first(world: World, client: Client) -> None:
    pattern(world)
    people = [world.renee, world.marcus, world.ana]
    people += [supporter(f"P{number:03} Example", world.patrol) for number in range(PEOPLE - 3)]
    ready(*people)
    # Nobody can on the last two days.
    for one in people:
        Blackout.objects.create(
            supporter=one, first_day=FIRST + timedelta(days=362), last_day=FIRST + timedelta(days=370)
        )
    proposal = made(world, 364)
    sign_in(client, world.hana)
    path = reverse("in_plan", args=[proposal])
    numbers, sizes = set(), set()
    for begin in (0, 20, 48):
        with CaptureQueriesContext(connection) as asked:
            page = client.get(path, {"from": begin})
        numbers.add(len(asked))
        sizes.add(len(page.content))
        text = page.content.decode()
        assert text.index("What nobody could cover") < text.index("Week by week") < text.index("Who carries how much")
        assert text.count('<th scope="row">') < 4 * 7 * 2 + 4 * PEOPLE
        assert text.count("?from=") >= 12
    assert max(numbers) <= MOST_QUERIES
    assert max(sizes) < MOST_BYTES
    # Every gap is there: the night that reaches into these days, too.
    assert ProposedShift.objects.filter(proposal=proposal, supporter=None).count() == 10
    assert text.count("28 Nov") >= 4
    for name, ids in (("in_plan_publish", [proposal]), ("in_plans", [])):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse(name, args=ids)).status_code == 200
        assert len(asked) <= MOST_QUERIES
