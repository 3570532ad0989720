"""What every template may use."""

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, object]:
    """Return the facts every page shows."""
    return {"demo": settings.DEMO, "messages": get_messages(request)}
