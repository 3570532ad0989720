"""Notices travel over real SMTP and HTTP, survive every bad habit of the far end, and never go out twice at once."""

import logging
import threading
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from alongside.notify import actions as notify
from alongside.notify import channels, queries, rules
from alongside.notify.models import Notice
from tests.notify.receivers import MailBox, WebService, dripping_server, mail_server, web_service
from tests.world import NOW
from tools.ports import free_port

DAY = timedelta(days=1)


def queue(*addresses: str, now: datetime = NOW, about: uuid.UUID | None = None, lasts: timedelta = 5 * DAY) -> None:
    to = [("apprise" if "://" in address else "email", address) for address in addresses]
    notify.queue(about=about, to=to, message="waiting_now", language="fr", values={}, now=now, expires_at=now + lasts)


def letter(kind: str, address: str) -> rules.Letter:
    return rules.Letter(kind, address, "Subject", "Body", "Body", "/in/", "waiting", "en", NOW + DAY, "reference")


@pytest.mark.req("A-03", "K-36")
@pytest.mark.django_db
def test_a_notice_arrives_neutral_and_its_row_is_gone(settings: Any) -> None:
    queue("renee@pine.example")
    with mail_server(settings, MailBox()) as box:
        assert notify.deliver(NOW) == 1
    (address, message), *more = box.taken
    assert (address, more) == ("renee@pine.example", [])
    assert message["Subject"].startswith("=?utf-8?") or message["Subject"] == "Quelque chose vous attend maintenant"
    assert "http://localhost:8000/in/" in message.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert message["Auto-Submitted"] == "auto-generated"
    assert not Notice.objects.exists()


@pytest.mark.django_db
def test_every_try_of_a_notice_has_the_same_reference(settings: Any) -> None:
    queue("renee@pine.example")
    notice = Notice.objects.get()
    with mail_server(settings, MailBox()) as box:
        notify.deliver(NOW)
    assert str(notice.id) in box.taken[0][1]["Message-ID"]


@pytest.mark.req("A-03")
@pytest.mark.django_db
@pytest.mark.parametrize("habit", ["refuses", "drops", "drops late", "busy"])
def test_a_notice_that_was_not_taken_is_tried_again_later(settings: Any, habit: str) -> None:
    queue("renee@pine.example")
    with mail_server(settings, MailBox(habit)) as box:
        assert notify.deliver(NOW) == 0
        assert notify.deliver(NOW) == 0
    notice = Notice.objects.get()
    assert (notice.attempts, notice.due_at, notice.failed) == (1, NOW + rules.PAUSES[0], False)
    assert box.taken == []


@pytest.mark.req("A-03")
@pytest.mark.django_db
def test_a_slow_far_end_does_not_hold_up_the_ladders(settings: Any) -> None:
    queue(*(f"{n}@pine.example" for n in range(8)))
    with dripping_server(settings):
        assert notify.deliver(NOW, seconds=0.5) == 0
    assert set(Notice.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db
def test_a_slow_mail_server_that_takes_it_in_time_is_waited_for(settings: Any) -> None:
    queue("renee@pine.example")
    with mail_server(settings, MailBox("slow", seconds=0.5)) as box:
        assert notify.deliver(NOW) == 1
    assert len(box.taken) == 1


@pytest.mark.req("A-03")
@pytest.mark.django_db
def test_notices_wait_out_a_dead_mail_server(settings: Any) -> None:
    port = free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    queue("renee@pine.example", "marcus@pine.example")
    moment = NOW
    for _ in range(6):
        assert notify.deliver(moment) == 0
        moment += timedelta(minutes=10)
    with mail_server(settings, MailBox(), port) as box:
        assert notify.deliver(moment + timedelta(hours=1)) == 2
    assert {address for address, _ in box.taken} == {"renee@pine.example", "marcus@pine.example"}


@pytest.mark.req("A-03")
@pytest.mark.django_db
def test_a_notice_is_given_up_in_the_end_and_the_board_can_say_so(settings: Any) -> None:
    about = uuid.uuid4()
    queue("gone@pine.example", about=about, lasts=10 * DAY)
    moment = NOW
    with mail_server(settings, MailBox("refuses")):
        for _ in range(rules.MOST_TRIES + 3):
            notify.deliver(moment)
            moment = Notice.objects.get().due_at
    assert Notice.objects.get().attempts == rules.MOST_TRIES
    assert queries.failed_about([about, uuid.uuid4()]) == {about}
    assert queries.outbox().failed == 1
    assert notify.purge(NOW + 10 * DAY) == 1


@pytest.mark.django_db
def test_a_notice_of_no_more_use_is_not_sent(settings: Any) -> None:
    queue("renee@pine.example", lasts=timedelta(hours=1))
    with mail_server(settings, MailBox()) as box:
        assert notify.deliver(NOW + timedelta(hours=2)) == 0
    assert box.taken == []
    assert Notice.objects.get().failed


@pytest.mark.req("A-03")
@pytest.mark.django_db
def test_one_bad_address_does_not_cost_the_others(settings: Any) -> None:
    class Picky(MailBox):
        async def handle_RCPT(  # noqa: N802
            self, server: Any, session: Any, envelope: Any, address: str, options: Any
        ) -> str:
            if address.startswith("gone@"):
                return "550 no such mailbox"
            return await super().handle_RCPT(server, session, envelope, address, options)

    queue("gone@pine.example", *(f"{n}@pine.example" for n in range(20)))
    with mail_server(settings, Picky()) as box:
        for _ in range(4):
            notify.deliver(NOW)
    assert len(box.taken) == 20
    assert Notice.objects.get().address == "gone@pine.example"


@pytest.mark.req("K-22", "K-35")
@pytest.mark.django_db
def test_what_has_ended_is_forgotten_by_the_outbox() -> None:
    ended, other = uuid.uuid4(), uuid.uuid4()
    queue("renee@pine.example", "marcus@pine.example", about=ended)
    queue("ana@pine.example", about=other)
    assert notify.forget(ended) == 2
    assert [notice.about for notice in Notice.objects.all()] == [other]


@pytest.mark.django_db
def test_an_unknown_notice_is_refused_when_it_is_queued() -> None:
    with pytest.raises(rules.UnknownMessage):
        notify.queue(about=None, to=[], message="nonsense", language="en", values={}, now=NOW, expires_at=NOW + DAY)


@pytest.mark.req("A-03")
@pytest.mark.django_db
def test_other_services_are_reached_over_apprise() -> None:
    with web_service(WebService()) as service:
        queue(f"json://127.0.0.1:{service.port}/")
        assert notify.deliver(NOW) == 1
    (body,) = service.taken
    assert body["title"] == "Quelque chose vous attend maintenant"
    assert "/in/" in body["message"]
    assert not Notice.objects.exists()


@pytest.mark.django_db
def test_a_service_that_answers_with_an_error_is_tried_again() -> None:
    with web_service(WebService(status=503)) as service:
        queue(f"json://127.0.0.1:{service.port}/")
        assert notify.deliver(NOW) == 0
    assert Notice.objects.get().attempts == 1


@pytest.mark.django_db
def test_an_address_no_service_knows_is_tried_and_given_up_like_any_other() -> None:
    queue("nonsense://nowhere")
    assert notify.deliver(NOW) == 0
    assert Notice.objects.get().attempts == 1


@pytest.mark.req("K-26")
@pytest.mark.django_db
def test_no_log_line_names_an_address_or_a_text(settings: Any, capfd: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    # The other side's own log is not ours.
    caplog.set_level(logging.CRITICAL, logger="mail.log")
    port = free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    queue("renee-marker@pine.example", f"json://user-marker:secret-marker@127.0.0.1:{port}/marker", "bad-marker://x")
    notify.deliver(NOW)
    with mail_server(settings, MailBox("refuses")):
        notify.deliver(NOW + DAY)
    with pytest.raises(channels.ChannelDown) as caught:
        channels.send(letter("apprise", f"json://127.0.0.1:{port}/marker"))
    assert caught.value.__cause__ is None
    out, err = capfd.readouterr()
    for text in (caplog.text, out, err, str(caught.value)):
        assert "marker" not in text
        assert "attend" not in text


@pytest.mark.req("A-03")
@pytest.mark.django_db(transaction=True)
def test_deliverers_at_the_same_time_never_send_the_same_notice_twice(settings: Any) -> None:
    queue(*(f"{n}@pine.example" for n in range(60)))
    start = threading.Barrier(3)

    def work() -> None:
        try:
            start.wait(10)
            while Notice.objects.filter(due_at__lte=NOW).exists():
                notify.deliver(NOW)
        finally:
            connections.close_all()

    with mail_server(settings, MailBox("slow", seconds=0.01)) as box:
        workers = [threading.Thread(target=work) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
    sent = sorted(address for address, _ in box.taken)
    assert sent == sorted(f"{n}@pine.example" for n in range(60))
    assert not Notice.objects.exists()


@pytest.mark.req("A-03")
@pytest.mark.django_db(transaction=True)
def test_a_notice_whose_worker_died_goes_out_when_its_lease_ends(settings: Any) -> None:
    queue("renee@pine.example")

    class Dies(BaseException):
        """The process ends here."""

    def die(*_: Any) -> None:
        raise Dies

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channels, "send_all", die)
        with pytest.raises(Dies):
            notify.deliver(NOW)
    with mail_server(settings, MailBox()) as box:
        assert notify.deliver(NOW) == 0
        assert notify.deliver(NOW + rules.LEASE) == 1
    assert len(box.taken) == 1


@pytest.mark.django_db
def test_a_clock_set_back_after_a_failure_keeps_the_notice(settings: Any) -> None:
    queue("renee@pine.example")
    with mail_server(settings, MailBox("busy")):
        notify.deliver(NOW)
    with mail_server(settings, MailBox()) as box:
        assert notify.deliver(NOW - DAY) == 0
        assert notify.deliver(NOW + DAY) == 1
    assert len(box.taken) == 1
