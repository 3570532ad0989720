"""A member's device is told that something is new: only if it asked, in neutral words, and never after the request.

The push service stands on loopback (tests/notify/push_service.py); a real one was not reached.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import http_ece
import pytest

from alongside.accounts.models import ContactPoint
from alongside.escalation import actions as escalation
from alongside.help_requests import actions
from alongside.help_requests.actions import telling
from alongside.help_requests.models import Request, Told
from alongside.help_requests.rules import WISH_BYTES, Refused, parse_wish
from alongside.kernel import clock as product
from alongside.notify import actions as notify
from alongside.notify import queries as outbox
from alongside.notify.models import Notice
from alongside.site import schedule
from tests.help_requests.device import post
from tests.help_requests.frames import ONE
from tests.help_requests.sealed import Keyring, Member, ask
from tests.notify.push_service import Browser, PushService, push_service
from tests.world import NOW, World

Serve = Callable[[PushService], Any]


@pytest.fixture
def serve(settings: Any, monkeypatch: Any, tmp_path: Path) -> Serve:
    return lambda service: push_service(settings, monkeypatch, tmp_path, service)


@pytest.fixture
def member(cast: tuple[World, Keyring]) -> Member:
    """Return a request that nobody has taken."""
    made = ask(cast[0], words="a long night")
    Notice.objects.all().delete()
    return made


def wish(token: bytes, address: str = "", language: int = 1) -> bytes:
    body = token + bytes([language]) + len(address).to_bytes(2) + address.encode()
    return body.ljust(WISH_BYTES, b"\0")


def token_of(member: Member) -> bytes:
    return bytes(member.receipt.token)


@contextmanager
def told(serve: Serve, member: Member, status: int = 201) -> Iterator[tuple[PushService, Browser]]:
    """Let the device of a request be told on a push service."""
    with serve(PushService(status)) as service:
        browser = Browser(service)
        answer = post("progress/tell-me", wish(token_of(member), browser.address))
        assert (answer.status_code, answer.json()) == (200, {"state": "on"})
        yield service, browser


def deliver() -> int:
    return notify.deliver(product.now(), ("push",), learn=schedule._learn)


@pytest.mark.req("A-03", "K-36")
def test_when_it_is_accepted_the_device_is_told_in_neutral_words_that_only_it_can_open(
    serve: Serve, member: Member, cast: tuple[World, Keyring]
) -> None:
    with told(serve, member) as (service, browser):
        actions.accept(cast[0].renee.id, member.request.id)
        assert deliver() == 1
        (message,) = service.taken
        assert browser.open(message) == {
            "title": "Shift info: something new",
            "body": "There is something new. Please look when you can.",
            "link": "",
        }
        with pytest.raises(http_ece.ECEException):
            Browser(service, "another").open(message)
    assert not Notice.objects.exists()


@pytest.mark.req("A-03", "K-36")
def test_a_reply_tells_with_the_same_words_and_the_same_length(
    serve: Serve, member: Member, cast: tuple[World, Keyring]
) -> None:
    with told(serve, member) as (service, browser):
        actions.accept(cast[0].renee.id, member.request.id)
        deliver()
        actions.reply(cast[0].renee.id, member.request.id, member.receipt.address, ONE)
        deliver()
        first, second = service.taken
        assert browser.open(first) == browser.open(second)
        assert len(first.body) == len(second.body)
        assert first.headers["Topic"] == second.headers["Topic"], "the second folds into the first"


def test_taken_twice_by_the_same_person_it_is_told_once(
    serve: Serve, member: Member, cast: tuple[World, Keyring]
) -> None:
    with told(serve, member):
        for _ in range(2):
            actions.accept(cast[0].renee.id, member.request.id)
        assert Notice.objects.filter(message="news").count() == 1


def test_nobody_is_told_who_did_not_ask_or_asked_no_more(
    serve: Serve, member: Member, cast: tuple[World, Keyring]
) -> None:
    with told(serve, member) as (service, _browser):
        assert post("progress/tell-me", wish(token_of(member))).json() == {"state": "off"}
        assert bytes(Told.objects.get().address) == b""
        actions.accept(cast[0].renee.id, member.request.id)
        assert deliver() == 0
        assert service.taken == []


@pytest.mark.req("K-22", "K-35")
@pytest.mark.parametrize("how", ["cancelled", "closed by its end", "unanswered"])
def test_it_goes_with_the_request_in_the_same_transaction(serve: Serve, member: Member, how: str) -> None:
    with told(serve, member) as (_service, browser):
        row = Request.objects.get()
        telling.tell(row)
        assert Notice.objects.filter(message="news").exists()
        if how == "cancelled":
            assert post("progress/cancel", token_of(member)).status_code == 200
        elif how == "closed by its end":
            escalation.forget(row.ladder_id)
        else:
            for _ in range(5):
                product.shift(timedelta(days=1))
                actions.climb(product.now())
            assert Request.objects.get().envelope is None
        assert not Told.objects.exists()
        assert not Notice.objects.filter(message="news").exists()
        again = post("progress/tell-me", wish(token_of(member), browser.address))
        assert again.status_code in {200, 422}
        assert again.json() in [{"state": "unknown"}, {"state": "refused", "code": "ended"}]
        assert not Told.objects.exists()


@pytest.mark.req("A-03")
@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_is_gone_is_forgotten_and_nobody_hears_of_it(
    serve: Serve, member: Member, cast: tuple[World, Keyring], status: int
) -> None:
    with told(serve, member, status):
        before = ContactPoint.objects.values_list("state")
        actions.accept(cast[0].renee.id, member.request.id)
        deliver()
        assert not Told.objects.exists()
        assert not Notice.objects.exists(), "nothing is left that a board could show"
        assert outbox.failed_about([Request.objects.get().ladder_id]) == frozenset()
        assert list(ContactPoint.objects.values_list("state")) == list(before)


def test_a_push_service_in_trouble_is_tried_again_for_an_hour_and_then_left(
    serve: Serve, member: Member, cast: tuple[World, Keyring]
) -> None:
    with told(serve, member, 503):
        actions.accept(cast[0].renee.id, member.request.id)
        deliver()
        assert Notice.objects.get().attempts == 1
        product.shift(timedelta(hours=2))
        deliver()
        notify.purge(product.now())
        assert not Notice.objects.exists()
        assert Told.objects.exists()


@pytest.mark.req("K-24", "K-26")
def test_the_database_does_not_hold_the_devices_address_in_the_clear(serve: Serve, member: Member) -> None:
    with told(serve, member) as (_service, browser):
        kept = Told.objects.get()
        assert browser.endpoint.encode() not in bytes(kept.address)
        assert outbox.opened_address(bytes(kept.address)) == browser.address
        assert outbox.opened_address(b"x" * 60) == ""


@pytest.mark.req("K-24")
@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/x BAAA BBBB",
        "https://127.0.0.1:1/x",
        "http://fcm.googleapis.com/x " + "A" * 87 + " " + "A" * 22,
        "no address at all",
        "x" * 1005,
    ],
)
def test_only_known_push_services_are_taken(member: Member, address: str, cast: tuple[World, Keyring]) -> None:
    answer = post("progress/tell-me", wish(token_of(member), address))
    assert (answer.status_code, answer.json()) == (422, {"state": "refused", "code": "bad-subscription"})
    assert not Told.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (bytes(1023), "wrong-size"),
        (bytes(16) + b"\3" + bytes(1007), "bad-language"),
        (bytes(16) + b"\1" + (1006).to_bytes(2) + bytes(1005), "bad-address"),
        (bytes(16) + b"\1" + (1).to_bytes(2) + b"ab" + bytes(1003), "bad-address"),
        (bytes(16) + b"\1" + (1).to_bytes(2) + b"\xff" + bytes(1004), "bad-address"),
    ],
)
def test_a_body_of_another_shape_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_wish(body)
    assert refused.value.code == code


@pytest.mark.req("K-26")
def test_a_token_of_nothing_a_wrong_size_and_another_site_change_nothing(
    serve: Serve, member: Member, cast: tuple[World, Keyring]
) -> None:
    with told(serve, member) as (_service, browser):
        Told.objects.all().delete()
        assert post("progress/tell-me", wish(uuid.uuid4().bytes, browser.address)).json() == {"state": "unknown"}
        assert post("progress/tell-me", b"x" * 100).status_code == 400
        assert post("progress/tell-me", b"x" * 5000).status_code == 413
        body = wish(token_of(member), browser.address)
        assert post("progress/tell-me", body, HTTP_SEC_FETCH_SITE="cross-site").status_code == 403
        assert not Told.objects.exists()


def test_turning_it_on_and_off_without_end_is_refused(
    serve: Serve, member: Member, cast: tuple[World, Keyring]
) -> None:
    with told(serve, member) as (_service, browser):
        wishes = [wish(token_of(member), browser.address if number % 2 else "") for number in range(30)]
        found = [post("progress/tell-me", one) for one in wishes]
        assert found[-1].status_code == 429
        assert post("progress/tell-me", wish(token_of(member))).json() == {"state": "off"}, "off is always possible"


def test_it_speaks_the_language_of_the_page(serve: Serve, member: Member, cast: tuple[World, Keyring]) -> None:
    with told(serve, member) as (service, browser):
        post("progress/tell-me", wish(token_of(member), browser.address, 2))
        actions.accept(cast[0].renee.id, member.request.id)
        assert deliver() == 1
        assert browser.open(service.taken[0])["title"] == "Shift info : du nouveau"
        assert NOW
