"""Whose shift a coordinator enters or removes by hand is told, in words that say nothing (K-36)."""

import uuid
from datetime import UTC, datetime, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts import actions as accounts
from alongside.accounts.queries import Seat
from alongside.content import load
from alongside.notify.models import Notice
from alongside.rota import actions, queries
from alongside.rota.models import Blackout, Exchange, Shift
from alongside.site import living
from tests.conftest import Clock
from tests.rota import planned
from tests.rota.exchanging import DAWN, DAY, HOUR, day, only, team
from tests.rota.removing import looked_at
from tests.rota.test_exchanges import messages
from tests.world import NOW, World, sign_in, supporter

MINUTE = timedelta(minutes=1)


def seat(world: World) -> Seat:
    return Seat(world.hana, world.pine, frozenset(["coordinator"]))


@pytest.mark.req("K-36")
def test_one_neutral_notice_for_a_series_that_lives_until_the_first_begins(world: World) -> None:
    team(world)
    soon = DAWN - 5 * DAY
    spans = [(soon + number * 7 * DAY, soon + number * 7 * DAY + 12 * HOUR) for number in range(8)]
    actions.enter_shifts(seat(world), world.ana.id, 1, spans)
    [notice] = Notice.objects.all()
    assert (notice.address, notice.message) == (world.ana.person.email, "rota_published")
    assert (notice.due_at, notice.expires_at) == (NOW, soon)
    assert list(notice.values) == ["link"]
    assert notice.values["link"].endswith(reverse("in_shifts"))
    for language in ("en", "fr"):
        said = load.messages(language)["rota_published"]
        for name in ("Ana", "Pine", "peer", "pair", "07:00", "Dec"):
            assert name not in said.subject + said.body


@pytest.mark.req("K-36")
def test_of_a_shift_further_ahead_one_hears_within_a_week(world: World) -> None:
    team(world)
    actions.enter_shift(seat(world), world.ana.id, 1, DAWN + 40 * DAY, DAWN + 40 * DAY + 12 * HOUR)
    assert Notice.objects.get().expires_at == NOW + 7 * DAY


@pytest.mark.req("K-36", "D-13")
def test_who_is_put_on_call_now_hears_it_at_once_as_long_as_it_runs_also_in_quiet_hours(
    world: World, clock: Clock
) -> None:
    team(world)
    accounts.set_quiet_hours(world.ana.person, time(22), time(7))
    # 3:00 at night in Pine County.
    clock.set(datetime(2026, 12, 2, 9, tzinfo=UTC))
    now = datetime(2026, 12, 2, 9, tzinfo=UTC)
    actions.enter_shift(seat(world), world.ana.id, 1, now - HOUR, now + 5 * HOUR)
    notice = Notice.objects.get()
    assert (notice.due_at, notice.expires_at) == (now, now + 5 * HOUR)
    Notice.objects.all().delete()
    # It begins before the night is over, or too soon after: it cannot wait.
    for starts in (3, 5):
        Shift.objects.all().delete()
        actions.enter_shift(seat(world), world.ana.id, 1, now + starts * HOUR, now + 12 * HOUR)
        assert Notice.objects.get().due_at == now
        Notice.objects.all().delete()
    Shift.objects.all().delete()
    actions.enter_shift(seat(world), world.ana.id, 1, now + 10 * HOUR, now + 20 * HOUR)
    assert Notice.objects.get().due_at == datetime(2026, 12, 2, 13, tzinfo=UTC)


@pytest.mark.req("K-36")
def test_of_what_ended_while_another_coordinator_was_waited_for_nobody_is_told(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    team(world)
    hold = accounts.hold

    def late(organisation_id: uuid.UUID) -> None:
        hold(organisation_id)
        clock.set(NOW + 2 * HOUR)

    monkeypatch.setattr(accounts, "hold", late)
    actions.enter_shift(seat(world), world.ana.id, 1, NOW - HOUR, NOW + HOUR)
    assert Shift.objects.filter(supporter=world.ana).count() == 1
    assert not Notice.objects.exists()


@pytest.mark.req("K-36", "D-13")
def test_whose_shift_is_removed_is_told_and_of_what_is_over_nobody(world: World) -> None:
    team(world)
    client = sign_in(Client(), world.hana)
    coming, running, past = (day(world.ana, number, start=NOW - HOUR) for number in (1, 0, -2))
    for one, until in ((coming, coming.starts_at), (running, running.ends_at)):
        path = reverse("in_rota_remove", args=[one.id])
        page = client.post(path, looked_at(client, path), follow=True).content.decode()
        assert "Removed. Everybody concerned is told." in page
        [notice] = Notice.objects.all()
        assert (notice.address, notice.message) == (world.ana.person.email, "rota_published")
        assert (notice.due_at, notice.expires_at) == (NOW, until)
        Notice.objects.all().delete()
    path = reverse("in_rota_remove", args=[past.id])
    page = client.post(path, looked_at(client, path), follow=True).content.decode()
    assert "Removed." in page
    assert "Everybody concerned" not in page
    assert not Notice.objects.exists()


@pytest.mark.req("K-36", "D-13")
@pytest.mark.parametrize("which", [0, 1])
def test_who_had_part_in_what_was_open_about_a_removed_shift_is_told_once(world: World, which: int) -> None:
    zoe = team(world)
    shifts = [day(world.ana), day(world.renee, 3)]
    actions.offer_swap(world.pine.id, world.ana.id, shifts[0].id, shifts[1].id)
    assert messages(world.renee) == ["shift_asked"]
    actions.remove_shift(seat(world), shifts[which].id)
    assert not Exchange.objects.exists()
    # What asked them is taken back with it.
    assert messages(world.ana) == messages(world.renee) == ["rota_published"]
    assert messages(zoe) == messages(world.marcus) == []


@pytest.mark.req("K-36", "D-13")
def test_of_what_was_answered_before_nobody_is_told_but_whose_shift_it_was(world: World) -> None:
    team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    actions.answer(world.pine.id, world.renee.id, only(), yes=False)
    Notice.objects.all().delete()
    actions.remove_shift(seat(world), one.id)
    assert messages(world.ana) == ["rota_published"]
    assert messages(world.renee) == []


@pytest.mark.req("K-36", "C-18", "D-13")
def test_who_is_away_is_told_nothing_and_who_was_asked_for_cover_keeps_no_question(world: World) -> None:
    team(world)
    one = day(world.ana)
    living.go_on_leave(world.pine.id, world.ana.id)
    assert Notice.objects.filter(message="shift_asked").count() == 1
    Notice.objects.exclude(message="shift_asked").delete()
    actions.remove_shift(seat(world), one.id)
    assert not Notice.objects.exists()


@pytest.mark.req("K-36", "C-18")
def test_who_stands_in_for_somebody_away_is_told_and_nobody_else(world: World) -> None:
    team(world)
    one = day(world.ana)
    living.go_on_leave(world.pine.id, world.ana.id)
    asked = Exchange.objects.get(shift=one).asked.get().supporter
    stands_in = next(who for who in (world.renee, world.marcus) if who != asked)
    actions.enter_shift(seat(world), stands_in.id, 1, DAWN, DAWN + 12 * HOUR)
    assert messages(stands_in) == ["rota_published"]
    assert messages(world.ana) == messages(asked) == []
    assert not Exchange.objects.exists()


@pytest.mark.req("K-36", "D-13")
def test_who_was_asked_about_a_shift_that_a_plan_took_away_is_told_too(world: World) -> None:
    planned.pattern(world)
    people, zoe = planned.team(world), supporter("Zoe Hart", world.patrol)
    first = planned.FIRST + 7 * DAY
    actions.publish(seat(world), planned.made(world, 7, first=first))
    ids = queries.free_shifts(world.pine, first, 7, NOW)
    one = Shift.objects.filter(id__in=ids, supporter=people[0]).first()
    Blackout.objects.create(supporter=people[0], first_day=first, last_day=first + 7 * DAY)
    again = planned.made(world, 7, ids, first=first)
    Exchange.objects.create(kind="hand_over", shift=one, asks=people[0], answers=zoe, asked_at=NOW)
    Notice.objects.all().delete()
    done = actions.publish(seat(world), again)
    assert not Exchange.objects.exists()
    assert messages(zoe) == messages(people[0]) == ["rota_published"]
    assert Notice.objects.filter(message="rota_published").count() == done.told


@pytest.mark.req("K-36")
def test_what_is_refused_is_told_to_nobody(world: World) -> None:
    team(world)
    day(world.renee)
    client = sign_in(Client(), world.hana)
    typed = {"supporter": str(world.ana.id), "tier": "1", "from_day": "2026-11-30", "from_time": "07:00"}
    typed |= {"to_day": "2026-11-30", "to_time": "19:00", "every": "0"}
    assert client.post(reverse("in_rota_enter"), typed).status_code == 422
    assert not Notice.objects.exists()
    Shift.objects.all().delete()
    page = client.post(reverse("in_rota_enter"), typed, follow=True).content.decode()
    assert "Entered. Ana Ruiz is told." in page
    assert messages(world.ana) == ["rota_published"]
