"""Sessions and debriefs on pages: the coordinator's form, and where leaders and listeners find theirs."""

import re
from datetime import UTC
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from alongside.rota import actions
from alongside.rota.models import Debrief, Session
from alongside.site import living
from tests import world as cast
from tests.conftest import Clock
from tests.rota import ics_reader
from tests.rota.leading import at, enter, form, free, given, only, slot, span
from tests.world import World, sign_in, unknown_id

NEW = "in_session_new"


def send(client: Client, world: World, **changes: str) -> Any:
    return client.post(reverse(NEW), form(world, **changes))


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def field(answer: Any, name: str) -> str:
    """Return what stands in a field of a page."""
    page = answer.content.decode()
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    if tag:
        value = re.search(r'value="([^"]*)"', tag[0])
        return value[1] if value else ""
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.S)
    assert select, name
    chosen = re.search(r'<option value="([^"]*)"[^>]*selected', select[0])
    return chosen[1] if chosen else ""


@pytest.fixture
def hana(world: World, client: Client) -> Client:
    return sign_in(client, world.hana)


@pytest.mark.req("G-22")
def test_a_coordinator_enters_a_session_and_a_debrief_is_proposed(world: World, hana: Client) -> None:
    free(world)
    first = {key: value for key, value in form(world).items() if not key.startswith("d0") and key != "step"}
    page = hana.post(reverse(NEW), first | {"step": "next"})
    assert page.status_code == 200
    assert not Session.objects.exists()
    assert field(page, "d0-listener") == str(world.imani.id)
    assert (field(page, "d0-day"), field(page, "d0-at"), field(page, "d0-minutes")) == ("2026-11-24", "11:00", "45")
    sent = {name: field(page, f"d0-{name}") for name in ("listener", "day", "at", "minutes", "leader")}
    answer = hana.post(reverse(NEW), first | {f"d0-{k}": v for k, v in sent.items()} | {"d0-when": "set"})
    assert answer.url == reverse("in_sessions")
    assert (only().leader_id, only().listener_id) == (world.ana.id, world.imani.id)
    assert only().starts_at == at(24, 11).astimezone(UTC)
    shown = text(hana.get(answer.url))
    assert "After every session its leaders have a debrief." in shown
    assert "debrief with Imani Reyes, Tue 24 Nov, 11:00 – 11:45" in shown


@pytest.mark.req("G-22")
def test_nothing_is_saved_without_a_debrief_or_a_word_that_it_is_not_given_yet(world: World, hana: Client) -> None:
    without = {key: value for key, value in form(world).items() if not key.startswith("d0")}
    page = hana.post(reverse(NEW), without)
    assert "Nothing is saved yet" in text(page)
    for name in ("listener", "day", "at", "minutes"):
        answer = send(hana, world, **{f"d0-{name}": ""})
        assert answer.status_code == 422, name
        assert 'class="errorlist' in answer.content.decode(), name
    assert send(hana, world, **{"d0-when": ""}).status_code == 422
    # Two lead, and of one nothing is said.
    page = send(hana, world, other=str(world.marcus.id))
    assert "Nothing is saved yet" in text(page)
    assert field(page, "d0-at") == "14:00"
    assert field(page, "d1-leader") == str(world.marcus.id)
    assert not Session.objects.exists()
    assert send(hana, world, **{"d0-when": "later", "d0-listener": "", "d0-minutes": "x"}).status_code == 302
    assert Debrief.objects.get().starts_at is None


@pytest.mark.req("G-22")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to_time": "09:00"}, "The session ends before it begins."),
        ({"to_day": "2026-11-29"}, "A session lasts 24 hours at most."),
        ({"from_day": "2026-10-01", "to_day": "2026-10-01"}, "more than two weeks ago"),
        ({"from_day": "2036-10-01", "to_day": "2036-10-01"}, "Is the year right?"),
        ({"from_day": "0001-01-01", "to_day": "0001-01-01"}, "Is the year right?"),
        ({"from_day": "9999-12-31", "to_day": "9999-12-31", "to_time": "23:59"}, "Is the year right?"),
        ({"d0-day": "9999-12-31"}, "Is the year right?"),
        ({"from_day": "x"}, "Enter a valid date."),
        ({"from_time": "25:00"}, "Enter a valid time."),
        ({"from_time": "19:00", "to_time": "20:00"}, "outside work hours"),
        ({"kind": "party"}, "Select a valid choice."),
        ({"leader": "nobody"}, "Select a valid choice."),
        ({"d0-at": "10:30"}, "This is before the session ends."),
        ({"d0-day": "2026-12-24"}, "more than two weeks after"),
        ({"d0-minutes": "5"}, "greater than or equal to 10"),
        ({"d0-minutes": "9999999999999999999"}, "less than or equal to 240"),
        ({"d0-listener": "nobody"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(
    world: World, hana: Client, changes: dict[str, str], said: str
) -> None:
    answer = send(hana, world, **changes)
    assert answer.status_code == 422
    assert said in text(answer)
    assert not Session.objects.exists()
    if "d0-at" not in changes:
        assert field(answer, "d0-at") == "14:00"


@pytest.mark.req("G-22")
def test_with_oneself_with_elsewhere_and_by_elsewhere_is_refused(world: World, hana: Client) -> None:
    own = str(world.ana.person_id)
    for stranger in (own, str(world.lena.person_id), str(world.lars.id), str(unknown_id())):
        assert "Select a valid choice." in text(send(hana, world, **{"d0-listener": stranger}))
    strange = {"leader": str(world.lena.id), "d0-leader": str(world.lena.id)}
    assert "Select a valid choice." in text(send(hana, world, **strange))
    same = text(send(hana, world, other=str(world.ana.id)))
    assert "This is the same person." in same
    assert not Session.objects.exists()


@pytest.mark.req("G-22")
def test_an_hour_that_the_clock_skips_is_refused_and_one_that_comes_twice_is_the_first(
    world: World, hana: Client, clock: Clock
) -> None:
    clock.set(at(10, 9, month=3).replace(year=2027))
    skipped = {"kind": "incident", "from_day": "2027-03-14", "to_day": "2027-03-14", "to_time": "04:00"}
    answer = send(hana, world, **skipped, from_time="02:30", **{"d0-day": "2027-03-15"})
    assert answer.status_code == 422
    assert "does not exist" in text(answer)
    answer = send(hana, world, **skipped, from_time="01:30", **{"d0-day": "2027-03-14", "d0-at": "02:15"})
    assert "before the session ends" not in text(answer)
    assert "does not exist" in text(answer)
    assert not Session.objects.exists()
    clock.set(at(1, 9, month=11).replace(year=2027))
    twice = {"kind": "incident", "from_day": "2027-11-07", "to_day": "2027-11-07", "from_time": "00:30"}
    answer = send(hana, world, **twice, to_time="01:30", **{"d0-day": "2027-11-08"})
    assert answer.status_code == 302
    assert (Session.objects.get().ends_at - Session.objects.get().starts_at).total_seconds() == 3600
    assert "comes twice. The first one is meant." in text(hana.get(answer.url))


@pytest.mark.req("G-22")
def test_a_debrief_on_duty_or_late_is_saved_and_said(world: World, hana: Client) -> None:
    # Renée is first on call all week.
    renee = {"leader": str(world.renee.id), "d0-leader": str(world.renee.id)}
    answer = send(hana, world, **renee, **{"d0-day": "2026-11-30"})
    said = text(hana.get(answer.url))
    assert "Renée Dubois is on call during the session." in said
    assert "later than the 72 hours of your settings" in said


@pytest.mark.req("G-22")
def test_a_coordinator_learns_of_no_shift_or_session_elsewhere(world: World, hana: Client) -> None:
    there = cast.supporter(world.ana.person, cast.Office.objects.get(organisation=world.lake))
    cast.shift(there, 1, at(24, 0), at(25, 0))
    said = text(hana.get(send(hana, world).url))
    assert "on call during" not in said
    Session.objects.all().delete()
    theirs = Session.objects.create(organisation=world.lake, kind="incident", starts_at=at(24, 9), ends_at=at(24, 12))
    Debrief.objects.create(session=theirs, leader=there)
    refused = send(hana, world)
    assert refused.status_code == 422
    assert "Somebody who leads it is not free then." in text(refused)


@pytest.mark.req("G-22")
def test_times_are_proposed_anew_for_who_was_chosen_and_none_is_made_up(world: World, hana: Client) -> None:
    free(world)
    cast.shift(world.marcus, 1, at(24, 0), at(25, 0))
    chosen = {"d0-listener": str(world.marcus.person_id), "d0-minutes": "30"}
    page = send(hana, world, step="propose", **chosen)
    assert field(page, "d0-listener") == str(world.marcus.person_id)
    assert (field(page, "d0-day"), field(page, "d0-at"), field(page, "d0-minutes")) == ("2026-11-25", "08:00", "30")
    cast.shift(world.marcus, 1, at(25, 0), at(29, 0))
    page = send(hana, world, step="propose", **chosen)
    assert (field(page, "d0-day"), field(page, "d0-at")) == ("", "")
    assert "No time was found within 72 hours" in text(page)
    # What nobody can mean is proposed for as long as policy says.
    for length in ("9" * 5000, "-1", "٣٣٣٣", ""):
        assert field(send(hana, world, step="propose", **{"d0-minutes": length}), "d0-minutes") == "45"
    # Both leaders with the same listener: one after the other.
    page = send(hana, world, step="propose", other=str(world.renee.id), **{"d0-listener": str(world.hana.id)})
    assert field(page, "d1-listener") == str(world.imani.id)
    assert not Session.objects.exists()


@pytest.mark.req("G-22")
def test_a_change_made_for_an_older_state_is_refused_with_everything_that_was_typed(world: World, hana: Client) -> None:
    one = given(world)
    path = reverse("in_session", args=[one.id])
    seen = field(hana.get(path), "seen")
    assert hana.post(path, form(world, **{"seen": seen, "d0-at": "15:00"})).status_code == 302
    late = hana.post(path, form(world, **{"seen": seen, "d0-at": "16:00"}))
    assert late.status_code == 422
    assert "Somebody changed this session meanwhile" in text(late)
    assert "15:00 – 15:45" in text(late)
    assert field(late, "d0-at") == "16:00"
    assert hana.post(path, form(world, **{"seen": field(late, "seen"), "d0-at": "16:00"})).status_code == 302
    assert only().starts_at == at(24, 16).astimezone(UTC)


@pytest.mark.req("G-22")
def test_a_missing_debrief_is_given_from_the_rota_page(world: World, hana: Client) -> None:
    free(world)
    one = enter(world, slot(world.ana))
    path = reverse("in_session", args=[one.id])
    assert path in hana.get(reverse("in_rota")).content.decode()
    page = hana.get(path)
    assert (field(page, "d0-at"), field(page, "d0-listener")) == ("11:00", str(world.imani.id))
    hana.post(path, form(world, seen=field(page, "seen")))
    assert only().listener_id == world.imani.id


@pytest.mark.req("G-22")
@pytest.mark.parametrize("sent", [{}, {"d0-leader": "x", "d1-leader": "x"}, {"step": "burn"}, {"seen": "x" * 9999}])
def test_a_page_that_nobody_made_breaks_nothing(world: World, hana: Client, sent: dict[str, str]) -> None:
    one = given(world)
    for path in (reverse(NEW), reverse("in_session", args=[one.id])):
        for more in ({}, form(world, from_time="12:00", to_time="13:00")):
            assert hana.post(path, {**more, **sent}).status_code in {200, 422}
    assert Session.objects.get() == one
    # A session without a leader, whose account was deleted, can still be looked at and cancelled.
    Debrief.objects.all().delete()
    assert hana.get(reverse("in_session", args=[one.id])).status_code == 200
    assert hana.get(reverse("in_sessions")).status_code == 200


@pytest.mark.req("G-22")
def test_pages_of_sessions_are_the_coordinators_of_the_place(world: World, client: Client) -> None:
    one = given(world)
    ways = [reverse("in_sessions"), reverse(NEW), reverse("in_session", args=[one.id])]
    for who in (world.ana, world.imani, world.anne, world.okafor, world.priya):
        sign_in(client, who)
        assert [client.get(way).status_code for way in ways] == [404, 404, 404]
    sign_in(client, world.lars)
    assert "Ana" not in client.get(ways[0]).content.decode()
    assert client.get(ways[2]).status_code == 404
    assert client.post(ways[2], form(world)).status_code == 404
    assert client.post(ways[2] + "/remove").status_code == 404
    sign_in(client, world.hana)
    assert client.post(ways[2] + "/remove").status_code == 302
    assert client.post(ways[2] + "/remove").status_code == 404
    assert client.get(ways[2]).status_code == 404


# --- those who have part in it -----------------------------------------------------------------------------------


@pytest.mark.req("G-22")
def test_leader_and_listener_see_it_and_nobody_else_does(world: World, client: Client) -> None:
    enter(world, slot(world.ana, world.marcus.person_id, at(24, 14)), slot(world.renee))
    sign_in(client, world.ana)
    mine = text(client.get(reverse("in_shifts")))
    assert "Tue 24 Nov, 10:00 – 11:00" in mine
    assert "You lead it, with Renée Dubois." in mine
    assert "Tue 24 Nov, 14:00 – 14:45" in mine
    assert "Yours, with Marcus Bell." in mine
    sign_in(client, world.renee)
    assert "Your debrief is not set yet." in text(client.get(reverse("in_shifts")))
    sign_in(client, world.marcus)
    theirs = text(client.get(reverse("in_shifts")))
    assert "You listen to Ana Ruiz." in theirs
    assert "10:00 – 11:00" not in theirs
    zoe = cast.supporter("Zoe Hart", world.patrol)
    for who in (zoe, world.imani, world.anne):
        sign_in(client, who)
        page = client.get(reverse("in_shifts" if who is zoe else "in_lead"))
        assert "Sessions and debriefs" not in text(page)


@pytest.mark.req("G-22")
def test_a_clinician_finds_whom_to_listen_to(world: World, client: Client) -> None:
    given(world)
    sign_in(client, world.imani)
    page = text(client.get(reverse("in_lead")))
    assert "Tue 24 Nov, 14:00 – 14:45" in page
    assert "You listen to Ana Ruiz." in page


@pytest.mark.req("G-22", "K-36")
def test_both_stand_in_the_calendar_under_a_neutral_title(world: World, client: Client) -> None:
    free(world)
    enter(world, slot(world.ana, world.marcus.person_id, at(24, 14)))

    def fed(who: Any) -> Any:
        token = actions.make_feed(world.pine.id, who.id)
        return Client().get(reverse("in_feed", args=[token])).content

    ana = fed(world.ana)
    assert ics_reader.spans(ana) == [(begin.astimezone(UTC), end.astimezone(UTC)) for begin, end in TWO]
    assert ics_reader.spans(fed(world.marcus)) == [(TWO[1][0].astimezone(UTC), TWO[1][1].astimezone(UTC))]
    assert ics_reader.spans(fed(world.renee)) == []
    assert {one.one("SUMMARY")[1] for one in ics_reader.parse(ana).all("VEVENT")} == {"Shift info: appointment"}
    for word in (b"ebrief", b"ession", b"group", b"Marcus", b"Ana"):
        assert word not in ana
    living.go_on_leave(world.pine.id, world.ana.id)
    assert ics_reader.spans(fed(world.ana)) == []


TWO = [span(24, 10), (at(24, 14), at(24, 14, 45))]


@pytest.mark.req("G-22")
def test_what_is_over_is_shown_to_nobody_any_more(world: World, client: Client, clock: Clock) -> None:
    given(world)
    clock.set(at(24, 15))
    sign_in(client, world.ana)
    assert "Sessions and debriefs" not in text(client.get(reverse("in_shifts")))
