"""Telling a member's device that something is new with its request: only if it asked, without a word of what, until the
request goes.
"""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction

from alongside.accounts.models import Organisation
from alongside.escalation import rules as ladders
from alongside.help_requests.actions import claiming
from alongside.help_requests.models import Request, Told
from alongside.help_requests.rules import Full, Refused, Wish
from alongside.kernel import clock
from alongside.notify import actions as notify
from alongside.notify import queries as outbox
from alongside.notify.rules import PUSH

# A device that was not there for an hour finds it on the page; what is over is told to nobody.
LASTS = timedelta(hours=1)
# Turning it on and off again is a person; hundreds of times is somebody who wants it to cost.
MOST_CHANGES = 20


@transaction.atomic
def tell_me(organisation: Organisation, wish: Wish) -> None:
    """Keep where the device of a live request is told, in place of what it said before; an empty address is nowhere.

    Raises Gone, Refused (`ended`, `bad-subscription`), Full.
    """
    if wish.address and not outbox.is_subscription(wish.address):
        raise Refused("bad-subscription")
    row = claiming.sent_with(organisation.id, wish.token)
    if row.envelope is None:
        raise Refused("ended")
    former = Told.objects.filter(request=row).first()
    if former is None:
        if wish.address:
            Told.objects.create(request=row, language=wish.language, address=outbox.sealed_address(wish.address))
        return
    if former.changes >= MOST_CHANGES and wish.address:
        raise Full
    if not wish.address and not former.address:
        return
    # Turned off, the row stays with nothing in it, so that the changes stay counted.
    former.address = outbox.sealed_address(wish.address) if wish.address else b""
    former.language, former.changes = wish.language, min(former.changes + 1, MOST_CHANGES)
    former.save()


def tell(row: Request) -> None:
    """Queue the neutral notice for the device of a request, where it asked for one; in the caller's transaction."""
    told = Told.objects.filter(request=row).first()
    address = outbox.opened_address(bytes(told.address)) if told and told.address else ""
    if told is None or not address:
        return
    now = ladders.minute_of(clock.now())
    notify.queue(
        about=row.ladder_id,
        to=[(PUSH, address)],
        message="news",
        language=told.language,
        values={"title": Organisation.objects.get(id=row.organisation_id).neutral_title},
        now=now,
        expires_at=now + LASTS,
    )


def renew() -> int:
    """Encrypt the address of every device anew under the present secret of the installation; return how many."""
    kept = Told.objects.select_for_update(no_key=True).exclude(address=b"")
    rows = {row: outbox.opened_address(bytes(row.address)) for row in kept}
    for row, address in rows.items():
        row.address = outbox.sealed_address(address) if address else b""
        row.save(update_fields=["address"])
    return len(rows)


def learn(gone: Collection[tuple[str, str]]) -> None:
    """Take it from the outbox which addresses (kind, address) are gone: nobody is told there any more."""
    ended = {address for kind, address in gone if kind == PUSH}
    if not ended:
        return
    for told in Told.objects.exclude(address=b""):
        if outbox.opened_address(bytes(told.address)) in ended:
            told.delete()
