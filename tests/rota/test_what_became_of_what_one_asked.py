"""A no is shown to whoever asked, and to nobody else, as long as it is of use; what is over says so and no more."""

from datetime import timedelta

import pytest
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from alongside.accounts import queries as accounts
from alongside.accounts.models import Role
from alongside.notify.models import Notice
from alongside.rota import actions, queries
from alongside.rota.models import Exchange, Shift
from alongside.site import living, schedule
from alongside.team.models import Supporter
from tests import world as cast
from tests.conftest import Clock
from tests.rota.exchanging import DAWN, DAY, HOUR, answer, day, holder, only, ready, state, team
from tests.rota.test_exchanges_tell_nothing import pages
from tests.world import NOW, World, shift, sign_in, unknown_id

SAYS = "Renée Dubois cannot take your shift."
OVER = "This is over."


def shown(client: Client, route: str = "in_shifts", query: str = "") -> str:
    found = client.get(reverse(route) + query)
    assert found.status_code == 200
    return " ".join(found.content.decode().split())


def asked_in_vain(world: World, number: int = 0) -> Shift:
    """Let Renée say no to a shift of Ana."""
    one = day(world.ana, number)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    answer(world.renee, yes=False)
    return one


def noes() -> int:
    return Exchange.objects.filter(state="refused").count()


@pytest.mark.req("D-13")
def test_whoever_asked_reads_the_no_until_they_put_it_away(world: World) -> None:
    team(world)
    one = asked_in_vain(world)
    ana = sign_in(Client(), world.ana)
    text = shown(ana)
    assert SAYS in text
    assert "It is still yours." in text
    assert SAYS in shown(ana), "looking at it puts nothing away"
    row = Exchange.objects.get()
    assert Notice.objects.filter(about=row.id, message="shift_answered").count() == 1
    found = ana.post(reverse("in_shift_asked", args=[row.id]), {"say": "seen"})
    assert found.url == reverse("in_shifts")  # type: ignore[attr-defined]
    assert SAYS not in shown(ana)
    assert not Exchange.objects.exists()
    assert not Notice.objects.filter(about=row.id).exists()
    assert holder(one) == world.ana.id
    # A second tap finds nothing, and says nothing else.
    assert ana.post(reverse("in_shift_asked", args=[row.id]), {"say": "seen"}).status_code == 302


@pytest.mark.req("D-13")
def test_a_swap_in_vain_is_told_as_one(world: World) -> None:
    team(world)
    one, other = day(world.ana), day(world.renee, 2)
    actions.offer_swap(world.pine.id, world.ana.id, one.id, other.id)
    answer(world.renee, yes=False)
    assert "Renée Dubois cannot swap with you." in shown(sign_in(Client(), world.ana))


@pytest.mark.req("D-13")
def test_asking_anew_or_seeking_cover_forgets_the_no(world: World) -> None:
    team(world)
    one = asked_in_vain(world)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.marcus.id)
    assert noes() == 0
    answer(world.marcus, yes=False)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    assert noes() == 0


@pytest.mark.req("C-18", "D-13")
def test_a_no_ends_with_leave_with_the_shift_and_when_a_coordinator_acts(world: World) -> None:
    zoe = team(world)
    seat = accounts.permit(world.hana, "rota.change")
    first = asked_in_vain(world)
    actions.remove_shift(seat, first.id)
    assert not Exchange.objects.exists()
    second = asked_in_vain(world)
    actions.seek_cover(seat, second.id)
    assert noes() == 0
    actions.withdraw(world.pine.id, world.ana.id, only())
    third = asked_in_vain(world, 3)
    Shift.objects.filter(id=third.id).update(supporter=zoe)
    assert SAYS not in shown(sign_in(Client(), world.ana))
    actions.purge_exchanges(DAWN - 5 * DAY)
    assert noes() == 0
    # Beyond the days in which cover is sought, too.
    asked_in_vain(world, 90)
    living.go_on_leave(world.pine.id, world.ana.id)
    assert noes() == 0


@pytest.mark.req("D-13")
def test_once_the_shift_begins_the_no_is_not_shown_and_soon_gone(world: World, clock: Clock) -> None:
    team(world)
    one = asked_in_vain(world)
    clock.set(one.starts_at - timedelta(minutes=1))
    actions.purge_exchanges(clock.now())
    assert SAYS in shown(sign_in(Client(), world.ana))
    clock.set(one.starts_at)
    assert SAYS not in shown(sign_in(Client(), world.ana))
    actions.purge_exchanges(clock.now())
    assert noes() == 0
    (job,) = (one for one in schedule.JOBS if one.run == actions.purge_exchanges)
    assert job.every <= 300


@pytest.mark.req("D-13", "M-06")
def test_a_no_changes_no_page_of_anybody_but_the_two(world: World) -> None:
    team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    before = pages(world, world.renee)
    answer(world.renee, yes=False)
    after = pages(world, world.renee)
    assert {key for key in before if before[key] != after[key]} == {("ana", "in_shifts")}
    assert not Notice.objects.filter(~Q(address=world.ana.person.email), message="shift_answered").exists()


@pytest.mark.req("D-13")
def test_nobody_puts_away_or_sees_the_no_of_somebody_else(world: World) -> None:
    team(world)
    asked_in_vain(world)
    row = Exchange.objects.get()
    for who in (world.renee, world.marcus, world.lena):
        sign_in(Client(), who).post(reverse("in_shift_asked", args=[row.id]), {"say": "seen"})
        assert noes() == 1
        assert SAYS not in shown(sign_in(Client(), who))
    # One that is open is not ended by this.
    actions.hand_over(world.pine.id, world.ana.id, day(world.ana, 4).id, world.renee.id)
    sign_in(Client(), world.ana).post(reverse("in_shift_asked", args=[only()]), {"say": "seen"})
    assert Exchange.objects.filter(state="open").count() == 1


@pytest.mark.req("C-18", "D-13")
def test_leave_of_who_is_asked_reads_as_a_no_and_says_nothing_of_leave(world: World) -> None:
    team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    living.go_on_leave(world.pine.id, world.renee.id)
    text = shown(sign_in(Client(), world.ana))
    assert SAYS in text
    assert "leave" not in text.split(SAYS)[1].split("</section>")[0]


@pytest.mark.req("D-13")
def test_a_swap_whose_other_shift_went_to_a_third_reads_as_a_no(world: World) -> None:
    zoe = team(world)
    one, other = day(world.ana), day(world.renee, 2)
    actions.offer_swap(world.pine.id, world.ana.id, one.id, other.id)
    actions.hand_over(world.pine.id, world.renee.id, other.id, zoe.id)
    second = Exchange.objects.get(shift=other).id
    actions.answer(world.pine.id, zoe.id, second, yes=True)
    assert state(one) == "refused"
    assert "Renée Dubois cannot swap with you." in shown(sign_in(Client(), world.ana))


@pytest.mark.req("D-13")
def test_an_answer_from_the_second_organisation_is_pointed_to(world: World) -> None:
    team(world)
    Role.objects.create(person=world.ana.person, organisation=world.lake, name="supporter")
    cast.supporter(world.ana.person, world.lena.office)
    asked_in_vain(world)
    ana = sign_in(Client(), world.ana)
    assert "an answer" in shown(ana)
    assert SAYS in shown(ana, query="?of=pine")


# --- what is over ------------------------------------------------------------------------------------------------


@pytest.mark.req("D-13", "K-36")
def test_the_notice_leads_to_the_question_and_once_it_is_over_to_a_page_that_says_so(world: World) -> None:
    team(world)
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    link = Notice.objects.get(message="shift_asked").values["link"]
    path = str(link).removeprefix("http://localhost:8000")
    assert path == reverse("in_shift_asked", args=[only()])
    renee = sign_in(Client(), world.renee)
    led = renee.get(path, follow=True)
    assert "Ana Ruiz asks you to take a shift over." in led.content.decode()
    actions.withdraw(world.pine.id, world.ana.id, only())
    over = renee.get(path)
    assert over.status_code == 410
    assert OVER in over.content.decode()
    for word in ("Ana", "Ruiz", "Mon 30 Nov", "withdr"):
        assert word not in over.content.decode()


@pytest.mark.req("D-13", "M-24")
def test_what_never_was_looks_like_what_is_over_in_every_way(world: World) -> None:
    team(world)
    one, gone, theirs = day(world.ana), day(world.ana, 2), day(world.lena)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    withdrawn = only()
    actions.withdraw(world.pine.id, world.ana.id, withdrawn)
    actions.hand_over(world.pine.id, world.ana.id, gone.id, world.renee.id)
    removed = only()
    actions.remove_shift(accounts.permit(world.hana, "rota.change"), gone.id)
    actions.hand_over(world.pine.id, world.ana.id, day(world.ana, 5).id, world.renee.id)
    agreed = only()
    actions.answer(world.pine.id, world.renee.id, agreed, yes=True)
    actions.hand_over(world.pine.id, world.ana.id, day(world.ana, 8).id, world.marcus.id)
    of_others = only()
    actions.find_cover(world.lake.id, world.lena.id, theirs.id)
    elsewhere = Exchange.objects.get(shift=theirs).id
    renee = sign_in(Client(), world.renee)
    for say in (None, "yes", "no", "take", "withdraw"):
        found = set()
        for id in (withdrawn, removed, agreed, of_others, elsewhere, unknown_id()):
            where = reverse("in_shift_asked", args=[id])
            one_page = renee.post(where, {"say": say}) if say else renee.get(where)
            text = one_page.content.decode()
            # What differs from one answer to the next whatever is asked.
            token = text.split('name="csrf-token" content="')[1].split('"')[0]
            for each in [token, *text.split('name="csrfmiddlewaretoken" value="')[1:], str(id)]:
                text = text.replace(each.split('"')[0], "")
            found.add((one_page.status_code, text))
        assert len(found) == 1, say
        assert next(iter(found))[0] == 410
    assert Exchange.objects.get(id=of_others).state == "open"
    # Whoever does not serve gets what is everywhere for what one may not see.
    assert sign_in(Client(), world.hana).get(reverse("in_shift_asked", args=[withdrawn])).status_code == 404


@pytest.mark.req("K-36", "D-13")
def test_every_notice_about_shifts_leads_to_where_it_is_answered(world: World, clock: Clock) -> None:
    zoe = team(world)
    clock.set(DAWN - HOUR)
    sick, one = day(world.ana), day(world.marcus, 3)
    actions.find_cover(world.pine.id, world.ana.id, sick.id)
    actions.hand_over(world.pine.id, world.marcus.id, one.id, zoe.id)
    question = Exchange.objects.get(kind="hand_over").id
    actions.answer(world.pine.id, zoe.id, question, yes=False)
    # Monday at nine in Pine County.
    clock.set(DAWN + 2 * HOUR)
    assert actions.tell_the_week(clock.now())
    links = {row.message: row.values["link"] for row in Notice.objects.all()}
    shifts = "http://localhost:8000/in/team/shifts"
    assert links == {"shift_asked_now": shifts, "shift_answered": shifts, "week_ahead": shifts}


# --- further ahead than the board looks --------------------------------------------------------------------------


@pytest.mark.req("C-18", "D-01")
def test_leave_beyond_the_boards_days_is_said_quietly_and_comes_up_by_itself(world: World, clock: Clock) -> None:
    team(world)
    far = day(world.ana, 70)
    living.go_on_leave(world.pine.id, world.ana.id)
    actions.climb(clock.now())
    assert not Exchange.objects.exists()
    assert not Notice.objects.exists()
    hana = sign_in(Client(), world.hana)
    for route in ("in_board", "in_rota"):
        text = shown(hana, route)
        assert "Further ahead, one shift belongs to somebody who is away, on 8 February 2027." in text
        assert "?view=month&amp;from=2027-02-08#d2027-02-08" in text
        assert "Further ahead" not in shown(sign_in(Client(), world.lars), route)
    for view in ("month", "week"):
        assert "Ana Ruiz does not serve at present" in shown(hana, "in_rota", f"?view={view}&from=2027-02-08")
    # A minute too early, and then it comes within.
    clock.set(far.starts_at - 60 * DAY - timedelta(minutes=1))
    assert actions.climb(clock.now()) == 0
    clock.set(far.starts_at - 60 * DAY + timedelta(minutes=1))
    actions.climb(clock.now())
    assert Exchange.objects.get(shift=far).kind == "cover"
    assert Notice.objects.filter(message="shift_asked").count() == 1
    text = shown(hana, "in_board")
    assert "Cover is sought for one shift." in text
    assert "Further ahead" not in text
    assert queries.left_beyond(world.pine.id, clock.now()) is None


@pytest.mark.req("C-18", "D-01")
def test_nobody_who_could_take_it_is_an_alarm_only_once_it_comes_within(world: World, clock: Clock) -> None:
    zoe = team(world)
    far = day(world.ana, 70)
    for who in (world.renee, world.marcus, zoe):
        day(who, 70, tier=2)
    living.go_on_leave(world.pine.id, world.ana.id)
    assert not Notice.objects.filter(message="board").exists()
    clock.set(far.starts_at - 59 * DAY)
    actions.climb(clock.now())
    actions.climb(clock.now())
    assert state(far) == "nobody"
    assert Notice.objects.filter(message="board").exists()


def test_coming_back_takes_it_off_the_board(world: World, clock: Clock) -> None:
    team(world)
    day(world.ana, 70)
    day(world.ana, 75)
    living.go_on_leave(world.pine.id, world.ana.id)
    found = queries.left_beyond(world.pine.id, clock.now())
    assert found is not None
    assert (found.count, found.first) == (2, DAWN + 70 * DAY)
    living.end_leave(world.pine.id, world.ana.id)
    assert queries.left_beyond(world.pine.id, clock.now()) is None


# --- the change of shift, and one's own page ---------------------------------------------------------------------


@pytest.mark.req("D-13")
def test_both_sides_of_a_change_find_the_way_to_it_on_their_first_page(world: World, clock: Clock) -> None:
    team(world)
    day(world.ana)
    shift(world.renee, 1, DAWN + 12 * HOUR, DAWN + 24 * HOUR)
    people = [sign_in(Client(), one) for one in (world.ana, world.renee)]
    link = f'href="{reverse("in_shift_change")}"'
    for hours, there in ((10.9, False), (11.1, True), (12, True), (12.9, True), (13.1, False)):
        clock.set(DAWN + hours * HOUR)
        for client in people:
            for route in ("in_inbox", "in_shifts"):
                assert (link in shown(client, route)) is there, (hours, route)
    clock.set(DAWN + 12 * HOUR)
    assert link not in shown(sign_in(Client(), world.marcus), "in_inbox")


@pytest.mark.req("D-13")
def test_my_service_shows_the_next_shifts_of_every_organisation_by_its_own_clock(world: World) -> None:
    team(world)
    day(world.ana)
    ana = sign_in(Client(), world.ana)
    alone = shown(ana, "in_me")
    assert "Lakeshore" not in alone
    assert "Mon 30 Nov, 07:00 – 19:00" in alone
    Role.objects.create(person=world.ana.person, organisation=world.lake, name="supporter")
    there = cast.supporter(world.ana.person, world.lena.office)
    ready(there)
    both = shown(ana, "in_me")
    assert both.count("No shift is planned for you. Your coordinator plans them.") == 1
    day(there, 1)
    both = shown(ana, "in_me")
    lake, pine = both.index("Lakeshore Police Service</a>"), both.index("Pine County Sheriff</a>")
    assert lake < both.index("Times in America/Toronto") < both.index("Tue 1 Dec, 08:00 – 20:00") < pine
    assert pine < both.index("Times in America/Chicago") < both.index("Mon 30 Nov, 07:00 – 19:00")
    # Where service has ended in the first one, the second one is shown as before.
    Supporter.objects.filter(id=there.id).update(status="ended", ended_on=NOW.date())
    assert "Mon 30 Nov, 07:00 – 19:00" in shown(ana, "in_me")
