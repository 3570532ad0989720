"""A sign-in ends: unused, after its longest time, everywhere at once, and with whatever it rested on (K-24)."""

import time
from typing import Any

import pytest
from django.conf import settings as product
from django.contrib.sessions.models import Session
from django.core.signing import Signer
from django.test import Client
from django.urls import reverse

from alongside.accounts import actions as accounts
from alongside.accounts.queries import Seat
from alongside.site import sessions
from alongside.team import actions as team
from tests.world import PASSWORD, World, code_now, sign_in

pytestmark = pytest.mark.req("K-24")
PAGE, LOGIN = "/in/team/me", "/in/enter/login/"


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let time pass for the limits of sessions."""
    gone = [0.0]

    class Time:
        @staticmethod
        def time() -> float:
            return time.time() + gone[0]

    monkeypatch.setattr(sessions, "time", Time)

    def pass_by(*, minutes: float) -> None:
        gone[0] += minutes * 60

    return pass_by


def is_in(client: Client, **headers: str) -> bool:
    """Say whether a page of the team opens."""
    answer = client.get(PAGE, **headers)
    return answer.status_code == 200 or not answer.url.startswith(LOGIN)


def idle() -> float:
    return product.IDLE / 60


def longest() -> float:
    return product.SESSION_COOKIE_AGE / 60


def test_a_session_that_nobody_uses_ends_and_says_why(world: World, client: Client, wait: Any) -> None:
    sign_in(client, world.renee)
    assert is_in(client)
    wait(minutes=idle() - 2)
    assert is_in(client)
    wait(minutes=idle() + 2)
    answer = client.get(PAGE, follow=True)
    assert answer.redirect_chain[0][0].startswith(LOGIN)
    assert "signed out because some time has passed" in answer.content.decode()
    assert not Session.objects.exists()


def test_whoever_goes_on_working_stays_in_until_the_longest_time(world: World, client: Client, wait: Any) -> None:
    sign_in(client, world.renee)
    for _ in range(int(longest() // (idle() / 2)) - 1):
        assert is_in(client)
        wait(minutes=idle() / 2)
    wait(minutes=idle() / 2 + 1)
    assert not is_in(client)


def test_a_page_that_looks_by_itself_keeps_nobody_in(world: World, client: Client, wait: Any) -> None:
    sign_in(client, world.renee)
    assert is_in(client)
    for _ in range(4):
        wait(minutes=idle() / 4 + 1)
        still = is_in(client, HTTP_SEC_FETCH_MODE="cors")
    assert not still


def test_a_post_after_the_end_changes_nothing_and_is_refused(world: World, client: Client, wait: Any) -> None:
    sign_in(client, world.renee)
    assert is_in(client)
    wait(minutes=idle() + 2)
    assert client.post(reverse("in_leave")).status_code == 403
    world.renee.refresh_from_db()
    assert world.renee.status == "active"


@pytest.mark.parametrize("forged", ["", "9999999999", "9999999999:x", "signed for another"])
def test_a_forged_or_missing_mark_of_use_ends_the_session(world: World, client: Client, forged: str) -> None:
    sign_in(client, world.renee)
    assert is_in(client)
    if forged.startswith("signed"):
        forged = Signer(salt="in_seen:another session").sign(str(int(time.time())))
    client.cookies[product.IDLE_COOKIE_NAME] = forged
    assert not is_in(client)


def test_no_table_learns_when_somebody_last_did_something(world: World, client: Client, wait: Any) -> None:
    sign_in(client, world.renee)
    assert is_in(client)
    first = list(Session.objects.values_list("session_data", "expire_date"))
    wait(minutes=30)
    before = client.cookies[product.IDLE_COOKIE_NAME].value
    assert is_in(client)
    assert client.cookies[product.IDLE_COOKIE_NAME].value != before
    assert list(Session.objects.values_list("session_data", "expire_date")) == first


def test_signing_out_everywhere_ends_every_device_and_nobody_elses(world: World, client: Client) -> None:
    devices = [sign_in(Client(), world.renee) for _ in range(3)]
    sign_in(client, world.hana)
    assert devices[0].get("/in/enter/everywhere").status_code == 405
    assert all(is_in(one) for one in devices)
    assert devices[0].post("/in/enter/everywhere").url == reverse("in_signed_out")
    assert not any(is_in(one) for one in devices)
    assert client.get(reverse("in_board")).status_code == 200
    assert Client().post("/in/enter/everywhere").status_code == 302


def test_a_form_of_another_site_signs_nobody_out(world: World) -> None:
    strict = sign_in(Client(enforce_csrf_checks=True), world.renee)
    assert strict.post("/in/enter/everywhere").status_code == 403
    assert is_in(strict)


def test_a_new_password_ends_every_other_session(world: World, client: Client) -> None:
    sign_in(client, world.renee, fresh=True)
    other = sign_in(Client(), world.renee)
    assert is_in(client)
    assert is_in(other)
    new = "seven wet larches sing"
    answer = client.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    assert answer.status_code == 302
    assert is_in(client)
    assert not is_in(other)


def test_the_end_of_service_and_a_lost_role_end_every_session(world: World, client: Client) -> None:
    seat = Seat(world.hana, world.pine, frozenset(["coordinator"]))
    serving, leading = sign_in(Client(), world.ana), sign_in(Client(), world.anne)
    assert is_in(serving)
    team.end(seat, world.ana.id)
    assert not is_in(serving)
    assert leading.get("/in/lead/").status_code == 200
    accounts.revoke(seat, world.anne.id, world.pine, "leader")
    assert leading.get("/in/lead/").url.startswith(LOGIN)


def test_signing_in_gives_the_session_a_new_name(world: World, client: Client) -> None:
    planted = "a" * 32
    client.cookies[product.SESSION_COOKIE_NAME] = planted
    client.get(LOGIN)
    client.post(LOGIN, {"login": world.renee.person.email, "password": PASSWORD})
    between = client.cookies[product.SESSION_COOKIE_NAME].value
    client.post(reverse("mfa_authenticate"), {"code": code_now()})
    after = client.cookies[product.SESSION_COOKIE_NAME].value
    assert is_in(client)
    assert len({planted, between, after}) == 3
    thief = Client()
    thief.cookies[product.SESSION_COOKIE_NAME] = between
    assert not is_in(thief)
