"""Queueing, delivering and forgetting notices.

Delivery is *at least once*: a worker that dies after the far end took a notice and before the row is deleted leaves
the row, and the notice goes out again when its lease ends. Two workers never try one row at the same time.
"""

import logging
import time
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, transaction

from alongside.content import load
from alongside.kernel import ids
from alongside.notify import channels, rules
from alongside.notify.models import Notice

log = logging.getLogger(__name__)
SIDE_BY_SIDE = 8


def queue(
    *,
    about: uuid.UUID | None,
    to: Iterable[tuple[str, str]],
    message: str,
    language: str,
    values: Mapping[str, str | int],
    now: datetime,
    expires_at: datetime,
) -> int:
    """Put one notice per (kind, address) into the outbox, in the caller's transaction; return how many.

    `values` fills the places of the text; a `link` may lead below /in/ only. Raises rules.UnknownMessage and
    rules.NotNeutral.
    """
    text = _text(message, language)
    rules.check_values(rules.fields_of(text.subject, text.body), values, settings.ALONGSIDE_ADDRESS)
    rows = [
        Notice(
            about=about,
            kind=kind,
            address=address,
            message=message,
            language=language,
            values=dict(values),
            due_at=now,
            expires_at=expires_at,
        )
        for kind, address in to
    ]
    Notice.objects.bulk_create(rows)
    return len(rows)


def forget(about: uuid.UUID) -> int:
    """Delete every notice about a thing that has ended; return how many. One being handed over right now may still
    arrive.
    """
    return Notice.objects.filter(about=about).delete()[0]


def forget_addresses(addresses: Iterable[str], messages: Iterable[str]) -> int:
    """Delete the notices of these kinds to these addresses: their owner is not called any more. Return how many."""
    return Notice.objects.filter(address__in=list(addresses), message__in=list(messages)).delete()[0]


def deliver(now: datetime, seconds: float = rules.TRY_SECONDS) -> int:
    """Hand over what is due; return how many were taken.

    1. claim some rows, each by an UPDATE that must change exactly one; 2. send them side by side outside any
    transaction, within `seconds`; 3. delete what was taken, schedule the rest anew or mark it as given up. Stops at the
    first batch that was not taken as a whole, so that a dead mail server holds up the ladders for one try at most.
    """
    taken = 0
    started = time.monotonic()
    while batch := _claim(now):
        letters = [_letter(notice) for notice in batch]
        outcome = channels.send_all(letters, seconds)
        for notice, was_taken in zip(batch, outcome, strict=True):
            try:
                _settle(notice, was_taken, now)
            except DatabaseError:
                log.exception("a notice could not be settled; it is tried again when its lease ends")
        taken += sum(outcome)
        if not all(outcome) or time.monotonic() - started > seconds:
            break
    return taken


def _claim(now: datetime) -> list[Notice]:
    claimed = []
    due = Notice.objects.filter(failed=False, due_at__lte=now).order_by("due_at")[:SIDE_BY_SIDE]
    for notice in due:
        if notice.attempts >= rules.MOST_TRIES or notice.expires_at <= now:
            _give_up(notice)
            continue
        unchanged = Notice.objects.filter(id=notice.id, due_at=notice.due_at, attempts=notice.attempts, failed=False)
        notice.due_at, notice.attempts = now + rules.LEASE, notice.attempts + 1
        if unchanged.update(due_at=notice.due_at, attempts=notice.attempts) == 1:
            claimed.append(notice)
    return claimed


def _settle(notice: Notice, was_taken: bool, now: datetime) -> None:
    if was_taken:
        Notice.objects.filter(id=notice.id).delete()
        return
    again = rules.next_try(notice.attempts, now, notice.expires_at)
    if again is None:
        _give_up(notice)
        return
    # Only while the lease is still ours: another worker may hold the row by now, or its cause may be gone.
    Notice.objects.filter(id=notice.id, due_at=notice.due_at, attempts=notice.attempts).update(due_at=again)


def _give_up(notice: Notice) -> None:
    if Notice.objects.filter(id=notice.id, failed=False).update(failed=True):
        log.warning("a notice was given up after %d tries", notice.attempts)


@transaction.atomic
def purge(now: datetime) -> int:
    """Delete notices that are of no use any more, delivered or not; return how many."""
    return Notice.objects.filter(expires_at__lte=now).delete()[0]


def test(*, kind: str, address: str, language: str) -> None:
    """Send the test notice to an address at once, past the outbox; raises channels.ChannelDown."""
    text = _text("test", language)
    channels.send(
        rules.Letter(
            kind=kind,
            address=address,
            subject=rules.render(text.subject, {}, settings.ALONGSIDE_ADDRESS),
            body=rules.render(text.body, {}, settings.ALONGSIDE_ADDRESS),
            reference=str(ids.new()),
        )
    )


def _text(message: str, language: str) -> load.Message:
    try:
        return load.messages(language)[message]
    except KeyError:
        raise rules.UnknownMessage(message) from None


def _letter(notice: Notice) -> rules.Letter:
    text = _text(notice.message, notice.language)
    return rules.Letter(
        kind=notice.kind,
        address=notice.address,
        subject=rules.render(text.subject, notice.values, settings.ALONGSIDE_ADDRESS),
        body=rules.render(text.body, notice.values, settings.ALONGSIDE_ADDRESS),
        reference=str(notice.id),
    )
