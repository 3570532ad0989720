"""Queueing, delivering and forgetting notices.

Delivery is *at least once*: a worker that dies after the far end took a notice and before the row is deleted leaves
the row, and the notice goes out again when its lease ends. Two workers never try one row at the same time.
"""

import logging
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from alongside.content import load
from alongside.kernel import ids
from alongside.notify import channels, rules
from alongside.notify.channels import Outcome
from alongside.notify.models import Notice

log = logging.getLogger(__name__)
SIDE_BY_SIDE = 8
# Mail shares a few lines, so a batch may be larger.
MAIL_AT_ONCE = 32

Address = tuple[str, str]
# Told which addresses (kind, address) are gone, and which took a notice.
Learn = Callable[[Collection[Address], Collection[Address]], object]
NOT_AT_ALL = timedelta(0)


def queue(
    *,
    about: uuid.UUID | None,
    to: Iterable[Address],
    message: str,
    language: str,
    values: Mapping[str, str | int],
    now: datetime,
    expires_at: datetime,
    due_at: datetime | None = None,
    gap: timedelta = NOT_AT_ALL,
) -> int:
    """Put one notice per (kind, address) into the outbox, in the caller's transaction; return how many.

    They are due in their order from `due_at` (else `now`) on, each a `gap` after the one before; the next one comes
    forward when a try fails. With nowhere to go, a notice that was given up stands for it, so that the board says so.
    `values` fills the places of the text; a `link` may lead below /in/ only. Raises rules.UnknownMessage and
    rules.NotNeutral.
    """
    text = _text(message, language)
    rules.check_values(rules.fields_of(text.subject, text.body), values, settings.ALONGSIDE_ADDRESS)
    ways = list(to)
    moments = rules.spread(len(ways), due_at or now, gap, expires_at)
    run = ids.new()
    rows = [
        Notice(
            about=about,
            run=run,
            kind=kind,
            address=address,
            message=message,
            language=language,
            values=dict(values),
            rank=rules.rank_of(message),
            due_at=moment,
            expires_at=expires_at,
            failed=not address,
        )
        for (kind, address), moment in zip(ways or [("", "")], moments or [now], strict=True)
    ]
    Notice.objects.bulk_create(rows)
    return len(ways)


def forget(about: uuid.UUID) -> int:
    """Delete every notice about a thing that has ended; return how many. One being handed over right now may still
    arrive.
    """
    return Notice.objects.filter(about=about).delete()[0]


def forget_further(about: uuid.UUID, addresses: Iterable[Address]) -> int:
    """Delete the calls about a thing to one person's addresses: they know of it. Return how many."""
    to = [address for _kind, address in addresses]
    theirs = Notice.objects.filter(about=about, address__in=to, message__in=rules.CALLS)
    # Asked first: most often there is none, and a page that is only read should not wait to write.
    return theirs.delete()[0] if theirs.exists() else 0


def forget_addresses(addresses: Iterable[str], messages: Iterable[str]) -> int:
    """Delete the notices of these kinds to these addresses: their owner is not called any more. Return how many."""
    return Notice.objects.filter(address__in=list(addresses), message__in=list(messages)).delete()[0]


def renew() -> int:
    """Encrypt what waits anew under the present secret of the installation; return how many notices."""
    rows = [row for row in Notice.objects.select_for_update(no_key=True).order_by("id") if row.values]
    for row in rows:
        row.save(update_fields=["values"])
    return len(rows)


# --- handing over ------------------------------------------------------------------------------------------------


def deliver(
    now: datetime,
    kinds: Collection[str] = rules.KINDS,
    seconds: float = rules.TRY_SECONDS,
    learn: Learn = lambda _gone, _taken: None,
) -> int:
    """Hand over what is due of these kinds, calls first; return how many were taken.

    1. claim some rows; 2. send them side by side outside any transaction, within `seconds`; 3. delete what was taken,
    schedule the rest anew or mark it as given up, and tell `learn` which addresses are gone and which work. Stops at
    the first batch that was not taken as a whole, so that a dead far end costs a turn one try at most.
    """
    taken = 0
    started = time.monotonic()
    while batch := _claim(now, kinds):
        outcomes = channels.send_all([letter for _notice, letter in batch], seconds)
        tried = [(notice, outcome) for (notice, _letter), outcome in zip(batch, outcomes, strict=True)]
        taken += _settle_all(tried, now, learn)
        if set(outcomes) != {Outcome.TAKEN} or time.monotonic() - started > seconds:
            break
    return taken


def _claim(now: datetime, kinds: Collection[str]) -> list[tuple[Notice, rules.Letter]]:
    most = MAIL_AT_ONCE if tuple(kinds) == (rules.EMAIL,) else SIDE_BY_SIDE
    due = Notice.objects.filter(failed=False, due_at__lte=now, kind__in=kinds).order_by("rank", "due_at", "id")
    if not due.exists():
        return []
    claimed = []
    with transaction.atomic():
        # On SQLite the transaction is the only writer; on PostgreSQL each worker takes rows that no other holds.
        skip = connection.features.has_select_for_update_skip_locked
        for notice in due.select_for_update(skip_locked=skip)[:most]:
            letter = _letter(notice)
            if letter is None or notice.attempts >= rules.MOST_TRIES or notice.expires_at <= now:
                _give_up(notice)
                continue
            notice.due_at, notice.attempts = now + rules.LEASE, notice.attempts + 1
            Notice.objects.filter(id=notice.id).update(due_at=notice.due_at, attempts=notice.attempts)
            claimed.append((notice, letter))
    return claimed


def _settle_all(tried: Sequence[tuple[Notice, Outcome]], now: datetime, learn: Learn) -> int:
    """Write down what became of a batch; what cannot be written is tried again when its lease ends."""
    taken = [notice for notice, outcome in tried if outcome is Outcome.TAKEN]
    gone = [notice for notice, outcome in tried if outcome is Outcome.GONE]
    try:
        Notice.objects.filter(id__in=[notice.id for notice in taken]).delete()
        learn({(one.kind, one.address) for one in gone}, {(one.kind, one.address) for one in taken})
    except DatabaseError:
        log.exception("notices could not be settled; they are tried again when their lease ends")
    for notice, outcome in tried:
        if outcome is not Outcome.TAKEN:
            try:
                _missed(notice, outcome, now, learn)
            except DatabaseError:
                log.exception("a notice could not be settled; it is tried again when its lease ends")
    return len(taken)


@transaction.atomic
def _missed(notice: Notice, outcome: Outcome, now: datetime, learn: Learn) -> None:
    if notice.attempts == 1:
        _bring_forward(notice, now)
    again = rules.next_try(notice.attempts, now, notice.expires_at)
    # A push subscription that has ended never comes back; a mailbox that was refused may.
    if again is None or (outcome is Outcome.GONE and notice.kind == rules.PUSH):
        _give_up(notice)
        if notice.attempts >= rules.MOST_TRIES and notice.kind == rules.APPRISE:
            learn({(notice.kind, notice.address)}, ())
        return
    # Only while the lease is still ours: another worker may hold the row by now, or its cause may be gone.
    Notice.objects.filter(id=notice.id, due_at=notice.due_at, attempts=notice.attempts).update(due_at=again)


def _bring_forward(notice: Notice, now: datetime) -> None:
    """Try the next way of the same call at once, and those after it as much earlier: this one did not work."""
    rest = Notice.objects.filter(run=notice.run, attempts=0, failed=False, due_at__gt=now).order_by("due_at")
    waiting = list(rest)
    for one in waiting:
        sooner = one.due_at - (waiting[0].due_at - now)
        Notice.objects.filter(id=one.id, attempts=0, due_at=one.due_at).update(due_at=sooner)


def _give_up(notice: Notice) -> None:
    if notice.message in rules.FOR_MEMBERS:
        Notice.objects.filter(id=notice.id).delete()
        return
    if Notice.objects.filter(id=notice.id, failed=False).update(failed=True):
        log.warning("a notice was given up after %d tries", notice.attempts)


@transaction.atomic
def purge(now: datetime) -> int:
    """Delete notices that are of no use any more, delivered or not; return how many."""
    return Notice.objects.filter(expires_at__lte=now).delete()[0]


# --- what is said ------------------------------------------------------------------------------------------------


def _text(message: str, language: str) -> load.Message:
    try:
        return load.messages(language)[message]
    except KeyError:
        raise rules.UnknownMessage(message) from None


def _letter(notice: Notice) -> rules.Letter | None:
    """Return what a notice says; None when no known secret opens its values, or its text is gone."""
    try:
        text = _text(notice.message, notice.language)
        parts = (text.subject, text.body, "{link}")
        subject, body, link = [rules.render(part, dict(notice.values), settings.ALONGSIDE_ADDRESS) for part in parts]
    except (KeyError, TypeError):
        return None
    return rules.Letter(
        kind=notice.kind,
        address=notice.address,
        subject=subject,
        body=body,
        words=body.replace(link, "").strip(),
        link="" if notice.message in rules.FOR_MEMBERS else link,
        message=notice.message,
        language=notice.language,
        expires_at=notice.expires_at,
        reference=str(notice.id),
    )
