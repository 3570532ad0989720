"""Calendars: addresses that show a supporter's shifts, and the reading of one of their own."""

import hashlib
import logging
import secrets
import time
import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from alongside.kernel import clock
from alongside.notify import queries as notify
from alongside.rota import ics
from alongside.rota.models import Busy, BusyFeed, Feed
from alongside.rota.rules import feeds as rules
from alongside.team import queries as team

log = logging.getLogger(__name__)


class TooMany(ValueError):
    """The supporter has as many calendar addresses as anybody needs."""


class BadAddress(ValueError):
    """Nothing is ever fetched from such an address; `code` says why, as that of ics.Unread."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def make_feed(organisation_id: uuid.UUID, supporter_id: uuid.UUID) -> str:
    """Make a calendar address and return its secret part, which is kept nowhere. Raises TooMany."""
    # Held, so that two taps at once do not make one too many.
    team.held(organisation_id, supporter_id)
    if Feed.objects.filter(supporter_id=supporter_id).count() >= rules.MOST_FEEDS:
        raise TooMany
    token = secrets.token_urlsafe(32)
    Feed.objects.create(
        supporter_id=supporter_id,
        token_hash=hashlib.sha256(token.encode()).digest(),
        made_on=clock.now().date(),
    )
    return token


def revoke_feed(supporter_id: uuid.UUID, feed_id: uuid.UUID) -> bool:
    """Revoke one of the supporter's own calendar addresses at once; False when there is none such."""
    return Feed.objects.filter(supporter_id=supporter_id, id=feed_id).delete()[0] > 0


# --- a calendar of their own -------------------------------------------------------------------------------------


@transaction.atomic
def keep_calendar(organisation_id: uuid.UUID, supporter_id: uuid.UUID, address: str) -> None:
    """Keep the address of a calendar from which busy times are read soon. Raises BadAddress."""
    address = rules.https(address)
    try:
        ics.refuse(address, loopback=settings.ALONGSIDE_LOOPBACK_CALENDARS)
    except ics.Unread as unread:
        raise BadAddress(unread.code) from None
    team.held(organisation_id, supporter_id)
    forget_calendar(supporter_id)
    BusyFeed.objects.create(supporter_id=supporter_id, address=notify.sealed_address(address))


@transaction.atomic
def forget_calendar(supporter_id: uuid.UUID) -> None:
    """Forget a supporter's own calendar and every busy time that was read from it."""
    BusyFeed.objects.filter(supporter_id=supporter_id).delete()
    Busy.objects.filter(supporter_id=supporter_id).delete()


@transaction.atomic
def renew_calendars() -> int:
    """Encrypt the address of every calendar anew under the present secret of the installation; return how many.

    Of one that no known secret opens nothing can be read any more: it is forgotten, and its owner enters it again.
    """
    count = 0
    for row in BusyFeed.objects.select_for_update(no_key=True).order_by("id"):
        if address := notify.opened_address(bytes(row.address)):
            row.address = notify.sealed_address(address)
            row.save(update_fields=["address"])
            count += 1
        else:
            forget_calendar(row.supporter_id)
    return count


def read_calendars(now: datetime) -> int:
    """Read every calendar whose turn has come, one after the other and not for long at once; return how many."""
    ends_at, count = time.monotonic() + rules.TURN_SECONDS, 0
    # A moment ahead is of a clock that was wrong, and set back since.
    due = Q(tried_at=None) | Q(tried_at__lte=now - rules.EVERY) | Q(tried_at__gt=now + rules.AHEAD_OF_US)
    rows = BusyFeed.objects.filter(due).exclude(supporter__status="ended").select_related("supporter__organisation")
    for row in rows.order_by("tried_at", "id"):
        if time.monotonic() > ends_at:
            break
        count += _claimed(row, now) and _read(row, now)
    return count


def _claimed(row: BusyFeed, now: datetime) -> bool:
    """Take a calendar for this process: whoever changes the row reads."""
    same = BusyFeed.objects.filter(id=row.id, tried_at=row.tried_at)
    return same.update(tried_at=now.replace(second=0, microsecond=0)) == 1


def _read(row: BusyFeed, now: datetime) -> bool:
    zone = ZoneInfo(row.supporter.organisation.time_zone)
    try:
        data = ics.fetch(notify.opened_address(bytes(row.address)), loopback=settings.ALONGSIDE_LOOPBACK_CALENDARS)
        spans = ics.read(data, zone, now - rules.BEFORE, now + rules.AHEAD)
    except ics.Unread as unread:
        _note(row, unread.code)
        return False
    except Exception as error:
        # The name of the failure alone: its text may hold the address.
        log.error("a calendar could not be read: %s", type(error).__name__)
        _note(row, "not-a-calendar")
        return False
    _replace(row, spans, now)
    return True


def _note(row: BusyFeed, code: str) -> None:
    """Write down why a calendar could not be read; what was read before stays for a while."""
    BusyFeed.objects.filter(id=row.id).update(problem=code)


@transaction.atomic
def _replace(row: BusyFeed, spans: list[tuple[datetime, datetime]], now: datetime) -> None:
    # Changed first, so that a calendar which is forgotten at this instant leaves no busy times behind.
    when = now.replace(second=0, microsecond=0)
    if BusyFeed.objects.filter(id=row.id).update(problem="", read_at=when) != 1:
        return
    Busy.objects.filter(supporter_id=row.supporter_id).delete()
    Busy.objects.bulk_create(
        Busy(supporter_id=row.supporter_id, starts_at=start, ends_at=end) for start, end in spans if end > start
    )


def purge_feeds(now: datetime) -> int:
    """Delete the calendars of who has left, busy times that are over, and those of a calendar long unread."""
    gone = 0
    for model in (Feed, BusyFeed, Busy):
        gone += model.objects.filter(supporter__status="ended").delete()[0]
    gone += Busy.objects.filter(ends_at__lte=now - timedelta(days=1)).delete()[0]
    read = BusyFeed.objects.filter(read_at__gt=now - rules.KEPT).values("supporter_id")
    return gone + Busy.objects.exclude(supporter_id__in=read).delete()[0]
