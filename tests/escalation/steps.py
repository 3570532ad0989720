"""What tests of single steps look at: turns of the worker, who was called, to whom notices wait."""

from datetime import timedelta

from alongside.escalation.models import Alert, Ladder
from alongside.help_requests import actions
from alongside.kernel import clock as product
from alongside.notify.models import Notice


def turn(**after: float) -> Ladder:
    """Let time pass and the worker look; return the only ladder."""
    product.shift(timedelta(**after))
    actions.climb(product.now())
    return Ladder.objects.get()


def called(rung: int, number: int = 1) -> set[str]:
    """Return the first names of those called on a rung of a round."""
    rows = Alert.objects.filter(rung=rung, round=number).select_related("supporter__person")
    return {alert.supporter.person.name.split()[0] for alert in rows}


def notices(*messages: str) -> list[str]:
    """Return to whom notices wait, by first part of the address, of all kinds or some."""
    rows = Notice.objects.filter(message__in=messages) if messages else Notice.objects.all()
    return sorted(address.split("@")[0] for address in rows.values_list("address", flat=True))
