"""Who waits for whom at the entrance: fair turns, bounded queues, nobody left standing."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import pytest
from django.urls import get_resolver, reverse

from alongside.site import entrance, lanes, refusals
from alongside.site.lanes import Full, Lane, Places, Width


def run(what: Coroutine[Any, Any, None]) -> None:
    asyncio.run(what)


async def stay(lane: Lane, key: str, served: list[str]) -> None:
    await lane.enter(key)
    served.append(key)
    await asyncio.sleep(0.002)
    lane.leave(key)


@pytest.mark.req("A-03")
def test_a_flood_on_one_organisation_makes_no_other_wait() -> None:
    async def story() -> None:
        lane, served = Lane(Width(running=4, share=3, waiting=200)), list[str]()
        flood = [asyncio.create_task(stay(lane, "pine", served)) for _ in range(150)]
        await asyncio.sleep(0)
        assert lane.inside == {"pine": 3}
        await asyncio.gather(*(stay(lane, "lake", served) for _ in range(5)))
        assert len([one for one in served if one == "pine"]) < 40
        await asyncio.gather(*flood)
        assert Counter(served) == {"pine": 150, "lake": 5}
        assert (lane.running, lane.inside, lane.queues) == (0, {}, {})

    run(story())


def test_several_organisations_take_turns() -> None:
    async def story() -> None:
        lane, served = Lane(Width(running=1, share=1, waiting=50)), list[str]()
        tasks = [asyncio.create_task(stay(lane, key, served)) for key in ["a"] * 20 + ["b"] * 3 + ["c"] * 3]
        await asyncio.gather(*tasks)
        assert set(served[1:8]) >= {"b", "c"}
        assert served.index("c") < 5
        assert Counter(served[:10]).most_common(1)[0][1] <= 5

    run(story())


@pytest.mark.req("A-25")
def test_a_full_queue_sends_away_at_once_and_a_slow_one_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "LONGEST_WAIT", 0.05)

    async def story() -> None:
        lane = Lane(Width(running=1, share=1, waiting=2))
        await lane.enter("pine")
        waiting = [asyncio.create_task(lane.enter("pine")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Full):
            await lane.enter("pine")
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(outcome, Full)
        assert not lane.queues
        lane.leave("pine")
        await lane.enter("pine")
        lane.leave("pine")
        assert (lane.running, lane.inside) == (0, {})

    run(story())


def test_who_is_called_and_has_just_left_gives_the_place_to_the_next() -> None:
    async def story() -> None:
        lane = Lane(Width(running=1, share=1, waiting=9))
        await lane.enter("a")
        gone, next_one = asyncio.create_task(lane.enter("a")), asyncio.create_task(lane.enter("a"))
        await asyncio.sleep(0)
        lane.leave("a")
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        await asyncio.wait_for(next_one, 1)
        lane.leave("a")
        assert (lane.running, lane.inside, lane.queues) == (0, {}, {})

    run(story())


@pytest.mark.req("A-03")
def test_when_all_places_are_taken_the_body_that_comes_slowest_makes_room() -> None:
    async def story() -> None:
        places, ended = Places(most=2, fair=0.05), list[str]()

        async def read(name: str, seconds: float) -> None:
            try:
                with places.one():
                    await asyncio.sleep(seconds)
                ended.append(name)
            except asyncio.CancelledError:
                ended.append(f"{name} made room")

        slow = [asyncio.create_task(read(name, 60)) for name in ("first", "second")]
        await asyncio.sleep(0)
        with pytest.raises(Full):
            # Nobody is sent away before a fair time is over.
            await read("early", 0)
        await asyncio.sleep(0.06)
        await read("third", 0)
        assert ended == ["first made room", "third"]
        slow[1].cancel()
        await asyncio.gather(*slow)
        assert not places.taken

    run(story())


# --- which lane --------------------------------------------------------------------------------------------------


@pytest.mark.req("K-24")
def test_every_post_that_may_cost_a_password_hash_stands_in_the_narrow_lane() -> None:
    names = [str(name) for name in get_resolver().reverse_dict if isinstance(name, str)]
    library = [name for name in names if name.startswith(("account_", "mfa_"))]
    assert len(library) > 10
    for name in library:
        arguments = {"uidb36": "a", "key": "b"} if name == "account_reset_password_from_key" else {}
        assert entrance.lane_of("POST", reverse(name, kwargs=arguments)) == ("enter", "")
    assert entrance.lane_of("POST", reverse("in_invitation", args=["x"])) == ("enter", "")
    assert entrance.LANES["enter"].running <= 2


def test_pages_find_a_thread_whatever_else_is_going_on() -> None:
    others = sum(width.running for name, width in entrance.LANES.items() if name != "pages")
    assert others < entrance.THREADS
    assert entrance.lane_of("GET", "/ask/pine/en/") == ("pages", "pine")
    assert entrance.lane_of("POST", "/ask/pine/requests") == ("asking", "pine")
    assert entrance.lane_of("GET", "/in/enter/login/") == ("team", "")
    assert entrance.LANES["asking"].share < entrance.LANES["asking"].running


def test_answers_whose_time_could_tell_who_has_an_account_are_held() -> None:
    for name in ("account_login", "account_reset_password"):
        assert entrance.HELD[reverse(name)] >= 0.5


@pytest.mark.req("A-25")
@pytest.mark.parametrize("path", ["/ask/pine/en/now", "/ask/pine/fr/ask", "/ask/pine/zz/", "/", "/ask"])
def test_when_there_is_no_room_a_page_says_so_with_the_numbers(path: str) -> None:
    refusals.prepare()
    status, headers, body = refusals.answer(503, "GET", path)
    named = dict(headers)
    assert status == 503
    assert b"911" in body and b"988" in body
    assert (b'lang="fr"' in body) == ("/fr/" in path)
    assert named["retry-after"].isdigit() and named["cache-control"] == "no-store"
    assert "default-src 'none'" in named["content-security-policy"]
    assert refusals.answer(503, "POST", "/ask/pine/requests")[2] == b'{"state": "busy"}'
    assert refusals.answer(503, "GET", "/ask/pine/candidates.json")[2] == b'{"state": "busy"}'


def test_only_names_that_answer_as_an_organisation_get_a_queue_of_their_own() -> None:
    assert 404 not in entrance._OF_REAL_ONES
    assert 503 not in entrance._OF_REAL_ONES
