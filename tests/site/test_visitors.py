"""In which queue people of the team and strangers stand below /in/."""

import asyncio
from typing import Any

import pytest
from django.conf import settings

from alongside.site import entrance, visitors
from alongside.site.lanes import Lane
from alongside.site.visitors import Visitors

HERE, THERE = "192.0.2.1:5000", "192.0.2.2:5000"


def said(session: str = "", forwarded: str = "") -> dict[str, str]:
    cookie = f"a=b; {settings.SESSION_COOKIE_NAME}={session}" if session else "a=b"
    return {"cookie": cookie, "x-forwarded-for": forwarded}


@pytest.mark.parametrize(
    ("proxies", "client", "forwarded", "expected"),
    [
        (0, HERE, "", "192.0.2.1"),
        (0, HERE, "198.51.100.7", "192.0.2.1"),
        (1, HERE, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, HERE, "198.51.100.7, 203.0.113.9", "198.51.100.7"),
        (1, HERE, "", ""),
        (3, HERE, "198.51.100.7", ""),
        (0, "[2001:db8:1:2:3::4]:5000", "", "2001:db8:1:2::"),
        (1, HERE, "no address", "no address"),
    ],
)
def test_an_address_is_taken_from_where_nobody_can_pretend(
    settings: Any, proxies: int, client: str, forwarded: str, expected: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    assert visitors.address(client, forwarded) == expected


@pytest.mark.req("K-24")
def test_only_a_session_that_was_shown_a_page_of_the_team_has_a_queue_of_its_own() -> None:
    known = Visitors()
    stranger = known.queue(HERE, said())
    assert known.queue(HERE, said("made-up")) == stranger != known.queue(THERE, said("made-up"))
    known.learn("/in/enter/login/", said("made-up"), 200)
    known.learn("/in/sw.js", said("made-up"), 200)
    known.learn("/in/team/", said("made-up"), 302)
    known.learn("/in/team/", said(), 200)
    assert known.queue(HERE, said("made-up")) == stranger
    known.learn("/in/team/", said("real"), 200)
    assert known.queue(HERE, said("real")) == known.queue(THERE, said("real")) != stranger
    assert "real" not in known.queue(HERE, said("real"))
    known.learn("/in/team/keys/publish", said("real"), 403)
    assert known.queue(HERE, said("real")) == stranger


def test_sessions_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "MOST_SESSIONS", 3)
    known = Visitors()
    for number in range(9):
        known.learn("/in/team/", said(f"session-{number}"), 200)
    own = [known.queue(HERE, said(f"session-{number}")) != "192.0.2.1" for number in range(9)]
    assert own == [False] * 6 + [True] * 3


@pytest.mark.req("K-24")
@pytest.mark.parametrize("name", ["team", "enter"])
def test_a_stranger_who_asks_without_end_leaves_a_turn_to_everybody_else(name: str) -> None:
    async def story() -> None:
        lane = Lane(entrance.LANES[name])
        flood = [asyncio.create_task(lane.enter("stranger")) for _ in range(lane.width.running + 5)]
        await asyncio.sleep(0)
        await asyncio.wait_for(lane.enter("somebody"), 1)
        for one in flood:
            one.cancel()
        await asyncio.gather(*flood, return_exceptions=True)

    asyncio.run(story())
