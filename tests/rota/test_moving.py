"""A coordinator moves a published duty: judged by the rules of a plan, and only as the page showed it."""

import re
import threading
import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from alongside.accounts import actions as holding
from alongside.accounts.models import AuditEntry
from alongside.accounts.queries import Seat
from alongside.notify.models import Notice
from alongside.rota import actions, queries
from alongside.rota.models import Blackout, Cap, Exchange, Shift
from alongside.rota.rules import Duty, moving
from alongside.rota.rules.exchanging import Why
from alongside.site import living
from alongside.team import actions as service
from alongside.team import queries as team_queries
from alongside.team.models import Supporter
from tests.conftest import Clock
from tests.rota import planned
from tests.rota.exchanging import DAWN, DAY, HOUR, day, holder, team
from tests.rota.test_exchanges import messages
from tests.world import NOW, World, make_world, shift, sign_in, unknown_id

CHICAGO = ZoneInfo("America/Chicago")


def seat(world: World) -> Seat:
    return Seat(world.hana, world.pine, frozenset(["coordinator"]))


def gap(number: int = 0, tier: int = 1, hours: int = 12, planned: bool = True) -> moving.ToGap:
    begin = DAWN + number * DAY
    return moving.ToGap(tier, begin, begin + hours * HOUR, planned)


def move(world: World, one: Shift, to: moving.Target, seen: str | None = None) -> queries.Move:
    """Move as somebody does who looked at the page just now."""
    seal = queries.move_of(world.pine, one.id, to, NOW).seal
    return actions.move(seat(world), one.id, to, seal if seen is None else seen)


def forbidden(world: World, one: Shift, to: moving.Target) -> list[Why | None]:
    before = sorted(Shift.objects.values_list("id", "supporter_id", "tier", "starts_at", "ends_at"))
    with pytest.raises(actions.Forbidden) as refused:
        move(world, one, to)
    assert sorted(Shift.objects.values_list("id", "supporter_id", "tier", "starts_at", "ends_at")) == before
    assert not AuditEntry.objects.exists()
    assert not Notice.objects.exists()
    found = refused.value.found
    return [found.why] if found.why else [one.why for one in found.gains]


# --- where a name lands --------------------------------------------------------------------------------------------


@given(
    tier=st.integers(1, 4),
    minute=st.integers(0, 5_000_000),
    seconds=st.integers(1, 31 * 86400),
    planned=st.booleans(),
)
def test_a_gap_is_read_as_it_was_written(tier: int, minute: int, seconds: int, planned: bool) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    one = moving.ToGap(tier, start, start + timedelta(seconds=seconds), planned)
    assert moving.target(moving.key(one)) == one


def test_people_and_shifts_are_read_as_they_were_written() -> None:
    for one in (moving.ToShift(uuid.uuid4()), moving.ToPerson(uuid.uuid4())):
        assert moving.target(moving.key(one)) == one


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "p.",
        "p.x",
        "1..",
        "0.20261124T120000Z.20261125T000000Z",
        "5.20261124T120000Z.20261125T000000Z",
        "²p.20261124T120000Z.20261125T000000Z",
        "1.20261125T000000Z.20261124T120000Z",
        "1.20261125T000000Z.20261125T000000Z",
        "1.20261124T120000Z.20271125T000000Z",
        "1x.20261124T120000Z.20261125T000000Z",
        "1.2026-11-24.2026-11-25",
        "1.20261332T120000Z.20261125T000000Z",
        "\x00",
    ],
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        moving.target(text)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=CHICAGO).astimezone(UTC)  # type: ignore[arg-type]


@pytest.mark.req("D-02")
def test_without_a_pattern_a_night_keeps_its_hours_also_when_clocks_change() -> None:
    night = Duty(1, uuid.uuid4(), local(2026, 12, 1, 19), local(2026, 12, 2, 7))
    whole_day = moving.ToGap(2, local(2027, 3, 13), local(2027, 3, 14))
    lands = moving.landing(night, whole_day, [], NOW, CHICAGO)
    assert (lands.tier, lands.starts_at, lands.ends_at) == (2, local(2027, 3, 13, 19), local(2027, 3, 14, 7))
    assert lands.ends_at - lands.starts_at == 11 * HOUR
    later = Duty(2, uuid.uuid4(), local(2027, 3, 14, 3), local(2027, 3, 14, 9))
    assert moving.landing(night, whole_day, [later], NOW, CHICAGO).ends_at == later.starts_at


@pytest.mark.req("D-01")
def test_a_planned_gap_is_filled_whole_and_nothing_of_it_in_the_past() -> None:
    duty = Duty(1, uuid.uuid4(), DAWN, DAWN + 8 * HOUR)
    lands = moving.landing(duty, gap(3), [], NOW, CHICAGO)
    assert (lands.starts_at, lands.ends_at) == (DAWN + 3 * DAY, DAWN + 3 * DAY + 12 * HOUR)
    running = moving.ToGap(1, NOW - HOUR, NOW + HOUR, planned=True)
    assert moving.landing(duty, running, [], NOW + timedelta(seconds=30), CHICAGO).starts_at == NOW


# --- moving --------------------------------------------------------------------------------------------------------


@pytest.mark.req("D-01", "D-13", "K-36")
def test_two_people_exchange_and_both_are_told_neutrally(world: World) -> None:
    team(world)
    one, other = day(world.ana), day(world.renee, 3, 2)
    move(world, one, moving.ToShift(other.id))
    assert (holder(one), holder(other)) == (world.renee.id, world.ana.id)
    assert messages(world.ana) == messages(world.renee) == ["rota_published"]
    assert messages(world.marcus) == []
    for notice in Notice.objects.all():
        assert "Renée" not in str(notice.values)
        assert "/in/team/shifts" in str(notice.values)
    entry = AuditEntry.objects.get()
    assert (entry.what, entry.person) == ("shift.exchanged", world.hana)


@pytest.mark.req("D-01")
def test_a_duty_moves_into_a_gap_and_leaves_one_behind(world: World) -> None:
    team(world)
    one = day(world.ana)
    Shift.objects.filter(id=one.id).update(checked=True)
    found = move(world, one, gap(2, 2))
    made = Shift.objects.get(id=one.id)
    assert (made.tier, made.starts_at, made.ends_at) == (2, DAWN + 2 * DAY, DAWN + 2 * DAY + 12 * HOUR)
    assert made.supporter_id == world.ana.id
    assert not made.checked
    assert found.leaves == one.facts()
    assert messages(world.ana) == ["rota_published"]
    assert AuditEntry.objects.get().what == "shift.moved"


@pytest.mark.req("D-13")
def test_a_shift_is_given_to_somebody_else_and_both_are_told(world: World) -> None:
    team(world)
    one = day(world.ana)
    move(world, one, moving.ToPerson(world.marcus.id))
    assert holder(one) == world.marcus.id
    assert messages(world.ana) == messages(world.marcus) == ["rota_published"]
    assert AuditEntry.objects.get().what == "shift.given"


@pytest.mark.req("C-18", "D-01")
def test_a_duty_moves_where_somebody_on_leave_would_have_been(world: World) -> None:
    team(world)
    one, theirs = day(world.ana), day(world.marcus, 2, hours=24)
    service.go_on_leave(world.marcus.id)
    move(world, one, gap(2))
    left = Shift.objects.get(supporter=world.marcus)
    assert (left.starts_at, left.ends_at) == (DAWN + 2 * DAY + 12 * HOUR, theirs.ends_at)
    assert Shift.objects.get(id=one.id).starts_at == DAWN + 2 * DAY


@pytest.mark.req("D-13")
def test_what_was_asked_about_the_shifts_ends_and_everybody_who_had_part_is_told(world: World) -> None:
    zoe = team(world)
    one, other = day(world.ana), day(world.renee, 3)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.marcus.id)
    actions.hand_over(world.pine.id, world.renee.id, other.id, zoe.id)
    Notice.objects.all().delete()
    move(world, one, moving.ToShift(other.id))
    assert set(Exchange.objects.values_list("state", flat=True)) == {"withdrawn"}
    for who in (world.ana, world.renee, world.marcus, zoe):
        assert messages(who) == ["rota_published"]


# --- what speaks against it ----------------------------------------------------------------------------------------


@pytest.mark.req("D-01")
def test_nobody_is_put_in_two_places_at_once(world: World) -> None:
    team(world)
    one, far = day(world.ana), day(world.ana, 4, 2)
    there = day(world.renee, 4, 1)
    assert forbidden(world, one, moving.ToShift(there.id)) == [Why.TWICE, None]
    assert far.facts().supporter == holder(far)


@pytest.mark.req("D-01")
def test_rest_days_in_a_row_and_caps_are_kept(world: World) -> None:
    team(world)
    one = day(world.ana)
    day(world.ana, 3)
    assert forbidden(world, one, moving.ToGap(1, DAWN + 3 * DAY + 14 * HOUR, DAWN + 4 * DAY, planned=True)) == [
        Why.REST
    ]
    for number in (10, 11, 12, 13, 14):
        day(world.ana, number)
    assert forbidden(world, one, gap(15)) == [Why.ROW]
    Cap.objects.create(supporter=world.marcus, most_in_28_days=0)
    assert forbidden(world, one, moving.ToPerson(world.marcus.id)) == [Why.CAP]


@pytest.mark.req("B-38", "D-12")
def test_who_cannot_then_or_is_not_ready_is_not_put_there(world: World) -> None:
    team(world)
    one = day(world.ana)
    Blackout.objects.create(supporter=world.ana, first_day=DAWN.date() + 5 * DAY, last_day=DAWN.date() + 5 * DAY)
    assert forbidden(world, one, gap(5)) == [Why.AWAY]
    service.go_on_leave(world.marcus.id)
    assert forbidden(world, one, moving.ToPerson(world.marcus.id)) == [Why.CANNOT]


def test_what_has_begun_is_over_or_is_the_same_persons_is_not_moved(world: World) -> None:
    team(world)
    one, own = day(world.ana), day(world.ana, 3)
    running = shift(world.renee, 2, NOW - HOUR, NOW + HOUR)
    assert forbidden(world, one, moving.ToShift(running.id)) == [Why.BEGUN]
    assert forbidden(world, running, gap(2)) == [Why.BEGUN]
    assert forbidden(world, one, moving.ToShift(own.id)) == [Why.NOT_YOURS]
    assert forbidden(world, one, moving.ToShift(one.id)) == [Why.NOT_YOURS]
    assert forbidden(world, one, moving.ToPerson(world.ana.id)) == [Why.NOT_YOURS]
    assert forbidden(world, one, moving.ToGap(1, NOW - 2 * HOUR, NOW - HOUR, planned=True)) == [Why.OVER]


def test_hours_that_are_over_by_now_are_no_place(world: World) -> None:
    team(world)
    one = day(world.ana, start=DAWN - HOUR, hours=1)
    # The day is not over, but the hour of it that the shift would keep is: six to seven, and it is eight.
    gap_of_today = moving.ToGap(1, NOW - 2 * HOUR - timedelta(minutes=30), NOW + HOUR)
    assert forbidden(world, one, gap_of_today) == [Why.OVER]


@pytest.mark.parametrize("year", ["0001", "1970", "2090", "9999"])
def test_a_gap_of_another_age_is_refused_in_words(world: World, client: Client, year: str) -> None:
    team(world)
    one = day(world.ana)
    sign_in(client, world.hana)
    answer = client.get(path(one), {"to": f"1p.{year}0105T000000Z.{year}0106T000000Z"})
    assert answer.status_code == 200
    assert "lies more than a year ahead" in answer.content.decode()


@pytest.mark.req("D-01")
def test_a_gap_that_somebody_fills_meanwhile_is_none(world: World) -> None:
    team(world)
    one = day(world.ana)
    day(world.renee, 2)
    assert forbidden(world, one, gap(2)) == [Why.CHANGED]


@pytest.mark.req("M-24")
def test_nothing_of_another_organisation_can_be_named(world: World) -> None:
    team(world)
    one, foreign = day(world.ana), day(world.lena, 2)
    for shift_id, to in (
        (foreign.id, gap(4)),
        (one.id, moving.ToShift(foreign.id)),
        (unknown_id(), gap(4)),
    ):
        with pytest.raises(Shift.DoesNotExist):
            actions.move(seat(world), shift_id, to, "")
    with pytest.raises(team_queries.NotASupporter):
        actions.move(seat(world), one.id, moving.ToPerson(world.lena.id), "")


# --- two coordinators at once --------------------------------------------------------------------------------------


@pytest.mark.req("D-13")
def test_what_the_page_showed_must_still_be_so(world: World) -> None:
    team(world)
    one, other = day(world.ana), day(world.renee, 3)
    to = moving.ToShift(other.id)
    seen = queries.move_of(world.pine, one.id, to, NOW).seal
    Shift.objects.filter(id=other.id).update(supporter=world.marcus)
    with pytest.raises(actions.Moved) as refused:
        move(world, one, to, seen)
    assert refused.value.now.gains[1].name == "Marcus Bell"
    assert holder(one) == world.ana.id
    for wrong in ("", "x", seen[:-1]):
        with pytest.raises(actions.Moved):
            move(world, one, to, wrong)


@pytest.mark.req("D-13")
@pytest.mark.django_db(transaction=True)
def test_of_two_coordinators_who_move_the_same_shift_at_once_one_is_refused(clock: Clock) -> None:
    world = make_world()
    team(world)
    one, first, second = day(world.ana), day(world.renee, 3), day(world.marcus, 5)
    places = [moving.ToShift(first.id), moving.ToShift(second.id)]
    seals = [queries.move_of(world.pine, one.id, to, NOW).seal for to in places]
    start, said = threading.Barrier(2), []

    def go(number: int) -> None:
        start.wait()
        try:
            actions.move(seat(world), one.id, places[number], seals[number])
            said.append("moved")
        except actions.Moved:
            said.append("refused")
        finally:
            connections.close_all()

    both = [threading.Thread(target=go, args=(number,)) for number in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(said) == ["moved", "refused"]
    holders = [holder(shift) for shift in (one, first, second)]
    assert sorted(holders) == sorted([world.ana.id, world.renee.id, world.marcus.id])
    assert AuditEntry.objects.count() == 1


# --- the page ------------------------------------------------------------------------------------------------------


def path(one: Shift) -> str:
    return reverse("in_rota_move", args=[one.id])


def sent(html: str) -> dict[str, str]:
    """Return what the form of a page would post."""
    form = html[html.index('name="to"') - 50 :]
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    return {name: found[name] for name in ("to", "seen", "view")}


@pytest.mark.req("D-13", "D-01")
def test_without_script_a_duty_is_moved_from_list_to_question_to_calendar(world: World, client: Client) -> None:
    team(world)
    planned.pattern(world)
    one, other = day(world.ana, 1), day(world.renee, 3)
    sign_in(client, world.hana)
    chooses = client.get(path(one) + "?view=week").content.decode()
    assert "Renée Dubois</option>" in chooses
    assert f'value="{other.id}"' in chooses
    assert "07:00 – 19:00, Backup: nobody" in chooses
    assert f'value="p.{world.marcus.id}"' in chooses
    asks = client.get(path(one), {"to": str(other.id), "view": "week"}).content.decode()
    assert "Let these two exchange?" in asks
    done = client.post(path(one), sent(asks), follow=True)
    assert done.redirect_chain[0][0] == reverse("in_rota") + "?view=week&from=2026-12-03#d2026-12-03"
    assert "Everybody concerned is told." in done.content.decode()
    assert holder(one) == world.renee.id


@pytest.mark.req("D-01")
def test_the_page_says_in_a_sentence_which_rule_speaks_against_it_and_offers_no_button(
    world: World, client: Client
) -> None:
    team(world)
    one, there = day(world.ana), day(world.renee, 4)
    day(world.ana, 4, 2)
    sign_in(client, world.hana)
    asks = client.get(path(one), {"to": str(there.id)}).content.decode()
    assert "Ana Ruiz would be on call in two places at once." in asks
    assert 'name="seen"' not in asks
    seal = queries.move_of(world.pine, one.id, moving.ToShift(there.id), NOW).seal
    refused = client.post(path(one), {"to": str(there.id), "seen": seal})
    assert refused.status_code == 422
    assert holder(one) == world.ana.id


@pytest.mark.req("D-13")
def test_a_page_left_open_too_long_is_refused_and_shows_how_it_stands(world: World, client: Client) -> None:
    team(world)
    one, other = day(world.ana), day(world.renee, 3)
    sign_in(client, world.hana)
    stale = sent(client.get(path(one), {"to": str(other.id)}).content.decode())
    Shift.objects.filter(id=one.id).update(supporter=world.marcus)
    refused = client.post(path(one), stale)
    html = refused.content.decode()
    assert refused.status_code == 409
    assert "The rota has changed. Nothing was moved." in html
    assert "Marcus Bell" in html
    assert holder(one) == world.marcus.id
    assert client.post(path(one), sent(html)).status_code == 302
    Shift.objects.filter(id=one.id).delete()
    gone = client.post(path(one), stale)
    assert gone.status_code == 404
    assert "not on the rota any more" in gone.content.decode()
    assert client.get(path(one)).status_code == 404


@pytest.mark.parametrize("to", ["nonsense", "p.nonsense", "1.x.y", "\x00", "9" * 5000])
def test_a_place_that_is_none_leads_back_to_the_choice(world: World, client: Client, to: str) -> None:
    team(world)
    one = day(world.ana)
    sign_in(client, world.hana)
    for answer in (client.get(path(one), {"to": to}), client.post(path(one), {"to": to})):
        assert answer.status_code == 302
        assert answer.url == path(one)
    assert holder(one) == world.ana.id


def test_a_shift_that_runs_says_so_and_offers_no_other_place(world: World, client: Client) -> None:
    team(world)
    running = shift(world.renee, 2, NOW - HOUR, NOW + HOUR)
    html = sign_in(client, world.hana).get(path(running)).content.decode()
    assert "has begun is not moved" in html
    assert "Renée Dubois is on call now" in html
    assert "<select" not in html
    assert '<button class="button">Find cover</button>' in html
    # In the calendar the name leads there, by day and after midnight; it cannot be dragged.
    calendar = client.get(reverse("in_rota")).content.decode()
    assert re.search(rf'<a class="who move" title="Renée Dubois" href="{path(running)}\?view=month">', calendar)


def test_a_shift_that_is_over_says_so_and_offers_nothing(world: World, client: Client) -> None:
    team(world)
    for ends in (NOW, NOW - 30 * DAY):
        past = shift(world.renee, 2, ends - HOUR, ends)
        html = sign_in(client, world.hana).get(path(past)).content.decode()
        assert "<h1>This shift is over.</h1>" in html
        assert "<b>Renée Dubois</b>" in html
        assert "is on call now" not in html
        assert "Find cover" not in html
        assert "<select" not in html


@pytest.mark.req("C-18")
@pytest.mark.parametrize("sought", [False, True])
def test_of_a_running_shift_whose_person_is_away_it_says_that_they_do_not_serve(
    world: World, client: Client, sought: bool
) -> None:
    team(world)
    running = shift(world.renee, 2, NOW - HOUR, NOW + HOUR)
    living.go_on_leave(world.pine.id, world.renee.id)
    if not sought:
        Exchange.objects.all().delete()
    html = sign_in(client, world.hana).get(path(running)).content.decode()
    assert "<h1>Renée Dubois does not serve at present</h1>" in html
    assert "is on call now" not in html
    assert "Nobody is on call for what is left of this shift." in html
    assert ('<button class="button">Find cover</button>' in html) is not sought


@pytest.mark.req("D-01")
def test_what_begins_while_another_coordinator_is_waited_for_is_not_moved(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    team(world)
    one = shift(world.ana, 1, NOW + timedelta(minutes=1), NOW + 12 * HOUR)
    to = moving.ToPerson(world.renee.id)
    seen, hold = queries.move_of(world.pine, one.id, to, NOW).seal, holding.hold

    def late(organisation_id: uuid.UUID) -> None:
        hold(organisation_id)
        clock.set(NOW + timedelta(minutes=2))

    monkeypatch.setattr(holding, "hold", late)
    with pytest.raises(actions.Forbidden) as refused:
        actions.move(seat(world), one.id, to, seen)
    assert refused.value.found.why is Why.BEGUN
    assert holder(one) == world.ana.id


@pytest.mark.req("M-24", "M-06")
def test_only_the_own_coordinator_opens_and_posts_it(world: World) -> None:
    team(world)
    one = day(world.ana)
    to = {"to": moving.key(gap(4)), "seen": queries.move_of(world.pine, one.id, gap(4), NOW).seal}
    for name, who in world.everybody().items():
        if name != "hana":
            client = sign_in(Client(), who)
            assert client.get(path(one)).status_code == 404, name
            assert client.post(path(one), to).status_code == 404, name
    assert holder(one) == world.ana.id
    assert Shift.objects.get(id=one.id).starts_at == DAWN
    assert sign_in(Client(), world.hana).post(path(one), to).status_code == 302


@pytest.mark.req("K-24")
def test_the_changes_page_says_what_was_moved(world: World, client: Client) -> None:
    team(world)
    one, other = day(world.ana), day(world.renee, 3, 2)
    move(world, one, moving.ToShift(other.id))
    move(world, one, gap(8))
    move(world, one, moving.ToPerson(world.marcus.id))
    html = sign_in(client, world.hana).get(reverse("in_audit")).content.decode()
    for said in ("let Ana Ruiz (First", "moved Renée Dubois from First", "gave the shift of Renée Dubois (First)"):
        assert said in html


@pytest.mark.req("C-18", "K-36")
@pytest.mark.parametrize("goes", ["on_leave", "ended"])
def test_who_is_away_or_has_left_is_told_of_no_shift(world: World, goes: str) -> None:
    zoe = team(world)
    one = day(world.ana)
    ended_on = NOW.date() if goes == "ended" else None
    Supporter.objects.filter(id=world.ana.id).update(status=goes, ended_on=ended_on)
    move(world, one, moving.ToPerson(zoe.id))
    assert holder(one) == zoe.id
    assert messages(zoe) == ["rota_published"]
    assert messages(world.ana) == []
