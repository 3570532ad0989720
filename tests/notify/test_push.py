"""Push reaches the service of a browser over real TLS, sealed for that browser alone, and goes nowhere else.

The service stands on loopback (tests/notify/push_service.py); a real one was not reached.
"""

import base64
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import http_ece
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from alongside.kernel import clock as kernel_clock
from alongside.notify import actions as notify
from alongside.notify import queries, rules
from alongside.notify.channels import push
from alongside.notify.models import Notice
from tests.notify.push_service import Browser, PushService, push_service, text, unbase64, who_sends
from tests.world import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def serve(settings: Any, monkeypatch: Any, tmp_path: Path, clock: Any) -> Callable[[PushService], Any]:
    return lambda service: push_service(settings, monkeypatch, tmp_path, service)


def queue(address: str, message: str = "waiting_now", **more: Any) -> None:
    notify.queue(
        about=None,
        to=[("push", address)],
        message=message,
        language="en",
        values=more.pop("values", {}),
        now=NOW,
        expires_at=more.pop("expires_at", NOW + HOUR),
    )


def given_up(address: str, learned: list[Any]) -> int:
    queue(address)
    return notify.deliver(NOW, ("push",), learn=lambda gone, taken: learned.append((set(gone), set(taken))))


@pytest.mark.req("A-03", "K-36")
@pytest.mark.django_db
def test_a_push_arrives_with_the_neutral_words_and_only_its_browser_can_open_it(serve: Any) -> None:
    with serve(PushService()) as service:
        browser, other = Browser(service), Browser(service)
        queue(browser.address)
        assert notify.deliver(NOW) == 1
    (message,) = service.taken
    assert browser.open(message) == {
        "title": "Something is waiting for you now",
        "body": "Something is waiting for you now. Please look within minutes.",
        "link": "http://localhost:8000/in/",
    }
    assert b"waiting" not in message.body
    with pytest.raises(http_ece.ECEException):
        other.open(message)
    assert not Notice.objects.exists()


@pytest.mark.django_db
def test_the_body_is_sealed_as_the_standards_own_example() -> None:
    """RFC 8291, section 5: the keys, the salt and the words of its example give its key and nonce."""
    receiver = ec.derive_private_key(
        int.from_bytes(unbase64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big"), ec.SECP256R1()
    )
    sender = ec.derive_private_key(
        int.from_bytes(unbase64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
    )
    to = rules.Subscription(
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        push._point(receiver.public_key()),
        unbase64("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    salt = unbase64("DGv6ra1nlYgDCS1FRnbzlw")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(push, "PADDED", 0)
        body = push.seal(b"When I grow up, I want to be a watermelon", to, sender, salt)
    assert text(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@pytest.mark.django_db
def test_the_token_names_the_service_and_whom_to_ask_and_ends_within_a_day(serve: Any, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Shift info <shift@pine.example>"
    kernel_clock.shift(timedelta(days=300))
    with serve(PushService()) as service:
        queue(Browser(service).address, expires_at=NOW + timedelta(days=400))
        notify.deliver(NOW)
    claims = who_sends(service.taken[0])
    assert claims["aud"] == service.origin
    assert claims["sub"] == "mailto:shift@pine.example"
    assert 0 < claims["exp"] - time.time() <= 24 * 3600, "by the machine's clock, not by one that was moved"
    assert claims["key"] == queries.push_key()


def test_a_token_of_somebody_else_is_noticed(settings: Any) -> None:
    """The check above can fail: the signature of one installation does not pass for another's."""
    settings.ALONGSIDE_ADDRESS = "https://shift.example"
    one = push.token("https://push.example/x", 0)
    key = queries.push_key()
    settings.ALONGSIDE_VAPID_KEY = base64.urlsafe_b64encode(bytes(31) + b"\7").decode()
    other = queries.push_key()
    message = type("Message", (), {"headers": {"Authorization": f"vapid t={one}, k={other}"}})()
    with pytest.raises(InvalidSignature):
        who_sends(message)
    message.headers["Authorization"] = f"vapid t={one}, k={key}"
    assert who_sends(message)["sub"] == "https://shift.example"


@pytest.mark.req("K-36")
@pytest.mark.django_db
def test_every_push_looks_alike_to_those_who_carry_it(serve: Any) -> None:
    with serve(PushService()) as service:
        browser = Browser(service)
        queue(browser.address, "waiting_now")
        queue(browser.address, "waiting")
        queue(browser.address, "keys_soon", values={"days": 7})
        notify.deliver(NOW)
    assert len({len(message.body) for message in service.taken}) == 1
    topics = {message.headers["Topic"] for message in service.taken}
    assert len(topics) == 3
    assert all(len(topic) == 32 and "waiting" not in topic for topic in topics)


@pytest.mark.django_db
def test_a_repeat_folds_into_the_one_before_for_this_device_only(serve: Any) -> None:
    with serve(PushService()) as service:
        one, other = Browser(service, "one"), Browser(service, "other")
        for browser in (one, one, other):
            queue(browser.address)
        notify.deliver(NOW)
    found: dict[str, set[str]] = {}
    for message in service.taken:
        found.setdefault(message.path, set()).add(message.headers["Topic"])
    assert {path: len(topics) for path, topics in found.items()} == {"/push/one": 1, "/push/other": 1}
    assert found["/push/one"] != found["/push/other"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("message", "lasts", "urgency"),
    [("waiting_now", HOUR, "high"), ("waiting", 72 * HOUR, "normal"), ("backup", 90 * 24 * HOUR, "high")],
)
def test_urgency_follows_the_notice_and_time_to_live_tells_nothing(
    serve: Any, message: str, lasts: timedelta, urgency: str
) -> None:
    """With the end of a request in it the push service would know when that was sent, and who else was called."""
    with serve(PushService()) as service:
        queue(Browser(service).address, message, expires_at=NOW + lasts)
        notify.deliver(NOW)
    headers = service.taken[0].headers
    assert (headers["Urgency"], headers["TTL"]) == (urgency, "86400")


@pytest.mark.req("A-03")
@pytest.mark.django_db
@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_has_ended_is_given_up_at_once(serve: Any, status: int) -> None:
    learned: list[Any] = []
    with serve(PushService(status)) as service:
        address = Browser(service).address
        assert given_up(address, learned) == 0
        notify.deliver(NOW + HOUR / 2)
    assert len(service.taken) == 1
    assert Notice.objects.get().failed
    assert ({("push", address)}, set()) in learned


@pytest.mark.req("A-03")
@pytest.mark.django_db
@pytest.mark.parametrize("status", [400, 401, 403, 413, 429, 500, 503])
def test_a_service_in_trouble_is_tried_again_and_the_subscription_stays(serve: Any, status: int) -> None:
    learned: list[Any] = []
    with serve(PushService(status)) as service:
        assert given_up(Browser(service).address, learned) == 0
    notice = Notice.objects.get()
    assert (notice.failed, notice.attempts) == (False, 1)
    assert all(not gone for gone, _taken in learned)


@pytest.mark.req("K-24")
@pytest.mark.django_db
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_push_service_cannot_send_the_server_elsewhere(serve: Any, status: int) -> None:
    with serve(PushService(status)) as service:
        service.to = f"{service.origin}/inside"
        queue(Browser(service).address)
        assert notify.deliver(NOW) == 0
    assert [message.path for message in service.taken] == ["/push/device-1"]


@pytest.mark.req("K-24")
@pytest.mark.django_db
def test_a_service_that_is_allowed_no_more_is_not_called(serve: Any, settings: Any) -> None:
    with serve(PushService()) as service:
        queue(Browser(service).address)
        settings.ALONGSIDE_PUSH_HOSTS = []
        assert notify.deliver(NOW) == 0
    assert service.taken == []


@pytest.mark.req("K-24")
@pytest.mark.django_db
def test_a_service_whose_certificate_nobody_vouches_for_is_not_told_anything(serve: Any, monkeypatch: Any) -> None:
    with serve(PushService()) as service:
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        queue(Browser(service).address)
        assert notify.deliver(NOW) == 0
    assert service.taken == []


KEY = text(
    ec.derive_private_key(7, ec.SECP256R1()).public_key().public_numbers().x.to_bytes(32, "big")
)  # half a key: refused
GOOD = text(push._point(ec.derive_private_key(7, ec.SECP256R1()).public_key()))
OFF_CURVE = text(b"\4" + bytes(31) + b"\1" + bytes(31) + b"\1")
SECRET = text(bytes(16))


@pytest.mark.req("K-24")
@pytest.mark.parametrize(
    ("endpoint", "good"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc:def", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/gAAAA", True),
        ("https://web.push.apple.com/QGuVB", True),
        ("https://wns2-by3p.notify.windows.com/w/?token=BQYAAA%3d", True),
        ("https://push.shift.example:8443/x", True),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://fcm.googleapis.com:8080/fcm/send/abc", False),
        ("https://127.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("https://localhost/x", False),
        ("https://10.0.0.1/x", False),
        ("https://169.254.169.254/latest/meta-data/", False),
        ("https://fcm.googleapis.com.evil.example/x", False),
        ("https://evilnotify.windows.com.example/x", False),
        ("https://evil.example%2f.notify.windows.com/x", False),
        ("https://evil.example;a.notify.windows.com/x", False),
        ("https://notify.windows.com/x", False),
        ("https://fcm.googleapis.com@10.0.0.1/x", False),
        ("https://user:pass@fcm.googleapis.com/x", False),
        ("https://10.0.0.1\\@fcm.googleapis.com/x", False),
        ("https://fcm.googleapis.com#@10.0.0.1/x", False),
        ("https://fcm.googleapis.com", False),
        ("https://push.shift.example/x", False),
        ("https://ｆcm.googleapis.com/x", False),
        ("https://fcm.googleapis.com/" + "x" * 1000, False),
        ("https://fcm.googleapis.com:port/x", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_the_server_sends_push_to_known_services_only(endpoint: str, good: bool) -> None:
    address = rules.push_address(endpoint, GOOD, SECRET)
    more = ["push.shift.example:8443"]
    if good:
        assert rules.subscription(address, more).endpoint == endpoint
    else:
        with pytest.raises(rules.BadSubscription):
            rules.subscription(address, more)


@pytest.mark.parametrize(
    ("key", "secret"),
    [(KEY, SECRET), (OFF_CURVE, SECRET), (GOOD, ""), (GOOD, text(bytes(15))), (GOOD, "*" * 22), ("", SECRET)],
)
def test_keys_that_are_none_are_refused(key: str, secret: str) -> None:
    with pytest.raises(rules.BadSubscription):
        rules.subscription(rules.push_address("https://fcm.googleapis.com/x", key, secret))
