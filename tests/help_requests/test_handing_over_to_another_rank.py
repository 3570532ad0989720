"""Who answers although another rank was asked for passes it on by a time (B-34). Whether one was, the device knows."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from alongside.help_requests import actions, queries
from alongside.kernel import clock
from alongside.policy.models import Change
from tests.help_requests.sealed import Keyring, Member, ask, later, sealed_world
from tests.world import NOW, World, sign_in, timedelta

pytestmark = [pytest.mark.django_db, pytest.mark.req("B-34")]


@pytest.fixture
def cast(clock: object, db: None) -> tuple[World, Keyring]:
    return sealed_world()


def page(world: World, member: Member) -> str:
    text = sign_in(Client(), world.renee).get(reverse("in_request", args=[member.id])).content.decode()
    return " ".join(text.split())


def due(world: World, member: Member) -> object:
    return queries.entry(world.renee.id, member.request.id, clock.now()).hand_over_by


def test_every_taken_request_carries_the_time_hidden_and_nothing_of_a_wish(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    plain, ranked = ask(world), ask(world, wishes={"rank": "command"})
    pages = []
    for member in (plain, ranked):
        assert 'data-part="hand-over"' not in page(world, member), "not before it is taken"
        actions.accept(world.renee.id, member.request.id)
        found = re.search(r'<div class="notice late[^>]*data-part="hand-over"[^>]*>.*?</div>', page(world, member))
        assert found
        assert " hidden" in found[0].split(">")[0], "the device shows it"
        assert "To do: pass it on by Tuesday, 08:05 CST." in found[0]
        pages.append(found[0])
    assert pages[0] == pages[1], "the server cannot tell which"


def test_the_time_is_the_organisations_and_ends_with_the_request(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    for key, value in (("hand_over_within", 48), ("request_limit", 24)):
        Change.objects.create(organisation=world.pine, key=key, value=value, version=1, changed_at=NOW)
    member = ask(world)
    actions.accept(world.renee.id, member.request.id)
    assert due(world, member) == NOW + timedelta(hours=24)
    Change.objects.create(organisation=world.pine, key="hand_over_within", value=2, version=2, changed_at=NOW)
    assert due(world, member) == NOW + timedelta(hours=2)


def test_contact_gives_no_more_time_and_what_is_late_says_so(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    actions.accept(world.renee.id, member.request.id)
    before = due(world, member)
    actions.made_contact(world.renee.id, member.request.id)
    later(hours=2)
    assert due(world, member) == before
    later(hours=23)
    assert "Pass it on now. It was due by Tuesday, 08:05 CST." in page(world, member)


def test_the_rank_of_the_own_card_alone_is_told_to_the_device(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    assert queries.entry(world.renee.id, member.request.id, clock.now()).hand_over_by is None
    actions.accept(world.renee.id, member.request.id)
    assert 'data-part="hand-over" data-rank=""' in page(world, member), "no card, no rank"
    inbox = sign_in(Client(), world.renee).get(reverse("in_inbox")).content.decode()
    assert 'data-part="hand-over" data-rank="" hidden' in inbox
