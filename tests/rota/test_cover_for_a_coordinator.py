"""A coordinator has cover sought: for somebody's shift, for a gap; and is told where nobody can be asked."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts import actions as people
from alongside.accounts import queries as accounts
from alongside.accounts.models import AuditEntry
from alongside.accounts.queries import Seat
from alongside.notify.models import Notice
from alongside.policy import actions as policy
from alongside.rota import actions, queries
from alongside.rota.models import Blackout, CoverAsk, Exchange, Opening, Pattern, PatternBlock, Shift
from alongside.rota.rules.exchanging import Refused, Why
from alongside.site import living
from alongside.team import actions as service
from alongside.team.models import Ready
from tests.conftest import Clock
from tests.rota import planned
from tests.rota.exchanging import DAWN, DAY, HOUR, asked, day, holder, only, state, team
from tests.rota.test_exchanges import messages, refused
from tests.world import NOW, World, shift, sign_in, unknown_id


def seat(world: World) -> Seat:
    return accounts.permit(world.hana, "rota.change")


def gap(world: World, start: datetime = DAWN, hours: float = 12, tier: int = 1) -> int:
    """Have somebody sought for a span."""
    return actions.seek_for_gap(seat(world), tier, start, start + hours * HOUR)


def take(who: object) -> None:
    actions.take(who.organisation_id, who.id, only())  # type: ignore[attr-defined]


def spans(tier: int = 1) -> list[tuple[uuid.UUID, datetime, datetime]]:
    return list(Shift.objects.filter(tier=tier).order_by("starts_at").values_list("supporter", "starts_at", "ends_at"))


@pytest.mark.req("D-01", "D-13")
def test_for_somebody_who_phoned_in_cover_is_sought_and_they_are_told_when_it_is_found(world: World) -> None:
    team(world)
    one = day(world.ana)
    actions.seek_cover(seat(world), one.id)
    assert (holder(one), len(asked(one))) == (world.ana.id, 1)
    assert [(line.name, line.nobody, line.asked) for line in queries.sought(world.pine.id, NOW)] == [
        ("Ana Ruiz", False, True)
    ]
    first = asked(one)[0]
    actions.answer(world.pine.id, first, only(), yes=True)
    assert holder(one) == first
    assert messages(world.ana) == ["shift_answered"]


@pytest.mark.req("D-01", "D-13")
def test_for_a_gap_somebody_is_sought_and_gets_a_shift_of_their_own(world: World, clock: Clock) -> None:
    team(world)
    assert gap(world) == 1
    assert len(queries.gaps_between(world.pine.id, DAWN, DAWN + 12 * HOUR)) == 2
    first = CoverAsk.objects.get().supporter_id
    shown = queries.questions(world.pine.id, first, NOW)
    assert [(one.name, one.turn, one.duty.tier) for one in shown] == [("", True, 1)]
    actions.answer(world.pine.id, first, only(), yes=True)
    assert spans() == [(first, DAWN, DAWN + 12 * HOUR)]
    assert queries.sought(world.pine.id, NOW) == []
    clock.set(DAWN + 12 * HOUR + 14 * DAY)
    actions.purge_exchanges(clock.now())
    assert (Opening.objects.count(), Exchange.objects.count(), CoverAsk.objects.count()) == (0, 0, 0)
    assert Shift.objects.count() == 1


@pytest.mark.req("D-01", "D-13")
def test_who_takes_a_gap_that_has_begun_has_what_is_left_of_it(world: World, clock: Clock) -> None:
    zoe = team(world)
    clock.set(DAWN + 2 * HOUR)
    gap(world)
    assert {row.supporter_id for row in CoverAsk.objects.all()} == {
        one.id for one in (world.renee, world.marcus, world.ana, zoe)
    }
    clock.forward(minutes=7)
    take(zoe)
    assert spans() == [(zoe.id, DAWN + 2 * HOUR + timedelta(minutes=7), DAWN + 12 * HOUR)]
    assert Notice.objects.filter(message="shift_asked_now").count() == 0


@pytest.mark.req("D-01", "D-13")
def test_a_gap_is_sought_for_along_the_pattern_and_a_part_somebody_fills_is_not_taken_twice(
    world: World, clock: Clock
) -> None:
    team(world)
    pattern = Pattern.objects.create(
        organisation=world.pine, name="Days", anchor=NOW.date(), days=1, begins_on=NOW.date()
    )
    for minute in (7 * 60, 19 * 60):
        PatternBlock.objects.create(pattern=pattern, tier=1, day=0, minute=minute, minutes=12 * 60)
    # Half past midnight in Pine County until noon two days later: six slots, the first and last cut.
    start = DAWN.replace(hour=6, minute=30)
    assert gap(world, start, 59.5) == 6
    lengths = [(one.ends_at - one.starts_at) // HOUR for one in Opening.objects.order_by("starts_at")]
    assert lengths == [6, 12, 12, 12, 12, 5]
    with refused(Why.ASKED_ALREADY):
        gap(world, start, 59.5)
    second = Opening.objects.order_by("starts_at")[1]
    shift(world.renee, 1, second.starts_at + 2 * HOUR, second.ends_at - 3 * HOUR)
    clock.forward(minutes=1)
    actions.climb(clock.now())
    pieces = [(one.starts_at - second.starts_at, one.ends_at - second.starts_at) for one in Opening.objects.all()]
    assert (0 * HOUR, 2 * HOUR) in pieces
    assert (9 * HOUR, 12 * HOUR) in pieces


def test_a_gap_that_was_filled_by_hand_or_plan_is_asked_of_nobody_any_more(world: World, clock: Clock) -> None:
    zoe = team(world)
    gap(world)
    search = only()
    day(world.renee)
    with refused(Why.CHANGED):
        actions.take(world.pine.id, zoe.id, search)
    actions.climb(clock.now())
    assert Exchange.objects.get().state == "withdrawn"
    assert not Notice.objects.filter(message="shift_asked").exists()
    assert len(spans()) == 1


def test_a_gap_under_a_shift_of_somebody_away_is_sought_for_as_theirs(world: World) -> None:
    team(world)
    one = day(world.ana)
    service.go_on_leave(world.ana.id)
    assert gap(world, DAWN - 2 * HOUR, 14) == 2
    assert sorted(bool(row.opening_id) for row in Exchange.objects.all()) == [False, True]
    assert Exchange.objects.get(shift=one).asks_id == world.ana.id
    with refused(Why.LEAVE):
        actions.stop_seeking(seat(world), Exchange.objects.get(shift=one).id)


def test_when_nobody_said_yes_the_coordinator_can_have_everybody_asked_again(world: World, clock: Clock) -> None:
    team(world)
    one = day(world.ana)
    for begin in (lambda: actions.seek_cover(seat(world), one.id), lambda: gap(world, DAWN + 2 * DAY)):
        clock.forward(minutes=1)
        begin()
        for _ in range(4):
            clock.forward(minutes=61)
            actions.climb(clock.now())
        row = Exchange.objects.order_by("asked_at").last()
        assert row is not None
        assert (row.state, row.asked.count()) == ("nobody", 3 if row.shift_id else 4)
        begin()
        newest = Exchange.objects.get(state="open")
        assert newest.id != row.id
        assert newest.asked.count() == 1
        assert Exchange.objects.get(id=row.id).state == "withdrawn"
        actions.stop_seeking(seat(world), newest.id)


def test_a_search_that_is_ended_takes_its_questions_back(world: World) -> None:
    zoe = team(world)
    gap(world)
    search = only()
    actions.stop_seeking(seat(world), search)
    assert not Notice.objects.filter(message="shift_asked").exists()
    assert queries.questions(world.pine.id, zoe.id, NOW) == []
    with refused(Why.ANSWERED):
        actions.stop_seeking(seat(world), search)
    with refused(Why.ANSWERED):
        actions.take(world.pine.id, zoe.id, search)


@pytest.mark.parametrize(
    ("tier", "start", "hours", "why"),
    [
        (1, -200, 12, Why.OVER),
        (1, 0, -1, Why.NO_GAP),
        (3, 0, 12, Why.NO_GAP),
        (0, 0, 12, Why.NO_GAP),
        (1, 24 * 400, 12, Why.NO_GAP),
        (1, 0, 24 * 9, Why.TOO_LONG),
        (1, 0, 24 * 40, Why.TOO_LONG),
    ],
)
def test_what_is_no_gap_or_too_long_is_refused(world: World, tier: int, start: float, hours: float, why: Why) -> None:
    team(world)
    with refused(why):
        gap(world, DAWN + start * HOUR, hours, tier)
    assert not Opening.objects.exists()


def test_a_shift_that_is_over_or_sought_already_is_not_sought_for(world: World, clock: Clock) -> None:
    team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    actions.seek_cover(seat(world), one.id)
    assert Exchange.objects.get(kind="hand_over").state == "withdrawn"
    with refused(Why.ASKED_ALREADY):
        actions.seek_cover(seat(world), one.id)
    clock.set(DAWN + 12 * HOUR)
    with refused(Why.OVER):
        actions.seek_cover(seat(world), one.id)


@pytest.mark.req("M-24")
def test_another_organisations_shift_and_search_are_not_there(world: World) -> None:
    team(world)
    theirs = day(world.lena)
    with pytest.raises(Shift.DoesNotExist):
        actions.seek_cover(seat(world), theirs.id)
    gap(world)
    with pytest.raises(Exchange.DoesNotExist):
        actions.stop_seeking(accounts.permit(world.lars, "rota.change"), only())
    with pytest.raises(Exchange.DoesNotExist):
        actions.take(world.lake.id, world.lena.id, only())
    assert queries.questions(world.lake.id, world.lena.id, NOW) == []
    assert queries.sought(world.lake.id, NOW) == []


# --- pages -------------------------------------------------------------------------------------------------------


def body(client: Client, **given: object) -> str:
    return client.post(reverse("in_rota_find_cover"), given, follow=True).content.decode()


@pytest.mark.req("D-01", "D-13")
def test_the_rota_page_has_cover_sought_and_shows_it_without_saying_who_was_asked(world: World) -> None:
    team(world)
    one = day(world.ana)
    hana = sign_in(Client(), world.hana)
    page = hana.get(reverse("in_rota")).content.decode()
    # Until the one shift there is; the weeks after it, and those of the backup, are for a plan.
    assert page.count(f'action="{reverse("in_rota_find_cover")}"') == 1
    assert page.count(">Plan it<") == 2
    assert "Cover is sought for one shift." in body(hana, shift=str(one.id))
    assert "sought already" in body(hana, shift=str(one.id))
    said = body(hana, tier="2", **{"from": DAWN.isoformat(), "to": "2026-11-30T19:00"})
    assert "Those who can are asked in fair order." in said
    opening = Opening.objects.get()
    # The second one is a time by the clock on the organisation's wall.
    assert (opening.starts_at, opening.ends_at) == (DAWN, DAWN + 12 * HOUR)
    lines = said[said.index('id="sought"') :]
    lines = lines[: lines.index("</section>")]
    for who in CoverAsk.objects.select_related("supporter__person"):
        assert who.supporter.person.name not in lines
    stop = hana.post(reverse("in_rota_stop_cover", args=[only_gap()]), follow=True).content.decode()
    assert "Nobody is asked any more" in stop
    whats = [row.what for row in AuditEntry.objects.order_by("at")]
    assert whats.count("cover.sought") == 2
    assert "cover.stopped" in whats
    for row in AuditEntry.objects.filter(what__startswith="cover."):
        assert "Ana" not in str(row.detail)


@pytest.mark.req("D-01")
@pytest.mark.parametrize("repeats", [False, True])
@pytest.mark.parametrize("days", [0.5, 1, 6.5, 7, 7.5, 8, 9, 20, 31, 40])
def test_cover_is_offered_for_a_gap_just_where_it_can_be_sought(world: World, repeats: bool, days: float) -> None:
    team(world)
    if repeats:
        planned.pattern(world)
    end = DAWN + days * DAY
    for tier, who, begins, ends in (
        (1, world.ana, NOW - DAY, NOW + 70 * DAY),
        (2, world.marcus, NOW - DAY, DAWN),
        (2, world.renee, end, NOW + 70 * DAY),
    ):
        shift(who, tier, begins, ends)
    (one,) = queries.coming_gaps(world.pine, NOW, 60)
    assert (one.gap.starts_at, one.gap.ends_at) == (DAWN, end)
    if one.seekable:
        assert actions.seek_for_gap(seat(world), 2, DAWN, end)
    else:
        with pytest.raises(Refused):
            actions.seek_for_gap(seat(world), 2, DAWN, end)
    assert one.seekable is (days <= (7 if repeats else 8))


@pytest.mark.req("D-01", "D-13")
def test_the_list_offers_cover_no_later_than_the_board_looks(world: World) -> None:
    policy.change(accounts.permit(world.hana, "policy.change"), "gap_days", 7)
    team(world)
    last, far = NOW + 8 * DAY, NOW + 8 * DAY + timedelta(minutes=1)
    hana = sign_in(Client(), world.hana)
    for begins, offered in ((last, True), (far, False)):
        Shift.objects.all().delete()
        for tier, who, starts_at, ends_at in (
            (1, world.ana, NOW - DAY, NOW + 30 * DAY),
            (2, world.marcus, NOW - DAY, begins),
            (2, world.renee, begins + 12 * HOUR, NOW + 30 * DAY),
        ):
            shift(who, tier, starts_at, ends_at)
        page = hana.get(reverse("in_rota") + "?view=list").content.decode()
        assert page.count('name="tier"') == offered
        assert page.count(">Plan it<") == (not offered)
        said = body(hana, tier="2", **{"from": begins.isoformat(), "to": (begins + 12 * HOUR).isoformat()})
        assert ("Those who can are asked in fair order." in said) is offered
        assert Exchange.objects.filter(opening__isnull=False).count() == offered
        Opening.objects.all().delete()


def only_gap() -> uuid.UUID:
    return Exchange.objects.get(state="open", opening__isnull=False).id


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"shift": "x"},
        {"shift": str(unknown_id())},
        {"tier": "1"},
        {"tier": "one", "from": "2026-11-30T07:00", "to": "2026-11-30T19:00"},
        {"tier": "1", "from": "2026-13-30T07:00", "to": "2026-11-30T19:00"},
        {"tier": "1", "from": "0001-01-01T00:00", "to": "9999-12-31T23:59"},
        {"tier": "1", "from": "0001-01-01T00:00+14:00", "to": "9999-12-31T23:59-12:00"},
        {"tier": "9" * 400, "from": "2026-11-30T07:00", "to": "2026-11-30T19:00"},
        {"tier": "1", "from": "x" * 5000, "to": "2026-11-30T19:00"},
    ],
)
def test_nonsense_is_refused_and_opens_nothing(world: World, given: dict[str, str]) -> None:
    team(world)
    client = sign_in(Client(), world.hana)
    assert client.post(reverse("in_rota_find_cover"), given).status_code in {302, 404}
    assert client.post(reverse("in_rota_stop_cover", args=[unknown_id()])).status_code == 404
    assert not Exchange.objects.exists()


def test_only_who_may_change_the_rota_has_cover_sought(world: World) -> None:
    team(world)
    one = day(world.ana)
    for who in (world.renee, world.anne, world.imani, world.okafor, world.lars, world.priya):
        answer = sign_in(Client(), who).post(reverse("in_rota_find_cover"), {"shift": str(one.id)})
        assert answer.status_code == 404
    assert not Exchange.objects.exists()


# --- nobody can be asked -----------------------------------------------------------------------------------------


@pytest.mark.req("D-03", "D-12", "D-13")
def test_where_nobody_is_written_down_as_ready_the_coordinator_is_told_so_plainly(world: World) -> None:
    team(world)
    one = day(world.ana)
    Ready.objects.all().delete()
    hana = sign_in(Client(), world.hana)
    said = body(hana, shift=str(one.id))
    assert "Nobody can be asked yet: for nobody it is written down that they are trained" in said
    assert "Nobody could be asked" in said
    assert Notice.objects.filter(address=world.hana.email, message="board").exists()
    board = hana.get(reverse("in_board")).content.decode()
    assert "Nobody is written down as trained, with a checked phone." in board
    assert "Everybody who could was asked" not in board
    assert reverse("in_readiness") in board
    # By policy it need not be.
    policy.change(accounts.permit(world.hana, "policy.change"), "rota_needs_training", 0)
    assert "for nobody it is written down that their telephone was checked" in body(hana, shift=str(one.id))
    policy.change(accounts.permit(world.hana, "policy.change"), "rota_needs_phone", 0)
    body(hana, shift=str(one.id))
    assert len(asked(one)) == 1
    assert queries.missing_of_all(world.pine.id) == ""


@pytest.mark.req("D-03")
def test_an_organisation_that_seeks_and_plans_nothing_is_not_told_of_readiness(world: World) -> None:
    Ready.objects.all().delete()
    board = sign_in(Client(), world.hana).get(reverse("in_board")).content.decode()
    assert "Nobody is written down" not in board


# --- one notice, however many shifts -----------------------------------------------------------------------------


def told(who: object) -> int:
    return Notice.objects.filter(address=who.person.email, message__startswith="shift_asked").count()  # type: ignore[attr-defined]


@pytest.mark.req("K-36", "C-18")
def test_leave_that_frees_a_dozen_shifts_is_one_notice_to_each_who_is_asked(world: World, clock: Clock) -> None:
    zoe = team(world)
    shifts = [day(world.ana, number) for number in range(0, 24, 2)]
    living.go_on_leave(world.pine.id, world.ana.id)
    clock.forward(seconds=15)
    # What was handed over to the far end is no longer in the outbox: the second turn must know all the same.
    sent = Notice.objects.filter(message="shift_asked").count()
    Notice.objects.filter(message="shift_asked").delete()
    actions.climb(clock.now())
    assert {state(one) for one in shifts} == {"open"}
    assert CoverAsk.objects.count() == 12
    assert sent + Notice.objects.filter(message="shift_asked").count() == 3
    for who in (world.renee, world.marcus, zoe):
        assert sum(one.turn for one in queries.questions(world.pine.id, who.id, clock.now())) >= 3


def test_the_one_notice_stays_until_the_last_question_is_over(world: World) -> None:
    team(world)
    for who in (world.marcus, world.ana):
        Blackout.objects.create(supporter=who, first_day=DAWN.date(), last_day=(DAWN + 9 * DAY).date())
    zoe = people_of(world)
    Blackout.objects.create(supporter=zoe, first_day=DAWN.date(), last_day=(DAWN + 9 * DAY).date())
    one, other = day(world.ana), day(world.ana, 4)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    actions.find_cover(world.pine.id, world.ana.id, other.id)
    assert told(world.renee) == 1
    actions.withdraw(world.pine.id, world.ana.id, Exchange.objects.get(shift=one).id)
    assert told(world.renee) == 1
    actions.withdraw(world.pine.id, world.ana.id, Exchange.objects.get(shift=other).id)
    assert told(world.renee) == 0


def people_of(world: World):  # type: ignore[no-untyped-def]
    from alongside.team.models import Supporter

    return Supporter.objects.get(person__name="Zoe Hart")


def test_an_urgent_question_is_told_though_one_that_can_wait_was_told_before(world: World, clock: Clock) -> None:
    team(world)
    later, soon = day(world.ana, 3), day(world.ana)
    clock.set(DAWN - HOUR)
    actions.find_cover(world.pine.id, world.ana.id, later.id)
    actions.find_cover(world.pine.id, world.ana.id, soon.id)
    first = asked(later)[0]
    address = next(who.person.email for who in (world.renee, world.marcus, people_of(world)) if who.id == first)
    found = Notice.objects.filter(address=address, message__startswith="shift_asked")
    assert sorted(found.values_list("message", flat=True)) == ["shift_asked", "shift_asked_now"]


def test_a_question_half_an_hour_later_is_a_notice_of_its_own(world: World, clock: Clock) -> None:
    team(world)
    for who in (world.marcus, people_of(world)):
        Blackout.objects.create(supporter=who, first_day=DAWN.date(), last_day=(DAWN + 9 * DAY).date())
    actions.find_cover(world.pine.id, world.ana.id, day(world.ana).id)
    clock.forward(minutes=30)
    actions.find_cover(world.pine.id, world.ana.id, day(world.ana, 4).id)
    assert told(world.renee) == 2


def test_quiet_hours_of_one_shift_hold_back_no_question_that_cannot_wait(world: World, clock: Clock) -> None:
    from datetime import UTC, time

    team(world)
    people.set_quiet_hours(world.renee.person, time(19), time(7))
    for who in (world.marcus, people_of(world)):
        Blackout.objects.create(supporter=who, first_day=DAWN.date(), last_day=(DAWN + 9 * DAY).date())
    later, soon = day(world.ana, 3), day(world.ana)
    # 20:00 in Pine County on the evening before; the shift begins at 1:00 there.
    clock.set(datetime(2026, 11, 30, 2, tzinfo=UTC))
    actions.find_cover(world.pine.id, world.ana.id, later.id)
    actions.find_cover(world.pine.id, world.ana.id, soon.id)
    due = list(
        Notice.objects.filter(address=world.renee.person.email).order_by("due_at").values_list("due_at", flat=True)
    )
    assert due == [clock.now(), datetime(2026, 11, 30, 13, tzinfo=UTC)]
