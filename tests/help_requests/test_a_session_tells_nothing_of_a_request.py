"""What a supporter does with a request moves nothing in their session: not its end, not its content."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from alongside.content import load
from tests.help_requests.sealed import Keyring, ask
from tests.world import World, sign_in


@pytest.mark.req("K-22", "K-35", "J-19")
def test_accepting_connecting_and_closing_leave_the_session_row_as_it_was(
    cast: tuple[World, Keyring], client: Client
) -> None:
    """The sentences between pages travel in a cookie below /in/: a row would say who closed one, and when."""
    world, _ring = cast
    asked = ask(world)
    sign_in(client, world.renee)
    client.get(reverse("in_inbox"))  # the first page after signing in notes when the session began
    before = list(Session.objects.values_list("session_key", "session_data", "expire_date"))
    for step in ("in_accept", "in_backup", "in_connected"):
        assert client.post(reverse(step, args=[asked.id])).status_code == 302
    taps = {name: entries[0].key for name, entries in load.tally().items()}
    closed = client.post(reverse("in_close", args=[asked.id]), {**taps, "pair": "first"})
    assert closed.headers["Location"] == reverse("in_inbox")
    assert closed.cookies["in_said"]["path"] == "/in/"
    page = client.get(reverse("in_inbox"))
    assert "Nothing of it is kept" in page.content.decode()
    assert list(Session.objects.values_list("session_key", "session_data", "expire_date")) == before
