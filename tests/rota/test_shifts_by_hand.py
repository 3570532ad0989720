"""A shift that a coordinator enters by hand: what D-03 and D-12 ask is asked, and what speaks against it is said."""

import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alongside.accounts import queries as accounts
from alongside.accounts.models import AuditEntry, Organisation, Role
from alongside.notify.models import Notice
from alongside.policy import actions as policy
from alongside.rota import actions
from alongside.rota.models import Blackout, Busy, Cap, Hours, Shift
from alongside.rota.queries.exchanges import field_of
from alongside.rota.rules import Duty
from alongside.rota.rules.exchanging import Why
from alongside.team.models import Ready, Supporter
from tests import world as cast
from tests.conftest import Clock
from tests.rota.exchanging import DAWN, DAY, HOUR, day, ready, team
from tests.world import NOW, World, make_world, sign_in, unknown_id

ENTER = reverse("in_rota_enter")
# Tuesday of next week, 7:00 in Pine County.
BEGIN = DAWN + DAY
ONE = [(BEGIN, BEGIN + 12 * HOUR)]


def seat(world: World) -> accounts.Seat:
    return accounts.permit(world.hana, "rota.change")


def enter(world: World, who: Supporter, spans: Sequence[tuple[datetime, datetime]], seen: str = "") -> None:
    actions.enter_shifts(seat(world), who.id, 1, spans, seen=seen)


def against(
    world: World, who: Supporter, spans: Sequence[tuple[datetime, datetime]] = ONE, seen: str = ""
) -> tuple[list[tuple[datetime, Why]], str]:
    """Try to enter shifts; return what speaks against which, and the seal, having seen that nothing has changed."""
    before = set(Shift.objects.values_list("id", "starts_at"))
    with pytest.raises(actions.SpokenAgainst) as refused:
        enter(world, who, spans, seen)
    assert set(Shift.objects.values_list("id", "starts_at")) == before
    assert not AuditEntry.objects.filter(what__startswith="shift.").exists()
    assert not Notice.objects.filter(address=who.person.email).exists()
    found = refused.value.found
    return [(duty.starts_at, why) for duty, why in found.against], found.seal


def entered(who: Supporter) -> list[datetime]:
    return list(Shift.objects.filter(supporter=who).order_by("starts_at").values_list("starts_at", flat=True))


def form(who: Supporter, **changes: str) -> dict[str, str]:
    """Return the form of a shift on Tuesday of next week."""
    return {
        "supporter": str(who.id),
        "tier": "1",
        "from_day": "2026-12-01",
        "from_time": "07:00",
        "to_day": "2026-12-01",
        "to_time": "19:00",
        "every": "0",
        "until": "",
        **changes,
    }


# --- what everybody on call needs ----------------------------------------------------------------------------------


NEEDS = [
    ("phone_checked_on", "rota_needs_phone", "phone", "no telephone for duty that you called"),
    ("crisis_trained_on", "rota_needs_training", "training", "no crisis training"),
]


@pytest.mark.req("D-03", "D-12")
@pytest.mark.parametrize(("field", "switch", "missing", "said"), NEEDS)
def test_who_lacks_what_policy_asks_is_not_put_on_call(
    world: World, field: str, switch: str, missing: str, said: str
) -> None:
    client = Client()
    team(world)
    Ready.objects.filter(supporter=world.ana).update(**{field: None})
    with pytest.raises(actions.Unready) as refused:
        enter(world, world.ana, ONE)
    assert refused.value.missing == (missing,)
    sign_in(client, world.hana)
    for seen in ("", "0" * 32):
        answer = client.post(ENTER, form(world.ana, seen=seen))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert f"Ana Ruiz cannot be on call yet: {said}" in page
        assert f'href="{reverse("in_readiness")}"' in page
        assert "Enter it all the same" not in page
        for *_, other in NEEDS:
            assert (other in page) == (other == said)
    assert entered(world.ana) == []
    assert not Notice.objects.exists()
    # Where the organisation does not ask for it, nothing is asked.
    policy.change(accounts.permit(world.hana, "policy.change"), switch, 0)
    assert client.post(ENTER, form(world.ana)).status_code == 302
    assert entered(world.ana) == [BEGIN]


@pytest.mark.req("D-03", "D-12")
def test_who_lacks_both_is_told_both_and_named_as_not_ready_in_the_list(world: World, client: Client) -> None:
    team(world)
    Ready.objects.filter(supporter=world.ana).delete()
    sign_in(client, world.hana)
    page = client.get(ENTER).content.decode()
    assert "Ana Ruiz (not ready for duty)" in page
    assert page.count("(not ready for duty)") == 1
    page = client.post(ENTER, form(world.ana)).content.decode()
    assert all(said in page for *_, said in NEEDS)
    ready(world.ana)
    assert client.post(ENTER, form(world.ana)).status_code == 302


# --- what is a matter of judgement ---------------------------------------------------------------------------------


def blackout(world: World) -> None:
    Blackout.objects.create(supporter=world.ana, first_day=BEGIN.date(), last_day=BEGIN.date())


def busy(world: World) -> None:
    Busy.objects.create(supporter=world.ana, starts_at=BEGIN + HOUR, ends_at=BEGIN + 2 * HOUR)


def works(world: World) -> None:
    Hours.objects.create(supporter=world.ana, weekday=1, minute=8 * 60, minutes=60, works=True)


def other_hours(world: World) -> None:
    Hours.objects.create(supporter=world.ana, weekday=5, minute=8 * 60, minutes=600)


def elsewhere(world: World, start: datetime = BEGIN) -> Supporter:
    """Let Ana serve in Lakeshore too, and be on call there."""
    Role.objects.create(person=world.ana.person, organisation=world.lake, name="supporter")
    there = cast.supporter(world.ana.person, world.lena.office)
    day(there, start=start)
    return there


def rests_too_little_elsewhere(world: World) -> None:
    elsewhere(world, BEGIN + 13 * HOUR)


def rest(world: World) -> None:
    day(world.ana, start=BEGIN - 13 * HOUR)


def row(world: World) -> None:
    for number in (-3, -2, -1, 1, 2):
        day(world.ana, number, start=BEGIN)


def cap(world: World) -> None:
    Cap.objects.create(supporter=world.ana, most_in_28_days=0)


AWAY = [blackout, busy, works, other_hours, elsewhere, rests_too_little_elsewhere]


@pytest.mark.req("B-38", "D-13")
@pytest.mark.parametrize(
    ("make", "why"),
    [*((one, Why.AWAY) for one in AWAY), (rest, Why.REST), (row, Why.ROW), (cap, Why.CAP)],
)
def test_what_speaks_against_a_shift_is_said_first_and_may_be_overridden(
    world: World, make: Callable[[World], object], why: Why
) -> None:
    team(world)
    make(world)
    found, seal = against(world, world.ana)
    assert found == [(BEGIN, why)]
    # Not by pressing twice, nor with a seal of something else.
    assert against(world, world.ana, seen="anything") == (found, seal)
    enter(world, world.ana, ONE, seal)
    assert BEGIN in entered(world.ana)
    [entry] = AuditEntry.objects.filter(organisation=world.pine)
    assert entry.what == "shift.entered_anyway"
    # What spoke against it is theirs, and is not kept.
    assert set(entry.detail) == {"tier", "name", "from", "to"}


@pytest.mark.req("M-24", "D-13")
def test_a_coordinator_cannot_tell_why_somebody_cannot_be_on_call(world: World, client: Client) -> None:
    team(world)
    sign_in(client, world.hana)
    pages = set()
    for make in AWAY:
        made = make(world)
        page = client.post(ENTER, form(world.ana))
        assert page.status_code == 422
        [main] = [page.content.decode().split('role="alert"')[1].split("</div>")[0]]
        pages.add(main)
        for kind in (Blackout, Busy, Hours):
            kind.objects.all().delete()
        if isinstance(made, Supporter) or make is rests_too_little_elsewhere:
            Shift.objects.filter(organisation=world.lake).delete()
            Supporter.objects.filter(organisation=world.lake, person=world.ana.person).delete()
            Role.objects.filter(organisation=world.lake, person=world.ana.person).delete()
    assert len(pages) == 1
    assert "Ana Ruiz cannot be on call then." in pages.pop()


@pytest.mark.req("D-13")
def test_each_thing_that_speaks_against_it_has_a_sentence_and_the_second_button_enters_it(
    world: World, client: Client
) -> None:
    team(world)
    for make in (blackout, rest, row, cap):
        make(world)
    sign_in(client, world.hana)
    answer = client.post(ENTER, form(world.ana))
    page = answer.content.decode()
    assert answer.status_code == 422
    for said in (
        "Ana Ruiz cannot be on call then.",
        "Ana Ruiz would have less rest between two shifts",
        "Ana Ruiz would begin a shift on too many days in a row",
        "Ana Ruiz would have more shifts within 28 days",
    ):
        assert page.count(said) == 1
    # What was typed stays, and Enter presses the first button, which overrides nothing.
    assert 'value="2026-12-01"' in page
    seal = page.split('name="seen" value="')[1].split('"')[0]
    assert page.index(">Enter it</button>") < page.index(">Enter it all the same</button>")
    assert client.post(ENTER, form(world.ana)).status_code == 422
    done = client.post(ENTER, form(world.ana, seen=seal))
    assert done.url == reverse("in_rota") + "?from=2026-12-01#d2026-12-01"  # type: ignore[attr-defined]
    assert BEGIN in entered(world.ana)
    page = client.get(reverse("in_audit")).content.decode()
    assert "put Ana Ruiz on call (First)" in page
    assert "after reading what speaks against it" in page


@pytest.mark.req("D-13")
def test_what_was_not_seen_is_not_overridden(world: World, client: Client) -> None:
    team(world)
    blackout(world)
    sign_in(client, world.hana)
    page = client.post(ENTER, form(world.ana)).content.decode()
    seal = page.split('name="seen" value="')[1].split('"')[0]
    # Another coordinator, or Ana herself, changes something meanwhile.
    rest(world)
    again = client.post(ENTER, form(world.ana, seen=seal))
    page = again.content.decode()
    assert again.status_code == 422
    assert "What speaks against it has changed" in page
    assert "less rest between two shifts" in page
    assert BEGIN not in entered(world.ana)
    newer = page.split('name="seen" value="')[1].split('"')[0]
    assert newer != seal
    # Another day, person or place is another thing, also where the same sentence is said of it.
    for changes in (
        {"to_time": "18:00"},
        {"tier": "2"},
        {"every": "7", "until": "2026-12-08"},
        {"from_time": "06:00"},
    ):
        assert client.post(ENTER, form(world.ana, seen=newer, **changes)).status_code == 422
    assert client.post(ENTER, form(world.ana, seen=newer)).status_code == 302


@pytest.mark.req("D-13")
def test_where_nothing_speaks_against_it_any_more_it_is_entered(world: World) -> None:
    team(world)
    blackout(world)
    _found, seal = against(world, world.ana)
    Blackout.objects.all().delete()
    enter(world, world.ana, ONE, seal)
    assert AuditEntry.objects.get(organisation=world.pine).what == "shift.entered"


@pytest.mark.req("D-13")
def test_of_several_shifts_each_is_judged_with_those_before_it(world: World, client: Client) -> None:
    team(world)
    week = [(BEGIN + number * DAY, BEGIN + number * DAY + 12 * HOUR) for number in range(7)]
    found, seal = against(world, world.ana, week)
    assert found == [(BEGIN + number * DAY, Why.ROW) for number in (5, 6)]
    near = [(start, start + 14 * HOUR) for start, _end in week[:3]]
    assert against(world, world.ana, near)[0] == [(BEGIN + number * DAY, Why.REST) for number in (1, 2)]
    Cap.objects.create(supporter=world.ana, most_in_28_days=2)
    weekly = [(BEGIN + number * 7 * DAY, BEGIN + number * 7 * DAY + 12 * HOUR) for number in range(5)]
    assert against(world, world.ana, weekly)[0] == [(BEGIN + number * 7 * DAY, Why.CAP) for number in (2, 3, 4)]
    sign_in(client, world.hana)
    page = client.post(ENTER, form(world.ana, every="7", until="2026-12-29")).content.decode().replace("\xa0", " ")
    assert "Tue 15 Dec, Tue 22 Dec, Tue 29 Dec" in page
    page = client.post(ENTER, form(world.ana, every="7", until="2027-01-26")).content.decode().replace("\xa0", " ")
    assert "Tue 15 Dec, Tue 22 Dec, Tue 29 Dec, Tue 5 Jan and 3 more" in page
    Cap.objects.all().delete()
    enter(world, world.ana, week, seal)
    said = [entry.what for entry in AuditEntry.objects.filter(organisation=world.pine)]
    assert sorted(said) == ["shift.entered"] * 5 + ["shift.entered_anyway"] * 2


@pytest.mark.req("D-01", "D-13")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    others=st.lists(st.tuples(st.integers(-96, 96), st.integers(1, 24)), max_size=6),
    hours=st.integers(1, 24),
    most=st.one_of(st.none(), st.integers(0, 3)),
)
def test_a_shift_is_opposed_exactly_where_it_could_not_change_hands(
    world: World, others: list[tuple[int, int]], hours: int, most: int | None
) -> None:
    ready(world.ana)
    Shift.objects.all().delete()
    Cap.objects.all().delete()
    if most is not None:
        Cap.objects.create(supporter=world.ana, most_in_28_days=most)
    new = Duty(1, world.ana.id, BEGIN, BEGIN + hours * HOUR)
    for begins, length in others:
        start, end = BEGIN + begins * HOUR, BEGIN + (begins + length) * HOUR
        if end <= BEGIN or new.ends_at <= start:
            Shift.objects.create(organisation=world.pine, supporter=world.ana, tier=2, starts_at=start, ends_at=end)
    broken = field_of(world.pine, [new], NOW).broken(world.ana.id, new)
    before = Shift.objects.count()
    try:
        enter(world, world.ana, [(new.starts_at, new.ends_at)])
        opposed = []
    except actions.SpokenAgainst as refused:
        opposed = [why for _duty, why in refused.found.against]
    assert (broken in opposed) if broken else opposed == []
    assert Shift.objects.count() == before + (not opposed)


# --- two at once, rubbish, people of elsewhere ----------------------------------------------------------------------


@pytest.mark.req("D-01", "D-13")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seen", [False, True])
def test_of_two_coordinators_whose_shifts_speak_against_each_other_the_second_is_asked(
    clock: Clock, seen: bool
) -> None:
    world = make_world()
    team(world)
    if seen:
        # Both looked at a page on which another thing spoke against each.
        Blackout.objects.create(supporter=world.ana, first_day=date(2026, 12, 1), last_day=date(2026, 12, 2))
    spans = [[(BEGIN + begins * HOUR, BEGIN + (begins + 12) * HOUR)] for begins in (0, 14)]
    seals = [against(world, world.ana, one)[1] if seen else "" for one in spans]
    start, outcomes = threading.Barrier(2), []

    def step(number: int) -> None:
        start.wait()
        try:
            enter(world, world.ana, spans[number], seals[number])
            outcomes.append("entered")
        except actions.SpokenAgainst as refused:
            outcomes.append(" ".join(why for _duty, why in refused.found.against))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=step, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == sorted(["entered", "away rest" if seen else "rest"])
    assert len(entered(world.ana)) == 1


RUBBISH = ["", "\0", "\0\0x", "-1", "1e9", "9" * 400, "ü" * 3000, "<b>", "' OR 1=1 --", "0001-01-01", "9999-12-31"]
RUBBISH += ["24:00", "2026-02-30", str(uuid.UUID(int=0)), "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")]


@pytest.mark.req("M-24", "D-01")
@pytest.mark.parametrize("zone", ["America/Chicago", "Pacific/Kiritimati", "Europe/Berlin"])
def test_rubbish_in_any_field_is_refused_in_words_and_enters_nothing(world: World, client: Client, zone: str) -> None:
    team(world)
    Organisation.objects.filter(id=world.pine.id).update(time_zone=zone)
    sign_in(client, world.hana)
    for name in form(world.ana):
        if name == "until":
            # Looked at only where the shift comes again.
            continue
        for text in RUBBISH:
            answer = client.post(ENTER, form(world.ana, **{name: text}))
            assert answer.status_code == 422, (name, text)
            assert "Enter it all the same" not in answer.content.decode(), (name, text)
    for text in RUBBISH:
        answer = client.post(ENTER, form(world.ana, every="7", until=text))
        assert answer.status_code == (302 if text == "0001-01-01" else 422), text
    for text in ("0001-01-01", "1900-01-01", "9999-12-31"):
        both = form(world.ana, from_day=text, to_day=text)
        assert client.post(ENTER, both).status_code == 422, text
    assert len(entered(world.ana)) == 1
    Shift.objects.all().delete()
    cap(world)
    for text in RUBBISH:
        answer = client.post(ENTER, form(world.ana, seen=text))
        assert answer.status_code == 422, text
        assert "Enter it all the same" in answer.content.decode()
    assert client.post(ENTER, {"seen": ""}).status_code == 422
    assert entered(world.ana) == []


@pytest.mark.req("M-24")
def test_nobody_of_elsewhere_is_put_on_call_also_not_with_a_seal(world: World, client: Client) -> None:
    team(world)
    there = elsewhere(world)
    _found, seal = against(world, world.ana)
    sign_in(client, world.hana)
    for strange in (world.lena.id, there.id, unknown_id()):
        before = Shift.objects.count()
        answer = client.post(ENTER, form(world.ana, supporter=str(strange), seen=seal))
        assert answer.status_code == 422
        assert "Enter it all the same" not in answer.content.decode()
        assert Shift.objects.count() == before
    # Nobody but the coordinators of Pine County enters anything there.
    for who in world.everybody().values():
        if who not in (world.hana, world.lars):
            assert sign_in(Client(), who).post(ENTER, form(world.ana, seen=seal)).status_code == 404
    lars = sign_in(Client(), world.lars)
    assert lars.post(ENTER, form(world.ana, seen=seal)).status_code == 422
    assert entered(world.ana) == []


@pytest.mark.req("D-13")
def test_a_year_of_days_is_judged_in_a_moment(world: World) -> None:
    team(world)
    Hours.objects.create(supporter=world.ana, weekday=2, minute=0, minutes=600, works=True)
    start = datetime.now(UTC)
    found, _seal = against(
        world, world.ana, [(BEGIN + number * DAY, BEGIN + number * DAY + 14 * HOUR) for number in range(390)]
    )
    assert len(found) > 390
    assert datetime.now(UTC) - start < timedelta(seconds=10)
