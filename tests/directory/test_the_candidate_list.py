"""The list that members' devices seal to: who can be asked now, in ladder order, as keys and offices only."""

import gzip
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import brotli
import pytest
from django.test import Client

from alongside.accounts.models import Office, Organisation, Person
from alongside.accounts.queries import Seat
from alongside.directory import actions, queries
from alongside.directory.models import CandidateList
from alongside.help_requests.models import Attempt
from alongside.policy import actions as policy
from alongside.rota.models import Shift
from alongside.sealing import rules as seals
from alongside.sealing.models import KeyWrap, ReceivingKey
from alongside.team import actions as team
from alongside.team.models import Supporter
from tests import world as cast
from tests.conftest import Clock
from tests.help_requests.device import post
from tests.help_requests.frames import frame_for, give_keys
from tests.world import NOW, World

# 8:05, when lists are valid for half an hour and made at the hour and every quarter of it.
UNTIL = NOW + timedelta(minutes=25)


@pytest.fixture
def pine(world: World) -> World:
    """Return the cast; Hana coordinates and serves too, and five more peers have no duty."""
    cast.supporter(world.hana, world.patrol)
    for name, office in (("Jo", world.jail), ("Kim", world.jail), ("Lee", world.jail), ("Max", world.patrol)):
        cast.supporter(f"{name} Peer", office)
    give_keys(Supporter.objects.order_by("person__name"))
    return world


def fetch(organisation: str = "pine", accepts: str = "") -> Any:
    headers = {"Accept-Encoding": accepts} if accepts else {}
    return Client().get(f"/ask/{organisation}/candidates.json", headers=headers)


def listed(world: World) -> list[tuple[str, str]]:
    """Return (rank, first name) of everybody on the list of now, in its order."""
    names = {one.id: one.person.name.split()[0] for one in Supporter.objects.select_related("person")}
    return [(one.rank, names[one.supporter]) for one in actions.current_list(world.pine, NOW).candidates]


def named(world: World) -> set[str]:
    return {name for _, name in listed(world)}


def is_new(world: World, clock: Clock, change: Callable[[], object]) -> bool:
    """Say whether a change makes another list, with the clock where it is."""
    before = actions.current_list(world.pine, clock.now())
    assert actions.current_list(world.pine, clock.now()).id == before.id
    change()
    world.pine.refresh_from_db()
    return actions.current_list(world.pine, clock.now()).id != before.id


# --- who, in which order -----------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "D-01")
def test_it_names_primary_backup_coordinator_and_then_one_of_each_office_in_turn(pine: World) -> None:
    found = listed(pine)
    assert found[:3] == [("primary", "Renée"), ("backup", "Marcus"), ("coordinator", "Hana")]
    further = [name for rank, name in found[3:] if rank == "further"]
    assert set(further) == {"Ana", "Jo", "Kim", "Lee", "Max"}
    # Dispatch and Patrol have one each, Jail has three: nobody of Jail is called twice before everybody once.
    assert {"Ana", "Max"} < set(further[:3])
    assert set(further[3:]) < {"Jo", "Kim", "Lee"}


@pytest.mark.req("D-01")
def test_a_coordinator_who_is_on_call_is_called_as_such_and_one_who_does_not_serve_never(pine: World) -> None:
    cast.person("Rita Coordinator", pine.pine, "coordinator")
    Shift.objects.filter(tier=2).update(supporter=Supporter.objects.get(person=pine.hana))
    found = listed(pine)
    assert found[:2] == [("primary", "Renée"), ("backup", "Hana")]
    assert "coordinator" not in {rank for rank, _ in found}
    assert "Rita" not in named(pine)
    assert ("further", "Marcus") in found


@pytest.mark.req("A-08")
def test_leaving_out_any_one_office_leaves_somebody_when_two_serve(pine: World) -> None:
    for office in Office.objects.filter(organisation=pine.pine):
        candidates = actions.current_list(pine.pine, NOW).candidates
        assert [one for one in candidates if one.office != office.id]


@pytest.mark.req("A-08")
def test_it_holds_24_at_most_and_as_many_as_policy_says(world: World) -> None:
    for number in range(25):
        cast.supporter(f"Peer{number} Test", world.jail)
    give_keys(Supporter.objects.order_by("person__name"))
    assert len(listed(world)) == 24
    policy.change(Seat(world.hana, world.pine, frozenset({"coordinator"})), "pool_limit", 5)
    found = listed(world)
    assert len(found) == 5
    assert found[:2] == [("primary", "Renée"), ("backup", "Marcus")]
    assert "Ana" in {name for _, name in found[2:]}


@pytest.mark.req("B-10", "C-15", "C-18", "K-34")
def test_nobody_is_on_it_who_is_away_ended_unsigned_or_without_a_key(pine: World, clock: Clock) -> None:
    jo, kim, lee, maxi = (Supporter.objects.get(person__name=f"{name} Peer") for name in ("Jo", "Kim", "Lee", "Max"))
    assert {"Jo", "Kim", "Lee", "Max", "Renée"} < named(pine)
    team.go_on_leave(jo.id)
    team.end(Seat(pine.hana, pine.pine, frozenset({"coordinator"})), kim.id)
    Supporter.objects.filter(id=lee.id).update(agreement_version=0)
    ReceivingKey.objects.filter(person_id=maxi.person_id).delete()
    # Renée's private half is gone, as after a restore: what is sealed to her nobody could open.
    KeyWrap.objects.filter(key__person_id=pine.renee.person_id).delete()
    assert named(pine) == {"Marcus", "Hana", "Ana"}
    team.come_back(jo.id)
    team.sign_agreement(lee.id)
    assert named(pine) == {"Marcus", "Hana", "Ana", "Jo", "Lee"}


@pytest.mark.req("K-34")
def test_with_the_new_week_come_its_keys_only(world: World, clock: Clock) -> None:
    week = seals.monday_of(NOW)
    give_keys([world.renee], [week, week + timedelta(weeks=1)])
    this = actions.current_list(world.pine, clock.now())
    clock.forward(days=7)
    following = actions.current_list(world.pine, clock.now())
    assert len({one.key for one in (*this.candidates, *following.candidates)}) == 2
    clock.forward(days=7)
    assert actions.current_list(world.pine, clock.now()).candidates == ()


@pytest.mark.req("M-24")
def test_nobody_of_another_organisation_is_on_it(pine: World) -> None:
    assert "Lena" not in named(pine)
    assert [one.supporter for one in actions.current_list(pine.lake, NOW).candidates] == [pine.lena.id]


# --- what devices are told ---------------------------------------------------------------------------------------


@pytest.mark.req("K-26", "K-34")
def test_it_tells_devices_position_rank_office_and_key_and_names_nobody(pine: World) -> None:
    answer = fetch()
    body: dict[str, Any] = answer.json()
    listing = actions.current_list(pine.pine, NOW)
    bound = {"organisation", "week", "roster", "proofs"}
    assert set(body) == {"list", "until", "zone", "offices", "candidates"} | bound
    assert (body["list"], body["until"]) == (listing.id.hex, UNTIL.isoformat())
    assert body["zone"] == "America/Chicago"
    assert body["offices"] == ["Dispatch", "Jail", "Patrol"]
    offices = {None: None, pine.dispatch.id: 0, pine.jail.id: 1, pine.patrol.id: 2}
    assert body["candidates"] == [
        {
            "position": place,
            "rank": one.rank,
            "office": offices[one.office],
            "key": one.key,
        }
        for place, one in enumerate(listing.candidates)
    ]
    assert body["proofs"] == [None] * len(listing.candidates)
    # What the signatures are bound to; it names the organisation whose address the list has.
    assert (body["organisation"], body["week"], body["roster"]) == (pine.pine.id.hex, "2026-11-23", None)
    said = answer.content.decode()
    for person in Person.objects.all():
        for secret in (person.email, *person.name.split(), str(person.id), person.id.hex):
            assert secret not in said
    for row in (*Supporter.objects.all(), *Office.objects.all(), *Person.objects.all()):
        assert str(row.pk) not in said
        assert row.pk.hex not in said


@pytest.mark.req("A-08")
def test_a_supporter_without_an_office_stands_on_it_without_one(pine: World) -> None:
    Supporter.objects.filter(id=pine.renee.id).update(office=None)
    assert fetch().json()["candidates"][0]["office"] is None


@pytest.mark.req("A-03", "K-26")
@pytest.mark.parametrize(
    ("accepts", "encoding"),
    [
        ("", ""),
        ("identity", ""),
        ("gzip", "gzip"),
        ("deflate, gzip;q=0.8", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
    ],
)
def test_it_is_packed_as_the_browser_can_unpack_it(accepts: str, encoding: str, pine: World) -> None:
    plain = fetch()
    for _ in range(2):
        answer = fetch(accepts=accepts)
        unpack: dict[str, Callable[[bytes], bytes]] = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}
        assert answer.headers.get("Content-Encoding", "") == encoding
        assert unpack[encoding](answer.content) == plain.content
        assert not encoding or len(answer.content) < 0.8 * len(plain.content)
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        assert not answer.cookies


@pytest.mark.req("A-03")
def test_what_is_packed_is_the_list_of_now(pine: World, clock: Clock) -> None:
    def unpacked() -> Any:
        return json.loads(brotli.decompress(fetch(accepts="br").content))

    before = unpacked()
    team.go_on_leave(pine.ana.id)
    assert unpacked() == fetch().json() != before
    assert json.loads(brotli.decompress(fetch("lake", "br").content)) == fetch("lake").json()


@pytest.mark.req("K-26")
def test_it_is_fetched_and_nothing_else(pine: World) -> None:
    whole, head = fetch(), Client().head("/ask/pine/candidates.json")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Cache-Control"] == whole.headers["Cache-Control"]
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = Client().generic(method, "/ask/pine/candidates.json")
        assert answer.status_code == 405
        assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.req("A-03")
def test_a_closed_and_an_unknown_organisation_have_none(pine: World) -> None:
    Organisation.objects.filter(slug="pine").update(open=False)
    for slug, status, said in (
        ("pine", 410, {"state": "closed"}),
        ("nowhere", 404, {"state": "refused", "code": "no-organisation"}),
    ):
        answer = fetch(slug)
        assert (answer.status_code, answer.json()) == (status, said)
        assert answer.headers["Cache-Control"] == "no-store"
    assert not CandidateList.objects.exists()


# --- how long ----------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "K-26")
def test_one_list_serves_everybody_until_half_its_time_is_over(pine: World, clock: Clock) -> None:
    first = actions.current_list(pine.pine, clock.now())
    assert first.until == UNTIL
    clock.set(UNTIL - timedelta(minutes=15, seconds=1))
    assert fetch().json()["list"] == first.id.hex
    clock.forward(seconds=1)
    second = actions.current_list(pine.pine, clock.now())
    assert second.id != first.id
    assert second.until == UNTIL + timedelta(minutes=15)
    # Whoever sealed with the first can still send it.
    assert queries.valid_list(pine.pine.id, first.id, clock.now()) is not None
    assert CandidateList.objects.count() == 2


@pytest.mark.req("K-26")
def test_no_row_tells_when_somebody_looked(pine: World, clock: Clock) -> None:
    Organisation.objects.filter(slug="lake").update(open=False)
    clock.forward(minutes=7, seconds=13)
    actions.renew(clock.now())
    made = list(CandidateList.objects.values_list("organisation", "until"))
    assert made == [(pine.pine.id, UNTIL)]
    for _ in range(3):
        clock.forward(seconds=40)
        assert fetch().status_code == 200
    assert list(CandidateList.objects.values_list("organisation", "until")) == made
    # Also the visit that makes a list, because somebody has just gone on leave, leaves no time of its own.
    team.go_on_leave(pine.ana.id)
    assert fetch().status_code == 200
    assert list(CandidateList.objects.values_list("until", flat=True)) == [UNTIL, UNTIL]


@pytest.mark.req("A-03")
def test_a_clock_that_was_set_back_makes_a_list_that_is_over_in_time(pine: World, clock: Clock) -> None:
    clock.forward(hours=5)
    ahead = actions.current_list(pine.pine, clock.now())
    clock.set(NOW)
    listing = actions.current_list(pine.pine, clock.now())
    assert listing.id != ahead.id
    assert listing.until == UNTIL


@pytest.mark.req("A-03", "C-18", "D-01")
def test_any_change_of_what_it_says_makes_a_new_list_at_once(pine: World, clock: Clock) -> None:
    seat = Seat(pine.hana, pine.pine, frozenset({"coordinator"}))

    def publish_again() -> None:
        key = ReceivingKey.objects.filter(person_id=pine.ana.person_id)
        key.update(public_key=ReceivingKey.objects.get(person_id=pine.lena.person_id).public_key)

    changes: dict[str, Callable[[], object]] = {
        "leave": lambda: team.go_on_leave(pine.ana.id),
        "return": lambda: team.come_back(pine.ana.id),
        "shift": lambda: Shift.objects.filter(tier=1).update(supporter=pine.ana),
        "key": publish_again,
        "policy": lambda: policy.change(seat, "urgent_second", 4),
        "moved": lambda: Supporter.objects.filter(id=pine.ana.id).update(office=pine.jail),
        "name of an office": lambda: Office.objects.filter(id=pine.jail.id).update(name="Corrections"),
        "time zone": lambda: Organisation.objects.filter(slug="pine").update(time_zone="America/Denver"),
        "end": lambda: team.end(seat, pine.marcus.id),
    }
    assert {name for name, change in changes.items() if not is_new(pine, clock, change)} == set()
    assert not is_new(pine, clock, lambda: cast.supporter("Zoe Keyless", pine.jail))
    assert not is_new(pine, clock, lambda: Organisation.objects.filter(slug="lake").update(name="Lake"))


@pytest.mark.req("D-01", "A-03")
def test_the_change_of_shift_makes_a_new_list_without_anybodys_doing(pine: World, clock: Clock) -> None:
    Shift.objects.filter(tier=1).update(ends_at=NOW + timedelta(minutes=5))
    cast.shift(pine.ana, 1, NOW + timedelta(minutes=5), NOW + timedelta(hours=8))
    assert is_new(pine, clock, lambda: clock.forward(minutes=5))
    assert actions.current_list(pine.pine, clock.now()).candidates[0].supporter == pine.ana.id


@pytest.mark.req("A-03", "K-22", "K-26")
def test_an_expired_list_is_purged_and_the_memory_of_attempts_with_it(pine: World, clock: Clock) -> None:
    frame = frame_for(pine.pine)
    list_id = uuid.UUID(bytes=frame.list_id)
    assert post("requests", frame).status_code == 201
    assert queries.valid_list(pine.lake.id, list_id, clock.now()) is None
    clock.set(UNTIL - timedelta(seconds=1))
    assert actions.purge(clock.now()) == 0
    assert queries.valid_list(pine.pine.id, list_id, clock.now()) is not None
    clock.forward(seconds=1)
    assert queries.valid_list(pine.pine.id, list_id, clock.now()) is None
    assert actions.purge(clock.now()) == 2
    assert not CandidateList.objects.exists()
    assert not Attempt.objects.exists()
    assert frame.stored() is not None
