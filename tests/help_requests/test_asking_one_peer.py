"""Somebody asks one peer by their card: that person is called first, the known ladder after them, and nobody else."""

import pytest

from alongside.directory import actions as directory
from alongside.directory import rules as cards
from alongside.escalation import rules as ladders
from alongside.escalation.models import Alert
from alongside.help_requests import actions
from alongside.help_requests.actions import standing
from alongside.kernel import clock
from alongside.rota.models import Shift
from alongside.sealing import actions as sealing
from alongside.team import actions as team
from alongside.team.models import Supporter
from tests import world as cast
from tests.conftest import Clock
from tests.directory.carding import give_cards
from tests.help_requests.device import nothing, post, rows
from tests.help_requests.frames import TWENTY_FOUR, Frame, frame_for, give_keys
from tests.world import World


@pytest.fixture
def pine(world: World) -> World:
    """Return the cast; Renée is on call first, Marcus second; Hana coordinates and serves; Ana and Renée have cards."""
    cast.supporter(world.hana, world.patrol)
    give_keys(Supporter.objects.order_by("person__name"))
    give_cards([world.ana, world.renee])
    return world


def asking(world: World, chosen: Supporter, route: tuple[int, ...] | None = None) -> Frame:
    """Return a request that asks one peer first, as a device sends it."""
    at = directory.current_list(world.pine, clock.now()).directory.index(chosen.id)
    return frame_for(world.pine, route).but(version=2, chosen=(0, at))


def rungs(frame: Frame) -> list[tuple[str, set[object]]]:
    row = frame.stored()
    assert row is not None
    return [(rung.kind, set(rung.who)) for rung in map(ladders.Rung.of, row.ladder.rungs)]


def called(frame: Frame) -> set[object]:
    row = frame.stored()
    assert row is not None
    return set(Alert.objects.filter(ladder=row.ladder).values_list("supporter_id", flat=True))


@pytest.mark.req("A-06", "A-08", "G-15")
def test_the_chosen_peer_is_called_first_and_the_ladder_after_them(pine: World, clock: Clock) -> None:
    frame = asking(pine, pine.ana)
    assert post("requests", frame).status_code == 201
    everybody = {one.id for one in Supporter.objects.filter(organisation=pine.pine)}
    assert [kind for kind, _ in rungs(frame)] == ["chosen", "primary", "backup", "coordinator", "all"]
    assert rungs(frame)[0] == ("chosen", {pine.ana.id})
    assert rungs(frame)[-1] == ("all", everybody)
    actions.climb(clock.now())
    assert called(frame) == {pine.ana.id}
    clock.forward(minutes=5)
    actions.climb(clock.now())
    assert called(frame) == {pine.ana.id, pine.renee.id}


@pytest.mark.req("A-06")
def test_who_is_on_call_first_and_chosen_too_is_called_once(pine: World) -> None:
    frame = asking(pine, pine.renee)
    assert post("requests", frame).status_code == 201
    assert [kind for kind, _ in rungs(frame)] == ["chosen", "backup", "coordinator", "all"]
    assert rungs(frame)[0][1] == {pine.renee.id}


@pytest.mark.req("A-06")
def test_one_peer_alone_can_be_asked(pine: World) -> None:
    frame = asking(pine, pine.ana, ())
    assert post("requests", frame).status_code == 201
    assert rungs(frame) == [("chosen", {pine.ana.id}), ("all", {pine.ana.id})]


@pytest.mark.req("A-06", "A-08")
def test_exclusions_hold_for_the_ladder_after_the_chosen_peer(pine: World) -> None:
    listing = directory.current_list(pine.pine, clock.now())
    route = tuple(place for place, one in enumerate(listing.candidates) if one.supporter != pine.marcus.id)
    frame = asking(pine, pine.ana, route)
    assert post("requests", frame).status_code == 201
    assert pine.marcus.id not in rungs(frame)[-1][1]


@pytest.mark.req("C-18")
def test_a_chosen_peer_who_went_on_leave_is_passed_over_in_the_first_minute(pine: World, clock: Clock) -> None:
    frame = asking(pine, pine.ana)
    team.go_on_leave(pine.ana.id)
    assert post("requests", frame).status_code == 201
    actions.climb(clock.now())
    assert called(frame) == {pine.renee.id}


def test_a_shift_that_changed_meanwhile_does_not_put_anybody_before_the_chosen_peer(pine: World) -> None:
    frame = asking(pine, pine.ana)
    Shift.objects.all().delete()
    cast.shift(pine.ana, 1, cast.NOW, cast.NOW + cast.timedelta(hours=1))
    standing._standings.clear()
    assert post("requests", frame).status_code == 201
    assert rungs(frame)[0] == ("chosen", {pine.ana.id})


@pytest.mark.parametrize(
    ("chosen", "code"),
    [((1, 0), "unknown-block"), ((0xFFFE, 0), "unknown-block"), ((0, 2), "bad-place"), ((0, 23), "bad-place")],
)
def test_a_block_or_place_that_is_not_there_is_refused(pine: World, chosen: tuple[int, int], code: str) -> None:
    answer = post("requests", frame_for(pine.pine).but(version=2, chosen=chosen))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert rows() == nothing()


def test_a_place_beyond_any_block_is_refused(pine: World) -> None:
    answer = post("requests", frame_for(pine.pine).but(version=2, chosen=(0, 24)))
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-chosen")


@pytest.mark.req("M-24")
def test_a_block_of_another_organisations_list_is_refused(pine: World) -> None:
    give_cards([pine.lena])
    other = directory.current_list(pine.lake, clock.now())
    frame = frame_for(pine.pine).but(version=2, chosen=(0, 0), list_id=other.id.bytes)
    assert post("requests", frame).status_code == 409
    assert rows() == nothing()


def test_nobody_can_be_chosen_from_a_directory_of_nobody(world: World) -> None:
    give_keys([world.renee])
    answer = post("requests", frame_for(world.pine).but(version=2, chosen=(0, 0)))
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-block")


def test_more_people_than_the_envelope_has_room_for_are_refused(pine: World) -> None:
    for number in range(24):
        cast.supporter(f"Zed{number} Peer", pine.jail)
    give_keys(Supporter.objects.filter(person__name__startswith="Zed").order_by("person__name"), first=100)
    give_cards(Supporter.objects.filter(organisation=pine.pine, status="active"))
    listing = directory.current_list(pine.pine, clock.now())
    assert len(listing.candidates) == 24
    listed = {one.supporter for one in listing.candidates}
    outside = next(one for one in listing.directory if one not in listed)
    frame = frame_for(pine.pine).but(
        version=2, envelope=TWENTY_FOUR, chosen=cards.place_in(listing.directory.index(outside), len(listing.directory))
    )
    answer = post("requests", frame)
    assert (answer.status_code, answer.json()["code"]) == (422, "too-many")
    assert rows() == nothing()
    assert post("requests", frame.but(route=frame.route[:-1])).status_code == 201
    # Somebody of the list takes no second place.
    inside = listing.directory.index(listing.candidates[3].supporter)
    again = frame_for(pine.pine).but(
        version=2, envelope=TWENTY_FOUR, chosen=cards.place_in(inside, len(listing.directory))
    )
    assert post("requests", again).status_code == 201


@pytest.mark.req("A-03")
def test_the_same_post_again_is_stored_once_and_version_1_is_still_taken(pine: World) -> None:
    frame = asking(pine, pine.ana)
    assert [post("requests", frame).status_code for _ in range(2)] == [201, 200]
    assert post("requests", frame_for(pine.pine)).status_code == 201


@pytest.mark.req("A-03")
def test_a_chosen_peer_whose_keys_went_meanwhile_can_open_nothing_and_the_others_are_called(
    pine: World, clock: Clock
) -> None:
    frame = asking(pine, pine.ana)
    sealing.drop_keys(pine.ana.person_id)
    assert post("requests", frame).status_code == 201
    for _ in range(2):
        actions.climb(clock.now())
        clock.forward(minutes=5)
    actions.climb(clock.now())
    assert pine.renee.id in called(frame)
