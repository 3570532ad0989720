"""A far end that stalls or lies costs its own lane one try, and nobody else anything."""

import socket
import threading
import time
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections

from alongside.notify import actions as notify
from alongside.notify import channels, rules
from alongside.notify.models import Notice
from alongside.site import schedule
from tests.notify.receivers import (
    MailBox,
    WebService,
    dripping_server,
    mail_server,
    raw_mail_server,
    web_service,
)
from tests.world import NOW

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def queue(to: Iterable[tuple[str, str]], message: str = "waiting_now", **more: Any) -> None:
    values = {"days": 3} if message == "keys_soon" else {}
    about = more.pop("about", None)
    notify.queue(
        about=about, to=to, message=message, language="en", values=values, now=NOW, expires_at=NOW + DAY, **more
    )


def mails(*names: str) -> list[tuple[str, str]]:
    return [("email", f"{name}@pine.example") for name in names]


# --- lanes -------------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03")
@pytest.mark.django_db(transaction=True)
def test_a_stalled_mail_server_holds_up_no_text_message(settings: Any) -> None:
    """Both lanes turn at once, as in the server: the text message is out long before the mail lane comes back."""
    finished: dict[str, float] = {}
    begun = time.monotonic()

    def lane(kind: str) -> None:
        try:
            notify.deliver(NOW, (kind,), seconds=4)
        finally:
            finished[kind] = time.monotonic() - begun
            connections.close_all()

    with dripping_server(settings), web_service(WebService()) as service:
        queue([*mails(*"abcdefgh"), ("apprise", f"json://127.0.0.1:{service.port}/")])
        channels.gateways._apprise()
        threads = [threading.Thread(target=lane, args=(kind,)) for kind in (rules.EMAIL, rules.APPRISE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert len(service.taken) == 1
    assert finished[rules.APPRISE] < finished[rules.EMAIL]
    assert finished[rules.EMAIL] >= 4


@pytest.mark.req("A-03")
def test_a_lane_that_stalls_stops_no_other_and_leaves_no_mark_when_it_hangs(settings: Any, tmp_path: Any) -> None:
    settings.DATA = tmp_path
    stalled, over = threading.Event(), threading.Event()
    turns: list[object] = []

    def stall(_: object) -> None:
        stalled.set()
        over.wait(20)

    jobs = (
        schedule.Job("stalls", 0.01, stall, lane="email"),
        schedule.Job("pager", 0.01, turns.append, lane="ladders"),
    )
    loop, stop = schedule.Loop(jobs), threading.Event()
    thread = threading.Thread(target=loop.run_forever, args=(stop,))
    thread.start()
    assert stalled.wait(10)
    before = len(turns)
    ends = time.monotonic() + 20
    while len(turns) < before + 3 and time.monotonic() < ends:
        stop.wait(0.05)
    assert len(turns) >= before + 3
    assert loop.age() is None, "a lane that never came back counts"
    assert schedule.seconds_since_mark() is None
    over.set()
    stop.set()
    thread.join(20)


@pytest.mark.req("A-03")
@pytest.mark.django_db
def test_calls_go_out_before_what_waited_longer(settings: Any) -> None:
    queue(mails(*(f"note{number}" for number in range(40))), "keys_soon", due_at=NOW - MINUTE)
    queue(mails("test"), "test")
    queue(mails("call"), "waiting_now")
    with mail_server(settings, MailBox()) as box:
        batch = [notice.address for notice, _letter in notify._claim(NOW, ("email",))]
        assert batch[:2] == ["call@pine.example", "test@pine.example"]
        assert notify.deliver(NOW, ("email",)) > 0
    assert box.taken


# --- one way after the other -------------------------------------------------------------------------------------


@pytest.mark.req("A-03")
@pytest.mark.django_db
def test_when_a_way_fails_the_next_is_tried_at_once_and_the_rest_moves_up(settings: Any) -> None:
    queue(mails("first", "second", "third"), gap=2 * MINUTE)
    with mail_server(settings, MailBox("busy")):
        notify.deliver(NOW, ("email",))
    due = dict(Notice.objects.values_list("address", "due_at"))
    assert due == {
        "first@pine.example": NOW + rules.PAUSES[0],
        "second@pine.example": NOW,
        "third@pine.example": NOW + 2 * MINUTE,
    }
    with mail_server(settings, MailBox()) as box:
        assert notify.deliver(NOW, ("email",)) == 1
    assert [address for address, _ in box.taken] == ["second@pine.example"]


@pytest.mark.django_db
def test_only_the_same_call_moves_up(settings: Any) -> None:
    queue(mails("first", "second"), gap=2 * MINUTE)
    queue(mails("other", "others"), gap=2 * MINUTE)
    with mail_server(settings, MailBox()):
        notify.deliver(NOW, ("email",))
    assert set(Notice.objects.values_list("due_at", flat=True)) == {NOW + 2 * MINUTE}


@pytest.mark.req("A-03")
@pytest.mark.django_db
def test_a_call_with_nowhere_to_go_is_given_up_where_the_board_sees_it() -> None:
    about = uuid.uuid4()
    assert (
        notify.queue(about=about, to=[], message="waiting_now", language="en", values={}, now=NOW, expires_at=NOW + DAY)
        == 0
    )
    assert (Notice.objects.get().failed, notify.deliver(NOW)) == (True, 0)


# --- mail servers and their habits -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_line_carries_several_letters(settings: Any) -> None:
    queue(mails(*(f"n{number}" for number in range(30))))
    with mail_server(settings, MailBox()) as box:
        assert notify.deliver(NOW, ("email",)) == 30
    assert len(box.taken) == 30
    assert box.lines <= channels.MAIL_LINES


@pytest.mark.req("A-03")
@pytest.mark.django_db
def test_greylisting_delays_by_seconds_and_costs_nothing(settings: Any) -> None:
    learned: list[Any] = []
    queue(mails("renee"))
    with mail_server(settings, MailBox("greylists")) as box:
        assert notify.deliver(NOW, learn=lambda gone, taken: learned.append((set(gone), set(taken)))) == 0
        assert notify.deliver(NOW + rules.PAUSES[0]) == 1
    assert len(box.taken) == 1
    assert learned == [(set(), set())], "a server that asks for patience has not refused anybody"


@pytest.mark.req("A-03")
@pytest.mark.django_db
def test_an_address_that_is_refused_for_good_is_told_at_once_and_tried_on(settings: Any) -> None:
    learned: list[Any] = []
    queue(mails("gone"))
    with mail_server(settings, MailBox("refuses")):
        notify.deliver(NOW, learn=lambda gone, taken: learned.append((set(gone), set(taken))))
    assert learned == [({("email", "gone@pine.example")}, set())]
    assert (Notice.objects.get().failed, Notice.objects.get().attempts) == (False, 1)


@pytest.mark.django_db
def test_a_server_that_says_yes_and_throws_it_away_cannot_be_told_from_an_honest_one(settings: Any) -> None:
    """Said in the manual: that is why people say themselves that a test page reached them."""
    queue(mails("renee"))
    with mail_server(settings, MailBox("lies")) as box:
        assert notify.deliver(NOW) == 1
    assert box.taken == []
    assert not Notice.objects.exists()


@pytest.mark.req("A-03")
@pytest.mark.django_db
def test_a_yes_that_comes_too_late_makes_a_repeat_that_mail_programs_fold(settings: Any) -> None:
    queue(mails("renee"))
    with mail_server(settings, MailBox("slow", seconds=1.5)) as box:
        assert notify.deliver(NOW, seconds=0.3) == 0
        ends = time.monotonic() + 10
        while not box.taken and time.monotonic() < ends:
            threading.Event().wait(0.05)
        assert notify.deliver(NOW + rules.PAUSES[0], seconds=9) == 1
    assert len({message["Message-ID"] for _, message in box.taken}) == 1
    assert len(box.taken) == 2


def _until(line: socket.socket, ending: bytes) -> None:
    text = b""
    while not text.endswith(ending):
        text += line.recv(1000) or ending


def closes_in_data(line: socket.socket) -> None:
    line.sendall(b"220 here\r\n")
    for answer in (b"250 ok", b"250 ok", b"250 ok", b"354 go on"):
        _until(line, b"\r\n")
        line.sendall(answer + b"\r\n")
    line.recv(20)


def speaks_nonsense(line: socket.socket) -> None:
    line.sendall(b"\xff\xfe nonsense\r\n" * 3)
    line.recv(1000)


def hangs_up(line: socket.socket) -> None:
    line.shutdown(socket.SHUT_RDWR)


@pytest.mark.req("A-03")
@pytest.mark.django_db
@pytest.mark.parametrize("habit", [closes_in_data, speaks_nonsense, hangs_up])
def test_a_broken_server_loses_nothing_and_is_not_rung_for_every_letter(settings: Any, habit: Any) -> None:
    queue(mails(*(f"n{number}" for number in range(30))))
    with raw_mail_server(settings, habit) as lines:
        assert notify.deliver(NOW, ("email",)) == 0
    assert 1 <= len(lines) <= channels.MAIL_LINES * channels.mail.MOST_DROPPED
    assert Notice.objects.filter(failed=False).count() == 30
    with mail_server(settings, MailBox()) as box:
        moment = NOW + rules.LEASE + MINUTE
        while Notice.objects.filter(due_at__lte=moment).exists():
            notify.deliver(moment, ("email",))
    assert len(box.taken) == 30


@pytest.mark.django_db
def test_a_line_that_drops_on_one_letter_carries_the_others(settings: Any) -> None:
    class Drops(MailBox):
        async def handle_RCPT(  # noqa: N802
            self, server: Any, session: Any, envelope: Any, address: str, options: Any
        ) -> str:
            if address.startswith("bad@"):
                server.transport.abort()
            return await super().handle_RCPT(server, session, envelope, address, options)

    letters = [*mails("bad"), *mails(*(f"n{number}" for number in range(11)))]
    queue(letters)
    with mail_server(settings, Drops()) as box:
        notify.deliver(NOW, ("email",))
    assert len(box.taken) == 11


# --- secrets at rest ---------------------------------------------------------------------------------------------


@pytest.mark.req("K-33")
@pytest.mark.django_db
def test_values_are_encrypted_and_former_secrets_open_them(settings: Any) -> None:
    link = "http://localhost:8000/in/enter/password/reset/key/1-marker/"
    notify.queue(
        about=None,
        to=mails("renee"),
        message="reset",
        language="en",
        values={"link": link},
        now=NOW,
        expires_at=NOW + DAY,
    )
    with connection.cursor() as cursor:
        cursor.execute('SELECT "values" FROM notify_notice')
        raw = bytes(cursor.fetchone()[0])
    assert b"marker" not in raw
    assert Notice.objects.get().values == {"link": link}
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another secret"
    assert Notice.objects.get().values == {"link": link}
    settings.SECRET_KEY_FALLBACKS = []
    assert Notice.objects.get().values is None
    with mail_server(settings, MailBox()) as box:
        assert notify.deliver(NOW) == 0
    assert box.taken == []
    assert Notice.objects.get().failed


@pytest.mark.django_db
def test_a_call_carries_nothing_to_encrypt_and_so_no_trace_of_its_second() -> None:
    queue(mails("renee"))
    with connection.cursor() as cursor:
        cursor.execute('SELECT "values" FROM notify_notice')
        assert bytes(cursor.fetchone()[0]) == b""


@pytest.mark.django_db
def test_a_notice_of_a_text_that_is_gone_does_not_block_the_others(settings: Any) -> None:
    queue(mails("renee", "marcus"))
    Notice.objects.filter(address="renee@pine.example").update(message="of_another_version")
    with mail_server(settings, MailBox()) as box:
        assert notify.deliver(NOW) == 1
    assert [address for address, _ in box.taken] == ["marcus@pine.example"]


# --- voice -------------------------------------------------------------------------------------------------------


@pytest.mark.req("A-03", "K-36")
@pytest.mark.django_db
def test_a_voice_gateway_is_asked_to_say_the_words_twice_and_no_link(monkeypatch: Any) -> None:
    """The service's own request goes out as ever; only its host is a receiver on loopback. The real one was not
    reached.
    """
    from xml.etree import ElementTree

    from apprise.plugins.twilio import NotifyTwilio

    with web_service(WebService()) as service:
        monkeypatch.setattr(NotifyTwilio, "notify_call_url", f"http://127.0.0.1:{service.port}/{{sid}}/Calls.json")
        address = f"twilio://AC{'0' * 32}:{'1' * 32}@12185550100/12185550111/?method=call"
        assert rules.is_address("apprise", address)
        notify.queue(
            about=None,
            to=[("apprise", address)],
            message="waiting_now",
            language="fr",
            values={},
            now=NOW,
            expires_at=NOW + DAY,
        )
        assert notify.deliver(NOW) == 1
    (sent,) = service.taken
    assert (sent["From"], sent["To"]) == ("+12185550100", "+12185550111")
    said = list(ElementTree.fromstring(sent["Twiml"]).iter("Say"))  # noqa: S314
    assert len(said) == 2
    assert {one.get("language") for one in said} == {"fr-CA"}
    assert said[0].text == said[1].text
    assert "Quelque chose vous attend maintenant" in str(said[0].text)
    assert "http" not in str(said[0].text)
