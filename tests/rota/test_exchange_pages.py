"""Supporters' pages: their shifts, what they ask and are asked; the change of shift; the board."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts.models import Organisation
from alongside.escalation.models import Ladder
from alongside.rota.models import Blackout, Exchange, Shift
from alongside.team import queries
from alongside.team.models import Supporter
from tests.conftest import Clock
from tests.rota.exchanging import DAWN, HOUR, day, holder, only, state, team
from tests.world import NOW, World, shift, sign_in, supporter, unknown_id

pytestmark = pytest.mark.django_db


def page(client: Client, name: str = "in_shifts", *arguments: object) -> str:
    answer = client.get(reverse(name, args=arguments))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def say(client: Client, word: str) -> str:
    answer = client.post(reverse("in_shift_asked", args=[only()]), {"say": word}, follow=True)
    return answer.content.decode()


@pytest.mark.req("D-13")
def test_a_hand_over_is_asked_and_answered_on_the_pages(world: World) -> None:
    team(world)
    one = day(world.ana)
    ana, renee = sign_in(Client(), world.ana), sign_in(Client(), world.renee)
    assert "Tue 1 Dec" not in page(renee)
    answer = ana.post(reverse("in_shift_hand_over", args=[one.id]), {"to": str(world.renee.id)}, follow=True)
    assert "Asked." in answer.content.decode()
    assert "Renée Dubois is asked to take it over." in page(ana)
    assert "Ana Ruiz asks you to take a shift over." in page(renee)
    assert "Done. The rota is changed." in say(renee, "yes")
    assert holder(one) == world.renee.id
    assert "Mon 30 Nov, 07:00 – 19:00" in page(renee)


@pytest.mark.req("D-13")
def test_a_swap_shows_what_is_taken_and_what_is_given(world: World) -> None:
    team(world)
    one, other = day(world.ana), day(world.renee, 2)
    ana, renee = sign_in(Client(), world.ana), sign_in(Client(), world.renee)
    offered = page(ana, "in_shift", one.id)
    assert '<optgroup label="Renée Dubois">' in offered
    assert "Wed 2 Dec, 07:00–19:00, First" in offered
    ana.post(reverse("in_shift_swap", args=[one.id]), {"other": str(other.id)})
    asked = page(renee)
    assert 'You take: <span class="number">Mon 30 Nov' in asked
    assert 'You give: <span class="number">Wed 2 Dec' in asked
    say(renee, "yes")
    assert (holder(one), holder(other)) == (world.renee.id, world.ana.id)


@pytest.mark.req("D-13")
def test_cover_is_sought_taken_back_and_taken_on_the_pages(world: World) -> None:
    team(world)
    one = day(world.ana)
    ana = sign_in(Client(), world.ana)
    ana.post(reverse("in_shift_cover", args=[one.id]))
    assert "Cover is sought." in page(ana)
    assert "Taken back." in say(ana, "withdraw")
    assert state(one) == "withdrawn"
    ana.post(reverse("in_shift_cover", args=[one.id]))
    asked = queries.person_of(Exchange.objects.get(state="open").asked.get().supporter_id)
    free = next(who for who in (world.renee, world.marcus) if who.person != asked)
    client = sign_in(Client(), free)
    assert "Take this shift" in page(client)
    assert "Done. The shift is yours." in say(client, "take")
    assert holder(one) == free.id


@pytest.mark.req("C-18", "D-13")
def test_one_tap_says_sick_for_the_running_shift(world: World, clock: Clock) -> None:
    team(world)
    one = day(world.ana)
    clock.set(DAWN + HOUR)
    ana = sign_in(Client(), world.ana)
    assert "I am sick now" in page(ana)
    ana.post(reverse("in_shift_cover", args=[one.id]))
    assert "A shift that runs now needs somebody." in page(sign_in(Client(), world.renee))


def test_why_somebody_cannot_is_told_to_themselves_only(world: World) -> None:
    team(world)
    one = day(world.ana)
    ana, renee = sign_in(Client(), world.ana), sign_in(Client(), world.renee)
    Blackout.objects.create(supporter=world.renee, first_day=DAWN.date(), last_day=DAWN.date())
    answer = ana.post(reverse("in_shift_hand_over", args=[one.id]), {"to": str(world.renee.id)}, follow=True)
    assert "This person cannot take it." in answer.content.decode()
    Blackout.objects.all().delete()
    ana.post(reverse("in_shift_hand_over", args=[one.id]), {"to": str(world.renee.id)})
    day(world.renee, tier=2)
    assert "you are on call then already" in say(renee, "yes")


@pytest.mark.req("M-24")
def test_pages_name_nothing_of_others_and_refuse_what_is_not_theirs(world: World) -> None:
    team(world)
    one, theirs = day(world.ana), day(world.lena)
    client = sign_in(Client(), world.renee)
    said = set[str]()
    for strange in (one.id, theirs.id, unknown_id()):
        over = [
            client.get(reverse("in_shift", args=[strange])),
            client.post(reverse("in_shift_cover", args=[strange])),
            client.post(reverse("in_shift_asked", args=[strange]), {"say": "yes"}),
            client.post(reverse("in_shift_hand_over", args=[strange]), {"to": str(world.marcus.id)}),
            client.post(reverse("in_shift_swap", args=[strange]), {"other": str(one.id)}),
        ]
        assert {answer.status_code for answer in over} == {410}
        # One and the same page for what is somebody else's, of somewhere else, and never was; it leads on.
        said.update(text[text.index("<main") : text.index("</main>")] for text in (a.content.decode() for a in over))
    assert len(said) == 1
    assert f'<a class="button" href="{reverse("in_shifts")}">' in said.pop()
    ana = sign_in(Client(), world.ana)
    assert ana.post(reverse("in_shift_asked", args=[one.id]), {"say": "maybe"}).status_code == 404
    answer = ana.post(reverse("in_shift_hand_over", args=[one.id]), {"to": str(world.lena.id)}, follow=True)
    assert "This person cannot take it." in answer.content.decode()
    answer = ana.post(reverse("in_shift_swap", args=[one.id]), {"other": str(theirs.id)}, follow=True)
    assert "Nothing was changed." in answer.content.decode()
    for who in (world.hana, world.anne, world.priya):
        assert sign_in(Client(), who).get(reverse("in_shifts")).status_code == 404
    assert not Exchange.objects.exists()


@pytest.mark.req("C-18")
def test_leave_on_ones_own_page_seeks_cover_and_coming_back_ends_it(world: World) -> None:
    team(world)
    one = day(world.ana)
    ana = sign_in(Client(), world.ana)
    ana.post(reverse("in_leave"))
    assert state(one) == "open"
    assert "Cover is sought for your shifts" in page(ana)
    assert "Change<span" not in page(ana)
    ana.post(reverse("in_return"))
    assert state(one) == "withdrawn"
    assert "Change<span" in page(ana)


@pytest.mark.req("D-13")
def test_both_see_at_the_change_of_shift_how_many_requests_are_open_and_nothing_else(
    world: World, clock: Clock
) -> None:
    team(world)
    day(world.ana)
    shift(world.renee, 1, DAWN + 12 * HOUR, DAWN + 24 * HOUR)
    for number, held in enumerate(("open", "alerted", "accepted")):
        Ladder.objects.create(
            organisation=world.pine,
            urgency="now",
            state=held,
            rungs=[],
            terms={},
            opened_at=NOW - timedelta(minutes=number),
            round_at=NOW,
            ends_at=NOW + timedelta(days=30),
        )
    Ladder.objects.update(organisation=world.pine)
    ana, renee, marcus = (sign_in(Client(), one) for one in (world.ana, world.renee, world.marcus))
    clock.set(DAWN + 10 * HOUR)
    assert ana.get(reverse("in_shift_change")).url == reverse("in_shifts")
    for moment in (DAWN + 11.5 * HOUR, DAWN + 12 * HOUR, DAWN + 12.5 * HOUR):
        clock.set(moment)
        for client in (ana, renee):
            shown = page(client, "in_shift_change")
            assert "Ana Ruiz goes." in shown
            assert "Renée Dubois comes." in shown
            assert '<span class="chip late">2</span><span>requests wait' in shown
            assert '<span class="chip plain">1</span><span>request is with somebody' in shown
        assert marcus.get(reverse("in_shift_change")).url == reverse("in_shifts")


def test_a_change_to_nobody_is_said(world: World, clock: Clock) -> None:
    team(world)
    day(world.ana)
    clock.set(DAWN + 12 * HOUR - timedelta(minutes=10))
    assert "Nobody comes." in page(sign_in(Client(), world.ana), "in_shift_change")


def test_the_weekly_note_is_switched_off_and_on(world: World) -> None:
    team(world)
    ana = sign_in(Client(), world.ana)
    assert "Send me none" in page(ana)
    ana.post(reverse("in_week_note"), {"wanted": "no"})
    assert "You get no weekly note" in page(ana)
    ana.post(reverse("in_week_note"), {"wanted": "yes"})
    assert "Send me none" in page(ana)


@pytest.mark.req("D-01", "M-06")
def test_the_board_says_what_is_sought_and_what_nobody_took_and_not_who_was_asked(world: World) -> None:
    zoe = supporter("Zia Quill", world.patrol)
    team(world)
    one = day(world.ana)
    ana = sign_in(Client(), world.ana)
    ana.post(reverse("in_shift_cover", args=[one.id]))
    hana = sign_in(Client(), world.hana)
    shown = page(hana, "in_board")
    assert "Cover is sought for one shift." in shown
    assert "Nobody took the shift" not in shown
    Exchange.objects.update(state="nobody")
    shown = page(hana, "in_board")
    assert "Nobody took the shift from Mon 30 Nov, 07:00 to 19:00." in shown
    assert zoe.person.name not in shown.split("Nobody took")[1].split("</li>")[0]
    Shift.objects.update(supporter=world.renee)
    assert "Nobody took" not in page(hana, "in_board")


@pytest.mark.req("D-02")
def test_a_night_in_which_clocks_change_says_that_it_is_longer_or_shorter(world: World) -> None:
    team(world)
    Organisation.objects.filter(id=world.pine.id).update(time_zone="America/Chicago")
    for day_before in ("2027-03-13", "2027-11-06", "2027-06-05"):
        start = datetime.fromisoformat(f"{day_before}T19:00").replace(tzinfo=ZoneInfo("America/Chicago"))
        end = (start + timedelta(days=1)).replace(hour=7)
        shift(world.ana, 1, start, end)
    text = page(sign_in(Client(), world.ana))
    assert text.count("Shorter by an hour: the clocks go forward.") == 1
    assert text.count("Longer by an hour: the clocks go back.") == 1
    assert "Sat 6 Nov, 19:00 – Sun 7 Nov, 07:00" in text


@pytest.mark.req("D-13")
def test_who_cannot_take_a_shift_is_not_named_and_what_would_be_refused_is_not_offered(world: World) -> None:
    team(world)
    one = day(world.ana)
    Blackout.objects.create(supporter=world.renee, first_day=DAWN.date(), last_day=DAWN.date())
    day(world.marcus, tier=2)
    named = page(sign_in(Client(), world.ana), "in_shift", one.id)
    assert "Renée Dubois" not in named
    assert "Marcus Bell</option>" not in named
    assert "Zoe Hart</option>" in named
    # Cover that is sought is offered to whoever could take it.
    sign_in(Client(), world.ana).post(reverse("in_shift_cover", args=[one.id]))
    assert "Take this shift" not in page(sign_in(Client(), world.marcus))


@pytest.mark.req("C-18")
def test_who_is_sick_on_duty_can_stop_the_calls_in_the_next_tap(world: World) -> None:
    team(world)
    one = day(world.ana, start=NOW - HOUR)
    ana = sign_in(Client(), world.ana)
    assert "Stop calls now" not in page(ana)
    assert "You stay on call until" in ana.post(reverse("in_shift_cover", args=[one.id]), follow=True).content.decode()
    text = page(ana)
    assert "Stop calls now: take leave" in text
    assert f'action="{reverse("in_leave")}"' in text
    ana.post(reverse("in_leave"))
    assert not queries.may_serve(world.ana.id)
    assert "I am back" in page(ana)


def test_whoever_misses_something_for_duty_is_told_where_to_look(world: World) -> None:
    team(world)
    world.ana.agreement_version = 0
    world.ana.save()
    assert "You are not called at present: something is missing." in page(sign_in(Client(), world.ana))


@pytest.mark.req("D-13")
def test_nobody_is_asked_before_somebody_is_chosen(world: World) -> None:
    team(world)
    one, _other = day(world.ana), day(world.renee, 2)
    ana = sign_in(Client(), world.ana)
    offered = page(ana, "in_shift", one.id)
    assert '<option value="" selected>Choose a teammate</option>' in offered
    assert '<option value="" selected>Choose a shift</option>' in offered
    for name, field in (("in_shift_hand_over", "to"), ("in_shift_swap", "other")):
        answer = ana.post(reverse(name, args=[one.id]), {field: ""}, follow=True)
        assert answer.redirect_chain == [(reverse("in_shift", args=[one.id]), 302)]
        assert "Choose somebody, or a shift, before you ask." in answer.content.decode()
    assert not Exchange.objects.exists()
    # Whoever has a shift that nobody can take reads so, and no list of nobody.
    Blackout.objects.bulk_create(
        Blackout(supporter=who, first_day=DAWN.date(), last_day=DAWN.date())
        for who in Supporter.objects.exclude(id=world.ana.id)
    )
    Shift.objects.exclude(id=one.id).delete()
    alone = page(ana, "in_shift", one.id)
    assert "Nobody else can take it at present." in alone
    assert "Choose a teammate" not in alone


@pytest.mark.req("D-13", "C-18")
def test_whoever_is_sick_on_call_finds_first_how_to_stop_the_calls(world: World) -> None:
    team(world)
    now, other = shift(world.ana, 1, NOW - HOUR, NOW + 6 * HOUR), day(world.renee)
    ana, renee = sign_in(Client(), world.ana), sign_in(Client(), world.renee)
    renee.post(reverse("in_shift_hand_over", args=[other.id]), {"to": str(world.ana.id)})
    before = page(ana)
    assert before.index("You are asked") < before.index("I am sick now")
    ana.post(reverse("in_shift_cover", args=[now.id]))
    sick = page(ana)
    assert sick.index("Stop calls now: take leave") < sick.index("You are asked")
    assert sick.count("Stop calls now: take leave") == sick.count('id="mine"') == 1


@pytest.mark.req("C-18")
def test_whoever_is_on_leave_reads_that_first_with_shifts_and_without(world: World) -> None:
    team(world)
    day(world.ana)
    ana, renee = sign_in(Client(), world.ana), sign_in(Client(), world.renee)
    for client in (ana, renee):
        client.post(reverse("in_leave"))
    assert "<h1>You are on leave.</h1>" in (mine := page(ana))
    assert "Cover is sought for your shifts." in mine
    assert "<h1>You are on leave.</h1>" in (none := page(renee))
    assert "nothing is expected of you" in none
    assert "Cover is sought" not in none
    assert "<h1>You are on leave.</h1>" in page(renee, "in_shift_gaps")
