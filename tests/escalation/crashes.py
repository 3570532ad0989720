"""Processes that are killed in the middle of what they do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.db import models

from alongside.anonymous.models import Cell
from alongside.escalation.models import Alert, Ladder
from alongside.help_requests.models import Attempt, BoxReply, HandedOn, Message, Request
from alongside.notify.models import Notice

TABLES: tuple[type[models.Model], ...] = (Ladder, Alert, Request, HandedOn, Message, BoxReply, Attempt, Notice, Cell)


class Killed(BaseException):
    """The process is gone; no `except` of the product may catch it."""


@contextmanager
def killed_at(place: Any, name: str, nth: int = 1) -> Iterator[None]:
    """Kill whoever calls `name` for the nth time."""
    real, count = getattr(place, name), [0]

    def deadly(*args: Any, **kwargs: Any) -> Any:
        count[0] += 1
        if count[0] == nth:
            raise Killed
        return real(*args, **kwargs)

    with mock.patch.object(place, name, deadly):
        yield


@contextmanager
def nothing_is_left_if_killed() -> Iterator[None]:
    """Let what happens here be killed; then every row must be as before."""
    before = snapshot()
    try:
        yield
    except Killed:
        assert snapshot() == before


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Return every row that a step may touch."""
    return {
        model.__name__: [
            {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in TABLES
    }
