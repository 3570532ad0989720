"""The rota's pages, and a person's own page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from alongside.rota.models import Shift
from alongside.team import actions as team
from tests.conftest import Clock
from tests.rota import planned
from tests.rota.removing import looked_at
from tests.world import NOW, WEEK_BEGINS, World, ready, shift, sign_in, supporter, unknown_id

NEXT = WEEK_BEGINS + timedelta(days=7)


@pytest.fixture
def world(world: World) -> World:
    """The cast, ready for duty."""
    ready(world.renee, world.marcus, world.ana, world.lena)
    return world


def form(world: World, **changes: object) -> dict[str, object]:
    return {
        "supporter": str(world.ana.id),
        "tier": "1",
        "from_day": "2026-12-01",
        "from_time": "19:00",
        "to_day": "2026-12-02",
        "to_time": "07:00",
        "every": "0",
        "until": "",
        **changes,
    }


@pytest.mark.req("D-01")
def test_a_shift_is_entered_in_the_organisations_own_time(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    assert client.post(reverse("in_rota_enter"), form(world)).url == reverse("in_rota") + "?from=2026-12-01#d2026-12-01"
    made = Shift.objects.get(supporter=world.ana)
    assert (made.tier, made.starts_at, made.ends_at) == (
        1,
        datetime(2026, 12, 2, 1, tzinfo=UTC),
        datetime(2026, 12, 2, 13, tzinfo=UTC),
    )
    page = client.get(reverse("in_rota") + "?view=list").content.decode()
    assert "Tue 1 Dec, 19:00" in page
    assert "Ana Ruiz" in page


def test_a_shift_comes_again_every_week_until_the_day_given(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    client.post(reverse("in_rota_enter"), form(world, every="7", until="2026-12-22"))
    days = [made.starts_at.date().isoformat() for made in Shift.objects.filter(supporter=world.ana)]
    assert days == ["2026-12-02", "2026-12-09", "2026-12-16", "2026-12-23"]


@pytest.mark.req("D-01")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to_day": "2026-12-01", "to_time": "18:00"}, "ends before it begins"),
        ({"to_day": "2026-12-01", "to_time": "19:00"}, "ends before it begins"),
        ({"to_day": "2027-03-01"}, "31 days at most"),
        ({"from_day": "2026-11-20", "to_day": "2026-11-21"}, "is over already"),
        ({"every": "7"}, "until when"),
        ({"every": "7", "until": "2029-12-01"}, "more than a year"),
        ({"from_day": "2029-12-01", "to_day": "2029-12-02"}, "more than a year"),
        ({"from_day": "sometime"}, "valid date"),
        ({"tier": "3"}, "valid choice"),
        ({"supporter": "nobody"}, "valid choice"),
        ({"supporter": ""}, "required"),
        ({"every": "2"}, "valid choice"),
    ],
)
def test_a_shift_that_makes_no_sense_is_refused_in_words(
    world: World, client: Client, changes: dict[str, str], said: str
) -> None:
    sign_in(client, world.hana)
    answer = client.post(reverse("in_rota_enter"), form(world, **changes))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Shift.objects.filter(supporter=world.ana).exists()


@pytest.mark.req("D-01")
def test_a_clash_says_with_whom_and_when_and_what_was_typed_stays(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    early = form(world, from_day="2026-11-24", to_day="2026-11-25")
    overlap = client.post(reverse("in_rota_enter"), early).content.decode()
    assert "Renée Dubois is already on call in this place" in overlap
    assert 'value="2026-11-24"' in overlap
    Shift.objects.filter(tier=2).delete()
    both = client.post(reverse("in_rota_enter"), {**early, "supporter": str(world.renee.id), "tier": "2"})
    assert "Renée Dubois is on call in another place (First) from" in both.content.decode()


@pytest.mark.req("C-18", "C-15")
def test_the_form_offers_only_who_may_serve_and_says_who_is_left_out(world: World, client: Client) -> None:
    team.go_on_leave(world.ana.id)
    sign_in(client, world.hana)
    page = client.get(reverse("in_rota_enter")).content.decode()
    assert f'value="{world.ana.id}"' not in page
    assert "Ana Ruiz" in page
    assert client.post(reverse("in_rota_enter"), form(world)).status_code == 422


@pytest.mark.req("M-24")
def test_people_of_another_organisation_are_not_offered_and_not_taken(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    assert "Lena" not in client.get(reverse("in_rota_enter")).content.decode()
    assert client.post(reverse("in_rota_enter"), form(world, supporter=str(world.lena.id))).status_code == 422


@pytest.mark.req("D-02")
def test_a_time_that_comes_twice_is_taken_as_the_first_and_said(world: World, client: Client, clock: Clock) -> None:
    clock.set(datetime(2027, 10, 1, 12, tzinfo=UTC))
    sign_in(client, world.hana)
    typed = form(world, from_day="2027-11-06", from_time="19:00", to_day="2027-11-07", to_time="01:30")
    answer = client.post(reverse("in_rota_enter"), typed, follow=True)
    assert "The first one is meant" in answer.content.decode()
    assert Shift.objects.get(supporter=world.ana).ends_at == datetime(2027, 11, 7, 6, 30, tzinfo=UTC)
    then = form(
        world,
        supporter=str(world.marcus.id),
        from_day="2027-11-07",
        from_time="01:30",
        to_day="2027-11-07",
        to_time="07:00",
    )
    assert client.post(reverse("in_rota_enter"), then).status_code == 302


@pytest.mark.req("D-02")
def test_a_time_that_the_clock_jumps_over_is_refused_in_words(world: World, client: Client, clock: Clock) -> None:
    clock.set(datetime(2027, 3, 1, 12, tzinfo=UTC))
    sign_in(client, world.hana)
    typed = form(world, from_day="2027-03-13", to_day="2027-03-14", to_time="02:30")
    answer = client.post(reverse("in_rota_enter"), typed)
    assert answer.status_code == 422
    assert "does not exist" in answer.content.decode()
    repeated = form(
        world,
        from_day="2027-03-12",
        from_time="02:30",
        to_day="2027-03-12",
        to_time="03:30",
        every="1",
        until="2027-03-15",
    )
    assert "14 March 2027" in client.post(reverse("in_rota_enter"), repeated).content.decode().replace(
        "March 14, 2027", "14 March 2027"
    )
    assert not Shift.objects.filter(supporter=world.ana).exists()


@pytest.mark.req("D-01")
def test_each_gap_leads_to_a_form_that_fills_it(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    Shift.objects.filter(tier=2).delete()
    shift(world.marcus, 2, WEEK_BEGINS, NEXT - timedelta(hours=12))
    page = client.get(reverse("in_rota") + "?view=list").content.decode()
    assert "2 gaps in the coming 14 days" in page
    link = reverse("in_rota_enter") + "?tier=2&from=2026-11-29T12%3A00&to=2026-12-07T00%3A00"
    assert link.replace("&", "&amp;") in page
    filled = client.get(link).content.decode()
    assert 'value="2026-11-29"' in filled
    assert 'value="12:00"' in filled
    assert '<input type="radio" name="tier" value="2"' in filled


@pytest.mark.req("D-01")
def test_a_full_rota_says_so_for_two_and_for_four_weeks(world: World, client: Client) -> None:
    for week in range(1, 5):
        begin = WEEK_BEGINS + timedelta(days=7 * week)
        shift(world.ana, 1, begin, begin + timedelta(days=7))
        shift(world.marcus, 2, begin, begin + timedelta(days=7))
    sign_in(client, world.hana)
    assert (
        "Every minute of the coming 14 days is covered."
        in client.get(reverse("in_rota") + "?view=list").content.decode()
    )
    page = client.get(reverse("in_rota") + "?view=list&days=28").content.decode()
    assert "Every minute of the coming 28 days is covered." in page
    assert client.get(reverse("in_rota") + "?view=list&days=100000").status_code == 200


def test_an_empty_rota_says_how_to_begin(world: World, client: Client) -> None:
    Shift.objects.all().delete()
    sign_in(client, world.hana)
    page = client.get(reverse("in_rota")).content.decode()
    assert "No shift is entered yet." in page
    main = page.split("<main")[1]
    assert "First say which hours repeat" in main
    assert f'<a class="button" href="{reverse("in_patterns")}">Make a pattern</a>' in main
    # One thing to do stands out; the planner would only send one back.
    assert main.count('class="button"') == 1
    planned.pattern(world)
    main = client.get(reverse("in_rota")).content.decode().split("<main")[1]
    assert f'<a class="button" href="{reverse("in_plans")}">Ask for a plan</a>' in main
    assert main.count('class="button"') == 1
    listed = client.get(reverse("in_rota") + "?view=list").content.decode().split("<main")[1]
    assert "Ask for a plan" in listed
    assert listed.count('class="button"') == 1


def test_without_anybody_who_may_serve_the_form_leads_to_the_team(world: World, client: Client) -> None:
    for one in (world.renee, world.marcus, world.ana):
        team.go_on_leave(one.id)
    sign_in(client, world.hana)
    assert "Nobody can be on call yet" in client.get(reverse("in_rota_enter")).content.decode()


@pytest.mark.parametrize("query", ["?tier=9&from=x&to=2026-13-45T99:00", "?from=", "?tier=2&from=2026-02-30T10:00"])
def test_a_broken_link_to_the_form_opens_an_empty_form(world: World, client: Client, query: str) -> None:
    sign_in(client, world.hana)
    assert client.get(reverse("in_rota_enter") + query).status_code == 200


@pytest.mark.req("M-24", "M-06")
def test_only_the_own_coordinator_removes_a_shift(world: World) -> None:
    row = Shift.objects.filter(organisation=world.pine).first()
    assert row
    path = reverse("in_rota_remove", args=[row.id])
    for who in world.everybody().values():
        if who != world.hana:
            assert sign_in(Client(), who).post(path).status_code == 404
    client = sign_in(Client(), world.hana)
    assert client.get(path).status_code == 200
    assert client.post(reverse("in_rota_remove", args=[unknown_id()])).status_code == 404
    assert client.post(path, looked_at(client, path)).status_code == 302
    assert not Shift.objects.filter(id=row.id).exists()


# --- one's own page ----------------------------------------------------------------------------------------------


@pytest.mark.req("C-18", "C-15")
def test_a_supporter_sees_agreement_keys_leave_and_next_shifts_in_local_time(world: World, client: Client) -> None:
    shift(world.renee, 2, NEXT, NEXT + timedelta(hours=12))
    sign_in(client, world.renee)
    page = client.get(reverse("in_me")).content.decode()
    for text in (
        "Your keys are missing.",
        "Signed.",
        "America/Chicago",
        "Mon 23 Nov, 00:00",
        "Mon 30 Nov, 00:00 – 12:00",
        "Take leave now",
    ):
        assert text in page, text
    assert "Marcus" not in page


def test_a_supporter_without_the_agreement_is_led_to_it_first(world: World, client: Client) -> None:
    sign_in(client, supporter("Zoe Hart", world.jail, agreement_version=0, agreed_on=None))
    page = client.get(reverse("in_me")).content.decode()
    assert "One thing is missing." in page
    assert reverse("in_agreement") in page
    assert "No shift is planned for you" in page


def test_people_who_do_not_serve_see_only_where_they_are_alerted(world: World, client: Client) -> None:
    for who in (world.hana, world.okafor, world.anne, world.imani, world.priya):
        sign_in(client, who)
        page = client.get(reverse("in_me")).content.decode()
        assert who.email in page
        assert "Take leave" not in page


def test_times_on_the_page_are_those_of_this_moment(world: World, client: Client, clock: Clock) -> None:
    sign_in(client, world.renee)
    clock.set(NOW + timedelta(days=8))
    assert "Mon 23 Nov" not in client.get(reverse("in_me")).content.decode()
