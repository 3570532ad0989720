"""A supporter who starts over has other keys, beside which the sealed part of their card opens for nobody."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from alongside.directory import actions, queries, rules
from alongside.kernel import clock
from alongside.sealing import actions as sealing
from alongside.sealing import queries as keys
from alongside.sealing import rules as seals
from alongside.team.models import Supporter
from tests.directory.carding import give_cards, sealed, shown
from tests.help_requests.frames import WRAP, give_keys, public_key
from tests.sealing.devices import words_publication
from tests.world import World, sign_in

AGAIN = "Save your card again"


@pytest.fixture
def pine(world: World) -> World:
    """Return the cast with keys; Renée has a card with a name and numbers, Marcus one without."""
    give_keys([world.renee, world.marcus])
    give_cards([world.renee])
    actions.show_card(world.marcus.facts(), shown(), sealed())
    return world


def start_over(serving: Supporter, number: int) -> None:
    """Let somebody make new words: a new ring, and with it another vouching key."""
    sealing.drop_keys(serving.person_id)
    week = seals.monday_of(clock.now())
    sent = words_publication(serving.person_id, public_key(number), {week: (public_key(number + 1), WRAP)})
    sealing.publish(serving.person_id, replace(sent, vouch=bytes([number % 251]) * 32), weeks=[week])


def page(serving: Supporter, name: str) -> str:
    answer: Any = sign_in(Client(), serving.person).get(reverse(name))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def board(world: World) -> str:
    return " ".join(sign_in(Client(), world.hana).get(reverse("in_board")).content.decode().split())


@pytest.mark.parametrize("said", [b"\x07" * 32, None])
def test_a_card_of_a_page_that_was_open_while_new_keys_were_made_is_refused(pine: World, said: bytes | None) -> None:
    before = queries.card_of(pine.renee.id)
    start_over(pine.renee, 70)
    with pytest.raises(rules.BadCard) as refused:
        actions.show_card(pine.renee.facts(), shown(), replace(sealed("Renée"), vouch=said))
    assert refused.value.code == "other-keys"
    assert queries.card_of(pine.renee.id) == before
    now = keys.vouch_keys([pine.renee.person_id])[pine.renee.person_id]
    actions.show_card(pine.renee.facts(), shown(), replace(sealed("Renée"), vouch=now))
    after = queries.card_of(pine.renee.id)
    assert after and after.bound_to == now


def test_a_card_knows_which_key_it_was_sealed_together_with(pine: World) -> None:
    card, empty = queries.card_of(pine.renee.id), queries.card_of(pine.marcus.id)
    assert card and empty
    assert card.bound_to == keys.vouch_keys([pine.renee.person_id])[pine.renee.person_id]
    # Nothing was sealed, so nothing is shut.
    assert empty.bound_to is None
    # Before anybody has keys, a card is bound to none and opens beside whatever keys come.
    give_cards([pine.ana])
    without = queries.card_of(pine.ana.id)
    assert without and without.bound_to is None


@pytest.mark.parametrize(
    ("bound", "now", "shut"),
    [(None, None, False), (None, b"a", False), (b"a", b"a", False), (b"a", b"b", True), (b"a", None, True)],
)
def test_it_opens_no_more_beside_another_key(bound: bytes | None, now: bytes | None, shut: bool) -> None:
    assert rules.opens_no_more(bound, now) is shut


@pytest.mark.req("A-06")
def test_who_starts_over_is_told_to_save_the_card_again_until_they_do(pine: World) -> None:
    for name in ("in_card", "in_keys"):
        assert AGAIN not in page(pine.renee, name)
    start_over(pine.renee, 70)
    for name in ("in_card", "in_keys"):
        assert AGAIN in page(pine.renee, name), name
    assert f'href="{reverse("in_card")}">{AGAIN}' in page(pine.renee, "in_keys")
    assert queries.shut_cards(pine.pine.id) == {pine.renee.id}
    give_cards([pine.renee])
    for name in ("in_card", "in_keys"):
        assert AGAIN not in page(pine.renee, name)
    assert queries.shut_cards(pine.pine.id) == frozenset()


@pytest.mark.req("A-06")
def test_the_page_that_makes_new_keys_says_it_as_soon_as_they_are_made(pine: World) -> None:
    """The line stands in the part that the page shows once there are keys; on the card's page it waits for them."""
    sealing.drop_keys(pine.renee.person_id)
    said = page(pine.renee, "in_keys")
    assert said.index('data-part="ready"') < said.index(AGAIN)
    assert AGAIN not in page(pine.renee, "in_card")
    # A card with nothing sealed on it stays as it is.
    start_over(pine.marcus, 80)
    assert AGAIN not in page(pine.marcus, "in_keys")


@pytest.mark.req("A-06")
def test_the_board_names_whose_card_is_shut(pine: World) -> None:
    assert "nobody can open the numbers on their card" not in board(pine)
    start_over(pine.renee, 70)
    assert "Renée Dubois: nobody can open the numbers on their card since they made new keys." in board(pine)
    # Without keys they are named for that already; of another organisation nothing is said.
    sealing.drop_keys(pine.renee.person_id)
    assert "nobody can open the numbers on their card" not in board(pine)
    assert queries.shut_cards(pine.lake.id) == frozenset()
