"""Mutual aid that ended and is proposed anew loses nobody's way back; an end is forgotten when nothing can be left."""

import json
import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from alongside.accounts.queries import Seat
from alongside.content import load
from alongside.directory import actions, queries, rules
from alongside.directory.models import Partnership
from alongside.help_requests import actions as asks
from alongside.help_requests.models import BoxReply
from alongside.kernel import clock as time
from alongside.policy.models import Change
from alongside.policy.values import setting
from alongside.site import schedule
from tests import age_reader
from tests import world as cast
from tests.conftest import Clock
from tests.help_requests import sealed
from tests.world import World

pytestmark = pytest.mark.req("A-15")


@pytest.fixture
def agreed(world: World) -> World:
    """Return the cast, everybody with a key, after both coordinators agreed."""
    ring = sealed.Keyring()
    for serving in (world.renee, world.marcus, world.ana, world.lena):
        ring.publish(serving)
    actions.propose(pine(world), "lake")
    actions.propose(lake(world), "pine")
    return world


def pine(world: World) -> Seat:
    return Seat(world.hana, world.pine, frozenset(["coordinator"]))


def lake(world: World) -> Seat:
    return Seat(world.lars, world.lake, frozenset(["coordinator"]))


def end(world: World) -> None:
    actions.part(pine(world), Partnership.objects.get(ended_on=None).id)


def leads_to(page: str = "back", slug: str = "pine") -> list[str]:
    """Return the partners that a member's page knows, a minute later."""
    time.shift(timedelta(minutes=1))
    text = Client().get(f"/ask/{slug}/en/{page}").content.decode()
    found = re.search(r'data-partners="([^"]*)"', text)
    return [one["slug"] for one in json.loads(unescape(found[1]))] if found else []


def post(path: str, body: bytes) -> dict[str, object]:
    answer = Client().post(
        f"/ask/lake/{path}", body, content_type="application/octet-stream", HTTP_SEC_FETCH_SITE="same-origin"
    )
    found: dict[str, object] = answer.json()
    return found


def reply(world: World, member: sealed.Member, text: str) -> None:
    letter = age_reader.seal_to_box(member.receipt.recipient, json.dumps({"v": 1, "text": text}))
    asks.reply(world.lena.id, member.request.id, member.receipt.address, letter)


def test_what_was_asked_before_the_end_is_found_and_answered_after_it_is_proposed_anew(agreed: World) -> None:
    member = sealed.ask(agreed, agreed.lake)
    end(agreed)
    for change, offered in (
        (lambda: None, []),
        (lambda: actions.propose(pine(agreed), "lake"), []),
        (lambda: actions.agree(lake(agreed), Partnership.objects.get(ended_on=None).id), ["lake"]),
    ):
        change()
        assert leads_to() == ["lake"], "each once"
        assert leads_to("ask") == offered
    assert post("progress", member.receipt.token)["state"] == "alerted"
    asks.accept(agreed.lena.id, member.request.id)
    reply(agreed, member, "Six is fine.")
    assert post("progress", member.receipt.token)["state"] == "accepted"
    letters = post("box", member.receipt.address)["replies"]
    assert isinstance(letters, list)
    assert len(letters) == 1
    asks.made_contact(agreed.lena.id, member.request.id)
    assert post("progress", member.receipt.token)["state"] == "connected"


@pytest.mark.parametrize("who", ["the one that proposed", "the other one"])
def test_a_new_proposal_that_comes_to_nothing_leaves_the_end_remembered(agreed: World, who: str) -> None:
    end(agreed)
    actions.propose(pine(agreed), "lake")
    standing = Partnership.objects.get(ended_on=None)
    actions.part(pine(agreed) if who == "the one that proposed" else lake(agreed), standing.id)
    assert Partnership.objects.get().ended_on
    assert (leads_to(), leads_to(slug="lake")) == (["lake"], ["pine"])


def test_it_stands_once_however_often_it_is_proposed_and_only_the_last_end_is_kept(agreed: World) -> None:
    for _ in range(3):
        end(agreed)
        actions.propose(lake(agreed), "pine")
        with pytest.raises(rules.NoPartner, match="already"):
            actions.propose(lake(agreed), "pine")
        assert actions.propose(pine(agreed), "lake") == "agreed"
        time.shift(timedelta(days=1))
    assert sorted(one.state for one in queries.partners_of(agreed.pine.id)) == ["agreed", "ended"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Partnership.objects.create(proposer=agreed.lake, partner=agreed.pine)


def test_an_end_is_remembered_until_the_last_reply_to_it_is_gone_whatever_the_settings(
    agreed: World, clock: Clock
) -> None:
    """The longest case: asked with a list from before the end, answered in the last minutes, kept as long as may be."""
    for version, key in enumerate(("request_limit", "box_kept", "list_valid"), 1):
        Change.objects.create(
            organisation=agreed.lake, key=key, value=setting(key).most, version=version, changed_at=cast.NOW
        )
    clock.set(datetime(2026, 11, 24, 23, 40, tzinfo=cast.NOW.tzinfo))
    sealed.directory.current_list(agreed.lake, clock.now())
    end(agreed)
    clock.forward(minutes=40)
    member = sealed.ask(agreed, agreed.lake)
    clock.forward(hours=71, minutes=50)
    asks.accept(agreed.lena.id, member.request.id)
    reply(agreed, member, "I am here.")
    days = 0
    while BoxReply.objects.exists():
        assert leads_to() == ["lake"], f"a reply waits on day {days}"
        clock.forward(days=1)
        schedule.purge(clock.now())
        days += 1
        assert days < 20
    clock.forward(days=1)
    schedule.purge(clock.now())
    assert leads_to() == []
    assert not Partnership.objects.exists()


def test_the_days_are_made_of_the_bounds_and_said_in_the_register() -> None:
    most = {key: setting(key).most for key in ("list_valid", "request_limit", "last_hold", "box_kept")}
    days = rules.days_after_the_end(**most)
    # Three days and two hours begin a fourth day, and a reply of that day is kept for fourteen.
    assert days == 18
    assert rules.days_after_the_end(**{**most, "box_kept": 20}) == 24
    table = next(one for one in load.retention().tables if one.name == "directory_partnership")
    assert "for 18 days" in str(table.how_long)
