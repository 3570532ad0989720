"""A member's device posts a sealed request: stored once with its ladder, never twice, and never whose it is."""

import os
from datetime import timedelta

import pytest
from django.test import Client

from alongside.accounts.models import Office, Organisation
from alongside.directory import actions as directory
from alongside.directory.models import CandidateList
from alongside.escalation.models import Alert, Ladder
from alongside.help_requests import actions
from alongside.help_requests.models import Attempt, Request
from alongside.kernel import ids
from alongside.policy.models import Change
from alongside.rota.models import Shift
from tests import world as cast
from tests.conftest import Clock
from tests.escalation.programme import CONTACT
from tests.help_requests.device import console, database_gone, nothing, post, rows, somebody_else_writes
from tests.help_requests.frames import TWELVE, TWENTY_FOUR, Frame, frame_for, give_keys
from tests.world import NOW, World

STORED = {"state": "stored"}


@pytest.fixture
def pine(world: World) -> World:
    """Return the cast, every supporter with a key for this week."""
    give_keys([world.renee, world.marcus, world.ana, world.lena])
    return world


def ladder_of(frame: Frame) -> Ladder:
    stored = frame.stored()
    assert stored is not None
    return stored.ladder


def rungs_of(frame: Frame) -> list[tuple[str, int, list[str]]]:
    return [(rung["kind"], rung["after"], rung["who"]) for rung in ladder_of(frame).rungs]


# --- stored ------------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "A-09", "D-01")
def test_a_request_for_now_is_stored_with_the_rungs_and_times_of_policy(pine: World) -> None:
    frame = frame_for(pine.pine)
    answer = post("requests", frame)
    assert (answer.status_code, answer.json()) == (201, STORED)
    renee, marcus, ana = str(pine.renee.id), str(pine.marcus.id), str(pine.ana.id)
    assert rungs_of(frame) == [
        ("primary", 0, [renee]),
        ("backup", 5, [marcus]),
        ("all", 10, [renee, marcus, ana]),
    ]
    ladder = ladder_of(frame)
    assert ladder.terms == {"connect": 15, "alarm": 240, "hold": 60, "limit": 72 * 60}
    assert (ladder.state, ladder.urgency, ladder.opened_at) == ("open", "now", NOW)
    assert ladder.ends_at == NOW + timedelta(hours=72)


@pytest.mark.req("A-03", "A-09")
def test_a_request_for_today_climbs_slower_and_is_everybodys_at_the_change_of_shift(pine: World) -> None:
    hana = cast.supporter(pine.hana, pine.patrol)
    give_keys([pine.renee, pine.marcus, pine.ana, pine.lena, hana])
    Shift.objects.all().update(ends_at=NOW + timedelta(minutes=300))
    frame = frame_for(pine.pine, urgency="today")
    assert post("requests", frame).status_code == 201
    assert [rung[:2] for rung in rungs_of(frame)] == [
        ("primary", 0),
        ("backup", 30),
        ("coordinator", 120),
        ("all", 300),
    ]
    assert ladder_of(frame).terms["connect"] == 240


@pytest.mark.req("A-03", "A-09")
def test_the_numbers_in_force_when_it_is_sent_are_promised(pine: World) -> None:
    for version, (key, value) in enumerate([("urgent_second", 3), ("urgent_third", 7)], start=1):
        Change.objects.create(organisation=pine.pine, key=key, value=value, version=version, changed_at=NOW)
    frame = frame_for(pine.pine)
    post("requests", frame)
    Change.objects.create(organisation=pine.pine, key="urgent_second", value=2, version=3, changed_at=NOW)
    assert [rung[:2] for rung in rungs_of(frame)] == [("primary", 0), ("backup", 3), ("all", 7)]


@pytest.mark.req("A-03", "A-08")
def test_only_those_it_was_sealed_for_are_on_the_ladder(pine: World) -> None:
    frame = frame_for(pine.pine, route=(1, 2))
    assert post("requests", frame).status_code == 201
    marcus, ana = str(pine.marcus.id), str(pine.ana.id)
    assert rungs_of(frame) == [("backup", 0, [marcus]), ("all", 5, [marcus, ana])]


@pytest.mark.req("A-03", "D-01")
def test_whoever_is_on_call_when_it_is_sent_is_called_first_not_who_was_when_the_list_was_made(
    pine: World, clock: Clock
) -> None:
    frame = frame_for(pine.pine)
    Shift.objects.all().delete()
    cast.shift(pine.ana, 1, NOW, NOW + timedelta(hours=8))
    clock.forward(minutes=5)
    assert post("requests", frame).status_code == 201
    assert rungs_of(frame)[0] == ("primary", 0, [str(pine.ana.id)])


@pytest.mark.req("K-22", "K-26")
def test_what_is_kept_is_the_envelope_two_hashes_and_the_minute(pine: World, clock: Clock) -> None:
    clock.forward(seconds=41)
    frame = frame_for(pine.pine)
    post("requests", frame)
    stored = frame.stored()
    assert stored is not None
    assert bytes(stored.envelope or b"") == TWELVE
    assert stored.ladder.opened_at == NOW
    assert bytes(Attempt.objects.get().token_hash) == ids.digest(frame.attempt)
    assert {field.name for field in Request._meta.fields} == {
        "id",
        "organisation",
        "ladder",
        "progress_hash",
        "envelope",
    }
    assert {field.name for field in Attempt._meta.fields} == {"token_hash", "list"}


# --- once --------------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03")
def test_the_same_attempt_again_is_answered_like_the_first_and_stored_once(pine: World, clock: Clock) -> None:
    frame = frame_for(pine.pine)
    assert post("requests", frame).status_code == 201
    before = rows()
    for _ in range(3):
        clock.forward(minutes=1)
        answer = post("requests", frame)
        assert (answer.status_code, answer.json()) == (200, STORED)
    assert rows() == before


@pytest.mark.req("A-03")
def test_a_new_attempt_under_the_same_receipt_is_the_same_request(pine: World) -> None:
    frame = frame_for(pine.pine)
    assert post("requests", frame).status_code == 201
    before = rows()
    assert post("requests", frame.but(attempt=os.urandom(16))).status_code == 200
    assert rows() == before


@pytest.mark.req("A-03")
def test_two_receipts_are_two_requests(pine: World) -> None:
    frame = frame_for(pine.pine)
    assert post("requests", frame).status_code == 201
    assert post("requests", frame.but(attempt=os.urandom(16), token=os.urandom(16))).status_code == 201
    assert Request.objects.count() == 2


@pytest.mark.req("A-03", "K-22", "K-35")
@pytest.mark.parametrize("how", ["closed", "cancelled"])
def test_a_late_retry_does_not_bring_back_what_is_over(how: str, pine: World, clock: Clock) -> None:
    frame = frame_for(pine.pine)
    assert post("requests", frame).status_code == 201
    stored = frame.stored()
    assert stored is not None
    if how == "cancelled":
        post("progress/cancel", frame.token)
    else:
        actions.climb(clock.now())
        actions.accept(pine.renee.id, stored.id)
        actions.close(pine.renee.id, stored.id, CONTACT)
    assert not Request.objects.exists()
    answer = post("requests", frame)
    assert (answer.status_code, answer.json()) == (200, STORED)
    assert not Request.objects.exists()
    assert not Ladder.objects.exists()
    # Its list is over after half an hour, and so is the memory of it: the device is sent back to the beginning.
    clock.forward(minutes=31)
    directory.purge(clock.now())
    assert not Attempt.objects.exists()
    assert post("requests", frame).status_code == 409
    assert rows() == nothing()


# --- the list ----------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03")
def test_a_list_is_good_to_its_last_second_and_stale_after_it(pine: World, clock: Clock) -> None:
    frame, late = frame_for(pine.pine), frame_for(pine.pine)
    # 8:05; the lists of half an hour begin at the hour and every quarter of it.
    clock.forward(minutes=24, seconds=59)
    assert post("requests", frame).status_code == 201
    before = rows()
    clock.forward(seconds=1)
    answer = post("requests", late)
    assert (answer.status_code, answer.json()) == (409, {"state": "reseal"})
    assert rows() == before


@pytest.mark.req("A-03", "M-24")
def test_the_list_of_another_organisation_and_one_that_never_was_store_nothing(pine: World) -> None:
    theirs = frame_for(pine.lake)
    for frame in (theirs, theirs.but(list_id=os.urandom(16))):
        answer = post("requests", frame)
        assert (answer.status_code, answer.json()) == (409, {"state": "reseal"})
    assert rows() == nothing()
    assert post("requests", theirs, "lake").status_code == 201


@pytest.mark.req("A-08", "K-26")
@pytest.mark.parametrize(("people", "right", "wrong"), [(12, TWELVE, TWENTY_FOUR), (13, TWENTY_FOUR, TWELVE)])
def test_every_request_of_a_list_has_the_same_length_whoever_is_left_out(
    people: int, right: bytes, wrong: bytes, world: World
) -> None:
    team = [world.renee, world.marcus, world.ana]
    team += [cast.supporter(f"Peer{number} Test", world.jail) for number in range(people - len(team))]
    give_keys(team)
    frame = frame_for(world.pine, route=(0, 2))
    answer = post("requests", frame.but(envelope=wrong))
    assert (answer.status_code, answer.json()) == (422, {"state": "refused", "code": "wrong-stanza-count"})
    assert rows() == nothing()
    assert post("requests", frame.but(envelope=right)).status_code == 201


# --- closed, busy, gone ------------------------------------------------------------------------------------------


@pytest.mark.req("A-03")
def test_an_organisation_that_is_closed_or_unknown_takes_no_request(pine: World) -> None:
    frame, before = frame_for(pine.pine), frame_for(pine.pine)
    assert post("requests", before).status_code == 201
    kept = rows()
    Organisation.objects.filter(slug="pine").update(open=False)
    answer = post("requests", frame)
    assert (answer.status_code, answer.json()) == (410, {"state": "closed"})
    answer = post("requests", frame, "nowhere")
    assert (answer.status_code, answer.json()) == (404, {"state": "refused", "code": "no-organisation"})
    assert rows() == kept
    # Who asked before it closed is still answered.
    assert post("progress", before.token).json()["state"] == "open"


@pytest.mark.req("A-03")
def test_past_the_hourly_cap_it_is_busy_for_new_ones_only_until_the_hour_is_over(pine: World, clock: Clock) -> None:
    Change.objects.create(organisation=pine.pine, key="requests_per_hour", value=10, version=1, changed_at=NOW)
    first = frame_for(pine.pine)
    frames = [first.but(attempt=os.urandom(16), token=os.urandom(16)) for _ in range(11)]
    assert [post("requests", frame).status_code for frame in frames] == [201] * 10 + [503]
    assert post("requests", frames[10]).json() == {"state": "busy"}
    assert Request.objects.count() == Attempt.objects.count() == 10
    assert post("requests", frames[0]).status_code == 200
    assert post("requests", frame_for(pine.lake), "lake").status_code == 201
    clock.forward(minutes=60)
    assert post("requests", frames[10].but(list_id=frame_for(pine.pine).list_id)).status_code == 201


@pytest.mark.req("A-03")
@pytest.mark.django_db(transaction=True)
def test_without_a_database_every_endpoint_says_busy_and_the_next_try_is_taken(clock: Clock) -> None:
    made = cast.make_world()
    give_keys([made.renee, made.marcus])
    frame = frame_for(made.pine)
    message = os.urandom(32) + TWELVE
    tries: list[tuple[str, Frame | bytes]] = [("requests", frame), ("messages", message), ("box", frame.token)]
    tries += [(path, frame.token) for path in ("progress", "progress/not-called", "progress/cancel", "box/erase")]
    with database_gone():
        answers = [post(path, body) for path, body in tries]
        listed = Client().get("/ask/pine/candidates.json")
    assert [(one.status_code, one.json()) for one in (*answers, listed)] == [(503, {"state": "busy"})] * 8
    assert {one.headers["Cache-Control"] for one in (*answers, listed)} == {"no-store"}
    assert post("requests", frame).status_code == 201


@pytest.mark.req("A-03")
@pytest.mark.django_db(transaction=True)
def test_while_somebody_else_writes_for_too_long_it_is_busy_and_nothing_is_half_stored(clock: Clock) -> None:
    made = cast.make_world()
    give_keys([made.renee, made.marcus])
    frame = frame_for(made.pine)
    with somebody_else_writes():
        answer = post("requests", frame)
    assert (answer.status_code, answer.json()) == (503, {"state": "busy"})
    assert rows() == nothing()
    assert post("requests", frame).status_code == 201


@pytest.mark.req("A-03")
@pytest.mark.django_db(transaction=True)
def test_a_list_that_is_purged_in_the_middle_of_storing_never_looks_stored(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = cast.make_world()
    give_keys([made.renee, made.marcus])
    frame = frame_for(made.pine)
    read = actions.asking._check_envelope

    def purged_meanwhile(envelope: bytes, slots: int) -> None:
        read(envelope, slots)
        CandidateList.objects.all().delete()

    monkeypatch.setattr(actions.asking, "_check_envelope", purged_meanwhile)
    assert post("requests", frame).status_code == 503
    monkeypatch.undo()
    assert rows() == nothing()
    assert post("requests", frame).status_code == 409


# --- who sent it -------------------------------------------------------------------------------------------------


@pytest.mark.req("K-26", "K-35")
def test_no_answer_is_kept_sets_a_cookie_or_varies_by_one_and_nothing_is_logged(pine: World) -> None:
    frame, client = frame_for(pine.pine), cast.sign_in(Client(), pine.hana)
    stale = frame.but(list_id=os.urandom(16), attempt=os.urandom(16), token=os.urandom(16))
    with console() as said:
        answers = [
            post("requests", frame),
            post("requests", frame),
            post("requests", stale),
            post("requests", frame, "nowhere"),
            post("requests", b"short"),
            post("requests", frame, HTTP_SEC_FETCH_SITE="cross-site"),
            post("progress", frame.token),
            post("progress", os.urandom(16)),
            post("messages", frame.token + os.urandom(16) + TWELVE),
            post("box", frame.token),
            post("box/erase", frame.token),
            post("progress/not-called", frame.token),
            # Also for somebody who is signed in on the same device.
            post("requests", stale, client=client),
            post("progress/cancel", frame.token, client=client),
        ]
    statuses = [one.status_code for one in answers]
    assert statuses == [201, 200, 409, 404, 400, 403, 200, 200, 201, 200, 200, 200, 409, 200]
    for one in answers:
        assert one.headers["Cache-Control"] == "no-store"
        assert not one.cookies
        assert "Cookie" not in one.headers.get("Vary", "")
    assert said.getvalue() == ""


@pytest.mark.req("K-26")
@pytest.mark.django_db(transaction=True)
def test_a_failure_is_logged_without_path_organisation_or_bytes(clock: Clock) -> None:
    made = cast.make_world()
    give_keys([made.renee])
    frame = frame_for(made.pine)
    with console() as said, database_gone():
        post("requests", frame, HTTP_USER_AGENT="marker-agent", REMOTE_ADDR="203.0.113.7")
    # That it happens is for the operator to see; to whom is not.
    assert said.getvalue().startswith("ERROR django.request")
    for marker in ("/ask", "pine", "marker-agent", "203.0.113.7", "requests", frame.attempt.hex()):
        assert marker not in said.getvalue()


@pytest.mark.req("A-03")
def test_storing_calls_nobody_yet_and_the_next_turn_does(pine: World, clock: Clock) -> None:
    post("requests", frame_for(pine.pine))
    assert not Alert.objects.exists()
    actions.climb(clock.now())
    assert [alert.supporter_id for alert in Alert.objects.all()] == [pine.renee.id]


@pytest.mark.req("A-08", "A-03")
def test_a_candidate_without_an_office_is_called_like_any_other(pine: World) -> None:
    pine.renee.office = None
    pine.renee.save()
    assert Office.objects.filter(organisation=pine.pine).count() == 3
    frame = frame_for(pine.pine)
    assert post("requests", frame).status_code == 201
    assert rungs_of(frame)[0] == ("primary", 0, [str(pine.renee.id)])
