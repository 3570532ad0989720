"""A member's device as the server meets it: posts of bytes with no cookie, from our own page unless a test says not."""

import io
import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, SupportsBytes

from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.test import Client

from alongside.escalation.models import Alert, Ladder
from alongside.help_requests.models import Attempt, BoxReply, HandedOn, Message, Request, Told
from alongside.notify.models import Notice

OCTETS = "application/octet-stream"
TABLES: tuple[type[Model], ...] = (Ladder, Alert, Request, HandedOn, Told, Attempt, Message, BoxReply, Notice)


def post(
    path: str,
    body: SupportsBytes | bytes,
    organisation: str = "pine",
    *,
    client: Client | None = None,
    wire: io.BytesIO | None = None,
    **extra: Any,
) -> Any:
    """Post bytes as a page of ours does and return the answer.

    `wire` is where the server reads the body instead; `extra` is what the WSGI environment says otherwise.
    """
    # Also a post of no bytes has a content type, which the test client would leave out.
    sent = {"content_type": OCTETS, "CONTENT_TYPE": extra.get("content_type", OCTETS), **extra}
    sent.setdefault("HTTP_SEC_FETCH_SITE", "same-origin")
    if wire is not None:
        sent["wsgi.input"] = wire
    return (client or Client()).post(f"/ask/{organisation}/{path}", bytes(body), **sent)


def rows() -> dict[str, int]:
    """Return how many rows each table has that a request may leave something in."""
    return {model.__name__: model._default_manager.count() for model in TABLES}


def nothing() -> dict[str, int]:
    """Return what `rows` says of an empty programme."""
    return dict.fromkeys((model.__name__ for model in TABLES), 0)


@contextmanager
def database_gone() -> Iterator[None]:
    """Let every new connection go to where no database is."""
    place = "NAME" if connection.vendor == "sqlite" else "HOST"
    known = connection.settings_dict[place]
    connection.close()
    connection.settings_dict[place] = "/nowhere/to/be/found"
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict[place] = known


@contextmanager
def somebody_else_writes() -> Iterator[None]:
    """Hold the database as a long write of another process does, and let our own connection wait for 50 ms only."""
    other = connection.copy()
    sqlite = connection.vendor == "sqlite"
    try:
        with other.cursor() as holding, connection.cursor() as ours:
            ours.execute("PRAGMA busy_timeout=50" if sqlite else "SET lock_timeout='50ms'")
            holding.execute("BEGIN IMMEDIATE" if sqlite else "BEGIN")
            if not sqlite:
                holding.execute("LOCK TABLE help_requests_attempt IN EXCLUSIVE MODE")
            yield
            holding.execute("ROLLBACK")
    finally:
        other.close()
        connection.close()


@contextmanager
def console() -> Iterator[io.StringIO]:
    """Listen at the product's own log handler."""
    config: dict[str, Any] = settings.LOGGING
    resolver = logging.config.DictConfigurator(config)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    for name in config["handlers"]["console"]["filters"]:
        handler.addFilter(resolver.configure_filter(dict(config["filters"][name])))
    handler.setFormatter(resolver.configure_formatter(dict(config["formatters"]["plain"])))
    logging.getLogger().addHandler(handler)
    try:
        yield stream
    finally:
        logging.getLogger().removeHandler(handler)
