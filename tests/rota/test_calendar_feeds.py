"""The address of a supporter's calendar: unguessable, shown once, revoked at once, cheap for strangers."""

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alongside.rota import actions
from alongside.rota.models import Feed
from alongside.rota.rules import feeds as rules
from alongside.team import actions as team
from tests.conftest import Clock
from tests.rota import ics_reader
from tests.world import NOW, WEEK_BEGINS, World, shift, sign_in

ADDRESS = re.compile(r'value="(http://testserver/in/rota/[A-Za-z0-9_-]{43}\.ics)"')


def make(client: Client, world: World) -> str:
    sign_in(client, world.renee.person)
    page = client.post(reverse("in_feed_make")).content.decode()
    found = ADDRESS.search(page)
    assert found
    return found[1].removeprefix("http://testserver")


@pytest.mark.req("K-36")
def test_a_calendar_programme_reads_the_shifts_without_sign_in(world: World, client: Client) -> None:
    path = make(client, world)
    shift(world.renee, 2, WEEK_BEGINS + timedelta(days=10), WEEK_BEGINS + timedelta(days=11))
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert ics_reader.spans(answer.content) == [
        (WEEK_BEGINS, WEEK_BEGINS + timedelta(days=7)),
        (WEEK_BEGINS + timedelta(days=10), WEEK_BEGINS + timedelta(days=11)),
    ]
    titles = {one.one("SUMMARY")[1] for one in ics_reader.parse(answer.content).all("VEVENT")}
    assert titles == {"Shift info: first", "Shift info: second"}
    for name in ("Renée", "Marcus", "Pine", "peer"):
        assert name.encode() not in answer.content


def test_the_address_is_shown_once_and_kept_as_a_hash(world: World, client: Client) -> None:
    path = make(client, world)
    token = path.removeprefix("/in/rota/").removesuffix(".ics")
    row = Feed.objects.get()
    assert bytes(row.token_hash) == hashlib.sha256(token.encode()).digest()
    assert row.made_on == NOW.date()
    assert token not in client.get(reverse("in_calendar")).content.decode()


def test_it_is_asked_again_for_nothing_until_something_changes(world: World, client: Client) -> None:
    path = make(client, world)
    first = Client().get(path)
    etag = first.headers["ETag"]
    again = Client().get(path, HTTP_IF_NONE_MATCH=etag)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    shift(world.renee, 1, WEEK_BEGINS + timedelta(days=20), WEEK_BEGINS + timedelta(days=21))
    assert Client().get(path, HTTP_IF_NONE_MATCH=etag).status_code == 200


def test_every_wrong_address_is_answered_alike_and_costs_one_look_at_most(world: World, client: Client) -> None:
    path = make(client, world)
    wrong = [
        path[:-5] + ("A" if path[-5] != "A" else "B") + ".ics",
        path.removesuffix(".ics") + "x.ics",
        "/in/rota/x.ics",
        "/in/rota/" + "x" * 43 + ".ics",
        "/in/rota/" + "é" * 43 + ".ics",
    ]
    answers = []
    for one in wrong:
        for by in (Client(), client):
            with CaptureQueriesContext(connection) as asked:
                answer = by.get(one)
            assert len(asked) <= 1
            assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries)
            answers.append((answer.status_code, answer.content, sorted(answer.headers.items())))
    assert answers[0][:2] == (404, b"")
    assert all(one == answers[0] for one in answers)


@pytest.mark.parametrize("method", ["post", "put", "delete", "options"])
def test_it_can_only_be_read(world: World, client: Client, method: str) -> None:
    assert getattr(Client(), method)(make(client, world)).status_code == 405


def test_revoking_ends_it_at_once_and_only_ones_own(world: World, client: Client) -> None:
    path = make(client, world)
    id = Feed.objects.get().id
    other = Client()
    sign_in(other, world.marcus.person)
    assert other.post(reverse("in_feed_revoke", args=[id])).status_code == 410
    assert Client().get(path).status_code == 200
    assert client.post(reverse("in_feed_revoke", args=[id])).url == reverse("in_calendar")
    assert Client().get(path).status_code == 404
    again = client.post(reverse("in_feed_revoke", args=[id]))
    assert again.status_code == 410
    assert f'href="{reverse("in_calendar")}"' in again.content.decode()


@pytest.mark.req("C-18")
def test_it_ends_with_the_service_and_is_empty_on_leave(world: World, client: Client, clock: Clock) -> None:
    path = make(client, world)
    team.go_on_leave(world.renee.id)
    assert ics_reader.spans(Client().get(path).content) == []
    team.come_back(world.renee.id)
    seat = actions_seat(world)
    team.end(seat, world.renee.id)
    assert Client().get(path).status_code == 404
    actions.purge_feeds(clock.now())
    assert not Feed.objects.exists()


def actions_seat(world: World):  # type: ignore[no-untyped-def]
    from alongside.accounts import queries

    return queries.permit(world.hana, "team.change")


def test_there_are_only_so_many(world: World, client: Client) -> None:
    sign_in(client, world.renee.person)
    for _ in range(rules.MOST_FEEDS):
        assert client.post(reverse("in_feed_make")).status_code == 200
    assert client.post(reverse("in_feed_make")).url == reverse("in_calendar")
    assert Feed.objects.count() == rules.MOST_FEEDS
    assert "six addresses" in client.get(reverse("in_calendar")).content.decode()


def test_a_shift_cut_in_the_hour_that_comes_twice_is_still_told_exactly(world: World, client: Client) -> None:
    path = make(client, world)
    # In Chicago 1:30 comes twice on 7 November 2027; the second one is meant.
    begin, end = datetime(2027, 11, 7, 7, 30, tzinfo=UTC), datetime(2027, 11, 7, 13, tzinfo=UTC)
    shift(world.renee, 1, begin, end)
    assert (begin, end) in ics_reader.spans(Client().get(path).content)
