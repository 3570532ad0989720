"""An organisation may have more than two people on call in every minute: gaps, pages, and who is called with whom."""

import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from alongside.help_requests.rules import on_duty_first
from alongside.kernel import clock
from alongside.policy import actions as policy
from alongside.policy.values import REGISTER
from alongside.rota import actions, queries
from alongside.rota.models import Shift
from tests.rota.planned import seat
from tests.world import World, ready, sign_in

PEOPLE = tuple(uuid.UUID(int=number) for number in range(1, 6))


@pytest.fixture
def three(world: World) -> World:
    """Pine County with three on call, and somebody on each of the three tiers."""
    policy.change(seat(world), "on_call_tiers", 3)
    now = clock.now()
    for tier, who in enumerate((world.ana, world.marcus, world.renee), 1):
        Shift.objects.create(
            organisation=world.pine,
            supporter=who,
            tier=tier,
            starts_at=now - timedelta(hours=1),
            ends_at=now + timedelta(hours=11),
        )
    return world


@pytest.mark.req("D-01")
def test_policy_allows_two_to_four_and_never_one() -> None:
    setting = next(one for one in REGISTER if one.key == "on_call_tiers")
    assert (setting.default, setting.least, setting.most) == (2, 2, 4)


@pytest.mark.req("D-01")
@pytest.mark.django_db
def test_a_tier_that_policy_asks_for_is_a_gap_when_nobody_has_it(three: World) -> None:
    now = clock.now()
    Shift.objects.filter(tier=3).delete()
    (gap,) = queries.gaps_between(three.pine.id, now, now + timedelta(hours=1))
    assert gap.tier == 3
    assert [cell.tier for cell in queries.strip(three.pine.id, ZoneInfo(three.pine.time_zone), now, 1)[0].cells] == [
        1,
        2,
        3,
    ]


@pytest.mark.req("D-01", "A-10")
def test_whoever_is_on_call_behind_the_backup_is_called_with_the_backup() -> None:
    route = [("further", one) for one in PEOPLE]
    on_call = {tier: PEOPLE[tier - 1] for tier in (1, 2, 3, 4)}
    found = {who: rank for rank, who in on_duty_first(route, on_call)}
    assert [found[one] for one in PEOPLE] == ["primary", "backup", "backup", "backup", "further"]


@pytest.mark.req("D-01")
@pytest.mark.django_db
def test_all_who_are_on_call_stand_on_the_pages(three: World) -> None:
    hana = sign_in(Client(), three.hana)
    for name in ("in_board", "in_rota", "in_rota_enter", "in_patterns"):
        page = hana.get(reverse(name)).content.decode()
        assert page, name
    board = hana.get(reverse("in_board")).content.decode()
    for who in ("Ana", "Marcus", "Renée"):
        assert who in board or who.replace("é", "e") in board
    renee = sign_in(Client(), three.renee)
    for name in ("in_inbox", "in_shifts", "in_me", "in_team_rota"):
        assert renee.get(reverse(name)).status_code == 200
    assert "Third" in renee.get(reverse("in_shifts")).content.decode()


@pytest.mark.req("D-01")
@pytest.mark.django_db
def test_a_gap_is_named_by_its_place_wherever_it_is_named(three: World) -> None:
    policy.change(seat(three), "on_call_tiers", 4)
    Shift.objects.filter(tier=3).delete()
    hana = sign_in(Client(), three.hana)
    board = hana.get(reverse("in_board")).content.decode()
    assert "Nobody is third on call from" in board
    assert "Nobody is fourth on call from" in board
    # The one sentence about the backup is of its own gap, later today.
    assert board.count("No backup from") == 1
    for page in (board, hana.get(reverse("in_rota")).content.decode()):
        for now in ("First now:", "Backup now:", "Third now:", "Fourth now:"):
            assert now in page
    listed = hana.get(reverse("in_rota") + "?view=list").content.decode()
    for chip in ("Third", "Fourth"):
        assert f'<span class="chip urgent">{chip}</span>' in listed


@pytest.mark.req("D-01")
@pytest.mark.django_db
def test_the_log_names_places_and_no_numbers_of_tiers(three: World) -> None:
    now = clock.now()
    ready(three.renee)
    one = Shift.objects.get(tier=3)
    actions.remove_shift(seat(three), one.id)
    actions.enter_shift(seat(three), one.supporter_id, 4, now + timedelta(days=60), now + timedelta(days=60, hours=4))
    page = sign_in(Client(), three.hana).get(reverse("in_audit")).content.decode()
    assert "off call (Third)" in page
    assert "on call (Fourth)" in page
    assert "tier" not in page.split("<main")[1]


def test_every_tier_that_policy_allows_has_its_words() -> None:
    setting = next(one for one in REGISTER if one.key == "on_call_tiers")
    for tier in range(1, int(setting.most or 0) + 1):
        assert queries.PLACES[tier]
        assert queries.place_now(tier)
        assert "7:00" in queries.nobody_in(tier, "7:00", "8:00")
