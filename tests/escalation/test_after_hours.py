"""Day and night, on a holiday as on any day: who is called, and what a member has when nobody answers (D-04)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts.models import Person
from alongside.help_requests import actions
from alongside.kernel import clock as product
from alongside.notify.models import Notice
from alongside.rota.models import Holiday, Shift
from tests import world as cast
from tests.conftest import Clock
from tests.escalation.steps import called, notices, turn
from tests.help_requests.device import post
from tests.help_requests.frames import Frame, frame_for, give_keys
from tests.world import NOW, World, sign_in

# Christmas Day, three in the morning in Pine County.
NIGHT = datetime(2026, 12, 25, 9, 0, tzinfo=UTC)


@pytest.fixture
def night(world: World, clock: Clock) -> World:
    """Bring Pine County to three on Christmas morning: Renée first, Marcus backup, everybody in quiet hours."""
    hana = cast.supporter(world.hana, world.patrol)
    Holiday.objects.create(organisation=world.pine, day=NIGHT.date(), name="Christmas Day")
    Person.objects.update(quiet_from="21:00", quiet_to="08:00")
    clock.forward(seconds=int((NIGHT - NOW).total_seconds()))
    assert product.now().astimezone(ZoneInfo(world.pine.time_zone)).hour == 3
    Shift.objects.all().delete()
    for serving, tier in ((world.renee, 1), (world.marcus, 2)):
        cast.shift(serving, tier, NIGHT - cast.timedelta(hours=8), NIGHT + cast.timedelta(hours=8))
    give_keys([world.renee, world.marcus, world.ana, hana])
    return world


def stands(frame: Frame) -> dict[str, object]:
    answer = post("progress", frame.token)
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.mark.req("D-04", "A-03")
def test_at_three_on_a_holiday_with_both_on_call_silent_everybody_is_woken_and_the_member_is_told_the_numbers(
    night: World,
) -> None:
    page = Client().get("/ask/pine/en/now")
    assert page.status_code == 200
    for number in ("tel:911", "tel:988", "tel:+15550100199"):
        assert f'href="{number}"' in page.content.decode(), number
    frame = frame_for(night.pine)
    assert post("requests", frame).status_code == 201
    turn()
    assert (called(1), notices("waiting_now")) == ({"Renée"}, ["renee"])
    assert stands(frame)["state"] == "alerted"
    turn(minutes=5)
    assert called(2) == {"Marcus"}
    # Quiet hours hold nobody back from a call for now.
    last = turn(minutes=15)
    everybody = {"Renée", "Marcus", "Ana", "Hana"}
    assert called(last.rung) == everybody
    assert {"renee", "marcus", "ana", "hana"} <= set(notices("waiting_now"))
    assert "hana" in notices("board")
    assert all(one.due_at <= product.now() for one in Notice.objects.filter(message="waiting_now"))
    board = sign_in(Client(), night.hana).get(reverse("in_board")).content.decode()
    assert "1 waiting, 1 of them late" in board
    # Still nobody: three days later it says so, and the page that shows it carries the numbers.
    product.shift(cast.timedelta(hours=75))
    actions.climb(product.now())
    assert stands(frame)["state"] == "unanswered"
    shown = Client().get("/ask/pine/en/back").content.decode()
    assert "Nobody could answer." in shown
    held = shown.split("data-numbers")[1].split("data-once-more")[0]
    assert 'href="tel:+15550100199"' in held
    # The crisis lines stand on every page of a member's, whatever becomes of a request.
    assert all(f'href="tel:{number}"' in shown for number in ("911", "988"))


@pytest.mark.req("D-04", "A-03")
def test_with_nobody_on_call_at_all_at_that_hour_everybody_is_called_at_once(night: World) -> None:
    Shift.objects.all().delete()
    frame = frame_for(night.pine)
    assert post("requests", frame).status_code == 201
    ladder = turn()
    assert called(ladder.rung) >= {"Renée", "Marcus", "Ana"}
