"""The board: state and lateness, gaps, what is pending. Never what was asked, never who was called."""

import os
import re
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from alongside.accounts import actions as accounts
from alongside.accounts.queries import permit
from alongside.escalation.models import Ladder
from alongside.kernel import clock
from alongside.notify.models import Notice
from alongside.policy import actions as policy
from alongside.rota.models import Shift
from alongside.sealing import actions as sealing
from tests.help_requests.sealed import Keyring, ask, ladder_of, later, sealed_world
from tests.rota import planned
from tests.sealing.signers import Signer, sign
from tests.world import WEEK_BEGINS, World, shift, sign_in, timedelta

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(clock: object, db: None) -> World:
    """Return the cast with keys for the weeks to come and shifts for the coming months: nothing needs anybody."""
    world, ring = sealed_world()
    covered(world, ring)
    assert sign(sign_in(Client(), world.hana, fresh=True), Signer()).status_code == 302
    return world


def covered(world: World, ring: Keyring) -> None:
    for serving, tier in ((world.renee, 1), (world.marcus, 2)):
        shift(serving, tier, WEEK_BEGINS + timedelta(days=7), WEEK_BEGINS + timedelta(days=70))
    for serving in (world.renee, world.marcus, world.ana):
        ring.publish_next(serving)


def board(world: World) -> str:
    page = sign_in(Client(), world.hana).get(reverse("in_board"))
    assert page.status_code == 200
    return " ".join(page.content.decode().split())


@pytest.mark.req("M-06", "D-01")
def test_a_quiet_week_says_that_nothing_needs_anybody(cast: World) -> None:
    page = board(cast)
    assert "Nothing needs you." in page
    assert "No request is open" in page
    assert "0 waiting, 0 of them late. 0 with a peer." in page
    assert "Monday 23 November, 08:05 CST" in page


@pytest.mark.req("A-03", "M-06")
def test_a_request_shows_as_a_number_and_late_as_a_task(cast: World) -> None:
    member = ask(cast, words="marker 5157")
    assert "1 waiting, 0 of them late" in board(cast)
    assert "Nothing needs you." in board(cast)
    later(minutes=6)
    page = board(cast)
    assert "One thing needs you." in page
    assert "Somebody asked for contact now and has waited 6 minutes." in page
    assert str(member.id) not in page
    assert "marker" not in page


@pytest.mark.req("M-06")
def test_who_was_called_for_a_request_stands_nowhere_on_the_board(cast: World) -> None:
    """Whoever is on call stands there anyway, so the request is sealed for somebody who is not."""
    ask(cast, positions=[2])
    page = board(cast)
    assert Ladder.objects.get().alerts.get().supporter == cast.ana
    # As a word of its own: three letters happen in the tokens of the forms.
    assert not re.search(r"\bAna\b", page)


@pytest.mark.req("A-03")
def test_a_request_that_somebody_took_is_with_a_peer_and_no_task(cast: World) -> None:
    member = ask(cast)
    later(minutes=6)
    sign_in(Client(), cast.marcus).post(reverse("in_accept", args=[member.id]))
    page = board(cast)
    assert "Nothing needs you." in page
    assert "0 waiting, 0 of them late. 1 with a peer." in page


@pytest.mark.req("A-03")
def test_a_broken_promise_stays_until_it_is_acknowledged(cast: World) -> None:
    member = ask(cast)
    later(minutes=30)
    later(hours=73)
    assert ladder_of(member).state == Ladder.State.UNANSWERED
    page = board(cast)
    assert "Nobody answered a request of Monday 23 November, 08:05." in page
    address = reverse("in_acknowledge", args=[ladder_of(member).id])
    assert address in page
    client = sign_in(Client(), cast.hana)
    assert client.get(address).status_code == 405
    assert client.post(address).status_code == 302
    assert "Nobody answered" not in board(cast)
    assert client.post(address).status_code == 404


@pytest.mark.req("M-24", "M-06")
@pytest.mark.parametrize("name", ["renee", "imani", "anne", "okafor", "lars", "priya", "nico"])
def test_nobody_else_sees_this_board_or_acknowledges_on_it(cast: World, name: str) -> None:
    member = ask(cast)
    later(minutes=30)
    later(hours=73)
    client = sign_in(Client(), cast.everybody()[name])
    if name == "lars":
        assert "1 waiting" not in client.get(reverse("in_board")).content.decode()
        assert "Nobody answered" not in client.get(reverse("in_board")).content.decode()
    else:
        assert client.get(reverse("in_board")).status_code == 404
    assert client.post(reverse("in_acknowledge", args=[ladder_of(member).id])).status_code == 404
    assert not ladder_of(member).acknowledged


@pytest.mark.req("D-01", "D-02")
def test_gaps_of_the_coming_days_are_tasks_and_holes_in_the_strip(cast: World) -> None:
    Shift.objects.filter(tier=2, starts_at__gt=clock.now()).delete()
    day = WEEK_BEGINS + timedelta(days=7)
    shift(cast.ana, 2, day, day + timedelta(days=2, hours=13))
    shift(cast.ana, 2, day + timedelta(days=3), day + timedelta(days=63))
    page = board(cast)
    assert "One thing needs you." in page
    assert "No backup from Wed 2 Dec, 13:00 to 00:00." in page
    assert '<span class="gap"><span class="visually-hidden">nobody </span>13–24</span>' in page


@pytest.mark.req("D-01")
@pytest.mark.parametrize("days", [7, 60])
@pytest.mark.parametrize("repeats", [False, True])
def test_where_no_shift_was_ever_entered_a_gap_leads_to_where_a_rota_begins(
    cast: World, days: int, repeats: bool
) -> None:
    policy.change(permit(cast.hana, "policy.change"), "gap_days", days)
    Shift.objects.all().delete()
    if repeats:
        planned.pattern(cast)
    page = board(cast)
    assert "Nobody is first on call" in page
    assert "rota#gaps" not in page
    route, label = ("in_plans", "Plan it") if repeats else ("in_patterns", "Make a pattern")
    assert re.search(rf'href="{reverse(route)}"[^>]*>{label}', page)


@pytest.mark.req("D-01", "C-18")
def test_a_shift_of_somebody_on_leave_is_a_gap(cast: World) -> None:
    cast.marcus.status = "on_leave"
    cast.marcus.save()
    page = board(cast)
    assert "No backup from Mon 23 Nov, 08:05 to" in page
    assert 'Backup now: <span class="chip urgent">nobody</span>' in page


def test_many_gaps_are_summed_up(cast: World) -> None:
    Shift.objects.filter(tier=1, starts_at__gt=clock.now()).delete()
    for day in range(7, 14):
        begins = WEEK_BEGINS + timedelta(days=day)
        shift(cast.ana, 1, begins, begins + timedelta(hours=12))
    page = board(cast)
    assert page.count("Nobody is first on call") == 4
    assert "3 more on-call gaps after these." in page


@pytest.mark.req("C-15", "K-34")
def test_agreements_and_keys_that_keep_people_off_the_ladder_are_named(cast: World) -> None:
    cast.ana.agreement_version = 0
    cast.ana.save()
    sealing.drop_keys(cast.marcus.person_id)
    page = board(cast)
    assert "Ana Ruiz: the agreement in force is not signed." in page
    assert "Marcus Bell: no keys for this week." in page


@pytest.mark.req("C-19")
def test_the_aim_for_the_team_is_counted_from_the_headcount(cast: World) -> None:
    assert "3 supporters, 9 wanted (1 to 7)." in board(cast)


def test_open_invitations_are_named(cast: World) -> None:
    seat = permit(cast.hana, "team.change")
    accounts.invite(seat, cast.pine, email="gil@pine.example", name="Gil Marsh", roles=["supporter"], office=cast.jail)
    assert "Gil Marsh" in board(cast)


@pytest.mark.req("A-01")
def test_a_missing_on_call_number_is_a_task(cast: World) -> None:
    cast.pine.on_call_number = ""
    cast.pine.save()
    assert "Members&#x27; pages show no on-call number" in board(cast)


@pytest.mark.req("A-03")
def test_a_call_that_could_not_be_delivered_is_a_task(cast: World) -> None:
    ask(cast)
    Notice.objects.filter(message="waiting_now").update(failed=True)
    assert "A message to a supporter could not be delivered" in board(cast)


@pytest.mark.req("A-03")
def test_timed_jobs_that_stand_still_are_the_first_task(cast: World) -> None:
    mark = Path(settings.DATA) / "tick"
    mark.touch()
    try:
        assert "Nothing needs you." in board(cast)
        old = time.time() - 600
        os.utime(mark, (old, old))
        assert "Nobody is being alerted" in board(cast)
    finally:
        mark.unlink()


@pytest.mark.req("A-03")
def test_notices_that_nobody_picks_up_tell_the_same(cast: World) -> None:
    ask(cast)
    clock.shift(timedelta(minutes=6))
    assert "Nobody is being alerted" in board(cast)
