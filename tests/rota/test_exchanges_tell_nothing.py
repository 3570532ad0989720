"""Of shifts that change hands nobody learns who said no or why somebody is away; nothing of it is kept for long."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts.models import AuditEntry
from alongside.content import load
from alongside.escalation.models import Ladder
from alongside.notify.models import Notice
from alongside.rota import actions
from alongside.rota.models import CoverAsk, Exchange, Shift
from alongside.site import living, schedule
from alongside.team.models import Supporter
from tests.conftest import Clock
from tests.rota.exchanging import DAWN, DAY, HOUR, asked, day, only, state, team
from tests.world import NOW, World, sign_in

TEAM = ("in_shifts", "in_me", "in_calendar", "in_availability", "in_inbox")
COORDINATOR = ("in_board", "in_rota", "in_team", "in_readiness", "in_audit", "in_plans")


def pages(world: World, but: Supporter) -> dict[tuple[str, str], str]:
    """Return every page on which exchanges could show, of everybody but one."""
    people = {"hana": (world.hana, COORDINATOR), "anne": (world.anne, ("in_lead",))}
    for name, one in (("renee", world.renee), ("marcus", world.marcus), ("ana", world.ana), ("zoe", zoe())):
        if one != but:
            people[name] = (one, TEAM)
    found = {}
    for name, (who, routes) in people.items():
        client = sign_in(Client(), who)
        for route in routes:
            text = client.get(reverse(route)).content.decode()
            found[name, route] = re.sub(r"\b[A-Za-z0-9]{64}\b", "", text)
    return found


def zoe() -> Supporter:
    return Supporter.objects.get(person__name="Zoe Hart")


@pytest.mark.req("D-13", "M-24")
def test_no_page_of_anybody_changes_when_somebody_says_no(world: World, clock: Clock) -> None:
    team(world)
    one = day(world.ana)
    clock.set(DAWN - HOUR)
    # Urgent: all are asked together, so that no page changes because the next one is asked.
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    assert len(asked(one)) == 3
    before = pages(world, world.renee)
    assert any("Cover is sought" in text for text in before.values())
    actions.answer(world.pine.id, world.renee.id, only(), yes=False)
    after = pages(world, world.renee)
    assert {key for key in before if before[key] != after[key]} == set()


@pytest.mark.req("C-18", "D-13")
def test_why_and_that_somebody_is_away_stands_nowhere_with_the_exchange(world: World) -> None:
    team(world)
    day(world.ana)
    living.go_on_leave(world.pine.id, world.ana.id)
    actions.climb(NOW)
    for model in (Exchange, CoverAsk, Shift):
        names = {field.name for field in model._meta.get_fields()}
        assert not names & {"reason", "note", "comment", "why", "text", "title", "sick"}
    assert not AuditEntry.objects.exists()
    for row in Notice.objects.all():
        assert set(row.values) <= {"link"}
        assert row.values.get("link", "http://localhost:8000/in/team/shifts") == "http://localhost:8000/in/team/shifts"


@pytest.mark.req("D-13")
def test_who_was_asked_and_said_no_is_gone_once_the_shift_is_taken_or_given_up(world: World, clock: Clock) -> None:
    team(world)
    one, other, third = day(world.ana), day(world.ana, 3), day(world.ana, 6)
    for shift in (one, other, third):
        actions.find_cover(world.pine.id, world.ana.id, shift.id)
    search = Exchange.objects.get(shift=one)
    first = asked(one)[0]
    actions.answer(world.pine.id, first, search.id, yes=False)
    actions.answer(world.pine.id, asked(one)[1], search.id, yes=True)
    assert (state(one), asked(one)) == ("agreed", [])
    actions.withdraw(world.pine.id, world.ana.id, Exchange.objects.get(shift=other).id)
    assert asked(other) == []
    # Of one that nobody took until its end it is gone within the hour.
    clock.set(DAWN + 6 * DAY + 12 * HOUR)
    actions.climb(clock.now())
    actions.purge_exchanges(clock.now())
    assert not CoverAsk.objects.exists()
    (job,) = (one for one in schedule.JOBS if one.run == actions.purge_exchanges)
    assert job.every <= 3600
    clock.forward(days=14)
    actions.purge_exchanges(clock.now())
    assert not Exchange.objects.exists()
    assert Shift.objects.count() == 3


@pytest.mark.req("K-36")
def test_notices_about_shifts_say_nothing_that_a_stranger_could_use() -> None:
    shown = 0
    for language in ("en", "fr"):
        messages = load.messages(language)
        for key in ("shift_asked", "shift_asked_now", "shift_answered", "week_ahead", "rota_published"):
            text = f"{messages[key].subject} {messages[key].body}".lower()
            shown += 1
            for word in ("peer", "support", "crisis", "alongside", "pair", "crise", "sick", "malad", "leave", "congé"):
                assert word not in text, (key, word)
            assert set(re.findall(r"{(\w+)}", text)) <= {"link", "now", "next", "days", "title"}
    assert shown == 10


@pytest.mark.req("D-11")
def test_the_read_out_at_a_change_of_shift_is_two_counts_by_state_and_no_more(world: World, clock: Clock) -> None:
    team(world)
    day(world.ana)
    day(world.renee, start=DAWN + 12 * HOUR)
    clock.set(DAWN + 12 * HOUR - timedelta(minutes=10))
    client = sign_in(Client(), world.ana)
    states = ("open", "alerted", "alerted", "accepted", "connected", "unanswered")
    for number, one in enumerate(states):
        # Urgency, time and who has it differ from one to the other; of that nothing is read out.
        Ladder.objects.create(
            organisation=world.pine,
            urgency=("now", "today")[number % 2],
            state=one,
            rungs=[{"kind": "primary", "after": 0, "who": [str(world.marcus.id)]}],
            terms={"connect": 15},
            opened_at=NOW - timedelta(minutes=17 * number),
            round_at=NOW,
            ends_at=NOW + timedelta(days=30),
            taker=world.marcus if one in ("accepted", "connected") else None,
        )
    full = client.get(reverse("in_shift_change")).content.decode()
    main = full[full.index("<main") : full.index("</main")]
    assert re.findall(r'class="chip[^"]*">(\d+)<', main) == ["3", "2"]
    times = set(re.findall(r"\d+:\d+", main))
    assert times == {"19:00"}
    for row in Ladder.objects.all():
        assert str(row.id) not in full
    for word in ("Jail", "Patrol", "Dispatch", "urgent", "minutes", "Marcus", "today"):
        assert word not in main
    # And of nobody whose shift does not change now.
    assert sign_in(Client(), world.marcus).get(reverse("in_shift_change")).status_code == 302
    assert sign_in(Client(), world.hana).get(reverse("in_shift_change")).status_code == 404
    clock.forward(hours=2)
    assert client.get(reverse("in_shift_change")).status_code == 302


def test_nothing_of_the_rota_says_to_what_minute_somebody_answered(world: World) -> None:
    team(world)
    one = day(world.ana)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    actions.answer(world.pine.id, asked(one)[0], only(), yes=False)
    for model in (Exchange, CoverAsk):
        for row in model.objects.all():
            assert (row.asked_at.second, row.asked_at.microsecond) == (0, 0)
        times = {field.name for field in model._meta.get_fields() if "DateTime" in type(field).__name__}
        assert times == {"asked_at"}
