"""What supporters say of when they can be on call, and what a planner then sees of it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts import queries as accounts
from alongside.rota import actions, queries
from alongside.rota.models import Blackout, Cap, Hours, Wish
from alongside.rota.queries.planning import frame_for
from alongside.rota.rules import wishes as rules
from alongside.team import actions as team
from alongside.team import queries as people
from alongside.team.models import Ready
from tests.conftest import Clock
from tests.world import NOW, World, sign_in, unknown_id

TODAY = NOW.date()


def say(client: Client, kind: str, **fields: Any) -> Any:
    return client.post(
        reverse("in_availability"), {"kind": kind, **{f"{kind}-{name}": value for name, value in fields.items()}}
    )


@pytest.fixture
def renee(world: World, client: Client) -> Client:
    sign_in(client, world.renee.person)
    return client


@pytest.mark.req("B-38")
def test_everything_that_is_said_reaches_the_planner(world: World, renee: Client) -> None:
    assert say(renee, "day-off", first="2026-12-24", last="2026-12-26").url == reverse("in_availability")
    say(renee, "hours", works="no", weekdays=["0", "4"], starts="19:00", ends="07:00")
    say(renee, "hours", works="yes", weekdays=["2"], starts="09:00", ends="17:00")
    say(renee, "wish", day="2026-12-31", on_call="yes")
    say(renee, "cap", most="6")
    frame = frame_for(world.pine, TODAY, 60, NOW)
    (one,) = (person for person in frame.people if person.id == world.renee.id)
    assert one.blackouts == ((date(2026, 12, 24), date(2026, 12, 26)),)
    assert [(span.weekday, span.minute, span.minutes) for span in one.free] == [(0, 1140, 720), (4, 1140, 720)]
    assert [(span.weekday, span.minute, span.minutes) for span in one.works] == [(2, 540, 480)]
    assert one.wishes == ((date(2026, 12, 31), True),)
    assert one.most_in_28_days == 6
    page = renee.get(reverse("in_availability")).content.decode()
    assert "Thu 24 Dec 2026 – Sat 26 Dec 2026" in page
    assert "Monday 19:00–07:00" in page


def test_days_that_meet_become_one_line(world: World, renee: Client) -> None:
    for first, last in (("2026-12-01", "2026-12-03"), ("2026-12-04", "2026-12-05"), ("2026-12-08", "")):
        say(renee, "day-off", first=first, last=last)
    found = Blackout.objects.values_list("first_day", "last_day")
    assert list(found) == [(date(2026, 12, 1), date(2026, 12, 5)), (date(2026, 12, 8), date(2026, 12, 8))]


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("day-off", {"first": "2026-12-05", "last": "2026-12-01"}, "comes before the first"),
        ("day-off", {"first": "2026-11-01", "last": "2026-11-02"}, "These days are over"),
        ("day-off", {"first": "2036-11-01"}, "Is the year right?"),
        ("day-off", {"first": "nonsense"}, "Enter a valid date"),
        ("hours", {"works": "no", "starts": "07:00", "ends": "19:00"}, "This field is required"),
        ("hours", {"works": "no", "weekdays": ["7"], "starts": "07:00", "ends": "19:00"}, "valid choice"),
        ("hours", {"works": "no", "weekdays": ["1"], "starts": "07:00", "ends": "07:00"}, "Both times are the same"),
        ("wish", {"day": "2026-11-01", "on_call": "no"}, "These days are over"),
        ("wish", {"day": "2026-12-01", "on_call": "perhaps"}, "valid choice"),
        ("cap", {"most": "-1"}, "greater than or equal to 0"),
        ("cap", {"most": "1000"}, "less than or equal to 56"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_typed_is_lost(
    world: World, renee: Client, kind: str, fields: dict[str, Any], said: str
) -> None:
    answer = say(renee, kind, **fields)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not any(model.objects.exists() for model in (Blackout, Hours, Wish, Cap))


def test_whole_days_of_the_week_can_be_said(world: World, renee: Client) -> None:
    say(renee, "hours", works="no", weekdays=["5", "6"], starts="00:00", ends="00:00")
    assert list(Hours.objects.values_list("weekday", "minute", "minutes")) == [(5, 0, 1440), (6, 0, 1440)]


def test_one_wish_a_day_and_no_cap_again(world: World, renee: Client) -> None:
    say(renee, "wish", day="2026-12-31", on_call="yes")
    say(renee, "wish", day="2026-12-31", on_call="no")
    assert list(Wish.objects.values_list("day", "on_call")) == [(date(2026, 12, 31), False)]
    say(renee, "cap", most="0")
    assert Cap.objects.get().most_in_28_days == 0
    say(renee, "cap", most="")
    assert not Cap.objects.exists()


def test_only_ones_own_lines_can_be_removed(world: World, renee: Client) -> None:
    say(renee, "day-off", first="2026-12-01")
    row = Blackout.objects.get()
    other = Client()
    sign_in(other, world.marcus.person)
    path = reverse("in_availability_remove", args=["day-off", row.id])
    assert other.post(path).status_code == 410
    assert renee.post(reverse("in_availability_remove", args=["wish", row.id])).status_code == 410
    assert renee.post(reverse("in_availability_remove", args=["made-up", row.id])).status_code == 410
    assert Blackout.objects.exists()
    assert renee.post(path).url == reverse("in_availability")
    assert not Blackout.objects.exists()
    # Two taps at once: the second one leads back too.
    again = renee.post(path)
    assert again.status_code == 410
    assert f'href="{reverse("in_availability")}"' in again.content.decode()


def test_nobody_fills_the_database_with_lines(world: World) -> None:
    Wish.objects.bulk_create(
        Wish(supporter=world.renee, day=TODAY + timedelta(days=number)) for number in range(rules.MOST_LINES)
    )
    with pytest.raises(rules.TooMany):
        actions.set_wish(world.pine.id, world.renee.id, TODAY + timedelta(days=300), on_call=True)


def test_a_made_up_form_is_not_found(world: World, renee: Client) -> None:
    assert renee.post(reverse("in_availability"), {"kind": "made-up"}).status_code == 404


def test_what_is_a_month_over_is_deleted_and_everything_of_who_leaves(world: World, clock: Clock) -> None:
    actions.add_blackout(world.pine.id, world.renee.id, TODAY, TODAY)
    actions.set_wish(world.pine.id, world.renee.id, TODAY, on_call=True)
    actions.set_cap(world.pine.id, world.marcus.id, 3)
    clock.forward(days=30)
    actions.purge_wishes(clock.now())
    assert Blackout.objects.exists()
    clock.forward(days=1)
    actions.purge_wishes(clock.now())
    assert not Blackout.objects.exists()
    assert not Wish.objects.exists()
    team.end(accounts.permit(world.hana, "team.change"), world.marcus.id)
    actions.purge_wishes(clock.now())
    assert not Cap.objects.exists()
    assert queries.availability_of(world.renee.id, TODAY).days_off == ()


# --- readiness ---------------------------------------------------------------------------------------------------


@pytest.mark.req("B-39", "D-03", "D-12")
def test_the_coordinator_sees_what_is_missing_and_writes_down_what_is_there(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    page = client.get(reverse("in_readiness")).content.decode()
    assert "0 of 3 have all that duty needs" in page
    assert page.count("no crisis training") == 3
    key = str(world.ana.id)
    fields = {"crisis_trained_on": "2026-10-01", "phone_checked_on": "2026-11-20", "phone_issued": "on"}
    sent = {"supporter": key, **{f"{key}-{name}": value for name, value in fields.items()}}
    assert client.post(reverse("in_readiness"), sent).url == reverse("in_readiness")
    row = Ready.objects.get()
    assert (row.supporter_id, row.crisis_trained_on, row.data_issued) == (world.ana.id, date(2026, 10, 1), False)
    (one,) = (known for known in people.readiness(world.pine.id) if known.id == world.ana.id)
    assert (one.crisis_trained, one.phone_checked, one.phone_issued, one.data_issued) == (True, True, True, False)
    page = client.get(reverse("in_readiness")).content.decode()
    assert page.count("no crisis training") == 2
    assert 'value="2026-10-01"' in page
    client.post(reverse("in_readiness"), sent | {f"{key}-data_issued": "on"})
    assert "1 of 3 have all that duty needs" in client.get(reverse("in_readiness")).content.decode()


@pytest.mark.req("D-12")
def test_without_training_nobody_is_planned(world: World) -> None:
    standing = {one.id: one.ready for one in frame_for(world.pine, TODAY, 7, NOW).people}
    assert not any(standing.values())
    seat = accounts.permit(world.hana, "team.change")
    facts = {"phone_checked_on": TODAY, "phone_issued": True, "data_issued": True}
    team.set_ready(seat, world.ana.id, crisis_trained_on=None, **facts)
    assert not {one.id: one.ready for one in frame_for(world.pine, TODAY, 7, NOW).people}[world.ana.id]
    team.set_ready(seat, world.ana.id, crisis_trained_on=TODAY, **facts)
    assert {one.id: one.ready for one in frame_for(world.pine, TODAY, 7, NOW).people}[world.ana.id]


def test_a_day_to_come_and_somebody_elsewhere_are_refused(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    key = str(world.ana.id)
    answer = client.post(reverse("in_readiness"), {"supporter": key, f"{key}-crisis_trained_on": "2027-01-01"})
    assert answer.status_code == 422
    assert "still to come" in answer.content.decode()
    for other in (str(world.lena.id), str(unknown_id()), "nonsense", ""):
        assert client.post(reverse("in_readiness"), {"supporter": other}).status_code == 404
    assert not Ready.objects.exists()
