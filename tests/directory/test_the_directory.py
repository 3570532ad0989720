"""What the directory says of supporters who agreed to be shown, and how its blocks are cut."""

import base64
import json
import uuid
from datetime import timedelta
from typing import Any

import brotli
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from alongside.accounts.queries import Seat
from alongside.content import cards as choices
from alongside.directory import actions, rules
from alongside.directory.models import Card
from alongside.kernel import clock as product
from alongside.rota.models import Shift
from alongside.sealing import rules as seals
from alongside.sealing.models import ReceivingKey
from alongside.team import actions as team
from alongside.team.models import Consent, Supporter
from tests import world as cast
from tests.conftest import Clock
from tests.directory.carding import give_cards, sealed, shown
from tests.help_requests.frames import give_keys
from tests.world import NOW, World


@pytest.fixture
def pine(world: World) -> World:
    """Return the cast with keys; Renée and Marcus have cards, Ana has none."""
    give_keys([world.renee, world.marcus, world.ana])
    give_cards([world.renee], languages=("en", "fr"), tags=("parent",), gender="woman", office_shown=False)
    give_cards([world.marcus], discipline="corrections", band="lead", over=(world.jail.id,), channels=("call", "email"))
    return world


def fetch(path: str, organisation: str = "pine", accepts: str = "") -> Any:
    return Client().get(f"/ask/{organisation}/{path}", headers={"Accept-Encoding": accepts} if accepts else {})


def body() -> dict[str, Any]:
    found: dict[str, Any] = fetch("directory.json").json()
    return found


def references(said: dict[str, Any]) -> list[bytes]:
    whole = base64.b64decode(said["references"])
    return [whole[at : at + 16] for at in range(0, len(whole), 16)]


def order(*serving: Supporter) -> list[int]:
    """Return the index in the directory of each supporter."""
    listed = actions.current_list(serving[0].organisation, product.now()).directory
    return [listed.index(one.id) for one in serving]


# --- who, and what of them ---------------------------------------------------------------------------------------


@pytest.mark.req("A-06", "G-14")
def test_it_says_what_each_card_shows_as_small_numbers_and_names_nobody(pine: World) -> None:
    said = body()
    renee, marcus = order(pine.renee, pine.marcus)
    assert said["people"] == 2
    assert said["offices"] == ["Dispatch", "Jail", "Patrol"]
    assert [said["disciplines"][said["discipline"][one]] for one in (renee, marcus)] == ["police", "corrections"]
    assert [said["bands"][said["band"][one]] for one in (renee, marcus)] == ["front", "lead"]
    assert said["gender"][marcus] == -1
    assert said["genders"][said["gender"][renee]] == "woman"
    assert said["speaks"][renee] == rules.bits(("en", "fr"), choices.keys("languages"))
    assert said["tagged"][renee] == rules.bits(("parent",), choices.keys("tags"))
    assert said["reached"][marcus] == rules.bits(("call", "email"), choices.keys("channels"))
    assert [said["office"][one] for one in (renee, marcus)] == [2, 1]
    assert [said["shown"][one] for one in (renee, marcus)] == [0, 1]
    assert said["over"] == [[marcus, 1]]
    text = json.dumps(said)
    for one in Supporter.objects.select_related("person"):
        for secret in (str(one.id), one.id.hex, str(one.person_id), one.person.email, *one.person.name.split()):
            assert secret not in text


@pytest.mark.req("A-06", "A-07")
def test_it_says_who_is_on_call_now_and_in_how_many_hours_the_others_are(pine: World) -> None:
    Shift.objects.all().delete()
    cast.shift(pine.renee, 1, NOW - timedelta(hours=1), NOW + timedelta(hours=2))
    cast.shift(pine.marcus, 1, NOW + timedelta(hours=2), NOW + timedelta(hours=9, minutes=30))
    said = body()
    renee, marcus = order(pine.renee, pine.marcus)
    assert (said["on"][renee], said["next"][renee]) == (1, -1)
    assert (said["on"][marcus], said["next"][marcus]) == (0, 2)


def test_a_shift_that_begins_within_the_hour_shows_at_once(pine: World, clock: Clock) -> None:
    Shift.objects.all().delete()
    cast.shift(pine.renee, 1, NOW + timedelta(minutes=20), NOW + timedelta(hours=2))
    assert body()["on"][order(pine.renee)[0]] == 0
    clock.forward(minutes=21)
    assert body()["on"][order(pine.renee)[0]] == 1


@pytest.mark.req("A-06")
def test_only_who_agreed_may_serve_and_has_a_key_is_in_it(pine: World) -> None:
    assert body()["people"] == 2
    ReceivingKey.objects.filter(person_id=pine.marcus.person_id).delete()
    assert body()["people"] == 1
    Supporter.objects.filter(id=pine.renee.id).update(agreement_version=0)
    assert body()["people"] == 0


@pytest.mark.req("M-24")
def test_nobody_of_another_organisation_is_in_it(pine: World) -> None:
    give_keys([pine.lena], first=50)
    give_cards([pine.lena])
    assert len(references(body())) == 2
    assert fetch("directory.json", "lake").json()["people"] == 1
    assert not set(references(body())) & set(references(fetch("directory.json", "lake").json()))


@pytest.mark.parametrize("accepts", ["br", "gzip"])
def test_it_is_compressed_and_may_be_kept_for_a_minute(pine: World, accepts: str) -> None:
    answer = fetch("directory.json", accepts=accepts)
    assert answer["Content-Encoding"] == accepts
    assert answer["Cache-Control"] == "public, max-age=60"
    if accepts == "br":
        assert json.loads(brotli.decompress(answer.content))["people"] == 2


def test_an_organisation_that_is_closed_or_unknown_has_none(pine: World) -> None:
    assert fetch("directory.json", "nowhere").status_code == 404
    pine.pine.open = False
    pine.pine.save()
    assert fetch("directory.json").status_code == 410
    assert fetch("blocks/0.json").status_code == 410


# --- a card goes at once -----------------------------------------------------------------------------------------


@pytest.mark.req("C-18", "C-17")
@pytest.mark.parametrize("step", ["withdraw", "leave", "end"])
def test_a_card_and_the_consent_go_at_once(pine: World, step: str) -> None:
    body()
    if step == "withdraw":
        actions.take_card_away(pine.renee.id)
    elif step == "leave":
        team.go_on_leave(pine.renee.id)
    else:
        team.end(Seat(pine.hana, pine.pine, frozenset({"coordinator"})), pine.renee.id)
    assert Card.objects.count() == Consent.objects.count() == 1
    assert body()["people"] == 1


def test_coming_back_from_leave_brings_no_card_back(pine: World) -> None:
    team.go_on_leave(pine.renee.id)
    team.come_back(pine.renee.id)
    assert body()["people"] == 1


def test_a_block_of_a_list_from_before_shows_nothing_of_a_card_that_went(pine: World) -> None:
    listing = actions.current_list(pine.pine, product.now())
    at = listing.directory.index(pine.renee.id)
    before = fetch(f"blocks/0.json?list={listing.id.hex}").json()["entries"][at]
    assert before["reference"]
    actions.take_card_away(pine.renee.id)
    after = fetch(f"blocks/0.json?list={listing.id.hex}").json()["entries"][at]
    assert after == {"reference": None, "key": before["key"], "vouch": before["vouch"], "proof": None, "details": None}


def test_nobody_on_leave_gets_a_card(pine: World) -> None:
    team.go_on_leave(pine.ana.id)
    with pytest.raises(team.NotNow):
        give_cards([pine.ana])
    assert not Consent.objects.filter(supporter=pine.ana).exists()


# --- blocks ------------------------------------------------------------------------------------------------------


@pytest.mark.req("A-06")
def test_a_block_names_its_list_and_has_a_key_and_the_sealed_details_of_each(pine: World) -> None:
    listing = actions.current_list(pine.pine, product.now())
    said = fetch(f"blocks/0.json?list={listing.id.hex}").json()
    assert (said["list"], said["block"], said["week"]) == (listing.id.hex, 0, seals.monday_of(NOW).isoformat())
    cards = {one.consent.supporter_id: one for one in Card.objects.select_related("consent")}
    assert [one["reference"] for one in said["entries"]] == [
        bytes(cards[who].reference).hex() for who in listing.directory
    ]
    assert all(len(base64.b64decode(one["details"])) == seals.CARD_DETAILS_BYTES for one in said["entries"])
    for one in said["entries"]:
        seals.check_public_key(one["key"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("blocks/1.json?list={now}", 404),
        ("blocks/65535.json?list={now}", 404),
        ("blocks/0.json", 409),
        ("blocks/0.json?list=00112233445566778899aabbccddeeff", 409),
        ("blocks/0.json?list=x", 409),
        ("blocks/-1.json", 404),
    ],
)
def test_there_is_no_block_beyond_the_directory_and_none_of_a_list_that_is_over(
    pine: World, path: str, status: int
) -> None:
    now = actions.current_list(pine.pine, product.now()).id.hex
    assert fetch(path.format(now=now)).status_code == status


@pytest.mark.req("M-24")
def test_a_list_of_another_organisation_has_no_block_here(pine: World) -> None:
    give_keys([pine.lena], first=50)
    give_cards([pine.lena])
    other = actions.current_list(pine.lake, product.now())
    assert fetch(f"blocks/0.json?list={other.id.hex}").status_code == 409
    assert fetch(f"blocks/0.json?list={other.id.hex}", "lake").status_code == 200


@given(people=st.integers(0, 700))
def test_every_block_is_full_and_everybody_stands_in_the_one_that_is_said(people: int) -> None:
    directory = tuple(uuid.UUID(int=number) for number in range(people))
    for index, who in enumerate(directory):
        block, place = rules.place_in(index, people)
        members = rules.block(directory, block)
        assert members[place] == who
        assert len(members) == min(people, rules.BLOCK)
    assert rules.block(directory, -(-people // rules.BLOCK)) == ()
    assert rules.block(directory, -1) == ()


def test_an_hour_is_rounded_up_so_that_nobody_is_promised_too_early() -> None:
    assert rules.hours_until(NOW + timedelta(minutes=1), NOW) == 1
    assert rules.hours_until(NOW + timedelta(hours=2), NOW) == 2
    assert rules.hours_until(NOW + timedelta(hours=2, minutes=1), NOW) == 3


# --- what the candidate list says of cards -----------------------------------------------------------------------


@pytest.mark.req("A-08", "B-33")
def test_the_candidate_list_says_of_a_card_what_wishes_are_compared_with(pine: World) -> None:
    said = fetch("candidates.json").json()
    by_rank = {one["rank"]: one for one in said["candidates"]}
    renee, marcus, ana = by_rank["primary"], by_rank["backup"], by_rank["further"]
    assert (renee["discipline"], renee["band"], renee["languages"], renee["gender"], renee["over"]) == (
        "police",
        "front",
        ["en", "fr"],
        "woman",
        [],
    )
    assert (marcus["over"], marcus["gender"]) == ([said["offices"].index("Jail")], None)
    assert set(ana) == {"position", "rank", "office", "key"}
    assert [renee["card"], marcus["card"]] == [[0, index] for index in order(pine.renee, pine.marcus)]


def test_a_card_that_changes_makes_a_new_list(pine: World) -> None:
    before = actions.current_list(pine.pine, product.now()).id
    give_cards([pine.renee], tags=("grief",))
    assert actions.current_list(pine.pine, product.now()).id != before


@pytest.mark.req("A-14")
def test_no_fact_of_a_card_decides_who_may_be_asked_or_in_which_order(pine: World) -> None:
    """Flip each attribute of a card: who is on the list, and in which order, stays the same."""
    give_cards([pine.ana])
    before = [(one.supporter, one.rank) for one in actions.current_list(pine.pine, product.now()).candidates]
    flips: list[dict[str, Any]] = [
        *({"discipline": key} for key in choices.keys("disciplines")),
        *({"band": key} for key in choices.keys("bands")),
        *({"languages": (key,)} for key in choices.keys("languages")),
        *({"gender": key} for key in choices.keys("genders")),
        *({"tags": (key,)} for key in choices.keys("tags")),
        *({"channels": (key,)} for key in choices.keys("channels")),
        {"channels": ()},
        {"office_shown": False},
        {"over": (pine.jail.id, pine.patrol.id, pine.dispatch.id)},
    ]
    for flip in flips:
        give_cards([pine.renee, pine.ana], **flip)
        now = [(one.supporter, one.rank) for one in actions.current_list(pine.pine, product.now()).candidates]
        assert now == before, flip


# --- what no card may say ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"discipline": "wizardry"}, "unknown-choice"),
        ({"band": ""}, "unknown-choice"),
        ({"gender": "x"}, "unknown-choice"),
        ({"languages": ("en", "en")}, "unknown-choice"),
        ({"languages": ()}, "no-language"),
        ({"tags": ("depression",)}, "unknown-choice"),
        ({"channels": ("fax",)}, "unknown-choice"),
        ({"over": (uuid.UUID(int=7),)}, "unknown-choice"),
    ],
)
def test_a_card_says_only_what_is_on_the_lists(pine: World, facts: dict[str, Any], code: str) -> None:
    with pytest.raises(rules.BadCard) as refused:
        actions.show_card(pine.ana.facts(), shown(**facts), sealed())
    assert refused.value.code == code
    assert not Consent.objects.filter(supporter=pine.ana).exists()


@pytest.mark.req("M-24")
def test_nobody_leads_an_office_of_another_organisation(pine: World) -> None:
    district = pine.lena.office
    assert district is not None
    with pytest.raises(rules.BadCard):
        actions.show_card(pine.ana.facts(), shown(over=(district.id,)), sealed())


def test_what_is_sealed_has_one_size_and_a_reference_of_its_own(pine: World) -> None:
    good = sealed("Ana")
    name, details = good.name or b"", good.details or b""
    for bad in (
        rules.Sealed(good.reference[:15], name, details),
        rules.Sealed(good.reference, name[:-1], details),
        rules.Sealed(good.reference, name, details + b"\0"),
        rules.Sealed(good.reference, name, None),
        rules.Sealed(good.reference, None, details),
    ):
        with pytest.raises(rules.BadCard, match="wrong-size"):
            actions.show_card(pine.ana.facts(), shown(), bad)
    taken = bytes(Card.objects.get(consent__supporter=pine.renee).reference)
    with pytest.raises(rules.BadCard, match="same-reference"):
        actions.show_card(pine.ana.facts(), shown(), rules.Sealed(taken, name, details))
