"""Pages of patterns and holidays: from a template over a look at two weeks to a change-over, and what is refused."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from alongside.policy import actions as policy
from alongside.rota import actions, queries
from alongside.rota.models import Holiday, Pattern, PatternBlock, Proposal
from alongside.rota.rules import templates
from alongside.rota.rules.patterns import DAY, Block
from alongside.rota.rules.patterns import Pattern as Repeats
from alongside.rota.rules.templates import Kind
from tests.rota import planned
from tests.rota.planned import FIRST, seat
from tests.world import NOW, World, sign_in, unknown_id

TODAY = date(2026, 11, 23)
MONDAY = date(2026, 12, 7)


@pytest.fixture
def hana(world: World, client: Client) -> Client:
    """Hana, who can plan."""
    for key in ("work_after",):
        policy.change(seat(world), key, 1000)
    return sign_in(client, world.hana)


def seen(world: World) -> str:
    """Return the digest of the patterns as a page that is opened now has it."""
    return queries.patterns_seal(queries.pattern_rows(world.pine.id))


def chosen(world: World, **other: Any) -> dict[str, Any]:
    """Return what the form of a new pattern sends."""
    form = {"kind": "halves", "first_day": MONDAY.isoformat(), "hand_over": "07:00", "name": "", "make": "1"}
    return {**form, "seen": seen(world), **other}


def made(world: World, first: date = MONDAY, kind: Kind = Kind.HALVES, name: str = "Made") -> Pattern:
    """Make a pattern without a page."""
    return Pattern.objects.get(
        id=actions.make_pattern(seat(world), name, templates.pattern(kind, 420, first, (1, 2)), first)
    )


def text(answer: Any) -> str:
    """Return a page."""
    return str(answer.content.decode())


# --- from nothing to a pattern -----------------------------------------------------------------------------------


@pytest.mark.req("D-01", "D-02")
def test_somebody_without_a_pattern_is_led_to_one_and_then_to_a_plan(world: World, hana: Client) -> None:
    page = text(hana.get(reverse("in_patterns")))
    assert "No pattern of shifts yet." in page
    assert page.count(reverse("in_pattern_new") + "?kind=") == len(Kind)
    looked = hana.post(reverse("in_pattern_new"), chosen(world, look="1"))
    assert looked.status_code == 200
    assert "Start it on 7 December 2026" in text(looked)
    assert "From Monday 7 December, 07:00, on every minute is covered once in every tier." in text(looked)
    assert not Pattern.objects.exists(), "looking makes nothing"
    answer = hana.post(reverse("in_pattern_new"), chosen(world))
    row = Pattern.objects.get()
    assert answer.url == reverse("in_pattern", args=[row.id])
    assert (row.name, row.days, row.anchor, row.begins_on, row.ends_on) == ("Days and nights", 1, MONDAY, MONDAY, None)
    assert {(one.tier, one.minute, one.minutes) for one in row.blocks.all()} == {
        (tier, minute, 720) for tier in (1, 2) for minute in (420, 1140)
    }
    page = text(hana.get(answer.url))
    assert "every day 07:00–19:00" in page
    assert reverse("in_plans") in page


@pytest.mark.parametrize("kind", Kind)
def test_every_template_covers_two_weeks(world: World, hana: Client, kind: Kind) -> None:
    row = made(world, kind=kind)
    page = text(hana.get(reverse("in_pattern", args=[row.id])))
    assert "is covered once in every tier" in page
    assert page.count("day-bar") == 28


@pytest.mark.req("D-01")
def test_a_change_over_is_looked_at_and_ends_the_pattern_before(world: World, hana: Client) -> None:
    old = planned.pattern(world)
    looked = text(hana.post(reverse("in_pattern_new"), chosen(world, kind="days", hand_over="08:00", look="1")))
    assert "It holds from its first hand-over: Monday 7 December 2026, 08:00." in looked
    assert "“Days and nights” then ends on 6 December 2026." in looked
    assert "Shorter than usual, because of the change-over" in looked
    assert "07:00 – 08:00" in looked
    assert "is covered once in every tier" in looked
    hana.post(reverse("in_pattern_new"), chosen(world, kind="days", hand_over="08:00"))
    old.refresh_from_db()
    assert old.ends_on == MONDAY - DAY
    slots = queries.problem_for(world.pine, MONDAY - DAY, 3, NOW)[0].slots
    mine = sorted(one.starts_at for one in slots if one.tier == 1)
    assert [one.isoformat()[5:16] for one in mine] == [
        "12-06T13:00",
        "12-07T01:00",
        "12-07T13:00",
        "12-07T14:00",
        "12-08T14:00",
    ]
    page = text(hana.get(reverse("in_patterns")))
    assert page.index("Days and nights") < page.index("Whole days")


def test_what_is_published_and_planned_beyond_the_change_over_is_said(world: World, hana: Client) -> None:
    planned.pattern(world)
    planned.team(world, 9)
    proposal = planned.made(world, 14)
    actions.publish(seat(world), proposal)
    planned.made(world, 7, first=FIRST + timedelta(days=20))
    looked = text(hana.post(reverse("in_pattern_new"), chosen(world, look="1")))
    assert "32 shifts from that day on are published. They stay" in looked
    assert "A plan is open that reaches these days." in looked


# --- refused, and nothing lost -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"first_day": "2026-11-23"}, "begins tomorrow or later"),
        ({"first_day": "2025-12-07"}, "begins tomorrow or later"),
        ({"first_day": "2062-12-07"}, "Is the year right?"),
        ({"first_day": "2027-02-29"}, "Enter a valid date"),
        ({"first_day": ""}, "This field is required"),
        ({"hand_over": ""}, "This field is required"),
        ({"hand_over": "25:00"}, "Enter a valid time"),
        ({"kind": "fortnights"}, "Select a valid choice"),
        ({"kind": "00000000-0000-4000-8000-000000000000"}, "Select a valid choice"),
        ({"name": "x" * 61}, "at most 60 characters"),
    ],
)
@pytest.mark.parametrize("button", ["look", "make"])
def test_a_bad_pattern_is_refused_and_what_was_typed_stays(
    world: World, hana: Client, other: dict[str, str], said: str, button: str
) -> None:
    form = chosen(world, name="Nights in Pine", **{button: "1"})
    form.update(other)
    answer = hana.post(reverse("in_pattern_new"), form)
    assert answer.status_code == 422
    assert said in text(answer)
    assert other.get("name", "Nights in Pine") in text(answer)
    assert not Pattern.objects.exists()


def test_a_pattern_may_begin_on_a_leap_day(world: World, hana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alongside.rota.actions.patterns.FURTHEST", timedelta(days=800))
    hana.post(reverse("in_pattern_new"), chosen(world, first_day="2028-02-29", kind="weeks"))
    row = Pattern.objects.get()
    assert row.begins_on == date(2028, 2, 29)
    assert "covered once in every tier" in text(hana.get(reverse("in_pattern", args=[row.id])))


@pytest.mark.req("D-01")
def test_two_coordinators_at_once_do_not_make_two_patterns(world: World, hana: Client) -> None:
    old = seen(world)
    assert hana.post(reverse("in_pattern_new"), chosen(world)).status_code == 302
    late = hana.post(reverse("in_pattern_new"), chosen(world, seen=old, name="Mine", first_day="2026-12-14"))
    assert late.status_code == 409
    assert "Another coordinator changed the patterns" in text(late)
    assert 'value="Mine"' in text(late)
    assert Pattern.objects.count() == 1
    same_day = hana.post(reverse("in_pattern_new"), chosen(world, name="Mine"))
    assert same_day.status_code == 422
    assert "“Days and nights” begins on this day already." in text(same_day)
    assert Pattern.objects.count() == 1


def test_patterns_never_overlap_in_whatever_order_they_are_made(world: World) -> None:
    days = [MONDAY + timedelta(days=14), MONDAY, MONDAY + timedelta(days=28), MONDAY + timedelta(days=7)]
    for day in days:
        made(world, day)
    rows = queries.pattern_rows(world.pine.id)
    assert [row.begins_on for row in rows] == sorted(days)
    assert [row.ends_on for row in rows] == [*(row.begins_on - DAY for row in rows[1:]), None]


# --- one that is to come changes ---------------------------------------------------------------------------------


def test_a_week_is_made_of_a_day_and_changed_shift_by_shift(world: World, hana: Client) -> None:
    row = made(world)
    path = reverse("in_pattern_change", args=[row.id])
    facts = {"kind": "facts", "name": "Our week", "first_day": MONDAY.isoformat(), "days": "7"}
    assert hana.post(path, {**facts, "seen": seen(world)}).url == path
    assert PatternBlock.objects.filter(pattern=row).count() == 28
    page = text(hana.get(path))
    assert "Saturday 07:00–19:00" in page
    gone = {"kind": "remove", "shift": ["5-420-720", "5-1140-720", "6-420-720"], "seen": seen(world)}
    assert hana.post(path, gone).status_code == 302
    page = text(hana.get(path))
    assert "2 spans in these two weeks are not covered once" in page
    assert "Saturday 12 December, 07:00–Sunday 13 December, 19:00: nobody on first call" in page
    add = {"kind": "add", "tiers": ["1", "2"], "on_days": ["5"], "starts": "07:00", "ends": "19:00", "later": "1"}
    assert hana.post(path, {**add, "seen": seen(world)}).status_code == 302
    assert "covered once in every tier" in text(hana.get(path))
    row.refresh_from_db()
    assert (row.name, row.days) == ("Our week", 7)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (
            {"kind": "add", "tiers": ["1"], "on_days": ["0"], "starts": "06:00", "ends": "08:00", "later": "0"},
            "Two shifts of one place would overlap: every day 06:00–08:00 and every day 07:00–19:00",
        ),
        (
            {"kind": "add", "tiers": ["1"], "on_days": ["0"], "starts": "09:00", "ends": "08:00", "later": "0"},
            "ends before it begins",
        ),
        (
            {"kind": "add", "tiers": ["1"], "on_days": ["0"], "starts": "09:00", "ends": "10:00", "later": "1"},
            "lasts no longer than the pattern itself",
        ),
        (
            {"kind": "add", "tiers": ["3"], "on_days": ["0"], "starts": "09:00", "ends": "10:00", "later": "0"},
            "Select a valid choice",
        ),
        (
            {"kind": "add", "tiers": ["1"], "on_days": ["7"], "starts": "09:00", "ends": "10:00", "later": "0"},
            "every day 09:00–10:00",
        ),
        (
            {"kind": "add", "tiers": ["1"], "on_days": ["0"], "starts": "24:00", "ends": "10:00", "later": "0"},
            "Enter a valid time",
        ),
        ({"kind": "facts", "name": "Kept", "first_day": "2026-12-07", "days": "57"}, "less than or equal to 56"),
        ({"kind": "facts", "name": "Kept", "first_day": "2026-12-07", "days": "0"}, "greater than or equal to 1"),
        ({"kind": "facts", "name": "Kept", "first_day": "2026-11-01", "days": "1"}, "begins tomorrow or later"),
        ({"kind": "facts", "name": "", "first_day": "2026-12-07", "days": "1"}, "This field is required"),
        ({"kind": "remove", "shift": ["0-420-720", "0-1140-720"]}, "would leave no shift at all"),
        ({"kind": "else"}, None),
    ],
)
def test_a_change_that_cannot_be_is_refused_in_words(
    world: World, hana: Client, sent: dict[str, Any], said: str | None
) -> None:
    row = made(world)
    before = seen(world)
    answer = hana.post(reverse("in_pattern_change", args=[row.id]), {**sent, "seen": before})
    assert answer.status_code == (404 if said is None else 200 if sent["kind"] == "remove" else 422)
    if said:
        assert said in text(answer)
    if sent.get("name"):
        assert 'value="Kept"' in text(answer)
    assert seen(world) == before


def test_a_day_that_the_cycle_does_not_have_is_refused(world: World, hana: Client) -> None:
    row = made(world, kind=Kind.SPLIT)
    sent = {"kind": "add", "tiers": ["1"], "starts": "09:00", "ends": "10:00", "later": "0", "seen": seen(world)}
    for days in (["7"], ["-1"], ["x"], []):
        answer = hana.post(reverse("in_pattern_change", args=[row.id]), {**sent, "on_days": days})
        assert answer.status_code == 422
        assert "Select a valid choice" in text(answer) or "This field is required" in text(answer)


def test_fewer_days_than_the_shifts_need_are_refused_by_name(world: World, hana: Client) -> None:
    row = made(world, kind=Kind.SPLIT)
    sent = {"kind": "facts", "name": "Made", "first_day": "2026-12-07", "days": "5", "seen": seen(world)}
    answer = hana.post(reverse("in_pattern_change", args=[row.id]), sent)
    assert answer.status_code == 422
    assert "would be no day for this shift" in text(answer)


def test_a_change_to_what_somebody_else_changed_is_refused_and_kept_on_the_page(world: World, hana: Client) -> None:
    row = made(world)
    old = seen(world)
    actions.change_pattern(seat(world), row.id, name="Theirs")
    path = reverse("in_pattern_change", args=[row.id])
    sent = {"kind": "facts", "name": "Mine", "first_day": "2026-12-07", "days": "1", "seen": old}
    answer = hana.post(path, sent)
    assert "Another coordinator changed the patterns" in text(answer)
    assert 'value="Mine"' in text(answer)
    row.refresh_from_db()
    assert row.name == "Theirs"


def test_moving_the_first_day_moves_the_change_over(world: World, hana: Client) -> None:
    old, row = planned.pattern(world), made(world)
    sent = {"kind": "facts", "name": "Made", "first_day": "2026-12-16", "days": "1", "seen": seen(world)}
    hana.post(reverse("in_pattern_change", args=[row.id]), sent)
    old.refresh_from_db()
    assert old.ends_on == date(2026, 12, 15)
    third = made(world, date(2026, 12, 30), name="Third")
    taken = {**sent, "first_day": "2026-12-30", "seen": seen(world)}
    assert "“Third” begins on this day already" in text(hana.post(reverse("in_pattern_change", args=[row.id]), taken))
    past = {**sent, "first_day": "2027-01-13", "seen": seen(world)}
    assert hana.post(reverse("in_pattern_change", args=[row.id]), past).status_code == 302
    rows = queries.pattern_rows(world.pine.id)
    assert [one.id for one in rows] == [old.id, third.id, row.id]
    assert [one.ends_on for one in rows] == [date(2026, 12, 29), date(2027, 1, 12), None]


def test_one_in_force_does_not_change(world: World, hana: Client) -> None:
    row = planned.pattern(world)
    sent = {"kind": "facts", "name": "Mine", "first_day": "2026-12-07", "days": "1", "seen": seen(world)}
    answer = hana.post(reverse("in_pattern_change", args=[row.id]), sent, follow=True)
    assert "Start a new one that takes over from it instead." in text(answer)
    with pytest.raises(actions.HasBegun):
        actions.change_pattern(seat(world), row.id, name="Mine")
    assert "Change over to a new one" in text(answer)


def test_more_shifts_than_anybody_needs_are_refused(world: World) -> None:
    blocks = tuple(Block(1, day, minute, 60) for day in range(20) for minute in range(0, 1440, 180))
    with pytest.raises(actions.TooManyBlocks):
        actions.make_pattern(seat(world), "Hours", Repeats(MONDAY, 20, blocks), MONDAY)


# --- removed -----------------------------------------------------------------------------------------------------


def test_one_that_nothing_follows_is_removed_and_the_one_before_goes_on(world: World, hana: Client) -> None:
    old, row = planned.pattern(world), made(world)
    made(world, MONDAY + timedelta(days=14), name="Third")
    assert hana.post(reverse("in_pattern_remove", args=[row.id])).url == reverse("in_patterns")
    old.refresh_from_db()
    assert old.ends_on == MONDAY + timedelta(days=13)


@pytest.mark.req("D-01")
def test_one_with_published_shifts_or_an_open_plan_stays(world: World, hana: Client) -> None:
    row = planned.pattern(world)
    planned.team(world, 9)
    proposal = planned.made(world, 7)
    said = text(hana.post(reverse("in_pattern_remove", args=[row.id]), follow=True))
    assert "a plan is open for its days" in said
    actions.publish(seat(world), proposal)
    said = text(hana.post(reverse("in_pattern_remove", args=[row.id]), follow=True))
    assert "28 published shifts follow it" in said
    assert Pattern.objects.filter(id=row.id).exists()
    # One that takes over in the midst of them, and cuts them differently, has none of its own.
    other = made(world, FIRST + timedelta(days=3), Kind.DAYS)
    assert queries.uses_of(world.pine, other, queries.pattern_rows(world.pine.id)).shifts == 0
    Proposal.objects.all().delete()
    assert hana.post(reverse("in_pattern_remove", args=[other.id])).url == reverse("in_patterns")


@pytest.mark.req("D-01")
def test_nobody_of_elsewhere_sees_or_changes_them(world: World, hana: Client) -> None:
    row = made(world)
    day = Holiday.objects.create(organisation=world.pine, day=MONDAY, name="Ours")
    lars = sign_in(Client(), world.lars)
    for name in ("in_pattern", "in_pattern_change"):
        assert lars.get(reverse(name, args=[row.id])).status_code == 404
        assert hana.get(reverse(name, args=[unknown_id()])).status_code == 404
    facts = {"kind": "facts", "name": "Theirs", "first_day": "2026-12-07", "days": "1", "seen": ""}
    assert lars.post(reverse("in_pattern_change", args=[row.id]), facts).status_code == 404
    assert lars.post(reverse("in_pattern_remove", args=[row.id])).status_code == 404
    assert lars.post(reverse("in_holiday_remove", args=[day.id])).status_code == 404
    assert lars.post(reverse("in_pattern_new"), chosen(world, kind=str(row.id))).status_code == 422
    for who in (world.anne, world.renee.person, world.priya):
        client = sign_in(Client(), who)
        assert client.get(reverse("in_patterns")).status_code == 404
        assert client.post(reverse("in_holidays_statutory"), {"year": "2027"}).status_code == 404
    assert Pattern.objects.count() == Holiday.objects.count() == 1


# --- holidays ----------------------------------------------------------------------------------------------------


def test_holidays_of_the_law_are_added_with_one_button_beside_ones_own(world: World, hana: Client) -> None:
    world.pine.pack = "mn"
    world.pine.save()
    page = text(hana.get(reverse("in_holidays"), {"year": "2027"}))
    assert "Add 11 holidays of Minnesota, 2027" in page
    Holiday.objects.create(organisation=world.pine, day=date(2027, 12, 25), name="Our Christmas")
    answer = hana.post(reverse("in_holidays_statutory"), {"year": "2027"}, follow=True)
    assert "Added: 10." in text(answer)
    assert "11 days of 2027 count as holidays." in text(answer)
    assert "Our Christmas" in text(answer)
    assert "Indigenous Peoples Day" in text(answer)
    again = hana.post(reverse("in_holidays_statutory"), {"year": "2027"}, follow=True)
    assert "All of them are in the list already." in text(again)
    assert Holiday.objects.count() == 11


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"day": "2026-12-25", "name": "Again"}, "in the list already: Christmas"),
        ({"day": "2020-12-25", "name": "Old"}, "more than a year ago"),
        ({"day": "2062-12-25", "name": "Far"}, "more than three years ahead"),
        ({"day": "2027-02-30", "name": "None"}, "Enter a valid date"),
        ({"day": "2027-02-03", "name": ""}, "This field is required"),
    ],
)
def test_a_holiday_that_cannot_be_is_refused(world: World, hana: Client, sent: dict[str, str], said: str) -> None:
    Holiday.objects.create(organisation=world.pine, day=date(2026, 12, 25), name="Christmas")
    answer = hana.post(reverse("in_holidays"), sent)
    assert answer.status_code == 422
    assert said in text(answer)
    assert Holiday.objects.count() == 1


def test_a_holiday_is_added_and_removed_and_odd_years_are_this_one(world: World, hana: Client) -> None:
    added = hana.post(reverse("in_holidays"), {"day": "2027-06-24", "name": "Our day"})
    assert added.url.endswith("?year=2027")
    row = Holiday.objects.get()
    assert "Our day" in text(hana.get(added.url))
    for odd in ("", "x", "0", "99999", "２０２７", "-1"):
        assert "2026" in text(hana.get(reverse("in_holidays"), {"year": odd}))
        assert hana.post(reverse("in_holidays_statutory"), {"year": odd}).url.endswith("?year=2026")
    assert hana.post(reverse("in_holiday_remove", args=[row.id])).url.endswith("?year=2027")
    assert hana.post(reverse("in_holiday_remove", args=[row.id])).status_code == 404


# --- numbers, and freeing ----------------------------------------------------------------------------------------


def test_the_numbers_of_the_rota_stand_there_as_sentences_with_a_way_to_change_them(world: World, hana: Client) -> None:
    policy.change(seat(world), "rota_rest", 9)
    page = text(hana.get(reverse("in_patterns")))
    assert "lie at least 9 hours" in page
    for key in ("rota_rest", "rota_row", "aim_night", "plan_seconds"):
        assert reverse("in_setting", args=[key]) in page
    assert reverse("in_setting", args=["on_call_tiers"]) in page
