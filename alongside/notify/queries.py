"""What waits in the outbox."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from alongside.notify import channels, rules
from alongside.notify.models import Notice, Sealed


@dataclass(frozen=True)
class Outbox:
    """How the outbox stands, in numbers only."""

    waiting: int
    failed: int
    oldest_due: datetime | None


def outbox() -> Outbox:
    """Return how many notices wait, how many were given up, and since when the oldest is due."""
    waiting = Notice.objects.filter(failed=False)
    return Outbox(
        waiting=waiting.count(),
        failed=Notice.objects.filter(failed=True).count(),
        oldest_due=waiting.order_by("due_at").values_list("due_at", flat=True).first(),
    )


def still_to_come(message: str, now: datetime) -> tuple[int, datetime | None]:
    """Return how many notices of a kind are not due yet, and when the last of them is."""
    rows = Notice.objects.filter(message=message, failed=False, due_at__gt=now)
    return rows.count(), rows.order_by("-due_at").values_list("due_at", flat=True).first()


def failed_about(things: Iterable[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Return which of the things have a notice that was given up; never to whom."""
    rows = Notice.objects.filter(failed=True, about__in=list(things))
    return frozenset(about for about in rows.values_list("about", flat=True) if about)


def is_address(kind: str, address: str) -> bool:
    """Say whether an address may be kept as a contact point; see rules.is_address."""
    return rules.is_address(kind, address, settings.ALONGSIDE_NOTICE_SERVICES)


def is_waiting(about: uuid.UUID) -> bool:
    """Say whether a notice about a thing waits to be handed over."""
    return Notice.objects.filter(about=about, failed=False).exists()


def push_key() -> str:
    """Return the key that a browser subscribes with."""
    return channels.push.public_key()


def is_subscription(address: str) -> bool:
    """Say whether a browser's subscription may be kept as a contact point; see rules.subscription."""
    try:
        rules.subscription(address, settings.ALONGSIDE_PUSH_HOSTS)
    except rules.BadSubscription:
        return False
    return True


def sealed_address(address: str) -> bytes:
    """Return an address as it may be kept: encrypted under this installation's secret."""
    return Sealed().get_prep_value({"to": address})


def opened_address(kept: bytes) -> str:
    """Return an address that was kept so; empty where no known secret opens it."""
    return str((Sealed().from_db_value(kept) or {}).get("to", ""))
